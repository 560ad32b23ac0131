//! Webhooks: told to receivers that answer, fail, hang and lie, by the deployed functions and, where time must pass, by the same code with
//! a clock of the test's own.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use domain::webhooks::delivery::{AttemptError, DeliveryState, Outcome};
use domain::webhooks::endpoint::{DisabledReason, Method, Secret, Secrets};
use domain::webhooks::header::Header;
use domain::webhooks::{
    Address, Delivery, DeliveryId, Endpoint, EndpointId, Event, EventKind, Network, Notification, Owner,
};
use jiff::{SignedDuration, Timestamp};
use outbound::Outbound;
use queue::{Announce, Deliver, Message as _};
use runtime::sqs::{Message, Redeliver};
use runtime::{aws, clock};
use serde_json::{Value, json};

use crate::golden::events;
use crate::harness::app::{App, answer, trusted};
use crate::harness::receiver::{Act, Scripted, header};
use crate::harness::text::{leaving, thankful};
use crate::harness::{Stack, Tenant, eventually};

// ---- By the deployed functions ----

const DAY: &str = "2026-11-20T10:00:00Z";

async fn create(tenant: &Tenant, url: &str, events: &[&str]) -> Value {
    tenant.post("/api/webhooks/endpoints", &json!({"url": url, "events": events})).await.expect(201)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} in {value}"))
}

async fn delivery(tenant: &Tenant, id: &str) -> Value {
    tenant.get(&format!("/api/webhooks/deliveries/{id}")).await.expect(200)
}

/// Sends a test and waits until it is neither waiting nor failed.
async fn tested(tenant: &Tenant, endpoint: &Value) -> Value {
    let sent =
        tenant.post(&format!("/api/webhooks/endpoints/{}/test", text(endpoint, "id")), &json!({})).await.expect(202);
    let id = text(&sent, "delivery_id").to_owned();
    eventually("the test is delivered", async || {
        let reply = tenant.get(&format!("/api/webhooks/deliveries/{id}")).await;
        (reply.status == 200).then(|| reply.json()).filter(|delivery| delivery["state"] == "delivered")
    })
    .await
}

#[tokio::test]
async fn the_rust_library_verifies_what_arrives() {
    let tenant = Tenant::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = create(&tenant, &format!("http://{}/hark", listener.local_addr().unwrap()), &["task.created"]).await;
    let secret = text(&endpoint, "secret").to_owned();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || receiver::receive(&listener, &secret, |message| tell.send(message).unwrap()));
    let delivery = tested(&tenant, &endpoint).await;
    let message = told.recv_timeout(Duration::from_secs(30)).unwrap();
    assert_eq!(
        (message.id.as_str(), &message.body[..]),
        (text(&delivery, "message_id"), text(&delivery, "body").as_bytes())
    );
    let body: Value = serde_json::from_slice(&message.body).unwrap();
    assert_eq!((&body["type"], &body["data"]["endpoint_id"]), (&json!("endpoint.test"), &endpoint["id"]));

    // After a rotation both secrets verify; the receiver still has the old one.
    let rotated = tenant
        .post(&format!("/api/webhooks/endpoints/{}/rotate-secret", text(&endpoint, "id")), &json!({}))
        .await
        .expect(200);
    assert_ne!(rotated["secret"], endpoint["secret"]);
    let again = tested(&tenant, &endpoint).await;
    assert_eq!(told.recv_timeout(Duration::from_secs(30)).unwrap().id, text(&again, "message_id"));

    // A redelivery is the same message: the receiver, which remembers its id, hands nothing over.
    let path = format!("/api/webhooks/deliveries/{}/redeliver", text(&again, "id"));
    tenant.post(&path, &json!({})).await.expect(202);
    let twice = eventually("it is delivered twice", async || {
        Some(self::delivery(&tenant, text(&again, "id")).await).filter(|delivery| delivery["attempt_count"] == 2)
    })
    .await;
    assert_eq!((&twice["state"], &twice["body"]), (&json!("delivered"), &again["body"]));
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn the_python_library_verifies_what_arrives() {
    let tenant = Tenant::new().await;
    let root = format!("{}/..", env!("CARGO_MANIFEST_DIR"));
    let tools =
        Command::new("python3").args(["infra/local/hark.py", "tools", "receiver"]).current_dir(&root).output().unwrap();
    assert!(tools.status.success(), "{tools:?}");
    let folder = String::from_utf8(tools.stdout).unwrap();
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let endpoint = create(&tenant, &format!("http://127.0.0.1:{port}/"), &["task.created"]).await;
    let mut program = Command::new(format!("{}/python", folder.trim()))
        .args(["tests/receiver/python/receiver.py", &port.to_string(), text(&endpoint, "secret")])
        .current_dir(&root)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(program.stdout.take().unwrap()));
    assert_eq!(lines.next().unwrap().unwrap(), "listening");
    let delivery = tested(&tenant, &endpoint).await;
    let line = lines.next().unwrap().unwrap();
    assert_eq!(line, format!("verified {} {}", text(&delivery, "message_id"), text(&delivery, "body")));
    program.kill().unwrap();
    program.wait().unwrap();
}

