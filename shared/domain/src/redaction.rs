//! Personal data in text: where it stands and the text with it masked. Pure; offsets are Unicode scalar values, and a mask has as many
//! of them as what it hides, so that spans into the text hold in the masked text too.
//!
//! What is found: card numbers (ISO/IEC 7812 lengths and prefixes, Luhn), IBAN (ISO 13616, mod 97), e-mail addresses, phone numbers,
//! national ids and street addresses where the words around them say what they are, and what the contact's record names: its name,
//! e-mail address and phone number. What is not found: names that are in no record, ids and addresses without such words, numbers
//! spelled out. `make quality` prints precision and recall on a set written for it.

use serde::{Deserialize, Serialize};

use crate::conversation::{Contact, words};

/// The character that stands for a hidden one.
pub const MASK: char = '█';
/// How far before a number the word may stand that says what it is, in Unicode scalar values.
const CONTEXT: usize = 48;

words! {
    /// Kinds of personal data.
    PersonalData {
        /// A payment card's number.
        CardNumber => "card_number",
        /// An international bank account number.
        Iban => "iban",
        /// An e-mail address.
        Email => "email",
        /// A phone number.
        Phone => "phone",
        /// A national id: social security, passport, tax or driving licence number.
        NationalId => "national_id",
        /// A street address.
        Address => "address",
        /// A name of the contact's record.
        Name => "name",
    }
}

/// Personal data at a place of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Found {
    /// First Unicode scalar value.
    pub start: usize,
    /// One past the last.
    pub end: usize,
    /// What it is.
    pub kind: PersonalData,
}

/// Finds personal data, also that of one contact.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Words of the contact's name, lower case.
    names: Vec<Vec<char>>,
    /// The contact's addresses as they are written, lower case.
    emails: Vec<Vec<char>>,
    /// The digits of the contact's phone number.
    phone: Vec<char>,
}

impl std::fmt::Debug for Redactor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redactor(…)")
    }
}

impl Redactor {
    /// A finder that also knows a contact's record.
    pub fn of(contact: Option<&Contact>) -> Self {
        let Some(contact) = contact else { return Self::default() };
        let lower = |text: &str| text.trim().to_lowercase().chars().collect::<Vec<char>>();
        let name = contact.name.as_deref().unwrap_or_default();
        // A name that is an address is found as one.
        let names = if name.contains('@') {
            Vec::new()
        } else {
            name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
                .filter(|part| part.chars().count() >= 3 && part.chars().any(char::is_alphabetic))
                .map(lower)
                .collect()
        };
        let digits: Vec<char> =
            contact.phone.iter().flat_map(|phone| phone.chars()).filter(char::is_ascii_digit).collect();
        Self {
            names,
            emails: contact.email.iter().map(|email| lower(email)).filter(|email| email.len() >= 5).collect(),
            phone: if digits.len() >= 7 { digits } else { Vec::new() },
        }
    }

    /// Everything found in a text, in order; nothing overlaps.
    pub fn find(&self, text: &str) -> Vec<Found> {
        let text: Vec<char> = text.chars().collect();
        let lower: Vec<char> = text.iter().map(|c| c.to_lowercase().next().unwrap_or(*c)).collect();
        let mut found = Vec::new();
        emails(&lower, &mut found);
        ibans(&text, &mut found);
        numbers(&lower, &self.phone, &mut found);
        addresses(&text, &lower, &mut found);
        for email in &self.emails {
            literal(&lower, email, PersonalData::Email, &mut found);
        }
        names(&text, &lower, &self.names, &mut found);
        // The longer one first where two begin together; then whatever begins inside one that was kept is dropped.
        found.sort_by_key(|found| (found.start, std::cmp::Reverse(found.end), found.kind));
        let mut kept: Vec<Found> = Vec::with_capacity(found.len());
        for found in found {
            if kept.last().is_none_or(|last| last.end <= found.start) {
                kept.push(found);
            }
        }
        kept
    }

    /// The text with everything found masked, scalar for scalar.
    pub fn mask(&self, text: &str) -> String {
        masked(text, 0, &self.find(text))
    }
}

