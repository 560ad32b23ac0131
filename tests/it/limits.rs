//! Who may do what and how often: keys, abilities, rate limits, idempotency keys, and 64 callers at once.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::harness::http::{Reply, without_instance};
use crate::harness::text::{plain, thankful};
use crate::harness::{Key, Tenant, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

fn body(ids: &[&str]) -> Value {
    json!({"conversations": ids.iter().map(|id| plain(id, DAY)).collect::<Vec<_>>()})
}

fn count(replies: &[Reply], status: u16) -> usize {
    replies.iter().filter(|reply| reply.status == status).count()
}

#[tokio::test]
async fn of_64_pushes_at_once_the_limit_lets_20_pass() {
    let tenant = Tenant::with_default_limits().await;
    let bodies: Vec<Value> = (0..64).map(|i| body(&[&format!("c{i}")])).collect();
    let replies = join_all(bodies.iter().map(|body| tenant.post("conversations", body))).await;
    assert_eq!((count(&replies, 202), count(&replies, 429)), (20, 44));
    for reply in &replies {
        assert_eq!(reply.header("ratelimit-policy"), "\"ingest\";q=20;w=60", "{reply:?}");
        let state = reply.header("ratelimit");
        assert!(state.starts_with("\"ingest\";r=") && state.contains(";t="), "{reply:?}");
        if reply.status == 429 {
            reply.problem(429, "RATE_LIMITED");
            assert!(state.starts_with("\"ingest\";r=0;"), "{state}");
            let wait: u64 = reply.header("retry-after").parse().unwrap();
            assert!((1..=60).contains(&wait), "{wait}");
        }
    }
    // Reading is another class; the accepted ones are there and only they.
    let one = replies.iter().find(|reply| reply.status == 202).unwrap().json();
    let status = tenant.get(one["status_url"].as_str().unwrap()).await;
    assert!(status.header("ratelimit-policy").starts_with("\"read\";q=600;"), "{status:?}");
    for reply in replies.iter().filter(|reply| reply.status == 202) {
        tenant.settled(reply.json()["batch_id"].as_str().unwrap()).await;
    }
    assert_eq!(tenant.fetch(json!({})).await["total"], 20);
    // Still full: the window is any 60 seconds, not a calendar minute.
    tenant.post("conversations", &body(&["late"])).await.problem(429, "RATE_LIMITED");
}

#[tokio::test]
async fn the_read_limit_lets_its_burst_pass() {
    let tenant = Tenant::with_default_limits().await;
    tenant.set_limit("read", 10).await;
    let replies = join_all((0..30).map(|_| tenant.get("/api/auth/me"))).await;
    let passed = count(&replies, 200);
    // Ten at once, and one more for every six seconds that this took.
    assert!((10..=12).contains(&passed) && passed + count(&replies, 429) == 30, "{passed} passed");
    let refused = replies.iter().find(|reply| reply.status == 429).unwrap();
    refused.problem(429, "RATE_LIMITED");
    assert!((1..=6).contains(&refused.header("retry-after").parse::<u64>().unwrap()), "{refused:?}");
    assert_eq!(refused.header("ratelimit-policy"), "\"read\";q=10;w=60");
    // Other tenants have limits of their own.
    Tenant::with_default_limits().await.get("/api/auth/me").await.expect(200);
}

#[tokio::test]
async fn of_64_callers_at_once_none_gets_a_5xx() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[thankful("base", DAY)]).await;
    let calls = (0..64).map(|i| {
        let tenant = tenant.clone();
        async move {
            match i % 4 {
                0 => tenant.post("conversations", &body(&[&format!("n{i}"), "shared"])).await,
                1 => tenant.post("conversations/fetch", &json!({"include": ["evidence"]})).await,
                2 => tenant.get("conversations/base").await,
                _ => tenant.get("tasks").await,
            }
        }
    });
    let replies = join_all(calls).await;
    for (i, reply) in replies.iter().enumerate() {
        reply.expect(if i % 4 == 0 { 202 } else { 200 });
    }
    for reply in replies.iter().step_by(4) {
        let batch = tenant.settled(reply.json()["batch_id"].as_str().unwrap()).await;
        assert_eq!((&batch["status"], &batch["failed"]), (&json!("done"), &json!(0)), "{batch}");
    }
    assert_eq!(tenant.fetch(json!({})).await["total"], 16 + 2);
}

