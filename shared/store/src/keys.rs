//! Every key string of the two tables, as types that print and, where a key is read back, parse. No other file joins strings by `#`.
//!
//! Every partition key begins with `T#<tenant>#`, so `dynamodb:LeadingKeys` can fence a tenant. A caller's id stands only at the end
//! of a key or is escaped, so that no id can reach into another's place.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::access::{RateClass, Tenant, TokenHash};
use domain::context::support::Person;
use domain::ids::{AuditId, BatchId, ErasureId, KeyId, ReanalysisId, TaskId, TenantName};
use domain::interviews::variable::VariableId;
use domain::interviews::{AgentGroupId, InterviewId, SessionId};
use domain::task::{TaskKind, TaskPriority, TaskState};
use domain::webhooks::{DeliveryId, EndpointId, MessageId, Owner};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::Offset;
use sha2::{Digest as _, Sha256};
use ulid::Ulid;

/// Name of the partition key of both tables.
pub(crate) const PK: &str = "PK";
/// Name of the sort key of the main table.
pub(crate) const SK: &str = "SK";
/// Name of the sparse index.
pub(crate) const GSI1: &str = "GSI1";
/// Name of the index's partition key.
pub(crate) const GSI1PK: &str = "GSI1PK";
/// Name of the index's sort key.
pub(crate) const GSI1SK: &str = "GSI1SK";

/// Longest escaped owner inside a task's index key, in bytes; a longer one is replaced by its hash.
const MAX_OWNER: usize = 200;

/// A primary key of the main table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) pk: String,
    pub(crate) sk: String,
}

impl Key {
    fn new(tenant: &Tenant, rest: &str, sk: impl Into<String>) -> Self {
        Self { pk: partition(tenant, rest), sk: sk.into() }
    }
}

fn partition(tenant: &Tenant, rest: &str) -> String {
    format!("T#{}#{rest}", tenant.as_str())
}

/// Conversation: `T#t#C#<id>` / `A`.
pub(crate) fn conversation(tenant: &Tenant, id: &str) -> Key {
    Key::new(tenant, &format!("C#{id}"), "A")
}

/// The conversation id in a conversation's partition key.
pub(crate) fn conversation_id<'a>(tenant: &Tenant, pk: &'a str) -> Option<&'a str> {
    pk.strip_prefix("T#")?.strip_prefix(tenant.as_str())?.strip_prefix("#C#")
}

/// A tenant's secret under which contact ids are hashed, so that an index key says nothing about a person.
#[derive(Clone, PartialEq, Eq)]
pub struct ContactKey([u8; 32]);

impl ContactKey {
    /// The secret made of 32 random bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(random)
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The contact of that id, under the tenant's secret.
    pub fn contact(&self, contact_id: &str) -> ContactDigest {
        ContactDigest(URL_SAFE_NO_PAD.encode(self.digest(contact_id)))
    }

    /// The contact of that id as a number, for rows of many customers. Half of the same digest.
    pub fn person(&self, contact_id: &str) -> Person {
        Person(self.digest(contact_id).first_chunk::<8>().copied().map(u64::from_be_bytes).unwrap_or_default())
    }

    /// HMAC-SHA-256 of an id, cut to 16 bytes.
    fn digest(&self, id: &str) -> [u8; 16] {
        // A key shorter than the hash's block is padded with zeros by HMAC's own rule; padding it here leaves nothing that can fail.
        let mut block = [0; 64];
        for (to, from) in block.iter_mut().zip(self.0) {
            *to = from;
        }
        let mut mac = Hmac::<Sha256>::new(&block.into());
        mac.update(id.as_bytes());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        full.first_chunk::<16>().copied().unwrap_or_default()
    }
}

/// A contact under the tenant's secret: 22 characters that say nothing about the person.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContactDigest(String);

impl ContactDigest {
    /// The digest written so; `None` when it is not one.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        (URL_SAFE_NO_PAD.decode(text).ok()?.len() == 16).then(|| Self(text.to_owned()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// See [`ContactKey::person`].
    pub(crate) fn person(&self) -> Person {
        let bytes = URL_SAFE_NO_PAD.decode(&self.0).unwrap_or_default();
        Person(bytes.first_chunk::<8>().copied().map(u64::from_be_bytes).unwrap_or_default())
    }
}

