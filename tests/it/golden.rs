//! Golden events: every file of `events/` through the code that Lambda would hand it to, compared with its snapshot.
//!
//! Each event gets tenants, keys and a conversation of its own, made at a fixed time and with the ids that the events name. What differs from
//! run to run or is the engine's judgement is replaced before the comparison: the engine has tests of its own.

use std::collections::BTreeMap;
use std::path::PathBuf;

use aws_lambda_events::sqs::SqsEvent;
use domain::access::{Abilities, KeyRecord, Tenant, Token};
use domain::audits::{Audit, AuditRequest, AuditState, Every, Origin, RecurringAudit};
use domain::facts::filter::Filter;
use domain::ids::{AuditId, BatchId, ErasureId, InsightId, KeyId, ReanalysisId, TenantName, category_id};
use domain::interviews::InterviewId;
use domain::interviews::link::ExpertToken;
use domain::interviews::variable::VariableId;
use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use domain::settings::Settings;
use domain::time_range::TimeRange;
use domain::webhooks::delivery::{Attempt, Outcome};
use domain::webhooks::endpoint::{Method, Secret, Secrets};
use domain::webhooks::header::Header;
use domain::webhooks::{Address, Delivery, DeliveryId, Endpoint, EndpointId, EventKind, MessageId, Network, Owner};
use jiff::{SignedDuration, Timestamp};
use queue::Message as _;
use runtime::sqs::Message;
use runtime::{aws, clock, env};
use serde_json::{Map, Value, json};

use crate::harness::app::{App, answer, deliver, trusted};
use crate::harness::interviews;
use crate::harness::text::{conversation, with};
use crate::harness::{Stack, stack_variable};

/// The tokens in the events. They are well-formed, and no key has them: a caller puts their own in.
const TOKEN: &str = "hark_GoldenEventsKeyOfTheTenantDemo3QZ3jD";
const TOKEN_OF_ONE_ABILITY: &str = "hark_GoldenEventsKeyWithOneAbility009KbW2";
/// The secret of an expert's link in the events.
const EXPERT: &str = "expert_GoldenEventsExpertsLinkSecret001";
/// Begins the ids of messages in the events.
const QUEUE_MESSAGE: &str = "059f36b4-";
/// The ids in the events.
const BATCH: &str = "bat_01M88YXTM05QW3RTY7ZXCVBNM0";
const KEY: &str = "key_01M88YXTM0A1B2C3D4E5F6G7H8";
const SPARE_KEY: &str = "key_01M88YXTM0K1M2N3P4Q5R6S7T8";
const AUDIT: &str = "aud_01M88YXTM0A2D3T4S5F6G7H8J9";
const AUDIT_WAITING: &str = "aud_01M88YXTM0W1A2T3N4G5A6D7T8";
const AUDIT_OF_OTHER: &str = "aud_01M88YXTM0Z8Y7X6W5V4T3S2R1";
const KEY_OF_OTHER: &str = "key_01M88YXTM0Z9Y8X7W6V5T4S3R2";
const REANALYSIS: &str = "rea_01M88YXTM0R3A4N5A6Y7S8S9T0";
const REANALYSIS_OF_OTHER: &str = "rea_01M88YXTM0R3A4N5A6Y7S8S9TZ";

const ERASURE: &str = "ers_01M88YXTM0E1R2A3S4V5R6E7D8";
const ERASURE_OF_OTHER: &str = "ers_01M88YXTM0Z9Y8X7W6V5T4S3R2";

/// The ids that a snapshot shows; every other one is new in each run.
const KNOWN: &[&str] = &[
    BATCH,
    KEY,
    SPARE_KEY,
    KEY_OF_OTHER,
    REANALYSIS,
    ERASURE,
    ERASURE_OF_OTHER,
    ENDPOINT,
    ENDPOINT_OF_OTHER,
    AUDIT,
    AUDIT_WAITING,
    AUDIT_OF_OTHER,
];

const ENDPOINT: &str = "whe_01M88YXTM0E1D2P3W4N5T6Z7X8";
const ENDPOINT_OF_OTHER: &str = "whe_01M88YXTM0F9G8H7J6K5M4N3P2";
const MESSAGE: &str = "msg_3C9T4V0M6Z8R1Q5X7Y2N4B6D8F";
const MESSAGE_WAITING: &str = "msg_2B8S3T9K5Y7Q0P4W6X1M3A5C7E";
const MESSAGE_OF_OTHER: &str = "msg_4D0V5W1N7Z9S2R6Y8X3P5C7E9G";

