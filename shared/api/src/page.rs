//! Opaque cursors: where a walk stands, bound to the tenant, the filters and the sort that began it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Most rows of a page.
pub const MAX_LIMIT: u64 = 100;
/// Rows of a page when the caller does not say.
pub const DEFAULT_LIMIT: u64 = 25;

/// What a walk is about: a hash of tenant, route, filters and sort. A cursor of another walk is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk(String);

impl Walk {
    /// The walk of a tenant over a route with these filters (any text that is the same for the same filters).
    pub fn new(tenant: &str, route: &str, filters: &str) -> Self {
        let mut hash = Sha256::new();
        for part in [tenant, route, filters] {
            hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_le_bytes());
            hash.update(part);
        }
        let digest = hash.finalize();
        Self(URL_SAFE_NO_PAD.encode(digest.first_chunk::<9>().unwrap_or(&[0; 9])))
    }
}

/// The last row that was handed out: its sort value and its id, which breaks ties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// The sort value, in a form whose order is the sort's order.
    pub key: i64,
    /// The row's id.
    pub id: String,
}

#[derive(Serialize, Deserialize)]
struct Token(u8, String, Position);

const VERSION: u8 = 1;

/// Writes a cursor.
pub fn cursor(walk: &Walk, position: Position) -> String {
    let json = serde_json::to_vec(&Token(VERSION, walk.0.clone(), position)).unwrap_or_default();
    URL_SAFE_NO_PAD.encode(json)
}

/// Reads a cursor; `None` when it is not one of this walk.
pub fn position(walk: &Walk, cursor: &str) -> Option<Position> {
    let (of, position) = decoded(cursor)?;
    (of == *walk).then_some(position)
}

/// Reads a cursor of any walk: which one, and where it stands. `None` when it is not a cursor at all.
pub(crate) fn decoded(cursor: &str) -> Option<(Walk, Position)> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
    let Token(version, of, position) = serde_json::from_slice(&bytes).ok()?;
    (version == VERSION).then_some((Walk(of), position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_round_trips_in_its_own_walk_only(key: i64, id in "\\PC*", tenant in "[a-z]{2,8}", filters in "\\PC*") {
            let walk = Walk::new(&tenant, "conversations", &filters);
            let here = Position { key, id };
            let text = cursor(&walk, here.clone());
            prop_assert_eq!(position(&walk, &text), Some(here));
            prop_assert_eq!(position(&Walk::new("other-tenant", "conversations", &filters), &text), None);
            prop_assert_eq!(position(&Walk::new(&tenant, "conversations", &format!("{filters}x")), &text), None);
        }

        #[test]
        fn nothing_makes_reading_panic(text in "\\PC*") {
            prop_assert_eq!(position(&Walk::new("t", "r", ""), &text), None);
        }
    }
}
