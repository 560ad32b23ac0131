//! Variables that a tenant defines for its agents' texts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use ulid::Ulid;

use super::agent::{Agent, SYSTEM_VARIABLES};
use super::template::is_name;
use crate::reader::{At, Reader, boolean, text};

/// Longest name of a variable, in characters.
pub const MAX_NAME: usize = 64;
/// Longest value of a variable, in characters.
pub const MAX_VALUE: usize = 5_000;
/// Variables a tenant may define.
pub const MAX_VARIABLES: usize = 200;
const MAX_LABEL: usize = 200;
const MAX_DESCRIPTION: usize = 1_000;

/// A variable's id: made from its name, so that two variables of one name cannot be stored.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VariableId(String);

impl VariableId {
    /// The id of the variable of that name.
    pub fn of(name: &str) -> Self {
        let digest = Sha256::digest(name.as_bytes());
        let first = digest.first_chunk::<16>().copied().unwrap_or_default();
        // The form of the other ids; the time in it means nothing.
        Self(super::ids::SessionId::new(Ulid::from_bytes(first)).to_string())
    }

    /// Parses a variable's UUID; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        super::ids::SessionId::parse(text).map(|id| Self(id.to_string()))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// As written between braces; never changes.
    pub name: String,
    /// What people see.
    pub display_name: String,
    /// What to fill in.
    pub description: Option<String>,
    /// Every new interview must give a value.
    pub is_required: bool,
    /// The value where an interview gives none.
    pub default_value: Option<String>,
    /// When it was defined.
    pub created_at: Timestamp,
    /// When it was changed last.
    pub updated_at: Timestamp,
}

impl Variable {
    /// Its id.
    pub fn id(&self) -> VariableId {
        VariableId::of(&self.name)
    }

    /// The agents whose texts use it.
    pub fn users<'a>(&self, agents: &'a [Agent]) -> Vec<&'a Agent> {
        agents.iter().filter(|agent| agent.variables().contains(self.name.as_str())).collect()
    }
}

/// Fields of a variable's body.
pub const FIELDS: &[&str] = &["name", "displayName", "description", "isRequired", "defaultValue"];

/// Reads a new variable. The flag says whether the name has a form that the seed answers with a code of its own.
pub fn create(value: Value, reader: &mut Reader, now: Timestamp, bad_name: &mut bool) -> Option<Variable> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let name = reader.required(&mut map, at, "name", name);
    *bad_name = name.is_none();
    let display_name = reader.optional(&mut map, at, "displayName", label);
    let description = reader.optional(&mut map, at, "description", description);
    let is_required = reader.optional(&mut map, at, "isRequired", |value, at, reader| boolean(&value, at, reader));
    let default_value = reader.optional(&mut map, at, "defaultValue", value_text);
    reader.leftovers(at, &map, FIELDS);
    let name = name?;
    Some(Variable {
        display_name: display_name.unwrap_or_else(|| name.clone()),
        name,
        description,
        is_required: is_required.unwrap_or(false),
        default_value,
        created_at: now,
        updated_at: now,
    })
}

/// Reads a change. `made_required` says that an optional variable would become required, which the seed refuses by a code of its own.
pub fn update(
    value: Value,
    reader: &mut Reader,
    before: &Variable,
    now: Timestamp,
    made_required: &mut bool,
) -> Option<Variable> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let mut after = Variable { updated_at: now, ..before.clone() };
    if let Some(name) = crate::reader::take(&mut map, "name")
        && name != Value::String(before.name.clone())
    {
        reader.fault(&at.field("name"), "cannot be changed");
    }
    if let Some(label) = reader.optional(&mut map, at, "displayName", label) {
        after.display_name = label;
    }
    set(&mut map, reader, "description", &mut after.description, description);
    set(&mut map, reader, "defaultValue", &mut after.default_value, value_text);
    let required = reader.optional(&mut map, at, "isRequired", |value, at, reader| boolean(&value, at, reader));
    if let Some(required) = required {
        *made_required = required && !before.is_required;
        if *made_required {
            reader.fault(&at.field("isRequired"), "can be changed from true to false only");
        }
        after.is_required = required;
    }
    reader.leftovers(at, &map, FIELDS);
    Some(after)
}