/// F12: chatwoot #9552, #8633, #12613 · no deletion event, or the wrong id in it.
#[tokio::test]
async fn what_happens_to_conversations_is_told_by_name() {
    let tenant = Tenant::new().await;
    let receiver = Scripted::new(vec![Act::Status("204 No Content")]);
    create(&tenant, &receiver.url, &["conversation.analyzed", "conversation.deleted", "task.created"]).await;
    let batch = tenant.analysed(&[leaving("c-1", DAY), thankful("c-2", DAY)]).await;
    let told = async |kind: &str, count: usize| {
        eventually(&format!("{count} of {kind}"), async || {
            let bodies: Vec<Value> =
                receiver.requests().iter().map(|request| serde_json::from_slice(&request.body).unwrap()).collect();
            let of_kind: Vec<Value> = bodies.into_iter().filter(|body| body["type"] == kind).collect();
            (of_kind.len() >= count).then_some(of_kind)
        })
        .await
    };
    let analyzed = told("conversation.analyzed", 1).await;
    let data = json!({"batch_id": batch["batch_id"], "conversations": [{"conversation_uid": "c-1"}, {"conversation_uid": "c-2"}]});
    assert_eq!((analyzed.len(), &analyzed[0]["data"]), (1, &data));

    // A message a task, and the tasks are those that the API lists.
    let tasks = tenant.tasks("limit=100").await["data"].as_array().cloned().unwrap();
    assert!(!tasks.is_empty());
    let created: BTreeMap<String, Value> = told("task.created", tasks.len())
        .await
        .into_iter()
        .map(|body| (text(&body["data"], "id").to_owned(), body["data"].clone()))
        .collect();
    let listed = tasks.iter().map(|task| {
        let data = json!({"id": task["id"], "conversation_uid": task["conversation_uid"], "kind": task["kind"], "priority": task["priority"], "due_at": task["due_at"]});
        (text(task, "id").to_owned(), data)
    });
    assert_eq!(created, listed.collect());

    tenant.delete("conversations/c-1").await.expect(204);
    tenant.delete("conversations/c-1").await.expect(204);
    let deleted = told("conversation.deleted", 1).await;
    assert_eq!(deleted[0]["data"], json!({"conversation_uid": "c-1"}));
    // Deleting twice, and analysing the rest again, tells nothing twice.
    tenant.analysed(&[thankful("c-3", DAY)]).await;
    told("conversation.analyzed", 2).await;
    let ids: Vec<String> = receiver.requests().iter().map(|request| header(request, "webhook-id")).collect();
    let unique: std::collections::BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), told("conversation.deleted", 1).await.len()), (unique.len(), 1), "{ids:?}");
    // Nobody's words.
    for request in receiver.requests() {
        let body = String::from_utf8(request.body).unwrap();
        assert!(!body.contains("subscription") && !body.contains("quote"), "{body}");
    }
}

#[tokio::test]
async fn a_receiver_that_fails_once_is_tried_again() {
    let tenant = Tenant::new().await;
    let receiver = Scripted::new(vec![Act::Status("500 Oops"), Act::Status("200 OK")]);
    let endpoint = create(&tenant, &receiver.url, &["audit.completed"]).await;
    let delivery = tested(&tenant, &endpoint).await;
    let statuses: Vec<&Value> =
        delivery["attempts"].as_array().unwrap().iter().map(|attempt| &attempt["status"]).collect();
    assert_eq!(statuses, [&json!(500), &json!(200)]);
    let requests = receiver.requests();
    assert_eq!(
        (header(&requests[0], "webhook-id"), &requests[0].body),
        (header(&requests[1], "webhook-id"), &requests[1].body)
    );
}

