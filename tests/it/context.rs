//! Behaviour events in, context for chatbots out.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::harness::Tenant;
use crate::harness::text::{leaving, with};

fn ago(seconds: i64) -> Timestamp {
    runtime::clock::now() - SignedDuration::from_secs(seconds)
}

fn event(id: &str, event_type: &str, at: Timestamp, customer: &str, session: &str) -> Value {
    json!({"id": id, "type": event_type, "occurred_at": at.to_string(), "customer_id": customer, "session_id": session})
}

fn view(id: &str, at: Timestamp, (customer, session): (&str, &str), url: &str, fields: Value) -> Value {
    let mut view = with(event(id, "page_view", at, customer, session), fields);
    view["url"] = json!(url);
    view
}

async fn push(tenant: &Tenant, events: &[Value]) -> Value {
    tenant.post("events", &json!({ "events": events })).await.expect(202)
}

/// A tenant with that journey.
async fn tenant_with(journey: Value) -> Tenant {
    let tenant = Tenant::new().await;
    let mut settings = tenant.get("settings").await.expect(200);
    settings["journey"] = journey;
    tenant.send_json("PUT", "settings", &settings).await.expect(200);
    tenant
}

fn step(name: &str, weight: u32, path: &str, events: &[&str]) -> Value {
    json!({"name": name, "weight": weight, "paths": [path], "events": events})
}

#[tokio::test]
async fn the_seeds_customer_who_registered() {
    let tenant = tenant_with(json!([
        step("doctor", 141, "/doctors/*", &[]),
        step("account", 16, "/account", &["registration"]),
        step("booking", 43, "/booking", &["purchase"]),
    ]))
    .await;
    let (who, at) = (("user_67890", "sess_1"), ago(3_600));
    let seen = json!({
        "name": "Dr. Smith Consultation", "category": "medical", "price_amount": 0.0, "price_cur": "USD", "duration_secs": 45.2,
    });
    let taken = push(
        &tenant,
        &[
            view("e1", at, who, "https://store.com/doctors/smith", seen),
            event("e2", "registration", ago(3_500), who.0, who.1),
        ],
    )
    .await;
    assert_eq!(taken, json!({"accepted": 2, "duplicates": 0, "not_kept": 0}));
    let history = tenant.get("/context/history/user_67890?limit=3&time_range=7d").await.expect(200);
    let expected = json!({
        "customerId": "user_67890",
        "stats": {"bought": false, "engagement_rate": 78.5, "type_of_signal": "reg", "avg_see_page": 45.2, "is_bot": false},
        "intents": [{
            "url": "https://store.com/doctors/smith", "name": "Dr. Smith Consultation", "category": "medical", "price_amount": 0.0,
            "price_cur": "USD", "timestamp": at.to_string(),
        }],
    });
    assert_eq!(history, expected);
}

#[tokio::test]
async fn the_seeds_session_after_a_purchase() {
    let tenant =
        tenant_with(json!(
            [step("order", 184, "/thank-you", &[]), step("account", 16, "/account", &["registration"]),]
        ))
        .await;
    let who = ("user_1", "sess_xyz789");
    let seen = json!({
        "name": "Order Confirmation", "category": "system", "price_amount": 0.0, "price_cur": "USD", "duration_secs": 120.4,
    });
    push(
        &tenant,
        &[
            view("e1", ago(60), who, "https://store.com/thank-you", seen),
            event("e2", "purchase", ago(59), who.0, who.1),
        ],
    )
    .await;
    let realtime = tenant.get("/context/realtime/sess_xyz789").await.expect(200);
    let expected = json!({
        "sessionId": "sess_xyz789",
        "stats": {"engagement_rate": 92.0, "type_of_signal": "after_buy", "avg_see_page": 120.4, "is_bot": false},
        "current_intent": {
            "url": "https://store.com/thank-you", "name": "Order Confirmation", "category": "system", "price_amount": 0.0, "price_cur": "USD",
        },
    });
    assert_eq!(realtime, expected);
}

