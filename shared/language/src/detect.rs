//! Which language a text is in, or nothing.
//!
//! The script decides first: Greek, Hebrew, Thai, Hangul, Devanagari and kana have one language each here. Latin and
//! Cyrillic letters go to a linear model over hashed groups of one to five letters, Han to one over single letters.

use crate::features;

/// A detected language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detected {
    /// ISO 639-1 code; Norwegian Bokmål is `no`.
    pub code: &'static str,
    /// Calibrated probability that the code is right, 0.0..=1.0.
    pub confidence: f32,
}

/// Below this confidence there is no answer: it would be wrong more often than right among two languages.
const LEAST: f32 = 0.25;

/// Letters after which a text is not read on: the answer has been certain for long.
const ENOUGH: usize = 1200;

/// Languages in Latin letters, in the order of the model's classes; the last six are given only on clear evidence.
pub const LATIN: [&str; 24] = [
    "en", "de", "fr", "es", "pt", "it", "nl", "da", "no", "sv", "fi", "pl", "cs", "hu", "ro", "tr", "id", "vi", "sk",
    "hr", "ms", "tl", "af", "sw",
];
/// Languages in Cyrillic letters.
pub const CYRILLIC: [&str; 4] = ["ru", "uk", "bg", "sr"];
/// Languages in Han characters without kana.
pub const HAN: [&str; 2] = ["zh", "ja"];

/// Places of the table for Latin letters, as a power of two.
pub const LATIN_BITS: u32 = 13;
/// Places of the table for Cyrillic letters.
pub const CYRILLIC_BITS: u32 = 12;
/// Places of the table for Han characters.
pub const HAN_BITS: u32 = 12;

/// A linear model of one script: a table of signed bytes, then little-endian `f32`s: step, temperature, biases.
#[derive(Debug, Clone, Copy)]
pub struct ScriptModel<'a, const CLASSES: usize> {
    table: &'a [u8],
    numbers: &'a [u8],
    bits: u32,
}

impl<'a, const CLASSES: usize> ScriptModel<'a, CLASSES> {
    /// Bytes of a model with `2^bits` places.
    pub const fn size(bits: u32) -> usize {
        (1 << bits) * CLASSES + (2 + CLASSES) * 4
    }

    /// The model at the start of `bytes`, and what follows it.
    pub fn read(bytes: &'a [u8], bits: u32) -> Option<(Self, &'a [u8])> {
        let (own, rest) = bytes.split_at_checked(Self::size(bits))?;
        let (table, numbers) = own.split_at_checked((1 << bits) * CLASSES)?;
        Some((Self { table, numbers, bits }, rest))
    }

    fn number(&self, index: usize) -> f32 {
        let bytes = self.numbers.get(index * 4..index * 4 + 4).and_then(|bytes| bytes.try_into().ok());
        f32::from_le_bytes(bytes.unwrap_or_default())
    }

    /// The likeliest class and its probability.
    pub fn classify(&self, hashes: impl Iterator<Item = u32>) -> (usize, f32) {
        let mut sums = [0i32; CLASSES];
        let mut count = 0u16;
        for hash in hashes {
            let place = features::place(hash, self.bits);
            if let Some(weights) = self.table.get(place * CLASSES..(place + 1) * CLASSES) {
                for (sum, weight) in sums.iter_mut().zip(weights) {
                    *sum += i32::from(weight.cast_signed());
                }
            }
            count = count.saturating_add(1);
        }
        let scale = self.number(0) / f32::from(count.max(1)).sqrt();
        let temperature = self.number(1);
        let mut logits = [0.0f32; CLASSES];
        for (class, (logit, sum)) in logits.iter_mut().zip(&sums).enumerate() {
            *logit = (features::whole(*sum) * scale + self.number(2 + class)) * temperature;
        }
        let mut best = (0, f32::NEG_INFINITY);
        for (class, logit) in logits.iter().enumerate() {
            if *logit > best.1 {
                best = (class, *logit);
            }
        }
        let sum: f32 = logits.iter().map(|logit| libm::expf(logit - best.1)).sum();
        (best.0, 1.0 / sum)
    }
}

static SHIPPED: &[u8] = include_bytes!("weights/detect.bin");

