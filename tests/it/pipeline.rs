//! From a push to what callers read, over HTTP, the queue and the stores.

use serde_json::{Value, json};

use crate::harness::text::{conversation, later, leaving, outage, plain, thankful, with};
use crate::harness::{Tenant, eventually, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

fn row<'a>(page: &'a Value, id: &str) -> &'a Value {
    let rows = page["data"].as_array().unwrap();
    rows.iter().find(|row| row["conversation_uid"] == id).unwrap_or_else(|| panic!("{id} is not in {page}"))
}

/// Every piece of evidence in a document.
fn evidence(value: &Value) -> Vec<&Value> {
    match value {
        Value::Object(map) if map.contains_key("quote") => vec![value],
        Value::Object(map) => map.values().flat_map(evidence).collect(),
        Value::Array(items) => items.iter().flat_map(evidence).collect(),
        _ => Vec::new(),
    }
}

#[tokio::test]
async fn conversations_come_back_analysed() {
    let tenant = Tenant::new().await;
    let pushed = [leaving("leaving", DAY), thankful("thankful", DAY), plain("plain", DAY), outage("outage", DAY)];
    let batch = tenant.analysed(&pushed).await;
    assert_eq!((&batch["accepted"], &batch["analyzed"], &batch["queued"]), (&json!(4), &json!(4), &json!(0)));
    assert_eq!(ids(&batch["conversations"], "id"), ["leaving", "thankful", "plain", "outage"]);

    let page = tenant.fetch(json!({})).await;
    assert_eq!((&page["total"], &page["next_cursor"]), (&json!(4), &Value::Null));
    let (leaving, thankful, outage) = (row(&page, "leaving"), row(&page, "thankful"), row(&page, "outage"));
    assert_eq!(leaving["sentiment"]["label"], "angry");
    assert_eq!(leaving["temperature"], "hot");
    assert_eq!(leaving["churn_risk"]["level"], "high");
    assert_eq!(leaving["intervention"]["required"], true);
    assert_eq!(leaving["first_response_seconds"], 35 * 60);
    assert_eq!(leaving["agents"], json!([{"id": "ann", "name": "Ann Lee"}]));
    assert_eq!(thankful["sentiment"]["label"], "happy");
    assert_ne!(thankful["temperature"], "hot");
    assert_eq!(thankful["resolution"], "resolved");
    assert!(thankful["pcsat"].as_f64().unwrap() > leaving["pcsat"].as_f64().unwrap());
    assert_eq!(outage["severity"], "critical");
    for row in page["data"].as_array().unwrap() {
        assert_eq!((&row["language"], &row["message_count"], &row["stale"]), (&json!("en"), &json!(3), &json!(false)));
    }

    let tasks = tenant.tasks("limit=100").await;
    let churn = tasks["data"].as_array().unwrap().iter().find(|task| task["kind"] == "churn_risk").unwrap();
    assert_eq!((&churn["conversation_uid"], &churn["state"]), (&json!("leaving"), &json!("open")));
    assert!(tasks["data"].as_array().unwrap().iter().all(|task| task["conversation_uid"] != "thankful"), "{tasks}");
}

#[tokio::test]
async fn every_quote_is_that_slice_of_the_message() {
    let tenant = Tenant::new().await;
    // Characters of several bytes before and inside what is quoted; CRLF and marks that normalisation would change.
    let accents = conversation(
        "accents",
        DAY,
        &[
            (
                0,
                "customer",
                "😡😡 Schön… I’m fed up with the café\u{301} app!\r\nIt crashed again, and I want to cancel my subscription today – it is terrible.",
            ),
            (5, "agent", "Oh no — I’m sorry! I will check the crash right away."),
            (90, "customer", "🙄 Nothing happened. I am very disappointed and angry; please close my account."),
        ],
    );
    tenant.analysed(&[leaving("leaving", DAY), outage("outage", DAY), accents]).await;
    let page = tenant.fetch(json!({"include": ["evidence"]})).await;
    let tasks = tenant.tasks("limit=100").await;
    let mut quotes = 0;
    for id in ["leaving", "outage", "accents"] {
        let detail = tenant.conversation(id).await;
        let messages = detail["messages"]["data"].as_array().unwrap();
        let own: Vec<&Value> =
            tasks["data"].as_array().unwrap().iter().filter(|task| task["conversation_uid"] == id).collect();
        let all = [evidence(&detail), evidence(row(&page, id)), own.into_iter().flat_map(evidence).collect()].concat();
        assert!(all.len() >= 6, "{id} rests on {} quotes only", all.len());
        for found in all {
            assert_eq!(found["conversation_uid"], id);
            let message = messages.iter().find(|message| message["id"] == found["message_id"]).unwrap();
            let (start, end) = (found["start"].as_u64().unwrap(), found["end"].as_u64().unwrap());
            let body = message["body"].as_str().unwrap();
            let slice: String = body.chars().skip(start as usize).take((end - start) as usize).collect();
            assert_eq!(found["quote"], slice);
            assert!(!slice.trim().is_empty(), "an empty quote in {id}");
            quotes += 1;
        }
        assert_eq!(row(&page, id)["analysis"], detail["analysis"], "list and detail of {id}");
    }
    assert!(quotes >= 30, "{quotes} quotes");
}

