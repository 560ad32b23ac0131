//! What a conversation takes of the stores and what a million of them cost, counted by the adapters' own meters on the real path:
//! the router of ingest, a queue, the handler of analysis, one after the other in this process, on the emulated stores.

use std::collections::BTreeMap;
use std::sync::Arc;

use analysis::consume;
use domain::access::Tenant;
use domain::ids::{BatchId, TenantName};
use engine::Engine;
use jiff::ToSpan;
use lambda_runtime::{Context, LambdaEvent};
use queue::{AnalyzeBatch, Message as _};
use runtime::sqs::Message;
use runtime::{aws, clock, env};
use serde_json::Value;
use store::Purpose;

use crate::Result;
use crate::cloud::{Cloud, now};
use crate::conversations::{Seed, live, pushed, read, request};
use crate::figures::{mean, quantile};
use crate::startup::{Warm, http_event};
use crate::table::{Row, Table, note};

/// Conversations pushed in batches of 100.
const BATCHED: u64 = 500;
/// Conversations pushed one by one.
const SINGLE: u64 = 50;

/// What a run took, each divided by its conversations.
struct Taken {
    writes: BTreeMap<&'static str, f64>,
    reads: f64,
    calls: f64,
    puts: f64,
    gets: f64,
    sends: f64,
}

impl Taken {
    fn write_units(&self) -> f64 {
        self.writes.values().sum()
    }
}

/// Writes the batch as ingest does, and gives the message instead of sending it.
pub(crate) fn accepted(cloud: &Cloud, tenant: &str, conversations: &[Value]) -> Result<String> {
    let sdk = aws::config()?;
    let store = store::Store::new(&sdk, cloud.main_table.clone(), None);
    let blobs = blobs::Blobs::new(&sdk, env::required(env::BUCKET)?);
    let tenant = trusted(tenant)?;
    let now = now();
    let batch = BatchId::new(clock::new_ulid(now)?);
    let read = conversations.iter().map(|value| read(value, now)).collect::<Result<Vec<_>>>()?;
    let (bytes, _) = blobs::raw::encode_batch(&read)?;
    block_on(async {
        let key = blobs.put_raw(&tenant, batch, bytes).await?;
        store.create_batch(&tenant, batch, u32::try_from(read.len())?, now).await?;
        Ok(AnalyzeBatch { tenant: tenant.clone(), batch, key }.print())
    })
}

#[expect(clippy::disallowed_methods, reason = "the tenants are this program's own, on a stack of its own")]
pub(crate) fn trusted(tenant: &str) -> Result<Tenant> {
    Ok(Tenant::trusted(TenantName::parse(tenant).ok_or("not a tenant's name")?))
}

pub(crate) fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(future)
}

/// Pushes and analyses in batches of that size.
fn run(cloud: &Cloud, tenant: &str, conversations: &[Value], batch: usize) -> Result<Taken> {
    let pushes = u32::try_from(conversations.len().div_ceil(batch))? + 1;
    let caller = cloud.tenant(tenant, pushes.max(20))?;
    let queue_url = cloud.queue(tenant)?;
    let sdk = aws::config()?;
    let store = store::Store::new(&sdk, cloud.main_table.clone(), Some(env::required(env::AUTH_TABLE)?));
    let blobs = blobs::Blobs::new(&sdk, env::required(env::BUCKET)?);
    let queue = queue::Queue::new(&sdk, queue_url.clone());
    let router = ingest::router(ingest::Deps {
        edge: api::Edge { gate: Arc::new(store.clone()), clock: clock::now },
        store: store.clone(),
        blobs: blobs.clone(),
        queue: queue.clone(),
        new_ulid: clock::new_ulid,
    });
    let deps = analysis::Deps {
        store: store.clone(),
        blobs: blobs.clone(),
        webhooks_queue: queue.clone(),
        queue: queue.clone(),
        engine: std::sync::LazyLock::new(Engine::new),
        matters: analysis::KnownMatters::default(),
        max_receive_count: 3,
        clock: clock::now,
    };
    block_on(async {
        for part in conversations.chunks(batch) {
            let path = format!("/api/public/{tenant}/conversations");
            let body = String::from_utf8(request(part))?;
            let event = runtime::http::parse_event(&http_event("POST", &path, Some(&caller.token), &body))?;
            let answer = runtime::http::answer(router.clone(), LambdaEvent::new(event, Context::default())).await?;
            let answer = serde_json::to_value(answer)?;
            if answer.get("statusCode").and_then(Value::as_u64) != Some(202) {
                return Err(format!("a push was answered {answer}").into());
            }
            let message = Message { body: cloud.receive(&queue_url)?, receive_count: 1 };
            consume(&deps, message).await.map_err(|_| "a batch was not analysed")?;
        }
        Ok(())
    })?;
    let count = conversations.len() as f64;
    let used = store.meter();
    let writes = Purpose::ALL.map(|purpose| (purpose.as_str(), used.of(purpose).write_units as f64 / count));
    let objects = blobs.meter().snapshot();
    Ok(Taken {
        writes: writes.into(),
        reads: used.snapshot().read_units / count,
        calls: (used.of(Purpose::Conversations).calls + used.of(Purpose::Tasks).calls) as f64 / count,
        puts: objects.puts as f64 / count,
        gets: objects.gets as f64 / count,
        sends: queue.usage().requests as f64 / count,
    })
}

