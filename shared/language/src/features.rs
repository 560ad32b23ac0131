//! What the trained models see of a text: hashed words, word pairs and letter groups.
//!
//! Public for the training program only, which must see exactly what the shipped models see.

use crate::token::{Token, TokenKind};

/// 32-bit FNV-1a, continued from `state`.
pub fn hash(state: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(state, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

/// The start value of [`hash`].
pub const START: u32 = 0x811C_9DC5;

/// A finished hash spread over `2^bits` places (Fibonacci hashing; FNV's low bits alone are uneven).
pub fn place(hash: u32, bits: u32) -> usize {
    let mixed = (hash ^ (hash >> 15)).wrapping_mul(0x9E37_79B1);
    usize::try_from(mixed >> (32 - bits)).unwrap_or(0)
}

/// A sum of table entries as a number; sums stay below 2^24 for any text that a message can hold.
pub(crate) fn whole(sum: i32) -> f32 {
    let clamped = sum.clamp(-8_388_608, 8_388_608);
    let high = i16::try_from(clamped >> 12).unwrap_or(0);
    let low = u16::try_from(clamped & 0xFFF).unwrap_or(0);
    f32::from(high) * 4096.0 + f32::from(low)
}

/// The word that a token counts as; links, handles and numbers count by their kind. Marks other than `!` and `?` give none.
pub fn word<'a>(token: &'a Token<'_>) -> Option<&'a str> {
    Some(match token.kind {
        TokenKind::Word => &token.norm,
        TokenKind::Hashtag => token.norm.trim_start_matches('#'),
        TokenKind::Emoji => token.text,
        TokenKind::Number => "0",
        TokenKind::Link | TokenKind::Email => "<link>",
        TokenKind::Handle => return None,
        TokenKind::Mark => match token.text.as_bytes() {
            [b'!', ..] => "!",
            [b'?', ..] => "?",
            _ => return None,
        },
    })
}

/// Hashes of words, marked when negated, and of pairs of neighbours (then `true` beside the hash).
pub fn words(tokens: &[Token<'_>], mut each: impl FnMut(u32, bool)) {
    let mut previous: Option<u32> = None;
    for token in tokens {
        let Some(word) = word(token) else { continue };
        let one = hash(START, word.as_bytes());
        each(one, false);
        if token.negated {
            each(hash(one, b"\x01not"), false);
        }
        if let Some(previous) = previous {
            each(hash(hash(previous, b"\x02"), word.as_bytes()), true);
        }
        previous = Some(one);
    }
}

/// [`place`] in a table whose first half is for single words and whose second half is for pairs: the many rare pairs
/// then share no place with a word.
pub fn half_place(hash: u32, pair: bool, bits: u32) -> usize {
    place(hash, bits - 1) + if pair { 1 << (bits - 1) } else { 0 }
}

/// Hashes of the groups of three to five letters of each word, with its ends marked.
pub fn letters(tokens: &[Token<'_>], mut each: impl FnMut(u32)) {
    let mut padded: Vec<char> = Vec::with_capacity(24);
    for token in tokens {
        if !matches!(token.kind, TokenKind::Word | TokenKind::Hashtag) {
            continue;
        }
        padded.clear();
        padded.push('<');
        padded.extend(token.norm.trim_start_matches('#').chars().take(40));
        padded.push('>');
        for start in 0..padded.len().saturating_sub(2) {
            let mut state = hash(START, b"\x03");
            for (length, letter) in padded.iter().skip(start).take(5).enumerate() {
                let mut buffer = [0; 4];
                state = hash(state, letter.encode_utf8(&mut buffer).as_bytes());
                if length >= 2 {
                    each(state);
                }
            }
        }
    }
}
