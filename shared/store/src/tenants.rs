//! Tenants and their settings.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;

use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue, ReturnValuesOnConditionCheckFailure};
use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::TenantName;
use domain::settings::Settings;
use jiff::Timestamp;

use crate::Store;
use crate::item::{self, Reader, TYPE, Unreadable, b, corrupt, n, s};
use crate::keys::{self, ContactKey, GSI1PK, GSI1SK, PK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, condition, failure};

const TAG: &str = "tenant.1";
const WHAT: &str = "tenant";

const NAME: &str = "tenant_name";
const CREATED: &str = "created_at";
const SECRET: &str = "contact_key";
const SETTINGS: &str = "settings";
const REVISION: &str = "rev";

/// Secrets of tenants: they never change, so each is read once a process.
#[derive(Debug, Default)]
pub(crate) struct KnownContactKeys(Mutex<HashMap<String, ContactKey>>);

/// A tenant as stored.
#[derive(Clone, PartialEq)]
pub struct TenantRecord {
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its settings.
    pub settings: Settings,
    /// Rises with every change of the settings.
    pub settings_revision: u64,
    /// The secret under which contact ids are hashed.
    pub contact_key: ContactKey,
}

impl fmt::Debug for TenantRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TenantRecord").field("settings_revision", &self.settings_revision).finish_non_exhaustive()
    }
}

impl Store {
    /// Makes a tenant with default settings; `false` when there is one of that name already.
    pub async fn create_tenant(
        &self,
        tenant: &Tenant,
        name: &str,
        contact_key: &ContactKey,
        now: Timestamp,
    ) -> Result<bool, Failure> {
        let mut item = item::key(&keys::tenant(tenant));
        item.insert(TYPE.to_owned(), s(TAG));
        item.insert(NAME.to_owned(), s(name));
        item.insert(CREATED.to_owned(), s(now.to_string()));
        item.insert(SECRET.to_owned(), b(*contact_key.bytes()));
        item.insert(SETTINGS.to_owned(), b(pack_settings(&Settings::default()).map_err(corrupt(WHAT))?));
        item.insert(REVISION.to_owned(), n(1));
        self.meter().wrote(Purpose::Tenants, write_units(item_size(&item)));
        let request = self.client().put_item().table_name(self.main()).set_item(Some(item));
        let request = request.condition_expression("attribute_not_exists(PK)");
        Ok(condition(request.send().await)?.is_ok())
    }

    /// The tenant with its settings, read consistently.
    pub async fn tenant(&self, tenant: &Tenant) -> Result<Option<TenantRecord>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::tenant(tenant))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Tenants, meter::consistent_halves(size));
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    /// The tenant's secret; `None` when there is no such tenant. Costs a read the first time only.
    pub async fn contact_key(&self, tenant: &Tenant) -> Result<Option<ContactKey>, Failure> {
        let known = |known: &HashMap<String, ContactKey>| known.get(tenant.as_str()).cloned();
        if let Some(key) = self.0.contact_keys.0.lock().ok().and_then(|guard| known(&guard)) {
            return Ok(Some(key));
        }
        let Some(record) = self.tenant(tenant).await? else { return Ok(None) };
        if let Ok(mut guard) = self.0.contact_keys.0.lock() {
            guard.insert(tenant.as_str().to_owned(), record.contact_key.clone());
        }
        Ok(Some(record.contact_key))
    }

    /// Replaces the settings read at `revision`; the new revision, or `Conflict` when somebody else changed them since.
    pub async fn put_settings(&self, tenant: &Tenant, settings: &Settings, revision: u64) -> Result<u64, Failure> {
        let packed = pack_settings(settings).map_err(corrupt(WHAT))?;
        let mut request = self.client().update_item();
        // The schedule finds by the index whom it has to do with.
        let index = if settings.recurring_audits.is_empty() {
            format!("REMOVE {GSI1PK}, {GSI1SK}")
        } else {
            request = request.expression_attribute_values(":pk", s(keys::RECURRING_AUDITS));
            request = request.expression_attribute_values(":sk", s(tenant.as_str()));
            format!(", {GSI1PK} = :pk, {GSI1SK} = :sk")
        };
        let request = request
            .table_name(self.main())
            .set_key(Some(item::key(&keys::tenant(tenant))))
            .update_expression(format!("SET {SETTINGS} = :settings, {REVISION} = {REVISION} + :one {index}"))
            .condition_expression(format!("{REVISION} = :rev"))
            .expression_attribute_values(":settings", b(packed))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":rev", n(revision))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match condition(request.send().await)? {
            Ok(output) => {
                let item = output.attributes.unwrap_or_default();
                self.meter().wrote(Purpose::Tenants, write_units(item_size(&item)));
                Ok(revision + 1)
            }
            Err(stored) => {
                self.meter().wrote(Purpose::Tenants, write_units(item_size(&stored)));
                Err(Failure::Conflict { what: "settings" })
            }
        }
    }
}

impl Store {
    /// Tenants that have recurring audits. Speaks for no tenant: for the schedule alone.
    pub async fn tenants_with_recurring_audits(&self) -> Result<Vec<TenantName>, Failure> {
        let items = self.query_index(keys::RECURRING_AUDITS.to_owned(), None, Purpose::Tenants).await?;
        let name = |item: &Attributes| match item.get(PK) {
            Some(AttributeValue::S(pk)) => keys::tenant_name(pk),
            _ => None,
        };
        items.iter().map(|item| name(item).ok_or(Unreadable::Attribute(PK)).map_err(corrupt(WHAT))).collect()
    }
}

/// JSON, because settings are read by people and grow; compressed, because a taxonomy may be large.
fn pack_settings(settings: &Settings) -> Result<Vec<u8>, Unreadable> {
    item::compress(&serde_json::to_vec(settings).map_err(Unreadable::Json)?)
}

fn parse(item: &Attributes) -> Result<TenantRecord, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let json = item::decompress(reader.bytes(SETTINGS)?)?;
    let secret: [u8; 32] = reader.bytes(SECRET)?.try_into().map_err(|_| Unreadable::Attribute(SECRET))?;
    Ok(TenantRecord {
        name: reader.text(NAME)?.to_owned(),
        created_at: reader.time(CREATED)?,
        settings: serde_json::from_slice(&json).map_err(Unreadable::Json)?,
        settings_revision: reader.number(REVISION)?,
        contact_key: ContactKey::new(secret),
    })
}
