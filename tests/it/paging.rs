//! Lists: a full walk visits every row once, in order, and a cursor serves its own walk only.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::harness::text::{conversation, later, leaving, outage, plain, thankful};
use crate::harness::{Tenant, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

/// Every page of a fetch; each must state the same total.
async fn walk(tenant: &Tenant, filters: &Value, limit: usize) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), Value::Null);
    loop {
        let mut body = filters.clone();
        body["limit"] = json!(limit);
        body["cursor"] = cursor;
        let page = tenant.fetch(body).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() == limit || page["next_cursor"].is_null(), "a short page in the middle");
        assert!(!data.is_empty() || rows.is_empty(), "an empty last page");
        rows.extend(data.iter().cloned());
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            assert_eq!(page["total"], rows.len());
            return rows;
        }
    }
}

/// Forty conversations of four kinds, many of which share every sort value.
async fn forty() -> Tenant {
    let tenant = Tenant::new().await;
    let made: Vec<Value> = (0..40)
        .map(|i| {
            let (id, began) = (format!("c{i:02}"), later(DAY, 1_440 * (i / 16)));
            match i % 4 {
                0 => leaving(&id, &began),
                1 => thankful(&id, &began),
                2 => outage(&id, &began),
                _ => conversation(&id, &began, &[(0, "customer", "Hello, is anybody there?")]),
            }
        })
        .collect();
    tenant.analysed(&made).await;
    tenant
}

fn severity_rank(row: &Value) -> f64 {
    let ranks = ["low", "medium", "high", "critical"];
    row["severity"].as_str().map_or(-1.0, |found| ranks.iter().position(|rank| *rank == found).unwrap() as f64)
}

fn seconds(row: &Value, name: &str) -> f64 {
    row[name].as_str().unwrap().parse::<jiff::Timestamp>().unwrap().as_second() as f64
}

#[tokio::test]
async fn a_walk_visits_every_conversation_once_in_every_order() {
    let tenant = forty().await;
    let sorts: [(&str, fn(&Value) -> f64); 5] = [
        ("created_at", |row| seconds(row, "created_at")),
        ("last_activity_at", |row| seconds(row, "last_activity_at")),
        ("pcsat", |row| row["pcsat"].as_f64().unwrap_or(f64::NEG_INFINITY)),
        ("churn_risk", |row| row["churn_risk"]["score"].as_f64().unwrap_or(f64::NEG_INFINITY)),
        ("severity", severity_rank),
    ];
    for (sort, value) in sorts {
        let mut orders = Vec::new();
        for order in ["asc", "desc"] {
            let rows = walk(&tenant, &json!({"sort": sort, "order": order}), 7).await;
            let seen: BTreeSet<String> = ids(&json!(rows), "conversation_uid").into_iter().collect();
            assert_eq!((rows.len(), seen.len()), (40, 40), "{sort} {order}");
            for pair in rows.windows(2) {
                let (a, b) = (value(&pair[0]), value(&pair[1]));
                assert!(if order == "asc" { a <= b } else { a >= b }, "{sort} {order}: {a} before {b}");
            }
            orders.push(ids(&json!(rows), "conversation_uid"));
        }
        orders[0].reverse();
        assert_eq!(orders[0], orders[1], "{sort}: one order is the other's reverse");
        // The sort says something: not all rows are equal in it.
        let rows = walk(&tenant, &json!({"sort": sort}), 100).await;
        assert!(rows.iter().any(|row| value(row) != value(&rows[0])), "{sort}");
    }
}

#[tokio::test]
async fn a_walk_under_filters_visits_what_matches() {
    let tenant = forty().await;
    let all = walk(&tenant, &json!({}), 100).await;
    for (filters, matches) in [
        (json!({"severities": ["critical"]}), (|row| row["severity"] == "critical") as fn(&Value) -> bool),
        (json!({"date_from": "2026-06-04", "date_to": "2026-06-04"}), |row| {
            row["created_at"].as_str().unwrap().starts_with("2026-06-04")
        }),
        (json!({"sentiment": "happy", "ticket_status": ["closed"]}), |row| row["sentiment"]["label"] == "happy"),
        (json!({"intervention_required": true}), |row| row["intervention"]["required"] == true),
        (json!({"agent_ids": ["ann"]}), |row| !row["agents"].as_array().unwrap().is_empty()),
        (json!({"agent_ids": ["nobody"]}), |_| false),
    ] {
        let expected: Vec<&str> =
            all.iter().filter(|row| matches(row)).map(|row| row["conversation_uid"].as_str().unwrap()).collect();
        let found = walk(&tenant, &filters, 3).await;
        assert_eq!(ids(&json!(found), "conversation_uid"), expected, "{filters}");
        assert!(
            expected.len() < 40 && (!expected.is_empty() || filters["agent_ids"] == json!(["nobody"])),
            "{filters}"
        );
    }
}

