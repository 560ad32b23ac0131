//! A caller's HTTP client, and the promises that every reply of the API keeps.

use std::time::Duration;

use axum::body::Body;
use http::{HeaderMap, Method, Request};
use http_body_util::BodyExt;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde_json::{Value, json};

/// Longest wait for one reply.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Clone)]
pub(crate) struct Http(Client<HttpConnector, Body>);

impl Http {
    pub(crate) fn new() -> Self {
        Self(Client::builder(TokioExecutor::new()).build_http())
    }

    pub(crate) async fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let mut request = Request::builder().method(Method::from_bytes(method.as_bytes()).unwrap()).uri(url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).unwrap();
        let exchange = async {
            let response = self.0.request(request).await.unwrap_or_else(|error| panic!("{method} {url}: {error:?}"));
            let (parts, body) = response.into_parts();
            let body = body.collect().await.unwrap_or_else(|error| panic!("{method} {url}: {error:?}")).to_bytes();
            Reply {
                asked: format!("{method} {url}"),
                status: parts.status.as_u16(),
                headers: parts.headers,
                body: body.to_vec(),
            }
        };
        tokio::time::timeout(PATIENCE, exchange).await.unwrap_or_else(|_| panic!("{method} {url}: no answer in time"))
    }
}

pub(crate) struct Reply {
    asked: String,
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl std::fmt::Debug for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body: String = String::from_utf8_lossy(&self.body).chars().take(2_000).collect();
        write!(f, "{} -> {} {body}", self.asked, self.status)
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("not JSON ({error}): {self:?}"))
    }

    /// The body of a success of that status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.keeps_promises();
        if self.body.is_empty() {
            return Value::Null;
        }
        assert_eq!(self.header("content-type"), "application/json", "{self:?}");
        self.json()
    }

    /// The body of a problem of that status and code, after checking everything that all problems have in common.
    #[track_caller]
    pub(crate) fn problem(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.keeps_promises();
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let body = self.json();
        assert_eq!(body["status"], status, "{self:?}");
        assert_eq!(body["code"], code, "{self:?}");
        assert_eq!(body["instance"], self.header("x-request-id"), "{self:?}");
        let slug = code.to_ascii_lowercase().replace('_', "-");
        assert!(body["type"].as_str().unwrap().ends_with(&format!("/{slug}")), "{self:?}");
        for text in ["title", "detail"] {
            assert!(!body[text].as_str().unwrap().is_empty(), "{text} is empty: {self:?}");
        }
        if status == 422 {
            assert!(!body["errors"].as_array().unwrap().is_empty(), "422 without errors: {self:?}");
        }
        body
    }

    /// The places that a problem names.
    #[track_caller]
    pub(crate) fn faults(&self, status: u16, code: &str) -> Vec<String> {
        let body = self.problem(status, code);
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|fault| fault["pointer"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn keeps_promises(&self) {
        assert!(!self.header("x-request-id").is_empty(), "no X-Request-Id: {self:?}");
        assert_eq!(self.header("cache-control"), "no-store", "{self:?}");
    }
}

/// A problem's document without what is particular to one request.
#[track_caller]
pub(crate) fn without_instance(mut problem: Value) -> Value {
    assert!(problem["instance"].is_string(), "{problem}");
    problem["instance"] = json!("");
    problem
}
