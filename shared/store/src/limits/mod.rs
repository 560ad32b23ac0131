//! Rate limits: one item per tenant and class, changed by compare-and-set.
//!
//! A process remembers the state it saw last, so the usual request is one call, and a request that is known to be over the limit is
//! refused without any: what is stored only ever grows, so an old state never refuses what the true one would allow — unless the
//! limit was raised meanwhile, which such a process notices once the time it waits for has come.

mod gcra;
mod window;

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::access::{RateClass, RateDecision, Tenant};
use domain::failure::Failure;
use jiff::Timestamp;
use tokio::sync::Mutex;

use crate::item::{self, Reader, TYPE, Unreadable, corrupt, n, s};
use crate::keys;
use crate::meter::{Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition};
use crate::{Store, pause};
use gcra::{Bucket, Step};
use window::Ring;

const TAG: &str = "limiter.1";
const WHAT: &str = "rate limit";
/// Attempts against other writers before giving up; each attempt sees the state that beat the one before.
const ATTEMPTS: u32 = 200;

/// Requests that may be pushed in any 60 seconds, unless set otherwise for the tenant.
pub const INGEST_LIMIT: u32 = 20;
/// Other requests a minute, unless set otherwise for the tenant.
pub const READ_LIMIT: u32 = 600;
/// Other requests at once, unless set otherwise for the tenant.
pub const READ_BURST: u32 = 100;
/// Largest limit that can be set for pushing: its times must fit into a small item.
pub const MAX_INGEST_LIMIT: u32 = 600;

const CHANGES: &str = "n";
const TIMES: &str = "times";
const LIMIT: &str = "limit_override";
const BURST: &str = "burst_override";
const ARRIVAL: &str = "arrival";

/// The states that this process saw last. The inner lock is held over the call, so that callers in one process do not race.
#[derive(Debug, Default)]
pub(crate) struct Known {
    rings: std::sync::Mutex<HashMap<String, Arc<Mutex<Ring>>>>,
    buckets: std::sync::Mutex<HashMap<String, Arc<std::sync::Mutex<Bucket>>>>,
}

impl Known {
    fn ring(&self, tenant: &Tenant) -> Arc<Mutex<Ring>> {
        let make = || Arc::new(Mutex::new(Ring::new(INGEST_LIMIT)));
        self.rings
            .lock()
            .map_or_else(|_| make(), |mut all| all.entry(tenant.as_str().to_owned()).or_insert_with(make).clone())
    }

    fn bucket(&self, tenant: &Tenant) -> Arc<std::sync::Mutex<Bucket>> {
        let fresh = Bucket { revision: 0, limit: READ_LIMIT, burst: READ_BURST, arrival: None };
        let make = || Arc::new(std::sync::Mutex::new(fresh));
        self.buckets
            .lock()
            .map_or_else(|_| make(), |mut all| all.entry(tenant.as_str().to_owned()).or_insert_with(make).clone())
    }
}

impl Store {
    /// Counts a pushing request: never more than the limit in any 60 seconds.
    pub(crate) async fn take_ingest(&self, tenant: &Tenant, now: Timestamp) -> Result<RateDecision, Failure> {
        let known = self.0.limits.ring(tenant);
        let mut ring = known.lock().await;
        for attempt in 0..ATTEMPTS {
            let (decision, next) = ring.decide(now.as_millisecond());
            let Some(next) = next else { return Ok(decision) };
            match self.swap_ring(tenant, &ring, &next).await? {
                Ok(stored) => {
                    *ring = stored;
                    return Ok(decision);
                }
                Err(stored) => *ring = stored,
            }
            if attempt >= 3 {
                pause(attempt.min(2)).await;
            }
        }
        Err(Failure::Conflict { what: WHAT })
    }

