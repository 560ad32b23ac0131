//! Reports over conversations that went all the way: pushed, analysed, read by HTTP.

use serde_json::{Value, json};

use crate::harness::Tenant;
use crate::harness::text::{conversation, later, leaving, outage, thankful, with};

const DAY: &str = "2026-06-03T10:00:00Z";
const WEEK: &str = "date_from=2026-06-01&date_to=2026-06-07";
const ANALYTICS: &str = "/api/v2/analytics/conversations/insights";

/// The path of a report with the parameters it cannot do without.
fn report(name: &str, query: &str) -> String {
    let tag = if name == "customer-monitoring-chart" { "&tag=billing" } else { "" };
    format!("insights/{name}?{query}{tag}")
}

fn names() -> impl Iterator<Item = &'static str> {
    domain::insights::ALL.iter().map(|entry| entry.name)
}

/// Every report's data; what changes from call to call is left out.
pub(crate) async fn all(tenant: &Tenant, query: &str) -> Vec<(&'static str, Value)> {
    let mut found = Vec::new();
    for name in names() {
        let reply = tenant.get(&report(name, query)).await.expect(200);
        found.push((name, json!({"data": reply["data"], "n": reply["meta"]["n"]})));
    }
    found
}

/// Eight conversations on two days, by four kinds.
fn eight() -> Vec<Value> {
    let team = json!({
        "assignee": {"id": "ann", "name": "Ann"}, "team": {"id": "first", "name": "First line"}, "channel_type": "email",
        "channel_id": "help@example.com", "custom": {"plan": "pro"},
        "contact": {"id": "user-1", "name": "Jo", "account": {"id": "acme", "name": "Acme"}},
    });
    (0..8)
        .map(|i| {
            let (id, began) = (format!("c{i}"), later(DAY, 1_440 * (i / 4) + i));
            let made = match i % 4 {
                0 => leaving(&id, &began),
                1 => thankful(&id, &began),
                2 => outage(&id, &began),
                _ => conversation(&id, &began, &[(0, "customer", "Hello, is anybody there?")]),
            };
            with(made, team.clone())
        })
        .collect()
}

#[tokio::test]
async fn every_report_answers_and_agrees_with_the_list() {
    let tenant = Tenant::new().await;
    tenant.analysed(&eight()).await;
    for (name, found) in all(&tenant, WEEK).await {
        assert_eq!(found["n"], 8, "{name}");
    }
    let temperature = tenant.get(&report("customer-temperature", WEEK)).await.expect(200);
    for row in temperature["data"]["rows"].as_array().unwrap().iter().filter(|row| !row["temperature"].is_null()) {
        let listed = tenant
            .fetch(json!({"temperatures": [row["temperature"]], "date_from": "2026-06-01", "date_to": "2026-06-07"}))
            .await;
        assert_eq!(listed["total"], row["n"]);
    }
    let roster = tenant.get(&report("agent-roster", WEEK)).await.expect(200);
    let ann = roster["data"]["rows"].as_array().unwrap().iter().find(|row| row["agent_id"] == "ann").unwrap();
    assert_eq!((&ann["name"], &ann["assigned"]), (&json!("Ann Lee"), &json!(8)));
    let risk = tenant.get(&report("customers-at-risk", WEEK)).await.expect(200);
    assert_eq!(risk["data"]["rows"][0]["name"], "Acme");

    // Filters: all of the tenant's, none of another plan; both periods; the days add up.
    assert_eq!(tenant.get(&report("pcsat", &format!("{WEEK}&custom[plan]=pro"))).await.expect(200)["meta"]["n"], 8);
    assert_eq!(tenant.get(&report("pcsat", &format!("{WEEK}&custom[plan]=free"))).await.expect(200)["meta"]["n"], 0);
    let two =
        tenant.get(&report("pcsat", "date_from=2026-06-04&date_to=2026-06-04&compare=previous")).await.expect(200);
    assert_eq!((&two["meta"]["n"], &two["previous"]["n"]), (&json!(4), &json!(4)));

    // CSV: a header, and a line for each row.
    for name in names() {
        let reply = tenant.request("GET", &report(name, WEEK), &[("accept", "text/csv")], Vec::new()).await;
        assert_eq!(reply.status, 200, "{name}");
        assert!(reply.header("content-type").starts_with("text/csv"), "{name}");
    }
}

#[tokio::test]
async fn sending_again_changes_nothing_and_erasing_takes_out() {
    let tenant = Tenant::new().await;
    tenant.analysed(&eight()).await;
    let before = all(&tenant, WEEK).await;
    let again: Vec<Value> = eight().into_iter().rev().collect();
    tenant.settled(&tenant.push(&again).await).await;
    assert_eq!(all(&tenant, WEEK).await, before);

    for i in 0..8 {
        assert!(tenant.delete(&format!("conversations/c{i}")).await.status < 300);
    }
    let empty = Tenant::new().await;
    assert_eq!(all(&tenant, WEEK).await, all(&empty, WEEK).await);
}

