//! An insight as callers see it.

use std::collections::HashMap;

use domain::access::Tenant;
use domain::analysis::Sentiment;
use domain::ids::{InsightId, category_id};
use domain::insights::opencx::{Decision, Insight, InsightState, Session, digest, quoted, sessions_of};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Gathered;

/// Conversations about one matter.
#[derive(Serialize, ToSchema)]
pub(crate) struct InsightBody {
    #[schema(format = "uuid")]
    id: String,
    /// Stays the same for ever.
    insight_number: u32,
    /// What the customer came with in the conversation nearest to the middle of the insight.
    content: Option<String>,
    /// The commonest among its conversations; of equally common ones the worst.
    sentiment: Option<Sentiment>,
    /// Conversations that match the session filters.
    occurrence_count: u64,
    category: Option<CategoryBody>,
    team: Option<TeamBody>,
    resolved_by: Option<Person>,
    /// `null` also when a conversation began since: then the insight is open again.
    #[schema(value_type = Option<String>, format = DateTime)]
    resolved_at: Option<Timestamp>,
    archived_by: Option<Archivist>,
    #[schema(value_type = Option<String>, format = DateTime)]
    archived_at: Option<Timestamp>,
    /// The evidence in sentences, made of the conversations as they are now, once it was asked for by `PATCH`.
    deep_research: Option<String>,
    #[schema(value_type = Option<String>, format = DateTime)]
    deep_research_completed_at: Option<Timestamp>,
    /// Beginning of the first conversation that matches.
    #[schema(value_type = String, format = DateTime)]
    first_seen_at: Timestamp,
    /// Beginning of the latest conversation that matches.
    #[schema(value_type = String, format = DateTime)]
    last_seen_at: Timestamp,
    /// When the first of its conversations was accepted.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When the latest of its conversations was accepted, or the latest decision was made.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// The commonest contact reason.
#[derive(Clone, Serialize, ToSchema)]
pub(crate) struct CategoryBody {
    #[schema(format = "uuid")]
    id: String,
    /// A tag of the tenant's taxonomy, or a built-in contact reason.
    name: String,
    description: String,
}

impl CategoryBody {
    /// The category of that name.
    pub(crate) fn of(tenant: &Tenant, name: &str) -> Self {
        Self {
            id: category_id(tenant.name(), name),
            name: name.to_owned(),
            description: format!("Customers wrote about: {}", name.replace('_', " ")),
        }
    }
}

/// A team.
#[derive(Serialize, ToSchema)]
pub(crate) struct TeamBody {
    id: String,
    name: Option<String>,
}

/// Who decided: the key's name.
#[derive(Serialize, ToSchema)]
pub(crate) struct Person {
    name: String,
    /// Keys have none.
    avatar_url: Option<String>,
}

/// Who set it aside, and why.
#[derive(Serialize, ToSchema)]
pub(crate) struct Archivist {
    name: String,
    /// Keys have none.
    avatar_url: Option<String>,
    reason: String,
}

fn person(decision: &Decision) -> Person {
    Person { name: decision.by.clone(), avatar_url: None }
}

/// Conversations whose words an insight's body shows.
pub(crate) fn wanted_words(gathered: &Gathered, insight: &Insight) -> Vec<String> {
    let mut wanted = vec![insight.representative.clone()];
    if state(gathered, insight).researched_at.is_some() {
        wanted.extend(quoted(&sessions(gathered, insight)).into_iter().map(str::to_owned));
    }
    wanted
}

/// The body of an insight; `words` are those that [`wanted_words`] names.
pub(crate) fn body(
    tenant: &Tenant,
    gathered: &Gathered,
    insight: &Insight,
    words: &HashMap<String, String>,
    now: Timestamp,
) -> InsightBody {
    let state = state(gathered, insight);
    let resolved = state.resolution(insight);
    let archived = state.archived.as_ref();
    InsightBody {
        id: InsightId::new(tenant.name(), insight.number).to_string(),
        insight_number: insight.number,
        content: words.get(&insight.representative).cloned(),
        sentiment: insight.sentiment(),
        occurrence_count: insight.occurrences,
        category: insight.category().map(|name| CategoryBody::of(tenant, name)),
        team: state.team.as_ref().map(|team| TeamBody { id: team.id.clone(), name: team.name.clone() }),
        resolved_by: resolved.map(person),
        resolved_at: resolved.map(|decision| decision.at),
        archived_by: archived.map(|(decision, reason)| Archivist {
            name: decision.by.clone(),
            avatar_url: None,
            reason: reason.clone(),
        }),
        archived_at: archived.map(|(decision, _)| decision.at),
        deep_research: state.researched_at.map(|_| research(gathered, insight, words, now)),
        deep_research_completed_at: state.researched_at,
        first_seen_at: insight.seen.0,
        last_seen_at: insight.seen.1,
        created_at: insight.accepted.0,
        updated_at: state.updated_at.map_or(insight.accepted.1, |at| at.max(insight.accepted.1)),
    }
}

fn research(gathered: &Gathered, insight: &Insight, words: &HashMap<String, String>, now: Timestamp) -> String {
    let sessions = sessions(gathered, insight);
    let quotes = quoted(&sessions).into_iter().filter_map(|id| Some((id.to_owned(), words.get(id)?.clone())));
    digest(&sessions, &quotes.collect::<Vec<_>>(), now)
}

/// What was decided about an insight; nothing, if nobody decided.
pub(crate) fn state(gathered: &Gathered, insight: &Insight) -> InsightState {
    gathered.known.states.get(&insight.number).cloned().unwrap_or_default()
}

fn sessions<'a>(gathered: &'a Gathered, insight: &Insight) -> Vec<&'a Session> {
    sessions_of(&gathered.sessions, &gathered.known.merges, insight.number)
}