/// What the scene's conversation is about beyond doubt: the category of its insight, whose id holds the tenant.
const CATEGORY: &str = "cancel";

/// What the engine judges in a function's answers: its place in a body is in the snapshot, its value is not.
fn judged(function: &str) -> &'static [&'static str] {
    match function {
        "fetch" | "insights" => &[
            "language",
            "sentiment",
            "temperature",
            "severity",
            "pcsat",
            "churn_risk",
            "early_warnings",
            "intervention",
            "contact_reason",
            "resolution",
            "effort",
            "summary",
            "reasons",
            "evidence",
            "due_at",
            "by_kind",
            "category",
            "deep_research",
            "likeness",
        ],
        "audits" => &["score", "passed", "failed", "critical"],
        "context" => &["churn_level", "last_summary", "tokens", "severity", "summary", "temperature"],
        _ => &[],
    }
}

/// Events that come second: before them another one is answered in the same scene, which may be the very same.
const SECOND: &[(&str, &str)] = &[
    ("audits/recurring_audits.again", "recurring_audits"),
    ("delivery/deliver.made_already", "deliver"),
    ("interviews/create_expert_link.replayed", "create_expert_link.replayed"),
    ("interviews/create_interview.key_reused", "create_interview.replayed"),
    ("interviews/create_interview.replayed", "create_interview.replayed"),
    ("interviews/create_upload.replayed", "create_upload.replayed"),
    ("interviews/open_expert_session.used", "open_expert_session"),
    ("interviews/post_message.ended", "post_message.end"),
    ("webhooks/create_endpoint.replayed", "create_endpoint.replayed"),
    ("webhooks/test_endpoint.disabled", "update_endpoint"),
    ("webhooks/test_endpoint.replayed", "test_endpoint.replayed"),
];

fn noon() -> Timestamp {
    "2026-11-25T12:00:00Z".parse().unwrap()
}

