//! Agents: what an interviewer says, in which language, and in which version.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

use super::InterviewType;
use super::ids::AgentGroupId;
use super::phrases::LANGUAGES;
use super::template;
use crate::reader::{At, Reader, text, word};

/// Agent groups a tenant may have, deleted ones included.
pub const MAX_AGENTS: usize = 200;
/// Longest text of an agent, in characters.
pub const MAX_PROMPT: usize = 20_000;
const MAX_NAME: usize = 200;
const MAX_DESCRIPTION: usize = 1_000;

/// Variables that Hark fills in itself, and what with.
pub const SYSTEM_VARIABLES: &[(&str, &str)] = &[
    ("expert_name", "The expert's full name"),
    ("expert_current_role", "The expert's job title"),
    ("expert_employment_history", "Where the expert worked, as what"),
    ("client_name", "The name of the account"),
    ("call_subject", "What the interview is about"),
    ("questions_list", "The questions, one a line"),
];

/// What a caller configures. It holds for the phone and the web agent of a group.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentConfiguration {
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// The interviews it is for.
    pub interview_type: InterviewType,
    /// The language of what it says by itself; one of [`LANGUAGES`].
    pub language: String,
    /// What it greets the expert with. Variables stand between double braces.
    pub prompt: String,
    /// What it says after the last answer; the language's own words if missing.
    pub closing: Option<String>,
}

/// An agent group as it is now.
#[derive(Clone, PartialEq, Eq)]
pub struct Agent {
    /// Its id.
    pub group: AgentGroupId,
    /// What it says.
    pub configuration: AgentConfiguration,
    /// Rises by one with every change; 1 at first.
    pub version: u32,
    /// `false` once it is deleted: it conducts no new interview.
    pub is_active: bool,
    /// Every tenant has it and none can change it.
    pub is_system: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its newest version was made.
    pub updated_at: Timestamp,
}

/// A version in an agent's history.
#[derive(Clone, PartialEq, Eq)]
pub struct AgentVersion {
    /// Its number.
    pub version: u32,
    /// What the agent said then.
    pub configuration: AgentConfiguration,
    /// When it was made.
    pub created_at: Timestamp,
}

redacted!(AgentConfiguration, Agent, AgentVersion);

impl AgentConfiguration {
    /// Names of the variables in what it says.
    pub fn variables(&self) -> BTreeSet<&str> {
        let mut names = template::variables(&self.prompt);
        names.extend(self.closing.as_deref().map(template::variables).unwrap_or_default());
        names
    }
}

impl Agent {
    /// Names of the variables in what it says.
    pub fn variables(&self) -> BTreeSet<&str> {
        self.configuration.variables()
    }

