//! Speed of the whole analysis, and that it grows with the text and not faster.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use domain::settings::Settings;
use engine::{Engine, samples};

fn usual(criterion: &mut Criterion) {
    let engine = Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let conversation = samples::ten_messages();
    criterion.bench_function("ten messages", |bench| bench.iter(|| analyser.analyse(black_box(&conversation))));
    criterion.bench_function("compile the rules", |bench| bench.iter(Engine::new));
}

fn growth(criterion: &mut Criterion) {
    let engine = Engine::new();
    let analyser = engine.analyser(&Settings::default());
    let mut group = criterion.benchmark_group("messages");
    group.sample_size(10);
    let usual = samples::ten_messages();
    for times in [1_u64, 10, 100, 500] {
        let mut conversation = usual.clone();
        for _ in 1..times {
            conversation.messages.extend(usual.messages.iter().cloned());
        }
        group.throughput(Throughput::Elements(times * 10));
        group.bench_with_input(BenchmarkId::from_parameter(times * 10), &conversation, |bench, conversation| {
            bench.iter(|| analyser.analyse(black_box(conversation)));
        });
    }
    group.finish();
}

criterion_group!(benches, usual, growth);
criterion_main!(benches);
