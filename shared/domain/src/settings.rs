//! A tenant's settings: what the analysis and the reports ask of it.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::audits::rubric::{MAX_RUBRICS, READY, Rubric};
use crate::audits::{MAX_CONVERSATIONS, MAX_RECURRING, RecurringAudit};
use crate::context::journey::{self, JourneyStep};
use crate::context::prompt::{self, ActionRule};
use crate::fault::Fault;

/// Everything a tenant may set. A missing field takes its default, so an empty object is a complete document.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// IANA zone of the tenant's days and business hours.
    pub time_zone: String,
    /// First day of a week in reports.
    pub week_start: Day,
    /// When the team works; times "in business hours" count only these. Empty = around the clock.
    pub business_hours: Vec<OpeningHours>,
    /// Whom the tenant serves.
    pub business_model: BusinessModel,
    /// Targets used where a conversation brings none of its own.
    pub sla_targets: SlaTargets,
    /// Weights of the agent performance score; any non-negative numbers, their ratio counts.
    pub score_weights: ScoreWeights,
    /// Days that conversations are kept, 1–3650.
    #[schema(minimum = 1, maximum = 3650)]
    pub retention_days: u32,
    /// Steps of a customer's journey, by which engagement is measured; they hold for events that come from then on.
    pub journey: Vec<JourneyStep>,
    /// What a chatbot should do for a customer, and when.
    pub next_best_actions: Vec<ActionRule>,
    /// The tenant's own product, service and context tags.
    pub taxonomy: Vec<TaxonomyTag>,
    /// What the tenant sells more of: names and phrases that count as growth opportunities.
    pub growth_offers: Vec<GrowthOffer>,
    /// Names of competitors whose mention is a churn signal.
    pub competitors: Vec<String>,
    /// The tenant's own audit rubrics, any number of versions of each. Their names are their own: not those of the ready ones.
    pub rubrics: Vec<Rubric>,
    /// Audits that are made every week or month.
    pub recurring_audits: Vec<RecurringAudit>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            time_zone: "UTC".to_owned(),
            week_start: Day::Monday,
            business_hours: Vec::new(),
            business_model: BusinessModel::Both,
            sla_targets: SlaTargets::default(),
            score_weights: ScoreWeights::default(),
            retention_days: 365,
            journey: journey::default_journey(),
            next_best_actions: prompt::default_rules(),
            taxonomy: Vec::new(),
            growth_offers: Vec::new(),
            competitors: Vec::new(),
            rubrics: Vec::new(),
            recurring_audits: Vec::new(),
        }
    }
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[expect(missing_docs, reason = "the days of the week")]
pub enum Day {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl From<Day> for Weekday {
    fn from(day: Day) -> Self {
        match day {
            Day::Monday => Self::Monday,
            Day::Tuesday => Self::Tuesday,
            Day::Wednesday => Self::Wednesday,
            Day::Thursday => Self::Thursday,
            Day::Friday => Self::Friday,
            Day::Saturday => Self::Saturday,
            Day::Sunday => Self::Sunday,
        }
    }
}

/// One span of opening hours, in the tenant's zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpeningHours {
    /// The day.
    pub day: Day,
    /// Minutes after midnight at which it opens, 0–1439.
    #[schema(minimum = 0, maximum = 1439)]
    pub opens: u16,
    /// Minutes after midnight at which it closes, 1–1440, after `opens`.
    #[schema(minimum = 1, maximum = 1440)]
    pub closes: u16,
}

/// Whom the tenant serves: accounts, people, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum BusinessModel {
    /// Companies.
    B2B,
    /// People.
    B2C,
    /// Both.
    #[serde(rename = "both")]
    Both,
}

/// Service-level targets in minutes; `null` = none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct SlaTargets {
    /// First human reply.
    pub first_response_minutes: Option<u32>,
    /// Resolution.
    pub resolution_minutes: Option<u32>,
}

/// Weights of the four parts of the agent performance score.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreWeights {
    /// Predicted satisfaction.
    pub pcsat: f64,
    /// One minus the detection rate.
    pub detections: f64,
    /// Customer effort, inverted.
    pub effort: f64,
    /// Share resolved.
    pub resolution: f64,
}

impl Default for ScoreWeights {
    fn default() -> Self {
        Self { pcsat: 0.4, detections: 0.2, effort: 0.2, resolution: 0.2 }
    }
}

