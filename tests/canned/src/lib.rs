//! A service that gives prepared answers, for the adapters' tests of what the SDK makes of them.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "only tests use it, and they may stumble")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{AsyncSleep, SharedAsyncSleep, Sleep};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::{HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use aws_types::SdkConfig;
use aws_types::region::Region;

/// An answer: status and body, or none in time.
#[derive(Clone, Debug)]
pub enum Answer {
    /// Status and body.
    Of(u16, String),
    /// None in time.
    Timeout,
}

/// Gives its answers in turn, the last one for ever; keeps what was asked.
#[derive(Clone, Debug)]
pub struct Canned {
    answers: Arc<Vec<Answer>>,
    calls: Arc<AtomicUsize>,
    /// The requests so far, each as method, address, headers and body.
    pub asked: Arc<Mutex<Vec<String>>>,
}

#[derive(Debug)]
struct NoSleep;

impl AsyncSleep for NoSleep {
    fn sleep(&self, _: Duration) -> Sleep {
        Sleep::new(std::future::ready(()))
    }
}

impl Canned {
    /// A service with these answers, at least one.
    pub fn new(answers: Vec<Answer>) -> Self {
        Self { answers: Arc::new(answers), calls: Arc::default(), asked: Arc::default() }
    }

    /// Requests so far.
    pub fn calls(&self) -> usize {
        self.calls.load(Ordering::Relaxed)
    }

    /// The configuration by which a client reaches it; retries do not wait.
    pub fn config(&self) -> SdkConfig {
        let connector = SharedHttpConnector::new(self.clone());
        let credentials = Credentials::new("test", "test", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("us-east-1"))
            .endpoint_url("http://canned.test")
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(http_client_fn(move |_, _| connector.clone()))
            .sleep_impl(SharedAsyncSleep::new(NoSleep))
            .build()
    }
}

impl HttpConnector for Canned {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().map(|bytes| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default();
        let headers: Vec<String> = request.headers().iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let asked = format!("{} {}\n{}\n\n{body}", request.method(), request.uri(), headers.join("\n"));
        self.asked.lock().unwrap().push(asked);
        let call = self.calls.fetch_add(1, Ordering::Relaxed).min(self.answers.len() - 1);
        HttpConnectorFuture::ready(match &self.answers[call] {
            Answer::Of(status, body) => {
                Ok(HttpResponse::new(StatusCode::try_from(*status).unwrap(), SdkBody::from(body.clone())))
            }
            Answer::Timeout => Err(ConnectorError::timeout("no answer in time".into())),
        })
    }
}
