//! `customer-monitoring`: what customers struggle with and ask for, by tag.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Temperatures;
use crate::analysis::Polarity;
use crate::conversation::words;
use crate::facts::FactRow;
use crate::insights::agents::{CREATED, count};
use crate::insights::arithmetic::{Average, Rate, Sum, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::report::{Report, Row, Table, Uids};
use crate::settings::TagKind;

words! {
    /// What a line counts.
    Category {
        /// A friction point: something that did not work.
        Friction => "friction",
        /// A feature request: something wished for.
        FeatureRequest => "feature_request",
        /// A tag of the taxonomy, however it is spoken of.
        Topic => "topic",
    }
}

/// One tag.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct MonitoringRow {
    /// What the line counts.
    pub category: Option<Category>,
    /// Product, service or context; `null` for friction and requests, whose `by_topic` says it.
    pub kind: Option<TagKind>,
    /// Group of the tag; `null` for friction and requests.
    pub area: Option<String>,
    /// The tag, or the code of the friction point or request.
    pub tag: String,
    /// Conversations with it.
    pub n: u64,
    /// Of all conversations of the period.
    pub share: Rate,
    /// Conversations with it in the later half of the period minus those in the earlier half.
    pub change: i64,
    /// In the earlier half.
    pub earlier: u64,
    /// In the later half.
    pub later: u64,
    /// How often it is spoken of badly, neutrally, well; zeros for friction and requests.
    pub polarity: Polarities,
    /// Temperatures of these conversations.
    pub temperature: Temperatures,
    /// Their predicted satisfaction.
    pub pcsat: Average,
    /// For friction and requests: the taxonomy's tags in the same conversations, most frequent first (at most five).
    pub by_topic: Vec<TopicCount>,
    /// The conversations, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for MonitoringRow {}

/// How a tag is spoken of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Polarities {
    /// Badly.
    pub negative: u64,
    /// Neither.
    pub neutral: u64,
    /// Well.
    pub positive: u64,
}

/// A tag beside another.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TopicCount {
    /// Product, service or context.
    pub kind: Option<TagKind>,
    /// Group.
    pub area: String,
    /// The tag.
    pub tag: String,
    /// Conversations with both.
    pub n: u64,
}

/// All tags together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct MonitoringTotals {
    /// Conversations of the period.
    pub conversations: u64,
    /// Those with a friction point.
    pub with_friction: Rate,
    /// Those with a feature request.
    pub with_feature_request: Rate,
    /// Those with a tag of the taxonomy.
    pub with_topic: Rate,
}

/// A tag of the taxonomy.
type Topic = (TagKind, String, String);

/// What a line is about: category, tag of the taxonomy or none, name.
type Key = (Category, Option<(TagKind, String)>, String);

/// One line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TagAcc {
    halves: [u64; 2],
    polarity: Polarities,
    temperature: Temperatures,
    pcsat: Sum,
    topics: BTreeMap<Topic, u64>,
    uids: Uids,
}

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct MonitoringAcc {
    conversations: u64,
    with: [u64; 3],
    tags: BTreeMap<Key, TagAcc>,
}

/// The report.
#[derive(Debug)]
pub struct CustomerMonitoring;

