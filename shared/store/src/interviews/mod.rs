//! Interviews: one item each in the tenant's list, and a partition for what belongs to it: sessions, turns, the expert's link.

mod agents;
mod links;
mod sessions;
mod variables;

use aws_sdk_dynamodb::types::{AttributeValue, DeleteRequest, WriteRequest};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::analysis::InterviewAnalysis;
use domain::interviews::plan::Plan;
use domain::interviews::{Interview, InterviewId, InterviewStatus};

use crate::conversations::LeftOver;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, SERVICE, condition, failure};
use crate::{Store, pause};

pub use agents::AgentList;
pub use sessions::SessionChange;

const TAG: &str = "interview.1";
const WHAT: &str = "interview";

const STATUS: &str = "st";
const CREATED: &str = "created_at";
const UPDATED: &str = "updated_at";
const ACTIVITY: &str = "active_at";
const COMPLETED: &str = "completed_at";
const SUCCESS: &str = "success";
const PLAN: &str = "p";
const ANALYSIS: &str = "z";
const REV: &str = "rev";

/// Items of one `BatchWriteItem`.
const BATCH_WRITE: usize = 25;

impl Store {
    /// Stores a new interview; `Conflict` when there is one of that id.
    pub async fn create_interview(&self, tenant: &Tenant, interview: &Interview) -> Result<(), Failure> {
        let mut item = print(interview).map_err(corrupt(WHAT))?;
        item.extend(item::key(&keys::interview(tenant, interview.id)));
        self.meter().wrote(Purpose::Interviews, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.condition_expression("attribute_not_exists(PK)");
        condition(request.send().await)?.map(|_| ()).map_err(|_| Failure::Conflict { what: WHAT })
    }

    /// The interview of that id, read consistently.
    pub async fn interview(&self, tenant: &Tenant, id: InterviewId) -> Result<Option<Interview>, Failure> {
        let item = self.item(keys::interview(tenant, id), Purpose::Interviews).await?;
        item.map(|item| parse(&item).map_err(corrupt(WHAT))).transpose()
    }

    /// Every interview of the tenant, oldest first.
    pub async fn interviews(&self, tenant: &Tenant) -> Result<Vec<Interview>, Failure> {
        let items = self.partition_items(keys::interviews(tenant), None, Purpose::Interviews).await?;
        items.iter().map(|item| parse(item).map_err(corrupt(WHAT))).collect()
    }

    /// Replaces the plan read at `revision`; `Conflict` when it was changed since, or is no longer open to changes.
    pub async fn replace_interview(
        &self,
        tenant: &Tenant,
        interview: &Interview,
        revision: u64,
    ) -> Result<(), Failure> {
        let plan = item::packed(&interview.plan).map_err(corrupt(WHAT))?;
        self.meter().wrote(Purpose::Interviews, write_units(plan.len() + 500));
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::interview(tenant, interview.id))))
            .update_expression(format!("SET {PLAN} = :plan, {STATUS} = :status, {UPDATED} = :now, {REV} = :next"))
            .condition_expression(format!("{REV} = :rev AND {STATUS} IN (:one, :two)"))
            .expression_attribute_values(":plan", b(plan))
            .expression_attribute_values(":status", s(interview.status.as_str()))
            .expression_attribute_values(":now", s(interview.updated_at.to_string()))
            .expression_attribute_values(":next", n(revision + 1))
            .expression_attribute_values(":rev", n(revision))
            .expression_attribute_values(":one", s(InterviewStatus::NotScheduled.as_str()))
            .expression_attribute_values(":two", s(InterviewStatus::Scheduled.as_str()));
        condition(request.send().await)?.map(|_| ()).map_err(|_| Failure::Conflict { what: WHAT })
    }

    /// Records what was made of an interview; `false` when the interview is gone. Recording it again replaces it.
    pub async fn put_interview_analysis(
        &self,
        tenant: &Tenant,
        id: InterviewId,
        analysis: &InterviewAnalysis,
    ) -> Result<bool, Failure> {
        let packed = item::packed(analysis).map_err(corrupt(WHAT))?;
        self.meter().wrote(Purpose::Interviews, write_units(packed.len() + 1_000));
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::interview(tenant, id))))
            .update_expression(format!("SET {ANALYSIS} = :analysis"))
            .condition_expression("attribute_exists(PK)")
            .expression_attribute_values(":analysis", b(packed));
        Ok(condition(request.send().await)?.is_ok())
    }

    /// Deletes an interview with its sessions, turns and link; whether it was there. The interview goes last, so that a request that
    /// was cut short can be repeated.
    pub async fn delete_interview(&self, tenant: &Tenant, id: InterviewId) -> Result<bool, Failure> {
        self.close_expert_link(tenant, id).await?;
        self.delete_partition(keys::interview_parts(tenant, id)).await?;
        self.meter().wrote(Purpose::Interviews, 1);
        let request = self.client().delete_item().table_name(self.main());
        let request = request.set_key(Some(item::key(&keys::interview(tenant, id))));
        let existed = condition(request.condition_expression("attribute_exists(PK)").send().await)?.is_ok();
        // What was written while we deleted.
        self.delete_partition(keys::interview_parts(tenant, id)).await?;
        Ok(existed)
    }

    async fn delete_partition(&self, partition: String) -> Result<(), Failure> {
        let items = self.partition_items(partition, None, Purpose::Interviews).await?;
        for chunk in items.chunks(BATCH_WRITE) {
            let mut requests = Vec::with_capacity(chunk.len());
            for item in chunk {
                let key = item.iter().filter(|(name, _)| *name == PK || *name == SK);
                let key: Attributes = key.map(|(name, value)| (name.clone(), value.clone())).collect();
                let delete = DeleteRequest::builder().set_key(Some(key)).build();
                let delete = delete.map_err(crate::api_keys::unexpected)?;
                requests.push(WriteRequest::builder().delete_request(delete).build());
            }
            let units = chunk.iter().map(|item| write_units(item_size(item))).sum();
            self.meter().wrote(Purpose::Interviews, units);
            self.write_all(requests).await?;
        }
        Ok(())
    }

    async fn write_all(&self, mut requests: Vec<WriteRequest>) -> Result<(), Failure> {
        for attempt in 0..9 {
            let request = self.client().batch_write_item().request_items(self.main(), std::mem::take(&mut requests));
            let left = request.send().await.map_err(failure)?.unprocessed_items;
            requests = left.and_then(|mut tables| tables.remove(self.main())).unwrap_or_default();
            if requests.is_empty() {
                return Ok(());
            }
            pause(attempt).await;
        }
        Err(Failure::Unavailable { service: SERVICE, source: Box::new(LeftOver) })
    }

    /// An item of the main table, read consistently.
    async fn item(&self, key: keys::Key, purpose: Purpose) -> Result<Option<Attributes>, Failure> {
        let request = self.client().get_item().table_name(self.main()).set_key(Some(item::key(&key)));
        let item = request.consistent_read(true).send().await.map_err(failure)?.item;
        self.meter().read(purpose, meter::consistent_halves(item.as_ref().map_or(0, item_size)));
        Ok(item)
    }

    /// The items of a partition whose sort keys begin so, read consistently, through all pages.
    async fn partition_items(
        &self,
        partition: String,
        prefix: Option<&str>,
        purpose: Purpose,
    ) -> Result<Vec<Attributes>, Failure> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let mut request = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk")
                .expression_attribute_values(":pk", s(partition.clone()))
                .consistent_read(true)
                .set_exclusive_start_key(from);
            if let Some(prefix) = prefix {
                request = request
                    .key_condition_expression("PK = :pk AND begins_with(SK, :prefix)")
                    .expression_attribute_values(":prefix", s(prefix));
            }
            let output = request.send().await.map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(purpose, meter::consistent_halves(items.iter().map(item_size).sum()));
            found.extend(items);
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }
}

