//! One thing wrong with a caller's input, named so that the caller can find it.

/// A fault of an input: where (RFC 6901 JSON pointer, or the name of a query parameter) and what.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
pub struct Fault {
    /// JSON pointer into the request body (`/conversations/3/messages/0/body`), or a parameter's name.
    pub pointer: String,
    /// What is wrong and what would be right.
    pub detail: String,
}

impl Fault {
    /// A fault at a place.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// The known name that `unknown` looks like a typo of: edit distance (with transpositions, ASCII case ignored) of at most 2, and less than
/// half of the known name's length, so that `id` is not taken for `to`.
pub fn looks_like_typo_of<'a>(unknown: &str, known: &[&'a str]) -> Option<&'a str> {
    let unknown = unknown.to_ascii_lowercase();
    known
        .iter()
        .map(|name| (strsim::osa_distance(&unknown, name), *name))
        .filter(|(distance, name)| *distance <= 2 && distance * 2 < name.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typos_are_recognised_and_vendor_fields_are_not() {
        let known = ["created_at", "status", "id", "body"];
        assert_eq!(looks_like_typo_of("creatd_at", &known), Some("created_at"));
        assert_eq!(looks_like_typo_of("Status", &known), Some("status"));
        assert_eq!(looks_like_typo_of("bdy", &known), Some("body"));
        assert_eq!(looks_like_typo_of("to", &known), None);
        assert_eq!(looks_like_typo_of("zendesk_ticket", &known), None);
    }
}
