//! Sums that do not depend on order, and the numbers shown of them. A score enters as whole thousandths; nothing is rounded before the end.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::round3;

/// Largest score or duration that is summed; beyond it values are cut, so that a sum of a billion squares still fits.
const LARGEST: f64 = 1e12;

/// A score in whole thousandths, halves away from zero; `None` when it is no number.
///
/// Without `f64::round`, which is a call on processors that are not asked for SSE 4.1, and most of what a fold does.
#[expect(clippy::cast_possible_truncation, reason = "cut to ±10^12 before")]
#[expect(clippy::cast_precision_loss, reason = "below 2^53")]
pub fn fixed(score: f64) -> Option<i64> {
    let value = (score * 1000.0).clamp(-LARGEST, LARGEST);
    let whole = value as i64;
    let rest = value - whole as f64;
    score.is_finite().then_some(whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5))
}

/// A count as a float.
#[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A sum of thousandths as a float.
#[expect(clippy::cast_precision_loss, reason = "shown with three decimals")]
fn thousandths(sum: i128) -> f64 {
    sum as f64
}

/// A mean with the number of values it is taken over.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Average {
    /// The mean; `null` when there is nothing to average.
    pub value: Option<f64>,
    /// Values.
    pub n: u64,
}

/// A rate with what it is made of.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Rate {
    /// `numerator / denominator`; `null` when the denominator is 0.
    pub value: Option<f64>,
    /// Those that fulfil it.
    pub numerator: u64,
    /// Those that could.
    pub denominator: u64,
}

/// `numerator / denominator` with four decimals.
pub fn rate(numerator: u64, denominator: u64) -> Rate {
    let value = (denominator > 0).then(|| (float(numerator) / float(denominator) * 10_000.0).round() / 10_000.0);
    Rate { value, numerator, denominator }
}

/// How many fulfil something, of how many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ratio {
    /// Those that fulfil it.
    pub hits: u64,
    /// Those that could.
    pub of: u64,
}

impl Ratio {
    /// Counts one.
    pub fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.of += 1;
    }

    /// Counts one if it is known.
    pub fn add_known(&mut self, hit: Option<bool>) {
        if let Some(hit) = hit {
            self.add(hit);
        }
    }

    /// Adds another's counts.
    pub fn merge(&mut self, other: Self) {
        self.hits += other.hits;
        self.of += other.of;
    }

    /// As shown.
    pub fn rate(self) -> Rate {
        rate(self.hits, self.of)
    }
}

/// Count, sum and sum of squares of scores, exact in thousandths.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sum {
    /// Values.
    pub n: u64,
    whole: i128,
    squares: i128,
}

impl Sum {
    /// Adds a score, if there is one.
    pub fn add(&mut self, score: Option<f64>) {
        if let Some(value) = score.and_then(fixed) {
            self.add_fixed(value);
        }
    }

    /// Adds whole thousandths.
    pub fn add_fixed(&mut self, value: i64) {
        self.n += 1;
        self.whole += i128::from(value);
        self.squares += i128::from(value) * i128::from(value);
    }

    /// Adds a whole number, such as seconds.
    pub fn add_whole(&mut self, value: u64) {
        self.add(Some(float(value)));
    }

    /// Adds another's values.
    pub fn merge(&mut self, other: Self) {
        self.n += other.n;
        self.whole += other.whole;
        self.squares += other.squares;
    }

    /// The mean, not rounded.
    pub fn exact_mean(&self) -> Option<f64> {
        (self.n > 0).then(|| thousandths(self.whole) / float(self.n) / 1000.0)
    }

    /// The mean with three decimals.
    pub fn mean(&self) -> Option<f64> {
        self.exact_mean().map(round3)
    }

    /// The mean with its n.
    pub fn average(&self) -> Average {
        Average { value: self.mean(), n: self.n }
    }

    /// The sum with three decimals; 0 of nothing.
    pub fn total(&self) -> f64 {
        round3(thousandths(self.whole) / 1000.0)
    }

    /// The sum in thousandths.
    pub fn total_fixed(&self) -> i128 {
        self.whole
    }

    /// Variance of the population, not rounded.
    pub fn exact_variance(&self) -> Option<f64> {
        let n = i128::from(self.n);
        if n == 0 {
            return None;
        }
        let spread = n.checked_mul(self.squares).zip(self.whole.checked_mul(self.whole)).map(|(all, mean)| all - mean);
        let spread = spread.map_or_else(
            || float(self.n) * thousandths(self.squares) - thousandths(self.whole) * thousandths(self.whole),
            thousandths,
        );
        Some((spread / float(self.n) / float(self.n) / 1_000_000.0).max(0.0))
    }

    /// Variance with three decimals.
    pub fn variance(&self) -> Option<f64> {
        self.exact_variance().map(round3)
    }

    /// Standard deviation with three decimals.
    pub fn deviation(&self) -> Option<f64> {
        self.exact_variance().map(|variance| round3(variance.sqrt()))
    }
}

