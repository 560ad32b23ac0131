//! Webhook endpoints: those of the tenant, and those of each interview.

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::Mutex;

use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::delivery::Health;
use domain::webhooks::endpoint::{Disabled, DisabledReason, Method, Secret, Secrets};
use domain::webhooks::header::Header;
use domain::webhooks::{Address, Endpoint, EndpointId, EventKind, Network, Notification, Owner};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::pack::Bytes;
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "endpoint.1";
const SECRET_TAG: &str = "notification_secret.1";
const WHAT: &str = "webhook endpoint";

const PACKED: &str = "p";
const REVISION: &str = "rev";
const DISABLED: &str = "disabled_at";
const REASON: &str = "disabled_reason";
const FAILING: &str = "failing_since";

/// How long a process believes what it read of a tenant's subscriptions.
const BELIEVED: SignedDuration = SignedDuration::from_secs(60);
/// Tenants whose subscriptions a process remembers; more begin anew.
const REMEMBERED: usize = 1_000;

/// The kinds that tenants subscribe to, as this process read them last.
#[derive(Default)]
pub(crate) struct KnownSubscriptions(Mutex<HashMap<Tenant, (Timestamp, BTreeSet<EventKind>)>>);

impl fmt::Debug for KnownSubscriptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KnownSubscriptions(…)")
    }
}

impl KnownSubscriptions {
    fn get(&self, tenant: &Tenant, now: Timestamp) -> Option<BTreeSet<EventKind>> {
        let known = self.0.lock().ok()?;
        let (read_at, kinds) = known.get(tenant)?;
        (now.duration_since(*read_at) < BELIEVED).then(|| kinds.clone())
    }

    fn put(&self, tenant: &Tenant, now: Timestamp, kinds: BTreeSet<EventKind>) {
        if let Ok(mut known) = self.0.lock() {
            if known.len() >= REMEMBERED {
                known.clear();
            }
            known.insert(tenant.clone(), (now, kinds));
        }
    }
}

#[derive(Serialize, Deserialize)]
struct Packed {
    url: String,
    method: Method,
    headers: Vec<(String, String)>,
    description: Option<String>,
    events: Vec<EventKind>,
    secrets: Option<PackedSecrets>,
    created_at: Timestamp,
    place: u32,
}

#[derive(Serialize, Deserialize)]
struct PackedSecrets {
    current: Bytes,
    previous: Option<(Bytes, Timestamp)>,
}

fn packed_secrets(secrets: &Secrets) -> PackedSecrets {
    let bytes = |secret: &Secret| Bytes(secret.0.to_vec());
    let previous = secrets.previous.as_ref().map(|(secret, until)| (bytes(secret), *until));
    PackedSecrets { current: bytes(&secrets.current), previous }
}

fn secrets(packed: PackedSecrets) -> Result<Secrets, Unreadable> {
    let secret = |bytes: Bytes| bytes.0.try_into().map(Secret).map_err(|_| Unreadable::Attribute(PACKED));
    let previous = packed.previous.map(|(bytes, until)| Ok((secret(bytes)?, until))).transpose()?;
    Ok(Secrets { current: secret(packed.current)?, previous })
}

