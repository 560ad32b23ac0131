//! Reports about agents and bots: one fold, many views.
//!
//! A conversation counts for every agent who wrote in it (`n`). What is measured of the conversation as a whole (pCSAT, effort,
//! complexity, outcome) counts for each of them. Assignees who never wrote get a line of unknown kind.

pub mod assessment_uids;
pub mod capability;
pub mod contribution;
pub mod detections;
pub mod effort;
pub mod performance;
pub mod roster;
pub mod skill_match;
pub mod training;
pub mod volume;

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::analysis::{AgentKind, ResolutionState};
use crate::facts::{AgentFacts, FactRow};
use crate::insights::arithmetic::{Counts, Ratio, Sum, Top, fixed, merge_maps};
use crate::insights::context::{Context, Skill};
use crate::insights::report::{Named, Report, Role, Row, Table, Uids, settled};

/// What a view looks at, so that a fold does no more than it must.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "a set of switches, each on its own")]
pub struct Needs {
    /// Skills shown and required.
    pub skills: bool,
    /// Reply times one by one.
    pub replies: bool,
    /// Figures by local day.
    pub days: bool,
    /// The spread of a score per conversation.
    pub composite: bool,
    /// Closings by their own time, and assignees.
    pub closings: bool,
    /// First response and the other durations of whole conversations.
    pub durations: bool,
}

impl Needs {
    /// Nothing beyond the base figures.
    pub const NONE: Self =
        Self { skills: false, replies: false, days: false, composite: false, closings: false, durations: false };
}

/// A report over [`AgentsAcc`].
pub trait AgentReport {
    /// One line.
    type Row: Row + ToSchema;
    /// All lines together.
    type Totals: Serialize + ToSchema;
    /// Its name in the path.
    const NAME: &'static str;
    /// Which time decides.
    const BASIS: &'static str = CREATED;
    /// What it looks at.
    const NEEDS: Needs;

    /// The answer.
    fn finish(acc: AgentsAcc, context: &Context) -> Table<Self::Row, Self::Totals>;
}

/// The basis of most reports.
pub const CREATED: &str = "A conversation belongs to the period in which it began (created_at).";

impl<T: AgentReport> Report for T {
    type Acc = AgentsAcc;
    type Row = <T as AgentReport>::Row;
    type Totals = <T as AgentReport>::Totals;
    const NAME: &'static str = <T as AgentReport>::NAME;
    const BASIS: &'static str = <T as AgentReport>::BASIS;
    const REACHES_BACK: bool = T::NEEDS.closings;

    fn fold(acc: &mut AgentsAcc, id: &str, row: &FactRow, inside: bool, context: &Context) {
        acc.fold(T::NEEDS, id, row, inside, context);
    }

    fn merge(into: &mut AgentsAcc, from: AgentsAcc) {
        into.merge(from);
    }

    fn finish(acc: AgentsAcc, context: &Context) -> Table<Self::Row, Self::Totals> {
        <T as AgentReport>::finish(acc, context)
    }
}

/// Everything about agents that a view may show.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentsAcc {
    /// Conversations of the period in which somebody with an id wrote.
    pub conversations: u64,
    /// By id.
    pub people: BTreeMap<String, Person>,
    /// Closings by their own time.
    pub closings: Closings,
    /// Durations of conversations.
    pub durations: Durations,
}

/// One id: it may stand for a person and for a bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Person {
    /// As a person.
    pub human: Option<AgentAcc>,
    /// As a bot.
    pub bot: Option<AgentAcc>,
    /// Conversations assigned to the id.
    pub assigned: u64,
    /// The latest of them.
    pub assigned_latest: Option<(Timestamp, String)>,
}

/// Closings whose last one falls into the period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Closings {
    /// Closings of these conversations, earlier ones included.
    pub events: u64,
    /// Conversations.
    pub conversations: u64,
    /// Different contacts.
    pub contacts: BTreeSet<String>,
    /// Times they were opened again.
    pub reopened: u64,
}

/// Durations of conversations in (wall-clock, business) seconds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Durations {
    /// In the order of `Durations::of`.
    pub sums: [[Sum; 2]; 6],
    /// Customers who wait for an answer.
    pub waiting: u64,
}

impl Durations {
    fn of(row: &FactRow) -> [Option<(u64, u64)>; 6] {
        [
            row.first_response_human,
            row.first_response_bot,
            row.resolution_time,
            row.resolution_time_human,
            row.handle_human,
            row.handle_bot,
        ]
    }

