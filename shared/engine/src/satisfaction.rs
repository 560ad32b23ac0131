//! Predicted satisfaction: of each run of customer messages, and of the conversation (pCSAT).

use domain::analysis::{Part, PredictedCsat, ResolutionState, round3};

use crate::feelings::Feeling;
use crate::numbers::{number, part_of};
use crate::reading::Reading;
use crate::runs::Run;
use crate::temperature::Heat;

/// What pCSAT is made of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grounds {
    pub(crate) state: Option<ResolutionState>,
    pub(crate) effort: f64,
    pub(crate) repeats: usize,
    /// Longest wait within business hours, in seconds.
    pub(crate) wait: f64,
}

/// One value per run, 1–5.
pub(crate) fn of_runs(runs: &[Run], feelings: &[Feeling], heats: &[(usize, Heat)]) -> Vec<Option<f64>> {
    runs.iter()
        .map(|run| {
            let (first, last) = (*run.asked.first()?, *run.asked.last()?);
            let mood = crate::feelings::mean(within(feelings, first, last, |feeling| feeling.message))?;
            let anger: f64 = within(heats, first, last, |(message, _)| *message).iter().map(|(_, heat)| heat.anger).sum();
            Some(round3((3.1 + 0.9 * mood - 0.4 * anger).clamp(1.0, 5.0)))
        })
        .collect()
}

/// The items of a list in order of message that belong to the messages `first..=last`.
fn within<T>(items: &[T], first: usize, last: usize, message: impl Fn(&T) -> usize) -> &[T] {
    let begin = items.partition_point(|item| message(item) < first);
    let end = items.partition_point(|item| message(item) <= last);
    items.get(begin..end).unwrap_or(&[])
}

/// pCSAT: a baseline and readable parts.
pub(crate) fn pcsat(
    reading: &Reading,
    feelings: &[Feeling],
    heats: &[(usize, Heat)],
    grounds: Grounds,
) -> Option<PredictedCsat> {
    let mood = crate::feelings::mean(feelings)?;
    let end = feelings.last()?.score;
    let anger = heats.iter().map(|(_, heat)| heat.anger).fold(0.0, f64::max);
    let resolution = match grounds.state {
        Some(ResolutionState::Resolved) => 0.4,
        Some(ResolutionState::Unresolved) => -0.6,
        _ => 0.0,
    };
    let parts: Vec<Part> = [
        ("baseline", 3.2),
        ("sentiment", 0.5 * mood + 0.4 * end - 0.3 * anger.min(2.0)),
        ("resolution", resolution),
        ("effort", -0.4 * grounds.effort / 100.0),
        ("repetition", -0.3 * part_of(number(grounds.repeats), 3.0)),
        ("wait", -0.3 * part_of(libm::log1p(grounds.wait / 3600.0), 4.3)),
    ]
    .into_iter()
    .map(|(name, value)| Part { name: name.to_owned(), value: round3(value) })
    .collect();
    let score = round3(parts.iter().map(|part| part.value).sum::<f64>().clamp(1.0, 5.0));
    let text = part_of(number(feelings.iter().map(|feeling| feeling.words).sum()), 60.0);
    let sure = if grounds.state.is_some_and(|state| state != ResolutionState::Open) { 0.2 } else { 0.0 };
    let confidence = round3(0.3 + 0.3 * text + sure);
    Some(PredictedCsat { score, confidence, parts, evidence: most_telling(reading, feelings) })
}

fn most_telling(reading: &Reading, feelings: &[Feeling]) -> Vec<domain::analysis::Span> {
    let strength = |feeling: &&Feeling| feeling.score.abs();
    let most = feelings.iter().max_by(|a, b| strength(a).total_cmp(&strength(b)).then(a.message.cmp(&b.message)));
    let sentence = most.and_then(|feeling| {
        let weight = |sentence: &&crate::reading::Sentence| {
            reading.hits_of(sentence).iter().map(|hit| hit.weight).sum::<f64>()
        };
        let own = reading.sentences_of(feeling.message);
        own.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.bytes.start.cmp(&a.bytes.start)))
    });
    sentence.and_then(|sentence| reading.span(sentence)).into_iter().collect()
}
