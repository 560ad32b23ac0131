//! Blocks: the fact rows of one batch and one day, in columns, at most 60 KB each.
//!
//! A block's key is made of day and batch, so a redelivery overwrites what it wrote before. A conversation may stand in many blocks;
//! [`domain::facts::latest`] decides.

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Tenant;
use domain::facts::{Entry, block};
use domain::failure::Failure;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::Timestamp;
use jiff::civil::Date;
use ulid::Ulid;

use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, Key, Month, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "block.1";
const MONTHS_TAG: &str = "months.1";
const WHAT: &str = "block";
/// Largest compressed block.
const MAX_BLOCK: usize = 60 * 1024;
/// How often a block that somebody else keeps changing is read again.
const ATTEMPTS: u32 = 10;
/// Calls in flight at once for one request.
const CONCURRENCY: usize = 8;

/// Encoded columns.
const PACKED: &str = "p";
/// Number of entries.
const ROWS: &str = "n";
/// The set of months.
const MONTHS: &str = "m";

/// Months that are known to stand in the tenant's set of months, so that they are written once a process.
#[derive(Debug, Default)]
pub(crate) struct KnownMonths(Mutex<HashSet<(String, Month)>>);

impl KnownMonths {
    fn missing(&self, tenant: &Tenant, months: impl Iterator<Item = Month>) -> Vec<Month> {
        let Ok(known) = self.0.lock() else { return months.collect() };
        months.filter(|month| !known.contains(&(tenant.as_str().to_owned(), *month))).collect()
    }

    fn learn(&self, tenant: &Tenant, months: &[Month]) {
        if let Ok(mut known) = self.0.lock() {
            known.extend(months.iter().map(|month| (tenant.as_str().to_owned(), *month)));
        }
    }
}

impl Store {
    /// Writes the entries that one batch (or one deletion) brings, by day. Writing the same again changes nothing.
    pub async fn put_entries(
        &self,
        tenant: &Tenant,
        batch: Ulid,
        entries: &BTreeMap<Date, Vec<Entry>>,
        expires_at: Timestamp,
    ) -> Result<(), Failure> {
        // The months first: a block that no reader looks for would be lost, a month without blocks is harmless.
        self.put_months(tenant, entries.keys().copied()).await?;
        let mut blocks = Vec::new();
        for (day, entries) in entries {
            for (chunk, packed) in chunks(entries).map_err(corrupt(WHAT))?.into_iter().enumerate() {
                blocks.push((keys::block(tenant, *day, batch, chunk), packed));
            }
        }
        let written = blocks.into_iter().map(|(key, (rows, packed))| self.put_block(key, rows, packed, expires_at));
        stream::iter(written).buffer_unordered(CONCURRENCY).try_collect::<()>().await
    }

    async fn put_block(&self, key: Key, rows: usize, packed: Vec<u8>, expires_at: Timestamp) -> Result<(), Failure> {
        let mut item = item::key(&key);
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(ROWS.to_owned(), n(rows));
        item.insert(PACKED.to_owned(), b(packed));
        item.insert(TTL.to_owned(), ttl(expires_at));
        let units = write_units(item_size(&item));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        request.send().await.map_err(failure)?;
        self.meter().wrote(Purpose::Blocks, units);
        Ok(())
    }

