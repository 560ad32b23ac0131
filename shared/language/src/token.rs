//! Words, numbers, links, handles, emoji and punctuation of a text, with offsets and what modifies them.

use std::borrow::Cow;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation as _;

use crate::emoji;

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// A word; contractions stay whole, scripts without spaces give one token a character or cluster.
    Word,
    /// A token that starts with a digit: `12`, `3.5`, `10,000`, `4th`.
    Number,
    /// An emoji with its joiners, or an emoticon such as `:-(`.
    Emoji,
    /// `https://…` or `www.…`.
    Link,
    /// An e-mail address.
    Email,
    /// `@name`.
    Handle,
    /// `#word`.
    Hashtag,
    /// Punctuation and symbols; a run of `!`, `?` or `.` is one token.
    Mark,
}

/// A token of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token<'a> {
    /// As written.
    pub text: &'a str,
    /// Where, in bytes of the text.
    pub range: Range<usize>,
    /// What it is.
    pub kind: TokenKind,
    /// Lower case, straight apostrophes, elongations shortened (`sooooo` is `so`, `goood` is `good`).
    pub norm: Cow<'a, str>,
    /// In the scope of a negation: up to four words after `not`, `never`, `n't` and the like, ended by punctuation or `but`.
    pub negated: bool,
    /// A letter was drawn out three times or more.
    pub elongated: bool,
    /// Two or more letters, all of them capitals.
    pub shouted: bool,
}

/// The tokens of a text; white space gives none.
pub fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found: Vec<Token<'_>> = Vec::with_capacity(text.len() / 5 + 1);
    let may_address = text.contains('@');
    let mut scope = 0usize;
    let mut done = 0;
    for (from, piece) in text.split_word_bound_indices() {
        let end = from + piece.len();
        // A piece may give several tokens (`:` and what is joined to it), and a token may take several pieces (a link).
        while done.max(from) < end {
            let start = done.max(from);
            let Some(rest) = text.get(start..) else { break };
            let Some(first) = rest.chars().next() else { break };
            if first.is_whitespace() || first.is_control() {
                done = start + first.len_utf8();
                continue;
            }
            let before = text.get(..start).and_then(|head| head.chars().next_back());
            let after_word = before.is_some_and(char::is_alphanumeric);
            let (kind, width) = recognise(rest, first, end - start, after_word, may_address);
            done = start + width.max(first.len_utf8());
            let Some(written) = text.get(start..done) else { break };
            let mut token = Token {
                text: written,
                range: start..done,
                kind,
                norm: Cow::Borrowed(written),
                negated: false,
                elongated: false,
                shouted: false,
            };
            match kind {
                TokenKind::Word | TokenKind::Hashtag => {
                    normalise(&mut token);
                    token.negated = scope > 0;
                    scope = if is_negator(&token.norm) {
                        4
                    } else if matches!(&*token.norm, "but" | "however" | "although" | "only") {
                        0
                    } else {
                        scope.saturating_sub(1)
                    };
                }
                TokenKind::Mark if !matches!(first, '"' | '\'' | '’' | '“' | '”' | '*' | '_' | '-' | '/') => {
                    scope = 0;
                }
                TokenKind::Mark | TokenKind::Number => {}
                TokenKind::Emoji | TokenKind::Link | TokenKind::Email | TokenKind::Handle => scope = 0,
            }
            found.push(token);
        }
    }
    found
}

/// The kind of the token at the start of `rest` and its length in bytes; `piece` is the length of the word-boundary piece there.
fn recognise(rest: &str, first: char, piece: usize, after_word: bool, may_address: bool) -> (TokenKind, usize) {
    if !after_word {
        if matches!(first, 'h' | 'H' | 'w' | 'W')
            && let Some(length) = link(rest)
        {
            return (TokenKind::Link, length);
        }
        if may_address
            && first.is_ascii_alphanumeric()
            && let Some(length) = email(rest)
        {
            return (TokenKind::Email, length);
        }
        if matches!(first, '@' | '#') {
            let name = rest.get(1..).unwrap_or("");
            let length: usize = name
                .chars()
                .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
                .take(80)
                .map(char::len_utf8)
                .sum();
            if length > 0 {
                return (if first == '@' { TokenKind::Handle } else { TokenKind::Hashtag }, length + 1);
            }
        }
    }
    if first.is_ascii() || first == '^' {
        let found = emoji::EMOTICONS.iter().find(|emoticon| {
            rest.starts_with(*emoticon) && {
                let next = rest.get(emoticon.len()..).and_then(|tail| tail.chars().next());
                let joined = emoticon.ends_with(|letter: char| letter.is_ascii_alphanumeric())
                    && next.is_some_and(char::is_alphanumeric);
                let path = emoticon.ends_with('/') && next == Some('/');
                let word = emoticon.starts_with(|letter: char| letter.is_ascii_alphanumeric()) && after_word;
                !joined && !path && !word
            }
        });
        if let Some(emoticon) = found
            && !(after_word && emoticon.starts_with(':') && matches!(*emoticon, ":p" | ":P" | ":D" | ":S" | ":s"))
        {
            return (TokenKind::Emoji, emoticon.len());
        }
    }
    if emoji::is_emoji(first) {
        let parts: usize =
            rest.chars().skip(1).take_while(|letter| emoji::is_emoji_part(*letter)).map(char::len_utf8).sum();
        return (TokenKind::Emoji, piece.max(first.len_utf8() + parts));
    }
    if first.is_numeric() {
        return (TokenKind::Number, piece);
    }
    if first.is_alphabetic() {
        return (TokenKind::Word, piece);
    }
    if matches!(first, '!' | '?' | '.' | '…' | '¡' | '¿') {
        let run: usize =
            rest.chars().take_while(|letter| matches!(letter, '!' | '?' | '.' | '…')).map(char::len_utf8).sum();
        return (TokenKind::Mark, run.max(first.len_utf8()));
    }
    (TokenKind::Mark, piece)
}

