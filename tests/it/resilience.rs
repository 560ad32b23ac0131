//! What happens when things break: poisoned messages and crashes.

use std::collections::BTreeSet;

use domain::ids::BatchId;
use queue::Message as _;
use runtime::clock;
use serde_json::{Value, json};

use crate::faults::ten_batches;
use crate::harness::app::{App, trusted};
use crate::harness::aws::{kill, processes};
use crate::harness::text::{leaving, plain, thankful};
use crate::harness::{Tenant, eventually, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

#[tokio::test]
async fn a_poisoned_message_is_dead_lettered_while_its_neighbours_finish() {
    let tenant = Tenant::new().await;
    let app = App::new(clock::now);
    let batches = ten_batches(&app, &tenant).await;
    let bodies: Vec<String> = batches
        .iter()
        .enumerate()
        .map(|(i, (batch, body))| if i == 7 { json!({"poison": batch.to_string()}).to_string() } else { body.clone() })
        .collect();
    tenant.stack.send_to_analysis(&bodies).await;
    for (i, (batch, _)) in batches.iter().enumerate().filter(|(i, _)| *i != 7) {
        let state = tenant.settled(&batch.to_string()).await;
        assert_eq!((&state["status"], &state["analyzed"]), (&json!("done"), &json!(1)), "message {i}");
    }
    assert_eq!(tenant.fetch(json!({})).await["total"], 9);
    let (poisoned, body) = &batches[7];
    assert_eq!(tenant.stack.dead_letter(&poisoned.to_string()).await, bodies[7]);
    // Nobody could know whose batch that was: it waits, and the alarm on the queue tells. Put right, it is worked off.
    assert_eq!(tenant.get(&format!("batches/{poisoned}")).await.expect(200)["status"], "queued");
    tenant.stack.send_to_analysis(std::slice::from_ref(body)).await;
    assert_eq!(tenant.settled(&poisoned.to_string()).await["analyzed"], 1);
    assert_eq!(tenant.fetch(json!({})).await["total"], 10);
}

#[tokio::test]
async fn a_batch_that_cannot_be_analysed_says_so_and_heals_when_sent_again() {
    let tenant = Tenant::new().await;
    let (app, owner) = (App::new(clock::now), trusted(&tenant.name));
    let batch = BatchId::new(clock::new_ulid(clock::now()).unwrap());
    let pushed = [plain("a", DAY), plain("b", DAY)].map(|one| serde_json::from_value(one).unwrap());
    let (bytes, _) = blobs::raw::encode_batch(&pushed).unwrap();
    // Its object is damaged.
    let key = app.blobs.put_raw(&owner, batch, bytes.clone()).await.unwrap();
    tenant.stack.put_object(&key, b"not what was accepted").await;
    app.store.create_batch(&owner, batch, 2, clock::now()).await.unwrap();
    let body = queue::AnalyzeBatch { tenant: owner, batch, key: key.clone() }.print();
    tenant.stack.send_to_analysis(std::slice::from_ref(&body)).await;
    let neighbour = tenant.analysed(&[plain("neighbour", DAY)]).await;
    assert_eq!(neighbour["analyzed"], 1);

    let state = tenant.settled(&batch.to_string()).await;
    assert_eq!(
        (&state["status"], &state["failed"], &state["queued"]),
        (&json!("dead_lettered"), &json!(2), &json!(0)),
        "{state}"
    );
    assert_eq!(tenant.stack.dead_letter(&batch.to_string()).await, body);
    assert_eq!(tenant.fetch_ids(json!({})).await, ["neighbour"]);

    // An operator restores the object and moves the message back.
    tenant.stack.put_object(&key, &bytes).await;
    tenant.stack.send_to_analysis(&[body]).await;
    let healed = eventually("the batch is done", async || {
        let state = tenant.get(&format!("batches/{batch}")).await.expect(200);
        (state["status"] == "done").then_some(state)
    })
    .await;
    assert_eq!((&healed["analyzed"], &healed["failed"]), (&json!(2), &json!(0)));
    assert_eq!(tenant.fetch(json!({})).await["total"], 3);
}

#[tokio::test]
async fn killing_the_analysis_in_the_middle_of_a_load_loses_and_doubles_nothing() {
    let tenant = Tenant::new().await;
    let made = |batch: usize| -> Vec<Value> {
        (0..60)
            .map(|i| {
                let id = format!("c{batch}-{i}");
                match i % 3 {
                    0 => leaving(&id, DAY),
                    1 => thankful(&id, "2026-06-04T10:00:00Z"),
                    _ => plain(&id, "2026-06-05T10:00:00Z"),
                }
            })
            .collect()
    };
    let mut batches = Vec::new();
    // Twice, in the middle of it: something is still queued after the kill.
    for round in 0..2 {
        for batch in 0..4 {
            batches.push(tenant.push(&made(round * 4 + batch)).await);
        }
        let victims = eventually("the analysis runs", async || {
            let running = processes("analysis");
            (!running.is_empty()).then_some(running)
        })
        .await;
        victims.into_iter().for_each(kill);
        let mut queued = 0;
        for batch in &batches {
            queued += usize::from(tenant.get(&format!("batches/{batch}")).await.expect(200)["status"] == "queued");
        }
        assert!(queued > 0, "round {round} came too late to interrupt anything");
    }
    for batch in &batches {
        let state = tenant.settled(batch).await;
        assert_eq!(
            (&state["status"], &state["analyzed"], &state["failed"]),
            (&json!("done"), &json!(60), &json!(0)),
            "{state}"
        );
    }
    let (mut seen, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let page = tenant.fetch(json!({"limit": 100, "cursor": cursor})).await;
        assert_eq!(page["total"], 480);
        seen.extend(ids(&page["data"], "conversation_uid"));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!((seen.len(), seen.iter().collect::<BTreeSet<_>>().len()), (480, 480));
    for day in ["2026-06-03", "2026-06-04", "2026-06-05"] {
        assert_eq!(tenant.fetch(json!({"date_from": day, "date_to": day})).await["total"], 160, "{day}");
    }
    let churn = tenant.tasks("kind=churn_risk&limit=100").await;
    assert_eq!(churn["total"], 160);
    for task in churn["data"].as_array().unwrap() {
        assert_eq!((&task["state"], task["history"].as_array().unwrap().len()), (&json!("open"), 1), "{task}");
    }
}
