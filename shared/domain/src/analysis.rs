//! What the engine says of one conversation. Definitions: `design/metrics.md`, restated at each field.
//!
//! Every judgement is an `Option`: `None` means that it could not be made, and [`ConversationAnalysis::not_judged`] says why. Every
//! judgement taken from text carries [`Span`]s, which the HTTP edge turns into evidence with quotes. Scores are rounded to three
//! decimals by [`round3`], so that the same conversation gives the same bytes everywhere.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::conversation::words;
use crate::settings::TagKind;

/// A stretch of a message's stored body: `body.chars().skip(start).take(end - start)`.
///
/// Stored as numbers; the edge resolves it against the conversation into an [`Evidence`], which is what the document shows in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// Index of the message in the conversation's order of time.
    pub message: u32,
    /// First Unicode scalar value.
    pub start: u32,
    /// One past the last Unicode scalar value.
    pub end: u32,
}

/// A [`Span`] as callers see it.
#[derive(Clone, Serialize, ToSchema)]
pub struct Evidence {
    /// The conversation.
    pub conversation_uid: String,
    /// The message.
    pub message_id: String,
    /// First Unicode scalar value of the stored body.
    pub start: u32,
    /// One past the last.
    pub end: u32,
    /// That slice of the body, byte for byte.
    pub quote: String,
}

impl std::fmt::Debug for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Evidence({}..{})", self.start, self.end)
    }
}

impl utoipa::PartialSchema for Span {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
        Evidence::schema()
    }
}

impl ToSchema for Span {
    fn name() -> std::borrow::Cow<'static, str> {
        Evidence::name()
    }
}

/// Rounds a score to three decimals (and turns −0 into 0).
pub fn round3(value: f64) -> f64 {
    let rounded = (value * 1000.0).round() / 1000.0;
    if rounded == 0.0 { 0.0 } else { rounded }
}

/// The complete analysis of one conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConversationAnalysis {
    /// Which engine judged.
    pub engine: Engine,
    /// Messages that were read (public and private).
    pub analyzed_messages: u32,
    /// Why the conversation was not scored; `None` when it was. An unscored conversation counts as volume only.
    pub not_scored: Option<NotScored>,
    /// Judgements that could not be made, with the reason for each.
    pub not_judged: Vec<NotJudged>,
    /// Language of the customer's text.
    pub language: Option<Language>,
    /// The customer's sentiment over the conversation.
    pub sentiment: Option<SentimentArc>,
    /// Sentiment of each customer message that could be judged, in order.
    pub message_sentiments: Vec<MessageSentiment>,
    /// Emotional intensity of the customer.
    pub temperature: Option<Label<Temperature>>,
    /// Impact on the customer's business, independent of temperature.
    pub severity: Option<Label<Severity>>,
    /// Predicted satisfaction.
    pub pcsat: Option<PredictedCsat>,
    /// Ratings the customer really gave; never mixed with `pcsat`.
    pub csat: Option<ActualCsat>,
    /// How likely the customer is to leave.
    pub churn_risk: Option<ChurnRisk>,
    /// What is going wrong.
    pub early_warnings: Vec<EarlyWarning>,
    /// Whether a person must act: severity × temperature × open state.
    pub intervention: Intervention,
    /// Tags of the tenant's taxonomy, and built-in ones where the tenant has none.
    pub tags: Vec<Tag>,
    /// What did not work for the customer.
    pub friction_points: Vec<Finding>,
    /// What the customer wishes for.
    pub feature_requests: Vec<Finding>,
    /// Why the customer wrote.
    pub contact_reason: Option<ContactReason>,
    /// Openings to sell more: expansion, upgrade, add-on, new use.
    pub growth_opportunities: Vec<GrowthOpportunity>,
    /// Help that the agent volunteered before being asked.
    pub information_shares: Vec<InformationShare>,
    /// How it ended.
    pub resolution: Resolution,
    /// Runs of customer messages with the replies to each.
    pub exchanges: Vec<Exchange>,
    /// Durations.
    pub times: Times,
    /// Customer effort, 0 (none) to 100.
    pub effort: Option<Score>,
    /// Complexity of the matter, 0 to 100.
    pub complexity: Option<Score>,
    /// One per agent or bot that wrote to the customer, in order of first message.
    pub assessments: Vec<Assessment>,
    /// Extractive summary.
    pub summary: Option<Summary>,
    /// Notable sentences of the customer.
    pub quotes: Vec<Span>,
}

