use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use domain::access::Tenant;
use domain::conversation::Conversation;
use domain::failure::Failure;
use domain::ids::{BatchId, TenantName};
use proptest::prelude::*;
use ulid::Ulid;

use crate::media::{Media, Part};
use crate::raw::{self, Frame};
use crate::{Blobs, ZSTD};
use canned::{Answer, Canned};
use domain::interviews::{InterviewId, SessionId};
use jiff::{SignedDuration, Timestamp};

fn tenant(name: &str) -> Tenant {
    Tenant::trusted(TenantName::parse(name).unwrap())
}

fn batch() -> BatchId {
    BatchId::new(Ulid::from_parts(1_780_488_000_000, 5))
}

fn conversation(id: &str, body: &str) -> Conversation {
    let json = serde_json::json!({
        "id": id,
        "created_at": "2026-06-03T10:00:00Z",
        "messages": [{"id": "m", "created_at": "2026-06-03T10:00:00Z", "author_type": "customer", "body": body}],
    });
    serde_json::from_value(json).unwrap()
}

proptest! {
    #[test]
    fn a_batch_is_read_back_whole_and_by_range(bodies in proptest::collection::vec("\\PC{0,400}", 0..20)) {
        let conversations: Vec<Conversation> =
            bodies.iter().enumerate().map(|(i, body)| conversation(&format!("c-{i}"), body)).collect();
        let (bytes, frames) = raw::encode_batch(&conversations).unwrap();
        prop_assert_eq!(raw::frames(&bytes).unwrap(), frames.clone());
        let read: Vec<Conversation> = raw::decode_batch(&bytes).unwrap().into_iter().map(|(_, read)| read).collect();
        prop_assert_eq!(&read, &conversations);
        for (frame, conversation) in frames.iter().zip(&conversations) {
            prop_assert_eq!(&raw::decode(raw::slice(&bytes, *frame).unwrap()).unwrap(), conversation);
        }
        // To any tool it is NDJSON.
        let text = if bytes.is_empty() { vec![] } else { zstd::decode_all(bytes.as_slice()).unwrap() };
        let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
        prop_assert_eq!(lines.len(), conversations.len());
    }

    #[test]
    fn damaged_batches_are_refused_or_read_but_never_panic(
        at in any::<proptest::sample::Index>(), to in any::<u8>(), cut in any::<proptest::sample::Index>(),
        noise in proptest::collection::vec(any::<u8>(), 0..100),
    ) {
        let (mut bytes, _) = raw::encode_batch(&[conversation("a", "hello"), conversation("b", "world")]).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = to;
        drop(raw::decode_batch(&bytes));
        bytes.truncate(cut.index(bytes.len()));
        drop(raw::decode_batch(&bytes));
        drop((raw::frames(&noise), raw::decode(&noise), raw::json(&noise)));
    }
}

/// A few kilobytes that say they are gigabytes are refused before any memory is taken.
#[test]
fn a_bomb_is_refused() {
    let bomb = zstd::bulk::compress(&vec![b' '; raw::MAX_CONVERSATION + 1], 3).unwrap();
    assert!(bomb.len() < 10_000);
    assert!(matches!(raw::decode(&bomb), Err(Failure::Corrupt { .. })));
    // One that does not say how large it is was not written by us.
    let stream = zstd::encode_all(b"{}".as_slice(), 3).unwrap();
    assert!(matches!(raw::decode(&stream), Err(Failure::Corrupt { .. })));
    assert!(raw::slice(&bomb, Frame { offset: u64::MAX, length: 2 }).is_err());
}

