//! A conversation as it is read: who speaks, the new text of each message, its sentences, words and what the rules find.

use domain::analysis::Span;
use domain::conversation::{AuthorType, ContentType, Conversation};
use language::Reduced;

use crate::rules::{Cue, Hit, Rules};
use crate::words::{self, Word};

/// Who speaks, as the metrics see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// The customer.
    Customer,
    /// A person of the support team, to the customer.
    Human,
    /// A chatbot, to the customer.
    Bot,
    /// An autoresponder of either side: never a reply, never a question.
    Automatic,
    /// A private note.
    Note,
    /// A notice of the system.
    System,
}

impl Voice {
    /// A reply to the customer.
    pub(crate) fn answers(self) -> bool {
        matches!(self, Self::Human | Self::Bot)
    }

    /// The customer, or a reply to the customer.
    pub(crate) fn speaks(self) -> bool {
        self == Self::Customer || self.answers()
    }
}

/// A message as it is read.
#[derive(Debug)]
pub(crate) struct Read {
    pub(crate) voice: Voice,
    pub(crate) reduced: Reduced,
    /// Its sentences in [`Reading::sentences`].
    pub(crate) sentences: std::ops::Range<usize>,
    /// Words of new text, marks not counted.
    pub(crate) words: usize,
}

impl Read {
    pub(crate) fn text(&self) -> &str {
        self.reduced.text()
    }
}

/// A sentence of a message.
#[derive(Clone, Debug)]
pub(crate) struct Sentence {
    /// Index of the message.
    pub(crate) message: usize,
    pub(crate) voice: Voice,
    /// Bytes of the message's new text.
    pub(crate) bytes: std::ops::Range<usize>,
    /// Its words in [`Reading::words`].
    pub(crate) words: std::ops::Range<usize>,
    /// Its hits in [`Reading::hits`].
    pub(crate) hits: std::ops::Range<usize>,
    /// It ends in a question mark.
    pub(crate) asks: bool,
}

/// A conversation as it is read. Every message is read once, its quoted text never.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) messages: Vec<Read>,
    pub(crate) sentences: Vec<Sentence>,
    pub(crate) words: Vec<Word>,
    pub(crate) hits: Vec<Hit>,
}

/// Sentences longer than this are shown by their telling words alone.
const LONG_QUOTE: usize = 280;

impl Reading {
    /// Reads every message once.
    pub(crate) fn of(conversation: &Conversation, rules: &Rules) -> Self {
        let mut reading = Self {
            messages: Vec::with_capacity(conversation.messages.len()),
            sentences: Vec::with_capacity(conversation.messages.len() * 3),
            words: Vec::with_capacity(conversation.messages.len() * 32),
            hits: Vec::with_capacity(conversation.messages.len() * 16),
        };
        for (index, message) in conversation.messages.iter().enumerate() {
            let content_type = match message.content_type {
                ContentType::Text => language::ContentType::Text,
                ContentType::Html => language::ContentType::Html,
            };
            let reduced = language::reduce(&message.body, content_type);
            let automatic = message.auto_reply || reduced.is_auto_reply();
            let voice = match message.author_type {
                AuthorType::System => Voice::System,
                _ if message.private => Voice::Note,
                _ if automatic => Voice::Automatic,
                AuthorType::Customer => Voice::Customer,
                AuthorType::Agent => Voice::Human,
                AuthorType::Bot => Voice::Bot,
            };
            let read = Read { voice, reduced, sentences: 0..0, words: 0 };
            reading.add(index, read, rules);
        }
        reading
    }

    fn add(&mut self, index: usize, mut read: Read, rules: &Rules) {
        let first_sentence = self.sentences.len();
        if read.voice.speaks() {
            let text = read.reduced.text();
            for bytes in language::sentences(text) {
                let first_word = self.words.len();
                rules.vocabulary.read(text, bytes.start, bytes.end, &mut self.words);
                let row = self.words.get(first_word..).unwrap_or(&[]);
                read.words += row.iter().filter(|word| !words::is_mark(word.id)).count();
                let asks = row.iter().rev().take(3).any(|word| word.id == words::QUESTION);
                let first_hit = self.hits.len();
                rules.find(&self.words, first_word, self.sentences.len(), &mut self.hits);
                self.sentences.push(Sentence {
                    message: index,
                    voice: read.voice,
                    bytes,
                    words: first_word..self.words.len(),
                    hits: first_hit..self.hits.len(),
                    asks,
                });
            }
        }
        read.sentences = first_sentence..self.sentences.len();
        self.messages.push(read);
    }