/// Name and version of the engine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Engine {
    /// Always `hark-engine` for the embedded one.
    pub name: String,
    /// Rises whenever the same input may give another output.
    pub version: String,
}

words! {
    /// Why a conversation is not eligible for scoring.
    NotScored {
        /// No public message by the customer.
        NoCustomerMessage => "no_customer_message",
        /// No public message by an agent or a bot.
        NoReply => "no_reply",
        /// Fewer than 10 words of new text by both sides together.
        TooShort => "too_short",
        /// Looks like spam.
        Spam => "spam",
    }
}

words! {
    /// Why one judgement could not be made.
    NullReason {
        /// The conversation as a whole is not scored.
        NotScored => "not_scored",
        /// The models do not cover the language.
        LanguageNotCovered => "language_not_covered",
        /// There is no text to judge.
        NoText => "no_text",
        /// The best answer is below the confidence that we would stand by.
        LowConfidence => "low_confidence",
        /// Nobody did what the judgement is about (no reply, no rating, not closed).
        NoEvent => "no_event",
    }
}

/// A judgement that could not be made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotJudged {
    /// Name of the field, such as `sentiment` or `assessments/sensitivity`.
    pub field: String,
    /// Why.
    pub reason: NullReason,
}

/// A label with its confidence and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Label<T> {
    /// The label.
    pub label: T,
    /// 0–1.
    pub confidence: f64,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

/// Language of the customer's text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Language {
    /// ISO 639-1 code.
    pub code: String,
    /// 0–1.
    pub confidence: f64,
}

words! {
    /// Sentiment in the words of the Open.cx surface.
    Sentiment {
        /// Negative.
        Angry => "angry",
        /// Neither.
        Neutral => "neutral",
        /// Positive.
        Happy => "happy",
    }
}

/// The customer's sentiment over the conversation, each number in −1..1.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SentimentArc {
    /// First judged customer message.
    pub start: f64,
    /// Last judged customer message.
    pub end: f64,
    /// Mean of the messages, weighted by their length.
    pub overall: f64,
    /// `end - start`.
    pub shift: f64,
    /// The overall as a word.
    pub label: Sentiment,
    /// The sentences that weigh most.
    pub evidence: Vec<Span>,
}

/// Sentiment of one customer message.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageSentiment {
    /// Index of the message; its id on the wire.
    #[serde(rename = "message_id")]
    #[schema(value_type = String)]
    pub message: u32,
    /// −1..1.
    pub score: f64,
    /// As a word.
    pub label: Sentiment,
}

words! {
    /// Emotional intensity. An enthusiastic thank-you is never hot.
    Temperature {
        /// Strongly negative or agitated.
        Hot => "hot",
        /// Engaged, positive, or mildly moved.
        Warm => "warm",
        /// Flat.
        Cold => "cold",
    }
}

words! {
    /// Impact on the business: outage, money, data, legal, safety, many users, blocked work.
    Severity {
        /// A question or a nuisance.
        Low => "low",
        /// One person is hindered.
        Medium => "medium",
        /// Money, data or work is at stake.
        High => "high",
        /// Outage, data loss, safety, legal, or many users.
        Critical => "critical",
    }
}

/// Predicted CSAT and how it came about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PredictedCsat {
    /// 1.0–5.0.
    pub score: f64,
    /// 0–1.
    pub confidence: f64,
    /// What the score is made of; `baseline` and the parts add up to the score before it is bounded to 1–5.
    pub parts: Vec<Part>,
    /// The customer's words that weigh most.
    pub evidence: Vec<Span>,
}

/// One additive part of a score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Part {
    /// Such as `baseline`, `sentiment`, `resolution`, `effort`, `repetition`, `wait`.
    pub name: String,
    /// What it adds.
    pub value: f64,
}

/// Real ratings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ActualCsat {
    /// The latest rating, 1–5.
    pub latest: u8,
    /// Ratings given (identical ones re-sent count once).
    pub ratings: u32,
}

words! {
    /// How likely the customer is to leave.
    ChurnLevel {
        /// No sign.
        None => "none",
        /// Weak signs.
        Low => "low",
        /// Clear signs.
        Medium => "medium",
        /// Said so, or several clear signs.
        High => "high",
    }
}

