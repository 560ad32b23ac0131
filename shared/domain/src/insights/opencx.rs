//! Customer insights as the Open.cx surface shows them: conversations about one matter under one number.
//!
//! Nothing here is counted when it happens. Each conversation's row says under which insight it was gathered; everything else is
//! folded from the latest rows, so re-sending, deleting and redelivery leave every number right. What people decided is kept beside
//! it ([`InsightState`]) and read together with the rows: **a resolved insight is open again as soon as a conversation under it began
//! after it was resolved**, and no longer so when that conversation is deleted. An archived one stays archived.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::analysis::{ResolutionState, Sentiment};
use crate::conversation::{Named, Status, words};
use crate::facts::{FactRow, Revision};
use crate::time_range::TimeRange;

words! {
    /// Which insights to list.
    StatusFilter {
        /// All, archived ones too.
        All => "all",
        /// Neither resolved nor archived.
        Unresolved => "unresolved",
        /// Resolved, and nothing came since.
        Resolved => "resolved",
        /// Set aside.
        Archived => "archived",
    }
}

words! {
    /// Where an insight stands.
    InsightStatus {
        /// To be acted on.
        Unresolved => "unresolved",
        /// Resolved, and nothing came since.
        Resolved => "resolved",
        /// Set aside.
        Archived => "archived",
    }
}

words! {
    /// What a list of insights is ordered by.
    SortBy {
        /// Conversations that match.
        OccurrenceCount => "occurrence_count",
        /// Beginning of the latest of them.
        LastSeenAt => "last_seen_at",
        /// Beginning of the first of them.
        FirstSeenAt => "first_seen_at",
        /// When the insight was made.
        CreatedAt => "created_at",
    }
}

words! {
    /// Direction of a list.
    SortOrder {
        /// Smallest first.
        Asc => "asc",
        /// Largest first.
        Desc => "desc",
    }
}

words! {
    /// Where a session stands.
    SessionStatus {
        /// Over, the matter resolved.
        ClosedResolved => "closed_resolved",
        /// Over, the matter unresolved.
        ClosedUnresolved => "closed_unresolved",
        /// Not over.
        Open => "open",
    }
}

impl SessionStatus {
    /// What the caller's system says; where that leaves the outcome open, what the analysis found. None when neither knows.
    pub fn of(row: &FactRow) -> Option<Self> {
        match row.status {
            Some(Status::ClosedResolved | Status::Resolved) => Some(Self::ClosedResolved),
            Some(Status::ClosedUnresolved) => Some(Self::ClosedUnresolved),
            Some(Status::Open | Status::Pending) => Some(Self::Open),
            Some(Status::Closed) => match row.resolution {
                Some(ResolutionState::Resolved) => Some(Self::ClosedResolved),
                _ => Some(Self::ClosedUnresolved),
            },
            None => row.resolution.map(|state| match state {
                ResolutionState::Resolved => Self::ClosedResolved,
                ResolutionState::Unresolved => Self::ClosedUnresolved,
                ResolutionState::Open => Self::Open,
            }),
        }
    }
}

/// Somebody's decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Decision {
    /// Name of the key that decided.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What people decided about an insight; none of it follows from conversations.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct InsightState {
    /// Resolved, unless something came since.
    pub resolved: Option<Decision>,
    /// Archived, with the reason.
    pub archived: Option<(Decision, String)>,
    /// The team that it is given to.
    pub team: Option<Named>,
    /// Since when its evidence is gathered into a digest.
    pub researched_at: Option<Timestamp>,
    /// The latest decision.
    pub updated_at: Option<Timestamp>,
}

/// A change of an insight's state; `None` leaves a part as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InsightChange {
    /// Where it is to stand.
    pub status: Option<InsightStatus>,
    /// Why it is archived.
    pub reason: Option<String>,
    /// Its team, or that it has none.
    pub team: Option<Option<Named>>,
    /// Whether its evidence is to be gathered.
    pub deep_research: Option<bool>,
}

