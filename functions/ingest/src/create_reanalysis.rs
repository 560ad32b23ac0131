//! `POST /api/public/{tenant}/reanalyses`

use api::auth::WriteSettings;
use api::problem::ProblemBody;
use api::{Can, Problem, Query, idempotency, reply};
use axum::extract::State;
use axum::response::Response;
use domain::failure::Failure;
use domain::ids::ReanalysisId;
use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use http::{HeaderMap, StatusCode};
use queue::ContinueReanalysis;

use crate::Deps;
use crate::reanalysis_body::ReanalysisBody;

/// Analyse again
///
/// Analyses everything pushed so far under the settings as they are now, batch by batch: after a change of the taxonomy, of SLA targets, of
/// business hours, or of Hark itself. While one runs under the same settings, asking again answers that one; one of older settings gives way.
#[utoipa::path(
    post,
    path = "/api/public/{tenant}/reanalyses",
    tag = "Ingest",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("Idempotency-Key" = Option<String>, Header, description = "Replays the first answer for 24 hours"),
    ),
    responses(
        (status = 202, description = "Started, or running already", body = ReanalysisBody),
        (status = 409, description = "The idempotency key is in use or was used for another body", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["settings-write"]))
)]
pub(crate) async fn create_reanalysis(
    State(deps): State<Deps>,
    can: Can<WriteSettings>,
    query: Query,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    query.finish()?;
    let start = Box::pin(start(&deps, &can));
    idempotency::once(&deps.edge, &can.access, &headers, "POST reanalyses", b"", start).await
}

async fn start(deps: &Deps, can: &Can<WriteSettings>) -> Result<Response, Problem> {
    let tenant = can.tenant();
    let record = deps.store.tenant(tenant).await?.ok_or_else(|| Failure::Unexpected {
        service: "ingest",
        source: "an authenticated tenant has no record".into(),
    })?;
    let running = deps.store.latest_reanalysis(tenant).await?.filter(|latest| {
        latest.status == ReanalysisStatus::Running && latest.settings_revision == record.settings_revision
    });
    let job = match running {
        Some(running) => running,
        None => {
            let new = Reanalysis {
                id: ReanalysisId::new(crate::new_ulid(deps, can.now())?),
                status: ReanalysisStatus::Running,
                settings_revision: record.settings_revision,
                started_at: can.now(),
                updated_at: can.now(),
                finished_at: None,
                cursor: None,
                progress: Progress::default(),
            };
            deps.store.create_reanalysis(tenant, &new).await?;
            new
        }
    };
    // Sent for a running one too: should its message have been lost between two writes, this sets it going again, and else does no harm.
    deps.queue.send(&ContinueReanalysis { tenant: tenant.clone(), reanalysis: job.id }).await?;
    reply::json(StatusCode::ACCEPTED, &ReanalysisBody::of(tenant.as_str(), &job))
}