words! {
    /// A sign that the customer may leave.
    ChurnSignalKind {
        /// Wants to cancel, close the account, or leave.
        CancellationIntent => "cancellation_intent",
        /// Names a competitor as the alternative.
        CompetitorNamed => "competitor_named",
        /// Has written about the same matter before.
        RepeatedContact => "repeated_contact",
        /// A severe matter is unresolved.
        UnresolvedSevere => "unresolved_severe",
        /// Objects to the price.
        PriceObjection => "price_objection",
        /// Says that trust is gone.
        TrustLost => "trust_lost",
        /// Threatens with a lawyer, a regulator, a chargeback.
        LegalThreat => "legal_threat",
        /// Demands the money back.
        RefundDemand => "refund_demand",
    }
}

/// Churn risk with its signs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChurnRisk {
    /// 0–1; `1 - Π(1 - weight)` over the signals.
    pub score: f64,
    /// The score as a word.
    pub level: ChurnLevel,
    /// The signs, heaviest first.
    pub signals: Vec<ChurnSignal>,
}

/// One sign of churn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChurnSignal {
    /// Which.
    pub kind: ChurnSignalKind,
    /// 0–1.
    pub weight: f64,
    /// The words.
    pub evidence: Vec<Span>,
}

words! {
    /// Something that is going wrong.
    WarningKind {
        /// The customer asks the same again.
        RepeatedQuestion => "repeated_question",
        /// The customer's tone is getting worse.
        ToneDrift => "tone_drift",
        /// An urgent matter waited for a reply.
        SlowReply => "slow_reply",
        /// The customer asks for a manager, complains officially, or goes public.
        Escalation => "escalation",
        /// Something promised was not followed by the deed.
        PromiseNotKept => "promise_not_kept",
        /// The customer wrote last and waits.
        Unanswered => "unanswered",
        /// The customer has contacted about this before.
        RepeatContact => "repeat_contact",
    }
}

/// An early warning.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct EarlyWarning {
    /// Which.
    pub kind: WarningKind,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

/// Whether a person must act.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Intervention {
    /// Yes or no. Calm and critical still requires it.
    pub required: bool,
    /// Reason codes, most important first (`critical_severity`, `hot_customer`, `churn_risk`, `escalation`, `unresolved_closed`).
    pub reasons: Vec<String>,
    /// How soon; `None` when not required.
    pub priority: Option<crate::task::TaskPriority>,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

words! {
    /// Whether something is spoken of well or badly.
    Polarity {
        /// Badly.
        Negative => "negative",
        /// Neither.
        Neutral => "neutral",
        /// Well.
        Positive => "positive",
    }
}

/// A tag found in the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Tag {
    /// Product, service or context.
    pub kind: TagKind,
    /// Group.
    pub area: String,
    /// Name.
    pub name: String,
    /// How the customer speaks of it.
    pub polarity: Polarity,
    /// 0–1.
    pub confidence: f64,
    /// Where.
    pub evidence: Vec<Span>,
}

/// A friction point or a feature request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Finding {
    /// A stable code that the same matter gets in other conversations (`delay`, `login`, `billing`, …).
    pub kind: String,
    /// 0–1.
    pub confidence: f64,
    /// The sentence.
    pub evidence: Vec<Span>,
}

/// Why the customer wrote.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ContactReason {
    /// Name: of a tenant's tag, or of a built-in intent.
    pub name: String,
    /// `taxonomy` or `intent_model`.
    pub source: String,
    /// 0–1.
    pub confidence: f64,
    /// The sentence.
    pub evidence: Vec<Span>,
}

words! {
    /// Kind of a growth opportunity.
    GrowthKind {
        /// More seats, places, volume.
        Expansion => "expansion",
        /// A higher plan or a newer product.
        Upgrade => "upgrade",
        /// Something beside what they have.
        AddOn => "add_on",
        /// Another use for it.
        NewUse => "new_use",
    }
}

/// An opening to sell more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GrowthOpportunity {
    /// Which kind.
    pub kind: GrowthKind,
    /// The tenant's offer it matches, if any.
    pub offer: Option<String>,
    /// The words.
    pub evidence: Vec<Span>,
}

