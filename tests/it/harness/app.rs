//! The functions inside the test's own process, on the stack's data: for what HTTP cannot show or hand over.

use std::sync::Arc;

use api::Edge;
use aws_lambda_events::sqs::SqsEvent;
use axum::Router;
use domain::access::{Gate, Tenant};
use domain::ids::TenantName;
use domain::webhooks::Network;
use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use outbound::Outbound;
use runtime::{aws, clock, env};
use serde_json::Value;

use super::stack_variable;

#[derive(Clone)]
pub(crate) struct App {
    pub(crate) store: store::Store,
    pub(crate) blobs: blobs::Blobs,
    pub(crate) queue: queue::Queue,
    pub(crate) interviews_queue: queue::Queue,
    pub(crate) webhooks_queue: queue::Queue,
    pub(crate) erasures: queue::Queue,
    pub(crate) retries_queue: queue::Queue,
    pub(crate) audit_queue: queue::Queue,
    pub(crate) clock: fn() -> Timestamp,
}

impl App {
    pub(crate) fn new(clock: fn() -> Timestamp) -> Self {
        let _stack = stack_variable("AWS_ENDPOINT_URL");
        let sdk = aws::config().unwrap();
        Self {
            store: store::Store::new(&sdk, stack_variable(env::MAIN_TABLE), Some(stack_variable(env::AUTH_TABLE))),
            blobs: blobs::Blobs::new(&sdk, stack_variable(env::BUCKET)),
            queue: queue::Queue::new(&sdk, stack_variable(env::ANALYSIS_QUEUE_URL)),
            interviews_queue: queue::Queue::new(&sdk, stack_variable(env::INTERVIEWS_QUEUE_URL)),
            webhooks_queue: queue::Queue::new(&sdk, stack_variable(env::WEBHOOKS_QUEUE_URL)),
            erasures: queue::Queue::new(&sdk, stack_variable(env::ERASURE_QUEUE_URL)),
            retries_queue: queue::Queue::new(&sdk, stack_variable(env::WEBHOOK_RETRIES_QUEUE_URL)),
            audit_queue: queue::Queue::new(&sdk, stack_variable(env::AUDIT_QUEUE_URL)),
            clock,
        }
    }

    pub(crate) fn edge(&self) -> Edge {
        let gate: Arc<dyn Gate> = Arc::new(self.store.clone());
        Edge { gate, clock: self.clock }
    }

    pub(crate) fn accounts(&self) -> accounts::Deps {
        accounts::Deps {
            edge: self.edge(),
            store: self.store.clone(),
            new_ulid: clock::new_ulid,
            random: clock::random,
            random_secret: clock::random,
        }
    }

    pub(crate) fn analysis(&self) -> analysis::Deps {
        analysis::Deps {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            webhooks_queue: self.webhooks_queue.clone(),
            queue: self.queue.clone(),
            engine: std::sync::LazyLock::new(engine::Engine::new),
            matters: analysis::KnownMatters::default(),
            max_receive_count: 3,
            clock: self.clock,
        }
    }

    /// Nothing is at work beside a test that runs this, so that an erasure settles at once.
    pub(crate) fn erasure(&self) -> erasure::Deps {
        erasure::Deps {
            edge: self.edge(),
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            queue: self.erasures.clone(),
            webhooks_queue: self.webhooks_queue.clone(),
            settle_seconds: 0,
            audit_queue: self.audit_queue.clone(),
            new_ulid: clock::new_ulid,
        }
    }

    pub(crate) fn delivery(&self) -> delivery::Deps {
        delivery::Deps {
            store: self.store.clone(),
            outbound: Outbound::new(Network::Any),
            webhooks_queue: self.webhooks_queue.clone(),
            retries_queue: self.retries_queue.clone(),
            public_url: "https://api.acme.com".to_owned(),
            timeout: domain::webhooks::schedule::TIMEOUT,
            clock: self.clock,
        }
    }

    pub(crate) fn audits(&self) -> audits::Deps {
        audits::Deps {
            edge: self.edge(),
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            queue: self.audit_queue.clone(),
            new_ulid: clock::new_ulid,
        }
    }

