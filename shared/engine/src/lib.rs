//! From a conversation to its complete analysis: one pure function.
//!
//! ```text
//! Engine::new()            rules compiled, once per process
//!   .analyser(&settings)   a tenant's taxonomy, offers, competitors, hours compiled
//!   .analyse(&conversation) -> ConversationAnalysis
//! tasks(..), sla_status(..)   what follows from an analysis
//! interview(..)            an interview's summary and quotes
//! ```
//!
//! No clock, no randomness, no input or output: the same conversation and settings give the same bytes on every machine. What
//! cannot be judged is `None`, with the reason in `not_judged`.
#![warn(missing_docs)]

mod agents;
mod analyser;
mod churn;
mod closing;
mod exchanges;
mod feelings;
mod findings;
#[cfg(test)]
mod fixture;
pub mod gathering;
#[cfg(test)]
mod growth_tests;
mod hours;
mod interviews;
mod likeness;
mod numbers;
mod outcome;
#[cfg(test)]
mod properties;
mod reading;
mod rules;
mod runs;
pub mod samples;
pub mod satisfaction;
mod scores;
mod severity;
mod spam;
mod summary;
mod tags;
mod tasks;
mod temperature;
mod times;
mod warnings;
mod weights;
mod words;

use domain::settings::Settings;

pub use analyser::Analyser;
pub use interviews::interview;
pub use tasks::{sla_status, tasks};

/// Version of the engine: rises whenever the same input may give another output.
pub const VERSION: &str = "1.0.0";

/// Everything that is the same for every tenant, compiled once per process.
#[derive(Debug)]
pub struct Engine {
    rules: rules::Rules,
    model: satisfaction::Model,
}

impl Engine {
    /// Compiles the rules and reads the weights.
    pub fn new() -> Self {
        Self { rules: rules::Rules::compile(), model: satisfaction::Model::load() }
    }

    /// The engine set up for a tenant.
    pub fn analyser(&self, settings: &Settings) -> Analyser<'_> {
        Analyser::new(&self.rules, &self.model, settings)
    }
}

impl Default for Engine {
    fn default() -> Self {
        Self::new()
    }
}
