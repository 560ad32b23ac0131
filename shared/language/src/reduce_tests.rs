use proptest::prelude::*;

use super::*;

fn new_text(body: &str) -> String {
    reduce(body, ContentType::Text).text().to_owned()
}

fn new_html(body: &str) -> String {
    reduce(body, ContentType::Html).text().to_owned()
}

/// Every word of the new text, looked up in the body, is the same text (plain text has no entities).
fn assert_traced(body: &str, content_type: ContentType) {
    let reduced = reduce(body, content_type);
    let text = reduced.text();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let shown = word.trim_end();
        if let Some(span) = reduced.raw_span(at..at + shown.len()) {
            let by_scalars: String = body.chars().skip(span.start).take(span.end - span.start).collect();
            assert_eq!(by_scalars, span.quote(body));
            if content_type == ContentType::Text {
                assert_eq!(span.quote(body), shown);
            }
        } else {
            assert!(shown.is_empty(), "no span for {shown:?} in {body:?}");
        }
        at += word.len();
    }
}

#[test]
fn quoted_replies_are_set_aside() {
    for (body, new) in [
        ("Thanks!\n\nOn Mon, 3 Mar 2025 at 10:42, Ann <ann@x.com> wrote:\n> It is broken\n> again", "Thanks!"),
        ("Thanks!\n\nOn Mon, 3 Mar 2025 at 10:42, Ann Smith\n<ann@x.com> wrote:\n\nIt is broken", "Thanks!"),
        ("Danke\n\nAm 03.03.2025 um 10:42 schrieb Ann <a@x.de>:\n> Kaputt", "Danke"),
        ("Merci\n\nLe lun. 3 mars 2025 à 10:42, Ann <a@x.fr> a écrit :\n> Cassé", "Merci"),
        ("Спасибо\n\n3 марта 2025 г., в 10:42, Анна <a@x.ru> написал(а):\n> Сломано", "Спасибо"),
        ("ok\n-----Original Message-----\nFrom: Ann\nSent: Monday\nI am furious", "ok"),
        ("ok\n\n-----Ursprüngliche Nachricht-----\nVon: Ann\nIch bin wütend", "ok"),
        ("ok\n\nFrom: Ann <a@x.com>\nSent: Monday, March 3, 2025\nTo: Help\nSubject: Broken\n\nI am furious", "ok"),
        ("ok\n\nVon: Ann\nGesendet: Montag\nAn: Hilfe\nBetreff: Kaputt\n\nwütend", "ok"),
        ("see below\n---------- Forwarded message ---------\nFrom: X\nangry words", "see below"),
        ("Works again!\nOn Mon, 3 Mar 2025 at 10:42, Ann <ann@x.com> wrote:\n> broken", "Works again!"),
        ("##- Please type your reply above this line -##\nold text", ""),
    ] {
        assert_eq!(new_text(body), new, "{body}");
        assert_traced(body, ContentType::Text);
    }
}

#[test]
fn answers_between_quotes_stay() {
    let body =
        "On 3 Mar 2025 10:42, Bo <b@x.com> wrote:\n> Did you restart?\nYes, twice.\n> And the cable?\nIt is new.";
    assert_eq!(new_text(body), "Yes, twice.\nIt is new.");
    let kinds: Vec<Kind> = reduce(body, ContentType::Text).segments().iter().map(|segment| segment.kind).collect();
    assert_eq!(kinds, [Kind::Attribution, Kind::Quote, Kind::New, Kind::Quote, Kind::New]);
}

#[test]
fn real_text_is_not_eaten() {
    for body in [
        "Your agent wrote:\nwe will refund you\nThat never happened.",
        "On Monday your agent wrote: you will get it tomorrow.",
        ">:( this is not ok",
        "I get the app error from: the login page\nto: nowhere",
        "Thanks,\nbut it still does not work and I want to know why nobody calls me back.",
        "Sent from my account 3 payments and they all vanished?",
        "-- that is how it looks\nnot good",
        "From: the start it was bad",
        "Best,\nI thought, would be to cancel the whole order and get my money back.",
        "Hello\n\nNew York\nBoston\nwhich one is it?",
    ] {
        assert_eq!(new_text(body), body);
    }
}

