//! Deliveries of webhooks: each message to each endpoint, with its attempts, for 30 days. Listed from index keys, newest first.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::webhooks::delivery::{Attempt, AttemptError, DeliveryState, KEPT, Outcome};
use domain::webhooks::{Delivery, DeliveryId, EventKind, Owner};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::conversations::Reading;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, DeliveryKey, GSI1, GSI1PK, GSI1SK, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::pack::Bytes;
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "delivery.1";
const WHAT: &str = "webhook delivery";

const PACKED: &str = "p";
const REVISION: &str = "rev";

#[derive(Serialize, Deserialize)]
struct Packed {
    owner: String,
    kind: EventKind,
    occurred_at: Timestamp,
    body: Bytes,
    created_at: Timestamp,
    state: DeliveryState,
    next_at: Option<Timestamp>,
    attempts: Vec<(Timestamp, Result<u16, AttemptError>, u32)>,
    made: u32,
    run_began: u32,
}

impl Store {
    /// Adds a delivery unless it is there; what is stored then, and whether it was added.
    pub async fn create_delivery(&self, tenant: &Tenant, delivery: &Delivery) -> Result<(Delivery, bool), Failure> {
        let item = print(tenant, delivery).map_err(corrupt(WHAT))?;
        let units = write_units(item_size(&item)) + 1;
        let request = self
            .client()
            .put_item()
            .table_name(self.main())
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(PK)")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match condition(request.send().await)? {
            Ok(_) => {
                self.meter().wrote(Purpose::Webhooks, units);
                Ok((delivery.clone(), true))
            }
            Err(stored) => {
                self.meter().wrote(Purpose::Webhooks, write_units(item_size(&stored)));
                Ok((parse(tenant, &stored).map_err(corrupt(WHAT))?, false))
            }
        }
    }

    /// One delivery, read consistently.
    pub async fn delivery(&self, tenant: &Tenant, id: &DeliveryId) -> Result<Option<Delivery>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::delivery(tenant, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        self.meter().read(Purpose::Webhooks, meter::consistent_halves(output.item().map_or(0, item_size)));
        output.item().map(|item| parse(tenant, item).map_err(corrupt(WHAT))).transpose()
    }

    /// The deliveries of those ids that exist, in the order of `ids`.
    pub async fn deliveries(&self, tenant: &Tenant, ids: &[DeliveryId]) -> Result<Vec<Delivery>, Failure> {
        let keys = ids.iter().map(|id| item::key(&keys::delivery(tenant, id))).collect();
        let items = self.batch_get(keys, Reading::Eventual, Purpose::Webhooks).await?;
        let parsed: Result<Vec<Delivery>, Unreadable> = items.iter().map(|item| parse(tenant, item)).collect();
        let mut found = parsed.map_err(corrupt(WHAT))?;
        let take = |id: &DeliveryId| {
            let at = found.iter().position(|delivery| delivery.id == *id)?;
            Some(found.swap_remove(at))
        };
        Ok(ids.iter().filter_map(take).collect())
    }

    /// Replaces the delivery that was read at its revision; `Conflict` when somebody else changed it since.
    pub async fn update_delivery(&self, tenant: &Tenant, delivery: &Delivery) -> Result<(), Failure> {
        let item = print(tenant, &Delivery { revision: delivery.revision + 1, ..delivery.clone() });
        let item = item.map_err(corrupt(WHAT))?;
        let moved = u64::from(delivery.state == DeliveryState::Failed) * 2;
        self.meter().wrote(Purpose::Webhooks, write_units(item_size(&item)) + moved);
        let request = self
            .client()
            .put_item()
            .table_name(self.main())
            .set_item(Some(item))
            .condition_expression(format!("{REVISION} = :rev"))
            .expression_attribute_values(":rev", n(delivery.revision));
        condition(request.send().await)?.map_err(|_| Failure::Conflict { what: WHAT }).map(|_| ())
    }

    /// A page of what the index says of deliveries, newest first: the failed ones, or all others; made at `from` or later and standing
    /// after `before` in the list. At most `limit`; fewer are the last.
    pub async fn delivery_keys(
        &self,
        tenant: &Tenant,
        failed: bool,
        from: Timestamp,
        before: &str,
        limit: u16,
    ) -> Result<Vec<DeliveryKey>, Failure> {
        let (first, last) = keys::delivery_span(from, before);
        let (mut found, mut start) = (Vec::new(), None);
        while found.len() < usize::from(limit) {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .index_name(GSI1)
                .key_condition_expression("GSI1PK = :pk AND GSI1SK BETWEEN :first AND :last")
                .expression_attribute_values(":pk", s(keys::delivery_index(tenant, failed)))
                .expression_attribute_values(":first", s(first.clone()))
                .expression_attribute_values(":last", s(last.clone()))
                .scan_index_forward(false)
                .limit(i32::from(limit) + 1)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Webhooks, meter::eventual_halves(items.iter().map(item_size).sum()));
            for item in &items {
                let key = match item.get(GSI1SK) {
                    Some(AttributeValue::S(key)) => DeliveryKey::parse(key).ok_or(Unreadable::Attribute(GSI1SK)),
                    _ => Err(Unreadable::Attribute(GSI1SK)),
                };
                let key = key.map_err(corrupt(WHAT))?;
                // BETWEEN includes its ends.
                if key.sort_text().as_str() < before && found.len() < usize::from(limit) {
                    found.push(key);
                }
            }
            start = output.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        Ok(found)
    }
}

