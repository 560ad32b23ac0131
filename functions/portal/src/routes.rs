//! Which paths there are and what methods they take, read out of the API document when it is first asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::get_openapi::DOCUMENT;

/// The document, of which only the keys matter here.
#[derive(Default, Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, IgnoredAny>>,
}

static PATHS: LazyLock<Document> = LazyLock::new(|| {
    serde_json::from_slice(DOCUMENT).unwrap_or_else(|error| {
        tracing::error!(error = %error, "the API document cannot be read");
        Document::default()
    })
});

/// The methods of a path, of every route that it matches; empty when there is no such path.
pub(crate) fn methods(path: &str) -> BTreeSet<String> {
    let matching = PATHS.paths.iter().filter(|(template, _)| matches(template, path));
    let keys = matching.flat_map(|(_, item)| item.keys());
    // A path item has other keys, too: `parameters`, `summary`.
    keys.filter(|key| METHODS.contains(&key.as_str())).map(|key| key.to_ascii_uppercase()).collect()
}

const METHODS: &[&str] = &["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Segment by segment; `{name}` takes any segment that is not empty.
fn matches(template: &str, path: &str) -> bool {
    let mut segments = path.split('/');
    let all = template.split('/').all(|wanted| {
        segments.next().is_some_and(|segment| {
            if wanted.starts_with('{') && wanted.ends_with('}') { !segment.is_empty() } else { segment == wanted }
        })
    });
    all && segments.next().is_none()
}
