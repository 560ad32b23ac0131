//! A conversation as it was pushed: parsed, bounded, its messages in order of time.

pub mod intake;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// One support conversation. Only [`intake`] makes it from a caller's bytes, so every bound stated there holds here.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Conversation {
    /// The caller's id, unique within the tenant; 1–256 characters.
    pub id: String,
    /// When the conversation began. It belongs to the period of this time in every report.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// The caller's version of the conversation: a later one replaces an earlier one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub updated_at: Option<Timestamp>,
    /// When it was closed last, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub closed_at: Option<Timestamp>,
    /// State in the caller's system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// States it went through, oldest first, where the caller knows them; what reopen counts rest on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub status_history: Vec<StatusChange>,
    /// Subject line; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Priority in the caller's system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<Priority>,
    /// Channel, such as `email`, `web`, `whatsapp`; 1–64 of `a-z 0-9 _ - .`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_type: Option<String>,
    /// Which channel of that type (a mailbox, a phone number).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_id: Option<String>,
    /// Language the caller believes it is in (BCP 47); the analysis detects its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// The customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// The agent it is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignee: Option<Named>,
    /// The team it is assigned to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<Named>,
    /// Customer satisfaction ratings, oldest first; a re-sent one does not count twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub csat: Vec<Csat>,
    /// Service-level targets of this conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<Sla>,
    /// The caller's own labels.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// The caller's own fields: name → string, number or boolean.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Scalar>,
    /// Messages in order of time, ties in the order in which they were sent.
    pub messages: Vec<Message>,
}

/// One message.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// The caller's id, unique within the conversation.
    pub id: String,
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Timestamp,
    /// Who wrote it.
    pub author_type: AuthorType,
    /// Who exactly.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<Author>,
    /// The text as it was sent; never changed. Evidence points into it.
    pub body: String,
    /// How to read the body.
    #[serde(default)]
    pub content_type: ContentType,
    /// An internal note that the customer never saw.
    #[serde(default, skip_serializing_if = "is_false")]
    pub private: bool,
    /// Sent by an autoresponder.
    #[serde(default, skip_serializing_if = "is_false")]
    pub auto_reply: bool,
    /// Files that came with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<Attachment>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that serde's skip_serializing_if asks for")]
fn is_false(value: &bool) -> bool {
    !value
}

// `$word` is a `tt`, not a `literal`: derive macros do not see into the invisible group around a `literal`.
macro_rules! words {
    ($(#[$outer:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident => $word:tt),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(
            Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
        )]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// Every value as written, in order.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The value as written.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value written so, if there is one.
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(crate) use words;

words! {
    /// State of a conversation in the caller's system; vendor spellings are kept.
    Status {
        /// Being worked on.
        Open => "open",
        /// Waiting for somebody.
        Pending => "pending",
        /// Answered to the customer's satisfaction.
        Resolved => "resolved",
        /// Closed, no word on the outcome.
        Closed => "closed",
        /// Closed with the matter resolved.
        ClosedResolved => "closed_resolved",
        /// Closed with the matter unresolved.
        ClosedUnresolved => "closed_unresolved",
    }
}

impl Status {
    /// Whether nobody is expected to act any more.
    pub fn is_closed(self) -> bool {
        !matches!(self, Self::Open | Self::Pending)
    }
}

words! {
    /// Priority in the caller's system.
    Priority {
        /// Can wait.
        Low => "low",
        /// Usual.
        Medium => "medium",
        /// Before others.
        High => "high",
        /// Now.
        Urgent => "urgent",
    }
}

words! {
    /// Who wrote a message.
    AuthorType {
        /// The customer.
        Customer => "customer",
        /// A person of the support team.
        Agent => "agent",
        /// A chatbot that answers on its own.
        Bot => "bot",
        /// The system (status changes, notices). Never counts as a reply.
        System => "system",
    }
}

/// How to read a body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ContentType {
    /// Plain text; never parsed as HTML.
    #[default]
    Text,
    /// HTML.
    Html,
}

/// The state a conversation took, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct StatusChange {
    /// The state that began.
    pub status: Status,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
}

/// The customer.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Contact {
    /// The caller's id of the person.
    pub id: String,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Phone number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// The company the person belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Named>,
    /// The caller's own fields.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub custom: BTreeMap<String, Scalar>,
}

/// Something with an id and perhaps a name: an agent, a team, an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Named {
    /// The caller's id.
    pub id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The author of a message.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Author {
    /// The caller's id; without it the message stays out of per-agent figures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// E-mail address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
}

/// One rating by the customer.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Csat {
    /// 1 (worst) to 5 (best).
    #[schema(minimum = 1, maximum = 5)]
    pub rating: u8,
    /// What the customer wrote with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub comment: Option<String>,
    /// When it was given.
    #[schema(value_type = String, format = DateTime)]
    pub responded_at: Timestamp,
}

/// Service-level targets of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Sla {
    /// The first human reply is due by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_response_due_at: Option<Timestamp>,
    /// The resolution is due by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub resolution_due_at: Option<Timestamp>,
}

/// A file that came with a message; Hark keeps the description, not the file.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attachment {
    /// File name.
    pub name: String,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// Size in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// Where the caller keeps it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// A value of a custom field.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number(f64),
    /// A text of at most 1,000 characters.
    Text(String),
}

impl Scalar {
    /// The value as a filter writes it.
    pub fn as_text(&self) -> String {
        match self {
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Text(value) => value.clone(),
        }
    }
}

impl Conversation {
    /// The caller's version, in microseconds since 1970: `updated_at`, else the newest of all times in the conversation.
    pub fn version(&self) -> i64 {
        let newest = || {
            let own = [Some(self.created_at), self.closed_at];
            own.into_iter().flatten().chain(self.messages.iter().map(|message| message.created_at)).max()
        };
        self.updated_at.or_else(newest).unwrap_or(self.created_at).as_microsecond()
    }
}

// Text, names and addresses must never reach a log: `Debug` says that something is there, not what.

impl fmt::Debug for Conversation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conversation").field("messages", &self.messages.len()).finish_non_exhaustive()
    }
}

macro_rules! redacted {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        })+
    };
}
redacted!(Message, Contact, Named, Author, Csat, Attachment, Scalar);
