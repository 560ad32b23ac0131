//! The engine: one conversation from text to analysis, on one core.

use std::hint::black_box;
use std::time::Duration;

use domain::conversation::Conversation;
use domain::settings::Settings;
use engine::{Analyser, Engine};
use jiff::ToSpan;
use serde_json::Value;

use crate::Result;
use crate::cloud::now;
use crate::conversations::{Seed, pushed, read};
use crate::figures::{least, quantile, runs};
use crate::table::{Row, Table};

/// Conversations of ten messages.
const CONVERSATIONS: u64 = 1_000;
/// Analyses of each, of which the least counts.
const REPEATS: usize = 5;

/// Times of ten messages, growth with their number, and real conversations if given.
pub(crate) fn measure(real: Option<&[Value]>, table: &mut Table) -> Result<()> {
    table.part(&format!("Analysis on one core (processor time; each conversation {REPEATS} times, its least)"));
    let ready = least(&runs(REPEATS, Duration::ZERO, Engine::new)) * 1e3;
    let (engine, settings) = (Engine::new(), Settings::default());
    let compiled = least(&runs(REPEATS, Duration::ZERO, || engine.analyser(&settings))) * 1e3;
    let analyser = engine.analyser(&settings);
    table.row(Row::of("compiling the rules; a tenant's settings", format!("{ready:.2} ms; {compiled:.2} ms")));

    let (now, mut seed) = (now(), Seed(11));
    let long_ago = now - (24 * 90).hours();
    let made = |seed: &mut Seed, messages| read(&pushed(seed, "made", long_ago, messages), now);
    let ten: Vec<Conversation> = (0..CONVERSATIONS).map(|_| made(&mut seed, 10)).collect::<Result<_>>()?;
    let times: Vec<f64> = ten.iter().map(|conversation| microseconds(&analyser, conversation)).collect();
    let (middle, high) = (quantile(&times, 0.5), quantile(&times, 0.99));
    table.row(Row::of("10 messages, p50", format!("{middle:.0} us")).at_most(middle, 500.0, "<= 500 us"));
    table.row(Row::of("10 messages, p99", format!("{high:.0} us")).at_most(high, 2_000.0, "<= 2000 us"));

    let mut each = Vec::new();
    for messages in [50, 500, 5_000] {
        let conversation = made(&mut seed, messages)?;
        let took = microseconds(&analyser, &conversation);
        each.push(took / messages as f64);
        let row = Row::of(
            format!("{messages} messages"),
            format!("{took:.0} us, {:.1} us a message", took / messages as f64),
        );
        let growth = each.last().zip(each.first()).map_or(1.0, |(last, first)| last / first);
        let row = row.ratio(growth, "50's");
        table.row(if messages == 50 { row } else { row.at_most(growth, 1.5, "<= 1.5 x a message") });
    }
    if let Some(real) = real {
        let real: Vec<Conversation> = real.iter().map(|value| read(value, now)).collect::<Result<_>>()?;
        let times: Vec<f64> = real.iter().map(|conversation| microseconds(&analyser, conversation)).collect();
        let messages = real.iter().map(|one| one.messages.len()).sum::<usize>() as f64 / real.len().max(1) as f64;
        let text = format!("p50 {:.0} us, p99 {:.0} us", quantile(&times, 0.5), quantile(&times, 0.99));
        table.row(Row::of(format!("real (DATA), {messages:.1} messages each"), text));
    }
    Ok(())
}

/// Microseconds of processor, the least of a few runs.
fn microseconds(analyser: &Analyser<'_>, conversation: &Conversation) -> f64 {
    least(&runs(REPEATS, Duration::ZERO, || analyser.analyse(black_box(conversation)))) * 1e6
}