impl std::fmt::Debug for ContactKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ContactKey(…)")
    }
}

/// Index partition of a contact's conversations: `T#t#U#<hmac(contact)>`.
pub(crate) fn contact_index(tenant: &Tenant, contact: &ContactDigest) -> String {
    partition(tenant, &format!("U#{}", contact.0))
}

/// Index sort key of a contact's conversation: when it was created. Which one it is says the partition key, which the index carries.
pub(crate) fn contact_index_sort(created_at: Timestamp) -> String {
    time(created_at)
}

/// When the conversation of an index key was created.
pub(crate) fn parse_contact_index_sort(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// A customer's events in one session: `T#t#E#<hmac(session)>` / `<hmac(customer)>`. Two customers of one session id have an item each.
/// What belongs to no session stands under the customer's own digest.
pub(crate) fn visit(tenant: &Tenant, secret: &ContactKey, session_id: Option<&str>, customer_id: &str) -> Key {
    // An id of a session and one of a customer must not meet in one partition.
    let pk = match session_id {
        Some(id) => visits_of_id(tenant, secret, id),
        None => partition(tenant, &format!("E#-{}", secret.contact(customer_id).0)),
    };
    Key { pk, sk: secret.contact(customer_id).0 }
}

/// Partition of the sessions of one id.
pub(crate) fn visits_of_id(tenant: &Tenant, secret: &ContactKey, session_id: &str) -> String {
    partition(tenant, &format!("E#{}", secret.contact(session_id).0))
}

/// Index partition of a customer's sessions: `T#t#H#<hmac(customer)>`; the sort key is the time of the first event.
pub(crate) fn visit_index(tenant: &Tenant, customer: &ContactDigest) -> String {
    partition(tenant, &format!("H#{}", customer.0))
}

/// Partition of a month's support events: `T#t#D#<yyyymm>`.
pub(crate) fn support_blocks(tenant: &Tenant, month: Month) -> String {
    partition(tenant, &format!("D#{month}"))
}

/// Support events of one request and day: `T#t#D#<yyyymm>` / `<dd>#<hash of their ids>#<chunk>`.
pub(crate) fn support_block(tenant: &Tenant, day: Date, events: &[&str], chunk: usize) -> Key {
    let sk = format!("{:02}#{}#{chunk:03}", day.day(), short_hash(events));
    Key { pk: support_blocks(tenant, Month::of(day)), sk }
}

/// That a person was erased: `T#t#H#<hmac(contact)>` / `ERASED`.
pub(crate) fn erased(tenant: &Tenant, contact: &ContactDigest) -> Key {
    Key { pk: visit_index(tenant, contact), sk: "ERASED".to_owned() }
}

/// Erasure: `T#t#Z#<id>` / `Z`.
pub(crate) fn erasure(tenant: &Tenant, id: ErasureId) -> Key {
    Key::new(tenant, &format!("Z#{id}"), "Z")
}

/// A time that sorts as text: RFC 3339 in UTC with microseconds.
fn time(at: Timestamp) -> String {
    format!("{at:.6}")
}

/// A month that has blocks: `yyyymm`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Month {
    year: i16,
    month: i8,
}

impl Month {
    pub(crate) fn of(day: Date) -> Self {
        Self { year: day.year(), month: day.month() }
    }

    pub(crate) fn next(self) -> Self {
        if self.month == 12 { Self { year: self.year + 1, month: 1 } } else { Self { month: self.month + 1, ..self } }
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (year, month) = (text.get(..4)?, text.get(4..)?);
        let digits = text.len() == 6 && text.bytes().all(|b| b.is_ascii_digit());
        let month = Self { year: year.parse().ok()?, month: month.parse().ok()? };
        (digits && (1..=12).contains(&month.month)).then_some(month)
    }
}

impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}{:02}", self.year, self.month)
    }
}

/// Partition of a month's blocks: `T#t#B#<yyyymm>`.
pub(crate) fn blocks(tenant: &Tenant, month: Month) -> String {
    partition(tenant, &format!("B#{month}"))
}

/// Block: `T#t#B#<yyyymm>` / `<dd>#<batch>#<chunk>`. `batch` is the ULID of the batch, or of the deletion, that brought the rows.
pub(crate) fn block(tenant: &Tenant, day: Date, batch: Ulid, chunk: usize) -> Key {
    Key { pk: blocks(tenant, Month::of(day)), sk: format!("{:02}#{batch}#{chunk:03}", day.day()) }
}