#[tokio::test]
async fn a_receiver_that_hangs_does_not_hold_up_anothers_messages() {
    let (slow, quick) = (Tenant::new().await, Tenant::new().await);
    let hangs = Scripted::new(vec![Act::Hang]);
    let answers = Scripted::new(vec![Act::Status("204 No Content")]);
    let hanging = create(&slow, &hangs.url, &["task.created"]).await;
    let working = create(&quick, &answers.url, &["task.created"]).await;
    for _ in 0..12 {
        slow.post(&format!("/api/webhooks/endpoints/{}/test", text(&hanging, "id")), &json!({})).await.expect(202);
    }
    tested(&quick, &working).await;
    // One after the other they would have hung for a minute and a half before it.
    assert!(hangs.requests().len() < 12, "{} messages came first", hangs.requests().len());
}

// ---- What callers see and may do ----

#[tokio::test]
async fn endpoints_are_made_shown_changed_and_removed() {
    let tenant = Tenant::new().await;
    let url = "http://127.0.0.1:9/hark?token=s3cret";
    let body = json!({"url": url, "events": ["task.created", "audit.completed", "task.created"], "headers": {"X-Key": "s3cret"}});
    let keyed = [("idempotency-key", "k-1"), ("content-type", "application/json")];
    let made = tenant.request("POST", "/api/webhooks/endpoints", &keyed, body.to_string()).await.expect(201);
    assert!(text(&made, "secret").starts_with("whsec_"));
    let replayed = tenant.request("POST", "/api/webhooks/endpoints", &keyed, body.to_string()).await.expect(201);
    assert_eq!((&replayed["id"], &replayed["secret"]), (&made["id"], &Value::Null));

    let path = format!("/api/webhooks/endpoints/{}", text(&made, "id"));
    let shown = tenant.get(&path).await.expect(200);
    assert_eq!(shown["events"], json!(["task.created", "audit.completed"]));
    assert_eq!((&shown["headers"], shown.get("secret")), (&json!({"x-key": "••••••••"}), None));
    assert_eq!(tenant.get("/api/webhooks/endpoints").await.expect(200)["data"], json!([shown]));

    let changed = tenant.send_json("PATCH", &path, &json!({"enabled": false, "description": "CRM"})).await.expect(200);
    assert_eq!((&changed["enabled"], &changed["disabled_reason"]), (&json!(false), &json!("by_caller")));
    assert_eq!((&changed["url"], &changed["description"]), (&json!(url), &json!("CRM")));
    tenant.post(&format!("{path}/test"), &json!({})).await.problem(409, "CONFLICT");
    let changed = tenant.send_json("PATCH", &path, &json!({"enabled": true, "description": ""})).await.expect(200);
    assert_eq!((&changed["enabled"], &changed["description"]), (&json!(true), &Value::Null));

    for number in 1..20 {
        create(&tenant, &format!("http://127.0.0.1:9/{number}"), &["task.created"]).await;
    }
    let refused = tenant.post("/api/webhooks/endpoints", &json!({"url": url, "events": ["task.created"]})).await;
    refused.problem(400, "REFUSED");
    tenant.delete(&path).await.expect(204);
    tenant.get(&path).await.problem(404, "NOT_FOUND");
    tenant.delete(&path).await.problem(404, "NOT_FOUND");

    // Nothing of it is another's.
    let other = Tenant::new().await;
    let second = tenant.get("/api/webhooks/endpoints").await.expect(200)["data"][0].clone();
    let path = format!("/api/webhooks/endpoints/{}", text(&second, "id"));
    for (method, path) in [
        ("GET", path.clone()),
        ("DELETE", path.clone()),
        ("POST", format!("{path}/test")),
        ("POST", format!("{path}/rotate-secret")),
    ] {
        let foreign = other.request(method, &path, &[], Vec::new()).await;
        assert_eq!(foreign.status, 404, "{foreign:?}");
    }
}

