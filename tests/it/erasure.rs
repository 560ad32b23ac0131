//! A person leaves: nothing of them is left, and everything else is as if they had never been there.

use domain::ids::BatchId;
use queue::Message as _;
use runtime::clock;
use serde_json::{Value, json};

use crate::harness::app::{App, trusted};
use crate::harness::text::{conversation, leaving, outage, thankful, with};
use crate::harness::{Tenant, eventually, ids};
use crate::insights::all;

const DAY: &str = "2026-06-03T10:00:00Z";
const WEEK: &str = "date_from=2026-06-01&date_to=2026-06-07";
const JUNE: &str = r#"{"rubric": "general_support", "date_from": "2026-06-01", "date_to": "2026-06-30"}"#;
const ANALYTICS: &str = "/api/v2/analytics/conversations/insights?date_from=2026-06-01&date_to=2026-06-07";

/// What is only ever said of the person.
const WORDS: [&str; 5] = ["jane-4711", "Jane Erasable", "jane@erasable.example", "purplegiraffe", "/secret-wish"];

fn contact(id: &str) -> Value {
    match id {
        "jane-4711" => json!({"contact": {"id": id, "name": "Jane Erasable", "email": "jane@erasable.example",
            "custom": {"favourite": "purplegiraffe"}}, "subject": "About my purplegiraffe"}),
        _ => json!({"contact": {"id": id, "name": "Somebody Else"}}),
    }
}

/// The customer is blamed and the address repeated: an audit quotes it.
fn careless(id: &str, day: &str) -> Value {
    let email = if id.starts_with('j') { "jane@erasable.example" } else { "somebody@else.example" };
    let lines = [
        (0, "customer", format!("My order has not arrived. Write to {email} please.")),
        (
            9,
            "agent",
            format!("That is your fault {email}, you gave the wrong street. I guarantee it arrives tomorrow."),
        ),
        (15, "customer", "Okay, then I will wait for it.".to_owned()),
    ];
    conversation(id, day, &lines.each_ref().map(|(minute, author, body)| (*minute, *author, body.as_str())))
}

fn conversations(id: &str) -> Vec<Value> {
    [leaving, outage, thankful, careless]
        .iter()
        .enumerate()
        .map(|(i, make)| with(make(&format!("{}-{i}", if id == "jane-4711" { "j" } else { "o" }), DAY), contact(id)))
        .collect()
}

fn events(customer: &str) -> Vec<Value> {
    let event = |id: &str, event_type: &str, fields: Value| {
        let base = json!({"id": id, "type": event_type, "occurred_at": DAY, "customer_id": customer, "session_id": format!("s-{customer}")});
        with(base, fields)
    };
    let mut events = vec![
        event(
            "1",
            "page_view",
            json!({"url": if customer == "jane-4711" { "/secret-wish" } else { "/p" }, "name": "purplegiraffe"}),
        ),
        event("2", "article_view", json!({"article_id": "a1", "title": "Refunds"})),
        event("3", "email_bounce", json!({})),
        event("4", "csat_response", json!({"rating": 2})),
    ];
    if customer != "jane-4711" {
        events[0]["name"] = json!("plain");
    }
    events[2].as_object_mut().unwrap().remove("session_id");
    events
}

/// Everything that reports and insights say, and which conversations and tasks there are.
async fn metrics(tenant: &Tenant) -> Value {
    let mut analytics = tenant.get(ANALYTICS).await.expect(200);
    analytics["aggregation_health"] = json!(null);
    analytics["metadata"]["generated_at"] = json!(null);
    let mut insights = tenant.post("/insights", &json!({})).await.expect(200);
    let mut categories = tenant.get("/insights/categories").await.expect(200);
    for of_the_tenant in insights["data"].as_array_mut().unwrap() {
        for name in ["id", "created_at", "updated_at"] {
            of_the_tenant[name] = json!(null);
        }
        of_the_tenant["category"]["id"] = json!(null);
    }
    for of_the_tenant in categories["data"].as_array_mut().unwrap() {
        of_the_tenant["id"] = json!(null);
    }
    // Of equally urgent tasks those come first that were made first, which is chance among those of one batch.
    let mut tasks = ids(&tenant.tasks("limit=100").await["data"], "id");
    tasks.sort();
    json!({
        "reports": all(tenant, WEEK).await, "analytics": analytics, "insights": insights, "categories": categories,
        "conversations": tenant.fetch_ids(json!({})).await, "tasks": tasks,
    })
}

async fn places(tenant: &Tenant) -> Vec<String> {
    let stored = tenant.stack.stored_text(&tenant.name).await;
    let found =
        stored.into_iter().filter(|(place, text)| WORDS.iter().any(|word| text.contains(word) || place.contains(word)));
    found.map(|(place, _)| place).collect()
}

/// An audit of the conversations that there are; its id.
async fn audited(tenant: &Tenant) -> String {
    let request: Value = serde_json::from_str(JUNE).unwrap();
    let id = tenant.post("audits", &request).await.expect(202)["id"].as_str().unwrap().to_owned();
    eventually("the audit is done", async || {
        let audit = tenant.get(&format!("audits/{id}")).await.expect(200);
        (audit["state"] == "completed").then_some(())
    })
    .await;
    id
}

async fn erased(tenant: &Tenant, id: &str) -> Value {
    let receipt = tenant.delete(&format!("contacts/{id}")).await.expect(202);
    let url = receipt["status_url"].as_str().unwrap().to_owned();
    eventually("the erasure is done", async || {
        let receipt = tenant.get(&url).await.expect(200);
        (receipt["status"] == "done").then_some(receipt)
    })
    .await
}

