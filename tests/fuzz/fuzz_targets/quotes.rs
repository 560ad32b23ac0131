//! Any text read as a plain message: quotes and signatures are set aside without a panic, and no word is in no part.
#![no_main]

use language::{ContentType, reduce};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    let reduced = reduce(body, ContentType::Text);
    fuzz::holds(body, &reduced);
    let mut end = 0;
    for segment in reduced.segments() {
        assert!(body[end..segment.raw.bytes.start].trim().is_empty(), "a word before {:?} is in no part", segment.raw);
        end = segment.raw.bytes.end;
    }
    assert!(body[end..].trim().is_empty(), "words at the end are in no part");
});
