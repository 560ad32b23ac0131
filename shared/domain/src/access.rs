//! Who may do what: tokens, abilities, and the tenant that only authentication can make.

use std::fmt;

use async_trait::async_trait;
use base64::Engine as _;
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::failure::Failure;
use crate::ids::{KeyId, TenantName};

/// A tenant on whose behalf something may be done. Store methods take it first. In an HTTP function the only way to get one is
/// [`Gate::key`] followed by [`KeyRecord::principal`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Tenant(TenantName);

impl Tenant {
    /// A tenant named by something that IAM alone lets speak: a queue message or a direct invoke. Banned by lint in HTTP functions.
    pub fn trusted(name: TenantName) -> Self {
        Self(name)
    }

    /// The tenant's name.
    pub fn name(&self) -> &TenantName {
        &self.0
    }

    /// The tenant's name as text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

macro_rules! abilities {
    ($($(#[$doc:meta])* $variant:ident => $name:literal),+ $(,)?) => {
        /// One thing that a key may allow. Default deny; `*` allows all.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Ability { $($(#[$doc])* $variant),+ }

        impl Ability {
            /// Every ability, in the order of the documentation.
            pub const ALL: &'static [Ability] = &[$(Ability::$variant),+];

            /// The name as written in a key's list.
            pub fn as_str(self) -> &'static str {
                match self { $(Ability::$variant => $name),+ }
            }
        }
    };
}

abilities! {
    /// Push conversations, follow batches, delete a conversation.
    ConversationIngestionCreate => "conversationIngestion-create",
    /// Push behaviour events.
    EventsCreate => "events-create",
    /// Read conversations and their analysis.
    ConversationsRead => "conversations-read",
    /// List tasks.
    TasksRead => "tasks-read",
    /// Change a task's state.
    TasksUpdate => "tasks-update",
    /// Read reports and insights.
    InsightsRead => "insights-read",
    /// Resolve, archive, reopen or assign an insight.
    InsightsUpdate => "insights-update",
    /// Read audits.
    AuditsRead => "audits-read",
    /// Read audits with quotes as they were written: personal data are not masked.
    AuditsReadFull => "audits-readFull",
    /// Start and delete audits.
    AuditsCreate => "audits-create",
    /// Read interviews.
    InterviewsRead => "interviews-read",
    /// Create, conduct and change interviews.
    InterviewsWrite => "interviews-write",
    /// Read interview agents.
    AgentsRead => "agents-read",
    /// Create and change interview agents.
    AgentsWrite => "agents-write",
    /// Read interview variables.
    VariablesRead => "variables-read",
    /// Create and change interview variables.
    VariablesWrite => "variables-write",
    /// Read visitor context.
    ContextRead => "context-read",
    /// Read webhook endpoints and deliveries.
    WebhooksRead => "webhooks-read",
    /// Create and change webhook endpoints, redeliver.
    WebhooksWrite => "webhooks-write",
    /// List API keys.
    ApiKeysRead => "apiKeys-read",
    /// Create, rename and revoke API keys.
    ApiKeysWrite => "apiKeys-write",
    /// Read the tenant's settings.
    SettingsRead => "settings-read",
    /// Change the tenant's settings.
    SettingsWrite => "settings-write",
    /// Erase a person, hand over a person's data.
    ErasureCreate => "erasure-create",
}

impl Ability {
    /// The ability of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|ability| ability.as_str() == name)
    }
}

/// What a key allows: everything, or a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Abilities {
    /// `*`
    All,
    /// Just these.
    Only(Vec<Ability>),
}

impl Abilities {
    /// Parses a key's list. An empty list is refused (`None` in the error position means so); unknown names are returned.
    pub fn parse(names: &[String]) -> Result<Self, Vec<String>> {
        if names.iter().any(|name| name == "*") {
            return Ok(Self::All);
        }
        let unknown: Vec<String> = names.iter().filter(|name| Ability::parse(name).is_none()).cloned().collect();
        if unknown.is_empty() {
            Ok(Self::Only(names.iter().filter_map(|name| Ability::parse(name)).collect()))
        } else {
            Err(unknown)
        }
    }