    async fn put_months(&self, tenant: &Tenant, days: impl Iterator<Item = Date>) -> Result<(), Failure> {
        let months: std::collections::BTreeSet<Month> = days.map(Month::of).collect();
        let missing = self.0.months.missing(tenant, months.into_iter());
        if missing.is_empty() {
            return Ok(());
        }
        self.client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::months(tenant))))
            .update_expression(format!("SET {TYPE} = :tag ADD {MONTHS} :months"))
            .expression_attribute_values(":tag", s(MONTHS_TAG))
            .expression_attribute_values(":months", AttributeValue::Ss(missing.iter().map(Month::to_string).collect()))
            .send()
            .await
            .map_err(failure)?;
        self.meter().wrote(Purpose::Blocks, 1);
        self.0.months.learn(tenant, &missing);
        Ok(())
    }

    async fn months(&self, tenant: &Tenant) -> Result<Vec<Month>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::months(tenant))))
            .send()
            .await
            .map_err(failure)?;
        let Some(item) = output.item() else {
            self.meter().read(Purpose::Blocks, 1);
            return Ok(Vec::new());
        };
        self.meter().read(Purpose::Blocks, meter::eventual_halves(item_size(item)));
        let mut months = parse_months(item).map_err(corrupt("set of months"))?;
        months.sort_unstable();
        Ok(months)
    }

    /// Every entry of the days from `from` to `to`, both included (UTC days), as it was written: superseded rows and deletions too.
    pub async fn entries(&self, tenant: &Tenant, from: Date, to: Date) -> Result<Vec<Entry>, Failure> {
        if from > to {
            return Ok(Vec::new());
        }
        let months = self.months(tenant).await?;
        let months = months.into_iter().filter(|month| (Month::of(from)..=Month::of(to)).contains(month));
        let queries = months.map(|month| {
            let first = if month == Month::of(from) { from.day() } else { 1 };
            let last = if month == Month::of(to) { to.day() } else { 31 };
            self.entries_of_month(tenant, month, first, last)
        });
        let parts: Vec<Vec<Entry>> = stream::iter(queries).buffered(CONCURRENCY).try_collect().await?;
        Ok(parts.concat())
    }

    async fn entries_of_month(
        &self,
        tenant: &Tenant,
        month: Month,
        first: i8,
        last: i8,
    ) -> Result<Vec<Entry>, Failure> {
        let mut entries = Vec::new();
        for item in &self.blocks_of_month(tenant, month, (first, last), false).await? {
            entries.extend(parse(item).map_err(corrupt(WHAT))?);
        }
        Ok(entries)
    }

    /// The blocks of some days of a month, both ends included, through every page.
    async fn blocks_of_month(
        &self,
        tenant: &Tenant,
        month: Month,
        (first, last): (i8, i8),
        consistent: bool,
    ) -> Result<Vec<Attributes>, Failure> {
        let (first, last) = keys::block_days(first, last);
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::blocks(tenant, month)))
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
            self.meter().read(Purpose::Blocks, halves);
            found.extend(items);
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Takes every row of a deleted conversation out of the blocks of the days it ever had, its contact and custom values with it. The
    /// `del` entries of [`crate::Erased::entries`], which hold nothing but its id, stay and outrank whatever a late delivery brings.
    pub async fn erase_rows(&self, tenant: &Tenant, conversation_id: &str, days: &[Date]) -> Result<(), Failure> {
        for day in days {
            for attempt in 0..ATTEMPTS {
                let items = self.blocks_of_month(tenant, Month::of(*day), (day.day(), day.day()), true).await?;
                let mut raced = false;
                for item in &items {
                    raced |= !self.erase_rows_of(item, conversation_id).await?;
                }
                if !raced {
                    break;
                }
                if attempt + 1 == ATTEMPTS {
                    return Err(Failure::Conflict { what: WHAT });
                }
                pause(attempt).await;
            }
        }
        Ok(())
    }

    /// Rewrites one block without the conversation's rows; `false` when somebody else changed it since it was read.
    async fn erase_rows_of(&self, block: &Attributes, conversation_id: &str) -> Result<bool, Failure> {
        let entries = parse(block).map_err(corrupt(WHAT))?;
        let is_gone = |entry: &Entry| entry.conversation_id == conversation_id && entry.facts.is_some();
        if !entries.iter().any(is_gone) {
            return Ok(true);
        }
        let left: Vec<Entry> = entries.into_iter().filter(|entry| !is_gone(entry)).collect();
        let read = block.get(PACKED).cloned().unwrap_or(AttributeValue::Null(true));
        let units = write_units(item_size(block));
        self.meter().wrote(Purpose::Blocks, units);
        if left.is_empty() {
            let key =
                [PK, SK].into_iter().filter_map(|name| Some((name.to_owned(), block.get(name)?.clone()))).collect();
            let request = self.client().delete_item().table_name(self.main()).set_key(Some(key));
            let request = request.condition_expression("p = :read").expression_attribute_values(":read", read);
            return Ok(condition(request.send().await)?.is_ok());
        }
        let mut item = block.clone();
        item.insert(ROWS.to_owned(), n(left.len()));
        item.insert(PACKED.to_owned(), b(item::compress(&block::encode(&left)).map_err(corrupt(WHAT))?));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.condition_expression("p = :read").expression_attribute_values(":read", read);
        Ok(condition(request.send().await)?.is_ok())
    }
}

fn parse_months(item: &Attributes) -> Result<Vec<Month>, Unreadable> {
    let set = Reader::new(item, MONTHS_TAG)?.set(MONTHS)?;
    set.iter().map(|month| Month::parse(month).ok_or(Unreadable::Attribute(MONTHS))).collect()
}

fn parse(item: &Attributes) -> Result<Vec<Entry>, Unreadable> {
    let columns = item::decompress(Reader::new(item, TAG)?.bytes(PACKED)?)?;
    block::decode(&columns).map_err(Unreadable::Block)
}

/// The entries as compressed blocks with the number of rows in each; halved until each fits.
fn chunks(entries: &[Entry]) -> Result<Vec<(usize, Vec<u8>)>, Unreadable> {
    let packed = item::compress(&block::encode(entries))?;
    if packed.len() <= MAX_BLOCK || entries.len() < 2 {
        return Ok(vec![(entries.len(), packed)]);
    }
    let (first, second) = entries.split_at(entries.len() / 2);
    Ok([chunks(first)?, chunks(second)?].concat())
}