impl InsightState {
    /// The state after a change by somebody. Deciding again what is decided already changes nothing, unless something came since.
    #[must_use]
    pub fn changed(&self, change: &InsightChange, seen: &Insight, by: &str, now: Timestamp) -> Self {
        let mut next = self.clone();
        let decision = || Decision { by: by.to_owned(), at: now };
        let stands = self.status(seen);
        match change.status {
            Some(InsightStatus::Resolved) if stands != InsightStatus::Resolved => {
                (next.resolved, next.archived) = (Some(decision()), None);
            }
            Some(InsightStatus::Archived) => {
                let reason = change.reason.clone().unwrap_or_default();
                if self.archived.as_ref().is_none_or(|(_, known)| *known != reason) {
                    next.archived = Some((decision(), reason));
                }
            }
            Some(InsightStatus::Unresolved) => (next.resolved, next.archived) = (None, None),
            _ => {}
        }
        if let Some(team) = &change.team {
            next.team.clone_from(team);
        }
        match change.deep_research {
            Some(true) => next.researched_at = Some(now),
            Some(false) => next.researched_at = None,
            None => {}
        }
        if next != *self {
            next.updated_at = Some(now);
        }
        next
    }

    /// Where the insight stands.
    pub fn status(&self, seen: &Insight) -> InsightStatus {
        if self.archived.is_some() {
            InsightStatus::Archived
        } else if self.resolution(seen).is_some() {
            InsightStatus::Resolved
        } else {
            InsightStatus::Unresolved
        }
    }

    /// The decision that resolved it, unless a conversation began since.
    pub fn resolution(&self, seen: &Insight) -> Option<&Decision> {
        self.resolved.as_ref().filter(|resolved| seen.latest_began_at <= resolved.at)
    }

    /// When it came up again after it had been resolved.
    pub fn reopened_at(&self, seen: &Insight) -> Option<Timestamp> {
        self.resolved.as_ref().filter(|resolved| seen.latest_began_at > resolved.at).map(|_| seen.latest_began_at)
    }
}

/// Name → value pairs that must all be there.
pub type Pairs = BTreeMap<String, String>;

/// Which sessions count. Every part that is set must match.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SessionFilter {
    /// Language of the customer's text.
    pub language: Option<String>,
    /// The customer's overall sentiment.
    pub sentiment: Option<Sentiment>,
    /// Channel.
    pub channel: Option<String>,
    /// Period in which it began.
    pub period: TimeRange,
    /// Where it stands.
    pub status: Option<SessionStatus>,
    /// The customer.
    pub contact_id: Option<String>,
    /// The conversation's own fields: one of the objects, all of its pairs.
    pub ticket_custom: Vec<Pairs>,
    /// The customer's own fields, in the same way.
    pub contact_custom: Vec<Pairs>,
}

impl SessionFilter {
    /// Whether a session counts.
    pub fn matches(&self, row: &FactRow) -> bool {
        let is = |wanted: &Option<String>, found: &Option<String>| wanted.is_none() || wanted == found;
        self.period.contains(row.created_at)
            && is(&self.language, &row.language)
            && is(&self.channel, &row.channel_type)
            && is(&self.contact_id, &row.contact_id)
            && self.sentiment.is_none_or(|wanted| row.sentiment.is_some_and(|(label, _)| label == wanted))
            && self.status.is_none_or(|wanted| SessionStatus::of(row) == Some(wanted))
            && any_object(&self.ticket_custom, &row.custom)
            && any_object(&self.contact_custom, &row.contact_custom)
    }
}

/// Whether the pairs of one of the objects are all there. No object asks nothing.
fn any_object(objects: &[Pairs], found: &[(String, String)]) -> bool {
    let has = |(name, value): (&String, &String)| found.iter().any(|(n, v)| n == name && v == value);
    objects.is_empty() || objects.iter().any(|pairs| pairs.iter().all(has))
}

/// A conversation with the revision of its row.
pub type Session = (String, Revision, FactRow);