#[tokio::test]
async fn parts_of_a_detail_can_be_asked_for() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[leaving("c", DAY)]).await;
    let all = tenant.conversation("c").await;
    assert!(!evidence(&all).is_empty() && all["messages"]["total"] == 3);
    assert!(!all["analysis"]["exchanges"].as_array().unwrap().is_empty());
    assert!(!all["analysis"]["assessments"].as_array().unwrap().is_empty());
    let some = tenant.get("conversations/c?include=exchanges").await.expect(200);
    assert_eq!(some.get("messages"), None);
    assert_eq!(some["analysis"].get("assessments"), None);
    assert_eq!(some["analysis"]["exchanges"][0]["customer_message_ids"], json!(["m0"]));
    // Notable sentences are evidence too.
    assert!(!all["analysis"]["quotes"].as_array().unwrap().is_empty());
    assert_eq!(some["analysis"].get("quotes"), None);
    assert!(evidence(&some).is_empty());
    // The Isara seed writes the id where the tenant stands.
    let odd = tenant.get("/api/public/c/conversations/c?limit=100").await.expect(200);
    assert_eq!(odd, all);
}

#[tokio::test]
async fn what_cannot_be_scored_is_kept_and_says_why() {
    let tenant = Tenant::new().await;
    let words = "I have a question about the invoice of last month, where can I find it?";
    let cases = [
        ("no_reply", vec![(0, "customer", words)]),
        ("no_customer_message", vec![(0, "agent", words), (1, "bot", words)]),
        ("too_short", vec![(0, "customer", "Hi there"), (1, "agent", "Hello!")]),
        (
            "no_reply",
            vec![
                (0, "customer", words),
                (1, "system", "Assigned to Ann. This is a note of the system, ten words at least."),
            ],
        ),
    ];
    let pushed: Vec<Value> =
        cases.iter().enumerate().map(|(i, (_, lines))| conversation(&format!("c{i}"), DAY, lines)).collect();
    let batch = tenant.analysed(&[pushed, vec![plain("scored", DAY)]].concat()).await;
    assert_eq!((&batch["not_scored"], &batch["analyzed"]), (&json!(4), &json!(1)));
    let page = tenant.fetch(json!({})).await;
    assert_eq!(page["total"], 5);
    for (i, (reason, _)) in cases.iter().enumerate() {
        assert_eq!(batch["conversations"][i]["outcome"], "not_scored");
        assert_eq!(batch["conversations"][i]["reason"], *reason);
        let row = row(&page, &format!("c{i}"));
        assert_eq!(row["not_scored"], *reason);
        for judged in ["sentiment", "temperature", "severity", "pcsat", "churn_risk", "effort"] {
            assert_eq!(row[judged], Value::Null, "{judged} of {reason}");
        }
        assert_eq!(row["intervention"], json!({"required": false, "priority": null}));
    }
    assert_eq!(row(&page, "scored")["not_scored"], Value::Null);
    assert_eq!(tenant.tasks("limit=100").await["total"], 0);
}

#[tokio::test]
async fn sending_the_same_file_again_changes_nothing_that_a_route_returns() {
    let tenant = Tenant::new().await;
    let file = [
        leaving("a", DAY),
        thankful("b", DAY),
        outage("c", "2026-06-04T08:00:00Z"),
        plain("d", "2026-07-01T00:00:00Z"),
    ];
    let first = tenant.analysed(&file).await;
    let before = tenant.everything().await;
    let second = tenant.analysed(&file).await;
    assert_eq!(second["unchanged"], 4, "{second}");
    assert_eq!(tenant.everything().await, before);
    let first_id = first["batch_id"].as_str().unwrap();
    assert_eq!(tenant.get(&format!("batches/{first_id}")).await.expect(200), first);
    // What is kept twice would have to be erased twice.
    let prefix = format!("raw/{}/", tenant.name);
    eventually("one object is left", async || (tenant.stack.object_keys(&prefix).await.len() == 1).then_some(())).await;
}

