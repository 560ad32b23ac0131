//! What a report is, how one is made of rows, and what its answer looks like.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::facts::FactRow;
use crate::insights::context::Context;

/// A report: rows folded into an accumulator, accumulators merged in any order, the body made at the end.
pub trait Report {
    /// What the rows are gathered into. Serialisable, so that the part of an immutable segment can be kept.
    type Acc: Default + Serialize + DeserializeOwned;
    /// One line of the answer.
    type Row: Row + ToSchema;
    /// What is said of all lines together.
    type Totals: Serialize + ToSchema;
    /// Its name in the path.
    const NAME: &'static str;
    /// Which time decides what belongs to the period.
    const BASIS: &'static str;
    /// Whether conversations begun before the period (up to [`super::context::REACH_DAYS`]) are looked at.
    const REACHES_BACK: bool = false;

    /// Adds a conversation. `inside` = it began in the period.
    fn fold(acc: &mut Self::Acc, id: &str, row: &FactRow, inside: bool, context: &Context);
    /// Adds what another accumulator gathered.
    fn merge(into: &mut Self::Acc, from: Self::Acc);
    /// The answer.
    fn finish(acc: Self::Acc, context: &Context) -> Table<Self::Row, Self::Totals>;
}

/// An accumulator with the number of conversations of the period that went into it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Folded<Acc> {
    /// Conversations.
    pub n: u64,
    /// What they came to.
    pub acc: Acc,
}

/// Folds the latest rows.
pub fn fold<'a, R: Report>(rows: impl IntoIterator<Item = &'a (String, FactRow)>, context: &Context) -> Folded<R::Acc> {
    let earliest = if R::REACHES_BACK { context.earliest() } else { context.from };
    let mut folded = Folded { n: 0, acc: R::Acc::default() };
    for (id, row) in rows {
        if row.created_at < earliest || row.created_at >= context.to || !context.admits(id, row) {
            continue;
        }
        let inside = context.holds(row.created_at);
        folded.n += u64::from(inside);
        R::fold(&mut folded.acc, id, row, inside, context);
    }
    folded
}

/// Merges two folds.
pub fn merge<R: Report>(into: &mut Folded<R::Acc>, from: Folded<R::Acc>) {
    into.n += from.n;
    R::merge(&mut into.acc, from.acc);
}

/// A report's answer: lines, and what is said of all of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct Table<R, T> {
    /// All lines together.
    pub totals: T,
    /// The lines.
    pub rows: Vec<R>,
}

/// A line of a report.
pub trait Row: Serialize + Default {
    /// The agent, account or contact that the line is about.
    fn named(&mut self) -> Option<&mut dyn Named> {
        None
    }
}

/// Whose name a line may show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// An agent or bot.
    Agent,
    /// A customer's company.
    Account,
    /// A customer.
    Contact,
}

/// Somebody with an id whose name stands in conversations only.
pub trait Named {
    /// Who it is.
    fn role(&self) -> Role;
    /// The id.
    fn id(&self) -> &str;
    /// A recent conversation that should hold the name.
    fn seen_in(&self) -> Option<&str>;
    /// Sets the name.
    fn set_name(&mut self, name: String);
}

/// Conversations of a line; listed only where the caller asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Uids(BTreeSet<String>);

impl Uids {
    /// Adds one, if the caller wants them.
    pub fn add(&mut self, id: &str, context: &Context) {
        if context.uids {
            self.0.insert(id.to_owned());
        }
    }

    /// Adds another's.
    pub fn merge(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// As shown: `None` when the caller did not ask.
    pub fn shown(self, context: &Context) -> Option<Vec<String>> {
        context.uids.then(|| self.0.into_iter().collect())
    }
}

/// Share and evidence helpers use one definition of "resolved": the share of the ended ones.
pub fn settled(state: Option<crate::analysis::ResolutionState>) -> Option<bool> {
    use crate::analysis::ResolutionState::{Resolved, Unresolved};
    match state? {
        Resolved => Some(true),
        Unresolved => Some(false),
        crate::analysis::ResolutionState::Open => None,
    }
}
