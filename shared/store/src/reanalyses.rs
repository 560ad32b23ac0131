//! Re-analyses: how far each is. Kept for 90 days.

use aws_sdk_dynamodb::types::AttributeValue;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::ReanalysisId;
use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use jiff::SignedDuration;

use crate::Store;
use crate::item::{self, Reader, TTL, TYPE, Unreadable, corrupt, n, s, ttl};
use crate::keys::{self, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "reanalysis.1";
const WHAT: &str = "re-analysis";
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

const STATUS: &str = "job_status";
const SETTINGS: &str = "settings_rev";
const STARTED: &str = "started_at";
const UPDATED: &str = "updated_at";
const FINISHED: &str = "finished_at";
const CURSOR: &str = "cursor_key";
const TOTAL: &str = "batches_total";
const DONE: &str = "batches_done";
const FAILED: &str = "batches_failed";
const CONVERSATIONS: &str = "conversations";

impl Store {
    /// Records a new re-analysis. Recording it again changes nothing.
    pub async fn create_reanalysis(&self, tenant: &Tenant, new: &Reanalysis) -> Result<(), Failure> {
        let item = item_of(tenant, new);
        self.meter().wrote(Purpose::Batches, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        condition(request.condition_expression("attribute_not_exists(PK)").send().await).map(|_| ())
    }

    /// Replaces `from` by `to`, one step further; `false` when it does not stand at `from` any more: somebody else took that step.
    pub async fn advance_reanalysis(
        &self,
        tenant: &Tenant,
        from: &Reanalysis,
        to: &Reanalysis,
    ) -> Result<bool, Failure> {
        let item = item_of(tenant, to);
        self.meter().wrote(Purpose::Batches, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.expression_attribute_values(":running", s(ReanalysisStatus::Running.as_str()));
        let request = match &from.cursor {
            Some(cursor) => request
                .condition_expression(format!("{STATUS} = :running AND {CURSOR} = :cursor"))
                .expression_attribute_values(":cursor", s(cursor)),
            None => request.condition_expression(format!("{STATUS} = :running AND attribute_not_exists({CURSOR})")),
        };
        Ok(condition(request.send().await)?.is_ok())
    }

    /// The re-analysis of that id, read consistently.
    pub async fn reanalysis(&self, tenant: &Tenant, id: ReanalysisId) -> Result<Option<Reanalysis>, Failure> {
        let request = self.client().get_item().table_name(self.main());
        let request = request.set_key(Some(item::key(&keys::reanalysis(tenant, id)))).consistent_read(true);
        let output = request.send().await.map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Batches, meter::consistent_halves(size));
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    /// The re-analysis that was started last, read consistently.
    pub async fn latest_reanalysis(&self, tenant: &Tenant) -> Result<Option<Reanalysis>, Failure> {
        let request = self.client().query().table_name(self.main());
        let request = request.key_condition_expression(format!("{PK} = :pk"));
        let request = request.expression_attribute_values(":pk", s(keys::reanalyses(tenant)));
        let request = request.scan_index_forward(false).limit(1).consistent_read(true);
        let output = request.send().await.map_err(failure)?;
        let size = output.items().first().map_or(0, item_size);
        self.meter().read(Purpose::Batches, meter::consistent_halves(size));
        output.items().first().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }
}

fn item_of(tenant: &Tenant, job: &Reanalysis) -> Attributes {
    let Reanalysis { id, status, settings_revision, started_at, updated_at, finished_at, cursor, progress } = job;
    let Progress { batches_total, batches_done, batches_failed, conversations } = progress;
    let mut item = item::key(&keys::reanalysis(tenant, *id));
    item.extend([
        (TYPE.to_owned(), s(TAG)),
        (STATUS.to_owned(), s(status.as_str())),
        (SETTINGS.to_owned(), n(settings_revision)),
        (STARTED.to_owned(), s(started_at.to_string())),
        (UPDATED.to_owned(), s(updated_at.to_string())),
        (DONE.to_owned(), n(batches_done)),
        (FAILED.to_owned(), n(batches_failed)),
        (CONVERSATIONS.to_owned(), n(conversations)),
        (TTL.to_owned(), ttl(*started_at + KEPT)),
    ]);
    let mut set = |name: &str, value: Option<AttributeValue>| {
        item.extend(value.map(|value| (name.to_owned(), value)));
    };
    set(FINISHED, finished_at.map(|at| s(at.to_string())));
    set(CURSOR, cursor.as_ref().map(s));
    set(TOTAL, batches_total.map(n));
    item
}

fn parse(item: &Attributes) -> Result<Reanalysis, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    Ok(Reanalysis {
        id: ReanalysisId::parse(reader.text(SK)?).ok_or(Unreadable::Attribute(SK))?,
        status: ReanalysisStatus::parse(reader.text(STATUS)?).ok_or(Unreadable::Attribute(STATUS))?,
        settings_revision: reader.number(SETTINGS)?,
        started_at: reader.time(STARTED)?,
        updated_at: reader.time(UPDATED)?,
        finished_at: reader.time_opt(FINISHED)?,
        cursor: reader.text_opt(CURSOR)?.map(str::to_owned),
        progress: Progress {
            batches_total: reader.number_opt(TOTAL)?,
            batches_done: reader.number(DONE)?,
            batches_failed: reader.number(FAILED)?,
            conversations: reader.number(CONVERSATIONS)?,
        },
    })
}
