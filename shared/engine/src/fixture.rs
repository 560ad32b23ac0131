//! Conversations for tests.

use domain::conversation::{Author, AuthorType, ContentType, Conversation, Message};
use jiff::Timestamp;

/// So many minutes after 2026-03-10T10:00Z, a Tuesday.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_773_136_800 + minutes * 60).unwrap()
}

/// Messages as (speaker, minute, text): `c` customer, `a` agent, `b` bot, `s` system, `n` private note, `x` autoresponder;
/// `a2` is another agent.
pub(crate) fn conversation(messages: &[(&str, i64, &str)]) -> Conversation {
    let messages = messages.iter().enumerate().map(|(index, (who, minute, body))| {
        let author_type = match who.chars().next() {
            Some('c') => AuthorType::Customer,
            Some('b') => AuthorType::Bot,
            Some('s') => AuthorType::System,
            _ => AuthorType::Agent,
        };
        Message {
            id: format!("m{index}"),
            created_at: at(*minute),
            author_type,
            author: Some(Author { id: Some((*who).to_owned()), name: None, email: None }),
            body: (*body).to_owned(),
            content_type: ContentType::Text,
            private: who.starts_with('n'),
            auto_reply: who.starts_with('x'),
            attachments: Vec::new(),
        }
    });
    Conversation {
        id: "c1".to_owned(),
        created_at: at(0),
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
