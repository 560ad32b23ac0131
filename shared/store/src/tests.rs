//! What the store makes of the answers that `DynamoDB` may give, and what it asks.

use std::error::Error as _;

use domain::access::{Gate as _, Tenant, TokenHash};
use domain::failure::Failure;
use domain::ids::{BatchId, TenantName};
use domain::settings::Settings;
use jiff::Timestamp;
use ulid::Ulid;

use crate::Store;
use canned::{Answer, Canned};

#[expect(clippy::disallowed_methods, reason = "a test makes its tenant")]
fn demo() -> Tenant {
    Tenant::trusted(TenantName::parse("demo").unwrap())
}

fn batch() -> BatchId {
    BatchId::new(Ulid::from_parts(1_780_488_000_000, 5))
}

fn error(code: &str) -> String {
    format!(r#"{{"__type":"com.amazonaws.dynamodb.v20120810#{code}","message":"no"}}"#)
}

fn store(answers: Vec<Answer>) -> (Store, Canned) {
    let canned = Canned::new(answers);
    (Store::new(&canned.config(), "main", Some("auth".into())), canned)
}

#[tokio::test]
async fn failures_say_whether_trying_again_may_help() {
    for (answer, retryable) in [
        (Answer::Timeout, true),
        (Answer::Of(503, String::new()), true),
        (Answer::Of(500, error("InternalServerError")), true),
        (Answer::Of(400, error("ProvisionedThroughputExceededException")), true),
        (Answer::Of(400, error("ThrottlingException")), true),
        (Answer::Of(400, error("RequestLimitExceeded")), true),
        (Answer::Of(400, error("TransactionConflictException")), true),
        (Answer::Of(400, error("ValidationException")), false),
        (Answer::Of(400, error("ResourceNotFoundException")), false),
        (Answer::Of(400, error("AccessDeniedException")), false),
        (Answer::Of(200, "not json".into()), false),
    ] {
        let (store, _) = store(vec![answer.clone()]);
        let read = store.batch(&demo(), batch()).await.unwrap_err();
        assert_eq!(read.is_retryable(), retryable, "{answer:?} {read:?}");
        let written = store.create_batch(&demo(), batch(), 1, Timestamp::UNIX_EPOCH).await.unwrap_err();
        assert_eq!(written.is_retryable(), retryable, "{answer:?} {written:?}");
        assert!(matches!(written, Failure::Conflict { .. }) || written.source().is_some());
    }
}

#[tokio::test]
async fn a_refused_condition_is_no_failure_where_it_means_that_it_was_done_before() {
    let (store, _) = store(vec![Answer::Of(400, error("ConditionalCheckFailedException"))]);
    store.create_batch(&demo(), batch(), 1, Timestamp::UNIX_EPOCH).await.unwrap();
    store.finish_batch(&demo(), batch(), &[], Timestamp::UNIX_EPOCH).await.unwrap();
    store.dead_letter_batch(&demo(), batch()).await.unwrap();
    let settings = store.put_settings(&demo(), &Settings::default(), 1).await;
    assert!(matches!(settings, Err(Failure::Conflict { .. })), "{settings:?}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_corrupt_and_never_a_panic() {
    let rows = [
        r#"{"PK":{"S":"x"},"SK":{"S":"J"}}"#,
        r#"{"ty":{"S":"batch.2"},"accepted":{"N":"1"},"received_at":{"S":"2026-06-03T10:00:00Z"}}"#,
        r#"{"ty":{"S":"batch.1"},"accepted":{"S":"1"},"received_at":{"S":"2026-06-03T10:00:00Z"}}"#,
        r#"{"ty":{"S":"batch.1"},"accepted":{"N":"1"},"received_at":{"S":"yesterday"}}"#,
        r#"{"ty":{"S":"batch.1"},"accepted":{"N":"1"},"received_at":{"S":"2026-06-03T10:00:00Z"},"outcomes":{"B":"AAAA"}}"#,
    ];
    for row in rows {
        let (store, _) = store(vec![Answer::Of(200, format!(r#"{{"Item":{row}}}"#))]);
        let failure = store.batch(&demo(), batch()).await.unwrap_err();
        assert!(matches!(failure, Failure::Corrupt { what: "batch", .. }), "{row} {failure:?}");
        assert!(!failure.is_retryable());
        let conversation = store.conversation(&demo(), "c").await;
        assert!(matches!(conversation, Err(Failure::Corrupt { .. })), "{conversation:?}");
        let key = store.key(&TokenHash("h".into())).await;
        assert!(matches!(key, Err(Failure::Corrupt { .. })), "{key:?}");
    }
}

#[tokio::test]
async fn keys_left_over_are_asked_for_again() {
    let left =
        r#"{"Responses":{"main":[]},"UnprocessedKeys":{"main":{"Keys":[{"PK":{"S":"T#demo#C#c"},"SK":{"S":"A"}}]}}}"#;
    let (store, canned) = store(vec![
        Answer::Of(200, left.into()),
        Answer::Of(200, left.into()),
        Answer::Of(200, r#"{"Responses":{"main":[]}}"#.into()),
    ]);
    assert_eq!(store.conversations(&demo(), &["c".into()]).await.unwrap(), []);
    assert_eq!(canned.calls(), 3);
    assert!(canned.asked.lock().unwrap().iter().all(|asked| asked.contains("T#demo#C#c")));
}

#[tokio::test]
async fn a_process_without_the_auth_table_says_so() {
    let canned = Canned::new(vec![Answer::Of(200, "{}".into())]);
    let store = Store::new(&canned.config(), "main", None);
    let failure = store.key(&TokenHash("h".into())).await.unwrap_err();
    assert!(matches!(failure, Failure::Unexpected { .. }));
    assert_eq!(canned.calls(), 0);
}

/// The very requests that store, delete and count: a change of a key, a name or a condition is a change of what is stored.
#[tokio::test]
async fn requests_read_as_they_are_documented() {
    let (store, canned) = store(vec![Answer::Of(200, "{}".into())]);
    store.create_batch(&demo(), batch(), 3, Timestamp::UNIX_EPOCH).await.unwrap();
    store.delete_conversation(&demo(), "c-1", batch().ulid()).await.unwrap_err(); // there is no item in the answer
    store.begin(&demo(), "POST /a", "key", "fingerprint", Timestamp::UNIX_EPOCH).await.unwrap();
    store.put_entries(&demo(), batch().ulid(), &[].into(), Timestamp::UNIX_EPOCH).await.unwrap();
    let bodies: Vec<serde_json::Value> = canned
        .asked
        .lock()
        .unwrap()
        .iter()
        .map(|asked| serde_json::from_str(asked.split("\n\n").nth(1).unwrap()).unwrap())
        .collect();
    insta::assert_json_snapshot!(bodies);
}
