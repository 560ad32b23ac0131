//! Interviews and sessions as they are sent.

use std::collections::{BTreeMap, HashMap};

use api::Problem;
use blobs::Blobs;
use blobs::media::{Media, Part, SignedLink};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::fault::Fault;
use domain::interviews::analysis::{Evidence, Quote};
use domain::interviews::plan::Plan;
use domain::interviews::session::{Session, SessionStatus, primary};
use domain::interviews::{Interview, InterviewId, InterviewStatus, InterviewType, Platform, SessionId};
use domain::webhooks::Notification;
use domain::webhooks::header::{Header, MASK};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// The expert.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExpertBody {
    /// Full name; 1–200 characters.
    name: String,
    /// Job title; 1–200 characters.
    title: String,
    /// At least one entry.
    #[schema(min_items = 1, max_items = 50)]
    employment_history: Vec<EmploymentBody>,
}

/// A position that the expert held.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmploymentBody {
    /// Job title; 1–200 characters.
    title: String,
    /// 1–200 characters.
    company: String,
}

/// An interview as lists show it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterviewRow {
    #[schema(example = "019abb2e-8f00-7c3a-9d1e-2b4f6a8c0e12")]
    id: String,
    interview_type: InterviewType,
    title: String,
    call_subject: String,
    status: InterviewStatus,
    /// It runs, but nothing happened for five minutes.
    is_abandoned: bool,
    expert_data: ExpertBody,
    /// When it takes place.
    scheduled_at: Option<String>,
    /// The agent that conducts it; `null` = the default for its type.
    agent_group_id: Option<String>,
    created_at: String,
    updated_at: String,
    completed_at: Option<String>,
    /// Whether the expert said anything in the session that completed it.
    success: Option<bool>,
    /// When the analysis was made; `null` until then.
    analysis_generated_at: Option<String>,
}

/// An interview in full.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InterviewBody {
    #[serde(flatten)]
    row: InterviewRow,
    questions: Vec<String>,
    custom_variables: BTreeMap<String, String>,
    /// The expert's most telling sentences; `null` until it is analysed, or when the expert said nothing.
    summary: Option<String>,
    /// Where the summary's sentences stand.
    summary_evidence: Option<Vec<Evidence>>,
    /// Notable sentences of the expert, verbatim; `null` until it is analysed.
    quotes: Option<Vec<QuoteBody>>,
    /// Who is told when the interview completes.
    notifications: Vec<NotificationBody>,
    /// Oldest first.
    sessions: Vec<SessionBody>,
    /// Fields of the request that are not known and were ignored.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<Fault>,
}

/// Who is told when the interview completes.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationBody {
    /// `https` address of a public host.
    endpoint: String,
    attributes: NotificationAttributes,
}

/// How they are told.
#[derive(Serialize, ToSchema)]
pub(crate) struct NotificationAttributes {
    /// HTTP method; `POST` if missing.
    method: String,
    /// Headers of the request. They are secrets: shown masked.
    headers: BTreeMap<String, String>,
}

impl From<&Notification> for NotificationBody {
    fn from(notification: &Notification) -> Self {
        let masked = |header: &Header| (header.name.clone(), MASK.to_owned());
        Self {
            endpoint: notification.address.as_str().to_owned(),
            attributes: NotificationAttributes {
                method: notification.method.as_str().to_owned(),
                headers: notification.headers.iter().map(masked).collect(),
            },
        }
    }
}

/// A notable sentence.
#[derive(Serialize, ToSchema)]
pub(crate) struct QuoteBody {
    #[serde(flatten)]
    quote: Quote,
    /// Always `expert`.
    speaker: &'static str,
}

/// A session.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionBody {
    pub(crate) id: String,
    platform: Platform,
    pub(crate) status: SessionStatus,
    /// The session that `transcription` and `audio` speak of: the one that completed the interview, else the newest.
    is_primary: bool,
    started_at: String,
    ended_at: Option<String>,
    /// Signed link to the transcript as JSON; `null` until the session is analysed.
    transcript_url: Option<String>,
    /// Signed link to the recording; `null` where there is none.
    audio_url: Option<String>,
    /// When the links stop working: within the hour.
    #[serde(rename = "expires_at")]
    expires_at: Option<String>,
}

