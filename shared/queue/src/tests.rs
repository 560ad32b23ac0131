use std::error::Error as _;

use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::{BatchId, ErasureId, ReanalysisId, TenantName};
use domain::webhooks::Event;
use ulid::Ulid;

use crate::{AnalyzeBatch, Announce, ContinueReanalysis, EraseContact, Invalid, Message, Queue};
use canned::{Answer, Canned};

#[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
fn message() -> AnalyzeBatch {
    let batch = BatchId::new(Ulid::from_parts(1_780_488_000_000, 5));
    let tenant = Tenant::trusted(TenantName::parse("demo").unwrap());
    AnalyzeBatch { tenant, batch, key: format!("raw/demo/2026/06/03/{batch}.jsonl.zst") }
}

async fn send(answers: Vec<Answer>) -> (Result<(), Failure>, Canned) {
    let canned = Canned::new(answers);
    let queue = Queue::new(&canned.config(), "http://canned.test/1/analysis");
    (queue.send(&message()).await, canned)
}

#[test]
fn a_message_reads_as_documented_and_is_read_back() {
    let body = message().print();
    let batch = message().batch;
    let expected = format!(
        r#"{{"batch_id":"{batch}","key":"raw/demo/2026/06/03/{batch}.jsonl.zst","tenant":"demo","type":"analyze_batch","v":1}}"#
    );
    assert_eq!(body, expected);
    assert_eq!(AnalyzeBatch::parse(&body).unwrap(), message());
}

#[test]
fn anything_else_is_refused() {
    let body = message().print();
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1", "\"v\":\"1\""),
        ("\"v\":1", "\"v\":1,\"extra\":true"),
        ("analyze_batch", "analyse_batch"),
        ("\"tenant\":\"demo\",", ""),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body);
        assert!(matches!(AnalyzeBatch::parse(&changed), Err(Invalid::Json(_))), "{changed}");
    }
    let tenant = body.replace("\"demo\"", "\"Demo\"");
    assert!(matches!(AnalyzeBatch::parse(&tenant), Err(Invalid::Tenant)));
    // A batch of another tenant, or something that is no batch.
    for key in ["raw/demo2/", "raw/demo/../demo2/", "overflow/demo/"] {
        let foreign = body.replace("raw/demo/", key);
        assert!(matches!(AnalyzeBatch::parse(&foreign), Err(Invalid::Key)), "{foreign}");
    }
    assert!(matches!(AnalyzeBatch::parse(&body.replace("\"bat_", "\"key_")), Err(Invalid::Batch)));
    for other in ["", "{}", "[]", "null", "\u{0}"] {
        assert!(AnalyzeBatch::parse(other).is_err());
    }
}

#[test]
fn an_erasure_is_named_by_its_id_alone() {
    let tenant = message().tenant;
    let erasure = ErasureId::new(Ulid::from_parts(1_780_488_000_000, 5));
    let message = EraseContact { tenant, erasure };
    let body = message.print();
    assert_eq!(body, format!(r#"{{"erasure_id":"{erasure}","tenant":"demo","type":"erase_contact","v":1}}"#));
    assert_eq!(EraseContact::parse(&body).unwrap(), message);
    assert!(matches!(EraseContact::parse(&body.replace("ers_", "bat_")), Err(Invalid::Erasure)));
    assert!(matches!(EraseContact::parse(&body.replace("\"v\":1", "\"v\":2")), Err(Invalid::Json(_))));
    assert!(matches!(EraseContact::parse(&self::message().print()), Err(Invalid::Json(_))));
}

#[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
fn announcement() -> Announce {
    let event = Event::InterviewCompleted { interview_id: "i-1".into(), success: true };
    let tenant = Tenant::trusted(TenantName::parse("demo").unwrap());
    Announce { tenant, event, occurred_at: "2026-11-25T10:00:00.5Z".parse().unwrap() }
}

#[test]
fn an_announcement_reads_as_documented_and_is_read_back() {
    let body = announcement().print();
    assert_eq!(
        body,
        r#"{"event":{"interview_id":"i-1","kind":"interview.completed","success":true},"occurred_at":"2026-11-25T10:00:00.5Z","tenant":"demo","type":"announce","v":1}"#
    );
    assert_eq!(Announce::parse(&body).unwrap(), announcement());
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"v\":1", "\"v\":1,\"extra\":true"),
        ("\"success\":true", "\"success\":true,\"extra\":true"),
        ("interview.completed", "interview.started"),
        ("\"announce\"", "\"deliver\""),
        ("2026-11-25T10:00:00.5Z", "yesterday"),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body);
        assert!(matches!(Announce::parse(&changed), Err(Invalid::Json(_))), "{changed}");
    }
    assert!(matches!(Announce::parse(&body.replace("\"demo\"", "\"Demo\"")), Err(Invalid::Tenant)));
    assert!(matches!(Announce::parse(&body.replace("\"i-1\"", "\"\"")), Err(Invalid::Event)));
}

