//! Conversations written for measuring and showing; from nobody's data.

use std::collections::BTreeMap;

use domain::conversation::{Author, AuthorType, ContentType, Conversation, Message};
use jiff::{SignedDuration, Timestamp};

/// A conversation of lines `(speaker, minute, text)`; the speaker is `customer`, `bot` or the name of an agent.
pub fn conversation(id: &str, lines: &[(&str, i64, &str)]) -> Conversation {
    let created_at = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * 20_522 + 10);
    let messages = lines.iter().enumerate().map(|(index, (who, minute, body))| Message {
        id: format!("{id}-{index}"),
        created_at: created_at + SignedDuration::from_mins(*minute),
        author_type: match *who {
            "customer" => AuthorType::Customer,
            "bot" => AuthorType::Bot,
            _ => AuthorType::Agent,
        },
        author: Some(Author { id: Some((*who).to_owned()), name: None, email: None }),
        body: (*body).to_owned(),
        content_type: ContentType::Text,
        private: false,
        auto_reply: false,
        attachments: Vec::new(),
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
        custom: BTreeMap::new(),
        messages: messages.collect(),
    }
}

/// The usual case that speed is measured on: ten messages of ordinary length.
pub fn ten_messages() -> Conversation {
    conversation(
        "ten",
        &[
            (
                "customer",
                0,
                "Hello, the export of our monthly invoices has stopped working since the update on Tuesday. It shows an error after two minutes and no file arrives. This is the second time I report it.",
            ),
            (
                "dana",
                22,
                "Hi Priya, thank you for reaching out. I am sorry to hear the export fails after the update. Could you tell me which browser you use and how many invoices the month has?",
            ),
            (
                "customer",
                31,
                "Chrome 141, about 4,200 invoices. It worked fine in September, so I doubt it is the browser.",
            ),
            (
                "dana",
                45,
                "Understood. Please try the export with the new CSV option under Settings > Exports, it splits the file. You can also schedule it for the night, then the limit does not apply.",
            ),
            (
                "customer",
                58,
                "I tried the CSV option, same error again. Our auditors need the files by Friday and I can't close the month without them.",
            ),
            (
                "dana",
                66,
                "I understand how stressful that is with the audit on Friday. I have escalated this to our engineering team and will get back to you within two hours.",
            ),
            (
                "customer",
                240,
                "It has been three hours now and still no update. Honestly, if this is not fixed today we will look at other providers.",
            ),
            (
                "omar",
                251,
                "Hi Priya, Omar here, I lead the billing team. The engineers found the cause, a time-out on large months, and a fix is live now. Could you try once more, please?",
            ),
            (
                "customer",
                262,
                "Just tried it, the export works now and all files are there. Thank you for the quick fix!",
            ),
            (
                "omar",
                265,
                "Great to hear it works. I have added a month of credit to your account for the trouble. Have a good day!",
            ),
        ],
    )
}