crate::conversation::words! {
    /// What a tag is about.
    TagKind {
        /// A product or a part of it.
        Product => "product",
        /// A service: delivery, billing, support itself.
        Service => "service",
        /// A circumstance: an event, a place, a season.
        Context => "context",
    }
}

/// A tag of the tenant's taxonomy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TaxonomyTag {
    /// Product, service or context.
    pub kind: TagKind,
    /// Group of tags, such as `billing`.
    pub area: String,
    /// The tag, unique within kind and area.
    pub name: String,
    /// Words and phrases that speak of it; the name itself always does.
    #[serde(default)]
    pub phrases: Vec<String>,
}

/// Something the tenant would sell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GrowthOffer {
    /// Name of the offer.
    pub name: String,
    /// Phrases that show interest in it.
    #[serde(default)]
    pub phrases: Vec<String>,
}

/// Most tags in a taxonomy.
pub const MAX_TAXONOMY: usize = 500;
/// Most phrases of one tag or offer.
pub const MAX_PHRASES: usize = 50;
/// Longest name, area or phrase, in characters.
pub const MAX_NAME: usize = 100;

impl Settings {
    /// The tenant's zone. Falls back to UTC for a zone that this build does not know, which [`Settings::faults`] keeps out.
    pub fn zone(&self) -> TimeZone {
        TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Everything wrong with the settings, by JSON pointer.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if TimeZone::get(&self.time_zone).is_err() {
            faults.push(Fault::new("/time_zone", "is not an IANA time zone, like Europe/Berlin"));
        }
        if !(1..=3650).contains(&self.retention_days) {
            faults.push(Fault::new("/retention_days", "must be between 1 and 3650"));
        }
        faults.extend(journey::faults(&self.journey));
        faults.extend(prompt::faults(&self.next_best_actions));
        if self.business_hours.len() > 21 {
            faults.push(Fault::new("/business_hours", "has more than 21 spans"));
        }
        for (i, hours) in self.business_hours.iter().enumerate() {
            if hours.opens >= hours.closes || hours.closes > 1440 {
                faults.push(Fault::new(
                    format!("/business_hours/{i}"),
                    "must open before it closes, within 0–1440 minutes",
                ));
            }
        }
        let w = self.score_weights;
        let weights =
            [("pcsat", w.pcsat), ("detections", w.detections), ("effort", w.effort), ("resolution", w.resolution)];
        for (name, weight) in weights {
            if !weight.is_finite() || weight < 0.0 {
                faults.push(Fault::new(format!("/score_weights/{name}"), "must be a number not below 0"));
            }
        }
        if weights.iter().all(|(_, weight)| *weight == 0.0) {
            faults.push(Fault::new("/score_weights", "must have a weight above 0"));
        }
        if self.taxonomy.len() > MAX_TAXONOMY {
            faults.push(Fault::new("/taxonomy", format!("has more than {MAX_TAXONOMY} tags")));
        }
        let mut seen = BTreeMap::new();
        for (i, tag) in self.taxonomy.iter().enumerate() {
            let at = format!("/taxonomy/{i}");
            check_name(&mut faults, &format!("{at}/area"), &tag.area);
            check_name(&mut faults, &format!("{at}/name"), &tag.name);
            check_phrases(&mut faults, &at, &tag.phrases);
            if let Some(first) = seen.insert((tag.kind, tag.area.as_str(), tag.name.as_str()), i) {
                faults.push(Fault::new(at, format!("repeats /taxonomy/{first}")));
            }
        }
        for (i, offer) in self.growth_offers.iter().enumerate() {
            let at = format!("/growth_offers/{i}");
            check_name(&mut faults, &format!("{at}/name"), &offer.name);
            check_phrases(&mut faults, &at, &offer.phrases);
        }
        if self.growth_offers.len() > MAX_TAXONOMY {
            faults.push(Fault::new("/growth_offers", format!("has more than {MAX_TAXONOMY} offers")));
        }
        for (i, name) in self.competitors.iter().enumerate() {
            check_name(&mut faults, &format!("/competitors/{i}"), name);
        }
        if self.competitors.len() > MAX_PHRASES {
            faults.push(Fault::new("/competitors", format!("has more than {MAX_PHRASES} names")));
        }
        self.audit_faults(&mut faults);
        faults
    }