    /// The auditor on a queue that nobody consumes, so that the test alone does the steps; three conversations a part.
    pub(crate) fn auditor(&self, idle: queue::Queue) -> auditor::Deps {
        auditor::Deps {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            queue: idle,
            webhooks_queue: self.webhooks_queue.clone(),
            max_receive_count: 3,
            chunk: 3,
            most: 8,
            clock: self.clock,
        }
    }

    /// The router of an HTTP function.
    pub(crate) fn router(&self, function: &str) -> Router {
        let Self { store, blobs, queue, webhooks_queue, retries_queue, .. } = self.clone();
        match function {
            "ingest" => {
                let edge = self.edge();
                ingest::router(ingest::Deps { edge, store, blobs, queue, new_ulid: clock::new_ulid })
            }
            "context" => context::router(context::Deps { edge: self.edge(), store }),
            "erasure" => erasure::router(self.erasure()),
            "audits" => audits::router(self.audits()),
            "fetch" => fetch::router(fetch::Deps { edge: self.edge(), store, blobs }),
            "insights" => insights::router(insights::Deps { edge: self.edge(), store }),
            "interviews" => interviews::router(interviews::Deps {
                edge: self.edge(),
                store,
                blobs,
                queue: self.interviews_queue.clone(),
                outbound: outbound::Outbound::new(Network::Public),
                new_ulid: clock::new_ulid,
                random: clock::random,
            }),
            "accounts" => accounts::router(self.accounts()),
            "webhooks" => webhooks::router(webhooks::Deps {
                edge: self.edge(),
                store,
                outbound: Outbound::new(Network::Any),
                webhooks_queue,
                retries_queue,
                new_ulid: clock::new_ulid,
                random_secret: clock::random,
            }),
            "portal" => portal::router(),
            other => panic!("{other} has no router"),
        }
    }

    /// What the auditor answers to an SQS event.
    pub(crate) async fn audit(&self, idle: queue::Queue, event: SqsEvent) -> Value {
        let deps = self.auditor(idle);
        let answer = runtime::sqs::answer(event, |message| auditor::audit_work(&deps, message)).await;
        serde_json::to_value(answer).unwrap()
    }

    pub(crate) fn interviews_analysis(&self) -> interviews_analysis::Deps {
        interviews_analysis::Deps {
            store: self.store.clone(),
            blobs: self.blobs.clone(),
            webhooks_queue: self.webhooks_queue.clone(),
            clock: self.clock,
        }
    }

    /// What the analysis of interviews answers to an SQS event.
    pub(crate) async fn analyse_interviews(&self, event: SqsEvent) -> Value {
        let deps = self.interviews_analysis();
        let answer =
            runtime::sqs::answer(event, |message| interviews_analysis::analyze_interview(&deps, message)).await;
        serde_json::to_value(answer).unwrap()
    }

    /// What the erasure answers to an SQS event.
    pub(crate) async fn erase(&self, event: SqsEvent) -> Value {
        let deps = self.erasure();
        let answer = runtime::sqs::answer(event, |message| erasure::erase_contact(&deps, message)).await;
        serde_json::to_value(answer).unwrap()
    }

    /// What the analysis answers to an SQS event.
    pub(crate) async fn analyse(&self, event: SqsEvent) -> Value {
        let deps = self.analysis();
        let answer = runtime::sqs::answer(event, |message| analysis::consume(&deps, message)).await;
        serde_json::to_value(answer).unwrap()
    }
}

/// What the delivery answers to an SQS event.
pub(crate) async fn deliver(deps: &delivery::Deps, event: SqsEvent) -> Value {
    let answer = runtime::sqs::answer(event, |message| delivery::handle(deps, message)).await;
    serde_json::to_value(answer).unwrap()
}

/// What a router answers to an API Gateway event.
pub(crate) async fn answer(router: Router, event: &str) -> Value {
    let request = runtime::http::parse_event(event).unwrap();
    let answer = runtime::http::answer(router, LambdaEvent::new(request, Context::default())).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

#[expect(clippy::disallowed_methods, reason = "tests stand where IAM does: they name the tenant")]
pub(crate) fn trusted(name: &str) -> Tenant {
    Tenant::trusted(TenantName::parse(name).unwrap())
}