/// What the rows say of one insight.
#[derive(Clone, Debug, PartialEq)]
pub struct Insight {
    /// Its number.
    pub number: u32,
    /// Sessions that match.
    pub occurrences: u64,
    /// Beginning of the first and of the last session that matches; of all, when none does.
    pub seen: (Timestamp, Timestamp),
    /// Beginning of the latest session, whether or not it matches.
    pub latest_began_at: Timestamp,
    /// When the first and the last of its rows were accepted.
    pub accepted: (Timestamp, Timestamp),
    /// The session nearest to its middle: the one whose words stand for it.
    pub representative: String,
    /// Numbers that it absorbed and under which sessions still stand.
    pub absorbed: BTreeSet<u32>,
    nearest: u8,
    sentiments: BTreeMap<Sentiment, u64>,
    reasons: BTreeMap<String, u64>,
}

impl Insight {
    fn new(number: u32, (id, revision, row): &Session) -> Self {
        let at = accepted_at(*revision);
        Self {
            number,
            occurrences: 0,
            seen: (row.created_at, row.created_at),
            latest_began_at: row.created_at,
            accepted: (at, at),
            representative: id.clone(),
            absorbed: BTreeSet::new(),
            nearest: 0,
            sentiments: BTreeMap::new(),
            reasons: BTreeMap::new(),
        }
    }

    fn add(&mut self, (id, revision, row): &Session, likeness: u8, matches: bool) {
        self.latest_began_at = self.latest_began_at.max(row.created_at);
        let at = accepted_at(*revision);
        self.accepted = (self.accepted.0.min(at), self.accepted.1.max(at));
        // The nearest; among equally near ones the smallest id, so that the order of rows does not matter.
        if (likeness, Reverse(id)) > (self.nearest, Reverse(&self.representative)) {
            self.nearest = likeness;
            self.representative.clone_from(id);
        }
        if let Some((label, _)) = row.sentiment {
            *self.sentiments.entry(label).or_default() += 1;
        }
        if let Some(reason) = &row.contact_reason {
            *self.reasons.entry(reason.clone()).or_default() += 1;
        }
        // Beginnings of those that match replace those of the others.
        let began = row.created_at;
        if matches {
            self.seen = if self.occurrences == 0 { (began, began) } else { widened(self.seen, began) };
            self.occurrences += 1;
        } else if self.occurrences == 0 {
            self.seen = widened(self.seen, began);
        }
    }

    /// The commonest sentiment of its sessions, matching or not; of equally common ones the worst.
    pub fn sentiment(&self) -> Option<Sentiment> {
        let worst_first = [Sentiment::Angry, Sentiment::Neutral, Sentiment::Happy];
        let count = |label: &Sentiment| self.sentiments.get(label).copied().unwrap_or_default();
        let most = worst_first.iter().map(count).max().filter(|most| *most > 0)?;
        worst_first.into_iter().find(|label| count(label) == most)
    }

    /// The commonest contact reason of its sessions, matching or not; of equally common ones the first by name.
    pub fn category(&self) -> Option<&str> {
        self.reasons.iter().max_by_key(|(name, count)| (**count, Reverse(*name))).map(|(name, _)| name.as_str())
    }
}

fn widened((first, last): (Timestamp, Timestamp), at: Timestamp) -> (Timestamp, Timestamp) {
    (first.min(at), last.max(at))
}

/// When the batch was accepted that brought a row.
fn accepted_at(revision: Revision) -> Timestamp {
    let millisecond = i64::try_from(revision.batch >> 80).ok(); // the time of a ULID is its first 48 bits
    millisecond.and_then(|ms| Timestamp::from_millisecond(ms).ok()).unwrap_or_default()
}

/// The insight that a number stands for, after everything that was absorbed.
pub fn root(merges: &BTreeMap<u32, u32>, number: u32) -> u32 {
    // An absorbing number is always the smaller one, so this ends.
    let mut number = number;
    while let Some(into) = merges.get(&number).filter(|into| **into < number) {
        number = *into;
    }
    number
}

/// The insight of a row, if it was gathered.
fn number_of(row: &FactRow, merges: &BTreeMap<u32, u32>) -> Option<u32> {
    row.matter.map(|placed| root(merges, placed.number))
}