    fn audit_faults(&self, faults: &mut Vec<Fault>) {
        if self.rubrics.len() > MAX_RUBRICS {
            faults.push(Fault::new("/rubrics", format!("has more than {MAX_RUBRICS} rubrics")));
        }
        let mut seen = BTreeMap::new();
        for (i, rubric) in self.rubrics.iter().enumerate() {
            let at = format!("/rubrics/{i}");
            faults.extend(rubric.faults(&at));
            if READY.contains(&rubric.name.as_str()) {
                faults.push(Fault::new(format!("{at}/name"), "is the name of a ready rubric; choose another"));
            }
            if let Some(first) = seen.insert((rubric.name.as_str(), rubric.version), i) {
                faults.push(Fault::new(at, format!("repeats name and version of /rubrics/{first}")));
            }
        }
        if self.recurring_audits.len() > MAX_RECURRING {
            faults.push(Fault::new("/recurring_audits", format!("has more than {MAX_RECURRING} audits")));
        }
        let mut seen = BTreeMap::new();
        for (i, audit) in self.recurring_audits.iter().enumerate() {
            let at = format!("/recurring_audits/{i}");
            if audit.sample.is_some_and(|sample| !(1..=MAX_CONVERSATIONS).contains(&sample)) {
                faults.push(Fault::new(format!("{at}/sample"), format!("must be between 1 and {MAX_CONVERSATIONS}")));
            }
            let own = self.rubrics.iter().any(|rubric| rubric.name == audit.rubric);
            if !own && !READY.contains(&audit.rubric.as_str()) {
                let detail = format!("is neither one of rubrics nor one of {}", READY.join(", "));
                faults.push(Fault::new(format!("{at}/rubric"), detail));
            }
            if let Some(first) = seen.insert((audit.rubric.as_str(), audit.every), i) {
                faults.push(Fault::new(at, format!("repeats /recurring_audits/{first}")));
            }
        }
    }

    /// Versions of rubrics that say something else than under the same name and version before: an audit names a version, so that
    /// it must always be the same.
    pub fn changed_rubrics(&self, before: &Self) -> Vec<Fault> {
        let changed = |rubric: &Rubric| {
            before.rubrics.iter().any(|old| old.name == rubric.name && old.version == rubric.version && old != rubric)
        };
        let rubrics = self.rubrics.iter().enumerate().filter(|(_, rubric)| changed(rubric));
        rubrics
            .map(|(i, rubric)| {
                let detail =
                    format!("is in use with other checks; make it version {}", rubric.version.saturating_add(1));
                Fault::new(format!("/rubrics/{i}/version"), detail)
            })
            .collect()
    }
}

fn check_name(faults: &mut Vec<Fault>, at: &str, name: &str) {
    let length = name.chars().count();
    if name.trim().is_empty() || length > MAX_NAME {
        faults.push(Fault::new(at, format!("must have 1–{MAX_NAME} characters")));
    }
}

fn check_phrases(faults: &mut Vec<Fault>, at: &str, phrases: &[String]) {
    if phrases.len() > MAX_PHRASES {
        faults.push(Fault::new(format!("{at}/phrases"), format!("has more than {MAX_PHRASES} phrases")));
    }
    for (i, phrase) in phrases.iter().enumerate() {
        check_name(faults, &format!("{at}/phrases/{i}"), phrase);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid_and_an_empty_object_is_the_default() {
        assert_eq!(Settings::default().faults(), []);
        assert_eq!(serde_json::from_str::<Settings>("{}").unwrap(), Settings::default());
    }

    #[test]
    fn every_fault_is_named() {
        let mut settings = Settings { time_zone: "Mars/Olympus".into(), retention_days: 0, ..Settings::default() };
        settings.business_hours.push(OpeningHours { day: Day::Monday, opens: 600, closes: 600 });
        let tag =
            TaxonomyTag { kind: TagKind::Product, area: "a".into(), name: " ".into(), phrases: vec![String::new()] };
        settings.taxonomy = vec![tag.clone(), tag];
        let pointers: Vec<String> = settings.faults().into_iter().map(|fault| fault.pointer).collect();
        for expected in [
            "/time_zone",
            "/retention_days",
            "/business_hours/0",
            "/taxonomy/0/name",
            "/taxonomy/0/phrases/0",
            "/taxonomy/1/name",
            "/taxonomy/1",
        ] {
            assert!(pointers.iter().any(|pointer| pointer == expected), "{expected} not in {pointers:?}");
        }
    }
}
