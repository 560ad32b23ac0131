//! Reports: what the analysed conversations of a period come to.

mod answer;
mod conversation_insights;
mod csv;
mod opencx;
mod query;
mod reports;
#[cfg(test)]
mod tests;

use api::Edge;
use axum::Router;
use axum::extract::FromRef;
use axum::middleware::from_fn;
use axum::routing::{get, post};

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

pub use reports::openapi;

/// The route table.
#[rustfmt::skip]
pub fn router(deps: Deps) -> Router {
    let in_their_form = from_fn(conversation_insights::answer_in_their_form);
    let routes = Router::new()
        .route("/api/public/{tenant}/insights/agent-roster", get(reports::agent_roster))
        .route("/api/public/{tenant}/insights/agent-performance-score", get(reports::agent_performance_score))
        .route("/api/public/{tenant}/insights/agent-capability-profile", get(reports::agent_capability_profile))
        .route("/api/public/{tenant}/insights/agent-skill-match", get(reports::agent_skill_match))
        .route("/api/public/{tenant}/insights/agent-detection-rates", get(reports::agent_detection_rates))
        .route("/api/public/{tenant}/insights/agent-volume-assessments", get(reports::agent_volume_assessments))
        .route("/api/public/{tenant}/insights/agent-effort", get(reports::agent_effort))
        .route("/api/public/{tenant}/insights/agent-contribution", get(reports::agent_contribution))
        .route("/api/public/{tenant}/insights/agent-assessment-conversation-uids", get(reports::agent_assessment_conversation_uids))
        .route("/api/public/{tenant}/insights/agent-training-recommendations", get(reports::agent_training_recommendations))
        .route("/api/public/{tenant}/insights/customers-at-risk", get(reports::customers_at_risk))
        .route("/api/public/{tenant}/insights/users-at-risk", get(reports::users_at_risk))
        .route("/api/public/{tenant}/insights/customer-monitoring", get(reports::customer_monitoring))
        .route("/api/public/{tenant}/insights/customer-monitoring-chart", get(reports::customer_monitoring_chart))
        .route("/api/public/{tenant}/insights/pcsat", get(reports::pcsat))
        .route("/api/public/{tenant}/insights/customer-temperature", get(reports::customer_temperature))
        .route("/api/public/{tenant}/insights/temperature-evolution", get(reports::temperature_evolution))
        .route("/api/public/{tenant}/insights/average-growth-opportunities-mentions", get(reports::average_growth_opportunities_mentions))
        .route("/api/public/{tenant}/insights/average-information-shares-per-conversation", get(reports::average_information_shares_per_conversation))
        .route("/api/public/{tenant}/insights/tenant-recommendations", get(reports::tenant_recommendations))
        .route("/api/v2/analytics/conversations/insights", get(conversation_insights::get_conversation_insights).layer(in_their_form))
        .route("/insights", post(opencx::find_insights::find_insights))
        .route("/insights/categories", get(opencx::list_insight_categories::list_insight_categories))
        .route("/insights/{id}", get(opencx::get_insight::get_insight).patch(opencx::update_insight::update_insight))
        .with_state(deps);
    api::edge::finish(routes)
}
