//! API keys: the public part in the tenant's list, the same under the token's hash in table `auth`, always changed together.

use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{AttributeValue, Put, TransactWriteItem, Update};
use domain::access::{Abilities, KeyRecord, Tenant, TokenHash};
use domain::failure::Failure;
use domain::ids::{KeyId, TenantName};
use jiff::Timestamp;

use crate::Store;
use crate::item::{self, Reader, TYPE, Unreadable, corrupt, n, s};
use crate::keys::{self, PK, SK};
use crate::meter::{self, Purpose, item_size, write_units};
use crate::sdk::{Attributes, SERVICE, failure};

const TAG: &str = "api_key.1";
const REVISION_TAG: &str = "api_keys.1";
const WHAT: &str = "API key";

const ID: &str = "id";
const TENANT: &str = "tenant";
const NAME: &str = "key_name";
const ABILITIES: &str = "abilities";
const PREFIX: &str = "prefix";
const CREATED: &str = "created_at";
const EXPIRES: &str = "expires_at";
const REVOKED: &str = "revoked_at";
const HASH: &str = "hash";
const REVISION: &str = "rev";

/// A tenant's API keys and the state of their list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyList {
    /// Every key, revoked and expired ones too, oldest first.
    pub keys: Vec<KeyRecord>,
    /// What [`Store::create_key`] must be given, so that a limit on the number of keys holds although two are made at once.
    pub revision: u64,
}

impl Store {
    /// The tenant's API keys, read consistently.
    pub async fn keys(&self, tenant: &Tenant) -> Result<KeyList, Failure> {
        let (mut list, mut from) = (KeyList { keys: Vec::new(), revision: 0 }, None);
        loop {
            let output = self
                .client()
                .query()
                .table_name(self.main())
                .key_condition_expression("PK = :pk")
                .expression_attribute_values(":pk", s(keys::api_keys(tenant)))
                .consistent_read(true)
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(failure)?;
            let items = output.items.unwrap_or_default();
            self.meter().read(Purpose::Tenants, meter::consistent_halves(items.iter().map(item_size).sum()));
            for item in &items {
                if matches!(item.get(SK), Some(AttributeValue::S(sk)) if sk == keys::API_KEYS_REVISION) {
                    let revision = Reader::new(item, REVISION_TAG).and_then(|reader| reader.number(REVISION));
                    list.revision = revision.map_err(corrupt("list of API keys"))?;
                } else {
                    list.keys.push(parse(item).map_err(corrupt(WHAT))?);
                }
            }
            from = output.last_evaluated_key;
            if from.is_none() {
                return Ok(list);
            }
        }
    }

    /// Adds a key to the list read at `revision`; `Conflict` when a key was added since.
    pub async fn create_key(
        &self,
        tenant: &Tenant,
        record: &KeyRecord,
        hash: &TokenHash,
        revision: u64,
    ) -> Result<(), Failure> {
        let mut listed = print(record);
        listed.insert(HASH.to_owned(), s(keys::auth(hash)));
        listed.extend(item::key(&keys::api_key(tenant, record.id)));
        let mut auth = print(record);
        auth.insert(PK.to_owned(), s(keys::auth(hash)));
        let units = write_units(item_size(&listed)) + write_units(item_size(&auth)) + 1;
        let put = |table: &str, item| {
            Put::builder()
                .table_name(table)
                .set_item(Some(item))
                .condition_expression("attribute_not_exists(PK)")
                .build()
        };
        let counted = Update::builder()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::api_keys_revision(tenant))))
            .update_expression(format!("SET {TYPE} = :tag, {REVISION} = :next"))
            .condition_expression(format!("attribute_not_exists(PK) OR {REVISION} = :rev"))
            .expression_attribute_values(":tag", s(REVISION_TAG))
            .expression_attribute_values(":rev", n(revision))
            .expression_attribute_values(":next", n(revision + 1))
            .build();
        let items = vec![
            TransactWriteItem::builder().update(counted.map_err(unexpected)?).build(),
            TransactWriteItem::builder().put(put(self.main(), listed).map_err(unexpected)?).build(),
            TransactWriteItem::builder().put(put(self.auth()?, auth).map_err(unexpected)?).build(),
        ];
        self.transact(items, units, Purpose::Tenants, "list of API keys").await
    }

    /// Renames a key; the key as it is then, or `None` when there is none of that id.
    pub async fn rename_key(&self, tenant: &Tenant, id: KeyId, name: &str) -> Result<Option<KeyRecord>, Failure> {
        self.change_key(tenant, id, NAME, name, |record| name.clone_into(&mut record.name)).await
    }

    /// Revokes a key: it is refused from the next request on. Revoking it again keeps the first time.
    pub async fn revoke_key(&self, tenant: &Tenant, id: KeyId, now: Timestamp) -> Result<Option<KeyRecord>, Failure> {
        match self.key_and_hash(tenant, id).await? {
            Some((record, _)) if record.revoked_at.is_some() => Ok(Some(record)),
            Some(_) => {
                self.change_key(tenant, id, REVOKED, &now.to_string(), |record| record.revoked_at = Some(now)).await
            }
            None => Ok(None),
        }
    }

    async fn key_and_hash(&self, tenant: &Tenant, id: KeyId) -> Result<Option<(KeyRecord, String)>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.main())
            .set_key(Some(item::key(&keys::api_key(tenant, id))))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Tenants, meter::consistent_halves(size));
        let parse = |item| Ok((parse(item)?, Reader::new(item, TAG)?.text(HASH)?.to_owned()));
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }

    async fn change_key(
        &self,
        tenant: &Tenant,
        id: KeyId,
        attribute: &str,
        value: &str,
        change: impl FnOnce(&mut KeyRecord),
    ) -> Result<Option<KeyRecord>, Failure> {
        let Some((mut record, hash)) = self.key_and_hash(tenant, id).await? else { return Ok(None) };
        let update = |table: &str, key: Attributes| {
            Update::builder()
                .table_name(table)
                .set_key(Some(key))
                .update_expression(format!("SET {attribute} = :value"))
                .condition_expression("attribute_exists(PK)")
                .expression_attribute_values(":value", s(value))
                .build()
        };
        let listed = update(self.main(), item::key(&keys::api_key(tenant, id))).map_err(unexpected)?;
        let auth = update(self.auth()?, [(PK.to_owned(), s(hash))].into()).map_err(unexpected)?;
        let items = [listed, auth].map(|update| TransactWriteItem::builder().update(update).build());
        self.transact(items.to_vec(), 2, Purpose::Tenants, WHAT).await?;
        change(&mut record);
        Ok(Some(record))
    }

    /// Writes all or nothing; `Conflict` when a condition does not hold or another transaction is under way.
    pub(crate) async fn transact(
        &self,
        items: Vec<TransactWriteItem>,
        units: u64,
        purpose: Purpose,
        what: &'static str,
    ) -> Result<(), Failure> {
        self.meter().wrote(purpose, 2 * units);
        let result = self.client().transact_write_items().set_transact_items(Some(items)).send().await;
        result.map(|_| ()).map_err(|error| transaction_failure(error, what))
    }

    /// The key behind a token's hash, read consistently: a revoked key is refused on the very next request.
    pub(crate) async fn key_by_hash(&self, hash: &TokenHash) -> Result<Option<KeyRecord>, Failure> {
        let output = self
            .client()
            .get_item()
            .table_name(self.auth()?)
            .key(PK, s(keys::auth(hash)))
            .consistent_read(true)
            .send()
            .await
            .map_err(failure)?;
        let size = output.item().map_or(0, item_size);
        self.meter().read(Purpose::Gate, meter::consistent_halves(size));
        output.item().map(|item| parse(item).map_err(corrupt(WHAT))).transpose()
    }
}

