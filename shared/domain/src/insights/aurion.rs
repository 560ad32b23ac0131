//! `AurionAI`'s conversation analytics: the same rows, in the blocks and names of its document.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{ResolutionState, round3};
use crate::context::support::{Person, SupportAcc};
use crate::facts::FactRow;
use crate::insights::agents::{count, newest};
use crate::insights::arithmetic::{Rate, Ratio, Sum, float, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::customers::monitoring::topic_names;
use crate::insights::customers::pcsat::RatedAcc;

/// Most topics listed.
pub const TOPICS: usize = 10;
/// Most articles listed.
pub const TOP_ARTICLES: usize = 10;

/// Conversations assigned to somebody.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AssignedAcc {
    assigned: u64,
    resolved: u64,
    first_response: Sum,
    resolution: Sum,
    latest: Option<(Timestamp, String)>,
}

impl AssignedAcc {
    fn fold(&mut self, id: &str, row: &FactRow) {
        self.assigned += 1;
        self.resolved += u64::from(row.resolution == Some(ResolutionState::Resolved));
        if let Some((seconds, _)) = row.first_response_human {
            self.first_response.add_whole(seconds);
        }
        if let Some((seconds, _)) = row.resolution_time {
            self.resolution.add_whole(seconds);
        }
        newest(&mut self.latest, Some((row.created_at, id.to_owned())));
    }

    fn merge(&mut self, other: Self) {
        self.assigned += other.assigned;
        self.resolved += other.resolved;
        self.first_response.merge(other.first_response);
        self.resolution.merge(other.resolution);
        newest(&mut self.latest, other.latest);
    }
}

/// Who answered and how fast: the block that [`Health`] calls `agent_performance`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeopleAcc {
    agents: BTreeMap<String, AssignedAcc>,
    teams: BTreeMap<String, AssignedAcc>,
}

/// Service levels by UTC day: `sla_compliance`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SlaAcc(BTreeMap<i32, Ratio>);

/// Everything else: `overview`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct OverviewAcc {
    conversations: u64,
    hours: [u64; 24],
    rated: RatedAcc,
    channels: BTreeMap<Option<String>, u64>,
    inbound: u64,
    outbound: u64,
    topics: BTreeMap<String, u64>,
}

/// All three.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AurionAcc {
    /// Agents and teams.
    pub people: PeopleAcc,
    /// Service levels.
    pub sla: SlaAcc,
    /// The rest.
    pub overview: OverviewAcc,
}

type Rows<'a> = &'a [(String, FactRow)];

fn inside<'a>(rows: Rows<'a>, context: &'a Context) -> impl Iterator<Item = &'a (String, FactRow)> {
    rows.iter().filter(|(id, row)| context.holds(row.created_at) && context.admits(id, row))
}

impl PeopleAcc {
    /// Folds the rows.
    pub fn fold(rows: Rows<'_>, context: &Context) -> Self {
        let mut acc = Self::default();
        for (id, row) in inside(rows, context) {
            for (map, key) in [(&mut acc.agents, &row.assignee_id), (&mut acc.teams, &row.team_id)] {
                if let Some(key) = key {
                    map.entry(key.clone()).or_default().fold(id, row);
                }
            }
        }
        acc
    }
}

/// Met, missed, or without a target: a conversation is breached when any of its targets is missed.
fn sla(row: &FactRow) -> Option<bool> {
    let (first, resolution) = row.sla;
    match (first, resolution) {
        (None, None) => None,
        _ => Some(first != Some(false) && resolution != Some(false)),
    }
}

fn utc_day(at: Timestamp) -> i32 {
    i32::try_from(at.as_second().div_euclid(86_400)).unwrap_or(0)
}

impl SlaAcc {
    /// Folds the rows.
    pub fn fold(rows: Rows<'_>, context: &Context) -> Self {
        let mut acc = Self::default();
        for (_, row) in inside(rows, context) {
            if let Some(met) = sla(row) {
                acc.0.entry(utc_day(row.created_at)).or_default().add(met);
            }
        }
        acc
    }
}