#[test]
fn signatures_are_set_aside() {
    for (body, new) in [
        ("It works now.\n\n-- \nAnn Smith\nACME Ltd\n+44 20 7946 0000", "It works now."),
        ("It works now.\n\nSent from my iPhone", "It works now."),
        ("Es geht.\n\nVon meinem iPhone gesendet", "Es geht."),
        ("It works now.\n\nBest regards,\nAnn Smith\nACME Ltd\n+44 20 7946 0000", "It works now."),
        ("It works now.\n\nThanks,\nAnn", "It works now.\n\nThanks,"),
        ("It works.\n\nGet Outlook for iOS", "It works."),
        (
            "It works.\n\nThis email and any attachments are confidential and intended solely for the addressee.\nIf you are not it, delete.",
            "It works.",
        ),
        ("Call me.\n\nKind regards\nJo\n\nSent from my Samsung Galaxy", "Call me."),
    ] {
        assert_eq!(new_text(body), new, "{body}");
        assert_traced(body, ContentType::Text);
    }
}

#[test]
fn code_is_set_aside() {
    assert_eq!(new_text("Look:\n```\nlet x = 1;\n```\nIt fails."), "Look:\nIt fails.");
    assert_eq!(
        new_text("It crashed\nTraceback (most recent call last):\nFile \"a.py\", line 3\nplease help"),
        "It crashed\nplease help"
    );
    assert_eq!(new_text("never closed\n```\nstill text"), "never closed\n```\nstill text");
}