#[tokio::test]
async fn a_push_is_repeated_safely_under_its_idempotency_key() {
    let tenant = Tenant::new().await;
    let push = |key: &'static str, body: Value, query: &'static str| {
        let tenant = tenant.clone();
        async move {
            let headers = [("content-type", "application/json"), ("idempotency-key", key)];
            tenant.request("POST", &format!("conversations{query}"), &headers, body.to_string()).await
        }
    };
    let first = push("k1", body(&["a"]), "").await;
    let again = push("k1", body(&["a"]), "").await;
    assert_eq!(first.expect(202), again.expect(202));
    assert_eq!((first.header("idempotency-replayed"), again.header("idempotency-replayed")), ("", "true"));
    push("k1", body(&["b"]), "").await.problem(409, "IDEMPOTENCY_KEY_REUSED");
    let other = push("k2", body(&["a"]), "").await.expect(202);
    assert_ne!(other["batch_id"], first.json()["batch_id"]);
    // A failure is not kept: the caller may put it right and try again.
    push("k3", json!({"conversations": []}), "").await.problem(422, "VALIDATION_FAILED");
    push("k3", body(&["c"]), "").await.expect(202);
    // Another route, another key of the same text.
    push("k1", body(&["b"]), "?mode=partial").await.expect(202);
    for bad in ["", &"x".repeat(256)] {
        let headers = [("content-type", "application/json"), ("idempotency-key", bad)];
        let reply = tenant.request("POST", "conversations", &headers, body(&["d"]).to_string()).await;
        assert_eq!(reply.faults(422, "VALIDATION_FAILED"), ["Idempotency-Key"]);
    }
    // Another tenant's use of the key is its own.
    let stranger = Tenant::new().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k1")];
    let reply = stranger.request("POST", "conversations", &headers, body(&["b"]).to_string()).await;
    assert_eq!(reply.header("idempotency-replayed"), "");
    reply.expect(202);
}

#[tokio::test]
async fn duplicates_at_the_same_time_make_one_batch() {
    let tenant = Tenant::new().await;
    let text = body(&["a", "b"]).to_string();
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let replies = join_all((0..16).map(|_| tenant.request("POST", "conversations", &headers, text.clone()))).await;
    let mut batches: Vec<String> = Vec::new();
    for reply in &replies {
        if reply.status == 202 {
            batches.push(reply.json()["batch_id"].as_str().unwrap().to_owned());
        } else {
            reply.problem(409, "IDEMPOTENCY_IN_PROGRESS");
            assert!(reply.header("retry-after").parse::<u64>().unwrap() >= 1);
        }
    }
    batches.dedup();
    assert_eq!(batches.len(), 1, "{replies:?}");
    tenant.settled(&batches[0]).await;
    assert_eq!(tenant.fetch(json!({})).await["total"], 2);
    assert_eq!(tenant.stack.object_keys(&format!("raw/{}/", tenant.name)).await.len(), 1);
}