/// Pushes and analyses conversations in batches of 100.
pub(crate) fn load(cloud: &Cloud, tenant: &str, conversations: &[Value]) -> Result<()> {
    run(cloud, tenant, conversations, 100).map(|_| ())
}

/// Capacity of several kinds of traffic; the cost of the usual one.
pub(crate) fn measure(cloud: &Cloud, real: Option<&[Value]>, warm: Option<&Warm>, table: &mut Table) -> Result<()> {
    table.part("Capacity, by the store's own meter, from the push to the end of the analysis");
    let (unique, mut seed, now) = (crate::unique()?, Seed(41), now());
    let tenant = format!("b{unique}");
    let conversations = live(&mut seed, "batched", BATCHED, 2_000, now);
    let batched = run(cloud, &tenant, &conversations, 100)?;
    let units = batched.write_units();
    table.row(
        Row::of("write units a conversation, in batches of 100", format!("{units:.2} ({})", parts(&batched)))
            .at_most(units, 3.5, "<= 3.5"),
    );
    let alone = run(cloud, &format!("s{unique}"), &live(&mut seed, "single", SINGLE, 2_000, now), 1)?;
    let units = alone.write_units();
    table.row(
        Row::of("write units a conversation, one by one", format!("{units:.2} ({})", parts(&alone)))
            .at_most(units, 6.0, "<= 6"),
    );
    let spread: Vec<Value> = (0..200)
        .map(|number| {
            let at = now - (24 * 61).hours() + i64::try_from(seed.below(60 * 86_400)).unwrap_or(0).seconds();
            pushed(&mut seed, &format!("spread-{number}"), at, 6)
        })
        .collect();
    let spread = run(cloud, &format!("h{unique}"), &spread, 100)?;
    let name = "history in no order, 60 days in each batch of 100";
    table.row(Row::of(name, format!("{:.2} ({})", spread.write_units(), parts(&spread))));
    if let Some(real) = real {
        let mut real: Vec<Value> = real.to_vec();
        real.sort_by_key(|value| value.get("created_at").and_then(Value::as_str).map(str::to_owned));
        let real = run(cloud, &format!("r{unique}"), &real, 100)?;
        let name = "real conversations (DATA) in order of time";
        table.row(Row::of(name, format!("{:.2} ({})", real.write_units(), parts(&real))));
    }
    sizes(cloud, &tenant, table)?;
    cost(&batched, &conversations, warm, table);
    Ok(())
}

fn parts(taken: &Taken) -> String {
    let parts: Vec<String> = taken
        .writes
        .iter()
        .filter(|(_, units)| **units >= 0.005)
        .map(|(purpose, units)| format!("{purpose} {units:.2}"))
        .collect();
    parts.join(", ")
}

