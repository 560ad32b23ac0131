//! An endpoint as callers see it, and as they write it.

use api::{Body, Problem};
use domain::fault::Fault;
use domain::reader::{At, Reader, boolean, text, word};
use domain::webhooks::address::address;
use domain::webhooks::endpoint::DisabledReason;
use domain::webhooks::header::{Header, headers};
use domain::webhooks::notification::masked;
use domain::webhooks::{Address, Endpoint, EventKind};
use jiff::Timestamp;
use outbound::Outbound;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Longest description, in characters.
const MAX_DESCRIPTION: usize = 200;

/// Where a tenant is told of what happens.
#[derive(Serialize, ToSchema)]
pub(crate) struct EndpointBody {
    #[schema(example = "whe_01KAXQ4Z7M3V8R0C5T6Y9B2N1D")]
    id: String,
    url: String,
    /// Kinds of events that it is told of.
    events: Vec<EventKind>,
    description: Option<String>,
    /// Custom headers; their values are secrets and masked.
    #[schema(value_type = Object)]
    headers: Value,
    /// Whether it gets messages.
    enabled: bool,
    /// Why it gets none.
    disabled_reason: Option<DisabledReason>,
    /// Since when it gets none.
    disabled_at: Option<String>,
    /// Since when every attempt failed; after five days it is disabled.
    failing_since: Option<String>,
    created_at: String,
}

impl EndpointBody {
    pub(crate) fn of(endpoint: &Endpoint) -> Self {
        Self {
            id: endpoint.id.to_string(),
            url: endpoint.address.as_str().to_owned(),
            events: endpoint.events.clone(),
            description: endpoint.description.clone(),
            headers: masked(&endpoint.headers),
            enabled: endpoint.disabled.is_none(),
            disabled_reason: endpoint.disabled.map(|disabled| disabled.reason),
            disabled_at: endpoint.disabled.map(|disabled| disabled.at.to_string()),
            failing_since: endpoint.failing_since.map(|since| since.to_string()),
            created_at: endpoint.created_at.to_string(),
        }
    }
}

/// A secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(crate) struct SecretBody {
    /// Verifies `webhook-signature`, by any library of the Standard Webhooks specification. It cannot be shown again: a replay by
    /// `Idempotency-Key` has `null` here.
    #[schema(example = "whsec_…")]
    pub(crate) secret: Option<String>,
    /// Until when the secret before it signs too.
    pub(crate) previous_valid_until: Option<String>,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) warnings: Vec<Fault>,
}

/// What a caller says of an endpoint.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    pub(crate) address: Option<Address>,
    pub(crate) events: Option<Vec<EventKind>>,
    /// Empty removes it.
    pub(crate) description: Option<String>,
    pub(crate) headers: Option<Vec<Header>>,
    pub(crate) enabled: Option<bool>,
}

/// Reads the fields of an endpoint; `url` and `events` must be there when it is `new`. A URL is also looked up, so that one that leads
/// nowhere or inside is refused when it is saved and not when it is called.
pub(crate) async fn read(
    body: &Body,
    now: Timestamp,
    outbound: &Outbound,
    new: bool,
) -> Result<(Fields, Vec<Fault>), Problem> {
    let network = outbound.network();
    let (fields, warnings) = body.read(false, now, |value, reader| {
        let at = &At::ROOT;
        let mut map = reader.object(value, at)?;
        let url = |value: Value, at: &At<'_>, reader: &mut Reader| address(value, at, reader, network);
        let mut fields = Fields::default();
        if new {
            fields.address = reader.required(&mut map, at, "url", url);
            fields.events = reader.required(&mut map, at, "events", events);
        } else {
            fields.address = reader.optional(&mut map, at, "url", url);
            fields.events = reader.optional(&mut map, at, "events", events);
            fields.enabled = reader.optional(&mut map, at, "enabled", |value, at, reader| boolean(&value, at, reader));
        }
        fields.description = reader
            .optional(&mut map, at, "description", |value, at, reader| text(value, at, reader, 0, MAX_DESCRIPTION));
        fields.headers = reader.optional(&mut map, at, "headers", headers);
        let known: &[&str] = if new {
            &["url", "events", "description", "headers"]
        } else {
            &["url", "events", "description", "headers", "enabled"]
        };
        reader.leftovers(at, &map, known);
        Some(fields)
    })?;
    if let Some(address) = &fields.address
        && let Err(refused) = outbound.check(address).await
    {
        return Err(Problem::invalid(vec![Fault::new("/url", refused.to_string())]));
    }
    Ok((fields, warnings))
}

/// At least one kind that may be subscribed to, each once.
fn events(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Vec<EventKind>> {
    let words: Vec<&str> =
        EventKind::ALL.iter().filter(|kind| kind.is_subscribable()).map(|kind| kind.as_str()).collect();
    let parse = |text: &str| EventKind::parse(text).filter(|kind| kind.is_subscribable());
    let items =
        reader.items(value, at, EventKind::ALL.len(), |value, at, reader| word(&value, at, reader, parse, &words));
    let mut kinds: Vec<EventKind> = items.into_iter().map(|(_, kind)| kind).collect();
    kinds.sort_unstable();
    kinds.dedup();
    if kinds.is_empty() && reader.is_clean() {
        return reader.some(None, at, &format!("must name at least one of {}", words.join(", ")));
    }
    Some(kinds)
}
