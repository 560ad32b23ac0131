//! An empty pair of tables, and things to put into them.

use std::hash::{BuildHasher as _, Hasher as _};

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_dynamodb::config::Region;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
    ScalarAttributeType,
};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_types::SdkConfig;
use domain::access::Tenant;
use domain::analysis::{
    AgentKind, Assessment, ChurnLevel, ChurnRisk, ConversationAnalysis, Duration, Engine, Exchange, Intervention,
    Label, Language, MessageSentiment, Part, PredictedCsat, Resolution, ResolutionState, Score, Sentiment,
    SentimentArc, Severity, SkillScore, Skills, Span, Summary, Tag, Temperature, Times,
};
use domain::conversation::{Author, AuthorType, Contact, ContentType, Conversation, Message, Named, Priority, Status};
use domain::facts::FactRow;
use domain::ids::{BatchId, TenantName};
use domain::settings::TagKind;
use domain::task::{TaskDraft, TaskKind, TaskPriority};
use jiff::{SignedDuration, Timestamp};
use store::{ContactKey, NewConversation, RawPointer, Store, Written};
use ulid::Ulid;

/// Two empty tables, as the template makes them.
pub(crate) struct World {
    config: SdkConfig,
    pub(crate) client: aws_sdk_dynamodb::Client,
    pub(crate) main: String,
    pub(crate) auth: String,
    pub(crate) store: Store,
}

