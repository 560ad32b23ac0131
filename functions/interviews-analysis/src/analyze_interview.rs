//! One message: one interview that is over.
//!
//! Every step may be repeated: a redelivery comes to the same objects and the same analysis, and announces the same event.

use blobs::media::{Media, Part};
use domain::failure::Failure;
use domain::interviews::session::{primary, transcript};
use domain::webhooks::Event;
use queue::{AnalyzeInterview, Announce};
use runtime::log::chain;
use runtime::sqs::{Message, Redeliver};

use crate::Deps;

/// Analyses an interview and announces its completion.
pub async fn analyze_interview(deps: &Deps, message: Message) -> Result<(), Redeliver> {
    let work = match AnalyzeInterview::parse(&message.body) {
        Ok(work) => work,
        Err(error) => {
            tracing::error!(error = chain(&error), "the message cannot be read; it goes to the dead-letter queue");
            return Err(Redeliver);
        }
    };
    match analyze(deps, &work).await {
        Ok(quotes) => {
            let tenant = work.tenant.as_str();
            tracing::info!(tenant.id = tenant, interview.id = %work.interview, quotes, "interview analysed");
            Ok(())
        }
        Err(failure) => {
            let tenant = work.tenant.as_str();
            let error = chain(&failure);
            tracing::error!(error, tenant.id = tenant, interview.id = %work.interview, "interview failed");
            Err(Redeliver)
        }
    }
}

/// The number of quotes found; 0 for an interview that was deleted meanwhile.
async fn analyze(deps: &Deps, work: &AnalyzeInterview) -> Result<usize, Failure> {
    let AnalyzeInterview { tenant, interview } = work;
    let Some(stored) = deps.store.interview(tenant, *interview).await? else { return Ok(0) };
    let Some(completed_at) = stored.completed_at else { return Ok(0) };
    let sessions = deps.store.sessions(tenant, *interview).await?;
    let Some(primary) = primary(&sessions).map(|session| session.id) else { return Ok(0) };
    let mut said = Vec::new();
    for session in sessions.iter().filter(|session| session.status.is_over()) {
        let entries = transcript(deps.store.turns(tenant, *interview, session.id).await?);
        let json = serde_json::to_vec(&entries)
            .map_err(|error| Failure::Unexpected { service: "JSON", source: Box::new(error) })?;
        let media = Media { interview: *interview, session: session.id, part: Part::Transcript };
        deps.blobs.put_media(tenant, &media, "application/json", json).await?;
        if session.id == primary {
            said = entries;
        }
    }
    let analysis = engine::interview(primary, &said, (deps.clock)());
    if !deps.store.put_interview_analysis(tenant, *interview, &analysis).await? {
        // Deleted while we read it: what we wrote goes too.
        for session in &sessions {
            let media = Media { interview: *interview, session: session.id, part: Part::Transcript };
            deps.blobs.delete_media(tenant, &media).await?;
        }
        return Ok(0);
    }
    let event =
        Event::InterviewCompleted { interview_id: interview.to_string(), success: stored.success.unwrap_or(false) };
    let announce = Announce { tenant: tenant.clone(), event, occurred_at: completed_at };
    deps.webhooks_queue.send(&announce).await?;
    Ok(analysis.quotes.len())
}
