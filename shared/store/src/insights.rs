//! What people decided about insights, and which insight absorbed which. How many conversations an insight has stands nowhere: it is
//! folded from fact rows.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::insights::opencx::InsightState;

use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, InsightKey, Key, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};
use crate::{Store, pause};

const TAG: &str = "insight.1";
const MERGE_TAG: &str = "insight_merge.1";
const WHAT: &str = "insight";
/// How often a state that somebody else keeps changing is read again.
const ATTEMPTS: u32 = 10;

const PACKED: &str = "p";
const REV: &str = "rev";
/// The insight that absorbed it.
const INTO: &str = "i";

/// What is kept of a tenant's insights beside the rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct KnownInsights {
    /// What people decided, by number. An insight that nobody touched is not in it.
    pub states: BTreeMap<u32, InsightState>,
    /// Absorbed insight → the one that absorbed it, which is older and may be absorbed itself.
    pub merges: BTreeMap<u32, u32>,
}

impl Store {
    /// Everything that is kept of a tenant's insights.
    pub async fn insights(&self, tenant: &Tenant) -> Result<KnownInsights, Failure> {
        let (mut known, mut from) = (KnownInsights::default(), None);
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk")
                .expression_attribute_values(":pk", s(keys::insights(tenant)))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Insights, meter::consistent_halves(items.iter().map(item_size).sum()));
            for item in &items {
                known.read(item).map_err(corrupt(WHAT))?;
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(known);
            }
        }
    }

    /// Changes what is decided about an insight, whoever else changes it at the same time. `change` may be called more than once.
    pub async fn update_insight(
        &self,
        tenant: &Tenant,
        number: u32,
        change: impl Fn(&InsightState) -> InsightState,
    ) -> Result<InsightState, Failure> {
        let key = item::key(&Key { pk: keys::insights(tenant), sk: keys::insight_state(number) });
        let request = self.client().get_item().table_name(self.main()).set_key(Some(key.clone())).consistent_read(true);
        let output = request.send().await.map_err(failure)?;
        self.meter().read(Purpose::Insights, meter::consistent_halves(output.item().map_or(0, item_size)));
        let mut stored = output.item;
        for attempt in 0..ATTEMPTS {
            let (before, rev) = match &stored {
                Some(item) => state(item).map_err(corrupt(WHAT))?,
                None => (InsightState::default(), 0),
            };
            let next = change(&before);
            if next == before {
                return Ok(before);
            }
            match self.write_state(&key, rev, &next).await? {
                Ok(()) => return Ok(next),
                Err(item) => stored = item,
            }
            pause(attempt).await;
        }
        Err(Failure::Conflict { what: WHAT })
    }

    /// Writes a state if `rev` is still what is stored; else what is stored.
    async fn write_state(
        &self,
        key: &Attributes,
        rev: u64,
        next: &InsightState,
    ) -> Result<Result<(), Option<Attributes>>, Failure> {
        let packed = item::packed(next).map_err(corrupt(WHAT))?;
        let units = write_units(item_size(key) + packed.len() + 40);
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(key.clone()))
            .update_expression(format!("SET {TYPE} = :tag, {PACKED} = :packed, {REV} = :next"))
            .condition_expression(if rev == 0 { "attribute_not_exists(PK)" } else { "rev = :before" })
            .expression_attribute_values(":tag", s(TAG))
            .expression_attribute_values(":packed", b(packed))
            .expression_attribute_values(":next", n(rev + 1))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let request = if rev == 0 { request } else { request.expression_attribute_values(":before", n(rev)) };
        let written = condition(request.send().await)?;
        self.meter().wrote(Purpose::Insights, units);
        Ok(written.map(|_| ()).map_err(|item| Some(item).filter(|item| !item.is_empty())))
    }

    /// Records that an insight was absorbed by an older one. It happens once; whoever comes second changes nothing.
    pub(crate) async fn put_merge(&self, tenant: &Tenant, number: u32, into: u32) -> Result<(), Failure> {
        let mut item = item::key(&Key { pk: keys::insights(tenant), sk: keys::insight_merge(number) });
        item.insert(TYPE.to_owned(), s(MERGE_TAG));
        item.insert(INTO.to_owned(), n(into));
        let units = write_units(item_size(&item));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        drop(condition(request.condition_expression("attribute_not_exists(PK)").send().await)?);
        self.meter().wrote(Purpose::Insights, units);
        Ok(())
    }
}

impl KnownInsights {
    fn read(&mut self, item: &Attributes) -> Result<(), Unreadable> {
        let Some(AttributeValue::S(sk)) = item.get(SK) else { return Err(Unreadable::Attribute(SK)) };
        match InsightKey::parse(sk).ok_or(Unreadable::Attribute(SK))? {
            InsightKey::State(number) => {
                self.states.insert(number, state(item)?.0);
            }
            InsightKey::Merge(number) => {
                self.merges.insert(number, Reader::new(item, MERGE_TAG)?.number(INTO)?);
            }
        }
        Ok(())
    }
}

/// The state in an item, with its change counter.
fn state(item: &Attributes) -> Result<(InsightState, u64), Unreadable> {
    let reader = Reader::new(item, TAG)?;
    Ok((reader.packed(PACKED)?, reader.number(REV)?))
}
