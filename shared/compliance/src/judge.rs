//! One conversation against a rubric.

use std::collections::BTreeMap;

use domain::analysis::{
    AgentKind, ClosedBy, ConversationAnalysis, MessageSentiment, NotScored, Sentiment, Span, WarningKind,
};
use domain::audits::document::{Finding, Judged, LookedIn, Passed, Quote, Verdict};
use domain::audits::rubric::{Applies, Check, Cue, Expected, Measure, Order, Role, Rubric, Rule};
use domain::conversation::{AuthorType, Conversation};
use domain::facts::FactRow;
use domain::redaction::{Redactor, masked};

use crate::phrase::Phrases;
use crate::reading::{Hit, Reading, speaks};

/// Most quotes of one finding.
const QUOTES: usize = 5;
/// Most message ids listed where something was looked for.
const LISTED: usize = 20;
/// The team takes something upon itself.
const PROMISES: &[&str] = &[
    "i'll|we'll|ill|well get back to you",
    "i|we will get back to you",
    "i'll|we'll|ill|well follow up",
    "i|we will follow up",
    "i'll|we'll|ill call|email|phone|ring you",
    "i|we will call|email|phone|ring you",
    "i'll|we'll|ill|well look into",
    "i|we will look into",
    "i'll|we'll|ill|well let you know",
    "i|we will let you know",
    "i'll|we'll|ill|well keep you posted|updated|informed",
    "i|we will keep you posted|updated|informed",
    "i'll|we'll|ill|well update you",
    "i|we will update you",
    "will be in touch",
    "i'll|we'll|well reach out to you",
    "i|we will reach out to you",
];
/// The customer comes back for what was promised.
const CHASES: &[&str] = &[
    "still waiting",
    "still no|nothing",
    "still haven't|havent heard|received|got|had",
    "no one|nobody .. called|contacted|replied|responded|answered|phoned|emailed|got back",
    "nobody|no one has called|contacted|replied|responded",
    "haven't|havent|not heard|received anything|anything|back",
    "haven't|havent heard",
    "no call|callback|reply|response|answer|email|update|updates|news",
    "never called|replied|responded|answered|contacted|heard|got",
    "didn't|didnt|did not call|reply|respond|answer|contact|get",
    "any|an update|updates|news",
    "what happened to",
    "you said|promised you|someone|he|she|they would|will|were|was",
    "you promised",
    "was promised|told a call|callback|reply|response|call",
];
/// The team asks whether the matter is settled.
const ASKS_WHETHER_SETTLED: &[&str] = &[
    "anything|something else .. help|assist|do",
    "there anything|something else",
    "did that|this|it work|help|fix|solve|resolve",
    "does that|this|it work|help|fix|solve|resolve|answer",
    "has that|this|it been fixed|resolved|solved|sorted",
    "is that|this|it working|resolved|fixed|sorted|solved",
    "you all set",
    "all set now",
    "everything working|ok|okay|resolved now",
    "let me|us know if",
    "further|other questions|issues|concerns",
    "happy with the|this resolution|outcome|solution",
    "checking back|in",
    "were you able to",
];

/// A rubric, ready to judge with.
#[derive(Debug)]
pub struct Auditor<'a> {
    rubric: &'a Rubric,
    cues: Vec<Cue>,
    /// For each check the index of its first cue.
    first_cue: Vec<usize>,
    phrases: Phrases,
    promise: usize,
    chased: usize,
    asks: usize,
}

/// A conversation's findings, twice.
#[derive(Clone, Debug, PartialEq)]
pub struct Judgement {
    /// Quotes as they were written.
    pub full: Judged,
    /// Personal data in quotes masked.
    pub masked: Judged,
}

