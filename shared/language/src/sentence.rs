//! Where sentences begin and end.

use std::ops::Range;

use crate::token::link;

/// Abbreviations after which a full stop ends nothing (lower case, without the stop).
const ABBREVIATIONS: [&str; 74] = [
    "mr", "mrs", "ms", "dr", "prof", "sr", "jr", "st", "rev", "hon", "gen", "col", "sgt", "capt", "lt", "no", "nr",
    "nos", "vs", "etc", "e.g", "i.e", "eg", "ie", "cf", "al", "approx", "appt", "apt", "dept", "est", "ext", "tel",
    "fig", "inc", "ltd", "co", "corp", "llc", "bros", "min", "max", "misc", "ref", "acct", "addr", "jan", "feb", "mar",
    "apr", "jun", "jul", "aug", "sep", "sept", "oct", "nov", "dec", "mon", "tue", "wed", "thu", "fri", "a.m", "p.m",
    "u.s", "u.k", "bzw", "z.b", "d.h", "ca", "usw", "inkl", "p.ej",
];

/// Abbreviations that often end a sentence too: a capital after them begins a new one.
const ENDERS: [&str; 9] = ["etc", "inc", "ltd", "co", "corp", "a.m", "p.m", "u.s", "usw"];

/// Sentences of a text as byte ranges: in order, not overlapping, without the white space around them.
///
/// Knows abbreviations, initials, decimals, links, ellipses, closing quotes and emoji; a line end ends a sentence unless
/// the line was wrapped by a mail program.
pub fn sentences(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut line_start = 0;
    let mut letters = text.char_indices().peekable();
    let mut previous = ' ';
    let mut jump = 0;
    while let Some((at, letter)) = letters.next() {
        if at < jump {
            previous = letter;
            continue;
        }
        let after = at + letter.len_utf8();
        match letter {
            'h' | 'H' | 'w' | 'W' if !previous.is_alphanumeric() => {
                if let Some(length) = text.get(at..).and_then(link) {
                    jump = at + length;
                }
            }
            '\n' => {
                let rest = text.get(after..).unwrap_or("");
                let wrapped = at.saturating_sub(line_start) >= 55
                    && rest.chars().next().is_some_and(char::is_lowercase)
                    && !matches!(previous, '.' | '!' | '?' | ':');
                if !wrapped {
                    push(text, start..at, &mut found);
                    start = after;
                }
                line_start = after;
            }
            '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।' => {
                let mut end = after;
                while let Some((next_at, next)) = letters.next_if(|(_, next)| is_tail(*next)) {
                    end = next_at + next.len_utf8();
                }
                if ends(text, start, at, end, letter) {
                    // Emoji and emoticons after the mark belong to the sentence they colour.
                    while let Some((next_at, next)) = letters.next_if(|(next_at, next)| belongs(text, *next_at, *next))
                    {
                        end = next_at + next.len_utf8();
                    }
                    push(text, start..end, &mut found);
                    start = end;
                }
            }
            _ => {}
        }
        previous = letter;
    }
    push(text, start..text.len(), &mut found);
    found
}

fn is_tail(letter: char) -> bool {
    matches!(letter, '.' | '!' | '?' | '…' | '。' | '！' | '？' | '"' | '\'' | ')' | ']' | '”' | '’' | '»' | '」')
}

fn belongs(text: &str, at: usize, letter: char) -> bool {
    if crate::emoji::is_emoji(letter) || crate::emoji::is_emoji_part(letter) {
        return true;
    }
    letter == ' ' && text.get(at + 1..).and_then(|rest| rest.chars().next()).is_some_and(crate::emoji::is_emoji)
}

/// Whether the mark at `at`, whose run of marks and closing quotes ends at `end`, ends the sentence that began at `start`.
fn ends(text: &str, start: usize, at: usize, end: usize, mark: char) -> bool {
    let rest = text.get(end..).unwrap_or("");
    let Some(next) = rest.chars().next() else { return true };
    if matches!(mark, '。' | '！' | '？' | '؟' | '۔' | '।') {
        return true;
    }
    if !next.is_whitespace() {
        return crate::emoji::is_emoji(next);
    }
    let following = rest.chars().take(40).find(|letter| !letter.is_whitespace());
    let lower_follows = following.is_some_and(char::is_lowercase);
    let run = text.get(at..end).unwrap_or("");
    let is_ellipsis = mark == '…' || run.starts_with("..");
    if is_ellipsis {
        return !lower_follows;
    }
    if mark != '.' {
        // `What?! are you serious` still ends; `"Really?" he asked` does not.
        return !(lower_follows && run.ends_with(['"', '”', '\'', '’', ')']));
    }
    let head = text.get(start..at).unwrap_or("");
    let word_start = head
        .rfind(|letter: char| letter.is_whitespace() || matches!(letter, '(' | '"' | '“'))
        .map_or(0, |found| found + head.get(found..).and_then(|tail| tail.chars().next()).map_or(1, char::len_utf8));
    let word = head.get(word_start..).unwrap_or("");
    if word.is_empty() || word.len() > 24 {
        return true;
    }
    let lower = word.to_lowercase();
    let initial = word.chars().count() == 1 && word.chars().all(char::is_uppercase) && word != "I";
    let numbered = head.trim_start() == word && word.len() <= 2 && word.chars().all(|letter| letter.is_ascii_digit());
    if initial || numbered {
        return false;
    }
    if ABBREVIATIONS.contains(&lower.as_str()) {
        return match lower.as_str() {
            // "No." is a number only before one; alone it is an answer.
            "no" | "nr" | "nos" => !following.is_some_and(|letter| letter.is_ascii_digit()),
            "min" | "max" | "mar" | "dec" | "sun" | "mon" | "co" | "st" if word.chars().all(char::is_lowercase) => {
                !lower_follows
            }
            name if ENDERS.contains(&name) => following.is_some_and(char::is_uppercase),
            _ => false,
        };
    }
    true
}

fn push(text: &str, range: Range<usize>, found: &mut Vec<Range<usize>>) {
    let Some(piece) = text.get(range.clone()) else { return };
    let trimmed = piece.trim();
    if !trimmed.is_empty() {
        let start = range.start + (piece.len() - piece.trim_start().len());
        found.push(start..start + trimmed.len());
    }
}

#[cfg(test)]
#[path = "sentence_tests.rs"]
mod tests;