/// The language of a text, or nothing: too few letters, a script that is not known here, or no language likely enough.
///
/// Reads at most the first 1,200 letters. Links, handles and addresses do not count.
pub fn detect_language(text: &str) -> Option<Detected> {
    let letters = Letters::of(text);
    let (script, share) = letters.main_script()?;
    let sure = |code: &'static str| Some(Detected { code, confidence: share });
    let (latin, rest) = ScriptModel::<{ LATIN.len() }>::read(SHIPPED, LATIN_BITS)?;
    let (cyrillic, rest) = ScriptModel::<{ CYRILLIC.len() }>::read(rest, CYRILLIC_BITS)?;
    let (han, _) = ScriptModel::<{ HAN.len() }>::read(rest, HAN_BITS)?;
    let (code, confidence) = match script {
        Script::Greek => return sure("el"),
        Script::Hebrew => return sure("he"),
        Script::Thai => return sure("th"),
        Script::Hangul => return sure("ko"),
        Script::Devanagari => return sure("hi"),
        Script::Kana => return sure("ja"),
        Script::Arabic => return sure(if letters.persian > 0 { "fa" } else { "ar" }),
        Script::Latin => {
            let (class, confidence) = latin.classify(letters.groups(Script::Latin).into_iter());
            (LATIN.get(class)?, confidence)
        }
        Script::Cyrillic => {
            let (class, confidence) = cyrillic.classify(letters.groups(Script::Cyrillic).into_iter());
            (CYRILLIC.get(class)?, confidence)
        }
        Script::Han => {
            let (class, confidence) = han.classify(letters.singles().into_iter());
            (HAN.get(class)?, confidence)
        }
    };
    let confidence = confidence * share;
    (confidence >= LEAST).then_some(Detected { code, confidence })
}

/// Hashes of the groups of one to five letters of a lower-case word with its ends marked.
pub fn letter_groups(word: &[char], mut each: impl FnMut(u32)) {
    let ends = std::iter::once('<').chain(word.iter().copied()).chain(std::iter::once('>'));
    let padded: Vec<char> = ends.collect();
    for start in 0..padded.len() {
        let mut state = features::START;
        for (length, letter) in padded.iter().skip(start).take(5).enumerate() {
            let mut buffer = [0; 4];
            state = features::hash(state, letter.encode_utf8(&mut buffer).as_bytes());
            let bare_end = length == 0 && matches!(letter, '<' | '>');
            if !bare_end {
                each(state);
            }
        }
    }
}

/// The hash of a single Han character.
pub fn single(letter: char) -> u32 {
    let mut buffer = [0; 4];
    features::hash(features::START, letter.encode_utf8(&mut buffer).as_bytes())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Cyrillic,
    Greek,
    Hebrew,
    Arabic,
    Devanagari,
    Thai,
    Hangul,
    Han,
    Kana,
}

const SCRIPTS: [Script; 10] = [
    Script::Latin,
    Script::Cyrillic,
    Script::Greek,
    Script::Hebrew,
    Script::Arabic,
    Script::Devanagari,
    Script::Thai,
    Script::Hangul,
    Script::Han,
    Script::Kana,
];

fn script(letter: char) -> Option<Script> {
    Some(match u32::from(letter) {
        0x41..=0x5A | 0x61..=0x7A | 0xC0..=0xD6 | 0xD8..=0xF6 | 0xF8..=0x24F | 0x1E00..=0x1EFF => Script::Latin,
        0x400..=0x52F => Script::Cyrillic,
        0x370..=0x3FF | 0x1F00..=0x1FFF => Script::Greek,
        0x591..=0x5F4 => Script::Hebrew,
        0x620..=0x64A | 0x66E..=0x6D3 | 0x6FA..=0x6FC | 0x750..=0x77F | 0xFB50..=0xFDFF | 0xFE70..=0xFEFC => {
            Script::Arabic
        }
        0x900..=0x963 | 0x970..=0x97F => Script::Devanagari,
        0xE01..=0xE4E => Script::Thai,
        0x1100..=0x11FF | 0x3130..=0x318F | 0xAC00..=0xD7A3 => Script::Hangul,
        0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF | 0x20000..=0x2FFFF | 0x3005 => Script::Han,
        0x3041..=0x3096 | 0x30A1..=0x30FA | 0x30FC | 0x31F0..=0x31FF | 0xFF66..=0xFF9D => Script::Kana,
        _ => return None,
    })
}

/// The words of a text by letters, and how many letters each script has.
#[derive(Debug, Default)]
struct Letters {
    words: Vec<Vec<char>>,
    counts: [u16; SCRIPTS.len()],
    persian: usize,
}

impl Letters {
    fn of(text: &str) -> Self {
        let mut letters = Self::default();
        let mut read = 0;
        for piece in text.split_whitespace() {
            // Links, handles and addresses are in no language; a long piece is a script without spaces.
            let named = piece.starts_with(['@', '#', '<']) || piece.contains("://") || piece.starts_with("www.");
            if named || (piece.len() < 80 && piece.contains('@')) {
                continue;
            }
            let mut word = Vec::new();
            for letter in piece.chars().take(ENOUGH) {
                let Some(script) = script(letter) else {
                    if !word.is_empty() {
                        letters.words.push(std::mem::take(&mut word));
                    }
                    continue;
                };
                if let Some(count) = letters.counts.get_mut(script as usize) {
                    *count += 1;
                }
                letters.persian += usize::from(matches!(letter, 'پ' | 'چ' | 'ژ' | 'گ' | 'ک' | 'ی'));
                word.extend(letter.to_lowercase());
                read += 1;
                if read >= ENOUGH {
                    break;
                }
            }
            if !word.is_empty() {
                letters.words.push(word);
            }
            if read >= ENOUGH {
                break;
            }
        }
        letters
    }