/// Sort keys of the blocks of some days of one month, both ends included.
pub(crate) fn block_days(from: i8, to: i8) -> (String, String) {
    (format!("{from:02}#"), format!("{to:02}$")) // `$` is the character after `#`
}

/// The set of months that have blocks: `T#t#M` / `MONTHS`.
pub(crate) fn months(tenant: &Tenant) -> Key {
    Key::new(tenant, "M", "MONTHS")
}

/// Ingestion batch: `T#t#J#<batch>` / `J`.
pub(crate) fn batch(tenant: &Tenant, id: BatchId) -> Key {
    Key::new(tenant, &format!("J#{id}"), "J")
}

/// Task: `T#t#Y#<id>` / `Y`.
pub(crate) fn task(tenant: &Tenant, id: &TaskId) -> Key {
    Key::new(tenant, &format!("Y#{id}"), "Y")
}

/// Index partition of a tenant's tasks: `T#t#Q`.
pub(crate) fn task_index(tenant: &Tenant) -> String {
    partition(tenant, "Q")
}

/// What a task's index key says of it; enough to filter, sort and count without reading a task. In the order of the index: open ones
/// first, then by priority, then by what is due first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TaskKey {
    /// Where it stands.
    pub state: TaskState,
    /// How soon.
    pub priority: TaskPriority,
    /// When it should be done.
    pub due_at: Option<Timestamp>,
    /// Why it exists.
    pub kind: TaskKind,
    owner: String,
    /// When it was first asked for.
    pub created_at: Timestamp,
    /// Its id.
    pub id: TaskId,
}

const NO_DUE: &str = "~";
/// Begins the index keys of open tasks.
pub(crate) const OPEN: &str = "o";
/// Begins the index keys of closed tasks; after [`OPEN`] in the order of text.
pub(crate) const CLOSED: &str = "x";

impl TaskKey {
    pub(crate) fn of(task: &domain::task::Task) -> Self {
        Self {
            state: task.state,
            priority: task.draft.priority,
            due_at: task.draft.due_at,
            kind: task.draft.kind,
            owner: task.owner.as_ref().map(|owner| owner_token(&owner.id)).unwrap_or_default(),
            created_at: task.created_at,
            id: task.id.clone(),
        }
    }

    /// Whether the task belongs to the owner (agent) of that id.
    pub fn is_owned_by(&self, owner_id: &str) -> bool {
        self.owner == owner_token(owner_id)
    }

    /// Whether it has an owner.
    pub fn has_owner(&self) -> bool {
        !self.owner.is_empty()
    }

    /// The key as text, whose order is the order of the list.
    pub fn sort_text(&self) -> String {
        self.print()
    }

    /// `<o|x><priority 0-3>#<due or ~>#<kind>#<owner>#<created>#<state>#<id>`.
    pub(crate) fn print(&self) -> String {
        format!(
            "{}{}#{}#{}#{}#{}#{}#{}",
            if self.state.is_open() { OPEN } else { CLOSED },
            TaskPriority::ALL.iter().position(|priority| *priority == self.priority).unwrap_or(9),
            self.due_at.map_or(NO_DUE.to_owned(), time),
            self.kind.as_str(),
            self.owner,
            time(self.created_at),
            self.state.as_str(),
            self.id
        )
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('#');
        let (head, due, kind, owner) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let (created_at, state, id) = (parts.next()?, parts.next()?, parts.next()?);
        let state = TaskState::parse(state)?;
        let priority = *TaskPriority::ALL.get(head.get(1..)?.parse::<usize>().ok()?)?;
        let key = Self {
            state,
            priority,
            due_at: if due == NO_DUE { None } else { Some(due.parse().ok()?) },
            kind: TaskKind::parse(kind)?,
            owner: owner.to_owned(),
            created_at: created_at.parse().ok()?,
            id: TaskId::parse(id)?,
        };
        (parts.next().is_none() && head.starts_with(OPEN) == state.is_open()).then_some(key)
    }
}

