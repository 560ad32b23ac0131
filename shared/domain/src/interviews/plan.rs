//! The plan of an interview: what a caller says of it, with every bound.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::agent::Agent;
use super::ids::AgentGroupId;
use super::variable::{MAX_VARIABLES, Variable, is_system, value_text};
use super::{InterviewStatus, InterviewType};
use crate::fault::looks_like_typo_of;
use crate::reader::{At, Reader, any_time, text, word};
use crate::webhooks::notification::MAX_NOTIFICATIONS;
use crate::webhooks::{Network, Notification};

/// Questions of an interview.
pub const MAX_QUESTIONS: usize = 100;
/// Longest question, in characters.
pub const MAX_QUESTION: usize = 1_000;
/// Longest title and subject, in characters.
pub const MAX_TITLE: usize = 500;
const MAX_EMPLOYMENTS: usize = 50;
const MAX_NAME: usize = 200;

/// What is to be asked, and whom.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Kind of interview.
    pub interview_type: InterviewType,
    /// Its title.
    pub title: String,
    /// What it is about.
    pub call_subject: String,
    /// Questions in their order; 1–[`MAX_QUESTIONS`].
    pub questions: Vec<String>,
    /// Who is asked.
    pub expert: Expert,
    /// When it takes place.
    pub scheduled_at: Option<Timestamp>,
    /// The status that the caller stated; only `NOT_SCHEDULED` or `SCHEDULED`.
    pub stated_status: Option<InterviewStatus>,
    /// The agent that conducts it; the default for its type if none.
    pub agent_group: Option<AgentGroupId>,
    /// Values of the tenant's variables.
    pub custom_variables: BTreeMap<String, String>,
}

/// Who is asked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expert {
    /// Full name.
    pub name: String,
    /// Job title.
    pub title: String,
    /// Where the expert worked; at least one.
    pub employment_history: Vec<Employment>,
}

/// A position that the expert held.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Employment {
    /// Job title.
    pub title: String,
    /// Company.
    pub company: String,
}

impl fmt::Debug for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Plan").field("questions", &self.questions.len()).finish_non_exhaustive()
    }
}

impl fmt::Debug for Expert {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Expert(…)")
    }
}

impl fmt::Debug for Employment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Employment(…)")
    }
}

impl Plan {
    /// The status of an interview that does not take place now.
    pub fn status(&self) -> InterviewStatus {
        InterviewStatus::planned(self.stated_status, self.scheduled_at)
    }

    /// The value of a variable in the agent's texts. `client` is the tenant's name.
    pub fn value(&self, name: &str, client: &str, variables: &[Variable]) -> Option<String> {
        let lines = |items: Vec<String>| Some(items.join("\n"));
        match name {
            "expert_name" => Some(self.expert.name.clone()),
            "expert_current_role" => Some(self.expert.title.clone()),
            "expert_employment_history" => {
                let jobs = &self.expert.employment_history;
                lines(jobs.iter().map(|job| format!("{}, {}", job.title, job.company)).collect())
            }
            "client_name" => Some(client.to_owned()),
            "call_subject" => Some(self.call_subject.clone()),
            "questions_list" => lines(self.questions.clone()),
            name => {
                let default = || variables.iter().find(|variable| variable.name == name)?.default_value.clone();
                self.custom_variables.get(name).cloned().or_else(default)
            }
        }
    }
}

/// What a plan may refer to.
#[derive(Clone, Copy, Debug)]
pub struct Catalog<'a> {
    /// The tenant's variables.
    pub variables: &'a [Variable],
    /// The tenant's agents, those of all tenants included.
    pub agents: &'a [Agent],
    /// Which addresses may be notified.
    pub network: Network,
}

/// What a body says of a plan.
#[derive(Debug)]
pub struct Draft {
    /// The plan.
    pub plan: Plan,
    /// Who is told when the interview completes; `None` when the body does not say. Their hosts are still to be looked up.
    pub notifications: Option<Vec<Notification>>,
}

/// Fields of an interview's body.
pub const FIELDS: &[&str] = &[
    "interviewType",
    "title",
    "callSubject",
    "questions",
    "expertData",
    "scheduledAt",
    "status",
    "agentGroupId",
    "customVariables",
    "notifications",
];
const EXPERT_FIELDS: &[&str] = &["name", "title", "employmentHistory"];
const EMPLOYMENT_FIELDS: &[&str] = &["title", "company"];
const STATED: &[&str] = &["NOT_SCHEDULED", "SCHEDULED"];

