//! `POST /api/interviews/{id}/sessions/{session_id}/audio`

use std::collections::{BTreeMap, HashMap};

use api::auth::WriteInterviews;
use api::problem::ProblemBody;
use api::{Body, Can, Path, Problem, Query, reply};
use axum::extract::State;
use axum::response::Response;
use blobs::media::{Media, Part};
use domain::fault::Fault;
use domain::interviews::session::Session;
use domain::reader::{At, Reader, word};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use store::SessionChange;
use utoipa::ToSchema;

use crate::Deps;
use crate::interview_body::{interview_id, session_id};

/// Media types of recordings.
const TYPES: &[&str] = &["audio/mpeg", "audio/mp4", "audio/ogg", "audio/wav", "audio/webm"];
/// Largest recording, in bytes: 12 hours of 90 kbit/s.
const MAX_LENGTH: u64 = 500_000_000;

/// A recording to be uploaded.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "describes the body")]
pub(crate) struct CreateUploadRequest {
    /// `audio/mpeg`, `audio/mp4`, `audio/ogg`, `audio/wav` or `audio/webm`.
    content_type: String,
    /// Bytes, 1–500,000,000. The link takes exactly so many.
    content_length: u64,
}

/// Where to put the recording.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Upload {
    /// Signed link; needs no key.
    #[serde(rename = "uploadUrl")]
    url: String,
    /// Always `PUT`.
    method: &'static str,
    /// Headers that the request must have.
    headers: BTreeMap<String, String>,
    /// When the link stops working.
    #[serde(rename = "expires_at")]
    expires_at: String,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Get a link to upload a session's recording
///
/// Uploading again replaces it.
#[utoipa::path(
    post,
    path = "/api/interviews/{id}/sessions/{session_id}/audio",
    tag = "Interviews",
    params(
        ("id" = String, Path, description = "The interview's id"),
        ("session_id" = String, Path, description = "The session's id"),
    ),
    request_body = CreateUploadRequest,
    responses(
        (status = 201, description = "The link", body = Upload),
        (status = 404, description = "No such session of this tenant", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "Not valid", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["interviews-write"]))
)]
pub(crate) async fn create_upload(
    State(deps): State<Deps>,
    can: Can<WriteInterviews>,
    Path(path): Path<HashMap<String, String>>,
    query: Query,
    body: Body,
) -> Result<Response, Problem> {
    query.finish()?;
    let (tenant, now) = (can.tenant(), can.now());
    let (interview, id) = (interview_id(&path)?, session_id(&path)?);
    let stored = deps.store.session(tenant, interview, id).await?.ok_or_else(Problem::not_found)?;
    let ((content_type, length), warnings) = body.read(false, now, read)?;
    if stored.recording.as_deref() != Some(content_type) {
        let session = Session { recording: Some(content_type.to_owned()), revision: stored.revision + 1, ..stored };
        let change = SessionChange { interview, session: &session, turn: None, replaced: None, status: None, at: now };
        deps.store.write_session(tenant, change).await?;
    }
    let media = Media { interview, session: id, part: Part::Audio };
    let link = deps.blobs.upload_link(tenant, &media, (content_type, length), now).await?;
    let upload = Upload {
        url: link.url,
        method: "PUT",
        headers: link.headers.into_iter().collect(),
        expires_at: link.expires_at.to_string(),
        warnings,
    };
    reply::json(StatusCode::CREATED, &upload)
}

fn read(value: Value, reader: &mut Reader) -> Option<(&'static str, u64)> {
    let at = &At::ROOT;
    let mut map = reader.object(value, at)?;
    let content_type = reader.required(&mut map, at, "contentType", |value, at, reader| {
        word(&value, at, reader, |text| TYPES.iter().copied().find(|known| *known == text), TYPES)
    });
    let length = reader.required(&mut map, at, "contentLength", |value, at, reader| {
        let length = value.as_u64().filter(|length| (1..=MAX_LENGTH).contains(length));
        reader.some(length, at, &format!("must be a whole number of bytes from 1 to {MAX_LENGTH}"))
    });
    reader.leftovers(at, &map, &["contentType", "contentLength"]);
    Some((content_type?, length?))
}
