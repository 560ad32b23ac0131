use proptest::prelude::*;

use super::*;

fn split(text: &str) -> Vec<&str> {
    sentences(text).into_iter().map(|range| text.get(range).unwrap()).collect()
}

#[test]
fn sentences_end_where_a_reader_ends_them() {
    for (text, expected) in [
        ("It broke. I want a refund!", &["It broke.", "I want a refund!"][..]),
        ("Dr. Smith paid $3.50 at 5 p.m. yesterday. Fine.", &["Dr. Smith paid $3.50 at 5 p.m. yesterday.", "Fine."]),
        ("See https://a.co/b. It fails", &["See https://a.co/b.", "It fails"]),
        ("Go to www.x.com/a.b?c=d! Now", &["Go to www.x.com/a.b?c=d!", "Now"]),
        ("Well... maybe not. OK", &["Well... maybe not.", "OK"]),
        ("Well... Maybe not.", &["Well...", "Maybe not."]),
        ("Great 😀 Thanks! 😡😡 Bye", &["Great 😀 Thanks! 😡😡", "Bye"]),
        ("He said \"no.\" Then left.", &["He said \"no.\"", "Then left."]),
        ("No. It is not.", &["No.", "It is not."]),
        ("Order No. 12 is late.", &["Order No. 12 is late."]),
        ("One\nTwo", &["One", "Two"]),
        ("これは壊れています。返金してください。", &["これは壊れています。", "返金してください。"]),
        ("J. Doe called. Why?!", &["J. Doe called.", "Why?!"]),
        ("1. Restart\n2. Wait", &["1. Restart", "2. Wait"]),
        (
            "a line that the mail program has wrapped at about seventy columns\nand that goes on. End",
            &["a line that the mail program has wrapped at about seventy columns\nand that goes on.", "End"],
        ),
        ("   ", &[]),
        ("", &[]),
    ] {
        assert_eq!(split(text), expected, "{text}");
    }
}

proptest! {
    #[test]
    fn sentences_hold_all_that_is_not_space(text in "(\\PC|[ \n.!?…a-zA-Z😀]){0,80}") {
        let mut end = 0;
        for range in sentences(&text) {
            prop_assert!(range.start >= end && !range.is_empty());
            prop_assert!(text.get(end..range.start).unwrap().trim().is_empty());
            end = range.end;
        }
        prop_assert!(text.get(end..).unwrap().trim().is_empty());
    }
}