/// Reads a plan: a whole one, or with `before` a change of it, whose fields stay where the body has none.
///
/// `missing` is set when required variables have no value, which the seed answers with a code of its own.
pub fn read(
    value: Value,
    reader: &mut Reader,
    before: Option<&Plan>,
    catalog: Catalog<'_>,
    missing: &mut bool,
) -> Option<Draft> {
    let mut body = PlanReader { map: reader.object(value, &At::ROOT)?, reader };
    let interview_type = body.field("interviewType", before.map(|plan| plan.interview_type), |value, at, reader| {
        word(&value, at, reader, InterviewType::parse, InterviewType::WORDS)
    });
    let title = body.field("title", before.map(|plan| plan.title.clone()), |v, at, r| filled(v, at, r, MAX_TITLE));
    let call_subject =
        body.field("callSubject", before.map(|plan| plan.call_subject.clone()), |v, at, r| filled(v, at, r, MAX_TITLE));
    let questions = body.field("questions", before.map(|plan| plan.questions.clone()), questions);
    let expert = body.field("expertData", before.map(|plan| plan.expert.clone()), expert);
    let scheduled_at = body.clearable("scheduledAt", before.and_then(|plan| plan.scheduled_at), any_time);
    // A new time without a status means: derive it again.
    let stated_before = before.filter(|plan| plan.scheduled_at == scheduled_at).and_then(|plan| plan.stated_status);
    let stated_status = body.clearable("status", stated_before, |value, at, reader| {
        let parse = |text: &str| InterviewStatus::parse(text).filter(|status| status.is_open());
        word(&value, at, reader, parse, STATED)
    });
    let agent_group = body.clearable("agentGroupId", before.and_then(|plan| plan.agent_group), |v, at, reader| {
        agent_group(&v, at, reader, catalog.agents)
    });
    let given = body.clearable("customVariables", before.map(|plan| plan.custom_variables.clone()), |v, at, reader| {
        Some(custom_variables(v, at, reader, catalog.variables))
    });
    let notifications = body.clearable("notifications", None, |value, at, reader| {
        let read = |value, at: &At<'_>, reader: &mut Reader| Notification::read(value, at, reader, catalog.network);
        Some(reader.items(value, at, MAX_NOTIFICATIONS, read).into_iter().map(|(_, one)| one).collect())
    });
    let PlanReader { map, reader } = body;
    reader.leftovers(&At::ROOT, &map, FIELDS);

    let custom_variables = given.unwrap_or_default();
    let at = At::ROOT.field("customVariables");
    for variable in catalog.variables.iter().filter(|variable| variable.is_required) {
        if custom_variables.get(&variable.name).is_none_or(|value| value.trim().is_empty()) {
            reader.fault(&at.field(&variable.name), "is required");
            *missing = true;
        }
    }
    if let (Some(group), Some(kind)) = (agent_group, interview_type)
        && catalog.agents.iter().any(|agent| agent.group == group && agent.configuration.interview_type != kind)
    {
        reader.fault(&At::ROOT.field("agentGroupId"), "is an agent for interviews of another type");
    }
    let plan = Plan {
        interview_type: interview_type?,
        title: title?,
        call_subject: call_subject?,
        questions: questions?,
        expert: expert?,
        scheduled_at,
        stated_status,
        agent_group,
        custom_variables,
    };
    Some(Draft { plan, notifications })
}

struct PlanReader<'a> {
    map: Map<String, Value>,
    reader: &'a mut Reader,
}

