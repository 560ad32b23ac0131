//! The reports once more, slow and obvious: each number from the whole list of conversations, without accumulators.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::analysis::{AgentKind, ChurnLevel, ResolutionState, Severity, Temperature, WarningKind};
use crate::facts::{AgentFacts, FactRow};
use crate::insights::buckets::Interval;
use crate::insights::context::Context;
use crate::insights::growth::recommendations::stable_id;
use crate::settings::TagKind;

pub(super) type Rows = Vec<(String, FactRow)>;
type Part<'a> = (&'a str, &'a FactRow, &'a AgentFacts);

const SKILLS: [&str; 6] = ["depth_of_knowledge", "sensitivity", "interpersonal", "clarity", "ownership", "efficiency"];

#[expect(clippy::cast_possible_truncation, reason = "test values are small")]
fn whole(score: f64) -> i128 {
    (score * 1000.0).round() as i128
}

#[expect(clippy::cast_precision_loss, reason = "test values are small")]
fn real(value: i128) -> f64 {
    value as f64
}

fn len<T>(items: &[T]) -> i128 {
    i128::try_from(items.len()).unwrap()
}

fn rounded(value: f64) -> f64 {
    let value = (value * 1000.0).round() / 1000.0;
    if value == 0.0 { 0.0 } else { value }
}

fn mean(scores: &[f64]) -> Option<f64> {
    let sum: i128 = scores.iter().map(|score| whole(*score)).sum();
    (!scores.is_empty()).then(|| real(sum) / real(len(scores)) / 1000.0)
}

fn variance(scores: &[f64]) -> Option<f64> {
    let n = len(scores);
    let sum: i128 = scores.iter().map(|score| whole(*score)).sum();
    let squares: i128 = scores.iter().map(|score| whole(*score) * whole(*score)).sum();
    (n > 0).then(|| real(n * squares - sum * sum) / real(n) / real(n) / 1_000_000.0)
}

fn total(scores: &[f64]) -> f64 {
    rounded(real(scores.iter().map(|score| whole(*score)).sum()) / 1000.0)
}

fn average(scores: &[f64]) -> Value {
    json!({"value": mean(scores).map(rounded), "n": scores.len()})
}

fn quotient(numerator: usize, denominator: usize) -> Option<f64> {
    let value = real(numerator as i128) / real(denominator as i128);
    (denominator > 0).then(|| (value * 10_000.0).round() / 10_000.0)
}

fn rate(numerator: usize, denominator: usize) -> Value {
    json!({"value": quotient(numerator, denominator), "numerator": numerator, "denominator": denominator})
}

fn percentile(values: &[u64], percent: usize) -> Option<u64> {
    let mut values = values.to_vec();
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100).max(1);
    values.get(rank - 1).copied()
}

fn merged(mut one: Value, other: Value) -> Value {
    let Value::Object(other) = other else { panic!("no object") };
    one.as_object_mut().unwrap().extend(other);
    one
}

/// The greatest weights first, ties by id; five of them.
fn top(mut all: Vec<(i128, String)>) -> Vec<String> {
    all.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    all.into_iter().map(|(_, id)| id).take(5).collect()
}

/// Who belongs, read off the parameters one by one.
pub(super) fn belongs(id: &str, row: &FactRow, context: &Context) -> bool {
    let f = &context.filter;
    let among = |wanted: &[String], found: &Option<String>| match found {
        _ if wanted.is_empty() => true,
        None => false,
        Some(found) => wanted.contains(found),
    };
    let tags: Vec<&String> = row.tags.iter().chain(row.topics.iter().map(|topic| &topic.2)).collect();
    let agents: Vec<&String> = row.agents.iter().map(|facts| &facts.id).chain(&row.assignee_id).collect();
    let mut kinds = Vec::new();
    if row.agent_messages > 0 {
        kinds.push(AgentKind::Human);
    }
    if row.bot_messages > 0 {
        kinds.push(AgentKind::Bot);
    }
    assert!(!id.is_empty());
    among(&f.channel_types, &row.channel_type)
        && among(&f.team_ids, &row.team_id)
        && among(&f.languages, &row.language)
        && (f.tags.is_empty() || tags.iter().any(|tag| f.tags.contains(tag)))
        && (f.agent_ids.is_empty() || agents.iter().any(|agent| f.agent_ids.contains(agent)))
        && (f.participants.is_empty() || kinds.iter().any(|kind| f.participants.contains(kind)))
        && (f.statuses.is_empty() || row.status.is_some_and(|status| f.statuses.contains(&status)))
        && (f.priorities.is_empty() || row.priority.is_some_and(|priority| f.priorities.contains(&priority)))
        && (f.temperatures.is_empty() || row.temperature.is_some_and(|value| f.temperatures.contains(&value)))
        && (f.severities.is_empty() || row.severity.is_some_and(|severity| f.severities.contains(&severity)))
        && f.custom.iter().all(|(field, values)| {
            row.custom.iter().any(|(name, value)| name == field && values.iter().any(|wanted| wanted == value))
        })
}

/// The question with its conversations: those of the period, and those up to 90 days before.
pub(super) struct Asked<'a> {
    context: &'a Context,
    rows: Vec<(&'a str, &'a FactRow)>,
    reach: Vec<(&'a str, &'a FactRow)>,
}

fn scores<'a>(rows: impl IntoIterator<Item = &'a FactRow>, score: fn(&FactRow) -> Option<f64>) -> Vec<f64> {
    rows.into_iter().filter_map(score).collect()
}

fn ended(state: Option<ResolutionState>) -> Option<bool> {
    match state {
        Some(ResolutionState::Resolved) => Some(true),
        Some(ResolutionState::Unresolved) => Some(false),
        _ => None,
    }
}

fn outcome(part: &Part<'_>) -> Option<bool> {
    ended(if part.2.kind == AgentKind::Human { part.1.resolution_human } else { part.1.resolution_bot })
}

