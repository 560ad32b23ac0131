use std::error::Error as _;

use domain::access::Tenant;
use domain::failure::Failure;
use domain::ids::{AuditId, BatchId, ErasureId, ReanalysisId, TenantName};
use domain::interviews::InterviewId;
use domain::webhooks::{DeliveryId, EndpointId, Event, EventKind, MessageId, Owner};
use ulid::Ulid;

use crate::{
    AnalyzeBatch, AnalyzeInterview, Announce, AuditWork, ContinueReanalysis, Deliver, EraseContact, EraseEvidence,
    Invalid, Message, Queue, RunAudit, WebhookMessage,
};
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

#[test]
fn an_attempt_reads_as_documented_and_is_read_back() {
    let message = MessageId::of(EventKind::TaskCreated, "tsk", announcement().occurred_at, &Owner::Tenant);
    let endpoint = EndpointId::new(Ulid::from_parts(1_780_488_000_000, 5));
    let deliver =
        Deliver { tenant: announcement().tenant, delivery: DeliveryId { message, endpoint }, made: 3, retry: true };
    let body = deliver.print();
    let id = &deliver.delivery;
    assert_eq!(
        body,
        format!(r#"{{"delivery_id":"{id}","made":3,"retry":true,"tenant":"demo","type":"deliver","v":1}}"#)
    );
    assert_eq!(WebhookMessage::parse(&body).unwrap(), WebhookMessage::Deliver(deliver.clone()));
    let announced = announcement().print();
    assert_eq!(WebhookMessage::parse(&announced).unwrap(), WebhookMessage::Announce(announcement()));
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"made\":3", "\"made\":-1"),
        ("\"made\":3", "\"made\":3,\"x\":1"),
        ("deliver\"", "delivered\""),
    ] {
        let changed = body.replace(from, to);
        assert_ne!(changed, body);
        assert!(matches!(WebhookMessage::parse(&changed), Err(Invalid::Json(_))), "{changed}");
    }
    assert!(matches!(Deliver::parse(&body.replace("msg_", "bat_")), Err(Invalid::Delivery)));
    assert!(matches!(Deliver::parse(&body.replace("\"demo\"", "\"Demo\"")), Err(Invalid::Tenant)));
    for other in ["", "{}", "[]", "null", &message_body_of_another_queue()] {
        assert!(WebhookMessage::parse(other).is_err());
    }
}

fn message_body_of_another_queue() -> String {
    message().print()
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

#[test]
#[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
fn an_interviews_message_reads_as_documented_and_strictly() {
    let interview = InterviewId::new(Ulid::from_parts(1_780_488_000_000, 5));
    let message = AnalyzeInterview { tenant: Tenant::trusted(TenantName::parse("demo").unwrap()), interview };
    let body = message.print();
    assert_eq!(body, format!(r#"{{"interview_id":"{interview}","tenant":"demo","type":"analyze_interview","v":1}}"#));
    assert_eq!(AnalyzeInterview::parse(&body).unwrap(), message);
    for (from, to) in
        [("\"v\":1", "\"v\":2"), ("\"v\":1", "\"v\":1,\"extra\":true"), ("analyze_interview", "analyze_batch")]
    {
        assert!(matches!(AnalyzeInterview::parse(&body.replace(from, to)), Err(Invalid::Json(_))), "{to}");
    }
    assert!(matches!(AnalyzeInterview::parse(&body.replace("\"demo\"", "\"Demo\"")), Err(Invalid::Tenant)));
    let other = body.replace(&interview.to_string(), "1");
    assert!(matches!(AnalyzeInterview::parse(&other), Err(Invalid::Interview)));
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

#[test]
#[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
fn work_on_audits_reads_as_documented_and_is_read_back() {
    let tenant = Tenant::trusted(TenantName::parse("demo").unwrap());
    let audit = AuditId::new(Ulid::from_parts(1_780_488_000_000, 5));
    let run = RunAudit { tenant: tenant.clone(), audit, step: 3 };
    let expected = format!(r#"{{"audit_id":"{audit}","step":3,"tenant":"demo","type":"run_audit","v":1}}"#);
    assert_eq!(run.print(), expected);
    assert_eq!(AuditWork::parse(&expected).unwrap(), AuditWork::Run(run));
    let erase = EraseEvidence { tenant, conversation_id: "a/\"b".to_owned() };
    assert_eq!(AuditWork::parse(&erase.print()).unwrap(), AuditWork::Erase(erase.clone()));
    assert!(!format!("{erase:?}").contains("a/"));
    for (from, to) in [
        ("\"v\":1", "\"v\":2"),
        ("\"step\":3", "\"step\":-1"),
        ("\"v\":1", "\"v\":1,\"key\":\"x\""),
        ("run_audit", "run"),
    ] {
        let changed = expected.replace(from, to);
        assert!(matches!(AuditWork::parse(&changed), Err(Invalid::Json(_))), "{changed}");
    }
    assert!(matches!(AuditWork::parse(&expected.replace("aud_", "bat_")), Err(Invalid::Audit)));
    assert!(matches!(AuditWork::parse(&expected.replace("demo", "De mo")), Err(Invalid::Tenant)));
}
