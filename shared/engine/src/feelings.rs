//! How the customer feels, message by message, and over the conversation.

use domain::analysis::{MessageSentiment, Sentiment, SentimentArc, Span, round3};

use crate::numbers::{number, weighted_mean};
use crate::reading::Reading;
use crate::words::small;

/// How one customer message feels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Feeling {
    pub(crate) message: usize,
    /// −1..1
    pub(crate) score: f64,
    /// Probability of negative.
    pub(crate) negative: f64,
    /// Probability of positive.
    pub(crate) positive: f64,
    pub(crate) words: usize,
}

/// Beyond this the overall is angry or happy.
const CLEAR: f64 = 0.2;

/// The feeling of every customer message that has text.
pub(crate) fn feelings(reading: &Reading) -> Vec<Feeling> {
    reading
        .by_customer()
        .filter(|(_, read)| !read.text().is_empty())
        .map(|(message, read)| {
            let felt = language::sentiment(read.text());
            let [negative, _, positive] = felt.probabilities;
            Feeling {
                message,
                score: f64::from(felt.score),
                negative: f64::from(negative),
                positive: f64::from(positive),
                words: read.words,
            }
        })
        .collect()
}

pub(crate) fn label(score: f64) -> Sentiment {
    if score <= -CLEAR {
        Sentiment::Angry
    } else if score >= CLEAR {
        Sentiment::Happy
    } else {
        Sentiment::Neutral
    }
}

pub(crate) fn by_message(feelings: &[Feeling]) -> Vec<MessageSentiment> {
    feelings
        .iter()
        .map(|feeling| {
            let score = round3(feeling.score);
            MessageSentiment { message: small(feeling.message), score, label: label(score) }
        })
        .collect()
}

pub(crate) fn arc(reading: &Reading, feelings: &[Feeling]) -> Option<SentimentArc> {
    let (start, end) = (feelings.first()?.score, feelings.last()?.score);
    let overall = mean(feelings)?;
    Some(SentimentArc {
        start: round3(start),
        end: round3(end),
        overall: round3(overall),
        shift: round3(round3(end) - round3(start)),
        label: label(round3(overall)),
        evidence: strongest(reading, feelings, overall),
    })
}

/// Mean feeling, weighted by length.
pub(crate) fn mean(feelings: &[Feeling]) -> Option<f64> {
    weighted_mean(feelings.iter().map(|feeling| (feeling.score, number(feeling.words.max(1)))))
}

/// The sentence that pulls most in the direction of the whole: of the message that feels most, the one that feels most.
fn strongest(reading: &Reading, feelings: &[Feeling], overall: f64) -> Vec<Span> {
    let sign = if overall < 0.0 { -1.0 } else { 1.0 };
    let pull = |feeling: &&Feeling| feeling.score * sign;
    let Some(most) = feelings.iter().max_by(|a, b| pull(a).total_cmp(&pull(b)).then(b.message.cmp(&a.message))) else {
        return Vec::new();
    };
    let sentence = reading.sentences_of(most.message).iter().take(20).max_by(|a, b| {
        let felt = |sentence| f64::from(language::sentiment(reading.text_of(sentence)).score) * sign;
        felt(a).total_cmp(&felt(b)).then(b.bytes.start.cmp(&a.bytes.start))
    });
    sentence.and_then(|sentence| reading.span(sentence)).into_iter().collect()
}
