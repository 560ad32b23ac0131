//! Conversation items: one per conversation, the truth about it.
//!
//! An item is replaced only by a greater revision (generation, version, batch), so that redelivery, reordering and races of batches
//! end in the same state. A deletion leaves a tombstone with a higher generation: only what was accepted after it can bring the
//! conversation back. The item remembers every day whose blocks ever held the conversation, so that the day it left can be told.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use aws_sdk_dynamodb::types::{AttributeValue, KeysAndAttributes, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::analysis::ConversationAnalysis;
use domain::conversation::{Conversation, Named};
use domain::facts::{Entry, FactRow, Revision, block};
use domain::failure::Failure;
use domain::ids::BatchId;
use domain::task::{TaskDraft, TaskKind};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use ulid::Ulid;

use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, ContactDigest, ContactKey, GSI1, GSI1PK, GSI1SK, PK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::pack::Bytes;
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "conversation.1";
const WHAT: &str = "conversation";
/// Largest packed detail that stands in the item; a larger one overflows to S3.
const MAX_INLINE: usize = 100 * 1024;
/// Older pointers that an item carries before they should be erased.
const MAX_SUPERSEDED: usize = 8;
/// Most keys that `BatchGetItem` takes.
const BATCH_GET: usize = 100;

/// Version, in microseconds.
const VERSION: &str = "v";
/// Batch (or deletion) that wrote it, as ULID text.
const BATCH: &str = "b";
/// Hash of the content and the engine that read it.
const HASH: &str = "h";
/// Generation: deletions so far.
const GENERATION: &str = "g";
/// Days whose blocks ever held it.
const DAYS: &str = "days";
/// Kinds of tasks that ever were about it.
const KINDS: &str = "k";
/// Everything else, packed.
const PACKED: &str = "p";
/// Pointers to its JSON in S3, newest first: the current one, then those it replaced and whose text is still there.
const RAW: &str = "r";
/// Keys of overflowed details, newest first. The first is the current one if the packed part has no detail.
const OVERFLOW: &str = "o";
/// On a tombstone, when the item and the blocks before it would have been forgotten.
const ENDS: &str = "e";
/// On a tombstone, the deletion's ULID.
const DELETED: &str = "x";

/// Where the conversation's JSON is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RawPointer {
    /// Key of the object that holds the batch.
    pub key: String,
    /// First byte of the conversation's frame.
    pub offset: u64,
    /// Length of the frame.
    pub length: u64,
}

impl RawPointer {
    /// `<batch> <offset> <length>`, and the key where it is another than the batch's usual one.
    fn print(&self, tenant: &Tenant, batch: Ulid) -> String {
        let Self { key, offset, length } = self;
        if *key == usual_key(tenant, batch) {
            format!("{batch} {offset} {length}")
        } else {
            format!("{batch} {offset} {length} {key}")
        }
    }

    fn parse(tenant: &Tenant, text: &str) -> Option<Self> {
        let mut parts = text.splitn(4, ' ');
        let batch = Ulid::from_string(parts.next()?).ok()?;
        let (offset, length) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let key = parts.next().map_or_else(|| usual_key(tenant, batch), str::to_owned);
        Some(Self { key, offset, length })
    }
}

/// The key that a batch usually has. Only a shorthand: what differs from it is written out.
fn usual_key(tenant: &Tenant, batch: Ulid) -> String {
    let millis = i64::try_from(batch.timestamp_ms()).unwrap_or_default();
    let day = keys::day_of(Timestamp::from_millisecond(millis).unwrap_or_default());
    let (year, month, day) = (day.year(), day.month(), day.day());
    format!("raw/{}/{year:04}/{month:02}/{day:02}/{}.jsonl.zst", tenant.as_str(), BatchId::new(batch))
}

/// What a conversation left behind in S3 when it was replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Superseded {
    /// Where older JSON of it is.
    pub raw: Vec<RawPointer>,
    /// Keys of older overflowed details.
    pub overflow: Vec<String>,
}

impl Superseded {
    /// Whether there is so much of it that it should be erased, and then forgotten by [`Store::prune_conversation`], lest the item
    /// grow with every update. Each of them costs a read and a write in S3, so not every update should.
    pub fn is_due(&self) -> bool {
        self.raw.len() + self.overflow.len() >= MAX_SUPERSEDED
    }
}

/// Names that lists show beside the ids of the facts. They live nowhere else.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    /// The contact's name.
    pub contact: Option<String>,
    /// The account's name.
    pub account: Option<String>,
    /// The assignee's name.
    pub assignee: Option<String>,
    /// The team's name.
    pub team: Option<String>,
    /// Names of the agents and bots that wrote, by id.
    pub agents: Vec<(String, String)>,
}

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Names(…)")
    }
}

