//! Conversations and a document for tests.

use domain::audits::document::{Document, Scope};
use domain::audits::rubric::{Applies, Check, Rubric, Rule};
use domain::conversation::Conversation;
use domain::facts::FactRow;
use domain::settings::Settings;

use crate::{Auditor, Header, Judgement, assemble};

/// A conversation of lines (author type, minutes after it began, text); agents are `ann`.
pub(crate) fn conversation(id: &str, lines: &[(&str, i64, &str)]) -> Conversation {
    let begin: jiff::Timestamp = "2026-03-10T10:00:00Z".parse().unwrap();
    let messages: Vec<serde_json::Value> = lines
        .iter()
        .enumerate()
        .map(|(i, (author, minutes, body))| {
            let at = begin + jiff::SignedDuration::from_mins(*minutes);
            let id = if *author == "agent" { "ann" } else { *author };
            serde_json::json!({
                "id": format!("m{i}"), "created_at": at.to_string(), "author_type": author, "author": {"id": id}, "body": body,
            })
        })
        .collect();
    let value = serde_json::json!({
        "id": id, "created_at": begin.to_string(), "channel_type": "chat", "messages": messages,
        "contact": {"id": "c1", "name": "Jane Doe", "email": "jane@x.example", "phone": "+15550107777"},
    });
    serde_json::from_value(value).unwrap()
}

/// A rubric of one check.
pub(crate) fn rubric(rule: Rule) -> Rubric {
    let check = Check {
        name: "check".into(),
        title: "A check".into(),
        weight: 2.0,
        severity: domain::analysis::Severity::High,
        applies: Applies::default(),
        rule,
        limits: String::new(),
    };
    Rubric { name: "own".into(), version: 1, title: "Own".into(), language: "en".into(), checks: vec![check] }
}

/// Judges as the function does: by the engine's own analysis.
pub(crate) fn judge(rubric: &Rubric, conversation: &Conversation) -> Judgement {
    static ENGINE: std::sync::LazyLock<engine::Engine> = std::sync::LazyLock::new(engine::Engine::new);
    let settings = Settings::default();
    let analysis = ENGINE.analyser(&settings).analyse(conversation);
    let facts = FactRow::of(conversation, &analysis, engine::sla_status(conversation, &analysis, &settings));
    Auditor::new(rubric).judge(conversation, &facts, &analysis)
}

pub(crate) fn header(rubric: &Rubric) -> Header {
    Header {
        audit_id: "aud_1".into(),
        tenant: "demo".into(),
        requested_at: "2026-03-11T10:00:00Z".into(),
        scope: Scope { from: None, to: None, filters: serde_json::json!({}), sample: None, seed: 0 },
        rubric: rubric.clone(),
        conversations: domain::audits::document::Counts::default(),
        previous: None,
    }
}

/// Two conversations against the general rubric.
pub(crate) fn document() -> Document {
    let rubric = &crate::ready()[0];
    let good = conversation(
        "good",
        &[
            ("customer", 0, "How do I export my data as a spreadsheet?"),
            ("agent", 3, "Open Settings and press Export."),
        ],
    );
    let bad = conversation(
        "bad",
        &[
            ("customer", 0, "My invoice is wrong again."),
            ("agent", 3, "That is your fault. I guarantee it will never happen again."),
        ],
    );
    let judged = [good, bad].iter().map(|one| judge(rubric, one).full).collect();
    assemble(header(rubric), true, judged)
}