#[tokio::test]
async fn a_revoked_key_is_refused_on_the_very_next_request() {
    let tenant = Tenant::new().await;
    let key = tenant.another_key(&["*"]).await;
    let other = tenant.with(&key);
    for _ in 0..5 {
        other.get("/api/auth/me").await.expect(200);
        other.fetch(json!({})).await;
    }
    tenant.delete(&format!("/api/api-keys/{}", key.id)).await.expect(204);
    let refused = other.post("conversations/fetch", &json!({})).await;
    refused.problem(401, "INVALID_TOKEN");
    assert!(refused.header("www-authenticate").contains("invalid_token"));
    for path in ["/api/auth/me", "tasks", "batches/bat_01KAXQ4Z7M3V8R0C5T6Y9B2N1D"] {
        other.get(path).await.problem(401, "INVALID_TOKEN");
    }
    other.post("conversations", &body(&["a"])).await.problem(401, "INVALID_TOKEN");
    tenant.get("/api/auth/me").await.expect(200);
    let listed = tenant.get("/api/api-keys").await.expect(200);
    assert_eq!(listed["data"][0]["status"], "revoked");
    // Again is harmless, and keeps the time.
    tenant.delete(&format!("/api/api-keys/{}", key.id)).await.expect(204);
    assert_eq!(tenant.get("/api/api-keys").await.expect(200), listed);
    // A key may even revoke itself.
    tenant.delete(&format!("/api/api-keys/{}", tenant.key.id)).await.expect(204);
    tenant.get("/api/auth/me").await.problem(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn five_keys_at_most_are_active_however_many_are_asked_for_at_once() {
    let tenant = Tenant::new().await;
    let replies = join_all((0..12).map(|i| {
        let tenant = tenant.clone();
        async move { tenant.post("/api/api-keys", &json!({ "name": format!("key {i}") })).await }
    }))
    .await;
    let made = count(&replies, 201);
    for reply in replies.iter().filter(|reply| reply.status != 201) {
        if reply.status == 400 {
            reply.problem(400, "REFUSED");
        } else {
            reply.problem(409, "CONFLICT");
        }
    }
    let list = tenant.get("/api/api-keys").await.expect(200);
    let active = list["data"].as_array().unwrap().iter().filter(|key| key["status"] == "active").count();
    assert_eq!(active, made + 1);
    assert!(active <= 5, "{active} keys are active");
    // Filling up one by one, the sixth is refused; after a revocation there is place for one.
    for _ in active..5 {
        tenant.post("/api/api-keys", &json!({"name": "more"})).await.expect(201);
    }
    tenant.post("/api/api-keys", &json!({"name": "sixth"})).await.problem(400, "REFUSED");
    let last = ids(&tenant.get("/api/api-keys").await.expect(200)["data"], "id").remove(0);
    tenant.delete(&format!("/api/api-keys/{last}")).await.expect(204);
    tenant.post("/api/api-keys", &json!({"name": "sixth"})).await.expect(201);
    // The administrator is held to it too.
    let command = json!({"admin": "create_key", "tenant": tenant.name, "name": "seventh"});
    let error = tenant.stack.invoke("accounts", &command).await.unwrap_err();
    assert!(error.to_string().contains("5 active keys"), "{error}");
}

#[tokio::test]
async fn a_key_is_shown_once_and_does_what_it_was_made_for() {
    let tenant = Tenant::new().await;
    let headers = [("content-type", "application/json"), ("idempotency-key", "k")];
    let asked = json!({"name": "reports", "abilities": ["tasks-read", "apiKeys-write"]});
    let made = tenant.request("POST", "/api/api-keys", &headers, asked.to_string()).await.expect(201);
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with(made["prefix"].as_str().unwrap()) && token.len() == 41);
    // A replay does not hold the secret, and neither does anything that is stored.
    let replay = tenant.request("POST", "/api/api-keys", &headers, asked.to_string()).await.expect(201);
    assert_eq!((&replay["id"], &replay["token"]), (&made["id"], &Value::Null));
    let stored = tenant.stack.stored_text(&tenant.name).await;
    assert!(stored.iter().all(|(_, text)| !text.contains(token)));
    assert!(stored.iter().any(|(_, text)| text.contains(made["id"].as_str().unwrap())));

    let reports = tenant.with(&Key { id: made["id"].as_str().unwrap().to_owned(), token: token.to_owned() });
    reports.get("tasks").await.expect(200);
    let forbidden = reports.post("conversations/fetch", &json!({})).await.problem(403, "MISSING_ABILITY");
    assert!(forbidden["detail"].as_str().unwrap().contains("conversations-read"), "{forbidden}");
    // It cannot give what it does not have.
    for abilities in [json!(["*"]), json!(["tasks-read", "settings-write"]), Value::Null] {
        let body = json!({"name": "more", "abilities": abilities});
        reports.post("/api/api-keys", &body).await.problem(403, "MISSING_ABILITY");
    }
    reports.post("/api/api-keys", &json!({"name": "less", "abilities": ["tasks-read"]})).await.expect(201);
    // The other way to send a token; where both are sent, `Authorization` counts.
    let send = |headers: Vec<(&'static str, String)>| {
        let stack = tenant.stack.clone();
        async move {
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, &**value)).collect();
            stack.send("GET", "/api/auth/me", &headers, Vec::new()).await
        }
    };
    let me = send(vec![("x-api-key", token.to_owned())]).await.expect(200);
    assert_eq!((&me["user"]["name"], &me["account"]["id"]), (&json!("reports"), &json!(tenant.name)));
    send(vec![("authorization", format!("bearer {token}"))]).await.expect(200);
    send(vec![("authorization", format!("Basic {token}")), ("x-api-key", token.to_owned())])
        .await
        .problem(401, "INVALID_TOKEN");
    send(vec![]).await.problem(401, "MISSING_TOKEN");
    for wrong in [
        "",
        "hark_",
        &token[..40],
        &token.to_lowercase(),
        &format!("{token}x"),
        "hark_000000000000000000000000000000000000",
    ] {
        send(vec![("authorization", format!("Bearer {wrong}"))]).await.problem(401, "INVALID_TOKEN");
    }
}

