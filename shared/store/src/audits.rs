//! Audits: one small item each from request to result, and beside it what was asked. Deleted ones leave a tombstone, so that neither
//! a worker nor the schedule brings them back.

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use domain::access::Tenant;
use domain::audits::{Audit, AuditRequest, AuditResult, AuditState, FailureReason, Origin, TOMBSTONE};
use domain::failure::Failure;
use domain::ids::AuditId;
use domain::time_range::TimeRange;
use jiff::Timestamp;

use crate::Store;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, b, corrupt, n, s, ttl};
use crate::keys::{self, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "audit.1";
const REQUEST_TAG: &str = "audit_request.1";
const WHAT: &str = "audit";

const STATE: &str = "st";
const FAILURE: &str = "why";
const ORIGIN: &str = "origin";
const RUBRIC: &str = "rubric";
const RUBRIC_VERSION: &str = "rubric_v";
const FROM: &str = "period_from";
const TO: &str = "period_to";
const CREATED: &str = "created_at";
const FINISHED: &str = "finished_at";
const MATCHED: &str = "matched";
const SELECTED: &str = "selected";
const DONE: &str = "done";
/// zstd JSON.
const RESULT: &str = "result";
/// Conversations that were erased after the audit was asked for.
const ERASED: &str = "erased";
/// Rises whenever the result is replaced.
const REVISION: &str = "rev";
/// On a tombstone: when it was deleted.
const DELETED: &str = "x";
const REQUEST: &str = "p";

/// An audit with what only its writers need.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredAudit {
    /// The audit.
    pub audit: Audit,
    /// Conversations that were erased since: to be left out of the documents.
    pub erased: Vec<String>,
    /// To be given to [`Store::put_audit_result`].
    pub revision: u64,
}

/// What became of a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteResult {
    /// It is stored.
    Written,
    /// Something changed since the audit was read: read it again.
    Changed,
}

impl Store {
    /// Records an audit and what was asked; `false` when there is, or was, one of that id already.
    pub async fn create_audit(&self, tenant: &Tenant, audit: &Audit, request: &AuditRequest) -> Result<bool, Failure> {
        // The request first: an audit that can be seen can be worked on.
        let json = serde_json::to_vec(request).map_err(Unreadable::Json).map_err(corrupt(WHAT))?;
        let mut asked = item::key(&keys::audit_request(tenant, audit.id));
        asked.insert(TYPE.to_owned(), s(REQUEST_TAG));
        asked.insert(REQUEST.to_owned(), b(item::compress(&json).map_err(corrupt(WHAT))?));
        self.meter().wrote(Purpose::Audits, write_units(item_size(&asked)));
        let put = self.client().put_item().table_name(self.main()).set_item(Some(asked));
        let first = put.condition_expression("attribute_not_exists(PK)").send().await;
        // One that is there already says the same: an audit's id is made with its request.
        let _stood = condition(first)?;

        let mut item = item::key(&keys::audit(tenant, audit.id));
        let mut set = |name: &str, value: Option<AttributeValue>| {
            if let Some(value) = value {
                item.insert(name.to_owned(), value);
            }
        };
        set(TYPE, Some(s(TAG)));
        set(STATE, Some(s(audit.state.as_str())));
        set(ORIGIN, Some(s(audit.origin.as_str())));
        set(RUBRIC, Some(s(audit.rubric.clone())));
        set(RUBRIC_VERSION, Some(n(audit.rubric_version)));
        set(FROM, audit.period.from.map(|at| s(at.to_string())));
        set(TO, audit.period.to.map(|at| s(at.to_string())));
        set(CREATED, Some(s(audit.created_at.to_string())));
        for name in [MATCHED, SELECTED, DONE, REVISION] {
            set(name, Some(n(0)));
        }
        self.meter().wrote(Purpose::Audits, write_units(item_size(&item)));
        let put = self.client().put_item().table_name(self.main()).set_item(Some(item));
        Ok(condition(put.condition_expression("attribute_not_exists(PK)").send().await)?.is_ok())
    }

    /// The audit of that id, read consistently; `None` when it was deleted.
    pub async fn audit(&self, tenant: &Tenant, id: AuditId) -> Result<Option<StoredAudit>, Failure> {
        let item = self.get_audit_item(&keys::audit(tenant, id)).await?;
        let stored = item.map(|item| parse(&item).map_err(corrupt(WHAT))).transpose()?;
        Ok(stored.flatten())
    }

    /// Whether there is no audit of that id and never was one that is remembered as deleted.
    pub async fn is_new_audit(&self, tenant: &Tenant, id: AuditId) -> Result<bool, Failure> {
        Ok(self.get_audit_item(&keys::audit(tenant, id)).await?.is_none())
    }

