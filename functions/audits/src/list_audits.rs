//! `GET /api/public/{tenant}/audits`

use api::auth::ReadAudits;
use api::page::{DEFAULT_LIMIT, MAX_LIMIT, Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Can, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::audits::{Audit, AuditState};
use domain::fault::Fault;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use crate::Deps;
use crate::audit_body::AuditBody;

/// A page of audits.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditPage {
    data: Vec<AuditBody>,
    /// Send it with the same filters for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// Audits that match, on all pages.
    total: usize,
}

/// List audits
///
/// Newest first; recurring ones stand at the end of their period.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/audits",
    tag = "Audits",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("state" = Option<AuditState>, Query, description = "One or several, separated by commas; all if missing"),
        ("rubric" = Option<String>, Query, description = "Name of the rubric"),
        ("limit" = Option<u64>, Query, description = "Audits of a page, 1–100 (25)"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of audits", body = AuditPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["audits-read"]))
)]
pub(crate) async fn list_audits(
    State(deps): State<Deps>,
    can: Can<ReadAudits>,
    mut query: Query,
) -> Result<Response, Problem> {
    let states = query.words("state", AuditState::parse, AuditState::WORDS);
    let rubric = query.one("rubric");
    let limit = query.number("limit", 1..=MAX_LIMIT).unwrap_or(DEFAULT_LIMIT);
    let after = query.one("cursor");
    query.finish()?;
    let walk = Walk::new(can.tenant().as_str(), "audits", &format!("{states:?} {rubric:?}"));
    let after = after.as_deref().map(|text| position(&walk, text).ok_or_else(foreign_cursor)).transpose()?;

    let wanted = |audit: &Audit| {
        (states.is_empty() || states.contains(&audit.state)) && rubric.as_ref().is_none_or(|name| *name == audit.rubric)
    };
    let audits: Vec<Audit> = deps.store.audits(can.tenant()).await?.into_iter().filter(wanted).collect();
    let limit = usize::try_from(limit).unwrap_or(1);
    let is_after = |audit: &&Audit| after.as_ref().is_none_or(|after| audit.id.to_string() < after.id);
    let rest: Vec<&Audit> = audits.iter().filter(is_after).take(limit + 1).collect();
    let page = rest.get(..limit.min(rest.len())).unwrap_or_default();
    let last = page.last().filter(|_| rest.len() > limit);
    let next_cursor = last.map(|last| cursor(&walk, Position { key: 0, id: last.id.to_string() }));
    let data = page.iter().map(|audit| AuditBody::of(audit)).collect();
    reply::json(StatusCode::OK, &AuditPage { data, next_cursor, total: audits.len() })
}

fn foreign_cursor() -> Problem {
    let detail = "is not a cursor of this list with these filters; begin again without one";
    Problem::invalid(vec![Fault::new("cursor", detail)])
}