/// An owner's id with `#`, `%` and a leading `~` escaped; a long one becomes `~` + 16 bytes of its SHA-256.
fn owner_token(id: &str) -> String {
    let mut token = String::with_capacity(id.len());
    for (i, c) in id.chars().enumerate() {
        match c {
            '#' => token.push_str("%23"),
            '%' => token.push_str("%25"),
            '~' if i == 0 => token.push_str("%7E"),
            c => token.push(c),
        }
    }
    if token.len() > MAX_OWNER { format!("~{}", short_hash(&[id])) } else { token }
}

/// First 16 bytes of the SHA-256 of parts, each preceded by its length, in base64url.
fn short_hash(parts: &[&str]) -> String {
    URL_SAFE_NO_PAD.encode(hash(parts).get(..16).unwrap_or_default())
}

fn hash(parts: &[&str]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    hash.finalize().into()
}

/// Partition of a tenant's log of matters: `T#t#G`.
pub(crate) fn matters(tenant: &Tenant) -> String {
    partition(tenant, "G")
}

/// Sort key of a page of the log: `P#<sequence>`.
pub(crate) fn matter_page(sequence: u64) -> String {
    format!("P#{sequence:012}")
}

/// The sequence in a page's sort key.
pub(crate) fn matter_sequence(sk: &str) -> Option<u64> {
    sk.strip_prefix("P#")?.parse().ok()
}

/// Sort key of the first number that no matter has; after every page.
pub(crate) const MATTER_FLOOR: &str = "P~";

/// Partition of what is kept of a tenant's insights: `T#t#N`.
pub(crate) fn insights(tenant: &Tenant) -> String {
    partition(tenant, "N")
}

/// Sort key of what people decided about an insight: `S#<number>`.
pub(crate) fn insight_state(number: u32) -> String {
    format!("{INSIGHT_STATE}{number:010}")
}

/// Begins the sort keys of states.
const INSIGHT_STATE: &str = "S#";

/// Sort key of an insight that was absorbed: `M#<number>`.
pub(crate) fn insight_merge(number: u32) -> String {
    format!("{INSIGHT_MERGE}{number:010}")
}

/// Begins the sort keys of absorbed insights.
const INSIGHT_MERGE: &str = "M#";

/// What a sort key in the partition of insights says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InsightKey {
    /// What people decided about that insight.
    State(u32),
    /// That insight was absorbed.
    Merge(u32),
}

impl InsightKey {
    pub(crate) fn parse(sk: &str) -> Option<Self> {
        if let Some(number) = sk.strip_prefix(INSIGHT_STATE) {
            return number.parse().ok().map(Self::State);
        }
        sk.strip_prefix(INSIGHT_MERGE)?.parse().ok().map(Self::Merge)
    }
}

/// Tenant with its settings: `T#t#S` / `TENANT`.
pub(crate) fn tenant(tenant: &Tenant) -> Key {
    Key::new(tenant, "S", "TENANT")
}

/// Partition of a tenant's audits: `T#t#V`.
pub(crate) fn audits(tenant: &Tenant) -> String {
    partition(tenant, "V")
}

/// Audit: `T#t#V` / `<audit>`; ids sort by the time of the request.
pub(crate) fn audit(tenant: &Tenant, id: AuditId) -> Key {
    Key::new(tenant, "V", id.to_string())
}

/// What was asked of an audit: `T#t#V#<audit>` / `Q`.
pub(crate) fn audit_request(tenant: &Tenant, id: AuditId) -> Key {
    Key::new(tenant, &format!("V#{id}"), "Q")
}

/// Index partition of the tenants that have recurring audits: `SCHEDULE#audits` / `<tenant>`. The one key that is no tenant's: only the
/// schedule, which speaks for nobody, reads it.
pub(crate) const RECURRING_AUDITS: &str = "SCHEDULE#audits";

/// The tenant in a tenant's partition key.
pub(crate) fn tenant_name(pk: &str) -> Option<TenantName> {
    TenantName::parse(pk.strip_prefix("T#")?.strip_suffix("#S")?)
}

/// Public part of an API key: `T#t#A` / `<key id>`.
pub(crate) fn api_key(tenant: &Tenant, id: KeyId) -> Key {
    Key::new(tenant, "A", id.to_string())
}

/// Partition of a tenant's API keys: `T#t#A`.
pub(crate) fn api_keys(tenant: &Tenant) -> String {
    partition(tenant, "A")
}

