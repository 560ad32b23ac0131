//! Predicted satisfaction: of each run of customer messages, and of the whole conversation (pCSAT).
//!
//! Both are sums of readable features with weights from `weights/*.txt`, fitted on the ratings of the `uss` sets by
//! `tests/quality`'s `fit` program. What those sets cannot teach (waiting, the caller's status) has weights set by hand here.

use domain::analysis::{Part, PredictedCsat, ResolutionState, Span, round3};

use crate::feelings::Feeling;
use crate::likeness;
use crate::numbers::{number, part_of};
use crate::reading::{Reading, Sentence};
use crate::rules::{Cue, Rules};
use crate::runs::Run;
use crate::weights::{self, Weights};
use crate::words::{EXCLAMATION, NUMBER, is_mark};

/// Names of the features of a run, in the order of its values.
pub const RUN_FEATURES: &[&str] = &[
    "mood",
    "negative",
    "positive",
    "words",
    "asks",
    "exclaims",
    "shouts",
    "numbers",
    "thanks",
    "joy",
    "confirmed",
    "farewell",
    "accepts",
    "rejects",
    "alternative",
    "wants",
    "clarifies",
    "knows_not",
    "negations",
    "frustration",
    "anger",
    "trouble",
    "not_solved",
    "repeats_self",
    "echoes",
    "first",
    "last",
    "position",
    "messages",
    "reply_asks",
    "reply_words",
    "reply_no_match",
    "reply_sorry",
    "reply_success",
    "reply_offers_more",
    "reply_recommends",
    "reply_confirms",
    "reply_repeats",
    "reply_numbers",
    "reply_mood",
    "mood_before",
    "joy_before",
    "failures_before",
    "asks_before",
    "successes_before",
    "repeats_before",
    "no_match_rejected",
    "accepts_success",
    "short",
];

/// Names of the features of a conversation, in the order of its values, each with the part of pCSAT that it counts to.
pub const DIALOGUE_FEATURES: &[(&str, &str)] = &[
    ("run_mean", "turns"),
    ("run_least", "turns"),
    ("run_last", "turns"),
    ("mood", "sentiment"),
    ("mood_end", "sentiment"),
    ("mood_least", "sentiment"),
    ("anger", "sentiment"),
    ("joy", "sentiment"),
    ("thanks_end", "resolution"),
    ("confirmed", "resolution"),
    ("success", "resolution"),
    ("failures", "resolution"),
    ("turns", "effort"),
    ("words", "effort"),
    ("asked_back", "effort"),
    ("repeats", "repetition"),
    ("replies_repeat", "repetition"),
    ("unanswered", "resolution"),
    ("heat", "sentiment"),
    ("resolved", "resolution"),
    ("unresolved", "resolution"),
];

/// The values that the weights multiply: what the `fit` program learns from.
#[derive(Clone, Debug, PartialEq)]
pub struct Features {
    /// Per run of customer messages: the index of its first and last message, and the values of [`RUN_FEATURES`].
    pub runs: Vec<(usize, usize, Vec<f64>)>,
    /// The values of [`DIALOGUE_FEATURES`].
    pub dialogue: Vec<f64>,
}

/// Below this the run is dissatisfied, above [`SATISFIED`] satisfied, between them neither.
pub const DISSATISFIED: f64 = 2.75;
/// The middle of the scale.
const NEUTRAL: f64 = 3.0;
/// See [`DISSATISFIED`].
pub const SATISFIED: f64 = 3.25;

const TURNS: &str = include_str!("weights/turns.txt");

/// The compiled weights.
#[derive(Debug)]
pub(crate) struct Model {
    /// Log-odds of dissatisfied and of satisfied against neither.
    dissatisfied: Weights,
    satisfied: Weights,
    dialogue: Weights,
    unhappy: Weights,
}

impl Model {
    pub(crate) fn load() -> Self {
        let dialogue: Vec<&str> = DIALOGUE_FEATURES.iter().map(|(name, _)| *name).collect();
        Self {
            dissatisfied: weights::parse(TURNS, 0, RUN_FEATURES),
            satisfied: weights::parse(TURNS, 1, RUN_FEATURES),
            dialogue: weights::parse(include_str!("weights/dialogues.txt"), 0, &dialogue),
            unhappy: weights::parse(include_str!("weights/unhappy.txt"), 0, &["pcsat"]),
        }
    }

    pub(crate) fn unhappy_probability(&self, pcsat: f64) -> f64 {
        crate::numbers::logistic(self.unhappy.sum(&[pcsat]))
    }

