//! `pcsat`: predicted satisfaction over time, beside the ratings that customers really gave.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::BucketHead;
use crate::analysis::round3;
use crate::facts::FactRow;
use crate::insights::arithmetic::{Average, Rate, Sum, fixed, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::report::{Report, Row, Table, Uids};

/// Scores counted by the whole number they are nearest to (2.5 counts as 3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Stars {
    /// Below 1.5.
    #[serde(rename = "1")]
    pub one: u64,
    /// 1.5 to 2.5.
    #[serde(rename = "2")]
    pub two: u64,
    /// 2.5 to 3.5.
    #[serde(rename = "3")]
    pub three: u64,
    /// 3.5 to 4.5.
    #[serde(rename = "4")]
    pub four: u64,
    /// From 4.5.
    #[serde(rename = "5")]
    pub five: u64,
}

impl Stars {
    /// Counts a score in thousandths.
    pub fn add(&mut self, score: i64) {
        *match score {
            ..1_500 => &mut self.one,
            1_500..2_500 => &mut self.two,
            2_500..3_500 => &mut self.three,
            3_500..4_500 => &mut self.four,
            4_500.. => &mut self.five,
        } += 1;
    }

    fn merge(&mut self, other: Self) {
        self.one += other.one;
        self.two += other.two;
        self.three += other.three;
        self.four += other.four;
        self.five += other.five;
    }

    /// From 1 to 5.
    pub fn array(self) -> [u64; 5] {
        [self.one, self.two, self.three, self.four, self.five]
    }
}

/// One bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PcsatRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub bucket: BucketHead,
    /// Conversations that began in it.
    pub n: u64,
    /// Mean predicted satisfaction of those that have one.
    pub pcsat: Average,
    /// Ratings that were given in the bucket, whenever their conversation began.
    pub csat: Average,
    /// The conversations that have a pCSAT, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for PcsatRow {}

/// Ratings that customers gave in the period. Every rating counts; one that was re-sent counts once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct RatedTotals {
    /// Ratings.
    pub ratings: u64,
    /// Conversations with at least one.
    pub conversations: u64,
    /// Mean of all ratings.
    pub mean: Option<f64>,
    /// All ratings.
    pub distribution: Stars,
    /// Mean of each conversation's latest rating.
    pub latest: Average,
    /// Ratings of 4 or 5, of all.
    pub positive: Rate,
}

/// Prediction against rating.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Comparison {
    /// Conversations of the period with a prediction and a rating; the latest rating counts.
    pub n: u64,
    /// Mean absolute error.
    pub mean_absolute_error: Option<f64>,
    /// Mean of prediction − rating.
    pub bias: Option<f64>,
}

/// The whole period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct PcsatTotals {
    /// Mean predicted satisfaction.
    pub pcsat: Average,
    /// Standard deviation.
    pub spread: Option<f64>,
    /// Predictions by nearest whole number.
    pub distribution: Stars,
    /// Conversations with a prediction, of all of the period.
    pub coverage: Rate,
    /// Real ratings; never mixed with the prediction.
    pub csat: RatedTotals,
    /// One against the other.
    pub against_csat: Comparison,
}

/// Ratings gathered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RatedAcc {
    sum: Sum,
    stars: Stars,
    latest: Sum,
}

/// One bucket, gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BucketAcc {
    n: u64,
    pcsat: Sum,
    csat: Sum,
    uids: Uids,
}

/// Everything gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PcsatAcc {
    buckets: BTreeMap<u32, BucketAcc>,
    pcsat: Sum,
    stars: Stars,
    n: u64,
    rated: RatedAcc,
    error: Sum,
    bias: Sum,
}