/// Sort key of the item that counts changes of the list of API keys.
pub(crate) const API_KEYS_REVISION: &str = "REVISION";

/// Change counter of the list of API keys: `T#t#A` / `REVISION`.
pub(crate) fn api_keys_revision(tenant: &Tenant) -> Key {
    Key::new(tenant, "A", API_KEYS_REVISION)
}

/// Partition of the re-analyses of a tenant, in the order in which they were started: `T#t#L`.
pub(crate) fn reanalyses(tenant: &Tenant) -> String {
    partition(tenant, "L")
}

/// Re-analysis: `T#t#L` / `<re-analysis>`.
pub(crate) fn reanalysis(tenant: &Tenant, id: ReanalysisId) -> Key {
    Key::new(tenant, "L", id.to_string())
}

/// Partition of a tenant's interviews: `T#t#IV`.
pub(crate) fn interviews(tenant: &Tenant) -> String {
    partition(tenant, "IV")
}

/// Interview: `T#t#IV` / `<id>`.
pub(crate) fn interview(tenant: &Tenant, id: InterviewId) -> Key {
    Key::new(tenant, "IV", id.to_string())
}

/// Partition of what belongs to an interview: `T#t#IV#<id>`.
pub(crate) fn interview_parts(tenant: &Tenant, id: InterviewId) -> String {
    partition(tenant, &format!("IV#{id}"))
}

/// Begins the sort keys of an interview's sessions.
pub(crate) const SESSIONS: &str = "S#";

/// Session: `T#t#IV#<interview>` / `S#<session>`.
pub(crate) fn session(tenant: &Tenant, interview: InterviewId, id: SessionId) -> Key {
    Key { pk: interview_parts(tenant, interview), sk: format!("{SESSIONS}{id}") }
}

/// Begins the sort keys of a session's turns.
pub(crate) fn turns(session: SessionId) -> String {
    format!("X#{session}#")
}

/// Turn of a session: `T#t#IV#<interview>` / `X#<session>#<hash of the turn's key>`.
pub(crate) fn turn(tenant: &Tenant, interview: InterviewId, session: SessionId, key: &str) -> Key {
    Key { pk: interview_parts(tenant, interview), sk: format!("{}{}", turns(session), short_hash(&[key])) }
}

/// Which expert's link is an interview's: `T#t#IV#<interview>` / `L`.
pub(crate) fn interview_link(tenant: &Tenant, id: InterviewId) -> Key {
    Key { pk: interview_parts(tenant, id), sk: "L".to_owned() }
}

/// Partition of a tenant's agents: `T#t#IA`.
pub(crate) fn agents(tenant: &Tenant) -> String {
    partition(tenant, "IA")
}

/// Agent group: `T#t#IA` / `<id>`.
pub(crate) fn agent(tenant: &Tenant, id: AgentGroupId) -> Key {
    Key::new(tenant, "IA", id.to_string())
}

/// Sort key of the item that names the default agents.
pub(crate) const DEFAULT_AGENTS: &str = "DEFAULTS";

/// Default agents: `T#t#IA` / `DEFAULTS`.
pub(crate) fn default_agents(tenant: &Tenant) -> Key {
    Key::new(tenant, "IA", DEFAULT_AGENTS)
}

/// Partition of an agent group's versions: `T#t#IA#<group>`.
pub(crate) fn agent_versions(tenant: &Tenant, group: AgentGroupId) -> String {
    partition(tenant, &format!("IA#{group}"))
}

/// Version of an agent group: `T#t#IA#<group>` / `<version, ten digits>`.
pub(crate) fn agent_version(tenant: &Tenant, group: AgentGroupId, version: u32) -> Key {
    Key { pk: agent_versions(tenant, group), sk: format!("{version:010}") }
}

/// Partition of a tenant's variables: `T#t#IX`.
pub(crate) fn variables(tenant: &Tenant) -> String {
    partition(tenant, "IX")
}

/// Variable: `T#t#IX` / `<id>`, which follows from its name.
pub(crate) fn variable(tenant: &Tenant, id: &VariableId) -> Key {
    Key::new(tenant, "IX", id.as_str())
}