    /// 3 and more or less by the probabilities of satisfied and dissatisfied, within the band of the likeliest of the three.
    fn satisfaction(&self, values: &[f64]) -> f64 {
        let [low, high] =
            [&self.dissatisfied, &self.satisfied].map(|weights| libm::exp(weights.sum(values).clamp(-30.0, 30.0)));
        let score = 3.0 + (high - low) / (1.0 + low + high);
        if low > 1.0 && low >= high {
            score.min(DISSATISFIED - 0.01)
        } else if high > 1.0 {
            score.max(SATISFIED + 0.01)
        } else {
            score.clamp(DISSATISFIED, SATISFIED)
        }
    }
}

/// What pCSAT rests on beside the text.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grounds {
    pub(crate) state: Option<ResolutionState>,
    /// Longest wait within business hours, in seconds.
    pub(crate) wait: f64,
    pub(crate) hand_offs: usize,
}

/// Sums over a stretch of sentences.
#[derive(Default)]
struct Sum {
    words: f64,
    exclaims: f64,
    shouts: f64,
    numbers: f64,
    negations: f64,
    asks: f64,
    cues: Vec<(Cue, f64)>,
    content: Vec<u64>,
}

impl Sum {
    fn of(reading: &Reading, rules: &Rules, messages: &[usize]) -> Self {
        let mut sum = Self::default();
        for sentence in messages.iter().flat_map(|message| reading.sentences_of(*message)) {
            sum.add(reading, rules, sentence);
        }
        sum.content.sort_unstable();
        sum.content.dedup();
        sum
    }

    fn add(&mut self, reading: &Reading, rules: &Rules, sentence: &Sentence) {
        for word in reading.words_of(sentence) {
            if is_mark(word.id) {
                self.exclaims += f64::from(u8::from(word.id == EXCLAMATION));
            } else {
                self.words += 1.0;
                self.shouts += f64::from(u8::from(word.shouted));
                self.numbers += f64::from(u8::from(word.id == NUMBER));
                self.negations += f64::from(u8::from(rules.is_negator(word.id)));
            }
        }
        self.asks += f64::from(u8::from(sentence.asks));
        for hit in reading.hits_of(sentence).iter().filter(|hit| hit.is_meant()) {
            match self.cues.iter_mut().find(|(cue, _)| *cue == hit.cue) {
                Some((_, weight)) => *weight = weight.max(hit.weight),
                None => self.cues.push((hit.cue, hit.weight)),
            }
        }
        self.content.extend(likeness::content(reading, sentence, rules));
    }

    fn cue(&self, wanted: Cue) -> f64 {
        self.cues.iter().find(|(cue, _)| *cue == wanted).map_or(0.0, |(_, weight)| *weight)
    }

    fn any(&self, wanted: &[Cue]) -> f64 {
        wanted.iter().map(|cue| self.cue(*cue)).fold(0.0, f64::max)
    }
}

/// What was before a run.
#[derive(Default)]
struct Before {
    mood: f64,
    joy: f64,
    failures: f64,
    asks: f64,
    successes: f64,
    repeats: f64,
}

