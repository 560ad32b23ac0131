//! Path and body, refused as problems.

use axum::extract::{FromRequest, FromRequestParts, Request};
use domain::conversation::intake::MAX_BODY_BYTES;
use domain::fault::Fault;
use domain::reader::Reader;
use http::request::Parts;
use http::{HeaderMap, header};
use http_body_util::{BodyExt, Limited};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::problem::{Code, Problem};

/// Path parameters; an id that cannot be read is an id of nothing.
#[derive(Clone, Debug)]
pub struct Path<T>(pub T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = Problem;

    #[expect(clippy::disallowed_types, reason = "the wrapper around axum's Path")]
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::<T>::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(value)| Self(value)).map_err(|_| Problem::not_found())
    }
}

/// A JSON body as bytes: of a supported media type, at most [`MAX_BODY_BYTES`].
#[derive(Clone)]
pub struct Body(pub Vec<u8>);

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Body({} bytes)", self.0.len())
    }
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_json(&parts.headers) {
            return Err(Problem::new(Code::UnsupportedMediaType, "Send the body as Content-Type: application/json."));
        }
        Ok(Self(bytes(body).await?))
    }
}

/// A body of JSON, or of one JSON value a line (`application/x-ndjson`, `application/jsonl`).
#[derive(Clone)]
pub enum JsonOrLines {
    /// One JSON value.
    Json(Vec<u8>),
    /// One JSON value a line.
    Lines(Vec<u8>),
}

impl std::fmt::Debug for JsonOrLines {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "JsonOrLines({} bytes)", self.bytes().len())
    }
}

impl JsonOrLines {
    /// The body as it came.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Self::Json(bytes) | Self::Lines(bytes) => bytes,
        }
    }
}

impl<S: Send + Sync> FromRequest<S> for JsonOrLines {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if is_lines(&parts.headers) {
            Ok(Self::Lines(bytes(body).await?))
        } else if is_json(&parts.headers) {
            Ok(Self::Json(bytes(body).await?))
        } else {
            let detail = "Send the body as Content-Type: application/json or application/x-ndjson.";
            Err(Problem::new(Code::UnsupportedMediaType, detail))
        }
    }
}

async fn bytes(body: axum::body::Body) -> Result<Vec<u8>, Problem> {
    match Limited::new(body, MAX_BODY_BYTES).collect().await {
        Ok(collected) => Ok(collected.to_bytes().into()),
        Err(_) => Err(Problem::new(
            Code::PayloadTooLarge,
            format!("The body may have at most {MAX_BODY_BYTES} bytes; send less at a time."),
        )),
    }
}

/// Whether the body is declared as JSON lines.
fn is_lines(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media = media.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    ["application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines"].contains(&&*media)
}

/// `application/json`, anything `+json`, or nothing at all, with UTF-8 if a charset is named.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(header::CONTENT_TYPE) else { return true };
    let Ok(value) = value.to_str() else { return false };
    let value = value.to_ascii_lowercase();
    let mut parts = value.split(';').map(str::trim);
    let media = parts.next().unwrap_or_default();
    let json = media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"));
    json && parts.all(|parameter| parameter.strip_prefix("charset=").is_none_or(|set| set.trim_matches('"') == "utf-8"))
}

impl Body {
    /// The body parsed as JSON. 400 when it is not UTF-8 or not JSON; an empty body counts as `{}` where `empty_ok`.
    pub fn json(&self, empty_ok: bool) -> Result<Value, Problem> {
        if empty_ok && self.0.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Object(serde_json::Map::new()));
        }
        let text = std::str::from_utf8(&self.0).map_err(|error| {
            Problem::new(Code::MalformedBody, format!("The body is not UTF-8 from byte {}.", error.valid_up_to()))
        })?;
        serde_json::from_str(text)
            .map_err(|error| Problem::new(Code::MalformedBody, format!("The body is not JSON: {error}.")))
    }

    /// Reads the body with a [`Reader`]: the value, or every fault; and the warnings.
    pub fn read<T>(
        &self,
        empty_ok: bool,
        now: Timestamp,
        read: impl FnOnce(Value, &mut Reader) -> Option<T>,
    ) -> Result<(T, Vec<Fault>), Problem> {
        let value = self.json(empty_ok)?;
        let mut reader = Reader::new(now);
        let read = read(value, &mut reader);
        let faults = reader.take_faults();
        match read {
            Some(read) if faults.is_empty() => Ok((read, reader.warnings())),
            _ => Err(Problem::invalid(faults)),
        }
    }
}