pub(crate) fn unexpected(error: aws_sdk_dynamodb::error::BuildError) -> Failure {
    Failure::Unexpected { service: SERVICE, source: Box::new(error) }
}

/// A cancelled transaction: a condition that did not hold, or a race, is a conflict; throttling is retryable.
fn transaction_failure(error: SdkError<TransactWriteItemsError>, what: &'static str) -> Failure {
    let codes: Vec<String> = match error.as_service_error() {
        Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
            cancelled.cancellation_reasons().iter().filter_map(|reason| reason.code().map(str::to_owned)).collect()
        }
        _ => return failure(error),
    };
    if codes.iter().any(|code| code == "ConditionalCheckFailed" || code == "TransactionConflict") {
        Failure::Conflict { what }
    } else if codes.iter().any(|code| code == "ThrottlingError" || code == "ProvisionedThroughputExceeded") {
        Failure::Unavailable { service: SERVICE, source: Box::new(error) }
    } else {
        Failure::Unexpected { service: SERVICE, source: Box::new(error) }
    }
}

fn print(record: &KeyRecord) -> Attributes {
    let mut item: Attributes = [
        (TYPE, s(TAG)),
        (ID, s(record.id.to_string())),
        (TENANT, s(record.tenant.as_str())),
        (NAME, s(record.name.clone())),
        (ABILITIES, AttributeValue::L(record.abilities.names().into_iter().map(AttributeValue::S).collect())),
        (PREFIX, s(record.prefix.clone())),
        (CREATED, s(record.created_at.to_string())),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    for (name, at) in [(EXPIRES, record.expires_at), (REVOKED, record.revoked_at)] {
        if let Some(at) = at {
            item.insert(name.to_owned(), s(at.to_string()));
        }
    }
    item
}

fn parse(item: &Attributes) -> Result<KeyRecord, Unreadable> {
    let reader = Reader::new(item, TAG)?;
    let Some(AttributeValue::L(list)) = item.get(ABILITIES) else { return Err(Unreadable::Attribute(ABILITIES)) };
    let names: Option<Vec<String>> = list.iter().map(|name| name.as_s().ok().cloned()).collect();
    let names = names.ok_or(Unreadable::Attribute(ABILITIES))?;
    Ok(KeyRecord {
        id: KeyId::parse(reader.text(ID)?).ok_or(Unreadable::Attribute(ID))?,
        tenant: TenantName::parse(reader.text(TENANT)?).ok_or(Unreadable::Attribute(TENANT))?,
        name: reader.text(NAME)?.to_owned(),
        abilities: Abilities::parse(&names).map_err(|_| Unreadable::Attribute(ABILITIES))?,
        prefix: reader.text(PREFIX)?.to_owned(),
        created_at: reader.time(CREATED)?,
        expires_at: reader.time_opt(EXPIRES)?,
        revoked_at: reader.time_opt(REVOKED)?,
    })
}
