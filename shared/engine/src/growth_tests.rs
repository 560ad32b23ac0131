//! Work grows with the new text, and with nothing else.

use std::time::{Duration, Instant};

use domain::settings::Settings;

use crate::fixture::conversation;
use crate::{Engine, samples};

/// Time that this thread has spent on a processor, where the system tells (Linux), else the wall clock: another process's time
/// slice is none of ours.
fn spent(begin: Instant) -> Duration {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok();
    let nanos = told.and_then(|line| line.split_whitespace().next()?.parse().ok());
    nanos.map_or_else(|| begin.elapsed(), Duration::from_nanos)
}

/// The quickest of three runs.
fn timed(mut work: impl FnMut()) -> Duration {
    let begin = Instant::now();
    let once = |work: &mut dyn FnMut()| {
        let before = spent(begin);
        work();
        spent(begin).saturating_sub(before)
    };
    (0..3).map(|_| once(&mut work)).min().unwrap()
}

#[test]
fn five_thousand_messages_take_ten_times_five_hundred() {
    let engine = Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let of = |times: usize| {
        let mut talk = samples::ten_messages();
        let ten = talk.messages.clone();
        talk.messages = std::iter::repeat_n(ten, times).flatten().collect();
        timed(|| assert_eq!(analyser.analyse(&talk).analyzed_messages as usize, times * 10))
    };
    let (few, many) = (of(50), of(500));
    assert!(many < few * 30, "500 messages {few:?}, 5,000 messages {many:?}");
}

#[test]
fn quoted_threads_are_read_once() {
    // F16: 30 replies, each quoting everything before it.
    let engine = Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let mut bodies: Vec<String> = Vec::new();
    for index in 0..30 {
        let own = if index % 2 == 0 {
            "The printer is broken again and I want my money back."
        } else {
            "I am sorry to hear that, please send me the serial number."
        };
        let quoted: String = bodies.last().map_or(String::new(), |last: &String| {
            let lines: Vec<String> = last.lines().map(|line| format!("> {line}")).collect();
            format!("\n\nOn Mon, 9 Mar 2026 at 10:00, Ann <ann@example.com> wrote:\n{}", lines.join("\n"))
        });
        bodies.push(format!("{own}{quoted}"));
    }
    let rows: Vec<(&str, i64, &str)> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| (if index % 2 == 0 { "c" } else { "a" }, i64::try_from(index).unwrap(), body.as_str()))
        .collect();
    let analysis = analyser.analyse(&conversation(&rows));
    let words = analysis.assessments[0].words;
    assert_eq!(words, 15 * 12, "each reply counts its own twelve words");
    for span in analysis.spans() {
        assert!(span.end <= 60, "evidence stands in the new text: {span:?}");
    }
}

#[test]
fn a_thank_you_above_an_angry_quote_is_a_thank_you() {
    // F15
    let engine = Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let html = "<div>Thank you so much, everything works now!</div><div class=\"gmail_quote\"><div>On Mon, Ann wrote:</div>\
                <blockquote>This is the worst, most useless service ever. I want a refund.</blockquote></div>";
    let mut talk = conversation(&[
        ("c", 0, "My order number 12 has not arrived yet, could you check please?"),
        ("a", 5, "It arrives today, I have checked with the courier."),
        ("c", 60, html),
    ]);
    talk.messages[2].content_type = domain::conversation::ContentType::Html;
    let analysis = analyser.analyse(&talk);
    let last = analysis.message_sentiments.last().unwrap();
    assert!(last.score > 0.0, "{last:?}");
    assert_ne!(analysis.temperature.unwrap().label, domain::analysis::Temperature::Hot);
    assert_eq!(analysis.resolution.state, Some(domain::analysis::ResolutionState::Resolved));
}
