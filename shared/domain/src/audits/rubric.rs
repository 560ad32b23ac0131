//! What an audit checks: a named, versioned set of checks. Tenants write their own in their settings; three are ready made.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{AgentKind, Severity};
use crate::conversation::{Status, words};
use crate::fault::Fault;
use crate::redaction::PersonalData;

/// Most rubrics of a tenant, all versions counted.
pub const MAX_RUBRICS: usize = 20;
/// Most checks of a rubric.
pub const MAX_CHECKS: usize = 50;
/// Most phrases of one list.
pub const MAX_PHRASES: usize = 200;
/// Longest phrase, in characters.
pub const MAX_PHRASE: usize = 200;
/// Most words of a phrase, its gaps counted.
pub const MAX_PHRASE_WORDS: usize = 16;
/// Longest title, description or limit, in characters.
pub const MAX_TEXT: usize = 500;
/// Longest name of a rubric or a check, in characters.
pub const MAX_NAME: usize = 64;
/// Names of the ready rubrics, which no tenant's own may have.
pub const READY: &[&str] = &["general_support", "payments_pci", "privacy_gdpr"];
/// The gap in a phrase.
pub const GAP: &str = "..";

/// A rubric. Once an audit used a version, the audit keeps its own copy: editing a rubric never changes an audit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Rubric {
    /// 1–64 of `a-z 0-9 _ -`.
    #[schema(example = "card_handling")]
    pub name: String,
    /// From 1; another set of checks under the same name needs another version.
    #[schema(minimum = 1)]
    pub version: u32,
    /// What people call it.
    pub title: String,
    /// The language its phrases are in, as ISO 639-1. A conversation in another language passes over the checks that read text.
    #[serde(default = "english")]
    #[schema(example = "en")]
    pub language: String,
    /// 1–50 checks.
    #[schema(min_items = 1, max_items = 50)]
    pub checks: Vec<Check>,
}

fn english() -> String {
    "en".to_owned()
}

/// One check.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// 1–64 of `a-z 0-9 _ -`, unique within the rubric.
    pub name: String,
    /// What people call it.
    pub title: String,
    /// What it counts in a score, above 0 and at most 100.
    #[schema(exclusive_minimum = 0, maximum = 100)]
    pub weight: f64,
    /// How bad a failure is.
    pub severity: Severity,
    /// Which conversations it is about; all if missing.
    #[serde(default, skip_serializing_if = "Applies::is_everything")]
    pub applies: Applies,
    /// How it is judged.
    pub rule: Rule,
    /// What it can and cannot see, for whoever reads the audit.
    #[serde(default)]
    pub limits: String,
}

/// Which conversations a check is about: every list that is not empty must hold the conversation's value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Applies {
    /// Channels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub channel_types: Vec<String>,
    /// States in the caller's system.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<Status>,
    /// The caller's labels.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<String>,
    /// A person or a bot answered.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub participants: Vec<AgentKind>,
}

impl Applies {
    fn is_everything(&self) -> bool {
        *self == Self::default()
    }
}

words! {
    /// Whose messages are looked at. Private notes, notices of the system and autoresponders never are.
    Role {
        /// The customer.
        Customer => "customer",
        /// People of the support team.
        Agent => "agent",
        /// Bots.
        Bot => "bot",
        /// People and bots of the support team.
        Team => "team",
        /// Everybody.
        Anyone => "anyone",
    }
}

/// Words to look for. A phrase is words parted by spaces: `a|b` is either word, `verif*` any word that begins so, `..` up to four
/// words, `#` a number. Capitals do not matter. A phrase is found within one sentence, and not where it is denied ("I cannot
/// guarantee") or quoted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Cue {
    /// Who says it.
    pub by: Role,
    /// Any of these.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub phrases: Vec<String>,
    /// Or personal data of these kinds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<PersonalData>,
}

#[expect(clippy::derivable_impls, reason = "the macro that makes the words derives no default")]
impl Default for Role {
    fn default() -> Self {
        Self::Team
    }
}

words! {
    /// Where the second cue of a process must stand.
    Order {
        /// Before the first.
        Before => "before",
        /// After it, or in the same message.
        After => "after",
        /// Anywhere.
        Anywhere => "anywhere",
    }
}

words! {
    /// What must be in time.
    Measure {
        /// The first answer of a person.
        FirstResponse => "first_response",
        /// Something that the team promised to do.
        FollowUp => "follow_up",
    }
}

words! {
    /// How a conversation must have ended.
    Expected {
        /// Closed conversations: the customer confirmed, or the team asked whether the matter is settled.
        ResolutionConfirmed => "resolution_confirmed",
        /// The customer's last message was answered.
        Answered => "answered",
    }
}