    fn fold(&mut self, row: &FactRow) {
        for (sums, duration) in self.sums.iter_mut().zip(Self::of(row)) {
            if let Some((wall, business)) = duration {
                let [all, open] = sums;
                all.add_whole(wall);
                open.add_whole(business);
            }
        }
        self.waiting += u64::from(row.waiting_since.is_some());
    }

    fn merge(&mut self, other: &Self) {
        for (into, from) in self.sums.iter_mut().flatten().zip(other.sums.iter().flatten()) {
            into.merge(*from);
        }
        self.waiting += other.waiting;
    }
}

/// One skill of one agent.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SkillAcc {
    /// As shown, whenever it could be judged.
    pub shown: Sum,
    /// In the earlier half of the period.
    pub earlier: Sum,
    /// In the later half.
    pub later: Sum,
    /// Best evidence.
    pub best: Top,
    /// Weakest evidence.
    pub weakest: Top,
    /// Where both are known: required.
    pub required: Sum,
    /// Where both are known: shown.
    pub matched: Sum,
    /// By how much the required level was missed, 0 where it was reached.
    pub shortfall: Sum,
    /// Conversations in which it was missed.
    pub missed: u64,
    /// The worst of them.
    pub worst: Top,
    /// pCSAT where it was reached.
    pub pcsat_met: Sum,
    /// pCSAT where it was missed.
    pub pcsat_missed: Sum,
}

impl SkillAcc {
    fn fold(&mut self, shown: Option<f64>, required: Option<f64>, id: &str, row: &FactRow, context: &Context) {
        let Some(shown) = shown.and_then(fixed) else { return };
        self.shown.add_fixed(shown);
        if context.is_later(row.created_at) { &mut self.later } else { &mut self.earlier }.add_fixed(shown);
        self.best.add(shown, id);
        self.weakest.add(-shown, id);
        let Some(required) = required.and_then(fixed) else { return };
        self.required.add_fixed(required);
        self.matched.add_fixed(shown);
        let gap = (required - shown).max(0);
        self.shortfall.add_fixed(gap);
        if gap > 0 {
            self.missed += 1;
            self.worst.add(gap, id);
            self.pcsat_missed.add(row.pcsat);
        } else {
            self.pcsat_met.add(row.pcsat);
        }
    }

    fn merge(&mut self, other: Self) {
        self.shown.merge(other.shown);
        self.earlier.merge(other.earlier);
        self.later.merge(other.later);
        self.best.merge(other.best);
        self.weakest.merge(other.weakest);
        self.required.merge(other.required);
        self.matched.merge(other.matched);
        self.shortfall.merge(other.shortfall);
        self.missed += other.missed;
        self.worst.merge(other.worst);
        self.pcsat_met.merge(other.pcsat_met);
        self.pcsat_missed.merge(other.pcsat_missed);
    }
}

/// One agent or bot.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct AgentAcc {
    /// Conversations in which it wrote.
    pub conversations: u64,
    /// Its public messages.
    pub messages: u64,
    /// Words in them.
    pub words: u64,
    /// Channels.
    pub channels: BTreeSet<String>,
    /// First message.
    pub first: Option<Timestamp>,
    /// Last message.
    pub last: Option<Timestamp>,
    /// The conversation of the last message.
    pub latest: Option<(Timestamp, String)>,
    /// Predicted satisfaction.
    pub pcsat: Sum,
    /// Resolved, of those that ended; the human or the bot outcome by the agent's kind.
    pub resolved: Ratio,
    /// Customer effort.
    pub effort: Sum,
    /// Complexity.
    pub complexity: Sum,
    /// Score of each conversation by the tenant's weights, 0–100.
    pub composite: Sum,
    /// Override, inconsistency, correction: how many, in how many conversations.
    pub detections: [(u64, u64); 3],
    /// By skill.
    pub skills: [SkillAcc; 6],
    /// Reply times in seconds.
    pub replies: Counts,
    /// By local day: conversations and their pCSAT.
    pub days: BTreeMap<i32, (u64, Sum)>,
    /// Conversations.
    pub uids: Uids,
}

/// The outcome that counts for an agent of this kind.
pub fn outcome(kind: AgentKind, row: &FactRow) -> Option<ResolutionState> {
    match kind {
        AgentKind::Human => row.resolution_human,
        AgentKind::Bot => row.resolution_bot,
    }
}

