//! `DELETE /api/public/{tenant}/contacts/{id}`

use std::collections::HashMap;

use api::auth::Erase;
use api::problem::ProblemBody;
use api::{Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use domain::ids::ErasureId;
use http::StatusCode;
use queue::EraseContact;
use store::{ErasedCounts, Erasure};

use crate::Deps;
use crate::receipt::Receipt;

/// Erase a person
///
/// Everything of the contact leaves every store and every metric: conversations with texts, analyses, tasks and rows in reports, sessions and events;
/// the words in audits' documents follow within seconds.
/// What was accepted before and is still on its way is not stored any more. The receipt's `status_url` tells how far it is; erasing again is
/// harmless. What is pushed about the person afterwards is stored like anything else.
#[utoipa::path(
    delete,
    path = "/api/public/{tenant}/contacts/{id}",
    tag = "Erasure",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        ("id" = String, Path, description = "The `contact.id` of conversations, the `customer_id` of events"),
    ),
    responses(
        (status = 202, description = "The erasure has begun", body = Receipt),
        (status = 404, description = "Nothing is stored of such a contact of this tenant", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["erasure-create"]))
)]
pub(crate) async fn delete_contact(
    State(deps): State<Deps>,
    can: Can<Erase>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
) -> Result<Response, Problem> {
    query.finish()?;
    let tenant = can.tenant();
    let id = path.get("id").ok_or_else(Problem::not_found)?;
    let key = deps.store.contact_key(tenant).await?.ok_or_else(Problem::not_found)?;
    let contact = key.contact(id);
    let (conversations, sessions) = tokio::try_join!(
        deps.store.conversations_of_contact(tenant, &contact),
        deps.store.count_sessions(tenant, &contact),
    )?;
    if conversations.is_empty() && sessions == 0 {
        let erased = deps.store.erased_contacts(tenant, std::slice::from_ref(&contact)).await?;
        if erased.is_empty() {
            return Err(Problem::not_found());
        }
    }
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let erasure = Erasure {
        id: ErasureId::new(crate::new_ulid(&deps, can.now())?),
        contact,
        requested_at: can.now(),
        finished_at: None,
        found: (count(conversations.len()), count(sessions)),
        erased: ErasedCounts::default(),
    };
    // Should it end before the message is sent, the caller, who got no answer, asks again.
    deps.store.begin_erasure(tenant, &erasure).await?;
    deps.queue.send(&EraseContact { tenant: tenant.clone(), erasure: erasure.id }).await?;
    reply::json(StatusCode::ACCEPTED, &Receipt::of(tenant, &erasure))
}