impl OverviewAcc {
    /// Folds the rows; ratings count by their own time, on conversations begun up to 90 days before the period.
    pub fn fold(rows: Rows<'_>, context: &Context) -> Self {
        let mut acc = Self::default();
        let earliest = context.earliest();
        for (id, row) in rows {
            if row.created_at >= earliest && row.created_at < context.to && context.admits(id, row) {
                acc.rated.fold(row, context);
            }
        }
        for (_, row) in inside(rows, context) {
            acc.conversations += 1;
            let hour = usize::try_from(TimeZone::UTC.to_datetime(row.created_at).hour()).unwrap_or(0);
            if let Some(hour) = acc.hours.get_mut(hour) {
                *hour += 1;
            }
            if row.channel_type.as_deref() == Some("email") {
                *acc.channels.entry(row.channel_id.clone()).or_default() += 1;
                acc.inbound += u64::from(row.customer_messages);
                acc.outbound += u64::from(row.agent_messages) + u64::from(row.bot_messages);
            }
            for name in topic_names(row) {
                match acc.topics.get_mut(name) {
                    Some(n) => *n += 1,
                    None => drop(acc.topics.insert(name.to_owned(), 1)),
                }
            }
        }
        acc
    }
}

impl AurionAcc {
    /// Folds the rows.
    pub fn fold(rows: Rows<'_>, context: &Context) -> Self {
        Self {
            people: PeopleAcc::fold(rows, context),
            sla: SlaAcc::fold(rows, context),
            overview: OverviewAcc::fold(rows, context),
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, other: Self) {
        merge_maps(&mut self.people.agents, other.people.agents, AssignedAcc::merge);
        merge_maps(&mut self.people.teams, other.people.teams, AssignedAcc::merge);
        merge_maps(&mut self.sla.0, other.sla.0, Ratio::merge);
        let (into, from) = (&mut self.overview, other.overview);
        into.conversations += from.conversations;
        for (hour, more) in into.hours.iter_mut().zip(from.hours) {
            *hour += more;
        }
        into.rated.merge(from.rated);
        merge_maps(&mut into.channels, from.channels, |into, from| *into += from);
        into.inbound += from.inbound;
        into.outbound += from.outbound;
        merge_maps(&mut into.topics, from.topics, |into, from| *into += from);
    }
}

/// An agent by assignment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AgentPerformance {
    /// Conversations assigned.
    pub assigned_count: u64,
    /// Name in the latest of them.
    pub assignee_name: Option<String>,
    /// The caller's id.
    pub assignee_user_id: String,
    /// First human response, wall clock.
    pub avg_first_response_minutes: Option<f64>,
    /// Beginning to last closing, wall clock.
    pub avg_resolution_minutes: Option<f64>,
    /// `resolved_count / assigned_count`.
    pub resolution_rate: Option<f64>,
    /// Resolved ones.
    pub resolved_count: u64,
    /// Where its name is looked up.
    #[serde(skip)]
    #[schema(ignore)]
    pub seen_in: Option<String>,
}

/// A team by assignment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TeamPerformance {
    /// Conversations assigned.
    pub assigned_count: u64,
    /// Beginning to last closing, wall clock.
    pub avg_resolution_minutes: Option<f64>,
    /// `resolved_count / assigned_count`.
    pub resolution_rate: Option<f64>,
    /// Resolved ones.
    pub resolved_count: u64,
    /// The caller's id.
    pub team_id: String,
    /// Name in the latest of them.
    pub team_name: Option<String>,
    /// Where its name is looked up.
    #[serde(skip)]
    #[schema(ignore)]
    pub seen_in: Option<String>,
}

/// Times measured while the answer was made.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Health {
    pub agent_performance_ms: f64,
    pub overview_ms: f64,
    pub per_query_budget_ms: f64,
    pub sla_compliance_ms: f64,
    pub target_conversation_volume: u64,
    pub target_met: bool,
    pub total_budget_ms: f64,
    pub total_runtime_ms: f64,
}

/// Conversations that began in an hour of the day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct BusyHour {
    pub conversation_count: u64,
    pub hour_utc: u64,
}

