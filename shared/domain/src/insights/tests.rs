//! Laws on random histories, and each report worked out by hand on the written sample.

use std::collections::BTreeMap;

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use serde_json::{Value, json};

use super::oracle::{Asked, Rows, belongs};
use super::sample::{at, bare, many, rows};
use super::*;
use crate::analysis::{
    AgentKind, ChurnLevel, DetectionKind, GrowthKind, NotScored, Polarity, ResolutionState, Sentiment, Severity,
    Temperature, WarningKind,
};
use crate::context::support::SupportAcc;
use crate::conversation::{Priority, Status};
use crate::facts::{AgentFacts, Entry, Revision, latest};
use crate::insights::aurion::AurionAcc;
use crate::insights::buckets::Interval;
use crate::insights::context::Skill;
use crate::settings::{ScoreWeights, TagKind};
use crate::task::TaskPriority;

/// `SplitMix64`: one number names a whole history.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn small(&mut self, most: u64) -> u32 {
        u32::try_from(self.below(most)).unwrap()
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()].clone()
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(4) > 0).then(|| make(self))
    }

    fn list<T>(&mut self, most: u64, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(most + 1)).map(|_| make(self)).collect()
    }

    fn word(&mut self, words: &[&str]) -> String {
        self.pick(words).to_owned()
    }

    /// Whole thousandths from `low` to `high`.
    fn score(&mut self, low: u32, high: u32) -> f64 {
        let coarse = self.one_in(2);
        let span = u64::from(high - low);
        let thousandths = if coarse { self.below(span + 1) * 1000 } else { self.below(span * 1000 + 1) };
        (f64::from(low) * 1000.0 + f64::from(u32::try_from(thousandths).unwrap())) / 1000.0
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, usize::try_from(self.below(i as u64 + 1)).unwrap());
        }
    }
}

/// Where and when a history takes place: near a clock change as often as not.
struct Stage {
    zone: TimeZone,
    start: Timestamp,
    days: u64,
}

impl Stage {
    fn new(dice: &mut Dice) -> Self {
        let (zone, around) = dice.pick(&[
            ("UTC", "2026-03-10T00:00:00Z"),
            ("Europe/Berlin", "2026-03-27T00:00:00Z"),
            ("Europe/Berlin", "2026-10-23T00:00:00Z"),
            ("America/New_York", "2026-03-06T00:00:00Z"),
            ("Australia/Lord_Howe", "2026-04-03T00:00:00Z"),
            ("Asia/Kathmandu", "2026-02-26T00:00:00Z"),
            ("Pacific/Apia", "2011-12-28T00:00:00Z"),
            ("America/Havana", "2026-10-30T00:00:00Z"),
            ("Asia/Tokyo", "2026-12-29T00:00:00Z"),
        ]);
        let days = dice.pick(&[1, 3, 6, 9, 40]);
        Self { zone: TimeZone::get(zone).unwrap(), start: around.parse().unwrap(), days }
    }

    /// An instant around the stage: often exactly on a bucket's edge.
    fn instant(&self, dice: &mut Dice) -> Timestamp {
        let minutes = i64::try_from(dice.below((self.days + 2) * 1440)).unwrap() - 1440;
        let minutes = if dice.one_in(4) { minutes / 30 * 30 } else { minutes };
        let nanoseconds = if dice.one_in(5) { 999_999_999 } else { 0 };
        Timestamp::new(self.start.as_second() + minutes * 60, nanoseconds).unwrap()
    }

    fn context(&self, dice: &mut Dice) -> Context {
        let quarters = |dice: &mut Dice, most: u64| i64::try_from(dice.below(most * 96)).unwrap() * 900;
        let mut from = Timestamp::from_second(self.start.as_second() + quarters(dice, 2)).unwrap();
        let mut to = Timestamp::from_second(from.as_second() + quarters(dice, self.days + 1)).unwrap();
        if dice.one_in(2) {
            let midnight = |at| crate::time_range::start_of(self.zone.to_datetime(at).date(), &self.zone).unwrap();
            (from, to) = (midnight(from), midnight(to));
        }
        let interval = if self.days <= 9 {
            dice.pick(Interval::ALL)
        } else {
            dice.pick(&[Interval::Day, Interval::Week, Interval::Month])
        };
        let week = dice.pick(&[Weekday::Monday, Weekday::Sunday, Weekday::Saturday]);
        let now = dice.pick(&[to, from, self.start + 100_i64.hours() * 24, to - 30.hours()]);
        let mut context = Context::new((from, to), (self.zone.clone(), week), interval, now).unwrap();
        context.uids = dice.one_in(3);
        context.subject = Some(dice.word(TAGS));
        context.skill = dice.one_in(3).then(|| dice.pick(Skill::ALL));
        context.detection = dice.one_in(4).then(|| dice.pick(DetectionKind::ALL));
        if dice.one_in(3) {
            context.weights =
                ScoreWeights { pcsat: dice.score(0, 3), detections: dice.score(0, 1), effort: 0.0, resolution: 1.0 };
        }
        let filter = &mut context.filter;
        for _ in 0..dice.below(3) {
            match dice.below(10) {
                0 => filter.channel_types = dice.list(2, |dice| dice.word(CHANNELS)),
                1 => filter.statuses = dice.list(3, |dice| dice.pick(Status::ALL)),
                2 => filter.participants = vec![dice.pick(AgentKind::ALL)],
                3 => filter.agent_ids = dice.list(2, |dice| dice.word(AGENTS)),
                4 => filter.team_ids = dice.list(2, |dice| dice.word(TEAMS)),
                5 => filter.priorities = dice.list(2, |dice| dice.pick(Priority::ALL)),
                6 => filter.temperatures = dice.list(2, |dice| dice.pick(Temperature::ALL)),
                7 => filter.severities = dice.list(2, |dice| dice.pick(Severity::ALL)),
                8 => filter.tags = dice.list(2, |dice| dice.word(TAGS)),
                _ => {
                    filter
                        .custom
                        .insert(dice.word(FIELDS), vec![dice.word(&["pro", "free"]), dice.word(&["pro", "7"])]);
                }
            }
        }
        context
    }
}

