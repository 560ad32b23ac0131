//! Labelled dialogues as conversations: one message a minute, one customer, one agent.

use domain::conversation::{Author, AuthorType, ContentType, Conversation, Message};
use jiff::{SignedDuration, Timestamp};

/// A conversation of turns `(who, text)`; `who` is `customer` or anybody else.
pub fn conversation<'a>(id: &str, turns: impl Iterator<Item = (&'a str, &'a str)>) -> Conversation {
    let created_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 365 * 50);
    let messages = turns.enumerate().map(|(index, (who, text))| {
        let customer = who == "customer";
        let minutes = i64::try_from(index).unwrap_or(0);
        Message {
            id: index.to_string(),
            created_at: created_at + SignedDuration::from_mins(minutes),
            author_type: if customer { AuthorType::Customer } else { AuthorType::Agent },
            author: Some(Author {
                id: Some(if customer { "customer" } else { "agent" }.to_owned()),
                name: None,
                email: None,
            }),
            body: text.to_owned(),
            content_type: ContentType::Text,
            private: false,
            auto_reply: false,
            attachments: Vec::new(),
        }
    });
    Conversation {
        id: id.to_owned(),
        created_at,
        updated_at: None,
        closed_at: None,
        status: None,
        status_history: Vec::new(),
        subject: None,
        priority: None,
        channel_type: None,
        channel_id: None,
        language: None,
        contact: None,
        assignee: None,
        team: None,
        csat: Vec::new(),
        sla: None,
        tags: Vec::new(),
        custom: std::collections::BTreeMap::new(),
        messages: messages.collect(),
    }
}

/// A dialogue of `uss`: each customer turn rated 1–5 by three or more people, and the whole too.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Rated {
    /// Its id, unique within its corpus.
    pub id: String,
    /// Ratings of the whole.
    pub overall: Vec<f64>,
    /// Who, text, dialogue act, ratings.
    pub turns: Vec<(String, String, String, Option<Vec<f64>>)>,
    /// `train`, or anything else for what is scored.
    pub split: String,
}

/// The four corpora of `uss`.
pub const CORPORA: [&str; 4] = ["mwoz", "sgd", "redial", "ccpe"];

impl Rated {
    /// As a conversation.
    pub fn conversation(&self) -> Conversation {
        conversation(&self.id, self.turns.iter().map(|(who, text, _, _)| (who.as_str(), text.as_str())))
    }

    /// Mean rating of the whole.
    pub fn rating(&self) -> f64 {
        crate::scores::mean(&self.overall)
    }

    /// Mean rating of a turn.
    pub fn turn_rating(&self, index: usize) -> Option<f64> {
        let ratings = self.turns.get(index)?.3.as_ref()?;
        (!ratings.is_empty()).then(|| crate::scores::mean(ratings))
    }

    /// Whether the weights may be fitted on it. CCPE has no validation part of its own: its ids are cut by a hash of the text
    /// (FNV-1a 64 of the joined turns, mod 10: 0–5 are fitted on, the rest is scored).
    pub fn is_fitted(&self, corpus: &str) -> bool {
        if corpus == "ccpe" {
            let text = self.turns.iter().map(|turn| turn.1.as_str()).collect::<Vec<_>>().join("\n");
            return fnv(text.as_bytes()) % 10 < 6;
        }
        self.split == "train"
    }
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}

/// −1, 0 or 1: dissatisfied, neutral, satisfied, as USDA and ASAP cut the mean rating.
pub fn class(rating: f64) -> i8 {
    i8::from(rating > 3.0) - i8::from(rating < 3.0)
}