#[tokio::test]
async fn a_newer_version_replaces_and_an_older_one_is_stale() {
    let tenant = Tenant::new().await;
    let version = |conversation: Value, at: &str| with(conversation, json!({ "updated_at": at }));
    tenant.analysed(&[version(leaving("c", DAY), "2026-06-10T00:00:00Z")]).await;
    assert!(tenant.tasks("kind=churn_risk").await["total"] == 1);

    let newer = tenant.analysed(&[version(thankful("c", DAY), "2026-06-12T00:00:00Z")]).await;
    assert_eq!(newer["analyzed"], 1);
    let settled = tenant.conversation("c").await;
    assert_eq!((&settled["sentiment"]["label"], &settled["status"]), (&json!("happy"), &json!("closed")));
    assert!(settled["messages"]["data"][0]["body"].as_str().unwrap().starts_with("Hello, how can I change"));
    assert_eq!(tenant.tasks("limit=100").await["total"], 0, "nobody has to act any more");
    let resolved = tenant.tasks("state=resolved&kind=churn_risk").await;
    assert_eq!(resolved["data"][0]["history"][1]["by"], "analysis");

    let before = tenant.everything().await;
    let older = tenant.analysed(&[version(outage("c", DAY), "2026-06-11T23:59:59.999Z")]).await;
    assert_eq!((&older["stale"], &older["conversations"][0]["outcome"]), (&json!(1), &json!("stale")));
    assert_eq!(tenant.everything().await, before);

    // Not older: the same version with other content counts as the later word.
    let same = tenant.analysed(&[version(plain("c", DAY), "2026-06-12T00:00:00Z")]).await;
    assert_eq!(same["analyzed"], 1);
    let detail = tenant.conversation("c").await;
    assert!(detail["messages"]["data"][0]["body"].as_str().unwrap().starts_with("Which of your plans"));
    assert_eq!(tenant.fetch(json!({})).await["total"], 1);
}

#[tokio::test]
async fn a_conversation_that_moves_to_another_day_is_there_only() {
    let tenant = Tenant::new().await;
    let on = |day: &str, updated: &str| {
        with(plain("mover", &format!("{day}T10:00:00Z")), json!({ "updated_at": format!("{updated}T00:00:00Z") }))
    };
    let days = [
        ("2026-06-03", "2026-08-01"),
        ("2026-06-04", "2026-08-02"),
        ("2026-07-01", "2026-08-03"),
        ("2026-06-03", "2026-08-04"),
    ];
    tenant.analysed(&[plain("stays", "2026-06-03T12:00:00Z")]).await;
    for (day, updated) in days {
        tenant.analysed(&[on(day, updated)]).await;
        for (other, _) in days {
            let found = tenant.fetch_ids(json!({"date_from": other, "date_to": other})).await;
            assert_eq!(found.contains(&"mover".to_owned()), other == day, "{other} while on {day}");
        }
        assert_eq!(tenant.fetch(json!({})).await["total"], 2);
    }
}

#[tokio::test]
async fn a_deleted_conversation_is_gone_from_every_route_until_it_is_pushed_anew() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[leaving("gone", DAY), leaving("stays", DAY)]).await;
    assert_eq!(tenant.tasks("kind=churn_risk").await["total"], 2);
    let deleted = tenant.delete("conversations/gone").await;
    deleted.expect(204);
    assert!(deleted.body.is_empty());

    tenant.get("conversations/gone").await.problem(404, "NOT_FOUND");
    assert_eq!(tenant.fetch_ids(json!({})).await, ["stays"]);
    assert_eq!(tenant.fetch(json!({"conversation_uids": ["gone"]})).await["total"], 0);
    assert_eq!(tenant.fetch_ids(json!({"date_from": "2026-06-03", "date_to": "2026-06-03"})).await, ["stays"]);
    let tasks = tenant.tasks("limit=100&state=open,done,dismissed,reopened,resolved").await;
    assert!(ids(&tasks["data"], "conversation_uid").iter().all(|id| id == "stays"), "{tasks}");
    // The neighbour in the same object is whole.
    assert_eq!(tenant.conversation("stays").await["messages"]["total"], 3);
    // Again is harmless; what never was is unknown.
    tenant.delete("conversations/gone").await.expect(204);
    tenant.delete("conversations/never").await.problem(404, "NOT_FOUND");

    let again = tenant.analysed(&[leaving("gone", DAY)]).await;
    assert_eq!(again["analyzed"], 1);
    assert_eq!(tenant.conversation("gone").await["messages"]["total"], 3);
    assert_eq!(tenant.fetch(json!({"date_from": "2026-06-03", "date_to": "2026-06-03"})).await["total"], 2);
    assert_eq!(tenant.tasks("kind=churn_risk").await["total"], 2);
}