/// Ratings of one value.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct RatingCount {
    pub rating: u64,
    pub response_count: u64,
}

/// Ratings given in the period: on conversations, whenever they began, and by `csat_response` events. A rating that is sent both ways
/// counts twice. The report `pcsat` shows the ratings on conversations alone.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct CsatBlock {
    /// Mean of all ratings.
    pub avg_rating: Option<f64>,
    /// From 1 to 5.
    pub distribution: Vec<RatingCount>,
    /// `positive_responses / rated_responses`.
    pub positive_rate: Option<f64>,
    /// Ratings of 4 or 5.
    pub positive_responses: u64,
    /// Responses with a rating.
    pub rated_responses: u64,
    /// Responses, those without a rating included.
    pub total_responses: u64,
}

/// One mailbox.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EmailChannel {
    /// Its address, where the caller uses it as the channel's id.
    pub address: Option<String>,
    /// The caller's id; `null` for conversations that name none.
    pub channel_id: Option<String>,
    /// Conversations.
    pub conversation_count: u64,
    /// `active`: it had conversations in the period.
    pub status: String,
}

/// E-mail.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EmailBlock {
    /// Mailboxes with conversations in the period.
    pub active_channels: u64,
    /// Contacts with an `email_bounce` event in the period.
    pub bounced_contacts: u64,
    /// By mailbox.
    pub by_channel: Vec<EmailChannel>,
    /// Contacts with an `email_complaint` event in the period.
    pub complained_contacts: u64,
    /// Conversations by e-mail.
    pub email_conversations: u64,
    /// Customers' messages in them.
    pub inbound_messages: u64,
    /// Agents' and bots' public messages in them.
    pub outbound_messages: u64,
    /// Mailboxes known: those with conversations in the period.
    pub total_channels: u64,
}

/// An article.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "the names say it")]
pub struct Article {
    pub article_id: String,
    pub helpful_count: u64,
    pub not_helpful_count: u64,
    pub slug: String,
    pub title: String,
    pub view_count: u64,
}

/// Help centre, from the events `article_view` and `article_feedback` of the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct HelpCenterBlock {
    /// Articles with a view or a feedback.
    pub article_count: u64,
    /// Readers none of whose conversations began within 24 hours after one of their views, of all readers. Conversations that begin
    /// after the period are not looked at.
    pub deflection_rate: Option<f64>,
    /// "It helped."
    pub helpful_feedback: u64,
    /// "It did not."
    pub not_helpful_feedback: u64,
    /// The ten with most views.
    pub top_articles: Vec<Article>,
    /// Views.
    pub total_views: u64,
}

/// Service levels of the conversations that began on a UTC day.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct SlaDay {
    /// With a missed target.
    pub breached: u64,
    /// `met / tracked`.
    pub compliance_rate: Option<f64>,
    /// The day.
    pub day: String,
    /// With every known target met.
    pub met: u64,
    /// With a target that is met or missed.
    pub tracked: u64,
}

/// A tag of the taxonomy.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TopTopic {
    /// Conversations with it.
    pub conversation_count: u64,
    /// Of all conversations of the period.
    pub share: Option<f64>,
    /// The tag.
    pub topic: String,
}

/// What else there is to know.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Metadata {
    /// First instant of the period.
    pub date_from: String,
    /// First instant after it.
    pub date_to: String,
    /// Days and hours are UTC here.
    pub timezone: String,
    /// Conversations of the period.
    pub conversations: u64,
    /// Which time decides.
    pub basis: String,
    /// When it was made.
    pub generated_at: String,
}

/// The answer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
#[expect(missing_docs, reason = "each block is documented at its type")]
pub struct ConversationInsights {
    pub agent_performance: Vec<AgentPerformance>,
    pub aggregation_health: Health,
    pub busiest_hours: Vec<BusyHour>,
    pub csat: CsatBlock,
    pub email_channel_metrics: EmailBlock,
    pub help_center_deflection: HelpCenterBlock,
    pub metadata: Metadata,
    pub sla_breach_trend: Vec<SlaDay>,
    pub team_performance: Vec<TeamPerformance>,
    pub top_topics: Vec<TopTopic>,
}

