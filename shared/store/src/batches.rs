//! Batches: what became of the conversations of one accepted request. Kept for 90 days.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::batch::{Batch, ConversationOutcome, Outcome};
use domain::failure::Failure;
use domain::ids::BatchId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys;
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "batch.1";
const WHAT: &str = "batch";
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

const ACCEPTED: &str = "accepted";
const RECEIVED: &str = "received_at";
const FINISHED: &str = "finished_at";
const OUTCOMES: &str = "outcomes";
const DEAD: &str = "dead_lettered";

#[derive(Serialize, Deserialize)]
struct PackedOutcome {
    id: String,
    outcome: Outcome,
    reason: Option<String>,
}

impl Store {
    /// Records an accepted batch. Recording it again changes nothing.
    pub async fn create_batch(
        &self,
        tenant: &Tenant,
        id: BatchId,
        accepted: u32,
        received_at: Timestamp,
    ) -> Result<(), Failure> {
        let mut item = item::key(&keys::batch(tenant, id));
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(ACCEPTED.to_owned(), n(accepted));
        item.insert(RECEIVED.to_owned(), s(received_at.to_string()));
        item.insert(TTL.to_owned(), ttl(received_at + KEPT));
        self.meter().wrote(Purpose::Batches, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.condition_expression("attribute_not_exists(PK)");
        condition(request.send().await).map(|_| ())
    }

    /// Forgets a batch that could not be queued, so that its id is never shown as waiting.
    pub async fn forget_batch(&self, tenant: &Tenant, id: BatchId) -> Result<(), Failure> {
        self.client()
            .delete_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::batch(tenant, id))))
            .send()
            .await
            .map_err(failure)?;
        self.meter().wrote(Purpose::Batches, 1);
        Ok(())
    }

    /// Records the outcomes, in the order of the request. The first finish counts: a redelivery changes nothing.
    pub async fn finish_batch(
        &self,
        tenant: &Tenant,
        id: BatchId,
        outcomes: &[ConversationOutcome],
        now: Timestamp,
    ) -> Result<(), Failure> {
        let packed: Vec<PackedOutcome> = outcomes
            .iter()
            .map(|outcome| PackedOutcome {
                id: outcome.id.clone(),
                outcome: outcome.outcome,
                reason: outcome.reason.clone(),
            })
            .collect();
        let packed = item::packed(&packed).map_err(corrupt(WHAT))?;
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::batch(tenant, id))))
            .update_expression(format!(
                "SET {TYPE} = :tag, {FINISHED} = :now, {OUTCOMES} = :outcomes, {ACCEPTED} = if_not_exists({ACCEPTED}, :count), \
                 {RECEIVED} = if_not_exists({RECEIVED}, :now), #ttl = if_not_exists(#ttl, :ttl) REMOVE {DEAD}"
            ))
            .condition_expression(format!("attribute_not_exists({FINISHED})"))
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":tag", s(TAG))
            .expression_attribute_values(":now", s(now.to_string()))
            .expression_attribute_values(":outcomes", b(packed))
            .expression_attribute_values(":count", n(outcomes.len()))
            .expression_attribute_values(":ttl", ttl(now + KEPT))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let item = match condition(request.send().await)? {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(stored) => stored,
        };
        self.meter().wrote(Purpose::Batches, write_units(item_size(&item)));
        Ok(())
    }

    /// Records that the analysis gave up, unless the batch is finished.
    pub async fn dead_letter_batch(&self, tenant: &Tenant, id: BatchId) -> Result<(), Failure> {
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::batch(tenant, id))))
            .update_expression(format!("SET {DEAD} = :yes"))
            .condition_expression(format!("attribute_exists(PK) AND attribute_not_exists({FINISHED})"))
            .expression_attribute_values(":yes", AttributeValue::Bool(true));
        self.meter().wrote(Purpose::Batches, 1);
        condition(request.send().await).map(|_| ())
    }

    /// The batch of that id, read consistently.
    pub async fn batch(&self, tenant: &Tenant, id: BatchId) -> Result<Option<Batch>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::batch(tenant, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Batches, meter::consistent_halves(size));
        output.item().map(|item| parse(id, item).map_err(corrupt(WHAT))).transpose()
    }
}

fn parse(id: BatchId, item: &Attributes) -> Result<Batch, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let outcomes: Vec<PackedOutcome> = if reader.has(OUTCOMES) { reader.packed(OUTCOMES)? } else { Vec::new() };
    Ok(Batch {
        id,
        accepted: reader.number(ACCEPTED)?,
        received_at: reader.time(RECEIVED)?,
        finished_at: reader.time_opt(FINISHED)?,
        outcomes: outcomes
            .into_iter()
            .map(|PackedOutcome { id, outcome, reason }| ConversationOutcome { id, outcome, reason })
            .collect(),
        dead_lettered: reader.has(DEAD),
    })
}
