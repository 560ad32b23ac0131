//! The stack under test, and a caller of it. Every test makes tenants of its own, so that tests run at the same time.

pub(crate) mod app;
pub(crate) mod aws;
pub(crate) mod http;
pub(crate) mod interviews;
pub(crate) mod receiver;
pub(crate) mod text;

use std::time::{Duration, Instant};

use runtime::clock;
use runtime::env::optional;
use serde_json::{Value, json};

use self::http::{Http, Reply};

/// Longest wait for something that happens in the background: three deliveries of a message, ten seconds apart, and a busy machine.
pub(crate) const DEADLINE: Duration = Duration::from_secs(90);

const START: &str = "python3 infra/local/hark.py run --state .hark-test --with-tests \
    --param AnalysisTimeout=10 --param AnalysisVisibilityTimeout=10 -- cargo nextest run -p integration";

/// A variable of the stack's environment.
pub(crate) fn stack_variable(name: &str) -> String {
    optional(name)
        .unwrap_or_else(|| panic!("{name} is not set: these tests need the local stack. Start them by\n\n  {START}\n"))
}

/// The running stack.
#[derive(Clone)]
pub(crate) struct Stack {
    http: Http,
    pub(crate) url: String,
    endpoint: String,
}

impl Stack {
    pub(crate) fn attach() -> Self {
        Self { http: Http::new(), url: stack_variable("HARK_URL"), endpoint: stack_variable("AWS_ENDPOINT_URL") }
    }

    /// A request as any program could send it.
    pub(crate) async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Reply {
        self.http.send(method, &format!("{}{path}", self.url), headers, body.into()).await
    }
}

/// Repeats a question until it has an answer.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let (started, mut pause) = (Instant::now(), 20);
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(started.elapsed() < DEADLINE, "{what}: not within {DEADLINE:?}");
        tokio::time::sleep(Duration::from_millis(pause)).await;
        pause = (pause * 2).min(250);
    }
}

/// A name that no other tenant has.
fn unique_name() -> String {
    let random = u64::from_be_bytes(clock::random().unwrap());
    format!("it-{random:016x}")
}

/// A key of a tenant.
#[derive(Clone)]
pub(crate) struct Key {
    pub(crate) id: String,
    pub(crate) token: String,
}

/// A tenant of the test's own, and its first key.
#[derive(Clone)]
pub(crate) struct Tenant {
    pub(crate) stack: Stack,
    pub(crate) name: String,
    pub(crate) key: Key,
}

impl Tenant {
    /// A tenant whose limits no test comes near.
    pub(crate) async fn new() -> Self {
        let tenant = Self::with_default_limits().await;
        tenant.set_limit("ingest", 600).await;
        tenant.set_limit("read", 1_000_000).await;
        tenant
    }

    pub(crate) async fn with_default_limits() -> Self {
        let (stack, name) = (Stack::attach(), unique_name());
        let made = stack.administer(&json!({"admin": "create_tenant", "tenant": name, "name": "A test's own"})).await;
        Self { stack, name, key: key_of(&made) }
    }

    pub(crate) async fn set_limit(&self, class: &str, limit: u32) {
        let command =
            json!({"admin": "set_limits", "tenant": self.name, "class": class, "limit": limit, "burst": limit});
        self.stack.administer(&command).await;
    }

    /// Another key of the tenant.
    pub(crate) async fn another_key(&self, abilities: &[&str]) -> Key {
        let command = json!({"admin": "create_key", "tenant": self.name, "name": "another", "abilities": abilities});
        key_of(&self.stack.administer(&command).await)
    }

    /// The tenant as seen by another key.
    pub(crate) fn with(&self, key: &Key) -> Self {
        Self { key: key.clone(), ..self.clone() }
    }

    /// The tenant's part of the API.
    pub(crate) fn path(&self, rest: &str) -> String {
        format!("/api/public/{}/{rest}", self.name)
    }

