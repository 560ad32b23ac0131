use std::collections::BTreeMap;

use domain::access::TokenHash;
use domain::failure::Failure;
use domain::interviews::agent::{Agent, AgentConfiguration};
use domain::interviews::conductor::{Heard, Script};
use domain::interviews::event::Event;
use domain::interviews::link::ExpertLink;
use domain::interviews::plan::{Employment, Expert, Plan};
use domain::interviews::session::{Session, SessionStatus, Speaker, Turn, transcript};
use domain::interviews::variable::{Variable, VariableId};
use domain::interviews::{AgentGroupId, Interview, InterviewId, InterviewStatus, InterviewType, SessionId};
use store::SessionChange;

use crate::world::{World, at, tenant, ulid};

const NOW: &str = "2026-11-25T10:00:00Z";

fn plan(title: &str) -> Plan {
    Plan {
        interview_type: InterviewType::Full,
        title: title.into(),
        call_subject: "Pumps".into(),
        questions: vec!["Why?".into()],
        expert: Expert {
            name: "Ann".into(),
            title: "Engineer".into(),
            employment_history: vec![Employment { title: "Engineer".into(), company: "Acme".into() }],
        },
        scheduled_at: Some(at(NOW)),
        stated_status: None,
        agent_group: Some(AgentGroupId::new(ulid(9))),
        custom_variables: BTreeMap::from([("a".to_owned(), "b".to_owned())]),
    }
}

fn interview(number: u64) -> Interview {
    Interview::new(InterviewId::new(ulid(number)), plan("Pumps"), at(NOW))
}

fn script() -> Script {
    Script { language: "en".into(), greeting: "Hello.".into(), questions: vec!["Why?".into()], closing: "Bye.".into() }
}

fn change<'a>(of: &Interview, session: &'a Session, turn: Option<&'a Turn>) -> SessionChange<'a> {
    SessionChange {
        interview: of.id,
        session,
        turn,
        replaced: None,
        status: Some(of.after(session.status)),
        at: at(NOW),
    }
}

fn is_conflict<T>(result: &Result<T, Failure>) -> bool {
    matches!(result, Err(Failure::Conflict { .. }))
}

#[tokio::test]
async fn a_plan_is_stored_whole_and_changed_by_the_one_who_read_it_last() {
    let (world, demo) = (World::new().await, tenant("demo"));
    let new = interview(1);
    world.store.create_interview(&demo, &new).await.unwrap();
    assert!(is_conflict(&world.store.create_interview(&demo, &new).await));
    assert_eq!(world.store.interview(&demo, new.id).await.unwrap(), Some(new.clone()));
    assert_eq!(world.store.interview(&tenant("demo2"), new.id).await.unwrap(), None);
    let changed = Interview { plan: plan("Valves"), revision: 2, ..new.clone() };
    world.store.replace_interview(&demo, &changed, 1).await.unwrap();
    assert!(is_conflict(&world.store.replace_interview(&demo, &changed, 1).await));
    assert_eq!(world.store.interviews(&demo).await.unwrap(), std::slice::from_ref(&changed));
    // Once it has begun, nobody changes it.
    let (session, turn) = Session::web(SessionId::new(ulid(2)), script(), at(NOW));
    world.store.write_session(&demo, change(&changed, &session, Some(&turn))).await.unwrap();
    assert!(is_conflict(&world.store.replace_interview(&demo, &Interview { revision: 3, ..changed }, 2).await));
}

#[tokio::test]
async fn one_turn_at_a_time_and_none_after_the_end() {
    let (world, demo, new) = (World::new().await, tenant("demo"), interview(1));
    world.store.create_interview(&demo, &new).await.unwrap();
    let (session, first) = Session::web(SessionId::new(ulid(2)), script(), at(NOW));
    world.store.write_session(&demo, change(&new, &session, Some(&first))).await.unwrap();
    let answer = "Because forty plants depend on it.";
    let (one, turn_one) = session.answered("one".into(), Heard::Answer(answer), at(NOW)).unwrap();
    let (two, turn_two) = session.answered("two".into(), Heard::Answer(answer), at(NOW)).unwrap();
    world.store.write_session(&demo, change(&new, &one, Some(&turn_one))).await.unwrap();
    assert!(is_conflict(&world.store.write_session(&demo, change(&new, &two, Some(&turn_two))).await));
    assert_eq!(world.store.turn(&demo, new.id, session.id, "one").await.unwrap(), Some(turn_one));
    assert_eq!(world.store.turn(&demo, new.id, session.id, "two").await.unwrap(), None);
    assert_eq!(world.store.sessions(&demo, new.id).await.unwrap(), std::slice::from_ref(&one));
    let turns = world.store.turns(&demo, new.id, session.id).await.unwrap();
    assert_eq!(transcript(turns).len(), 4);
    let read = world.store.interview(&demo, new.id).await.unwrap().unwrap();
    assert_eq!((read.status, read.completed_at, read.success), (InterviewStatus::Completed, Some(at(NOW)), Some(true)));
    let (late, turn) = Session::web(SessionId::new(ulid(3)), script(), at(NOW));
    assert!(is_conflict(&world.store.write_session(&demo, change(&new, &late, Some(&turn))).await));
}

