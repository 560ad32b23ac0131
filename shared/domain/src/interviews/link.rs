//! The link by which an expert answers without a key: an unguessable secret for one interview and one browser.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::ids::InterviewId;
use crate::access::{Tenant, TokenHash};
use crate::ids::TenantName;

/// How long a link is good for unless the caller says otherwise.
pub const DEFAULT_LIFE: SignedDuration = SignedDuration::from_hours(14 * 24);
/// How long a link may be good for.
pub const MAX_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

const PREFIX: &str = "expert_";
const SECRET_DIGITS: usize = 32;

/// The secret in an expert's link: `expert_` and 24 random bytes in base64url. Never printed by `Debug`; only its hash is stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ExpertToken(String);

impl ExpertToken {
    /// The secret made of 24 random bytes.
    pub fn from_random(random: [u8; 24]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random)))
    }

    /// Parses what a caller sent; `None` when it cannot be a link's secret.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(PREFIX)?;
        let well_formed = secret.len() == SECRET_DIGITS
            && secret.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        well_formed.then(|| Self(text.to_owned()))
    }

    /// What is stored of it.
    pub fn hash(&self) -> TokenHash {
        hash(&self.0)
    }

    /// The secret itself, to be shown once.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ExpertToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ExpertToken(…)")
    }
}

/// What a browser calls itself: 16–128 characters that it made up at random when the link was opened there.
pub fn browser(text: &str) -> Option<TokenHash> {
    let well_formed = (16..=128).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    well_formed.then(|| hash(text))
}

fn hash(text: &str) -> TokenHash {
    TokenHash(URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes())))
}

/// What is stored of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpertLink {
    /// Whose interview it opens.
    pub tenant: TenantName,
    /// The interview.
    pub interview: InterviewId,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The browser in which it was opened, if it was.
    pub browser: Option<TokenHash>,
}

/// Why a link does not open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// It is too late.
    Expired,
    /// It was opened in another browser.
    Used,
}

/// An expert with a good link: may answer this one interview and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// Whose interview.
    pub tenant: Tenant,
    /// The interview.
    pub interview: InterviewId,
}

impl ExpertLink {
    /// The guest behind the link, when it is opened in this browser: the first one that opened it, and nobody after.
    #[expect(clippy::disallowed_methods, reason = "who holds the link's secret is authenticated by it")]
    pub fn guest(self, browser: &TokenHash, now: Timestamp) -> Result<Guest, Closed> {
        if now >= self.expires_at {
            return Err(Closed::Expired);
        }
        if self.browser.as_ref().is_some_and(|first| first != browser) {
            return Err(Closed::Used);
        }
        Ok(Guest { tenant: Tenant::trusted(self.tenant), interview: self.interview })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ulid::Ulid;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn secrets_round_trip_and_never_print() {
        let token = ExpertToken::from_random([9; 24]);
        assert_eq!(ExpertToken::parse(token.reveal()), Some(token.clone()));
        assert_eq!(format!("{token:?}"), "ExpertToken(…)");
        for bad in [
            "",
            "expert_",
            "hark_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
            "expert_aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!",
            "expert_é",
        ] {
            assert_eq!(ExpertToken::parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_link_opens_in_one_browser_until_it_expires() {
        let (mine, other) = (browser("a-browser-of-my-own").unwrap(), browser("another-browser-here").unwrap());
        let link = ExpertLink {
            tenant: TenantName::parse("demo").unwrap(),
            interview: InterviewId::new(Ulid::from_parts(1, 1)),
            expires_at: at("2026-12-01T00:00:00Z"),
            browser: None,
        };
        let before = at("2026-11-30T23:59:59Z");
        assert_eq!(link.clone().guest(&other, before).unwrap().interview, link.interview);
        let opened = ExpertLink { browser: Some(mine.clone()), ..link.clone() };
        assert!(opened.clone().guest(&mine, before).is_ok());
        assert_eq!(opened.guest(&other, before), Err(Closed::Used));
        assert_eq!(link.guest(&mine, at("2026-12-01T00:00:00Z")), Err(Closed::Expired));
        assert_eq!((browser("short"), browser(&"x".repeat(129)), browser("with spaces in it, no")), (None, None, None));
    }
}