/// A piece of a text that begins at `start`, with what was found in the whole text masked.
pub fn masked(piece: &str, start: usize, found: &[Found]) -> String {
    let hidden = |at: usize| found.iter().any(|found| (found.start..found.end).contains(&at));
    // White space stays, so that lines break where they did.
    piece.chars().enumerate().map(|(i, c)| if !c.is_whitespace() && hidden(start + i) { MASK } else { c }).collect()
}

fn at(text: &[char], index: usize) -> char {
    text.get(index).copied().unwrap_or(' ')
}

fn before(text: &[char], index: usize) -> char {
    index.checked_sub(1).map_or(' ', |index| at(text, index))
}

fn push(found: &mut Vec<Found>, start: usize, end: usize, kind: PersonalData) {
    found.push(Found { start, end, kind });
}

/// Every place of the needle where no letter or digit touches it.
fn literal(lower: &[char], needle: &[char], kind: PersonalData, found: &mut Vec<Found>) {
    if needle.is_empty() {
        return;
    }
    for (start, window) in lower.windows(needle.len()).enumerate() {
        let end = start + needle.len();
        if window == needle && !before(lower, start).is_alphanumeric() && !at(lower, end).is_alphanumeric() {
            push(found, start, end, kind);
        }
    }
}

/// Names as words that begin with a capital: a contact called Will does not hide every "will".
fn names(text: &[char], lower: &[char], names: &[Vec<char>], found: &mut Vec<Found>) {
    for name in names {
        let first = found.len();
        literal(lower, name, PersonalData::Name, found);
        let mut index = first;
        while let Some(one) = found.get(index) {
            if at(text, one.start).is_lowercase() {
                found.remove(index);
            } else {
                index += 1;
            }
        }
    }
}

/// `local@domain.tld` by the characters that mail programs let through.
fn emails(lower: &[char], found: &mut Vec<Found>) {
    let local = |c: char| c.is_alphanumeric() || "._%+-'".contains(c);
    let domain = |c: char| c.is_alphanumeric() || c == '-' || c == '.';
    for (sign, _) in lower.iter().enumerate().filter(|(_, c)| **c == '@') {
        let start = sign - lower.iter().take(sign).rev().take(64).take_while(|c| local(**c)).count();
        let mut end = sign + 1 + lower.iter().skip(sign + 1).take(255).take_while(|c| domain(**c)).count();
        while matches!(before(lower, end), '.' | '-') && end > sign + 1 {
            end -= 1;
        }
        let host: String = lower.get(sign + 1..end).unwrap_or_default().iter().collect();
        let top = host.rsplit('.').next().unwrap_or_default();
        let is_host = host.contains('.') && top.chars().count() >= 2 && top.chars().all(char::is_alphabetic);
        if start < sign && is_host {
            push(found, start, end, PersonalData::Email);
        }
    }
}

/// Lengths of IBANs by country, from the registry of SWIFT (release 99); a country that is not listed has no IBAN here.
const IBAN_LENGTHS: &[(&str, usize)] = &[
    ("ad", 24),
    ("ae", 23),
    ("al", 28),
    ("at", 20),
    ("az", 28),
    ("ba", 20),
    ("be", 16),
    ("bg", 22),
    ("bh", 22),
    ("br", 29),
    ("by", 28),
    ("ch", 21),
    ("cr", 22),
    ("cy", 28),
    ("cz", 24),
    ("de", 22),
    ("dk", 18),
    ("do", 28),
    ("ee", 20),
    ("eg", 29),
    ("es", 24),
    ("fi", 18),
    ("fo", 18),
    ("fr", 27),
    ("gb", 22),
    ("ge", 22),
    ("gi", 23),
    ("gl", 18),
    ("gr", 27),
    ("gt", 28),
    ("hr", 21),
    ("hu", 28),
    ("ie", 22),
    ("il", 23),
    ("iq", 23),
    ("is", 26),
    ("it", 27),
    ("jo", 30),
    ("kw", 30),
    ("kz", 20),
    ("lb", 28),
    ("li", 21),
    ("lt", 20),
    ("lu", 20),
    ("lv", 21),
    ("mc", 27),
    ("md", 24),
    ("me", 22),
    ("mk", 19),
    ("mr", 27),
    ("mt", 31),
    ("mu", 30),
    ("nl", 18),
    ("no", 15),
    ("pk", 24),
    ("pl", 28),
    ("ps", 29),
    ("pt", 25),
    ("qa", 29),
    ("ro", 24),
    ("rs", 22),
    ("sa", 24),
    ("se", 24),
    ("si", 19),
    ("sk", 24),
    ("sm", 27),
    ("tn", 24),
    ("tr", 26),
    ("ua", 29),
    ("va", 22),
    ("xk", 20),
];