/// Every insight that has a session, by number. `occurrences` counts the sessions that match; it may be 0.
pub fn fold(sessions: &[Session], merges: &BTreeMap<u32, u32>, filter: &SessionFilter) -> BTreeMap<u32, Insight> {
    let mut insights: BTreeMap<u32, Insight> = BTreeMap::new();
    for session in sessions {
        let Some(placed) = session.2.matter else { continue };
        let number = root(merges, placed.number);
        let insight = insights.entry(number).or_insert_with(|| Insight::new(number, session));
        insight.add(session, placed.likeness, filter.matches(&session.2));
        if placed.number != number {
            insight.absorbed.insert(placed.number);
        }
    }
    insights
}

/// Team of an insight to filter by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TeamFilter {
    /// Given to nobody.
    Unassigned,
    /// Given to the team of that id.
    Is(String),
}

/// Which insights to list, and in what order.
#[derive(Clone, Debug, PartialEq)]
pub struct InsightFilter {
    /// Name of the category.
    pub category: Option<String>,
    /// Where it stands.
    pub status: StatusFilter,
    /// Its sentiment.
    pub sentiment: Option<Sentiment>,
    /// Fewest matching sessions.
    pub min_sessions: u64,
    /// Its team.
    pub team: Option<TeamFilter>,
    /// Its number, or one that it absorbed.
    pub number: Option<u64>,
    /// Order.
    pub sort_by: SortBy,
    /// Direction; equal ones by number, smallest first, in both.
    pub sort_order: SortOrder,
}

impl Default for InsightFilter {
    fn default() -> Self {
        Self {
            category: None,
            status: StatusFilter::All,
            sentiment: None,
            min_sessions: 1,
            team: None,
            number: None,
            sort_by: SortBy::OccurrenceCount,
            sort_order: SortOrder::Desc,
        }
    }
}

impl InsightFilter {
    fn matches(&self, insight: &Insight, state: &InsightState, merges: &BTreeMap<u32, u32>) -> bool {
        let status = || match self.status {
            StatusFilter::All => true,
            StatusFilter::Unresolved => state.status(insight) == InsightStatus::Unresolved,
            StatusFilter::Resolved => state.status(insight) == InsightStatus::Resolved,
            StatusFilter::Archived => state.status(insight) == InsightStatus::Archived,
        };
        let team = || match &self.team {
            None => true,
            Some(TeamFilter::Unassigned) => state.team.is_none(),
            Some(TeamFilter::Is(id)) => state.team.as_ref().is_some_and(|team| team.id == *id),
        };
        let number = || {
            let meant = |number: u64| u32::try_from(number).is_ok_and(|number| root(merges, number) == insight.number);
            self.number.is_none_or(meant)
        };
        insight.occurrences >= self.min_sessions.max(1)
            && self.category.as_deref().is_none_or(|name| insight.category() == Some(name))
            && self.sentiment.is_none_or(|label| insight.sentiment() == Some(label))
            && number()
            && team()
            && status()
    }
}

/// The insights that match, in order.
pub fn select(
    insights: BTreeMap<u32, Insight>,
    states: &BTreeMap<u32, InsightState>,
    merges: &BTreeMap<u32, u32>,
    filter: &InsightFilter,
) -> Vec<Insight> {
    let nothing = InsightState::default();
    let state = |number: u32| states.get(&number).unwrap_or(&nothing);
    let mut found: Vec<Insight> =
        insights.into_values().filter(|insight| filter.matches(insight, state(insight.number), merges)).collect();
    found.sort_by(|a, b| {
        let order = match filter.sort_by {
            SortBy::OccurrenceCount => a.occurrences.cmp(&b.occurrences),
            SortBy::LastSeenAt => a.seen.1.cmp(&b.seen.1),
            SortBy::FirstSeenAt => a.seen.0.cmp(&b.seen.0),
            SortBy::CreatedAt => a.accepted.0.cmp(&b.accepted.0),
        };
        let order = if filter.sort_order == SortOrder::Desc { order.reverse() } else { order };
        order.then(a.number.cmp(&b.number))
    });
    found
}

