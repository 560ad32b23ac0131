//! Each agent's and bot's part: figures, skills with evidence, the skills that were asked for, detections.

use std::collections::BTreeMap;

use domain::analysis::{
    AgentKind, Assessment, Detection, DetectionKind, Severity, SkillScore, Skills, Span, Temperature, round3,
};
use domain::conversation::{AuthorType, Conversation};

use crate::hours::seconds_between;
use crate::likeness;
use crate::numbers::{number, part_of, seconds};
use crate::reading::{EVIDENCE, Reading, Sentence, Voice};
use crate::rules::{Cue, Hit, Rules};

/// Who is assessed: kind and id; every unnamed author of one kind is one.
type Who<'a> = (AuthorType, Option<&'a str>);

/// Answers that are compared with a later one.
const REMEMBERED: usize = 24;
/// From so many shared words on two answers speak of the same.
const SAME_MATTER: usize = 2;

/// What the conversation asks of whoever answers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Demand {
    pub(crate) severity: Severity,
    pub(crate) temperature: Temperature,
    pub(crate) issues: usize,
    pub(crate) repeats: usize,
    pub(crate) urgent: bool,
    pub(crate) technical: bool,
    pub(crate) questions: usize,
    pub(crate) displeased: bool,
}

impl Demand {
    /// Levels 0–100, the same for everybody who takes part.
    pub(crate) fn levels(&self) -> Skills<f64> {
        let grave = match self.severity {
            Severity::Low => 0.0,
            Severity::Medium => 15.0,
            Severity::High => 30.0,
            Severity::Critical => 45.0,
        };
        let stirred = match self.temperature {
            Temperature::Hot => 60.0,
            Temperature::Warm => 25.0,
            Temperature::Cold => 0.0,
        };
        let issues = part_of(number(self.issues), 4.0);
        let again = part_of(number(self.repeats), 4.0);
        let technical = if self.technical { 20.0 } else { 0.0 };
        let displeased = if self.displeased { 15.0 } else { 0.0 };
        let urgent = if self.urgent { 30.0 } else { 0.0 };
        let asked = part_of(number(self.questions), 4.0);
        Skills {
            depth_of_knowledge: Some(round3(30.0 + 30.0 * issues + technical + grave / 3.0)),
            sensitivity: Some(round3(20.0 + stirred + grave / 3.0)),
            interpersonal: Some(round3(40.0 + stirred / 4.0 + displeased)),
            clarity: Some(round3(30.0 + technical + 30.0 * asked + 10.0 * issues)),
            ownership: Some(round3(25.0 + grave + 30.0 * again)),
            efficiency: Some(round3(30.0 + grave / 2.0 + urgent)),
        }
    }

    /// Mean of the levels.
    pub(crate) fn mean(&self) -> f64 {
        let levels = self.levels();
        let all = [
            levels.depth_of_knowledge,
            levels.sensitivity,
            levels.interpersonal,
            levels.clarity,
            levels.ownership,
            levels.efficiency,
        ];
        all.into_iter().flatten().sum::<f64>() / 6.0
    }
}

/// Figures of everybody who replied, in order of their first message. `demand` is none when the text is not judged.
pub(crate) fn assessments(
    conversation: &Conversation,
    reading: &Reading,
    rules: &Rules,
    demand: Option<&Demand>,
) -> Vec<Assessment> {
    let mut order: Vec<Who<'_>> = Vec::new();
    let mut places: BTreeMap<Who<'_>, usize> = BTreeMap::new();
    let mut of_message: Vec<Option<usize>> = Vec::with_capacity(reading.messages.len());
    let mut assessments: Vec<Assessment> = Vec::new();
    let mut waiting = None;
    for (message, read) in conversation.messages.iter().zip(&reading.messages) {
        if read.voice == Voice::Customer {
            waiting = waiting.or(Some(message.created_at));
        }
        if !read.voice.answers() {
            of_message.push(None);
            continue;
        }
        let who: Who<'_> = (message.author_type, message.author.as_ref().and_then(|author| author.id.as_deref()));
        let place = *places.entry(who).or_insert_with(|| {
            order.push(who);
            assessments.push(blank(who));
            assessments.len() - 1
        });
        of_message.push(Some(place));
        if let Some(assessment) = assessments.get_mut(place) {
            assessment.messages += 1;
            assessment.words = assessment.words.saturating_add(crate::words::small(read.words));
            assessment.reply_seconds.extend(waiting.take().map(|since| seconds_between(since, message.created_at)));
        }
    }
    let Some(demand) = demand else { return assessments };
    let mut sentences: Vec<Vec<&Sentence>> = vec![Vec::new(); assessments.len()];
    for sentence in &reading.sentences {
        if let Some(place) = of_message.get(sentence.message).copied().flatten()
            && let Some(own) = sentences.get_mut(place)
        {
            own.push(sentence);
        }
    }
    for (assessment, own) in assessments.iter_mut().zip(&sentences) {
        assessment.skills = skills(reading, own, demand, &assessment.reply_seconds);
        assessment.required = demand.levels();
    }
    for (place, detection) in detections(reading, rules, &of_message) {
        if let Some(assessment) = assessments.get_mut(place) {
            assessment.detections.push(detection);
        }
    }
    assessments
}