const AGENTS: &[&str] = &["ada", "ben", "cy", "Ω-bot", "nobody"];
const TEAMS: &[&str] = &["first", "second"];
const CHANNELS: &[&str] = &["email", "web"];
const TAGS: &[&str] = &["billing", "login", "delay", "app", "Login", "staff", "none"];
const FIELDS: &[&str] = &["plan", "region"];

fn agent(dice: &mut Dice, id: &str, kind: AgentKind, stage: &Stage) -> AgentFacts {
    let (a, b) = (stage.instant(dice), stage.instant(dice));
    AgentFacts {
        id: id.to_owned(),
        kind,
        messages: dice.small(6),
        words: dice.small(200),
        reply_seconds: dice.list(4, |dice| dice.below(900)),
        skills: [0; 6].map(|_| dice.maybe(|dice| dice.score(0, 100))),
        required: [0; 6].map(|_| dice.maybe(|dice| dice.score(0, 100))),
        detections: [0; 3].map(|_| if dice.one_in(4) { dice.small(3) } else { 0 }),
        first_at: a.min(b),
        last_at: a.max(b),
    }
}

fn conversation(dice: &mut Dice, stage: &Stage) -> FactRow {
    let created_at = if dice.one_in(8) {
        stage.instant(dice) - 24.hours() * i64::try_from(dice.below(100)).unwrap()
    } else {
        stage.instant(dice)
    };
    let mut row = bare(created_at);
    row.last_activity_at = created_at + i64::try_from(dice.below(6000)).unwrap().minutes();
    row.status = dice.maybe(|dice| dice.pick(Status::ALL));
    row.priority = dice.maybe(|dice| dice.pick(Priority::ALL));
    row.channel_type = dice.maybe(|dice| dice.word(CHANNELS));
    row.channel_id = dice.maybe(|dice| dice.word(&["help@x.example", "line-1"]));
    row.contact_id = dice.maybe(|dice| dice.word(&["u1", "u2", "u3"]));
    row.account_id = dice.maybe(|dice| dice.word(&["acme", "beta"]));
    row.assignee_id = dice.maybe(|dice| dice.word(AGENTS));
    row.team_id = dice.maybe(|dice| dice.word(TEAMS));
    row.tags = dice.list(2, |dice| dice.word(TAGS));
    row.custom = dice.list(2, |dice| (dice.word(FIELDS), dice.word(&["pro", "free", "7"])));
    row.not_scored = dice.one_in(6).then(|| dice.pick(NotScored::ALL));
    row.language = dice.maybe(|dice| dice.word(&["en", "de"]));
    if row.not_scored.is_none() {
        row.sentiment = dice.maybe(|dice| (dice.pick(Sentiment::ALL), dice.score(0, 1)));
        row.temperature = dice.maybe(|dice| dice.pick(Temperature::ALL));
        row.severity = dice.maybe(|dice| dice.pick(Severity::ALL));
        row.pcsat = dice.maybe(|dice| dice.score(1, 5));
        row.churn = dice.maybe(|dice| (dice.pick(ChurnLevel::ALL), dice.score(0, 1)));
        row.warnings = dice.list(3, |dice| dice.pick(WarningKind::ALL));
        row.intervention = dice.one_in(4).then(|| dice.pick(TaskPriority::ALL));
        row.topics = dice.list(3, |dice| {
            (dice.pick(TagKind::ALL), dice.word(&["a", "b"]), dice.word(TAGS), dice.pick(Polarity::ALL))
        });
        row.friction = dice.list(3, |dice| dice.word(TAGS));
        row.feature_requests = dice.list(2, |dice| dice.word(&["add", "change", "app"]));
        row.contact_reason = dice.maybe(|dice| dice.word(&["refund", "login", "card_arrival"]));
        row.growth = dice.list(3, |dice| dice.pick(GrowthKind::ALL));
        row.shares = dice.list(3, |dice| (dice.maybe(|dice| dice.word(AGENTS)), dice.word(&["tip", "link"])));
        row.effort = dice.maybe(|dice| dice.score(0, 100));
        row.complexity = dice.maybe(|dice| dice.score(0, 100));
    }
    let mut rated = dice.list(3, |dice| (u8::try_from(1 + dice.below(5)).unwrap(), stage.instant(dice)));
    rated.sort_by_key(|(rating, at)| (*at, *rating));
    rated.dedup();
    row.csat = rated;
    row.resolution = dice.maybe(|dice| dice.pick(ResolutionState::ALL));
    row.resolution_human = dice.maybe(|dice| dice.pick(ResolutionState::ALL));
    row.resolution_bot = dice.maybe(|dice| dice.pick(ResolutionState::ALL));
    row.closed_count = dice.small(4);
    row.reopen_count = row.closed_count.saturating_sub(1);
    row.last_closed_at = (row.closed_count > 0).then(|| stage.instant(dice));
    row.first_closed_at = row.last_closed_at;
    let mut pair = || dice.maybe(|dice| (dice.below(100_000), dice.below(50_000)));
    row.first_response_human = pair();
    row.first_response_bot = pair();
    row.handle_human = pair();
    row.handle_bot = pair();
    row.resolution_time = pair();
    row.resolution_time_human = pair();
    row.waiting_since = dice.one_in(4).then(|| stage.instant(dice));
    row.sla = (dice.maybe(|dice| dice.one_in(2)), dice.maybe(|dice| dice.one_in(2)));
    row.customer_messages = dice.small(5);
    row.agent_messages = dice.small(3);
    row.bot_messages = dice.small(3);
    for id in &AGENTS[..4] {
        for kind in AgentKind::ALL {
            if dice.one_in(5) {
                row.agents.push(agent(dice, id, *kind, stage));
            }
        }
    }
    dice.shuffle(&mut row.agents);
    row
}

