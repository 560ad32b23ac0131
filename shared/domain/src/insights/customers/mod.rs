//! Reports about customers.

pub mod at_risk;
pub mod monitoring;
pub mod monitoring_chart;
pub mod pcsat;
pub mod temperature;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::Temperature;

/// Temperatures counted; `unknown` where it could not be judged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Temperatures {
    /// Strongly negative or agitated.
    pub hot: u64,
    /// Engaged, positive, or mildly moved.
    pub warm: u64,
    /// Flat.
    pub cold: u64,
    /// Not judged.
    pub unknown: u64,
}

impl Temperatures {
    /// Counts one.
    pub fn add(&mut self, temperature: Option<Temperature>) {
        *match temperature {
            Some(Temperature::Hot) => &mut self.hot,
            Some(Temperature::Warm) => &mut self.warm,
            Some(Temperature::Cold) => &mut self.cold,
            None => &mut self.unknown,
        } += 1;
    }

    /// Adds another's.
    pub fn merge(&mut self, other: Self) {
        self.hot += other.hot;
        self.warm += other.warm;
        self.cold += other.cold;
        self.unknown += other.unknown;
    }

    /// Conversations with a temperature.
    pub fn judged(self) -> u64 {
        self.hot + self.warm + self.cold
    }
}

/// A bucket of a series.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct BucketHead {
    /// The local day on which the bucket begins (a week's first day, a month's first day), or the local hour with its offset.
    pub bucket: String,
    /// First instant of the bucket within the period.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub start: Option<jiff::Timestamp>,
}

impl BucketHead {
    /// Of a bucket.
    pub fn of(bucket: &crate::insights::buckets::Bucket) -> Self {
        Self { bucket: bucket.label.clone(), start: Some(bucket.start) }
    }
}