/// How a check came out, before it is written down.
enum Outcome {
    NotApplicable(&'static str),
    Found { verdict: Verdict, reason: &'static str, evidence: Vec<Span>, looked_in: Vec<u32>, seconds: Option<u64> },
}

fn found(verdict: Verdict, reason: &'static str, evidence: impl IntoIterator<Item = Span>) -> Outcome {
    let mut evidence: Vec<Span> = evidence.into_iter().collect();
    evidence.sort_unstable();
    evidence.dedup();
    evidence.truncate(QUOTES);
    Outcome::Found { verdict, reason, evidence, looked_in: Vec::new(), seconds: None }
}

fn absent(verdict: Verdict, evidence: impl IntoIterator<Item = Span>, looked_in: Vec<u32>) -> Outcome {
    match found(verdict, "absent", evidence) {
        Outcome::Found { verdict, reason, evidence, seconds, .. } => {
            Outcome::Found { verdict, reason, evidence, looked_in, seconds }
        }
        other @ Outcome::NotApplicable(_) => other,
    }
}

impl<'a> Auditor<'a> {
    /// Compiles a rubric that has no faults (`Rubric::faults`); what such faults are about is passed over.
    pub fn new(rubric: &'a Rubric) -> Self {
        let (mut cues, mut first_cue, mut phrases) = (Vec::new(), Vec::new(), Phrases::default());
        for check in &rubric.checks {
            first_cue.push(cues.len());
            cues.extend(check.rule.cues().into_iter().map(|(_, cue)| cue.clone()));
        }
        let own = |by: Role, list: &[&str]| Cue {
            by,
            phrases: list.iter().map(|one| (*one).to_owned()).collect(),
            data: vec![],
        };
        let (promise, chased, asks) = (cues.len(), cues.len() + 1, cues.len() + 2);
        cues.extend([own(Role::Team, PROMISES), own(Role::Customer, CHASES), own(Role::Team, ASKS_WHETHER_SETTLED)]);
        for (index, cue) in cues.iter().enumerate() {
            phrases.add(index, &cue.phrases);
        }
        Self { rubric, cues, first_cue, phrases, promise, chased, asks }
    }

    /// Judges a conversation by what the analysis says of it and by its own words.
    pub fn judge(&self, conversation: &Conversation, facts: &FactRow, analysis: &ConversationAnalysis) -> Judgement {
        let redactor = Redactor::of(conversation.contact.as_ref());
        let reading = Reading::of(conversation, &self.cues, &self.phrases, &redactor);
        let case = Case { auditor: self, conversation, facts, analysis, reading: &reading };
        let (mut findings, mut masked_findings, mut not_applicable) = (Vec::new(), Vec::new(), Vec::new());
        let (mut kept, mut weighed) = (0.0, 0.0);
        let mut bodies = BTreeMap::new();
        for (index, check) in self.rubric.checks.iter().enumerate() {
            match case.outcome(check, self.first_cue.get(index).copied().unwrap_or(usize::MAX)) {
                Outcome::NotApplicable(reason) => {
                    not_applicable.push(Passed { check: check.name.clone(), reason: reason.to_owned() });
                }
                Outcome::Found { verdict, reason, evidence, looked_in, seconds } => {
                    weighed += check.weight;
                    kept += if verdict == Verdict::Pass { check.weight } else { 0.0 };
                    let quotes = |mask: bool, bodies: &mut BTreeMap<u32, _>| -> Vec<Quote> {
                        evidence.iter().filter_map(|span| quote(conversation, &redactor, *span, mask, bodies)).collect()
                    };
                    let ids = looked_in.iter().filter_map(|at| message_id(conversation, *at));
                    let looked = (!looked_in.is_empty()).then(|| LookedIn {
                        messages: u32::try_from(looked_in.len()).unwrap_or(u32::MAX),
                        message_ids: ids.take(LISTED).collect(),
                    });
                    let full = Finding {
                        check: check.name.clone(),
                        verdict,
                        reason: reason.to_owned(),
                        agent_id: case.agent(&evidence, &looked_in),
                        evidence: quotes(false, &mut bodies),
                        looked_in: looked,
                        seconds,
                    };
                    masked_findings.push(Finding { evidence: quotes(true, &mut bodies), ..full.clone() });
                    findings.push(full);
                }
            }
        }
        let full = Judged {
            conversation_uid: conversation.id.clone(),
            created_at: conversation.created_at.to_string(),
            team_id: facts.team_id.clone(),
            channel_type: facts.channel_type.clone(),
            score: crate::assemble::score(kept, weighed),
            findings,
            not_applicable,
        };
        Judgement { masked: Judged { findings: masked_findings, ..full.clone() }, full }
    }
}

fn message_id(conversation: &Conversation, at: u32) -> Option<String> {
    conversation.messages.get(usize::try_from(at).ok()?).map(|message| message.id.clone())
}

fn quote(
    conversation: &Conversation,
    redactor: &Redactor,
    span: Span,
    mask: bool,
    bodies: &mut BTreeMap<u32, Vec<domain::redaction::Found>>,
) -> Option<Quote> {
    let message = conversation.messages.get(usize::try_from(span.message).ok()?)?;
    let (start, end) = (usize::try_from(span.start).ok()?, usize::try_from(span.end).ok()?);
    let quote: String = message.body.chars().skip(start).take(end.checked_sub(start)?).collect();
    let quote = if mask {
        // By the whole body: what makes a number a phone number may stand outside the quote.
        let personal = bodies.entry(span.message).or_insert_with(|| redactor.find(&message.body));
        masked(&quote, start, personal)
    } else {
        quote
    };
    Some(Quote { message_id: message.id.clone(), start: span.start, end: span.end, quote })
}

/// A conversation under judgement.
struct Case<'a> {
    auditor: &'a Auditor<'a>,
    conversation: &'a Conversation,
    facts: &'a FactRow,
    analysis: &'a ConversationAnalysis,
    reading: &'a Reading,
}

impl Case<'_> {
    fn outcome(&self, check: &Check, cue: usize) -> Outcome {
        if let Some(reason) = self.not_about(&check.applies) {
            return Outcome::NotApplicable(reason);
        }
        let other = |code: &str| code != self.auditor.rubric.language;
        if check.rule.reads_text() && self.facts.language.as_deref().is_some_and(other) {
            return Outcome::NotApplicable("other_language");
        }
        match &check.rule {
            Rule::Said { cue: wanted } => self.said(cue, wanted.by),
            Rule::NotSaid { cue: wanted, repeated } => self.not_said(cue, wanted.by, *repeated),
            Rule::Process { then, order, .. } => self.process(cue, then.by, *order),
            Rule::Timely { measure: Measure::FirstResponse, within_minutes, business_hours } => {
                self.first_response(*within_minutes, *business_hours)
            }
            Rule::Timely { measure: Measure::FollowUp, .. } => self.follow_up(),
            Rule::Outcome { expected: Expected::ResolutionConfirmed } => self.confirmed(),
            Rule::Outcome { expected: Expected::Answered } => self.answered(),
        }
    }