/// A history as the blocks hold it, and what it comes to: re-ingested, moved between days, deleted, brought back, out of order, twice.
fn history(dice: &mut Dice, stage: &Stage) -> (Vec<Entry>, BTreeMap<String, FactRow>) {
    let (mut entries, mut truth) = (Vec::new(), BTreeMap::new());
    for number in 0..dice.below(30) {
        let id = format!("c{number}");
        let (mut generation, mut version) = (0, 0);
        for step in 0..=dice.below(3) {
            version += i64::try_from(dice.below(2)).unwrap();
            let batch = u128::from(step + 1);
            let revision = Revision { generation, version, batch };
            if dice.one_in(8) {
                generation += 1;
                version = 0;
                let gone = Revision { generation, version: i64::MIN, batch };
                entries.push(Entry { conversation_id: id.clone(), revision: gone, facts: None });
                truth.remove(&id);
                continue;
            }
            let facts = conversation(dice, stage);
            // Every version leaves word in the days that its predecessors were in.
            if truth.insert(id.clone(), facts.clone()).is_some() {
                entries.push(Entry { conversation_id: id.clone(), revision, facts: None });
            }
            entries.push(Entry { conversation_id: id.clone(), revision, facts: Some(facts) });
        }
    }
    for _ in 0..dice.below(10).min(entries.len() as u64) {
        let again = dice.pick(&entries);
        entries.push(again);
    }
    dice.shuffle(&mut entries);
    (entries, truth)
}

fn case(seed: u64) {
    let mut dice = Dice(seed);
    let stage = Stage::new(&mut dice);
    let (entries, truth) = history(&mut dice, &stage);
    let rows = latest(entries.clone());
    assert_eq!(rows, truth.into_iter().collect::<Rows>(), "history {seed}");
    let context = stage.context(&mut dice);
    let expected = Asked::new(&rows, &context);

    let mut shuffled = rows.clone();
    dice.shuffle(&mut shuffled);
    let mut pieces: Vec<&[(String, FactRow)]> = shuffled.chunks(usize::try_from(1 + dice.below(9)).unwrap()).collect();
    dice.shuffle(&mut pieces);
    for entry in ALL {
        let wanted = expected.answer(entry.name).to_string();
        let found = (entry.run)(&rows, &context).to_string();
        same(&found, &wanted, &format!("{} of history {seed}", entry.name));
        let merged = (entry.run_in_pieces)(&pieces, &context).unwrap().to_string();
        same(&merged, &wanted, &format!("{} of history {seed} in pieces", entry.name));
    }
    check_sums(&rows, &context, seed);
    check_aurion(&rows, &pieces, &context, seed);
}

/// Byte for byte; shows where the two part.
fn same(found: &str, wanted: &str, what: &str) {
    if found != wanted {
        let place = found.bytes().zip(wanted.bytes()).take_while(|(a, b)| a == b).count();
        let near = |text: &str| {
            String::from_utf8_lossy(&text.as_bytes()[place.saturating_sub(200)..text.len().min(place + 80)])
                .into_owned()
        };
        panic!("{what}:\n found {}\nwanted {}", near(found), near(wanted));
    }
}

fn report(name: &str, rows: &[(String, FactRow)], context: &Context) -> Value {
    let entry = ALL.iter().find(|entry| entry.name == name).unwrap();
    (entry.run)(rows, context)
}

fn sum(rows: &Value, pointer: &str) -> u64 {
    rows.as_array().unwrap().iter().map(|row| row.pointer(pointer).unwrap().as_u64().unwrap()).sum()
}

/// L3 and L4: series and distributions add up; what two reports show is the same number.
fn check_sums(rows: &[(String, FactRow)], context: &Context, seed: u64) {
    let get = |name: &str| report(name, rows, context);
    let (pcsat, evolution, temperature) = (get("pcsat"), get("temperature-evolution"), get("customer-temperature"));
    let n = pcsat["n"].as_u64().unwrap();
    assert_eq!(sum(&pcsat["rows"], "/n"), n, "{seed}");
    assert_eq!(sum(&pcsat["rows"], "/pcsat/n"), pcsat["totals"]["pcsat"]["n"], "{seed}");
    assert_eq!(sum(&pcsat["rows"], "/csat/n"), pcsat["totals"]["csat"]["ratings"], "{seed}");
    assert!(pcsat["totals"]["csat"]["conversations"].as_u64() <= pcsat["totals"]["csat"]["ratings"].as_u64());
    for (distribution, total) in
        [("/totals/distribution", "/totals/pcsat/n"), ("/totals/csat/distribution", "/totals/csat/ratings")]
    {
        let stars = pcsat.pointer(distribution).unwrap().as_object().unwrap().values();
        assert_eq!(stars.map(|n| n.as_u64().unwrap()).sum::<u64>(), *pcsat.pointer(total).unwrap(), "{seed}");
    }
    assert_eq!(sum(&evolution["rows"], "/n"), n, "{seed}");
    assert_eq!(sum(&temperature["rows"], "/n"), n, "{seed}");
    assert_eq!(evolution["totals"], temperature["totals"], "{seed}");
    for name in ["average-growth-opportunities-mentions", "average-information-shares-per-conversation"] {
        let report = get(name);
        assert_eq!(sum(&report["rows"], "/mentions"), report["totals"]["mentions"], "{seed}");
        assert_eq!(sum(&report["totals"]["by_kind"], "/mentions"), report["totals"]["mentions"], "{seed}");
    }
    let chart = get("customer-monitoring-chart");
    assert_eq!(sum(&chart["rows"], "/n"), chart["totals"]["n"], "{seed}");
    let monitoring = get("customer-monitoring");
    let tag = chart["totals"]["tag"].as_str().unwrap();
    for (category, mention) in [("friction", "friction"), ("feature_request", "feature_request")] {
        let line =
            monitoring["rows"].as_array().unwrap().iter().find(|row| row["category"] == category && row["tag"] == tag);
        assert_eq!(line.map_or(json!(0), |line| line["n"].clone()), chart["totals"]["mentions"][mention], "{seed}");
    }
    // Every report by agent says the same of the same agent.
    let roster = get("agent-roster");
    let wrote = |report: &Value| -> Vec<Value> {
        report["rows"].as_array().unwrap().iter().filter(|row| !row["kind"].is_null()).cloned().collect()
    };
    for name in [
        "agent-performance-score",
        "agent-skill-match",
        "agent-volume-assessments",
        "agent-effort",
        "agent-contribution",
    ] {
        let other = get(name);
        assert_eq!(other["n"], n, "{name} of {seed}");
        for (a, b) in wrote(&roster).iter().zip(&wrote(&other)) {
            for field in ["agent_id", "kind", "n", "messages", "pcsat", "resolved"] {
                if !b[field].is_null() {
                    assert_eq!(a[field], b[field], "{field} in {name} of {seed}");
                }
            }
        }
    }
}

