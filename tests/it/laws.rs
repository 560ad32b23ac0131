//! Law L5 of the metrics: re-sending, reordering and duplicating changes nothing.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::Tenant;
use crate::harness::text::{conversation, leaving, outage, plain, thankful, with};

/// Histories that are tried. Each is a tenant's life of up to thirty deliveries.
const HISTORIES: u64 = 6;
const CONVERSATIONS: u64 = 6;
const VERSIONS: u64 = 4;

/// Numbers that look random and are the same in every run (`SplitMix64`).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % bound
    }
}

/// One version of a conversation. Versions differ in everything, the day included.
fn version(seed: u64, conversation_number: u64, version: u64) -> Value {
    let mut numbers = Numbers(seed * 1_000 + conversation_number * 10 + version);
    let id = format!("c{conversation_number}");
    let day = format!("2026-06-{:02}T10:00:00Z", 1 + numbers.below(4));
    let text = match numbers.below(5) {
        0 => leaving(&id, &day),
        1 => thankful(&id, &day),
        2 => outage(&id, &day),
        3 => plain(&id, &day),
        _ => conversation(&id, &day, &[(0, "customer", "Hello?")]),
    };
    let priority = ["low", "medium", "high", "urgent"][numbers.below(4) as usize];
    let plan = ["free", "pro"][numbers.below(2) as usize];
    let fields = json!({
        "updated_at": format!("2026-07-{:02}T00:00:00Z", 1 + version), "priority": priority,
        "tags": [format!("tag{}", numbers.below(3))], "custom": {"plan": plan},
    });
    with(text, fields)
}

/// What callers see, without the states that tasks went through on the way.
async fn seen(tenant: &Tenant) -> Value {
    let mut seen = tenant.everything().await;
    let open = tenant.tasks("limit=100").await;
    let tasks = open["data"].as_array().unwrap().iter().map(|task| {
        let fields = ["id", "conversation_uid", "kind", "priority", "title", "reasons", "owner", "due_at", "evidence"];
        json!(fields.map(|name| task[name].clone()))
    });
    let mut tasks: Vec<Value> = tasks.collect();
    tasks.sort_unstable_by_key(Value::to_string);
    seen["tasks"] = json!(tasks);
    for filters in [
        json!({"tags": "tag1"}),
        json!({"custom": {"plan": "pro"}}),
        json!({"date_from": "2026-06-02", "date_to": "2026-06-03"}),
    ] {
        seen[filters.to_string()] = tenant.fetch(filters.clone()).await;
    }
    seen
}

async fn history(seed: u64) {
    let mut numbers = Numbers(seed);
    // Every newest version at least once; any others as chance has it, again and again.
    let mut deliveries: Vec<(u64, u64)> = (0..CONVERSATIONS).map(|number| (number, VERSIONS - 1)).collect();
    for _ in 0..24 {
        deliveries.push((numbers.below(CONVERSATIONS), numbers.below(VERSIONS)));
    }
    for i in (1..deliveries.len()).rev() {
        deliveries.swap(i, numbers.below(i as u64 + 1) as usize);
    }
    let (lived, told) = (Tenant::new().await, Tenant::new().await);
    let newest: Vec<Value> = (0..CONVERSATIONS).map(|number| version(seed, number, VERSIONS - 1)).collect();
    told.analysed(&newest).await;

    let (mut rest, mut batches) = (&deliveries[..], Vec::new());
    while !rest.is_empty() {
        let mut request: Vec<(u64, u64)> = Vec::new();
        let most = 1 + numbers.below(4) as usize;
        for delivery in rest.iter().take(most) {
            if request.iter().any(|(number, _)| *number == delivery.0) {
                break;
            }
            request.push(*delivery);
        }
        rest = &rest[request.len()..];
        let pushed: Vec<Value> = request.iter().map(|(number, of)| version(seed, *number, *of)).collect();
        batches.push(lived.push(&pushed).await);
        // Sometimes the analysis has caught up, sometimes batches race.
        if numbers.below(3) == 0 {
            lived.settled(batches.last().unwrap()).await;
        }
    }
    for batch in &batches {
        let state = lived.settled(batch).await;
        assert_eq!((&state["status"], &state["failed"]), (&json!("done"), &json!(0)), "{state}");
    }
    let (lived, told) = (seen(&lived).await, seen(&told).await);
    for (part, expected) in told.as_object().unwrap() {
        assert!(
            lived[part] == *expected,
            "history {seed}, {part}:\n{}\nexpected\n{expected}\n{deliveries:?}",
            lived[part]
        );
    }
}

#[tokio::test]
async fn l5_any_history_ends_as_if_only_the_newest_versions_had_come() {
    join_all((1..=HISTORIES).map(history)).await;
}
