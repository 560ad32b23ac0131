//! Faults that other products had (`design/faults.md`), each by its number: what we do instead.

use std::collections::BTreeSet;

use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use domain::ids::BatchId;
use futures_util::{StreamExt, stream};
use queue::Message as _;
use runtime::clock;
use serde_json::{Value, json};

use crate::harness::app::{App, trusted};
use crate::harness::text::{conversation, later, plain, thankful, with};
use crate::harness::{Tenant, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

/// A message at an exact time.
fn message(id: &str, at: &str, author: &str, body: &str) -> Value {
    json!({"id": id, "created_at": at, "author_type": author, "author": {"id": format!("{author}-1")}, "body": body})
}

fn of(id: &str, created_at: &str, messages: &[Value]) -> Value {
    json!({"id": id, "created_at": created_at, "messages": messages})
}

const ASKS: &str = "Hello, my parcel was due on Tuesday and it has not arrived yet, where is it?";
const ANSWERS: &str = "Good day, your parcel is in our depot and will be with you tomorrow before noon.";

/// The conversation's durations.
async fn times(tenant: &Tenant, pushed: Value) -> Value {
    let id = pushed["id"].as_str().unwrap().to_owned();
    tenant.analysed(&[pushed]).await;
    tenant.conversation(&id).await["analysis"]["times"].clone()
}

#[tokio::test]
async fn f02_a_bots_reply_is_not_the_agents() {
    let tenant = Tenant::new().await;
    let asked = of(
        "c",
        "2026-06-03T10:00:00Z",
        &[
            message("1", "2026-06-03T10:00:00Z", "customer", ASKS),
            message("2", "2026-06-03T10:00:05Z", "bot", "Thanks for your message, somebody will be with you soon."),
            message("s", "2026-06-03T10:00:06Z", "system", "Assigned to the team Logistics."),
            message("3", "2026-06-03T10:20:00Z", "agent", ANSWERS),
        ],
    );
    let times = times(&tenant, asked).await;
    assert_eq!(times["first_response_human"]["seconds"], 20 * 60);
    assert_eq!(times["first_response_bot"]["seconds"], 5);
    assert_eq!(tenant.fetch(json!({})).await["data"][0]["first_response_seconds"], 20 * 60);
}

#[tokio::test]
async fn f05_the_first_response_counts_from_the_earliest_unanswered_message() {
    let tenant = Tenant::new().await;
    let asked = of(
        "c",
        "2026-06-01T09:00:00Z",
        &[
            message("1", "2026-06-01T09:00:00Z", "customer", ASKS),
            message("2", "2026-06-02T09:00:00Z", "customer", "Is anybody there?"),
            message("3", "2026-06-03T09:00:00Z", "customer", "I am still waiting for an answer."),
            message("4", "2026-06-04T09:00:00Z", "agent", ANSWERS),
        ],
    );
    assert_eq!(times(&tenant, asked).await["first_response_human"]["seconds"], 3 * 86_400);
}

#[tokio::test]
async fn f06_reply_times_are_runs_and_what_is_unanswered_shows_as_waiting() {
    let tenant = Tenant::new().await;
    let asked = of(
        "c",
        "2026-06-03T10:00:00Z",
        &[
            message("1", "2026-06-03T10:00:00Z", "customer", ASKS),
            message("2", "2026-06-03T10:10:00Z", "customer", "It is urgent, I need it for a birthday."),
            message("3", "2026-06-03T10:30:00Z", "agent", ANSWERS),
            message("4", "2026-06-03T10:40:00Z", "agent", "I have also sent you the tracking link."),
            message("5", "2026-06-03T11:00:00Z", "customer", "The link does not work. Can you send it again?"),
        ],
    );
    let times = times(&tenant, asked).await;
    let replies: Vec<&Value> = times["replies"].as_array().unwrap().iter().map(|reply| &reply["seconds"]).collect();
    assert_eq!(replies, [1_800]);
    assert_eq!(times["waiting_since"], "2026-06-03T11:00:00Z");
    let exchanges = tenant.conversation("c").await["analysis"]["exchanges"].clone();
    assert_eq!(exchanges[0]["customer_message_ids"], json!(["1", "2"]));
    assert_eq!(exchanges[0]["reply_ids"], json!(["3", "4"]));
    assert_eq!((&exchanges[1]["customer_message_ids"], &exchanges[1]["reply_ids"]), (&json!(["5"]), &json!([])));
}

#[tokio::test]
async fn f07_business_hours_leave_the_weekend_out() {
    let tenant = Tenant::new().await;
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let hours: Vec<Value> = days.iter().map(|day| json!({"day": day, "opens": 540, "closes": 1020})).collect();
    tenant.send_json("PUT", "settings", &json!({ "business_hours": hours })).await.expect(200);
    // 2026-06-06 is a Saturday.
    let asked = of(
        "c",
        "2026-06-06T12:00:00Z",
        &[
            message("1", "2026-06-06T12:00:00Z", "customer", ASKS),
            message("2", "2026-06-08T09:10:00Z", "agent", ANSWERS),
        ],
    );
    let times = times(&tenant, asked).await;
    assert_eq!(times["first_response_human"], json!({"seconds": 45 * 3600 + 600, "business_seconds": 600}));
}

#[tokio::test]
async fn f08_the_last_day_of_a_period_belongs_to_it() {
    let tenant = Tenant::new().await;
    let at = |id: &str, time: &str| plain(id, time);
    tenant
        .analysed(&[
            at("before", "2026-03-09T23:59:59.999Z"),
            at("first", "2026-03-10T00:00:00Z"),
            at("last", "2026-03-10T23:59:59.999Z"),
            at("after", "2026-03-11T00:00:00Z"),
        ])
        .await;
    let day = tenant.fetch_ids(json!({"date_from": "2026-03-10", "date_to": "2026-03-10", "order": "asc"})).await;
    assert_eq!(day, ["first", "last"]);
    // Times are half-open; a zone moves the day.
    let until = tenant.fetch_ids(json!({"date_to": "2026-03-10T00:00:00Z"})).await;
    assert_eq!(until, ["before"]);
    let tokyo = json!({"date_from": "2026-03-11", "date_to": "2026-03-11", "timezone": "Asia/Tokyo", "order": "asc"});
    assert_eq!(tenant.fetch_ids(tokyo).await, ["last", "after"]);
    // The tenant's own zone when none is named.
    tenant.send_json("PUT", "settings", &json!({"time_zone": "Asia/Tokyo"})).await.expect(200);
    let own = json!({"date_from": "2026-03-11", "date_to": "2026-03-11", "order": "asc"});
    assert_eq!(tenant.fetch_ids(own).await, ["last", "after"]);
}

#[tokio::test]
async fn f13_messages_are_in_order_of_time_however_they_arrive() {
    let tenant = Tenant::new().await;
    let t = |minute: i64| later(DAY, minute);
    let shuffled = [
        message("m3", &t(30), "customer", "Thank you, that is all I wanted to know."),
        message("m1", &t(10), "customer", ASKS),
        message("tie-b", &t(20), "agent", ANSWERS),
        message("tie-a", &t(20), "agent", "And here is the tracking link."),
    ];
    let first = times(&tenant, with(of("c", DAY, &shuffled), json!({"updated_at": t(40)}))).await;
    assert_eq!(first["first_response_human"]["seconds"], 600);
    let order = |detail: &Value| ids(&detail["messages"]["data"], "id");
    assert_eq!(order(&tenant.conversation("c").await), ["m1", "tie-b", "tie-a", "m3"]);

    // An earlier message comes later.
    let mut more = shuffled.to_vec();
    more.push(message("m0", &t(0), "customer", "Good morning, I have a question about a parcel."));
    let second = times(&tenant, with(of("c", DAY, &more), json!({"updated_at": t(41)}))).await;
    assert_eq!(second["first_response_human"]["seconds"], 1_200);
    assert_eq!(order(&tenant.conversation("c").await), ["m0", "m1", "tie-b", "tie-a", "m3"]);
    assert_eq!(tenant.fetch(json!({})).await["total"], 1);
}

#[tokio::test]
async fn f14_imported_history_keeps_its_own_times() {
    let tenant = Tenant::new().await;
    let before = clock::now();
    let batch = tenant.analysed(&[plain("old", "2024-02-29T22:00:00Z")]).await;
    let received: jiff::Timestamp = batch["received_at"].as_str().unwrap().parse().unwrap();
    assert!(received >= before);
    assert_eq!(tenant.fetch_ids(json!({"date_from": "2024-02-29", "date_to": "2024-02-29"})).await, ["old"]);
    assert_eq!(tenant.fetch(json!({"date_preset": "last_90_days"})).await["total"], 0);
    let row = tenant.fetch(json!({})).await["data"][0].clone();
    assert_eq!(
        (&row["created_at"], &row["last_activity_at"]),
        (&json!("2024-02-29T22:00:00Z"), &json!("2024-02-29T22:15:00Z"))
    );
}

#[tokio::test]
async fn f15_only_new_text_is_judged_and_the_raw_body_is_kept() {
    let tenant = Tenant::new().await;
    let angry =
        "This is a disgrace. Your terrible app lost all my work, I am furious and I want to cancel my subscription!";
    let html = format!(
        "<div>Thank you so much, everything works perfectly again. Great help!</div><br><div class=\"gmail_quote\"><div dir=\"ltr\" \
         class=\"gmail_attr\">On Wed, 3 Jun 2026 at 10:00, Jane Doe &lt;jane@example.com&gt; wrote:<br></div><blockquote \
         class=\"gmail_quote\">{angry}</blockquote></div>"
    );
    let mut by_html = of(
        "html",
        DAY,
        &[
            message(
                "1",
                &later(DAY, 0),
                "agent",
                "We have restored your work from yesterday's backup, please have a look.",
            ),
            message("2", &later(DAY, 9), "customer", &html),
        ],
    );
    by_html["messages"][1]["content_type"] = json!("html");
    let text = format!(
        "Thank you so much, everything works perfectly again. Great help!\n\nOn Wed, Jun 3, 2026 at 10:00 AM Jane Doe <jane@example.com> \
         wrote:\n> {angry}\n"
    );
    let by_text = of(
        "text",
        DAY,
        &[
            message(
                "1",
                &later(DAY, 0),
                "agent",
                "We have restored your work from yesterday's backup, please have a look.",
            ),
            message("2", &later(DAY, 9), "customer", &text),
        ],
    );
    tenant.analysed(&[by_html, by_text]).await;
    for (id, body) in [("html", html), ("text", text)] {
        let detail = tenant.conversation(id).await;
        assert_eq!(detail["messages"]["data"][1]["body"], body, "{id}");
        assert_eq!(detail["sentiment"]["label"], "happy", "{id}");
        assert_ne!(detail["temperature"], "hot", "{id}");
        let signals = ids(&detail["analysis"]["churn_risk"]["signals"], "kind");
        assert!(!signals.contains(&"cancellation_intent".to_owned()), "{id}: {signals:?}");
        assert!(!detail["analysis"].to_string().contains("furious"), "{id}");
        assert!(!detail["summary"].as_str().unwrap().contains("disgrace"), "{id}");
    }
}

#[tokio::test]
async fn f16_a_thread_that_quotes_itself_counts_its_words_once() {
    let tenant = Tenant::new().await;
    let fresh = |i: usize| match i % 2 {
        0 => format!("Reply {i}: the invoice for May is still wrong, please correct the amount on it."),
        _ => format!("Reply {i}: we have passed the invoice on to our accounting department for you."),
    };
    let author = |i: usize| if i.is_multiple_of(2) { "customer" } else { "agent" };
    let quoting = |quotes: bool| {
        let mut history = String::new();
        let mut messages = Vec::new();
        for i in 0..30 {
            let at = later(DAY, i64::try_from(i).unwrap() * 20);
            let body = if quotes && i > 0 {
                let quoted = history.lines().fold(String::new(), |text, line| text + "> " + line + "\n");
                format!("{}\n\nOn Wed, Jun 3, 2026 at 10:00 AM Jane Doe <jane@example.com> wrote:\n{quoted}", fresh(i))
            } else {
                fresh(i)
            };
            messages.push(message(&format!("m{i}"), &at, author(i), &body));
            history = body;
        }
        of(if quotes { "quoting" } else { "plain" }, DAY, &messages)
    };
    let (with_quotes, without) = (quoting(true), quoting(false));
    assert!(with_quotes.to_string().len() > 8 * without.to_string().len());
    tenant.analysed(&[with_quotes, without]).await;
    let (quoting, plain) = (tenant.conversation("quoting").await, tenant.conversation("plain").await);
    let words = |detail: &Value| detail["analysis"]["assessments"][0]["words"].clone();
    assert_eq!(words(&quoting), words(&plain));
    for judged in [
        "tags",
        "sentiment",
        "pcsat",
        "churn_risk",
        "severity",
        "temperature",
        "effort",
        "contact_reason",
        "summary",
        "resolution",
    ] {
        assert_eq!(quoting[judged], plain[judged], "{judged}");
    }
    let topics: BTreeSet<String> =
        quoting["tags"].as_array().unwrap().iter().map(|tag| format!("{}{}", tag["area"], tag["name"])).collect();
    assert_eq!(topics.len(), quoting["tags"].as_array().unwrap().len(), "a topic twice: {}", quoting["tags"]);
}

#[tokio::test]
async fn f17_message_ids_belong_to_their_conversation() {
    let tenant = Tenant::new().await;
    let pair = |id: &str, word: &str| {
        of(
            id,
            DAY,
            &[
                message("1", &later(DAY, 0), "customer", &format!("{ASKS} It is {word}.")),
                message("2", &later(DAY, 5), "agent", ANSWERS),
            ],
        )
    };
    tenant.analysed(&[pair("a", "red"), pair("b", "blue")]).await;
    for (id, word) in [("a", "red"), ("b", "blue")] {
        let detail = tenant.conversation(id).await;
        assert_eq!(detail["messages"]["total"], 2);
        assert!(detail["messages"]["data"][0]["body"].as_str().unwrap().contains(word));
    }
    let mut without = pair("c", "green");
    without["messages"][0].as_object_mut().unwrap().remove("id");
    for _ in 0..2 {
        let reply = tenant.post("conversations", &json!({"conversations": [without]})).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["/conversations/0/messages/0/id"]);
    }
}

