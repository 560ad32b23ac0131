//! The parameters, the pages, CSV and the document; and faults of other products from text to figure.

use std::collections::BTreeSet;

use api::Problem;
use domain::conversation::Conversation;
use domain::facts::FactRow;
use domain::insights::agents::assessment_uids::AgentAssessmentConversationUids;
use domain::insights::agents::effort::AgentEffort;
use domain::insights::agents::roster::{AgentRoster, RosterRow};
use domain::insights::customers::pcsat::Pcsat;
use domain::insights::sample;
use domain::settings::Settings;
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::answer::{compute, csv_text, wants_csv};
use crate::query::{Asked, Extra, ReportQuery};
use crate::reports::page;
use crate::{csv, openapi};

fn now() -> Timestamp {
    "2026-11-25T23:30:00Z".parse().unwrap()
}

fn read(query: &str, extra: Extra) -> Result<Asked, Problem> {
    ReportQuery::parse(query).read(&Settings::default(), now(), extra)
}

fn faults(query: &str, extra: Extra) -> Vec<String> {
    read(query, extra).unwrap_err().body("").errors.into_iter().map(|fault| fault.pointer).collect()
}

// ---- Parameters ----

#[test]
fn every_fault_of_a_query_is_named_at_once() {
    let query = "date_preset=last_week&date_from=2026-06-01&timezone=Mars/Olympus&interval=minute&ticket_status=shut\
        &temperature=tepid&compare=next&include=all&agent_id=&custom[plan]=&colour=red&tagg=x";
    let mut found = faults(query, Extra::None);
    found.sort();
    assert_eq!(
        found,
        [
            "agent_id",
            "colour",
            "compare",
            "custom[plan]",
            "date_preset",
            "include",
            "interval",
            "tagg",
            "temperature",
            "ticket_status",
            "timezone",
        ]
    );
    assert_eq!(faults("date_from=2026-06-02&date_to=2026-06-01", Extra::None), ["date_from"]);
    assert_eq!(faults("date_from=2026-02-30", Extra::None), ["date_from"]);
    assert_eq!(faults("skill=juggling&limit=0", Extra::Assessments), ["skill", "limit"]);
    assert_eq!(faults("skill=clarity", Extra::None), ["skill"]);
    assert_eq!(faults("", Extra::Subject), ["tag"]);
    assert_eq!(faults("custom[]=x", Extra::None), ["custom[]"]);
    assert_eq!(faults("custom[plan=x", Extra::None), ["custom[plan"]);
    let many = vec!["agent_id=x"; 101].join("&");
    assert_eq!(faults(&many, Extra::None), ["agent_id"]);
}

#[test]
fn too_many_buckets_are_refused_with_the_limit() {
    let problem = read("date_from=2024-06-01&date_to=2026-06-01&interval=hour", Extra::None).unwrap_err().body("");
    assert_eq!((problem.status, problem.errors[0].pointer.as_str()), (422, "interval"));
    assert!(problem.errors[0].detail.contains("2400"), "{}", problem.errors[0].detail);
    assert!(read("date_from=2024-06-01&date_to=2026-06-01&interval=day", Extra::None).is_ok());
    // Without an interval a long period is shown by month.
    assert_eq!(read("date_from=2000-01-01", Extra::None).unwrap().context.interval.as_str(), "month");
}

#[test]
fn periods_have_two_ends() {
    let period = |query: &str| {
        let context = read(query, Extra::None).unwrap().context;
        (context.from.to_string(), context.to.to_string(), context.buckets.iter().count())
    };
    let days = |from: &str, to: &str, n| (format!("{from}T00:00:00Z"), format!("{to}T00:00:00Z"), n);
    assert_eq!(period(""), days("2026-10-27", "2026-11-26", 30));
    assert_eq!(period("date_preset=last_7_days"), days("2026-11-19", "2026-11-26", 7));
    assert_eq!(period("date_from=2026-11-20"), days("2026-11-20", "2026-11-26", 6));
    assert_eq!(period("date_to=2026-03-31"), days("2026-03-02", "2026-04-01", 30));
    // It is the 26th in Tokyo already.
    let tokyo = ("2026-11-25T15:00:00Z".to_owned(), "2026-11-26T15:00:00Z".to_owned(), 1);
    assert_eq!(period("date_preset=today&timezone=Asia/Tokyo"), tokyo);
    // A `+` that was not encoded arrives as a space.
    for plus in ["+", "%2B"] {
        let query = format!("date_from=2026-03-01T00:00:00{plus}10:00&date_to=2026-03-02T00:00:00{plus}10:00");
        assert_eq!(period(&query).0, "2026-02-28T14:00:00Z");
    }
}

