//! The order in which a conversation is judged.

use domain::analysis::{
    ActualCsat, ConversationAnalysis, Intervention, Language, NotJudged, NotScored, NullReason, round3,
};
use domain::conversation::Conversation;
use domain::settings::Settings;

use crate::agents::{self, Demand};
use crate::closing::Closing;
use crate::hours::Hours;
use crate::reading::{Reading, Voice};
use crate::rules::{Cue, Rules};
use crate::satisfaction::Grounds;
use crate::tags::Lists;
use crate::warnings::Signs;
use crate::{churn, exchanges, feelings, findings, outcome, runs, satisfaction, scores, severity, spam, summary};
use crate::{tags, temperature, times, warnings};

/// The engine set up for one tenant. Analysing is pure: the same conversation gives the same bytes.
#[derive(Debug)]
pub struct Analyser<'a> {
    rules: &'a Rules,
    model: &'a satisfaction::Model,
    hours: Hours,
    lists: Lists,
    rivals: usize,
    first_response_minutes: Option<u32>,
}

/// Fewest words of new text, both sides together, that are scored.
const FEWEST_WORDS: usize = 10;
/// Characters of the customer's text by which the language is told.
const SAMPLE: usize = 2_000;
/// Share of the commonest English words that shows English where the detector is unsure.
const ENGLISH: f64 = 0.25;

/// Judgements that rest on text, by field.
const TEXT_FIELDS: &[&str] = &[
    "sentiment",
    "message_sentiments",
    "temperature",
    "severity",
    "pcsat",
    "churn_risk",
    "early_warnings",
    "intervention",
    "tags",
    "friction_points",
    "feature_requests",
    "contact_reason",
    "growth_opportunities",
    "information_shares",
    "complexity",
    "summary",
    "quotes",
];

impl<'a> Analyser<'a> {
    pub(crate) fn new(rules: &'a Rules, model: &'a satisfaction::Model, settings: &Settings) -> Self {
        Self {
            rules,
            model,
            hours: Hours::of(settings),
            lists: Lists::of(settings),
            rivals: settings.competitors.len(),
            first_response_minutes: settings.sla_targets.first_response_minutes,
        }
    }

    /// The complete analysis of a conversation.
    pub fn analyse(&self, conversation: &Conversation) -> ConversationAnalysis {
        let reading = Reading::of(conversation, self.rules);
        let voices: Vec<Voice> = reading.messages.iter().map(|read| read.voice).collect();
        let closing = Closing::of(conversation);
        let not_scored = not_scored(&reading);
        let language = language_of(&reading);
        let english = self.is_english(&reading, language.as_ref());
        let reason = match (not_scored, english) {
            (Some(_), _) => Some(NullReason::NotScored),
            (None, Err(reason)) => Some(reason),
            (None, Ok(())) => None,
        };
        let judged = reason.is_none();
        let idle = |index: usize| judged && asks_for_nothing(&reading, index);
        let over = |index: usize| {
            let written = conversation.messages.get(index).map(|message| message.created_at);
            closing.is_closed && closing.last_closed_at.is_none_or(|closed| written.is_none_or(|at| at <= closed))
        };
        let waiting = times::unanswered(&voices, idle);
        let times = times::times(conversation, &voices, &closing, &self.hours, waiting.filter(|index| !over(*index)));
        let runs = runs::runs(&voices);
        let heats = if judged { temperature::heats(&reading) } else { Vec::new() };
        let ending = judged.then(|| outcome::ending(&reading, self.rules, temperature::heat(&heats) >= 1.0));
        let resolution = outcome::resolution(conversation, &reading, &closing, ending.as_ref(), waiting.is_some());

        let mut analysis = ConversationAnalysis {
            engine: domain::analysis::Engine { name: "hark-engine".to_owned(), version: crate::VERSION.to_owned() },
            analyzed_messages: crate::words::small(conversation.messages.len()),
            not_scored,
            not_judged: Vec::new(),
            language,
            sentiment: None,
            message_sentiments: Vec::new(),
            temperature: None,
            severity: None,
            pcsat: None,
            csat: csat(conversation),
            churn_risk: None,
            early_warnings: Vec::new(),
            intervention: Intervention { required: false, reasons: Vec::new(), priority: None, evidence: Vec::new() },
            tags: Vec::new(),
            friction_points: Vec::new(),
            feature_requests: Vec::new(),
            contact_reason: None,
            growth_opportunities: Vec::new(),
            information_shares: Vec::new(),
            resolution,
            exchanges: Vec::new(),
            times,
            effort: None,
            complexity: None,
            assessments: Vec::new(),
            summary: None,
            quotes: Vec::new(),
        };
        match reason {
            None => self.judge(conversation, &reading, &voices, &runs, &heats, &closing, waiting, &mut analysis),
            Some(reason) => {
                let unjudged = vec![None; runs.len()];
                analysis.exchanges = exchanges::exchanges(conversation, &reading, &runs, &[], &unjudged, false);
                analysis.assessments = agents::assessments(conversation, &reading, self.rules, None);
                if not_scored.is_none() {
                    analysis.effort = Some(scores::effort(conversation, &reading, &runs, &analysis.times, 0));
                    // What the customer waits for needs no reading.
                    if let Some(index) = waiting.filter(|index| !over(*index)) {
                        let evidence: Vec<_> = reading.message_span(index).into_iter().collect();
                        let kind = domain::analysis::WarningKind::Unanswered;
                        if !evidence.is_empty() {
                            analysis.early_warnings.push(domain::analysis::EarlyWarning { kind, evidence });
                        }
                    }
                } else {
                    not_judged(&mut analysis, "effort", reason);
                }
                for field in TEXT_FIELDS {
                    not_judged(&mut analysis, field, reason);
                }
            }
        }
        account(&mut analysis);
        analysis
    }