#[tokio::test]
async fn the_seeds_customer_who_drops_gets_the_seeds_advice() {
    let tenant =
        tenant_with(json!([step("product", 35, "/products/*", &[]), step("order", 65, "/thank-you", &["purchase"]),]))
            .await;
    let who = ("user_2", "sess_2");
    let seen = json!({"name": "Nike Air Max 90", "category": "sneakers", "price_amount": 150.0, "price_cur": "USD"});
    push(
        &tenant,
        &[
            view("e1", ago(90), who, "https://store.com/products/air-max-90", seen),
            event("e2", "session_end", ago(30), who.0, who.1),
        ],
    )
    .await;
    // Support knows the customer too.
    let contact = json!({"contact": {"id": "user_2", "name": "Jo"}});
    tenant.analysed(&[with(leaving("c1", &ago(86_400).to_string()), contact)]).await;

    let body = tenant.get("/context/prompt/user_2").await.expect(200);
    assert_eq!((&body["stats"]["engagement_rate"], &body["stats"]["type_of_signal"]), (&json!(35.0), &json!("drop")));
    let rules: Vec<&str> =
        body["next_best_actions"].as_array().unwrap().iter().map(|action| action["rule"].as_str().unwrap()).collect();
    assert_eq!(rules, ["offer_discount", "show_similar", "ask_question"]);
    let prompt = body["prompt"].as_str().unwrap();
    for part in [
        "The user shows signs of losing interest (signal: drop).",
        "viewed: \"Nike Air Max 90\", category \"sneakers\", price 150 USD",
        "1. Offer a 10% discount on this item.",
        "open support matter",
        "churn risk: high",
    ] {
        assert!(prompt.contains(part), "{part} is not in {prompt}");
    }
    assert_eq!(body["support"]["open_matters"][0]["conversation_uid"], "c1");
    let short = tenant.get("/context/prompt/user_2?max_tokens=150").await.expect(200);
    assert!(short["tokens"].as_u64().unwrap() <= 150 && short["left_out"].as_u64().unwrap() > 0, "{short}");
}

#[tokio::test]
async fn programs_and_people_are_told_apart() {
    let tenant = Tenant::new().await;
    let (bot, person) = (("crawler", "sess-bot"), ("person", "sess-person"));
    let start = ago(1_500);
    let mut events: Vec<Value> = (0..60)
        .map(|i| {
            let at = start + SignedDuration::from_millis(i * 400);
            view(&format!("b{i}"), at, bot, &format!("https://store.com/products/{i}"), json!({}))
        })
        .collect();
    let mut second = 0;
    for i in 0..20_i64 {
        second += 4 + (i * i * 31) % 57;
        let at = start + SignedDuration::from_secs(second);
        let url = format!("https://store.com/products/{}", i % 7);
        events.push(view(&format!("p{i}"), at, person, &url, json!({"duration_secs": 3 + i % 5})));
    }
    push(&tenant, &events).await;
    for (who, is_bot) in [(bot, true), (person, false)] {
        let realtime = tenant.get(&format!("/context/realtime/{}", who.1)).await.expect(200);
        assert_eq!(realtime["stats"]["is_bot"], is_bot, "{realtime}");
        let history = tenant.get(&format!("/context/history/{}", who.0)).await.expect(200);
        assert_eq!(history["stats"]["is_bot"], is_bot, "{history}");
    }
    assert_eq!(
        tenant.get("/context/history/person?limit=100").await.expect(200)["intents"].as_array().unwrap().len(),
        7
    );
}

#[tokio::test]
async fn events_may_come_shuffled_in_pieces_at_once_and_again() {
    let (whole, pieces) = (Tenant::new().await, Tenant::new().await);
    let who = ("user", "sess");
    let start = ago(1_000);
    let mut events: Vec<Value> = (0..60)
        .map(|i| {
            let at = start + SignedDuration::from_secs(i * 13 + i % 3);
            view(
                &format!("e{i}"),
                at,
                who,
                &format!("https://store.com/cart/{}", i % 9),
                json!({"name": format!("n{i}")}),
            )
        })
        .collect();
    events.push(event("end", "session_end", ago(5), who.0, who.1));
    push(&whole, &events).await;

    events.reverse();
    let requests = events.chunks(7).chain(events.chunks(20)).map(|part| push(&pieces, part));
    let answers = futures_util::future::join_all(requests).await;
    let sum = |name: &str| answers.iter().map(|answer| answer[name].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("accepted"), sum("duplicates")), (61, 61));
    let lines = events.iter().map(Value::to_string).collect::<Vec<_>>().join("\n");
    let again = pieces.request("POST", "events", &[("content-type", "application/x-ndjson")], lines).await.expect(202);
    assert_eq!((&again["accepted"], &again["duplicates"]), (&json!(0), &json!(61)));
    for path in ["/context/history/user", "/context/realtime/sess"] {
        assert_eq!(pieces.get(path).await.expect(200), whole.get(path).await.expect(200), "{path}");
    }
}

