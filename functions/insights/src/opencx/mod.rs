//! The Open.cx surface: conversations gathered under insights. What an insight is says `domain::insights::opencx`.

pub(crate) mod filters;
pub(crate) mod find_insights;
pub(crate) mod get_insight;
pub(crate) mod insight_body;
pub(crate) mod list_insight_categories;
pub(crate) mod update_insight;

use std::collections::{BTreeMap, HashMap};

use api::Problem;
use domain::access::Tenant;
use domain::facts::latest_entries;
use domain::failure::Failure;
use domain::ids::InsightId;
use domain::insights::opencx::{Insight, Session, SessionFilter, fold, root};
use jiff::civil::Date;
use store::{Detail, KnownInsights, StoredConversation};

use crate::Deps;

/// Everything that answers are made from.
pub(crate) struct Gathered {
    /// The gathered conversations.
    pub(crate) sessions: Vec<Session>,
    /// What is kept beside them.
    pub(crate) known: KnownInsights,
}

impl Gathered {
    /// Reads them: the set of months and the states, then the months, side by side.
    pub(crate) async fn read(deps: &Deps, tenant: &Tenant) -> Result<Self, Failure> {
        let entries = deps.store.entries(tenant, Date::MIN, Date::MAX);
        let (entries, known) = tokio::try_join!(entries, deps.store.insights(tenant))?;
        let mut sessions = latest_entries(entries);
        sessions.retain(|(_, _, row)| row.matter.is_some());
        Ok(Self { sessions, known })
    }

    /// The insights with their sessions that match counted.
    pub(crate) fn fold(&self, filter: &SessionFilter) -> BTreeMap<u32, Insight> {
        fold(&self.sessions, &self.known.merges, filter)
    }

    /// The insight of an id, also by the id of one that it absorbed; else not found.
    pub(crate) fn find(&self, tenant: &Tenant, id: &str) -> Result<Insight, Problem> {
        let number = InsightId::number(tenant.name(), id).ok_or_else(Problem::not_found)?;
        let number = root(&self.known.merges, number);
        self.fold(&SessionFilter::default()).remove(&number).ok_or_else(Problem::not_found)
    }
}

/// What customers came with, by conversation: the sentence by which each was gathered. One round trip.
pub(crate) async fn words(
    deps: &Deps,
    tenant: &Tenant,
    conversation_ids: &[String],
) -> Result<HashMap<String, String>, Failure> {
    let stored = deps.store.conversations(tenant, conversation_ids).await?;
    Ok(stored.into_iter().filter_map(|stored| Some((stored.id.clone(), said(stored)?))).collect())
}

fn said(stored: StoredConversation) -> Option<String> {
    match stored.detail {
        Detail::Inline(analysis) => analysis.summary.map(|summary| summary.issue),
        Detail::Overflow { .. } => stored.summary,
    }
}
