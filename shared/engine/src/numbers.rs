//! Arithmetic that reads well: counts as numbers, bounded scores.

/// A count as a number; counts here stay far below 2^32.
pub(crate) fn number(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Seconds as a number.
pub(crate) fn seconds(value: u64) -> f64 {
    f64::from(u32::try_from(value).unwrap_or(u32::MAX))
}

/// 1 / (1 + e^-x), the same on every machine.
pub(crate) fn logistic(x: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-x))
}

/// How far a count has come to a limit, 0–1.
pub(crate) fn part_of(value: f64, limit: f64) -> f64 {
    (value / limit).clamp(0.0, 1.0)
}

/// Mean of values by weight; none without any.
pub(crate) fn weighted_mean(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let (sum, weight) = pairs.fold((0.0, 0.0), |(sum, total), (value, weight)| (sum + value * weight, total + weight));
    (weight > 0.0).then(|| sum / weight)
}