#[tokio::test]
async fn f18_a_nul_is_kept_and_does_no_harm() {
    let tenant = Tenant::new().await;
    let body =
        "My export\u{0} holds a NUL\u{0}, a bell \u{7}, a \u{202e}turn and \u{feff}marks; where do they come from?";
    let mut odd = conversation(
        "c",
        DAY,
        &[(0, "customer", body), (5, "agent", "They come from the editor, we will strip them.")],
    );
    odd["subject"] = json!("A \u{0} subject");
    odd["tags"] = json!(["tag\u{0}"]);
    odd["custom"] = json!({"field\u{0}": "value\u{0}"});
    tenant.analysed(&[odd]).await;
    let detail = tenant.conversation("c").await;
    assert_eq!(detail["messages"]["data"][0]["body"], body);
    assert_eq!((&detail["subject"], &detail["labels"]), (&json!("A \u{0} subject"), &json!(["tag\u{0}"])));
    assert_eq!(tenant.fetch_ids(json!({"tags": ["tag\u{0}"], "custom": {"field\u{0}": "value\u{0}"}})).await, ["c"]);
}

#[tokio::test]
async fn f19_an_author_may_be_unknown_but_not_of_an_unknown_kind() {
    let tenant = Tenant::new().await;
    let mut nobody =
        conversation("c", DAY, &[(0, "customer", ASKS), (5, "agent", ANSWERS), (9, "bot", "Was this helpful?")]);
    for (index, author) in [(0, Value::Null), (1, json!({})), (2, json!({"name": "Robo"}))] {
        nobody["messages"][index]["author"] = author;
    }
    let batch = tenant.analysed(&[nobody.clone()]).await;
    assert_eq!(batch["analyzed"], 1);
    let detail = tenant.conversation("c").await;
    assert_eq!(detail["agents"], json!([]));
    assert_eq!(detail["first_response_seconds"], 300);
    assert!(detail["analysis"]["assessments"].as_array().unwrap().iter().all(|one| one["agent_id"].is_null()));
    assert_eq!(tenant.fetch_ids(json!({"agent_participant_type": "human"})).await, ["c"]);

    for (author, place) in [(json!("robot"), "author_type"), (json!(""), "author_type"), (Value::Null, "author_type")] {
        let mut wrong = nobody.clone();
        wrong["messages"][1]["author_type"] = author;
        let reply = tenant.post("conversations", &json!({"conversations": [wrong]})).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), [format!("/conversations/0/messages/1/{place}")]);
    }
    let mut empty = nobody;
    empty["messages"][1]["author"] = json!({"id": ""});
    let reply = tenant.post("conversations", &json!({"conversations": [empty]})).await;
    assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["/conversations/0/messages/1/author/id"]);
}

