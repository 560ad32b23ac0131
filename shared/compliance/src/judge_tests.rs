use super::*;
use crate::fixture::{conversation, judge, rubric};
use domain::redaction::PersonalData;
use proptest::prelude::*;

fn cue(by: Role, phrases: &[&str], data: &[PersonalData]) -> Cue {
    Cue { by, phrases: phrases.iter().map(|one| (*one).to_owned()).collect(), data: data.to_vec() }
}

/// `pass`, `fail` or the reason why it does not apply; and the quotes.
fn verdict(rule: Rule, lines: &[(&str, i64, &str)]) -> (String, Vec<String>) {
    let rubric = rubric(rule);
    let judged = judge(&rubric, &conversation("c", lines)).full;
    match (judged.findings.first(), judged.not_applicable.first()) {
        (Some(finding), None) => {
            (finding.verdict.as_str().to_owned(), finding.evidence.iter().map(|quote| quote.quote.clone()).collect())
        }
        (None, Some(passed)) => (passed.reason.clone(), vec![]),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_must_be_said_is_said_by_the_role_or_absent() {
    let rule = || Rule::Said { cue: cue(Role::Team, &["thank* you"], &[]) };
    let ask = ("customer", 0, "Thank you in advance, my order is late.");
    assert_eq!(verdict(rule(), &[ask, ("agent", 1, "We thank you for your patience.")]).0, "pass");
    assert_eq!(verdict(rule(), &[ask, ("agent", 1, "It comes tomorrow.")]).0, "fail");
    assert_eq!(verdict(rule(), &[ask]).0, "nobody_spoke");
}

#[test]
fn what_must_not_be_said_is_quoted_and_a_denial_is_none() {
    let rule = || Rule::NotSaid { cue: cue(Role::Team, &["i guarantee|promise"], &[]), repeated: false };
    let ask = ("customer", 0, "Can you guarantee that it arrives?");
    let (failed, quotes) = verdict(rule(), &[ask, ("agent", 1, "Yes. I guarantee that it arrives.")]);
    assert_eq!((failed.as_str(), quotes[0].as_str()), ("fail", "I guarantee that it arrives."));
    assert_eq!(
        verdict(rule(), &[ask, ("agent", 1, "I am afraid that I cannot. Nobody can guarantee that.")]).0,
        "pass"
    );
}

#[test]
fn personal_data_count_as_repeated_only_after_the_customer_gave_them() {
    let rule =
        |repeated| Rule::NotSaid { cue: cue(Role::Team, &[], &[PersonalData::Email, PersonalData::Phone]), repeated };
    let given = [("customer", 0, "I am at other@mail.example"), ("agent", 1, "Thanks, I wrote to Other@mail.example.")];
    assert_eq!(verdict(rule(true), &given).0, "fail");
    let own = [("customer", 0, "How do I reach you?"), ("agent", 1, "Write to help@shop.example.")];
    assert_eq!(verdict(rule(true), &own).0, "pass");
    assert_eq!(verdict(rule(false), &own).0, "fail");
    let of_record = [("customer", 0, "Did you get my number?"), ("agent", 1, "Yes: +1 555 010 7777.")];
    assert_eq!(verdict(rule(true), &of_record).0, "fail");
}

#[test]
fn a_process_asks_for_its_step_before_after_or_anywhere() {
    let rule = |order| Rule::Process {
        when: cue(Role::Agent, &["i have changed"], &[]),
        then: cue(Role::Team, &["date of birth"], &[]),
        order,
    };
    let checked = ("agent", 1, "What is your date of birth?");
    let changed = ("agent", 3, "I have changed your address.");
    let ask = ("customer", 0, "Please change my address.");
    assert_eq!(verdict(rule(Order::Before), &[ask, checked, changed]).0, "pass");
    assert_eq!(verdict(rule(Order::Before), &[ask, changed, checked]).0, "fail");
    assert_eq!(verdict(rule(Order::After), &[ask, changed, checked]).0, "pass");
    assert_eq!(verdict(rule(Order::After), &[ask, checked, changed]).0, "fail");
    assert_eq!(verdict(rule(Order::Anywhere), &[ask, checked, changed]).0, "pass");
    assert_eq!(verdict(rule(Order::Before), &[ask, checked]).0, "not_due");
}

#[test]
fn times_are_measured_only_against_a_target() {
    let rule = |within_minutes| Rule::Timely { measure: Measure::FirstResponse, within_minutes, business_hours: false };
    let lines =
        [("customer", 0, "My order number 5512 has not arrived, where is it?"), ("agent", 30, "It comes tomorrow.")];
    assert_eq!(verdict(rule(Some(30)), &lines).0, "pass");
    assert_eq!(verdict(rule(Some(29)), &lines).0, "fail");
    assert_eq!(verdict(rule(None), &lines).0, "no_target");
    assert_eq!(verdict(rule(Some(5)), &lines[..1]).0, "no_person_answered");
}

#[test]
fn a_promise_is_broken_where_the_customer_comes_back_for_it() {
    let rule = || Rule::Timely { measure: Measure::FollowUp, within_minutes: None, business_hours: false };
    let ask = ("customer", 0, "My router does not connect any more.");
    let promise = ("agent", 5, "Sorry about that. I'll get back to you today.");
    let (failed, quotes) = verdict(rule(), &[ask, promise, ("customer", 2_000, "I still haven't heard from you.")]);
    assert_eq!((failed.as_str(), quotes.len()), ("fail", 2));
    assert_eq!(verdict(rule(), &[ask, promise, ("agent", 60, "It is repaired now.")]).0, "pass");
    assert_eq!(verdict(rule(), &[ask, promise]).0, "not_over");
    assert_eq!(verdict(rule(), &[ask, ("agent", 5, "Restart it, please.")]).0, "nothing_promised");
}

#[test]
fn what_the_team_only_supposes_makes_no_process_due() {
    let rule = || Rule::Process {
        when: cue(Role::Agent, &["refund .. issued"], &[]),
        then: cue(Role::Team, &["# days"], &[]),
        order: Order::Anywhere,
    };
    let ask = ("customer", 0, "What if I refuse the parcel?");
    assert_eq!(verdict(rule(), &[ask, ("agent", 1, "If you refuse it, a refund will be issued.")]).0, "not_due");
    assert_eq!(verdict(rule(), &[ask, ("agent", 1, "Your refund was issued.")]).0, "fail");
    assert_eq!(verdict(rule(), &[ask, ("agent", 1, "Your refund was issued, it takes 3 days.")]).0, "pass");
}

#[test]
fn masked_quotes_hide_personal_data_and_keep_their_offsets() {
    let rubric = rubric(Rule::NotSaid {
        cue: cue(Role::Team, &["we called .. times"], &[PersonalData::Phone]),
        repeated: false,
    });
    let lines =
        [("customer", 0, "Why did nobody call me?"), ("agent", 1, "Dear Jane, we called 555-010-7777 two times.")];
    let judgement = judge(&rubric, &conversation("c", &lines));
    let quotes = |judged: &Judged| judged.findings[0].evidence.clone();
    let (full, masked) = (quotes(&judgement.full), quotes(&judgement.masked));
    assert!(full.iter().any(|quote| quote.quote.contains("555-010-7777")));
    for (full, masked) in full.iter().zip(&masked) {
        assert_eq!(
            (full.start, full.end, full.quote.chars().count()),
            (masked.start, masked.end, masked.quote.chars().count())
        );
        assert!(!masked.quote.contains("010"), "{}", masked.quote);
    }
}

#[test]
fn private_notes_quotes_and_autoresponders_are_not_read() {
    let rule = || Rule::NotSaid { cue: cue(Role::Team, &["your fault"], &[]), repeated: false };
    let reply = "Let me check.\n\nOn Mon, 9 Mar 2026 at 10:00, Jane wrote:\n> they said it is your fault";
    assert_eq!(verdict(rule(), &[("customer", 0, "It broke again today."), ("agent", 1, reply)]).0, "pass");
}

#[test]
fn a_conversation_in_another_language_passes_over_what_reads_text() {
    let lines = [
        (
            "customer",
            0,
            "Hallo, meine Bestellung ist leider noch nicht angekommen, obwohl sie seit einer Woche unterwegs ist.",
        ),
        ("agent", 5, "Das tut mir leid, ich kümmere mich sofort darum und melde mich bei Ihnen."),
    ];
    assert_eq!(verdict(Rule::Said { cue: cue(Role::Team, &["sorry"], &[]) }, &lines).0, "other_language");
}

proptest! {
    #[test]
    fn every_quote_is_its_slice_and_every_check_has_one_verdict(
        bodies in proptest::collection::vec(("customer|agent|bot", "[a-zA-Z0-9@.,!? '\n]{0,120}|\\PC{0,40}"), 1..6), which in 0_usize..3,
    ) {
        let lines: Vec<(&str, i64, &str)> =
            bodies.iter().enumerate().map(|(i, (who, body))| (who.as_str(), i64::try_from(i).unwrap(), body.as_str())).collect();
        let conversation = conversation("c", &lines);
        let rubric = &crate::ready()[which];
        let judgement = judge(rubric, &conversation);
        prop_assert_eq!(&judgement, &judge(rubric, &conversation));
        prop_assert_eq!(judgement.full.findings.len() + judgement.full.not_applicable.len(), rubric.checks.len());
        for quote in judgement.full.findings.iter().flat_map(|finding| &finding.evidence) {
            let message = conversation.messages.iter().find(|message| message.id == quote.message_id).unwrap();
            let slice: String =
                message.body.chars().skip(quote.start as usize).take((quote.end - quote.start) as usize).collect();
            prop_assert_eq!(&quote.quote, &slice);
        }
    }
}