    /// A request with the tenant's key. The path is the tenant's own unless it begins with a slash.
    pub(crate) async fn request(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Reply {
        let path = if path.starts_with('/') { path.to_owned() } else { self.path(path) };
        let bearer = format!("Bearer {}", self.key.token);
        let headers: Vec<(&str, &str)> =
            [("authorization", &*bearer)].into_iter().chain(headers.iter().copied()).collect();
        self.stack.send(method, &path, &headers, body).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.request("GET", path, &[], Vec::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.request("DELETE", path, &[], Vec::new()).await
    }

    pub(crate) async fn send_json(&self, method: &str, path: &str, body: &Value) -> Reply {
        self.request(method, path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send_json("POST", path, body).await
    }

    /// Pushes conversations; the batch's id.
    pub(crate) async fn push(&self, conversations: &[Value]) -> String {
        let reply = self.post("conversations", &json!({ "conversations": conversations })).await;
        let accepted = reply.expect(202);
        assert_eq!(accepted["accepted"], conversations.len(), "{reply:?}");
        accepted["batch_id"].as_str().unwrap().to_owned()
    }

    /// The batch once it is no longer queued.
    pub(crate) async fn settled(&self, batch: &str) -> Value {
        eventually(&format!("{batch} is settled"), async || {
            let state = self.get(&format!("batches/{batch}")).await.expect(200);
            (state["status"] != "queued").then_some(state)
        })
        .await
    }

    /// Pushes conversations and waits for their analysis; the batch.
    pub(crate) async fn analysed(&self, conversations: &[Value]) -> Value {
        let batch = self.settled(&self.push(conversations).await).await;
        assert_eq!((&batch["status"], &batch["failed"]), (&json!("done"), &json!(0)), "{batch}");
        batch
    }

    /// A page of conversations.
    pub(crate) async fn fetch(&self, filters: Value) -> Value {
        self.post("conversations/fetch", &filters).await.expect(200)
    }

    /// Ids of the conversations that match, in the order of the list.
    pub(crate) async fn fetch_ids(&self, filters: Value) -> Vec<String> {
        let page = self.fetch(filters).await;
        assert_eq!(page["next_cursor"], Value::Null, "more than a page");
        let ids = ids(&page["data"], "conversation_uid");
        assert_eq!(page["total"], ids.len());
        ids
    }

    /// A conversation in full.
    pub(crate) async fn conversation(&self, id: &str) -> Value {
        self.get(&format!("conversations/{id}?limit=100")).await.expect(200)
    }

    /// A page of tasks.
    pub(crate) async fn tasks(&self, query: &str) -> Value {
        self.get(&format!("tasks?{query}")).await.expect(200)
    }

    /// Everything that any route returns about the tenant's conversations, page by page.
    pub(crate) async fn everything(&self) -> Value {
        let mut rows = Vec::new();
        for sort in ["created_at", "last_activity_at", "pcsat", "churn_risk", "severity"] {
            rows.push(self.fetch(json!({"sort": sort, "limit": 100, "include": ["evidence"]})).await);
        }
        let mut conversations = Vec::new();
        for id in ids(&rows[0]["data"], "conversation_uid") {
            conversations.push(self.conversation(&id).await);
        }
        let tasks = self.tasks("limit=100&state=open,done,dismissed,reopened,resolved").await;
        json!({"rows": rows, "conversations": conversations, "tasks": tasks})
    }
}

fn key_of(made: &Value) -> Key {
    let text = |name: &str| made[name].as_str().unwrap_or_else(|| panic!("no {name} in {made}")).to_owned();
    Key { id: text("key_id"), token: text("token") }
}

/// One text field of every row.
#[track_caller]
pub(crate) fn ids(rows: &Value, name: &str) -> Vec<String> {
    rows.as_array().unwrap().iter().map(|row| row[name].as_str().unwrap().to_owned()).collect()
}
