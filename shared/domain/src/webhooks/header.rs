//! Custom headers of a notification: which a caller may set. Their values are secrets.

use std::fmt;

use crate::reader::{At, Reader};

/// Most custom headers of one notification.
pub const MAX_HEADERS: usize = 20;
/// Longest name of a header, in bytes.
pub const MAX_NAME: usize = 100;
/// Longest value of a header, in bytes.
pub const MAX_VALUE: usize = 2_000;

/// What is shown instead of a value.
pub const MASK: &str = "••••••••";

/// Headers that belong to the connection or to us: RFC 9110 §7.6.1 (hop by hop), the framing of the message, and where it goes.
const RESERVED: &[&str] = &[
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
];
/// Beginnings of names that are reserved: ours, and what proxies trust.
const RESERVED_PREFIXES: &[&str] = &["webhook-", "sec-", ":"];

/// A header that a caller wants sent with each request. `Debug` shows the name only.
#[derive(Clone, PartialEq, Eq)]
pub struct Header {
    /// In lower case.
    pub name: String,
    /// Visible ASCII and inner spaces.
    pub value: String,
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Header({}: …)", self.name)
    }
}

/// Reads an object of names and values; every fault is named. Names are kept in lower case and may be given once.
pub fn headers(value: serde_json::Value, at: &At<'_>, reader: &mut Reader) -> Option<Vec<Header>> {
    let map = reader.object(value, at)?;
    if map.len() > MAX_HEADERS {
        return reader.some(None, at, &format!("holds {} headers; at most {MAX_HEADERS} are accepted", map.len()));
    }
    let mut headers: Vec<Header> = Vec::with_capacity(map.len());
    for (name, value) in map {
        let at = at.field(&name);
        let lower = name.to_ascii_lowercase();
        if let Some(fault) = name_fault(&lower).or_else(|| value_fault(value.as_str())) {
            reader.fault(&at, fault);
        } else if headers.iter().any(|header| header.name == lower) {
            reader.fault(&at, "is given twice: upper and lower case are the same in names of headers");
        } else if let serde_json::Value::String(value) = value {
            headers.push(Header { name: lower, value });
        }
    }
    Some(headers)
}

fn name_fault(lower: &str) -> Option<String> {
    // The token of RFC 9110 §5.6.2.
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let reserved =
        |name: &str| RESERVED.contains(&name) || RESERVED_PREFIXES.iter().any(|prefix| name.starts_with(prefix));
    if reserved(lower) {
        Some("may not be set by callers: it belongs to the connection or to the signature".to_owned())
    } else if lower.is_empty() || lower.len() > MAX_NAME || !lower.bytes().all(token) {
        Some(format!("is not the name of a header: 1–{MAX_NAME} of a-z, 0-9 and !#$%&'*+-.^_`|~"))
    } else {
        None
    }
}

fn value_fault(value: Option<&str>) -> Option<String> {
    let Some(value) = value else { return Some("must be a string".to_owned()) };
    let visible = |byte: u8| byte == b' ' || byte.is_ascii_graphic();
    if value == MASK {
        Some("is the mask that stands for a value; send the value itself".to_owned())
    } else if value.len() > MAX_VALUE || !value.bytes().all(visible) || value.trim() != value {
        Some(format!("must have at most {MAX_VALUE} visible ASCII characters, without spaces at its ends"))
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: serde_json::Value) -> Result<Vec<Header>, Vec<String>> {
        let mut reader = Reader::new("2026-11-25T10:00:00Z".parse().unwrap());
        let headers = headers(value, &At::ROOT, &mut reader);
        let faults = reader.take_faults();
        if faults.is_empty() {
            Ok(headers.unwrap())
        } else {
            Err(faults.into_iter().map(|fault| fault.pointer).collect())
        }
    }

    #[test]
    fn a_callers_own_headers_are_taken() {
        let headers = read(json!({"Authorization": "Bearer a b", "X-Tenant": "", "x_y~": "1"})).unwrap();
        assert_eq!(
            headers.iter().map(|header| header.name.as_str()).collect::<Vec<_>>(),
            ["authorization", "x-tenant", "x_y~"]
        );
        assert!(!format!("{headers:?}").contains("Bearer"));
    }

    #[test]
    fn what_belongs_to_the_connection_or_to_us_is_refused() {
        for name in RESERVED {
            assert_eq!(read(json!({ *name: "x" })), Err(vec![format!("/{name}")]));
            assert_eq!(read(json!({ name.to_ascii_uppercase(): "x" })).unwrap_err().len(), 1);
        }
        for name in [
            "webhook-id",
            "Webhook-Signature",
            "WEBHOOK-TIMESTAMP",
            "webhook-anything",
            "Sec-Fetch-Site",
            ":authority",
            "",
            "a b",
            "a\r\nb",
            "ä",
            "a:b",
        ] {
            assert_eq!(read(json!({ name: "x" })).unwrap_err().len(), 1, "{name:?}");
        }
    }

    #[test]
    fn values_cannot_break_out() {
        for value in [
            json!("a\r\nb: c"),
            json!("a\nb"),
            json!("a\u{0}b"),
            json!("ä"),
            json!(" a"),
            json!(MASK),
            json!(7),
            json!(null),
            json!("a".repeat(MAX_VALUE + 1)),
        ] {
            assert_eq!(read(json!({ "x-a": value })), Err(vec!["/x-a".to_owned()]), "{value}");
        }
        assert_eq!(read(json!({"X-A": "1", "x-a": "2"})).unwrap_err().len(), 1);
        let many: serde_json::Map<_, _> = (0..=MAX_HEADERS).map(|n| (format!("x-{n}"), json!("1"))).collect();
        assert_eq!(read(many.into()), Err(vec![String::new()]));
        assert_eq!(read(json!([])), Err(vec![String::new()]));
    }
}