impl Names {
    /// The names in a conversation.
    pub fn of(conversation: &Conversation) -> Self {
        let name = |named: &Option<Named>| named.as_ref().and_then(|named| named.name.clone());
        let contact = conversation.contact.as_ref();
        let mut agents = BTreeMap::new();
        for author in conversation.messages.iter().filter_map(|message| message.author.as_ref()) {
            if let (Some(id), Some(name)) = (&author.id, &author.name)
                && contact.is_none_or(|contact| contact.id != *id)
            {
                agents.insert(id.clone(), name.clone());
            }
        }
        Self {
            contact: contact.and_then(|contact| contact.name.clone()),
            account: contact.and_then(|contact| name(&contact.account)),
            assignee: name(&conversation.assignee),
            team: name(&conversation.team),
            agents: agents.into_iter().collect(),
        }
    }
}

/// A conversation's analysis: in the item, or in S3 because it is too large.
#[derive(Clone, PartialEq)]
pub enum Detail {
    /// In the item.
    Inline(Box<ConversationAnalysis>),
    /// In the object of that key, as [`overflowing_detail`] made it.
    Overflow {
        /// The object's key.
        key: String,
    },
}

impl fmt::Debug for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Inline(_) => f.write_str("Inline(…)"),
            Self::Overflow { key } => f.debug_struct("Overflow").field("key", key).finish(),
        }
    }
}

/// The bytes to put into S3 when an analysis is too large for its item, else `None`.
pub fn overflowing_detail(analysis: &ConversationAnalysis) -> Result<Option<Vec<u8>>, Failure> {
    let plain = crate::pack::to_vec(analysis).map_err(Unreadable::Unpackable).map_err(corrupt("analysis"))?;
    if plain.len() <= MAX_INLINE {
        return Ok(None); // compression never makes it noticeably larger
    }
    let packed = item::compress(&plain).map_err(corrupt("analysis"))?;
    Ok((packed.len() > MAX_INLINE).then_some(packed))
}

/// The analysis in the bytes of [`overflowing_detail`].
pub fn overflowed_detail(bytes: &[u8]) -> Result<ConversationAnalysis, Failure> {
    item::unpack(bytes).map_err(corrupt("analysis"))
}

/// An analysed conversation about to be stored.
#[derive(Clone, PartialEq)]
pub struct NewConversation {
    /// The caller's id.
    pub id: String,
    /// [`Conversation::version`].
    pub version: i64,
    /// The batch that brought it.
    pub batch: BatchId,
    /// First 16 bytes of the SHA-256 of its JSON and the engine's version.
    pub content_hash: [u8; 16],
    /// Where its JSON is.
    pub raw: RawPointer,
    /// Messages in it, notes included.
    pub message_count: u32,
    /// Subject line.
    pub subject: Option<String>,
    /// Names for lists.
    pub names: Names,
    /// Summary in one line. Kept only beside an overflowed detail, which holds it otherwise.
    pub summary: Option<String>,
    /// The fact row, as it goes into the block.
    pub facts: FactRow,
    /// The analysis.
    pub detail: Detail,
    /// Kinds of the tasks that this analysis asks for.
    pub task_kinds: Vec<TaskKind>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

impl fmt::Debug for NewConversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewConversation").field("batch", &self.batch).finish_non_exhaustive()
    }
}

impl NewConversation {
    /// What is stored of an analysed conversation. `overflow` is the key of its detail in S3 when [`overflowing_detail`] asked for it.
    #[expect(clippy::too_many_arguments, reason = "each is one thing that only the caller knows")]
    pub fn of(
        conversation: &Conversation,
        analysis: ConversationAnalysis,
        facts: FactRow,
        drafts: &[TaskDraft],
        overflow: Option<String>,
        (batch, raw): (BatchId, RawPointer),
        content_hash: [u8; 16],
        expires_at: Timestamp,
    ) -> Self {
        Self {
            id: conversation.id.clone(),
            version: conversation.version(),
            batch,
            content_hash,
            raw,
            message_count: u32::try_from(conversation.messages.len()).unwrap_or(u32::MAX),
            subject: conversation.subject.clone(),
            names: Names::of(conversation),
            summary: analysis.summary.as_ref().map(domain::analysis::Summary::text),
            facts,
            detail: overflow.map_or_else(|| Detail::Inline(Box::new(analysis)), |key| Detail::Overflow { key }),
            task_kinds: drafts.iter().map(|draft| draft.kind).collect(),
            expires_at,
        }
    }
}

/// What became of an attempt to store a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WriteOutcome {
    /// It is stored: its row belongs into the block of its day, a `del` into those of the days it left.
    Written(Written),
    /// A newer version is stored. Nothing is to be done.
    Stale,
    /// The very same version and content is stored already. Nothing is to be done.
    Unchanged,
    /// It was deleted after the batch was accepted. Nothing is to be done.
    Deleted,
}