#[tokio::test]
async fn a_late_redelivery_does_not_bring_a_deleted_conversation_back() {
    let tenant = Tenant::new().await;
    let batch = tenant.analysed(&[leaving("gone", DAY)]).await;
    let id = batch["batch_id"].as_str().unwrap();
    let [key] = &tenant.stack.object_keys(&format!("raw/{}/", tenant.name)).await[..] else { panic!("one object") };
    let object = tenant.stack.object(key).await.unwrap();
    tenant.delete("conversations/gone").await.expect(204);
    assert_eq!(tenant.stack.object(key).await, None);

    // The message comes once more, and even the object is there again: as if the deletion had raced the first delivery.
    tenant.stack.put_object(key, &object).await;
    let message =
        json!({"type": "analyze_batch", "v": 1, "tenant": tenant.name, "batch_id": id, "key": key}).to_string();
    tenant.stack.send_to_analysis(&[message]).await;
    eventually("the redelivery is worked off", async || tenant.stack.object(key).await.is_none().then_some(())).await;
    tenant.get("conversations/gone").await.problem(404, "NOT_FOUND");
    assert_eq!(tenant.fetch(json!({})).await["total"], 0);
    assert_eq!(tenant.tasks("limit=100&state=open,reopened,resolved").await["total"], 0);
    assert_eq!(tenant.get(&format!("batches/{id}")).await.expect(200), batch);

    tenant.analysed(&[leaving("gone", DAY)]).await;
    assert_eq!(tenant.fetch_ids(json!({})).await, ["gone"]);
}

#[tokio::test]
async fn deleting_erases_the_text_from_every_object_and_item() {
    let tenant = Tenant::new().await;
    let secret = |id: &str, word: &str, version: &str| {
        let body = format!(
            "My passport number is {word} and I am furious that the {word} form was lost again by your support team."
        );
        let lines = [(0, "customer", &*body), (9, "agent", "I am sorry, we will look for the form today.")];
        let contact =
            json!({"id": format!("{word}-id"), "name": format!("{word}-name"), "email": format!("{word}@example.com")});
        let fields = json!({"subject": format!("About {word}"), "contact": contact, "updated_at": version,
            "custom": {"passport": format!("{word}-custom")}});
        with(conversation(id, DAY, &lines), fields)
    };
    // Two versions in two objects, each beside a neighbour that stays.
    tenant.analysed(&[secret("gone", "firstword", "2026-06-10T00:00:00Z"), plain("n1", DAY)]).await;
    tenant
        .analysed(&[
            secret("gone", "secondword", "2026-06-11T00:00:00Z"),
            secret("stays", "thirdword", "2026-06-11T00:00:00Z"),
        ])
        .await;

    let places = async |word: &str| -> Vec<String> {
        let stored = tenant.stack.stored_text(&tenant.name).await;
        stored.into_iter().filter(|(_, text)| text.contains(word)).map(|(place, _)| place).collect()
    };
    // The search finds what is there: in the object, in the item's summary, names and facts.
    for word in ["secondword", "thirdword"] {
        let found = places(word).await;
        assert!(found.iter().any(|place| place.starts_with("raw/")), "{found:?}");
        assert!(found.iter().any(|place| place.contains("#C#")), "{found:?}");
        assert!(found.iter().any(|place| place.contains("#B#")), "{found:?}");
    }
    tenant.delete("conversations/gone").await.expect(204);
    for word in ["firstword", "secondword"] {
        let found = places(word).await;
        assert!(found.is_empty(), "{word} is still in {found:?}");
    }
    assert_eq!(tenant.conversation("stays").await["messages"]["total"], 2);
    assert_eq!(tenant.conversation("n1").await["messages"]["total"], 3);
}