/// Without events.
fn finished(acc: AurionAcc, context: &Context) -> aurion::ConversationInsights {
    aurion::finish(acc, &SupportAcc::default(), &BTreeMap::new(), context)
}

/// `AurionAI`'s blocks merge like the rest, and say what the reports say.
fn check_aurion(rows: &[(String, FactRow)], pieces: &[Piece<'_>], context: &Context, seed: u64) {
    let mut merged = AurionAcc::default();
    for piece in pieces {
        let bytes = postcard::to_stdvec(&AurionAcc::fold(piece, context)).unwrap();
        merged.merge(postcard::from_bytes(&bytes).unwrap());
    }
    let answer = serde_json::to_value(finished(AurionAcc::fold(rows, context), context)).unwrap();
    assert_eq!(serde_json::to_value(finished(merged, context)).unwrap(), answer, "{seed}");

    let inside: Vec<&FactRow> = rows
        .iter()
        .filter(|(id, row)| context.from <= row.created_at && row.created_at < context.to && belongs(id, row, context))
        .map(|(_, row)| row)
        .collect();
    let get = |name: &str| report(name, rows, context);
    let csat = &get("pcsat")["totals"]["csat"];
    assert_eq!(answer["csat"]["avg_rating"], csat["mean"], "{seed}");
    assert_eq!(answer["csat"]["rated_responses"], csat["ratings"], "{seed}");
    assert_eq!(answer["csat"]["positive_rate"], csat["positive"]["value"], "{seed}");
    let roster = get("agent-roster");
    for agent in answer["agent_performance"].as_array().unwrap() {
        let id = agent["assignee_user_id"].as_str().unwrap();
        let mine: Vec<&&FactRow> = inside.iter().filter(|row| row.assignee_id.as_deref() == Some(id)).collect();
        let resolved = mine.iter().filter(|row| row.resolution == Some(ResolutionState::Resolved)).count();
        assert_eq!(
            (&agent["assigned_count"], &agent["resolved_count"]),
            (&json!(mine.len()), &json!(resolved)),
            "{seed}"
        );
        let line = roster["rows"].as_array().unwrap().iter().find(|row| row["agent_id"] == id && row["assigned"] != 0);
        if let Some(line) = line {
            assert_eq!(line["assigned"], agent["assigned_count"], "{seed}");
        }
    }
    assert_eq!(sum(&answer["busiest_hours"], "/conversation_count"), inside.len() as u64, "{seed}");
    let tracked = inside.iter().filter(|row| row.sla != (None, None)).count();
    let breached = inside.iter().filter(|row| row.sla.0 == Some(false) || row.sla.1 == Some(false)).count();
    let trend = &answer["sla_breach_trend"];
    assert_eq!((sum(trend, "/tracked"), sum(trend, "/breached")), (tracked as u64, breached as u64), "{seed}");
    let email = inside.iter().filter(|row| row.channel_type.as_deref() == Some("email")).count();
    assert_eq!(answer["email_channel_metrics"]["email_conversations"], email, "{seed}");
    assert_eq!(sum(&answer["email_channel_metrics"]["by_channel"], "/conversation_count"), email as u64, "{seed}");
    for topic in answer["top_topics"].as_array().unwrap() {
        let with = inside.iter().filter(|row| row.topics.iter().any(|found| topic["topic"] == found.2)).count();
        assert_eq!(topic["conversation_count"], with, "{seed}");
        let mut chart = context.clone();
        chart.subject = topic["topic"].as_str().map(str::to_owned);
        assert_eq!(report("customer-monitoring-chart", rows, &chart)["totals"]["mentions"]["topic"], with, "{seed}");
    }
}

/// Cases of [`every_report_equals_brute_force_on_random_histories`]; `HARK_SOAK=<cases>` asks for more.
#[expect(clippy::disallowed_methods, reason = "a switch of this test, not of the program")]
fn cases() -> u64 {
    std::env::var("HARK_SOAK").ok().and_then(|cases| cases.parse().ok()).unwrap_or(2_400)
}

/// L1 to L5 on every report. In four parts, so that they run at the same time.
fn quarter(part: u64) {
    for seed in (0..cases()).filter(|seed| seed % 4 == part) {
        case(seed);
    }
}

#[test]
fn every_report_equals_brute_force_on_random_histories() {
    quarter(0);
}

#[test]
fn every_report_equals_brute_force_on_more_random_histories() {
    quarter(1);
}

#[test]
fn every_report_equals_brute_force_on_further_random_histories() {
    quarter(2);
}

#[test]
fn every_report_equals_brute_force_on_yet_other_random_histories() {
    quarter(3);
}

// ---- By hand: the numbers of the table at `sample::rows` ----

fn by_day(from: Timestamp, to: Timestamp, zone: &str) -> Context {
    let zone = TimeZone::get(zone).unwrap();
    let mut context = Context::new((from, to), (zone, Weekday::Monday), Interval::Day, at(4 * 1440)).unwrap();
    context.subject = Some("billing".to_owned());
    context
}

/// Monday to Wednesday.
fn week() -> Context {
    by_day(at(0), at(3 * 1440), "UTC")
}

fn hand(name: &str) -> Value {
    report(name, &rows(), &week())
}

/// The line of an agent, account or contact.
fn line<'a>(report: &'a Value, field: &str, id: &str) -> &'a Value {
    report["rows"]
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row[field] == id)
        .unwrap_or_else(|| panic!("no {id} in {report}"))
}