/// What must follow a stored conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// The revision of its entries in blocks.
    pub revision: Revision,
    /// Other days whose blocks ever held the conversation: each needs a `del` of the same revision.
    pub days_left: Vec<Date>,
    /// There was no item before. (A redelivery finds the item of the first delivery.)
    pub first: bool,
    /// Kinds of tasks that ever were about it, this analysis included.
    pub task_kinds: Vec<TaskKind>,
    /// What it replaced, still in S3.
    pub superseded: Superseded,
}

/// A stored conversation.
#[derive(Clone, PartialEq)]
pub struct StoredConversation {
    /// The caller's id.
    pub id: String,
    /// Its revision.
    pub revision: Revision,
    /// The batch that brought it.
    pub batch: BatchId,
    /// Hash of content and engine.
    pub content_hash: [u8; 16],
    /// Where its JSON is.
    pub raw: RawPointer,
    /// Messages in it.
    pub message_count: u32,
    /// Subject line.
    pub subject: Option<String>,
    /// Names for lists.
    pub names: Names,
    /// Summary in one line.
    pub summary: Option<String>,
    /// The fact row.
    pub facts: FactRow,
    /// The analysis, or where it is.
    pub detail: Detail,
}

impl fmt::Debug for StoredConversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredConversation").field("revision", &self.revision).finish_non_exhaustive()
    }
}

/// What a deletion leaves to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erased {
    /// The revision of the `del` entries.
    pub revision: Revision,
    /// Days whose blocks ever held the conversation: each needs a `del`.
    pub days: Vec<Date>,
    /// Where its JSON was, to be erased from the object.
    pub raw: Option<RawPointer>,
    /// Key of its overflowed detail, to be deleted.
    pub overflow: Option<String>,
    /// The same of what it replaced before.
    pub superseded: Superseded,
    /// Until when the `del` entries must be kept: the rows that they outrank are gone by then.
    pub expires_at: Timestamp,
    /// It was deleted before; the rest is for finishing what may have been interrupted.
    pub again: bool,
}

impl Erased {
    /// When it was deleted first.
    pub fn deleted_at(&self) -> Timestamp {
        let milliseconds = i64::try_from(Ulid(self.revision.batch).timestamp_ms()).ok();
        milliseconds.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
    }

    /// The `del` entry of each day.
    pub fn entries(&self, id: &str) -> BTreeMap<Date, Vec<Entry>> {
        let entry = Entry { conversation_id: id.to_owned(), revision: self.revision, facts: None };
        self.days.iter().map(|day| (*day, vec![entry.clone()])).collect()
    }
}

/// The packed part of an item, to be written.
#[derive(Serialize)]
struct PackedRef<'a> {
    message_count: u32,
    subject: Option<&'a str>,
    names: &'a Names,
    summary: Option<&'a str>,
    facts: Bytes,
    detail: Option<&'a ConversationAnalysis>,
}

/// The packed part of an item, as read. Fields as in [`PackedRef`]; new ones at the end with `#[serde(default)]`.
#[derive(Deserialize)]
struct Packed {
    message_count: u32,
    subject: Option<String>,
    names: Names,
    summary: Option<String>,
    facts: Bytes,
    detail: Option<ConversationAnalysis>,
}

/// `DynamoDB` may take some days to delete what has expired.
const EXPIRY_LAG: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The version that a `del` entry has: below that of every conversation of the same generation.
const BEFORE_ALL: i64 = i64::MIN;

/// What stands of a conversation, compared with a write of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    /// That write, or nothing newer.
    Current,
    /// A newer one.
    Superseded,
    /// It is deleted.
    Deleted,
}

/// Whether a read must see every write that was answered before it; it costs twice as much then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// It may be a moment late.
    Eventual,
    /// It must.
    Consistent,
}