impl PlanReader<'_> {
    /// A field that must be there, unless there is a plan whose value stays.
    fn field<T>(
        &mut self,
        name: &str,
        before: Option<T>,
        read: impl FnOnce(Value, &At<'_>, &mut Reader) -> Option<T>,
    ) -> Option<T> {
        match before {
            None => self.reader.required(&mut self.map, &At::ROOT, name, read),
            Some(before) => match self.map.remove(name) {
                None => Some(before),
                Some(Value::Null) => self.reader.some(None, &At::ROOT.field(name), "is required"),
                Some(value) => read(value, &At::ROOT.field(name), self.reader),
            },
        }
    }

    /// A field that may be missing, and that `null` clears.
    fn clearable<T>(
        &mut self,
        name: &str,
        before: Option<T>,
        read: impl FnOnce(Value, &At<'_>, &mut Reader) -> Option<T>,
    ) -> Option<T> {
        match self.map.remove(name) {
            None => before,
            Some(Value::Null) => None,
            Some(value) => read(value, &At::ROOT.field(name), self.reader),
        }
    }
}

/// A text that says something.
fn filled(value: Value, at: &At<'_>, reader: &mut Reader, most: usize) -> Option<String> {
    let text = text(value, at, reader, 1, most)?;
    if text.trim().is_empty() { reader.some(None, at, "must not be blank") } else { Some(text) }
}

fn name(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    filled(value, at, reader, MAX_NAME)
}

/// At least one question; `None` when any is not valid.
fn questions(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Vec<String>> {
    list(value, at, reader, MAX_QUESTIONS, "must hold at least one question", |value, at, reader| {
        filled(value, at, reader, MAX_QUESTION)
    })
}

fn list<T>(
    value: Value,
    at: &At<'_>,
    reader: &mut Reader,
    most: usize,
    empty: &str,
    read: impl Fn(Value, &At<'_>, &mut Reader) -> Option<T>,
) -> Option<Vec<T>> {
    let wanted = value.as_array().map_or(0, Vec::len);
    if value.is_array() && wanted == 0 {
        return reader.some(None, at, empty);
    }
    let items: Vec<T> = reader.items(value, at, most, read).into_iter().map(|(_, item)| item).collect();
    (items.len() == wanted).then_some(items)
}

fn expert(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Expert> {
    let mut map = reader.object(value, at)?;
    let full_name = reader.required(&mut map, at, "name", name);
    let title = reader.required(&mut map, at, "title", name);
    let history = reader.required(&mut map, at, "employmentHistory", |value, at, reader| {
        list(value, at, reader, MAX_EMPLOYMENTS, "must hold at least one entry", employment)
    });
    reader.leftovers(at, &map, EXPERT_FIELDS);
    Some(Expert { name: full_name?, title: title?, employment_history: history? })
}

fn employment(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Employment> {
    let mut map = reader.object(value, at)?;
    let title = reader.required(&mut map, at, "title", name);
    let company = reader.required(&mut map, at, "company", name);
    reader.leftovers(at, &map, EMPLOYMENT_FIELDS);
    Some(Employment { title: title?, company: company? })
}

fn agent_group(value: &Value, at: &At<'_>, reader: &mut Reader, agents: &[Agent]) -> Option<AgentGroupId> {
    let group = value.as_str().and_then(AgentGroupId::parse);
    let group = group.filter(|group| agents.iter().any(|agent| agent.group == *group && agent.is_active));
    reader.some(group, at, "is not an agentGroupId of GET /api/agents")
}

/// Values by name; names that are no variable's are refused when they look like one, else left out with a warning.
fn custom_variables(value: Value, at: &At<'_>, reader: &mut Reader, known: &[Variable]) -> BTreeMap<String, String> {
    let Some(map) = reader.object(value, at) else { return BTreeMap::new() };
    if map.len() > MAX_VARIABLES {
        reader.fault(at, format!("holds {} entries; at most {MAX_VARIABLES} are accepted", map.len()));
        return BTreeMap::new();
    }
    let names: Vec<&str> = known.iter().map(|variable| variable.name.as_str()).collect();
    let (kept, rest): (Map<_, _>, Map<_, _>) = map.into_iter().partition(|(name, _)| names.contains(&name.as_str()));
    for name in rest.keys().filter(|name| is_system(name) && looks_like_typo_of(name, &names).is_none()) {
        reader.fault(&at.field(name), "is filled in by Hark itself");
    }
    let rest: Map<String, Value> = rest.into_iter().filter(|(name, _)| !is_system(name)).collect();
    reader.leftovers(at, &rest, &names);
    let kept = kept.into_iter().filter(|(_, value)| !value.is_null());
    kept.filter_map(|(name, value)| Some((name.clone(), value_text(value, &at.field(&name), reader)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    fn body() -> Value {
        json!({
            "interviewType": "FULL_INTERVIEW", "title": "Pumps", "callSubject": "The market for pumps",
            "questions": ["How large is it?"],
            "expertData": {"name": "Ann Lee", "title": "Head of sales", "employmentHistory": [{"title": "Sales", "company": "Acme"}]},
        })
    }

    fn variable(name: &str, is_required: bool) -> Variable {
        Variable {
            name: name.to_owned(),
            display_name: name.to_owned(),
            description: None,
            is_required,
            default_value: Some("default".to_owned()),
            created_at: now(),
            updated_at: now(),
        }
    }

    fn read_with(value: Value, before: Option<&Plan>, variables: &[Variable]) -> (Option<Draft>, Vec<String>, bool) {
        let (mut reader, mut missing) = (Reader::new(now()), false);
        let agents = Agent::systems();
        let draft = read(
            value,
            &mut reader,
            before,
            Catalog { variables, agents: &agents, network: Network::Public },
            &mut missing,
        );
        (draft, reader.take_faults().into_iter().map(|fault| fault.pointer).collect(), missing)
    }

    #[track_caller]
    fn plan(value: Value) -> Plan {
        let (draft, faults, _) = read_with(value, None, &[]);
        assert!(faults.is_empty(), "{faults:?}");
        draft.unwrap().plan
    }

    fn with(pointer: &str, value: Value) -> Value {
        let mut body = body();
        let (parent, field) = pointer.rsplit_once('/').unwrap();
        match body.pointer_mut(parent).unwrap() {
            Value::Object(map) => {
                map.insert(field.to_owned(), value);
            }
            Value::Array(items) => items[field.parse::<usize>().unwrap()] = value,
            _ => panic!("{pointer}"),
        }
        body
    }

    #[test]
    fn the_status_is_stated_or_follows_from_the_time() {
        for (status, time, expected) in [
            (None, None, "NOT_SCHEDULED"),
            (None, Some("2026-12-01T10:00:00+01:00"), "SCHEDULED"),
            (Some("SCHEDULED"), None, "SCHEDULED"),
            (Some("NOT_SCHEDULED"), Some("2026-12-01T10:00:00Z"), "NOT_SCHEDULED"),
        ] {
            let mut body = body();
            if let Some(status) = status {
                body["status"] = json!(status);
            }
            if let Some(time) = time {
                body["scheduledAt"] = json!(time);
            }
            assert_eq!(plan(body).status().as_str(), expected);
        }
    }

    /// Each field wrong in turn: the fault names the field and nothing else.
    #[test]
    fn every_field_wrong_in_turn() {
        let long = |length: usize| json!("x".repeat(length));
        let text = |pointer: &'static str, most: usize| {
            [json!(null), json!(""), json!("  "), json!(7), json!([]), long(most + 1)]
                .map(|bad| (pointer, bad))
                .to_vec()
        };
        let mut cases = Vec::new();
        for (pointer, most) in [
            ("/title", 500),
            ("/callSubject", 500),
            ("/questions/0", 1000),
            ("/expertData/name", 200),
            ("/expertData/title", 200),
            ("/expertData/employmentHistory/0/title", 200),
            ("/expertData/employmentHistory/0/company", 200),
        ] {
            cases.extend(text(pointer, most));
        }
        for bad in [json!(null), json!("FULL"), json!("full_interview"), json!(1)] {
            cases.push(("/interviewType", bad));
        }
        for bad in [json!(null), json!([]), json!("one"), json!({}), json!(vec!["Why?"; 101]), json!(vec!["Why?"; 300])]
        {
            cases.push(("/questions", bad));
        }
        for bad in [json!(null), json!("Ann"), json!([])] {
            cases.push(("/expertData", bad));
        }
        for bad in [json!(null), json!([]), json!({})] {
            cases.push(("/expertData/employmentHistory", bad));
        }
        for bad in [json!("COMPLETED"), json!("IN_PROGRESS"), json!("scheduled"), json!(1)] {
            cases.push(("/status", bad));
        }
        for bad in [json!(1_767_225_600_000_i64), json!("tomorrow"), json!("2026-12-01"), json!("2026-12-01T10:00:00")]
        {
            cases.push(("/scheduledAt", bad));
        }
        for bad in [json!("x"), json!(1), json!("01234567-89ab-7fff-bfff-fffffffffffc")] {
            cases.push(("/agentGroupId", bad));
        }
        for bad in [json!("x"), json!([]), json!(1)] {
            cases.push(("/customVariables", bad));
        }
        for bad in [json!("x"), json!({}), json!(vec![json!({"endpoint": "https://hooks.acme.com"}); 11])] {
            cases.push(("/notifications", bad));
        }
        for (pointer, bad) in cases {
            let (draft, faults, missing) = read_with(with(pointer, bad.clone()), None, &[]);
            assert_eq!(faults, [pointer], "{bad}");
            assert!(!missing);
            drop(draft);
        }
        let (_, faults, _) = read_with(json!({}), None, &[]);
        assert_eq!(faults, ["/interviewType", "/title", "/callSubject", "/questions", "/expertData"]);
        let (_, faults, _) = read_with(json!([]), None, &[]);
        assert_eq!(faults, [""]);
        let (_, faults, _) = read_with(with("/expertData/nam", json!("x")), None, &[]);
        assert_eq!(faults, ["/expertData/nam"]);
        let hook = json!([{"endpoint": "https://10.0.0.1/", "attributes": {"method": "GET"}}]);
        let (_, faults, _) = read_with(with("/notifications", hook), None, &[]);
        assert_eq!(faults, ["/notifications/0/endpoint", "/notifications/0/attributes/method"]);
        let (_, faults, _) = read_with(with("/questoins", json!([])), None, &[]);
        assert_eq!(faults, ["/questoins"]);
    }

    #[test]
    fn an_agent_of_the_other_type_is_refused() {
        let [full, vetting] = Agent::systems();
        assert!(read_with(with("/agentGroupId", json!(full.group.to_string())), None, &[]).1.is_empty());
        assert_eq!(read_with(with("/agentGroupId", json!(vetting.group.to_string())), None, &[]).1, ["/agentGroupId"]);
    }

    #[test]
    fn required_variables_must_have_a_value() {
        let variables = [variable("company", true), variable("focus", false)];
        for (given, faults) in [
            (json!({}), vec!["/customVariables/company"]),
            (json!({"company": " "}), vec!["/customVariables/company"]),
            (json!({"company": null}), vec!["/customVariables/company"]),
            (json!({"company": "Acme"}), vec![]),
            (json!({"company": "Acme", "focus": "pumps", "unrelated": 1}), vec![]),
            (json!({"company": "Acme", "focsu": "pumps"}), vec!["/customVariables/focsu"]),
            (json!({"company": 1}), vec!["/customVariables/company", "/customVariables/company"]),
            (json!({"company": "Acme", "expert_name": "Bob"}), vec!["/customVariables/expert_name"]),
        ] {
            let (_, found, missing) = read_with(with("/customVariables", given.clone()), None, &variables);
            assert_eq!(found, faults, "{given}");
            assert_eq!(missing, given["company"] != json!("Acme"), "{given}");
        }
        let (draft, ..) = read_with(with("/customVariables", json!({"company": "{{company}}"})), None, &variables);
        let plan = draft.unwrap().plan;
        let value = |name: &str| plan.value(name, "Client", &variables);
        assert_eq!(value("company").unwrap(), "{{company}}");
        assert_eq!(value("focus").unwrap(), "default");
        assert_eq!(value("client_name").unwrap(), "Client");
        assert_eq!(value("expert_employment_history").unwrap(), "Sales, Acme");
        assert_eq!(value("nothing"), None);
    }

    #[test]
    fn a_change_keeps_what_it_does_not_name() {
        let before = plan(with("/scheduledAt", json!("2026-12-01T10:00:00Z")));
        let change = |body: Value| read_with(body, Some(&before), &[]);
        assert_eq!(change(json!({})).0.unwrap().plan, before);
        let moved = change(json!({"title": "Valves", "scheduledAt": null})).0.unwrap().plan;
        assert_eq!((moved.title.as_str(), moved.status()), ("Valves", InterviewStatus::NotScheduled));
        assert_eq!(change(json!({"title": null})).1, ["/title"]);
        assert_eq!(change(json!({"questions": []})).1, ["/questions"]);
        assert!(change(json!({"notifications": []})).0.unwrap().notifications.is_some());
    }
}
