//! Signatures of the Standard Webhooks specification, version 1 (<https://www.standardwebhooks.com>): HMAC-SHA-256 over
//! `<id>.<timestamp>.<body>`. A message carries one signature for each secret that is in force.
//!
//! The specification's own crate would bring a second HMAC and a second base64; the receiver that the tests run verifies by that crate.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

use crate::webhooks::endpoint::{Secret, Secrets};

/// How a secret begins when it is shown.
const PREFIX: &str = "whsec_";

impl Secret {
    /// The secret as receivers are given it: `whsec_` and base64.
    pub fn reveal(&self) -> String {
        format!("{PREFIX}{}", STANDARD.encode(self.0))
    }
}

impl Secrets {
    /// These secrets after a rotation: the new one signs, the one before signs too until `overlap_ends`. An older one is forgotten.
    #[must_use]
    pub fn rotated(self, new: Secret, overlap_ends: Timestamp) -> Self {
        Self { current: new, previous: Some((self.current, overlap_ends)) }
    }

    /// The `webhook-signature` header: a signature for each secret in force at `now`, separated by spaces, the newest first.
    pub fn sign(&self, message_id: &str, now: Timestamp, body: &[u8]) -> String {
        let previous = self.previous.as_ref().filter(|(_, until)| now < *until).map(|(secret, _)| secret);
        let in_force = std::iter::once(&self.current).chain(previous);
        in_force.map(|secret| sign(&secret.0, message_id, now.as_second(), body)).collect::<Vec<_>>().join(" ")
    }
}

/// `v1,` and the base64 of the HMAC.
fn sign(key: &[u8], message_id: &str, timestamp: i64, body: &[u8]) -> String {
    // HMAC takes a key of any length: there is no error to come.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return String::new() };
    mac.update(format!("{message_id}.{timestamp}.").as_bytes());
    mac.update(body);
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the specification and of its libraries' own tests.
    #[test]
    fn the_published_vector() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        assert_eq!(
            sign(&key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, br#"{"test": 2432232314}"#),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
        );
    }

    #[test]
    fn both_secrets_sign_until_the_overlap_ends() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let old = Secrets { current: Secret([1; 32]), previous: None };
        let ends = at("2026-11-26T10:00:00Z");
        let both = old.clone().rotated(Secret([2; 32]), ends);
        let new = Secrets { current: Secret([2; 32]), previous: None };
        let sign = |secrets: &Secrets, now: &str| secrets.sign("msg_1", at(now), b"{}");
        let now = "2026-11-26T09:59:59Z";
        assert_eq!(sign(&both, now), format!("{} {}", sign(&new, now), sign(&old, now)));
        assert_eq!(sign(&both, "2026-11-26T10:00:00Z"), sign(&new, "2026-11-26T10:00:00Z"));
        // A second rotation forgets the first secret.
        let third = both.rotated(Secret([3; 32]), ends);
        assert!(!sign(&third, now).contains(&sign(&old, now)));
    }

    #[test]
    fn a_secret_is_shown_in_the_libraries_form_and_never_by_debug() {
        assert_eq!(Secret([0; 32]).reveal(), "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=");
        assert_eq!(format!("{:?}", Secret([7; 32])), "Secret(…)");
    }
}