/// The guard at save, as a deployment on AWS has it; the whole table of addresses is tested in `domain`, the connection in `outbound`.
#[tokio::test]
async fn addresses_that_lead_inside_are_refused_when_they_are_saved() {
    let tenant = Tenant::new().await;
    let app = App::new(clock::now);
    let outbound = Outbound::with_lookup(Network::Public, |name| {
        Box::pin(async move {
            match name.as_str() {
                "hooks.acme.com" => Ok(vec!["8.8.8.8".parse().unwrap()]),
                "inside.acme.com" => Ok(vec!["8.8.8.8".parse().unwrap(), "169.254.169.254".parse().unwrap()]),
                _ => Err(std::io::ErrorKind::NotFound.into()),
            }
        })
    });
    let router = webhooks::router(webhooks::Deps {
        edge: app.edge(),
        store: app.store.clone(),
        outbound,
        webhooks_queue: app.webhooks_queue.clone(),
        retries_queue: app.retries_queue.clone(),
        new_ulid: clock::new_ulid,
        random_secret: clock::random,
    });
    for (url, status) in [
        ("https://hooks.acme.com/hark", 201),
        ("http://hooks.acme.com/hark", 422),
        ("https://inside.acme.com/", 422),
        ("https://nobody.acme.com/", 422),
        ("https://127.0.0.1/", 422),
        ("https://[::ffff:10.0.0.1]/", 422),
        ("https://0x7f000001/", 422),
        ("https://localhost/", 422),
        ("https://metadata.google.internal/", 422),
    ] {
        let mut event: Value = serde_json::from_str(&events("webhooks")["create_endpoint"]).unwrap();
        event["headers"]["authorization"] = json!(format!("Bearer {}", tenant.key.token));
        event["body"] = json!(json!({"url": url, "events": ["task.created"]}).to_string());
        let answered = answer(router.clone(), &event.to_string()).await;
        assert_eq!(answered["statusCode"], status, "{url}: {answered}");
        assert_eq!(
            answered["body"].as_str().unwrap().contains("\"pointer\":\"/url\""),
            status == 422,
            "{url}: {answered}"
        );
    }
}

// ---- By a clock of the test's own ----

static NOW: AtomicI64 = AtomicI64::new(0);

fn now() -> Timestamp {
    Timestamp::from_millisecond(NOW.load(Ordering::Relaxed)).unwrap()
}

/// The delivery function in this process: real tables, real requests, queues that nobody else reads.
struct Courier {
    stack: Stack,
    deps: delivery::Deps,
    tenant: domain::access::Tenant,
}

impl Courier {
    async fn new() -> Self {
        NOW.store(Timestamp::from_second(1_795_608_000).unwrap().as_millisecond(), Ordering::Relaxed);
        let (stack, app) = (Stack::attach(), App::new(now));
        let sdk = aws::config().unwrap();
        let mut deps = app.delivery();
        deps.webhooks_queue = queue::Queue::new(&sdk, stack.scratch_queue().await);
        deps.retries_queue = queue::Queue::new(&sdk, stack.scratch_queue().await);
        deps.timeout = Duration::from_millis(500);
        let tenant = trusted(&format!("wh-{:016x}", u64::from_be_bytes(clock::random().unwrap())));
        Self { stack, deps, tenant }
    }

    async fn endpoint(&self, url: &str) -> EndpointId {
        let endpoint = Endpoint {
            id: EndpointId::new(clock::new_ulid(now()).unwrap()),
            owner: Owner::Tenant,
            address: Address::parse(url, Network::Any).unwrap(),
            method: Method::Post,
            headers: vec![Header { name: "authorization".into(), value: "Bearer own".into() }],
            description: None,
            events: vec![EventKind::AuditCompleted],
            secrets: Some(Secrets { current: Secret([1; 32]), previous: None }),
            disabled: None,
            failing_since: None,
            created_at: now(),
            revision: 1,
        };
        self.deps.store.create_endpoint(&self.tenant, &endpoint).await.unwrap();
        endpoint.id
    }

    async fn announce(&self, event: Event) {
        let announce = Announce { tenant: self.tenant.clone(), event, occurred_at: now() };
        self.handle(announce.print()).await.unwrap();
    }

    async fn handle(&self, body: String) -> Result<(), Redeliver> {
        delivery::handle(&self.deps, Message { body, receive_count: 1 }).await
    }

    /// Announces an audit; its only delivery.
    async fn told(&self, audit: &str) -> DeliveryId {
        self.announce(Event::AuditCompleted { audit_id: audit.to_owned() }).await;
        let deliveries = self.deliveries().await;
        let found = deliveries.iter().find(|delivery| String::from_utf8_lossy(&delivery.body).contains(audit));
        found.unwrap_or_else(|| panic!("{audit} in {deliveries:?}")).id.clone()
    }

