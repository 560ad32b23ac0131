//! `customer-temperature` and `temperature-evolution`: hot, warm and cold, now and over time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{BucketHead, Temperatures};
use crate::analysis::Temperature;
use crate::facts::FactRow;
use crate::insights::agents::CREATED;
use crate::insights::arithmetic::{Average, Rate, Sum, merge_maps, rate};
use crate::insights::context::Context;
use crate::insights::report::{Report, Row, Table, Uids};

/// Temperatures counted and as shares.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TemperatureTotals {
    /// Conversations of the period.
    pub conversations: u64,
    /// Their temperatures; they add up to `conversations`.
    pub temperature: Temperatures,
    /// Conversations with a temperature, of all.
    pub coverage: Rate,
}

/// One temperature.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct TemperatureRow {
    /// Which; `null` = not judged.
    pub temperature: Option<Temperature>,
    /// Conversations.
    pub n: u64,
    /// Of those that have a temperature; without numerator for those that have none.
    pub share: Rate,
    /// Their predicted satisfaction.
    pub pcsat: Average,
    /// Their churn risk, 0–1.
    pub churn_risk: Average,
    /// The conversations, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for TemperatureRow {}

/// One temperature, gathered.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ClassAcc {
    n: u64,
    pcsat: Sum,
    churn: Sum,
    uids: Uids,
}

/// The report.
#[derive(Debug)]
pub struct CustomerTemperature;

impl Report for CustomerTemperature {
    type Acc = BTreeMap<Option<Temperature>, ClassAcc>;
    type Row = TemperatureRow;
    type Totals = TemperatureTotals;
    const NAME: &'static str = "customer-temperature";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut Self::Acc, id: &str, row: &FactRow, _: bool, context: &Context) {
        let class = acc.entry(row.temperature).or_default();
        class.n += 1;
        class.pcsat.add(row.pcsat);
        class.churn.add(row.churn.map(|(_, score)| score));
        class.uids.add(id, context);
    }

    fn merge(into: &mut Self::Acc, from: Self::Acc) {
        merge_maps(into, from, |into, from| {
            into.n += from.n;
            into.pcsat.merge(from.pcsat);
            into.churn.merge(from.churn);
            into.uids.merge(from.uids);
        });
    }

    fn finish(mut acc: Self::Acc, context: &Context) -> Table<TemperatureRow, TemperatureTotals> {
        let n = |wanted: Option<Temperature>| acc.get(&wanted).map_or(0, |class| class.n);
        let temperature = Temperatures {
            hot: n(Some(Temperature::Hot)),
            warm: n(Some(Temperature::Warm)),
            cold: n(Some(Temperature::Cold)),
            unknown: n(None),
        };
        let judged = temperature.judged();
        let classes = Temperature::ALL.iter().copied().map(Some).chain([None]);
        let rows = classes.map(|temperature| {
            let class = acc.remove(&temperature).unwrap_or_default();
            TemperatureRow {
                temperature,
                n: class.n,
                share: if temperature.is_some() { rate(class.n, judged) } else { Rate::default() },
                pcsat: class.pcsat.average(),
                churn_risk: class.churn.average(),
                conversation_uids: class.uids.shown(context),
            }
        });
        let rows = rows.collect();
        let all = judged + temperature.unknown;
        Table { totals: TemperatureTotals { conversations: all, temperature, coverage: rate(judged, all) }, rows }
    }
}

/// One bucket.
#[derive(Clone, Debug, Default, PartialEq, Serialize, ToSchema)]
pub struct EvolutionRow {
    #[serde(flatten)]
    #[expect(missing_docs, reason = "documented at its type")]
    pub bucket: BucketHead,
    /// Conversations that began in it.
    pub n: u64,
    /// Their temperatures.
    pub temperature: Temperatures,
    /// Hot ones, of those that have a temperature.
    pub hot: Rate,
    /// Warm ones.
    pub warm: Rate,
    /// Cold ones.
    pub cold: Rate,
    /// The conversations, with `include=uids`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conversation_uids: Option<Vec<String>>,
}

impl Row for EvolutionRow {}

/// The report.
#[derive(Debug)]
pub struct TemperatureEvolution;

impl Report for TemperatureEvolution {
    type Acc = BTreeMap<u32, (Temperatures, Uids)>;
    type Row = EvolutionRow;
    type Totals = TemperatureTotals;
    const NAME: &'static str = "temperature-evolution";
    const BASIS: &'static str = CREATED;

    fn fold(acc: &mut Self::Acc, id: &str, row: &FactRow, _: bool, context: &Context) {
        if let Some(index) = context.buckets.index(row.created_at) {
            let (temperatures, uids) = acc.entry(index).or_default();
            temperatures.add(row.temperature);
            uids.add(id, context);
        }
    }

    fn merge(into: &mut Self::Acc, from: Self::Acc) {
        merge_maps(into, from, |(into, uids), (from, more)| {
            into.merge(from);
            uids.merge(more);
        });
    }

    fn finish(mut acc: Self::Acc, context: &Context) -> Table<EvolutionRow, TemperatureTotals> {
        let mut all = Temperatures::default();
        let rows = context.buckets.iter().map(|(index, bucket)| {
            let (found, uids) = acc.remove(&index).unwrap_or_default();
            all.merge(found);
            let judged = found.judged();
            EvolutionRow {
                bucket: BucketHead::of(bucket),
                n: judged + found.unknown,
                temperature: found,
                hot: rate(found.hot, judged),
                warm: rate(found.warm, judged),
                cold: rate(found.cold, judged),
                conversation_uids: uids.shown(context),
            }
        });
        let rows = rows.collect();
        let (judged, n) = (all.judged(), all.judged() + all.unknown);
        Table { totals: TemperatureTotals { conversations: n, temperature: all, coverage: rate(judged, n) }, rows }
    }
}
