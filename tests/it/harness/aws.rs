//! The emulated AWS behind the stack, as an operator's tools reach it. ministack reads the service from the signature and checks nothing
//! else of it.

use std::process::Command;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use runtime::env;
use serde_json::{Value, json};

use super::http::Reply;
use super::{Stack, eventually, stack_variable};

impl Stack {
    async fn aws(
        &self,
        service: &str,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Reply {
        let credential = format!("test/20260101/us-east-1/{service}/aws4_request");
        let signature = format!("AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders=host, Signature=0");
        let headers: Vec<(&str, &str)> =
            [("authorization", &*signature)].into_iter().chain(headers.iter().copied()).collect();
        self.http.send(method, &format!("{}{path}", self.endpoint), &headers, body.into()).await
    }

    async fn aws_json(&self, service: &str, target: &str, version: &str, body: &Value) -> Value {
        let headers = [("content-type", &*format!("application/x-amz-json-{version}")), ("x-amz-target", target)];
        let reply = self.aws(service, "POST", "/", &headers, body.to_string()).await;
        assert_eq!(reply.status, 200, "{target}: {reply:?}");
        if reply.body.is_empty() { Value::Null } else { reply.json() }
    }

    /// Invokes a function directly: its answer, or its error.
    pub(crate) async fn invoke(&self, function: &str, event: &Value) -> Result<Value, Value> {
        let path = format!("/2015-03-31/functions/hark-{function}/invocations");
        let reply = self.aws("lambda", "POST", &path, &[], event.to_string()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        if reply.headers.contains_key("x-amz-function-error") { Err(reply.json()) } else { Ok(reply.json()) }
    }

    /// A command of the administrator that must succeed.
    pub(crate) async fn administer(&self, command: &Value) -> Value {
        self.invoke("accounts", command).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Puts messages into the queue of the analysis, as many as ten at once.
    pub(crate) async fn send_to_analysis(&self, bodies: &[String]) {
        let entries: Vec<Value> =
            bodies.iter().enumerate().map(|(i, body)| json!({"Id": i.to_string(), "MessageBody": body})).collect();
        let request = json!({"QueueUrl": stack_variable(env::ANALYSIS_QUEUE_URL), "Entries": entries});
        let sent = self.aws_json("sqs", "AmazonSQS.SendMessageBatch", "1.0", &request).await;
        assert_eq!(sent["Successful"].as_array().unwrap().len(), bodies.len(), "{sent}");
    }

    /// A queue that nobody consumes.
    pub(crate) async fn idle_queue(&self) -> queue::Queue {
        let request = json!({"QueueName": "it-idle"});
        let made = self.aws_json("sqs", "AmazonSQS.CreateQueue", "1.0", &request).await;
        queue::Queue::new(&runtime::aws::config().unwrap(), made["QueueUrl"].as_str().unwrap())
    }

    /// Waits for the message that holds the text to be dead-lettered, and takes it away; its body.
    pub(crate) async fn dead_letter(&self, text: &str) -> String {
        let queue = stack_variable("HARK_ANALYSIS_DEAD_LETTERS_URL");
        eventually(&format!("a dead letter with {text}"), async || {
            let request =
                json!({"QueueUrl": queue, "MaxNumberOfMessages": 10, "VisibilityTimeout": 1, "WaitTimeSeconds": 0});
            let received = self.aws_json("sqs", "AmazonSQS.ReceiveMessage", "1.0", &request).await;
            let messages = received["Messages"].as_array().cloned().unwrap_or_default();
            let found = messages.into_iter().find(|message| message["Body"].as_str().unwrap().contains(text))?;
            let request = json!({"QueueUrl": queue, "ReceiptHandle": found["ReceiptHandle"]});
            self.aws_json("sqs", "AmazonSQS.DeleteMessage", "1.0", &request).await;
            Some(found["Body"].as_str().unwrap().to_owned())
        })
        .await
    }

    /// A queue that nobody else reads; its address.
    pub(crate) async fn scratch_queue(&self) -> String {
        let random = u64::from_be_bytes(runtime::clock::random().unwrap());
        let request = json!({"QueueName": format!("scratch-{random:016x}")});
        let made = self.aws_json("sqs", "AmazonSQS.CreateQueue", "1.0", &request).await;
        made["QueueUrl"].as_str().unwrap().to_owned()
    }

    /// Takes every message that is visible in a queue; the bodies.
    pub(crate) async fn received(&self, queue: &queue::Queue) -> Vec<String> {
        let mut bodies = Vec::new();
        loop {
            let request = json!({"QueueUrl": queue.url(), "MaxNumberOfMessages": 10, "WaitTimeSeconds": 0});
            let received = self.aws_json("sqs", "AmazonSQS.ReceiveMessage", "1.0", &request).await;
            let messages = received["Messages"].as_array().cloned().unwrap_or_default();
            if messages.is_empty() {
                return bodies;
            }
            bodies.extend(messages.iter().map(|message| message["Body"].as_str().unwrap().to_owned()));
        }
    }

    /// Keys of the objects with that prefix.
    pub(crate) async fn object_keys(&self, prefix: &str) -> Vec<String> {
        let bucket = stack_variable(env::BUCKET);
        let reply = self.aws("s3", "GET", &format!("/{bucket}?list-type=2&prefix={prefix}"), &[], Vec::new()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let text = String::from_utf8(reply.body.clone()).unwrap();
        assert!(text.contains("<IsTruncated>false</IsTruncated>"), "{text}");
        text.split("<Key>").skip(1).map(|rest| rest.split("</Key>").next().unwrap().to_owned()).collect()
    }

    pub(crate) async fn object(&self, key: &str) -> Option<Vec<u8>> {
        let reply = self.aws("s3", "GET", &format!("/{}/{key}", stack_variable(env::BUCKET)), &[], Vec::new()).await;
        assert!([200, 404].contains(&reply.status), "{reply:?}");
        (reply.status == 200).then_some(reply.body)
    }

    /// What a link without a key gives.
    pub(crate) async fn fetch(&self, url: &str) -> Reply {
        self.http.send("GET", url, &[], Vec::new()).await
    }

    /// Puts bytes where a link without a key says.
    pub(crate) async fn put(&self, url: &str, content_type: &str, bytes: Vec<u8>) -> Reply {
        self.http.send("PUT", url, &[("content-type", content_type)], bytes).await
    }

    pub(crate) async fn put_object(&self, key: &str, bytes: &[u8]) {
        let reply = self.aws("s3", "PUT", &format!("/{}/{key}", stack_variable(env::BUCKET)), &[], bytes).await;
        assert_eq!(reply.status, 200, "{reply:?}");
    }

    /// Deletes an item of the main table.
    pub(crate) async fn forget_item(&self, pk: &str, sk: &str) {
        let key = json!({"PK": {"S": pk}, "SK": {"S": sk}});
        let request = json!({"TableName": stack_variable(env::MAIN_TABLE), "Key": key});
        self.aws_json("dynamodb", "DynamoDB_20120810.DeleteItem", "1.0", &request).await;
    }

    /// Every item of the main table whose partition is the tenant's.
    pub(crate) async fn items(&self, tenant: &str) -> Vec<Value> {
        let (mut items, mut from) = (Vec::new(), Value::Null);
        loop {
            let mut request = json!({
                "TableName": stack_variable(env::MAIN_TABLE),
                "FilterExpression": "begins_with(PK, :tenant)",
                "ExpressionAttributeValues": {":tenant": {"S": format!("T#{tenant}#")}},
            });
            if !from.is_null() {
                request["ExclusiveStartKey"] = from;
            }
            let page = self.aws_json("dynamodb", "DynamoDB_20120810.Scan", "1.0", &request).await;
            items.extend(page["Items"].as_array().cloned().unwrap_or_default());
            from = page["LastEvaluatedKey"].clone();
            if from.is_null() {
                return items;
            }
        }
    }

    /// All that is stored of a tenant, as text: every object and every attribute, compressed ones decompressed.
    pub(crate) async fn stored_text(&self, tenant: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        for prefix in ["raw", "overflow", "audit"] {
            for key in self.object_keys(&format!("{prefix}/{tenant}/")).await {
                let bytes = self.object(&key).await.unwrap_or_default();
                found.push((key, readable(&bytes)));
            }
        }
        for item in self.items(tenant).await {
            let place = format!("{} {}", item["PK"]["S"], item["SK"]["S"]);
            found.push((place, attributes(&item)));
        }
        assert!(!found.is_empty(), "nothing is stored of {tenant}");
        found
    }
}

/// Every text in an item; binary attributes as text.
fn attributes(value: &Value) -> String {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(name, value)| match (name.as_str(), value) {
                ("B", Value::String(text)) => readable(&STANDARD.decode(text).unwrap()),
                _ => format!("{name} {}", attributes(value)),
            })
            .collect::<Vec<_>>()
            .join("\n"),
        Value::Array(items) => items.iter().map(attributes).collect::<Vec<_>>().join("\n"),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Items of the table are compressed with it.
const DICTIONARY: &[u8] = include_bytes!("../../../shared/store/src/dictionary-1.bin");

/// Bytes as text, those of zstd also decompressed: as they are, without the magic number, and behind the number of a dictionary.
fn readable(bytes: &[u8]) -> String {
    const MAGIC: &[u8] = &[0x28, 0xB5, 0x2F, 0xFD];
    let mut text = String::from_utf8_lossy(bytes).into_owned();
    let behind_number = bytes.get(1..).unwrap_or_default();
    for (frame, dictionary) in
        [(bytes.to_vec(), &[][..]), ([MAGIC, bytes].concat(), &[]), ([MAGIC, behind_number].concat(), DICTIONARY)]
    {
        let mut plain = Vec::new();
        let decoder = zstd::stream::Decoder::with_dictionary(frame.as_slice(), dictionary);
        if decoder.is_ok_and(|mut decoder| std::io::Read::read_to_end(&mut decoder, &mut plain).is_ok()) {
            text.push_str(&String::from_utf8_lossy(&plain));
        }
    }
    text
}

/// Process ids of a function's running instances.
pub(crate) fn processes(function: &str) -> Vec<u32> {
    let arguments: &[&str] = if cfg!(target_os = "macos") { &["-A", "-E", "-ww"] } else { &["axeww"] };
    let columns = ["-o", "pid=", "-o", "ppid=", "-o", "command="];
    let output = Command::new("ps").args(arguments).args(columns).output().expect("ps is missing: install procps");
    let parent = stack_variable("HARK_MINISTACK_PID");
    let mark = format!("AWS_LAMBDA_FUNCTION_NAME=hark-{function}");
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter(|line| line.split_whitespace().nth(1) == Some(&parent) && line.contains(&mark))
        .map(|line| line.split_whitespace().next().unwrap().parse().unwrap())
        .collect()
}

/// Ends a process as a crash would.
pub(crate) fn kill(process: u32) {
    let status = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(status.success(), "process {process} could not be killed");
}
