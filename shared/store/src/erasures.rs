//! Erasures: that a person was erased and when, which holds back what was accepted before; and how far each erasure is.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::ErasureId;
use jiff::{SignedDuration, Timestamp};
use ulid::Ulid;

use crate::Store;
use crate::conversations::Reading;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, corrupt, n, s, ttl};
use crate::keys::{self, ContactDigest, PK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "erasure.1";
const PERSON_TAG: &str = "erased.1";
const WHAT: &str = "erasure";
/// A receipt is kept for a year.
const KEPT: SignedDuration = SignedDuration::from_hours(365 * 24);

const CONTACT: &str = "contact";
const REQUESTED: &str = "requested_at";
const FINISHED: &str = "finished_at";
const FOUND_CONVERSATIONS: &str = "found_conversations";
const FOUND_SESSIONS: &str = "found_sessions";
const CONVERSATIONS: &str = "conversations";
const SESSIONS: &str = "sessions";
const EVENTS: &str = "events";
/// On the mark of a person, the last erasure's ULID.
const BY: &str = "x";

/// What an erasure has removed so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedCounts {
    /// Conversations, each with its text, analysis, facts and tasks.
    pub conversations: u32,
    /// Sessions.
    pub sessions: u32,
    /// Events in them.
    pub events: u32,
}

/// An erasure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Its id; its ULID divides what was accepted before from what came after.
    pub id: ErasureId,
    /// Who is erased.
    pub contact: ContactDigest,
    /// When it was asked for.
    pub requested_at: Timestamp,
    /// When nothing was left.
    pub finished_at: Option<Timestamp>,
    /// Conversations and sessions that there were when it was asked for.
    pub found: (u32, u32),
    /// Removed so far.
    pub erased: ErasedCounts,
}

impl Store {
    /// Marks the person as erased, from which moment nothing that was accepted before is stored any more, and records the erasure.
    pub async fn begin_erasure(&self, tenant: &Tenant, erasure: &Erasure) -> Result<(), Failure> {
        let Erasure { id, contact, requested_at, found, .. } = erasure;
        let by = id.ulid().to_string();
        let request = self.client().update_item().table_name(self.main());
        let request = request
            .set_key(Some(item::key(&keys::erased(tenant, contact))))
            .update_expression(format!("SET {TYPE} = :tag, {BY} = :by"))
            .condition_expression(format!("attribute_not_exists({BY}) OR {BY} < :by"))
            .expression_attribute_values(":tag", s(PERSON_TAG))
            .expression_attribute_values(":by", s(by));
        self.meter().wrote(Purpose::Context, 1);
        let _newer_stays = condition(request.send().await)?;

        let mut item = item::key(&keys::erasure(tenant, *id));
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(CONTACT.to_owned(), s(contact.as_str()));
        item.insert(REQUESTED.to_owned(), s(requested_at.to_string()));
        item.insert(TTL.to_owned(), ttl(*requested_at + KEPT));
        item.insert(FOUND_CONVERSATIONS.to_owned(), n(found.0));
        item.insert(FOUND_SESSIONS.to_owned(), n(found.1));
        for count in [CONVERSATIONS, SESSIONS, EVENTS] {
            item.insert(count.to_owned(), n(0));
        }
        self.meter().wrote(Purpose::Context, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        condition(request.condition_expression("attribute_not_exists(PK)").send().await).map(drop)
    }

    /// The erasure of that id, read consistently.
    pub async fn erasure(&self, tenant: &Tenant, id: ErasureId) -> Result<Option<Erasure>, Failure> {
        let request = self.client().get_item().table_name(self.main());
        let request = request.set_key(Some(item::key(&keys::erasure(tenant, id)))).consistent_read(true);
        let item = request.send().await.map_err(failure)?.item;
        self.meter().read(Purpose::Context, meter::consistent_halves(item.as_ref().map_or(0, item_size)));
        item.map(|item| parse(id, &item).map_err(corrupt(WHAT))).transpose()
    }

    /// Adds what was removed. A crash before this leaves the counts below what was removed, never above.
    pub async fn count_erased(&self, tenant: &Tenant, id: ErasureId, more: ErasedCounts) -> Result<(), Failure> {
        let request = self.client().update_item().table_name(self.main());
        let request = request
            .set_key(Some(item::key(&keys::erasure(tenant, id))))
            .update_expression(format!("ADD {CONVERSATIONS} :c, {SESSIONS} :s, {EVENTS} :e"))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":c", n(more.conversations))
            .expression_attribute_values(":s", n(more.sessions))
            .expression_attribute_values(":e", n(more.events));
        self.meter().wrote(Purpose::Context, 1);
        condition(request.send().await).map(drop)
    }

    /// Records that nothing is left.
    pub async fn finish_erasure(&self, tenant: &Tenant, id: ErasureId, now: Timestamp) -> Result<(), Failure> {
        let request = self.client().update_item().table_name(self.main());
        let request = request
            .set_key(Some(item::key(&keys::erasure(tenant, id))))
            .update_expression(format!("SET {FINISHED} = if_not_exists({FINISHED}, :now)"))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":now", s(now.to_string()));
        self.meter().wrote(Purpose::Context, 1);
        condition(request.send().await).map(drop)
    }

    /// Those of the contacts that were ever erased, each with the ULID of the last time.
    pub async fn erased_contacts(
        &self,
        tenant: &Tenant,
        contacts: &[ContactDigest],
    ) -> Result<HashMap<ContactDigest, Ulid>, Failure> {
        let marks: HashMap<String, &ContactDigest> =
            contacts.iter().map(|contact| (keys::erased(tenant, contact).pk, contact)).collect();
        let keys = marks.values().map(|contact| item::key(&keys::erased(tenant, contact))).collect();
        let mut erased = HashMap::new();
        for item in self.batch_get(keys, Reading::Eventual, Purpose::Context).await? {
            let by = Reader::new(&item, PERSON_TAG).and_then(|reader| reader.text(BY)).map_err(corrupt(WHAT))?;
            let by = Ulid::from_string(by).map_err(|_| Unreadable::Attribute(BY)).map_err(corrupt(WHAT))?;
            if let Some(AttributeValue::S(pk)) = item.get(PK)
                && let Some(contact) = marks.get(pk)
            {
                erased.insert((*contact).clone(), by);
            }
        }
        Ok(erased)
    }
}

fn parse(id: ErasureId, item: &Attributes) -> Result<Erasure, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    Ok(Erasure {
        id,
        contact: ContactDigest::parse(reader.text(CONTACT)?).ok_or(Unreadable::Attribute(CONTACT))?,
        requested_at: reader.time(REQUESTED)?,
        finished_at: reader.time_opt(FINISHED)?,
        found: (reader.number(FOUND_CONVERSATIONS)?, reader.number(FOUND_SESSIONS)?),
        erased: ErasedCounts {
            conversations: reader.number(CONVERSATIONS)?,
            sessions: reader.number(SESSIONS)?,
            events: reader.number(EVENTS)?,
        },
    })
}