#[tokio::test]
async fn events_of_a_call_are_recorded_once_and_go_with_the_interview() {
    let (world, demo, new) = (World::new().await, tenant("demo"), interview(1));
    world.store.create_interview(&demo, &new).await.unwrap();
    let session = Session::phone(SessionId::new(ulid(2)), at(NOW));
    world.store.write_session(&demo, change(&new, &session, None)).await.unwrap();
    let said = |id: &str, text: &str| Event::said(id.into(), Speaker::Expert, text.into(), 1.5).turn().unwrap().clone();
    let record = async |turns: Vec<Turn>| world.store.record_turns(&demo, new.id, session.id, turns).await.unwrap();
    assert_eq!(record(vec![said("a", "first"), said("b", "second")]).await.len(), 2);
    assert_eq!(record(vec![said("a", "changed"), said("c", "third")]).await, [said("c", "third")]);
    let turns = world.store.turns(&demo, new.id, session.id).await.unwrap();
    let texts: Vec<String> = transcript(turns).into_iter().map(|entry| entry.text).collect();
    assert_eq!(texts, ["first", "second", "third"]);
    let failed = session.heard(&[Event::Status(SessionStatus::Failed)], &[], at(NOW));
    world.store.write_session(&demo, change(&new, &failed, None)).await.unwrap();
    assert_eq!(world.store.interview(&demo, new.id).await.unwrap().unwrap().status, InterviewStatus::Scheduled);

    let link = ExpertLink { tenant: demo.name().clone(), interview: new.id, expires_at: at(NOW), browser: None };
    world.store.put_expert_link(&demo, &TokenHash("h".into()), &link).await.unwrap();
    assert!(world.store.delete_interview(&demo, new.id).await.unwrap());
    assert!(!world.store.delete_interview(&demo, new.id).await.unwrap());
    assert_eq!((world.items(&world.main).await, world.items(&world.auth).await), (0, 0));
    // What comes after the deletion finds nothing to join.
    assert!(is_conflict(&world.store.write_session(&demo, change(&new, &session, None)).await));
}

#[tokio::test]
async fn an_interview_has_one_link_and_a_link_one_browser() {
    let (world, demo, new) = (World::new().await, tenant("demo"), interview(1));
    let link = ExpertLink { tenant: demo.name().clone(), interview: new.id, expires_at: at(NOW), browser: None };
    let hash = |text: &str| TokenHash(text.to_owned());
    assert!(is_conflict(&world.store.put_expert_link(&demo, &hash("one"), &link).await));
    world.store.create_interview(&demo, &new).await.unwrap();
    world.store.put_expert_link(&demo, &hash("one"), &link).await.unwrap();
    assert_eq!(world.store.expert_link(&hash("one")).await.unwrap(), Some(link.clone()));
    assert!(world.store.bind_expert_link(&hash("one"), &hash("mine")).await.unwrap());
    assert!(world.store.bind_expert_link(&hash("one"), &hash("mine")).await.unwrap());
    assert!(!world.store.bind_expert_link(&hash("one"), &hash("other")).await.unwrap());
    world.store.put_expert_link(&demo, &hash("two"), &link).await.unwrap();
    assert_eq!(world.store.expert_link(&hash("one")).await.unwrap(), None);
    assert!(!world.store.bind_expert_link(&hash("one"), &hash("mine")).await.unwrap());
}

#[tokio::test]
async fn agents_have_versions_and_variables_one_name() {
    let (world, demo) = (World::new().await, tenant("demo"));
    let configuration = AgentConfiguration {
        name: "One".into(),
        description: None,
        interview_type: InterviewType::Vetting,
        language: "ta".into(),
        prompt: "வணக்கம் {{a}}".into(),
        closing: None,
    };
    let first = Agent {
        group: AgentGroupId::new(ulid(1)),
        configuration,
        version: 1,
        is_active: true,
        is_system: false,
        created_at: at(NOW),
        updated_at: at(NOW),
    };
    world.store.put_agent(&demo, &first).await.unwrap();
    let second = Agent { version: 2, ..first.clone() };
    world.store.put_agent(&demo, &second).await.unwrap();
    assert!(is_conflict(&world.store.put_agent(&demo, &second).await));
    world.store.set_default_agent(&demo, InterviewType::Vetting, first.group).await.unwrap();
    let list = world.store.agents(&demo).await.unwrap();
    assert_eq!((list.agents, list.defaults), (vec![second.clone()], vec![(InterviewType::Vetting, first.group)]));
    let versions = world.store.agent_versions(&demo, first.group).await.unwrap();
    assert_eq!(versions.iter().map(|version| version.version).collect::<Vec<_>>(), [1, 2]);
    assert!(!world.store.deactivate_agent(&demo, first.group).await.unwrap().unwrap().is_active);
    assert!(is_conflict(&world.store.put_agent(&demo, &Agent { version: 3, ..second }).await));
    assert_eq!(world.store.deactivate_agent(&demo, AgentGroupId::new(ulid(7))).await.unwrap(), None);

    let variable = Variable {
        name: "focus".into(),
        display_name: "Focus".into(),
        description: None,
        is_required: true,
        default_value: Some("pumps".into()),
        created_at: at(NOW),
        updated_at: at(NOW),
    };
    assert!(world.store.create_variable(&demo, &variable).await.unwrap());
    assert!(!world.store.create_variable(&demo, &variable).await.unwrap());
    let after = Variable { is_required: false, updated_at: at("2026-11-25T11:00:00Z"), ..variable.clone() };
    world.store.update_variable(&demo, &variable, &after).await.unwrap();
    assert!(is_conflict(&world.store.update_variable(&demo, &variable, &after).await));
    assert_eq!(world.store.variables(&demo).await.unwrap(), std::slice::from_ref(&after));
    assert_eq!(world.store.variable(&demo, &VariableId::of("focus")).await.unwrap(), Some(after));
    assert!(world.store.delete_variable(&demo, &VariableId::of("focus")).await.unwrap());
    assert!(!world.store.delete_variable(&demo, &VariableId::of("focus")).await.unwrap());
}
