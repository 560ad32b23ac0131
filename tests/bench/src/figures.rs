//! What is said of many measurements of the same thing, and the clock for what runs on one core.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The value below which that share of the values lies; 0 of none.
pub(crate) fn quantile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().saturating_sub(1) as f64;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "an index into the values")]
    let index = (last * share).round() as usize;
    sorted.get(index).copied().unwrap_or(0.0)
}

/// The least: what the machine can do when nothing disturbs it.
pub(crate) fn least(values: &[f64]) -> f64 {
    quantile(values, 0.0)
}

/// The middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    quantile(values, 0.5)
}

/// The mean.
pub(crate) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / (values.len().max(1) as f64)
}

/// Seconds that this thread has spent on a processor: what others do on the same machine is not in it.
pub(crate) fn processor() -> f64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec as f64 + now.tv_nsec as f64 / 1e9
}

/// Processor seconds of each run of something, run until so much time has passed, and at least `least` times.
pub(crate) fn runs<T>(least: usize, length: Duration, mut run: impl FnMut() -> T) -> Vec<f64> {
    let (mut taken, until) = (Vec::new(), Instant::now() + length);
    while taken.len() < least || Instant::now() < until {
        let started = processor();
        std::hint::black_box(run());
        taken.push(processor() - started);
    }
    taken
}