#[tokio::test]
async fn an_unchanged_session_is_304() {
    let tenant = Tenant::new().await;
    push(&tenant, &[view("1", ago(5), ("u", "s"), "/a", json!({}))]).await;
    let first = tenant.get("/context/realtime/s").await;
    first.expect(200);
    let tag = first.header("etag").to_owned();
    let ask = async || tenant.request("GET", "/context/realtime/s", &[("if-none-match", &tag)], Vec::new()).await;
    let same = ask().await;
    assert_eq!((same.status, same.body.len(), same.header("etag")), (304, 0, &*tag));
    push(&tenant, &[view("2", ago(1), ("u", "s"), "/b", json!({}))]).await;
    let changed = ask().await;
    assert_eq!(changed.expect(200)["current_intent"]["url"], "/b");
    assert_ne!(changed.header("etag"), tag);
}

#[tokio::test]
async fn odd_questions_are_answered_as_the_seed_says() {
    let tenant = Tenant::new().await;
    tenant.get("/context/history/nobody").await.problem(404, "NOT_FOUND");
    tenant.get("/context/realtime/nothing").await.problem(404, "NOT_FOUND");
    tenant.get("/context/prompt/nobody").await.problem(404, "NOT_FOUND");
    for (query, faults) in [
        ("time_range=7", &["time_range"][..]),
        ("limit=0", &["limit"]),
        ("limit=101&sessions_limit=x&time_range=-1d", &["limit", "sessions_limit", "time_range"]),
        ("timerange=7d", &["timerange"]),
    ] {
        let reply = tenant.get(&format!("/context/history/nobody?{query}")).await;
        assert_eq!(reply.faults(400, "REFUSED"), faults, "{query}");
    }
    // Known by an event or by a conversation, but nothing in the range.
    push(&tenant, &[view("1", ago(90_000), ("known", "s"), "/a", json!({}))]).await;
    let contact = json!({"contact": {"id": "caller"}});
    tenant.analysed(&[with(leaving("c1", &ago(86_400).to_string()), contact)]).await;
    for customer in ["known", "caller"] {
        let empty = tenant.get(&format!("/context/history/{customer}?time_range=24h")).await.expect(200);
        let stats = json!({"bought": false, "engagement_rate": null, "type_of_signal": null, "avg_see_page": null, "is_bot": false});
        assert_eq!(empty, json!({"customerId": customer, "stats": stats, "intents": []}));
    }
    assert_eq!(
        tenant.get("/context/history/known?time_range=2d").await.expect(200)["intents"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn ids_may_hold_anything_and_are_each_tenants_own() {
    let (one, other) = (Tenant::new().await, Tenant::new().await);
    for (id, path) in [
        ("a b", "a%20b"),
        ("50%", "50%25"),
        ("jürgen@例.jp", "j%C3%BCrgen%40%E4%BE%8B.jp"),
        ("T#x#N#y", "T%23x%23N%23y"),
        ("a?b=c", "a%3Fb=c"),
    ] {
        for (tenant, url) in [(&one, "/one"), (&other, "/other")] {
            push(tenant, &[view(&format!("{id}{url}"), ago(9), (id, id), url, json!({}))]).await;
            let history = tenant.get(&format!("/context/history/{path}")).await.expect(200);
            assert_eq!((&history["customerId"], &history["intents"][0]["url"]), (&json!(id), &json!(url)));
            let realtime = tenant.get(&format!("/context/realtime/{path}")).await.expect(200);
            assert_eq!((&realtime["sessionId"], &realtime["current_intent"]["url"]), (&json!(id), &json!(url)));
        }
    }
    let reader = one.another_key(&["context-read"]).await;
    one.with(&reader).post("events", &json!({})).await.problem(403, "MISSING_ABILITY");
    let pusher = one.another_key(&["events-create"]).await;
    one.with(&pusher).get("/context/history/50%25").await.problem(403, "MISSING_ABILITY");
    one.with(&other.key).get(&one.path("contacts/50%25/export")).await.problem(404, "NOT_FOUND");
}

#[tokio::test]
async fn a_customer_of_many_sessions_is_answered_from_the_newest() {
    let tenant = Tenant::new().await;
    let start = ago(86_400);
    for part in 0..3 {
        let events: Vec<Value> = (part * 100..(part + 1) * 100)
            .map(|i| {
                let at = start + SignedDuration::from_secs(i * 60);
                view("e", at, ("many", &*format!("s{i}")), &format!("/product/{i}"), json!({}))
            })
            .collect();
        push(&tenant, &events).await;
    }
    let urls = async |query: &str| -> Vec<Value> {
        let history = tenant.get(&format!("/context/history/many?{query}")).await.expect(200);
        history["intents"].as_array().unwrap().iter().map(|intent| intent["url"].clone()).collect()
    };
    assert_eq!(urls("limit=2").await, ["/product/299", "/product/298"]);
    assert_eq!(urls("limit=100&sessions_limit=3").await, ["/product/299", "/product/298", "/product/297"]);
    assert_eq!(urls("limit=100&sessions_limit=100").await.len(), 100);
}

#[tokio::test]
async fn help_centre_mail_and_surveys_are_counted_exactly() {
    let tenant = Tenant::new().await;
    let at: Timestamp = "2026-06-03T09:00:00Z".parse().unwrap();
    let support = |id: &str, event_type: &str, minutes: i64, customer: &str, fields: Value| {
        let mut event = with(event(id, event_type, at + SignedDuration::from_mins(minutes), customer, "s"), fields);
        event.as_object_mut().unwrap().remove("session_id");
        event
    };
    let article = json!({"article_id": "a1", "title": "Refunds", "slug": "refunds"});
    let events = [
        support("1", "article_view", 0, "reader", article.clone()),
        support("2", "article_view", 5, "reader", article.clone()),
        support("3", "article_view", 0, "asker", article.clone()),
        support("4", "article_view", 0, "reader", json!({"article_id": "a2"})),
        support("5", "article_feedback", 6, "reader", json!({"article_id": "a1", "helpful": true})),
        support("6", "article_feedback", 6, "asker", json!({"article_id": "a1", "helpful": false})),
        support("7", "email_bounce", 0, "reader", json!({})),
        support("8", "email_bounce", 9, "reader", json!({})),
        support("9", "email_complaint", 0, "asker", json!({})),
        support("10", "csat_response", 0, "asker", json!({"rating": 5})),
        support("11", "csat_response", 0, "reader", json!({})),
        support("12", "csat_response", 60 * 24 * 30, "reader", json!({"rating": 1})),
    ];
    push(&tenant, &events).await;
    // Again, in other company: nothing counts twice.
    push(&tenant, &events[3..]).await;
    let contact = json!({"contact": {"id": "asker"}, "csat": [{"rating": 3, "responded_at": "2026-06-04T10:00:00Z"}]});
    tenant.analysed(&[with(leaving("c1", "2026-06-03T10:00:00Z"), contact)]).await;

    let path = "/api/v2/analytics/conversations/insights?date_from=2026-06-01&date_to=2026-06-07";
    let found = tenant.get(path).await.expect(200);
    assert_eq!(
        found["help_center_deflection"],
        json!({
            "article_count": 2, "deflection_rate": 0.5, "helpful_feedback": 1, "not_helpful_feedback": 1, "total_views": 4,
            "top_articles": [
                {"article_id": "a1", "helpful_count": 1, "not_helpful_count": 1, "slug": "refunds", "title": "Refunds", "view_count": 3},
                {"article_id": "a2", "helpful_count": 0, "not_helpful_count": 0, "slug": "", "title": "", "view_count": 1},
            ],
        })
    );
    let mail = &found["email_channel_metrics"];
    assert_eq!((&mail["bounced_contacts"], &mail["complained_contacts"]), (&json!(1), &json!(1)));
    let csat = &found["csat"];
    assert_eq!(
        (&csat["avg_rating"], &csat["rated_responses"], &csat["total_responses"]),
        (&json!(4.0), &json!(2), &json!(3))
    );
    // What belongs to no session is no session.
    let history = tenant.get("/context/history/reader").await.expect(200);
    assert_eq!((&history["intents"], &history["stats"]["engagement_rate"]), (&json!([]), &Value::Null));
}