/// How a check is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// It must be said. Applies where the role spoke.
    Said {
        /// What.
        cue: Cue,
    },
    /// It must not be said. Applies where the role spoke.
    NotSaid {
        /// What.
        cue: Cue,
        /// Personal data count only where the customer gave them before: the check is about repeating them.
        #[serde(default)]
        repeated: bool,
    },
    /// Where the first was said, the second must be said too. Applies where the first was said.
    Process {
        /// What makes it due.
        when: Cue,
        /// What is due.
        then: Cue,
        /// Where it must stand.
        order: Order,
    },
    /// It must be in time. Applies where there is a target, and something to be measured.
    Timely {
        /// What.
        measure: Measure,
        /// Minutes; the tenant's or the conversation's own target if missing. Not for `follow_up`.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        within_minutes: Option<u32>,
        /// Count the tenant's business hours only.
        #[serde(default)]
        business_hours: bool,
    },
    /// How it ended. Applies to closed conversations, or to those in which the customer wrote.
    Outcome {
        /// How it must have ended.
        expected: Expected,
    },
}

/// Whether a name is one of a rubric or a check.
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

impl Rubric {
    /// Everything wrong with the rubric, by JSON pointer below `at`.
    pub fn faults(&self, at: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |place: String, detail: &str| faults.push(Fault::new(format!("{at}{place}"), detail));
        if !is_name(&self.name) {
            fault("/name".into(), "must be 1–64 of a-z, 0-9, _ and -");
        }
        if self.version == 0 {
            fault("/version".into(), "must be a whole number from 1");
        }
        if self.title.trim().is_empty() || self.title.chars().count() > MAX_TEXT {
            fault("/title".into(), "must have 1–500 characters");
        }
        let two_letters = self.language.len() == 2 && self.language.bytes().all(|b| b.is_ascii_lowercase());
        if !two_letters {
            fault("/language".into(), "must be an ISO 639-1 code, like en");
        }
        if self.checks.is_empty() {
            fault("/checks".into(), "is empty: a rubric needs a check");
        }
        if self.checks.len() > MAX_CHECKS {
            fault("/checks".into(), "has more than 50 checks");
        }
        let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
        for (i, check) in self.checks.iter().enumerate() {
            if !is_name(&check.name) {
                fault(format!("/checks/{i}/name"), "must be 1–64 of a-z, 0-9, _ and -");
            }
            if let Some(first) = seen.insert(&check.name, i) {
                fault(format!("/checks/{i}/name"), &format!("repeats /checks/{first}"));
            }
            if check.title.trim().is_empty() || check.title.chars().count() > MAX_TEXT {
                fault(format!("/checks/{i}/title"), "must have 1–500 characters");
            }
            if check.limits.chars().count() > MAX_TEXT {
                fault(format!("/checks/{i}/limits"), "must have at most 500 characters");
            }
            if !check.weight.is_finite() || check.weight <= 0.0 || check.weight > 100.0 {
                fault(format!("/checks/{i}/weight"), "must be above 0 and at most 100");
            }
            if check.applies.channel_types.len() + check.applies.tags.len() > MAX_PHRASES {
                fault(format!("/checks/{i}/applies"), "has more than 200 values");
            }
            for (place, cue) in check.rule.cues() {
                let place = format!("/checks/{i}/rule/{place}");
                if cue.phrases.is_empty() && cue.data.is_empty() {
                    fault(place.clone(), "needs phrases or data to look for");
                }
                if cue.phrases.len() > MAX_PHRASES {
                    fault(format!("{place}/phrases"), "has more than 200 phrases");
                }
                for (j, phrase) in cue.phrases.iter().enumerate() {
                    if let Some(detail) = phrase_fault(phrase) {
                        fault(format!("{place}/phrases/{j}"), detail);
                    }
                }
            }
            match &check.rule {
                Rule::Timely { measure: Measure::FollowUp, within_minutes: Some(_), .. } => {
                    fault(
                        format!("/checks/{i}/rule/within_minutes"),
                        "does not go with follow_up: a promise says its own time",
                    );
                }
                Rule::Timely { within_minutes: Some(0), .. } => {
                    fault(format!("/checks/{i}/rule/within_minutes"), "must be a whole number from 1");
                }
                Rule::NotSaid { cue, repeated: true } if cue.data.is_empty() => {
                    fault(format!("/checks/{i}/rule/repeated"), "is about personal data: name some in data");
                }
                _ => {}
            }
        }
        faults
    }

    /// Name and version as one word.
    pub fn label(&self) -> String {
        format!("{} v{}", self.name, self.version)
    }
}

