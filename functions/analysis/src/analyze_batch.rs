//! One message: one accepted batch.
//!
//! Every step may be repeated: a crash anywhere heals by redelivery, which comes to the same items, blocks and tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

use blobs::raw::{self, Frame};
use domain::access::Tenant;
use domain::batch::{ConversationOutcome, Outcome};
use domain::conversation::Conversation;
use domain::facts::{Entry, FactRow, Placed};
use domain::failure::Failure;
use domain::ids::{BatchId, TaskId};
use domain::webhooks::Event;
use engine::Analyser;
use engine::gathering::{self, Signature};
use futures_util::{StreamExt, stream};
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use queue::{AnalyzeBatch, Announce};
use runtime::log::chain;
use runtime::sqs::Redeliver;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use store::ContactDigest;
use store::Drafts;
use store::TenantRecord;
use store::{NewConversation, RawPointer, WriteOutcome, Written, overflowing_detail};

use crate::Deps;
use crate::gather::gather;

/// Conversations of a batch that are written at the same time.
const CONCURRENT_WRITES: usize = 16;

/// Analyses a batch and records what became of each conversation.
pub(crate) async fn analyze_batch(deps: &Deps, batch: &AnalyzeBatch, receive_count: u32) -> Result<(), Redeliver> {
    let before = deps.store.meter().snapshot();
    let failure = match analyze(deps, batch, Pass::First).await {
        Ok(counts) => {
            let used = deps.store.meter().snapshot().since(&before);
            tracing::info!(
                tenant.id = batch.tenant.as_str(),
                batch.id = %batch.batch,
                conversations = counts.conversations,
                written = counts.written,
                capacity.write_units = used.write_units,
                capacity.read_units = used.read_units,
                "batch analysed"
            );
            return Ok(());
        }
        Err(failure) => failure,
    };
    tracing::error!(error = chain(&failure), tenant.id = batch.tenant.as_str(), batch.id = %batch.batch, "batch failed");
    if receive_count >= deps.max_receive_count {
        // The last delivery: say so where callers look. Should this fail too, the alarm on the dead-letter queue still tells.
        if let Err(failure) = deps.store.dead_letter_batch(&batch.tenant, batch.batch).await {
            tracing::error!(error = chain(&failure), "the batch could not be marked as dead-lettered");
        }
    }
    Err(Redeliver)
}

/// What one pass over a batch did.
pub(crate) struct Counts {
    /// Conversations in the batch.
    pub(crate) conversations: usize,
    /// Conversations that were stored: not replaced by a newer batch, not deleted.
    pub(crate) written: usize,
}

/// Why a batch is gone through.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pass {
    /// It was pushed: those who subscribe are told.
    First,
    /// The settings changed: nothing happened that anybody need be told.
    Again,
}

