//! Bodies of messages. They are made once, when an event is told, and sent as the same bytes at every attempt.
//!
//! An interview's endpoints get what InsightAgent documents, and nothing around it. A tenant's endpoints get the envelope of the
//! Standard Webhooks specification, `{type, timestamp, data}`.

use jiff::Timestamp;
use serde::Serialize;

use crate::task::{Task, TaskKind, TaskPriority};
use crate::webhooks::endpoint::{DisabledReason, Owner};
use crate::webhooks::event::{Event, EventKind};

/// What a tenant's endpoint gets.
#[derive(Serialize)]
struct Envelope<'a> {
    r#type: EventKind,
    timestamp: Timestamp,
    data: Data<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Data<'a> {
    Interview(Completion),
    Conversations { batch_id: &'a str, conversations: Vec<Pointer<'a>> },
    Deleted { conversation_uid: &'a str },
    Insight { id: &'a str },
    Audit { id: &'a str },
    Task(TaskCreated<'a>),
    Tasks { tasks: &'a [String] },
    Disabled { endpoint_id: &'a str, reason: DisabledReason },
    Test { endpoint_id: &'a str, message: &'static str },
}

/// The payload that InsightAgent documents.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Completion {
    interview_id: String,
    success: bool,
    completed_at: Timestamp,
    transcription_url: String,
    audio_url: String,
}

#[derive(Serialize)]
struct Pointer<'a> {
    conversation_uid: &'a str,
}

/// A task's labels; its title is made of labels too, but is left to the reader of the task.
#[derive(Serialize)]
struct TaskCreated<'a> {
    id: &'a str,
    conversation_uid: &'a str,
    kind: TaskKind,
    priority: TaskPriority,
    due_at: Option<Timestamp>,
}

/// The body of an event for the endpoints of an owner. `public_url` is the base of the API's URLs. Tasks are told one by one, by [`task`].
pub fn body(event: &Event, occurred_at: Timestamp, owner: &Owner, public_url: &str) -> Vec<u8> {
    let data = match event {
        Event::InterviewCompleted { interview_id, success } => {
            let interview = interview(interview_id, *success, occurred_at, public_url);
            if *owner != Owner::Tenant {
                return json(&interview);
            }
            Data::Interview(interview)
        }
        Event::ConversationAnalyzed { batch_id, conversation_ids } => Data::Conversations {
            batch_id,
            conversations: conversation_ids.iter().map(|id| Pointer { conversation_uid: id }).collect(),
        },
        Event::ConversationDeleted { conversation_id } => Data::Deleted { conversation_uid: conversation_id },
        Event::InsightCreated { insight_id } => Data::Insight { id: insight_id },
        Event::AuditCompleted { audit_id } => Data::Audit { id: audit_id },
        Event::TaskCreated { task_ids } => Data::Tasks { tasks: task_ids },
        Event::EndpointDisabled { endpoint_id, reason } => Data::Disabled { endpoint_id, reason: *reason },
        Event::EndpointTest { endpoint_id } => {
            Data::Test { endpoint_id, message: "This is a test. Your endpoint works if its signature verifies." }
        }
    };
    json(&Envelope { r#type: event.kind(), timestamp: occurred_at, data })
}

/// The body of a task's creation.
pub fn task(task: &Task) -> Vec<u8> {
    let data = Data::Task(TaskCreated {
        id: task.id.as_str(),
        conversation_uid: &task.conversation_id,
        kind: task.draft.kind,
        priority: task.draft.priority,
        due_at: task.draft.due_at,
    });
    json(&Envelope { r#type: EventKind::TaskCreated, timestamp: task.created_at, data })
}

fn interview(id: &str, success: bool, completed_at: Timestamp, public_url: &str) -> Completion {
    let base = public_url.trim_end_matches('/');
    Completion {
        interview_id: id.to_owned(),
        success,
        completed_at,
        transcription_url: format!("{base}/api/interviews/{id}/transcription"),
        audio_url: format!("{base}/api/interviews/{id}/audio"),
    }
}

/// Structs of texts, numbers and times always become JSON.
fn json<T: Serialize>(value: &T) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::TaskId;
    use crate::task::{TaskDraft, TaskState};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn text(event: &Event, owner: &Owner) -> String {
        String::from_utf8(body(event, at("2026-11-25T10:00:00.5Z"), owner, "https://api.acme.com/")).unwrap()
    }

    #[test]
    fn an_interviews_endpoints_get_the_seeds_payload_and_nothing_else() {
        let event = Event::InterviewCompleted { interview_id: "0a1b".into(), success: true };
        let seed = r#"{"interviewId":"0a1b","success":true,"completedAt":"2026-11-25T10:00:00.5Z","transcriptionUrl":"https://api.acme.com/api/interviews/0a1b/transcription","audioUrl":"https://api.acme.com/api/interviews/0a1b/audio"}"#;
        assert_eq!(text(&event, &Owner::interview("0a1b")), seed);
        let envelope =
            format!(r#"{{"type":"interview.completed","timestamp":"2026-11-25T10:00:00.5Z","data":{seed}}}"#);
        assert_eq!(text(&event, &Owner::Tenant), envelope);
    }

    #[test]
    fn every_kind_has_a_body_that_names_its_subject() {
        let id = || "id-1".to_owned();
        for (event, data) in [
            (
                Event::ConversationAnalyzed {
                    batch_id: "bat_1".into(),
                    conversation_ids: vec!["a\"b".into(), "c".into()],
                },
                r#"{"batch_id":"bat_1","conversations":[{"conversation_uid":"a\"b"},{"conversation_uid":"c"}]}"#,
            ),
            (Event::ConversationDeleted { conversation_id: id() }, r#"{"conversation_uid":"id-1"}"#),
            (Event::InsightCreated { insight_id: id() }, r#"{"id":"id-1"}"#),
            (Event::AuditCompleted { audit_id: id() }, r#"{"id":"id-1"}"#),
            (
                Event::EndpointDisabled { endpoint_id: id(), reason: DisabledReason::Gone },
                r#"{"endpoint_id":"id-1","reason":"gone"}"#,
            ),
            (
                Event::EndpointTest { endpoint_id: id() },
                r#"{"endpoint_id":"id-1","message":"This is a test. Your endpoint works if its signature verifies."}"#,
            ),
        ] {
            let kind = event.kind().as_str();
            let envelope = format!(r#"{{"type":"{kind}","timestamp":"2026-11-25T10:00:00.5Z","data":{data}}}"#);
            assert_eq!(text(&event, &Owner::Tenant), envelope);
        }
    }

    #[test]
    fn a_task_is_told_by_its_labels_without_what_anybody_wrote() {
        let now = at("2026-11-25T10:00:00Z");
        let id = TaskId::of("c-1", TaskKind::ChurnRisk);
        let draft = TaskDraft {
            kind: TaskKind::ChurnRisk,
            priority: TaskPriority::High,
            title: "title".into(),
            reasons: vec!["reason".into()],
            evidence_at: now,
            due_at: Some(now),
            evidence: vec![],
        };
        let task = Task {
            id: id.clone(),
            conversation_id: "c-1".into(),
            draft,
            owner: None,
            state: TaskState::Open,
            created_at: now,
            updated_at: now,
            history: vec![],
        };
        let expected = format!(
            r#"{{"type":"task.created","timestamp":"2026-11-25T10:00:00Z","data":{{"id":"{id}","conversation_uid":"c-1","kind":"churn_risk","priority":"high","due_at":"2026-11-25T10:00:00Z"}}}}"#
        );
        assert_eq!(String::from_utf8(super::task(&task)).unwrap(), expected);
    }
}