    async fn deliveries(&self) -> Vec<Delivery> {
        let mut ids = Vec::new();
        for failed in [true, false] {
            let keys = self.deps.store.delivery_keys(&self.tenant, failed, Timestamp::MIN, "~", 100).await.unwrap();
            ids.extend(keys.into_iter().map(|key| key.id));
        }
        self.deps.store.deliveries(&self.tenant, &ids).await.unwrap()
    }

    async fn delivery(&self, id: &DeliveryId) -> Delivery {
        self.deps.store.delivery(&self.tenant, id).await.unwrap().unwrap()
    }

    fn message(&self, id: &DeliveryId, made: u32) -> String {
        Deliver { tenant: self.tenant.clone(), delivery: id.clone(), made, retry: true }.print()
    }

    /// Handles the message that is due next, at its time; the delivery after it.
    async fn attempt(&self, id: &DeliveryId) -> Delivery {
        let before = self.delivery(id).await;
        let due = before.next_at.unwrap_or_else(now).as_millisecond();
        NOW.fetch_max(due, Ordering::Relaxed);
        self.handle(self.message(id, before.made)).await.unwrap();
        self.delivery(id).await
    }
}

/// F11: chatwoot #15920, #11901 · a webhook sent once and lost, or twice.
#[tokio::test]
async fn five_hundreds_and_then_a_success_are_one_message() {
    let courier = Courier::new().await;
    let fails = Act::Status("500 Oops");
    let receiver = Scripted::new(vec![fails, fails, fails, Act::Status("200 OK")]);
    let endpoint = courier.endpoint(&receiver.url).await;
    let id = courier.told("aud_1").await;
    // Told again: the same message.
    assert_eq!(courier.told("aud_1").await, id);
    for made in 1..=4 {
        // Too early, or made already: nothing is sent.
        let early = courier.delivery(&id).await;
        courier.handle(courier.message(&id, early.made + 1)).await.unwrap();
        if made > 1 {
            courier.handle(courier.message(&id, early.made)).await.unwrap();
            courier.handle(courier.message(&id, early.made - 1)).await.unwrap();
        }
        assert_eq!(receiver.requests().len(), made - 1);
        let delivery = courier.attempt(&id).await;
        assert_eq!((delivery.made as usize, receiver.requests().len()), (made, made));
        let stored = courier.deps.store.endpoint(&courier.tenant, &Owner::Tenant, endpoint).await.unwrap().unwrap();
        assert_eq!(stored.failing_since.is_some(), made < 4);
    }
    let delivery = courier.delivery(&id).await;
    assert_eq!((delivery.state, delivery.next_at, delivery.attempts.len()), (DeliveryState::Delivered, None, 4));
    let waits: Vec<SignedDuration> =
        delivery.attempts.windows(2).map(|pair| pair[1].at.duration_since(pair[0].at)).collect();
    assert!(waits.is_sorted() && waits[0] >= SignedDuration::from_secs(4), "{waits:?}");
    let requests = receiver.requests();
    for request in &requests {
        assert_eq!(header(request, "webhook-id"), id.message.as_str());
        assert_eq!((&request.body, header(request, "authorization")), (&delivery.body, "Bearer own".to_owned()));
        assert!(header(request, "webhook-signature").starts_with("v1,"));
    }
    // The time is each attempt's own, and so is the signature.
    assert_ne!(header(&requests[0], "webhook-timestamp"), header(&requests[3], "webhook-timestamp"));
}

#[tokio::test]
async fn the_whole_schedule_is_made_and_can_be_begun_anew() {
    let courier = Courier::new().await;
    let receiver = Scripted::new(vec![Act::Status("503 Busy")]);
    courier.endpoint(&receiver.url).await;
    let id = courier.told("aud_1").await;
    let began = now();
    while courier.attempt(&id).await.next_at.is_some() {}
    let failed = courier.delivery(&id).await;
    assert_eq!((failed.state, receiver.requests().len()), (DeliveryState::Failed, 10));
    assert!(
        (60..=91).contains(&now().duration_since(began).as_hours()),
        "{} hours",
        now().duration_since(began).as_hours()
    );

    courier.deps.store.update_delivery(&courier.tenant, &failed.again(now())).await.unwrap();
    receiver.now(Act::Status("200 OK"));
    let delivered = courier.attempt(&id).await;
    assert_eq!((delivered.state, delivered.made), (DeliveryState::Delivered, 11));
    let requests = receiver.requests();
    assert_eq!(
        (header(&requests[10], "webhook-id"), &requests[10].body),
        (header(&requests[0], "webhook-id"), &requests[0].body)
    );
}