/// Help volunteered before it was asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct InformationShare {
    /// Who shared it (`assessments[].agent_id`); `None` for an unnamed author.
    pub agent_id: Option<String>,
    /// `tip`, `link`, `warning`, `next_step`, `alternative`.
    pub kind: String,
    /// The words.
    pub evidence: Vec<Span>,
}

words! {
    /// Whether the matter is settled.
    ResolutionState {
        /// Settled.
        Resolved => "resolved",
        /// Ended without being settled.
        Unresolved => "unresolved",
        /// Still going.
        Open => "open",
    }
}

words! {
    /// Who brought it to its end.
    ClosedBy {
        /// The customer says that it works.
        CustomerConfirms => "customer_confirms",
        /// The agent closed it.
        AgentCloses => "agent_closes",
        /// A bot closed it.
        Bot => "bot",
        /// It went silent.
        Timeout => "timeout",
    }
}

/// How the conversation ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Resolution {
    /// The matter; `None` when it could not be judged.
    pub state: Option<ResolutionState>,
    /// Who brought it to its end; `None` while open.
    pub closed_by: Option<ClosedBy>,
    /// The human part: set when a person answered.
    pub human: Option<ResolutionState>,
    /// The bot's part: set when a bot answered. Handing over to a person is `unresolved`.
    pub bot: Option<ResolutionState>,
    /// Times it was closed (from `status_history`, else 0 or 1).
    pub closed_count: u32,
    /// Times it was opened again after being closed.
    pub reopen_count: u32,
    /// First close.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub first_closed_at: Option<Timestamp>,
    /// Last close.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_closed_at: Option<Timestamp>,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

/// A run of customer messages and the replies to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Exchange {
    /// Indexes of the customer's messages; their ids on the wire.
    #[serde(rename = "customer_message_ids")]
    #[schema(value_type = Vec<String>)]
    pub customer_messages: Vec<u32>,
    /// Indexes of the replies, their ids on the wire; empty when nobody answered.
    #[serde(rename = "reply_ids")]
    #[schema(value_type = Vec<String>)]
    pub replies: Vec<u32>,
    /// Customer's sentiment in this run.
    pub sentiment_before: Option<f64>,
    /// Customer's sentiment in the next run.
    pub sentiment_after: Option<f64>,
    /// From the earliest unanswered customer message to the first public human reply.
    pub first_human_reply_seconds: Option<u64>,
    /// The same to the first bot reply.
    pub first_bot_reply_seconds: Option<u64>,
    /// Predicted satisfaction of this turn, 1.0–5.0.
    pub satisfaction: Option<f64>,
    /// Customer effort of the run, 0–100.
    pub effort: Option<f64>,
    /// `repeat`, `escalation`, `unanswered`, `handoff`, `promise`.
    pub flags: Vec<String>,
}

/// A duration, by the wall clock and within the tenant's business hours, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Duration {
    /// Wall clock.
    pub seconds: u64,
    /// Within business hours (equal to `seconds` when the tenant has set none).
    pub business_seconds: u64,
}

/// Durations of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Times {
    /// First response time of people: earliest unanswered customer message → first public human reply.
    pub first_response_human: Option<Duration>,
    /// The same for the bot.
    pub first_response_bot: Option<Duration>,
    /// One per answered run: earliest unanswered customer message → first human reply.
    pub replies: Vec<Duration>,
    /// Handle time of people: first human message → last human message or close.
    pub handle_human: Option<Duration>,
    /// Handle time of the bot: its first message → hand-over, close or its last message.
    pub handle_bot: Option<Duration>,
    /// Creation → last close.
    pub resolution: Option<Duration>,
    /// First human message → last close: resolution time without the bot's part.
    pub resolution_human: Option<Duration>,
    /// Since when the customer waits for an answer, if so.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub waiting_since: Option<Timestamp>,
}

/// A score from 0 to 100 and what it is made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Score {
    /// 0–100.
    pub value: f64,
    /// Additive parts.
    pub parts: Vec<Part>,
}

words! {
    /// Person or bot.
    AgentKind {
        /// A person.
        Human => "human",
        /// A bot.
        Bot => "bot",
    }
}