/// Sizes of the items that a tenant has.
fn sizes(cloud: &Cloud, tenant: &str, table: &mut Table) -> Result<()> {
    let mut kinds: BTreeMap<char, Vec<f64>> = BTreeMap::new();
    let mut attributes: BTreeMap<String, f64> = BTreeMap::new();
    let mut rows = 0.0;
    for item in cloud.items(tenant)? {
        let key = item.pointer("/PK/S").and_then(Value::as_str).unwrap_or_default();
        let kind = key.split('#').nth(2).and_then(|kind| kind.chars().next()).unwrap_or('?');
        kinds.entry(kind).or_default().push(size(&item) as f64);
        for (name, value) in item.as_object().into_iter().flatten().filter(|_| kind == 'C') {
            *attributes.entry(name.clone()).or_default() += (name.len() + value_size(value)) as f64;
        }
        if kind == 'B' {
            let counted = item.pointer("/n/N").and_then(Value::as_str).and_then(|rows| rows.parse::<f64>().ok());
            rows += counted.unwrap_or(0.0);
        }
    }
    if let Some(conversations) = kinds.get(&'C') {
        let of = |share| quantile(conversations, share);
        let share =
            |most: f64| conversations.iter().filter(|size| **size <= most).count() as f64 / conversations.len() as f64;
        let measured =
            format!("{:.0} bytes p50, {:.0} p99 ({:.0} % within 1 KB)", of(0.5), of(0.99), share(1024.0) * 100.0);
        table.row(Row::of("conversation item", measured).at_most(of(0.5), 2048.0, "<= 2 KB typical"));
    }
    let each = kinds.get(&'C').map_or(1.0, |items| items.len() as f64);
    let attributes: Vec<String> =
        attributes.into_iter().map(|(name, bytes)| format!("{name} {:.0}", bytes / each)).collect();
    note(&format!("Of a conversation item, in bytes: {}", attributes.join(", ")));
    if let Some(blocks) = kinds.get(&'B').filter(|_| rows > 0.0) {
        let bytes = blocks.iter().sum::<f64>() / rows;
        let measured = format!("{bytes:.0} bytes ({:.0} rows a block)", rows / blocks.len() as f64);
        table.row(Row::of("a row in a block, keys and set of months included", measured).at_most(
            bytes,
            150.0,
            "<= 150 bytes",
        ));
    }
    let others: Vec<String> = kinds
        .iter()
        .filter(|(kind, _)| !matches!(kind, 'B' | 'C'))
        .map(|(kind, sizes)| format!("{kind}: {} of {:.0} bytes", sizes.len(), mean(sizes)))
        .collect();
    note(&format!("Other items of those {BATCHED} conversations, by the letter of their keys: {}", others.join(", ")));
    Ok(())
}

/// An item's size by the rules of the meter, from its JSON.
fn size(item: &Value) -> usize {
    let attributes = item.as_object().into_iter().flatten();
    attributes.map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &Value) -> usize {
    let Some((kind, value)) = value.as_object().and_then(|value| value.iter().next()) else { return 1 };
    let text = value.as_str().unwrap_or_default();
    let list = || value.as_array().into_iter().flatten();
    match kind.as_str() {
        "S" => text.len(),
        "N" => text.trim_start_matches('-').trim_start_matches('0').trim_end_matches('0').len().div_ceil(2) + 1,
        "B" => text.len() / 4 * 3 - text.bytes().rev().take_while(|byte| *byte == b'=').count(),
        "SS" | "NS" | "BS" => list().filter_map(Value::as_str).map(str::len).sum(),
        "L" => 3 + list().map(|value| 1 + value_size(value)).sum::<usize>(),
        "M" => 3 + size(value) + value.as_object().map_or(0, serde_json::Map::len),
        _ => 1,
    }
}

