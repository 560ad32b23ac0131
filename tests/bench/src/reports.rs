//! Reports: the fold of a million rows on one core, beside `DuckDB` on the same columns; and a report of 30 days as its reader pays for it.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use domain::access::Tenant;
use domain::facts::{Entry, FactRow, Revision, latest};
use domain::ids::BatchId;
use domain::insights::ALL;
use domain::insights::buckets::Interval;
use domain::insights::context::Context;
use domain::settings::Settings;
use engine::Engine;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use runtime::{aws, clock};

use crate::Result;
use crate::capacity::{block_on, trusted};
use crate::cloud::{Cloud, now};
use crate::conversations::{Seed, pushed, read};
use crate::figures::{least, processor, runs};
use crate::table::{Row, Table, note};

/// Rows of the fold.
const ROWS: u32 = 1_000_000;
/// Conversations that are really analysed; the rows repeat them at other times and under other names.
const DISTINCT: u32 = 4_000;
/// Days that the rows are spread over.
const DAYS: u32 = 30;
/// Conversations a batch, as callers push them.
const BATCH: usize = 100;
/// Who compares: a report, and the program in Python that has `DuckDB` find the same.
const PEER: (&str, &str) = ("agent-effort", include_str!("duckdb_peer.py"));

/// Facts of made-up conversations, as the analysis writes them.
fn facts(count: u32, at: Timestamp) -> Result<Vec<FactRow>> {
    let (engine, settings, mut seed) = (Engine::new(), Settings::default(), Seed(41));
    let analyser = engine.analyser(&settings);
    (0..count)
        .map(|number| {
            let messages = 4 + seed.below(6);
            let conversation = read(&pushed(&mut seed, &format!("row-{number}"), at, messages), now())?;
            Ok(FactRow::of(&conversation, &analyser.analyse(&conversation), (None, None)))
        })
        .collect()
}

/// That many rows, spread evenly.
fn spread(distinct: &[FactRow], count: u32, from: Timestamp) -> Vec<(String, FactRow)> {
    let apart = f64::from(DAYS) * 86_400.0 / f64::from(count);
    let moved = |number: u32, row: &FactRow| {
        #[expect(clippy::cast_possible_truncation, reason = "seconds of a month")]
        let seconds = (f64::from(number) * apart) as i64;
        let later = from.duration_since(row.created_at) + jiff::SignedDuration::from_secs(seconds);
        let mut row = row.clone();
        let moving = [Some(&mut row.created_at), Some(&mut row.last_activity_at), row.first_closed_at.as_mut()];
        moving.into_iter().flatten().for_each(|at| *at += later);
        (format!("row-{number}"), row)
    };
    (0..count).zip(distinct.iter().cycle()).map(|(number, row)| moved(number, row)).collect()
}

fn context(from: Timestamp) -> Result<Context> {
    let period = (from, from + (24 * i64::from(DAYS)).hours());
    Context::new(period, (TimeZone::UTC, Weekday::Monday), Interval::Day, now())
        .map_err(|fault| format!("the period is not valid: {fault:?}").into())
}