    /// The list as it is written.
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::All => vec!["*".to_owned()],
            Self::Only(list) => list.iter().map(|ability| ability.as_str().to_owned()).collect(),
        }
    }

    /// Whether the key allows this.
    pub fn allow(&self, ability: Ability) -> bool {
        match self {
            Self::All => true,
            Self::Only(list) => list.contains(&ability),
        }
    }
}

/// A secret API token: `hark_` + 30 base62 digits of randomness + 6 base62 digits of their CRC-32, so that a mistyped token is known
/// without asking the store. Never printed by `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const RANDOM_DIGITS: usize = 30;
const CHECK_DIGITS: usize = 6;

impl Token {
    /// A token from 30 random bytes. Each byte becomes a base62 digit by remainder; the slight bias (256 mod 62) leaves 178 of 178.6 bits.
    pub fn from_random(random: [u8; RANDOM_DIGITS]) -> Self {
        let digits: String = random.iter().map(|byte| base62_digit(usize::from(*byte) % 62)).collect();
        let check = check_digits(&digits);
        Self(format!("hark_{digits}{check}"))
    }

    /// Parses what a caller sent; `None` when it cannot be a token (wrong form or checksum).
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("hark_")?;
        if rest.len() != RANDOM_DIGITS + CHECK_DIGITS || !rest.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return None;
        }
        let (digits, check) = rest.split_at_checked(RANDOM_DIGITS)?;
        (check_digits(digits) == check).then(|| Self(text.to_owned()))
    }

    /// SHA-256 of the token, base64url without padding: the only form that is stored.
    pub fn hash(&self) -> TokenHash {
        TokenHash(base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Sha256::digest(self.0.as_bytes())))
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

fn base62_digit(value: usize) -> char {
    BASE62.get(value).copied().map_or('0', char::from)
}

fn check_digits(digits: &str) -> String {
    let mut rest = crc32fast::hash(digits.as_bytes());
    let mut check = [b'0'; CHECK_DIGITS];
    for slot in check.iter_mut().rev() {
        *slot = BASE62.get((rest % 62) as usize).copied().unwrap_or(b'0');
        rest /= 62;
    }
    check.iter().copied().map(char::from).collect()
}

/// SHA-256 of a token in base64url: safe to store and to compare.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TokenHash(pub String);

/// What is stored about a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyRecord {
    /// The key's public id.
    pub id: KeyId,
    /// Whose key it is.
    pub tenant: TenantName,
    /// What its owner calls it.
    pub name: String,
    /// What it allows.
    pub abilities: Abilities,
    /// First characters of the token, to recognise it in a list (`hark_Ab12…`).
    pub prefix: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working, if ever.
    pub expires_at: Option<Timestamp>,
    /// When it was revoked, if it was.
    pub revoked_at: Option<Timestamp>,
}

impl KeyRecord {
    /// The caller behind this key, unless it is revoked or expired at `now`.
    pub fn principal(self, now: Timestamp) -> Option<Principal> {
        let live = self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at);
        live.then_some(Principal {
            tenant: Tenant(self.tenant),
            key: self.id,
            key_name: self.name,
            abilities: self.abilities,
        })
    }
}

/// An authenticated caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    /// Whose data the caller may touch.
    pub tenant: Tenant,
    /// The key it came with.
    pub key: KeyId,
    /// What the key's owner calls it.
    pub key_name: String,
    /// What the key allows.
    pub abilities: Abilities,
}

/// Which of a tenant's two limits a request counts against.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RateClass {
    /// Pushing conversations: at most 20 requests in any 60 seconds.
    Ingest,
    /// Everything else: 600 a minute, GCRA with a burst of 100.
    Read,
}

/// A limiter's answer, with what the `RateLimit` headers need.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateDecision {
    /// Whether the request may go on.
    pub allowed: bool,
    /// Requests a window allows.
    pub limit: u32,
    /// Length of the window in seconds.
    pub window_seconds: u32,
    /// Requests still allowed now.
    pub remaining: u32,
    /// Milliseconds until a request would be allowed (0 when `allowed`).
    pub retry_after_ms: u64,
    /// Milliseconds until the whole quota is there again.
    pub reset_ms: u64,
}

