//! Any text: sentences are in order, inside the text, on character boundaries, and hold everything but white space.
#![no_main]

use language::sentences;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut end = 0;
    for sentence in sentences(text) {
        assert!(end <= sentence.start && sentence.start < sentence.end, "{sentence:?} after {end}");
        assert!(text[end..sentence.start].trim().is_empty(), "{:?} is in no sentence", &text[end..sentence.start]);
        assert!(!text[sentence.clone()].trim().is_empty());
        end = sentence.end;
    }
    assert!(text[end..].trim().is_empty(), "{:?} is in no sentence", &text[end..]);
});