    /// The agent that every tenant has for a type of interview.
    pub fn system(interview_type: InterviewType) -> Self {
        let (number, name, prompt) = match interview_type {
            InterviewType::Full => (
                1,
                "Full interview",
                "Hello {{expert_name}}, thank you for taking the time. This interview is about {{call_subject}}. \
                 I will ask you one question at a time; please answer in as much detail as you like.",
            ),
            InterviewType::Vetting => (
                2,
                "Vetting interview",
                "Hello {{expert_name}}, thank you for your time. These are a few short questions about {{call_subject}} \
                 and your experience as {{expert_current_role}}.",
            ),
        };
        Self {
            group: AgentGroupId::fixed(number),
            configuration: AgentConfiguration {
                name: name.to_owned(),
                description: None,
                interview_type,
                language: "en".to_owned(),
                prompt: prompt.to_owned(),
                closing: None,
            },
            version: 1,
            is_active: true,
            is_system: true,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    /// The agents that every tenant has.
    pub fn systems() -> [Self; 2] {
        [Self::system(InterviewType::Full), Self::system(InterviewType::Vetting)]
    }
}

/// Fields of an agent's body.
pub const FIELDS: &[&str] = &["name", "description", "interviewType", "language", "prompt", "closing"];

/// Reads an agent: a new one, or a change of `before`, whose fields stay where the body has none. An agent's type never changes.
pub fn read(value: Value, reader: &mut Reader, before: Option<&AgentConfiguration>) -> Option<AgentConfiguration> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let label = |value, at: &At<'_>, reader: &mut Reader| text(value, at, reader, 1, MAX_NAME);
    let prompt = |value, at: &At<'_>, reader: &mut Reader| text(value, at, reader, 1, MAX_PROMPT);
    let kind = |value: Value, at: &At<'_>, reader: &mut Reader| {
        word(&value, at, reader, InterviewType::parse, InterviewType::WORDS)
    };
    let language = |value: Value, at: &At<'_>, reader: &mut Reader| {
        let known = |text: &str| LANGUAGES.contains(&text).then(|| text.to_owned());
        word(&value, at, reader, known, LANGUAGES)
    };
    let closing_removed = map.get("closing").is_some_and(Value::is_null);
    let description =
        reader.optional(&mut map, at, "description", |value, at, reader| text(value, at, reader, 0, MAX_DESCRIPTION));
    let closing = reader.optional(&mut map, at, "closing", prompt);
    let read_language = reader.optional(&mut map, at, "language", language);
    let (name, interview_type, text) = match before {
        None => (
            reader.required(&mut map, at, "name", label),
            reader.required(&mut map, at, "interviewType", kind),
            reader.required(&mut map, at, "prompt", prompt),
        ),
        Some(before) => {
            let asked = reader.optional(&mut map, at, "interviewType", kind);
            if asked.is_some_and(|asked| asked != before.interview_type) {
                reader.fault(&at.field("interviewType"), "cannot be changed; make another agent");
            }
            (
                reader.optional(&mut map, at, "name", label).or_else(|| Some(before.name.clone())),
                Some(before.interview_type),
                reader.optional(&mut map, at, "prompt", prompt).or_else(|| Some(before.prompt.clone())),
            )
        }
    };
    reader.leftovers(at, &map, FIELDS);
    let kept = |field: fn(&AgentConfiguration) -> &Option<String>| before.and_then(|before| field(before).clone());
    Some(AgentConfiguration {
        name: name?,
        description: description.or_else(|| kept(|before| &before.description)),
        interview_type: interview_type?,
        language: read_language
            .unwrap_or_else(|| before.map_or_else(|| "en".to_owned(), |before| before.language.clone())),
        prompt: text?,
        closing: if closing_removed { None } else { closing.or_else(|| kept(|before| &before.closing)) },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read_new(body: Value) -> (Option<AgentConfiguration>, Vec<String>) {
        let mut reader = Reader::new(Timestamp::UNIX_EPOCH);
        let agent = read(body, &mut reader, None);
        (agent, reader.take_faults().into_iter().map(|fault| fault.pointer).collect())
    }

    #[test]
    fn every_language_of_the_seed_and_no_other() {
        let seed = "en, es, fr, de, it, pt, pl, hi, zh, ko, ru, nl, tr, sv, id, fil, ja, uk, el, cs, fi, ro, da, bg, ms, sk, hr, ar, ta, vi, hu, no";
        let seed: Vec<&str> = seed.split(", ").collect();
        assert_eq!(LANGUAGES, seed);
        for language in seed {
            let body = json!({"name": "A", "interviewType": "FULL_INTERVIEW", "prompt": "Hi", "language": language});
            assert_eq!(read_new(body).0.unwrap().language, language);
        }
        let body = json!({"name": "A", "interviewType": "FULL_INTERVIEW", "prompt": "Hi", "language": "tlh"});
        assert_eq!(read_new(body).1, ["/language"]);
    }

    #[test]
    fn every_fault_is_named() {
        let (_, faults) =
            read_new(json!({"description": 1, "interviewType": "FULL", "language": 3, "closing": "", "promt": "x"}));
        assert_eq!(faults, ["/description", "/closing", "/language", "/name", "/interviewType", "/prompt", "/promt"]);
        let long = "x".repeat(MAX_PROMPT + 1);
        assert_eq!(read_new(json!({"name": "A", "interviewType": "VETTING_INTERVIEW", "prompt": long})).1, ["/prompt"]);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before =
            read_new(json!({"name": "A", "interviewType": "FULL_INTERVIEW", "prompt": "Hi", "closing": "Bye"}))
                .0
                .unwrap();
        let change = |body: Value| {
            let mut reader = Reader::new(Timestamp::UNIX_EPOCH);
            read(body, &mut reader, Some(&before)).filter(|_| reader.is_clean())
        };
        assert_eq!(change(json!({})), Some(before.clone()));
        let renamed = change(json!({"name": "B", "closing": null})).unwrap();
        assert_eq!((renamed.name.as_str(), renamed.prompt.as_str(), renamed.closing), ("B", "Hi", None));
        assert_eq!(change(json!({"interviewType": "VETTING_INTERVIEW"})), None);
    }

    #[test]
    fn system_agents_use_system_variables_only() {
        for agent in Agent::systems() {
            assert!(!agent.variables().is_empty());
            assert!(agent.variables().iter().all(|name| super::super::variable::is_system(name)));
        }
        assert_ne!(Agent::systems()[0].group, Agent::systems()[1].group);
    }
}