    /// What was asked of an audit.
    pub async fn audit_request(&self, tenant: &Tenant, id: AuditId) -> Result<Option<AuditRequest>, Failure> {
        let item = self.get_audit_item(&keys::audit_request(tenant, id)).await?;
        let parse = |item: &Attributes| -> Result<AuditRequest, Unreadable> {
            let json = item::decompress(Reader::new(item, REQUEST_TAG)?.bytes(REQUEST)?)?;
            serde_json::from_slice(&json).map_err(Unreadable::Json)
        };
        item.map(|item| parse(&item).map_err(corrupt(WHAT))).transpose()
    }

    async fn get_audit_item(&self, key: &keys::Key) -> Result<Option<Attributes>, Failure> {
        let request = self.client().get_item().table_name(self.main()).set_key(Some(item::key(key)));
        let output = request.consistent_read(true).send().await.map_err(failure)?;
        self.meter().read(Purpose::Audits, meter::consistent_halves(output.item().map_or(0, item_size)));
        Ok(output.item)
    }

    /// The tenant's audits, newest first; deleted ones are left out.
    pub async fn audits(&self, tenant: &Tenant) -> Result<Vec<Audit>, Failure> {
        let (mut found, mut from) = (Vec::new(), None);
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk")
                .expression_attribute_values(":pk", s(keys::audits(tenant)))
                .scan_index_forward(false)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Audits, meter::eventual_halves(items.iter().map(item_size).sum()));
            for item in &items {
                found.extend(parse(item).map_err(corrupt(WHAT))?.map(|stored| stored.audit));
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(found);
            }
        }
    }

    /// Says how many conversations an audit has to do with; `None` when it is no longer to be done.
    pub async fn start_audit(
        &self,
        tenant: &Tenant,
        id: AuditId,
        matched: u32,
        selected: u32,
    ) -> Result<Option<StoredAudit>, Failure> {
        let values = [
            (":running", s(AuditState::Running.as_str())),
            (":queued", s(AuditState::Queued.as_str())),
            (":matched", n(matched)),
            (":selected", n(selected)),
        ];
        let expression = format!("SET {STATE} = :running, {MATCHED} = :matched, {SELECTED} = :selected");
        self.update_audit(tenant, id, &expression, &format!("{STATE} IN (:queued, :running)"), values).await
    }

    /// Says how far an audit has come; `None` when it has come further, or is no longer to be done.
    pub async fn advance_audit(&self, tenant: &Tenant, id: AuditId, done: u32) -> Result<Option<StoredAudit>, Failure> {
        let values = [(":running", s(AuditState::Running.as_str())), (":done", n(done))];
        let condition = format!("{STATE} = :running AND {DONE} < :done");
        self.update_audit(tenant, id, &format!("SET {DONE} = :done"), &condition, values).await
    }

    /// Records that an audit could not be done, unless it has ended.
    pub async fn fail_audit(
        &self,
        tenant: &Tenant,
        id: AuditId,
        reason: FailureReason,
        now: Timestamp,
    ) -> Result<(), Failure> {
        let values = [
            (":failed", s(AuditState::Failed.as_str())),
            (":queued", s(AuditState::Queued.as_str())),
            (":running", s(AuditState::Running.as_str())),
            (":why", s(reason.as_str())),
            (":now", s(now.to_string())),
        ];
        let expression = format!("SET {STATE} = :failed, {FAILURE} = :why, {FINISHED} = :now");
        self.update_audit(tenant, id, &expression, &format!("{STATE} IN (:queued, :running)"), values).await?;
        Ok(())
    }

    /// Remembers that a conversation was erased; the audit as it is then, or `None` when it failed or was deleted. Whoever writes its
    /// documents leaves out all that is remembered; the revision rises, so that who is just writing them hears of it.
    pub async fn note_erased(
        &self,
        tenant: &Tenant,
        id: AuditId,
        conversation_id: &str,
    ) -> Result<Option<StoredAudit>, Failure> {
        let values = [
            (":failed", s(AuditState::Failed.as_str())),
            (":one", AttributeValue::Ss(vec![conversation_id.to_owned()])),
            (":next", n(1)),
        ];
        let expression = format!("ADD {ERASED} :one, {REVISION} :next");
        self.update_audit(tenant, id, &expression, &format!("{STATE} <> :failed"), values).await
    }

    /// Stores the result of an audit that was read at `revision`, which completes it, or replaces the result after an erasure.
    pub async fn put_audit_result(
        &self,
        tenant: &Tenant,
        id: AuditId,
        result: &AuditResult,
        finished_at: Timestamp,
        revision: u64,
    ) -> Result<WriteResult, Failure> {
        let json = serde_json::to_vec(result).map_err(Unreadable::Json).map_err(corrupt(WHAT))?;
        let values = [
            (":completed", s(AuditState::Completed.as_str())),
            (":running", s(AuditState::Running.as_str())),
            (":result", b(item::compress(&json).map_err(corrupt(WHAT))?)),
            (":now", s(finished_at.to_string())),
            (":rev", n(revision)),
            (":next", n(revision + 1)),
        ];
        let expression = format!(
            "SET {STATE} = :completed, #result = :result, {FINISHED} = if_not_exists({FINISHED}, :now), {REVISION} = :next"
        );
        let condition = format!("{STATE} IN (:running, :completed) AND {REVISION} = :rev");
        let written = self.update_audit(tenant, id, &expression, &condition, values).await?;
        Ok(if written.is_some() { WriteResult::Written } else { WriteResult::Changed })
    }

    /// Deletes an audit; the audit as it was, or `None` when there is none. Its objects are the caller's to delete.
    pub async fn delete_audit(&self, tenant: &Tenant, id: AuditId, now: Timestamp) -> Result<Option<Audit>, Failure> {
        let Some(stored) = self.audit(tenant, id).await? else { return Ok(None) };
        let key = item::key(&keys::audit(tenant, id));
        let names = [FAILURE, RUBRIC, FROM, TO, FINISHED, MATCHED, SELECTED, DONE, ERASED].join(", ");
        let request = self
            .client()
            .update_item()
            .table_name(self.main())
            .set_key(Some(key))
            .update_expression(format!("SET {DELETED} = :now, #ttl = :ttl REMOVE {names}, #result"))
            .condition_expression(format!("attribute_exists(PK) AND attribute_not_exists({DELETED})"))
            .expression_attribute_names("#ttl", TTL)
            .expression_attribute_names("#result", RESULT)
            .expression_attribute_values(":now", s(now.to_string()))
            .expression_attribute_values(":ttl", ttl(now.saturating_add(TOMBSTONE).unwrap_or(now)));
        self.meter().wrote(Purpose::Audits, 1);
        let deleted = condition(request.send().await)?.is_ok();
        let asked = item::key(&keys::audit_request(tenant, id));
        self.meter().wrote(Purpose::Audits, 1);
        self.client().delete_item().table_name(self.main()).set_key(Some(asked)).send().await.map_err(failure)?;
        Ok(deleted.then_some(stored.audit))
    }

    async fn update_audit(
        &self,
        tenant: &Tenant,
        id: AuditId,
        expression: &str,
        allowed: &str,
        values: impl IntoIterator<Item = (&'static str, AttributeValue)>,
    ) -> Result<Option<StoredAudit>, Failure> {
        let values: Attributes = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut request = self.client().update_item();
        if expression.contains("#result") {
            request = request.expression_attribute_names("#result", RESULT);
        }
        let request = request
            .table_name(self.main())
            .set_key(Some(item::key(&keys::audit(tenant, id))))
            .update_expression(expression)
            .condition_expression(format!("attribute_exists(PK) AND attribute_not_exists({DELETED}) AND {allowed}"))
            .set_expression_attribute_values(Some(values))
            .return_values(ReturnValue::AllNew);
        match condition(request.send().await)? {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                self.meter().wrote(Purpose::Audits, write_units(item_size(&item)));
                parse(&item).map_err(corrupt(WHAT))
            }
            Err(_) => {
                self.meter().wrote(Purpose::Audits, 1);
                Ok(None)
            }
        }
    }
}

