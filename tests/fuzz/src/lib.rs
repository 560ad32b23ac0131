//! What holds of every reduced body, whatever it was.

use language::{Reduced, sentences};

/// Every segment lies inside the body and after the one before, and whatever the new text is pointed at is found by its offsets.
pub fn holds(body: &str, reduced: &Reduced) {
    let mut end = 0;
    for segment in reduced.segments() {
        let bytes = segment.raw.bytes.clone();
        assert!(end <= bytes.start && bytes.start < bytes.end && bytes.end <= body.len(), "{bytes:?} after {end}");
        agree(body, &segment.raw);
        end = bytes.end;
    }
    for sentence in sentences(reduced.text()) {
        let span = reduced.raw_span(sentence.clone()).unwrap_or_else(|| panic!("{sentence:?} is nowhere in the body"));
        agree(body, &span);
    }
}

/// The span says the same place in bytes and in scalar values.
fn agree(body: &str, span: &language::RawSpan) {
    let quote = body.get(span.bytes.clone()).unwrap_or_else(|| panic!("{:?} is not in the body", span.bytes));
    assert_eq!(span.start, body[..span.bytes.start].chars().count());
    assert_eq!(span.end - span.start, quote.chars().count());
    assert_eq!(span.quote(body), quote);
}