/// One pass over a batch. It may be made again at any time and comes to the same, or, under other settings, to what they say.
pub(crate) async fn analyze(deps: &Deps, batch: &AnalyzeBatch, pass: Pass) -> Result<Counts, Failure> {
    let tenant = &batch.tenant;
    let record = deps.store.tenant(tenant).await?.ok_or_else(|| missing("tenant"))?;
    let Some(raw) = deps.blobs.get_raw(tenant, &batch.key).await? else {
        // Nothing of the batch was kept (see `forget`), and the message came once more.
        return match deps.store.batch(tenant, batch.batch).await? {
            Some(stored) if stored.finished_at.is_some() => Ok(Counts { conversations: 0, written: 0 }),
            _ => Err(missing("batch object")),
        };
    };
    let mut frames = Vec::new();
    for frame in raw::frames(&raw)? {
        let bytes = raw::slice(&raw, frame)?;
        if !blobs::erase::is_erased(bytes) {
            frames.push((frame, raw::json(bytes)?));
        }
    }
    let erased = erased(deps, tenant, &record, batch.batch, &frames).await?;
    let work = Work {
        deps,
        erased,
        tenant,
        record: &record,
        analyser: deps.engine.analyser(&record.settings),
        batch: batch.batch,
        key: &batch.key,
        expires_at: expiry(batch.batch, record.settings.retention_days),
    };
    let judged: Vec<Result<Candidate, Done>> = frames.iter().map(|(frame, json)| work.judge(*frame, json)).collect();
    let signature = |judged: &Result<Candidate, Done>| judged.as_ref().ok().and_then(|judged| judged.signature.clone());
    let signatures: Vec<Option<Signature>> = judged.iter().map(signature).collect();
    let gathered = gather(deps, tenant, &signatures, work.expires_at).await?;
    let places = gathered.iter().flat_map(|gathered| gathered.places.iter().copied()).chain(std::iter::repeat(None));
    let done: Vec<Done> = stream::iter(judged.into_iter().zip(places))
        .map(|(judged, place)| work.one(judged, place))
        .buffered(CONCURRENT_WRITES)
        .collect::<Vec<Result<Done, Failure>>>()
        .await
        .into_iter()
        .collect::<Result<_, _>>()?;

    let mut entries: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    for (day, entry) in done.iter().flat_map(|done| &done.entries) {
        entries.entry(*day).or_default().push(entry.clone());
    }
    if !entries.is_empty() {
        deps.store.put_entries(tenant, batch.batch.ulid(), &entries, work.expires_at).await?;
    }
    let outcomes: Vec<ConversationOutcome> = done.iter().map(|done| done.outcome.clone()).collect();
    deps.store.finish_batch(tenant, batch.batch, &outcomes, (deps.clock)()).await?;
    // Before anything is erased: a batch of which nothing is left is not analysed again.
    if pass == Pass::First {
        announce(deps, batch, &done).await?;
    }
    forget(deps, tenant, &batch.key, &done).await?;
    Ok(Counts { conversations: done.len(), written: done.iter().filter(|done| done.kept).count() })
}

/// What became of one conversation.
struct Done {
    outcome: ConversationOutcome,
    /// What belongs into the blocks of which days; nothing when it was not stored.
    entries: Vec<(Date, Entry)>,
    /// The tasks that it gives reason for.
    tasks: Vec<TaskId>,
    frame: Frame,
    /// The stored item points at the frame.
    kept: bool,
}

struct Work<'a> {
    deps: &'a Deps,
    tenant: &'a Tenant,
    record: &'a TenantRecord,
    analyser: Analyser<'a>,
    batch: BatchId,
    key: &'a str,
    expires_at: Timestamp,
    /// Contacts that were erased after the batch was accepted: nothing of theirs is kept.
    erased: BTreeSet<String>,
}