/// The sessions of one insight, latest beginning first.
pub fn sessions_of<'a>(sessions: &'a [Session], merges: &BTreeMap<u32, u32>, number: u32) -> Vec<&'a Session> {
    let mut found: Vec<&Session> =
        sessions.iter().filter(|(_, _, row)| number_of(row, merges) == Some(number)).collect();
    found.sort_by(|a, b| b.2.created_at.cmp(&a.2.created_at).then(a.0.cmp(&b.0)));
    found
}

/// Length of the two periods that a trend compares.
const TREND: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Most entries of a list inside a digest.
const MOST: usize = 3;

/// The sessions whose words a digest quotes: those nearest to the insight's middle.
pub fn quoted<'a>(sessions: &[&'a Session]) -> Vec<&'a str> {
    let likeness = |session: &Session| session.2.matter.map_or(0, |placed| placed.likeness);
    let mut nearest: Vec<&Session> = sessions.to_vec();
    nearest.sort_by(|a, b| likeness(b).cmp(&likeness(a)).then(a.0.cmp(&b.0)));
    nearest.into_iter().take(MOST).map(|(id, _, _)| id.as_str()).collect()
}

/// The evidence of an insight in sentences: size, trend, feelings, causes, segments, outcomes, words. `quotes` are pairs of
/// conversation and words.
pub fn digest(sessions: &[&Session], quotes: &[(String, String)], now: Timestamp) -> String {
    let began = |from: Timestamp, to: Timestamp| {
        sessions.iter().filter(|(_, _, row)| (from..to).contains(&row.created_at)).count()
    };
    let (month, two) = (now.saturating_sub(TREND), now.saturating_sub(TREND * 2));
    let (month, two) = (month.unwrap_or_default(), two.unwrap_or_default());
    let rows = || sessions.iter().map(|(_, _, row)| row);
    let first = rows().map(|row| row.created_at).min().unwrap_or(now);
    let last = rows().map(|row| row.created_at).max().unwrap_or(now);
    let noun = if sessions.len() == 1 { "conversation" } else { "conversations" };
    let size = format!(
        "{} {noun} from {} to {}; {} began in the last 30 days, {} in the 30 days before.",
        sessions.len(),
        day(first),
        day(last),
        began(month, now),
        began(two, month)
    );
    let quotes: Vec<String> = quotes.iter().map(|(id, words)| format!("“{words}” ({id})")).collect();
    let sentences = [
        Some(size),
        sentence("Sentiment", rows().filter_map(|row| row.sentiment.map(|(label, _)| label.as_str()))),
        sentence("Causes", rows().flat_map(|row| row.friction.iter().map(String::as_str))),
        sentence("Asked for", rows().flat_map(|row| row.feature_requests.iter().map(String::as_str))),
        sentence("Channels", rows().filter_map(|row| row.channel_type.as_deref())),
        sentence("Languages", rows().filter_map(|row| row.language.as_deref())),
        sentence("Accounts", rows().filter_map(|row| row.account_id.as_deref())),
        sentence("Outcomes", rows().filter_map(SessionStatus::of).map(SessionStatus::as_str)),
        (!quotes.is_empty()).then(|| format!("In customers' words: {}.", quotes.join(" "))),
    ];
    sentences.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

fn day(at: Timestamp) -> String {
    at.to_string().get(..10).unwrap_or_default().to_owned()
}

/// `Name: a 3, b 2, c 1 and 2 more.`, commonest first; nothing without any.
fn sentence<'a>(name: &str, found: impl Iterator<Item = &'a str>) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for word in found {
        *counts.entry(word).or_default() += 1;
    }
    let mut counts: Vec<(&str, usize)> = counts.into_iter().collect();
    counts.sort_by_key(|(word, count)| (Reverse(*count), *word));
    let shown: Vec<String> = counts.iter().take(MOST).map(|(word, count)| format!("{word} {count}")).collect();
    let rest = counts.len() - shown.len();
    let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
    (!shown.is_empty()).then(|| format!("{name}: {}{rest}.", shown.join(", ")))
}

#[cfg(test)]
#[path = "opencx_tests.rs"]
mod tests;