/// How often each whole number occurs: exact percentiles in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts(BTreeMap<u64, u64>);

impl Counts {
    /// Counts a value.
    pub fn add(&mut self, value: u64) {
        *self.0.entry(value).or_default() += 1;
    }

    /// Adds another's values.
    pub fn merge(&mut self, other: Self) {
        for (value, count) in other.0 {
            *self.0.entry(value).or_default() += count;
        }
    }

    /// Values.
    pub fn n(&self) -> u64 {
        self.0.values().sum()
    }

    /// The smallest value that at least `percent` of all do not exceed (nearest rank).
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let rank = (self.n() * percent).div_ceil(100).max(1);
        let mut seen = 0;
        self.0.iter().find_map(|(value, count)| {
            seen += count;
            (seen >= rank).then_some(*value)
        })
    }
}

/// The few with the greatest weight, ties to the smaller id: the same few in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Top(BTreeSet<(i64, String)>);

/// How many a [`Top`] keeps.
pub const TOP: usize = 5;

impl Top {
    /// Offers one.
    pub fn add(&mut self, weight: i64, id: &str) {
        let weight = weight.saturating_neg();
        let last = self.0.last().filter(|_| self.0.len() >= TOP);
        if last.is_none_or(|(least, last)| (weight, id) < (*least, last.as_str())) {
            self.0.insert((weight, id.to_owned()));
            if self.0.len() > TOP {
                self.0.pop_last();
            }
        }
    }

    /// Offers another's.
    pub fn merge(&mut self, other: Self) {
        for (weight, id) in other.0 {
            self.add(weight.saturating_neg(), &id);
        }
    }

    /// The ids, heaviest first.
    pub fn ids(&self) -> Vec<String> {
        self.0.iter().map(|(_, id)| id.clone()).collect()
    }

    /// The heaviest.
    pub fn first(&self) -> Option<String> {
        self.0.first().map(|(_, id)| id.clone())
    }
}

/// Adds the values of one map to those of another.
pub fn merge_maps<K: Ord, V: Default>(into: &mut BTreeMap<K, V>, from: BTreeMap<K, V>, merge: impl Fn(&mut V, V)) {
    for (key, value) in from {
        merge(into.entry(key).or_default(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scores_are_rounded_as_floats_are(score in prop_oneof![-1e10_f64..1e10, -10.0..10.0_f64, (-20_000_i32..20_000).prop_map(|n| f64::from(n) / 2000.0), any::<f64>()]) {
            #[expect(clippy::cast_possible_truncation, reason = "cut before")]
            let expected = score.is_finite().then(|| (score * 1000.0).round().clamp(-LARGEST, LARGEST) as i64);
            prop_assert_eq!(fixed(score), expected);
        }
    }

    #[test]
    fn nothing_is_null_and_counts_are_zero() {
        let sum = Sum::default();
        assert_eq!((sum.average(), sum.variance(), sum.total()), (Average { value: None, n: 0 }, None, 0.0));
        assert_eq!(rate(0, 0), Rate { value: None, numerator: 0, denominator: 0 });
        assert_eq!(Counts::default().percentile(50), None);
    }

    #[test]
    fn means_deviations_and_percentiles_by_hand() {
        let mut sum = Sum::default();
        for score in [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0] {
            sum.add(Some(score));
        }
        sum.add(None);
        sum.add(Some(f64::NAN));
        assert_eq!((sum.mean(), sum.deviation(), sum.variance(), sum.n), (Some(5.0), Some(2.0), Some(4.0), 8));
        let mut counts = Counts::default();
        (1..=10).for_each(|value| counts.add(value * 10));
        assert_eq!(
            (counts.percentile(50), counts.percentile(90), counts.percentile(100)),
            (Some(50), Some(90), Some(100))
        );
        assert_eq!(rate(1, 3).value, Some(0.3333));
    }

    proptest! {
        #[test]
        fn sums_do_not_depend_on_order(values in prop::collection::vec(-1e9_f64..1e9, 0..40), cut in 0_usize..40, weights in prop::collection::vec(-5_i64..5, 0..20)) {
            let of = |values: &[f64]| { let mut sum = Sum::default(); for v in values { sum.add(Some(*v)); } sum };
            let (a, b) = values.split_at(cut.min(values.len()));
            let mut merged = of(b);
            merged.merge(of(a));
            prop_assert_eq!(merged, of(&values));
            prop_assert!(merged.exact_variance().is_none_or(|variance| variance >= 0.0));

            let top = |weights: &[(usize, i64)]| { let mut top = Top::default(); for (i, w) in weights { top.add(*w, &i.to_string()); } top };
            let weights: Vec<_> = weights.into_iter().enumerate().collect();
            let (a, b) = weights.split_at(cut.min(weights.len()));
            let mut merged = top(b);
            merged.merge(top(a));
            prop_assert_eq!(merged, top(&weights));
        }
    }
}
