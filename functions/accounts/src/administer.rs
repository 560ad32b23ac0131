//! Administration by direct invocation, which IAM guards: the first tenant and its first key come from here, never from open HTTP.

use domain::access::{Abilities, RateClass, Tenant};
use domain::ids::TenantName;
use serde::{Deserialize, Serialize};
use store::ContactKey;

use crate::Deps;
use crate::new_key::new_key;

/// What an administrator may ask for.
#[derive(Debug, Deserialize)]
#[serde(tag = "admin", rename_all = "snake_case", deny_unknown_fields)]
pub enum Command {
    /// Makes a tenant and its first key, which may do everything.
    CreateTenant {
        /// Its name in paths: 2–63 of a-z, 0-9, -, beginning with a letter.
        tenant: String,
        /// What people call it.
        name: String,
    },
    /// Makes another key of a tenant.
    CreateKey {
        /// The tenant.
        tenant: String,
        /// What the key's owner calls it.
        name: String,
        /// What it may do; everything if missing.
        #[serde(default)]
        abilities: Option<Vec<String>>,
    },
    /// Sets a tenant's rate limits.
    SetLimits {
        /// The tenant.
        tenant: String,
        /// `ingest` or `read`.
        class: Class,
        /// Requests a minute.
        limit: u32,
        /// Requests at once, for `read`.
        #[serde(default)]
        burst: Option<u32>,
    },
}

/// A rate limit's class.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Pushing conversations.
    Ingest,
    /// Everything else.
    Read,
}

/// The answer to a command.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum Answer {
    /// A key was made; its token is shown this once.
    Key {
        /// The tenant.
        tenant: String,
        /// The key.
        key_id: String,
        /// The secret.
        token: String,
    },
    /// The limits hold.
    Limits {
        /// The tenant.
        tenant: String,
        /// Requests a minute.
        limit: u32,
    },
}

#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("{0:?} is not a tenant's name: 2–63 of a-z, 0-9, -, beginning with a letter")]
    Name(String),
    #[error("tenant {0} does not exist")]
    Unknown(String),
    #[error("tenant {0} exists already")]
    Exists(String),
    #[error("unknown abilities: {0}")]
    Abilities(String),
    #[error("a limit must be from 1 to 1000000")]
    Limit,
}

/// Carries out a command.
pub async fn administer(deps: &Deps, command: Command) -> Result<Answer, runtime::Error> {
    let now = (deps.edge.clock)();
    match command {
        Command::CreateTenant { tenant, name } => {
            let tenant = parse(&tenant)?;
            let secret = ContactKey::new((deps.random_secret)()?);
            if !deps.store.create_tenant(&tenant, &name, &secret, now).await? {
                return Err(Refused::Exists(tenant.as_str().to_owned()).into());
            }
            key(deps, &tenant, "first key", Abilities::All).await
        }
        Command::CreateKey { tenant, name, abilities } => {
            let tenant = existing(deps, &tenant).await?;
            let abilities = abilities.map_or(Ok(Abilities::All), |names| Abilities::parse(&names));
            let abilities = abilities.map_err(|unknown| Refused::Abilities(unknown.join(", ")))?;
            key(deps, &tenant, &name, abilities).await
        }
        Command::SetLimits { tenant, class, limit, burst } => {
            let tenant = existing(deps, &tenant).await?;
            if !(1..=1_000_000).contains(&limit) || burst.is_some_and(|burst| !(1..=1_000_000).contains(&burst)) {
                return Err(Refused::Limit.into());
            }
            let class = match class {
                Class::Ingest => RateClass::Ingest,
                Class::Read => RateClass::Read,
            };
            deps.store.set_limits(&tenant, class, limit, burst.unwrap_or(limit)).await?;
            Ok(Answer::Limits { tenant: tenant.as_str().to_owned(), limit })
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "IAM guards direct invocation: the administrator names the tenant")]
fn parse(tenant: &str) -> Result<Tenant, Refused> {
    TenantName::parse(tenant).map(Tenant::trusted).ok_or_else(|| Refused::Name(tenant.to_owned()))
}

async fn existing(deps: &Deps, tenant: &str) -> Result<Tenant, runtime::Error> {
    let tenant = parse(tenant)?;
    match deps.store.tenant(&tenant).await? {
        Some(_) => Ok(tenant),
        None => Err(Refused::Unknown(tenant.as_str().to_owned()).into()),
    }
}

async fn key(deps: &Deps, tenant: &Tenant, name: &str, abilities: Abilities) -> Result<Answer, runtime::Error> {
    let (record, token) = new_key(deps, tenant, name, abilities, None, (deps.edge.clock)()).await?;
    Ok(Answer::Key {
        tenant: tenant.as_str().to_owned(),
        key_id: record.id.to_string(),
        token: token.reveal().to_owned(),
    })
}