impl Report for CustomerMonitoring {
    type Acc = MonitoringAcc;
    type Row = MonitoringRow;
    type Totals = MonitoringTotals;
    const NAME: &'static str = "customer-monitoring";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut MonitoringAcc, id: &str, row: &FactRow, _: bool, context: &Context) {
        acc.conversations += 1;
        let topics: BTreeSet<Topic> =
            row.topics.iter().map(|(kind, area, name, _)| (*kind, area.clone(), name.clone())).collect();
        let friction: BTreeSet<&String> = row.friction.iter().collect();
        let requests: BTreeSet<&String> = row.feature_requests.iter().collect();
        for (with, any) in acc.with.iter_mut().zip([!friction.is_empty(), !requests.is_empty(), !topics.is_empty()]) {
            *with += u64::from(any);
        }
        let half = usize::from(context.is_later(row.created_at));
        let mut note = |key: Key, codes: bool| {
            let tag = acc.tags.entry(key).or_default();
            if let Some(half) = tag.halves.get_mut(half) {
                *half += 1;
            }
            tag.temperature.add(row.temperature);
            tag.pcsat.add(row.pcsat);
            tag.uids.add(id, context);
            if codes {
                for topic in &topics {
                    *tag.topics.entry(topic.clone()).or_default() += 1;
                }
            }
        };
        for code in friction {
            note((Category::Friction, None, code.clone()), true);
        }
        for code in requests {
            note((Category::FeatureRequest, None, code.clone()), true);
        }
        for (kind, area, name) in &topics {
            note((Category::Topic, Some((*kind, area.clone())), name.clone()), false);
        }
        for (kind, area, name, polarity) in &row.topics {
            if let Some(tag) = acc.tags.get_mut(&(Category::Topic, Some((*kind, area.clone())), name.clone())) {
                *match polarity {
                    Polarity::Negative => &mut tag.polarity.negative,
                    Polarity::Neutral => &mut tag.polarity.neutral,
                    Polarity::Positive => &mut tag.polarity.positive,
                } += 1;
            }
        }
    }

    fn merge(into: &mut MonitoringAcc, from: MonitoringAcc) {
        into.conversations += from.conversations;
        for (with, more) in into.with.iter_mut().zip(from.with) {
            *with += more;
        }
        merge_maps(&mut into.tags, from.tags, |into, from| {
            for (half, more) in into.halves.iter_mut().zip(from.halves) {
                *half += more;
            }
            into.polarity.negative += from.polarity.negative;
            into.polarity.neutral += from.polarity.neutral;
            into.polarity.positive += from.polarity.positive;
            into.temperature.merge(from.temperature);
            into.pcsat.merge(from.pcsat);
            merge_maps(&mut into.topics, from.topics, |into, from| *into += from);
            into.uids.merge(from.uids);
        });
    }

    fn finish(acc: MonitoringAcc, context: &Context) -> Table<MonitoringRow, MonitoringTotals> {
        let all = acc.conversations;
        let mut rows: Vec<MonitoringRow> =
            acc.tags.into_iter().map(|(key, tag)| line(key, tag, all, context)).collect();
        // Stable: ties stay in the order of category, kind, area, tag.
        rows.sort_by_key(|row| (row.category, std::cmp::Reverse(row.n)));
        let [friction, request, topic] = acc.with;
        let totals = MonitoringTotals {
            conversations: all,
            with_friction: rate(friction, all),
            with_feature_request: rate(request, all),
            with_topic: rate(topic, all),
        };
        Table { totals, rows }
    }
}

fn line((category, group, tag): Key, found: TagAcc, all: u64, context: &Context) -> MonitoringRow {
    let [earlier, later] = found.halves;
    let mut topics: Vec<(Topic, u64)> = found.topics.into_iter().collect();
    topics.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    let by_topic =
        topics.into_iter().take(5).map(|((kind, area, tag), n)| TopicCount { kind: Some(kind), area, tag, n });
    let (kind, area) = group.unzip();
    MonitoringRow {
        category: Some(category),
        kind,
        area,
        tag,
        n: earlier + later,
        share: rate(earlier + later, all),
        change: i64::try_from(later).unwrap_or(0) - i64::try_from(earlier).unwrap_or(0),
        earlier,
        later,
        polarity: found.polarity,
        temperature: found.temperature,
        pcsat: found.pcsat.average(),
        by_topic: by_topic.collect(),
        conversation_uids: found.uids.shown(context),
    }
}

/// Different tags of the taxonomy in a conversation, by name: what `AurionAI` calls topics.
pub fn topic_names(row: &FactRow) -> BTreeSet<&str> {
    row.topics.iter().map(|(_, _, name, _)| name.as_str()).collect()
}

/// Lines of this category.
pub fn lines(rows: &[MonitoringRow], category: Category) -> u64 {
    count(rows.iter().filter(|row| row.category == Some(category)).count())
}
