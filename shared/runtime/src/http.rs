//! API Gateway events into an axum router and its answers back.

use std::time::Instant;

use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use axum::Router;
use domain::ids::RequestId;
use http::{HeaderName, HeaderValue, Request, Response};
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Adapter, LambdaEvent, RequestExt, Service};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use tower::ServiceExt;
use tracing::Instrument;

use crate::Error;

/// Serves HTTP until the process ends.
pub async fn serve(router: Router) -> Result<(), Error> {
    lambda_runtime::run(lambda_runtime::service_fn(move |event: LambdaEvent<LambdaRequest>| {
        let router = router.clone();
        async move { answer(router, event).await }
    }))
    .await
}

/// Serves HTTP, and direct invocations (which IAM guards) beside it: an event that is not from API Gateway goes to `direct`.
pub async fn serve_or<D, R, F>(router: Router, direct: impl Fn(D) -> F) -> Result<(), Error>
where
    D: DeserializeOwned,
    R: serde::Serialize,
    F: Future<Output = Result<R, Error>>,
{
    lambda_runtime::run(lambda_runtime::service_fn(|event: LambdaEvent<Box<RawValue>>| {
        let router = router.clone();
        let direct = &direct;
        async move {
            let LambdaEvent { payload, context } = event;
            // Only API Gateway's own envelope has a request context: a caller's body is a string inside it and cannot pass for a command.
            if let Ok(request) = serde_json::from_str::<LambdaRequest>(payload.get()) {
                let response = answer(router, LambdaEvent { payload: request, context }).await?;
                return Ok::<_, Error>(serde_json::to_value(response)?);
            }
            let command = serde_json::from_str::<D>(payload.get())?;
            Ok(serde_json::to_value(direct(command).await?)?)
        }
    }))
    .await
}

/// Answers one event with the router; what [`serve`] does for each, and what golden-event tests call.
pub async fn answer(router: Router, event: LambdaEvent<LambdaRequest>) -> Result<impl serde::Serialize, Error> {
    let LambdaEvent { mut payload, context } = event;
    if let LambdaRequest::ApiGatewayV2(request) = &mut payload {
        make_parsable(request);
    }
    let service = lambda_runtime::service_fn(move |request: lambda_http::Request| {
        let router = router.clone();
        async move { Ok::<_, std::convert::Infallible>(route(router, request).await) }
    });
    Ok(Adapter::from(service).call(LambdaEvent { payload, context }).await?)
}

async fn route(router: Router, mut request: lambda_http::Request) -> Response<axum::body::Body> {
    let id = request_id(&request);
    without_stage(&mut request);
    let span = tracing::info_span!("request", request.id = %id.0, http.method = %request.method());
    let started = Instant::now();
    request.extensions_mut().insert(id.clone());
    let answered = router.oneshot(request).instrument(span.clone()).await;
    let mut response = answered.unwrap_or_else(|never| match never {});
    let elapsed = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        tracing::info!(http.status = response.status().as_u16(), duration_us = elapsed, "request answered");
    });
    if let Ok(value) = HeaderValue::from_str(&id.0) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    response
}

fn request_id(request: &lambda_http::Request) -> RequestId {
    let gateway = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.request_id.clone(),
        _ => None,
    };
    let own = || request.lambda_context_ref().map(|context| context.request_id.clone()).unwrap_or_default();
    RequestId(gateway.filter(|id| !id.is_empty()).unwrap_or_else(own))
}

/// Takes the stage off the path, for deployments whose stage has a name: their paths begin with it.
fn without_stage<B>(request: &mut Request<B>) {
    let stage = match request.extensions().get::<RequestContext>() {
        Some(RequestContext::ApiGatewayV2(context)) => context.stage.clone(),
        _ => None,
    };
    let Some(stage) = stage.filter(|stage| stage != "$default") else { return };
    let uri = request.uri();
    let Some(path) = uri.path().strip_prefix(&format!("/{stage}")).filter(|path| path.starts_with('/')) else { return };
    let path_and_query = uri.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"));
    if let Ok(uri) = path_and_query.parse() {
        *request.uri_mut() = uri;
    }
}

/// HTTP APIs hand over the path decoded and the query as it came; `lambda_http` panics on characters that a URI cannot hold. Encode them.
fn make_parsable(request: &mut ApiGatewayV2httpRequest) {
    if let Some(path) = &mut request.raw_path {
        *path = encoded(path, true);
    }
    if let Some(query) = &mut request.raw_query_string {
        *query = encoded(query, false);
    }
    // Used only to build an absolute URI, which no handler reads.
    request.headers.insert(http::header::HOST, HeaderValue::from_static("localhost"));
    request.headers.remove("x-forwarded-proto");
}

/// Percent-encodes what may not stand in a path or a query, and keeps what is encoded already. A decoded path's own `?` and `#` are
/// data. A `%` that begins no escape is data too.
fn encoded(text: &str, path: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        let escape = || {
            let digits = bytes.get(at + 1..at + 3);
            digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        };
        let keep = match byte {
            b'%' => escape(),
            b'?' => !path,
            b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' => false,
            _ => byte.is_ascii_graphic(),
        };
        if keep {
            out.push(char::from(*byte));
        } else {
            out.push_str(percent_encoding::percent_encode_byte(*byte));
        }
    }
    out
}

/// Deserialises an API Gateway event, as golden-event tests need it.
pub fn parse_event(json: &str) -> Result<LambdaRequest, serde_json::Error> {
    let mut reader = serde_json::Deserializer::from_str(json);
    LambdaRequest::deserialize(&mut reader)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_and_queries_become_valid_uris_whatever_they_hold() {
        for (text, path, want) in [
            ("/a b/ü", true, "/a%20b/%C3%BC"),
            ("/a%20b", true, "/a%20b"),
            ("/50%/x?y#z", true, "/50%25/x%3Fy%23z"),
            ("search=\"x\"&q=a+b", false, "search=%22x%22&q=a+b"),
            ("q=a b&r=%zz", false, "q=a%20b&r=%25zz"),
            ("\u{0}\u{7f}{|}", false, "%00%7F%7B%7C%7D"),
        ] {
            assert_eq!(encoded(text, path), want);
            assert!(format!("/{}", encoded(text, path)).parse::<http::Uri>().is_ok());
        }
    }
}