#[test]
fn filters_are_understood_and_said_back() {
    let query = "custom%5Bplan%5D=pro&custom[plan]=free&custom[region]=eu&agent_id=a+b&agent_id=%22x%22&priority=high,low&temperature=hot";
    let asked = read(query, Extra::None).unwrap();
    let expected = json!({
        "agent_id": ["a b", "\"x\""], "custom[plan]": ["pro", "free"], "custom[region]": ["eu"], "priority": ["high", "low"],
        "temperature": ["hot"],
    });
    assert_eq!(serde_json::to_value(&asked.filters).unwrap(), expected);
    assert_eq!(asked.context.filter.custom["plan"], ["pro", "free"]);
    // An unknown agent or tag is no fault: the report is empty.
    let rows = sample::rows();
    let asked = read("date_from=2026-03-09&date_to=2026-03-11&agent_id=nobody", Extra::None).unwrap();
    let reply = compute::<AgentRoster>(&rows, &asked);
    assert_eq!((reply.data.rows.len(), serde_json::to_value(&reply.meta).unwrap()["n"].clone()), (0, json!(0)));
}

#[test]
fn previous_is_the_same_report_before() {
    let asked = read("date_from=2026-03-11&date_to=2026-03-12&compare=previous", Extra::None).unwrap();
    let reply = serde_json::to_value(compute::<Pcsat>(&sample::rows(), &asked)).unwrap();
    assert_eq!(reply["previous"]["period"], json!({"from": "2026-03-09T00:00:00Z", "to": "2026-03-11T00:00:00Z"}));
    assert_eq!((&reply["meta"]["n"], &reply["previous"]["n"]), (&json!(2), &json!(4)));
    let alone = read("date_from=2026-03-09&date_to=2026-03-10", Extra::None).unwrap();
    let alone = serde_json::to_value(compute::<Pcsat>(&sample::rows(), &alone)).unwrap();
    assert_eq!(reply["previous"]["data"], alone["data"]);
}

// ---- Pages ----

#[test]
fn a_walk_over_assessments_visits_each_once() {
    let query = "date_from=2026-03-09&date_to=2026-03-11&limit=2";
    let (mut seen, mut cursor) = (Vec::new(), None);
    loop {
        let next = cursor.map_or_else(|| query.to_owned(), |cursor: String| format!("{query}&cursor={cursor}"));
        let asked = read(&next, Extra::Assessments).unwrap();
        let reply = compute::<AgentAssessmentConversationUids>(&sample::rows(), &asked);
        let page = serde_json::to_value(page(reply, &asked, "demo").unwrap()).unwrap();
        assert_eq!((&page["total"], &page["data"]["totals"]["total"]), (&json!(7), &json!(7)));
        for row in page["data"]["rows"].as_array().unwrap() {
            seen.push(format!("{} {}", row["conversation_uid"].as_str().unwrap(), row["agent_id"].as_str().unwrap()));
        }
        cursor = page["next_cursor"].as_str().map(str::to_owned);
        if let Some(cursor) = &cursor {
            // It serves this walk of this tenant only.
            let reply = || compute::<AgentAssessmentConversationUids>(&sample::rows(), &asked);
            let other = read(&format!("{query}&agent_id=ada&cursor={cursor}"), Extra::Assessments).unwrap();
            assert!(super::reports::page(reply(), &other, "demo").is_err());
            let same = read(&format!("{query}&cursor={cursor}"), Extra::Assessments).unwrap();
            assert!(super::reports::page(reply(), &same, "other").is_err());
        } else {
            break;
        }
    }
    assert_eq!(seen, ["s6 ada", "s5 helper", "s4 ben", "s3 ben", "s3 helper", "s2 ada", "s1 ada"]);
}

// ---- CSV ----

/// Records of RFC 4180 text.
fn records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut record, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.push(letters.next().unwrap()),
            '"' => quoted = !quoted,
            ',' if !quoted => record.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {
                assert_eq!(letters.next(), Some('\n'));
                record.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut record));
            }
            letter => cell.push(letter),
        }
    }
    assert!(record.is_empty() && cell.is_empty() && !quoted);
    records
}