/// All of it.
pub(crate) fn measure(cloud: &Cloud, python: Option<&Path>, table: &mut Table) -> Result<()> {
    let from = now() - (24 * i64::from(DAYS)).hours();
    let distinct = facts(DISTINCT, from)?;
    let context = context(from)?;
    table.part(&format!("Reports: {ROWS} rows of {DAYS} days in memory, processor time on one core"));
    let rows = spread(&distinct, ROWS, from);
    let mut taken: Vec<(f64, &str)> = ALL
        .iter()
        .map(|report| (least(&runs(3, std::time::Duration::ZERO, || (report.run)(&rows, &context))) * 1e3, report.name))
        .collect();
    let peer = taken.iter().find(|(_, name)| *name == PEER.0).map_or(0.0, |(took, _)| *took);
    taken.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (place, (took, name)) in taken.iter().enumerate() {
        let row = Row::of(*name, format!("{took:.0} ms"));
        table.row(if place == 0 { row.at_most(*took, 150.0, "heaviest <= 150 ms") } else { row });
    }
    match python {
        Some(python) => {
            let theirs = duckdb(python, &rows)?;
            let ratio = theirs / peer;
            let text = format!("{theirs:.0} ms, one thread");
            table.row(
                Row::of(format!("{} by DuckDB", PEER.0), text).ratio(ratio, "ours").at_least(ratio, 0.5, ">= 0.5 x"),
            );
        }
        None => note("DuckDB: not compared, since --python names no folder with a Python that has it"),
    }
    drop(rows);

    table.part("A report of 30 days from the stores");
    let mut each = Vec::new();
    for count in [10_000, 100_000] {
        let rows = spread(&distinct, count, from);
        let tenant = trusted(&format!("r{}", crate::unique()?))?;
        let store = store::Store::new(&aws::config()?, cloud.main_table.clone(), None);
        block_on(fill(&store, &tenant, rows))?;
        let before = store.meter().snapshot();
        let (started, first, last) = (processor(), store::day_of(context.from), store::day_of(context.to));
        let entries = block_on(async { Ok(store.entries(&tenant, first, last).await?) })?;
        let fetched = processor() - started;
        let rows = latest(entries);
        let told = processor() - started - fetched;
        let found = rows.len();
        let report = ALL.iter().find(|report| report.name == PEER.0).ok_or("no such report")?;
        std::hint::black_box((report.run)(&rows, &context));
        let all = processor() - started;
        let used = store.meter().snapshot().since(&before);
        table.row(Row::of(
            format!("{found} conversations"),
            format!("{} calls, {:.0} read units", used.calls, used.read_units),
        ));
        table.row(Row::of(
            "  processor",
            format!(
                "{:.0} ms: {:.0} read, {:.0} latest, {:.0} fold",
                all * 1e3,
                fetched * 1e3,
                told * 1e3,
                (all - fetched - told) * 1e3
            ),
        ));
        each.push(all / f64::from(count));
    }
    let growth = each.last().zip(each.first()).map_or(1.0, |(last, first)| last / first);
    table.row(
        Row::of("growth of time a conversation, 10 x as many", format!("{growth:.2} x"))
            .at_most(growth, 1.3, "<= 1.3 x"),
    );
    Ok(())
}

/// Writes the rows as the analysis of batches does.
async fn fill(store: &store::Store, tenant: &Tenant, rows: Vec<(String, FactRow)>) -> Result<()> {
    for batch in rows.chunks(BATCH) {
        let ulid = clock::new_ulid(now())?;
        let mut entries: BTreeMap<_, Vec<Entry>> = BTreeMap::new();
        for (id, row) in batch {
            let revision = Revision { generation: 0, version: 1, batch: BatchId::new(ulid).ulid().0 };
            let entry = Entry { conversation_id: id.clone(), revision, facts: Some(row.clone()) };
            entries.entry(store::day_of(row.created_at)).or_default().push(entry);
        }
        store.put_entries(tenant, ulid, &entries, now() + (24 * 400).hours()).await?;
    }
    Ok(())
}

/// Milliseconds that `DuckDB` takes for the same figures, on one thread, from a table in memory. `python` is a folder that has both.
fn duckdb(python: &Path, rows: &[(String, FactRow)]) -> Result<f64> {
    let file = std::env::temp_dir().join(format!("hark-bench-{}.jsonl", std::process::id()));
    let mut out = std::io::BufWriter::new(std::fs::File::create(&file)?);
    for (_, row) in rows {
        let agents: Vec<_> = row.agents.iter().map(serde_json::to_value).collect::<std::result::Result<_, _>>()?;
        let line = serde_json::json!({
            "created_at": row.created_at.as_second(),
            "complexity": row.complexity,
            "effort": row.effort,
            "waiting": row.waiting_since.is_some(),
            "first_response_human": row.first_response_human,
            "first_response_bot": row.first_response_bot,
            "handle_human": row.handle_human,
            "handle_bot": row.handle_bot,
            "resolution_time": row.resolution_time,
            "resolution_time_human": row.resolution_time_human,
            "agents": agents,
        });
        writeln!(out, "{line}")?;
    }
    out.flush()?;
    let output = Command::new(python.join("python")).args(["-c", PEER.1]).arg(&file).output();
    std::fs::remove_file(&file)?;
    let output = output?;
    if !output.status.success() {
        return Err(format!("DuckDB: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().parse()?)
}