/// Partition key of an expert's link in table `auth`: `X#<hash>`. No API key has one that begins so.
pub(crate) fn expert_link(hash: &TokenHash) -> String {
    format!("X#{}", hash.0)
}

/// Partition key in table `auth`: the token's hash.
pub(crate) fn auth(hash: &TokenHash) -> String {
    hash.0.clone()
}

/// Partition of an owner's webhook endpoints: `T#t#W#<owner>`.
pub(crate) fn webhooks(tenant: &Tenant, owner: &Owner) -> String {
    partition(tenant, &format!("W#{}", owner.as_str()))
}

/// Begins the sort keys of webhook endpoints.
pub(crate) const ENDPOINT: &str = "E#";

/// Webhook endpoint: `T#t#W#<owner>` / `E#<endpoint>`.
pub(crate) fn endpoint(tenant: &Tenant, owner: &Owner, id: EndpointId) -> Key {
    Key { pk: webhooks(tenant, owner), sk: format!("{ENDPOINT}{id}") }
}

/// The secret that signs what interviews' endpoints are told: `T#t#W#tenant` / `SECRET`.
pub(crate) fn notification_secret(tenant: &Tenant) -> Key {
    Key { pk: webhooks(tenant, &Owner::Tenant), sk: "SECRET".to_owned() }
}

/// Delivery: `T#t#X#<message>` / `<endpoint>`: a message's deliveries beside one another, the messages spread.
pub(crate) fn delivery(tenant: &Tenant, id: &DeliveryId) -> Key {
    Key::new(tenant, &format!("X#{}", id.message), id.endpoint.to_string())
}

/// The id in a delivery's key.
pub(crate) fn delivery_id(tenant: &Tenant, pk: &str, sk: &str) -> Option<DeliveryId> {
    let message = pk.strip_prefix(&partition(tenant, "X#"))?;
    Some(DeliveryId { message: MessageId::parse(message)?, endpoint: EndpointId::parse(sk)? })
}

/// Index partition of a tenant's deliveries: `T#t#XF` for those that failed, `T#t#X` for the others. Most are delivered at the first
/// attempt, so their index entry is written once and never moved.
pub(crate) fn delivery_index(tenant: &Tenant, failed: bool) -> String {
    partition(tenant, if failed { "XF" } else { "X" })
}

/// Sort keys in the index of what was made from `from` on and stands after `before` (`sort_text` of a [`DeliveryKey`], or any text).
pub(crate) fn delivery_span(from: Timestamp, before: &str) -> (String, String) {
    let first = time(from);
    // An empty span would be an error.
    let last = if before > first.as_str() { before.to_owned() } else { first.clone() };
    (first, last)
}

/// What a delivery's index key says of it: `<created>#<message>.<endpoint>`. Newer is greater.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryKey {
    /// When it was made, to the microsecond.
    pub created_at: Timestamp,
    /// Its id.
    pub id: DeliveryId,
}

impl DeliveryKey {
    /// The key of a delivery.
    pub fn of(delivery: &domain::webhooks::Delivery) -> Self {
        Self { created_at: delivery.created_at, id: delivery.id.clone() }
    }

    /// The key as text, whose order is that of the list, reversed.
    pub fn sort_text(&self) -> String {
        format!("{}#{}", time(self.created_at), self.id)
    }

    /// A text before which everything made before `at` stands in the order of text.
    pub fn until(at: Timestamp) -> String {
        time(at)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (created_at, id) = text.split_once('#')?;
        Some(Self { created_at: created_at.parse().ok()?, id: DeliveryId::parse(id)? })
    }
}

/// Limiter: `T#t#R#<class>` / `R`.
pub(crate) fn limiter(tenant: &Tenant, class: RateClass) -> Key {
    let class = match class {
        RateClass::Ingest => "ingest",
        RateClass::Read => "read",
    };
    Key::new(tenant, &format!("R#{class}"), "R")
}

/// Idempotency record: `T#t#I#<sha256(scope, key)>` / `I`.
pub(crate) fn idempotency(tenant: &Tenant, scope: &str, key: &str) -> Key {
    Key::new(tenant, &format!("I#{}", URL_SAFE_NO_PAD.encode(hash(&[scope, key]))), "I")
}

/// The UTC day that a time falls on: the day under which a conversation's facts are kept.
pub fn day_of(at: Timestamp) -> Date {
    Offset::UTC.to_datetime(at).date()
}