fn minutes(seconds: &Sum) -> Option<f64> {
    seconds.exact_mean().map(|mean| round3(mean / 60.0))
}

fn quotient(numerator: u64, denominator: u64) -> Option<f64> {
    let Rate { value, .. } = rate(numerator, denominator);
    value
}

/// Beginnings of the conversations of each contact, as the numbers that events know their customers by.
pub fn begun(rows: Rows<'_>, person: impl Fn(&str) -> Person) -> BTreeMap<Person, Vec<Timestamp>> {
    let mut begun: BTreeMap<Person, Vec<Timestamp>> = BTreeMap::new();
    for (_, row) in rows {
        if let Some(contact) = &row.contact_id {
            begun.entry(person(contact)).or_default().push(row.created_at);
        }
    }
    begun
}

/// The answer without measured times and names. `support` are the period's events, `begun` when conversations of which contact began.
pub fn finish(
    acc: AurionAcc,
    support: &SupportAcc,
    begun: &BTreeMap<Person, Vec<Timestamp>>,
    context: &Context,
) -> ConversationInsights {
    let AurionAcc { people, sla, overview } = acc;
    ConversationInsights {
        agent_performance: agents(people.agents),
        team_performance: teams(people.teams),
        aggregation_health: Health::default(),
        busiest_hours: busiest(overview.hours),
        csat: csat(&overview.rated, support),
        help_center_deflection: help_center(support, begun),
        metadata: metadata(overview.conversations, context),
        sla_breach_trend: trend(&sla, context),
        top_topics: topics(&overview.topics, overview.conversations),
        email_channel_metrics: email(overview, support),
    }
}

fn agents(agents: BTreeMap<String, AssignedAcc>) -> Vec<AgentPerformance> {
    let mut agents: Vec<AgentPerformance> = agents
        .into_iter()
        .map(|(id, agent)| AgentPerformance {
            assigned_count: agent.assigned,
            assignee_name: None,
            assignee_user_id: id,
            avg_first_response_minutes: minutes(&agent.first_response),
            avg_resolution_minutes: minutes(&agent.resolution),
            resolution_rate: quotient(agent.resolved, agent.assigned),
            resolved_count: agent.resolved,
            seen_in: agent.latest.map(|(_, id)| id),
        })
        .collect();
    agents.sort_by_key(|agent| std::cmp::Reverse(agent.assigned_count));
    agents
}

fn teams(teams: BTreeMap<String, AssignedAcc>) -> Vec<TeamPerformance> {
    let mut teams: Vec<TeamPerformance> = teams
        .into_iter()
        .map(|(team_id, team)| TeamPerformance {
            assigned_count: team.assigned,
            avg_resolution_minutes: minutes(&team.resolution),
            resolution_rate: quotient(team.resolved, team.assigned),
            resolved_count: team.resolved,
            team_id,
            team_name: None,
            seen_in: team.latest.map(|(_, id)| id),
        })
        .collect();
    teams.sort_by_key(|team| std::cmp::Reverse(team.assigned_count));
    teams
}

/// All 24 hours, busiest first.
fn busiest(hours: [u64; 24]) -> Vec<BusyHour> {
    let hours = (0..).zip(hours).map(|(hour_utc, conversation_count)| BusyHour { conversation_count, hour_utc });
    let mut hours: Vec<BusyHour> = hours.collect();
    hours.sort_by_key(|hour| std::cmp::Reverse(hour.conversation_count));
    hours
}

/// Ratings on conversations and answers to surveys together.
fn csat(rated: &RatedAcc, support: &SupportAcc) -> CsatBlock {
    let on_conversations = rated.totals().distribution.array();
    let counts = on_conversations.into_iter().zip(support.ratings).map(|(rated, surveyed)| rated + surveyed);
    let distribution: Vec<RatingCount> =
        (1..).zip(counts).map(|(rating, response_count)| RatingCount { rating, response_count }).collect();
    let rated: u64 = distribution.iter().map(|count| count.response_count).sum();
    let stars: u64 = distribution.iter().map(|count| count.rating * count.response_count).sum();
    let positive = distribution.iter().filter(|count| count.rating >= 4).map(|count| count.response_count).sum();
    CsatBlock {
        avg_rating: (rated > 0).then(|| round3(float(stars) / float(rated))),
        distribution,
        positive_rate: quotient(positive, rated),
        positive_responses: positive,
        rated_responses: rated,
        total_responses: rated + support.unrated,
    }
}

