use super::*;
use proptest::prelude::*;

fn found(text: &str) -> Vec<(PersonalData, String)> {
    of(&Redactor::default(), text)
}

fn of(redactor: &Redactor, text: &str) -> Vec<(PersonalData, String)> {
    let slice = |found: &Found| text.chars().skip(found.start).take(found.end - found.start).collect();
    redactor.find(text).iter().map(|found| (found.kind, slice(found))).collect()
}

#[test]
fn personal_data_is_found_whole() {
    use PersonalData::{Address, CardNumber, Email, Iban, NationalId, Phone};
    for (text, kind, want) in [
        ("my card is 4111 1111 1111 1111, exp 04/27", CardNumber, "4111 1111 1111 1111"),
        ("amex 378282246310005", CardNumber, "378282246310005"),
        ("IBAN DE89 3704 0044 0532 0130 00.", Iban, "DE89 3704 0044 0532 0130 00"),
        ("gb82west12345698765432 please", Iban, "gb82west12345698765432"),
        ("write to Jane.Doe+x@mail.example.co.uk.", Email, "Jane.Doe+x@mail.example.co.uk"),
        ("call me on +44 20 7946 0958 today", Phone, "+44 20 7946 0958"),
        ("(555) 010-9999 is free", Phone, "(555) 010-9999"),
        ("my number is 5550109999", Phone, "5550109999"),
        ("my SSN is 078-05-1120 thanks", NationalId, "078-05-1120"),
        ("passport number: C01X00T47", NationalId, "c01x00t47"),
        ("I moved to 14 Mill Lane last week", Address, "14 Mill Lane"),
        ("Hauptstraße 12, 10115 Berlin", Address, "Hauptstraße 12, 10115"),
    ] {
        let got = found(text);
        assert_eq!(got.len(), 1, "{text}: {got:?}");
        assert_eq!((got[0].0, got[0].1.to_lowercase()), (kind, want.to_lowercase()), "{text}");
    }
}

#[test]
fn what_only_looks_like_it_is_left() {
    for text in [
        "4111 1111 1111 1112 fails the checksum",
        "order 4539578763621 is late",
        "DE89 3704 0044 0532 0130 01",
        "@support please help, mail me @ home",
        "on 2026-11-25 at 10:00 I paid 1,250.00",
        "tracking number 9400 1000 0000 0000 0000 00",
        "ticket 123456789",
        "the passport arrived in 30 days",
        "I waited 45 minutes on your street",
        "version 10.2.14.8817",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn a_contacts_record_is_known() {
    let contact = Contact {
        id: "1".into(),
        name: Some("Will O'Hara".into()),
        email: Some("w@x.example".into()),
        phone: Some("+1 555 010 7777".into()),
        account: None,
        custom: std::collections::BTreeMap::new(),
    };
    let redactor = Redactor::of(Some(&contact));
    assert_eq!(
        of(&redactor, "Hi Will, I will call 555-0107777, O'Hara"),
        [
            (PersonalData::Name, "Will".to_owned()),
            (PersonalData::Phone, "555-0107777".to_owned()),
            (PersonalData::Name, "O'Hara".to_owned()),
        ]
    );
    assert_eq!(redactor.mask("Hi Will, I will"), "Hi ████, I will");
}

proptest! {
    #[test]
    fn a_mask_keeps_every_offset_and_is_stable(text in "[a-zA-Z0-9@.+ ()\n-]{0,80}|\\PC{0,60}") {
        let redactor = Redactor::default();
        let spans = redactor.find(&text);
        let length = text.chars().count();
        prop_assert!(spans.iter().all(|found| found.start < found.end && found.end <= length));
        prop_assert!(spans.windows(2).all(|pair| pair[0].end <= pair[1].start));
        let masked = redactor.mask(&text);
        prop_assert_eq!(masked.chars().count(), length);
        for (i, (was, is)) in text.chars().zip(masked.chars()).enumerate() {
            let hidden = spans.iter().any(|found| (found.start..found.end).contains(&i));
            prop_assert!(was == is || (hidden && is == MASK));
            prop_assert!(!hidden || is == MASK || was.is_whitespace());
        }
    }

    #[test]
    fn a_valid_card_is_found_whatever_surrounds_it(head in "[a-z ]{0,10}", digits in proptest::collection::vec(0_u32..10, 14)) {
        let mut number = vec![4];
        number.extend(digits);
        let check = (0..10).find(|last| luhn_checks(&[number.clone(), vec![*last]].concat())).unwrap();
        number.push(check);
        let text: String = number.iter().map(u32::to_string).collect();
        let got = found(&format!("{head} {text}."));
        prop_assert_eq!(got, vec![(PersonalData::CardNumber, text)]);
    }
}