#[tokio::test]
async fn rows_that_existed_throughout_are_visited_once_while_others_come_and_go() {
    let tenant = forty().await;
    let (mut seen, mut cursor, mut round) = (Vec::new(), Value::Null, 0);
    loop {
        let page = tenant.fetch(json!({"limit": 6, "cursor": cursor})).await;
        seen.extend(ids(&page["data"], "conversation_uid"));
        cursor = page["next_cursor"].clone();
        if cursor.is_null() {
            break;
        }
        // Newer, older and equally old ones, and one less.
        let new = |tag: &str, at: &str| plain(&format!("new-{tag}-{round}"), at);
        tenant
            .analysed(&[
                new("a", "2026-07-01T00:00:00Z"),
                new("b", "2026-05-01T00:00:00Z"),
                new("c", DAY),
                new("d", &later(DAY, 1_440)),
            ])
            .await;
        if round == 0 {
            tenant.delete("conversations/c00").await.expect(204);
        }
        round += 1;
    }
    let unique: BTreeSet<&String> = seen.iter().collect();
    assert_eq!(unique.len(), seen.len(), "visited twice: {seen:?}");
    for i in 1..40 {
        assert!(unique.contains(&format!("c{i:02}")), "c{i:02} was not visited");
    }
    assert!(!unique.contains(&"c00".to_owned()));
}

/// Every page of the task list.
async fn walk_tasks(tenant: &Tenant, query: &str, limit: usize) -> Vec<Value> {
    let (mut rows, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant.tasks(&format!("{query}&limit={limit}{cursor}")).await;
        let data = page["data"].as_array().unwrap();
        assert!(data.len() == limit || page["next_cursor"].is_null());
        rows.extend(data.iter().cloned());
        let Some(next) = page["next_cursor"].as_str() else {
            assert_eq!(page["total"], rows.len());
            let counted: u64 =
                page["by_kind"].as_array().unwrap().iter().map(|kind| kind["count"].as_u64().unwrap()).sum();
            assert_eq!(counted, rows.len() as u64);
            return rows;
        };
        cursor = format!("&cursor={next}");
    }
}

#[tokio::test]
async fn a_walk_visits_every_task_once() {
    let tenant = forty().await;
    let all = walk_tasks(&tenant, "state=open,reopened", 100).await;
    assert!(all.len() >= 30, "{} tasks", all.len());
    let small = walk_tasks(&tenant, "", 7).await;
    assert_eq!(ids(&json!(small), "id"), ids(&json!(all), "id"));
    assert_eq!(small.iter().map(|task| task["id"].to_string()).collect::<BTreeSet<_>>().len(), all.len());
    let rank =
        |task: &Value| ["urgent", "high", "medium", "low"].iter().position(|rank| task["priority"] == *rank).unwrap();
    assert!(all.windows(2).all(|pair| rank(&pair[0]) <= rank(&pair[1])), "urgent ones first");

    for query in [
        "kind=churn_risk",
        "kind=churn_risk,intervention&priority=urgent,high",
        "agent=ann",
        "state=done",
        "date_from=2026-01-01",
    ] {
        let found = walk_tasks(&tenant, query, 4).await;
        let expected: Vec<&Value> = all
            .iter()
            .filter(|task| match query {
                "kind=churn_risk" => task["kind"] == "churn_risk",
                "agent=ann" | "state=done" => false,
                "date_from=2026-01-01" => true,
                _ => ["churn_risk", "intervention"].contains(&task["kind"].as_str().unwrap()) && rank(task) < 2,
            })
            .collect();
        assert_eq!(json!(found), json!(expected), "{query}");
    }
    // Closed ones too, after all that is open.
    let first = all[0]["id"].as_str().unwrap();
    tenant.send_json("PATCH", &format!("tasks/{first}"), &json!({"state": "done"})).await.expect(200);
    let every = walk_tasks(&tenant, "state=open,done,dismissed,reopened,resolved", 9).await;
    assert_eq!(every.len(), all.len());
    assert_eq!(every.last().unwrap()["id"], first);
}

