//! Emoji and emoticons: what counts as one, and how it feels.

/// True for a character that shows as an emoji or is a part of one (joiners and selectors are not).
pub(crate) fn is_emoji(letter: char) -> bool {
    matches!(u32::from(letter),
        0x1F300..=0x1FAFF | 0x2600..=0x27BF | 0x1F1E6..=0x1F1FF | 0x2B05..=0x2B07 | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55
        | 0x231A..=0x231B | 0x23E9..=0x23F3 | 0x1F004 | 0x1F0CF | 0x203C | 0x2049)
}

/// Joiners, variation selectors, skin tones and tags that belong to the emoji before them.
pub(crate) fn is_emoji_part(letter: char) -> bool {
    matches!(u32::from(letter), 0x200D | 0xFE0F | 0x20E3 | 0x1F3FB..=0x1F3FF | 0xE0020..=0xE007F)
}

/// How an emoji or emoticon feels, in -1.0..=1.0; none when it says nothing about feeling.
///
/// Emoji values are our reading, in steps of a quarter, of the order that annotators gave them in the Emoji Sentiment
/// Ranking (Kralj Novak et al., 2015); they hold in any language.
pub fn emoji_valence(token: &str) -> Option<f32> {
    const GLAD: &str = "😀😃😄😁😊😍🥰😘🤗🙏❤💕💖💗💙💚💛🧡💜👍👏🎉🥳😇💯✨🌟😻🤩🙌💪👌☺💐🏆🌹♥🫶😌😎🤝✅🎊🍻🌈";
    const MILD: &str = "🙂😉😋😅😂🤣😆😜😝🤪😛👋✌🤞😏🐶🐱☀🌸🎁🔥";
    const DULL: &str = "😐😑🙄😒😕🤔😬🥱😶🤷🤦😓😥🙁☹😴🥺😳🫤";
    const BAD: &str = "😠😡🤬😤👎💔😢😭😞😔😟😩😫😖😣😰😨😱🤮🤢💩🖕😾👿😿🚫❌☠💀🤯😧😦🥵";
    let first = token.chars().next()?;
    if is_emoji(first) {
        return if GLAD.contains(first) {
            Some(0.75)
        } else if MILD.contains(first) {
            Some(0.25)
        } else if DULL.contains(first) {
            Some(-0.5)
        } else if BAD.contains(first) {
            Some(-1.0)
        } else {
            None
        };
    }
    match token {
        ":)" | ":-)" | "(:" | "=)" | ":]" | ":))" | "^^" | "^_^" | ":')" | "(-:" => Some(0.5),
        ":D" | ":-D" | "=D" | "XD" | "xD" | "<3" | ":*" | ":-*" | ";D" => Some(0.75),
        ";)" | ";-)" | ":P" | ":-P" | ":p" | ":-p" | ";P" => Some(0.25),
        ":(" | ":-(" | "=(" | "):" | ":[" | ":((" | ":'(" | "):<" | ">:(" | "D:" | "</3" | "T_T" | ";(" | ":-<" => {
            Some(-0.75)
        }
        ":/" | ":-/" | ":\\" | ":-\\" | ":|" | ":-|" | "-_-" | ">_<" | ">.<" | ":S" | ":-S" | ":s" | "=/" => Some(-0.5),
        _ => None,
    }
}

/// Emoticons that the tokenizer knows, longest first.
pub(crate) const EMOTICONS: [&str; 52] = [
    ">:-(", ":-))", ":-D", ":-)", ":-(", ":-/", ":-\\", ":-|", ":-P", ":-p", ":-*", ":-S", ":-<", ";-)", ":')", ":'(",
    ":))", ":((", "):<", ">:(", "</3", "^_^", "-_-", ">_<", ">.<", "T_T", "(-:", ":)", ":(", ":D", ":P", ":p", ":/",
    ":\\", ":|", ":]", ":[", ":*", ":S", ":s", ";)", ";D", ";P", ";(", "=)", "=(", "=D", "=/", "<3", "^^", "XD", "xD",
];