#[tokio::test]
async fn f20_impossible_times_are_refused_by_name() {
    let tenant = Tenant::new().await;
    let tomorrow = clock::now() + jiff::SignedDuration::from_hours(25);
    for (place, value) in [
        ("/created_at", json!(1_767_225_600_000_u64)),
        ("/created_at", json!(1_767_225_600)),
        ("/created_at", json!("1767225600000")),
        ("/created_at", json!("2999-01-01T00:00:00Z")),
        ("/created_at", json!("1970-01-01T00:00:00Z")),
        ("/created_at", json!("2026-06-03 10:00")),
        ("/created_at", json!("2026-06-03T10:00:00")),
        ("/created_at", json!("2026-02-30T10:00:00Z")),
        ("/created_at", json!(tomorrow.to_string())),
        ("/closed_at", json!("2026-06-03T09:59:59Z")),
        ("/updated_at", json!("2026-06-03T09:59:59Z")),
        ("/messages/1/created_at", json!("2999-01-01T00:00:00Z")),
        ("/csat/0/responded_at", json!("2999-01-01T00:00:00Z")),
    ] {
        let mut wrong = with(plain("c", DAY), json!({"csat": [{"rating": 4, "responded_at": DAY}]}));
        *wrong.pointer_mut(place).unwrap_or(&mut Value::Null) = value.clone();
        if wrong.pointer(place).is_none() {
            wrong[&place[1..]] = value.clone();
        }
        let reply = tenant.post("conversations", &json!({"conversations": [wrong]})).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), [format!("/conversations/0{place}")], "{value}");
    }
    assert_eq!(tenant.fetch(json!({})).await["total"], 0);
    // Offsets are understood, answers are in UTC, and no duration is negative though a message is older than its conversation.
    let mut early = with(thankful("c", "2026-06-03T12:00:00+02:00"), json!({}));
    early["messages"][0]["created_at"] = json!("2026-06-03T11:30:00+02:00");
    tenant.analysed(&[early]).await;
    let detail = tenant.conversation("c").await;
    assert_eq!(
        (&detail["created_at"], &detail["messages"]["data"][0]["created_at"]),
        (&json!("2026-06-03T10:00:00Z"), &json!("2026-06-03T09:30:00Z"))
    );
    assert!(!detail["analysis"]["times"].to_string().contains(":-"), "{}", detail["analysis"]["times"]);
}