// List prices in us-east-1, in dollars a million (GB-seconds of arm64 up to 7.5 billion a month).
const USD_LAMBDA_REQUESTS: f64 = 0.20;
const USD_LAMBDA_GB_SECONDS: f64 = 13.333_4;
const USD_API_REQUESTS: f64 = 1.00;
/// CloudWatch Logs, a GB taken in.
const USD_LOGS_GB: f64 = 0.50;
/// A request of the HTTP API is counted for every 512 KB.
const API_INCREMENT: f64 = 512.0 * 1024.0;
/// Lambda gives a whole processor at so much memory, and a proportional part below.
const MB_OF_ONE_PROCESSOR: f64 = 1_769.0;
/// Memory of the functions in the template.
const INGEST_MB: f64 = 512.0;
const ANALYSIS_MB: f64 = 1_024.0;
/// What the functions' processes wait for inside AWS, in milliseconds a call: assumed, since only AWS can tell.
const TABLE_MS: f64 = 6.0;
const BUCKET_MS: f64 = 30.0;
const QUEUE_MS: f64 = 12.0;
/// `analysis` writes so many conversations at once.
const AT_ONCE: f64 = 16.0;
/// Log bytes of one push and its batch: our lines and Lambda's own.
const LOG_BYTES: f64 = 2_500.0;

/// What a million conversations cost in batches of 100.
fn cost(taken: &Taken, conversations: &[Value], warm: Option<&Warm>, table: &mut Table) {
    table.part("List price of a million conversations in batches of 100 (us-east-1, storage apart)");
    let dollars = |value: f64| format!("${value:.3}");
    let mut terms: Vec<(String, f64)> = Vec::new();
    let writes = taken.write_units();
    terms.push((format!("DynamoDB, {writes:.2} write units each"), writes * store::meter::USD_PER_MILLION_WRITES));
    terms.push((
        format!("DynamoDB, {:.2} read units each", taken.reads),
        taken.reads * store::meter::USD_PER_MILLION_READS,
    ));
    terms.push((format!("S3, {:.3} PUT each", taken.puts), taken.puts * blobs::meter::USD_PER_THOUSAND_PUTS * 1e3));
    terms.push((format!("S3, {:.3} GET each", taken.gets), taken.gets * blobs::meter::USD_PER_THOUSAND_GETS * 1e3));
    let messages = taken.sends * 3.0;
    terms.push((
        format!("SQS, {messages:.3} requests each (send, receive, delete)"),
        messages * queue::USD_PER_MILLION_REQUESTS,
    ));
    terms.push(("Lambda, 0.02 requests each".to_owned(), 0.02 * USD_LAMBDA_REQUESTS));
    let bodies: Vec<f64> = conversations.chunks(100).map(|part| request(part).len() as f64).collect();
    let increments = mean(&bodies.iter().map(|bytes| (bytes / API_INCREMENT).ceil()).collect::<Vec<_>>()) / 100.0;
    terms.push((format!("API Gateway, {increments:.3} requests each"), increments * USD_API_REQUESTS));
    terms.push(("CloudWatch Logs, 25 bytes each".to_owned(), LOG_BYTES / 100.0 / 1e9 * 1e6 * USD_LOGS_GB));
    if let Some(warm) = warm {
        let ingest = warm.ingest * MB_OF_ONE_PROCESSOR / INGEST_MB + 3.0 * TABLE_MS + BUCKET_MS + QUEUE_MS;
        let rounds = (100.0 * taken.calls / AT_ONCE).ceil();
        let analysis = warm.analysis * MB_OF_ONE_PROCESSOR / ANALYSIS_MB + (3.0 + rounds) * TABLE_MS + BUCKET_MS;
        for (name, cpu, took, memory) in
            [("ingest", warm.ingest, ingest, INGEST_MB), ("analysis", warm.analysis, analysis, ANALYSIS_MB)]
        {
            let text =
                format!("Lambda arm64, {name} {took:.0} ms at {memory:.0} MB a batch ({cpu:.1} ms of processor)");
            terms.push((text, took / 1e3 * memory / 1_024.0 / 100.0 * USD_LAMBDA_GB_SECONDS));
        }
    }
    let all: f64 = terms.iter().map(|(_, usd)| usd).sum();
    for (name, usd) in terms {
        table.row(Row::of(name, dollars(usd)));
    }
    let row = Row::of("all in", dollars(all));
    table.row(if warm.is_some() { row.at_most(all, 2.5, "<= $2.50") } else { row });
    note(&format!(
        "Processor time was measured here on warm functions; waiting is assumed: {TABLE_MS} ms a DynamoDB call, {BUCKET_MS} S3, {QUEUE_MS} SQS."
    ));
    note("Fixed costs of an idle deployment (alarms, polling of an empty queue) and stored bytes are not in it.");
}