impl Store {
    /// Stores an analysed conversation unless something newer is stored, by one conditional update.
    pub async fn put_conversation(
        &self,
        tenant: &Tenant,
        contact_key: &ContactKey,
        new: &NewConversation,
    ) -> Result<WriteOutcome, Failure> {
        let update = Update::of(tenant, contact_key, new).map_err(corrupt(WHAT))?;
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(update.key.clone()))
            .update_expression(update.expression())
            .condition_expression(
                "attribute_not_exists(PK) OR (attribute_exists(x) AND x < :b) OR (attribute_not_exists(x) AND \
                 (v < :v OR (v = :v AND (b = :b OR (b < :b AND h <> :h)))))",
            )
            .expression_attribute_names("#ttl", TTL)
            .set_expression_attribute_values(Some(update.values()))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match condition(request.send().await)? {
            Ok(output) => {
                // Where there was no item, an emulator may name its key all the same.
                let before = output.attributes.filter(|item| item.contains_key(TYPE)).unwrap_or_default();
                let after = update.apply(&before).map_err(corrupt(WHAT))?;
                let units =
                    write_units(item_size(&before).max(item_size(&after))) + meter::index_units(&before, &after);
                self.meter().wrote(Purpose::Conversations, units);
                written(tenant, before.is_empty(), &after, new).map(WriteOutcome::Written).map_err(corrupt(WHAT))
            }
            Err(stored) => {
                self.meter().wrote(Purpose::Conversations, write_units(item_size(&stored)));
                let reader = Reader::new(&stored, TAG).map_err(corrupt(WHAT))?;
                if reader.has(DELETED) {
                    return Ok(WriteOutcome::Deleted);
                }
                let version: i64 = reader.number(VERSION).map_err(corrupt(WHAT))?;
                let same = version == new.version && reader.bytes(HASH).map_err(corrupt(WHAT))? == new.content_hash;
                Ok(if same { WriteOutcome::Unchanged } else { WriteOutcome::Stale })
            }
        }
    }

    /// Forgets what was superseded, once it is erased from S3; does nothing if the conversation was written again meanwhile.
    pub async fn prune_conversation(&self, tenant: &Tenant, new: &NewConversation) -> Result<(), Failure> {
        let batch = new.batch.ulid();
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::conversation(tenant, &new.id))))
            .condition_expression("attribute_not_exists(x) AND v = :v AND b = :b")
            .expression_attribute_values(":v", n(new.version))
            .expression_attribute_values(":b", s(batch.to_string()))
            .expression_attribute_values(":r", AttributeValue::L(vec![s(new.raw.print(tenant, batch))]))
            .return_values(ReturnValue::AllOld)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = match &new.detail {
            Detail::Inline(_) => request.update_expression("SET r = :r REMOVE o"),
            Detail::Overflow { key } => request
                .update_expression("SET r = :r, o = :o")
                .expression_attribute_values(":o", AttributeValue::L(vec![s(key.clone())])),
        };
        let before = match condition(request.send().await)? {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(stored) => stored,
        };
        self.meter().wrote(Purpose::Conversations, write_units(item_size(&before)));
        Ok(())
    }

    /// The conversation of that id, read consistently; `None` when it is unknown or deleted.
    pub async fn conversation(&self, tenant: &Tenant, id: &str) -> Result<Option<StoredConversation>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::conversation(tenant, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Conversations, meter::consistent_halves(size));
        match output.item() {
            Some(item) => parse(tenant, item).map_err(corrupt(WHAT)),
            None => Ok(None),
        }
    }

    /// The conversations of those ids that exist and are not deleted, in the order of `ids`.
    pub async fn conversations(&self, tenant: &Tenant, ids: &[String]) -> Result<Vec<StoredConversation>, Failure> {
        let unique: BTreeSet<&String> = ids.iter().collect();
        let keys: Vec<Attributes> = unique.iter().map(|id| item::key(&keys::conversation(tenant, id))).collect();
        let mut found = HashMap::new();
        for item in self.batch_get(keys, Reading::Eventual, Purpose::Conversations).await? {
            if let Some(conversation) = parse(tenant, &item).map_err(corrupt(WHAT))? {
                found.insert(conversation.id.clone(), conversation);
            }
        }
        Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
    }

    /// Items by key, in chunks of 100, asking again for what was left over.
    pub(crate) async fn batch_get(
        &self,
        keys: Vec<Attributes>,
        reading: Reading,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        self.batch_get_parts(keys, None, reading, purpose).await
    }

    /// The same, with only some attributes of each item. (What is read is billed whole, what is sent is not.)
    pub(crate) async fn batch_get_parts(
        &self,
        keys: Vec<Attributes>,
        projection: Option<&str>,
        reading: Reading,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        let chunks = keys.chunks(BATCH_GET);
        let mut chunks: FuturesUnordered<_> =
            chunks.map(|chunk| self.batch_get_chunk(chunk.to_vec(), projection, reading, purpose)).collect();
        let mut found = Vec::with_capacity(keys.len());
        while let Some(items) = chunks.next().await {
            found.extend(items?);
        }
        Ok(found)
    }

    async fn batch_get_chunk(
        &self,
        mut keys: Vec<Attributes>,
        projection: Option<&str>,
        reading: Reading,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        let mut found = Vec::with_capacity(keys.len());
        for attempt in 0.. {
            let wanted = KeysAndAttributes::builder().set_keys(Some(std::mem::take(&mut keys)));
            let wanted = wanted.set_projection_expression(projection.map(str::to_owned));
            let wanted = wanted.set_consistent_read((reading == Reading::Consistent).then_some(true)).build();
            let wanted = wanted
                .map_err(|error| Failure::Unexpected { service: crate::sdk::SERVICE, source: Box::new(error) })?;
            let output =
                self.client().batch_get_item().request_items(self.main(), wanted).send().await.map_err(failure)?;
            let items = output.responses.and_then(|mut tables| tables.remove(self.main())).unwrap_or_default();
            let halves = |item: &Attributes| match reading {
                Reading::Eventual => meter::eventual_halves(item_size(item)),
                Reading::Consistent => meter::consistent_halves(item_size(item)),
            };
            self.meter().read(purpose, items.iter().map(halves).sum());
            found.extend(items);
            let left = output.unprocessed_keys.and_then(|mut tables| tables.remove(self.main()));
            keys = left.map(|left| left.keys).unwrap_or_default();
            if keys.is_empty() {
                break;
            }
            if attempt == 8 {
                return Err(Failure::Unavailable { service: crate::sdk::SERVICE, source: Box::new(LeftOver) });
            }
            pause(attempt).await;
        }
        Ok(found)
    }

    /// Deletes a conversation and its tasks, leaving a tombstone; `None` when the id was never seen. `by` is a ULID of now: only what
    /// is accepted after it can bring the conversation back. Repeating it is harmless and tells again what there is to do.
    pub async fn delete_conversation(&self, tenant: &Tenant, id: &str, by: Ulid) -> Result<Option<Erased>, Failure> {
        let mut by = by;
        for attempt in 0..10 {
            let request = self
                .client()
                .update_item()
                .table_name(self.main())
                .set_key(Some(item::key(&keys::conversation(tenant, id))))
                .update_expression("SET x = :by, g = g + :one, e = #ttl REMOVE h, p, #ttl, GSI1PK, GSI1SK")
                .condition_expression("attribute_exists(PK) AND attribute_not_exists(x) AND b < :by")
                .expression_attribute_names("#ttl", TTL)
                .expression_attribute_values(":by", s(by.to_string()))
                .expression_attribute_values(":one", n(1))
                .return_values(ReturnValue::AllOld)
                .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
            match condition(request.send().await)? {
                Ok(output) => {
                    let before = output.attributes().cloned().unwrap_or_default();
                    let units = write_units(item_size(&before)) + meter::index_units(&before, &Attributes::new());
                    self.meter().wrote(Purpose::Conversations, units);
                    let erased = erased(tenant, &before, Some(by)).map_err(corrupt(WHAT))?;
                    self.delete_tasks(tenant, id, &kinds(&before)).await?;
                    return Ok(Some(erased));
                }
                Err(stored) => {
                    self.meter().wrote(Purpose::Conversations, write_units(item_size(&stored)));
                    if stored.is_empty() {
                        return Ok(None);
                    }
                    if stored.contains_key(DELETED) {
                        let erased = erased(tenant, &stored, None).map_err(corrupt(WHAT))?;
                        self.delete_tasks(tenant, id, &kinds(&stored)).await?;
                        return Ok(Some(erased));
                    }
                    // Another process's clock is ahead of ours: take the place just after what it wrote.
                    let ahead = ulid(&stored, BATCH).map_err(corrupt(WHAT))?;
                    by = by.max(Ulid(ahead.0.saturating_add(1)));
                }
            }
            pause(attempt).await;
        }
        Err(Failure::Conflict { what: WHAT })
    }

    /// What stands of the conversation of that id compared with a write of it, read consistently.
    pub(crate) async fn standing(&self, tenant: &Tenant, id: &str, written: Revision) -> Result<Standing, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::conversation(tenant, id))))
            .projection_expression([TYPE, DELETED, GENERATION, VERSION, BATCH].join(", "))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        self.meter().read(Purpose::Conversations, meter::consistent_halves(0));
        match output.item() {
            Some(item) if item.contains_key(DELETED) => Ok(Standing::Deleted),
            Some(item) if revision(item).map_err(corrupt(WHAT))? > written => Ok(Standing::Superseded),
            _ => Ok(Standing::Current),
        }
    }

    /// A contact's conversations, oldest first: when each was created, and its id.
    pub async fn conversations_of_contact(
        &self,
        tenant: &Tenant,
        contact: &ContactDigest,
    ) -> Result<Vec<(Timestamp, String)>, Failure> {
        let keys = self.query_index(keys::contact_index(tenant, contact), None, Purpose::Conversations).await?;
        keys.iter().map(|item| in_index(tenant, item).map_err(corrupt(WHAT))).collect()
    }

    /// Those of a contact's conversations that were accepted before an erasure and still stand, at most `most`: what came after it came
    /// to stay.
    pub async fn conversations_accepted_before(
        &self,
        tenant: &Tenant,
        contact: &ContactDigest,
        by: Ulid,
        most: usize,
    ) -> Result<Vec<String>, Failure> {
        let found = self.conversations_of_contact(tenant, contact).await?;
        let (mut before, by) = (Vec::new(), by.to_string());
        for ids in found.chunks(BATCH_GET) {
            let keys = ids.iter().map(|(_, id)| item::key(&keys::conversation(tenant, id))).collect();
            for item in
                self.batch_get_parts(keys, Some("PK, ty, b, x"), Reading::Eventual, Purpose::Conversations).await?
            {
                let reader = Reader::new(&item, TAG).map_err(corrupt(WHAT))?;
                // The index may still name what was just deleted.
                if !reader.has(DELETED) && reader.text(BATCH).map_err(corrupt(WHAT))? <= by.as_str() {
                    let id = keys::conversation_id(tenant, reader.text(PK).map_err(corrupt(WHAT))?);
                    before.push(id.ok_or(Unreadable::Attribute(PK)).map_err(corrupt(WHAT))?.to_owned());
                }
            }
            if before.len() >= most {
                before.truncate(most);
                break;
            }
        }
        Ok(before)
    }

    /// Ids of the newest conversations of a contact, newest first, at most `most`.
    pub async fn conversation_ids_of_contact(
        &self,
        tenant: &Tenant,
        contact: &ContactDigest,
        most: i32,
    ) -> Result<Vec<String>, Failure> {
        let keys = self.newest_in_index(keys::contact_index(tenant, contact), most, Purpose::Conversations).await?;
        keys.iter().map(|item| in_index(tenant, item).map(|(_, id)| id).map_err(corrupt(WHAT))).collect()
    }

    /// The newest conversations of a contact, newest first, at most `most`.
    pub async fn newest_of_contact(
        &self,
        tenant: &Tenant,
        contact: &ContactDigest,
        most: i32,
    ) -> Result<Vec<StoredConversation>, Failure> {
        let ids = self.conversation_ids_of_contact(tenant, contact, most).await?;
        self.conversations(tenant, &ids).await
    }

    /// The last keys of one partition of the index, at most `most`, by one call: 100 keys are far below what a page holds.
    pub(crate) async fn newest_in_index(
        &self,
        partition: String,
        most: i32,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        let request = self.client().query().table_name(self.main()).index_name(GSI1).scan_index_forward(false);
        let request = request.key_condition_expression("GSI1PK = :pk").expression_attribute_values(":pk", s(partition));
        let items = request.limit(most).send().await.map_err(failure)?.items.unwrap_or_default();
        self.meter().read(purpose, meter::eventual_halves(items.iter().map(item_size).sum()));
        Ok(items)
    }

    /// All keys of one partition of the index (whose sort key begins so), through every page.
    pub(crate) async fn query_index(
        &self,
        partition: String,
        prefix: Option<&str>,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let mut request = self
                .client()
                .query()
                .table_name(self.main())
                .index_name(GSI1)
                .key_condition_expression("GSI1PK = :pk")
                .expression_attribute_values(":pk", s(partition.clone()))
                .set_exclusive_start_key(from);
            if let Some(prefix) = prefix {
                request = request
                    .key_condition_expression("GSI1PK = :pk AND begins_with(GSI1SK, :prefix)")
                    .expression_attribute_values(":prefix", s(prefix));
            }
            let output = request.send().await.map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(purpose, meter::eventual_halves(items.iter().map(item_size).sum()));
            found.extend(items);
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

/// Creation and id of the conversation in an index key.
fn in_index(tenant: &Tenant, item: &Attributes) -> Result<(Timestamp, String), Unreadable> {
    let text = |name: &'static str| match item.get(name) {
        Some(AttributeValue::S(text)) => Ok(text.as_str()),
        _ => Err(Unreadable::Attribute(name)),
    };
    let id = keys::conversation_id(tenant, text(PK)?).ok_or(Unreadable::Attribute(PK))?;
    let created = keys::parse_contact_index_sort(text(GSI1SK)?).ok_or(Unreadable::Attribute(GSI1SK))?;
    Ok((created, id.to_owned()))
}

