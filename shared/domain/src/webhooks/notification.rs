//! The `notifications` of an interview, as the InsightAgent seed has them:
//! `[{endpoint, attributes: {method, headers}}]`, each told once the interview completes.

use serde_json::{Value, json};

use crate::reader::{At, Reader, word};
use crate::webhooks::address::address;
use crate::webhooks::endpoint::Method;
use crate::webhooks::header::{Header, MASK, headers};
use crate::webhooks::{Address, Network};

/// Most notifications of one interview.
pub const MAX_NOTIFICATIONS: usize = 10;

/// Who is told when an interview completes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notification {
    /// Where to.
    pub address: Address,
    /// By which method.
    pub method: Method,
    /// Sent with the request; their values are secrets.
    pub headers: Vec<Header>,
}

impl Notification {
    /// Reads one entry of the list; to be handed to [`Reader::list`] with [`MAX_NOTIFICATIONS`]. Names must still be looked up: see the
    /// crate `outbound`.
    pub fn read(value: Value, at: &At<'_>, reader: &mut Reader, network: Network) -> Option<Self> {
        let mut map = reader.object(value, at)?;
        let endpoint =
            reader.required(&mut map, at, "endpoint", |value, at, reader| address(value, at, reader, network));
        let attributes = reader.optional(&mut map, at, "attributes", |value, at, reader| {
            let mut map = reader.object(value, at)?;
            let method = reader.optional(&mut map, at, "method", |value, at, reader| {
                word(&value, at, reader, Method::parse, Method::WORDS)
            });
            let headers = reader.optional(&mut map, at, "headers", headers);
            reader.leftovers(at, &map, &["method", "headers"]);
            Some((method, headers))
        });
        reader.leftovers(at, &map, &["endpoint", "attributes"]);
        let (method, headers) = attributes.unwrap_or_default();
        Some(Self { address: endpoint?, method: method.unwrap_or(Method::Post), headers: headers.unwrap_or_default() })
    }

    /// The entry as it is shown: values of headers masked.
    pub fn masked(&self) -> Value {
        json!({
            "endpoint": self.address.as_str(),
            "attributes": {"method": self.method.as_str(), "headers": masked(&self.headers)},
        })
    }
}

/// Headers as they are shown: names, and [`MASK`] for each value.
pub fn masked(headers: &[Header]) -> Value {
    headers.iter().map(|header| (header.name.clone(), Value::from(MASK))).collect::<serde_json::Map<_, _>>().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(value: Value, network: Network) -> Result<Notification, Vec<String>> {
        let mut reader = Reader::new("2026-11-25T10:00:00Z".parse().unwrap());
        let read = Notification::read(value, &At::ROOT, &mut reader, network);
        let faults = reader.take_faults();
        read.filter(|_| faults.is_empty()).ok_or_else(|| faults.into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn the_seeds_form_is_read_and_shown_without_its_secrets() {
        let whole = json!({"endpoint": "https://hooks.acme.com/done", "attributes": {"method": "PUT", "headers": {"X-Key": "s3cret"}}});
        let notification = read(whole, Network::Public).unwrap();
        assert_eq!(
            notification.masked(),
            json!({"endpoint": "https://hooks.acme.com/done", "attributes": {"method": "PUT", "headers": {"x-key": MASK}}})
        );
        assert!(!format!("{notification:?}").contains("s3cret"));
        let bare = read(json!({"endpoint": "https://hooks.acme.com"}), Network::Public).unwrap();
        assert_eq!((bare.method, bare.headers.len()), (Method::Post, 0));
    }

    #[test]
    fn every_fault_is_named() {
        let wrong = json!({"endpoint": "http://127.0.0.1/", "attributes": {"method": "GET", "headers": {"Host": "x"}, "header": {}}});
        assert_eq!(
            read(wrong, Network::Public).unwrap_err(),
            ["/endpoint", "/attributes/method", "/attributes/headers/Host", "/attributes/header"]
        );
        assert_eq!(read(json!({}), Network::Public).unwrap_err(), ["/endpoint"]);
        assert_eq!(read(json!("https://a.com"), Network::Public).unwrap_err(), [""]);
        // Only where the template says so.
        assert!(read(json!({"endpoint": "http://127.0.0.1:8080/"}), Network::Any).is_ok());
    }
}