#[test]
fn csv_has_the_same_columns_with_and_without_lines() {
    let asked = read("date_from=2026-03-09&date_to=2026-03-11", Extra::None).unwrap();
    let full = records(&csv_text::<AgentRoster>(&compute::<AgentRoster>(&sample::rows(), &asked)));
    let empty = records(&csv_text::<AgentRoster>(&compute::<AgentRoster>(&[], &asked)));
    assert_eq!((full.len(), empty.len()), (5, 1));
    assert_eq!(full[0], empty[0]);
    assert_eq!(full[0][..4], ["agent_id", "name", "kind", "n"]);
    assert!(full.iter().all(|record| record.len() == full[0].len()));
    let column = |name: &str| full[0].iter().position(|known| known == name).unwrap();
    assert_eq!(
        (full[1][column("pcsat.value")].as_str(), full[1][column("channels")].as_str()),
        ("3.25", "[\"email\",\"web\"]")
    );
    // With the period before, a first column says which.
    let asked = read("date_from=2026-03-11&date_to=2026-03-11&compare=previous", Extra::None).unwrap();
    let both = records(&csv_text::<Pcsat>(&compute::<Pcsat>(&sample::rows(), &asked)));
    let periods: Vec<&str> = both.iter().map(|record| record[0].as_str()).collect();
    assert_eq!(periods, ["period", "current", "previous"]);
}

#[test]
fn csv_quotes_what_would_break_it() {
    let mut row = RosterRow::default();
    row.agent.agent_id = "a,\"b\"\r\nc".to_owned();
    let text = csv::write(&[("current", &[row])], false);
    assert_eq!(records(&text)[1][0], "a,\"b\"\r\nc");
}

#[test]
fn csv_is_for_those_who_ask_for_it_first() {
    let accepts = |value: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert(header::ACCEPT, HeaderValue::from_static(value));
        wants_csv(&headers)
    };
    assert!(accepts("text/csv") && accepts("text/csv; charset=utf-8, */*;q=0.1") && accepts("text/html, text/csv"));
    assert!(!accepts("*/*") && !accepts("application/json, text/csv") && !wants_csv(&HeaderMap::new()));
}

// ---- The document ----

#[test]
fn every_report_is_described_with_an_example() {
    let document = serde_json::to_value(openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap();
    let report = |path: &str| path.strip_prefix("/api/public/{tenant}/insights/").map(str::to_owned);
    let named: BTreeSet<String> = paths.keys().filter_map(|path| report(path)).collect();
    let all: BTreeSet<String> = domain::insights::ALL.iter().map(|entry| entry.name.to_owned()).collect();
    assert_eq!((named.len(), paths.len()), (20, 24));
    assert_eq!(named, all);
    for (path, item) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        let content = &item["get"]["responses"]["200"]["content"];
        let example = &content["application/json"]["example"];
        assert!(example.is_object(), "{path}");
        if path.contains("{tenant}") {
            assert!(!example["data"]["rows"].as_array().unwrap().is_empty(), "{path}");
            assert!(content["text/csv"]["example"].is_string(), "{path}");
            let parameters = item["get"]["parameters"].as_array().unwrap();
            for name in ["tenant", "date_preset", "timezone", "interval", "custom", "compare", "include"] {
                assert!(parameters.iter().any(|parameter| parameter["name"] == name), "{path}: {name}");
            }
        }
    }
}

// ---- Faults that other products had, from text to figure ----

/// Messages as (who, when, text).
fn conversation(messages: &[(&str, &str, &str)], more: Value) -> Conversation {
    let messages: Vec<Value> = messages
        .iter()
        .enumerate()
        .map(|(i, (who, at, text))| {
            json!({"id": format!("m{i}"), "created_at": at, "author_type": who, "author": {"id": format!("{who}-1")}, "body": text})
        })
        .collect();
    let mut value = json!({"id": "c1", "created_at": messages[0]["created_at"], "messages": messages});
    let Value::Object(more) = more else { panic!("more fields are an object") };
    value.as_object_mut().unwrap().extend(more);
    serde_json::from_value(value).unwrap()
}

