//! Any bytes as a request: read or refused without a panic; what is accepted is analysed without one, and its evidence fits its text.
#![no_main]

use std::sync::LazyLock;

use domain::conversation::intake;
use domain::settings::Settings;
use engine::Engine;
use libfuzzer_sys::fuzz_target;

static ENGINE: LazyLock<Engine> = LazyLock::new(Engine::new);
static SETTINGS: LazyLock<Settings> = LazyLock::new(Settings::default);

fuzz_target!(|body: &[u8]| {
    let now = jiff::Timestamp::from_second(1_795_608_000).unwrap();
    let Ok(read) = intake::read(body, now) else { return };
    for conversation in read.accepted {
        let analysis = ENGINE.analyser(&SETTINGS).analyse(&conversation);
        for span in analysis.spans() {
            let message = conversation.messages.get(span.message as usize).expect("a message of the conversation");
            let length = message.body.chars().count();
            assert!(span.start < span.end && span.end as usize <= length, "{span:?} of {length}");
        }
    }
});
