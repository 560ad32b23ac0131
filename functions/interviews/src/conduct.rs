//! Conducting a session: what an API caller and an expert with a link both do.

use api::Problem;
use api::problem::Code;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::conductor::Heard;
use domain::interviews::event::Answer;
use domain::interviews::session::{Entry, Session, SessionStatus, Speaker, Turn};
use domain::interviews::{Interview, InterviewId, InterviewStatus, MAX_SESSIONS, Platform, SessionId};
use jiff::Timestamp;
use queue::AnalyzeInterview;
use store::SessionChange;

use crate::Deps;
use crate::catalog::Loaded;

/// Begins a session, in the place of one that is still going on. The session and what the agent says first.
pub(crate) async fn start(
    deps: &Deps,
    tenant: &Tenant,
    interview: &Interview,
    platform: Platform,
    now: Timestamp,
) -> Result<(Session, Vec<Entry>), Problem> {
    if interview.status == InterviewStatus::Completed {
        return Err(Problem::new(Code::SessionEnded, "The interview is completed."));
    }
    let sessions = deps.store.sessions(tenant, interview.id).await?;
    if sessions.len() >= MAX_SESSIONS {
        let detail = format!("The interview has had {MAX_SESSIONS} sessions; create another interview.");
        return Err(Problem::new(Code::Conflict, detail));
    }
    let replaced = sessions.iter().rev().find(|session| !session.status.is_over()).map(|last| last.abandoned(now));
    let id = SessionId::new(crate::new_ulid(deps, now)?);
    let (session, turn) = match platform {
        Platform::Phone => (Session::phone(id, now), None),
        Platform::Web => {
            let client = deps.store.tenant(tenant).await?.ok_or_else(Problem::not_found)?.name;
            let script = Loaded::of(&deps.store, tenant).await?.script(&interview.plan, &client)?;
            let (session, turn) = Session::web(id, script, now);
            (session, Some(turn))
        }
    };
    let change = SessionChange {
        interview: interview.id,
        session: &session,
        turn: turn.as_ref(),
        replaced: replaced.as_ref(),
        status: Some(interview.after(session.status)),
        at: now,
    };
    deps.store.write_session(tenant, change).await?;
    Ok((session, turn.map(|turn| turn.entries).unwrap_or_default()))
}

/// What an answer led to.
pub(crate) struct Answered {
    /// The session afterwards.
    pub(crate) session: Session,
    /// What the agent says to it.
    pub(crate) says: Vec<Entry>,
}

/// Takes an expert's answer. The same turn again gets the same reply; while another turn is being answered, 409.
pub(crate) async fn answer(
    deps: &Deps,
    tenant: &Tenant,
    (interview, session): (InterviewId, SessionId),
    key: &str,
    answer: &Answer,
    now: Timestamp,
) -> Result<Answered, Problem> {
    let stored = deps.store.session(tenant, interview, session).await?.ok_or_else(Problem::not_found)?;
    if let Some(turn) = deps.store.turn(tenant, interview, session, key).await? {
        return repeated(deps, tenant, (interview, stored), &turn, answer).await;
    }
    if stored.platform == Platform::Phone {
        let detail = "A phone session is conducted by the telephony platform; post its events.";
        return Err(Problem::new(Code::Conflict, detail));
    }
    let heard = if answer.end && answer.message.is_empty() { Heard::End } else { Heard::Answer(&answer.message) };
    let Some((mut after, mut turn)) = stored.answered(key.to_owned(), heard, now) else {
        return Err(Problem::new(Code::SessionEnded, "The session has ended; nothing more is recorded."));
    };
    if answer.end && heard != Heard::End {
        // Last words: recorded, and closed instead of another question.
        (after, turn) = stored.last_words(key.to_owned(), &answer.message, now).unwrap_or((after, turn));
    }
    let before = deps.store.interview(tenant, interview).await?.ok_or_else(Problem::not_found)?;
    let change = SessionChange {
        interview,
        session: &after,
        turn: Some(&turn),
        replaced: None,
        status: Some(before.after(after.status)),
        at: now,
    };
    match deps.store.write_session(tenant, change).await {
        Ok(()) => {}
        Err(Failure::Conflict { .. }) => {
            // Perhaps it was this very turn, sent twice at once.
            return match deps.store.turn(tenant, interview, session, key).await? {
                Some(turn) => repeated(deps, tenant, (interview, stored), &turn, answer).await,
                None => {
                    Err(Problem::new(Code::TurnInProgress, "Another turn came first; read its reply and send again.")
                        .retry_after(1_000))
                }
            };
        }
        Err(failure) => return Err(failure.into()),
    }
    if after.status == SessionStatus::Completed {
        analyse(deps, tenant, interview).await?;
    }
    Ok(Answered { session: after, says: spoken(&turn) })
}

async fn repeated(
    deps: &Deps,
    tenant: &Tenant,
    (interview, session): (InterviewId, Session),
    turn: &Turn,
    answer: &Answer,
) -> Result<Answered, Problem> {
    if turn.answer().unwrap_or_default() != answer.message {
        return Err(Problem::new(Code::IdempotencyKeyReused, "This turn was sent before with another message."));
    }
    let session = deps.store.session(tenant, interview, session.id).await?.unwrap_or(session);
    if session.status == SessionStatus::Completed {
        // The first time may have been cut short before the analysis was asked for.
        let stored = deps.store.interview(tenant, interview).await?;
        if stored.is_some_and(|interview| interview.analysis.is_none()) {
            analyse(deps, tenant, interview).await?;
        }
    }
    Ok(Answered { session, says: spoken(turn) })
}

/// What the agent says in a turn.
pub(crate) fn spoken(turn: &Turn) -> Vec<Entry> {
    turn.entries.iter().filter(|entry| entry.speaker == Speaker::Agent).cloned().collect()
}

/// Asks for the analysis of an interview. Asking again is harmless.
pub(crate) async fn analyse(deps: &Deps, tenant: &Tenant, interview: InterviewId) -> Result<(), Failure> {
    deps.queue.send(&AnalyzeInterview { tenant: tenant.clone(), interview }).await
}
