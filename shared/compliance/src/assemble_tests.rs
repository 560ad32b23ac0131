use super::*;
use crate::fixture::{conversation, document, header, judge};
use proptest::prelude::*;

#[test]
fn scores_add_up_and_extremes_are_on_their_side() {
    let document = document();
    assert_eq!(document.conversations.audited, 2);
    assert_eq!(document.worst.iter().map(|one| one.conversation_uid.as_str()).collect::<Vec<_>>(), ["bad"]);
    assert_eq!(document.best.iter().map(|one| one.conversation_uid.as_str()).collect::<Vec<_>>(), ["good"]);
    let sum = |groups: &[GroupScore]| {
        groups.iter().map(|group| (group.passed, group.failed)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1))
    };
    let checks = document.checks.iter().fold((0, 0), |sum, check| (sum.0 + check.passed, sum.1 + check.failed));
    assert_eq!(checks, sum(&document.agents));
    assert_eq!(checks, sum(&document.teams));
    assert_eq!(checks, sum(&document.channels));
    assert!(document.checks.iter().all(|check| check.passed + check.failed + check.not_applicable == 2));
    let bad = &document.worst[0];
    assert!(bad.findings.iter().any(|finding| finding.check == "no_guarantee" && finding.verdict == Verdict::Fail));
}

#[test]
fn the_head_is_the_document_without_findings() {
    let document = document();
    let filed = canonical(&document).unwrap();
    assert_eq!(serde_json::from_slice::<Document>(&filed.bytes).unwrap(), document);
    let head_bytes = &filed.bytes[..usize::try_from(filed.head).unwrap()];
    assert_eq!(head(head_bytes).unwrap(), Document { findings: vec![], ..document });
    assert_eq!(filed.sha256, sha256(&filed.bytes));
}

#[test]
fn change_is_against_checks_of_the_same_name() {
    let now = document();
    let mut previous = document();
    previous.audit_id = "aud_0".into();
    previous.score = Some(50.0);
    previous.checks.remove(0);
    let header = Header { previous: Some(previous), ..header(&now.rubric) };
    let change = assemble(header, true, now.findings.clone()).change.unwrap();
    assert_eq!(change.audit_id, "aud_0");
    assert_eq!(change.difference, now.score.map(|score| round3(score - 50.0)));
    assert_eq!(change.checks.len(), now.checks.len() - 1);
}

#[test]
fn erasing_takes_words_and_ids_and_leaves_verdicts() {
    let mut document = document();
    let before = document.clone();
    assert_eq!(document.erase(|id| id == "bad"), 1);
    assert_eq!(document.erase(|id| id == "bad"), 0);
    assert_eq!(document.erased, 1);
    let text = String::from_utf8(canonical(&document).unwrap().bytes).unwrap();
    assert!(
        !text.contains("\"bad\"") && !text.contains("guarantee it") && !text.contains("That is your fault"),
        "{text}"
    );
    assert_eq!((document.score, document.checks, document.agents), (before.score, before.checks, before.agents));
}

proptest! {
    #[test]
    fn the_order_of_findings_does_not_matter(order in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle()) {
        let rubric = &crate::ready()[0];
        let replies = ["Done.", "It is your fault.", "I guarantee it.", "Hello.", "Nothing we can do.", "Sorry."];
        let judged: Vec<Judged> = replies
            .iter()
            .enumerate()
            .map(|(i, reply)| judge(rubric, &conversation(&format!("c{i}"), &[("customer", 0, "It does not work."), ("agent", 1, reply)])).full)
            .collect();
        let shuffled = order.iter().map(|index| judged[*index].clone()).collect();
        let bytes = |findings| canonical(&assemble(header(rubric), true, findings)).unwrap();
        prop_assert_eq!(bytes(shuffled), bytes(judged));
    }
}