/// The id in a sort key.
fn id_of<T>(item: &Attributes, parse: impl FnOnce(&str) -> Option<T>) -> Result<T, Unreadable> {
    match item.get(SK) {
        Some(AttributeValue::S(sk)) => parse(sk).ok_or(Unreadable::Attribute(SK)),
        _ => Err(Unreadable::Attribute(SK)),
    }
}

fn print(interview: &Interview) -> Result<Attributes, Unreadable> {
    let mut item: Attributes = [
        (TYPE, s(TAG)),
        (STATUS, s(interview.status.as_str())),
        (CREATED, s(interview.created_at.to_string())),
        (UPDATED, s(interview.updated_at.to_string())),
        (PLAN, b(item::packed(&interview.plan)?)),
        (REV, n(interview.revision)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for (name, at) in [(ACTIVITY, interview.last_activity_at), (COMPLETED, interview.completed_at)] {
        if let Some(at) = at {
            item.insert(name.to_owned(), s(at.to_string()));
        }
    }
    if let Some(success) = interview.success {
        item.insert(SUCCESS.to_owned(), AttributeValue::Bool(success));
    }
    Ok(item)
}

fn parse(item: &Attributes) -> Result<Interview, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let plan: Plan = reader.packed(PLAN)?;
    let analysis = reader.has(ANALYSIS).then(|| reader.packed(ANALYSIS)).transpose()?;
    Ok(Interview {
        id: id_of(item, InterviewId::parse)?,
        plan,
        status: InterviewStatus::parse(reader.text(STATUS)?).ok_or(Unreadable::Attribute(STATUS))?,
        created_at: reader.time(CREATED)?,
        updated_at: reader.time(UPDATED)?,
        last_activity_at: reader.time_opt(ACTIVITY)?,
        completed_at: reader.time_opt(COMPLETED)?,
        success: match item.get(SUCCESS) {
            None => None,
            Some(AttributeValue::Bool(success)) => Some(*success),
            Some(_) => return Err(Unreadable::Attribute(SUCCESS)),
        },
        analysis,
        revision: reader.number(REV)?,
    })
}