fn earliest<T: Ord>(into: &mut Option<T>, from: Option<T>) {
    if let Some(from) = from
        && into.as_ref().is_none_or(|known| from < *known)
    {
        *into = Some(from);
    }
}

/// Keeps the greatest.
pub(crate) fn newest<T: Ord>(into: &mut Option<T>, from: Option<T>) {
    if let Some(from) = from
        && into.as_ref().is_none_or(|known| from > *known)
    {
        *into = Some(from);
    }
}

impl AgentAcc {
    fn fold(&mut self, needs: Needs, facts: &AgentFacts, id: &str, row: &FactRow, context: &Context) {
        self.conversations += 1;
        self.messages += u64::from(facts.messages);
        self.words += u64::from(facts.words);
        if let Some(channel) = &row.channel_type
            && !self.channels.contains(channel)
        {
            self.channels.insert(channel.clone());
        }
        earliest(&mut self.first, Some(facts.first_at));
        newest(&mut self.last, Some(facts.last_at));
        match &mut self.latest {
            // In place: rows come by time, so nearly every one is the latest.
            Some((at, known)) if (*at, known.as_str()) < (facts.last_at, id) => {
                *at = facts.last_at;
                id.clone_into(known);
            }
            Some(_) => {}
            none => *none = Some((facts.last_at, id.to_owned())),
        }
        self.pcsat.add(row.pcsat);
        self.resolved.add_known(settled(outcome(facts.kind, row)));
        self.effort.add(row.effort);
        self.complexity.add(row.complexity);
        for ((count, conversations), found) in self.detections.iter_mut().zip(facts.detections) {
            *count += u64::from(found);
            *conversations += u64::from(found > 0);
        }
        if needs.composite {
            self.composite.add(performance::composite(facts, row, context.weights));
        }
        if needs.skills {
            for (skill, (shown, required)) in self.skills.iter_mut().zip(facts.skills.into_iter().zip(facts.required)) {
                skill.fold(shown, required, id, row, context);
            }
        }
        if needs.replies {
            facts.reply_seconds.iter().for_each(|seconds| self.replies.add(*seconds));
        }
        if needs.days {
            let (count, pcsat) = self.days.entry(context.day(row.created_at)).or_default();
            *count += 1;
            pcsat.add(row.pcsat);
        }
        self.uids.add(id, context);
    }

    /// Adds another's figures.
    pub fn merge(&mut self, other: Self) {
        self.conversations += other.conversations;
        self.messages += other.messages;
        self.words += other.words;
        self.channels.extend(other.channels);
        earliest(&mut self.first, other.first);
        newest(&mut self.last, other.last);
        newest(&mut self.latest, other.latest);
        self.pcsat.merge(other.pcsat);
        self.resolved.merge(other.resolved);
        self.effort.merge(other.effort);
        self.complexity.merge(other.complexity);
        self.composite.merge(other.composite);
        for ((count, conversations), (more, other)) in self.detections.iter_mut().zip(other.detections) {
            *count += more;
            *conversations += other;
        }
        for (skill, other) in self.skills.iter_mut().zip(other.skills) {
            skill.merge(other);
        }
        self.replies.merge(other.replies);
        merge_maps(&mut self.days, other.days, |(count, pcsat), (more, other)| {
            *count += more;
            pcsat.merge(other);
        });
        self.uids.merge(other.uids);
    }
}

impl AgentsAcc {
    fn person(&mut self, id: &str) -> &mut Person {
        self.people.entry(id.to_owned()).or_default()
    }

    fn fold(&mut self, needs: Needs, id: &str, row: &FactRow, inside: bool, context: &Context) {
        if needs.closings
            && let Some(at) = row.last_closed_at
            && context.holds(at)
        {
            let closings = &mut self.closings;
            closings.events += u64::from(row.closed_count);
            closings.conversations += 1;
            closings.reopened += u64::from(row.reopen_count);
            if let Some(contact) = &row.contact_id {
                closings.contacts.insert(contact.clone());
            }
        }
        if !inside {
            return;
        }
        if needs.durations {
            self.durations.fold(row);
        }
        if needs.closings
            && let Some(assignee) = &row.assignee_id
        {
            let person = self.person(assignee);
            person.assigned += 1;
            newest(&mut person.assigned_latest, Some((row.created_at, id.to_owned())));
        }
        self.conversations += u64::from(!row.agents.is_empty());
        for facts in row.agents.iter().filter(|facts| context.wants(&facts.id, facts.kind)) {
            let person = match self.people.get_mut(&facts.id) {
                Some(person) => person,
                None => self.people.entry(facts.id.clone()).or_default(),
            };
            let agent = match facts.kind {
                AgentKind::Human => &mut person.human,
                AgentKind::Bot => &mut person.bot,
            };
            agent.get_or_insert_default().fold(needs, facts, id, row, context);
        }
    }