/// Features of every run and of the conversation.
pub(crate) fn features(
    reading: &Reading,
    rules: &Rules,
    model: &Model,
    runs: &[Run],
    feelings: &[Feeling],
    heat: f64,
    state: Option<ResolutionState>,
) -> Features {
    let mut before = Before::default();
    let mut replies: Option<Sum> = opening_replies(reading, rules, runs);
    let mut earlier_reply: Vec<u64> = Vec::new();
    let mut earlier_run: Vec<u64> = Vec::new();
    let mut rows = Vec::with_capacity(runs.len());
    let mut scores = Vec::with_capacity(runs.len());
    let mut moods = Vec::with_capacity(runs.len());
    let (mut joy, mut confirmed, mut thanks_end, mut success, mut failures, mut asked_back) =
        (0.0_f64, 0.0_f64, 0.0, 0.0, 0.0, 0.0);
    let (mut repeats, mut replies_repeat) = (0.0, 0.0);
    for (index, run) in runs.iter().enumerate() {
        let (Some(first), Some(last)) = (run.asked.first(), run.asked.last()) else { continue };
        let own = Sum::of(reading, rules, &run.asked);
        let felt = within(feelings, *first, *last, |feeling| feeling.message);
        let mood = crate::feelings::mean(felt).unwrap_or(0.0);
        let negative = felt.iter().map(|feeling| feeling.negative).fold(0.0, f64::max);
        let positive = felt.iter().map(|feeling| feeling.positive).fold(0.0, f64::max);
        let nothing = Sum::default();
        let reply = replies.as_ref().unwrap_or(&nothing);
        let reply_mood = if index == 0 { 0.0 } else { reply_mood(reading, runs.get(index - 1)) };
        let repeats_self = likeness::overlap(&earlier_run, &own.content);
        let reply_repeats = likeness::overlap(&earlier_reply, &reply.content);
        let no_match = reply.any(&[Cue::NoMatch, Cue::Refusal]);
        let reply_success = reply.any(&[Cue::Success, Cue::Done]);
        let happy = own.any(&[Cue::Joy, Cue::Accepts]);
        let seen = number(index);
        let share = |sum: f64| sum / (seen + 1.0);
        rows.push((
            *first,
            *last,
            vec![
                mood,
                negative,
                positive,
                libm::log1p(own.words) / 3.0,
                own.asks.min(2.0),
                own.exclaims.min(2.0),
                part_of(own.shouts, own.words.max(3.0)),
                own.numbers.min(3.0) / 3.0,
                own.cue(Cue::Thanks),
                own.cue(Cue::Joy),
                own.cue(Cue::Confirmed),
                own.cue(Cue::Farewell),
                own.cue(Cue::Accepts),
                own.cue(Cue::Rejects),
                own.cue(Cue::Alternative),
                own.cue(Cue::Wants),
                own.cue(Cue::Clarifies),
                own.cue(Cue::KnowsNot),
                own.negations.min(3.0) / 3.0,
                own.cue(Cue::Frustration),
                own.cue(Cue::Anger),
                own.cue(Cue::Problem),
                own.cue(Cue::NotSolved),
                repeats_self,
                likeness::overlap(&reply.content, &own.content),
                f64::from(u8::from(index == 0)),
                f64::from(u8::from(index + 1 == runs.len())),
                seen / (seen + 5.0),
                (number(run.asked.len()) - 1.0).min(3.0) / 3.0,
                reply.asks.min(2.0),
                libm::log1p(reply.words) / 4.0,
                no_match,
                reply.any(&[Cue::Apology, Cue::Empathy]),
                reply_success,
                reply.cue(Cue::OffersMore),
                reply.cue(Cue::Recommends),
                reply.cue(Cue::Confirms),
                reply_repeats,
                reply.numbers.min(3.0) / 3.0,
                reply_mood,
                before.mood / seen.max(1.0),
                before.joy / seen.max(1.0),
                share(before.failures),
                share(before.asks),
                share(before.successes),
                share(before.repeats),
                no_match * (1.0 - happy).max(0.0),
                reply_success * happy,
                f64::from(u8::from(own.words <= 2.0)),
            ],
        ));
        let score = rows.last().map_or(0.0, |(_, _, values)| model.satisfaction(values));
        scores.push(score);
        moods.push(mood);
        joy += own.cue(Cue::Joy);
        confirmed = confirmed.max(own.cue(Cue::Confirmed));
        thanks_end = own.cue(Cue::Thanks);
        success += reply_success;
        failures += no_match;
        asked_back += reply.asks.min(1.0);
        repeats += repeats_self;
        replies_repeat += reply_repeats;
        before.mood += mood;
        before.joy += happy;
        before.failures += no_match;
        before.asks += reply.asks.min(1.0);
        before.successes += reply_success;
        before.repeats += repeats_self.max(reply_repeats);
        earlier_run = own.content;
        if let Some(reply) = replies.take() {
            earlier_reply = reply.content;
        }
        replies = Some(Sum::of(reading, rules, &run.replies));
    }
    let count = number(rows.len().max(1));
    let least = |values: &[f64]| values.iter().copied().fold(f64::INFINITY, f64::min);
    let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
    let words: usize = reading.by_customer().map(|(_, read)| read.words).sum();
    let anger = runs
        .iter()
        .flat_map(|run| run.asked.iter())
        .flat_map(|message| reading.sentences_of(*message))
        .flat_map(|sentence| reading.hits_of(sentence))
        .filter(|hit| hit.is_meant() && hit.cue == Cue::Anger)
        .map(|hit| hit.weight)
        .sum::<f64>();
    let dialogue = vec![
        scores.iter().sum::<f64>() / count - NEUTRAL,
        finite(least(&scores) - NEUTRAL),
        scores.last().map_or(0.0, |score| score - NEUTRAL),
        moods.iter().sum::<f64>() / count,
        moods.last().copied().unwrap_or(0.0),
        finite(least(&moods)),
        anger.min(2.0) / 2.0,
        joy / count,
        thanks_end,
        confirmed,
        success / count,
        failures / count,
        part_of(number(runs.len()), 12.0),
        part_of(number(words) / count, 30.0),
        asked_back / count,
        repeats / count,
        replies_repeat / count,
        f64::from(u8::from(runs.last().is_some_and(|run| run.replies.is_empty()))),
        heat.min(2.0),
        f64::from(u8::from(state == Some(ResolutionState::Resolved))),
        f64::from(u8::from(state == Some(ResolutionState::Unresolved))),
    ];
    Features { runs: rows, dialogue }
}

