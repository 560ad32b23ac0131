//! Row 9: speed of the whole analysis and size of all weights. The only row whose figures depend on the machine and its load.

use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use domain::settings::Settings;

use crate::data::Data;
use crate::random::Random;
use crate::table::{Measure, Row};

/// Orders of the ten messages that are timed, and how often each: the quickest counts, since another process's time slice in
/// the middle of one is none of ours.
const ORDERS: usize = 400;
const TIMES: usize = 5;

fn bytes_of(folder: &Path) -> f64 {
    let files = std::fs::read_dir(folder).into_iter().flatten().flatten();
    files.filter_map(|file| file.metadata().ok()).map(|about| about.len() as f64).sum()
}

/// Row 9.
pub(crate) fn row(_: &Data) -> Row {
    let engine = engine::Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let mut random = Random::new(9);
    let mut micros: Vec<f64> = (0..ORDERS)
        .map(|_| {
            let mut conversation = engine::samples::ten_messages();
            random.shuffle(&mut conversation.messages);
            let once = || {
                let begin = Instant::now();
                black_box(analyser.analyse(black_box(&conversation)));
                begin.elapsed().as_secs_f64() * 1e6
            };
            (0..TIMES).map(|_| once()).fold(f64::INFINITY, f64::min)
        })
        .collect();
    micros.sort_by(f64::total_cmp);
    let shared = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared");
    let weights: f64 = ["language/src/weights", "engine/src/weights", "engine/src/rules"]
        .iter()
        .map(|folder| bytes_of(&shared.join(folder)))
        .sum();
    let mut row = Row::new("9", "speed and size", "a conversation of ten messages, one core");
    row.measures.push(Measure::new("p50 µs", ORDERS, micros[ORDERS / 2]).goals(500.0, 150.0).lower_is_better());
    row.measures.push(Measure::new("p99 µs", ORDERS, micros[ORDERS * 99 / 100]).goals(2000.0, 500.0).lower_is_better());
    row.measures.push(Measure::new("weights and rules, MB", 1, weights / 1e6).goals(2.0, 1.0).lower_is_better());
    row.notes.push(
        "`cargo bench -p engine` measures the same in the release profile, and growth up to 5,000 messages".to_owned(),
    );
    row
}