impl Store {
    /// An owner's endpoints, read consistently, in their order: the tenant's by age, an interview's as they were listed.
    pub async fn endpoints(&self, tenant: &Tenant, owner: &Owner) -> Result<Vec<Endpoint>, Failure> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk AND begins_with(SK, :endpoint)")
                .expression_attribute_values(":pk", s(keys::webhooks(tenant, owner)))
                .expression_attribute_values(":endpoint", s(keys::ENDPOINT))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Webhooks, meter::consistent_halves(items.iter().map(item_size).sum()));
            for item in &items {
                found.push(parse(item, owner).map_err(corrupt(WHAT))?);
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                break;
            }
        }
        found.sort_by_key(|(place, endpoint)| (*place, endpoint.id));
        Ok(found.into_iter().map(|(_, endpoint)| endpoint).collect())
    }

    /// One endpoint, read consistently.
    pub async fn endpoint(&self, tenant: &Tenant, owner: &Owner, id: EndpointId) -> Result<Option<Endpoint>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::endpoint(tenant, owner, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        self.meter().read(Purpose::Webhooks, meter::consistent_halves(output.item().map_or(0, item_size)));
        let parse = |item| parse(item, owner).map(|(_, endpoint)| endpoint);
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    /// Whether an endpoint of the tenant's own subscribes to any of these kinds. Remembered for a minute, so a tenant without endpoints
    /// costs half a read unit a minute and process, and a new endpoint may miss a minute of mass events.
    pub async fn subscribes(&self, tenant: &Tenant, kinds: &[EventKind], now: Timestamp) -> Result<bool, Failure> {
        let subscribed = match self.0.subscriptions.get(tenant, now) {
            Some(known) => known,
            None => {
                let endpoints = self.endpoints(tenant, &Owner::Tenant).await?;
                let live = endpoints.into_iter().filter(|endpoint| endpoint.disabled.is_none());
                let read: BTreeSet<EventKind> = live.flat_map(|endpoint| endpoint.events).collect();
                self.0.subscriptions.put(tenant, now, read.clone());
                read
            }
        };
        Ok(kinds.iter().any(|kind| subscribed.contains(kind)))
    }

    /// Replaces the notifications of an interview; an empty list removes them. One that is saved again unchanged keeps its id and its
    /// deliveries.
    pub async fn put_notifications(
        &self,
        tenant: &Tenant,
        interview_id: &str,
        notifications: &[Notification],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let owner = Owner::interview(interview_id);
        let before = self.endpoints(tenant, &owner).await?;
        let mut kept = Vec::with_capacity(notifications.len());
        for (place, notification) in notifications.iter().enumerate() {
            let endpoint = Endpoint {
                id: EndpointId::of(&owner, place, &notification.address),
                owner: owner.clone(),
                address: notification.address.clone(),
                method: notification.method,
                headers: notification.headers.clone(),
                description: None,
                events: vec![EventKind::InterviewCompleted],
                secrets: None,
                disabled: None,
                failing_since: None,
                created_at: now,
                revision: 1,
            };
            kept.push(endpoint.id);
            let same = |before: &&Endpoint| {
                before.id == endpoint.id && before.method == endpoint.method && before.headers == endpoint.headers
            };
            if !before.iter().any(|before| same(&before)) {
                let item = print(tenant, &endpoint, place).map_err(corrupt(WHAT))?;
                self.meter().wrote(Purpose::Webhooks, write_units(item_size(&item)));
                self.client().put_item().table_name(self.main()).set_item(Some(item)).send().await.map_err(failure)?;
            }
        }
        for gone in before.iter().filter(|before| !kept.contains(&before.id)) {
            self.delete_endpoint(tenant, &owner, gone.id).await?;
        }
        Ok(())
    }

    /// The notifications of an interview, as they were listed.
    pub async fn notifications(&self, tenant: &Tenant, interview_id: &str) -> Result<Vec<Notification>, Failure> {
        let endpoints = self.endpoints(tenant, &Owner::interview(interview_id)).await?;
        let notification = |endpoint: Endpoint| Notification {
            address: endpoint.address,
            method: endpoint.method,
            headers: endpoint.headers,
        };
        Ok(endpoints.into_iter().map(notification).collect())
    }

    /// Adds a new endpoint of the tenant.
    pub async fn create_endpoint(&self, tenant: &Tenant, endpoint: &Endpoint) -> Result<(), Failure> {
        let item = print(tenant, endpoint, 0).map_err(corrupt(WHAT))?;
        self.meter().wrote(Purpose::Webhooks, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let written = condition(request.condition_expression("attribute_not_exists(PK)").send().await)?;
        written.map_err(|_| Failure::Conflict { what: WHAT }).map(|_| ())
    }

    /// Replaces the endpoint that was read at its revision; `Conflict` when somebody else changed it since.
    pub async fn update_endpoint(&self, tenant: &Tenant, endpoint: &Endpoint) -> Result<Endpoint, Failure> {
        let next = Endpoint { revision: endpoint.revision + 1, ..endpoint.clone() };
        let item = print(tenant, &next, 0).map_err(corrupt(WHAT))?;
        self.meter().wrote(Purpose::Webhooks, write_units(item_size(&item)));
        let request = self
            .client()
            .put_item()
            .table_name(self.main())
            .set_item(Some(item))
            .condition_expression(format!("{REVISION} = :rev"))
            .expression_attribute_values(":rev", n(endpoint.revision));
        condition(request.send().await)?.map_err(|_| Failure::Conflict { what: WHAT })?;
        Ok(next)
    }

    /// Notes what an attempt said of an endpoint, unless it is gone. A caller's change that was read before is then refused.
    pub async fn note_health(
        &self,
        tenant: &Tenant,
        owner: &Owner,
        id: EndpointId,
        health: Health,
    ) -> Result<(), Failure> {
        let (expression, values) = match health {
            Health::AsBefore => return Ok(()),
            Health::Recovered => (format!("ADD {REVISION} :one REMOVE {FAILING}"), vec![]),
            Health::BeganToFail(at) => (
                format!("SET {FAILING} = if_not_exists({FAILING}, :at) ADD {REVISION} :one"),
                vec![(":at", s(at.to_string()))],
            ),
            Health::Stopped(Disabled { reason, at }) => (
                format!(
                    "SET {DISABLED} = if_not_exists({DISABLED}, :at), {REASON} = if_not_exists({REASON}, :reason) \
                     ADD {REVISION} :one"
                ),
                vec![(":at", s(at.to_string())), (":reason", s(reason.as_str()))],
            ),
        };
        let mut request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::endpoint(tenant, owner, id))))
            .update_expression(expression)
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":one", n(1));
        for (name, value) in values {
            request = request.expression_attribute_values(name, value);
        }
        self.meter().wrote(Purpose::Webhooks, 1);
        condition(request.send().await).map(|_| ())
    }

    /// The secrets that sign what interviews' endpoints are told, with their revision; `None` until the tenant asks for one.
    pub async fn notification_secrets(&self, tenant: &Tenant) -> Result<Option<(Secrets, u64)>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::notification_secret(tenant))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        self.meter().read(Purpose::Webhooks, meter::consistent_halves(output.item().map_or(0, item_size)));
        let parse = |item| {
            let reader = Reader::new(item, SECRET_TAG)?;
            let packed: PackedSecrets = reader.packed(PACKED)?;
            Ok((secrets(packed)?, reader.number(REVISION)?))
        };
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    /// Sets the secrets read at `revision` (0 = there were none); `Conflict` when somebody else set them since.
    pub async fn put_notification_secrets(
        &self,
        tenant: &Tenant,
        secrets: &Secrets,
        revision: u64,
    ) -> Result<(), Failure> {
        let mut item = item::key(&keys::notification_secret(tenant));
        item.insert(TYPE.to_owned(), s(SECRET_TAG));
        item.insert(PACKED.to_owned(), b(item::packed(&packed_secrets(secrets)).map_err(corrupt(WHAT))?));
        item.insert(REVISION.to_owned(), n(revision + 1));
        self.meter().wrote(Purpose::Webhooks, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = if revision == 0 {
            request.condition_expression("attribute_not_exists(PK)")
        } else {
            request.condition_expression(format!("{REVISION} = :rev")).expression_attribute_values(":rev", n(revision))
        };
        condition(request.send().await)?.map_err(|_| Failure::Conflict { what: WHAT }).map(|_| ())
    }

    /// Removes an endpoint; whether there was one.
    pub async fn delete_endpoint(&self, tenant: &Tenant, owner: &Owner, id: EndpointId) -> Result<bool, Failure> {
        let request = self
            .client()
            .delete_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::endpoint(tenant, owner, id))))
            .condition_expression("attribute_exists(PK)");
        self.meter().wrote(Purpose::Webhooks, 1);
        Ok(condition(request.send().await)?.is_ok())
    }
}