#[tokio::test]
async fn a_crash_between_sent_and_recorded_repeats_the_message_and_loses_nothing() {
    let mut courier = Courier::new().await;
    let receiver = Scripted::new(vec![Act::Status("500 Oops"), Act::Status("500 Oops"), Act::Status("200 OK")]);
    courier.endpoint(&receiver.url).await;
    let id = courier.told("aud_1").await;
    // The request is made; then the next attempt cannot be queued, and nothing after that happens.
    let whole = courier.deps.retries_queue.clone();
    let nowhere = format!("{}/000000000000/nowhere", crate::harness::stack_variable("AWS_ENDPOINT_URL"));
    courier.deps.retries_queue = queue::Queue::new(&aws::config().unwrap(), nowhere);
    assert!(courier.handle(courier.message(&id, 0)).await.is_err());
    assert_eq!((courier.delivery(&id).await.made, receiver.requests().len()), (0, 1));
    // The message comes again.
    courier.deps.retries_queue = whole;
    let delivery = courier.attempt(&id).await;
    assert_eq!((delivery.made, receiver.requests().len()), (1, 2));
    assert_eq!(courier.attempt(&id).await.state, DeliveryState::Delivered);
    let requests = receiver.requests();
    assert_eq!(requests.len(), 3);
    for request in &requests {
        assert_eq!((header(request, "webhook-id"), &request.body), (id.message.to_string(), &delivery.body));
    }
}

#[tokio::test]
async fn whatever_a_receiver_does_is_written_down_and_tried_again() {
    let courier = Courier::new().await;
    let elsewhere = Scripted::new(vec![Act::Status("200 OK")]);
    let redirect = format!("HTTP/1.1 301 Moved\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (number, (act, outcome, state)) in [
        (Act::Raw(redirect.leak()), Outcome::Answered(301), DeliveryState::Pending),
        (Act::Status("404 Not Found"), Outcome::Answered(404), DeliveryState::Pending),
        (Act::Hang, Outcome::Unanswered(AttemptError::TimedOut), DeliveryState::Pending),
        (Act::Raw(""), Outcome::Unanswered(AttemptError::BrokenOff), DeliveryState::Pending),
        (Act::Raw("HTTP/1.1 20"), Outcome::Unanswered(AttemptError::BrokenOff), DeliveryState::Pending),
        // The status says that it was taken; what follows does not unsay it.
        (
            Act::Raw("HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\ncut o"),
            Outcome::Answered(200),
            DeliveryState::Delivered,
        ),
        (Act::TenMegabytes, Outcome::Answered(200), DeliveryState::Delivered),
        (Act::Status("299 Odd"), Outcome::Answered(299), DeliveryState::Delivered),
    ]
    .into_iter()
    .enumerate()
    {
        let receiver = Scripted::new(vec![act]);
        let endpoint = courier.endpoint(&receiver.url).await;
        let id = courier.told(&format!("aud_{number}")).await;
        let id = DeliveryId { endpoint, ..id };
        let delivery = courier.attempt(&id).await;
        assert_eq!((delivery.attempts[0].outcome, delivery.state), (outcome, state), "{act:?}");
        courier.deps.store.delete_endpoint(&courier.tenant, &Owner::Tenant, endpoint).await.unwrap();
    }
    assert_eq!(elsewhere.requests().len(), 0, "a redirect was followed");

    let endpoint = courier.endpoint(&format!("http://{closed}/")).await;
    let id = DeliveryId { endpoint, ..courier.told("aud_closed").await };
    assert_eq!(courier.attempt(&id).await.attempts[0].outcome, Outcome::Unanswered(AttemptError::ConnectionFailed));
    // Its endpoint is gone: there is nobody to send to.
    courier.deps.store.delete_endpoint(&courier.tenant, &Owner::Tenant, endpoint).await.unwrap();
    let gone = courier.attempt(&id).await;
    assert_eq!(
        (gone.state, gone.attempts[1].outcome),
        (DeliveryState::Failed, Outcome::Unanswered(AttemptError::EndpointUnavailable))
    );
}

