//! Visits: what is kept of a customer's events, one item a session.
//!
//! An item has two packed parts: the session, which answers read, and the log, which only new events need. It is replaced by
//! compare-and-set on `rev`: whoever loses reads again and takes the events in again, which changes nothing for those that are there.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Tenant;
use domain::context::Event;
use domain::context::journey::JourneyStep;
use domain::context::session::{Log, Session, Taken, absorb};
use domain::failure::Failure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::conversations::Reading;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, ContactDigest, ContactKey, GSI1PK, GSI1SK, Key, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "visit.1";
const WHAT: &str = "session";
/// Sessions written at the same time.
const CONCURRENCY: usize = 16;
/// How often a session that others keep writing is read again.
const ATTEMPTS: u32 = 12;
/// Largest packed session: far below the 400 KB of an item, of which the log may take 200. Only made-up pages come near.
const MAX_PACKED: usize = 100 * 1024;

/// The session, packed.
const PACKED: &str = "p";
/// Its log, packed.
const LOG: &str = "l";
/// When its first events were accepted.
const CREATED: &str = "c";
/// Change counter.
const REVISION: &str = "rev";
/// What answers read: keys, tag and session. (`p` is no reserved word, nor are the others.)
const WITHOUT_LOG: &str = "PK, SK, ty, p";

/// A session with its log, as erasure and export need it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredLog {
    key: Key,
    /// When its first events were accepted.
    pub accepted_at: Timestamp,
    /// The session.
    pub session: Session,
    /// Its events.
    pub log: Log,
}

impl Store {
    /// Takes events in, each into the session of its customer. Taking the same in again changes nothing. `now` is when the request was
    /// accepted.
    pub async fn put_events(
        &self,
        tenant: &Tenant,
        contact_key: &ContactKey,
        events: &[Event],
        journey: &[JourneyStep],
        (now, expires_at): (Timestamp, Timestamp),
    ) -> Result<Taken, Failure> {
        let mut groups: BTreeMap<(Option<&str>, &str), Vec<&Event>> = BTreeMap::new();
        for event in events {
            groups.entry((event.session_id.as_deref(), &event.customer_id)).or_default().push(event);
        }
        let keyed: Vec<(Key, Vec<&Event>)> = groups
            .into_iter()
            .map(|((session, customer), events)| (keys::visit(tenant, contact_key, session, customer), events))
            .collect();
        let wanted = keyed.iter().map(|(key, _)| item::key(key)).collect();
        let stored = self.batch_get(wanted, Reading::Eventual, Purpose::Context).await?;
        let mut stored: BTreeMap<(String, String), Attributes> =
            stored.into_iter().filter_map(|item| Some(((text(&item, PK)?, text(&item, SK)?), item))).collect();
        let mut writes = Vec::with_capacity(keyed.len());
        for (key, events) in keyed {
            let before = stored.remove(&(key.pk.clone(), key.sk.clone()));
            writes.push(self.put_session(tenant, contact_key, key, before, events, (journey, now, expires_at)));
        }
        let taken: Vec<Taken> = stream::iter(writes).buffer_unordered(CONCURRENCY).try_collect().await?;
        Ok(taken.into_iter().fold(Taken::default(), |mut sum, taken| {
            sum.add(taken);
            sum
        }))
    }