/// Replies before the first customer message.
fn opening_replies(reading: &Reading, rules: &Rules, runs: &[Run]) -> Option<Sum> {
    let first = *runs.first()?.asked.first()?;
    let opening: Vec<usize> = (first.saturating_sub(4)..first)
        .filter(|index| reading.messages.get(*index).is_some_and(|read| read.voice.answers()))
        .collect();
    (!opening.is_empty()).then(|| Sum::of(reading, rules, &opening))
}

fn reply_mood(reading: &Reading, run: Option<&Run>) -> f64 {
    let last = run.and_then(|run| run.replies.last()).and_then(|index| reading.messages.get(*index));
    last.filter(|read| read.words > 0).map_or(0.0, |read| f64::from(language::sentiment(read.text()).score))
}

/// The items of a list in order of message that belong to the messages `first..=last`.
fn within<T>(items: &[T], first: usize, last: usize, message: impl Fn(&T) -> usize) -> &[T] {
    let begin = items.partition_point(|item| message(item) < first);
    let end = items.partition_point(|item| message(item) <= last);
    items.get(begin..end).unwrap_or(&[])
}

/// One value per run, 1–5; none where the run has no text.
pub(crate) fn of_runs(model: &Model, features: &Features, feelings: &[Feeling]) -> Vec<Option<f64>> {
    features
        .runs
        .iter()
        .map(|(first, last, values)| {
            let has_text = !within(feelings, *first, *last, |feeling| feeling.message).is_empty();
            has_text.then(|| round3(model.satisfaction(values)))
        })
        .collect()
}

/// pCSAT: a baseline and readable parts.
pub(crate) fn pcsat(
    reading: &Reading,
    model: &Model,
    features: &Features,
    feelings: &[Feeling],
    grounds: Grounds,
) -> Option<PredictedCsat> {
    feelings.first()?;
    let mut parts: Vec<(&str, f64)> = ["baseline", "sentiment", "turns", "resolution", "effort", "repetition", "wait"]
        .map(|name| (name, 0.0))
        .to_vec();
    let mut add = |name: &str, value: f64| {
        if let Some((_, sum)) = parts.iter_mut().find(|(part, _)| *part == name) {
            *sum += value;
        }
    };
    add("baseline", model.dialogue.baseline);
    for ((_, part), value) in DIALOGUE_FEATURES.iter().zip(model.dialogue.terms(&features.dialogue)) {
        add(part, value);
    }
    // By hand: the sets that the weights are fitted on have no clock and one agent each.
    add("effort", -0.1 * number(grounds.hand_offs).min(3.0));
    add("wait", -0.3 * part_of(libm::log1p(grounds.wait / 3600.0), 4.3));
    let parts: Vec<Part> =
        parts.into_iter().map(|(name, value)| Part { name: name.to_owned(), value: round3(value) }).collect();
    let score = round3(parts.iter().map(|part| part.value).sum::<f64>().clamp(1.0, 5.0));
    let text = part_of(number(feelings.iter().map(|feeling| feeling.words).sum()), 60.0);
    let sure = if grounds.state.is_some_and(|state| state != ResolutionState::Open) { 0.2 } else { 0.0 };
    let confidence = round3(0.3 + 0.3 * text + sure);
    Some(PredictedCsat { score, confidence, parts, evidence: most_telling(reading, feelings) })
}

fn most_telling(reading: &Reading, feelings: &[Feeling]) -> Vec<Span> {
    let strength = |feeling: &&Feeling| feeling.score.abs();
    let most = feelings.iter().max_by(|a, b| strength(a).total_cmp(&strength(b)).then(a.message.cmp(&b.message)));
    let sentence = most.and_then(|feeling| {
        let weight = |sentence: &&Sentence| reading.hits_of(sentence).iter().map(|hit| hit.weight).sum::<f64>();
        let own = reading.sentences_of(feeling.message);
        own.iter().max_by(|a, b| weight(a).total_cmp(&weight(b)).then(b.bytes.start.cmp(&a.bytes.start)))
    });
    sentence.and_then(|sentence| reading.span(sentence)).into_iter().collect()
}
