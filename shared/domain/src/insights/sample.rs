//! A small written set of conversations: what the documentation's examples and the hand-worked tests are computed from.

use jiff::Timestamp;

use crate::analysis::{
    AgentKind, ChurnLevel, GrowthKind, Polarity, ResolutionState, Sentiment, Severity, Temperature, WarningKind,
};
use crate::conversation::{Priority, Status};
use crate::facts::{AgentFacts, FactRow};
use crate::settings::TagKind;
use crate::task::TaskPriority;

/// The time of the set: `minutes` after 2026-03-09T00:00Z, a Monday.
pub fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_773_014_400 + minutes * 60).unwrap_or_default()
}

/// A conversation without anything.
pub fn bare(created_at: Timestamp) -> FactRow {
    FactRow {
        created_at,
        last_activity_at: created_at,
        status: None,
        priority: None,
        channel_type: None,
        channel_id: None,
        contact_id: None,
        account_id: None,
        assignee_id: None,
        team_id: None,
        tags: Vec::new(),
        custom: Vec::new(),
        contact_custom: Vec::new(),
        not_scored: None,
        language: None,
        sentiment: None,
        temperature: None,
        severity: None,
        pcsat: None,
        csat: Vec::new(),
        churn: None,
        warnings: Vec::new(),
        intervention: None,
        topics: Vec::new(),
        friction: Vec::new(),
        feature_requests: Vec::new(),
        contact_reason: None,
        growth: Vec::new(),
        shares: Vec::new(),
        effort: None,
        complexity: None,
        resolution: None,
        resolution_human: None,
        resolution_bot: None,
        closed_count: 0,
        reopen_count: 0,
        first_closed_at: None,
        last_closed_at: None,
        first_response_human: None,
        first_response_bot: None,
        handle_human: None,
        handle_bot: None,
        resolution_time: None,
        resolution_time_human: None,
        waiting_since: None,
        sla: (None, None),
        customer_messages: 0,
        agent_messages: 0,
        bot_messages: 0,
        agents: Vec::new(),
        matter: None,
    }
}

fn agent(id: &str, kind: AgentKind, start: i64, replies: &[u64], shown: [f64; 6], required: [f64; 6]) -> AgentFacts {
    let messages = u32::try_from(replies.len()).unwrap_or(0);
    AgentFacts {
        id: id.to_owned(),
        kind,
        messages,
        words: messages * 20,
        reply_seconds: replies.to_vec(),
        skills: shown.map(Some),
        required: required.map(Some),
        detections: [0; 3],
        first_at: at(start + 10),
        last_at: at(start + 10 * i64::from(messages)),
    }
}