fn blank(who: Who<'_>) -> Assessment {
    Assessment {
        agent_id: who.1.map(str::to_owned),
        kind: if who.0 == AuthorType::Bot { AgentKind::Bot } else { AgentKind::Human },
        messages: 0,
        words: 0,
        reply_seconds: Vec::new(),
        skills: none(),
        required: none(),
        detections: Vec::new(),
    }
}

fn none<T>() -> Skills<T> {
    Skills {
        depth_of_knowledge: None,
        sensitivity: None,
        interpersonal: None,
        clarity: None,
        ownership: None,
        efficiency: None,
    }
}

fn skills(reading: &Reading, own: &[&Sentence], demand: &Demand, reply_seconds: &[u64]) -> Skills<SkillScore> {
    let hits: Vec<&Hit> =
        own.iter().flat_map(|sentence| reading.hits_of(sentence)).filter(|hit| hit.is_meant()).collect();
    let of = |cues: &[Cue], least: f64| -> Vec<&Hit> {
        hits.iter().copied().filter(|hit| cues.contains(&hit.cue) && hit.weight >= least).collect()
    };
    let first = own.first().and_then(|sentence| reading.span(sentence));
    let shown = |score: f64, hits: &[&Hit]| {
        let mut evidence = reading.evidence(hits.iter().copied(), EVIDENCE);
        if evidence.is_empty() {
            evidence.extend(first);
        }
        (!evidence.is_empty()).then(|| SkillScore { score: round3(score.clamp(0.0, 100.0)), evidence })
    };
    let answers = of(
        &[
            Cue::Steps,
            Cue::SaysYes,
            Cue::SaysNo,
            Cue::ShareTip,
            Cue::ShareLink,
            Cue::ShareWarning,
            Cue::ShareAlternative,
            Cue::ShareNextStep,
            Cue::Done,
        ],
        0.5,
    );
    let asks = of(&[Cue::AsksDetails], 0.7);
    let hedges = of(&[Cue::Hedge], 0.6);
    let owns = of(&[Cue::Ownership, Cue::Promise, Cue::Done, Cue::FollowUp, Cue::PassedUp], 0.6);
    let away = of(&[Cue::PrivateChannel], 0.7);
    let courtesy = of(&[Cue::Courtesy], 0.4);
    let turns = own.windows(2).filter(|pair| matches!(pair, [a, b] if a.message != b.message)).count() + 1;
    let per_turn = |hits: &[&Hit]| number(hits.len()) / number(turns);
    Skills {
        depth_of_knowledge: (!answers.is_empty() || !asks.is_empty())
            .then(|| {
                shown(
                    45.0 + 25.0 * per_turn(&answers).min(1.8)
                        - 12.0 * per_turn(&asks).min(2.0)
                        - 10.0 * per_turn(&hedges).min(1.0),
                    if answers.is_empty() { &asks } else { &answers },
                )
            })
            .flatten(),
        sensitivity: sensitivity(&of, demand).and_then(|(score, hits)| shown(score, &hits)),
        interpersonal: (!courtesy.is_empty())
            .then(|| shown(35.0 + 30.0 * per_turn(&courtesy).min(2.0), &courtesy))
            .flatten(),
        clarity: clarity(reading, own, &hedges),
        ownership: (!owns.is_empty() || !away.is_empty())
            .then(|| {
                let score = 40.0 + 35.0 * per_turn(&owns).min(1.5) - 15.0 * per_turn(&away).min(1.0);
                shown(score, if owns.is_empty() { &away } else { &owns })
            })
            .flatten(),
        efficiency: median(reply_seconds).and_then(|wait| {
            let slow = libm::log1p(seconds(wait) / 60.0) / libm::log1p(24.0 * 60.0);
            shown(100.0 - 55.0 * slow.min(1.0) - 8.0 * number(turns.saturating_sub(2)).min(5.0), &[])
        }),
    }
}