fn ibans(text: &[char], found: &mut Vec<Found>) {
    for start in 0..text.len() {
        let head = [at(text, start), at(text, start + 1)];
        let begins = head.iter().all(char::is_ascii_alphabetic)
            && (2..4).all(|i| at(text, start + i).is_ascii_digit())
            && !before(text, start).is_alphanumeric();
        if !begins {
            continue;
        }
        let country: String = head.iter().map(char::to_ascii_lowercase).collect();
        let Some((_, length)) = IBAN_LENGTHS.iter().find(|(code, _)| *code == country) else { continue };
        let mut letters: Vec<char> = Vec::with_capacity(*length);
        let mut end = start;
        while letters.len() < *length {
            match at(text, end) {
                c if c.is_ascii_alphanumeric() => letters.push(c.to_ascii_uppercase()),
                ' ' | '-' if end < text.len() && at(text, end + 1).is_ascii_alphanumeric() => {}
                _ => break,
            }
            end += 1;
        }
        if letters.len() == *length && !at(text, end).is_alphanumeric() && iban_checks(&letters) {
            push(found, start, end, PersonalData::Iban);
        }
    }
}

/// ISO 7064 mod 97-10: the country and check digits moved to the end, letters as 10–35, leaves 1.
fn iban_checks(letters: &[char]) -> bool {
    let (head, rest) = letters.split_at(4.min(letters.len()));
    let mut remainder: u32 = 0;
    for c in rest.iter().chain(head) {
        let Some(value) = c.to_digit(36) else { return false };
        remainder = if value > 9 { remainder * 100 + value } else { remainder * 10 + value } % 97;
    }
    remainder == 1
}

/// ISO/IEC 7812-1 annex B: every second digit from the right doubled, the digits' sum a multiple of ten.
fn luhn_checks(digits: &[u32]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(i, digit)| match digit * 2 {
            _ if i % 2 == 0 => *digit,
            doubled if doubled > 9 => doubled - 9,
            doubled => doubled,
        })
        .sum();
    sum.is_multiple_of(10)
}

/// Whether a number has the length and the first digits of a payment card of a large scheme.
fn is_card(digits: &[u32]) -> bool {
    let prefix = |n: usize| digits.iter().take(n).fold(0, |sum, digit| sum * 10 + digit);
    let known = match digits.len() {
        13 => prefix(1) == 4,
        14 => matches!(prefix(2), 36 | 38 | 39) || (300..=305).contains(&prefix(3)),
        15 => matches!(prefix(2), 34 | 37),
        16 => {
            prefix(1) == 4
                || (51..=55).contains(&prefix(2))
                || (2221..=2720).contains(&prefix(4))
                || matches!(prefix(2), 35 | 60 | 62 | 64 | 65)
        }
        17..=19 => prefix(1) == 4 || matches!(prefix(2), 50 | 56..=58 | 62 | 63 | 67),
        _ => false,
    };
    known && luhn_checks(digits)
}

