//! The local stack that the program was started in (`hark.py run`), as a caller and as an operator see it.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::Result;
use crate::http;

/// The stack.
pub(crate) struct Cloud {
    /// Host and port of the emulated AWS.
    pub(crate) address: String,
    base: String,
    /// Name of the main table.
    pub(crate) main_table: String,
    /// The variables that every function gets.
    pub(crate) variables: Vec<(String, String)>,
}

/// A tenant with its key.
#[derive(Clone)]
pub(crate) struct Caller {
    /// The tenant.
    pub(crate) tenant: String,
    /// Its key.
    pub(crate) token: String,
}

impl Cloud {
    /// The stack of the environment.
    pub(crate) fn from_env() -> Result<Self> {
        let read = |name: &str| {
            runtime::env::optional(name)
                .ok_or_else(|| format!("{name} is not set: `make bench` starts this program on a stack of its own"))
        };
        let endpoint = read("AWS_ENDPOINT_URL")?;
        let address = endpoint.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let base = read("HARK_URL")?.strip_prefix(&endpoint).ok_or("HARK_URL is not on the stack")?.to_owned();
        let names = ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"];
        let mut variables = Vec::new();
        for name in names.iter().chain(runtime::env::OURS) {
            if let Some(value) = runtime::env::optional(name) {
                variables.push(((*name).to_owned(), value));
            }
        }
        Ok(Self { address, base, main_table: read("HARK_MAIN_TABLE")?, variables })
    }

    fn aws(&self, service: &str, path: &str, headers: &[(&str, &str)], body: &Value) -> Result<Value> {
        let credential = format!("AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/{service}/aws4_request");
        let authorization = format!("{credential}, SignedHeaders=host, Signature=0");
        let headers = [headers, &[("authorization", authorization.as_str())]].concat();
        let request = http::request("POST", path, &headers, body.to_string().into_bytes());
        let answer = http::send(&self.address, &request)?;
        if answer.status() >= 300 {
            return Err(format!("{service}: {} {}", answer.status(), String::from_utf8_lossy(&answer.body)).into());
        }
        Ok(serde_json::from_slice(&answer.body)?)
    }

    fn accounts(&self, command: &Value) -> Result<Value> {
        self.aws("lambda", "/2015-03-31/functions/hark-accounts/invocations", &[], command)
    }

    /// Makes a tenant that may push so often a minute and read as much as it likes.
    pub(crate) fn tenant(&self, tenant: &str, pushes: u32) -> Result<Caller> {
        let made = self.accounts(&json!({ "admin": "create_tenant", "tenant": tenant, "name": tenant }))?;
        let token = made.get("token").and_then(Value::as_str).ok_or_else(|| format!("no tenant: {made}"))?.to_owned();
        for (class, limit) in [("ingest", pushes), ("read", 1_000_000)] {
            self.accounts(&json!({ "admin": "set_limits", "tenant": tenant, "class": class, "limit": limit }))?;
        }
        Ok(Caller { tenant: tenant.to_owned(), token })
    }

    /// One request of a caller to the tenant's part of the API: status and JSON.
    pub(crate) fn call(&self, caller: &Caller, method: &str, path: &str, body: Vec<u8>) -> Result<(u16, Value)> {
        self.call_path(caller, method, &format!("/api/public/{}/{path}", caller.tenant), body)
    }

    /// One request of a caller to any path: status and JSON.
    pub(crate) fn call_path(&self, caller: &Caller, method: &str, path: &str, body: Vec<u8>) -> Result<(u16, Value)> {
        let path = format!("{}{path}", self.base);
        let authorization = format!("Bearer {}", caller.token);
        let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
        let answer = http::send(&self.address, &http::request(method, &path, &headers, body))?;
        let json = serde_json::from_slice(&answer.body).unwrap_or(Value::Null);
        Ok((answer.status(), json))
    }

    /// Pushes conversations; the batch's id.
    pub(crate) fn push(&self, caller: &Caller, conversations: &[Value]) -> Result<String> {
        let (status, answer) =
            self.call(caller, "POST", "conversations", crate::conversations::request(conversations))?;
        let batch = answer.get("batch_id").and_then(Value::as_str).filter(|_| status == 202);
        batch.map(str::to_owned).ok_or_else(|| format!("a push was answered {status} {answer}").into())
    }

    /// Waits until something can be read; the milliseconds it took from `since`.
    pub(crate) fn visible(&self, caller: &Caller, path: &str, since: Instant) -> Result<f64> {
        loop {
            let (status, body) = self.call(caller, "GET", path, Vec::new())?;
            let there = status == 200 && body.get("status").is_none_or(|status| status != "queued");
            if there {
                return Ok(since.elapsed().as_secs_f64() * 1e3);
            }
            if !(status == 404 || status == 200) || since.elapsed() > Duration::from_mins(1) {
                return Err(format!("{path} was answered {status} {body}").into());
            }
            std::thread::sleep(Duration::from_millis(25));
        }
    }

    /// Makes a queue that nothing reads but this program; its address.
    pub(crate) fn queue(&self, name: &str) -> Result<String> {
        let answer = self.sqs("CreateQueue", &json!({ "QueueName": name }))?;
        Ok(answer.get("QueueUrl").and_then(Value::as_str).ok_or("no queue was made")?.to_owned())
    }

    /// Takes the next message off a queue.
    pub(crate) fn receive(&self, url: &str) -> Result<String> {
        let answer = self.sqs("ReceiveMessage", &json!({ "QueueUrl": url, "WaitTimeSeconds": 5 }))?;
        let text = |name: &str| answer.pointer(&format!("/Messages/0/{name}")).and_then(Value::as_str);
        let (Some(body), Some(receipt)) = (text("Body"), text("ReceiptHandle")) else {
            return Err("no message came".into());
        };
        self.sqs("DeleteMessage", &json!({ "QueueUrl": url, "ReceiptHandle": receipt }))?;
        Ok(body.to_owned())
    }

    fn sqs(&self, action: &str, body: &Value) -> Result<Value> {
        let target = format!("AmazonSQS.{action}");
        self.aws("sqs", "/", &[("content-type", "application/x-amz-json-1.0"), ("x-amz-target", &target)], body)
    }

    /// Every item of a tenant.
    pub(crate) fn items(&self, tenant: &str) -> Result<Vec<Value>> {
        let (mut items, mut from) = (Vec::new(), Value::Null);
        loop {
            let mut query = json!({
                "TableName": self.main_table,
                "FilterExpression": "begins_with(PK, :tenant)",
                "ExpressionAttributeValues": { ":tenant": { "S": format!("T#{tenant}#") } },
            });
            if let Some(query) = query.as_object_mut().filter(|_| !from.is_null()) {
                query.insert("ExclusiveStartKey".to_owned(), from);
            }
            let target = ("x-amz-target", "DynamoDB_20120810.Scan");
            let mut answer =
                self.aws("dynamodb", "/", &[("content-type", "application/x-amz-json-1.0"), target], &query)?;
            let page = answer.get_mut("Items").map(Value::take);
            items.extend(page.and_then(|page| page.as_array().cloned()).unwrap_or_default());
            from = answer.get_mut("LastEvaluatedKey").map(Value::take).unwrap_or_default();
            if from.is_null() {
                return Ok(items);
            }
        }
    }
}

/// The time now.
pub(crate) fn now() -> Timestamp {
    runtime::clock::now()
}