/// One agent's or bot's part in the conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Assessment {
    /// The caller's id; `None` for an unnamed author, who stays out of per-agent figures.
    pub agent_id: Option<String>,
    /// Person or bot.
    pub kind: AgentKind,
    /// Public messages.
    pub messages: u32,
    /// Words of new text in them.
    pub words: u32,
    /// Reply times of this agent in seconds, in order.
    pub reply_seconds: Vec<u64>,
    /// Skills shown.
    pub skills: Skills<SkillScore>,
    /// Level of the same skills that the conversation asked for, 0–100.
    pub required: Skills<f64>,
    /// Detections.
    pub detections: Vec<Detection>,
}

/// The six skills, each 0–100 or `None`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Skills<T> {
    /// Knows the matter: concrete, right-sized answers, few questions back.
    pub depth_of_knowledge: Option<T>,
    /// Meets the customer's feelings.
    pub sensitivity: Option<T>,
    /// Courtesy, names, thanks.
    pub interpersonal: Option<T>,
    /// Says it plainly.
    pub clarity: Option<T>,
    /// Takes it on and sees it through.
    pub ownership: Option<T>,
    /// Gets there in few steps and little time.
    pub efficiency: Option<T>,
}

/// A skill as shown.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SkillScore {
    /// 0–100.
    pub score: f64,
    /// What it rests on.
    pub evidence: Vec<Span>,
}

words! {
    /// An operational anomaly.
    DetectionKind {
        /// A person replaces a bot's or a colleague's answer.
        Override => "override",
        /// Two answers of one side contradict each other.
        Inconsistency => "inconsistency",
        /// An own answer is put right.
        Correction => "correction",
    }
}

/// An anomaly in an agent's answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Detection {
    /// Which.
    pub kind: DetectionKind,
    /// The words.
    pub evidence: Vec<Span>,
}

/// Extractive summary: sentences of the conversation, whitespace normalised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Summary {
    /// What the customer came with.
    pub issue: String,
    /// What came of it; `None` when nobody answered.
    pub outcome: Option<String>,
    /// Where the sentences stand.
    pub evidence: Vec<Span>,
}

/// Plain text of a summary never reaches a log by accident: it is customer text.
impl Summary {
    /// Issue and outcome in one line.
    pub fn text(&self) -> String {
        match &self.outcome {
            Some(outcome) => format!("{} {outcome}", self.issue),
            None => self.issue.clone(),
        }
    }
}

impl ConversationAnalysis {
    /// The agents and bots as ids, in order of first message.
    pub fn agent_ids(&self) -> impl Iterator<Item = &str> {
        self.assessments.iter().filter_map(|assessment| assessment.agent_id.as_deref())
    }

    /// Every span in the analysis, for the test that quotes match.
    pub fn spans(&self) -> Vec<Span> {
        let mut spans = Vec::new();
        let mut add = |more: &[Span]| spans.extend_from_slice(more);
        if let Some(arc) = &self.sentiment {
            add(&arc.evidence);
        }
        if let Some(label) = &self.temperature {
            add(&label.evidence);
        }
        if let Some(label) = &self.severity {
            add(&label.evidence);
        }
        if let Some(pcsat) = &self.pcsat {
            add(&pcsat.evidence);
        }
        for signal in self.churn_risk.iter().flat_map(|risk| &risk.signals) {
            add(&signal.evidence);
        }
        for warning in &self.early_warnings {
            add(&warning.evidence);
        }
        add(&self.intervention.evidence);
        for tag in &self.tags {
            add(&tag.evidence);
        }
        for finding in self.friction_points.iter().chain(&self.feature_requests) {
            add(&finding.evidence);
        }
        if let Some(reason) = &self.contact_reason {
            add(&reason.evidence);
        }
        for growth in &self.growth_opportunities {
            add(&growth.evidence);
        }
        for share in &self.information_shares {
            add(&share.evidence);
        }
        add(&self.resolution.evidence);
        for assessment in &self.assessments {
            let s = &assessment.skills;
            let shown =
                [&s.depth_of_knowledge, &s.sensitivity, &s.interpersonal, &s.clarity, &s.ownership, &s.efficiency];
            for skill in shown.into_iter().flatten() {
                add(&skill.evidence);
            }
            for detection in &assessment.detections {
                add(&detection.evidence);
            }
        }
        if let Some(summary) = &self.summary {
            add(&summary.evidence);
        }
        add(&self.quotes);
        spans
    }
}
