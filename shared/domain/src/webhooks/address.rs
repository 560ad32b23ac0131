//! Where a webhook may go: the pure half of the guard against server-side request forgery. The other half (look the name up, check every
//! address by [`Network::allows`], connect to the very address that was checked) is the crate `outbound`.
//!
//! URLs are read as the WHATWG URL standard has it, so that no spelling means one thing here and another to the client; spellings that
//! hide an address (decimal, octal, hexadecimal, short, full-width, percent-encoded) are refused outright.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Position, Url};

use crate::reader::{At, Reader};

/// Longest URL, in bytes.
pub const MAX_URL: usize = 2_048;

/// Which addresses may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// The public internet by `https`: what a deployment on AWS allows.
    Public,
    /// Any address, by `http` too: for local work only (template parameter `AllowPrivateWebhooks`).
    Any,
}

/// A URL that a webhook may be sent to, normalised. `Debug` shows no path or query: they may hold a secret.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(Url);

/// Why a URL is not one that a webhook may be sent to. The text completes "the field …".
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Longer than [`MAX_URL`].
    #[error("must have at most 2048 characters")]
    TooLong,
    /// Not an absolute URL.
    #[error("must be an absolute URL, like https://hooks.acme.com/hark")]
    NotUrl,
    /// Not `https`.
    #[error("must begin with https://")]
    Scheme,
    /// White space, control characters, backslashes.
    #[error("must not hold spaces, control characters or backslashes")]
    Characters,
    /// `user:password@`.
    #[error("must not hold a user name or password; use headers for secrets")]
    UserInfo,
    /// `#…`
    #[error("must not hold a fragment")]
    Fragment,
    /// Port 0.
    #[error("must not name port 0")]
    Port,
    /// An address written in an unusual way.
    #[error("must write its host plainly: no percent-encoding, and an IP address as four decimal numbers")]
    Spelling,
    /// `host.`
    #[error("must not end its host in a dot")]
    TrailingDot,
    /// A name without a dot, or of a domain that is never public.
    #[error("must name a host of the public internet")]
    PrivateName,
    /// An address that is not of the public internet.
    #[error("must not lead to an address that is private, local or reserved")]
    PrivateAddress,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({}…)", self.0.origin().ascii_serialization())
    }
}

/// Domains that are never of the public internet: RFC 6761 (special use), 6762 (mDNS), 7686 (onion), 8375 (home networks), 9476
/// (alternative name systems), and `internal`, which ICANN keeps for private use and clouds serve metadata from.
const PRIVATE_DOMAINS: &[&str] =
    &["alt", "example", "home.arpa", "internal", "invalid", "local", "localdomain", "localhost", "onion", "test"];