const ID_WORDS: &[&str] = &[
    "ssn",
    "social security",
    "national insurance",
    "ni number",
    "nino",
    "passport",
    "national id",
    "id number",
    "identity card",
    "id card",
    "tax id",
    "taxpayer",
    "tin number",
    "driver's licence",
    "driver's license",
    "drivers license",
    "driving licence",
    "driving license",
    "license number",
    "licence number",
    "aadhaar",
    "personnummer",
    "steuer-id",
    "ausweis",
    "dni",
    "nie",
    "curp",
    "cpf",
    "nhs number",
    "medicare",
];
const PHONE_WORDS: &[&str] = &[
    "phone",
    "call me",
    "call us",
    "mobile",
    "cell",
    "tel",
    "telephone",
    "whatsapp",
    "text me",
    "ring me",
    "reach me",
    "contact number",
    "my number",
    "number is",
    "call at",
    "dial",
    "fax",
    "landline",
    "call on",
    "sms",
];
/// Words after which a long number is not a phone number, whatever it looks like.
const OTHER_WORDS: &[&str] = &[
    "order",
    "ticket",
    "case",
    "tracking",
    "reference",
    "invoice",
    "booking",
    "confirmation",
    "serial",
    "sku",
    "flight",
    "item",
    "parcel",
    "imei",
    "policy",
    "account",
    "transaction",
    "ref",
];

/// The place after the last such word within the context before `start`; how near it is decides between two kinds.
fn last_word(lower: &[char], start: usize, words: &[&str]) -> Option<usize> {
    let from = start.saturating_sub(CONTEXT);
    let context: String = lower.get(from..start).unwrap_or_default().iter().collect();
    let place = |word: &&str| {
        let (at, _) = context
            .match_indices(*word)
            .filter(|(at, found)| {
                let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
                let head = context.get(..*at).and_then(|head| head.chars().next_back());
                let tail = context.get(at + found.len()..).and_then(|tail| tail.chars().next());
                !touches(head) && !touches(tail)
            })
            .last()?;
        Some(at + word.len())
    };
    words.iter().filter_map(place).max()
}

/// Cards, phone numbers and national ids: runs of digits, and what stands around them.
fn numbers(lower: &[char], known_phone: &[char], found: &mut Vec<Found>) {
    let mut index = 0;
    while index < lower.len() {
        let begins = at(lower, index).is_ascii_digit()
            || (matches!(at(lower, index), '+' | '(') && at(lower, index + 1).is_ascii_digit());
        if !begins || (before(lower, index).is_alphanumeric() && at(lower, index).is_ascii_digit()) {
            index += 1;
            continue;
        }
        let (end, digits, joints) = run(lower, index);
        if let Some(kind) = number_kind(lower, index, end, &digits, joints, known_phone) {
            push(found, index, end, kind);
        }
        index = end.max(index + 1);
    }
    national_ids(lower, found);
}

/// The run of digits that begins here: where it ends, its digits, and how many marks join it. A mark is one space, dash, dot, slash or
/// bracket between digits (a bracket may have a space beside it).
fn run(text: &[char], start: usize) -> (usize, Vec<u32>, usize) {
    let (mut digits, mut end, mut joints, mut index) = (Vec::new(), start, 0, start);
    let mut pause = 0;
    loop {
        let c = at(text, index);
        if index < text.len()
            && let Some(digit) = c.to_digit(10).filter(|_| c.is_ascii())
        {
            joints += usize::from(pause > 0 && !digits.is_empty());
            pause = 0;
            digits.push(digit);
            index += 1;
            end = index;
        } else if index < text.len()
            && (matches!(c, ' ' | '-' | '.' | '(' | ')' | '\u{a0}') || (c == '+' && index == start))
            && pause < 2
        {
            pause += 1;
            index += 1;
        } else {
            return (end, digits, joints);
        }
    }
}

fn number_kind(
    lower: &[char],
    start: usize,
    end: usize,
    digits: &[u32],
    joints: usize,
    known_phone: &[char],
) -> Option<PersonalData> {
    if at(lower, end).is_alphanumeric() {
        return None;
    }
    if is_card(digits) {
        return Some(PersonalData::CardNumber);
    }
    let known: Vec<u32> = known_phone.iter().filter_map(|c| c.to_digit(10)).collect();
    let ends_alike = |a: &[u32], b: &[u32]| a.len() >= 7 && b.ends_with(a);
    if ends_alike(digits, &known) || ends_alike(&known, digits) {
        return Some(PersonalData::Phone);
    }
    if !(7..=15).contains(&digits.len()) {
        return None;
    }
    let text: String = lower.get(start..end).unwrap_or_default().iter().collect();
    let phone = last_word(lower, start, PHONE_WORDS);
    let other = last_word(lower, start, OTHER_WORDS).max(last_word(lower, start, ID_WORDS));
    let looks = looks_like_phone(&text, digits, joints);
    let said = phone.is_some() && phone > other && !is_date(&text);
    (said || (looks && other.is_none())).then_some(PersonalData::Phone)
}

