//! `POST /insights`

use api::auth::ReadInsights;
use api::problem::ProblemBody;
use api::{Body, Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::insights::opencx::select;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::filters::{FindInsightsRequest, read};
use super::insight_body::{InsightBody, body, wanted_words};
use super::{Gathered, words};
use crate::{Deps, answer};

/// Insights of a page.
const PAGE: usize = 20;

/// A page of insights.
#[derive(Serialize, ToSchema)]
pub(crate) struct InsightPage {
    data: Vec<InsightBody>,
    /// The page that this is, from 1.
    page: u64,
    /// Insights that match, on all pages.
    total: usize,
    #[serde(rename = "totalPages")]
    total_pages: usize,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Get customer insights
///
/// Conversations gathered by what customers came with, 20 insights a page. An insight is listed when at least one of its conversations
/// matches all session filters; `occurrence_count`, `first_seen_at` and `last_seen_at` are of those that match, everything else is of
/// the whole insight. **A resolved insight is open again as soon as a conversation under it began after it was resolved**; an archived
/// one stays archived.
#[utoipa::path(
    post,
    path = "/insights",
    tag = "Insights",
    request_body = Option<FindInsightsRequest>,
    responses(
        (status = 200, description = "A page of insights", body = InsightPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["insights-read"]))
)]
pub(crate) async fn find_insights(
    State(deps): State<Deps>,
    can: Can<ReadInsights>,
    query: Query,
    body_: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, now) = (can.tenant(), can.now());
    let settings = answer::settings(&deps, tenant).await?;
    let (asked, warnings) = body_.read(true, now, |value, reader| read(value, reader, &settings, now))?;
    let gathered = Gathered::read(&deps, tenant).await?;
    let mut found =
        select(gathered.fold(&asked.sessions), &gathered.known.states, &gathered.known.merges, &asked.insights);
    if let Some(search) = &asked.search {
        // Content is not kept beside the numbers: it is read from the conversation that it was said in.
        let ids: Vec<String> = found.iter().map(|insight| insight.representative.clone()).collect();
        let contents = words(&deps, tenant, &ids).await?;
        let says = |id: &String| contents.get(id).is_some_and(|content| content.to_lowercase().contains(search));
        found.retain(|insight| says(&insight.representative));
    }
    let (total, total_pages) = (found.len(), found.len().div_ceil(PAGE));
    let skipped = usize::try_from(asked.page - 1).ok().and_then(|pages| pages.checked_mul(PAGE)).unwrap_or(total);
    let listed: Vec<_> = found.into_iter().skip(skipped).take(PAGE).collect();
    let ids: Vec<String> = listed.iter().flat_map(|insight| wanted_words(&gathered, insight)).collect();
    let words = words(&deps, tenant, &ids).await?;
    let data = listed.iter().map(|insight| body(tenant, &gathered, insight, &words, now)).collect();
    reply::json(StatusCode::OK, &InsightPage { data, page: asked.page, total, total_pages, warnings })
}
