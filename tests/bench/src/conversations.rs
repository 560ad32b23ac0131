//! Conversations to measure with: like real ones in length and shape, made up from a seed, the same on every run.

use domain::conversation::Conversation;
use domain::conversation::intake;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use crate::Result;

/// A generator of numbers (`SplitMix64`).
pub(crate) struct Seed(pub(crate) u64);

impl Seed {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number from 0 to `bound`, `bound` left out.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }

    fn pick<'a>(&mut self, words: &[&'a str]) -> &'a str {
        let index = usize::try_from(self.below(words.len() as u64)).unwrap_or(0);
        words.get(index).copied().unwrap_or_default()
    }

    /// A sentence: a template whose `%` are filled with a thing, `#` with a number, `@` with a name.
    fn sentence(&mut self, templates: &[&str]) -> String {
        let mut text = String::new();
        for letter in self.pick(templates).chars() {
            match letter {
                '%' => text.push_str(self.pick(THINGS)),
                '#' => text.push_str(&(1 + self.below(98_999)).to_string()),
                '@' => text.push_str(self.pick(NAMES)),
                other => text.push(other),
            }
        }
        text
    }
}

const THINGS: &[&str] = &[
    "my order",
    "the invoice",
    "the mobile app",
    "my subscription",
    "the router",
    "the blue jacket",
    "my booking",
    "the refund",
    "the export to CSV",
    "my password",
    "the delivery",
    "the premium plan",
    "two-factor login",
    "the webhook",
    "my account",
    "the dashboard",
    "the headphones",
    "the discount code",
    "the annual contract",
    "the API key",
    "the calendar sync",
    "the tracking page",
];
const NAMES: &[&str] =
    &["Ana", "Bo", "Chidi", "Dee", "Emi", "Fin", "Grace", "Hugo", "Ines", "Jonas", "Katarzyna", "Luca", "Mei", "Noor"];
const OPENINGS: &[&str] = &[
    "Hi, I have a problem with % since yesterday.",
    "Hello, % still has not arrived and the page shows nothing new.",
    "I was charged twice for %, the second time on the #th.",
    "Good morning, could you tell me how to change %?",
    "This is the third time I write about % and nobody answers!",
    "Is there a way to get % for a team of # people?",
    "% stopped working after the last update, error code #.",
    "I want to cancel % and get my money back.",
    "We are comparing you with another supplier and need a quote that includes %.",
];
const CUSTOMER: &[&str] = &[
    "The reference is #, in case that helps.",
    "I already tried to restart it and to log in again, with no luck.",
    "It worked fine before, so I do not understand what changed.",
    "We pay € # a year for this, which makes it hard to explain to my boss.",
    "Could you please check it today? We need it before the weekend.",
    "Honestly, I am quite disappointed with how long this takes.",
    "Thanks, that is a good hint, I will try it now.",
    "Yes, the address is Long Street #, second floor.",
    "It would be great if you could add an option to turn % off.",
    "No, that did not help: the same message appears with %.",
    "My colleague @ had the same issue with % last month.",
    "When I click on the link in the mail, it says that the page has expired.",
    "Perfect, that solved it. Thank you so much, @!",
    "Ok, I will wait until tomorrow then.",
];
const AGENT: &[&str] = &[
    "Hello, this is @ from support, thank you for writing to us.",
    "I am sorry for the trouble with %, let me look into it for you.",
    "Could you send me the number on the back and a screenshot of the message?",
    "I can see that % was blocked by a check on our side; I have released it now.",
    "The amount of $# will be back on your card within five working days.",
    "I have passed this on to our technical team under ticket #, they will answer by tomorrow.",
    "Please open the settings, choose \"Devices\", remove the old one and pair it again.",
    "As an apology I have added a voucher of # points to your account.",
    "Does it work when you use another browser or the mobile network?",
    "The new plan includes % as well, and you would save about #% a month.",
    "You are very welcome! Is there anything else that I can do for you?",
    "Unfortunately we cannot change % once it has been shipped.",
];
const SUBJECTS: &[&str] = &["Problem with %", "Question about %", "%: not working", "Refund for %", "Order # and %"];
const CHANNELS: &[&str] = &["email", "web", "whatsapp", "sms", "messenger"];