    /// The script with the most letters and its share; Han beside kana is Japanese.
    fn main_script(&self) -> Option<(Script, f32)> {
        let mut counts = self.counts;
        let [.., han, kana] = &mut counts;
        if *kana > 0 && *kana * 8 >= *han {
            *kana += *han;
            *han = 0;
        }
        // A Han or kana character, a Hangul syllable says as much as a short word.
        let total: u16 = counts.iter().sum();
        let mut best: Option<(Script, u16, f32)> = None;
        for (script, count) in SCRIPTS.iter().zip(counts) {
            let weight = match script {
                Script::Han | Script::Kana | Script::Hangul => 2.5,
                _ => 1.0,
            } * f32::from(count);
            if count > 0 && best.is_none_or(|(_, _, most)| weight > most) {
                best = Some((*script, count, weight));
            }
        }
        let (script, count, weight) = best?;
        let all = weight + f32::from(total - count);
        let letters_needed = if matches!(script, Script::Latin | Script::Cyrillic) { 3 } else { 1 };
        (count >= letters_needed).then_some((script, weight / all))
    }

    fn groups(&self, wanted: Script) -> Vec<u32> {
        let mut hashes = Vec::new();
        for word in &self.words {
            if word.first().copied().and_then(script) == Some(wanted) {
                letter_groups(word.get(..word.len().min(40)).unwrap_or(word), |hash| hashes.push(hash));
            }
        }
        hashes
    }

    fn singles(&self) -> Vec<u32> {
        self.words
            .iter()
            .flatten()
            .filter(|letter| script(**letter) == Some(Script::Han))
            .map(|letter| single(*letter))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_are_told_apart() {
        for (text, code) in [
            ("My parcel has not arrived and I would like a refund", "en"),
            ("Mein Paket ist nicht angekommen und ich möchte mein Geld zurück", "de"),
            ("Mon colis n'est pas arrivé et je voudrais un remboursement", "fr"),
            ("Mi paquete no ha llegado y quiero un reembolso", "es"),
            ("Minha encomenda não chegou e quero o meu dinheiro de volta", "pt"),
            ("Il mio pacco non è arrivato e vorrei un rimborso", "it"),
            ("Mijn pakket is niet aangekomen en ik wil mijn geld terug", "nl"),
            ("Pakken min er ikke kommet frem, og jeg vil gerne have pengene tilbage", "da"),
            ("Mitt paket har inte kommit fram och jag vill ha pengarna tillbaka", "sv"),
            ("Moja paczka nie dotarła i chcę zwrot pieniędzy", "pl"),
            ("Paketim gelmedi ve paramı geri istiyorum", "tr"),
            ("Посылка не пришла, верните деньги", "ru"),
            ("Посилка не прийшла, поверніть гроші", "uk"),
            ("Το δέμα μου δεν έφτασε", "el"),
            ("لم يصل الطرد الخاص بي", "ar"),
            ("بسته من نرسیده است، پول من را پس بدهید لطفا چرا", "fa"),
            ("החבילה שלי לא הגיעה", "he"),
            ("मेरा पार्सल नहीं आया", "hi"),
            ("พัสดุของฉันยังไม่มาถึง", "th"),
            ("제 소포가 도착하지 않았습니다", "ko"),
            ("荷物がまだ届いていません", "ja"),
            ("我的包裹还没有到", "zh"),
        ] {
            assert_eq!(detect_language(text).map(|found| found.code), Some(code), "{text}");
        }
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        for text in ["", "12345", "😀 !!!", "ok", "https://example.com/une/page @jean", "a@b.de"] {
            assert_eq!(detect_language(text), None, "{text}");
        }
    }

    #[test]
    fn every_class_has_weights() {
        let whole = ScriptModel::<{ LATIN.len() }>::size(LATIN_BITS)
            + ScriptModel::<{ CYRILLIC.len() }>::size(CYRILLIC_BITS)
            + ScriptModel::<{ HAN.len() }>::size(HAN_BITS);
        assert_eq!(SHIPPED.len(), whole);
    }

    proptest! {
        #[test]
        fn any_text_is_answered_within_bounds(text in "\\PC{0,200}") {
            if let Some(found) = detect_language(&text) {
                prop_assert!((LEAST..=1.0).contains(&found.confidence));
            }
        }
    }
}
