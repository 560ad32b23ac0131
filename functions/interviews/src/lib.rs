//! Interviews with experts: planned, conducted, transcribed; the agents that conduct them and the variables in what they say.

mod activate_agent;
mod agent_body;
mod catalog;
mod conduct;
mod create_agent;
mod create_expert_link;
mod create_interview;
mod create_session;
mod create_upload;
mod create_variable;
mod delete_agent;
mod delete_interview;
mod delete_variable;
mod get_agent;
mod get_agent_variables;
mod get_audio;
mod get_interview;
mod get_interview_stats;
mod get_live_transcript;
mod get_transcription;
mod get_variable;
mod guest;
mod interview_body;
mod list_agents;
mod list_interviews;
mod list_variables;
mod open_expert_session;
mod post_events;
mod post_expert_message;
mod post_message;
mod update_agent;
mod update_interview;
mod update_variable;
mod variable_body;

use api::{Edge, Problem};
use axum::Router;
use axum::extract::FromRef;
use axum::routing::{get, patch, post, put};
use domain::failure::Failure;
use jiff::Timestamp;
use runtime::clock::NoRandomness;
use ulid::Ulid;
use utoipa::OpenApi;

/// What the handlers work with.
#[derive(Clone, Debug)]
pub struct Deps {
    /// Authentication, limits, idempotency, clock.
    pub edge: Edge,
    /// The tables.
    pub store: store::Store,
    /// The bucket.
    pub blobs: blobs::Blobs,
    /// The queue to the analysis of interviews.
    pub queue: queue::Queue,
    /// Looks up who is to be notified.
    pub outbound: outbound::Outbound,
    /// Makes new ids.
    pub new_ulid: fn(Timestamp) -> Result<Ulid, NoRandomness>,
    /// Makes the secrets of experts' links.
    pub random: fn() -> Result<[u8; 24], NoRandomness>,
}

impl FromRef<Deps> for Edge {
    fn from_ref(deps: &Deps) -> Self {
        deps.edge.clone()
    }
}

impl FromRef<Deps> for store::Store {
    fn from_ref(deps: &Deps) -> Self {
        deps.store.clone()
    }
}

/// The route table.
pub fn router(deps: Deps) -> Router {
    let routes = Router::new()
        .route("/api/interviews", get(list_interviews::list_interviews).post(create_interview::create_interview))
        .route("/api/interviews/stats", get(get_interview_stats::get_interview_stats))
        .route("/api/interviews/{id}", get(get_interview::get_interview).delete(delete_interview::delete_interview))
        .route("/api/interviews/{id}", patch(update_interview::update_interview))
        .route("/api/interviews/{id}", put(update_interview::replace_interview))
        .route("/api/interviews/{id}/transcription", get(get_transcription::get_transcription))
        .route("/api/interviews/{id}/live-transcript", get(get_live_transcript::get_live_transcript))
        .route("/api/interviews/{id}/audio", get(get_audio::get_audio))
        .route("/api/interviews/{id}/expert-link", post(create_expert_link::create_expert_link))
        .route("/api/interviews/{id}/sessions", post(create_session::create_session))
        .route("/api/interviews/{id}/sessions/{session_id}/messages", post(post_message::post_message))
        .route("/api/interviews/{id}/sessions/{session_id}/events", post(post_events::post_events))
        .route("/api/interviews/{id}/sessions/{session_id}/audio", post(create_upload::create_upload))
        .route("/api/agents", get(list_agents::list_agents).post(create_agent::create_agent))
        .route("/api/agents/{id}", get(get_agent::get_agent).delete(delete_agent::delete_agent))
        .route("/api/agents/{id}", patch(update_agent::update_agent).put(update_agent::replace_agent))
        .route("/api/agents/{id}/activate", post(activate_agent::activate_agent))
        .route("/api/agents/{id}/variables", get(get_agent_variables::get_agent_variables))
        .route("/api/variables", get(list_variables::list_variables).post(create_variable::create_variable))
        .route("/api/variables/{id}", get(get_variable::get_variable).delete(delete_variable::delete_variable))
        .route("/api/variables/{id}", patch(update_variable::update_variable).put(update_variable::replace_variable))
        .route("/api/expert/session", post(open_expert_session::open_expert_session))
        .route("/api/expert/messages", post(post_expert_message::post_expert_message))
        .with_state(deps);
    api::edge::finish(routes)
}

/// This function's part of the OpenAPI document.
pub fn openapi() -> utoipa::openapi::OpenApi {
    Document::openapi()
}

#[derive(OpenApi)]
#[openapi(
    paths(
        list_interviews::list_interviews,
        create_interview::create_interview,
        get_interview_stats::get_interview_stats,
        get_interview::get_interview,
        update_interview::update_interview,
        update_interview::replace_interview,
        delete_interview::delete_interview,
        get_transcription::get_transcription,
        get_live_transcript::get_live_transcript,
        get_audio::get_audio,
        create_expert_link::create_expert_link,
        create_session::create_session,
        post_message::post_message,
        post_events::post_events,
        create_upload::create_upload,
        list_agents::list_agents,
        create_agent::create_agent,
        get_agent::get_agent,
        update_agent::update_agent,
        update_agent::replace_agent,
        delete_agent::delete_agent,
        activate_agent::activate_agent,
        get_agent_variables::get_agent_variables,
        list_variables::list_variables,
        create_variable::create_variable,
        get_variable::get_variable,
        update_variable::update_variable,
        update_variable::replace_variable,
        delete_variable::delete_variable,
        open_expert_session::open_expert_session,
        post_expert_message::post_expert_message
    ),
    components(schemas(api::problem::ProblemBody))
)]
struct Document;

/// A new id, or the problem that there is no randomness to make one.
fn new_ulid(deps: &Deps, now: Timestamp) -> Result<Ulid, Problem> {
    Ok((deps.new_ulid)(now).map_err(no_randomness)?)
}

fn no_randomness(error: NoRandomness) -> Failure {
    Failure::Unexpected { service: "randomness", source: Box::new(error) }
}