/// `DynamoDB` kept leaving keys over.
#[derive(Debug, thiserror::Error)]
#[error("it left some of the keys unprocessed again and again")]
pub(crate) struct LeftOver;

/// The update that stores a conversation: what is set, what is removed, and what is added to what was there.
struct Update {
    key: Attributes,
    set: Attributes,
    remove: Vec<&'static str>,
    /// Lists to which these are put in front.
    prepend: Vec<(&'static str, String)>,
    /// Sets to which these are added.
    add: Vec<(&'static str, Vec<String>)>,
}

impl Update {
    fn of(tenant: &Tenant, contact_key: &ContactKey, new: &NewConversation) -> Result<Self, Unreadable> {
        let batch = new.batch.ulid();
        let (detail, overflow) = match &new.detail {
            Detail::Inline(analysis) => (Some(analysis.as_ref()), None),
            Detail::Overflow { key } => (None, Some(key.clone())),
        };
        let revision = Revision { generation: 0, version: 0, batch: 0 };
        let entry = Entry { conversation_id: String::new(), revision, facts: Some(new.facts.clone()) };
        let packed = item::packed_by_dictionary(&PackedRef {
            message_count: new.message_count,
            subject: new.subject.as_deref(),
            names: &new.names,
            summary: if detail.is_none() { new.summary.as_deref() } else { None },
            facts: Bytes(block::encode(&[entry])),
            detail,
        })?;
        let mut update = Self {
            key: item::key(&keys::conversation(tenant, &new.id)),
            set: [
                (TYPE, s(TAG)),
                (VERSION, n(new.version)),
                (BATCH, s(batch.to_string())),
                (HASH, b(new.content_hash)),
                (PACKED, b(packed)),
                (TTL, ttl(new.expires_at)),
            ]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
            remove: vec![DELETED, ENDS],
            prepend: vec![(RAW, new.raw.print(tenant, batch))],
            add: vec![(DAYS, vec![keys::day(keys::day_of(new.facts.created_at))])],
        };
        update.prepend.extend(overflow.map(|key| (OVERFLOW, key)));
        if let Some(contact) = &new.facts.contact_id {
            update.set.insert(GSI1PK.to_owned(), s(keys::contact_index(tenant, &contact_key.contact(contact))));
            update.set.insert(GSI1SK.to_owned(), s(keys::contact_index_sort(new.facts.created_at)));
        } else {
            update.remove.extend([GSI1PK, GSI1SK]);
        }
        let kinds: BTreeSet<String> = new.task_kinds.iter().map(|kind| kind.as_str().to_owned()).collect();
        if !kinds.is_empty() {
            update.add.push((KINDS, kinds.into_iter().collect()));
        }
        Ok(update)
    }

    fn expression(&self) -> String {
        let mut set: Vec<String> = self.set.keys().map(|name| format!("{} = :{name}", placeholder(name))).collect();
        set.sort_unstable();
        set.push(format!("{GENERATION} = if_not_exists({GENERATION}, :zero)"));
        set.extend(
            self.prepend.iter().map(|(name, _)| format!("{name} = list_append(:{name}, if_not_exists({name}, :none))")),
        );
        let add: Vec<String> = self.add.iter().map(|(name, _)| format!("{name} :{name}")).collect();
        format!("SET {} REMOVE {} ADD {}", set.join(", "), self.remove.join(", "), add.join(", "))
    }

    fn values(&self) -> Attributes {
        let named = |name: &str| format!(":{name}");
        let mut values: Attributes = self.set.iter().map(|(name, value)| (named(name), value.clone())).collect();
        values.insert(named("zero"), n(0));
        values.insert(named("none"), AttributeValue::L(Vec::new()));
        values
            .extend(self.prepend.iter().map(|(name, first)| (named(name), AttributeValue::L(vec![s(first.clone())]))));
        values.extend(self.add.iter().map(|(name, set)| (named(name), AttributeValue::Ss(set.clone()))));
        values
    }

    /// The item after the update, which `DynamoDB` does not return because it returns the one before.
    fn apply(&self, before: &Attributes) -> Result<Attributes, Unreadable> {
        let mut after = before.clone();
        after.extend(self.key.clone());
        after.extend(self.set.clone());
        after.entry(GENERATION.to_owned()).or_insert_with(|| n(0));
        for name in &self.remove {
            after.remove(*name);
        }
        let reader = Reader::new(&after, TAG)?;
        let mut joined = Attributes::new();
        for (name, first) in &self.prepend {
            let rest = reader.list(name)?.into_iter().map(s);
            joined
                .insert((*name).to_owned(), AttributeValue::L(std::iter::once(s(first.clone())).chain(rest).collect()));
        }
        for (name, added) in &self.add {
            let set: BTreeSet<String> = reader.set(name)?.iter().chain(added).cloned().collect();
            joined.insert((*name).to_owned(), AttributeValue::Ss(set.into_iter().collect()));
        }
        after.extend(joined);
        Ok(after)
    }
}

/// `ttl` is a reserved word.
fn placeholder(name: &str) -> String {
    if name == TTL { format!("#{name}") } else { name.to_owned() }
}

fn ulid(item: &Attributes, name: &'static str) -> Result<Ulid, Unreadable> {
    let text = Reader::new(item, TAG)?.text(name)?;
    Ulid::from_string(text).map_err(|_| Unreadable::Attribute(name))
}

fn revision(item: &Attributes) -> Result<Revision, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    Ok(Revision {
        generation: reader.number(GENERATION)?,
        version: reader.number(VERSION)?,
        batch: ulid(item, BATCH)?.0,
    })
}

fn days(item: &Attributes) -> Result<Vec<Date>, Unreadable> {
    let set = Reader::new(item, TAG)?.set(DAYS)?;
    let mut days: Vec<Date> =
        set.iter().map(|day| keys::parse_day(day).ok_or(Unreadable::Attribute(DAYS))).collect::<Result<_, _>>()?;
    days.sort_unstable();
    Ok(days)
}

fn kinds(item: &Attributes) -> Vec<TaskKind> {
    let Some(AttributeValue::Ss(set)) = item.get(KINDS) else { return Vec::new() };
    let mut kinds: Vec<TaskKind> = set.iter().filter_map(|kind| TaskKind::parse(kind)).collect();
    kinds.sort_unstable();
    kinds
}

fn written(tenant: &Tenant, first: bool, item: &Attributes, new: &NewConversation) -> Result<Written, Unreadable> {
    let day = keys::day_of(new.facts.created_at);
    let (_, overflow, mut superseded) = left_behind(tenant, item)?;
    if matches!(new.detail, Detail::Inline(_)) {
        superseded.overflow.extend(overflow); // the newest overflowed detail belonged to an older version
    }
    Ok(Written {
        revision: revision(item)?,
        days_left: days(item)?.into_iter().filter(|left| *left != day).collect(),
        first,
        task_kinds: kinds(item),
        superseded,
    })
}

/// `deleted` is the deletion that just turned the item into a tombstone; `None` when the item is one.
fn erased(tenant: &Tenant, item: &Attributes, deleted: Option<Ulid>) -> Result<Erased, Unreadable> {
    let stored = revision(item)?;
    let reader = Reader::new(item, TAG)?;
    let (generation, batch) = match deleted {
        Some(by) => (stored.generation.saturating_add(1), by.0),
        None => (stored.generation, ulid(item, DELETED)?.0),
    };
    let (raw, overflow, superseded) = left_behind(tenant, item)?;
    let ends: i64 = reader.number_opt(ENDS)?.or(reader.number_opt(TTL)?).ok_or(Unreadable::Attribute(TTL))?;
    let ends = Timestamp::from_second(ends).map_err(|_| Unreadable::Attribute(TTL))?;
    Ok(Erased {
        revision: Revision { generation, version: BEFORE_ALL, batch },
        days: days(item)?,
        raw,
        overflow,
        superseded,
        expires_at: ends.saturating_add(EXPIRY_LAG).unwrap_or(ends),
        again: deleted.is_none(),
    })
}

/// The current pointer, the newest overflowed detail, and what stands behind them. A redelivery repeats a pointer; each is told once.
fn left_behind(
    tenant: &Tenant,
    item: &Attributes,
) -> Result<(Option<RawPointer>, Option<String>, Superseded), Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let mut raw: Vec<RawPointer> = Vec::new();
    for text in reader.list(RAW)? {
        let pointer = RawPointer::parse(tenant, text).ok_or(Unreadable::Attribute(RAW))?;
        if !raw.contains(&pointer) {
            raw.push(pointer);
        }
    }
    let mut overflow: Vec<String> = Vec::new();
    for key in reader.list(OVERFLOW)? {
        if !overflow.iter().any(|known| known == key) {
            overflow.push(key.to_owned());
        }
    }
    let current = (raw.first().cloned(), overflow.first().cloned());
    raw.drain(..raw.len().min(1));
    overflow.drain(..overflow.len().min(1));
    Ok((current.0, current.1, Superseded { raw, overflow }))
}