fn print(tenant: &Tenant, endpoint: &Endpoint, place: usize) -> Result<Attributes, Unreadable> {
    let packed = Packed {
        url: endpoint.address.as_str().to_owned(),
        method: endpoint.method,
        headers: endpoint.headers.iter().map(|header| (header.name.clone(), header.value.clone())).collect(),
        description: endpoint.description.clone(),
        events: endpoint.events.clone(),
        secrets: endpoint.secrets.as_ref().map(packed_secrets),
        created_at: endpoint.created_at,
        place: u32::try_from(place).unwrap_or(u32::MAX),
    };
    let mut item = item::key(&keys::endpoint(tenant, &endpoint.owner, endpoint.id));
    item.insert(TYPE.to_owned(), s(TAG));
    item.insert(PACKED.to_owned(), b(item::packed(&packed)?));
    item.insert(REVISION.to_owned(), n(endpoint.revision));
    if let Some(disabled) = endpoint.disabled {
        item.insert(DISABLED.to_owned(), s(disabled.at.to_string()));
        item.insert(REASON.to_owned(), s(disabled.reason.as_str()));
    }
    if let Some(since) = endpoint.failing_since {
        item.insert(FAILING.to_owned(), s(since.to_string()));
    }
    Ok(item)
}

/// The endpoint and its place.
fn parse(item: &Attributes, owner: &Owner) -> Result<(u32, Endpoint), Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let packed: Packed = reader.packed(PACKED)?;
    let disabled = match (reader.time_opt(DISABLED)?, reader.text_opt(REASON)?) {
        (Some(at), Some(reason)) => {
            Some(Disabled { at, reason: DisabledReason::parse(reason).ok_or(Unreadable::Attribute(REASON))? })
        }
        _ => None,
    };
    let id = reader.text(SK)?.strip_prefix(keys::ENDPOINT).and_then(EndpointId::parse);
    let endpoint = Endpoint {
        id: id.ok_or(Unreadable::Attribute(SK))?,
        owner: owner.clone(),
        // Whether it may be called is asked again before every call.
        address: Address::parse(&packed.url, Network::Any).map_err(|_| Unreadable::Attribute(PACKED))?,
        method: packed.method,
        headers: packed.headers.into_iter().map(|(name, value)| Header { name, value }).collect(),
        description: packed.description,
        events: packed.events,
        secrets: packed.secrets.map(secrets).transpose()?,
        disabled,
        failing_since: reader.time_opt(FAILING)?,
        created_at: packed.created_at,
        revision: reader.number(REVISION)?,
    };
    Ok((packed.place, endpoint))
}
