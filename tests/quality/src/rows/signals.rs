//! Row 10: churn, escalation and the other whole-dialogue signals, on `support-signals`, beside one keyword rule each.

use domain::analysis::{ChurnLevel, ConversationAnalysis, WarningKind};
use domain::settings::Settings;
use serde_json::Value;

use crate::data::Data;
use crate::dialogues::conversation;
use crate::scores::{accuracy, interval, macro_f1, mean, precision_recall_f1};
use crate::table::{Measure, Row};

const SET: &str = "support-signals";

#[derive(serde::Deserialize)]
struct Labelled {
    id: String,
    turns: Vec<(String, String)>,
    agreed: serde_json::Map<String, Value>,
}

/// A signal: its name in the labels, its classes, what the analysis says, and the keyword rule written first as the baseline.
struct Signal {
    field: &'static str,
    classes: &'static [&'static str],
    ours: fn(&ConversationAnalysis) -> String,
    baseline: fn(&Turns<'_>) -> String,
}

/// The words of each side, in lower case.
struct Turns<'a> {
    customer: &'a str,
    agent: &'a str,
}

fn flag(holds: bool) -> String {
    if holds { "1" } else { "0" }.to_owned()
}

fn any(text: &str, words: &[&str]) -> bool {
    words.iter().any(|word| text.contains(word))
}

fn warns(analysis: &ConversationAnalysis, kind: WarningKind) -> String {
    flag(analysis.early_warnings.iter().any(|warning| warning.kind == kind))
}

fn worded<T>(label: Option<&domain::analysis::Label<T>>, word: fn(&T) -> &'static str) -> String {
    label.map_or_else(|| "none".to_owned(), |label| word(&label.label).to_owned())
}

const FLAGS: &[&str] = &["1"];

const SIGNALS: &[Signal] = &[
    Signal {
        field: "churn_risk",
        classes: FLAGS,
        ours: |analysis| flag(analysis.churn_risk.as_ref().is_some_and(|risk| risk.level >= ChurnLevel::Medium)),
        baseline: |turns| flag(any(turns.customer, &["cancel", "switch", "leaving", "competitor"])),
    },
    Signal {
        field: "escalation",
        classes: FLAGS,
        ours: |analysis| warns(analysis, WarningKind::Escalation),
        baseline: |turns| flag(any(turns.customer, &["manager", "supervisor", "complaint", "refund", "lawyer"])),
    },
    Signal {
        field: "repeat_contact",
        classes: FLAGS,
        ours: |analysis| warns(analysis, WarningKind::RepeatContact),
        baseline: |turns| flag(any(turns.customer, &["again", "still", "already", "third time"])),
    },
    Signal {
        field: "feature_request",
        classes: FLAGS,
        ours: |analysis| flag(!analysis.feature_requests.is_empty()),
        baseline: |turns| flag(any(turns.customer, &["please add", "feature", "would be nice", "wish", "option to"])),
    },
    Signal {
        field: "growth",
        classes: FLAGS,
        ours: |analysis| flag(!analysis.growth_opportunities.is_empty()),
        baseline: |turns| flag(any(turns.customer, &["upgrade", "buy", "purchase", "interested in"])),
    },
    Signal {
        field: "info_share",
        classes: FLAGS,
        ours: |analysis| flag(!analysis.information_shares.is_empty()),
        baseline: |turns| flag(any(turns.agent, &["also", "you can", "fyi", "tip", "more info"])),
    },
    Signal {
        field: "temperature",
        classes: &["hot", "warm", "cold"],
        ours: |analysis| worded(analysis.temperature.as_ref(), |label| label.as_str()),
        baseline: |turns| {
            let hot = any(turns.customer, &["worst", "terrible", "awful", "ridiculous", "disgusting", "!!"]);
            let warm = any(turns.customer, &["disappoint", "frustrat", "annoy", "thank", "love"]);
            if hot {
                "hot"
            } else if warm {
                "warm"
            } else {
                "cold"
            }
            .to_owned()
        },
    },
    Signal {
        field: "severity",
        classes: &["low", "medium", "high", "critical"],
        ours: |analysis| worded(analysis.severity.as_ref(), |label| label.as_str()),
        baseline: |turns| {
            let critical = any(turns.customer, &["danger", "hacked", "stranded", "police", "hospital"]);
            let high = any(turns.customer, &["charged", "outage", "missed", "cancelled", "refund"]);
            let medium = any(turns.customer, &["not working", "problem", "issue", "late", "broken", "error", "cant"]);
            if critical {
                "critical"
            } else if high {
                "high"
            } else if medium {
                "medium"
            } else {
                "low"
            }
            .to_owned()
        },
    },
    Signal {
        field: "resolution",
        classes: &["resolved", "unresolved", "open"],
        ours: |analysis| analysis.resolution.state.map_or("none", |state| state.as_str()).to_owned(),
        baseline: |turns| {
            let resolved = any(turns.customer, &["fixed", "works now", "working now", "thank", "sorted"]);
            let no = any(turns.agent, &["unfortunately", "unable to"]);
            if resolved {
                "resolved"
            } else if no {
                "unresolved"
            } else {
                "open"
            }
            .to_owned()
        },
    },
    Signal {
        field: "agent_empathy",
        classes: &["0", "1", "2"],
        ours: |analysis| {
            let scores = analysis.assessments.iter().filter_map(|one| one.skills.sensitivity.as_ref());
            let best = scores.map(|skill| skill.score).fold(0.0, f64::max);
            if best < 50.0 {
                "0"
            } else if best < 75.0 {
                "1"
            } else {
                "2"
            }
            .to_owned()
        },
        baseline: |turns| {
            let formula = any(turns.agent, &["sorry", "apolog"]);
            let specific = any(turns.agent, &["understand how", "must be", "must have been"]);
            if specific {
                "2"
            } else if formula {
                "1"
            } else {
                "0"
            }
            .to_owned()
        },
    },
];