/// The audit; `None` for a tombstone.
fn parse(item: &Attributes) -> Result<Option<StoredAudit>, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    if reader.has(DELETED) {
        return Ok(None);
    }
    let result = match reader.bytes_opt(RESULT)? {
        Some(bytes) => Some(serde_json::from_slice(&item::decompress(bytes)?).map_err(Unreadable::Json)?),
        None => None,
    };
    let audit = Audit {
        id: AuditId::parse(reader.text(SK)?).ok_or(Unreadable::Attribute(SK))?,
        state: AuditState::parse(reader.text(STATE)?).ok_or(Unreadable::Attribute(STATE))?,
        failure: reader.text_opt(FAILURE)?.and_then(FailureReason::parse),
        origin: Origin::parse(reader.text(ORIGIN)?).ok_or(Unreadable::Attribute(ORIGIN))?,
        rubric: reader.text(RUBRIC)?.to_owned(),
        rubric_version: reader.number(RUBRIC_VERSION)?,
        period: TimeRange { from: reader.time_opt(FROM)?, to: reader.time_opt(TO)? },
        created_at: reader.time(CREATED)?,
        finished_at: reader.time_opt(FINISHED)?,
        matched: reader.number(MATCHED)?,
        selected: reader.number(SELECTED)?,
        done: reader.number(DONE)?,
        result,
    };
    Ok(Some(StoredAudit { audit, erased: reader.set(ERASED)?.to_vec(), revision: reader.number(REVISION)? }))
}
