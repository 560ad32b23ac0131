//! Calls to addresses that callers name, and the half of the guard that needs the network. See `README.md`.
#![warn(missing_docs)]

mod call;
mod tls;

use std::fmt;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use domain::webhooks::address::Refusal;
use domain::webhooks::{Address, Network};
use futures_util::future::BoxFuture;
use tls::Tls;

pub use call::{Answer, Call, Unanswered};

/// Most addresses of one name that are looked at; a name with more is refused.
const MAX_ADDRESSES: usize = 64;

/// How a name becomes addresses.
type Lookup = Arc<dyn Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync>;

/// The way out. Cheap to clone.
#[derive(Clone)]
pub struct Outbound {
    network: Network,
    lookup: Lookup,
    tls: Tls,
}

impl fmt::Debug for Outbound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbound").field("network", &self.network).finish_non_exhaustive()
    }
}

/// Why an address is not called. The text completes "the field …".
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The URL is not one that may be called: it was saved under other rules.
    #[error("{0}")]
    Url(Refusal),
    /// The name cannot be looked up now.
    #[error("must name a host that can be looked up")]
    Lookup(#[source] io::Error),
    /// The name has no address, or too many.
    #[error("must name a host that has an address")]
    NoAddress,
    /// One of its addresses is not public.
    #[error("must not lead to an address that is private, local or reserved")]
    PrivateAddress,
}

impl Outbound {
    /// The way out, through the machine's resolver.
    pub fn new(network: Network) -> Self {
        Self::with_lookup(network, |name| {
            Box::pin(async move {
                let found = tokio::net::lookup_host((name, 0)).await?;
                Ok(found.map(|address| address.ip()).collect())
            })
        })
    }

    /// The way out through another resolver: the seam for tests.
    pub fn with_lookup(
        network: Network,
        lookup: impl Fn(String) -> BoxFuture<'static, io::Result<Vec<IpAddr>>> + Send + Sync + 'static,
    ) -> Self {
        Self { network, lookup: Arc::new(lookup), tls: Tls::default() }
    }

    /// Which addresses may be called: what `Address::parse` must be given.
    pub fn network(&self) -> Network {
        self.network
    }

    /// The addresses behind a URL, every one of them checked. One that must not be called refuses the name, whatever the others are.
    pub async fn check(&self, address: &Address) -> Result<Vec<SocketAddr>, Refused> {
        Address::parse(address.as_str(), self.network).map_err(Refused::Url)?;
        let found = match address.host() {
            url::Host::Ipv4(ip) => vec![IpAddr::V4(ip)],
            url::Host::Ipv6(ip) => vec![IpAddr::V6(ip)],
            url::Host::Domain(name) => (self.lookup)(name.to_owned()).await.map_err(Refused::Lookup)?,
        };
        if found.is_empty() || found.len() > MAX_ADDRESSES {
            return Err(Refused::NoAddress);
        }
        if !found.iter().all(|ip| self.network.allows(*ip)) {
            return Err(Refused::PrivateAddress);
        }
        Ok(found.into_iter().map(|ip| SocketAddr::new(ip, address.port())).collect())
    }
}

#[cfg(test)]
mod tests;
