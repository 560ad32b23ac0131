//! Any text read as HTML: reduced without a panic, and every part of the result is where it says it is.
#![no_main]

use language::{ContentType, reduce};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    fuzz::holds(body, &reduce(body, ContentType::Html));
});