#[tokio::test]
async fn objects_are_put_under_the_batchs_day_and_read_by_range() {
    let canned = Canned::new(vec![Answer::Of(200, "body".into())]);
    let blobs = Blobs::new(&canned.config(), "bucket");
    let demo = tenant("demo");
    let key = blobs.put_raw(&demo, batch(), b"bytes".to_vec()).await.unwrap();
    assert_eq!(key, format!("raw/demo/2026/06/03/{}.jsonl.zst", batch()));
    assert_eq!(blobs.get_raw_range(&demo, &key, 120, 10).await.unwrap().unwrap(), b"body");
    assert_eq!(blobs.get_raw_range(&demo, &key, 120, 0).await.unwrap().unwrap(), b"");
    let asked = canned.asked.lock().unwrap().clone();
    let url = format!("http://canned.test/bucket/{key}");
    assert!(asked[0].contains(&format!("PUT {url}")) && asked[0].contains(ZSTD), "{}", asked[0]);
    assert!(asked[1].contains(&format!("GET {url}")) && asked[1].contains("range: bytes=120-129"), "{}", asked[1]);
    let usage = blobs.meter().snapshot();
    assert_eq!((usage.puts, usage.bytes_in, usage.gets, usage.bytes_out), (1, 5, 1, 4));
}

#[tokio::test]
async fn another_tenants_key_is_never_asked_for() {
    let canned = Canned::new(vec![Answer::Of(200, "body".into())]);
    let blobs = Blobs::new(&canned.config(), "bucket");
    let demo = tenant("demo");
    let key = "raw/demo2/2026/06/03/x.jsonl.zst";
    assert!(blobs.get_raw(&demo, key).await.is_err());
    assert!(blobs.get_raw_range(&demo, key, 0, 9).await.is_err());
    assert!(blobs.erase_frames(&demo, key, &[]).await.is_err());
    assert!(blobs.get_overflow(&demo, "overflow/demo2/x.zst").await.is_err());
    assert!(blobs.delete(&demo, key).await.is_err());
    assert!(blobs.delete(&demo, "audit/demo/x").await.is_err());
    assert_eq!(canned.calls(), 0);
}

#[tokio::test]
async fn failures_say_whether_trying_again_may_help_and_absence_is_none() {
    let error = |code: &str| format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>no</Message></Error>");
    let demo = tenant("demo");
    let key = "raw/demo/2026/06/03/x.jsonl.zst";
    let get =
        async |answer: Answer| Blobs::new(&Canned::new(vec![answer]).config(), "bucket").get_raw(&demo, key).await;
    assert_eq!(get(Answer::Of(404, error("NoSuchKey"))).await.unwrap(), None);
    for (answer, retryable) in [
        (Answer::Timeout, true),
        (Answer::Of(503, error("SlowDown")), true),
        (Answer::Of(500, error("InternalError")), true),
        (Answer::Of(404, error("NoSuchBucket")), false),
        (Answer::Of(403, error("AccessDenied")), false),
    ] {
        let failure = get(answer.clone()).await.unwrap_err();
        assert_eq!(failure.is_retryable(), retryable, "{answer:?} {failure:?}");
    }
}

#[tokio::test]
async fn an_erasure_that_is_overtaken_reads_again() {
    let (bytes, frames) = raw::encode_batch(&[conversation("a", "hello"), conversation("b", "world")]).unwrap();
    // The canned service speaks text only, so the batch it gives is not one: it must be refused, and nothing written.
    let canned = Canned::new(vec![Answer::Of(200, String::from_utf8_lossy(&bytes).into_owned())]);
    let blobs = Blobs::new(&canned.config(), "bucket");
    let erased = blobs.erase_frames(&tenant("demo"), "raw/demo/x", &frames[..1]).await;
    assert!(matches!(erased, Err(Failure::Corrupt { .. })), "{erased:?}");
    assert_eq!(blobs.meter().snapshot().puts, 0);
}