    async fn put_session(
        &self,
        tenant: &Tenant,
        contact_key: &ContactKey,
        key: Key,
        mut before: Option<Attributes>,
        events: Vec<&Event>,
        (journey, now, expires_at): (&[JourneyStep], Timestamp, Timestamp),
    ) -> Result<Taken, Failure> {
        for attempt in 0..ATTEMPTS {
            let stored = before.as_ref().map(parse).transpose().map_err(corrupt(WHAT))?;
            let revision = before.as_ref().map(revision).transpose().map_err(corrupt(WHAT))?;
            let Some((session, log, taken)) = absorb(stored, &events, journey) else { return Ok(Taken::default()) };
            if taken.accepted == 0 {
                return Ok(taken);
            }
            let index = keys::visit_index(tenant, &contact_key.contact(&session.customer_id));
            let mut item = item::key(&key);
            item.insert(TYPE.to_owned(), s(TAG));
            item.insert(GSI1PK.to_owned(), s(index));
            item.insert(GSI1SK.to_owned(), s(keys::contact_index_sort(session.first_at)));
            item.insert(PACKED.to_owned(), b(packed(session).map_err(corrupt(WHAT))?));
            item.insert(LOG.to_owned(), b(item::packed(&log).map_err(corrupt(WHAT))?));
            let created = before.as_ref().and_then(|before| before.get(CREATED).cloned());
            item.insert(CREATED.to_owned(), created.unwrap_or_else(|| s(now.to_string())));
            item.insert(REVISION.to_owned(), n(revision.unwrap_or(0) + 1));
            item.insert(TTL.to_owned(), ttl(expires_at));
            let empty = Attributes::new();
            let units = write_units(item_size(before.as_ref().unwrap_or(&empty)).max(item_size(&item)))
                + meter::index_units(before.as_ref().unwrap_or(&empty), &item);
            let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
            let request = match revision {
                Some(revision) => {
                    request.condition_expression("rev = :rev").expression_attribute_values(":rev", n(revision))
                }
                None => request.condition_expression("attribute_not_exists(PK)"),
            };
            self.meter().wrote(Purpose::Context, units);
            if condition(request.send().await)?.is_ok() {
                return Ok(taken);
            }
            if attempt > 0 {
                pause(attempt).await;
            }
            before = self.session_item(&key).await?;
        }
        Err(Failure::Conflict { what: WHAT })
    }

    async fn session_item(&self, key: &Key) -> Result<Option<Attributes>, Failure> {
        let request = self.client().get_item().table_name(self.main()).set_key(Some(item::key(key)));
        let item = request.consistent_read(true).send().await.map_err(failure)?.item;
        self.meter().read(Purpose::Context, meter::consistent_halves(item.as_ref().map_or(0, item_size)));
        Ok(item)
    }

    /// The sessions of that id, read consistently: one for each customer who used it, 25 at most.
    pub async fn sessions_of_id(
        &self,
        tenant: &Tenant,
        contact_key: &ContactKey,
        session_id: &str,
    ) -> Result<Vec<Session>, Failure> {
        let request = self.client().query().table_name(self.main()).key_condition_expression("PK = :pk");
        let request = request
            .expression_attribute_values(":pk", s(keys::visits_of_id(tenant, contact_key, session_id)))
            .projection_expression(WITHOUT_LOG)
            .consistent_read(true)
            .limit(MAX_OF_ONE_ID);
        let items = request.send().await.map_err(failure)?.items.unwrap_or_default();
        self.meter().read(Purpose::Context, meter::consistent_halves(items.iter().map(item_size).sum()));
        items.iter().map(|item| session(item).map_err(corrupt(WHAT))).collect()
    }

    /// The sessions of a customer that began last, at most `most` (up to 100), newest first: two calls.
    pub async fn sessions_of_customer(
        &self,
        tenant: &Tenant,
        customer: &ContactDigest,
        most: i32,
    ) -> Result<Vec<Session>, Failure> {
        let found = self.newest_in_index(keys::visit_index(tenant, customer), most, Purpose::Context).await?;
        let keys = found.iter().map(primary).collect();
        let items = self.batch_get_parts(keys, Some(WITHOUT_LOG), Reading::Eventual, Purpose::Context).await?;
        let mut sessions: Vec<Session> =
            items.iter().map(|item| session(item).map_err(corrupt(WHAT))).collect::<Result<_, _>>()?;
        sessions.sort_by_key(|session| std::cmp::Reverse(session.first_at));
        Ok(sessions)
    }

