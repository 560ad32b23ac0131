//! Parameters that history and prompt share, and what they read.

use api::{Code, Problem, Query};
use domain::access::Tenant;
use domain::context::session::Session;
use domain::failure::Failure;
use jiff::{SignedDuration, Timestamp};
use store::ContactDigest;

use crate::Deps;

/// Most intents of an answer.
const MAX_INTENTS: u64 = 100;
/// Intents of an answer when the caller does not say, as the seed has it.
const DEFAULT_INTENTS: u64 = 10;
/// Most sessions that are looked at: what one call to the table can carry.
const MAX_SESSIONS: u64 = 100;
/// Sessions that are looked at when the caller does not say.
const DEFAULT_SESSIONS: u64 = 50;
/// Longest time range: ten years, as long as events can be kept.
const MAX_HOURS: u64 = 24 * 3_650;

/// What is asked of a customer's history.
pub(crate) struct Asked {
    /// Most intents.
    pub(crate) limit: usize,
    /// Most sessions.
    pub(crate) sessions: i32,
    /// Where the time range begins; `None` = everything that is kept.
    pub(crate) since: Option<Timestamp>,
}

impl Asked {
    /// Takes `limit`, `time_range` and `sessions_limit`; faults are left in the query.
    pub(crate) fn of(query: &mut Query, now: Timestamp) -> Self {
        let limit = query.number("limit", 1..=MAX_INTENTS).unwrap_or(DEFAULT_INTENTS);
        let sessions = query.number("sessions_limit", 1..=MAX_SESSIONS).unwrap_or(DEFAULT_SESSIONS);
        let since = query.one("time_range").and_then(|text| {
            let hours = hours(&text);
            if hours.is_none() {
                query.fault(
                    "time_range",
                    "must be a number of hours, days or weeks up to ten years, like 24h, 7d or 4w",
                );
            }
            now.checked_sub(SignedDuration::from_hours(hours?)).ok()
        });
        Self { limit: usize::try_from(limit).unwrap_or(1), sessions: i32::try_from(sessions).unwrap_or(1), since }
    }
}

/// Hours of `24h`, `7d`, `4w`.
fn hours(text: &str) -> Option<i64> {
    let unit = text.chars().last()?;
    let hours = match unit {
        'h' => 1,
        'd' => 24,
        'w' => 24 * 7,
        _ => return None,
    };
    let digits = text.strip_suffix(unit)?;
    let is_number = digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0');
    let count = digits.parse::<u64>().ok().filter(|_| is_number)?;
    let hours = count.checked_mul(hours).filter(|hours| *hours <= MAX_HOURS)?;
    i64::try_from(hours).ok()
}

/// Refuses what is wrong with a query as the seed has it: with 400.
pub(crate) fn finish(query: Query) -> Result<(), Problem> {
    query.finish().map_err(|problem| problem.with_code(Code::Refused))
}

/// The digest under which the customer's things are kept.
pub(crate) async fn contact(deps: &Deps, tenant: &Tenant, customer_id: &str) -> Result<ContactDigest, Problem> {
    let key = deps.store.contact_key(tenant).await?.ok_or_else(Problem::not_found)?;
    Ok(key.contact(customer_id))
}

/// The customer's newest sessions. A customer without any is known if a support conversation is; `None` = unknown.
pub(crate) async fn sessions(
    deps: &Deps,
    tenant: &Tenant,
    contact: &ContactDigest,
    asked: &Asked,
) -> Result<Option<Vec<Session>>, Failure> {
    let sessions = deps.store.sessions_of_customer(tenant, contact, asked.sessions).await?;
    if sessions.is_empty() && deps.store.conversation_ids_of_contact(tenant, contact, 1).await?.is_empty() {
        return Ok(None);
    }
    Ok(Some(sessions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_ranges_are_hours_days_and_weeks() {
        for (text, expected) in [
            ("24h", Some(24)),
            ("7d", Some(168)),
            ("4w", Some(672)),
            ("3650d", Some(87_600)),
            ("3651d", None),
            ("7", None),
            ("d", None),
            ("0d", None),
            ("07d", None),
            ("-7d", None),
            ("+7d", None),
            ("7D", None),
            ("7 d", None),
            ("1.5d", None),
            ("7dd", None),
            ("7é", None),
            ("99999999999999999999d", None),
            ("9999999999999999999w", None),
        ] {
            assert_eq!(hours(text), expected, "{text}");
        }
    }
}