fn print(tenant: &Tenant, delivery: &Delivery) -> Result<Attributes, Unreadable> {
    let attempt = |attempt: &Attempt| {
        let outcome = match attempt.outcome {
            Outcome::Answered(status) => Ok(status),
            Outcome::Unanswered(error) => Err(error),
        };
        (attempt.at, outcome, attempt.duration_ms)
    };
    let packed = Packed {
        owner: delivery.owner.as_str().to_owned(),
        kind: delivery.kind,
        occurred_at: delivery.occurred_at,
        body: Bytes(delivery.body.clone()),
        created_at: delivery.created_at,
        state: delivery.state,
        next_at: delivery.next_at,
        attempts: delivery.attempts.iter().map(attempt).collect(),
        made: delivery.made,
        run_began: delivery.run_began,
    };
    // What is redelivered late is kept as long as its schedule may run.
    let newest = delivery.attempts.last().map_or(delivery.created_at, |attempt| attempt.at);
    let mut item = item::key(&keys::delivery(tenant, &delivery.id));
    item.insert(TYPE.to_owned(), s(TAG));
    item.insert(PACKED.to_owned(), b(item::packed(&packed)?));
    item.insert(REVISION.to_owned(), n(delivery.revision));
    item.insert(TTL.to_owned(), ttl(newest.saturating_add(KEPT).unwrap_or(Timestamp::MAX)));
    let failed = delivery.state == DeliveryState::Failed;
    item.insert(GSI1PK.to_owned(), s(keys::delivery_index(tenant, failed)));
    item.insert(GSI1SK.to_owned(), s(DeliveryKey::of(delivery).sort_text()));
    Ok(item)
}

fn parse(tenant: &Tenant, item: &Attributes) -> Result<Delivery, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let packed: Packed = reader.packed(PACKED)?;
    let id = keys::delivery_id(tenant, reader.text(PK)?, reader.text(SK)?);
    let attempt = |(at, outcome, duration_ms): (Timestamp, Result<u16, AttemptError>, u32)| {
        let outcome = outcome.map_or_else(Outcome::Unanswered, Outcome::Answered);
        Attempt { at, outcome, duration_ms }
    };
    Ok(Delivery {
        id: id.ok_or(Unreadable::Attribute(PK))?,
        owner: Owner::parse(&packed.owner),
        kind: packed.kind,
        occurred_at: packed.occurred_at,
        body: packed.body.0,
        created_at: packed.created_at,
        state: packed.state,
        next_at: packed.next_at,
        attempts: packed.attempts.into_iter().map(attempt).collect(),
        made: packed.made,
        run_began: packed.run_began,
        revision: reader.number(REVISION)?,
    })
}