/// Every named value, by pointer.
fn check(value: &Value, expected: &[(&str, Value)]) {
    for (pointer, wanted) in expected {
        assert_eq!(value.pointer(pointer), Some(wanted), "{pointer} of {value}");
    }
}

fn of(numerator: u64, denominator: u64) -> Value {
    json!(arithmetic::rate(numerator, denominator))
}

#[test]
fn roster_by_hand() {
    let report = hand("agent-roster");
    check(
        &report,
        &[
            ("/n", json!(6)),
            ("/totals/agents", json!(4)),
            ("/totals/conversations", json!(6)),
            ("/totals/resolutions", json!({"events": 5, "reopened": 1, "conversations": 4, "contacts": 3})),
        ],
    );
    check(
        line(&report, "agent_id", "ada"),
        &[
            ("/kind", json!("human")),
            ("/state", json!("active")),
            ("/n", json!(3)),
            ("/assigned", json!(2)),
            ("/messages", json!(4)),
            ("/channels", json!(["email", "web"])),
            ("/pcsat", json!({"value": 3.25, "n": 2})),
            ("/resolved", of(1, 2)),
            ("/first_active_at", json!("2026-03-09T09:10:00Z")),
            ("/last_active_at", json!("2026-03-11T23:40:00Z")),
        ],
    );
    check(line(&report, "agent_id", "ben"), &[("/pcsat", json!({"value": 2.25, "n": 2})), ("/resolved", of(1, 1))]);
    check(
        line(&report, "agent_id", "helper"),
        &[("/kind", json!("bot")), ("/assigned", json!(0)), ("/resolved", of(1, 2))],
    );
    check(
        line(&report, "agent_id", "zoe"),
        &[("/kind", Value::Null), ("/state", json!("unknown")), ("/assigned", json!(1)), ("/n", json!(0))],
    );
}

#[test]
fn performance_by_hand() {
    // ada: 100 × (0.4 × 0.5625 + 0.2 × 1/3 + 0.2 × 0.65 + 0.2 × 0.5); people together: 100 × (0.4 × 0.4375 + 0.2 × 0.4 + 0.2 × 0.55 + 0.2 × 2/3)
    let report = hand("agent-performance-score");
    check(
        line(&report, "agent_id", "ada"),
        &[
            ("/raw_score", json!(52.167)),
            ("/team_score", json!(49.833)),
            ("/score", json!(50.372)),
            ("/parts/pcsat", json!({"value": 56.25, "weight": 0.4, "n": 2})),
            ("/parts/detections", json!({"value": 33.333, "weight": 0.2, "n": 3})),
            ("/parts/effort", json!({"value": 65.0, "weight": 0.2, "n": 2})),
            ("/parts/resolution", json!({"value": 50.0, "weight": 0.2, "n": 2})),
        ],
    );
    check(line(&report, "agent_id", "ben"), &[("/raw_score", json!(51.5)), ("/score", json!(50.111))]);
}

#[test]
fn skills_by_hand() {
    let profile = hand("agent-capability-profile");
    check(
        line(&profile, "agent_id", "ada"),
        &[
            (
                "/skills/depth_of_knowledge",
                json!({"mean": 65.0, "spread": 15.0, "n": 2, "trend": null, "best": "s1", "weakest": "s2"}),
            ),
            ("/skills/sensitivity/mean", json!(50.0)),
            ("/skills/sensitivity/spread", json!(30.0)),
        ],
    );
    check(line(&profile, "agent_id", "helper"), &[("/skills/clarity/trend", json!(30.0))]);
    // ada misses by 10, 40, 10, 10, 10, 10 in one of two conversations.
    let matched = hand("agent-skill-match");
    check(
        line(&matched, "agent_id", "ada"),
        &[
            ("/match", json!(92.5)),
            ("/skills/sensitivity", json!({"required": 50.0, "shown": 50.0, "gap": 0.0, "n": 2, "missed": 1})),
        ],
    );
    let rates = hand("agent-detection-rates");
    check(
        line(&rates, "agent_id", "ada"),
        &[
            ("/inconsistency", json!({"per_100": 33.333, "numerator": 1, "denominator": 3, "conversations": 1})),
            ("/override/per_100", json!(0.0)),
        ],
    );
    check(line(&rates, "agent_id", "ben"), &[("/override/per_100", json!(50.0))]);
    assert_eq!(
        hand("agent-training-recommendations")["totals"],
        json!({"recommendations": 0, "agents": 0, "roster": 3})
    );
    let training = report("agent-training-recommendations", &many(), &week());
    check(
        &training,
        &[
            ("/totals", json!({"recommendations": 6, "agents": 1, "roster": 3})),
            ("/rows/0/agent_id", json!("ben")),
            ("/rows/0/affected", json!(3)),
            ("/rows/0/mean_gap", json!(40.0)),
            ("/rows/0/impact", json!(120.0)),
            ("/rows/0/action", json!("coach")),
            ("/rows/0/priority", json!("medium")),
            ("/rows/0/evidence", json!(["s4", "s7", "s8"])),
            ("/rows/0/pcsat_met", json!({"value": 3.0, "n": 1})),
            ("/rows/0/pcsat_missed", json!({"value": 1.5, "n": 3})),
        ],
    );
}

