//! Behaviour events: reading them, what they cost, and whether a long session is answered like a short one.

use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::context::intake::{MAX_EVENTS, read_json};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::Result;
use crate::cloud::{Caller, Cloud, now};
use crate::figures::{median, quantile, runs};
use crate::table::{Row, Table, note};

/// How long reading is measured.
const LENGTH: Duration = Duration::from_secs(3);
/// Sessions of the batch whose cost is measured: 20 events each.
const SESSIONS: usize = 25;
/// Events of the long session.
const LONG: usize = 5_000;
/// Questions about each of the two sessions, in turns.
const QUESTIONS: usize = 200;

/// A page view of a session.
fn view(session: &str, number: usize, now: Timestamp) -> Value {
    let seconds = i64::try_from(number).unwrap_or(0);
    json!({
        "id": format!("{session}-{number}"), "type": "page_view",
        "occurred_at": (now - SignedDuration::from_secs(50_000 - 7 * seconds)).to_string(),
        "customer_id": format!("customer-of-{session}"), "session_id": session,
        "url": format!("https://store.com/products/{}?ref=mail", number % 40), "name": format!("Product number {}", number % 40),
        "category": "sneakers", "price_amount": 149.9, "price_cur": "EUR", "duration_secs": 6.5,
    })
}

fn request(events: &[Value]) -> Vec<u8> {
    json!({ "events": events }).to_string().into_bytes()
}

/// All three.
pub(crate) fn measure(cloud: &Cloud, table: &mut Table) -> Result<()> {
    table.part("Behaviour events");
    let now = now();
    let body = request(&(0..MAX_EVENTS).map(|i| view("read", i, now)).collect::<Vec<_>>());
    read_json(&body, now)?;
    let taken = runs(20, LENGTH, || read_json(black_box(&body), now));
    let second = MAX_EVENTS as f64 / median(&taken);
    let row = Row::of("parsed and validated on one core, requests of 500", format!("{second:.0} a second"));
    table.row(row.at_least(second, 10_000.0, ">= 10000/s"));

    let caller = cloud.tenant(&format!("events-{}", crate::unique()?), 600)?;
    let events: Vec<Value> = (0..MAX_EVENTS).map(|i| view(&format!("s{}", i % SESSIONS), i / SESSIONS, now)).collect();
    let units = written(&events, now)?;
    let each = units as f64 / MAX_EVENTS as f64;
    let row = Row::of(format!("write units an event, 500 of {SESSIONS} sessions"), format!("{each:.3}"));
    table.row(row.at_most(each, 0.2, "<= 0.2"));

    push(cloud, &caller, &(0..5).map(|i| view("short", i, now)).collect::<Vec<_>>())?;
    for part in (0..LONG).map(|i| view("long", i, now)).collect::<Vec<_>>().chunks(MAX_EVENTS) {
        push(cloud, &caller, part)?;
    }
    let (mut short, mut long) = (Vec::new(), Vec::new());
    for _ in 0..QUESTIONS {
        for (session, times) in [("short", &mut short), ("long", &mut long)] {
            let asked = Instant::now();
            let (status, answer) =
                cloud.call_path(&caller, "GET", &format!("/context/realtime/{session}"), Vec::new())?;
            times.push(asked.elapsed().as_secs_f64() * 1e3);
            if status != 200 {
                return Err(format!("realtime was answered {status} {answer}").into());
            }
        }
    }
    let ratio = median(&long) / median(&short);
    let row = Row::of(format!("realtime of a session of {LONG}, p50"), format!("{:.1} ms", median(&long)));
    table.row(row.ratio(ratio, "a session of 5").at_most(ratio, 1.5, "<= 1.5 x"));
    note(&format!(
        "p99 {:.1} ms, of the session of 5 {:.1} ms; through the whole local stack.",
        quantile(&long, 0.99),
        quantile(&short, 0.99)
    ));
    Ok(())
}

fn push(cloud: &Cloud, caller: &Caller, events: &[Value]) -> Result<()> {
    let (status, answer) = cloud.call(caller, "POST", "events", request(events))?;
    if status == 202 { Ok(()) } else { Err(format!("events were answered {status} {answer}").into()) }
}

/// Write units of one request, by the store's own meter: what ingest does, in this process.
#[expect(clippy::disallowed_methods, reason = "the operator's program: it names the tenant")]
fn written(events: &[Value], now: Timestamp) -> Result<u64> {
    let name = domain::ids::TenantName::parse(&format!("events-{}", crate::unique()?)).ok_or("no tenant's name")?;
    let tenant = domain::access::Tenant::trusted(name);
    let table = runtime::env::required(runtime::env::MAIN_TABLE)?;
    let store = store::Store::new(&runtime::aws::config()?, table, None);
    let events = read_json(&request(events), now)?.events;
    let (key, journey) = (store::ContactKey::new([7; 32]), domain::context::journey::default_journey());
    let expires_at = now + SignedDuration::from_hours(24 * 365);
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(async {
        store.put_support_events(&tenant, &key, &events, expires_at).await?;
        store.put_events(&tenant, &key, &events, &journey, (now, expires_at)).await
    })?;
    Ok(store.meter().snapshot().write_units)
}