fn effort(conversation: &Conversation, settings: &Settings) -> Value {
    let engine = engine::Engine::new();
    let analysis = engine.analyser(settings).analyse(conversation);
    let row = FactRow::of(conversation, &analysis, engine::sla_status(conversation, &analysis, settings));
    let asked =
        ReportQuery::parse("date_from=2026-03-01&date_to=2026-03-31").read(settings, now(), Extra::None).unwrap();
    let reply = compute::<AgentEffort>(&[("c1".to_owned(), row)], &asked);
    serde_json::to_value(reply.data).unwrap()
}

const ASKS: &str = "I cannot open my invoice from last month and I really need it today, can you help me?";
const BOT: &str = "Thanks for writing to us, a colleague will look into your invoice as soon as possible.";
const ANSWERS: &str = "I am sorry about that. I have sent you the invoice by e-mail, please have a look.";

#[test]
fn f02_a_bot_is_not_the_first_human_reply() {
    let lines = [
        ("customer", "2026-03-10T10:00:00Z", ASKS),
        ("bot", "2026-03-10T10:00:05Z", BOT),
        ("agent", "2026-03-10T10:20:00Z", ANSWERS),
    ];
    let totals = &effort(&conversation(&lines, json!({})), &Settings::default())["totals"];
    assert_eq!(
        (&totals["first_response_human"]["seconds"], &totals["first_response_bot"]["seconds"]),
        (&json!(1200.0), &json!(5.0))
    );
}

#[test]
fn f04_time_with_the_bot_is_not_the_agents() {
    let lines = [
        ("customer", "2026-03-02T10:00:00Z", ASKS),
        ("bot", "2026-03-02T10:00:10Z", BOT),
        ("customer", "2026-03-08T09:00:00Z", "I am still waiting for that invoice."),
        ("agent", "2026-03-08T10:00:00Z", ANSWERS),
    ];
    let closed = json!({"status": "closed", "closed_at": "2026-03-08T10:30:00Z"});
    let totals = &effort(&conversation(&lines, closed), &Settings::default())["totals"];
    let six_days = 6.0 * 86_400.0 + 1_800.0;
    assert_eq!(
        (&totals["resolution"]["seconds"], &totals["resolution_human"]["seconds"]),
        (&json!(six_days), &json!(1800.0))
    );
}

#[test]
fn f05_the_first_response_is_to_the_earliest_unanswered_message() {
    let lines = [
        ("customer", "2026-03-09T10:00:00Z", ASKS),
        ("customer", "2026-03-10T10:00:00Z", "Hello, is anybody there?"),
        ("customer", "2026-03-11T10:00:00Z", "I would really like an answer."),
        ("agent", "2026-03-12T10:00:00Z", ANSWERS),
    ];
    let report = effort(&conversation(&lines, json!({})), &Settings::default());
    assert_eq!(report["totals"]["first_response_human"]["seconds"], 3.0 * 86_400.0);
    assert_eq!(report["rows"][0]["reply_median_seconds"], 3 * 86_400);
}

#[test]
fn f06_a_segment_ends_at_the_first_reply_and_what_waits_is_told_apart() {
    let lines = [
        ("customer", "2026-03-10T10:00:00Z", ASKS),
        ("customer", "2026-03-10T10:05:00Z", "It is the one of February."),
        ("agent", "2026-03-10T10:10:00Z", ANSWERS),
        ("agent", "2026-03-10T10:12:00Z", "Here is the link as well."),
        ("customer", "2026-03-10T10:30:00Z", "It does not open, please send it again."),
    ];
    let report = effort(&conversation(&lines, json!({"status": "open"})), &Settings::default());
    let row = &report["rows"][0];
    assert_eq!(
        (&row["replies"], &row["reply_median_seconds"], &report["totals"]["waiting"]),
        (&json!(1), &json!(600), &json!(1))
    );
}

#[test]
fn f07_business_hours_stand_beside_the_wall_clock() {
    let days = ["monday", "tuesday", "wednesday", "thursday", "friday"];
    let hours: Vec<Value> = days.iter().map(|day| json!({"day": day, "opens": 540, "closes": 1020})).collect();
    let settings: Settings = serde_json::from_value(json!({"business_hours": hours})).unwrap();
    let lines = [("customer", "2026-03-14T12:00:00Z", ASKS), ("agent", "2026-03-16T09:10:00Z", ANSWERS)];
    let totals = &effort(&conversation(&lines, json!({})), &settings)["totals"];
    let expected = json!({"seconds": 45.0 * 3600.0 + 600.0, "business_seconds": 600.0, "n": 1});
    assert_eq!(totals["first_response_human"], expected);
}