#[test]
fn volume_effort_and_contribution_by_hand() {
    let volume = hand("agent-volume-assessments");
    check(
        line(&volume, "agent_id", "ada"),
        &[
            ("/active_days", json!(2)),
            ("/per_active_day", json!(1.5)),
            ("/total_effort", json!(70.0)),
            ("/complexity", json!({"value": 50.0, "n": 2})),
            ("/complexity_variance", json!(400.0)),
            ("/pcsat_busy_days", json!({"value": 3.25, "n": 2})),
            ("/pcsat_other_days", json!({"value": null, "n": 0})),
        ],
    );
    let effort = hand("agent-effort");
    check(
        line(&effort, "agent_id", "ada"),
        &[
            ("/messages", json!(4)),
            ("/messages_per_conversation", json!(1.333)),
            ("/replies", json!(4)),
            ("/reply_median_seconds", json!(600)),
            ("/reply_p90_seconds", json!(1800)),
            ("/customer_effort/value", json!(35.0)),
        ],
    );
    check(
        &effort["totals"],
        &[
            ("/first_response_human", json!({"seconds": 600.0, "business_seconds": 600.0, "n": 4})),
            ("/first_response_bot", json!({"seconds": 4.0, "business_seconds": 4.0, "n": 2})),
            ("/waiting", json!(1)),
        ],
    );
    let contribution = hand("agent-contribution");
    check(
        &contribution["totals"],
        &[("/led", json!(6)), ("/growth", json!(3)), ("/information_shares", json!(3)), ("/pcsat", json!(3.0))],
    );
    check(
        line(&contribution, "agent_id", "ada"),
        &[
            ("/led", of(3, 6)),
            ("/growth", of(2, 3)),
            ("/growth_expected", json!(1.5)),
            ("/information_shares", of(1, 3)),
            ("/pcsat_points", json!(0.5)),
        ],
    );
    check(line(&contribution, "agent_id", "ben"), &[("/pcsat_points", json!(-1.5)), ("/information_shares", of(1, 3))]);
    check(line(&contribution, "agent_id", "helper"), &[("/pcsat_points", json!(1.0)), ("/growth", of(1, 3))]);
}

#[test]
fn assessments_by_hand() {
    let uids = |context: &Context| -> Vec<String> {
        let report = report("agent-assessment-conversation-uids", &rows(), context);
        report["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| format!("{}/{}", row["conversation_uid"].as_str().unwrap(), row["agent_id"].as_str().unwrap()))
            .collect()
    };
    assert_eq!(uids(&week()), ["s6/ada", "s5/helper", "s4/ben", "s3/ben", "s3/helper", "s2/ada", "s1/ada"]);
    assert_eq!(uids(&Context { skill: Some(Skill::Clarity), ..week() }).len(), 6);
    assert_eq!(uids(&Context { detection: Some(DetectionKind::Override), ..week() }), ["s3/ben"]);
}

#[test]
fn risk_by_hand() {
    // s2: 0.8 × 0.8 × 0.5^(2/14) = 0.580, trend 0.5; s4: 0.5 × 1 × 0.5^(1/14) = 0.476, trend 1.
    let accounts = hand("customers-at-risk");
    check(
        &accounts,
        &[
            ("/totals", json!({"customers": 2, "at_risk": 2, "high": 0, "conversations_without": 1})),
            ("/rows/0/account_id", json!("beta")),
            ("/rows/0/score", json!(47.6)),
            ("/rows/0/level", json!("medium")),
            ("/rows/0/evidence", json!(["s4"])),
            ("/rows/0/trend", json!({"earlier": 1, "later": 1, "risk_earlier": 0.5, "risk_later": 0.0})),
            ("/rows/1/account_id", json!("acme")),
            ("/rows/1/score", json!(29.0)),
            ("/rows/1/n", json!(3)),
            ("/rows/1/level", json!("low")),
        ],
    );
    let drivers: Vec<&str> =
        accounts["rows"][0]["drivers"].as_array().unwrap().iter().map(|d| d["driver"].as_str().unwrap()).collect();
    assert_eq!(drivers, ["churn_signals", "severe", "hot_customer", "waiting"]);
    let contacts = hand("users-at-risk");
    check(
        &contacts,
        &[
            ("/totals", json!({"customers": 4, "at_risk": 2, "high": 0, "conversations_without": 0})),
            ("/rows/0/contact_id", json!("cleo")),
            ("/rows/1/contact_id", json!("anna")),
            ("/rows/1/score", json!(29.0)),
        ],
    );
}

#[test]
fn monitoring_by_hand() {
    let report = hand("customer-monitoring");
    check(
        &report,
        &[
            ("/totals/with_friction", of(3, 6)),
            ("/totals/with_feature_request", of(1, 6)),
            ("/totals/with_topic", of(2, 6)),
            ("/rows/0/category", json!("friction")),
            ("/rows/0/tag", json!("billing")),
            ("/rows/0/n", json!(2)),
            ("/rows/0/share", of(2, 6)),
            ("/rows/0/change", json!(-2)),
            ("/rows/0/pcsat", json!({"value": 2.5, "n": 2})),
            ("/rows/0/temperature", json!({"hot": 1, "warm": 0, "cold": 1, "unknown": 0})),
            ("/rows/0/by_topic", json!([{"kind": "service", "area": "billing", "tag": "invoices", "n": 1}])),
            ("/rows/3/category", json!("feature_request")),
            ("/rows/4/category", json!("topic")),
            ("/rows/4/polarity", json!({"negative": 1, "neutral": 0, "positive": 0})),
        ],
    );
    let chart = hand("customer-monitoring-chart");
    let series: Vec<(&str, u64)> = chart["rows"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["bucket"].as_str().unwrap(), row["n"].as_u64().unwrap()))
        .collect();
    assert_eq!(series, [("2026-03-09", 1), ("2026-03-10", 1), ("2026-03-11", 0)]);
    check(
        &chart["totals"],
        &[("/n", json!(2)), ("/mentions/friction", json!(2)), ("/mentions/topic", json!(0)), ("/share", of(2, 6))],
    );
}

