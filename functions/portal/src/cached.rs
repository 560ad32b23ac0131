//! What callers may keep: validators, conditional requests and compression.

use std::io::{Read, Write};

use axum::body::Body;
use axum::response::Response;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use http::header::{ACCEPT_ENCODING, IF_NONE_MATCH};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use sha2::{Digest, Sha256};

/// A weak validator: the same content gives the same one, compressed or not.
pub(crate) fn etag(content: &[u8]) -> String {
    let hash = Sha256::digest(content);
    let start = hash.first_chunk().map_or(0, |bytes| u128::from_be_bytes(*bytes));
    format!("W/\"{start:032x}\"")
}

/// Whether the caller has this very content already (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn unchanged(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let sent = headers.get_all(IF_NONE_MATCH).into_iter().filter_map(|value| value.to_str().ok());
    sent.flat_map(|value| value.split(',')).any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// Whether the caller takes gzip: named, or under `*`, and not refused with `q=0`.
pub(crate) fn accepts_gzip(headers: &HeaderMap) -> bool {
    let sent = headers.get_all(ACCEPT_ENCODING).into_iter().filter_map(|value| value.to_str().ok());
    let weights: Vec<(String, bool)> = sent.flat_map(|value| value.split(',')).map(coding).collect();
    let named = |name: &str| weights.iter().find(|(coding, _)| coding == name).map(|(_, wanted)| *wanted);
    named("gzip").or_else(|| named("*")).unwrap_or(false)
}

/// One member of `Accept-Encoding`: its name, and whether its weight is above 0.
fn coding(member: &str) -> (String, bool) {
    let mut parts = member.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    (name, weight.and_then(|weight| weight.parse::<f32>().ok()).is_none_or(|weight| weight > 0.0))
}

/// gzip of a text.
pub(crate) fn zipped(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text)?;
    encoder.finish()
}

/// What was compressed.
pub(crate) fn unzipped(gzip: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut text = Vec::new();
    GzDecoder::new(gzip).read_to_end(&mut text)?;
    Ok(text)
}

/// A response of these parts; the header values are all our own.
pub(crate) fn respond<'a>(
    status: StatusCode,
    headers: impl IntoIterator<Item = (HeaderName, &'a str)>,
    body: impl Into<Body>,
) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}