#[tokio::test]
async fn nothing_of_an_erased_person_is_left_and_reports_never_knew_them() {
    let (tenant, without) = (Tenant::new().await, Tenant::new().await);
    // Both people in the same batch, the same object, the same rows.
    let both: Vec<Value> = conversations("jane-4711").into_iter().chain(conversations("other")).collect();
    tenant.analysed(&both).await;
    let of_both: Vec<Value> = events("jane-4711").into_iter().chain(events("other")).collect();
    assert_eq!(tenant.post("events", &json!({"events": of_both})).await.expect(202)["accepted"], 8);
    without.analysed(&conversations("other")).await;
    without.post("events", &json!({"events": events("other")})).await.expect(202);
    let audit = audited(&tenant).await;
    let found = places(&tenant).await;
    for part in ["raw/", "audit/", "#C#", "#B#", "#E#"] {
        assert!(found.iter().any(|place| place.contains(part)), "{part} in {found:?}");
    }
    assert_ne!(metrics(&tenant).await, metrics(&without).await);

    let receipt = erased(&tenant, "jane-4711").await;
    assert_eq!(receipt["found"], json!({"conversations": 4, "sessions": 2}));
    assert_eq!(receipt["erased"], json!({"conversations": 4, "sessions": 2, "events": 4}));
    // Documents of audits follow by their own queue.
    let of_audits = |place: &String| place.starts_with("audit/");
    let left = places(&tenant).await;
    assert!(left.iter().all(of_audits), "still in {left:?}");
    eventually("audits quote her no more", async || places(&tenant).await.is_empty().then_some(())).await;
    assert_eq!(tenant.get(&format!("audits/{audit}")).await.expect(200)["state"], "completed");
    assert_eq!(metrics(&tenant).await, metrics(&without).await);
    tenant.get("/context/history/jane-4711").await.problem(404, "NOT_FOUND");
    tenant.get("/context/realtime/s-jane-4711").await.problem(404, "NOT_FOUND");
    tenant.get("contacts/jane-4711/export").await.problem(404, "NOT_FOUND");
    // Harmless again; unknown stays unknown.
    tenant.delete("contacts/jane-4711").await.expect(202);
    tenant.delete("contacts/never-heard-of").await.problem(404, "NOT_FOUND");
    // What is pushed anew is a new beginning.
    tenant.analysed(&conversations("jane-4711")[..1]).await;
    assert_eq!(tenant.fetch_ids(json!({"contact_id": ["jane-4711"]})).await, ["j-0"]);
}

/// A batch that was accepted before the erasure and is analysed after it brings nothing in, although nobody knew its conversations.
#[tokio::test]
async fn what_was_on_its_way_when_a_person_was_erased_does_not_arrive() {
    let tenant = Tenant::new().await;
    tenant.post("events", &json!({"events": events("jane-4711")})).await.expect(202);
    let app = App::new(clock::now);
    let demo = trusted(&tenant.name);
    let batch = BatchId::new(clock::new_ulid(clock::now()).unwrap());
    let pushed: Vec<domain::conversation::Conversation> = conversations("jane-4711")
        .into_iter()
        .chain(conversations("other"))
        .map(|one| serde_json::from_value(one).unwrap())
        .collect();
    let (bytes, _) = blobs::raw::encode_batch(&pushed).unwrap();
    let key = app.blobs.put_raw(&demo, batch, bytes).await.unwrap();
    app.store.create_batch(&demo, batch, 8, clock::now()).await.unwrap();

    erased(&tenant, "jane-4711").await;
    tenant.stack.send_to_analysis(&[queue::AnalyzeBatch { tenant: demo, batch, key }.print()]).await;
    let settled = tenant.settled(&batch.to_string()).await;
    assert_eq!((&settled["analyzed"], &settled["stale"]), (&json!(4), &json!(4)), "{settled}");
    eventually("the texts are erased", async || places(&tenant).await.is_empty().then_some(())).await;
    assert_eq!(tenant.fetch_ids(json!({})).await.len(), 4);
}

#[tokio::test]
async fn an_export_holds_all_that_is_stored_of_a_person() {
    let tenant = Tenant::new().await;
    tenant.analysed(&conversations("jane-4711")).await;
    tenant.analysed(&conversations("other")).await;
    tenant.post("events", &json!({"events": events("jane-4711")})).await.expect(202);
    let whole = tenant.get("contacts/jane-4711/export").await.expect(200);
    assert_eq!(whole["next_cursor"], Value::Null);
    let text = whole.to_string();
    assert!(WORDS.iter().all(|word| text.contains(word)), "{text}");
    assert!(!text.contains("Somebody Else"), "{text}");
    assert_eq!(whole["conversations"][0]["conversation"]["messages"].as_array().unwrap().len(), 3);
    let events: usize =
        whole["sessions"].as_array().unwrap().iter().map(|session| session["events"].as_array().unwrap().len()).sum();
    assert_eq!(events, 4);

    // Page by page the same.
    let (mut conversations, mut sessions, mut cursor) = (Vec::new(), Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("contacts/jane-4711/export?limit=1{cursor}")).await.expect(200);
        conversations.extend(page["conversations"].as_array().unwrap().clone());
        sessions.extend(page["sessions"].as_array().unwrap().clone());
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
        assert!(conversations.len() + sessions.len() < 9, "no end");
    }
    assert_eq!((json!(conversations), json!(sessions)), (whole["conversations"].clone(), whole["sessions"].clone()));
    let foreign = tenant.get("contacts/other/export?limit=1").await.expect(200);
    let foreign = foreign["next_cursor"].as_str().unwrap();
    let reply = tenant.get(&format!("contacts/jane-4711/export?cursor={foreign}")).await;
    assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["cursor"]);
}