#[test]
fn pcsat_and_temperature_by_hand() {
    let report = hand("pcsat");
    check(
        &report,
        &[
            ("/totals/pcsat", json!({"value": 3.0, "n": 5})),
            ("/totals/coverage", of(5, 6)),
            ("/totals/distribution", json!({"1": 0, "2": 2, "3": 1, "4": 1, "5": 1})),
            (
                "/totals/csat",
                json!({
                    "ratings": 3, "conversations": 2, "mean": 3.667, "distribution": {"1": 0, "2": 1, "3": 0, "4": 1, "5": 1},
                    "latest": {"value": 4.5, "n": 2}, "positive": of(2, 3),
                }),
            ),
            ("/totals/against_csat", json!({"n": 2, "mean_absolute_error": 1.25, "bias": -1.25})),
            ("/rows/0/pcsat", json!({"value": 3.25, "n": 2})),
            ("/rows/0/csat", json!({"value": 3.5, "n": 2})),
            ("/rows/1/csat", json!({"value": null, "n": 0})),
            ("/rows/2/csat", json!({"value": 4.0, "n": 1})),
            ("/rows/2/n", json!(2)),
            ("/rows/2/pcsat/n", json!(1)),
        ],
    );
    let all = json!({"hot": 2, "warm": 1, "cold": 2, "unknown": 1});
    check(
        &hand("customer-temperature"),
        &[
            ("/totals/temperature", all.clone()),
            ("/rows/0/share", of(2, 5)),
            ("/rows/0/pcsat/value", json!(1.75)),
            ("/rows/0/churn_risk/value", json!(0.65)),
            ("/rows/3/n", json!(1)),
        ],
    );
    check(
        &hand("temperature-evolution"),
        &[
            ("/totals/temperature", all),
            ("/rows/0/temperature", json!({"hot": 1, "warm": 1, "cold": 0, "unknown": 0})),
            ("/rows/2/temperature", json!({"hot": 0, "warm": 0, "cold": 1, "unknown": 1})),
            ("/rows/0/hot", of(1, 2)),
        ],
    );
}

#[test]
fn mentions_and_recommendations_by_hand() {
    check(
        &hand("average-growth-opportunities-mentions")["totals"],
        &[
            ("/mentions", json!(3)),
            ("/per_conversation", json!({"value": 0.6, "n": 5})),
            ("/with_mention", of(2, 5)),
            ("/by_kind/0", json!({"kind": "upgrade", "mentions": 2, "share": of(2, 3), "conversations": 2})),
        ],
    );
    check(
        &hand("average-information-shares-per-conversation")["totals"],
        &[("/per_conversation/value", json!(0.6)), ("/with_mention", of(2, 5)), ("/by_kind/0/kind", json!("tip"))],
    );
    assert_eq!(hand("tenant-recommendations")["totals"]["recommendations"], 0);
    let report = report("tenant-recommendations", &many(), &week());
    check(
        &report,
        &[
            ("/totals/recommendations", json!(2)),
            ("/rows/0/kind", json!("agent_training")),
            ("/rows/0/subject", json!("clarity")),
            ("/rows/0/affected", of(4, 8)),
            ("/rows/0/expected_effect/pcsat_gap", json!(2.208)),
            ("/rows/0/priority", json!("high")),
            ("/rows/0/evidence", json!(["s4", "s7", "s8", "s2"])),
            ("/rows/1/kind", json!("product_fix")),
            ("/rows/1/subject", json!("outage")),
            ("/rows/1/affected", of(3, 8)),
            ("/rows/1/expected_effect", json!({"conversations": 3, "pcsat_gap": 1.875, "pcsat_gain": 0.804})),
        ],
    );
    assert_eq!(report["rows"][0]["also"].as_array().unwrap().len(), 5);
    assert_eq!(report["rows"][1]["also"].as_array().unwrap().len(), 4);
}

#[test]
fn aurion_by_hand() {
    let answer = serde_json::to_value(finished(AurionAcc::fold(&rows(), &week()), &week())).unwrap();
    check(
        &answer,
        &[
            (
                "/agent_performance/0",
                json!({
                    "assigned_count": 2, "assignee_name": null, "assignee_user_id": "ada", "avg_first_response_minutes": 10.0,
                    "avg_resolution_minutes": 1230.0, "resolution_rate": 0.5, "resolved_count": 1,
                }),
            ),
            ("/team_performance/0/assigned_count", json!(5)),
            ("/team_performance/0/resolution_rate", json!(0.6)),
            ("/busiest_hours/0", json!({"conversation_count": 3, "hour_utc": 9})),
            ("/csat/avg_rating", json!(3.667)),
            ("/csat/positive_rate", json!(0.6667)),
            ("/csat/distribution/4", json!({"rating": 5, "response_count": 1})),
            ("/email_channel_metrics/email_conversations", json!(3)),
            ("/email_channel_metrics/inbound_messages", json!(6)),
            ("/email_channel_metrics/by_channel/0/address", json!("help@example.com")),
            (
                "/sla_breach_trend/1",
                json!({"breached": 1, "compliance_rate": 0.5, "day": "2026-03-10", "met": 1, "tracked": 2}),
            ),
            ("/top_topics/0", json!({"conversation_count": 1, "share": 0.1667, "topic": "export"})),
            ("/help_center_deflection/deflection_rate", Value::Null),
        ],
    );
    assert_eq!(answer["sla_breach_trend"].as_array().unwrap().len(), 3);
    assert_eq!(answer["busiest_hours"].as_array().unwrap().len(), 24);
}

