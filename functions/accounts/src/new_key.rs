//! Making a key: at most five active ones per tenant, the token shown once.

use api::Problem;
use api::problem::Code;
use domain::access::{Abilities, KeyRecord, Tenant, Token};
use domain::failure::Failure;
use domain::ids::KeyId;
use jiff::Timestamp;

use crate::Deps;

/// Active keys a tenant may have at the same time.
pub(crate) const MAX_ACTIVE_KEYS: usize = 5;
/// Longest name of a key, in characters.
pub(crate) const MAX_NAME: usize = 100;
/// Characters of a token by which a list lets people recognise it.
const PREFIX: usize = 9;

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotMade {
    /// Five are active.
    #[error("the tenant has {MAX_ACTIVE_KEYS} active keys already; revoke one first")]
    TooMany,
    /// The store or the randomness failed.
    #[error("the key could not be made")]
    Failed(#[from] Failure),
}

impl From<NotMade> for Problem {
    fn from(not_made: NotMade) -> Self {
        match not_made {
            NotMade::TooMany => Self::new(Code::Refused, format!("{not_made}.")),
            NotMade::Failed(failure) => failure.into(),
        }
    }
}

/// Makes a key of the tenant.
pub(crate) async fn new_key(
    deps: &Deps,
    tenant: &Tenant,
    name: &str,
    abilities: Abilities,
    expires_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(KeyRecord, Token), NotMade> {
    let no_randomness = |error| Failure::Unexpected { service: "randomness", source: Box::new(error) };
    let list = deps.store.keys(tenant).await?;
    if list.keys.iter().filter(|key| is_active(key, now)).count() >= MAX_ACTIVE_KEYS {
        return Err(NotMade::TooMany);
    }
    let token = Token::from_random((deps.random)().map_err(no_randomness)?);
    let record = KeyRecord {
        id: KeyId::new((deps.new_ulid)(now).map_err(no_randomness)?),
        tenant: tenant.name().clone(),
        name: name.to_owned(),
        abilities,
        prefix: token.reveal().chars().take(PREFIX).collect(),
        created_at: now,
        expires_at,
        revoked_at: None,
    };
    // Two requests at once: the second finds the list changed and fails with a conflict, so that five stays five.
    deps.store.create_key(tenant, &record, &token.hash(), list.revision).await?;
    Ok((record, token))
}

/// Neither revoked nor expired.
pub(crate) fn is_active(key: &KeyRecord, now: Timestamp) -> bool {
    key.revoked_at.is_none() && key.expires_at.is_none_or(|at| now < at)
}
