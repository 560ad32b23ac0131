//! `GET /api/interviews`

use api::auth::ReadInterviews;
use api::problem::ProblemBody;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::interviews::rows::{Filter, Since};
use domain::interviews::{Interview, InterviewStatus};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::interview_body::InterviewRow;

const MAX_LIMIT: u64 = 100;
const DEFAULT_LIMIT: u64 = 20;
/// Interviews of a list without pages, so that it fits into an answer; `Link` leads to the rest.
const MAX_PLAIN: usize = 1_000;
const MAX_SEARCH: usize = 500;

/// A page of interviews.
#[derive(Serialize, ToSchema)]
pub(crate) struct InterviewPage {
    data: Vec<InterviewRow>,
    pagination: Pagination,
}

/// Where a page stands.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pagination {
    /// From 1.
    page: u64,
    /// Interviews of a page.
    limit: u64,
    /// Interviews that match, on all pages.
    total: u64,
    total_pages: u64,
}

/// List interviews
///
/// Newest first. Without `page` and `limit` the answer is a plain array of at most 1,000 interviews; `X-Total-Count` says how many match.
/// To synchronise completed interviews, send `completedAfter` and go on from the last row with `<completedAt>,<id>`.
#[utoipa::path(
    get,
    path = "/api/interviews",
    tag = "Interviews",
    params(
        ("page" = Option<u64>, Query, description = "From 1"),
        ("limit" = Option<u64>, Query, description = "Interviews of a page, 1–100 (20)"),
        ("status" = Option<InterviewStatus>, Query, description = "`IN_PROGRESS` includes `DIALING`"),
        ("search" = Option<String>, Query, description = "Part of the title or of the expert's name, without case or accents"),
        ("completedAfter" = Option<String>, Query, description = "RFC 3339: completed then or later, oldest completion first; `<time>,<id>`: behind that interview"),
    ),
    responses(
        (status = 200, description = "A page, or a plain array without `page` and `limit`", body = InterviewPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-read"]))
)]
pub(crate) async fn list_interviews(
    State(deps): State<Deps>,
    can: Can<ReadInterviews>,
    mut query: Query,
) -> Result<Response, Problem> {
    let page = query.number("page", 1..=1_000_000);
    let limit = query.number("limit", 1..=MAX_LIMIT);
    let status = query.word("status", InterviewStatus::parse, InterviewStatus::WORDS);
    let search = query.one("search");
    if search.as_ref().is_some_and(|search| search.chars().count() > MAX_SEARCH) {
        query.fault("search", format!("must have at most {MAX_SEARCH} characters"));
    }
    let after = query.one("completedAfter");
    let completed_after = after.as_deref().and_then(Since::parse);
    if after.is_some() && completed_after.is_none() {
        query.fault("completedAfter", "must be an RFC 3339 time, or one with a comma and an interview's id behind it");
    }
    query.finish()?;

    let filter = Filter { status, search, completed_after };
    let mut found: Vec<Interview> =
        deps.store.interviews(can.tenant()).await?.into_iter().filter(|row| filter.admits(row)).collect();
    found.sort_by(|left, right| filter.order(left, right));
    let total = found.len() as u64;
    let rows = |skipped: u64, most: u64| -> Vec<InterviewRow> {
        let skipped = usize::try_from(skipped).unwrap_or(usize::MAX);
        let rows = found.iter().skip(skipped).take(usize::try_from(most).unwrap_or(usize::MAX));
        rows.map(|interview| InterviewRow::of(interview, can.now())).collect()
    };
    if page.is_none() && limit.is_none() {
        return plain(&rows(0, MAX_PLAIN as u64), total);
    }
    let (page, limit) = (page.unwrap_or(1), limit.unwrap_or(DEFAULT_LIMIT));
    let data = rows((page - 1).saturating_mul(limit), limit);
    let pagination = Pagination { page, limit, total, total_pages: total.div_ceil(limit) };
    reply::json(StatusCode::OK, &InterviewPage { data, pagination })
}

fn plain(rows: &[InterviewRow], total: u64) -> Result<Response, Problem> {
    let mut response = reply::json(StatusCode::OK, &rows)?;
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-total-count"), HeaderValue::from(total));
    if total > MAX_PLAIN as u64 {
        let next =
            format!("</api/interviews?page={}&limit={MAX_LIMIT}>; rel=\"next\"", MAX_PLAIN as u64 / MAX_LIMIT + 1);
        if let Ok(next) = HeaderValue::from_str(&next) {
            headers.insert(header::LINK, next);
        }
    }
    Ok(response)
}