#[test]
fn nothing_and_one_and_the_lines_of_one_agent() {
    for entry in ALL {
        let empty = (entry.run)(&[], &week());
        assert_eq!(empty["n"], 0, "{}", entry.name);
        assert!(
            empty["rows"]
                .as_array()
                .unwrap()
                .iter()
                .all(|row| row.get("bucket").is_some() || row.get("temperature").is_some())
        );
        let one = (entry.run)(&[("x".to_owned(), bare(at(5)))], &week());
        assert_eq!(one["n"], 1, "{}", entry.name);
    }
    let mut context = week();
    context.filter.agent_ids = vec!["helper".to_owned()];
    context.uids = true;
    let roster = report("agent-roster", &rows(), &context);
    assert_eq!((roster["rows"].as_array().unwrap().len(), &roster["n"]), (1, &json!(2)));
    assert_eq!(roster["rows"][0]["conversation_uids"], json!(["s3", "s5"]));
}

#[test]
fn previous_is_as_many_local_days() {
    let berlin = TimeZone::get("Europe/Berlin").unwrap();
    let day = |text: &str| crate::time_range::start_of(text.parse().unwrap(), &berlin).unwrap();
    let context =
        Context::new((day("2026-03-29"), day("2026-03-31")), (berlin.clone(), Weekday::Monday), Interval::Hour, at(0))
            .unwrap();
    let previous = context.previous().unwrap();
    assert_eq!((previous.from, previous.to), (day("2026-03-27"), day("2026-03-29")));
    assert_eq!((context.buckets.iter().count(), previous.buckets.iter().count()), (47, 48));
    let odd = by_day(at(10), at(70), "UTC").previous().unwrap();
    assert_eq!((odd.from, odd.to), (at(-50), at(10)));
}

// ---- Faults that other products had ----

#[test]
fn f01_buckets_follow_the_zone_asked_for() {
    let rows = vec![("x".to_owned(), bare("2026-03-10T23:30:00Z".parse().unwrap()))];
    let bucket = |zone: &str| {
        let zone_days = TimeZone::get(zone).unwrap();
        let day = |text: &str| crate::time_range::start_of(text.parse().unwrap(), &zone_days).unwrap();
        let report = report("temperature-evolution", &rows, &by_day(day("2026-03-09"), day("2026-03-13"), zone));
        let rows = report["rows"].as_array().unwrap().clone();
        rows.into_iter().find(|row| row["n"] == 1).unwrap()["bucket"].clone()
    };
    assert_eq!((bucket("Asia/Tokyo"), bucket("UTC")), (json!("2026-03-11"), json!("2026-03-10")));
}

#[test]
fn f03_closings_conversations_and_contacts_are_told_apart() {
    let closed = |times: u32| {
        let mut row = bare(at(10));
        (row.closed_count, row.reopen_count, row.last_closed_at) = (times, times - 1, Some(at(100)));
        row.contact_id = Some("anna".to_owned());
        row
    };
    let report = report("agent-roster", &[("a".to_owned(), closed(3)), ("b".to_owned(), closed(1))], &week());
    assert_eq!(report["totals"]["resolutions"], json!({"events": 4, "reopened": 2, "conversations": 2, "contacts": 1}));
}

#[test]
fn f08_the_last_day_belongs_to_the_period() {
    let range = crate::time_range::PeriodRequest {
        from: Some("2026-03-10".into()),
        to: Some("2026-03-10".into()),
        ..Default::default()
    };
    let (range, _) = range.resolve("", at(0), &TimeZone::UTC, Weekday::Monday).unwrap();
    let context = by_day(range.from.unwrap(), range.to.unwrap(), "UTC");
    let rows: Rows =
        ["2026-03-09T23:59:59.999Z", "2026-03-10T00:00:00Z", "2026-03-10T23:59:59.999Z", "2026-03-11T00:00:00Z"]
            .map(|at| (at.to_owned(), bare(at.parse().unwrap())))
            .to_vec();
    assert_eq!(report("pcsat", &rows, &context)["n"], 2);
}

#[test]
fn f09_former_and_unknown_agents_keep_their_figures() {
    let old = |days: i64| -> Rows {
        rows()
            .into_iter()
            .map(|(id, mut row)| {
                row.assignee_id = Some("gone".to_owned());
                (id, row)
            })
            .chain([("late".to_owned(), bare(at(days * 1440)))])
            .collect()
    };
    let context = by_day(at(0), at(60 * 1440), "UTC");
    let context = Context { now: at(60 * 1440), ..context };
    let report = report("agent-roster", &old(59), &context);
    check(
        line(&report, "agent_id", "ada"),
        &[("/state", json!("former")), ("/n", json!(3)), ("/pcsat", json!({"value": 3.25, "n": 2}))],
    );
    check(line(&report, "agent_id", "gone"), &[("/state", json!("unknown")), ("/assigned", json!(6))]);
}

#[test]
fn f10_every_rating_counts_once_and_average_and_distribution_agree() {
    let csat = &hand("pcsat")["totals"]["csat"];
    assert!(csat["conversations"].as_u64() <= csat["ratings"].as_u64());
    let stars: Vec<u64> = (1..=5).map(|star| csat["distribution"][star.to_string()].as_u64().unwrap()).collect();
    let weighted: u64 = stars.iter().zip(1..).map(|(n, star)| n * star).sum();
    let mean = crate::analysis::round3(arithmetic::float(weighted) / arithmetic::float(stars.iter().sum()));
    assert_eq!(json!(mean), csat["mean"]);
}