    fn not_about(&self, applies: &Applies) -> Option<&'static str> {
        let facts = self.facts;
        let lacks = |list: &[String], value: Option<&String>| {
            !list.is_empty() && value.is_none_or(|value| !list.contains(value))
        };
        let takes_part = |kind: &AgentKind| match kind {
            AgentKind::Human => facts.agent_messages > 0,
            AgentKind::Bot => facts.bot_messages > 0,
        };
        if facts.not_scored == Some(NotScored::Spam) {
            Some("spam")
        } else if lacks(&applies.channel_types, facts.channel_type.as_ref()) {
            Some("other_channel")
        } else if !applies.statuses.is_empty() && facts.status.is_none_or(|status| !applies.statuses.contains(&status))
        {
            Some("other_status")
        } else if !applies.tags.is_empty() && !facts.tags.iter().any(|tag| applies.tags.contains(tag)) {
            Some("other_tag")
        } else if !applies.participants.is_empty() && !applies.participants.iter().any(takes_part) {
            Some("other_participant")
        } else {
            None
        }
    }

    fn messages_by(&self, role: Role) -> Vec<u32> {
        self.reading.by(role).map(|one| one.message).collect()
    }

    fn said(&self, cue: usize, by: Role) -> Outcome {
        let looked_in = self.messages_by(by);
        let mut hits = self.reading.hits_of(cue).peekable();
        if looked_in.is_empty() {
            Outcome::NotApplicable("nobody_spoke")
        } else if hits.peek().is_some() {
            found(Verdict::Pass, "said", hits.map(|hit| hit.shown))
        } else {
            absent(Verdict::Fail, [], looked_in)
        }
    }

    fn not_said(&self, cue: usize, by: Role, repeated: bool) -> Outcome {
        let looked_in = self.messages_by(by);
        let counts = |hit: &&Hit| !repeated || !hit.is_data || hit.repeated;
        let mut hits = self.reading.hits_of(cue).filter(counts).peekable();
        if looked_in.is_empty() {
            Outcome::NotApplicable("nobody_spoke")
        } else if hits.peek().is_some() {
            found(Verdict::Fail, "said", hits.map(|hit| hit.shown))
        } else {
            absent(Verdict::Pass, [], looked_in)
        }
    }

    fn process(&self, when: usize, by: Role, order: Order) -> Outcome {
        // What the team asks or supposes ("once it is refunded") it has not done.
        let team = |hit: &Hit| self.reading.by(Role::Team).any(|one| one.message == hit.span.message);
        let due = self.reading.hits_of(when).find(|hit| !(hit.unsure && team(hit)));
        let Some(due) = due else { return Outcome::NotApplicable("not_due") };
        let (begin, message) = ((due.span.message, due.span.start), due.span.message);
        let stands = |hit: &&Hit| match order {
            Order::Before => (hit.span.message, hit.span.start) < begin,
            Order::After => hit.span.message >= message,
            Order::Anywhere => true,
        };
        let looked_in: Vec<u32> = self
            .messages_by(by)
            .into_iter()
            .filter(|at| match order {
                Order::Before => *at <= message,
                Order::After => *at >= message,
                Order::Anywhere => true,
            })
            .collect();
        let done = self.reading.hits_of(when + 1).find(stands);
        match done {
            Some(done) => found(Verdict::Pass, "said", [due.shown, done.shown]),
            // Nobody could have said it: whether the customer was answered at all is another check.
            None if looked_in.is_empty() => Outcome::NotApplicable("nobody_spoke"),
            None => absent(Verdict::Fail, [due.shown], looked_in),
        }
    }

    fn first_response(&self, within_minutes: Option<u32>, business_hours: bool) -> Outcome {
        let first = self.reading.by(Role::Agent).map(|one| one.message);
        let asked = self.reading.by(Role::Customer).map(|one| one.message).next();
        let Some(asked) = asked else { return Outcome::NotApplicable("nobody_asked") };
        let reply = first.filter(|at| *at > asked).min();
        let opening = |at: Option<u32>| at.and_then(|at| self.reading.opening(at));
        let evidence = [opening(Some(asked)), opening(reply)].into_iter().flatten();
        let waited = self.analysis.times.first_response_human;
        let seconds = waited.map(|waited| if business_hours { waited.business_seconds } else { waited.seconds });
        let in_time = match within_minutes {
            Some(minutes) => seconds.map(|seconds| seconds <= u64::from(minutes) * 60),
            None => match self.facts.sla.0 {
                None => return Outcome::NotApplicable("no_target"),
                met => met,
            },
        };
        let outcome = match in_time {
            Some(true) => found(Verdict::Pass, "in_time", evidence),
            Some(false) => found(Verdict::Fail, "late", evidence),
            None => return Outcome::NotApplicable("no_person_answered"),
        };
        match outcome {
            Outcome::Found { verdict, reason, evidence, looked_in, .. } => {
                Outcome::Found { verdict, reason, evidence, looked_in, seconds }
            }
            other @ Outcome::NotApplicable(_) => other,
        }
    }

    fn warning(&self, kind: WarningKind) -> Option<Vec<Span>> {
        let warning = self.analysis.early_warnings.iter().find(|warning| warning.kind == kind)?;
        Some(warning.evidence.clone())
    }

    /// Fails where the customer had to come back for what was promised.
    fn follow_up(&self) -> Outcome {
        let mut promises = self.reading.hits_of(self.auditor.promise).filter(|hit| !hit.unsure);
        let Some(promise) = promises.next() else { return Outcome::NotApplicable("nothing_promised") };
        let at = promise.span.message;
        if let Some(chased) = self.reading.hits_of(self.auditor.chased).find(|hit| hit.span.message > at) {
            return found(Verdict::Fail, "not_kept", [promise.shown, chased.shown]);
        }
        match self.reading.by(Role::Team).map(|one| one.message).find(|later| *later > at) {
            Some(later) => found(
                Verdict::Pass,
                "followed",
                [Some(promise.shown), self.reading.opening(later)].into_iter().flatten(),
            ),
            None => Outcome::NotApplicable("not_over"),
        }
    }

    fn confirmed(&self) -> Outcome {
        let resolution = &self.analysis.resolution;
        let closed = self.facts.status.is_some_and(domain::conversation::Status::is_closed)
            || self.conversation.closed_at.is_some();
        let looked_in = self.messages_by(Role::Team);
        if !closed || looked_in.is_empty() {
            return Outcome::NotApplicable("not_closed");
        }
        if resolution.closed_by == Some(ClosedBy::CustomerConfirms) {
            return found(Verdict::Pass, "customer_confirmed", resolution.evidence.iter().copied());
        }
        let mut asks = self.reading.hits_of(self.auditor.asks).peekable();
        if asks.peek().is_some() {
            return found(Verdict::Pass, "asked", asks.map(|hit| hit.shown));
        }
        absent(Verdict::Fail, [], looked_in)
    }

    fn answered(&self) -> Outcome {
        if self.reading.by(Role::Customer).next().is_none() {
            return Outcome::NotApplicable("nobody_asked");
        }
        if let Some(evidence) = self.warning(WarningKind::Unanswered) {
            // "I look forward to it!" wants no answer.
            let last = self.reading.by(Role::Customer).map(|one| one.message).max();
            let feelings = &self.analysis.message_sentiments;
            let glad =
                |sentiment: &MessageSentiment| Some(sentiment.message) == last && sentiment.label == Sentiment::Happy;
            if !feelings.iter().any(glad) {
                return found(Verdict::Fail, "unanswered", evidence);
            }
            return found(Verdict::Pass, "needs_no_answer", last.and_then(|last| self.reading.opening(last)));
        }
        match self.reading.by(Role::Team).map(|one| one.message).max() {
            Some(last) => found(Verdict::Pass, "answered", self.reading.opening(last)),
            None => Outcome::NotApplicable("nobody_spoke"),
        }
    }

    /// Whom a finding counts for: who wrote the team's evidence, else who wrote most of where was looked, else the assignee.
    fn agent(&self, evidence: &[Span], looked_in: &[u32]) -> Option<String> {
        let author = |at: u32| {
            let message = self.conversation.messages.get(usize::try_from(at).ok()?)?;
            let of_team = speaks(Role::Team, message.author_type) && message.author_type != AuthorType::Customer;
            message.author.as_ref().filter(|_| of_team)?.id.clone()
        };
        if let Some(id) = evidence.iter().rev().find_map(|span| author(span.message)) {
            return Some(id);
        }
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let all: Vec<u32> = if looked_in.is_empty() { self.messages_by(Role::Team) } else { looked_in.to_vec() };
        for id in all.iter().filter_map(|at| author(*at)) {
            *counts.entry(id).or_default() += 1;
        }
        // Of equals the first by name: the map is in order, and `max_by_key` would take the last.
        let most = counts.values().max().copied();
        let busiest = counts.into_iter().find(|(_, count)| Some(*count) == most).map(|(id, _)| id);
        busiest.or_else(|| self.facts.assignee_id.clone())
    }
}

#[cfg(test)]
#[path = "judge_tests.rs"]
mod tests;