#[tokio::test]
async fn an_expired_key_is_refused() {
    let tenant = Tenant::new().await;
    let soon = runtime::clock::now() + jiff::SignedDuration::from_millis(1_500);
    let made =
        tenant.post("/api/api-keys", &json!({"name": "short", "expires_at": soon.to_string()})).await.expect(201);
    let key = Key { id: made["id"].as_str().unwrap().to_owned(), token: made["token"].as_str().unwrap().to_owned() };
    let short = tenant.with(&key);
    crate::harness::eventually("the key expires", async || {
        let reply = short.get("/api/auth/me").await;
        (reply.status == 401).then(|| reply.problem(401, "INVALID_TOKEN"))
    })
    .await;
    assert!(runtime::clock::now() >= soon, "it was refused before its time");
    let past = tenant.post("/api/api-keys", &json!({"name": "past", "expires_at": "2026-01-01T00:00:00Z"})).await;
    assert_eq!(past.faults(422, "VALIDATION_FAILED"), ["/expires_at"]);
}

#[tokio::test]
async fn what_is_anothers_is_answered_like_what_is_not() {
    let (owner, stranger) = (Tenant::new().await, Tenant::new().await);
    let batch = owner.analysed(&[crate::harness::text::leaving("theirs", DAY)]).await;
    let task = ids(&owner.tasks("limit=1").await["data"], "id").remove(0);
    let batch = batch["batch_id"].as_str().unwrap();
    let key = owner.key.id.clone();
    for (method, theirs, unknown) in [
        ("GET", format!("batches/{batch}"), "batches/bat_01KAXQ4Z7M3V8R0C5T6Y9B2N1D"),
        ("GET", "conversations/theirs".to_owned(), "conversations/nothing"),
        ("DELETE", "conversations/theirs".to_owned(), "conversations/nothing"),
        ("PATCH", format!("tasks/{task}"), "tasks/tsk_00000000000000000000000000"),
        ("PATCH", format!("/api/api-keys/{key}"), "/api/api-keys/key_01KAXQ4Z7M3V8R0C5T6Y9B2N1D"),
        ("DELETE", format!("/api/api-keys/{key}"), "/api/api-keys/key_01KAXQ4Z7M3V8R0C5T6Y9B2N1D"),
    ] {
        let body = if theirs.contains("tasks") { json!({"state": "done"}) } else { json!({"name": "mine"}) };
        let by_id = stranger.send_json(method, &theirs, &body).await;
        let nothing = stranger.send_json(method, unknown, &body).await;
        let expected = without_instance(nothing.problem(404, "NOT_FOUND"));
        assert_eq!(without_instance(by_id.problem(404, "NOT_FOUND")), expected, "{method} {theirs}");
        if !theirs.starts_with('/') {
            let by_path = stranger.send_json(method, &owner.path(&theirs), &body).await;
            assert_eq!(without_instance(by_path.problem(404, "NOT_FOUND")), expected, "{method} {theirs}");
            assert_eq!(by_path.headers.len(), nothing.headers.len(), "{method} {theirs}");
        }
    }
    // A key without the ability learns no more.
    let reader = stranger.with(&stranger.another_key(&["tasks-read"]).await);
    reader.get(&owner.path("conversations/theirs")).await.problem(404, "NOT_FOUND");
    reader.get(&owner.path("settings")).await.problem(404, "NOT_FOUND");
    // Nothing of it had an effect.
    assert_eq!(owner.fetch(json!({})).await["total"], 1);
    assert_eq!(owner.get("/api/auth/me").await.expect(200)["user"]["name"], "first key");
    assert_eq!(owner.tasks("state=done").await["total"], 0);
}

#[tokio::test]
async fn ignored_fields_are_told_where_something_is_created_or_changed() {
    let tenant = Tenant::new().await;
    // Too far from `abilities` to be taken for a typo: the caller must hear that the key may do everything.
    let made = tenant.post("/api/api-keys", &json!({"name": "x", "permissions": ["tasks-read"]})).await.expect(201);
    assert_eq!(made["abilities"], json!(["*"]));
    assert_eq!(made["warnings"][0]["pointer"], "/permissions");
    let path = format!("/api/api-keys/{}", made["id"].as_str().unwrap());
    let renamed = tenant.send_json("PATCH", &path, &json!({"name": "y", "owner": "me"})).await.expect(200);
    assert_eq!((&renamed["name"], &renamed["warnings"][0]["pointer"]), (&json!("y"), &json!("/owner")));
    let plain = tenant.send_json("PATCH", &path, &json!({"name": "z"})).await.expect(200);
    assert!(plain.get("warnings").is_none());
}
