//! Which paths there are and what methods they take, read out of the API document when it is first asked.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::get_openapi::DOCUMENT;

/// The document, of which only the keys matter here.
#[derive(Default, Deserialize)]
struct Document {
    paths: BTreeMap<String, PathItem>,
}

#[derive(Deserialize)]
struct PathItem {
    delete: Option<IgnoredAny>,
    get: Option<IgnoredAny>,
    patch: Option<IgnoredAny>,
    post: Option<IgnoredAny>,
    put: Option<IgnoredAny>,
}

impl PathItem {
    fn methods(&self) -> impl Iterator<Item = &'static str> {
        let methods = [
            ("DELETE", &self.delete),
            ("GET", &self.get),
            ("PATCH", &self.patch),
            ("POST", &self.post),
            ("PUT", &self.put),
        ];
        methods.into_iter().filter_map(|(name, operation)| operation.is_some().then_some(name))
    }
}

static PATHS: LazyLock<BTreeMap<String, PathItem>> = LazyLock::new(|| {
    let document: Document = serde_json::from_slice(DOCUMENT).unwrap_or_else(|error| {
        tracing::error!(error = %error, "the API document cannot be read");
        Document::default()
    });
    document.paths
});

/// The methods of a path, of every route that it matches; empty when there is no such path.
pub(crate) fn methods(path: &str) -> BTreeSet<&'static str> {
    let matching = PATHS.iter().filter(|(template, _)| matches(template, path));
    matching.flat_map(|(_, item)| item.methods()).collect()
}

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
