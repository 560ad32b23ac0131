//! The seeds' requests, as the seeds write them: same path, same query, same body. A table a seed.

use serde_json::{Value, json};

use crate::harness::Tenant;

/// Every field of `shape` is in `found`, and where the shape has an object or a list of them, so has the value (or `null`, or an empty
/// list). `exact` allows nothing else.
#[track_caller]
fn has_shape(found: &Value, shape: &Value, exact: bool, place: &str) {
    match (shape, found) {
        (Value::Object(fields), Value::Object(map)) => {
            for (name, shape) in fields {
                let value = map.get(name).unwrap_or_else(|| panic!("{place}/{name} is missing in {found}"));
                has_shape(value, shape, exact, &format!("{place}/{name}"));
            }
            assert!(!exact || map.len() == fields.len(), "{place} has more than the seed: {found}");
        }
        (Value::Array(shapes), Value::Array(items)) => {
            for (item, shape) in items.iter().filter_map(|item| shapes.first().map(|shape| (item, shape))) {
                has_shape(item, shape, exact, place);
            }
        }
        (Value::Object(_), Value::Null) => {}
        (Value::Object(_) | Value::Array(_), _) => panic!("{place} is {found}"),
        (Value::Number(_), value) => assert!(value.is_number() || value.is_null(), "{place} is {value}"),
        (Value::String(_), value) => assert!(value.is_string() || value.is_null(), "{place} is {value}"),
        _ => {}
    }
}

/// The body of the Isara seed's example.
fn isara_example() -> Value {
    json!({
      "conversations": [
        {
          "id": "conv-12345",
          "created_at": "2026-06-03T10:00:00Z",
          "status": "closed",
          "subject": "Login issues",
          "priority": "high",
          "contact": {"id": "user-88", "name": "Jane Doe", "email": "[email protected]"},
          "messages": [
            {"id": "msg-001", "created_at": "2026-06-03T10:01:00Z", "author_type": "customer", "body": "I cannot access my dashboard.", "content_type": "text"},
            {"id": "msg-002", "created_at": "2026-06-03T10:05:00Z", "author_type": "agent", "body": "Let me reset your password.", "content_type": "text"}
          ]
        }
      ]
    })
}

/// The reports that the Isara seed names, each with the parameters that it names for all of them.
const ISARA_REPORTS: &[&str] = &[
    "agent-roster",
    "agent-performance-score",
    "agent-capability-profile",
    "agent-skill-match",
    "agent-detection-rates",
    "agent-volume-assessments",
    "customers-at-risk",
    "users-at-risk",
    "customer-monitoring",
    "pcsat",
    "customer-temperature",
    "temperature-evolution",
    "average-growth-opportunities-mentions",
    "tenant-recommendations",
    "agent-effort",
    "agent-contribution",
    "agent-assessment-conversation-uids",
    "agent-training-recommendations",
    "customer-monitoring-chart",
    "average-information-shares-per-conversation",
];

#[tokio::test]
async fn isara() {
    let tenant = Tenant::new().await;
    // The base URL ends in /api.
    let accepted = tenant.post(&tenant.path("conversations"), &isara_example()).await.expect(202);
    tenant.settled(accepted["batch_id"].as_str().unwrap()).await;
    let filters = [
        json!({}),
        json!({"date_preset": "this_year"}),
        json!({"temperatures": ["hot", "warm", "cold"]}),
        json!({"severities": ["low", "medium", "high", "critical"]}),
        json!({"conversation_uids": ["conv-12345"]}),
    ];
    for body in &filters {
        let page = tenant.post(&tenant.path("conversations/fetch"), body).await.expect(200);
        let shape =
            json!({"data": [{"conversation_uid": "", "summary": "", "tags": [], "early_warnings": []}], "total": 0});
        has_shape(&page, &shape, false, "");
    }
    // The seed's odd form, and the plain one.
    let odd = tenant.get("/api/public/conv-12345/conversations/conv-12345").await.expect(200);
    assert_eq!(odd, tenant.get("conversations/conv-12345").await.expect(200));
    assert_eq!(odd["conversation_uid"], "conv-12345");
    has_shape(&tenant.get("tasks").await.expect(200), &json!({"data": [{"kind": ""}], "total": 0}), false, "");

    let queries =
        ["", "date_preset=last_7_days", "date_preset=this_month", "channel_type=email", "ticket_status=closed"];
    let queries =
        queries.into_iter().chain(["agent_participant_type=human", "agent_participant_type=bot", "custom[plan]=pro"]);
    for query in queries {
        for name in ISARA_REPORTS {
            let tag = if *name == "customer-monitoring-chart" { "&tag=billing" } else { "" };
            let reply = tenant.get(&format!("insights/{name}?{query}{tag}")).await.expect(200);
            let shape = json!({"data": {"rows": [{}], "totals": {}}, "meta": {"report": "", "period": {"from": "", "to": ""}, "n": 0}});
            has_shape(&reply, &shape, false, name);
        }
    }
}

/// The answer of the Open.cx seed's example.
fn opencx_shape() -> Value {
    json!({
      "data": [
        {
          "id": "", "insight_number": 0, "content": "", "sentiment": "", "occurrence_count": 0,
          "category": {"id": "", "name": "", "description": ""},
          "team": {"id": "", "name": ""},
          "resolved_by": {"name": "", "avatar_url": ""}, "resolved_at": "",
          "archived_by": {"name": "", "avatar_url": "", "reason": ""}, "archived_at": "",
          "deep_research": "", "deep_research_completed_at": "",
          "first_seen_at": "", "last_seen_at": "", "created_at": "", "updated_at": ""
        }
      ],
      "page": 0, "total": 0, "totalPages": 0
    })
}