/// A conversation as a caller sends it, with so many messages.
pub(crate) fn pushed(seed: &mut Seed, id: &str, created_at: Timestamp, messages: u64) -> Value {
    let agent = seed.below(NAMES.len() as u64);
    let contact = seed.below(5_000);
    let channel = seed.pick(CHANNELS);
    let subject = seed.sentence(SUBJECTS);
    let mut at = created_at;
    let mut list = Vec::new();
    for number in 0..messages {
        let customer = number == 0 || (number % 2 == 0) != (seed.below(8) == 0);
        let mut body = match (number, customer) {
            (0, _) => seed.sentence(OPENINGS),
            (_, true) => seed.sentence(CUSTOMER),
            (_, false) => seed.sentence(AGENT),
        };
        for _ in 0..seed.below(3) {
            body.push(' ');
            body.push_str(&seed.sentence(if customer { CUSTOMER } else { AGENT }));
        }
        let author = if customer {
            json!({ "id": format!("contact-{contact}") })
        } else {
            json!({ "id": format!("agent-{agent}"), "name": NAMES.get(usize::try_from(agent).unwrap_or(0)) })
        };
        list.push(json!({
            "id": format!("{id}-{number}"),
            "created_at": at.to_string(),
            "author_type": if customer { "customer" } else { "agent" },
            "author": author,
            "content_type": "text",
            "body": body,
        }));
        at += i64::try_from(30 + seed.below(900)).unwrap_or(60).seconds();
    }
    let closed = seed.below(3) > 0;
    let mut conversation = json!({
        "id": id,
        "created_at": created_at.to_string(),
        "status": if closed { "resolved" } else { "open" },
        "subject": subject,
        "priority": seed.pick(&["low", "medium", "high"]),
        "channel_type": channel,
        "channel_id": format!("{channel}-main"),
        "contact": { "id": format!("contact-{contact}") },
        "assignee": { "id": format!("agent-{agent}"), "name": NAMES.get(usize::try_from(agent).unwrap_or(0)) },
        "team": { "id": format!("team-{}", agent % 3), "name": format!("Team {}", agent % 3) },
        "custom": { "plan": seed.pick(&["free", "team", "enterprise"]) },
        "messages": list,
    });
    if closed && let Some(fields) = conversation.as_object_mut() {
        fields.insert("closed_at".to_owned(), json!(at.to_string()));
        if seed.below(3) == 0 {
            let rating = 1 + seed.below(5);
            fields.insert("csat".to_owned(), json!([{ "rating": rating, "responded_at": at.to_string() }]));
        }
    }
    conversation
}

/// A request's body.
pub(crate) fn request(conversations: &[Value]) -> Vec<u8> {
    json!({ "conversations": conversations }).to_string().into_bytes()
}

/// Live traffic: conversations in the order in which they began, of 4 to 9 messages, `per_day` a day, the newest an hour ago.
pub(crate) fn live(seed: &mut Seed, prefix: &str, count: u64, per_day: u64, now: Timestamp) -> Vec<Value> {
    let apart = i64::try_from(86_400 / per_day.max(1)).unwrap_or(1).max(1);
    let first = now - 5.hours() - (apart * i64::try_from(count).unwrap_or(0)).seconds();
    let at = |number: u64| first + (apart * i64::try_from(number).unwrap_or(0)).seconds();
    (0..count)
        .map(|number| {
            let messages = 4 + seed.below(6);
            pushed(seed, &format!("{prefix}-{number}"), at(number), messages)
        })
        .collect()
}

/// One conversation, read as ingest reads it.
pub(crate) fn read(conversation: &Value, now: Timestamp) -> Result<Conversation> {
    let mut intake = intake::read(&request(std::slice::from_ref(conversation)), now)?;
    let faults = || format!("a conversation was refused: {:?}", intake.rejected);
    intake.accepted.pop().ok_or_else(|| faults().into())
}