fn of_outcomes(parts: &[Part<'_>]) -> (usize, usize) {
    let ends: Vec<bool> = parts.iter().filter_map(outcome).collect();
    (ends.iter().filter(|end| **end).count(), ends.len())
}

impl<'a> Asked<'a> {
    pub(super) fn new(rows: &'a Rows, context: &'a Context) -> Self {
        let all = || rows.iter().map(|(id, row)| (id.as_str(), row)).filter(|(id, row)| belongs(id, row, context));
        let first = context.from.as_nanosecond() - 90 * 86_400 * 1_000_000_000;
        Self {
            context,
            rows: all().filter(|(_, row)| context.from <= row.created_at && row.created_at < context.to).collect(),
            reach: all()
                .filter(|(_, row)| row.created_at.as_nanosecond() >= first && row.created_at < context.to)
                .collect(),
        }
    }

    fn facts(&self) -> impl Iterator<Item = &'a FactRow> {
        self.rows.iter().map(|(_, row)| *row)
    }

    fn later(&self, row: &FactRow) -> bool {
        let (from, to) = (self.context.from.as_nanosecond(), self.context.to.as_nanosecond());
        row.created_at.as_nanosecond() - from >= to - row.created_at.as_nanosecond()
    }

    fn uids<'b>(&self, mut value: Value, ids: impl IntoIterator<Item = &'b str>) -> Value {
        if self.context.uids {
            let ids: BTreeSet<&str> = ids.into_iter().collect();
            value["conversation_uids"] = json!(ids);
        }
        value
    }

    fn wants(&self, facts: &AgentFacts) -> bool {
        let filter = &self.context.filter;
        (filter.agent_ids.is_empty() || filter.agent_ids.contains(&facts.id))
            && (filter.participants.is_empty() || filter.participants.contains(&facts.kind))
    }

    /// By agent and kind: its parts in the period's conversations.
    fn agents(&self) -> Vec<((&'a str, AgentKind), Vec<Part<'a>>)> {
        let mut parts: BTreeMap<(&str, AgentKind), Vec<Part<'_>>> = BTreeMap::new();
        for (id, row) in &self.rows {
            for facts in row.agents.iter().filter(|facts| self.wants(facts)) {
                parts.entry((&facts.id, facts.kind)).or_default().push((id, row, facts));
            }
        }
        parts.into_iter().collect()
    }

    fn head(&self, (id, kind): (&str, AgentKind), parts: &[Part<'_>]) -> Value {
        let head = json!({"agent_id": id, "name": null, "kind": kind, "n": parts.len()});
        self.uids(head, parts.iter().map(|part| part.0))
    }

    fn with_agents(&self) -> usize {
        self.rows.iter().filter(|(_, row)| !row.agents.is_empty()).count()
    }

    fn agent_report(&self, row: impl Fn((&str, AgentKind), &[Part<'_>]) -> Value) -> Value {
        let agents = self.agents();
        let rows: Vec<Value> =
            agents.iter().map(|(key, parts)| merged(self.head(*key, parts), row(*key, parts))).collect();
        json!({"totals": {"agents": rows.len(), "conversations": self.with_agents()}, "rows": rows})
    }

    // ---- buckets ----

    fn label(&self, at: Timestamp) -> String {
        let (zone, context) = (&self.context.zone, self.context);
        let local = zone.to_datetime(at);
        let mut day = local.date();
        match context.interval {
            Interval::Hour => {
                let offset = zone.to_offset(at).seconds();
                let (sign, minutes) = (if offset < 0 { '-' } else { '+' }, offset.abs() / 60);
                return format!("{day}T{:02}:00{sign}{:02}:{:02}", local.hour(), minutes / 60, minutes % 60);
            }
            Interval::Day => {}
            Interval::Week => {
                while day.weekday() != context.week {
                    day = day.yesterday().unwrap();
                }
            }
            Interval::Month => {
                while day.day() != 1 {
                    day = day.yesterday().unwrap();
                }
            }
        }
        day.to_string()
    }

    /// Every bucket with its first instant, found by looking at each quarter of an hour.
    fn buckets(&self) -> Vec<(String, Timestamp)> {
        let mut found: Vec<(String, Timestamp)> = Vec::new();
        let mut second = self.context.from.as_second();
        while second < self.context.to.as_second() {
            let at = Timestamp::from_second(second).unwrap();
            let label = self.label(at);
            if found.last().is_none_or(|(last, _)| *last != label) {
                found.push((label, at));
            }
            second += 900;
        }
        found
    }

    fn series(&self, row: impl Fn(&str, &[(&str, &FactRow)]) -> Value) -> Vec<Value> {
        let line = |(label, start): (String, Timestamp)| {
            let inside: Vec<(&str, &FactRow)> =
                self.rows.iter().copied().filter(|(_, row)| self.label(row.created_at) == label).collect();
            merged(json!({"bucket": label, "start": start.to_string()}), row(&label, &inside))
        };
        self.buckets().into_iter().map(line).collect()
    }

    // ---- the reports ----

    pub(super) fn answer(&self, name: &str) -> Value {
        let answer = match name {
            "agent-roster" => self.roster(),
            "agent-performance-score" => self.performance(),
            "agent-capability-profile" => self.capability(),
            "agent-skill-match" => self.skill_match(),
            "agent-detection-rates" => self.detections(),
            "agent-volume-assessments" => self.volume(),
            "agent-effort" => self.effort(),
            "agent-contribution" => self.contribution(),
            "agent-assessment-conversation-uids" => self.assessments(),
            "agent-training-recommendations" => self.training(),
            "customers-at-risk" => self.at_risk("account_id", |row| row.account_id.as_deref()),
            "users-at-risk" => self.at_risk("contact_id", |row| row.contact_id.as_deref()),
            "customer-monitoring" => self.monitoring(),
            "customer-monitoring-chart" => self.chart(),
            "pcsat" => self.pcsat(),
            "customer-temperature" => self.temperature(),
            "temperature-evolution" => self.evolution(),
            "average-growth-opportunities-mentions" => {
                self.mentions(|row| row.growth.iter().map(|kind| kind.as_str().to_owned()).collect())
            }
            "average-information-shares-per-conversation" => {
                self.mentions(|row| row.shares.iter().map(|(_, kind)| kind.clone()).collect())
            }
            "tenant-recommendations" => self.recommendations(),
            _ => panic!("{name} has no oracle"),
        };
        merged(answer, json!({"n": self.rows.len()}))
    }

    fn roster(&self) -> Value {
        let context = self.context;
        let horizon = if context.now < context.to { context.now } else { context.to };
        let closed: Vec<&FactRow> = self
            .reach
            .iter()
            .map(|(_, row)| *row)
            .filter(|row| row.last_closed_at.is_some_and(|at| context.from <= at && at < context.to))
            .collect();
        let contacts: BTreeSet<&String> = closed.iter().filter_map(|row| row.contact_id.as_ref()).collect();
        let assigned = |id: &str| self.facts().filter(|row| row.assignee_id.as_deref() == Some(id)).count();
        let agents = self.agents();
        let mut rows: Vec<((String, u8), Value)> = Vec::new();
        for (key, parts) in &agents {
            let twin = key.1 == AgentKind::Bot && agents.iter().any(|(other, _)| *other == (key.0, AgentKind::Human));
            let last = parts.iter().map(|part| part.2.last_at).max().unwrap();
            let active = last.as_nanosecond() >= horizon.as_nanosecond() - 30 * 86_400 * 1_000_000_000;
            let channels: BTreeSet<&String> = parts.iter().filter_map(|part| part.1.channel_type.as_ref()).collect();
            let (resolved, of) = of_outcomes(parts);
            let row = json!({
                "state": if active { "active" } else { "former" },
                "assigned": if twin { 0 } else { assigned(key.0) },
                "messages": parts.iter().map(|part| part.2.messages).sum::<u32>(),
                "channels": channels,
                "first_active_at": parts.iter().map(|part| part.2.first_at).min().unwrap().to_string(),
                "last_active_at": last.to_string(),
                "pcsat": average(&scores(parts.iter().map(|part| part.1), |row| row.pcsat)),
                "resolved": rate(resolved, of),
            });
            let place = u8::from(key.1 == AgentKind::Bot);
            rows.push(((key.0.to_owned(), place), merged(self.head(*key, parts), row)));
        }
        let wrote: BTreeSet<&str> = agents.iter().map(|((id, _), _)| *id).collect();
        let silent: BTreeSet<&str> = self.facts().filter_map(|row| row.assignee_id.as_deref()).collect();
        for id in silent.difference(&wrote) {
            let filter = &context.filter;
            if filter.participants.is_empty()
                && (filter.agent_ids.is_empty() || filter.agent_ids.iter().any(|a| a == id))
            {
                let head = json!({"agent_id": id, "name": null, "kind": null, "n": 0});
                let row = json!({
                    "state": "unknown", "assigned": assigned(id), "messages": 0, "channels": [], "first_active_at": null,
                    "last_active_at": null, "pcsat": average(&[]), "resolved": rate(0, 0),
                });
                rows.push((((*id).to_owned(), 0), merged(self.uids(head, []), row)));
            }
        }
        rows.sort_by(|a, b| a.0.cmp(&b.0));
        let rows: Vec<Value> = rows.into_iter().map(|(_, row)| row).collect();
        json!({
            "totals": {
                "agents": rows.len(),
                "conversations": self.with_agents(),
                "resolutions": {
                    "events": closed.iter().map(|row| row.closed_count).sum::<u32>(),
                    "reopened": closed.iter().map(|row| row.reopen_count).sum::<u32>(),
                    "conversations": closed.len(),
                    "contacts": contacts.len(),
                },
            },
            "rows": rows,
        })
    }

    fn performance(&self) -> Value {
        let w = self.context.weights;
        let weights = [w.pcsat, w.detections, w.effort, w.resolution];
        let joined = |parts: &[Option<f64>]| {
            let known = || parts.iter().zip(weights).filter_map(|(part, weight)| Some(((*part)?, weight)));
            let all: f64 = known().map(|(_, weight)| weight).fold(0.0, |a, b| a + b);
            let sum = known().map(|(part, weight)| weight * part).fold(0.0, |a, b| a + b);
            (all > 0.0).then(|| 100.0 * sum / all)
        };
        let cut = |value: f64| value.clamp(0.0, 1.0);
        let parts_of = |parts: &[Part<'_>]| -> Vec<(Option<f64>, usize)> {
            let pcsat = scores(parts.iter().map(|part| part.1), |row| row.pcsat);
            let effort = scores(parts.iter().map(|part| part.1), |row| row.effort);
            let found: u32 = parts.iter().flat_map(|part| part.2.detections).sum();
            let (resolved, of) = of_outcomes(parts);
            vec![
                (mean(&pcsat).map(|mean| cut((mean - 1.0) / 4.0)), pcsat.len()),
                (Some(cut(1.0 - f64::from(found) / real(len(parts)))), parts.len()),
                (mean(&effort).map(|mean| cut(1.0 - mean / 100.0)), effort.len()),
                ((of > 0).then(|| real(resolved as i128) / real(of as i128)), of),
            ]
        };
        let values = |parts: &[(Option<f64>, usize)]| parts.iter().map(|(value, _)| *value).collect::<Vec<_>>();
        let agents = self.agents();
        self.agent_report(|key, mine| {
            let of_kind: Vec<Part<'_>> =
                agents.iter().filter(|(other, _)| other.1 == key.1).flat_map(|(_, parts)| parts.clone()).collect();
            let team = joined(&values(&parts_of(&of_kind)));
            let parts = parts_of(mine);
            let raw = joined(&values(&parts));
            let n = real(len(mine));
            let score = raw.zip(team).map(|(raw, team)| (n * raw + 10.0 * team) / (n + 10.0));
            let each: Vec<f64> = mine
                .iter()
                .filter(|part| part.1.not_scored.is_none())
                .filter_map(|part| {
                    let clean = part.2.detections == [0; 3];
                    joined(&[
                        part.1.pcsat.map(|pcsat| cut((pcsat - 1.0) / 4.0)),
                        Some(f64::from(u8::from(clean))),
                        part.1.effort.map(|effort| cut(1.0 - effort / 100.0)),
                        outcome(part).map(|resolved| f64::from(u8::from(resolved))),
                    ])
                })
                .collect();
            let half = (each.len() >= 2).then(|| 1.96 * (variance(&each).unwrap() / (real(len(&each)) + 10.0)).sqrt());
            let end = |sign: f64| Some(rounded((score? + sign * half?).clamp(0.0, 100.0)));
            let all = parts.iter().zip(weights).filter(|(part, _)| part.0.is_some()).fold(0.0, |sum, (_, w)| sum + w);
            let shown: Vec<Value> = parts
                .iter()
                .zip(weights)
                .map(|((value, n), weight)| {
                    let weight = if value.is_some() && all > 0.0 { rounded(weight / all) } else { 0.0 };
                    json!({"value": value.map(|value| rounded(value * 100.0)), "weight": weight, "n": n})
                })
                .collect();
            json!({
                "score": score.map(rounded), "raw_score": raw.map(rounded), "team_score": team.map(rounded),
                "low": end(-1.0), "high": end(1.0),
                "parts": {"pcsat": shown[0], "detections": shown[1], "effort": shown[2], "resolution": shown[3]},
            })
        })
    }

    fn by_skill(parts: &[Part<'_>], one: impl Fn(usize, &[Part<'_>]) -> Value) -> Value {
        let skills = SKILLS.iter().enumerate().map(|(place, skill)| ((*skill).to_owned(), one(place, parts)));
        Value::Object(skills.collect::<Map<String, Value>>())
    }

    fn capability(&self) -> Value {
        self.agent_report(|_, parts| {
            json!({"skills": Self::by_skill(parts, |place, parts| {
                let shown: Vec<(&Part<'_>, f64)> = parts.iter().filter_map(|part| Some((part, part.2.skills[place]?))).collect();
                let all: Vec<f64> = shown.iter().map(|(_, score)| *score).collect();
                let half = |later: bool| -> Vec<f64> {
                    shown.iter().filter(|(part, _)| self.later(part.1) == later).map(|(_, score)| *score).collect()
                };
                let trend = mean(&half(true)).zip(mean(&half(false))).map(|(later, earlier)| rounded(later - earlier));
                let ranked = |sign: i128| top(shown.iter().map(|(part, score)| (sign * whole(*score), part.0.to_owned())).collect());
                json!({
                    "mean": mean(&all).map(rounded), "spread": variance(&all).map(|variance| rounded(variance.sqrt())),
                    "n": all.len(), "trend": trend, "best": ranked(1).first(), "weakest": ranked(-1).first(),
                })
            })})
        })
    }

    /// Where both are known: (part, required, shown).
    fn pairs<'b, 'c>(place: usize, parts: &'b [Part<'c>]) -> Vec<(&'b Part<'c>, f64, f64)> {
        let both = |part: &'b Part<'c>| Some((part, part.2.required[place]?, part.2.skills[place]?));
        parts.iter().filter_map(both).collect()
    }

    fn gap(required: f64, shown: f64) -> f64 {
        real((whole(required) - whole(shown)).max(0)) / 1000.0
    }

    fn skill_match(&self) -> Value {
        self.agent_report(|_, parts| {
            let gaps: Vec<f64> = (0..6)
                .flat_map(|place| {
                    Self::pairs(place, parts).into_iter().map(|(_, r, s)| Self::gap(r, s)).collect::<Vec<_>>()
                })
                .collect();
            json!({
                "match": mean(&gaps).map(|mean| rounded((100.0 - mean).clamp(0.0, 100.0))),
                "skills": Self::by_skill(parts, |place, parts| {
                    let pairs = Self::pairs(place, parts);
                    let required: Vec<f64> = pairs.iter().map(|(_, required, _)| *required).collect();
                    let shown: Vec<f64> = pairs.iter().map(|(_, _, shown)| *shown).collect();
                    json!({
                        "required": mean(&required).map(rounded), "shown": mean(&shown).map(rounded),
                        "gap": mean(&required).zip(mean(&shown)).map(|(required, shown)| rounded(required - shown)),
                        "n": pairs.len(), "missed": pairs.iter().filter(|(_, r, s)| Self::gap(*r, *s) > 0.0).count(),
                    })
                }),
            })
        })
    }

    fn detections(&self) -> Value {
        self.agent_report(|_, parts| {
            let one = |place: usize| {
                let found: u32 = parts.iter().map(|part| part.2.detections[place]).sum();
                json!({
                    "per_100": rounded(100.0 * f64::from(found) / real(len(parts))), "numerator": found,
                    "denominator": parts.len(),
                    "conversations": parts.iter().filter(|part| part.2.detections[place] > 0).count(),
                })
            };
            json!({"override": one(0), "inconsistency": one(1), "correction": one(2)})
        })
    }

    fn volume(&self) -> Value {
        self.agent_report(|_, parts| {
            let mut days: BTreeMap<String, Vec<&FactRow>> = BTreeMap::new();
            for part in parts {
                let day = self.context.zone.to_datetime(part.1.created_at).date().to_string();
                days.entry(day).or_default().push(part.1);
            }
            let loads: Vec<u64> = days.values().map(|rows| rows.len() as u64).collect();
            let median = percentile(&loads, 50).unwrap();
            let busy = |busy: bool| -> Vec<f64> {
                let days = days.values().filter(|rows| (rows.len() as u64 > median) == busy);
                scores(days.flatten().copied(), |row| row.pcsat)
            };
            let rows = || parts.iter().map(|part| part.1);
            let (effort, complexity) = (scores(rows(), |row| row.effort), scores(rows(), |row| row.complexity));
            let (resolved, of) = of_outcomes(parts);
            json!({
                "active_days": days.len(), "per_active_day": rounded(real(len(parts)) / real(days.len() as i128)),
                "total_effort": total(&effort), "effort": average(&effort), "complexity": average(&complexity),
                "complexity_variance": variance(&complexity).map(rounded),
                "pcsat": average(&scores(rows(), |row| row.pcsat)),
                "pcsat_busy_days": average(&busy(true)), "pcsat_other_days": average(&busy(false)),
                "resolved": rate(resolved, of),
            })
        })
    }

    fn effort(&self) -> Value {
        let mut answer = self.agent_report(|_, parts| {
            let replies: Vec<u64> = parts.iter().flat_map(|part| part.2.reply_seconds.clone()).collect();
            let messages: u32 = parts.iter().map(|part| part.2.messages).sum();
            json!({
                "messages": messages,
                "messages_per_conversation": rounded(f64::from(messages) / real(len(parts))),
                "words": parts.iter().map(|part| part.2.words).sum::<u32>(),
                "replies": replies.len(),
                "reply_median_seconds": percentile(&replies, 50), "reply_p90_seconds": percentile(&replies, 90),
                "complexity": average(&scores(parts.iter().map(|part| part.1), |row| row.complexity)),
                "customer_effort": average(&scores(parts.iter().map(|part| part.1), |row| row.effort)),
            })
        });
        let duration = |pick: fn(&FactRow) -> Option<(u64, u64)>| {
            let all: Vec<(u64, u64)> = self.facts().filter_map(pick).collect();
            let seconds = |second: fn(&(u64, u64)) -> u64| -> Vec<f64> {
                all.iter().map(|pair| real(i128::from(second(pair)))).collect()
            };
            json!({
                "seconds": mean(&seconds(|pair| pair.0)).map(rounded),
                "business_seconds": mean(&seconds(|pair| pair.1)).map(rounded), "n": all.len(),
            })
        };
        let more = json!({
            "first_response_human": duration(|row| row.first_response_human),
            "first_response_bot": duration(|row| row.first_response_bot),
            "resolution": duration(|row| row.resolution_time),
            "resolution_human": duration(|row| row.resolution_time_human),
            "handle_human": duration(|row| row.handle_human), "handle_bot": duration(|row| row.handle_bot),
            "waiting": self.facts().filter(|row| row.waiting_since.is_some()).count(),
        });
        answer["totals"] = merged(answer["totals"].clone(), more);
        answer
    }

    fn contribution(&self) -> Value {
        let leader_of = |row: &'a FactRow| -> Option<&'a AgentFacts> {
            let mut all: Vec<&AgentFacts> = row.agents.iter().collect();
            all.sort_by(|a, b| {
                let assigned = |facts: &AgentFacts| row.assignee_id.as_ref() == Some(&facts.id);
                assigned(b)
                    .cmp(&assigned(a))
                    .then(b.messages.cmp(&a.messages))
                    .then_with(|| a.id.cmp(&b.id))
                    .then(a.kind.cmp(&b.kind))
            });
            all.first().copied()
        };
        let led: Vec<(&FactRow, &AgentFacts)> = self.facts().filter_map(|row| Some((row, leader_of(row)?))).collect();
        let growth: usize = led.iter().map(|(row, _)| row.growth.len()).sum();
        let shares: usize = self.facts().map(|row| row.shares.len()).sum();
        let team = scores(led.iter().map(|(row, _)| *row), |row| row.pcsat);
        let rows: Vec<Value> = self
            .agents()
            .iter()
            .map(|(key, parts)| {
                let mine: Vec<&FactRow> = led
                    .iter()
                    .filter(|(_, leader)| (leader.id.as_str(), leader.kind) == *key)
                    .map(|(row, _)| *row)
                    .collect();
                let own: usize = mine.iter().map(|row| row.growth.len()).sum();
                let volunteered: usize = parts
                    .iter()
                    .filter(|part| {
                        let human = |facts: &AgentFacts| facts.id == key.0 && facts.kind == AgentKind::Human;
                        key.1 == AgentKind::Human || !part.1.agents.iter().any(human)
                    })
                    .map(|part| part.1.shares.iter().filter(|(id, _)| id.as_deref() == Some(key.0)).count())
                    .sum();
                let pcsat = scores(mine.iter().copied(), |row| row.pcsat);
                let expected = |all: usize| {
                    if led.is_empty() { 0.0 } else { rounded(real(len(&mine)) / real(len(&led)) * real(all as i128)) }
                };
                let points = mean(&team).zip(mean(&pcsat)).map(|(team, own)| rounded((own - team) * real(len(&pcsat))));
                let row = json!({
                    "led": rate(mine.len(), led.len()), "growth": rate(own, growth), "growth_expected": expected(growth),
                    "information_shares": rate(volunteered, shares), "information_shares_expected": expected(shares),
                    "pcsat_points": points, "pcsat_n": pcsat.len(),
                });
                merged(self.head(*key, parts), row)
            })
            .collect();
        let totals = json!({
            "agents": rows.len(), "led": led.len(), "growth": growth, "information_shares": shares,
            "pcsat": mean(&team).map(rounded),
        });
        json!({"totals": totals, "rows": rows})
    }

    fn assessments(&self) -> Value {
        let names = ["override", "inconsistency", "correction"];
        let mut found: Vec<Part<'_>> = self.agents().into_iter().flat_map(|(_, parts)| parts).collect();
        found.retain(|part| {
            let skill = self.context.skill.is_none_or(|skill| {
                let place = SKILLS.iter().position(|name| *name == skill.as_str()).unwrap();
                part.2.skills[place].is_some()
            });
            let detection = self.context.detection.is_none_or(|kind| {
                let place = names.iter().position(|name| *name == kind.as_str()).unwrap();
                part.2.detections[place] > 0
            });
            skill && detection
        });
        found.sort_by(|a, b| {
            b.1.created_at.cmp(&a.1.created_at).then_with(|| (a.0, &a.2.id, a.2.kind).cmp(&(b.0, &b.2.id, b.2.kind)))
        });
        let rows: Vec<Value> = found
            .iter()
            .map(|part| {
                let detections: Vec<&str> =
                    names.iter().zip(part.2.detections).filter(|(_, n)| *n > 0).map(|(name, _)| *name).collect();
                json!({
                    "conversation_uid": part.0, "created_at": part.1.created_at.to_string(), "agent_id": part.2.id,
                    "kind": part.2.kind, "detections": detections,
                    "skills": Self::by_skill(&[*part], |place, parts| json!(parts[0].2.skills[place])),
                })
            })
            .collect();
        let conversations: BTreeSet<&str> = found.iter().map(|part| part.0).collect();
        json!({"totals": {"total": rows.len(), "conversations": conversations.len()}, "rows": rows})
    }

    fn training(&self) -> Value {
        let agents = self.agents();
        let mut rows: Vec<(i128, String, Value)> = Vec::new();
        for (key, parts) in &agents {
            for (place, skill) in SKILLS.iter().enumerate() {
                let pairs = Self::pairs(place, parts);
                let missed: Vec<_> = pairs.iter().filter(|(_, r, s)| Self::gap(*r, *s) > 0.0).collect();
                let gaps: Vec<f64> = missed.iter().map(|(_, r, s)| Self::gap(*r, *s)).collect();
                let mean_gap = if gaps.is_empty() { 0.0 } else { rounded(total(&gaps) / real(len(&gaps))) };
                if missed.len() < 3 || mean_gap < 5.0 {
                    continue;
                }
                let name = skill.replace('_', " ");
                let (action, title) = match key.1 {
                    AgentKind::Human => ("coach", format!("Coach on {name}")),
                    AgentKind::Bot if place == 0 => ("extend_knowledge", "Extend the bot's knowledge".to_owned()),
                    AgentKind::Bot => ("change_goal", format!("Change the bot's goal for {name}")),
                };
                let pcsat = |below: bool| {
                    let rows =
                        pairs.iter().filter(|(_, r, s)| (Self::gap(*r, *s) > 0.0) == below).map(|(part, ..)| part.1);
                    average(&scores(rows, |row| row.pcsat))
                };
                let id = stable_id("trn", &[key.1.as_str(), key.0, skill]);
                let row = json!({
                    "id": id, "skill": skill, "action": action, "title": title, "affected": missed.len(),
                    "why": format!("In {} of {} conversations {name} was below what they asked for, by {mean_gap} points on average.", missed.len(), pairs.len()),
                    "mean_gap": mean_gap, "impact": total(&gaps), "pcsat_missed": pcsat(true), "pcsat_met": pcsat(false),
                    "evidence": top(missed.iter().map(|(part, r, s)| (whole(Self::gap(*r, *s)), part.0.to_owned())).collect()),
                });
                rows.push((whole(total(&gaps)), id, merged(self.head(*key, parts), row)));
            }
        }
        rows.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let all = rows.iter().fold(0.0, |sum, (_, _, row)| sum + row["impact"].as_f64().unwrap());
        let who: BTreeSet<(String, String)> =
            rows.iter().map(|(_, _, row)| (row["agent_id"].to_string(), row["kind"].to_string())).collect();
        let rows: Vec<Value> = rows
            .into_iter()
            .enumerate()
            .map(|(place, (_, _, row))| {
                let share = row["impact"].as_f64().unwrap() / all;
                let priority = if share >= 0.25 {
                    "high"
                } else if share >= 0.1 {
                    "medium"
                } else {
                    "low"
                };
                merged(row, json!({"rank": place + 1, "priority": priority}))
            })
            .collect();
        json!({
            "totals": {"recommendations": rows.len(), "agents": who.len(), "roster": agents.len()},
            "rows": rows,
        })
    }

    fn temperatures<'b>(rows: impl Iterator<Item = &'b FactRow>) -> Value {
        let rows: Vec<&FactRow> = rows.collect();
        let count = |wanted: Option<Temperature>| rows.iter().filter(|row| row.temperature == wanted).count();
        json!({
            "hot": count(Some(Temperature::Hot)), "warm": count(Some(Temperature::Warm)),
            "cold": count(Some(Temperature::Cold)), "unknown": count(None),
        })
    }

    fn weight(&self, row: &FactRow) -> i128 {
        let Some((_, churn)) = row.churn else { return 0 };
        let severity = match row.severity {
            None => 0.5,
            Some(Severity::Low) => 0.4,
            Some(Severity::Medium) => 0.6,
            Some(Severity::High) => 0.8,
            Some(Severity::Critical) => 1.0,
        };
        let horizon = if self.context.now < self.context.to { self.context.now } else { self.context.to };
        let days = (horizon.as_second() - row.last_activity_at.as_second()).max(0) / 86_400;
        let mut decay = 1.0;
        for _ in 0..days.min(400) {
            decay *= 0.951_695_102_6;
        }
        whole(churn.clamp(0.0, 1.0) * severity * decay)
    }

    fn at_risk(&self, field: &str, of: fn(&FactRow) -> Option<&str>) -> Value {
        type Test = fn(&FactRow) -> bool;
        let customers: BTreeSet<&str> = self.facts().filter_map(of).collect();
        let mut rows: Vec<(f64, &str, Value)> = Vec::new();
        for customer in &customers {
            let mine: Vec<(&str, &FactRow)> =
                self.rows.iter().copied().filter(|(_, row)| of(row) == Some(customer)).collect();
            let mut weights: Vec<i128> = mine.iter().map(|(_, row)| self.weight(row)).collect();
            weights.sort_unstable();
            let kept = weights.iter().fold(1.0, |kept, weight| kept * (1.0 - real(*weight) / 1000.0));
            let half = |later: bool| mine.iter().filter(move |(_, row)| self.later(row) == later).map(|(_, row)| *row);
            let (earlier, later) = (half(false).count(), half(true).count());
            let (a, b) = (real(earlier as i128), real(later as i128));
            let score = rounded((100.0 * (1.0 - kept) * (1.0 + 0.5 * (b - a) / (a + b))).clamp(0.0, 100.0));
            if score <= 0.0 {
                continue;
            }
            let newest = |mut ids: Vec<(Timestamp, &str)>| -> Vec<String> {
                ids.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
                ids.into_iter().take(5).map(|(_, id)| id.to_owned()).collect()
            };
            let tests: [(&str, Test); 9] = [
                ("churn_signals", |row| matches!(row.churn, Some((ChurnLevel::Medium | ChurnLevel::High, _)))),
                ("severe", |row| matches!(row.severity, Some(Severity::High | Severity::Critical))),
                ("hot_customer", |row| row.temperature == Some(Temperature::Hot)),
                ("unresolved", |row| row.resolution == Some(ResolutionState::Unresolved)),
                ("repeat_contact", |row| row.warnings.contains(&WarningKind::RepeatContact)),
                ("escalation", |row| row.warnings.contains(&WarningKind::Escalation)),
                ("promise_not_kept", |row| row.warnings.contains(&WarningKind::PromiseNotKept)),
                ("waiting", |row| row.waiting_since.is_some()),
                ("intervention_required", |row| row.intervention.is_some()),
            ];
            let mut drivers: Vec<(usize, Value)> = Vec::new();
            for (driver, test) in tests {
                let having: Vec<(Timestamp, &str)> =
                    mine.iter().filter(|(_, row)| test(row)).map(|(id, row)| (row.last_activity_at, *id)).collect();
                if !having.is_empty() {
                    let n = having.len();
                    drivers.push((n, json!({"driver": driver, "n": n, "evidence": newest(having)})));
                }
            }
            drivers.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
            let drivers: Vec<Value> = drivers.into_iter().map(|(_, driver)| driver).collect();
            let churn = |later: bool| mean(&scores(half(later), |row| row.churn.map(|churn| churn.1))).map(rounded);
            let row = json!({
                field: customer, "name": null, "n": mine.len(), "score": score,
                "level": if score >= 60.0 { "high" } else if score >= 30.0 { "medium" } else { "low" },
                "drivers": drivers,
                "trend": {"earlier": earlier, "later": later, "risk_earlier": churn(false), "risk_later": churn(true)},
                "highest_churn": mine.iter().filter_map(|(_, row)| Some(whole(row.churn?.1))).max().map(|max| real(max) / 1000.0),
                "temperature": Self::temperatures(mine.iter().map(|(_, row)| *row)),
                "pcsat": average(&scores(mine.iter().map(|(_, row)| *row), |row| row.pcsat)),
                "last_contact_at": mine.iter().map(|(_, row)| row.last_activity_at).max().unwrap().to_string(),
                "evidence": top(mine.iter().map(|(id, row)| (self.weight(row), (*id).to_owned())).filter(|(weight, _)| *weight > 0).collect()),
            });
            rows.push((score, customer, self.uids(row, mine.iter().map(|(id, _)| *id))));
        }
        rows.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        let totals = json!({
            "customers": customers.len(), "at_risk": rows.len(),
            "high": rows.iter().filter(|(score, ..)| *score >= 60.0).count(),
            "conversations_without": self.facts().filter(|row| of(row).is_none()).count(),
        });
        json!({"totals": totals, "rows": rows.into_iter().map(|(_, _, row)| row).collect::<Vec<_>>()})
    }

    fn monitoring(&self) -> Value {
        type Key = (u8, Option<(TagKind, String)>, String);
        let keys_of = |row: &FactRow| -> BTreeSet<Key> {
            let friction = row.friction.iter().map(|code| (0, None, code.clone()));
            let requests = row.feature_requests.iter().map(|code| (1, None, code.clone()));
            let topics = row.topics.iter().map(|(kind, area, name, _)| (2, Some((*kind, area.clone())), name.clone()));
            friction.chain(requests).chain(topics).collect()
        };
        let category = ["friction", "feature_request", "topic"];
        let keys: BTreeSet<Key> = self.facts().flat_map(keys_of).collect();
        let mut rows: Vec<(u8, usize, Value)> = Vec::new();
        for key in &keys {
            let having: Vec<(&str, &FactRow)> =
                self.rows.iter().copied().filter(|(_, row)| keys_of(row).contains(key)).collect();
            let n = having.len();
            let later = having.iter().filter(|(_, row)| self.later(row)).count();
            let polarity = |word: &str| {
                let said = having.iter().flat_map(|(_, row)| &row.topics).filter(|(kind, area, name, polarity)| {
                    key.1 == Some((*kind, area.clone())) && *name == key.2 && polarity.as_str() == word
                });
                said.count()
            };
            let mut beside: Vec<(usize, Value)> = Vec::new();
            for topic in keys.iter().filter(|topic| topic.0 == 2 && key.0 < 2) {
                let both = having.iter().filter(|(_, row)| keys_of(row).contains(topic)).count();
                let (kind, area) = topic.1.clone().unwrap();
                if both > 0 {
                    beside.push((both, json!({"kind": kind, "area": area, "tag": topic.2, "n": both})));
                }
            }
            beside.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
            let row = json!({
                "category": category[usize::from(key.0)],
                "kind": key.1.as_ref().map(|group| group.0), "area": key.1.as_ref().map(|group| group.1.clone()),
                "tag": key.2, "n": n, "share": rate(n, self.rows.len()),
                "change": i64::try_from(later).unwrap() - i64::try_from(n - later).unwrap(), "earlier": n - later, "later": later,
                "polarity": {"negative": polarity("negative"), "neutral": polarity("neutral"), "positive": polarity("positive")},
                "temperature": Self::temperatures(having.iter().map(|(_, row)| *row)),
                "pcsat": average(&scores(having.iter().map(|(_, row)| *row), |row| row.pcsat)),
                "by_topic": beside.into_iter().take(5).map(|(_, topic)| topic).collect::<Vec<_>>(),
            });
            rows.push((key.0, n, self.uids(row, having.iter().map(|(id, _)| *id))));
        }
        rows.sort_by_key(|(category, n, _)| (*category, std::cmp::Reverse(*n)));
        let with = |category: u8| {
            let with = self.facts().filter(|row| keys_of(row).iter().any(|key| key.0 == category)).count();
            rate(with, self.rows.len())
        };
        json!({
            "totals": {
                "conversations": self.rows.len(), "with_friction": with(0), "with_feature_request": with(1),
                "with_topic": with(2),
            },
            "rows": rows.into_iter().map(|(_, _, row)| row).collect::<Vec<_>>(),
        })
    }

    fn chart(&self) -> Value {
        let tag = self.context.subject.clone().unwrap_or_default();
        let ways = |row: &FactRow| {
            [
                row.friction.contains(&tag),
                row.feature_requests.contains(&tag),
                row.topics.iter().any(|topic| topic.2 == tag),
                row.tags.contains(&tag),
            ]
        };
        let mentions = |rows: &[(&str, &FactRow)]| {
            let count = |way: usize| rows.iter().filter(|(_, row)| ways(row)[way]).count();
            let any = rows.iter().filter(|(_, row)| ways(row).contains(&true)).count();
            (
                any,
                json!({"any": any, "friction": count(0), "feature_request": count(1), "topic": count(2), "label": count(3)}),
            )
        };
        let rows = self.series(|_, rows| {
            let (any, shown) = mentions(rows);
            let having: Vec<_> = rows.iter().filter(|(_, row)| ways(row).contains(&true)).collect();
            let row = json!({
                "n": any, "share": rate(any, rows.len()), "mentions": shown,
                "temperature": Self::temperatures(having.iter().map(|(_, row)| *row)),
                "pcsat": average(&scores(having.iter().map(|(_, row)| *row), |row| row.pcsat)),
            });
            self.uids(row, having.iter().map(|(id, _)| *id))
        });
        let (any, shown) = mentions(&self.rows);
        json!({"totals": {"tag": tag, "n": any, "share": rate(any, self.rows.len()), "mentions": shown}, "rows": rows})
    }

    fn stars(scores: &[f64]) -> Value {
        let mut stars = [0; 5];
        for score in scores {
            let place = if *score < 1.5 {
                0
            } else if *score < 2.5 {
                1
            } else if *score < 3.5 {
                2
            } else if *score < 4.5 {
                3
            } else {
                4
            };
            stars[place] += 1;
        }
        json!({"1": stars[0], "2": stars[1], "3": stars[2], "4": stars[3], "5": stars[4]})
    }

    fn rated(&self) -> (Vec<(Timestamp, f64)>, Vec<f64>) {
        let (mut all, mut latest) = (Vec::new(), Vec::new());
        for (_, row) in &self.reach {
            let mut own: Vec<(Timestamp, u8)> = row
                .csat
                .iter()
                .filter(|(_, at)| self.context.from <= *at && *at < self.context.to)
                .map(|(rating, at)| (*at, *rating))
                .collect();
            own.sort_unstable();
            latest.extend(own.last().map(|(_, rating)| f64::from(*rating)));
            all.extend(own.iter().map(|(at, rating)| (*at, f64::from(*rating))));
        }
        (all, latest)
    }

    fn pcsat(&self) -> Value {
        let (rated, latest) = self.rated();
        let rows = self.series(|label, rows| {
            let given: Vec<f64> =
                rated.iter().filter(|(at, _)| self.label(*at) == label).map(|(_, rating)| *rating).collect();
            let having: Vec<_> = rows.iter().filter(|(_, row)| row.pcsat.is_some()).collect();
            let row = json!({
                "n": rows.len(), "pcsat": average(&scores(having.iter().map(|(_, row)| *row), |row| row.pcsat)),
                "csat": average(&given),
            });
            self.uids(row, having.iter().map(|(id, _)| *id))
        });
        let pcsat = scores(self.facts(), |row| row.pcsat);
        let off: Vec<f64> = self
            .facts()
            .filter_map(|row| {
                let mut own: Vec<(Timestamp, u8)> = row.csat.iter().map(|(rating, at)| (*at, *rating)).collect();
                own.sort_unstable();
                Some(real(whole(row.pcsat?) - i128::from(own.last()?.1) * 1000) / 1000.0)
            })
            .collect();
        let errors: Vec<f64> = off.iter().map(|off| off.abs()).collect();
        let all: Vec<f64> = rated.iter().map(|(_, rating)| *rating).collect();
        let positive = all.iter().filter(|rating| **rating >= 4.0).count();
        json!({
            "totals": {
                "pcsat": average(&pcsat), "spread": variance(&pcsat).map(|variance| rounded(variance.sqrt())),
                "distribution": Self::stars(&pcsat), "coverage": rate(pcsat.len(), self.rows.len()),
                "csat": {
                    "ratings": all.len(), "conversations": latest.len(), "mean": mean(&all).map(rounded),
                    "distribution": Self::stars(&all), "latest": average(&latest), "positive": rate(positive, all.len()),
                },
                "against_csat": {
                    "n": off.len(), "mean_absolute_error": mean(&errors).map(rounded), "bias": mean(&off).map(rounded),
                },
            },
            "rows": rows,
        })
    }

    fn temperature_totals(&self) -> Value {
        let judged = self.facts().filter(|row| row.temperature.is_some()).count();
        let temperature = Self::temperatures(self.rows.iter().map(|(_, row)| *row));
        json!({"conversations": self.rows.len(), "temperature": temperature, "coverage": rate(judged, self.rows.len())})
    }

    fn temperature(&self) -> Value {
        let judged = self.facts().filter(|row| row.temperature.is_some()).count();
        let classes = [Some(Temperature::Hot), Some(Temperature::Warm), Some(Temperature::Cold), None];
        let rows = classes.map(|class| {
            let having: Vec<_> = self.rows.iter().filter(|(_, row)| row.temperature == class).collect();
            let rows = || having.iter().map(|(_, row)| *row);
            let row = json!({
                "temperature": class, "n": having.len(),
                "share": if class.is_some() { rate(having.len(), judged) } else { rate(0, 0) },
                "pcsat": average(&scores(rows(), |row| row.pcsat)),
                "churn_risk": average(&scores(rows(), |row| row.churn.map(|churn| churn.1))),
            });
            self.uids(row, having.iter().map(|(id, _)| *id))
        });
        json!({"totals": self.temperature_totals(), "rows": rows})
    }

    fn evolution(&self) -> Value {
        let rows = self.series(|_, rows| {
            let judged = rows.iter().filter(|(_, row)| row.temperature.is_some()).count();
            let share = |class: Temperature| {
                rate(rows.iter().filter(|(_, row)| row.temperature == Some(class)).count(), judged)
            };
            let row = json!({
                "n": rows.len(), "temperature": Self::temperatures(rows.iter().map(|(_, row)| *row)),
                "hot": share(Temperature::Hot), "warm": share(Temperature::Warm), "cold": share(Temperature::Cold),
            });
            self.uids(row, rows.iter().map(|(id, _)| *id))
        });
        json!({"totals": self.temperature_totals(), "rows": rows})
    }

    fn mentions(&self, kinds: fn(&FactRow) -> Vec<String>) -> Value {
        let figures = |rows: &[(&str, &FactRow)]| {
            let counts: Vec<usize> =
                rows.iter().filter(|(_, row)| row.not_scored.is_none()).map(|(_, row)| kinds(row).len()).collect();
            let each: Vec<f64> = counts.iter().map(|count| real(*count as i128)).collect();
            json!({
                "mentions": counts.iter().sum::<usize>(), "per_conversation": average(&each),
                "with_mention": rate(counts.iter().filter(|count| **count > 0).count(), counts.len()),
            })
        };
        let rows = self.series(|_, rows| {
            let with = rows.iter().filter(|(_, row)| row.not_scored.is_none() && !kinds(row).is_empty());
            self.uids(figures(rows), with.map(|(id, _)| *id))
        });
        let scored: Vec<&FactRow> = self.facts().filter(|row| row.not_scored.is_none()).collect();
        let all: Vec<String> = scored.iter().flat_map(|row| kinds(row)).collect();
        let names: BTreeSet<&String> = all.iter().collect();
        let mut by_kind: Vec<(usize, Value)> = Vec::new();
        for name in names {
            let n = all.iter().filter(|kind| *kind == name).count();
            let conversations = scored.iter().filter(|row| kinds(row).contains(name)).count();
            by_kind.push((
                n,
                json!({"kind": name, "mentions": n, "share": rate(n, all.len()), "conversations": conversations}),
            ));
        }
        by_kind.sort_by_key(|(n, _)| std::cmp::Reverse(*n));
        let by_kind: Vec<Value> = by_kind.into_iter().map(|(_, kind)| kind).collect();
        json!({"totals": merged(figures(&self.rows), json!({"by_kind": by_kind})), "rows": rows})
    }

    fn speaks_for(row: &FactRow) -> BTreeSet<(&'static str, u8, String)> {
        let mut found = BTreeSet::new();
        for code in &row.friction {
            let action = match code.as_str() {
                "delay" | "delivery" | "refund" | "no_reply" | "price" => "process",
                "staff" => "agent_training",
                _ => "product_fix",
            };
            found.insert((action, 0, code.clone()));
        }
        let products: Vec<_> = row.topics.iter().filter(|topic| topic.0 == TagKind::Product).collect();
        for topic in &products {
            if topic.3.as_str() == "negative" {
                found.insert(("product_fix", 1, topic.2.clone()));
            }
            if !row.feature_requests.is_empty() {
                found.insert(("product_fix", 2, topic.2.clone()));
            }
        }
        if products.is_empty() {
            found.extend(row.feature_requests.iter().map(|code| ("product_fix", 2, code.clone())));
        }
        let severe = matches!(row.severity, Some(Severity::High | Severity::Critical));
        if let (Some(reason), Some(complexity)) = (&row.contact_reason, row.complexity)
            && complexity < 40.0
            && !severe
        {
            found.insert(("knowledge_base", 3, reason.clone()));
        }
        for warning in row.warnings.iter().map(|warning| warning.as_str()) {
            if ["slow_reply", "promise_not_kept", "unanswered", "repeat_contact"].contains(&warning) {
                found.insert(("process", 4, warning.to_owned()));
            }
        }
        if row.reopen_count > 0 {
            found.insert(("process", 5, "reopened".to_owned()));
        }
        for facts in &row.agents {
            for (place, skill) in SKILLS.iter().enumerate() {
                let (Some(shown), Some(required)) = (facts.skills[place], facts.required[place]) else { continue };
                if whole(required) - whole(shown) >= 10_000 {
                    match facts.kind {
                        AgentKind::Human => drop(found.insert(("agent_training", 6, (*skill).to_owned()))),
                        AgentKind::Bot if place == 0 => drop(found.insert(("knowledge_base", 6, (*skill).to_owned()))),
                        AgentKind::Bot => {}
                    }
                }
            }
        }
        found
    }

    fn recommendations(&self) -> Value {
        let order = ["knowledge_base", "product_fix", "agent_training", "process"];
        let sources = ["friction", "product", "wish", "question", "warning", "reopened", "skill"];
        let keys: BTreeSet<_> = self.facts().flat_map(Self::speaks_for).collect();
        let everybody = scores(self.facts(), |row| row.pcsat);
        let cut =
            |scores: &[f64]| (!scores.is_empty()).then(|| scores.iter().map(|s| whole(*s)).sum::<i128>() / len(scores));
        let mut ranked = Vec::new();
        for key in keys {
            let having: Vec<(&str, &FactRow)> =
                self.rows.iter().copied().filter(|(_, row)| Self::speaks_for(row).contains(&key)).collect();
            let n = having.len();
            if n < 3 || real(n as i128) < 0.02 * real(len(&self.rows)) {
                continue;
            }
            let own = scores(having.iter().map(|(_, row)| *row), |row| row.pcsat);
            let rest = self.facts().filter(|row| !Self::speaks_for(row).contains(&key));
            let gap = cut(&scores(rest, |row| row.pcsat)).zip(cut(&own)).map(|(others, own)| (others - own).max(0));
            let weight = n as i128 * gap.unwrap_or(0).max(100);
            let place = order.iter().position(|action| *action == key.0).unwrap();
            ranked.push((weight, (place, key.1, key.2), having, own, gap));
        }
        ranked.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let title = |(action, source, subject): &(usize, u8, String)| {
            let words = subject.replace('_', " ");
            match (source, order[*action]) {
                (0, "agent_training") => format!("Train the team: customers complain about {words}"),
                (0, "process") => format!("Change the process behind complaints about {words}"),
                (0, _) => format!("Fix the cause of complaints about {words}"),
                (1, _) => format!("Fix what customers dislike about {words}"),
                (2, _) => format!("Consider what customers wish for: {words}"),
                (3, _) => format!("Write an article that answers: {words}"),
                (4, _) if subject == "slow_reply" => "Answer urgent matters sooner".to_owned(),
                (4, _) if subject == "promise_not_kept" => "Track what was promised until it is done".to_owned(),
                (4, _) if subject == "unanswered" => "Leave no customer without a last answer".to_owned(),
                (4, _) => "Settle matters at the first contact".to_owned(),
                (5, _) => "Close only what is settled: conversations are opened again".to_owned(),
                (_, "knowledge_base") => "Give the bot more to know".to_owned(),
                _ => format!("Train the team in {words}"),
            }
        };
        let plain = |text: &str| text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
        let mut kept: Vec<(usize, Vec<String>)> = Vec::new();
        for next in 0..ranked.len() {
            let set = |place: usize| ranked[place].2.iter().map(|(id, _)| *id).collect::<BTreeSet<&str>>();
            let same = |known: usize| {
                let (a, b) = (set(known), set(next));
                let (common, either) = (a.intersection(&b).count(), a.union(&b).count());
                plain(&ranked[known].1.2) == plain(&ranked[next].1.2) || common * 10 >= either * 8
            };
            match kept.iter().position(|(known, _)| same(*known)) {
                Some(place) => kept[place].1.push(title(&ranked[next].1)),
                None if kept.len() < 20 => kept.push((next, Vec::new())),
                None => {}
            }
        }
        let rows: Vec<Value> = kept
            .into_iter()
            .enumerate()
            .map(|(rank, (place, also))| {
                let (_, key, having, own, gap) = &ranked[place];
                let (n, all) = (having.len(), self.rows.len());
                let gap = gap.map(|gap| real(gap) / 1000.0);
                let share = quotient(n, all).unwrap();
                let worse = gap.filter(|gap| *gap > 0.0).map(|gap| format!(", {gap} pCSAT points below the others"));
                let low = gap.unwrap_or(0.0) >= 0.3;
                let weight = |row: &FactRow| row.pcsat.map_or(-i128::from(i64::MAX), |score| -whole(score));
                let row = json!({
                    "id": stable_id("rec", &[order[key.0], sources[usize::from(key.1)], &key.2]), "rank": rank + 1,
                    "kind": order[key.0], "subject": key.2, "title": title(key),
                    "why": format!("{n} of {all} conversations{}.", worse.unwrap_or_default()),
                    "priority": if share >= 0.1 && low { "high" } else if share >= 0.05 || low { "medium" } else { "low" },
                    "affected": rate(n, all), "pcsat": average(own),
                    "expected_effect": {
                        "conversations": n, "pcsat_gap": gap,
                        "pcsat_gain": gap.map(|gap| rounded(gap * real(len(own)) / real(len(&everybody)))),
                    },
                    "evidence": top(having.iter().map(|(id, row)| (weight(row), (*id).to_owned())).collect()),
                    "also": also,
                });
                self.uids(row, having.iter().map(|(id, _)| *id))
            })
            .collect();
        let totals =
            json!({"recommendations": rows.len(), "conversations": self.rows.len(), "pcsat": average(&everybody)});
        json!({"totals": totals, "rows": rows})
    }
}