#[tokio::test]
async fn a_message_waits_as_long_as_it_is_told_and_shares_the_queue() {
    for (seconds, sent) in [(0, None), (5, Some(5)), (900, Some(900)), (86_400, Some(900))] {
        let canned = Canned::new(vec![Answer::Of(200, r#"{"MessageId":"1"}"#.into())]);
        let queue = Queue::new(&canned.config(), "http://canned.test/1/webhooks");
        queue.send_after(&announcement(), seconds).await.unwrap();
        let asked = canned.asked.lock().unwrap().join("");
        assert_eq!(asked.contains("DelaySeconds"), sent.is_some(), "{asked}");
        assert!(sent.is_none_or(|sent: u32| asked.contains(&format!("\"DelaySeconds\":{sent}"))), "{asked}");
        assert!(asked.contains("\"MessageGroupId\":\"demo\""), "{asked}");
    }
}

#[tokio::test]
async fn a_message_is_sent_to_the_queue() {
    let (result, canned) = send(vec![Answer::Of(200, r#"{"MessageId":"1"}"#.into())]).await;
    result.unwrap();
    let asked = canned.asked.lock().unwrap().join("");
    assert!(asked.contains("AmazonSQS.SendMessage") && asked.contains("analyze_batch"), "{asked}");
}

#[tokio::test]
async fn failures_say_whether_trying_again_may_help() {
    let error = |code: &str| format!(r#"{{"__type":"com.amazonaws.sqs#{code}","message":"no"}}"#);
    for (answer, retryable) in [
        (Answer::Timeout, true),
        (Answer::Of(503, String::new()), true),
        (Answer::Of(500, error("InternalFailure")), true),
        (Answer::Of(400, error("RequestThrottled")), true),
        (Answer::Of(400, error("QueueDoesNotExist")), false),
        (Answer::Of(403, error("AccessDeniedException")), false),
    ] {
        let (result, _) = send(vec![answer.clone()]).await;
        let failure = result.unwrap_err();
        assert_eq!(failure.is_retryable(), retryable, "{answer:?} {failure:?}");
        assert!(failure.source().is_some());
    }
    // The SDK tries again by itself.
    let (result, canned) =
        send(vec![Answer::Of(503, String::new()), Answer::Of(200, r#"{"MessageId":"1"}"#.into())]).await;
    result.unwrap();
    assert_eq!(canned.calls(), 2);
}

#[test]
fn debug_shows_no_more_than_the_address() {
    let queue = Queue::new(&Canned::new(vec![Answer::Timeout]).config(), "http://canned.test/1/analysis");
    assert_eq!(format!("{queue:?}"), "Queue { url: \"http://canned.test/1/analysis\", .. }");
}

#[test]
fn a_re_analysis_is_not_taken_for_a_batch_nor_the_other_way_round() {
    let tenant = message().tenant;
    let next = ContinueReanalysis { tenant, reanalysis: ReanalysisId::new(message().batch.ulid()) };
    let body = next.print();
    assert_eq!(ContinueReanalysis::parse(&body).unwrap(), next);
    assert!(matches!(AnalyzeBatch::parse(&body), Err(Invalid::Json(_))));
    assert!(matches!(ContinueReanalysis::parse(&message().print()), Err(Invalid::Json(_))));
    assert!(matches!(ContinueReanalysis::parse(&body.replace("\"rea_", "\"bat_")), Err(Invalid::Reanalysis)));
    assert!(matches!(ContinueReanalysis::parse(&body.replace("\"demo\"", "\"Demo\"")), Err(Invalid::Tenant)));
}
