use proptest::prelude::*;

use super::*;

fn tag(name: &str, phrases: &[&str]) -> Tag {
    Tag { name: name.to_owned(), phrases: phrases.iter().map(|phrase| (*phrase).to_owned()).collect() }
}

fn shop() -> Taxonomy {
    Taxonomy::new(&[
        tag("Refunds", &["money back"]),
        tag("Late delivery", &["where is my parcel", "not arrived"]),
        tag("Damaged goods", &["arrived broken"]),
    ])
}

fn first(text: &str) -> Option<usize> {
    shop().classify(text).first().map(|found| found.tag)
}

#[test]
fn inflections_synonyms_and_gaps_match() {
    for (text, expected) in [
        ("I want to be refunded", Some(0)),
        ("I want my money back now", Some(0)),
        ("Where's my package? It has not yet arrived.", Some(1)),
        ("The delivery is late", None),
        ("My late delivery", Some(1)),
        ("It arrived completely broken", Some(2)),
        ("it arrived smashed", Some(2)),
        ("What a nice day", None),
        ("", None),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
}

#[test]
fn evidence_is_the_words_that_match() {
    let text = "Hello, I want my money back please";
    let found = shop().classify(text);
    assert_eq!(found.len(), 1);
    let quoted: Vec<&str> = found[0].evidence.iter().filter_map(|range| text.get(range.clone())).collect();
    assert_eq!(quoted, ["money back"]);
}

#[test]
fn other_languages_are_stemmed() {
    let german = Taxonomy::in_language(&[tag("Rückerstattung", &["Geld zurück"])], "de");
    assert_eq!(german.classify("Wann kommen die Rückerstattungen?").len(), 1);
    assert_eq!(german.classify("Ich will mein Geld zurück").len(), 1);
}

proptest! {
    #[test]
    fn any_text_gives_ordered_confidences(text in "(\\PC|refund |late |delivery |broken |arrived ){0,30}") {
        let found = shop().classify(&text);
        let mut before = 1.0f32;
        for matched in &found {
            prop_assert!((0.0..=1.0).contains(&matched.confidence) && matched.confidence <= before);
            before = matched.confidence;
            prop_assert!(matched.evidence.iter().all(|range| text.get(range.clone()).is_some_and(|part| !part.is_empty())));
        }
        prop_assert!(found.iter().map(|matched| matched.confidence).sum::<f32>() <= 1.0);
    }
}