fn help_center(support: &SupportAcc, begun: &BTreeMap<Person, Vec<Timestamp>>) -> HelpCenterBlock {
    let (deflected, readers) = support.deflection(begun);
    let mut articles: Vec<Article> = support
        .articles
        .iter()
        .map(|(id, article)| Article {
            article_id: id.clone(),
            helpful_count: article.helpful,
            not_helpful_count: article.not_helpful,
            slug: article.slug().unwrap_or_default().to_owned(),
            title: article.title().unwrap_or_default().to_owned(),
            view_count: article.views,
        })
        .collect();
    let sum = |part: fn(&Article) -> u64| articles.iter().map(part).sum();
    let (helpful_feedback, not_helpful_feedback) = (sum(|a| a.helpful_count), sum(|a| a.not_helpful_count));
    let (article_count, total_views) = (count(articles.len()), sum(|article| article.view_count));
    articles.sort_by_key(|article| std::cmp::Reverse(article.view_count));
    articles.truncate(TOP_ARTICLES);
    HelpCenterBlock {
        article_count,
        deflection_rate: quotient(deflected, readers),
        helpful_feedback,
        not_helpful_feedback,
        top_articles: articles,
        total_views,
    }
}

fn email(overview: OverviewAcc, support: &SupportAcc) -> EmailBlock {
    let by_channel: Vec<EmailChannel> = overview
        .channels
        .into_iter()
        .map(|(channel_id, conversation_count)| EmailChannel {
            address: channel_id.clone().filter(|id| id.contains('@')),
            channel_id,
            conversation_count,
            status: "active".to_owned(),
        })
        .collect();
    let named = count(by_channel.iter().filter(|channel| channel.channel_id.is_some()).count());
    EmailBlock {
        active_channels: named,
        bounced_contacts: support.bounced(),
        complained_contacts: support.complained(),
        email_conversations: by_channel.iter().map(|channel| channel.conversation_count).sum(),
        by_channel,
        inbound_messages: overview.inbound,
        outbound_messages: overview.outbound,
        total_channels: named,
    }
}

/// Every UTC day of the period.
fn trend(sla: &SlaAcc, context: &Context) -> Vec<SlaDay> {
    let last = context.to.as_second() - i64::from(context.to.subsec_nanosecond() == 0);
    let last = i32::try_from(last.div_euclid(86_400)).unwrap_or(0);
    let days = utc_day(context.from)..=last;
    let days = days.map(|day| {
        let found = sla.0.get(&day).copied().unwrap_or_default();
        let date = Timestamp::from_second(i64::from(day) * 86_400).map(|at| TimeZone::UTC.to_datetime(at).date());
        SlaDay {
            breached: found.of - found.hits,
            compliance_rate: quotient(found.hits, found.of),
            day: date.map(|date| date.to_string()).unwrap_or_default(),
            met: found.hits,
            tracked: found.of,
        }
    });
    if context.from < context.to { days.collect() } else { Vec::new() }
}

fn topics(topics: &BTreeMap<String, u64>, conversations: u64) -> Vec<TopTopic> {
    let mut topics: Vec<TopTopic> = topics
        .iter()
        .map(|(topic, n)| TopTopic { conversation_count: *n, share: quotient(*n, conversations), topic: topic.clone() })
        .collect();
    topics.sort_by_key(|topic| std::cmp::Reverse(topic.conversation_count));
    topics.truncate(TOPICS);
    topics
}

fn metadata(conversations: u64, context: &Context) -> Metadata {
    Metadata {
        date_from: context.from.to_string(),
        date_to: context.to.to_string(),
        timezone: "UTC".to_owned(),
        conversations,
        basis: super::customers::pcsat::RATED.to_owned(),
        generated_at: context.now.to_string(),
    }
}
