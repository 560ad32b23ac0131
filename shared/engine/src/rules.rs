//! Rules over words: the tables of `rules/*.txt`, compiled once, and their matcher.
//!
//! A table line under `[cue]` is a pattern of elements parted by spaces:
//!
//! | element | matches |
//! |---|---|
//! | `word` | that word; apostrophes and capitals do not matter |
//! | `a\|b` | one of them |
//! | `word~` | the word and its regular inflections (`cancel~`: cancels, cancelled, cancelling, …) |
//! | `@name` | a word of the list `@name = …` of `lists.txt` |
//! | `x?` | the element, or nothing |
//! | `_` | any one word |
//! | `..` or `..5` | up to three (five) words, within the clause |
//! | `#` | a number |
//! | `LINK`, `,`, `?`, `!`, `$$` | a link, a clause mark, a question mark, an exclamation mark, a currency sign |
//! | `^`, `$` | the begin, the end of a clause; `a\|$` is the word or the end |
//!
//! A line may end in `= 0.4`: the weight of that pattern (1 without).

use std::collections::HashMap;

use crate::words::{BREAK, CURRENCY, EXCLAMATION, LINK, NUMBER, QUESTION, QUOTE, Vocabulary, Word, WordId, is_mark};

macro_rules! cues {
    ($($(#[$doc:meta])* $name:ident => $word:literal),+ $(,)?) => {
        /// What a pattern is a sign of. One section of a table each.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(crate) enum Cue { $($(#[$doc])* $name),+ }

        impl Cue {
            #[cfg(test)]
            pub(crate) const ALL: &'static [Self] = &[$(Self::$name),+];

            fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$name),)+ _ => None }
            }
        }
    };
}

include!("cues.rs");

/// The tables, in the order of their reading.
const TABLES: &[&str] = &[
    include_str!("rules/customer.txt"),
    include_str!("rules/agent.txt"),
    include_str!("rules/severity.txt"),
    include_str!("rules/friction.txt"),
    include_str!("rules/spam.txt"),
    include_str!("rules/dialogue.txt"),
];
const LISTS: &str = include_str!("rules/lists.txt");

#[derive(Clone, Debug)]
enum Element {
    Words(Vec<WordId>),
    WordsOrEnd(Vec<WordId>),
    Any,
    Gap(usize),
    Begin,
    End,
}

#[derive(Debug)]
struct Pattern {
    cue: Cue,
    weight: f64,
    /// Elements; the flag says that the element may be missing.
    elements: Vec<(Element, bool)>,
}

/// A pattern found in a sentence.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) cue: Cue,
    pub(crate) weight: f64,
    /// Index of the sentence in the reading.
    pub(crate) sentence: usize,
    /// Words of the reading, first and one past the last.
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// A "not" stands before it in its clause.
    pub(crate) negated: bool,
    /// It stands in an "if" clause.
    pub(crate) conditional: bool,
    /// It stands between quotation marks.
    pub(crate) quoted: bool,
}

impl Hit {
    /// Meant as it is said: not negated, not supposed, not quoted.
    pub(crate) fn is_meant(&self) -> bool {
        !self.negated && !self.conditional && !self.quoted
    }
}

/// Every rule, compiled.
#[derive(Debug)]
pub(crate) struct Rules {
    pub(crate) vocabulary: Vocabulary,
    patterns: Vec<Pattern>,
    /// By word: the patterns that may begin with it.
    begins: Vec<Vec<u32>>,
    negators: Vec<WordId>,
    clause_words: Vec<WordId>,
    ifs: Vec<WordId>,
    mains: Vec<WordId>,
    common: Vec<WordId>,
    whys: Vec<WordId>,
    subjects: Vec<WordId>,
}

impl Rules {
    /// Compiles the tables. A line that cannot be read is left out; a test proves that there is none.
    pub(crate) fn compile() -> Self {
        let mut compiler = Compiler::default();
        compiler.lists(LISTS);
        for table in TABLES {
            compiler.table(table);
        }
        compiler.finish()
    }

    /// Whether the word is one of the commonest of English.
    pub(crate) fn is_common(&self, id: WordId) -> bool {
        holds(&self.common, id)
    }

    /// Whether the word denies.
    pub(crate) fn is_negator(&self, id: WordId) -> bool {
        holds(&self.negators, id)
    }

