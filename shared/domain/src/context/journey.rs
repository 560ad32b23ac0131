//! The steps of a customer's journey, by which engagement is measured.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Event, EventKind, EventType};
use crate::fault::Fault;

/// Most steps of a journey.
pub const MAX_STEPS: usize = 20;
/// Most patterns of a step.
pub const MAX_PATTERNS: usize = 50;
/// Longest name or pattern, in characters.
pub const MAX_NAME: usize = 100;
/// Largest weight of a step.
pub const MAX_WEIGHT: u32 = 1_000;

/// A step. It is reached by a page whose path matches one of `paths`, or by an event of one of `events`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct JourneyStep {
    /// Its name, unique within the journey.
    pub name: String,
    /// How much of the journey it is, 1–1000; the share counts.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 1000)]
    pub weight: u32,
    /// Patterns of paths: what stands behind the host, without query and fragment, upper and lower case alike; `*` stands for any text.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Events that reach it wherever they happen.
    #[serde(default)]
    pub events: Vec<EventType>,
}

fn one() -> u32 {
    1
}

impl JourneyStep {
    /// Whether the event reaches the step.
    pub fn is_reached_by(&self, event: &Event) -> bool {
        if self.events.contains(&event.kind.event_type()) {
            return true;
        }
        let EventKind::PageView(view) = &event.kind else { return false };
        let path = path(&view.page.url).to_lowercase();
        self.paths.iter().any(|pattern| matches(&pattern.to_lowercase(), &path))
    }
}

/// The journey of a tenant that has not described its own: that of a shop, by the addresses that shops commonly have.
pub fn default_journey() -> Vec<JourneyStep> {
    let step = |name: &str, paths: &[&str], events: &[EventType]| JourneyStep {
        name: name.to_owned(),
        weight: 1,
        paths: paths.iter().map(|path| (*path).to_owned()).collect(),
        events: events.to_vec(),
    };
    vec![
        // Whoever sees any page has landed.
        step("landing", &["*"], &[]),
        step("browse", &["*/categor*", "*/collection*", "*/catalog*", "*/search*", "*/shop*", "/c/*"], &[]),
        step("product", &["*/product/*", "*/products/*", "*/item/*", "*/p/*", "*/dp/*"], &[]),
        step("cart", &["*/cart*", "*/basket*", "*/bag"], &[]),
        step("checkout", &["*/checkout*"], &[]),
        step("thank_you", &["*/thank-you*", "*/thank_you*", "*/thankyou*", "*/order-confirm*"], &[EventType::Purchase]),
    ]
}

/// Everything wrong with a journey.
pub fn faults(steps: &[JourneyStep]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if !(1..=MAX_STEPS).contains(&steps.len()) {
        faults.push(Fault::new("/journey", format!("must have 1–{MAX_STEPS} steps")));
    }
    for (i, step) in steps.iter().enumerate() {
        let at = format!("/journey/{i}");
        let named = |text: &str| !text.trim().is_empty() && text.chars().count() <= MAX_NAME;
        if !named(&step.name) {
            faults.push(Fault::new(format!("{at}/name"), format!("must have 1–{MAX_NAME} characters")));
        }
        if steps.iter().take(i).any(|other| other.name == step.name) {
            faults.push(Fault::new(format!("{at}/name"), "is the name of an earlier step"));
        }
        if !(1..=MAX_WEIGHT).contains(&step.weight) {
            faults.push(Fault::new(format!("{at}/weight"), format!("must be between 1 and {MAX_WEIGHT}")));
        }
        if step.paths.is_empty() && step.events.is_empty() {
            faults.push(Fault::new(&at, "needs paths or events: nothing could reach it"));
        }
        if step.paths.len() > MAX_PATTERNS {
            faults.push(Fault::new(format!("{at}/paths"), format!("has more than {MAX_PATTERNS} patterns")));
        }
        for (j, pattern) in step.paths.iter().enumerate() {
            if !named(pattern) || !pattern.starts_with(['/', '*']) {
                let detail = format!("must have 1–{MAX_NAME} characters and begin with / or *");
                faults.push(Fault::new(format!("{at}/paths/{j}"), detail));
            }
        }
    }
    faults
}

/// The path of an address; `/` where it has none.
fn path(url: &str) -> &str {
    let rest =
        url.split_once("://").map_or(url, |(_, rest)| rest.find('/').and_then(|at| rest.get(at..)).unwrap_or("/"));
    rest.split(['?', '#']).next().filter(|path| !path.is_empty()).unwrap_or("/")
}

/// Whether the text matches the pattern, in which `*` stands for any text. Greedy from left to right, which is right for `*` alone.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some((_, behind)) = rest.split_once(part) else { return false };
        rest = behind;
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_paths() {
        for (pattern, text, expected) in [
            ("*", "/", true),
            ("/cart*", "/cart/1", true),
            ("/cart*", "/my/cart", false),
            ("*/product/*", "/en/product/1", true),
            ("*/product/*", "/product/", true),
            ("*/product/*", "/products/1", false),
            ("/a*b*a", "/ab_a", true),
            ("/a*a", "/a", false),
            ("/bag", "/bag", true),
            ("/bag", "/bags", false),
        ] {
            assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn paths_are_what_stands_behind_the_host() {
        for (url, expected) in [
            ("https://store.com/a/b?c=/d#e", "/a/b"),
            ("https://store.com", "/"),
            ("https://store.com?x=1", "/"),
            ("/a?b", "/a"),
            ("app://x/product/1", "/product/1"),
        ] {
            assert_eq!(path(url), expected, "{url}");
        }
    }

    #[test]
    fn the_default_journey_is_valid_and_faults_are_named() {
        assert_eq!(faults(&default_journey()), []);
        let mut steps = default_journey();
        steps[1].name = "landing".into();
        steps[2] = JourneyStep { name: String::new(), weight: 0, paths: vec!["x".into()], events: vec![] };
        steps[3].paths.clear();
        let pointers: Vec<String> = faults(&steps).into_iter().map(|fault| fault.pointer).collect();
        assert_eq!(
            pointers,
            ["/journey/1/name", "/journey/2/name", "/journey/2/weight", "/journey/2/paths/0", "/journey/3"]
        );
        assert_eq!(faults(&[])[0].pointer, "/journey");
    }
}