fn parse(tenant: &Tenant, item: &Attributes) -> Result<Option<StoredConversation>, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    if reader.has(DELETED) {
        return Ok(None);
    }
    let packed: Packed = item::unpack_by_dictionary(reader.bytes(PACKED)?)?;
    let entry = block::decode(&packed.facts.0).map_err(Unreadable::Block)?.into_iter().next();
    let facts = entry.and_then(|entry| entry.facts).ok_or(Unreadable::Attribute(PACKED))?;
    let (raw, overflow, _) = left_behind(tenant, item)?;
    let detail = match (packed.detail, overflow) {
        (Some(analysis), _) => Detail::Inline(Box::new(analysis)),
        (None, Some(key)) => Detail::Overflow { key },
        (None, None) => return Err(Unreadable::Attribute(OVERFLOW)),
    };
    let summary = match &detail {
        Detail::Inline(analysis) => analysis.summary.as_ref().map(domain::analysis::Summary::text),
        Detail::Overflow { .. } => packed.summary,
    };
    Ok(Some(StoredConversation {
        id: keys::conversation_id(tenant, reader.text(PK)?).ok_or(Unreadable::Attribute(PK))?.to_owned(),
        revision: revision(item)?,
        batch: BatchId::new(ulid(item, BATCH)?),
        content_hash: reader.bytes(HASH)?.try_into().map_err(|_| Unreadable::Attribute(HASH))?,
        raw: raw.ok_or(Unreadable::Attribute(RAW))?,
        message_count: packed.message_count,
        subject: packed.subject,
        names: packed.names,
        summary,
        facts,
        detail,
    }))
}