impl RatedAcc {
    /// Adds the conversation's ratings of the period. The latest of them is the conversation's.
    pub fn fold(&mut self, row: &FactRow, context: &Context) {
        let mut latest = None;
        for (rating, at) in row.csat.iter().filter(|(_, at)| context.holds(*at)) {
            let score = i64::from(*rating) * 1000;
            self.sum.add_fixed(score);
            self.stars.add(score);
            latest = latest.max(Some((*at, *rating)));
        }
        if let Some((_, rating)) = latest {
            self.latest.add_fixed(i64::from(rating) * 1000);
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: Self) {
        self.sum.merge(other.sum);
        self.stars.merge(other.stars);
        self.latest.merge(other.latest);
    }

    /// As shown.
    pub fn totals(&self) -> RatedTotals {
        RatedTotals {
            ratings: self.sum.n,
            conversations: self.latest.n,
            mean: self.sum.mean(),
            distribution: self.stars,
            latest: self.latest.average(),
            positive: rate(self.stars.four + self.stars.five, self.sum.n),
        }
    }
}

/// The report.
#[derive(Debug)]
pub struct Pcsat;

/// What ratings go by.
pub const RATED: &str = "A conversation belongs to the period in which it began (created_at); real ratings (csat) belong to the period in which they were given, on conversations begun up to 90 days before it.";

impl Report for Pcsat {
    type Acc = PcsatAcc;
    type Row = PcsatRow;
    type Totals = PcsatTotals;
    const NAME: &'static str = "pcsat";
    const BASIS: &'static str = RATED;
    const REACHES_BACK: bool = true;

    fn fold(acc: &mut PcsatAcc, id: &str, row: &FactRow, inside: bool, context: &Context) {
        acc.rated.fold(row, context);
        for (rating, at) in &row.csat {
            if let Some(index) = context.buckets.index(*at).filter(|_| context.holds(*at)) {
                acc.buckets.entry(index).or_default().csat.add_fixed(i64::from(*rating) * 1000);
            }
        }
        if !inside {
            return;
        }
        acc.n += 1;
        let score = row.pcsat.and_then(fixed);
        if let Some(index) = context.buckets.index(row.created_at) {
            let bucket = acc.buckets.entry(index).or_default();
            bucket.n += 1;
            if let Some(score) = score {
                bucket.pcsat.add_fixed(score);
                bucket.uids.add(id, context);
            }
        }
        let Some(score) = score else { return };
        acc.pcsat.add_fixed(score);
        acc.stars.add(score);
        if let Some((rating, _)) = row.csat.iter().max_by_key(|(rating, at)| (*at, *rating)) {
            let off = score - i64::from(*rating) * 1000;
            acc.error.add_fixed(off.abs());
            acc.bias.add_fixed(off);
        }
    }

    fn merge(into: &mut PcsatAcc, from: PcsatAcc) {
        merge_maps(&mut into.buckets, from.buckets, |into, from| {
            into.n += from.n;
            into.pcsat.merge(from.pcsat);
            into.csat.merge(from.csat);
            into.uids.merge(from.uids);
        });
        into.pcsat.merge(from.pcsat);
        into.stars.merge(from.stars);
        into.n += from.n;
        into.rated.merge(from.rated);
        into.error.merge(from.error);
        into.bias.merge(from.bias);
    }

    fn finish(mut acc: PcsatAcc, context: &Context) -> Table<PcsatRow, PcsatTotals> {
        let rows = context.buckets.iter().map(|(index, bucket)| {
            let found = acc.buckets.remove(&index).unwrap_or_default();
            PcsatRow {
                bucket: BucketHead::of(bucket),
                n: found.n,
                pcsat: found.pcsat.average(),
                csat: found.csat.average(),
                conversation_uids: found.uids.shown(context),
            }
        });
        let rows = rows.collect();
        let totals = PcsatTotals {
            pcsat: acc.pcsat.average(),
            spread: acc.pcsat.deviation(),
            distribution: acc.stars,
            coverage: rate(acc.pcsat.n, acc.n),
            csat: acc.rated.totals(),
            against_csat: Comparison {
                n: acc.error.n,
                mean_absolute_error: acc.error.mean(),
                bias: acc.bias.exact_mean().map(round3),
            },
        };
        Table { totals, rows }
    }
}