#[tokio::test]
async fn f21_five_thousand_messages_are_paged_to_the_end() {
    let tenant = Tenant::new().await;
    let lines: Vec<(i64, &str, String)> = (0..5_000)
        .map(|i| {
            (
                i,
                if i % 2 == 0 { "customer" } else { "agent" },
                format!("Line {i} about the delivery of my order, which is late."),
            )
        })
        .collect();
    let lines: Vec<(i64, &str, &str)> =
        lines.iter().map(|(minute, author, body)| (*minute, *author, body.as_str())).collect();
    let long = conversation("long", DAY, &lines);
    tenant.analysed(&[long.clone()]).await;
    let (mut read, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("conversations/long?include=messages&limit=100{cursor}")).await.expect(200);
        assert_eq!(page["messages"]["total"], 5_000);
        read.extend(page["messages"]["data"].as_array().unwrap().iter().cloned());
        let Some(next) = page["messages"]["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let sent: Vec<(&Value, &Value)> =
        long["messages"].as_array().unwrap().iter().map(|message| (&message["id"], &message["body"])).collect();
    let read: Vec<(&Value, &Value)> = read.iter().map(|message| (&message["id"], &message["body"])).collect();
    assert_eq!(read.len(), 5_000);
    assert!(sent == read, "not the messages that were sent");
    let list = tenant.post("conversations/fetch", &json!({})).await;
    let row = list.expect(200)["data"][0].clone();
    assert_eq!(
        (&row["message_count"], &row["analyzed_messages"], row.get("messages")),
        (&json!(5_000), &json!(5_000), None)
    );
    assert!(list.body.len() < 10_000, "a row of {} bytes", list.body.len());
    tenant.get("conversations/long").await.expect(200);
    assert_eq!(tenant.fetch(json!({"include": ["evidence"]})).await["total"], 1);
}

/// Ten accepted batches of one conversation each, `c0` … `c9`; the bodies of their messages.
pub(crate) async fn ten_batches(app: &App, tenant: &Tenant) -> Vec<(BatchId, String)> {
    let owner = trusted(&tenant.name);
    let mut made = Vec::new();
    for i in 0..10 {
        let batch = BatchId::new(clock::new_ulid(clock::now()).unwrap());
        let pushed = serde_json::from_value(plain(&format!("c{i}"), DAY)).unwrap();
        let (bytes, _) = blobs::raw::encode_batch([&pushed]).unwrap();
        let key = app.blobs.put_raw(&owner, batch, bytes).await.unwrap();
        app.store.create_batch(&owner, batch, 1, clock::now()).await.unwrap();
        made.push((batch, queue::AnalyzeBatch { tenant: owner.clone(), batch, key }.print()));
    }
    made
}

#[tokio::test]
async fn f22_of_ten_messages_only_the_poisoned_one_is_to_be_delivered_again() {
    let tenant = Tenant::new().await;
    let app = App::new(clock::now);
    let batches = ten_batches(&app, &tenant).await;
    let records = |poisoned: bool| -> SqsEvent {
        let records = batches.iter().enumerate().map(|(i, (_, body))| {
            let mut record = SqsMessage::default();
            record.message_id = Some(format!("message-{i}"));
            record.body = Some(if poisoned && i == 7 { "poison".to_owned() } else { body.clone() });
            record
        });
        let mut event = SqsEvent::default();
        event.records = records.collect();
        event
    };
    let failed = json!({"batchItemFailures": [{"itemIdentifier": "message-7"}]});
    assert_eq!(app.analyse(records(true)).await, failed);
    let mut found = tenant.fetch_ids(json!({})).await;
    found.sort_unstable();
    assert_eq!(found, ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c8", "c9"]);
    // Delivered once more, each is applied once all the same.
    let before = tenant.everything().await;
    assert_eq!(app.analyse(records(true)).await, failed);
    assert_eq!(tenant.everything().await, before);
    assert_eq!(app.analyse(records(false)).await, json!({"batchItemFailures": []}));
    assert_eq!(tenant.fetch(json!({})).await["total"], 10);
}

#[tokio::test]
async fn f24_two_hundred_pushes_that_race_are_all_counted() {
    let tenant = Tenant::new().await;
    // Sixteen at a time: each takes a process of its own, all of them race for one limiter, and the emulator does one thing at a time.
    let batches: BTreeSet<String> = stream::iter(0..200)
        .map(|i| {
            let tenant = tenant.clone();
            async move { tenant.push(&[plain(&format!("c{i}"), DAY)]).await }
        })
        .buffer_unordered(16)
        .collect()
        .await;
    assert_eq!(batches.len(), 200);
    for batch in &batches {
        let state = tenant.settled(batch).await;
        assert_eq!((&state["analyzed"], &state["failed"]), (&json!(1), &json!(0)), "{state}");
    }
    assert_eq!(tenant.fetch(json!({})).await["total"], 200);
    assert_eq!(tenant.fetch(json!({"date_from": "2026-06-03", "date_to": "2026-06-03"})).await["total"], 200);
}

#[tokio::test]
async fn f25_odd_queries_are_refused_by_name_and_never_a_5xx() {
    let tenant = Tenant::new().await;
    for (query, named) in [
        ("search=a%20b", vec!["search"]),
        ("search=%22x%22", vec!["search"]),
        ("q=a+b", vec!["q"]),
        ("q=a%2Bb&search", vec!["q", "search"]),
        ("%20=1", vec![" "]),
        ("a[]=1&a[]=2", vec!["a[]", "a[]"]),
        ("q=%FF%FE", vec!["q"]),
        ("q=%", vec!["q"]),
        ("q=%zz", vec!["q"]),
        ("q=%00", vec!["q"]),
        ("q=ü", vec!["q"]),
    ] {
        let query: String =
            query.chars().map(|c| if c.is_ascii() { c.to_string() } else { "%C3%BC".to_owned() }).collect();
        let reply = tenant.get(&format!("tasks?{query}")).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), named, "{query}");
    }
    tenant.get("tasks?").await.expect(200);
    tenant.get("tasks?&&").await.expect(200);
    // The stage is no part of our paths; a wrong one is an unknown path.
    tenant.get(&format!("/prod{}", tenant.path("tasks"))).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn f26_a_plus_in_an_offset_counts_whether_it_is_encoded_or_not() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[crate::harness::text::leaving("c", DAY)]).await;
    let all = tenant.tasks("limit=100").await["total"].clone();
    assert_ne!(all, 0);
    // The task was made just now; write the times around it as a clock ten hours ahead shows them.
    let shown = |minutes: i64| {
        let local = clock::now() + jiff::SignedDuration::from_mins(600 + minutes);
        local.to_string().trim_end_matches('Z').to_owned()
    };
    for plus in ["+", "%2B", "%20"] {
        let of = async |name: &str, minutes: i64| {
            tenant.tasks(&format!("{name}={}{plus}10:00", shown(minutes))).await["total"].clone()
        };
        assert_eq!(of("date_from", -5).await, all, "{plus}");
        assert_eq!(of("date_from", 5).await, 0, "{plus}");
        assert_eq!(of("date_to", 5).await, all, "{plus}");
        assert_eq!(of("date_to", -5).await, 0, "{plus}");
    }
    for nonsense in
        ["2026-06-03T10:00:00", "2026-06-03T10:00:00+", "2026-06-03T10:00:00*10:00", "yesterday", "2026-13-01"]
    {
        assert_eq!(
            tenant.get(&format!("tasks?date_from={nonsense}")).await.faults(422, "VALIDATION_FAILED"),
            ["date_from"]
        );
    }
}
