//! `average-growth-opportunities-mentions` and `average-information-shares-per-conversation`: how often something comes up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::facts::FactRow;
use crate::insights::agents::{CREATED, count};
use crate::insights::arithmetic::{Average, Rate, Sum, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::customers::BucketHead;
use crate::insights::report::{Report, Row, Table, Uids};

/// One bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct MentionsRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub bucket: BucketHead,
    /// Mentions.
    pub mentions: u64,
    /// Mentions a scored conversation.
    pub per_conversation: Average,
    /// Scored conversations with at least one, of all scored.
    pub with_mention: Rate,
    /// The conversations that have one, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for MentionsRow {}

/// Mentions of one kind.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct KindMentions {
    /// The kind.
    pub kind: String,
    /// Mentions.
    pub mentions: u64,
    /// Of all mentions.
    pub share: Rate,
    /// Conversations with at least one.
    pub conversations: u64,
}

/// The whole period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct MentionsTotals {
    /// Mentions; the rows and the kinds both add up to it.
    pub mentions: u64,
    /// Mentions a scored conversation.
    pub per_conversation: Average,
    /// Scored conversations with at least one, of all scored.
    pub with_mention: Rate,
    /// By kind, most frequent first.
    pub by_kind: Vec<KindMentions>,
}

/// One bucket, gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BucketAcc {
    sum: Sum,
    mentions: u64,
    with: u64,
    uids: Uids,
}

/// Everything gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MentionsAcc {
    buckets: BTreeMap<u32, BucketAcc>,
    kinds: BTreeMap<String, (u64, u64)>,
}

impl MentionsAcc {
    /// Adds a conversation with its mentions. One that is not scored is not looked at: nothing could be found in it.
    fn fold(&mut self, kinds: &[&str], id: &str, row: &FactRow, context: &Context) {
        let Some(index) = context.buckets.index(row.created_at).filter(|_| row.not_scored.is_none()) else { return };
        let bucket = self.buckets.entry(index).or_default();
        bucket.sum.add_whole(count(kinds.len()));
        bucket.mentions += count(kinds.len());
        if !kinds.is_empty() {
            bucket.with += 1;
            bucket.uids.add(id, context);
        }
        for (place, kind) in kinds.iter().enumerate() {
            let known = self.kinds.entry((*kind).to_owned()).or_default();
            known.0 += 1;
            known.1 += u64::from(kinds.iter().position(|other| other == kind) == Some(place));
        }
    }

    fn merge(&mut self, other: Self) {
        merge_maps(&mut self.buckets, other.buckets, |into, from| {
            into.sum.merge(from.sum);
            into.mentions += from.mentions;
            into.with += from.with;
            into.uids.merge(from.uids);
        });
        merge_maps(&mut self.kinds, other.kinds, |into, from| {
            into.0 += from.0;
            into.1 += from.1;
        });
    }

    fn finish(mut self, context: &Context) -> Table<MentionsRow, MentionsTotals> {
        let mut all = BucketAcc::default();
        let rows = context.buckets.iter().map(|(index, bucket)| {
            let found = self.buckets.remove(&index).unwrap_or_default();
            all.sum.merge(found.sum);
            all.mentions += found.mentions;
            all.with += found.with;
            MentionsRow {
                bucket: BucketHead::of(bucket),
                mentions: found.mentions,
                per_conversation: found.sum.average(),
                with_mention: rate(found.with, found.sum.n),
                conversation_uids: found.uids.shown(context),
            }
        });
        let rows = rows.collect();
        let kinds = self.kinds.into_iter().map(|(kind, (mentions, conversations))| KindMentions {
            kind,
            mentions,
            share: rate(mentions, all.mentions),
            conversations,
        });
        let mut by_kind: Vec<KindMentions> = kinds.collect();
        by_kind.sort_by_key(|kind| std::cmp::Reverse(kind.mentions));
        let totals = MentionsTotals {
            mentions: all.mentions,
            per_conversation: all.sum.average(),
            with_mention: rate(all.with, all.sum.n),
            by_kind,
        };
        Table { totals, rows }
    }
}

macro_rules! mentions {
    ($report:ident => $name:literal, $kinds:expr) => {
        /// The report.
        #[derive(Debug)]
        pub struct $report;

        impl Report for $report {
            type Acc = MentionsAcc;
            type Row = MentionsRow;
            type Totals = MentionsTotals;
            const NAME: &'static str = $name;
            const BASIS: &'static str = CREATED;

            fn fold(acc: &mut MentionsAcc, id: &str, row: &FactRow, _: bool, context: &Context) {
                let kinds: fn(&FactRow) -> Vec<&str> = $kinds;
                acc.fold(&kinds(row), id, row, context);
            }

            fn merge(into: &mut MentionsAcc, from: MentionsAcc) {
                into.merge(from);
            }

            fn finish(acc: MentionsAcc, context: &Context) -> Table<MentionsRow, MentionsTotals> {
                acc.finish(context)
            }
        }
    };
}

mentions! {
    AverageGrowthOpportunitiesMentions => "average-growth-opportunities-mentions",
    |row| row.growth.iter().map(|kind| kind.as_str()).collect()
}
mentions! {
    AverageInformationSharesPerConversation => "average-information-shares-per-conversation",
    |row| row.shares.iter().map(|(_, kind)| kind.as_str()).collect()
}