impl InterviewRow {
    pub(crate) fn of(interview: &Interview, now: Timestamp) -> Self {
        let Plan { interview_type, title, call_subject, expert, scheduled_at, agent_group, .. } = &interview.plan;
        Self {
            id: interview.id.to_string(),
            interview_type: *interview_type,
            title: title.clone(),
            call_subject: call_subject.clone(),
            status: interview.status,
            is_abandoned: interview.is_abandoned(now),
            expert_data: ExpertBody {
                name: expert.name.clone(),
                title: expert.title.clone(),
                employment_history: expert
                    .employment_history
                    .iter()
                    .map(|job| EmploymentBody { title: job.title.clone(), company: job.company.clone() })
                    .collect(),
            },
            scheduled_at: text(*scheduled_at),
            agent_group_id: agent_group.map(|group| group.to_string()),
            created_at: interview.created_at.to_string(),
            updated_at: interview.updated_at.to_string(),
            completed_at: text(interview.completed_at),
            success: interview.success,
            analysis_generated_at: text(interview.analysis.as_ref().map(|analysis| analysis.generated_at)),
        }
    }
}

fn text(at: Option<Timestamp>) -> Option<String> {
    at.map(|at| at.to_string())
}

impl InterviewBody {
    pub(crate) fn of(
        interview: &Interview,
        sessions: Vec<SessionBody>,
        notifications: &[Notification],
        warnings: Vec<Fault>,
        now: Timestamp,
    ) -> Self {
        let analysis = interview.analysis.as_ref();
        let quoted = |quote: &Quote| QuoteBody { quote: quote.clone(), speaker: "expert" };
        Self {
            row: InterviewRow::of(interview, now),
            questions: interview.plan.questions.clone(),
            custom_variables: interview.plan.custom_variables.clone(),
            summary: analysis.and_then(|analysis| analysis.summary.clone()),
            summary_evidence: analysis.map(|analysis| analysis.summary_evidence.clone()),
            quotes: analysis.map(|analysis| analysis.quotes.iter().map(quoted).collect()),
            notifications: notifications.iter().map(NotificationBody::from).collect(),
            sessions,
            warnings,
        }
    }
}

/// The sessions of an interview with links to their media.
pub(crate) async fn sessions(
    blobs: &Blobs,
    tenant: &Tenant,
    interview: &Interview,
    sessions: &[Session],
    now: Timestamp,
) -> Result<Vec<SessionBody>, Failure> {
    let primary = primary(sessions).map(|session| session.id);
    let mut bodies = Vec::with_capacity(sessions.len());
    for session in sessions {
        let transcribed = interview.analysis.is_some() && session.status.is_over();
        let transcript = if transcribed {
            let media = Media { interview: interview.id, session: session.id, part: Part::Transcript };
            Some(blobs.media_link(tenant, &media, now).await?)
        } else {
            None
        };
        let audio = recording(blobs, tenant, interview.id, session, now).await?;
        let expires_at = [&transcript, &audio].into_iter().flatten().map(|link| link.expires_at).min();
        bodies.push(SessionBody {
            is_primary: primary == Some(session.id),
            transcript_url: transcript.map(|link| link.url),
            audio_url: audio.map(|link| link.url),
            expires_at: text(expires_at),
            ..SessionBody::bare(session)
        });
    }
    Ok(bodies)
}

/// A link to a session's recording, when there is one.
pub(crate) async fn recording(
    blobs: &Blobs,
    tenant: &Tenant,
    interview: InterviewId,
    session: &Session,
    now: Timestamp,
) -> Result<Option<SignedLink>, Failure> {
    let media = Media { interview, session: session.id, part: Part::Audio };
    // A link to write it may have been given out and never used.
    if session.recording.is_none() || !blobs.has_media(tenant, &media).await? {
        return Ok(None);
    }
    blobs.media_link(tenant, &media, now).await.map(Some)
}

impl SessionBody {
    /// Without media.
    pub(crate) fn bare(session: &Session) -> Self {
        Self {
            id: session.id.to_string(),
            platform: session.platform,
            status: session.status,
            is_primary: true,
            started_at: session.started_at.to_string(),
            ended_at: text(session.ended_at),
            transcript_url: None,
            audio_url: None,
            expires_at: None,
        }
    }
}

/// The path's interview, or nothing there.
pub(crate) fn interview_id(path: &HashMap<String, String>) -> Result<InterviewId, Problem> {
    path.get("id").and_then(|id| InterviewId::parse(id)).ok_or_else(Problem::not_found)
}

/// The path's session, or nothing there.
pub(crate) fn session_id(path: &HashMap<String, String>) -> Result<SessionId, Problem> {
    path.get("session_id").and_then(|id| SessionId::parse(id)).ok_or_else(Problem::not_found)
}