#[tokio::test]
async fn a_link_ends_with_its_credentials_or_after_an_hour() {
    use aws_sdk_s3::config::{Credentials, SharedCredentialsProvider};
    let now: jiff::Timestamp = "2026-11-25T10:00:00Z".parse().unwrap();
    let audit = domain::ids::AuditId::new(Ulid::from_parts(1_780_488_000_000, 5));
    for (credentials_end, expected) in [
        (None, "2026-11-25T11:00:00Z"),
        (Some("2026-11-25T10:20:00Z"), "2026-11-25T10:20:00Z"),
        (Some("2026-11-25T20:00:00Z"), "2026-11-25T11:00:00Z"),
    ] {
        let end = credentials_end.map(|end: &str| {
            let second = end.parse::<jiff::Timestamp>().unwrap().as_second();
            std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(second).unwrap())
        });
        let credentials = Credentials::new("key", "secret", None, end, "test");
        let canned = Canned::new(vec![]);
        let provider = SharedCredentialsProvider::new(credentials);
        let config = canned.config().into_builder().credentials_provider(provider).build();
        let (blobs, kind) = (Blobs::new(&config, "bucket"), domain::audits::FileKind::Json);
        let link = blobs.audit_link(&tenant("demo"), audit, kind, now).await.unwrap();
        let expected: jiff::Timestamp = expected.parse().unwrap();
        assert_eq!(link.expires_at, expected);
        let life = expected.duration_since(now).as_secs();
        assert!(
            link.url.contains(&format!("X-Amz-Expires={life}&")) && link.url.contains("X-Amz-Date=20261125T100000Z")
        );
        assert!(link.url.contains(&format!("/audit/demo/{audit}/document.json")), "{}", link.url);
        assert!(!format!("{link:?}").contains("Signature"));
    }
}

fn media(part: Part) -> Media {
    let ulid = Ulid::from_parts(1_780_488_000_000, 5);
    Media { interview: InterviewId::new(ulid), session: SessionId::new(ulid), part }
}

/// Credentials that end so many seconds after a time.
fn ending(canned: &Canned, ends: Option<Timestamp>) -> Blobs {
    let ends = ends.map(|ends| std::time::SystemTime::try_from(ends).unwrap());
    let credentials = Credentials::new("AKID", "secret", Some("session".into()), ends, "test");
    let provider = SharedCredentialsProvider::new(credentials);
    Blobs::new(&canned.config().into_builder().credentials_provider(provider).build(), "bucket")
}

/// F23: a link never claims to live longer than the credentials that signed it; a fresh one is made each time.
#[tokio::test]
async fn a_link_says_truly_when_it_ends() {
    let canned = Canned::new(vec![Answer::Timeout]);
    let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let after = |seconds: i64| now + SignedDuration::from_secs(seconds);
    for (ends, lives) in [
        (None, 3_600),
        (Some(after(86_400)), 3_600),
        (Some(after(3_600)), 3_600),
        (Some(after(600)), 600),
        (Some(after(-5)), 1),
    ] {
        let blobs = ending(&canned, ends);
        let link = blobs.media_link(&tenant("demo"), &media(Part::Audio), now).await.unwrap();
        assert_eq!(link.expires_at, after(lives), "{ends:?}");
        assert!(link.url.contains(&format!("X-Amz-Expires={lives}&")), "{}", link.url);
        assert!(link.url.contains("X-Amz-Date=20261125T120000Z"), "{}", link.url);
        let later = blobs.media_link(&tenant("demo"), &media(Part::Audio), after(60)).await.unwrap();
        assert_ne!(link.url, later.url);
    }
    // Signing asks nobody.
    assert_eq!(canned.calls(), 0);
}

#[tokio::test]
async fn an_upload_link_takes_one_type_and_length_and_names_the_tenants_object() {
    let blobs = ending(&Canned::new(vec![Answer::Timeout]), None);
    let now: Timestamp = "2026-11-25T12:00:00Z".parse().unwrap();
    let link = blobs.upload_link(&tenant("demo"), &media(Part::Audio), ("audio/mpeg", 1_024), now).await.unwrap();
    let key = format!("/media/demo/{}/{}/audio", media(Part::Audio).interview, media(Part::Audio).session);
    assert!(link.url.contains(&key), "{}", link.url);
    assert!(link.url.contains("X-Amz-SignedHeaders=content-length%3Bcontent-type%3Bhost"), "{}", link.url);
    // The checksum of nothing, which the SDK would sign, is not demanded of the upload.
    assert!(!link.url.contains("checksum") && !link.url.contains("crc32"), "{}", link.url);
    let headers: Vec<(&str, &str)> = link.headers.iter().map(|(name, value)| (&**name, &**value)).collect();
    assert!(
        headers.contains(&("content-type", "audio/mpeg")) && headers.contains(&("content-length", "1024")),
        "{headers:?}"
    );
    assert!(!format!("{link:?}").contains("Signature"));
}
