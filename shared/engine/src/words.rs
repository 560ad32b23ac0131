//! A sentence as a row of numbered words, so that rules compare numbers instead of text.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A word of the rules, or one of the kinds of token below.
pub(crate) type WordId = u32;

/// A word that no rule names.
pub(crate) const UNKNOWN: WordId = 0;
/// A word with a digit in it that no rule names.
pub(crate) const NUMBER: WordId = 1;
/// A web address, or the `<LINK>` that stands for a removed one.
pub(crate) const LINK: WordId = 2;
/// A mark that parts clauses: comma, semicolon, colon, bracket, dash, line end.
pub(crate) const BREAK: WordId = 3;
/// A quotation mark.
pub(crate) const QUOTE: WordId = 4;
/// `?`
pub(crate) const QUESTION: WordId = 5;
/// `!`
pub(crate) const EXCLAMATION: WordId = 6;
/// `.` or `…`
pub(crate) const STOP: WordId = 7;
/// `$`, `€`, `£` and the like.
pub(crate) const CURRENCY: WordId = 8;
const FIRST_FREE: WordId = 9;

/// Whether the token is a mark and no word.
pub(crate) fn is_mark(id: WordId) -> bool {
    (BREAK..=STOP).contains(&id)
}

/// One token of a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) id: WordId,
    /// Bytes in the message's new text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Two letters or more, all capital.
    pub(crate) shouted: bool,
}

/// The words that rules know, each with its number.
#[derive(Debug, Default)]
pub(crate) struct Vocabulary {
    ids: HashMap<Box<str>, WordId, BuildHasherDefault<Fnv>>,
}

impl Vocabulary {
    /// The number of a word, given now if it had none.
    pub(crate) fn learn(&mut self, word: &str) -> WordId {
        let mut plain = String::new();
        normalise(word, &mut plain);
        let next = FIRST_FREE + u32::try_from(self.ids.len()).unwrap_or(u32::MAX - FIRST_FREE);
        *self.ids.entry(plain.into_boxed_str()).or_insert(next)
    }

    fn find(&self, plain: &str) -> Option<WordId> {
        self.ids.get(plain).copied()
    }

    /// Appends the tokens of `text[start..end]` to `words`.
    pub(crate) fn read(&self, text: &str, start: usize, end: usize, words: &mut Vec<Word>) {
        let Some(sentence) = text.get(start..end) else { return };
        let mut plain = String::with_capacity(24);
        let mut rest = sentence.char_indices().peekable();
        while let Some((at, first)) = rest.next() {
            if first.is_whitespace() {
                if first == '\n' {
                    words.push(mark(BREAK, start + at, 1));
                }
                continue;
            }
            if let Some(length) = link_at(sentence, at) {
                words.push(mark(LINK, start + at, length));
                while rest.next_if(|(next, _)| *next < at + length).is_some() {}
                continue;
            }
            if !is_letter(first) {
                if let Some(id) = mark_of(first) {
                    words.push(mark(id, start + at, first.len_utf8()));
                }
                continue;
            }
            let mut last = at + first.len_utf8();
            while let Some((next, letter)) = rest.peek().copied() {
                let joins =
                    is_letter(letter) || (is_joiner(letter) && follows_letter(sentence, next + letter.len_utf8()));
                if !joins {
                    break;
                }
                last = next + letter.len_utf8();
                rest.next();
            }
            let shown = sentence.get(at..last).unwrap_or("");
            words.push(self.word(shown, start + at, &mut plain));
        }
    }

    fn word(&self, shown: &str, start: usize, plain: &mut String) -> Word {
        plain.clear();
        normalise(shown, plain);
        let id = self.find(plain).or_else(|| {
            let (twice, once) = shortened(plain)?;
            self.find(&twice).or_else(|| self.find(&once))
        });
        let id = id.unwrap_or(if shown.chars().any(|letter| letter.is_ascii_digit()) { NUMBER } else { UNKNOWN });
        let letters = shown.chars().filter(|letter| letter.is_alphabetic()).count();
        let shouted = letters >= 2 && shown.chars().all(|letter| !letter.is_lowercase() && !letter.is_numeric());
        Word { id, start: small(start), end: small(start + shown.len()), shouted }
    }
}