#[tokio::test]
async fn f01_f08_days_are_those_of_the_zone_asked_for_and_the_last_one_belongs() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[thankful("night", "2026-03-10T23:30:00Z")]).await;
    for (zone, day) in [("Asia/Tokyo", "2026-03-11"), ("UTC", "2026-03-10")] {
        let query = format!("date_from=2026-03-09&date_to=2026-03-12&timezone={zone}");
        let reply = tenant.get(&report("temperature-evolution", &query)).await.expect(200);
        let rows = reply["data"]["rows"].as_array().unwrap();
        let days: Vec<&Value> = rows.iter().filter(|row| row["n"] == 1).map(|row| &row["bucket"]).collect();
        assert_eq!((days, rows.len()), (vec![&json!(day)], 4));
        let one =
            tenant.get(&report("pcsat", &format!("date_from={day}&date_to={day}&timezone={zone}"))).await.expect(200);
        assert_eq!(one["meta"]["n"], 1);
    }
}

#[tokio::test]
async fn refusals_name_what_is_wrong_and_give_nothing_away() {
    let (tenant, other) = (Tenant::new().await, Tenant::new().await);
    let blind = tenant.with(&tenant.another_key(&["tasks-read"]).await);
    for name in names() {
        let path = report(name, &format!("{WEEK}&colour=red"));
        assert_eq!(tenant.get(&path).await.faults(422, "VALIDATION_FAILED"), ["colour"], "{name}");
        tenant.get(&other.path(&report(name, WEEK))).await.problem(404, "NOT_FOUND");
        let refused = blind.get(&report(name, WEEK)).await.problem(403, "MISSING_ABILITY");
        assert!(refused["detail"].as_str().unwrap().contains("insights-read"), "{name}");
    }
}

#[tokio::test]
async fn the_seeds_analytics_have_the_seeds_shape() {
    let tenant = Tenant::new().await;
    let rated = json!({"csat": [{"rating": 5, "responded_at": "2026-06-04T10:00:00Z"}]});
    let mut made = eight();
    made[1] = with(made[1].clone(), rated);
    tenant.analysed(&made).await;
    let seed: Value = json!({
        "agent_performance": [{"assigned_count": 0, "assignee_name": "string", "assignee_user_id": "string", "avg_first_response_minutes": 0,
            "avg_resolution_minutes": 0, "resolution_rate": 0, "resolved_count": 0}],
        "aggregation_health": {"agent_performance_ms": 0, "overview_ms": 0, "per_query_budget_ms": 0, "sla_compliance_ms": 0,
            "target_conversation_volume": 0, "target_met": true, "total_budget_ms": 0, "total_runtime_ms": 0},
        "busiest_hours": [{"conversation_count": 0, "hour_utc": 0}],
        "csat": {"avg_rating": 0, "distribution": [{"rating": 0, "response_count": 0}], "positive_rate": 0, "positive_responses": 0,
            "rated_responses": 0, "total_responses": 0},
        "email_channel_metrics": {"active_channels": 0, "bounced_contacts": 0,
            "by_channel": [{"address": "string", "channel_id": "string", "conversation_count": 0, "status": "string"}],
            "complained_contacts": 0, "email_conversations": 0, "inbound_messages": 0, "outbound_messages": 0, "total_channels": 0},
        "help_center_deflection": {"article_count": 0, "deflection_rate": 0, "helpful_feedback": 0, "not_helpful_feedback": 0,
            "top_articles": [], "total_views": 0},
        "metadata": {},
        "sla_breach_trend": [{"breached": 0, "compliance_rate": 0, "day": "string", "met": 0, "tracked": 0}],
        "team_performance": [{"assigned_count": 0, "avg_resolution_minutes": 0, "resolution_rate": 0, "resolved_count": 0,
            "team_id": "string", "team_name": "string"}],
    });
    let found = tenant
        .get(&format!("{ANALYTICS}?date_from=2026-06-01T00:00:00Z&date_to=2026-06-08T00:00:00Z"))
        .await
        .expect(200);
    for (block, shape) in seed.as_object().unwrap() {
        let (shape, value) = match shape {
            Value::Array(items) => (&items[0], &found[block][0]),
            shape => (shape, &found[block]),
        };
        for field in shape.as_object().unwrap().keys() {
            assert!(value.get(field).is_some(), "{block}.{field} in {value}");
        }
        if block != "metadata" {
            assert_eq!(value.as_object().unwrap().len(), shape.as_object().unwrap().len(), "{block}: {value}");
        }
    }
    assert!(found["top_topics"].is_array());
    assert_eq!(found["agent_performance"][0]["assignee_name"], "Ann");
    assert_eq!(found["team_performance"][0]["team_name"], "First line");
    assert_eq!(found["email_channel_metrics"]["email_conversations"], 8);
    assert!(found["aggregation_health"]["total_runtime_ms"].as_f64().unwrap() > 0.0);
    let csat = &tenant.get(&report("pcsat", WEEK)).await.expect(200)["data"]["totals"]["csat"];
    assert_eq!((&found["csat"]["avg_rating"], &found["csat"]["rated_responses"]), (&csat["mean"], &csat["ratings"]));
    assert_eq!(csat["ratings"], 1);

    // As the seed calls it, without a period; and its form of errors.
    tenant.get(ANALYTICS).await.expect(200);
    let refused = tenant.get(&format!("{ANALYTICS}?date_from=yesterday")).await.expect(422);
    assert_eq!(refused["detail"][0]["loc"], json!(["query", "date_from"]));
    assert!(refused["detail"][0]["msg"].is_string() && refused["detail"][0]["type"].is_string());
    let refused = tenant.stack.send("GET", ANALYTICS, &[], Vec::new()).await.expect(401);
    assert!(refused["detail"].is_string());
}