/// A number that is a phone number by its form alone: international, or an area code in brackets, or the North American 3-3-4.
fn looks_like_phone(text: &str, digits: &[u32], joints: usize) -> bool {
    let groups: Vec<usize> =
        text.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
    let plus = text.starts_with('+') && digits.len() >= 8;
    let bracket = text.starts_with('(') && digits.len() >= 9;
    let american = groups.ends_with(&[3, 3, 4]) && groups.len() <= 4 && joints >= 2 && !text.contains(". ");
    let trunk =
        digits.first() == Some(&0) && (10..=11).contains(&digits.len()) && (1..=4).contains(&joints) && !is_date(text);
    plus || bracket || american || trunk
}

/// `2026-11-25` and `25.11.2026`, in any order of parts.
fn is_date(text: &str) -> bool {
    let groups: Vec<usize> =
        text.split(|c: char| !c.is_ascii_digit()).map(str::len).filter(|length| *length > 0).collect();
    matches!(groups.as_slice(), [4, 1 | 2, 1 | 2, ..] | [1 | 2, 1 | 2, 4, ..])
}

/// A code of 6–14 letters and digits, at least five of them digits, soon after a word that says it is an id.
fn national_ids(lower: &[char], found: &mut Vec<Found>) {
    let mut index = 0;
    while index < lower.len() {
        if !at(lower, index).is_ascii_alphanumeric() || before(lower, index).is_alphanumeric() {
            index += 1;
            continue;
        }
        let mut end = index;
        let mut digits = 0;
        let mut letters = 0;
        // Spaces and dashes join only what has digits on one side: `123-45-6789`, `QQ 12 34 56 C`.
        loop {
            let c = at(lower, end);
            let next = at(lower, end + 1);
            if end < lower.len() && c.is_ascii_alphanumeric() {
                digits += usize::from(c.is_ascii_digit());
                letters += usize::from(c.is_ascii_alphabetic());
                end += 1;
            } else if end < lower.len()
                && matches!(c, ' ' | '-' | '.')
                && (next.is_ascii_digit()
                    || (c != ' ' && next.is_ascii_alphanumeric())
                    || (digits >= 6 && single(lower, end + 1)))
                && letters <= 3
                && (digits > 0 || c != ' ')
            {
                end += 1;
            } else {
                break;
            }
        }
        let is_code = digits >= 5 && (6..=14).contains(&(digits + letters)) && !at(lower, end).is_alphanumeric();
        let text: String = lower.get(index..end).unwrap_or_default().iter().collect();
        if is_code && !is_date(&text) {
            let id = last_word(lower, index, ID_WORDS);
            let other = last_word(lower, index, OTHER_WORDS).max(last_word(lower, index, PHONE_WORDS));
            // "passport number is": a phone word that is part of the same phrase does not count.
            let said = id.is_some() && (id > other || between(lower, index, id) <= 14);
            if said {
                push(found, index, end, PersonalData::NationalId);
            }
        }
        index = end.max(index + 1);
    }
}

/// A letter that stands alone.
fn single(lower: &[char], index: usize) -> bool {
    at(lower, index).is_ascii_alphabetic() && !at(lower, index + 1).is_alphanumeric()
}

/// Scalars between a word's end in the context and the number.
fn between(lower: &[char], start: usize, word_end: Option<usize>) -> usize {
    let from = start.saturating_sub(CONTEXT);
    let context: String = lower.get(from..start).unwrap_or_default().iter().collect();
    word_end.and_then(|end| context.get(end..)).map_or(usize::MAX, |rest| rest.chars().count())
}