impl Work<'_> {
    /// Reads and analyses a conversation; what became of it when that is impossible.
    fn judge(&self, frame: Frame, json: &[u8]) -> Result<Candidate, Done> {
        let Ok(conversation) = serde_json::from_slice::<Conversation>(json) else {
            // Written by ingest and checked by S3: only a fault of ours can lead here.
            return Err(failed(frame, String::new(), "unreadable"));
        };
        if conversation.contact.as_ref().is_some_and(|contact| self.erased.contains(&contact.id)) {
            return Err(left_out(frame, &conversation, Outcome::Stale));
        }
        let analysed = catch_unwind(AssertUnwindSafe(|| {
            let settings = &self.record.settings;
            let analysis = self.analyser.analyse(&conversation);
            let sla = engine::sla_status(&conversation, &analysis, settings);
            let facts = FactRow::of(&conversation, &analysis, sla);
            let drafts = engine::tasks(&conversation, &analysis, settings);
            (gathering::signature(&analysis), Judged { analysis, facts, drafts })
        }));
        let Ok((signature, judged)) = analysed else {
            tracing::error!(batch.id = %self.batch, frame.offset = frame.offset, "the engine panicked on a conversation");
            return Err(failed(frame, conversation.id, "engine_error"));
        };
        Ok(Candidate { frame, content_hash: content_hash(json), conversation, judged, signature })
    }

    /// Stores a conversation under the insight that it was gathered under.
    async fn one(&self, judged: Result<Candidate, Done>, place: Option<Placed>) -> Result<Done, Failure> {
        let Candidate { frame, conversation, mut judged, content_hash, .. } = match judged {
            Ok(candidate) => candidate,
            Err(done) => return Ok(done),
        };
        judged.facts.matter = place;
        match Box::pin(self.store(&conversation, judged, frame, content_hash)).await {
            Err(failure) if !failure.is_retryable() => {
                tracing::error!(error = chain(&failure), batch.id = %self.batch, "a conversation could not be stored");
                Ok(failed(frame, conversation.id, "store_error"))
            }
            result => result,
        }
    }

    async fn store(
        &self,
        conversation: &Conversation,
        judged: Judged,
        frame: Frame,
        content_hash: [u8; 16],
    ) -> Result<Done, Failure> {
        let Judged { analysis, facts, drafts } = judged;
        let Self { deps, tenant, record, .. } = self;
        let reason = analysis.not_scored.map(|reason| reason.as_str().to_owned());
        let overflow = match overflowing_detail(&analysis)? {
            Some(bytes) => Some(deps.blobs.put_overflow(tenant, &conversation.id, &content_hash, bytes).await?),
            None => None,
        };
        let raw = RawPointer { key: self.key.to_owned(), offset: frame.offset, length: frame.length };
        let new = NewConversation::of(
            conversation,
            analysis,
            facts.clone(),
            &drafts,
            overflow,
            (self.batch, raw),
            content_hash,
            self.expires_at,
        );
        let written = match deps.store.put_conversation(tenant, &record.contact_key, &new).await? {
            WriteOutcome::Written(written) => written,
            WriteOutcome::Unchanged => return Ok(left_out(frame, conversation, Outcome::Unchanged)),
            WriteOutcome::Stale | WriteOutcome::Deleted => return Ok(left_out(frame, conversation, Outcome::Stale)),
        };
        let drafts = Drafts {
            conversation_id: &conversation.id,
            written: &written,
            drafts: &drafts,
            owner: conversation.assignee.as_ref(),
            expires_at: self.expires_at,
        };
        deps.store.put_drafts(tenant, drafts, (deps.clock)()).await?;
        self.forget_superseded(&new, &written).await?;
        let entry = |facts| Entry { conversation_id: conversation.id.clone(), revision: written.revision, facts };
        let mut entries = vec![(store::day_of(conversation.created_at), entry(Some(facts)))];
        entries.extend(written.days_left.iter().map(|day| (*day, entry(None))));
        let outcome = if reason.is_some() { Outcome::NotScored } else { Outcome::Analyzed };
        let outcome = ConversationOutcome { id: conversation.id.clone(), outcome, reason };
        let tasks = drafts.drafts.iter().map(|draft| TaskId::of(&conversation.id, draft.kind)).collect();
        Ok(Done { outcome, entries, tasks, frame, kept: true })
    }

    /// Erases the text of older versions once enough of it has gathered.
    async fn forget_superseded(&self, new: &NewConversation, written: &Written) -> Result<(), Failure> {
        let Self { deps, tenant, .. } = self;
        if !written.superseded.is_due() {
            return Ok(());
        }
        for raw in &written.superseded.raw {
            let frame = Frame { offset: raw.offset, length: raw.length };
            deps.blobs.erase_frames(tenant, &raw.key, &[frame]).await?;
        }
        for key in &written.superseded.overflow {
            deps.blobs.delete(tenant, key).await?;
        }
        deps.store.prune_conversation(tenant, new).await
    }
}

/// Contacts in the batch who were erased after it was accepted.
async fn erased(
    deps: &Deps,
    tenant: &Tenant,
    record: &TenantRecord,
    batch: BatchId,
    frames: &[(Frame, Vec<u8>)],
) -> Result<BTreeSet<String>, Failure> {
    #[derive(Deserialize)]
    struct OfContact {
        contact: Option<Id>,
    }
    #[derive(Deserialize)]
    struct Id {
        id: String,
    }
    let contact = |json: &[u8]| serde_json::from_slice::<OfContact>(json).ok()?.contact.map(|contact| contact.id);
    let ids: BTreeSet<String> = frames.iter().filter_map(|(_, json)| contact(json)).collect();
    let digests: Vec<ContactDigest> = ids.iter().map(|id| record.contact_key.contact(id)).collect();
    let marked = deps.store.erased_contacts(tenant, &digests).await?;
    let is_erased = |digest: &ContactDigest| marked.get(digest).is_some_and(|by| batch.ulid() <= *by);
    Ok(ids.into_iter().zip(&digests).filter(|(_, digest)| is_erased(digest)).map(|(id, _)| id).collect())
}