    fn merge(&mut self, other: Self) {
        self.conversations += other.conversations;
        merge_maps(&mut self.people, other.people, |into, from| {
            for (into, from) in [(&mut into.human, from.human), (&mut into.bot, from.bot)] {
                if let Some(from) = from {
                    into.get_or_insert_default().merge(from);
                }
            }
            into.assigned += from.assigned;
            newest(&mut into.assigned_latest, from.assigned_latest);
        });
        self.closings.events += other.closings.events;
        self.closings.conversations += other.closings.conversations;
        self.closings.reopened += other.closings.reopened;
        self.closings.contacts.extend(other.closings.contacts);
        self.durations.merge(&other.durations);
    }

    /// Everybody who wrote, by id, a person before a bot of the same id.
    pub fn agents(self) -> impl Iterator<Item = (AgentHead, AgentAcc)> {
        self.people.into_iter().flat_map(|(id, person)| {
            let both = [(AgentKind::Human, person.human), (AgentKind::Bot, person.bot)];
            both.into_iter().filter_map(move |(kind, agent)| {
                let agent = agent?;
                Some((AgentHead::of(&id, kind, &agent), agent))
            })
        })
    }
}

/// Who a line is about.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AgentHead {
    /// The caller's id.
    pub agent_id: String,
    /// Name in the latest conversation, if it has one.
    pub name: Option<String>,
    /// Person or bot; `null` for an assignee who never wrote.
    pub kind: Option<AgentKind>,
    /// Conversations in which the agent wrote.
    pub n: u64,
    /// Those conversations, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
    #[serde(skip)]
    #[schema(ignore)]
    seen_in: Option<String>,
}

impl AgentHead {
    fn of(id: &str, kind: AgentKind, agent: &AgentAcc) -> Self {
        Self {
            agent_id: id.to_owned(),
            name: None,
            kind: Some(kind),
            n: agent.conversations,
            conversation_uids: None,
            seen_in: agent.latest.as_ref().map(|(_, id)| id.clone()),
        }
    }

    fn with(self, uids: Uids, context: &Context) -> Self {
        Self { conversation_uids: uids.shown(context), ..self }
    }
}

impl Named for AgentHead {
    fn role(&self) -> Role {
        Role::Agent
    }
    fn id(&self) -> &str {
        &self.agent_id
    }
    fn seen_in(&self) -> Option<&str> {
        self.seen_in.as_deref()
    }
    fn set_name(&mut self, name: String) {
        self.name = Some(name);
    }
}

/// Makes a line's `agent` its name.
macro_rules! agent_rows {
    ($($row:ty),+) => {
        $(impl crate::insights::report::Row for $row {
            fn named(&mut self) -> Option<&mut dyn crate::insights::report::Named> {
                Some(&mut self.agent)
            }
        })+
    };
}
pub(crate) use agent_rows;

/// One value for each skill.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Skilled<T> {
    /// Knows the matter.
    pub depth_of_knowledge: T,
    /// Meets the customer's feelings.
    pub sensitivity: T,
    /// Courtesy.
    pub interpersonal: T,
    /// Says it plainly.
    pub clarity: T,
    /// Takes it on.
    pub ownership: T,
    /// Gets there in few steps.
    pub efficiency: T,
}

impl<T> Skilled<T> {
    /// From an array in the order of [`Skill::ALL`].
    pub fn from([depth_of_knowledge, sensitivity, interpersonal, clarity, ownership, efficiency]: [T; 6]) -> Self {
        Self { depth_of_knowledge, sensitivity, interpersonal, clarity, ownership, efficiency }
    }
}

/// The place of a skill in arrays.
pub fn place(skill: Skill) -> usize {
    Skill::ALL.iter().position(|other| *other == skill).unwrap_or(0)
}

/// The number of lines and of conversations behind them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct AgentTotals {
    /// Lines.
    pub agents: u64,
    /// Conversations of the period in which an agent or bot with an id wrote.
    pub conversations: u64,
}

/// A length as a count.
pub(crate) fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}
