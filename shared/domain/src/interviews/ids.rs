//! Ids of interviews: UUIDs, as the InsightAgent seed has them. Made as version 7 (RFC 9562, 5.7), so that they sort by time.

use std::fmt;

use serde::{Deserialize, Serialize};
use ulid::Ulid;

/// A UUID of version 7 with the time and the randomness of a ULID: both begin with the same 48 bits of Unix milliseconds.
const fn version_7(ulid: Ulid) -> u128 {
    const VERSION: u128 = 0xF << 76;
    const VARIANT: u128 = 0x3 << 62;
    (ulid.0 & !VERSION & !VARIANT) | (0x7 << 76) | (0x2 << 62)
}

fn print(bits: u128, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let group = |shift: u32, digits: u32| (bits >> shift) & ((1_u128 << (4 * digits)) - 1);
    write!(
        f,
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        group(96, 8),
        group(80, 4),
        group(64, 4),
        group(48, 4),
        group(0, 12)
    )
}

/// Eight, four, four, four and twelve hexadecimal digits.
fn parse(text: &str) -> Option<u128> {
    let lengths: Vec<usize> = text.split('-').map(str::len).collect();
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    let well_formed = lengths == [8, 4, 4, 4, 12] && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    if well_formed { u128::from_str_radix(&digits, 16).ok() } else { None }
}

macro_rules! uuids {
    ($($(#[$doc:meta])* $name:ident;)+) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct $name(u128);

            impl $name {
                /// The id made of a new ULID.
                pub const fn new(ulid: Ulid) -> Self {
                    Self(version_7(ulid))
                }

                /// Parses a UUID; `None` when it is not one.
                pub fn parse(text: &str) -> Option<Self> {
                    parse(text).map(Self)
                }
            }

            impl fmt::Display for $name {
                fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                    print(self.0, f)
                }
            }
        )+
    };
}

uuids! {
    /// An interview.
    InterviewId;
    /// One attempt to conduct an interview.
    SessionId;
}

/// An agent as callers configure it: one configuration for a phone and a web agent. The last two bits are free for the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentGroupId(u128);

const PLATFORM_BITS: u128 = 0b11;

impl AgentGroupId {
    /// The id made of a new ULID.
    pub const fn new(ulid: Ulid) -> Self {
        Self(version_7(ulid) & !PLATFORM_BITS)
    }

    /// A fixed id, for what every tenant has.
    pub(super) const fn fixed(number: u8) -> Self {
        Self((0x7 << 76) | (0x2 << 62) | ((number as u128) << 8))
    }

    /// Parses a group's UUID; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        parse(text).filter(|bits| bits & PLATFORM_BITS == 0).map(Self)
    }

    /// The agent of the group on a platform.
    pub fn on(self, platform: Platform) -> AgentId {
        AgentId { group: self, platform }
    }
}

impl fmt::Display for AgentGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        print(self.0, f)
    }
}

impl Serialize for AgentGroupId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for AgentGroupId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("not the id of an agent group"))
    }
}

/// One agent of a group. The id is the group's with the platform in its last bits, so that neither has to be looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AgentId {
    /// The group.
    pub group: AgentGroupId,
    /// The platform.
    pub platform: Platform,
}

impl AgentId {
    /// Parses an agent's UUID; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        let bits = parse(text)?;
        let platform = match bits & PLATFORM_BITS {
            1 => Platform::Phone,
            2 => Platform::Web,
            _ => return None,
        };
        Some(Self { group: AgentGroupId(bits & !PLATFORM_BITS), platform })
    }
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let platform = match self.platform {
            Platform::Phone => 1,
            Platform::Web => 2,
        };
        print(self.group.0 | platform, f)
    }
}

crate::conversation::words! {
    /// Where an interview is conducted.
    Platform {
        /// By telephone; a telephony platform conducts it and posts what is said.
        Phone => "PHONE",
        /// As a text interview that Hark conducts.
        Web => "WEB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_are_uuids_of_version_7_and_sort_by_time() {
        let id = InterviewId::new(Ulid::from_parts(0x0123_4567_89ab, u128::MAX));
        assert_eq!(id.to_string(), "01234567-89ab-7fff-bfff-ffffffffffff");
        let later = InterviewId::new(Ulid::from_parts(0x0123_4567_89ac, 0));
        assert!(id.to_string() < later.to_string());
    }

    proptest! {
        #[test]
        fn ids_round_trip(time in 0_u64..(1 << 48), random: u128) {
            let ulid = Ulid::from_parts(time, random);
            let (interview, group) = (InterviewId::new(ulid), AgentGroupId::new(ulid));
            prop_assert_eq!(InterviewId::parse(&interview.to_string()), Some(interview));
            prop_assert_eq!(AgentGroupId::parse(&group.to_string()), Some(group));
            for platform in [Platform::Phone, Platform::Web] {
                let agent = group.on(platform);
                prop_assert_eq!(AgentId::parse(&agent.to_string()), Some(agent));
                prop_assert_eq!(AgentGroupId::parse(&agent.to_string()), None);
            }
            prop_assert_eq!(AgentId::parse(&group.to_string()), None);
        }

        #[test]
        fn nothing_makes_parsing_panic(text in "\\PC{0,40}") {
            let _ = (InterviewId::parse(&text), AgentId::parse(&text), AgentGroupId::parse(&text));
        }
    }

    #[test]
    fn what_is_no_uuid_is_refused() {
        for bad in [
            "",
            "x",
            "0123456789ab7fffbfffffffffffffff",
            "0123456-789ab-7fff-bfff-ffffffffffff",
            "+1234567-89ab-7fff-bfff-ffffffffffff",
        ] {
            assert_eq!(InterviewId::parse(bad), None, "{bad}");
        }
    }
}