const STREET_WORDS: &[&str] = &[
    "street",
    "st",
    "road",
    "rd",
    "avenue",
    "ave",
    "lane",
    "ln",
    "drive",
    "dr",
    "boulevard",
    "blvd",
    "court",
    "ct",
    "place",
    "pl",
    "square",
    "sq",
    "close",
    "terrace",
    "crescent",
    "parkway",
    "pkwy",
    "highway",
    "hwy",
    "way",
    "row",
    "circle",
    "gardens",
    "grove",
];
const STREET_ENDS: &[&str] =
    &["strasse", "straße", "str", "weg", "platz", "gasse", "allee", "laan", "straat", "gata", "gatan", "vej"];

/// A house number with a street: `14 Mill Lane`, `221B Baker St`, `Hauptstraße 12`, with a flat before or a postcode behind.
fn addresses(text: &[char], lower: &[char], found: &mut Vec<Found>) {
    let words = spans_of_words(lower);
    let word = |i: usize| {
        words.get(i).map(|(start, end)| lower.get(*start..*end).unwrap_or_default().iter().collect::<String>())
    };
    let has_digit =
        |i: usize| word(i).is_some_and(|word| word.starts_with(|c: char| c.is_ascii_digit()) && word.len() <= 6);
    let capital = |i: usize| {
        words.get(i).is_some_and(|(start, _)| at(text, *start).is_uppercase() || at(text, *start).is_ascii_digit())
    };
    for (i, (start, end)) in words.iter().enumerate() {
        // Number, one to three capitalised words, a street word.
        if has_digit(i) {
            let street = (i + 2..=i + 4).find(|at| {
                word(*at).is_some_and(|word| STREET_WORDS.contains(&word.as_str()))
                    && (i + 1..*at).all(capital)
                    && capital(*at)
            });
            if let Some((_, last)) = street.and_then(|at| words.get(at))
                && one_line(lower, *start, *last)
            {
                push(found, *start, with_postcode(lower, &words, street.unwrap_or(i), *last), PersonalData::Address);
            }
        }
        let is_street = word(i)
            .is_some_and(|word| word.chars().count() >= 7 && STREET_ENDS.iter().any(|ending| word.ends_with(ending)));
        if is_street
            && capital(i)
            && has_digit(i + 1)
            && let Some((_, last)) = words.get(i + 1)
            && one_line(lower, *end, *last)
        {
            push(found, *start, with_postcode(lower, &words, i + 1, *last), PersonalData::Address);
        }
    }
}

/// Takes a postcode and a town's initial part along: up to four more words of the same line when one of them has digits.
fn with_postcode(lower: &[char], words: &[(usize, usize)], street: usize, end: usize) -> usize {
    let code = (street + 1..=street + 4)
        .take_while(|i| words.get(*i).is_some_and(|(start, _)| one_line(lower, end, *start)))
        .filter(|i| {
            words.get(*i).is_some_and(|(start, end)| {
                let digits = lower.get(*start..*end).unwrap_or_default().iter().filter(|c| c.is_ascii_digit()).count();
                digits >= 1 && (3..=7).contains(&(end - start))
            })
        });
    code.last().and_then(|i| words.get(i)).map_or(end, |(_, end)| *end)
}

fn one_line(lower: &[char], start: usize, end: usize) -> bool {
    !lower.get(start..end).unwrap_or_default().iter().any(|c| matches!(c, '\n' | '!' | '?' | ';'))
}

fn spans_of_words(lower: &[char]) -> Vec<(usize, usize)> {
    let (mut spans, mut start) = (Vec::new(), None);
    for (i, c) in lower.iter().chain([&' ']).enumerate() {
        match (c.is_alphanumeric() || *c == '\'', start) {
            (true, None) => start = Some(i),
            (false, Some(from)) => {
                spans.push((from, i));
                start = None;
            }
            _ => {}
        }
    }
    spans
}

#[cfg(test)]
#[path = "redaction_tests.rs"]
mod tests;