/// Six conversations of one week, Monday to Wednesday: two agents and a bot, two accounts, three contacts.
///
/// | id | begun | agents | pCSAT | temperature, severity | outcome |
/// |---|---|---|---|---|---|
/// | s1 | Mon 09:00 | ada | 4.5 | warm, low | resolved, rated 5 |
/// | s2 | Mon 10:00 | ada | 2.0 | hot, high | unresolved, opened again, rated 2 then 4 |
/// | s3 | Tue 09:00 | bot, ben | 3.0 | cold, medium | resolved by ben, not by the bot |
/// | s4 | Tue 10:00 | ben | 1.5 | hot, critical | open, customer waits |
/// | s5 | Wed 09:00 | bot | 4.0 | cold, low | resolved by the bot |
/// | s6 | Wed 23:30 | ada | none | none | not scored |
pub fn rows() -> Vec<(String, FactRow)> {
    let low = [40.0; 6];
    let mut s1 =
        scored(540, "email", "acme", "anna", 4.5, Temperature::Warm, Severity::Low, Some(ResolutionState::Resolved));
    s1.agents = vec![agent("ada", AgentKind::Human, 540, &[600, 1200], [80.0; 6], low)];
    s1.csat = vec![(5, at(1000))];
    s1.growth = vec![GrowthKind::Upgrade, GrowthKind::AddOn];
    s1.shares = vec![(Some("ada".to_owned()), "tip".to_owned())];
    s1.contact_reason = Some("change_plan".to_owned());
    closed(&mut s1, 600, 1, 0);

    let mut s2 =
        scored(600, "email", "acme", "anna", 2.0, Temperature::Hot, Severity::High, Some(ResolutionState::Unresolved));
    let mut ada = agent("ada", AgentKind::Human, 600, &[1800], [50.0, 20.0, 50.0, 50.0, 50.0, 50.0], [60.0; 6]);
    ada.detections = [0, 1, 1];
    s2.agents = vec![ada];
    s2.csat = vec![(2, at(700)), (4, at(4000))];
    s2.churn = Some((ChurnLevel::High, 0.8));
    s2.warnings = vec![WarningKind::Escalation, WarningKind::RepeatContact];
    s2.friction = vec!["billing".to_owned()];
    s2.topics = vec![(TagKind::Service, "billing".to_owned(), "invoices".to_owned(), Polarity::Negative)];
    s2.intervention = Some(TaskPriority::Urgent);
    closed(&mut s2, 3000, 2, 1);

    let mut s3 =
        scored(1980, "web", "acme", "bo", 3.0, Temperature::Cold, Severity::Medium, Some(ResolutionState::Resolved));
    let mut ben = agent("ben", AgentKind::Human, 2000, &[900, 300, 600], [70.0; 6], [60.0; 6]);
    ben.detections = [1, 0, 0];
    s3.agents = vec![agent("helper", AgentKind::Bot, 1970, &[5], [30.0; 6], [60.0; 6]), ben];
    s3.resolution_bot = Some(ResolutionState::Unresolved);
    s3.bot_messages = 1;
    s3.first_response_bot = Some((5, 5));
    s3.friction = vec!["billing".to_owned(), "login".to_owned()];
    s3.shares = vec![(Some("ben".to_owned()), "link".to_owned()), (None, "tip".to_owned())];
    closed(&mut s3, 2100, 1, 0);

    let mut s4 =
        scored(2040, "email", "beta", "cleo", 1.5, Temperature::Hot, Severity::Critical, Some(ResolutionState::Open));
    s4.agents = vec![agent("ben", AgentKind::Human, 2040, &[3600], [40.0; 6], [80.0; 6])];
    s4.churn = Some((ChurnLevel::Medium, 0.5));
    s4.warnings = vec![WarningKind::SlowReply, WarningKind::Unanswered];
    s4.friction = vec!["outage".to_owned()];
    s4.feature_requests = vec!["change".to_owned()];
    s4.topics = vec![(TagKind::Product, "app".to_owned(), "export".to_owned(), Polarity::Negative)];
    s4.waiting_since = Some(at(2200));
    s4.sla = (Some(false), None);
    s4.priority = Some(Priority::Urgent);
    s4.status = Some(Status::Open);

    let mut s5 =
        scored(3420, "web", "beta", "cleo", 4.0, Temperature::Cold, Severity::Low, Some(ResolutionState::Resolved));
    s5.agents = vec![agent("helper", AgentKind::Bot, 3410, &[3, 4], [60.0; 6], low)];
    s5.resolution_human = None;
    s5.resolution_bot = Some(ResolutionState::Resolved);
    s5.first_response_human = None;
    s5.first_response_bot = Some((3, 3));
    s5.agent_messages = 0;
    s5.bot_messages = 2;
    s5.assignee_id = None;
    s5.growth = vec![GrowthKind::Upgrade];
    closed(&mut s5, 3450, 1, 0);

    let mut s6 = bare(at(4290));
    s6.not_scored = Some(crate::analysis::NotScored::TooShort);
    s6.channel_type = Some("web".to_owned());
    s6.contact_id = Some("dan".to_owned());
    s6.assignee_id = Some("zoe".to_owned());
    s6.customer_messages = 1;
    s6.agent_messages = 1;
    let mut ada = agent("ada", AgentKind::Human, 4290, &[60], [0.0; 6], [0.0; 6]);
    (ada.skills, ada.required) = ([None; 6], [None; 6]);
    s6.agents = vec![ada];

    let rows = [("s1", s1), ("s2", s2), ("s3", s3), ("s4", s4), ("s5", s5), ("s6", s6)];
    rows.map(|(id, row)| (id.to_owned(), row)).to_vec()
}

/// The same with `s4` three times: `s7` and `s8` tell the same story, which makes it worth a recommendation.
pub fn many() -> Vec<(String, FactRow)> {
    let mut all = rows();
    let again = all.iter().find(|(id, _)| id == "s4").map(|(_, row)| row.clone());
    all.extend(again.into_iter().flat_map(|row| [("s7".to_owned(), row.clone()), ("s8".to_owned(), row)]));
    all
}

#[expect(clippy::too_many_arguments, reason = "one column of the table each")]
fn scored(
    start: i64,
    channel: &str,
    account: &str,
    contact: &str,
    pcsat: f64,
    temperature: Temperature,
    severity: Severity,
    outcome: Option<ResolutionState>,
) -> FactRow {
    let sentiment = if pcsat < 2.5 { (Sentiment::Angry, -0.6) } else { (Sentiment::Neutral, 0.1) };
    FactRow {
        last_activity_at: at(start + 60),
        channel_type: Some(channel.to_owned()),
        channel_id: (channel == "email").then(|| "help@example.com".to_owned()),
        account_id: Some(account.to_owned()),
        contact_id: Some(contact.to_owned()),
        assignee_id: Some(if start < 1000 { "ada" } else { "ben" }.to_owned()),
        team_id: Some("first-line".to_owned()),
        language: Some("en".to_owned()),
        sentiment: Some(sentiment),
        pcsat: Some(pcsat),
        temperature: Some(temperature),
        severity: Some(severity),
        churn: Some((ChurnLevel::None, 0.0)),
        effort: Some(100.0 - pcsat * 20.0),
        complexity: Some(if severity >= Severity::High { 70.0 } else { 30.0 }),
        resolution: outcome,
        resolution_human: outcome,
        first_response_human: Some((600, 600)),
        handle_human: Some((1800, 1200)),
        sla: (Some(true), None),
        customer_messages: 2,
        agent_messages: 2,
        ..bare(at(start))
    }
}

fn closed(row: &mut FactRow, minute: i64, times: u32, reopened: u32) {
    let seconds = u64::try_from(at(minute).as_second() - row.created_at.as_second()).unwrap_or(0);
    row.closed_count = times;
    row.reopen_count = reopened;
    row.first_closed_at = Some(at(minute - i64::from(reopened) * 60));
    row.last_closed_at = Some(at(minute));
    row.resolution_time = Some((seconds, seconds / 2));
    row.resolution_time_human = Some((seconds / 2, seconds / 4));
    row.status = Some(Status::Closed);
}