#[tokio::test]
async fn open_cx() {
    let tenant = Tenant::new().await;
    let mut made = Vec::new();
    for index in 0..3 {
        let lines = [
            (0, "customer", "My parcel was lost on the way and the shop does not answer my mails about it."),
            (9, "agent", "I am sorry about your parcel, we will send you a new one today."),
        ];
        made.push(crate::harness::text::conversation(&format!("c{index}"), "2026-06-03T10:00:00Z", &lines));
    }
    tenant.analysed(&made).await;
    let id = tenant.post("/insights", &json!({})).await.expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    let team = json!({"id": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "name": "Parcels"});
    for change in [
        json!({"status": "resolved", "deep_research": true, "team": team}),
        json!({"status": "archived", "reason": "told"}),
    ] {
        tenant.send_json("PATCH", &format!("/insights/{id}"), &change).await.expect(200);
    }
    // The seed's request; where it says "<string>", the texts that belong there.
    let literal = |from: &str, to: &str| {
        json!({
          "category": "<string>", "status": "all", "sentiment": "angry", "sortBy": "occurrence_count", "sortOrder": "desc",
          "minSessions": 4_503_599_627_370_495_u64, "search": "<string>", "teamId": "3c90c3cc-0d44-4b50-8888-8dd25736052a",
          "insightNumber": 4_503_599_627_370_495_u64, "sessionLanguage": "el", "ticketSentiment": "angry", "channel": "web",
          "sessionFromDate": from, "sessionToDate": to, "sessionStatus": "closed_resolved",
          "sessionContactId": "3c90c3cc-0d44-4b50-8888-8dd25736052a", "ticketCustomData": [{}], "contactCustomData": [{}], "page": 1
        })
    };
    let page = tenant.post("/insights", &literal("2023-11-07T05:31:56Z", "2026-11-07")).await.expect(200);
    assert_eq!(page, json!({"data": [], "page": 1, "total": 0, "totalPages": 0}));
    let refused = tenant.post("/insights", &literal("<string>", "<string>")).await;
    assert_eq!(refused.faults(422, "VALIDATION_FAILED"), ["/sessionFromDate", "/sessionToDate"]);
    // Each field by itself, with each of its words, and `null`.
    for (field, words) in [
        ("status", json!(["all", "unresolved", "resolved", "archived", null])),
        ("sentiment", json!(["angry", "happy", "neutral", null])),
        ("sortBy", json!(["occurrence_count", "last_seen_at", "first_seen_at", "created_at", null])),
        ("sortOrder", json!(["asc", "desc", null])),
        (
            "sessionLanguage",
            json!([
                "el", "de", "fr", "it", "es", "pt", "nl", "da", "sv", "no", "fi", "pl", "cs", "sk", "hu", "ro", "bg",
                "hr", "sr", "uk", "ru", "tr", "en", "zh", "ja", "ko", "hi", "id", "ms", "th", "vi", "tl", "ar", "he",
                "fa", "af", "sw", null
            ]),
        ),
        ("ticketSentiment", json!(["angry", "happy", "neutral", null])),
        (
            "channel",
            json!([
                "web",
                "email",
                "phone_voice",
                "slack",
                "sms",
                "whatsapp",
                "instagram",
                "messenger",
                "api",
                "web_voice",
                null
            ]),
        ),
        ("sessionStatus", json!(["closed_resolved", "closed_unresolved", "open", null])),
        ("minSessions", json!([1, 9_007_199_254_740_991_u64, null])),
        ("insightNumber", json!([1, 9_007_199_254_740_991_u64, null])),
        ("page", json!([1, 9_007_199_254_740_991_u64])),
        ("teamId", json!(["none", "3c90c3cc-0d44-4b50-8888-8dd25736052a", null])),
        ("search", json!(["parcel", null])),
        ("category", json!(["<string>", null])),
    ] {
        for word in words.as_array().unwrap() {
            let page = tenant.post("/insights", &json!({ field: word })).await.expect(200);
            has_shape(&page, &opencx_shape(), true, field);
        }
    }
    let page = tenant.post("/insights", &json!({})).await.expect(200);
    assert_eq!((&page["total"], &page["data"][0]["archived_by"]["reason"]), (&json!(1), &json!("told")));
}

#[tokio::test]
async fn aurion() {
    let tenant = Tenant::new().await;
    let path = "/api/v2/analytics/conversations/insights";
    for query in ["", "?date_from=2026-06-01T00:00:00Z", "?date_from=2026-06-01T00:00:00Z&date_to=2026-07-01T00:00:00Z"]
    {
        let found = tenant.get(&format!("{path}{query}")).await.expect(200);
        let blocks = [
            "agent_performance",
            "aggregation_health",
            "busiest_hours",
            "csat",
            "email_channel_metrics",
            "help_center_deflection",
            "metadata",
            "sla_breach_trend",
            "team_performance",
            "top_topics",
        ];
        let mut names: Vec<&str> = found.as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, blocks, "{query}");
    }
    // Its form of errors.
    let refused = tenant.get(&format!("{path}?date_from=x")).await.expect(422);
    has_shape(&refused, &json!({"detail": [{"loc": ["string"], "msg": "string", "type": "string"}]}), true, "");
}