#[tokio::test]
async fn a_receiver_may_ask_to_be_left_alone() {
    let courier = Courier::new().await;
    let busy = "HTTP/1.1 503 Busy\r\nretry-after: 7200\r\ncontent-length: 0\r\n\r\n";
    let receiver = Scripted::new(vec![Act::Raw(busy)]);
    courier.endpoint(&receiver.url).await;
    let id = courier.told("aud_1").await;
    let delivery = courier.attempt(&id).await;
    assert!(delivery.next_at.unwrap().duration_since(now()) >= SignedDuration::from_hours(2));
}

#[tokio::test]
async fn an_endpoint_that_is_gone_or_fails_for_five_days_is_stopped_and_the_others_are_told() {
    let courier = Courier::new().await;
    let gone = Scripted::new(vec![Act::Status("410 Gone")]);
    let endpoint = courier.endpoint(&gone.url).await;
    let id = courier.told("aud_1").await;
    let stored = async |id| courier.deps.store.endpoint(&courier.tenant, &Owner::Tenant, id).await.unwrap().unwrap();
    assert_eq!(courier.attempt(&id).await.state, DeliveryState::Failed);
    assert_eq!(stored(endpoint).await.disabled.map(|disabled| disabled.reason), Some(DisabledReason::Gone));
    let announced = courier.stack.received(&courier.deps.webhooks_queue).await;
    let announced: Vec<_> = announced.iter().filter(|body| body.contains("endpoint.disabled")).collect();
    assert!(
        announced.len() == 1 && announced[0].contains(&endpoint.to_string()) && announced[0].contains("gone"),
        "{announced:?}"
    );

    // Six days of failures: the first run ends after three of them, the second meets the end of the fifth.
    let fails = Scripted::new(vec![Act::Status("500 Oops")]);
    let endpoint = courier.endpoint(&fails.url).await;
    let first = courier.told("aud_2").await;
    while courier.attempt(&first).await.next_at.is_some() {}
    assert_eq!(stored(endpoint).await.disabled, None);
    let second = courier.told("aud_3").await;
    while courier.attempt(&second).await.next_at.is_some() {}
    assert_eq!(stored(endpoint).await.disabled.map(|disabled| disabled.reason), Some(DisabledReason::Failing));
    // What comes after goes nowhere, and is no delivery.
    let before = courier.deliveries().await.len();
    courier.announce(Event::AuditCompleted { audit_id: "aud_4".into() }).await;
    assert_eq!(courier.deliveries().await.len(), before);
}

/// The interview's own notifications: the seed's payload, method and headers; signed once the tenant has asked for a secret.
#[tokio::test]
async fn an_interviews_notifications_get_what_the_seed_documents() {
    let courier = Courier::new().await;
    let receiver = Scripted::new(vec![Act::Status("200 OK")]);
    let notification = |path: &str| Notification {
        address: Address::parse(&format!("{}{path}", receiver.url), Network::Any).unwrap(),
        method: Method::Put,
        headers: vec![Header { name: "x-key".into(), value: "own".into() }],
    };
    let (store, tenant) = (&courier.deps.store, &courier.tenant);
    store.put_notifications(tenant, "i-1", &[notification("one"), notification("two")], now()).await.unwrap();
    let completed = || Event::InterviewCompleted { interview_id: "i-1".into(), success: true };
    courier.announce(completed()).await;
    courier.announce(completed()).await;
    let deliveries = courier.deliveries().await;
    assert_eq!(deliveries.len(), 2, "one for each notification, however often it is announced");
    for delivery in &deliveries {
        assert_eq!(courier.attempt(&delivery.id).await.state, DeliveryState::Delivered);
    }
    for request in receiver.requests() {
        assert!(request.head.starts_with("PUT /"), "{}", request.head);
        assert_eq!(
            (header(&request, "x-key"), header(&request, "webhook-signature")),
            ("own".to_owned(), String::new())
        );
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let expected = json!({
            "interviewId": "i-1",
            "success": true,
            "completedAt": now().to_string(),
            "transcriptionUrl": "https://api.acme.com/api/interviews/i-1/transcription",
            "audioUrl": "https://api.acme.com/api/interviews/i-1/audio",
        });
        assert_eq!(body, expected);
    }
    let secrets = Secrets { current: Secret([9; 32]), previous: None };
    store.put_notification_secrets(tenant, &secrets, 0).await.unwrap();
    NOW.fetch_add(1_000, Ordering::Relaxed);
    courier.announce(completed()).await;
    let signed = courier.deliveries().await.into_iter().find(|delivery| delivery.made == 0).unwrap();
    courier.attempt(&signed.id).await;
    let request = receiver.requests().pop().unwrap();
    assert_eq!(header(&request, "webhook-signature"), secrets.sign(signed.id.message.as_str(), now(), &signed.body));
}