impl Rule {
    /// The cues of the rule, with their places in it.
    pub fn cues(&self) -> Vec<(&'static str, &Cue)> {
        match self {
            Self::Said { cue } | Self::NotSaid { cue, .. } => vec![("cue", cue)],
            Self::Process { when, then, .. } => vec![("when", when), ("then", then)],
            Self::Timely { .. } | Self::Outcome { .. } => Vec::new(),
        }
    }

    /// Whether it reads text, which it can do in the rubric's language only.
    pub fn reads_text(&self) -> bool {
        self.cues().iter().any(|(_, cue)| !cue.phrases.is_empty())
    }

    /// The kind as written.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Said { .. } => "said",
            Self::NotSaid { .. } => "not_said",
            Self::Process { .. } => "process",
            Self::Timely { .. } => "timely",
            Self::Outcome { .. } => "outcome",
        }
    }
}

/// What is wrong with a phrase. Phrases are no regular expressions: whoever writes one hears so, instead of a check that never finds
/// anything.
fn phrase_fault(phrase: &str) -> Option<&'static str> {
    let words: Vec<&str> = phrase.split_whitespace().collect();
    if words.is_empty() || phrase.chars().count() > MAX_PHRASE {
        return Some("must have 1–200 characters");
    }
    if words.len() > MAX_PHRASE_WORDS {
        return Some("has more than 16 words");
    }
    if phrase.contains(['[', ']', '(', ')', '{', '}', '^', '$', '+', '?', '\\']) || phrase.contains(".*") {
        return Some("is not a phrase: regular expressions are not understood; use words, a|b, begin* and ..");
    }
    if [words.first(), words.last()].contains(&Some(&GAP)) || words.windows(2).any(|pair| pair == [GAP, GAP]) {
        return Some("must not begin or end with .. nor have two in a row");
    }
    let is_word = |word: &str| {
        let stem = word.strip_suffix('*').unwrap_or(word);
        word == "#"
            || (stem.chars().any(char::is_alphanumeric)
                && !stem.contains('*')
                && (stem.len() == word.len() || stem.len() >= 3))
    };
    if words.iter().filter(|word| **word != GAP).any(|word| !word.split('|').all(is_word)) {
        return Some("must be words; * ends a word of three letters or more, | stands between words without spaces");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rubric(rule: Rule) -> Rubric {
        let check = Check {
            name: "one".into(),
            title: "One".into(),
            weight: 1.0,
            severity: Severity::Low,
            applies: Applies::default(),
            rule,
            limits: String::new(),
        };
        Rubric { name: "own".into(), version: 1, title: "Own".into(), language: "en".into(), checks: vec![check] }
    }

    fn said(phrase: &str) -> Rule {
        Rule::Said { cue: Cue { by: Role::Team, phrases: vec![phrase.into()], data: vec![] } }
    }

    #[test]
    fn phrases_are_no_regular_expressions() {
        for bad in [
            "",
            "   ",
            "(a|b) c",
            "refund.*now",
            r"\d{4}",
            "^hi",
            "are you sure?",
            ".. end",
            "a .. .. b",
            "ab*",
            "a*b",
            "||",
            &"w ".repeat(17),
        ] {
            assert_eq!(rubric(said(bad)).faults("").len(), 1, "{bad}");
        }
        for good in ["hello", "verif* .. identity", "i'll|we'll call you", "within # days", "e-mail", "100%"] {
            assert_eq!(rubric(said(good)).faults(""), [], "{good}");
        }
    }

    #[test]
    fn every_fault_is_named_by_its_place() {
        let mut wrong = rubric(Rule::NotSaid { cue: Cue::default(), repeated: true });
        wrong.checks.push(Check { weight: f64::NAN, ..wrong.checks[0].clone() });
        wrong.version = 0;
        let places: Vec<String> = wrong.faults("/rubrics/2").into_iter().map(|fault| fault.pointer).collect();
        for place in ["/version", "/checks/0/rule/cue", "/checks/0/rule/repeated", "/checks/1/name", "/checks/1/weight"]
        {
            assert!(places.contains(&format!("/rubrics/2{place}")), "{place} not in {places:?}");
        }
        wrong.checks.clear();
        assert!(wrong.faults("").iter().any(|fault| fault.pointer == "/checks"));
    }

    #[test]
    fn a_rubric_round_trips_as_json() {
        let rubric = rubric(Rule::Process {
            when: Cue { by: Role::Customer, phrases: vec!["manager".into()], data: vec![PersonalData::CardNumber] },
            then: Cue { by: Role::Team, phrases: vec!["transfer".into()], data: vec![] },
            order: Order::After,
        });
        let json = serde_json::to_string(&rubric).unwrap();
        assert_eq!(serde_json::from_str::<Rubric>(&json).unwrap(), rubric);
        assert!(serde_json::from_str::<Rubric>(&json.replace("\"order\"", "\"ordr\"")).is_err());
    }
}