    /// Appends what is found in `words[from..]`, one sentence.
    pub(crate) fn find(&self, words: &[Word], from: usize, sentence: usize, hits: &mut Vec<Hit>) {
        let Some(row) = words.get(from..) else { return };
        for (at, word) in row.iter().enumerate() {
            let Some(candidates) = usize::try_from(word.id).ok().and_then(|id| self.begins.get(id)) else { continue };
            for index in candidates {
                let Some(pattern) = usize::try_from(*index).ok().and_then(|index| self.patterns.get(index)) else {
                    continue;
                };
                let Some(end) = matched(&pattern.elements, row, at) else { continue };
                hits.push(Hit {
                    cue: pattern.cue,
                    weight: pattern.weight,
                    sentence,
                    first: from + at,
                    last: from + end,
                    negated: self.is_negated(row, at),
                    conditional: self.is_conditional(row, at),
                    quoted: is_quoted(row, at),
                });
            }
        }
    }

    /// A negator up to four words before, in the same clause; "why don't you" and "can't you" ask, they do not deny.
    fn is_negated(&self, row: &[Word], at: usize) -> bool {
        let before = row.get(..at).unwrap_or(&[]);
        for (distance, word) in before.iter().rev().take(5).enumerate() {
            if is_mark(word.id) || holds(&self.clause_words, word.id) {
                return false;
            }
            if distance < 4 && holds(&self.negators, word.id) {
                let place = at - distance - 1;
                let is = |index: Option<usize>, list: &[WordId]| {
                    index.and_then(|index| row.get(index)).is_some_and(|word| holds(list, word.id))
                };
                return !(is(place.checked_sub(1), &self.whys) || is(Some(place + 1), &self.subjects));
            }
        }
        false
    }

    /// An "if" before it, with no mark or main verb between.
    fn is_conditional(&self, row: &[Word], at: usize) -> bool {
        let before = row.get(..at).unwrap_or(&[]);
        for word in before.iter().rev().take(12) {
            if is_mark(word.id) || holds(&self.mains, word.id) {
                return false;
            }
            if holds(&self.ifs, word.id) {
                return true;
            }
        }
        false
    }
}

fn is_quoted(row: &[Word], at: usize) -> bool {
    let before = row.iter().take(at).filter(|word| word.id == QUOTE).count();
    before % 2 == 1 && row.iter().skip(at).any(|word| word.id == QUOTE)
}

/// Whether a sorted list holds the word.
fn holds(sorted: &[WordId], id: WordId) -> bool {
    sorted.binary_search(&id).is_ok()
}

/// One past the last word, when the elements match from `at` on.
fn matched(elements: &[(Element, bool)], row: &[Word], at: usize) -> Option<usize> {
    let Some(((element, optional), rest)) = elements.split_first() else { return Some(at) };
    let here = row.get(at);
    let found = match element {
        Element::Words(ids) => here.filter(|word| holds(ids, word.id)).and_then(|_| matched(rest, row, at + 1)),
        Element::WordsOrEnd(ids) => match here {
            Some(word) if holds(ids, word.id) => matched(rest, row, at + 1),
            Some(word) if !is_mark(word.id) => None,
            _ => matched(rest, row, at),
        },
        Element::Any => here.filter(|word| !is_mark(word.id)).and_then(|_| matched(rest, row, at + 1)),
        Element::Begin => {
            let begins = at.checked_sub(1).and_then(|before| row.get(before)).is_none_or(|word| is_mark(word.id));
            begins.then(|| matched(rest, row, at)).flatten()
        }
        Element::End => here.is_none_or(|word| is_mark(word.id)).then(|| matched(rest, row, at)).flatten(),
        Element::Gap(most) => {
            let clause = row.get(at..).unwrap_or(&[]).iter().take(*most).take_while(|word| !is_mark(word.id)).count();
            return (0..=clause).find_map(|skipped| matched(rest, row, at + skipped));
        }
    };
    found.or_else(|| optional.then(|| matched(rest, row, at)).flatten())
}

#[derive(Default)]
struct Compiler {
    vocabulary: Vocabulary,
    lists: HashMap<String, Vec<WordId>>,
    patterns: Vec<Pattern>,
    faults: Vec<String>,
}

impl Compiler {
    fn lists(&mut self, text: &str) {
        for line in lines(text) {
            let Some((name, words)) = line.split_once('=') else {
                self.faults.push(line.to_owned());
                continue;
            };
            let ids = words.split_whitespace().flat_map(|word| self.forms(word)).collect();
            self.lists.entry(name.trim().to_owned()).or_default().extend::<Vec<_>>(ids);
        }
    }

