//! Idempotency keys: one item a key. The first request takes it, later ones wait, replay the answer, or are told that their body differs.
//!
//! A request that dies leaves its lock; after 60 seconds the same request may take it over. The end of a lock is also the proof of
//! who holds it: a lock is taken over only after it ended, so no two holders ever have the same.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure;
use domain::access::{IdempotencyState, StoredAnswer, Tenant};
use domain::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Store;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, Key};
use crate::meter::{Purpose, item_size, write_units};
use crate::pack::Bytes;
use crate::sdk::{Attributes, condition};

const TAG: &str = "idempotency.1";
const WHAT: &str = "idempotency record";
const LOCK: SignedDuration = SignedDuration::from_secs(60);
const KEPT: SignedDuration = SignedDuration::from_hours(24);

const FINGERPRINT: &str = "fingerprint";
const LOCKED: &str = "locked_until_ms";
const EXPIRES: &str = "expires_ms";
const ANSWER: &str = "answer";

/// Locks that this process holds: the end of each by key.
#[derive(Default)]
pub(crate) struct Locks(Mutex<HashMap<Key, i64>>);

impl fmt::Debug for Locks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Locks(…)")
    }
}

impl Locks {
    fn hold(&self, key: Key, until: i64) {
        if let Ok(mut held) = self.0.lock() {
            held.insert(key, until);
        }
    }

    fn release(&self, key: &Key) -> Option<i64> {
        self.0.lock().ok()?.remove(key)
    }
}

#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    content_type: String,
    location: Option<String>,
    body: Bytes,
}

impl Store {
    pub(crate) async fn begin_idempotent(
        &self,
        tenant: &Tenant,
        scope: &str,
        idempotency_key: &str,
        fingerprint: &str,
        now: Timestamp,
    ) -> Result<IdempotencyState, Failure> {
        let key = keys::idempotency(tenant, scope, idempotency_key);
        let until = (now + LOCK).as_millisecond();
        let mut item = item::key(&key);
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(FINGERPRINT.to_owned(), s(fingerprint));
        item.insert(LOCKED.to_owned(), n(until));
        item.insert(EXPIRES.to_owned(), n((now + KEPT).as_millisecond()));
        item.insert(TTL.to_owned(), ttl(now + KEPT));
        let units = write_units(item_size(&item));
        let request = self
            .client()
            .put_item()
            .table_name(self.main())
            .set_item(Some(item))
            .condition_expression(format!(
                "attribute_not_exists(PK) OR {EXPIRES} <= :now OR \
                 (attribute_not_exists({ANSWER}) AND {LOCKED} <= :now AND {FINGERPRINT} = :fingerprint)"
            ))
            .expression_attribute_values(":now", n(now.as_millisecond()))
            .expression_attribute_values(":fingerprint", s(fingerprint))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match condition(request.send().await)? {
            Ok(_) => {
                self.meter().wrote(Purpose::Gate, units);
                self.0.locks.hold(key, until);
                Ok(IdempotencyState::Fresh)
            }
            Err(stored) => {
                self.meter().wrote(Purpose::Gate, units.max(write_units(item_size(&stored))));
                state(&stored, fingerprint).map_err(corrupt(WHAT))
            }
        }
    }

    pub(crate) async fn finish_idempotent(
        &self,
        tenant: &Tenant,
        scope: &str,
        idempotency_key: &str,
        answer: Option<&StoredAnswer>,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let key = keys::idempotency(tenant, scope, idempotency_key);
        // A lock that this process does not hold was never taken, or is finished: there is nothing to keep or to free.
        let Some(until) = self.0.locks.release(&key) else { return Ok(()) };
        let mine = format!("{LOCKED} = :mine AND attribute_not_exists({ANSWER})");
        let Some(answer) = answer else {
            let request = self.client().delete_item().table_name(self.main()).set_key(Some(item::key(&key)));
            let request = request.condition_expression(mine).expression_attribute_values(":mine", n(until));
            self.meter().wrote(Purpose::Gate, 1);
            return condition(request.send().await).map(|_| ());
        };
        let packed = Answer {
            status: answer.status,
            content_type: answer.content_type.clone(),
            location: answer.location.clone(),
            body: Bytes(answer.body.clone()),
        };
        let packed = item::packed(&packed).map_err(corrupt(WHAT))?;
        self.meter().wrote(Purpose::Gate, write_units(packed.len() + 300));
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(item::key(&key)))
            .update_expression(format!("SET {ANSWER} = :answer, {EXPIRES} = :expires, #ttl = :ttl"))
            .condition_expression(mine)
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_values(":mine", n(until))
            .expression_attribute_values(":answer", b(packed))
            .expression_attribute_values(":expires", n((now + KEPT).as_millisecond()))
            .expression_attribute_values(":ttl", ttl(now + KEPT));
        // Refused = somebody took over when our lock had ended: theirs is the answer that counts.
        condition(request.send().await).map(|_| ())
    }
}

fn state(item: &Attributes, fingerprint: &str) -> Result<IdempotencyState, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    if reader.text(FINGERPRINT)? != fingerprint {
        return Ok(IdempotencyState::Mismatch);
    }
    if !reader.has(ANSWER) {
        return Ok(IdempotencyState::InProgress);
    }
    let answer: Answer = reader.packed(ANSWER)?;
    Ok(IdempotencyState::Replay(StoredAnswer {
        status: answer.status,
        content_type: answer.content_type,
        location: answer.location,
        body: answer.body.0,
    }))
}
