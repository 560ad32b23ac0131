//! A conversation as an audit reads it: who said which of the rubric's cues where.

use std::collections::BTreeSet;

use domain::analysis::Span;
use domain::audits::rubric::{Cue, Role};
use domain::conversation::{AuthorType, Contact, ContentType, Conversation};
use domain::redaction::{PersonalData, Redactor};
use language::Reduced;

use crate::phrase::Phrases;

/// Sentences longer than this, in bytes, are quoted by the telling words alone.
const LONG_QUOTE: usize = 280;

/// A message to the customer or from them.
pub(crate) struct Spoken {
    /// Its place in the conversation.
    pub(crate) message: u32,
    pub(crate) author: AuthorType,
    reduced: Reduced,
}

/// A cue at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hit {
    /// The words themselves.
    pub(crate) span: Span,
    pub(crate) cue: usize,
    /// Their sentence, or they alone where it is long: what is quoted.
    pub(crate) shown: Span,
    /// The sentence asks, or supposes ("if", "once", "unless") before them.
    pub(crate) unsure: bool,
    /// Personal data that the customer had given before, or that the contact's record names.
    pub(crate) repeated: bool,
    pub(crate) is_data: bool,
}

/// What was read.
pub(crate) struct Reading {
    pub(crate) spoken: Vec<Spoken>,
    /// In order of the conversation.
    pub(crate) hits: Vec<Hit>,
}

pub(crate) fn speaks(role: Role, author: AuthorType) -> bool {
    match role {
        Role::Customer => author == AuthorType::Customer,
        Role::Agent => author == AuthorType::Agent,
        Role::Bot => author == AuthorType::Bot,
        Role::Team => matches!(author, AuthorType::Agent | AuthorType::Bot),
        Role::Anyone => author != AuthorType::System,
    }
}

impl Reading {
    pub(crate) fn of(conversation: &Conversation, cues: &[Cue], phrases: &Phrases, redactor: &Redactor) -> Self {
        let wanted: BTreeSet<PersonalData> = cues.iter().flat_map(|cue| cue.data.iter().copied()).collect();
        let mut given = record(conversation.contact.as_ref());
        let (mut spoken, mut hits) = (Vec::new(), Vec::new());
        for (index, message) in conversation.messages.iter().enumerate() {
            if message.private || message.author_type == AuthorType::System {
                continue;
            }
            let content_type = match message.content_type {
                ContentType::Text => language::ContentType::Text,
                ContentType::Html => language::ContentType::Html,
            };
            let reduced = language::reduce(&message.body, content_type);
            if message.auto_reply || reduced.is_auto_reply() {
                continue;
            }
            let one =
                Spoken { message: u32::try_from(index).unwrap_or(u32::MAX), author: message.author_type, reduced };
            one.phrases(cues, phrases, &mut hits);
            if !wanted.is_empty() {
                one.data(cues, redactor, &mut given, &mut hits);
            }
            spoken.push(one);
        }
        hits.sort_unstable();
        hits.dedup();
        Self { spoken, hits }
    }

    pub(crate) fn by(&self, role: Role) -> impl Iterator<Item = &Spoken> {
        self.spoken.iter().filter(move |one| speaks(role, one.author))
    }

    pub(crate) fn hits_of(&self, cue: usize) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| hit.cue == cue)
    }

    /// The first sentence of a message.
    pub(crate) fn opening(&self, message: u32) -> Option<Span> {
        let one = self.spoken.iter().find(|one| one.message == message)?;
        let sentence = language::sentences(one.reduced.text()).into_iter().next()?;
        one.span(sentence)
    }
}

impl Spoken {
    fn span(&self, bytes: std::ops::Range<usize>) -> Option<Span> {
        let raw = self.reduced.raw_span(bytes)?;
        let (start, end) = (u32::try_from(raw.start).ok()?, u32::try_from(raw.end).ok()?);
        Some(Span { message: self.message, start, end })
    }

    fn phrases(&self, cues: &[Cue], phrases: &Phrases, hits: &mut Vec<Hit>) {
        let text = self.reduced.text();
        for sentence in language::sentences(text) {
            let Some(words) = text.get(sentence.clone()) else { continue };
            let whole = self.span(sentence.clone()).filter(|_| sentence.len() <= LONG_QUOTE);
            phrases.find(words, |found| {
                let heard = cues.get(found.cue).is_some_and(|cue| speaks(cue.by, self.author));
                let span = self.span(sentence.start + found.start..sentence.start + found.end);
                if let Some(span) = span.filter(|_| heard) {
                    let unsure =
                        words.trim_end().ends_with('?') || supposes(words.get(..found.start).unwrap_or_default());
                    let shown = whole.unwrap_or(span);
                    hits.push(Hit { span, cue: found.cue, shown, unsure, repeated: false, is_data: false });
                }
            });
        }
    }

    fn data(&self, cues: &[Cue], redactor: &Redactor, given: &mut BTreeSet<String>, hits: &mut Vec<Hit>) {
        let text = self.reduced.text();
        let found = redactor.find(text);
        if found.is_empty() {
            return;
        }
        // Scalars to bytes, once.
        let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        for one in found {
            let (Some(start), Some(end)) = (bytes.get(one.start), bytes.get(one.end)) else { continue };
            let value = plain(text.get(*start..*end).unwrap_or_default());
            for (index, cue) in cues.iter().enumerate() {
                if cue.data.contains(&one.kind)
                    && speaks(cue.by, self.author)
                    && let Some(span) = self.span(*start..*end)
                {
                    let repeated = given.contains(&value);
                    hits.push(Hit { span, cue: index, shown: span, unsure: false, repeated, is_data: true });
                }
            }
            if self.author == AuthorType::Customer {
                given.insert(value);
            }
        }
    }
}

/// Whether the words before a hit make a supposition of it.
fn supposes(before: &str) -> bool {
    let mut words = before.split(|c: char| !c.is_alphanumeric() && c != '\'');
    words.any(|word| ["if", "once", "unless", "when", "whether"].contains(&word.to_lowercase().as_str()))
}

/// Letters and digits alone: the same datum however it is spaced.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// What the contact's record says of the person.
fn record(contact: Option<&Contact>) -> BTreeSet<String> {
    let values = contact.into_iter().flat_map(|contact| [&contact.email, &contact.phone]).flatten();
    values.map(|value| plain(value)).filter(|value| value.len() >= 5).collect()
}