/// What names the customer's own situation scores above a formula; nothing at all, where the customer is displeased, scores
/// low; where there is nothing to feel for it is not judged.
fn sensitivity<'a>(of: &impl Fn(&[Cue], f64) -> Vec<&'a Hit>, demand: &Demand) -> Option<(f64, Vec<&'a Hit>)> {
    let specific = of(&[Cue::SpecificEmpathy], 0.0);
    let named: f64 = specific.iter().map(|hit| hit.weight).sum();
    let formula = of(&[Cue::Empathy, Cue::Apology], 0.8);
    if named >= 0.9 {
        return Some((80.0 + 5.0 * number(formula.len()).min(3.0), specific));
    }
    if !formula.is_empty() {
        return Some((55.0 + 5.0 * number(formula.len() - 1).min(3.0), formula));
    }
    demand.displeased.then(|| (20.0, Vec::new()))
}

/// Short sentences, few hedges. The evidence is the longest sentence.
fn clarity(reading: &Reading, own: &[&Sentence], hedges: &[&Hit]) -> Option<SkillScore> {
    let lengths: Vec<(usize, &Sentence)> = own
        .iter()
        .map(|sentence| (reading.words_of(sentence).len(), *sentence))
        .filter(|(words, _)| *words >= 4)
        .collect();
    let longest = lengths.iter().max_by_key(|(words, sentence)| (*words, std::cmp::Reverse(sentence.bytes.start)))?;
    let mean = number(lengths.iter().map(|(words, _)| *words).sum()) / number(lengths.len());
    let unsure = number(hedges.len()) / number(lengths.len());
    let score = 95.0 - 2.0 * (mean - 14.0).clamp(0.0, 25.0) - 30.0 * unsure.min(1.0);
    let evidence: Vec<Span> = reading.span(longest.1).into_iter().collect();
    (!evidence.is_empty()).then(|| SkillScore { score: round3(score), evidence })
}

fn median(values: &[u64]) -> Option<u64> {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// An answer that says that something can or cannot be.
struct Answer<'a> {
    place: usize,
    message: usize,
    yes: bool,
    content: Vec<u64>,
    sentence: &'a Sentence,
}

/// Overrides, inconsistencies and corrections, each with the place of whose it is.
fn detections(reading: &Reading, rules: &Rules, of_message: &[Option<usize>]) -> Vec<(usize, Detection)> {
    let mut found: Vec<(usize, Detection)> = Vec::new();
    let mut before: Vec<Answer<'_>> = Vec::new();
    let mut spoke: Vec<usize> = Vec::new();
    for sentence in reading.sentences.iter().filter(|sentence| sentence.voice.answers()) {
        let Some(place) = of_message.get(sentence.message).copied().flatten() else { continue };
        let hits = reading.hits_of(sentence);
        let says =
            |cue: Cue, least: f64| hits.iter().any(|hit| hit.cue == cue && hit.is_meant() && hit.weight >= least);
        let corrects = says(Cue::Correction, 0.7);
        let own_before = spoke.contains(&place);
        let other_before = spoke.iter().any(|other| *other != place);
        let mut add = |kind: DetectionKind, spans: Vec<Span>| {
            if !spans.is_empty() {
                found.push((place, Detection { kind, evidence: spans }));
            }
        };
        let span = || reading.span(sentence).into_iter();
        let overrides = sentence.voice == Voice::Human && other_before && says(Cue::Override, 0.7);
        if overrides {
            add(DetectionKind::Override, span().collect());
        } else if corrects && own_before {
            add(DetectionKind::Correction, span().collect());
        }
        let (yes, no) = (says(Cue::SaysYes, 0.9), says(Cue::SaysNo, 0.9) || says(Cue::Refusal, 0.9));
        if yes != no && !sentence.asks {
            let content = likeness::content(reading, sentence, rules);
            let against = before.iter().rev().find(|answer| {
                answer.yes != yes
                    && answer.message < sentence.message
                    && likeness::shared(&answer.content, &content) >= SAME_MATTER
                    && likeness::overlap(&answer.content, &content) >= 0.34
            });
            if let Some(answer) = against.filter(|_| !overrides && !corrects) {
                let mut spans: Vec<Span> = reading.span(answer.sentence).into_iter().chain(span()).collect();
                spans.sort_unstable();
                if answer.place == place {
                    add(DetectionKind::Inconsistency, spans);
                } else if sentence.voice == Voice::Human {
                    add(DetectionKind::Override, spans);
                }
            }
            if before.len() == REMEMBERED {
                before.remove(0);
            }
            before.push(Answer { place, message: sentence.message, yes, content, sentence });
        }
        if !spoke.contains(&place) {
            spoke.push(place);
        }
    }
    found
}