#[tokio::test]
async fn a_name_that_leads_inside_by_now_is_not_called() {
    let mut courier = Courier::new().await;
    let receiver = Scripted::new(vec![Act::Status("200 OK")]);
    let port = receiver.url.rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    courier.endpoint(&format!("https://rebound.acme.com:{port}/")).await;
    courier.deps.outbound =
        Outbound::with_lookup(Network::Public, |_| Box::pin(async { Ok(vec!["127.0.0.1".parse().unwrap()]) }));
    let id = courier.told("aud_1").await;
    let delivery = courier.attempt(&id).await;
    assert_eq!(delivery.attempts[0].outcome, Outcome::Unanswered(AttemptError::AddressRefused));
    assert_eq!(receiver.requests().len(), 0);
}

#[tokio::test]
async fn the_log_is_walked_filtered_and_what_failed_is_sent_again() {
    let courier = Courier::new().await;
    let caller = Tenant::new().await;
    let courier = Courier { tenant: trusted(&caller.name), ..courier };
    let receiver = Scripted::new(vec![Act::Status("410 Gone"), Act::Status("200 OK")]);
    // One is delivered, one fails because its endpoint is gone, 30 wait.
    let endpoint = courier.endpoint(&receiver.url).await;
    let failed = courier.told("aud_failed").await;
    courier.attempt(&failed).await;
    let path = format!("/api/webhooks/endpoints/{endpoint}");
    caller.send_json("PATCH", &path, &json!({"enabled": true})).await.expect(200);
    let delivered = courier.told("aud_delivered").await;
    courier.attempt(&delivered).await;
    for number in 0..30 {
        NOW.fetch_add(1, Ordering::Relaxed);
        courier.told(&format!("aud_waits_{number:02}")).await;
    }
    let walk = async |filters: &str, limit: usize| {
        let (mut found, mut cursor): (Vec<String>, String) = (Vec::new(), String::new());
        loop {
            let page =
                caller.get(&format!("/api/webhooks/deliveries?limit={limit}{filters}{cursor}")).await.expect(200);
            let data = page["data"].as_array().unwrap();
            assert!(data.len() <= limit);
            found.extend(data.iter().map(|delivery| text(delivery, "id").to_owned()));
            let Some(next) = page["next_cursor"].as_str() else { return found };
            cursor = format!("&cursor={next}");
        }
    };
    for limit in [7, 100] {
        let all = walk("", limit).await;
        assert_eq!((all.len(), all.iter().collect::<std::collections::BTreeSet<_>>().len()), (32, 32));
        assert!(all[30..].contains(&failed.to_string()) && all[30..].contains(&delivered.to_string()), "newest first");
        assert_eq!(walk("&state=failed", limit).await, [failed.to_string()]);
        assert_eq!(walk("&state=delivered", limit).await, [delivered.to_string()]);
        assert_eq!(walk("&state=pending", limit).await.len(), 30);
        assert_eq!(walk(&format!("&endpoint_id={endpoint}&event=audit.completed"), limit).await.len(), 32);
        assert_eq!(walk("&event=task.created", limit).await.len(), 0);
        assert_eq!(walk("&date_from=2026-01-01&date_to=2026-01-31", limit).await.len(), 0);
    }
    let first = caller.get("/api/webhooks/deliveries?limit=7").await.expect(200);
    let foreign = format!("/api/webhooks/deliveries?state=failed&cursor={}", text(&first, "next_cursor"));
    caller.get(&foreign).await.problem(422, "VALIDATION_FAILED");

    // By the deployed functions from here on.
    let window = json!({"from": "2026-11-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"});
    let again = caller.post("/api/webhooks/deliveries/redeliver", &window).await.expect(202);
    assert_eq!((&again["redelivered"], &again["skipped"], &again["next_to"]), (&json!(1), &json!(0), &Value::Null));
    let nothing = caller.post("/api/webhooks/deliveries/redeliver", &window).await.expect(202);
    assert_eq!(nothing["redelivered"], 0);
}
