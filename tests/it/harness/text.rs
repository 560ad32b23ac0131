//! Conversations to push, written for these tests.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// A message: minutes after the conversation began, author type, body.
pub(crate) type Line<'a> = (i64, &'a str, &'a str);

/// Minutes after a time, as text.
pub(crate) fn later(time: &str, minutes: i64) -> String {
    let time: Timestamp = time.parse().unwrap();
    (time + SignedDuration::from_mins(minutes)).to_string()
}

/// A conversation of these lines; messages are `m0`, `m1`, … and agents are `ann`.
pub(crate) fn conversation(id: &str, created_at: &str, lines: &[Line<'_>]) -> Value {
    let messages: Vec<Value> = lines
        .iter()
        .enumerate()
        .map(|(index, (minutes, author, body))| {
            let mut message = json!({
                "id": format!("m{index}"), "created_at": later(created_at, *minutes), "author_type": author, "body": body,
            });
            match *author {
                "agent" => message["author"] = json!({"id": "ann", "name": "Ann Lee"}),
                "bot" => message["author"] = json!({"id": "robo", "name": "Robo"}),
                _ => {}
            }
            message
        })
        .collect();
    json!({"id": id, "created_at": later(created_at, 0), "messages": messages})
}

/// The same conversation with some of its fields replaced.
pub(crate) fn with(mut conversation: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        conversation[name] = value.clone();
    }
    conversation
}

/// Furious, about to leave, and without an answer to the last message.
pub(crate) fn leaving(id: &str, created_at: &str) -> Value {
    let lines = [
        (
            0,
            "customer",
            "You charged my card twice for the March invoice. This is the third time I write about it and I am furious.",
        ),
        (35, "agent", "I am sorry for the trouble. I will look into the two charges and come back to you today."),
        (
            1500,
            "customer",
            "It has been a whole day and nothing happened. This is unacceptable. I want to cancel my subscription and get my \
            money back, otherwise I will dispute the charge with my bank. We are moving to another provider.",
        ),
    ];
    conversation(id, created_at, &lines)
}

/// A question, answered; the customer is glad.
pub(crate) fn thankful(id: &str, created_at: &str) -> Value {
    let lines = [
        (0, "customer", "Hello, how can I change the address on my delivery? I moved last week."),
        (4, "agent", "Hi! Open Orders, choose the delivery and press Change address. It takes effect at once."),
        (9, "customer", "That worked perfectly, thank you so much! Great service, I am really happy with you."),
    ];
    with(conversation(id, created_at, &lines), json!({"status": "closed", "closed_at": later(created_at, 12)}))
}

/// Neither glad nor cross.
pub(crate) fn plain(id: &str, created_at: &str) -> Value {
    let lines = [
        (
            0,
            "customer",
            "Which of your plans includes exports as spreadsheets, and do exports contain archived projects?",
        ),
        (
            7,
            "agent",
            "The team plan includes exports. Archived projects are part of every export unless you leave them out.",
        ),
        (15, "customer", "Okay, I will look at the team plan then."),
    ];
    conversation(id, created_at, &lines)
}

/// Many people cannot work.
pub(crate) fn outage(id: &str, created_at: &str) -> Value {
    let lines = [
        (
            0,
            "customer",
            "Our whole company is locked out since this morning, nobody can log in and the checkout of our shop is down. \
            We are losing orders every minute.",
        ),
        (
            6,
            "agent",
            "We are aware of an outage in our login service and our engineers work on it. I will write as soon as it is fixed.",
        ),
        (50, "customer", "Still down. All 200 people here cannot work. When will this be fixed?"),
    ];
    conversation(id, created_at, &lines)
}
