//! `customer-monitoring-chart`: how the mentions of one tag develop.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BucketHead, Temperatures};
use crate::facts::FactRow;
use crate::insights::agents::CREATED;
use crate::insights::arithmetic::{Average, Rate, Sum, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::report::{Report, Row, Table, Uids};

/// Conversations that mention the tag, told apart by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Mentions {
    /// Conversations that mention it in any way.
    pub any: u64,
    /// As a friction point.
    pub friction: u64,
    /// As a feature request.
    pub feature_request: u64,
    /// As a tag of the taxonomy.
    pub topic: u64,
    /// As the caller's own label.
    pub label: u64,
}

impl Mentions {
    fn merge(&mut self, other: Self) {
        self.any += other.any;
        self.friction += other.friction;
        self.feature_request += other.feature_request;
        self.topic += other.topic;
        self.label += other.label;
    }
}

/// One bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ChartRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub bucket: BucketHead,
    /// Conversations that mention the tag.
    pub n: u64,
    /// Of all conversations of the bucket.
    pub share: Rate,
    /// How it is mentioned.
    pub mentions: Mentions,
    /// Temperatures of those conversations.
    pub temperature: Temperatures,
    /// Their predicted satisfaction.
    pub pcsat: Average,
    /// The conversations, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for ChartRow {}

/// The whole period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct ChartTotals {
    /// The tag.
    pub tag: String,
    /// Conversations that mention it.
    pub n: u64,
    /// Of all conversations of the period.
    pub share: Rate,
    /// How it is mentioned.
    pub mentions: Mentions,
}

/// One bucket, gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct BucketAcc {
    conversations: u64,
    mentions: Mentions,
    temperature: Temperatures,
    pcsat: Sum,
    uids: Uids,
}

/// The report.
#[derive(Debug)]
pub struct CustomerMonitoringChart;

impl Report for CustomerMonitoringChart {
    type Acc = BTreeMap<u32, BucketAcc>;
    type Row = ChartRow;
    type Totals = ChartTotals;
    const NAME: &'static str = "customer-monitoring-chart";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut Self::Acc, id: &str, row: &FactRow, _: bool, context: &Context) {
        let Some(index) = context.buckets.index(row.created_at) else { return };
        let bucket = acc.entry(index).or_default();
        bucket.conversations += 1;
        let Some(tag) = context.subject.as_deref() else { return };
        let among = |list: &[String]| list.iter().any(|name| name == tag);
        let (friction, request, label) = (among(&row.friction), among(&row.feature_requests), among(&row.tags));
        let topic = row.topics.iter().any(|(_, _, name, _)| name == tag);
        let any = friction || request || label || topic;
        let mentions = [any, friction, request, topic, label].map(u64::from);
        let [any, friction, feature_request, topic, label] = mentions;
        bucket.mentions.merge(Mentions { any, friction, feature_request, topic, label });
        if any > 0 {
            bucket.temperature.add(row.temperature);
            bucket.pcsat.add(row.pcsat);
            bucket.uids.add(id, context);
        }
    }

    fn merge(into: &mut Self::Acc, from: Self::Acc) {
        merge_maps(into, from, |into, from| {
            into.conversations += from.conversations;
            into.mentions.merge(from.mentions);
            into.temperature.merge(from.temperature);
            into.pcsat.merge(from.pcsat);
            into.uids.merge(from.uids);
        });
    }

    fn finish(mut acc: Self::Acc, context: &Context) -> Table<ChartRow, ChartTotals> {
        let (mut mentions, mut all) = (Mentions::default(), 0);
        let rows = context.buckets.iter().map(|(index, bucket)| {
            let found = acc.remove(&index).unwrap_or_default();
            mentions.merge(found.mentions);
            all += found.conversations;
            ChartRow {
                bucket: BucketHead::of(bucket),
                n: found.mentions.any,
                share: rate(found.mentions.any, found.conversations),
                mentions: found.mentions,
                temperature: found.temperature,
                pcsat: found.pcsat.average(),
                conversation_uids: found.uids.shown(context),
            }
        });
        let rows = rows.collect();
        let tag = context.subject.clone().unwrap_or_default();
        Table { totals: ChartTotals { tag, n: mentions.any, share: rate(mentions.any, all), mentions }, rows }
    }
}