impl Address {
    /// Reads a URL; `network` says what it may lead to. A name still has to be looked up before it is called.
    pub fn parse(text: &str, network: Network) -> Result<Self, Refusal> {
        if text.len() > MAX_URL {
            return Err(Refusal::TooLong);
        }
        // The standard would drop tabs and newlines, and read a backslash as a slash.
        if text.chars().any(|c| c.is_whitespace() || c.is_control() || c == '\\') {
            return Err(Refusal::Characters);
        }
        let (scheme, rest) = text.split_once("://").ok_or(Refusal::NotUrl)?;
        let plain = scheme.eq_ignore_ascii_case("http");
        if !(scheme.eq_ignore_ascii_case("https") || (plain && network == Network::Any)) {
            return Err(Refusal::Scheme);
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        // The standard would skip further slashes, and take for the host what stands behind them.
        if authority.is_empty() {
            return Err(Refusal::NotUrl);
        }
        if authority.contains('@') {
            return Err(Refusal::UserInfo);
        }
        if authority.contains('%') {
            return Err(Refusal::Spelling);
        }
        let url = Url::parse(text).map_err(|_| Refusal::NotUrl)?;
        if url.fragment().is_some() {
            return Err(Refusal::Fragment);
        }
        if url.port() == Some(0) {
            return Err(Refusal::Port);
        }
        match url.host().ok_or(Refusal::NotUrl)? {
            Host::Ipv4(ip) => {
                let written = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
                if written != ip.to_string() {
                    return Err(Refusal::Spelling);
                }
                network.allows(ip.into()).then_some(()).ok_or(Refusal::PrivateAddress)?;
            }
            Host::Ipv6(ip) => network.allows(ip.into()).then_some(()).ok_or(Refusal::PrivateAddress)?,
            Host::Domain(name) => check_name(name, network)?,
        }
        Ok(Self(url))
    }

    /// The normalised URL.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Whether it is called through TLS.
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The host: a name in its ASCII form, or an address.
    pub fn host(&self) -> Host<&str> {
        self.0.host().unwrap_or(Host::Domain(""))
    }

    /// The host and port as the `Host` header has them: without the port where it is the scheme's own.
    pub fn authority(&self) -> &str {
        self.0.authority()
    }

    /// The port, the scheme's own if the URL names none.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Path and query, as the request line has them.
    pub fn path_and_query(&self) -> &str {
        &self.0[Position::BeforePath..]
    }
}

fn check_name(name: &str, network: Network) -> Result<(), Refusal> {
    if name.is_empty() {
        return Err(Refusal::NotUrl);
    }
    if name.ends_with('.') {
        return Err(Refusal::TrailingDot);
    }
    let below = |domain: &str| name.strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    let private = !name.contains('.') || PRIVATE_DOMAINS.iter().any(|domain| below(domain));
    if network == Network::Public && private {
        return Err(Refusal::PrivateName);
    }
    Ok(())
}

/// Reads the field of a URL with a [`Reader`].
pub fn address(value: serde_json::Value, at: &At<'_>, reader: &mut Reader, network: Network) -> Option<Address> {
    let text = crate::reader::text(value, at, reader, 1, MAX_URL)?;
    match Address::parse(&text, network) {
        Ok(address) => Some(address),
        Err(refusal) => reader.some(None, at, &refusal.to_string()),
    }
}

/// IPv4 networks that are not of the public internet: IANA's special-purpose registry
/// (<https://www.iana.org/assignments/iana-ipv4-special-registry>), multicast, and addresses at which clouds answer their guests.
const PRIVATE_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::UNSPECIFIED, 8),            // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),       // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),    // carrier-grade NAT; Alibaba's metadata
    (Ipv4Addr::new(127, 0, 0, 0), 8),      // loopback
    (Ipv4Addr::new(168, 63, 129, 16), 32), // Azure's host
    (Ipv4Addr::new(169, 254, 0, 0), 16),   // link-local; metadata of most clouds
    (Ipv4Addr::new(172, 16, 0, 0), 12),    // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),     // protocol assignments; Oracle's metadata
    (Ipv4Addr::new(192, 0, 2, 0), 24),     // documentation
    (Ipv4Addr::new(192, 31, 196, 0), 24),  // AS112
    (Ipv4Addr::new(192, 52, 193, 0), 24),  // AMT
    (Ipv4Addr::new(192, 88, 99, 0), 24),   // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),   // private
    (Ipv4Addr::new(192, 175, 48, 0), 24),  // AS112
    (Ipv4Addr::new(198, 18, 0, 0), 15),    // benchmarks
    (Ipv4Addr::new(198, 51, 100, 0), 24),  // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),   // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 4),      // multicast
    (Ipv4Addr::new(240, 0, 0, 0), 4),      // reserved, broadcast
];

/// The only IPv6 addresses that are given out for the public internet (RFC 4291 §2.4). Outside of it lie loopback, mapped and
/// compatible IPv4, NAT64, discard, unique-local, link-local, site-local and multicast addresses.
const GLOBAL_V6: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Parts of [`GLOBAL_V6`] that are not public: <https://www.iana.org/assignments/iana-ipv6-special-registry>.
const PRIVATE_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocol assignments: Teredo, benchmarks, ORCHID
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4: any IPv4 address inside
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48), // AS112
    (Ipv6Addr::new(0x3ffe, 0, 0, 0, 0, 0, 0, 0), 16), // the former 6bone
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

impl Network {
    /// Whether an address may be called.
    pub fn allows(self, ip: IpAddr) -> bool {
        match (self, ip) {
            (Self::Any, _) => true,
            (Self::Public, IpAddr::V4(ip)) => {
                !PRIVATE_V4.iter().any(|(net, bits)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *bits)
            }
            (Self::Public, IpAddr::V6(ip)) => {
                let within = |(net, bits): &(Ipv6Addr, u32)| (ip.to_bits() ^ net.to_bits()).leading_zeros() >= *bits;
                within(&GLOBAL_V6) && !PRIVATE_V6.iter().any(within)
            }
        }
    }
}

#[cfg(test)]
#[path = "address_tests.rs"]
mod tests;