fn mark(id: WordId, start: usize, length: usize) -> Word {
    Word { id, start: small(start), end: small(start + length), shouted: false }
}

/// Bodies are bounded far below 4 GB by intake.
pub(crate) fn small(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn is_letter(letter: char) -> bool {
    letter.is_alphanumeric()
}

fn is_joiner(letter: char) -> bool {
    matches!(letter, '\'' | '’' | 'ʼ' | '`' | '´')
}

fn follows_letter(sentence: &str, at: usize) -> bool {
    sentence.get(at..).and_then(|rest| rest.chars().next()).is_some_and(is_letter)
}

fn mark_of(sign: char) -> Option<WordId> {
    Some(match sign {
        ',' | ';' | ':' | '(' | ')' | '[' | ']' | '—' | '–' | '|' => BREAK,
        '"' | '“' | '”' | '«' | '»' | '„' => QUOTE,
        '?' | '？' | '؟' => QUESTION,
        '!' | '！' => EXCLAMATION,
        '.' | '…' | '。' => STOP,
        '$' | '€' | '£' | '¥' | '₹' => CURRENCY,
        _ => return None,
    })
}

/// Length of the web address or `<LINK>` that begins at `at`.
fn link_at(sentence: &str, at: usize) -> Option<usize> {
    let rest = sentence.get(at..)?;
    if rest.starts_with("<LINK>") {
        return Some("<LINK>".len());
    }
    let begins = |prefix: &str| rest.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    if !(begins("http://") || begins("https://") || begins("www.")) {
        return None;
    }
    let end =
        rest.find(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"')).unwrap_or(rest.len());
    Some(rest.get(..end)?.trim_end_matches(['.', ',', ')', '!', '?', ';', ':']).len())
}

/// Lower case, without apostrophes: `Don’t` and `dont` are one word.
fn normalise(shown: &str, plain: &mut String) {
    for letter in shown.chars() {
        if letter.is_ascii() {
            if letter != '\'' && letter != '`' {
                plain.push(letter.to_ascii_lowercase());
            }
        } else if !is_joiner(letter) {
            plain.extend(letter.to_lowercase());
        }
    }
}

/// `sooo` as (`soo`, `so`); none for a word without a letter three times in a row.
fn shortened(plain: &str) -> Option<(String, String)> {
    let mut twice = String::with_capacity(plain.len());
    let mut once = String::with_capacity(plain.len());
    let (mut run, mut before, mut found) = (0_u32, None, false);
    for letter in plain.chars() {
        run = if before == Some(letter) { run + 1 } else { 1 };
        before = Some(letter);
        found |= run >= 3;
        if run <= 2 {
            twice.push(letter);
        }
    }
    if !found {
        return None;
    }
    before = None;
    for letter in plain.chars() {
        if before != Some(letter) {
            once.push(letter);
        }
        before = Some(letter);
    }
    Some((twice, once))
}

/// Fowler–Noll–Vo hash: quick for short words, and nobody chooses the rules' words but us.
#[derive(Debug)]
pub(crate) struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(known: &[&str], text: &str) -> Vec<WordId> {
        let mut vocabulary = Vocabulary::default();
        for word in known {
            vocabulary.learn(word);
        }
        let mut words = Vec::new();
        vocabulary.read(text, 0, text.len(), &mut words);
        words.iter().map(|word| word.id).collect()
    }

    #[test]
    fn words_marks_links_and_numbers() {
        let known = ["don't", "so", "slow"];
        assert_eq!(read(&known, "Don’t, dont DON'T"), [9, BREAK, 9, 9]);
        assert_eq!(read(&known, "sooooo slooow!!"), [10, 11, EXCLAMATION, EXCLAMATION]);
        assert_eq!(read(&known, "see https://a.example/x?y=1. <LINK>"), [UNKNOWN, LINK, STOP, LINK]);
        assert_eq!(read(&known, "$5 \"x9\""), [CURRENCY, NUMBER, QUOTE, NUMBER, QUOTE]);
    }

    #[test]
    fn shouting_is_seen() {
        let vocabulary = Vocabulary::default();
        let mut words = Vec::new();
        vocabulary.read("I AM at NYC2 Now", 0, 16, &mut words);
        assert_eq!(words.iter().map(|word| word.shouted).collect::<Vec<_>>(), [false, true, false, false, false]);
    }
}