/// A day inside a set of days: `yyyymmdd`.
pub(crate) fn day(day: Date) -> String {
    format!("{:04}{:02}{:02}", day.year(), day.month(), day.day())
}

pub(crate) fn parse_day(text: &str) -> Option<Date> {
    let ok = text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit());
    if !ok {
        return None;
    }
    Date::new(text.get(..4)?.parse().ok()?, text.get(4..6)?.parse().ok()?, text.get(6..)?.parse().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::TenantName;
    use proptest::prelude::*;

    #[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
    fn demo() -> Tenant {
        Tenant::trusted(TenantName::parse("demo").unwrap())
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn keys_read_as_documented() {
        let demo = demo();
        let ulid = Ulid::from_parts(1_764_000_000_000, 7);
        let print = |key: Key| format!("{} / {}", key.pk, key.sk);
        assert_eq!(print(conversation(&demo, "a#b/ü")), "T#demo#C#a#b/ü / A");
        assert_eq!(conversation_id(&demo, "T#demo#C#a#b/ü"), Some("a#b/ü"));
        assert_eq!(conversation_id(&demo, "T#demo2#C#a"), None);
        assert_eq!(
            print(block(&demo, day_of(at("2026-06-03T23:59:59Z")), ulid, 4)),
            format!("T#demo#B#202606 / 03#{ulid}#004")
        );
        assert_eq!(print(months(&demo)), "T#demo#M / MONTHS");
        assert_eq!(print(batch(&demo, BatchId::new(ulid))), format!("T#demo#J#bat_{ulid} / J"));
        assert_eq!(print(limiter(&demo, RateClass::Ingest)), "T#demo#R#ingest / R");
        assert_eq!(print(limiter(&demo, RateClass::Read)), "T#demo#R#read / R");
        assert_eq!(print(tenant(&demo)), "T#demo#S / TENANT");
        let (secret, erasure) = (ContactKey::new([1; 32]), ErasureId::new(ulid));
        let (ann, of_visit) = (secret.contact("ann").0, secret.contact("visit").0);
        assert_eq!(print(visit(&demo, &secret, Some("visit"), "ann")), format!("T#demo#E#{of_visit} / {ann}"));
        assert_eq!(print(visit(&demo, &secret, None, "ann")), format!("T#demo#E#-{ann} / {ann}"));
        assert_eq!(print(erased(&demo, &secret.contact("ann"))), format!("T#demo#H#{ann} / ERASED"));
        assert_eq!(print(super::erasure(&demo, erasure)), format!("T#demo#Z#ers_{ulid} / Z"));
        let block = print(support_block(&demo, day_of(at("2026-12-31T23:59:59Z")), &["a"], 0));
        assert!(block.starts_with("T#demo#D#202612 / 31#") && block.ends_with("#000"), "{block}");
        assert_eq!(Month::parse("202612").unwrap().next().to_string(), "202701");
        assert_eq!(ContactDigest::parse(&ann), Some(secret.contact("ann")));
        assert_eq!(secret.contact("ann").person(), secret.person("ann"));
        assert_eq!((matters(&demo).as_str(), matter_page(41).as_str()), ("T#demo#G", "P#000000000041"));
        assert!(matter_page(u64::MAX).as_str() < MATTER_FLOOR);
        assert_eq!((insights(&demo).as_str(), insight_state(7).as_str()), ("T#demo#N", "S#0000000007"));
        assert_eq!(InsightKey::parse(&insight_state(7)), Some(InsightKey::State(7)));
        assert_eq!(InsightKey::parse(&insight_merge(8)), Some(InsightKey::Merge(8)));
        assert_eq!(InsightKey::parse("X#1"), None);
        assert_eq!(tenant_name(&tenant(&demo).pk), TenantName::parse("demo"));
        let id = AuditId::new(ulid);
        assert_eq!(print(audit(&demo, id)), format!("T#demo#V / aud_{ulid}"));
        assert_eq!(print(audit_request(&demo, id)), format!("T#demo#V#aud_{ulid} / Q"));
        assert_eq!(contact_index_sort(at("2026-06-03T10:00:00+02:00")), "2026-06-03T08:00:00.000000Z");
    }

    #[test]
    fn keys_of_interviews_read_as_documented() {
        let demo = demo();
        let ulid = Ulid::from_parts(1_764_000_000_000, 7);
        let print = |key: Key| format!("{} / {}", key.pk, key.sk);
        let (id, of, group) = (InterviewId::new(ulid), SessionId::new(ulid), AgentGroupId::new(ulid));
        assert_eq!(print(interview(&demo, id)), format!("T#demo#IV / {id}"));
        assert_eq!(print(session(&demo, id, of)), format!("T#demo#IV#{id} / S#{of}"));
        let turn = print(turn(&demo, id, of, "a#b"));
        assert!(turn.starts_with(&format!("T#demo#IV#{id} / X#{of}#")) && !turn.contains("a#b"), "{turn}");
        assert_eq!(print(interview_link(&demo, id)), format!("T#demo#IV#{id} / L"));
        assert_eq!(print(agent_version(&demo, group, 12)), format!("T#demo#IA#{group} / 0000000012"));
        let variable = print(variable(&demo, &VariableId::of("company")));
        assert_eq!(variable, format!("T#demo#IX / {}", VariableId::of("company").as_str()));
        // Base64url has no `#`: no API key's hash can begin like a link's.
        assert!(expert_link(&TokenHash("h".into())).starts_with("X#"));
    }

    #[test]
    fn idempotency_parts_cannot_run_into_each_other() {
        assert_ne!(idempotency(&demo(), "POST /a", "b"), idempotency(&demo(), "POST /", "ab"));
    }

    #[test]
    fn a_contact_hash_depends_on_the_tenants_secret_and_never_shows_it() {
        let (one, two) = (ContactKey::new([1; 32]), ContactKey::new([2; 32]));
        assert_ne!(contact_index(&demo(), &one.contact("ann")), contact_index(&demo(), &two.contact("ann")));
        assert!(!contact_index(&demo(), &one.contact("ann")).contains("ann"));
        assert_eq!(format!("{one:?}"), "ContactKey(…)");
    }

    fn task_key(state: TaskState, priority: TaskPriority, owner: &str) -> TaskKey {
        TaskKey {
            state,
            priority,
            due_at: None,
            kind: TaskKind::ChurnRisk,
            owner: owner_token(owner),
            created_at: at("2026-06-03T10:00:00Z"),
            id: TaskId::of("c", TaskKind::ChurnRisk),
        }
    }

    #[test]
    fn open_and_urgent_tasks_come_first() {
        let open = task_key(TaskState::Reopened, TaskPriority::Low, "ann").print();
        let done = task_key(TaskState::Done, TaskPriority::Urgent, "ann").print();
        let urgent = task_key(TaskState::Open, TaskPriority::Urgent, "ann").print();
        assert!(urgent < open && open < done);
        let due =
            TaskKey { due_at: Some(at("2026-06-04T00:00:00Z")), ..task_key(TaskState::Open, TaskPriority::Low, "") };
        assert!(due.print() < TaskKey { due_at: None, ..due.clone() }.print());
    }

    proptest! {
        #[test]
        fn task_keys_round_trip_whatever_the_owner(
            owner in "\\PC{0,300}", state in 0_usize..5, priority in 0_usize..4, due in proptest::option::of(0_i64..4_000_000_000),
        ) {
            let mut key = task_key(TaskState::ALL[state], TaskPriority::ALL[priority], &owner);
            key.due_at = due.map(|due| Timestamp::from_second(due).unwrap());
            let text = key.print();
            prop_assert!(text.len() <= 1024);
            let back = TaskKey::parse(&text).unwrap();
            prop_assert!(back.is_owned_by(&owner) || owner.is_empty());
            prop_assert_eq!(back, key);
        }

        #[test]
        fn nothing_makes_a_parser_panic(text in "\\PC*") {
            let _ = (TaskKey::parse(&text), Month::parse(&text), parse_day(&text), conversation_id(&demo(), &text), tenant_name(&text));
        }

        #[test]
        fn days_round_trip(second in 946_684_800_i64..4_000_000_000) {
            let date = day_of(Timestamp::from_second(second).unwrap());
            prop_assert_eq!(parse_day(&day(date)), Some(date));
            prop_assert_eq!(Month::parse(&Month::of(date).to_string()), Some(Month::of(date)));
        }
    }
}