/// The length of a link at the start of `rest`, without the punctuation that ends a sentence.
pub(crate) fn link(rest: &str) -> Option<usize> {
    let scheme = ["https://", "http://", "www."]
        .into_iter()
        .find(|scheme| rest.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let end = rest
        .find(|letter: char| {
            letter.is_whitespace()
                || letter.is_control()
                || matches!(letter, '<' | '>' | '"' | '`' | '“' | '”' | '。' | '，')
        })
        .unwrap_or(rest.len());
    let link = rest.get(..end)?;
    let mut trimmed = link.trim_end_matches(['.', ',', '!', '?', ';', ':', '\'', ']', '…', '*', '_']);
    if trimmed.ends_with(')') && !trimmed.contains('(') {
        trimmed = trimmed.trim_end_matches(')').trim_end_matches(['.', ',', '!', '?']);
    }
    (trimmed.len() > scheme.len()).then_some(trimmed.len())
}

/// The length of an e-mail address at the start of `rest`; the parts are bounded, so that the scan stays linear.
fn email(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let local = bytes
        .iter()
        .take(65)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'%' | b'+' | b'-'))
        .count();
    if local == 0 || local > 64 || bytes.get(local) != Some(&b'@') {
        return None;
    }
    let domain: Vec<u8> = bytes
        .iter()
        .skip(local + 1)
        .take(253)
        .take_while(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-'))
        .copied()
        .collect();
    let length = domain.iter().rposition(u8::is_ascii_alphanumeric)? + 1;
    let dotted = domain.iter().take(length).position(|byte| *byte == b'.').is_some_and(|dot| dot > 0);
    dotted.then_some(local + 1 + length)
}

fn normalise(token: &mut Token<'_>) {
    let mut letters = 0;
    let mut capitals = 0;
    let mut plain = true;
    let mut run = 0;
    let mut previous = '\0';
    for letter in token.text.chars() {
        if letter.is_alphabetic() {
            letters += 1;
            capitals += usize::from(letter.is_uppercase());
        }
        let same = letter == previous || (letter.is_ascii() && letter.eq_ignore_ascii_case(&previous));
        run = if same { run + 1 } else { 1 };
        token.elongated |= run == 3 && letter.is_alphabetic();
        previous = letter;
        plain &= letter.is_ascii_lowercase();
    }
    token.shouted = letters >= 2 && letters == capitals;
    if plain && !token.elongated {
        return;
    }
    let mut norm = String::with_capacity(token.text.len());
    for letter in token.text.chars().flat_map(char::to_lowercase) {
        norm.push(if matches!(letter, '’' | 'ʼ' | '＇' | '`') { '\'' } else { letter });
    }
    if token.elongated {
        norm = shorten(&norm);
    }
    token.norm = Cow::Owned(norm);
}

/// `sooooo` to `so`, `goood` to `good`: three or more of a letter become two where English doubles it, else one.
fn shorten(word: &str) -> String {
    let mut short = String::with_capacity(word.len());
    let letters: Vec<char> = word.chars().collect();
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let run = letters.iter().skip(at).take_while(|next| *next == letter).count();
        let last = at + run == letters.len();
        let kept = match run {
            0..=2 => run,
            _ if matches!(letter, 'e' | 'o') && !last && at > 0 => 2,
            _ if matches!(letter, 'l' | 's' | 'f') && last && at > 1 => 2,
            _ => 1,
        };
        short.extend(std::iter::repeat_n(*letter, kept));
        at += run.max(1);
    }
    match short.as_str() {
        "loove" => "love".to_owned(),
        "pleease" => "please".to_owned(),
        "veery" => "very".to_owned(),
        "seeriously" => "seriously".to_owned(),
        "soorry" => "sorry".to_owned(),
        "yess" => "yes".to_owned(),
        "thankss" => "thanks".to_owned(),
        "heelp" => "help".to_owned(),
        _ => short,
    }
}

/// Words that turn what follows.
pub(crate) fn is_negator(word: &str) -> bool {
    matches!(
        word,
        "not"
            | "no"
            | "never"
            | "none"
            | "nobody"
            | "nothing"
            | "nowhere"
            | "neither"
            | "nor"
            | "without"
            | "cannot"
            | "cant"
            | "dont"
            | "doesnt"
            | "didnt"
            | "wont"
            | "wouldnt"
            | "couldnt"
            | "shouldnt"
            | "isnt"
            | "arent"
            | "wasnt"
            | "werent"
            | "havent"
            | "hasnt"
            | "hadnt"
            | "aint"
            | "hardly"
            | "barely"
            | "scarcely"
            | "rarely"
    ) || word.ends_with("n't")
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