#[tokio::test]
async fn a_task_is_closed_by_a_person_and_reopened_by_new_evidence_only() {
    let tenant = Tenant::new().await;
    let now = runtime::clock::now().to_string();
    let began = later(&now, -2_000);
    tenant.analysed(&[leaving("c", &began)]).await;
    let open = tenant.tasks("kind=churn_risk").await;
    let task = open["data"][0].clone();
    let id = task["id"].as_str().unwrap();
    assert_eq!(task["history"].as_array().unwrap().len(), 1);

    let done = tenant.send_json("PATCH", &format!("tasks/{id}"), &json!({"state": "done"})).await.expect(200);
    assert_eq!((&done["state"], &done["history"][1]["by"]), (&json!("done"), &json!(tenant.key.id)));
    assert_eq!(tenant.tasks("kind=churn_risk").await["total"], 0);
    assert_eq!(tenant.tasks("kind=churn_risk&state=done").await["total"], 1);
    let again = tenant.send_json("PATCH", &format!("tasks/{id}"), &json!({"state": "done"})).await.expect(200);
    assert_eq!(again, done, "saying it again changes nothing");

    // A new version on the same evidence leaves it closed.
    tenant.analysed(&[with(leaving("c", &began), json!({"updated_at": later(&now, 1)}))]).await;
    assert_eq!(tenant.tasks("kind=churn_risk&state=done").await["total"], 1);

    // New words after the task was closed open it again.
    let mut angrier = with(leaving("c", &began), json!({"updated_at": later(&now, 70)}));
    let more = json!({"id": "m9", "created_at": later(&now, 60), "author_type": "customer",
        "body": "I still want to cancel my subscription. Close my account now."});
    angrier["messages"].as_array_mut().unwrap().push(more);
    tenant.analysed(&[angrier]).await;
    let reopened = tenant.tasks("kind=churn_risk").await;
    assert_eq!((&reopened["total"], &reopened["data"][0]["state"]), (&json!(1), &json!("reopened")), "{reopened}");
    assert_eq!(reopened["data"][0]["id"], id);

    let dismissed = tenant.send_json("PATCH", &format!("tasks/{id}"), &json!({"state": "dismissed"})).await.expect(200);
    assert_eq!(dismissed["state"], "dismissed");
    let back = tenant.send_json("PATCH", &format!("tasks/{id}"), &json!({"state": "reopened"})).await.expect(200);
    assert_eq!(back["state"], "reopened");
    let states: Vec<&str> =
        back["history"].as_array().unwrap().iter().map(|event| event["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["open", "done", "reopened", "dismissed", "reopened"]);
}

#[tokio::test]
async fn settings_hold_for_what_is_analysed_after_them() {
    let tenant = Tenant::new().await;
    let mention = conversation(
        "c1",
        DAY,
        &[
            (
                0,
                "customer",
                "The flux capacitor module is broken again and I may go to Globex instead. Can you repair it this week please?",
            ),
            (9, "agent", "We can repair it on Thursday, I have booked it for you."),
        ],
    );
    tenant.analysed(&[mention.clone()]).await;
    assert_eq!(tenant.fetch(json!({"tags": "flux capacitor"})).await["total"], 0);

    let read = tenant.get("settings").await;
    let mut settings = read.expect(200);
    settings["taxonomy"] = json!([{"kind": "product", "area": "modules", "name": "flux capacitor", "phrases": []}]);
    settings["competitors"] = json!(["Globex"]);
    let put = |etag: String, settings: Value| {
        let tenant = tenant.clone();
        async move {
            let headers = [("content-type", "application/json"), ("if-match", &*etag)];
            tenant.request("PUT", "settings", &headers, settings.to_string()).await
        }
    };
    let tag = read.header("etag").to_owned();
    let changed = put(tag.clone(), settings.clone()).await;
    assert_eq!(changed.expect(200), settings);
    assert_ne!(changed.header("etag"), tag);
    put(tag, settings).await.problem(409, "CONFLICT");

    let mut second = with(mention, json!({"id": "c2"}));
    second["created_at"] = json!("2026-06-04T10:00:00Z");
    for message in second["messages"].as_array_mut().unwrap() {
        message["created_at"] = json!("2026-06-04T10:00:00Z");
    }
    tenant.analysed(&[second]).await;
    assert_eq!(tenant.fetch_ids(json!({"tags": "flux capacitor"})).await, ["c2"]);
    let signals = tenant.conversation("c2").await["analysis"]["churn_risk"]["signals"].clone();
    assert!(ids(&signals, "kind").contains(&"competitor_named".to_owned()), "{signals}");
}