/// Cases of a function and their events.
pub(crate) fn events(function: &str) -> BTreeMap<String, String> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../events").join(function);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    files
        .map(|file| file.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| (path.file_stem().unwrap().to_str().unwrap().to_owned(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// Two tenants and what the events speak of.
struct Scene {
    app: App,
    demo: Tenant,
    other: Tenant,
    token: Token,
    token_of_one_ability: Token,
    expert: ExpertToken,
}

impl Scene {
    /// What an event of a function finds.
    async fn of(function: &str, case: &str) -> Self {
        // One that none of the function's routes asks for, but for the one case.
        let ability = match function {
            _ if case == "get_audit.full_quotes_forbidden" => "audits-read",
            "ingest" => "context-read",
            _ => "events-create",
        };
        let mut scene = Self::new(ability).await;
        match function {
            "webhooks" => {
                scene.webhooks().await;
                scene.deliveries().await;
            }
            "delivery" => {
                scene.webhooks().await;
                // Nobody else makes attempts.
                let idle = Stack::attach().idle_queue().await;
                (scene.app.webhooks_queue, scene.app.retries_queue) = (idle.clone(), idle);
            }
            "audits" if case.starts_with("recurring_audits") => scene.recurring_audits().await,
            "audits" => {
                scene.audit(&scene.demo, AUDIT, true).await;
                scene.audit(&scene.demo, AUDIT_WAITING, false).await;
                scene.audit(&scene.other, AUDIT_OF_OTHER, false).await;
            }
            "auditor" => {
                let completed = case.contains("documents_there") || case.starts_with("erase");
                scene.audit(&scene.demo, AUDIT, completed).await;
                scene.audit(&scene.other, AUDIT_OF_OTHER, false).await;
            }
            "interviews" | "interviews-analysis" => {
                let required = case == "create_interview.without_required_variable";
                interviews::make(&scene.app, &scene.demo, &scene.other, &scene.expert, required).await;
            }
            _ => {}
        }
        if case == "open_expert_session.expired" {
            scene.app.clock = || noon() + domain::interviews::link::DEFAULT_LIFE;
        }
        scene
    }

    /// The second key has one ability.
    async fn new(ability: &str) -> Self {
        let name = |prefix: &str| format!("{prefix}-{:016x}", u64::from_be_bytes(clock::random().unwrap()));
        let token = || Token::from_random(clock::random().unwrap());
        let scene = Self {
            app: App::new(noon),
            demo: trusted(&name("gd")),
            other: trusted(&name("go")),
            token: token(),
            token_of_one_ability: token(),
            expert: ExpertToken::from_random(clock::random().unwrap()),
        };
        for tenant in [&scene.demo, &scene.other] {
            let secret = store::ContactKey::new([7; 32]);
            assert!(scene.app.store.create_tenant(tenant, "Demo", &secret, noon()).await.unwrap());
        }
        let one_ability = Abilities::parse(&[ability.to_owned()]).unwrap();
        scene.key(&scene.demo, KEY, "first key", Abilities::All, &scene.token).await;
        scene.key(&scene.demo, SPARE_KEY, "spare key", one_ability, &scene.token_of_one_ability).await;
        scene.key(&scene.other, KEY_OF_OTHER, "first key", Abilities::All, &token()).await;
        scene.conversation(&scene.demo, "conv-12345").await;
        scene.conversation(&scene.other, "conv-of-other").await;
        scene.visit(&scene.demo, "user-88", "sess-1", ERASURE).await;
        scene.visit(&scene.other, "user-of-other", "sess-of-other", ERASURE_OF_OTHER).await;
        scene.reanalysis(&scene.demo, REANALYSIS).await;
        scene.reanalysis(&scene.other, REANALYSIS_OF_OTHER).await;
        scene
    }

    async fn key(&self, tenant: &Tenant, id: &str, name: &str, abilities: Abilities, token: &Token) {
        let record = KeyRecord {
            id: KeyId::parse(id).unwrap(),
            tenant: tenant.name().clone(),
            name: name.to_owned(),
            abilities,
            prefix: token.reveal().chars().take(9).collect(),
            created_at: noon(),
            expires_at: None,
            revoked_at: None,
        };
        let revision = self.app.store.keys(tenant).await.unwrap().revision;
        self.app.store.create_key(tenant, &record, &token.hash(), revision).await.unwrap();
    }

    /// A re-analysis that was started a minute ago, under the settings before these.
    async fn reanalysis(&self, tenant: &Tenant, id: &str) {
        let job = Reanalysis {
            id: ReanalysisId::parse(id).unwrap(),
            status: ReanalysisStatus::Running,
            settings_revision: 0,
            started_at: noon() - SignedDuration::from_mins(1),
            updated_at: noon(),
            finished_at: None,
            cursor: None,
            progress: Progress { batches_total: Some(4), batches_done: 1, batches_failed: 0, conversations: 97 },
        };
        self.app.store.create_reanalysis(tenant, &job).await.unwrap();
    }

    /// A running session of a customer, and an erasure of somebody else.
    async fn visit(&self, tenant: &Tenant, customer: &str, session: &str, erasure: &str) {
        let view = |id: &str, at: &str, name: &str, category: &str| {
            json!({
                "id": id, "type": "page_view", "occurred_at": at, "customer_id": customer, "session_id": session,
                "url": format!("https://store.com/products/{id}"), "name": name, "category": category, "price_amount": 150.0,
                "price_cur": "USD", "duration_secs": 45.2,
            })
        };
        let events = json!({"events": [
            view("air-max-90", "2026-11-25T11:50:00Z", "Nike Air Max 90", "sneakers"),
            view("ultraboost", "2026-11-25T11:52:00Z", "Adidas Ultraboost", "sneakers"),
        ]});
        let intake = domain::context::intake::read_json(events.to_string().as_bytes(), noon()).unwrap();
        let (key, journey) = (store::ContactKey::new([7; 32]), domain::context::journey::default_journey());
        let times = (noon(), noon() + jiff::SignedDuration::from_hours(24));
        self.app.store.put_events(tenant, &key, &intake.events, &journey, times).await.unwrap();
        let erasure = store::Erasure {
            id: ErasureId::parse(erasure).unwrap(),
            contact: key.contact("somebody else"),
            requested_at: noon(),
            finished_at: None,
            found: (2, 3),
            erased: store::ErasedCounts { conversations: 0, sessions: 0, events: 0 },
        };
        self.app.store.begin_erasure(tenant, &erasure).await.unwrap();
    }

    /// An analysed conversation that gives reason for a task of kind `churn_risk`.
    async fn conversation(&self, tenant: &Tenant, id: &str) {
        let lines = [
            (
                1,
                "customer",
                "You charged my card twice and nobody answers. I want to cancel my subscription and get my money back!",
            ),
            (5, "agent", "I am sorry about that. I will look into the second charge."),
        ];
        let fields = json!({
            "status": "open", "subject": "Charged twice", "priority": "high", "channel_type": "email", "tags": ["vip"], "custom": {"plan": "pro"},
            "contact": {"id": "user-88", "name": "Jane Doe", "email": "jane@example.com", "account": {"id": "acme", "name": "Acme"}},
        });
        let pushed = with(conversation(id, "2026-06-03T10:00:00Z", &lines), fields);
        let pushed = serde_json::from_value(pushed).unwrap();
        let batch = BatchId::parse(BATCH).unwrap();
        let (bytes, _) = blobs::raw::encode_batch([&pushed]).unwrap();
        let key = self.app.blobs.put_raw(tenant, batch, bytes).await.unwrap();
        self.app.store.create_batch(tenant, batch, 1, noon()).await.unwrap();
        let body = queue::AnalyzeBatch { tenant: tenant.clone(), batch, key }.print();
        let message = Message { body, receive_count: 1 };
        Box::pin(::analysis::consume(&self.app.analysis(), message)).await.unwrap();
    }

    /// An endpoint where nobody listens, and a delivery to it that failed and was asked for again; both tenants have theirs.
    async fn webhooks(&self) {
        for (tenant, endpoint, message) in
            [(&self.demo, ENDPOINT, MESSAGE), (&self.other, ENDPOINT_OF_OTHER, MESSAGE_OF_OTHER)]
        {
            let endpoint = Endpoint {
                id: EndpointId::parse(endpoint).unwrap(),
                owner: Owner::Tenant,
                address: Address::parse("http://127.0.0.1:9/hark", Network::Any).unwrap(),
                method: Method::Post,
                headers: vec![Header { name: "x-key".to_owned(), value: "s3cret".to_owned() }],
                description: Some("CRM".to_owned()),
                events: vec![EventKind::TaskCreated, EventKind::AuditCompleted],
                secrets: Some(Secrets { current: Secret([7; 32]), previous: None }),
                disabled: None,
                failing_since: None,
                created_at: noon(),
                revision: 1,
            };
            self.app.store.create_endpoint(tenant, &endpoint).await.unwrap();
            let id = DeliveryId { message: MessageId::parse(message).unwrap(), endpoint: endpoint.id };
            let body = br#"{"type":"task.created"}"#.to_vec();
            let delivery = Delivery::new(id, Owner::Tenant, EventKind::TaskCreated, noon(), body, noon());
            self.app.store.create_delivery(tenant, &delivery).await.unwrap();
        }
    }

    /// The delivery of the events, failed, and another one that is waiting.
    async fn deliveries(&self) {
        let store = &self.app.store;
        let endpoint = EndpointId::parse(ENDPOINT).unwrap();
        let id = |message: &str| DeliveryId { message: MessageId::parse(message).unwrap(), endpoint };
        let delivery = store.delivery(&self.demo, &id(MESSAGE)).await.unwrap().unwrap();
        let attempt = Attempt { at: noon(), outcome: Outcome::Answered(410), duration_ms: 7 };
        store.update_delivery(&self.demo, &delivery.after(attempt, None)).await.unwrap();
        let (owner, kind) = (Owner::Tenant, EventKind::AuditCompleted);
        let waiting = Delivery::new(id(MESSAGE_WAITING), owner, kind, noon(), b"{}".to_vec(), noon());
        store.create_delivery(&self.demo, &waiting).await.unwrap();
    }

    /// Every delivery of the tenant, as far as events say what becomes of it.
    async fn stored_deliveries(&self) -> Value {
        let mut stored = Vec::new();
        for failed in [true, false] {
            let keys = self.app.store.delivery_keys(&self.demo, failed, noon(), "~", 100).await.unwrap();
            let ids: Vec<DeliveryId> = keys.into_iter().map(|key| key.id).collect();
            stored.extend(self.app.store.deliveries(&self.demo, &ids).await.unwrap());
        }
        stored.sort_by_key(|delivery| delivery.kind);
        let shown = |delivery: &Delivery| json!({"event": delivery.kind.as_str(), "state": delivery.state.as_str(), "attempts": delivery.made});
        stored.iter().map(shown).collect()
    }

    /// A tenant whose audits are due: two, and one of a rubric that is there no more. In a table of its own, because the schedule speaks
    /// for every tenant of a table.
    async fn recurring_audits(&mut self) {
        let stack = Stack::attach();
        let auth = stack_variable(env::AUTH_TABLE);
        self.app.store = store::Store::new(&aws::config().unwrap(), stack.scratch_table().await, Some(auth));
        self.app.audit_queue = stack.idle_queue().await;
        let audit = |rubric: &str, every| RecurringAudit { rubric: rubric.to_owned(), every, sample: None };
        let recurring_audits = vec![
            audit("general_support", Every::Week),
            audit("privacy_gdpr", Every::Month),
            audit("gone_since", Every::Month),
        ];
        let settings = Settings { recurring_audits, ..Settings::default() };
        let secret = store::ContactKey::new([7; 32]);
        assert!(self.app.store.create_tenant(&self.demo, "Demo", &secret, noon()).await.unwrap());
        self.app.store.put_settings(&self.demo, &settings, 1).await.unwrap();
    }

    /// A completed audit of the tenant's conversation; for `auditor`, whose events do it, only one that was asked for.
    async fn audit(&self, tenant: &Tenant, id: &str, completed: bool) {
        let rubric = compliance::find(&Settings::default(), "general_support", None).unwrap().clone();
        let day = |text: &str| Some(text.parse().unwrap());
        let audit = Audit {
            id: AuditId::parse(id).unwrap(),
            state: AuditState::Queued,
            failure: None,
            origin: Origin::Request,
            rubric: rubric.name.clone(),
            rubric_version: rubric.version,
            period: TimeRange { from: day("2026-06-01T00:00:00Z"), to: day("2026-07-01T00:00:00Z") },
            created_at: noon(),
            finished_at: None,
            matched: 0,
            selected: 0,
            done: 0,
            result: None,
        };
        let request = AuditRequest { rubric, filter: Filter::default(), sample: None, seed: 0 };
        assert!(self.app.store.create_audit(tenant, &audit, &request).await.unwrap());
        let deps = self.app.auditor(Stack::attach().idle_queue().await);
        for step in if completed { 0..3 } else { 0..0 } {
            let body = queue::RunAudit { tenant: tenant.clone(), audit: audit.id, step }.print();
            Box::pin(::auditor::audit_work(&deps, Message { body, receive_count: 1 })).await.unwrap();
        }
    }

    /// The event with this scene's names in the place of those that all events have.
    fn fitted(&self, event: &str) -> String {
        let (demo, other) = (self.demo.as_str(), self.other.as_str());
        let mut event = event.replace(TOKEN, self.token.reveal());
        event = event.replace(TOKEN_OF_ONE_ABILITY, self.token_of_one_ability.reveal());
        event = event.replace(EXPERT, self.expert.reveal());
        for (name, own) in [("demo", demo), ("other", other)] {
            event = event.replace(&format!("/{name}/"), &format!("/{own}/"));
            event = event.replace(&format!("\"tenant\": \"{name}\""), &format!("\"tenant\": \"{own}\""));
            // Inside a message, which is text in the event.
            event =
                event.replace(&format!("\\\"tenant\\\": \\\"{name}\\\""), &format!("\\\"tenant\\\": \\\"{own}\\\""));
        }
        // An insight's id holds its tenant.
        for (number, tenant, written) in self.insights() {
            event = event.replace(&insight_id(written, number), &InsightId::new(tenant.name(), number).to_string());
        }
        event
    }

    /// Insights that an event or an answer may speak of, with the tenant's name as it is written there.
    fn insights(&self) -> [(u32, &Tenant, &'static str); 3] {
        [(1, &self.demo, "demo"), (404, &self.demo, "demo"), (1, &self.other, "other")]
    }

    async fn answer(&self, function: &str, event: &str) -> Value {
        let event = self.fitted(event);
        let parsed: Value = serde_json::from_str(&event).unwrap();
        let answer = if function == "analysis" {
            let event: SqsEvent = serde_json::from_value(parsed).unwrap();
            self.app.analyse(event).await
        } else if function == "delivery" {
            let mut answer = deliver(&self.app.delivery(), serde_json::from_value(parsed).unwrap()).await;
            answer["deliveries"] = self.stored_deliveries().await;
            answer
        } else if function == "auditor" {
            let event: SqsEvent = serde_json::from_value(parsed).unwrap();
            self.app.audit(Stack::attach().idle_queue().await, event).await
        } else if function == "erasure" && parsed.get("Records").is_some() {
            self.app.erase(serde_json::from_value(parsed).unwrap()).await
        } else if parsed.get("schedule").is_some() {
            let done = ::audits::start_due(&self.app.audits(), serde_json::from_value(parsed).unwrap()).await.unwrap();
            serde_json::to_value(done).unwrap()
        } else if function == "interviews-analysis" {
            self.app.analyse_interviews(serde_json::from_value(parsed).unwrap()).await
        } else if parsed.get("admin").is_some() {
            let done = ::accounts::administer(&self.app.accounts(), serde_json::from_value(parsed).unwrap()).await;
            match done {
                Ok(answer) => serde_json::to_value(answer).unwrap(),
                Err(error) => json!({ "error": error.to_string() }),
            }
        } else {
            answer(self.app.router(function), &event).await
        };
        // Also where a body holds them.
        let mut text = answer.to_string().replace(self.demo.as_str(), "demo").replace(self.other.as_str(), "other");
        for (number, tenant, written) in self.insights() {
            text = text.replace(&InsightId::new(tenant.name(), number).to_string(), &insight_id(written, number));
        }
        text = text.replace(&category_id(self.demo.name(), CATEGORY), &category_id(&tenant_name("demo"), CATEGORY));
        serde_json::from_str(&text).unwrap()
    }
}

fn tenant_name(name: &str) -> TenantName {
    TenantName::parse(name).unwrap()
}

fn insight_id(tenant: &str, number: u32) -> String {
    InsightId::new(&tenant_name(tenant), number).to_string()
}

/// The answer as a person would want to read it: body as JSON, nothing that differs from run to run.
fn shown(function: &str, event: &str, answer: &Value) -> Value {
    let mut shown = Map::new();
    for (name, value) in answer.as_object().unwrap() {
        match (name.as_str(), value) {
            ("multiValueHeaders" | "cookies", _) => {}
            ("body", Value::String(text)) => {
                let body = match serde_json::from_str::<Value>(text) {
                    Ok(Value::Object(document)) if document.contains_key("openapi") => json!("[the API document]"),
                    Ok(body) => body,
                    // The header of CSV.
                    Err(_) if text.contains("\r\n") => json!(text.lines().next()),
                    Err(_) if text.len() > 2_000 => json!("[a page, a script or something zipped]"),
                    Err(_) => value.clone(),
                };
                shown.insert("body".to_owned(), body);
            }
            _ => {
                shown.insert(name.clone(), value.clone());
            }
        }
    }
    let mut shown = Value::Object(shown);
    // What a schedule or a queue gets to hear is counted, not judged.
    let judged = if answer["statusCode"].is_null() { &[] } else { judged(function) };
    redact(&mut shown, &Redaction { judged, event });
    shown
}

/// How to redact an answer.
struct Redaction<'a> {
    /// Fields whose values the engine judges.
    judged: &'static [&'static str],
    /// The event, whose ids are shown.
    event: &'a str,
}

/// The shape of a report: its fields without their values, which the engine judges.
fn shape(value: &Value) -> Value {
    match value {
        Value::Object(map) => map.iter().map(|(name, field)| (name.clone(), shape(field))).collect(),
        Value::Array(_) => json!("[lines]"),
        _ => json!("[value]"),
    }
}

fn redact(value: &mut Value, redaction: &Redaction<'_>) {
    match value {
        Value::Object(map) if map.contains_key("aggregation_health") => *value = shape(value),
        Value::Object(map) => {
            for (name, field) in map.iter_mut() {
                match (name.as_str(), &mut *field) {
                    (_, Value::Null) => {}
                    ("data", Value::Object(_)) => *field = shape(field),
                    (name, field) if redaction.judged.contains(&name) => *field = json!("[judged]"),
                    // In conversations topics, in requests labels.
                    ("tags", Value::Array(topics)) if topics.iter().all(Value::is_object) => *field = json!("[judged]"),
                    ("analysis", Value::Object(analysis)) => {
                        let parts: Vec<Value> = analysis.keys().map(|name| json!(name)).collect();
                        *field = json!(parts);
                    }
                    ("prompt", Value::String(prompt)) => *prompt = without_judgements(prompt),
                    ("document", Value::Object(document)) => {
                        let shown = ["masked", "conversations"].map(|name| (name.to_owned(), document[name].clone()));
                        *field = shape(field);
                        field.as_object_mut().unwrap().extend(shown);
                    }
                    ("checks", Value::Array(checks)) => {
                        *field = checks.iter().map(|check| check["name"].clone()).collect();
                    }
                    ("url", Value::String(url)) if url.starts_with("/expert#") => *field = json!("/expert#[secret]"),
                    ("url", Value::String(url)) if url.contains("X-Amz-") => *field = json!("[link]"),
                    ("sha256" | "bytes", _) => *field = json!("[of the document]"),
                    ("content-length", _) => *field = json!("[bytes]"),
                    ("secret", Value::String(_)) => *field = json!("[secret]"),
                    ("audioUrl" | "transcriptUrl" | "uploadUrl", Value::String(_)) => *field = json!("[signed link]"),
                    ("token", Value::String(_)) => *field = json!("[token]"),
                    ("prefix", Value::String(_)) => *field = json!("[prefix]"),
                    ("next_cursor", Value::String(_)) => *field = json!("[cursor]"),
                    ("etag", Value::String(tag)) if tag.len() > 10 => *field = json!("[hash]"),
                    (_, field) => redact(field, redaction),
                }
            }
            if map.contains_key("history") {
                // A task.
                for judged in ["priority", "title"] {
                    map.insert(judged.to_owned(), json!("[judged]"));
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| redact(item, redaction)),
        Value::String(text) => {
            *text = without_new_uuids(text, redaction.event);
            for prefix in ["bat_", "key_", "rea_", "ers_", "whe_", "aud_"] {
                let mut parts = text.split(prefix).map(str::to_owned);
                let mut shown = parts.next().unwrap_or_default();
                for part in parts {
                    let known = KNOWN.iter().any(|id| format!("{prefix}{part}").starts_with(id));
                    let rest = if known { part } else { format!("[new]{}", part.get(26..).unwrap_or_default()) };
                    shown = shown + prefix + &rest;
                }
                *text = shown;
            }
        }
        _ => {}
    }
}

/// A prompt without what the analysis says of the customer's conversations.
fn without_judgements(prompt: &str) -> String {
    let judged = ["mood in support: ", "churn risk: ", "open support matter ", "last support conversation: "];
    let shown = prompt.lines().map(|line| {
        judged
            .iter()
            .find(|start| line.starts_with(**start))
            .map_or(line.to_owned(), |start| format!("{start}[judged]"))
    });
    shown.collect::<Vec<_>>().join("\n")
}

/// A text with each UUID replaced that is neither the event's nor the scene's.
fn without_new_uuids(text: &str, event: &str) -> String {
    let scene = [insight_id("demo", 1), category_id(&tenant_name("demo"), CATEGORY)];
    let is_new = |word: &str| {
        let known = event.contains(word)
            || scene.iter().any(|id| word == id)
            || interviews::VARIABLES.iter().any(|name| word == VariableId::of(name).as_str())
            || [interviews::IDS, QUEUE_MESSAGE, "00000000-"].iter().any(|start| word.starts_with(start));
        InterviewId::parse(word).is_some() && !known
    };
    let parts = text.split_inclusive(|c: char| !c.is_ascii_hexdigit() && c != '-');
    let shown = parts.map(|part| {
        let word = part.trim_end_matches(|c: char| !c.is_ascii_hexdigit() && c != '-');
        if is_new(word) { part.replace(word, "[new]") } else { part.to_owned() }
    });
    shown.collect()
}

/// Runs every event of a function; the answers by case.
async fn run(function: &str) -> BTreeMap<String, Value> {
    let (events, mut answers) = (events(function), BTreeMap::new());
    for (case, event) in &events {
        let scene = Box::pin(Scene::of(function, case)).await;
        if let Some((_, first)) = SECOND.iter().find(|(second, _)| *second == format!("{function}/{case}")) {
            Box::pin(scene.answer(function, &events[*first])).await;
        }
        let mut event = event.clone();
        if case == "create_tenant" {
            // Of which there must be none yet.
            event = event.replace("\"demo\"", &format!("\"{}x\"", scene.demo.as_str()));
        }
        let answer = Box::pin(scene.answer(function, &event)).await;
        let snapshot = |answer: &Value| shown(function, &event, answer);
        insta::assert_snapshot!(
            format!("{function}__{case}"),
            serde_json::to_string_pretty(&snapshot(&answer)).unwrap()
        );
        answers.insert(case.clone(), answer);
    }
    assert!(!answers.is_empty(), "{function} has no events");
    answers
}

/// What belongs to another tenant is answered byte for byte like what does not exist. (All events have the same request id.)
fn nothing_is_given_away(answers: &BTreeMap<String, Value>) {
    let mut compared = 0;
    for (case, answer) in answers {
        let Some((operation, kind)) = case.split_once('.') else { continue };
        let unknown = match kind {
            "foreign_tenant" => "unknown_tenant",
            "foreign_id" | "foreign_seed_form" => "unknown_id",
            _ => continue,
        };
        let unknown = &answers[&format!("{operation}.{unknown}")];
        assert_eq!(answer, unknown, "{case}");
        assert_eq!(answer["statusCode"], 404, "{case}");
        compared += 1;
    }
    assert!(compared >= 3, "{compared} comparisons");
}

#[tokio::test]
async fn ingest() {
    nothing_is_given_away(&run("ingest").await);
}

#[tokio::test]
async fn context() {
    nothing_is_given_away(&run("context").await);
}

#[tokio::test]
async fn erasure() {
    nothing_is_given_away(&run("erasure").await);
}

#[tokio::test]
async fn fetch() {
    nothing_is_given_away(&run("fetch").await);
}

#[tokio::test]
async fn insights() {
    nothing_is_given_away(&run("insights").await);
}

#[tokio::test]
async fn audits() {
    nothing_is_given_away(&run("audits").await);
}

#[tokio::test]
async fn auditor() {
    run("auditor").await;
}

#[tokio::test]
async fn interviews() {
    nothing_is_given_away(&run("interviews").await);
}

#[tokio::test]
async fn interviews_analysis() {
    run("interviews-analysis").await;
}

#[tokio::test]
async fn accounts() {
    nothing_is_given_away(&run("accounts").await);
}

#[tokio::test]
async fn analysis() {
    run("analysis").await;
}

#[tokio::test]
async fn webhooks() {
    nothing_is_given_away(&run("webhooks").await);
}

#[tokio::test]
async fn delivery() {
    run("delivery").await;
}

#[tokio::test]
async fn portal() {
    for (case, event) in events("portal") {
        let answer = answer(::portal::router(), &event).await;
        let snapshot = |answer: &Value| shown("portal", &event, answer);
        insta::assert_snapshot!(format!("portal__{case}"), serde_json::to_string_pretty(&snapshot(&answer)).unwrap());
    }
}

/// The programs as they are deployed take the very files, as `cargo lambda invoke` and `aws lambda invoke` would send them. Nobody has
/// the events' tokens here, and nothing is at the places that they name.
#[tokio::test]
async fn deployed_functions_take_the_same_files() {
    let stack = Stack::attach();
    for (function, case, status) in [
        ("ingest", "accept_conversations", 401),
        ("fetch", "list_tasks.odd_query", 401),
        ("context", "get_history", 401),
        ("erasure", "delete_contact", 401),
        ("insights", "agent_roster", 401),
        ("audits", "list_audits", 401),
        ("interviews", "list_interviews", 401),
        ("interviews", "open_expert_session.no_key", 401),
        ("accounts", "get_me.no_key", 401),
        ("portal", "get_health.named_stage", 200),
        ("portal", "default.unknown_path", 404),
    ] {
        let event: Value = serde_json::from_str(&events(function)[case]).unwrap();
        let answer = stack.invoke(function, &event).await.unwrap_or_else(|error| panic!("{function}/{case}: {error}"));
        assert_eq!(answer["statusCode"], status, "{function}/{case}: {answer}");
    }
    let event: Value = serde_json::from_str(&events("analysis")["analyze_batch.unknown_tenant"]).unwrap();
    let answer = stack.invoke("analysis", &event).await.unwrap();
    assert_eq!(answer["batchItemFailures"][0]["itemIdentifier"], event["Records"][0]["messageId"], "{answer}");
}
