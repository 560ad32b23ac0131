//! Reports: facts in, figures out. A report is a [`report::Report`]; adding one is one file and one line in [`ALL`].
//!
//! Rows are folded into an accumulator, accumulators merge in any order, and the answer is made at the end. Every sum is exact (whole
//! thousandths), so the same conversations give the same bytes in whatever order and pieces they come.

pub mod agents;
pub mod arithmetic;
pub mod aurion;
pub mod buckets;
pub mod context;
pub mod customers;
pub mod growth;
pub mod opencx;
#[cfg(test)]
mod oracle;
pub mod report;
pub mod sample;
#[cfg(test)]
mod tests;

use serde_json::Value;

use crate::facts::FactRow;
use context::Context;
use report::{Folded, Report, fold, merge};

/// Some of the latest rows.
pub type Piece<'a> = &'a [(String, FactRow)];

/// A report, its types forgotten: for lists of all reports and for tests over all of them.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its name in the path.
    pub name: &'static str,
    /// Which time decides what belongs to the period.
    pub basis: &'static str,
    /// The answer over the latest rows.
    pub run: fn(&[(String, FactRow)], &Context) -> Value,
    /// The answer over pieces, each folded by itself, kept as bytes, read again and merged.
    pub run_in_pieces: fn(&[Piece<'_>], &Context) -> Result<Value, postcard::Error>,
}

impl Entry {
    const fn of<R: Report>() -> Self {
        Self { name: R::NAME, basis: R::BASIS, run: run::<R>, run_in_pieces: run_in_pieces::<R> }
    }
}

fn run<R: Report>(rows: &[(String, FactRow)], context: &Context) -> Value {
    answer::<R>(fold::<R>(rows, context), context)
}

fn run_in_pieces<R: Report>(pieces: &[Piece<'_>], context: &Context) -> Result<Value, postcard::Error> {
    let mut all = Folded::<R::Acc>::default();
    for piece in pieces {
        let bytes = postcard::to_stdvec(&fold::<R>(piece.iter(), context))?;
        merge::<R>(&mut all, postcard::from_bytes(&bytes)?);
    }
    Ok(answer::<R>(all, context))
}

fn answer<R: Report>(folded: Folded<R::Acc>, context: &Context) -> Value {
    let mut value = serde_json::to_value(R::finish(folded.acc, context)).unwrap_or_default();
    if let Value::Object(map) = &mut value {
        map.insert("n".to_owned(), folded.n.into());
    }
    value
}

macro_rules! reports {
    ($($report:path),+ $(,)?) => {
        /// The twenty reports of the Isara surface.
        pub const ALL: &[Entry] = &[$(Entry::of::<$report>()),+];
    };
}

reports! {
    agents::roster::AgentRoster,
    agents::performance::AgentPerformanceScore,
    agents::capability::AgentCapabilityProfile,
    agents::skill_match::AgentSkillMatch,
    agents::detections::AgentDetectionRates,
    agents::volume::AgentVolumeAssessments,
    agents::effort::AgentEffort,
    agents::contribution::AgentContribution,
    agents::assessment_uids::AgentAssessmentConversationUids,
    agents::training::AgentTrainingRecommendations,
    customers::at_risk::CustomersAtRisk,
    customers::at_risk::UsersAtRisk,
    customers::monitoring::CustomerMonitoring,
    customers::monitoring_chart::CustomerMonitoringChart,
    customers::pcsat::Pcsat,
    customers::temperature::CustomerTemperature,
    customers::temperature::TemperatureEvolution,
    growth::mentions::AverageGrowthOpportunitiesMentions,
    growth::mentions::AverageInformationSharesPerConversation,
    growth::recommendations::TenantRecommendations,
}