#[tokio::test]
async fn tasks_belong_to_whom_the_conversation_is_assigned() {
    let tenant = Tenant::new().await;
    let assigned = |id: &str, agent: &str| {
        crate::harness::text::with(
            leaving(id, DAY),
            json!({"assignee": {"id": agent, "name": format!("Name of {agent}")}}),
        )
    };
    tenant.analysed(&[assigned("a", "ann"), assigned("b", "bob#1/ü"), leaving("c", DAY)]).await;
    let of_ann = tenant.tasks("agent=ann&kind=churn_risk").await;
    assert_eq!(ids(&of_ann["data"], "conversation_uid"), ["a"]);
    assert_eq!(of_ann["data"][0]["owner"], json!({"id": "ann", "name": "Name of ann"}));
    assert_eq!(ids(&tenant.tasks("agent=bob%231%2F%C3%BC&kind=churn_risk").await["data"], "conversation_uid"), ["b"]);
    assert_eq!(tenant.fetch_ids(json!({"agent_ids": "bob#1/ü"})).await, ["b"]);
}

#[tokio::test]
async fn a_cursor_is_refused_by_every_other_walk() {
    let tenant = forty().await;
    let other = forty().await;
    let page = tenant.fetch(json!({"limit": 2, "sort": "pcsat"})).await;
    let cursor = page["next_cursor"].as_str().unwrap();
    let body = |fields: Value| {
        let mut body = json!({"limit": 2, "sort": "pcsat", "cursor": cursor});
        for (name, value) in fields.as_object().unwrap() {
            body[name] = value.clone();
        }
        body
    };
    // Its own walk, also by pages of another size.
    tenant.post("conversations/fetch", &body(json!({"limit": 3}))).await.expect(200);
    let altered = format!("{}x", &cursor[..cursor.len() - 1]);
    for fields in [
        json!({"sort": "created_at"}),
        json!({"order": "asc"}),
        json!({"languages": ["en"]}),
        json!({"date_preset": "this_year"}),
        json!({"cursor": "not-a-cursor"}),
        json!({"cursor": "YWJj"}),
        json!({"cursor": altered}),
    ] {
        let reply = tenant.post("conversations/fetch", &body(fields.clone())).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["/cursor"], "{fields}");
    }
    let foreign = other.post("conversations/fetch", &body(json!({}))).await;
    assert_eq!(foreign.faults(422, "VALIDATION_FAILED"), ["/cursor"]);

    let tasks = tenant.tasks("limit=2").await;
    let task_cursor = tasks["next_cursor"].as_str().unwrap();
    tenant.get(&format!("tasks?limit=5&cursor={task_cursor}")).await.expect(200);
    for (who, query) in [
        (&tenant, format!("tasks?kind=churn_risk&cursor={task_cursor}")),
        (&tenant, format!("tasks?cursor={cursor}")),
        (&other, format!("tasks?limit=2&cursor={task_cursor}")),
        (&tenant, format!("conversations/c00?cursor={task_cursor}")),
    ] {
        assert_eq!(who.get(&query).await.faults(422, "VALIDATION_FAILED"), ["cursor"], "{query}");
    }
    let messages = tenant.get("conversations/c00?limit=1").await.expect(200);
    let message_cursor = messages["messages"]["next_cursor"].as_str().unwrap();
    tenant.get(&format!("conversations/c00?cursor={message_cursor}")).await.expect(200);
    let of_another = tenant.get(&format!("conversations/c04?cursor={message_cursor}")).await;
    assert_eq!(of_another.faults(422, "VALIDATION_FAILED"), ["cursor"]);
}

#[tokio::test]
async fn a_page_holds_1_to_100_rows() {
    let tenant = forty().await;
    assert_eq!(tenant.fetch(json!({})).await["data"].as_array().unwrap().len(), 25);
    assert_eq!(tenant.fetch(json!({"limit": 1})).await["data"].as_array().unwrap().len(), 1);
    for limit in [json!(0), json!(101), json!(-1), json!(2.5), json!("10"), json!([1])] {
        let reply = tenant.post("conversations/fetch", &json!({ "limit": limit })).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["/limit"], "{limit}");
    }
    for limit in ["0", "101", "-1", "2.5", "ten", "", "1&limit=2"] {
        for list in ["tasks", "conversations/c00"] {
            let reply = tenant.get(&format!("{list}?limit={limit}")).await;
            assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["limit"], "{list} {limit}");
        }
    }
}