/// A field that `null` clears and that stays when it is missing.
fn set(
    map: &mut Map<String, Value>,
    reader: &mut Reader,
    name: &str,
    slot: &mut Option<String>,
    read: impl FnOnce(Value, &At<'_>, &mut Reader) -> Option<String>,
) {
    match map.remove(name) {
        None => {}
        Some(Value::Null) => *slot = None,
        Some(value) => *slot = read(value, &At::ROOT.field(name), reader),
    }
}

fn name(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    let text = text(value, at, reader, 1, MAX_NAME)?;
    let well_formed = is_name(&text);
    reader.some(
        well_formed.then_some(text),
        at,
        "must begin with a letter (a-z, A-Z) and hold only letters, digits and underscores",
    )
}

/// Whether Hark itself fills in a variable of that name.
pub fn is_system(name: &str) -> bool {
    SYSTEM_VARIABLES.iter().any(|(system, _)| *system == name)
}

fn label(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    text(value, at, reader, 1, MAX_LABEL)
}

fn description(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    text(value, at, reader, 0, MAX_DESCRIPTION)
}

/// A variable's value.
pub(super) fn value_text(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<String> {
    text(value, at, reader, 0, MAX_VALUE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    fn created(body: Value) -> (Option<Variable>, Vec<String>, bool) {
        let (mut reader, mut bad_name) = (Reader::new(now()), false);
        let variable = create(body, &mut reader, now(), &mut bad_name);
        (variable, reader.take_faults().into_iter().map(|fault| fault.pointer).collect(), bad_name)
    }

    #[test]
    fn names_follow_the_seed() {
        for good in ["a", "Z9", "company_background", "research_focus_2024"] {
            let (variable, faults, bad) = created(json!({"name": good}));
            assert_eq!((variable.unwrap().display_name.as_str(), faults.len(), bad), (good, 0, false));
        }
        let long = "a".repeat(65);
        for bad in [
            json!("1a"),
            json!("_a"),
            json!("a-b"),
            json!("a b"),
            json!("ä"),
            json!(""),
            json!(long),
            json!(7),
            json!(null),
        ] {
            let (_, faults, refused) = created(json!({"name": bad}));
            assert_eq!((faults, refused), (vec!["/name".to_owned()], true), "{bad}");
        }
    }

    #[test]
    fn every_fault_is_named() {
        let (_, faults, bad) = created(json!({
            "name": "a", "displayName": "", "description": 1, "isRequired": "yes", "defaultValue": {}, "isRequird": true,
        }));
        assert_eq!(faults, ["/displayName", "/description", "/isRequired", "/defaultValue", "/isRequird"]);
        assert!(!bad);
    }

    #[test]
    fn required_goes_one_way_and_names_stay() {
        let optional = created(json!({"name": "a"})).0.unwrap();
        let required = Variable { is_required: true, ..optional.clone() };
        let change = |before: &Variable, body: Value| {
            let (mut reader, mut refused) = (Reader::new(now()), false);
            let after = update(body, &mut reader, before, now(), &mut refused);
            (after.filter(|_| reader.is_clean()), refused)
        };
        assert_eq!(change(&optional, json!({"isRequired": true})), (None, true));
        assert_eq!(change(&required, json!({"isRequired": false})).0, Some(optional.clone()));
        assert_eq!(change(&required, json!({"isRequired": true})).0, Some(required.clone()));
        assert_eq!(change(&required, json!({"name": "b"})), (None, false));
        assert_eq!(change(&required, json!({"name": "a", "defaultValue": "x"})).0.unwrap().default_value.unwrap(), "x");
        let with_default = Variable { default_value: Some("x".into()), ..optional.clone() };
        assert_eq!(change(&with_default, json!({"defaultValue": null})).0, Some(optional));
    }

    #[test]
    fn one_name_one_id() {
        assert_eq!(VariableId::of("a"), VariableId::of("a"));
        assert_ne!(VariableId::of("a"), VariableId::of("A"));
        let id = VariableId::of("company");
        assert_eq!(VariableId::parse(id.as_str()), Some(id));
    }
}