impl World {
    pub(crate) async fn new() -> Self {
        let credentials = aws_credential_types::Credentials::new("test", "test", None, None, "test");
        let config = SdkConfig::builder()
            .behavior_version(aws_sdk_dynamodb::config::BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url(endpoint())
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(aws_smithy_http_client::Builder::new().build_http())
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .build();
        let client = aws_sdk_dynamodb::Client::new(&config);
        let unique = std::collections::hash_map::RandomState::new().build_hasher().finish();
        let (main, auth) = (format!("store-test-{unique:016x}-main"), format!("store-test-{unique:016x}-auth"));
        create_tables(&client, &main, &auth).await;
        let store = Store::new(&config, &main, Some(auth.clone()));
        Self { config, client, main, auth, store }
    }

    /// Another process: nothing known, nothing cached.
    pub(crate) fn other_process(&self) -> Store {
        Store::new(&self.config, &self.main, Some(self.auth.clone()))
    }

    pub(crate) async fn items(&self, table: &str) -> usize {
        let (mut count, mut from) = (0, None);
        loop {
            let page = self.client.scan().table_name(table).set_exclusive_start_key(from).send().await.unwrap();
            count += page.items().len();
            from = page.last_evaluated_key;
            if from.is_none() {
                return count;
            }
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the runner names the stack, as it does for every AWS tool")]
fn endpoint() -> String {
    std::env::var("AWS_ENDPOINT_URL").expect("no local stack: infra/local/hark.py run -- cargo test -p store")
}

async fn create_tables(client: &aws_sdk_dynamodb::Client, main: &str, auth: &str) {
    let attribute = |name: &str| {
        AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S).build().unwrap()
    };
    let key =
        |name: &str, kind: KeyType| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().unwrap();
    let index = GlobalSecondaryIndex::builder()
        .index_name("GSI1")
        .key_schema(key("GSI1PK", KeyType::Hash))
        .key_schema(key("GSI1SK", KeyType::Range))
        .projection(Projection::builder().projection_type(ProjectionType::KeysOnly).build())
        .build()
        .unwrap();
    let main = client.create_table().table_name(main).billing_mode(BillingMode::PayPerRequest);
    let main = main.key_schema(key("PK", KeyType::Hash)).key_schema(key("SK", KeyType::Range));
    let main =
        ["PK", "SK", "GSI1PK", "GSI1SK"].iter().fold(main, |main, name| main.attribute_definitions(attribute(name)));
    main.global_secondary_indexes(index).send().await.unwrap();
    let auth = client.create_table().table_name(auth).billing_mode(BillingMode::PayPerRequest);
    auth.key_schema(key("PK", KeyType::Hash)).attribute_definitions(attribute("PK")).send().await.unwrap();
}

pub(crate) fn tenant(name: &str) -> Tenant {
    Tenant::trusted(TenantName::parse(name).unwrap())
}

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn ulid(millis: u64) -> Ulid {
    Ulid::from_parts(1_780_000_000_000 + millis, 7)
}

pub(crate) fn batch(millis: u64) -> BatchId {
    BatchId::new(ulid(millis))
}

pub(crate) fn contact_key() -> ContactKey {
    ContactKey::new([9; 32])
}

pub(crate) fn expiry() -> Timestamp {
    at("2027-06-03T00:00:00Z")
}

/// A conversation of `messages` messages that began at `created`.
pub(crate) fn conversation(id: &str, created: Timestamp, messages: usize) -> Conversation {
    let message = |i: usize| {
        let customer = i.is_multiple_of(2);
        Message {
            id: format!("m{i}"),
            created_at: created + SignedDuration::from_mins(7 * i64::try_from(i).unwrap()),
            author_type: if customer { AuthorType::Customer } else { AuthorType::Agent },
            author: Some(Author {
                id: Some(if customer { format!("contact-{id}") } else { "agent-17".into() }),
                name: Some(if customer { "Maria Lopez".into() } else { "Sam Okafor".into() }),
                email: None,
            }),
            body: "I have been waiting for my replacement charger for two weeks now and nobody answers.".into(),
            content_type: ContentType::Text,
            private: false,
            auto_reply: false,
            attachments: vec![],
        }
    };
    Conversation {
        id: id.to_owned(),
        created_at: created,
        updated_at: None,
        closed_at: None,
        status: Some(Status::Open),
        status_history: vec![],
        subject: Some("Replacement charger has not arrived".into()),
        priority: Some(Priority::High),
        channel_type: Some("email".into()),
        channel_id: Some("support@example.com".into()),
        language: None,
        contact: Some(Contact {
            id: format!("contact-{id}"),
            name: Some("Maria Lopez".into()),
            email: None,
            phone: None,
            account: Some(Named { id: "acct-204".into(), name: Some("Northwind".into()) }),
            custom: [].into(),
        }),
        assignee: Some(Named { id: "agent-17".into(), name: Some("Sam Okafor".into()) }),
        team: Some(Named { id: "team-3".into(), name: Some("Hardware".into()) }),
        csat: vec![],
        sla: None,
        tags: vec!["delivery".into(), "charger".into()],
        custom: [].into(),
        messages: (0..messages).map(message).collect(),
    }
}

/// An analysis as full as a typical one, its numbers drawn from the seed so that they do not repeat from row to row.
pub(crate) fn analysis(conversation: &Conversation, seed: u64) -> ConversationAnalysis {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut roll = |most: u32| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u32::try_from(state % u64::from(most)).unwrap()
    };
    let mut score = |most: u32| f64::from(roll(most * 1000)) / 1000.0;
    let span = |message: u32, start: u32| Span { message, start, end: start + 60 };
    let messages = u32::try_from(conversation.messages.len()).unwrap();
    let part = |name: &str, value: f64| Part { name: name.into(), value };
    let skill = |value: f64, message: u32| Some(SkillScore { score: value, evidence: vec![span(message, 12)] });
    let minutes = |minutes: u64| Some(Duration { seconds: minutes * 60, business_seconds: minutes * 60 });
    let shown = [score(100), score(100), score(100), score(100), score(100), score(100)];
    ConversationAnalysis {
        engine: Engine { name: "hark-engine".into(), version: "1.0.0".into() },
        analyzed_messages: messages,
        not_scored: None,
        not_judged: vec![],
        language: Some(Language { code: "en".into(), confidence: score(1) }),
        sentiment: Some(SentimentArc {
            start: -score(1),
            end: score(1),
            overall: -score(1),
            shift: score(1),
            label: Sentiment::Angry,
            evidence: vec![span(0, 0), span(2, 0)],
        }),
        message_sentiments: (0..messages)
            .step_by(2)
            .map(|message| MessageSentiment { message, score: -score(1), label: Sentiment::Angry })
            .collect(),
        temperature: Some(Label { label: Temperature::Warm, confidence: score(1), evidence: vec![span(0, 0)] }),
        severity: Some(Label { label: Severity::Medium, confidence: score(1), evidence: vec![span(0, 0)] }),
        pcsat: Some(PredictedCsat {
            score: 1.0 + score(4),
            confidence: score(1),
            parts: vec![
                part("baseline", 3.4),
                part("sentiment", -score(1)),
                part("resolution", -score(1)),
                part("wait", -score(1)),
            ],
            evidence: vec![span(0, 0)],
        }),
        csat: None,
        churn_risk: Some(ChurnRisk { score: score(1), level: ChurnLevel::Low, signals: vec![] }),
        early_warnings: vec![],
        intervention: Intervention { required: false, reasons: vec![], priority: None, evidence: vec![] },
        tags: vec![Tag {
            kind: TagKind::Service,
            area: "delivery".into(),
            name: "late delivery".into(),
            polarity: domain::analysis::Polarity::Negative,
            confidence: score(1),
            evidence: vec![span(0, 20)],
        }],
        friction_points: vec![],
        feature_requests: vec![],
        contact_reason: None,
        growth_opportunities: vec![],
        information_shares: vec![],
        resolution: Resolution {
            state: Some(ResolutionState::Open),
            closed_by: None,
            human: Some(ResolutionState::Open),
            bot: None,
            closed_count: 0,
            reopen_count: 0,
            first_closed_at: None,
            last_closed_at: None,
            evidence: vec![span(messages.saturating_sub(1), 0)],
        },
        exchanges: (0..messages / 2)
            .map(|i| Exchange {
                customer_messages: vec![2 * i],
                replies: vec![2 * i + 1],
                sentiment_before: Some(-score(1)),
                sentiment_after: None,
                first_human_reply_seconds: Some(420),
                first_bot_reply_seconds: None,
                satisfaction: Some(1.0 + score(4)),
                effort: Some(score(100)),
                flags: vec![],
            })
            .collect(),
        times: Times {
            first_response_human: minutes(7),
            replies: (0..messages / 2).map(|_| Duration { seconds: 420, business_seconds: 420 }).collect(),
            handle_human: minutes(21),
            ..Times::default()
        },
        effort: Some(Score { value: score(100), parts: vec![part("messages", score(40)), part("repeats", score(40))] }),
        complexity: Some(Score {
            value: score(100),
            parts: vec![part("length", score(40)), part("topics", score(40))],
        }),
        assessments: vec![Assessment {
            agent_id: Some("agent-17".into()),
            kind: AgentKind::Human,
            messages: messages / 2,
            words: 40 + messages * 7,
            reply_seconds: (0..messages / 2).map(|_| 420).collect(),
            skills: Skills {
                depth_of_knowledge: skill(shown[0], 1),
                sensitivity: skill(shown[1], 1),
                interpersonal: skill(shown[2], 3),
                clarity: skill(shown[3], 1),
                ownership: skill(shown[4], 3),
                efficiency: skill(shown[5], 1),
            },
            required: Skills {
                depth_of_knowledge: Some(score(100)),
                sensitivity: Some(score(100)),
                interpersonal: None,
                clarity: Some(score(100)),
                ownership: Some(score(100)),
                efficiency: None,
            },
            detections: vec![],
        }],
        summary: Some(Summary {
            issue: "I have been waiting for my replacement charger for two weeks now and nobody answers.".into(),
            outcome: Some("We have shipped it again and you will get the tracking number today.".into()),
            evidence: vec![span(0, 0), span(3, 0)],
        }),
        quotes: vec![span(0, 0)],
    }
}

pub(crate) fn facts(conversation: &Conversation, analysis: &ConversationAnalysis) -> FactRow {
    FactRow::of(conversation, analysis, (Some(true), None))
}

/// A conversation as the analysis would hand it to the store. `content` stands for what its JSON says.
pub(crate) fn analysed(
    conversation: &Conversation,
    batch: BatchId,
    content: u8,
    drafts: &[TaskDraft],
) -> NewConversation {
    let analysis = analysis(conversation, u64::from(content) + 1);
    let facts = facts(conversation, &analysis);
    let raw = RawPointer { key: raw_key(batch), offset: 1200, length: 400 };
    NewConversation::of(conversation, analysis, facts, drafts, None, (batch, raw), [content; 16], expiry())
}

/// The key that a batch of `demo` has in the bucket.
pub(crate) fn raw_key(batch: BatchId) -> String {
    let day = Timestamp::from_millisecond(i64::try_from(batch.ulid().timestamp_ms()).unwrap()).unwrap();
    format!("raw/demo/{}/{batch}.jsonl.zst", day.strftime("%Y/%m/%d"))
}

pub(crate) fn draft(kind: TaskKind, evidence_at: Timestamp) -> TaskDraft {
    TaskDraft {
        kind,
        priority: TaskPriority::High,
        title: "A customer may leave".into(),
        reasons: vec!["cancellation_intent".into()],
        evidence_at,
        due_at: None,
        evidence: vec![Span { message: 2, start: 0, end: 30 }],
    }
}

pub(crate) fn written(outcome: store::WriteOutcome) -> Written {
    match outcome {
        store::WriteOutcome::Written(written) => written,
        other => panic!("{other:?}"),
    }
}