    /// What the satisfaction weights multiply, for fitting them.
    pub fn satisfaction_features(&self, conversation: &Conversation) -> satisfaction::Features {
        let reading = Reading::of(conversation, self.rules);
        let voices: Vec<Voice> = reading.messages.iter().map(|read| read.voice).collect();
        let heat = temperature::heat(&temperature::heats(&reading));
        let ending = outcome::ending(&reading, self.rules, heat >= 1.0);
        let state = outcome::state(conversation, &reading, &Closing::of(conversation), Some(&ending), false);
        let felt = feelings::feelings(&reading);
        satisfaction::features(&reading, self.rules, self.model, &runs::runs(&voices), &felt, heat, state)
    }

    /// How likely a conversation with this pCSAT is an unhappy one (rated below 2.75 by people), calibrated on `uss`.
    pub fn unhappy_probability(&self, pcsat: f64) -> f64 {
        self.model.unhappy_probability(pcsat)
    }

    #[expect(clippy::too_many_arguments, reason = "everything that was read, handed on once")]
    fn judge(
        &self,
        conversation: &Conversation,
        reading: &Reading,
        voices: &[Voice],
        runs: &[runs::Run],
        heats: &[(usize, temperature::Heat)],
        closing: &Closing,
        waiting: Option<usize>,
        analysis: &mut ConversationAnalysis,
    ) {
        let felt = feelings::feelings(reading);
        let arc = feelings::arc(reading, &felt);
        let temperature = temperature::temperature(reading, heats, &felt);
        let severity = severity::severity(reading);
        let state = analysis.resolution.state;
        let repeated = warnings::repeated_questions(reading, self.rules);
        let repeat_hits = reading.customer_means(&[Cue::Repeat]).filter(|hit| hit.weight >= 0.8).count();
        let repeats = repeated.len() + repeat_hits.min(3);
        let rivals = tags::rivals(reading, &self.lists, self.rivals);
        let churn = churn::churn(reading, &rivals, (severity.label, &severity.evidence), state);
        let friction = findings::friction(reading);
        let signs = Signs {
            arc: arc.as_ref(),
            severity: severity.label,
            temperature: temperature.label,
            state,
            waiting: waiting.filter(|_| analysis.times.waiting_since.is_some()),
            repeated: &repeated,
            is_closed: closing.is_closed,
        };
        let early = warnings::warnings(conversation, reading, voices, &self.hours, self.first_response_minutes, &signs);
        let leaving: Vec<_> = churn.signals.iter().take(1).flat_map(|signal| signal.evidence.iter().copied()).collect();
        let grounds: [&[_]; 3] = [&severity.evidence, &temperature.evidence, &leaving];
        analysis.intervention = warnings::intervention(&signs, &churn, &early, &grounds);
        let wishes = findings::wishes(reading);
        let questions =
            reading.sentences.iter().filter(|sentence| sentence.voice == Voice::Customer && sentence.asks).count();
        let technical = [Cue::FrictionFault, Cue::FrictionLogin, Cue::FrictionOutage, Cue::FrictionSlow];
        let demand = Demand {
            severity: severity.label,
            temperature: temperature.label,
            issues: friction.len(),
            repeats,
            urgent: reading.customer_means(&[Cue::Urgent]).next().is_some(),
            technical: reading.customer_means(&technical).next().is_some(),
            questions,
            displeased: heats.iter().any(|(_, heat)| heat.anger + heat.displeasure >= 0.6),
        };
        analysis.complexity = Some(scores::complexity(reading, runs, friction.len() + wishes.len(), demand.mean()));
        let effort = scores::effort(conversation, reading, runs, &analysis.times, repeats);
        let wait = analysis.times.replies.iter().map(|reply| reply.business_seconds).max().unwrap_or(0);
        let features =
            satisfaction::features(reading, self.rules, self.model, runs, &felt, temperature::heat(heats), state);
        let grounds =
            Grounds { state, wait: crate::numbers::seconds(wait), hand_offs: scores::hand_offs(conversation, reading) };
        analysis.pcsat = satisfaction::pcsat(reading, self.model, &features, &felt, grounds);
        analysis.effort = Some(effort);
        let satisfactions = satisfaction::of_runs(self.model, &features, &felt);
        analysis.exchanges = exchanges::exchanges(conversation, reading, runs, &felt, &satisfactions, true);
        analysis.message_sentiments = feelings::by_message(&felt);
        analysis.sentiment = arc;
        analysis.temperature = Some(temperature);
        analysis.severity = Some(severity);
        analysis.churn_risk = Some(churn);
        analysis.early_warnings = early;
        analysis.tags = tags::tags(reading, &self.lists, &felt);
        analysis.contact_reason = tags::contact_reason(reading, &self.lists);
        analysis.friction_points = friction;
        analysis.feature_requests = wishes;
        analysis.growth_opportunities = findings::growth(reading, &tags::offers(reading, &self.lists));
        analysis.information_shares = findings::shares(reading, |message| {
            let author = conversation.messages.get(message).and_then(|message| message.author.as_ref());
            author.and_then(|author| author.id.clone())
        });
        analysis.assessments = agents::assessments(conversation, reading, self.rules, Some(&demand));
        analysis.summary = summary::summary(reading);
        analysis.quotes = summary::quotes(reading);
    }

