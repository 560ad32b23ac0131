//! The Open.cx surface over conversations that went all the way: pushed, analysed, gathered, read by HTTP.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::Tenant;
use crate::harness::http::Reply;
use crate::harness::text::{conversation, later, with};

const DAY: &str = "2026-06-03T10:00:00Z";

/// Somebody who was charged twice.
fn charged(id: &str, at: &str) -> Value {
    let lines = [
        (0, "customer", "You charged my credit card twice for the same invoice and I want the second charge refunded."),
        (9, "agent", "I am sorry about that. I have refunded the second charge, you will see it within three days."),
    ];
    conversation(id, at, &lines)
}

/// Somebody who cannot log in.
fn locked_out(id: &str, at: &str) -> Value {
    let lines = [
        (0, "customer", "I forgot my password and cannot log in to my account, the reset mail never arrives."),
        (5, "agent", "I have sent you a new link to reset your password. Please look into your spam folder too."),
    ];
    conversation(id, at, &lines)
}

async fn find(tenant: &Tenant, filters: Value) -> Value {
    tenant.post("/insights", &filters).await.expect(200)
}

/// (number, occurrences) of each insight, in the order of the list.
fn counts(page: &Value) -> Vec<(u64, u64)> {
    let number = |insight: &Value, name: &str| insight[name].as_u64().unwrap();
    page["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|i| (number(i, "insight_number"), number(i, "occurrence_count")))
        .collect()
}

/// Insights have gathered the conversations of three batches: charges in 1, a lost password in 2.
async fn three_and_one(tenant: &Tenant) {
    let fields = |plan: &str, seats: i64| {
        json!({
            "channel_type": "email", "status": "open", "custom": {"plan": plan, "seats": seats},
            "contact": {"id": format!("of-{plan}"), "name": "Jo", "custom": {"vip": plan == "pro"}},
        })
    };
    tenant.analysed(&[with(charged("c1", DAY), fields("pro", 5))]).await;
    tenant
        .analysed(&[with(locked_out("p1", DAY), json!({"channel_type": "web"})), charged("c2", &later(DAY, 1_440))])
        .await;
    tenant.analysed(&[with(charged("c3", &later(DAY, 2_880)), fields("free", 1))]).await;
}

#[tokio::test]
async fn conversations_about_one_matter_meet_under_one_number() {
    let tenant = Tenant::new().await;
    assert_eq!(
        find(&tenant, json!({})).await,
        json!({"data": [], "page": 1, "total": 0, "totalPages": 0}),
        "a tenant without conversations"
    );
    three_and_one(&tenant).await;
    let page = find(&tenant, json!({})).await;
    assert_eq!(counts(&page), [(1, 3), (2, 1)], "{page}");
    assert_eq!((&page["page"], &page["total"], &page["totalPages"]), (&json!(1), &json!(2), &json!(1)));
    let charges = &page["data"][0];
    assert!(charges["content"].as_str().unwrap().contains("charged my credit card twice"), "{charges}");
    assert_eq!(charges["first_seen_at"], DAY);
    assert_eq!(charges["last_seen_at"], later(DAY, 2_880));
    assert_eq!(
        (&charges["team"], &charges["resolved_at"], &charges["archived_by"]),
        (&Value::Null, &Value::Null, &Value::Null)
    );

    let detail = tenant.get(&format!("/insights/{}", charges["id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&detail["status"], &detail["sessions"]["total"]), (&json!("unresolved"), &json!(3)));
    let uids: Vec<&str> = detail["sessions"]["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["conversation_uid"].as_str().unwrap())
        .collect();
    assert_eq!(uids, ["c3", "c2", "c1"]);
    assert!(detail["sessions"]["data"][0]["issue"].as_str().unwrap().contains("charged"));
    let categories = tenant.get("/insights/categories").await.expect(200);
    let total: u64 =
        categories["data"].as_array().unwrap().iter().map(|c| c["occurrence_count"].as_u64().unwrap()).sum();
    assert!(total <= 4, "{categories}");
}

#[tokio::test]
async fn counts_stay_exact_when_conversations_come_again_change_and_go() {
    let tenant = Tenant::new().await;
    three_and_one(&tenant).await;
    // Again, the same: nothing.
    tenant.analysed(&[charged("c2", &later(DAY, 1_440))]).await;
    assert_eq!(counts(&find(&tenant, json!({})).await), [(1, 3), (2, 1)]);
    // A newer version is about something else, and on another day.
    let moved = with(locked_out("c2", &later(DAY, 9_000)), json!({"updated_at": later(DAY, 10_000)}));
    tenant.analysed(&[moved]).await;
    assert_eq!(counts(&find(&tenant, json!({})).await), [(1, 2), (2, 2)]);
    // An older version changes nothing.
    tenant.analysed(&[charged("c2", &later(DAY, 1_440))]).await;
    assert_eq!(counts(&find(&tenant, json!({})).await), [(1, 2), (2, 2)]);
    // The one whose words stood for the insight goes: others' words stand for it.
    for id in ["c1", "p1"] {
        tenant.delete(&format!("conversations/{id}")).await;
    }
    let page = find(&tenant, json!({})).await;
    assert_eq!(counts(&page), [(1, 1), (2, 1)], "{page}");
    assert!(page["data"][0]["content"].as_str().unwrap().contains("charged"));
    tenant.delete("conversations/c3").await;
    let page = find(&tenant, json!({})).await;
    assert_eq!(counts(&page), [(2, 1)]);
    assert_eq!(find(&tenant, json!({"insightNumber": 1})).await["total"], 0);
}

#[tokio::test]
async fn batches_at_the_same_time_agree_on_the_numbers() {
    let tenant = Tenant::new().await;
    let mut batches = Vec::new();
    for batch in 0..8 {
        let at = later(DAY, batch);
        batches.push(tenant.push(&[charged(&format!("c{batch}"), &at), locked_out(&format!("p{batch}"), &at)]).await);
    }
    for batch in &batches {
        assert_eq!(tenant.settled(batch).await["status"], "done");
    }
    let page = find(&tenant, json!({})).await;
    let mut found = counts(&page);
    found.sort_unstable();
    assert_eq!(found, [(1, 8), (2, 8)], "{page}");
}

#[tokio::test]
async fn every_filter_means_what_it_says() {
    let tenant = Tenant::new().await;
    three_and_one(&tenant).await;
    let cases: &[(Value, &[(u64, u64)])] = &[
        (
            json!({"status": null, "sortBy": null, "page": null, "category": null, "ticketCustomData": null}),
            &[(1, 3), (2, 1)],
        ),
        (json!({"sortOrder": "asc"}), &[(2, 1), (1, 3)]),
        (json!({"sortBy": "last_seen_at"}), &[(1, 3), (2, 1)]),
        (json!({"sortBy": "first_seen_at", "sortOrder": "asc"}), &[(1, 3), (2, 1)]),
        (json!({"sortBy": "created_at"}), &[(2, 1), (1, 3)]),
        (json!({"minSessions": 2}), &[(1, 3)]),
        (json!({"minSessions": 4_503_599_627_370_495_u64}), &[]),
        (json!({"search": "CREDIT CARD"}), &[(1, 3)]),
        (json!({"search": "unicorn"}), &[]),
        (json!({"insightNumber": 2}), &[(2, 1)]),
        (json!({"insightNumber": 9_007_199_254_740_991_u64}), &[]),
        (json!({"teamId": "none"}), &[(1, 3), (2, 1)]),
        (json!({"teamId": "3c90c3cc-0d44-4b50-8888-8dd25736052a"}), &[]),
        (json!({"sessionLanguage": "en"}), &[(1, 3), (2, 1)]),
        (json!({"sessionLanguage": "el"}), &[]),
        (json!({"channel": "email"}), &[(1, 2)]),
        (json!({"channel": "web"}), &[(2, 1)]),
        (json!({"sessionFromDate": "2026-06-04"}), &[(1, 2)]),
        (json!({"sessionToDate": "2026-06-03"}), &[(1, 1), (2, 1)]),
        (json!({"sessionFromDate": "2026-06-04T00:00:00+02:00", "sessionToDate": "2026-06-05T00:00:00Z"}), &[(1, 1)]),
        (json!({"sessionContactId": "of-pro"}), &[(1, 1)]),
        (json!({"sessionStatus": "open", "channel": "email"}), &[(1, 2)]),
        (json!({"sessionStatus": "closed_resolved", "channel": "email"}), &[]),
        (json!({"ticketCustomData": [{"plan": "pro"}]}), &[(1, 1)]),
        (json!({"ticketCustomData": [{"plan": "pro", "seats": 5}]}), &[(1, 1)]),
        (json!({"ticketCustomData": [{"plan": "pro", "seats": 1}]}), &[]),
        (json!({"ticketCustomData": [{"plan": "pro"}, {"seats": 1}]}), &[(1, 2)]),
        (json!({"ticketCustomData": [{}]}), &[(1, 3), (2, 1)]),
        (json!({"contactCustomData": [{"vip": true}]}), &[(1, 1)]),
        (json!({"page": 2}), &[]),
        (json!({"category": "no such category"}), &[]),
    ];
    for (filters, expected) in cases {
        let page = find(&tenant, filters.clone()).await;
        assert_eq!(counts(&page), *expected, "{filters}: {page}");
    }
    // What a list says of an insight finds it again.
    let all = find(&tenant, json!({})).await;
    for insight in all["data"].as_array().unwrap() {
        for (filter, value) in [("category", &insight["category"]["name"]), ("sentiment", &insight["sentiment"])] {
            let found = find(&tenant, json!({filter: value})).await;
            assert!(counts(&found).iter().any(|(n, _)| *n == insight["insight_number"].as_u64().unwrap()), "{filter}");
        }
    }
    // The same pairs as a report's filter.
    let report =
        tenant.get("insights/pcsat?date_from=2026-06-01&date_to=2026-06-30&custom[plan]=pro").await.expect(200);
    assert_eq!(report["meta"]["n"], 1);
}

#[tokio::test]
async fn people_decide_and_a_resolved_insight_that_recurs_is_open_again() {
    let tenant = Tenant::new().await;
    three_and_one(&tenant).await;
    let page = find(&tenant, json!({})).await;
    let path = |index: usize| format!("/insights/{}", page["data"][index]["id"].as_str().unwrap());
    let patch = async |index: usize, change: Value| tenant.send_json("PATCH", &path(index), &change).await.expect(200);

    let archived = patch(1, json!({"status": "archived", "reason": "a known limit"})).await;
    assert_eq!(
        (&archived["status"], &archived["archived_by"]["reason"]),
        (&json!("archived"), &json!("a known limit"))
    );
    let team = json!({"id": "billing", "name": "Billing"});
    let resolved = patch(0, json!({"status": "resolved", "team": team, "deep_research": true})).await;
    assert_eq!((&resolved["status"], &resolved["team"]), (&json!("resolved"), &team));
    let digest = resolved["deep_research"].as_str().unwrap();
    assert!(digest.starts_with("3 conversations from 2026-06-03 to 2026-06-05;"), "{digest}");
    assert!(digest.contains("Channels: email 2.") && digest.contains("charged my credit card twice"), "{digest}");
    // Said again, nothing changes.
    assert_eq!(patch(0, json!({"status": "resolved"})).await["resolved_at"], resolved["resolved_at"]);
    for (filters, expected) in [
        (json!({"status": "resolved"}), vec![(1, 3)]),
        (json!({"status": "archived"}), vec![(2, 1)]),
        (json!({"status": "unresolved"}), vec![]),
        (json!({"teamId": "billing"}), vec![(1, 3)]),
        (json!({"teamId": "none"}), vec![(2, 1)]),
    ] {
        assert_eq!(counts(&find(&tenant, filters.clone()).await), expected, "{filters}");
    }

    // A late one that began before changes nothing; one that began since opens it again, until it is deleted.
    tenant.analysed(&[charged("late", &later(DAY, 60))]).await;
    assert_eq!(find(&tenant, json!({"status": "resolved"})).await["data"][0]["occurrence_count"], 4);
    let since = later(resolved["resolved_at"].as_str().unwrap(), 1);
    tenant.analysed(&[charged("again", &since), locked_out("more", &since)]).await;
    let open = tenant.get(&path(0)).await.expect(200);
    assert_eq!(
        (&open["status"], &open["resolved_by"], &open["reopened_at"]),
        (&json!("unresolved"), &Value::Null, &json!(since))
    );
    assert_eq!(tenant.get(&path(1)).await.expect(200)["status"], "archived");
    tenant.delete("conversations/again").await;
    assert_eq!(tenant.get(&path(0)).await.expect(200)["status"], "resolved");

    let open = patch(0, json!({"status": "unresolved", "team": null, "deep_research": false})).await;
    assert_eq!(
        (&open["status"], &open["team"], &open["deep_research"]),
        (&json!("unresolved"), &Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn every_fault_of_a_request_is_named() {
    let tenant = Tenant::new().await;
    let pointers = |reply: &Reply| -> BTreeSet<String> { reply.faults(422, "VALIDATION_FAILED").into_iter().collect() };
    let wrong = json!({
        "category": 7, "status": "open", "sentiment": "sad", "sortBy": "content", "sortOrder": "up", "minSessions": 0, "search": "",
        "teamId": "", "insightNumber": 1.5, "sessionLanguage": "xx", "ticketSentiment": "sad", "channel": "fax",
        "sessionFromDate": "<string>", "sessionToDate": 5, "sessionStatus": "closed", "sessionContactId": {}, "ticketCustomData": {},
        "contactCustomData": [{"a": []}], "page": 0, "sortby": "x",
    });
    let reply = tenant.post("/insights", &wrong).await;
    let expected = [
        "category",
        "status",
        "sentiment",
        "sortBy",
        "sortOrder",
        "minSessions",
        "search",
        "teamId",
        "insightNumber",
        "sessionLanguage",
        "ticketSentiment",
        "channel",
        "sessionFromDate",
        "sessionToDate",
        "sessionStatus",
        "sessionContactId",
        "ticketCustomData",
        "contactCustomData/0/a",
        "page",
        "sortby",
    ];
    assert_eq!(pointers(&reply), expected.iter().map(|name| format!("/{name}")).collect());
    assert_eq!(tenant.post("/insights?page=2", &json!({})).await.status, 422);
    assert_eq!(tenant.post("/insights", &json!([])).await.status, 422);
    let odd = find(&tenant, json!({"something": 1})).await;
    assert_eq!(odd["warnings"][0]["pointer"], "/something");

    tenant.analysed(&[charged("c1", DAY)]).await;
    let id = find(&tenant, json!({})).await["data"][0]["id"].as_str().unwrap().to_owned();
    for (change, pointer) in [
        (json!({}), ""),
        (json!({"status": "archived"}), "/reason"),
        (json!({"status": "resolved", "reason": "x"}), "/reason"),
        (json!({"status": "done"}), "/status"),
        (json!({"team": {"name": "x"}}), "/team/id"),
        (json!({"team": "x"}), "/team"),
        (json!({"deep_research": "yes"}), "/deep_research"),
        (json!({"statuss": "resolved"}), "/statuss"),
    ] {
        let reply = tenant.send_json("PATCH", &format!("/insights/{id}"), &change).await;
        assert!(pointers(&reply).contains(pointer), "{change}: {reply:?}");
    }
    for bad in ["x", "3c90c3cc-0d44-4b50-8888-8dd25736052a", "00000000-0000-0000-0000-000000000000"] {
        tenant.get(&format!("/insights/{bad}")).await.problem(404, "NOT_FOUND");
    }
    assert_eq!(tenant.get(&format!("/insights/{id}?page=0")).await.status, 422);
    // Another tenant's id is as unknown as one that nobody has.
    let other = Tenant::new().await;
    other.get(&format!("/insights/{id}")).await.problem(404, "NOT_FOUND");
}
