//! Analysing again what is stored already, under settings that have changed since: a taxonomy saved today must count for yesterday too.

use jiff::Timestamp;

use crate::conversation::words;
use crate::ids::ReanalysisId;

words! {
    /// How far a re-analysis is.
    ReanalysisStatus {
        /// Under way.
        Running => "running",
        /// Every batch was analysed again.
        Done => "done",
        /// Another one was started under newer settings, which does all that this one would have done.
        Superseded => "superseded",
        /// It could not go on; an operator finds its message in the dead-letter queue. What it did so far holds.
        Stopped => "stopped",
    }
}

/// One re-analysis of everything that a tenant had pushed when it was started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reanalysis {
    /// Its id.
    pub id: ReanalysisId,
    /// How far it is.
    pub status: ReanalysisStatus,
    /// Revision of the settings when it was started. Each batch is analysed under the settings of its own moment, which are never older.
    pub settings_revision: u64,
    /// When it was started.
    pub started_at: Timestamp,
    /// When it last moved on.
    pub updated_at: Timestamp,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// Key of the last batch that was done; `None` at the start.
    pub cursor: Option<String>,
    /// What was done so far.
    pub progress: Progress,
}

/// Counts of a re-analysis.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// Batches to be analysed; `None` until they were counted.
    pub batches_total: Option<u64>,
    /// Batches analysed.
    pub batches_done: u64,
    /// Batches that could not be analysed and were passed over.
    pub batches_failed: u64,
    /// Conversations analysed again. What a newer batch replaced or a caller deleted is not among them.
    pub conversations: u64,
}

impl Progress {
    /// Share of the batches that are done or passed over, 0.0..=1.0; `None` until they were counted. No batches at all is 1.0.
    #[expect(clippy::cast_precision_loss, reason = "batches are far fewer than 2^52")]
    pub fn share(&self) -> Option<f64> {
        let total = self.batches_total?;
        let past = self.batches_done + self.batches_failed;
        Some(if total == 0 { 1.0 } else { (past as f64 / total as f64).min(1.0) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_known_once_the_batches_are_counted() {
        let uncounted = Progress { batches_done: 3, ..Progress::default() };
        assert_eq!(uncounted.share(), None);
        assert_eq!(Progress { batches_total: Some(0), ..Progress::default() }.share(), Some(1.0));
        let half = Progress { batches_total: Some(8), batches_done: 3, batches_failed: 1, conversations: 200 };
        assert_eq!(half.share(), Some(0.5));
    }
}