    /// English by the detector, or by its commonest words where the detector is unsure.
    fn is_english(&self, reading: &Reading, language: Option<&Language>) -> Result<(), NullReason> {
        match language {
            Some(language) if language.code == "en" => Ok(()),
            Some(_) => Err(NullReason::LanguageNotCovered),
            None => {
                let customer = reading.sentences.iter().filter(|sentence| sentence.voice == Voice::Customer);
                let (mut known, mut all) = (0, 0);
                for word in
                    customer.flat_map(|sentence| reading.words_of(sentence)).filter(|w| !crate::words::is_mark(w.id))
                {
                    all += 1;
                    known += usize::from(self.rules.is_common(word.id));
                }
                match crate::numbers::number(known) / crate::numbers::number(all.max(1)) {
                    share if share >= ENGLISH => Ok(()),
                    _ if all == 0 => Err(NullReason::NoText),
                    _ => Err(NullReason::LowConfidence),
                }
            }
        }
    }
}

/// Names every judgement that is missing and not yet accounted for.
fn account(analysis: &mut ConversationAnalysis) {
    let text = if analysis.not_scored.is_some() { NullReason::NotScored } else { NullReason::LowConfidence };
    let times = &analysis.times;
    let missing = [
        ("language", analysis.language.is_none(), NullReason::LowConfidence),
        ("sentiment", analysis.sentiment.is_none(), NullReason::NoText),
        ("pcsat", analysis.pcsat.is_none(), NullReason::NoText),
        ("csat", analysis.csat.is_none(), NullReason::NoEvent),
        ("contact_reason", analysis.contact_reason.is_none(), NullReason::LowConfidence),
        ("summary", analysis.summary.is_none(), NullReason::NoText),
        ("resolution/state", analysis.resolution.state.is_none(), text),
        ("times/first_response_human", times.first_response_human.is_none(), NullReason::NoEvent),
        ("times/first_response_bot", times.first_response_bot.is_none(), NullReason::NoEvent),
        ("times/resolution", times.resolution.is_none(), NullReason::NoEvent),
    ];
    let missing: Vec<_> = missing.into_iter().filter(|(_, is_missing, _)| *is_missing).collect();
    for (field, _, reason) in missing {
        not_judged(analysis, field, reason);
    }
    let mut skills = Vec::new();
    for assessment in &analysis.assessments {
        let s = &assessment.skills;
        let shown = [
            ("assessments/depth_of_knowledge", s.depth_of_knowledge.is_some()),
            ("assessments/sensitivity", s.sensitivity.is_some()),
            ("assessments/interpersonal", s.interpersonal.is_some()),
            ("assessments/clarity", s.clarity.is_some()),
            ("assessments/ownership", s.ownership.is_some()),
            ("assessments/efficiency", s.efficiency.is_some()),
        ];
        skills.extend(shown.into_iter().filter(|(_, is_shown)| !is_shown).map(|(field, _)| field));
    }
    let reason = analysis.not_judged.iter().find(|entry| entry.field == "temperature").map(|entry| entry.reason);
    for field in skills {
        not_judged(analysis, field, reason.unwrap_or(NullReason::NoEvent));
    }
}