#[test]
fn html_shows_its_text() {
    for (body, new) in [
        ("<p>Hello&nbsp;there</p><p>It&#39;s <b>bad</b> &amp; slow</p>", "Hello there\nIt's bad & slow"),
        ("<style>p{color:red}</style><script>alert('<p>x</p>')</script>Hi<!-- no -->!", "Hi!"),
        ("a < b and <3 you & me &unknown; x", "a < b and <3 you & me &unknown; x"),
        ("<div title=\"a > b\">shown</div>", "shown"),
        ("<div style='display:none'>preheader</div>shown", "shown"),
        ("one<br>two<br/>three", "one\ntwo\nthree"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a b"),
        ("<pre>let x;</pre>fails", "fails"),
        ("unclosed <b>bold", "unclosed bold"),
        ("&#128;5 &#x1F600; &hellip;", "€5 😀 …"),
    ] {
        assert_eq!(new_html(body), new, "{body}");
        assert_traced(body, ContentType::Html);
    }
}

#[test]
fn html_quotes_are_set_aside() {
    let gmail = "<div dir=\"ltr\">Thank you so much!</div><br><div class=\"gmail_quote\"><div class=\"gmail_attr\">On Wed, 3 Jun 2026 at 10:00, Ann &lt;ann@x.com&gt; wrote:<br></div><blockquote class=\"gmail_quote\">This is a disgrace, I hate you</blockquote></div>";
    assert_eq!(new_html(gmail), "Thank you so much!");
    let bare = "Thank you!<div class=\"gmail_quote\">This is a <div>disgrace</div> really</div>";
    assert_eq!(new_html(bare), "Thank you!");
    let between = "<div class=\"gmail_quote\"><div class=\"gmail_attr\">On Mon Bo wrote:</div><blockquote>Restarted?</blockquote><div>Yes, twice.</div><blockquote>Cable?</blockquote><div>New.</div></div>";
    assert_eq!(new_html(between), "Yes, twice.\nNew.");
    let outlook = "<p>Fine.</p><div id=\"appendonsend\"></div><hr><div id=\"divRplyFwdMsg\"><b>From:</b> Ann<br><b>Sent:</b> Monday</div><p>I am furious</p>";
    assert_eq!(new_html(outlook), "Fine.");
    let headers = "<p>Fine.</p><p><b>From:</b> Ann<br><b>Sent:</b> Monday<br><b>To:</b> Bo<br><b>Subject:</b> x</p><p>I am furious</p>";
    assert_eq!(new_html(headers), "Fine.");
    let signed = "<p>Fine.</p><div class=\"gmail_signature\">Ann<br>ACME</div>";
    assert_eq!(new_html(signed), "Fine.");
}

#[test]
fn evidence_crosses_tags_and_entities() {
    let body = "It&#39;s <b>very</b> slow \u{1F600}";
    let reduced = reduce(body, ContentType::Html);
    let at = reduced.text().find("It's very").unwrap();
    let span = reduced.raw_span(at..at + "It's very".len()).unwrap();
    assert_eq!(span.quote(body), "It&#39;s <b>very");
    assert_eq!((span.start, span.end), (0, 16));
}

#[test]
fn auto_replies_are_known() {
    for text in
        ["Automatic reply: I am out", "Hello, I am out of the office until Monday.", "This is an automated message."]
    {
        assert!(reduce(text, ContentType::Text).is_auto_reply(), "{text}");
    }
    for text in ["Nobody answers", "Your office is out of paper", "I will be out, please call"] {
        assert!(!reduce(text, ContentType::Text).is_auto_reply(), "{text}");
    }
}

#[test]
fn media_types() {
    assert_eq!(ContentType::of("text/html; charset=utf-8"), ContentType::Html);
    assert_eq!(ContentType::of("TEXT/HTML"), ContentType::Html);
    assert_eq!(ContentType::of("text/plain"), ContentType::Text);
    assert_eq!(ContentType::of(""), ContentType::Text);
}

/// Hostile input must cost no more a byte at 1 MB than at 100 kB: both finish far inside the test's patience.
#[test]
fn hostile_input_is_linear() {
    for part in [
        "<div",
        "<div>",
        "</span><b>",
        "<a title=\"",
        "&amp",
        "<!--",
        "> x\n",
        "On 1:00, wrote\n",
        "<blockquote>",
        "From: a\n",
        "<script>",
        "'<p =\"",
    ] {
        let body = part.repeat(1_000_000 / part.len());
        assert!(reduce(&body, ContentType::Html).text().len() <= body.len() * 2);
        assert!(reduce(&body, ContentType::Text).text().len() <= body.len());
    }
}

fn markup() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        Just("<div>".to_owned()),
        Just("</div>".to_owned()),
        Just("<div class=\"gmail_quote\">".to_owned()),
        Just("<blockquote>".to_owned()),
        Just("</blockquote>".to_owned()),
        Just("<pre>".to_owned()),
        Just("</pre>".to_owned()),
        Just("<br>".to_owned()),
        Just("<td>".to_owned()),
        Just("&nbsp;".to_owned()),
        Just("&eacute;".to_owned()),
        Just("<!-- x -->".to_owned()),
        Just("<span hidden>".to_owned()),
        Just("</span>".to_owned()),
        Just("\n> ".to_owned()),
        Just("\n-- \n".to_owned()),
        Just("\n```\n".to_owned()),
        Just("\nOn 3 Mar 2025 10:42, x <a@b.c> wrote:\n".to_owned()),
        Just("\nThanks,\n".to_owned()),
        "\\PC{0,12}",
        ".{0,6}",
        "[a-z ]{0,20}",
    ];
    prop::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn any_text_is_traced(body in markup()) {
        assert_traced(&body, ContentType::Text);
        assert_traced(&body, ContentType::Html);
    }

    #[test]
    fn any_range_quotes_the_body(body in markup(), from in 0usize..200, to in 0usize..200) {
        for content_type in [ContentType::Text, ContentType::Html] {
            let reduced = reduce(&body, content_type);
            if let Some(span) = reduced.raw_span(from..to) {
                let by_scalars: String = body.chars().skip(span.start).take(span.end - span.start).collect();
                prop_assert_eq!(&by_scalars, span.quote(&body));
                if content_type == ContentType::Text {
                    // New lines may be joined across a quote that was between them.
                    let shown = reduced.text().get(from..to).unwrap();
                    prop_assert!(by_scalars == shown || by_scalars.len() > shown.len());
                }
            }
        }
    }

    #[test]
    fn segments_are_in_order_and_quote_the_body(body in markup()) {
        for content_type in [ContentType::Text, ContentType::Html] {
            let reduced = reduce(&body, content_type);
            let mut end = 0;
            for segment in reduced.segments() {
                prop_assert!(segment.raw.start >= end && segment.raw.end > segment.raw.start);
                end = segment.raw.end;
                if content_type == ContentType::Text {
                    prop_assert_eq!(reduced.segment_text(segment), segment.raw.quote(&body));
                }
            }
        }
    }

    #[test]
    fn unmarked_text_stays_whole(words in prop::collection::vec("[a-zé]{1,8}", 1..30)) {
        let body = words.join(" ");
        prop_assert_eq!(new_text(&body), body);
    }
}