    fn table(&mut self, text: &str) {
        let mut cue = None;
        for line in lines(text) {
            if let Some(name) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                cue = Cue::parse(name);
                if cue.is_none() {
                    self.faults.push(line.to_owned());
                }
                continue;
            }
            match cue.and_then(|cue| self.pattern(cue, line)) {
                Some(pattern) => self.patterns.push(pattern),
                None => self.faults.push(line.to_owned()),
            }
        }
    }

    fn pattern(&mut self, cue: Cue, line: &str) -> Option<Pattern> {
        let (text, weight) = match line.rsplit_once(" = ") {
            Some((text, weight)) => (text, weight.trim().parse().ok()?),
            None => (line, 1.0),
        };
        let elements: Vec<(Element, bool)> =
            text.split_whitespace().map(|written| self.element(written)).collect::<Option<_>>()?;
        first_words(&elements).map(|_| Pattern { cue, weight, elements })
    }

    fn element(&mut self, written: &str) -> Option<(Element, bool)> {
        let element = match written {
            "_" => Element::Any,
            "^" => Element::Begin,
            "$" => Element::End,
            "?" => Element::Words(vec![QUESTION]),
            ".." => Element::Gap(3),
            _ => {
                if let Some(most) = written.strip_prefix("..") {
                    return Some((Element::Gap(most.parse().ok()?), false));
                }
                let (name, optional) = match written.strip_suffix('?') {
                    Some(name) => (name, true),
                    None => (written, false),
                };
                let mut ids = Vec::new();
                let mut or_end = false;
                for word in name.split('|') {
                    match word {
                        "" => return None,
                        "_" => return Some((Element::Any, optional)),
                        "LINK" => ids.push(LINK),
                        "#" => ids.push(NUMBER),
                        "," => ids.push(BREAK),
                        "!" => ids.push(EXCLAMATION),
                        "$$" => ids.push(CURRENCY),
                        "$" => or_end = true,
                        list if list.starts_with('@') => ids.extend(self.lists.get(list)?),
                        word => ids.extend(self.forms(word)),
                    }
                }
                ids.sort_unstable();
                ids.dedup();
                return Some((if or_end { Element::WordsOrEnd(ids) } else { Element::Words(ids) }, optional));
            }
        };
        Some((element, false))
    }

    fn forms(&mut self, written: &str) -> Vec<WordId> {
        match written.strip_suffix('~') {
            None => vec![self.vocabulary.learn(written)],
            Some(stem) => inflections(stem).iter().map(|form| self.vocabulary.learn(form)).collect(),
        }
    }

    fn finish(self) -> Rules {
        let mut begins: Vec<Vec<u32>> = Vec::new();
        for (index, pattern) in self.patterns.iter().enumerate() {
            for id in first_words(&pattern.elements).unwrap_or_default() {
                let id = usize::try_from(id).unwrap_or(0);
                if begins.len() <= id {
                    begins.resize_with(id + 1, Vec::new);
                }
                let Some(of_word) = begins.get_mut(id) else { continue };
                let index = crate::words::small(index);
                if of_word.last() != Some(&index) {
                    of_word.push(index);
                }
            }
        }
        let list = |name: &str| {
            let mut ids = self.lists.get(name).cloned().unwrap_or_default();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        Rules {
            negators: list("@not"),
            clause_words: list("@but"),
            ifs: list("@if"),
            mains: list("@will"),
            common: list("@common"),
            whys: list("@why"),
            subjects: list("@subject"),
            begins,
            patterns: self.patterns,
            vocabulary: self.vocabulary,
        }
    }
}

/// The words that a pattern may begin with; none for a pattern that may begin with anything.
fn first_words(elements: &[(Element, bool)]) -> Option<Vec<WordId>> {
    let mut all = Vec::new();
    for (element, optional) in elements {
        match element {
            Element::Begin => {}
            Element::Words(ids) => {
                all.extend(ids);
                if !optional {
                    return Some(all);
                }
            }
            Element::Any | Element::Gap(_) | Element::End | Element::WordsOrEnd(_) => return None,
        }
    }
    None
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .map(|line| line.split_once("  //").map_or(line, |(rule, _)| rule).trim())
        .filter(|line| !line.is_empty() && !line.starts_with("//"))
}

/// A word and its regular forms; forms that English does not have do no harm.
fn inflections(stem: &str) -> Vec<String> {
    let mut forms = vec![stem.to_owned(), format!("{stem}s"), format!("{stem}ed"), format!("{stem}ing")];
    if let Some(short) = stem.strip_suffix('e') {
        forms.extend([format!("{stem}d"), format!("{short}ing")]);
    }
    if let Some(short) = stem.strip_suffix('y') {
        forms.extend([format!("{short}ies"), format!("{short}ied")]);
    }
    if ["s", "x", "sh", "ch"].iter().any(|end| stem.ends_with(end)) {
        forms.push(format!("{stem}es"));
    }
    if let Some(last) = stem.chars().last().filter(|last| !"aeiouywx".contains(*last)) {
        forms.extend([format!("{stem}{last}ed"), format!("{stem}{last}ing")]);
    }
    forms
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
