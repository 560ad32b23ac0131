//! Laws that hold for every conversation.

use domain::analysis::NullReason;
use domain::conversation::{Author, AuthorType, ContentType, Message};
use domain::settings::{GrowthOffer, Settings, TagKind, TaxonomyTag};
use proptest::prelude::*;

use crate::Engine;
use crate::fixture::{at, conversation};

fn settings() -> Settings {
    let taxonomy = vec![TaxonomyTag {
        kind: TagKind::Product,
        area: "app".into(),
        name: "login".into(),
        phrases: vec!["sign in".into()],
    }];
    let growth_offers = vec![GrowthOffer { name: "premium".into(), phrases: vec!["more seats".into()] }];
    Settings { taxonomy, growth_offers, competitors: vec!["acme".into()], ..Settings::default() }
}

fn body() -> impl Strategy<Value = String> {
    let words = "(I want to cancel my account|still not working|thanks a lot|where is my refund\\?|this is ridiculous!|\
                 I will get back to you|sorry to hear that|please DM us|ACME|sign in|\\u{1F621}|ß|İ|e\\u{301}|<b>|</p>|&nbsp;|&amp;|\
                 <div class=\"gmail_quote\">|On Mon Ann wrote:|> old text|\n|\r\n| |\"|https://a.example/x|漢字|مرحبا|-- \n)";
    prop_oneof![
        proptest::collection::vec(words, 0..14).prop_map(|parts| parts.join(" ")),
        any::<String>(),
        "\\PC{0,60}",
    ]
}

fn message() -> impl Strategy<Value = Message> {
    (0_usize..4, 0_i64..100_000, body(), any::<bool>(), 0_u8..10, 0_usize..3).prop_map(
        |(kind, minute, body, html, odd, author)| Message {
            id: String::new(),
            created_at: at(minute),
            author_type: AuthorType::ALL[kind],
            author: (author > 0).then(|| Author { id: Some(format!("p{author}")), name: None, email: None }),
            body,
            content_type: if html { ContentType::Html } else { ContentType::Text },
            private: odd == 0,
            auto_reply: odd == 1,
            attachments: Vec::new(),
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn spans_lie_in_the_stored_bodies_and_scores_in_their_ranges(
        mut messages in proptest::collection::vec(message(), 0..9), closed in proptest::option::of(0_i64..100_000),
    ) {
        messages.sort_by_key(|message| message.created_at);
        let mut talk = conversation(&[]);
        talk.messages = messages;
        talk.closed_at = closed.map(at);
        let engine = Engine::new();
        let settings = settings();
        let analyser = engine.analyser(&settings);
        let analysis = analyser.analyse(&talk);
        prop_assert_eq!(&analysis, &analyser.analyse(&talk));
        for span in analysis.spans() {
            let body = &talk.messages[span.message as usize].body;
            let quote: String = body.chars().skip(span.start as usize).take((span.end - span.start) as usize).collect();
            prop_assert!(span.start < span.end);
            prop_assert_eq!(quote.chars().count(), (span.end - span.start) as usize);
            prop_assert!(body.contains(&quote));
        }
        for score in [&analysis.effort, &analysis.complexity].into_iter().flatten() {
            prop_assert!((0.0..=100.0).contains(&score.value));
            let sum: f64 = score.parts.iter().map(|part| part.value).sum();
            prop_assert!((sum - score.value).abs() < 1e-9);
        }
        if let Some(pcsat) = &analysis.pcsat {
            let sum: f64 = pcsat.parts.iter().map(|part| part.value).sum();
            prop_assert!((sum.clamp(1.0, 5.0) - pcsat.score).abs() < 1e-9);
            prop_assert!((0.0..=1.0).contains(&pcsat.confidence));
        }
        if let Some(risk) = &analysis.churn_risk {
            let kept: f64 = risk.signals.iter().map(|signal| 1.0 - signal.weight).product();
            prop_assert!((risk.score - domain::analysis::round3(1.0 - kept)).abs() < 1e-9);
        }
        let accounted = |field: &str| analysis.not_judged.iter().any(|entry| entry.field == field);
        prop_assert!(analysis.temperature.is_some() || accounted("temperature"));
        prop_assert!(analysis.pcsat.is_some() || accounted("pcsat"));
        prop_assert!(analysis.summary.is_some() || accounted("summary"));
        if analysis.not_scored.is_some() {
            prop_assert!(analysis.severity.is_none() && analysis.pcsat.is_none() && analysis.effort.is_none());
            prop_assert!(analysis.not_judged.iter().any(|entry| entry.reason == NullReason::NotScored));
        }
        for draft in crate::tasks(&talk, &analysis, &settings) {
            prop_assert!(!draft.title.is_empty() && !draft.evidence.is_empty());
        }
        let _ = crate::sla_status(&talk, &analysis, &settings);
    }
}