/// Adds an entry, once per field.
fn not_judged(analysis: &mut ConversationAnalysis, field: &str, reason: NullReason) {
    if !analysis.not_judged.iter().any(|entry| entry.field == field) {
        analysis.not_judged.push(NotJudged { field: field.to_owned(), reason });
    }
}

fn not_scored(reading: &Reading) -> Option<NotScored> {
    let has = |by: fn(Voice) -> bool| reading.messages.iter().any(|read| by(read.voice));
    let words: usize = reading.spoken(Voice::speaks).map(|(_, read)| read.words).sum();
    if !has(|voice| voice == Voice::Customer) {
        Some(NotScored::NoCustomerMessage)
    } else if !has(Voice::answers) {
        Some(NotScored::NoReply)
    } else if words < FEWEST_WORDS {
        Some(NotScored::TooShort)
    } else if spam::is_spam(reading) {
        Some(NotScored::Spam)
    } else {
        None
    }
}

/// Language of the customer's text; none below the detector's confidence.
fn language_of(reading: &Reading) -> Option<Language> {
    let mut sample = String::new();
    for (_, read) in reading.by_customer() {
        let room = SAMPLE.saturating_sub(sample.chars().count());
        if room == 0 {
            break;
        }
        sample.extend(read.text().chars().take(room));
        sample.push('\n');
    }
    let found = language::detect_language(&sample)?;
    Some(Language { code: found.code.to_owned(), confidence: round3(f64::from(found.confidence)) })
}

/// A message that needs no answer: thanks or a good-bye, and no question or problem.
fn asks_for_nothing(reading: &Reading, index: usize) -> bool {
    let mut closes = false;
    for sentence in reading.sentences_of(index) {
        if sentence.asks {
            return false;
        }
        for hit in reading.hits_of(sentence).iter().filter(|hit| hit.is_meant()) {
            match hit.cue {
                Cue::Thanks | Cue::Farewell | Cue::Confirmed => closes = true,
                Cue::Problem
                | Cue::NotSolved
                | Cue::Anger
                | Cue::Cancellation
                | Cue::RefundDemand
                | Cue::ManagerRequest => {
                    return false;
                }
                _ => {}
            }
        }
    }
    closes
}

fn csat(conversation: &Conversation) -> Option<ActualCsat> {
    let mut ratings: Vec<_> = conversation.csat.iter().map(|rating| (rating.responded_at, rating.rating)).collect();
    ratings.sort_unstable();
    ratings.dedup();
    let (_, latest) = ratings.last()?;
    Some(ActualCsat { latest: *latest, ratings: crate::words::small(ratings.len()) })
}