/// What is known of an idempotency key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdempotencyState {
    /// Nobody used it: the caller holds it now and must finish or release it.
    Fresh,
    /// The same request was answered before: this is the answer.
    Replay(StoredAnswer),
    /// The same request is being worked on.
    InProgress,
    /// The key was used with another body.
    Mismatch,
}

/// An answer kept for replay.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredAnswer {
    /// HTTP status.
    pub status: u16,
    /// `Content-Type`.
    pub content_type: String,
    /// `Location`, if there was one.
    pub location: Option<String>,
    /// The body, at most [`MAX_STORED_ANSWER`] bytes.
    pub body: Vec<u8>,
}

/// Largest answer kept for replay, in bytes; larger ones are never made by a route that creates.
pub const MAX_STORED_ANSWER: usize = 300_000;

/// The one port: what the HTTP edge asks of the store before a handler runs. `store` implements it; `api` uses it; they meet in `main`.
#[async_trait]
pub trait Gate: Send + Sync {
    /// The key behind a token's hash. A strongly consistent read: a revoked key is refused on the very next request.
    async fn key(&self, hash: &TokenHash) -> Result<Option<KeyRecord>, Failure>;

    /// Counts one request against the tenant's limit of that class.
    async fn take(&self, tenant: &Tenant, class: RateClass, now: Timestamp) -> Result<RateDecision, Failure>;

    /// Takes or looks up an idempotency key; `scope` is method and path, `fingerprint` the hash of the body.
    async fn begin(
        &self,
        tenant: &Tenant,
        scope: &str,
        key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<IdempotencyState, Failure>;

    /// Keeps the answer for 24 hours (`Some`), or frees the key because the request did not succeed (`None`).
    async fn finish(
        &self,
        tenant: &Tenant,
        scope: &str,
        key: &str,
        answer: Option<&StoredAnswer>,
        now: Timestamp,
    ) -> Result<(), Failure>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_token_parses_and_any_changed_character_is_noticed(random: [u8; 30], at in 5_usize..41, to in 0_usize..62) {
            let token = Token::from_random(random);
            prop_assert_eq!(Token::parse(token.reveal()), Some(token.clone()));
            let mut changed: Vec<char> = token.reveal().chars().collect();
            let digit = base62_digit(to);
            if changed[at] != digit {
                changed[at] = digit;
                prop_assert_eq!(Token::parse(&changed.into_iter().collect::<String>()), None);
            }
        }

        #[test]
        fn nothing_makes_parse_panic(text in "\\PC*") {
            drop(Token::parse(&text));
        }
    }

    #[test]
    fn debug_never_shows_a_token() {
        let token = Token::from_random([7; 30]);
        assert!(!format!("{token:?}").contains(token.reveal().get(5..20).unwrap()));
    }

    #[test]
    fn a_key_is_refused_from_the_instant_it_expires_or_is_revoked() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let record = KeyRecord {
            id: KeyId::new(ulid::Ulid::from_parts(1, 1)),
            tenant: TenantName::parse("demo").unwrap(),
            name: "ci".into(),
            abilities: Abilities::All,
            prefix: "hark_ab".into(),
            created_at: at("2026-01-01T00:00:00Z"),
            expires_at: Some(at("2026-02-01T00:00:00Z")),
            revoked_at: None,
        };
        assert!(record.clone().principal(at("2026-01-31T23:59:59Z")).is_some());
        assert!(record.clone().principal(at("2026-02-01T00:00:00Z")).is_none());
        let revoked = KeyRecord { revoked_at: Some(at("2026-01-02T00:00:00Z")), ..record };
        assert!(revoked.principal(at("2026-01-01T00:00:00Z")).is_none());
    }

    #[test]
    fn abilities_are_default_deny() {
        let some = Abilities::parse(&["tasks-read".to_owned()]).unwrap();
        assert!(some.allow(Ability::TasksRead) && !some.allow(Ability::TasksUpdate));
        assert!(Abilities::parse(&["*".to_owned()]).unwrap().allow(Ability::ErasureCreate));
        assert_eq!(Abilities::parse(&["tasks-reed".to_owned()]), Err(vec!["tasks-reed".to_owned()]));
    }
}
