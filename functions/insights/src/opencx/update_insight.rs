//! `PATCH /insights/{id}`

use std::collections::HashMap;

use api::auth::UpdateInsights;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::conversation::Named;
use domain::fault::Fault;
use domain::insights::opencx::{InsightChange, InsightStatus};
use domain::reader::{At, MAX_NAME, Reader, boolean, name_text, text, word};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::insight_body::{InsightBody, body, wanted_words};
use super::{Gathered, words};
use crate::Deps;

/// What a person decides about an insight; at least one field.
#[derive(ToSchema)]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct UpdateInsightRequest {
    /// `unresolved` takes back a resolution or an archiving.
    status: Option<InsightStatus>,
    /// Why it is archived; required for that, and only for that.
    reason: Option<String>,
    /// The team it is given to; `null` takes it away.
    team: Option<Named>,
    /// `true` adds the digest of its evidence from now on, made of its conversations each time; `false` leaves it out again.
    deep_research: Option<bool>,
}

/// An insight after it was changed.
#[derive(Serialize, ToSchema)]
pub(crate) struct UpdatedInsight {
    #[serde(flatten)]
    insight: InsightBody,
    status: InsightStatus,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Resolve, archive, reopen or assign an insight
///
/// Saying the same again changes nothing. Resolving an insight that is open again because a conversation began since is a new decision.
#[utoipa::path(
    patch,
    path = "/insights/{id}",
    tag = "Insights",
    params(("id" = String, Path, description = "The insight's id")),
    request_body = UpdateInsightRequest,
    responses(
        (status = 200, description = "The insight as it is now", body = UpdatedInsight),
        (status = 404, description = "No such insight of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["insights-update"]))
)]
pub(crate) async fn update_insight(
    State(deps): State<Deps>,
    can: Can<UpdateInsights>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body_: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (change, warnings) = body_.read(false, can.now(), read)?;
    let (tenant, now) = (can.tenant(), can.now());
    let mut gathered = Gathered::read(&deps, tenant).await?;
    let insight = gathered.find(tenant, path.get("id").map_or("", String::as_str))?;
    let by = &can.access.principal.key_name;
    let decide = |state: &domain::insights::opencx::InsightState| state.changed(&change, &insight, by, now);
    let state = deps.store.update_insight(tenant, insight.number, decide).await?;
    let status = state.status(&insight);
    gathered.known.states.insert(insight.number, state);
    let words = words(&deps, tenant, &wanted_words(&gathered, &insight)).await?;
    let insight = body(tenant, &gathered, &insight, &words, now);
    reply::json(StatusCode::OK, &UpdatedInsight { insight, status, warnings })
}

fn read(value: Value, reader: &mut Reader) -> Option<InsightChange> {
    const KNOWN: &[&str] = &["status", "reason", "team", "deep_research"];
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let unassign = map.get("team").is_some_and(Value::is_null);
    let team = reader.optional(&mut map, at, "team", team);
    let change = InsightChange {
        status: reader.optional(&mut map, at, "status", |value, at, reader| {
            word(&value, at, reader, InsightStatus::parse, InsightStatus::WORDS)
        }),
        reason: reader.optional(&mut map, at, "reason", |value, at, reader| text(value, at, reader, 1, MAX_NAME)),
        team: if unassign { Some(None) } else { team.map(Some) },
        deep_research: reader.optional(&mut map, at, "deep_research", |value, at, reader| boolean(&value, at, reader)),
    };
    let archives = change.status == Some(InsightStatus::Archived);
    if reader.is_clean() && archives != change.reason.is_some() {
        let detail = if archives { "is required to archive" } else { "is only taken when status is archived" };
        reader.fault(&at.field("reason"), detail);
    }
    reader.leftovers(at, &map, KNOWN);
    if reader.is_clean() && change == InsightChange::default() {
        reader.fault(at, "changes nothing; send status, team or deep_research");
    }
    Some(change)
}

fn team(value: Value, at: &At<'_>, reader: &mut Reader) -> Option<Named> {
    let mut map = reader.object(value, at)?;
    let id = reader.id(&mut map, at);
    let name = reader.optional(&mut map, at, "name", name_text);
    reader.leftovers(at, &map, &["id", "name"]);
    Some(Named { id: id?, name })
}