    /// Messages of one kind of speaker, with their indexes.
    pub(crate) fn spoken(&self, by: impl Fn(Voice) -> bool) -> impl Iterator<Item = (usize, &Read)> {
        self.messages.iter().enumerate().filter(move |(_, read)| by(read.voice))
    }

    /// The customer's messages.
    pub(crate) fn by_customer(&self) -> impl Iterator<Item = (usize, &Read)> {
        self.spoken(|voice| voice == Voice::Customer)
    }

    /// The sentences of a message.
    pub(crate) fn sentences_of(&self, message: usize) -> &[Sentence] {
        self.messages.get(message).and_then(|read| self.sentences.get(read.sentences.clone())).unwrap_or(&[])
    }

    /// The sentence that a hit stands in.
    pub(crate) fn sentence_of(&self, hit: &Hit) -> Option<&Sentence> {
        self.sentences.get(hit.sentence)
    }

    /// The hits of a sentence.
    pub(crate) fn hits_of(&self, sentence: &Sentence) -> &[Hit] {
        self.hits.get(sentence.hits.clone()).unwrap_or(&[])
    }

    /// The words of a sentence.
    pub(crate) fn words_of(&self, sentence: &Sentence) -> &[Word] {
        self.words.get(sentence.words.clone()).unwrap_or(&[])
    }

    /// What the customer means as one of these cues.
    pub(crate) fn customer_means<'a>(&'a self, cues: &'a [Cue]) -> impl Iterator<Item = &'a Hit> {
        self.meant(cues, |voice| voice == Voice::Customer)
    }

    /// What agents and bots mean as one of these cues.
    pub(crate) fn replies_mean<'a>(&'a self, cues: &'a [Cue]) -> impl Iterator<Item = &'a Hit> {
        self.meant(cues, Voice::answers)
    }

    fn meant<'a>(&'a self, cues: &'a [Cue], by: impl Fn(Voice) -> bool + 'a) -> impl Iterator<Item = &'a Hit> {
        self.hits.iter().filter(move |hit| {
            cues.contains(&hit.cue)
                && hit.is_meant()
                && self.sentence_of(hit).is_some_and(|sentence| by(sentence.voice))
        })
    }

    /// The text of a sentence.
    pub(crate) fn text_of(&self, sentence: &Sentence) -> &str {
        self.messages.get(sentence.message).and_then(|read| read.text().get(sentence.bytes.clone())).unwrap_or("")
    }

    /// The span of a sentence in the stored body.
    pub(crate) fn span(&self, sentence: &Sentence) -> Option<Span> {
        self.bytes_span(sentence.message, sentence.bytes.clone())
    }

    /// The span of a whole message's new text.
    pub(crate) fn message_span(&self, message: usize) -> Option<Span> {
        let length = self.messages.get(message)?.text().len();
        self.bytes_span(message, 0..length)
    }

    /// The span of a hit: its sentence, or its words when the sentence is long.
    pub(crate) fn hit_span(&self, hit: &Hit) -> Option<Span> {
        let sentence = self.sentence_of(hit)?;
        if sentence.bytes.len() <= LONG_QUOTE {
            return self.span(sentence);
        }
        let start = self.words.get(hit.first)?.start;
        let end = self.words.get(hit.last.checked_sub(1)?)?.end.max(start);
        self.bytes_span(sentence.message, usize::try_from(start).ok()?..usize::try_from(end).ok()?)
    }

    /// The span of bytes of a message's new text.
    pub(crate) fn bytes_span(&self, message: usize, bytes: std::ops::Range<usize>) -> Option<Span> {
        let raw = self.messages.get(message)?.reduced.raw_span(bytes)?;
        Some(Span { message: words::small(message), start: words::small(raw.start), end: words::small(raw.end) })
    }

    /// Spans of hits: at most `most`, each once, in order of the conversation.
    pub(crate) fn evidence<'a>(&self, hits: impl Iterator<Item = &'a Hit>, most: usize) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        for hit in hits {
            if let Some(span) = self.hit_span(hit)
                && !spans.contains(&span)
            {
                spans.push(span);
            }
            if spans.len() == most {
                break;
            }
        }
        spans.sort_unstable();
        spans
    }
}

/// Most spans of evidence on one label.
pub(crate) const EVIDENCE: usize = 3;