    /// Sessions of a customer with their logs, oldest first: those that follow `after` (a session's [`StoredLog::place`]), at most
    /// `most`.
    pub async fn logs_of_customer(
        &self,
        tenant: &Tenant,
        customer: &ContactDigest,
        after: Option<&str>,
        most: usize,
    ) -> Result<Vec<StoredLog>, Failure> {
        let mut keys = self.query_index(keys::visit_index(tenant, customer), None, Purpose::Context).await?;
        keys.retain(|item| after.is_none_or(|after| place(item).as_str() > after));
        keys.sort_by_key(place);
        keys.truncate(most);
        let mut logs = Vec::with_capacity(keys.len());
        for item in self.batch_get(keys.iter().map(primary).collect(), Reading::Consistent, Purpose::Context).await? {
            let (session, log) = parse(&item).map_err(corrupt(WHAT))?;
            let key = Key { pk: text(&item, PK).unwrap_or_default(), sk: text(&item, SK).unwrap_or_default() };
            let accepted_at = Reader::new(&item, TAG).and_then(|reader| reader.time(CREATED)).map_err(corrupt(WHAT))?;
            logs.push(StoredLog { key, accepted_at, session, log });
        }
        logs.sort_by_key(StoredLog::place);
        Ok(logs)
    }

    /// How many sessions of a customer there are.
    pub async fn count_sessions(&self, tenant: &Tenant, customer: &ContactDigest) -> Result<usize, Failure> {
        Ok(self.query_index(keys::visit_index(tenant, customer), None, Purpose::Context).await?.len())
    }

    /// Deletes a session and its events; `false` when it was gone already.
    pub async fn delete_session(&self, stored: &StoredLog) -> Result<bool, Failure> {
        let request = self.client().delete_item().table_name(self.main()).set_key(Some(item::key(&stored.key)));
        let request = request.condition_expression("attribute_exists(PK)");
        self.meter().wrote(Purpose::Context, 2);
        Ok(condition(request.send().await)?.is_ok())
    }
}

/// Most customers of one session id that are looked at.
pub(crate) const MAX_OF_ONE_ID: i32 = 25;

impl StoredLog {
    /// Where it stands in the order of the customer's sessions: by the first event.
    pub fn place(&self) -> String {
        format!("{} {}", keys::contact_index_sort(self.session.first_at), self.key.pk)
    }

    /// UTC days of the events that reports of the support team count.
    pub fn support_days(&self) -> BTreeSet<Date> {
        self.log.support_times().map(keys::day_of).collect()
    }
}

/// [`StoredLog::place`] of an index key.
fn place(item: &Attributes) -> String {
    format!("{} {}", text(item, GSI1SK).unwrap_or_default(), text(item, PK).unwrap_or_default())
}

/// The primary key in an index key.
fn primary(item: &Attributes) -> Attributes {
    [PK, SK].into_iter().filter_map(|name| Some((name.to_owned(), item.get(name)?.clone()))).collect()
}

fn text(item: &Attributes, name: &str) -> Option<String> {
    match item.get(name) {
        Some(AttributeValue::S(text)) => Some(text.clone()),
        _ => None,
    }
}

/// The packed session; pages seen longest ago are given up for as long as it is too large.
fn packed(mut session: Session) -> Result<Vec<u8>, Unreadable> {
    loop {
        let packed = item::packed(&session)?;
        if packed.len() <= MAX_PACKED || !session.drop_oldest_page() {
            return Ok(packed);
        }
    }
}

fn session(item: &Attributes) -> Result<Session, Unreadable> {
    Reader::new(item, TAG)?.packed(PACKED)
}

fn parse(item: &Attributes) -> Result<(Session, Log), Unreadable> {
    Ok((session(item)?, Reader::new(item, TAG)?.packed(LOG)?))
}

fn revision(item: &Attributes) -> Result<u64, Unreadable> {
    Reader::new(item, TAG)?.number(REVISION)
}