/// An analysed conversation that is not stored yet.
struct Candidate {
    frame: Frame,
    conversation: Conversation,
    judged: Judged,
    content_hash: [u8; 16],
    signature: Option<Signature>,
}

struct Judged {
    analysis: domain::analysis::ConversationAnalysis,
    facts: FactRow,
    drafts: Vec<domain::task::TaskDraft>,
}

fn left_out(frame: Frame, conversation: &Conversation, outcome: Outcome) -> Done {
    let outcome = ConversationOutcome { id: conversation.id.clone(), outcome, reason: None };
    Done { outcome, entries: Vec::new(), tasks: Vec::new(), frame, kept: false }
}

fn failed(frame: Frame, id: String, reason: &str) -> Done {
    let outcome = ConversationOutcome { id, outcome: Outcome::Failed, reason: Some(reason.to_owned()) };
    Done { outcome, entries: Vec::new(), tasks: Vec::new(), frame, kept: true }
}

/// Tells who wants to know. Announcing again is harmless, so a redelivered batch does; a tenant that subscribes to nothing pays nothing.
async fn announce(deps: &Deps, batch: &AnalyzeBatch, done: &[Done]) -> Result<(), Failure> {
    let tenant = &batch.tenant;
    let stored = || done.iter().filter(|done| !done.entries.is_empty());
    let conversation_ids: Vec<String> = stored().map(|done| done.outcome.id.clone()).collect();
    let task_ids: Vec<String> = stored().flat_map(|done| &done.tasks).map(ToString::to_string).collect();
    let batch_id = batch.batch.to_string();
    let events = [
        (!conversation_ids.is_empty()).then_some(Event::ConversationAnalyzed { batch_id, conversation_ids }),
        (!task_ids.is_empty()).then_some(Event::TaskCreated { task_ids }),
    ];
    for event in events.into_iter().flatten() {
        if deps.store.subscribes(tenant, &[event.kind()], (deps.clock)()).await? {
            let occurred_at = accepted_at(batch.batch);
            deps.webhooks_queue.send(&Announce { tenant: tenant.clone(), event, occurred_at }).await?;
        }
    }
    Ok(())
}

/// Removes from the batch's object what no item points at: copies of conversations that were stored already, or that came too late.
/// What is kept twice would have to be found twice when a person is erased.
async fn forget(deps: &Deps, tenant: &Tenant, key: &str, done: &[Done]) -> Result<(), Failure> {
    let dropped: Vec<Frame> = done.iter().filter(|done| !done.kept).map(|done| done.frame).collect();
    if dropped.len() == done.len() {
        deps.blobs.delete(tenant, key).await
    } else if dropped.is_empty() {
        Ok(())
    } else {
        deps.blobs.erase_frames(tenant, key, &dropped).await
    }
}

/// First half of the SHA-256 of the conversation's JSON and the engine's version: equal for what would be stored the same.
fn content_hash(json: &[u8]) -> [u8; 16] {
    let mut hash = Sha256::new();
    hash.update(engine::VERSION.as_bytes());
    hash.update([0]);
    hash.update(json);
    hash.finalize().first_chunk::<16>().copied().unwrap_or_default()
}

/// Retention counts from acceptance, so that imported history is not forgotten on arrival.
fn expiry(batch: BatchId, retention_days: u32) -> Timestamp {
    let hours = i64::from(retention_days) * 24;
    accepted_at(batch).checked_add(hours.hours()).unwrap_or(Timestamp::MAX)
}

fn accepted_at(batch: BatchId) -> Timestamp {
    let millisecond = i64::try_from(batch.ulid().timestamp_ms()).ok();
    millisecond.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or(Timestamp::MAX)
}

fn missing(what: &'static str) -> Failure {
    Failure::Unexpected { service: "analysis", source: format!("the {what} is not there").into() }
}