type Pairs = Vec<(String, String)>;

/// F1: of the positive for a flag, the mean over the classes else.
fn f1(pairs: &Pairs, classes: &[&str]) -> f64 {
    match classes {
        [only] => precision_recall_f1(pairs, &(*only).to_owned()).2,
        _ => macro_f1(pairs),
    }
}

fn precision(pairs: &Pairs, classes: &[&str]) -> f64 {
    let of = |class: &&str| precision_recall_f1(pairs, &(*class).to_owned()).0;
    let occurs = |class: &&&str| pairs.iter().any(|(truth, _)| truth == **class);
    mean(&classes.iter().filter(occurs).map(of).collect::<Vec<_>>())
}

fn truth(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Row 10.
pub(crate) fn row(data: &Data) -> Row {
    const GOAL: &str = "signals of a dialogue";
    let (file, dialogues) = match data.first_json::<Labelled>(SET, &["test.jsonl.gz", "public.jsonl.gz"]) {
        Ok(found) => found,
        Err(why) => return Row::missing("10", GOAL, SET, &why),
    };
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let judged: Vec<(Labelled, ConversationAnalysis, String, String)> = dialogues
        .into_iter()
        .map(|dialogue| {
            let turns = dialogue.turns.iter().map(|(who, text)| (who.as_str(), text.as_str()));
            let analysis = analyser.analyse(&conversation(&dialogue.id, turns));
            let side = |customer: bool| {
                let own = dialogue.turns.iter().filter(|(who, _)| (who == "customer") == customer);
                own.map(|(_, text)| text.to_lowercase()).collect::<Vec<_>>().join("\n")
            };
            let (customer, agent) = (side(true), side(false));
            (dialogue, analysis, customer, agent)
        })
        .collect();
    let mut row = Row::new("10", GOAL, format!("{SET}/{file}, fields on which both annotators agree"));
    let (mut all_f1, mut all_precision) = (Vec::new(), Vec::new());
    for signal in SIGNALS {
        let mut pairs: Pairs = Vec::new();
        let mut baseline: Pairs = Vec::new();
        for (dialogue, analysis, customer, agent) in &judged {
            if let Some(value) = dialogue.agreed.get(signal.field) {
                pairs.push((truth(value), (signal.ours)(analysis)));
                baseline.push((truth(value), (signal.baseline)(&Turns { customer, agent })));
            }
        }
        let (ours, sure) = (f1(&pairs, signal.classes), precision(&pairs, signal.classes));
        all_f1.push(ours);
        all_precision.push(sure);
        let of = |sample: &[(String, String)]| f1(&sample.to_vec(), signal.classes);
        let mut measure = Measure::new(format!("{} precision", signal.field), pairs.len(), sure)
            .peer("keyword", precision(&baseline, signal.classes));
        measure.accept = Some(0.75);
        row.measures.push(measure);
        row.measures.push(
            Measure::new(format!("{} F1", signal.field), pairs.len(), ours)
                .within(interval(&pairs, 300, 10, of))
                .goals(0.60, 0.75)
                .peer("keyword", f1(&baseline, signal.classes)),
        );
        for class in signal.classes {
            let class = (*class).to_owned();
            let (p, r, f) = precision_recall_f1(&pairs, &class);
            let n = pairs.iter().filter(|(truth, _)| *truth == class).count();
            let (_, _, peer) = precision_recall_f1(&baseline, &class);
            let name = format!("{}={class} (P {p:.2}, R {r:.2})", signal.field);
            row.slices.push(Measure::new(name, n, f).peer("keyword", peer));
        }
        if signal.classes.len() > 1 {
            row.slices.push(Measure::new(format!("{} accuracy", signal.field), pairs.len(), accuracy(&pairs)));
        }
    }
    row.slices.push(Measure::new("mean F1", all_f1.len(), mean(&all_f1)));
    row.slices.push(Measure::new("mean precision", all_precision.len(), mean(&all_precision)));
    row.notes
        .push("a flag is scored on its positives; a field of several classes by the mean over the classes".to_owned());
    row
}
