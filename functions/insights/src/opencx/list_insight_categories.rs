//! `GET /insights/categories`

use std::collections::BTreeMap;

use api::auth::ReadInsights;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::insights::opencx::SessionFilter;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Gathered;
use super::insight_body::CategoryBody;
use crate::Deps;

/// The categories.
#[derive(Serialize, ToSchema)]
pub(crate) struct Categories {
    /// By name.
    data: Vec<CategoryOfInsights>,
}

/// A category with what is in it.
#[derive(Serialize, ToSchema)]
pub(crate) struct CategoryOfInsights {
    #[serde(flatten)]
    category: CategoryBody,
    /// Insights of this category.
    insight_count: u64,
    /// Conversations of these insights.
    occurrence_count: u64,
}

/// List the categories of insights
///
/// A category is the commonest contact reason of an insight's conversations: a tag of the tenant's taxonomy, or a built-in reason. There
/// are at most some hundred of them, so they are not paged.
#[utoipa::path(
    get,
    path = "/insights/categories",
    tag = "Insights",
    responses((status = 200, description = "The categories that have insights", body = Categories)),
    security(("bearer" = ["insights-read"]))
)]
pub(crate) async fn list_insight_categories(
    State(deps): State<Deps>,
    can: Can<ReadInsights>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let gathered = Gathered::read(&deps, can.tenant()).await?;
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for insight in gathered.fold(&SessionFilter::default()).values() {
        if let Some(name) = insight.category() {
            let (insights, occurrences) = counts.entry(name.to_owned()).or_default();
            *insights += 1;
            *occurrences += insight.occurrences;
        }
    }
    let data = counts.into_iter().map(|(name, (insight_count, occurrence_count))| CategoryOfInsights {
        category: CategoryBody::of(can.tenant(), &name),
        insight_count,
        occurrence_count,
    });
    reply::json(StatusCode::OK, &Categories { data: data.collect() })
}
