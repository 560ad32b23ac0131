//! The log by which conversations are gathered under insights; see `engine::gathering`.
//!
//! A page's sort key is its place in the log, so of two batches that gathered against the same log one is refused and gathers again.
//! Pages expire with the conversations that were placed by them; the item behind the last page keeps numbers from being given twice
//! after all pages are gone.

use domain::access::Tenant;
use domain::failure::Failure;
use domain::matter::{MatterEntry, MatterPage};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, Key, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::pack::Bytes;
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "matters.1";
const FLOOR_TAG: &str = "matter_floor.1";
const WHAT: &str = "page of matters";
/// Pages that one call reads: of batches of 100, enough for a window; smaller pages take more calls.
const PAGES: i32 = 100;

const PACKED: &str = "p";
/// The first number that no matter has.
const NEXT: &str = "n";

/// The newer part of a tenant's log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MatterLog {
    /// The pages, oldest first.
    pub pages: Vec<MatterPage>,
    /// The first number that no matter has, as far as pages told it that may be gone.
    pub next: u32,
}

#[derive(Serialize, Deserialize)]
struct Packed {
    next: u32,
    written_at: Timestamp,
    entries: Vec<PackedEntry>,
}

#[derive(Serialize, Deserialize)]
struct PackedEntry {
    number: u32,
    learned: u32,
    centre: Bytes,
    into: Option<u32>,
}

impl Store {
    /// The pages after the one of that sequence, read consistently: the newest with at least `entries` entries in all, and none that is
    /// older than needed for that.
    pub async fn matter_pages(&self, tenant: &Tenant, after: u64, entries: usize) -> Result<MatterLog, Failure> {
        let (mut log, mut from, mut read) = (MatterLog::default(), None, 0);
        while read < entries {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk AND SK BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::matters(tenant)))
                .expression_attribute_values(":first", s(keys::matter_page(after.saturating_add(1))))
                .expression_attribute_values(":last", s(keys::MATTER_FLOOR))
                .consistent_read(true)
                .scan_index_forward(false)
                .limit(PAGES)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Insights, meter::consistent_halves(items.iter().map(item_size).sum()));
            for item in &items {
                if Reader::new(item, FLOOR_TAG).is_ok() {
                    log.next =
                        Reader::new(item, FLOOR_TAG).and_then(|item| item.number(NEXT)).map_err(corrupt(WHAT))?;
                    continue;
                }
                let page = parse(item).map_err(corrupt(WHAT))?;
                read += page.entries.len();
                log.pages.push(page);
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        log.pages.reverse();
        Ok(log)
    }

    /// Appends a page; `false` when there is a page of its sequence already. What it absorbed is recorded first: a reader who finds an
    /// absorbed insight too early is not wrong, one who finds it too late would show it twice.
    pub async fn append_matters(
        &self,
        tenant: &Tenant,
        page: &MatterPage,
        expires_at: Timestamp,
    ) -> Result<bool, Failure> {
        for entry in &page.entries {
            if let Some(into) = entry.into {
                self.put_merge(tenant, entry.number, into).await?;
            }
        }
        let key = Key { pk: keys::matters(tenant), sk: keys::matter_page(page.sequence) };
        let mut item = item::key(&key);
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(PACKED.to_owned(), b(item::packed(&print(page)).map_err(corrupt(WHAT))?));
        item.insert(TTL.to_owned(), ttl(expires_at));
        let units = write_units(item_size(&item));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let written = condition(request.condition_expression("attribute_not_exists(PK)").send().await)?.is_ok();
        self.meter().wrote(Purpose::Insights, units);
        if written && page.entries.iter().any(|entry| entry.number.saturating_add(1) == page.next) {
            self.raise_floor(tenant, page.next).await?;
        }
        if !written {
            // A refused page costs as much as a written one: better to wait than to race for the next.
            pause(2).await;
        }
        Ok(written)
    }

    /// Remembers that numbers below `next` are given.
    async fn raise_floor(&self, tenant: &Tenant, next: u32) -> Result<(), Failure> {
        let key = Key { pk: keys::matters(tenant), sk: keys::MATTER_FLOOR.to_owned() };
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&key)))
            .update_expression(format!("SET {TYPE} = :tag, {NEXT} = :next"))
            .condition_expression(format!("attribute_not_exists({NEXT}) OR {NEXT} < :next"))
            .expression_attribute_values(":tag", s(FLOOR_TAG))
            .expression_attribute_values(":next", n(next));
        // Refused = somebody has raised it further.
        drop(condition(request.send().await)?);
        self.meter().wrote(Purpose::Insights, 1);
        Ok(())
    }
}

fn print(page: &MatterPage) -> Packed {
    let entry = |entry: &MatterEntry| PackedEntry {
        number: entry.number,
        learned: entry.learned,
        centre: Bytes(entry.centre.clone()),
        into: entry.into,
    };
    Packed { next: page.next, written_at: page.written_at, entries: page.entries.iter().map(entry).collect() }
}

fn parse(item: &Attributes) -> Result<MatterPage, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let sequence = keys::matter_sequence(reader.text(SK)?);
    let packed: Packed = reader.packed(PACKED)?;
    let entries = packed.entries.into_iter().map(|entry| MatterEntry {
        number: entry.number,
        learned: entry.learned,
        centre: entry.centre.0,
        into: entry.into,
    });
    Ok(MatterPage {
        sequence: sequence.ok_or(Unreadable::Attribute(SK))?,
        next: packed.next,
        written_at: packed.written_at,
        entries: entries.collect(),
    })
}