    /// Stores `next` if `before` is still what is stored; the state that is stored now, inside `Err` if it was another.
    async fn swap_ring(&self, tenant: &Tenant, before: &Ring, next: &Ring) -> Result<Result<Ring, Ring>, Failure> {
        let unseen = before.changes == 0;
        let times = next.times.iter().map(n).collect();
        let mut request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::limiter(tenant, RateClass::Ingest))))
            .update_expression(format!("SET {TYPE} = :tag, {TIMES} = :times, {CHANGES} = :next"))
            .condition_expression(if unseen { "attribute_not_exists(PK)" } else { "n = :before" })
            .expression_attribute_values(":tag", s(TAG))
            .expression_attribute_values(":times", AttributeValue::L(times))
            .expression_attribute_values(":next", n(next.changes))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        if !unseen {
            request = request.expression_attribute_values(":before", n(before.changes));
        }
        let result = condition(request.send().await)?;
        let item = match &result {
            Ok(output) => output.attributes().cloned().unwrap_or_default(),
            Err(stored) => stored.clone(),
        };
        self.meter().wrote(Purpose::Gate, write_units(item_size(&item)));
        // Gone between two attempts: whoever deleted it set the limit back.
        let stored =
            if item.is_empty() { Ring::new(INGEST_LIMIT) } else { parse_ring(&item).map_err(corrupt(WHAT))? };
        Ok(if result.is_ok() { Ok(stored) } else { Err(stored) })
    }

    /// Counts any other request.
    pub(crate) async fn take_read(&self, tenant: &Tenant, now: Timestamp) -> Result<RateDecision, Failure> {
        let known = self.0.limits.bucket(tenant);
        let now = now.as_microsecond();
        let fresh = Bucket { revision: 0, limit: READ_LIMIT, burst: READ_BURST, arrival: None };
        let mut bucket = known.lock().map_or(fresh, |bucket| *bucket);
        for attempt in 0..ATTEMPTS {
            let step = match bucket.step(now) {
                Ok(step) => step,
                Err(refused) => return Ok(refused),
            };
            let (taken, stored) = self.step_bucket(tenant, &bucket, step, now).await?;
            bucket = stored;
            if let Ok(mut known) = known.lock() {
                // Another call of this process may have seen a later state; a deleted item or set limits begin anew.
                let newer =
                    stored.revision != known.revision || stored.arrival > known.arrival || stored.arrival.is_none();
                if newer {
                    *known = stored;
                }
            }
            if taken {
                return Ok(bucket.taken(bucket.arrival.unwrap_or(now), now));
            }
            if attempt >= 3 {
                pause(attempt.min(2)).await;
            }
        }
        Err(Failure::Conflict { what: WHAT })
    }

    /// Tries one step; whether it was taken, and the state that is stored now.
    async fn step_bucket(
        &self,
        tenant: &Tenant,
        bucket: &Bucket,
        step: Step,
        now: i64,
    ) -> Result<(bool, Bucket), Failure> {
        let same_limits = if bucket.revision == 0 { "attribute_not_exists(n)" } else { "n = :limits" };
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::limiter(tenant, RateClass::Read))))
            .expression_attribute_values(":tag", s(TAG))
            .expression_attribute_values(":now", n(now))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let mut request = match step {
            Step::Add { interval, most } => request
                .update_expression(format!("SET {TYPE} = :tag, {ARRIVAL} = {ARRIVAL} + :interval"))
                .condition_expression(format!("{ARRIVAL} BETWEEN :now AND :most AND {same_limits}"))
                .expression_attribute_values(":interval", n(interval))
                .expression_attribute_values(":most", n(most)),
            Step::Restart { arrival } => request
                .update_expression(format!("SET {TYPE} = :tag, {ARRIVAL} = :arrival"))
                .condition_expression(format!(
                    "(attribute_not_exists({ARRIVAL}) OR {ARRIVAL} < :now) AND {same_limits}"
                ))
                .expression_attribute_values(":arrival", n(arrival)),
        };
        if bucket.revision > 0 {
            request = request.expression_attribute_values(":limits", n(bucket.revision));
        }
        let result = condition(request.send().await)?;
        let taken = result.is_ok();
        let item = match result {
            Ok(output) => output.attributes.unwrap_or_default(),
            Err(stored) => stored,
        };
        self.meter().wrote(Purpose::Gate, write_units(item_size(&item)));
        Ok((taken, parse_bucket(&item).map_err(corrupt(WHAT))?))
    }

    /// Sets a tenant's limits for one class; `burst` counts for reading only. Processes notice at their next request.
    pub async fn set_limits(&self, tenant: &Tenant, class: RateClass, limit: u32, burst: u32) -> Result<(), Failure> {
        let limit = match class {
            RateClass::Ingest => limit.clamp(1, MAX_INGEST_LIMIT),
            RateClass::Read => limit.max(1),
        };
        let output = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::limiter(tenant, class))))
            .update_expression(format!(
                "SET {TYPE} = :tag, {LIMIT} = :limit, {BURST} = :burst, {CHANGES} = if_not_exists({CHANGES}, :zero) + :one"
            ))
            .expression_attribute_values(":tag", s(TAG))
            .expression_attribute_values(":limit", n(limit))
            .expression_attribute_values(":burst", n(burst.max(1)))
            .expression_attribute_values(":zero", n(0))
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::AllNew)
            .send()
            .await
            .map_err(crate::sdk::failure)?;
        self.meter().wrote(Purpose::Gate, write_units(output.attributes().map_or(0, item_size)));
        Ok(())
    }
}

fn parse_ring(item: &Attributes) -> Result<Ring, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let times = match item.get(TIMES) {
        Some(AttributeValue::L(list)) => list
            .iter()
            .map(|time| time.as_n().ok().and_then(|time| time.parse().ok()).ok_or(Unreadable::Attribute(TIMES)))
            .collect::<Result<_, _>>()?,
        None => Vec::new(),
        Some(_) => return Err(Unreadable::Attribute(TIMES)),
    };
    Ok(Ring { changes: reader.number(CHANGES)?, limit: reader.number_opt(LIMIT)?.unwrap_or(INGEST_LIMIT), times })
}

fn parse_bucket(item: &Attributes) -> Result<Bucket, Unreadable> {
    if item.is_empty() {
        return Ok(Bucket { revision: 0, limit: READ_LIMIT, burst: READ_BURST, arrival: None });
    }
    let reader = Reader::new(item, TAG)?;
    Ok(Bucket {
        revision: reader.number_opt(CHANGES)?.unwrap_or(0),
        limit: reader.number_opt(LIMIT)?.unwrap_or(READ_LIMIT),
        burst: reader.number_opt(BURST)?.unwrap_or(READ_BURST),
        arrival: reader.number_opt(ARRIVAL)?,
    })
}
