//! Support events for reports: the rows of one request and day in one item. A request that is sent again overwrites its own items, and a row
//! that comes by another request is told apart by its number when it is read.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Tenant;
use domain::context::Event;
use domain::context::support::SupportRow;
use domain::failure::Failure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, ContactDigest, ContactKey, Month, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "support_events.1";
const WHAT: &str = "support events";
/// Largest packed item.
const MAX_PACKED: usize = 60 * 1024;
/// Calls in flight at once for one request.
const CONCURRENCY: usize = 8;
/// How often an item that somebody else keeps changing is read again.
const ATTEMPTS: u32 = 10;

/// The rows, packed.
const PACKED: &str = "p";
/// Number of rows.
const ROWS: &str = "n";

impl Store {
    /// Writes the rows of those events that reports of the support team count.
    pub async fn put_support_events(
        &self,
        tenant: &Tenant,
        contact_key: &ContactKey,
        events: &[Event],
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        let mut days: BTreeMap<Date, (Vec<&str>, Vec<SupportRow>)> = BTreeMap::new();
        for event in events {
            if let Some(row) = SupportRow::of(event, contact_key.person(&event.customer_id)) {
                let (ids, rows) = days.entry(keys::day_of(event.at)).or_default();
                ids.extend([event.customer_id.as_str(), event.session_id.as_deref().unwrap_or_default(), &event.id]);
                rows.push(row);
            }
        }
        let mut writes = Vec::new();
        for (day, (ids, rows)) in &days {
            for (chunk, (count, packed)) in chunks(rows).map_err(corrupt(WHAT))?.into_iter().enumerate() {
                let mut item = item::key(&keys::support_block(tenant, *day, ids, chunk));
                item.insert(TYPE.to_owned(), s(TAG));
                item.insert(ROWS.to_owned(), n(count));
                item.insert(PACKED.to_owned(), b(packed));
                item.insert(TTL.to_owned(), ttl(expires_at));
                self.meter().wrote(Purpose::Context, write_units(item_size(&item)));
                writes.push(self.client().put_item().table_name(self.main()).set_item(Some(item)).send());
            }
        }
        stream::iter(writes).buffer_unordered(CONCURRENCY).map_err(failure).map_ok(drop).try_collect().await
    }

    /// The rows of the UTC days from `from` to `to`, both included; one may stand there more than once.
    pub async fn support_rows(&self, tenant: &Tenant, from: Date, to: Date) -> Result<Vec<SupportRow>, Failure> {
        let (last, mut month, mut spans) = (Month::of(to), Month::of(from), Vec::new());
        while month <= last {
            let first_day = if month == Month::of(from) { from.day() } else { 1 };
            let last_day = if month == last { to.day() } else { 31 };
            spans.push((month, (first_day, last_day)));
            month = month.next();
        }
        let queries = spans.into_iter().map(|(month, days)| self.support_blocks(tenant, month, days, false));
        let items: Vec<Vec<Attributes>> = stream::iter(queries).buffered(CONCURRENCY).try_collect().await?;
        let mut rows = Vec::new();
        for item in items.iter().flatten() {
            rows.extend(parse(item).map_err(corrupt(WHAT))?);
        }
        Ok(rows)
    }

    /// Takes every row of a person out of those days.
    pub async fn erase_support_rows(
        &self,
        tenant: &Tenant,
        contact: &ContactDigest,
        days: impl IntoIterator<Item = Date>,
    ) -> Result<(), Failure> {
        for day in days {
            for attempt in 0..=ATTEMPTS {
                if attempt == ATTEMPTS {
                    return Err(Failure::Conflict { what: WHAT });
                }
                let mut raced = false;
                for item in self.support_blocks(tenant, Month::of(day), (day.day(), day.day()), true).await? {
                    raced |= !self.erase_from(&item, contact).await?;
                }
                if !raced {
                    break;
                }
                pause(attempt).await;
            }
        }
        Ok(())
    }

    /// Rewrites one item without the person's rows; `false` when somebody else changed it since it was read.
    async fn erase_from(&self, stored: &Attributes, contact: &ContactDigest) -> Result<bool, Failure> {
        let (person, mut rows) = (contact.person(), parse(stored).map_err(corrupt(WHAT))?);
        let before = rows.len();
        rows.retain(|row| row.person != person);
        if rows.len() == before {
            return Ok(true);
        }
        let read = stored.get(PACKED).cloned().unwrap_or(AttributeValue::Null(true));
        self.meter().wrote(Purpose::Context, write_units(item_size(stored)));
        if rows.is_empty() {
            let key = [PK, SK].into_iter().filter_map(|name| Some((name.to_owned(), stored.get(name)?.clone())));
            let request = self.client().delete_item().table_name(self.main()).set_key(Some(key.collect()));
            let request = request.condition_expression("p = :read").expression_attribute_values(":read", read);
            return Ok(condition(request.send().await)?.is_ok());
        }
        let mut item = stored.clone();
        item.insert(ROWS.to_owned(), n(rows.len()));
        item.insert(PACKED.to_owned(), b(item::packed(&rows).map_err(corrupt(WHAT))?));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.condition_expression("p = :read").expression_attribute_values(":read", read);
        Ok(condition(request.send().await)?.is_ok())
    }

    async fn support_blocks(
        &self,
        tenant: &Tenant,
        month: Month,
        (first, last): (i8, i8),
        consistent: bool,
    ) -> Result<Vec<Attributes>, Failure> {
        let (first, last) = keys::block_days(first, last);
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let request = self.client().query().table_name(self.main());
            let output = request
                .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::support_blocks(tenant, month)))
                .expression_attribute_values(":first", s(first.clone()))
                .expression_attribute_values(":last", s(last.clone()))
                .consistent_read(consistent)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            let size = items.iter().map(item_size).sum();
            let halves = if consistent { meter::consistent_halves(size) } else { meter::eventual_halves(size) };
            self.meter().read(Purpose::Context, halves);
            found.extend(items);
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

fn parse(item: &Attributes) -> Result<Vec<SupportRow>, Unreadable> {
    Reader::new(item, TAG)?.packed(PACKED)
}

/// The rows packed, with the number of rows in each part; halved until each fits.
fn chunks(rows: &[SupportRow]) -> Result<Vec<(usize, Vec<u8>)>, Unreadable> {
    let packed = item::packed(&rows)?;
    if packed.len() <= MAX_PACKED || rows.len() < 2 {
        return Ok(vec![(rows.len(), packed)]);
    }
    let (first, second) = rows.split_at(rows.len() / 2);
    Ok([chunks(first)?, chunks(second)?].concat())
}
