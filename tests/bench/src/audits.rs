//! An audit of 10,000 conversations: time, capacity, requests, bytes; and how they grow.

use std::time::Instant;

use auditor::{CHUNK, Deps, audit_work};
use domain::audits::{Audit, AuditRequest, AuditState, FileKind, Origin};
use domain::facts::filter::Filter;
use domain::ids::AuditId;
use domain::time_range::TimeRange;
use jiff::ToSpan;
use queue::{Message as _, RunAudit};
use runtime::sqs::Message;
use runtime::{aws, clock, env};
use serde_json::Value;

use crate::Result;
use crate::capacity::{block_on, load, trusted};
use crate::cloud::{Cloud, now};
use crate::conversations::{Seed, pushed};
use crate::table::{Row, Table};

const CONVERSATIONS: u32 = 10_000;
/// The smaller audit, to see how the cost grows.
const FEWER: u32 = 2_500;
const MESSAGES: u64 = 6;

/// Measures both, each with the general rubric.
pub(crate) fn measure(cloud: &Cloud, table: &mut Table) -> Result<()> {
    table.part(&format!(
        "Audits of made-up conversations of {MESSAGES} messages, step by step in this process, on the local stack"
    ));
    let tenant = format!("a{}", crate::unique()?);
    let (mut seed, begin) = (Seed(73), now() - (24 * 20).hours());
    let conversations: Vec<Value> = (0..CONVERSATIONS)
        .map(|number| {
            let at = begin + i64::from(number * 86).seconds();
            pushed(&mut seed, &format!("audited-{number}"), at, MESSAGES)
        })
        .collect();
    load(cloud, &tenant, &conversations)?;
    let fewer = run(cloud, &tenant, FEWER)?;
    let all = run(cloud, &tenant, CONVERSATIONS)?;
    for (count, taken) in [(FEWER, &fewer), (CONVERSATIONS, &all)] {
        table.row(Row::of(
            format!("{count} conversations"),
            format!("{:.1} s, {:.2} ms each", taken.seconds, taken.each(count) * 1e3),
        ));
        table.row(Row::of("  capacity units", format!("{} write, {:.0} read", taken.writes, taken.reads)));
        table.row(Row::of(
            "  objects",
            format!("{} puts, {} gets, ${:.4} with the units", taken.puts, taken.gets, taken.usd),
        ));
        table.row(Row::of("  documents", format!("JSON {:.1} MB, page {:.2} MB", taken.json / 1e6, taken.html / 1e6)));
    }
    let growth = all.each(CONVERSATIONS) / fewer.each(FEWER);
    table.row(
        Row::of("growth of time a conversation, 4 x as many", format!("{growth:.2} x"))
            .at_most(growth, 1.3, "<= 1.3 x"),
    );
    Ok(())
}

struct Taken {
    seconds: f64,
    writes: u64,
    reads: f64,
    puts: u64,
    gets: u64,
    usd: f64,
    json: f64,
    html: f64,
}

impl Taken {
    fn each(&self, count: u32) -> f64 {
        self.seconds / f64::from(count)
    }
}

fn run(cloud: &Cloud, tenant: &str, sample: u32) -> Result<Taken> {
    let idle = cloud.queue(&format!("{tenant}-idle"))?;
    let sdk = aws::config()?;
    let deps = Deps {
        store: store::Store::new(&sdk, cloud.main_table.clone(), None),
        blobs: blobs::Blobs::new(&sdk, env::required(env::BUCKET)?),
        queue: queue::Queue::new(&sdk, idle.clone()),
        webhooks_queue: queue::Queue::new(&sdk, idle),
        max_receive_count: 3,
        chunk: CHUNK,
        most: CONVERSATIONS,
        clock: clock::now,
    };
    let (owner, id) = (trusted(tenant)?, AuditId::new(clock::new_ulid(now())?));
    let rubric = compliance::ready().first().ok_or("there is no ready rubric")?.clone();
    let audit = Audit {
        id,
        state: AuditState::Queued,
        failure: None,
        origin: Origin::Request,
        rubric: rubric.name.clone(),
        rubric_version: rubric.version,
        period: TimeRange { from: Some(now() - (24 * 30).hours()), to: Some(now()) },
        created_at: now(),
        finished_at: None,
        matched: 0,
        selected: 0,
        done: 0,
        result: None,
    };
    let request = AuditRequest { rubric, filter: Filter::default(), sample: Some(sample), seed: 1 };
    let steps = sample.div_ceil(u32::try_from(CHUNK)?) + 2;
    let started = Instant::now();
    let result = block_on(async {
        deps.store.create_audit(&owner, &audit, &request).await?;
        for step in 0..steps {
            let body = RunAudit { tenant: owner.clone(), audit: id, step }.print();
            audit_work(&deps, Message { body, receive_count: 1 }).await.map_err(|_| "a step of an audit failed")?;
        }
        Ok(deps.store.audit(&owner, id).await?.and_then(|stored| stored.audit.result))
    })?;
    let seconds = started.elapsed().as_secs_f64();
    let result = result.ok_or("the audit was not completed")?;
    let size = |kind| result.files.iter().find(|file| file.kind == kind).map_or(0.0, |file| file.bytes as f64);
    let (units, objects) = (deps.store.meter().snapshot(), deps.blobs.meter().snapshot());
    Ok(Taken {
        seconds,
        writes: units.write_units,
        reads: units.read_units,
        puts: objects.puts,
        gets: objects.gets,
        usd: units.usd() + objects.usd(),
        json: size(FileKind::Json),
        html: size(FileKind::Html),
    })
}
