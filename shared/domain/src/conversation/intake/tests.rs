use proptest::prelude::*;
use serde_json::json;

use crate::reader::MAX_LISTED;

use super::*;

fn now() -> Timestamp {
    "2026-11-25T09:00:00Z".parse().unwrap()
}

fn valid() -> Value {
    json!({
        "id": "c1", "created_at": "2026-06-03T10:00:00Z",
        "messages": [
            {"id": "m1", "created_at": "2026-06-03T10:01:00Z", "author_type": "customer", "body": "Hello"},
            {"id": "m2", "created_at": "2026-06-03T10:05:00Z", "author_type": "agent", "body": "Hi", "content_type": "html"}
        ]
    })
}

fn read_one(conversation: &Value) -> Intake {
    read(json!({ "conversations": [conversation] }).to_string().as_bytes(), now()).unwrap()
}

fn pointers(conversation: &Value) -> Vec<String> {
    let intake = read_one(conversation);
    intake.rejected.into_iter().flat_map(|rejected| rejected.faults).map(|fault| fault.pointer).collect()
}

#[test]
fn the_seeds_example_is_accepted() {
    let body = br#"{"conversations":[{"id":"conv-12345","created_at":"2026-06-03T10:00:00Z","status":"closed","subject":"Login issues",
        "priority":"high","contact":{"id":"user-88","name":"Jane Doe","email":"[email protected]"},"messages":[
        {"id":"msg-001","created_at":"2026-06-03T10:01:00Z","author_type":"customer","body":"I cannot access my dashboard.","content_type":"text"},
        {"id":"msg-002","created_at":"2026-06-03T10:05:00Z","author_type":"agent","body":"Let me reset your password.","content_type":"text"}]}]}"#;
    let intake = read(body, now()).unwrap();
    assert_eq!((intake.accepted.len(), intake.rejected.len(), intake.warnings.len()), (1, 0, 0));
    assert_eq!(intake.accepted[0].messages.len(), 2);
}

#[test]
fn each_wrong_field_is_named_by_its_pointer() {
    let cases: &[(&str, Value, &str)] = &[
        ("/id", json!(7), "/id"),
        ("/id", json!(""), "/id"),
        ("/id", json!("a\u{0}b"), "/id"),
        ("/id", json!("x".repeat(257)), "/id"),
        ("/created_at", json!(1_767_225_600_000_u64), "/created_at"),
        ("/created_at", json!("2999-01-01T00:00:00Z"), "/created_at"),
        ("/created_at", json!("1970-01-01T00:00:00Z"), "/created_at"),
        ("/created_at", Value::Null, "/created_at"),
        ("/closed_at", json!("2026-06-01T00:00:00Z"), "/closed_at"),
        ("/updated_at", json!("2026-06-01T00:00:00Z"), "/updated_at"),
        ("/status", json!("shut"), "/status"),
        ("/priority", json!("asap"), "/priority"),
        ("/channel_type", json!("E Mail"), "/channel_type"),
        ("/contact", json!({"name": "x"}), "/contact/id"),
        ("/contact", json!("jane"), "/contact"),
        ("/assignee", json!({"id": "a", "nmae": "x"}), "/assignee/nmae"),
        ("/csat", json!([{"rating": 6, "responded_at": "2026-06-03T10:00:00Z"}]), "/csat/0/rating"),
        ("/csat", json!({}), "/csat"),
        ("/custom", json!({"a": [1]}), "/custom/a"),
        ("/custom", json!({"a/b": {}}), "/custom/a~1b"),
        ("/tags", json!(["ok", 5]), "/tags/1"),
        ("/messages", json!([]), "/messages"),
        ("/messages", Value::Null, "/messages"),
        ("/messages/0/author_type", json!("robot"), "/messages/0/author_type"),
        ("/messages/0/body", Value::Null, "/messages/0/body"),
        ("/messages/0/id", Value::Null, "/messages/0/id"),
        ("/messages/1/id", json!("m1"), "/messages/1/id"),
        ("/messages/1/content_type", json!("markdown"), "/messages/1/content_type"),
        ("/messages/1/private", json!("yes"), "/messages/1/private"),
    ];
    for (place, value, expected) in cases {
        let mut conversation = valid();
        let (parent, key) = place.rsplit_once('/').unwrap();
        conversation.pointer_mut(parent).unwrap()[key] = value.clone();
        assert_eq!(pointers(&conversation), [format!("/conversations/0{expected}")], "{place} = {value}");
    }
}

#[test]
fn all_faults_are_listed_at_once() {
    let bad = json!({"id": 1, "created_at": "x", "status": "y", "messages": [{"id": "m", "body": 3}]});
    assert_eq!(
        pointers(&bad),
        [
            "/conversations/0/id",
            "/conversations/0/created_at",
            "/conversations/0/status",
            "/conversations/0/messages/0/created_at",
            "/conversations/0/messages/0/author_type",
            "/conversations/0/messages/0/body",
        ]
    );
}

#[test]
fn typos_are_faults_and_vendor_fields_are_warnings_counted_once() {
    let mut typo = valid();
    typo["subjct"] = json!("x");
    assert_eq!(pointers(&typo), ["/conversations/0/subjct"]);

    let mut vendor = valid();
    vendor["zendesk_ticket_form"] = json!(5);
    for message in vendor["messages"].as_array_mut().unwrap() {
        message["via_channel_metadata"] = json!({});
    }
    let intake = read_one(&vendor);
    assert_eq!(intake.accepted.len(), 1);
    let warned: Vec<_> = intake.warnings.iter().map(|w| (w.pointer.as_str(), w.detail.contains("2 times"))).collect();
    assert_eq!(
        warned,
        [("/conversations/*/messages/*/via_channel_metadata", true), ("/conversations/*/zendesk_ticket_form", false)]
    );
}

#[test]
fn one_id_twice_names_both_places() {
    let body = json!({ "conversations": [valid(), valid()] }).to_string();
    let intake = read(body.as_bytes(), now()).unwrap();
    assert_eq!(intake.accepted.len(), 0);
    let faults: Vec<_> = intake.rejected.iter().flat_map(|r| &r.faults).collect();
    assert_eq!(faults[0].pointer, "/conversations/0/id");
    assert!(faults[0].detail.contains("/conversations/1"));
    assert_eq!(faults[1].pointer, "/conversations/1/id");
}

#[test]
fn the_request_itself_is_bounded() {
    let hundred_and_one = json!({ "conversations": vec![valid(); 101] }).to_string();
    for (body, want) in [
        (b"".as_slice(), "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe", "not UTF-8"),
        (br#"{"conversations":[{"id":"\ud800"}]}"#, "not JSON"),
        (b"[]", "not valid"),
        (b"{}", "not valid"),
        (br#"{"conversations":[]}"#, "not valid"),
        (br#"{"conversations":{}}"#, "not valid"),
        (hundred_and_one.as_bytes(), "not valid"),
    ] {
        let error = read(body, now()).unwrap_err().to_string();
        assert!(error.contains(want), "{error} does not say {want}");
    }
}

#[test]
fn messages_are_sorted_by_time_and_ties_keep_their_order() {
    let mut conversation = valid();
    let message = |id: &str, at: &str| json!({"id": id, "created_at": at, "author_type": "customer", "body": id});
    conversation["messages"] = json!([
        message("t3", "2026-06-03T10:03:00Z"),
        message("t1", "2026-06-03T10:01:00Z"),
        message("t2b", "2026-06-03T12:02:00+02:00"),
        message("t2c", "2026-06-03T10:02:00Z"),
    ]);
    let order: Vec<String> = read_one(&conversation).accepted.remove(0).messages.into_iter().map(|m| m.id).collect();
    assert_eq!(order, ["t1", "t2b", "t2c", "t3"]);
}

#[test]
fn a_nul_in_a_body_is_kept() {
    let mut conversation = valid();
    conversation["messages"][0]["body"] = json!("a\u{0}b");
    assert_eq!(read_one(&conversation).accepted[0].messages[0].body, "a\u{0}b");
}

#[test]
fn the_version_is_updated_at_or_the_newest_time() {
    let mut conversation = valid();
    let version = |c: &Value| Timestamp::from_microsecond(read_one(c).accepted[0].version()).unwrap().to_string();
    assert_eq!(version(&conversation), "2026-06-03T10:05:00Z");
    conversation["closed_at"] = json!("2026-06-03T11:00:00Z");
    assert_eq!(version(&conversation), "2026-06-03T11:00:00Z");
    conversation["updated_at"] = json!("2026-06-03T10:30:00Z");
    assert_eq!(version(&conversation), "2026-06-03T10:30:00Z");
}

#[test]
fn faults_are_capped_and_the_rest_counted() {
    let mut conversation = valid();
    conversation["messages"] = json!(vec![json!({}); 400]);
    let faults = read_one(&conversation).rejected.remove(0).faults;
    assert_eq!(faults.len(), MAX_LISTED + 1);
    assert_eq!(faults.last().unwrap().detail, "and 600 more faults");
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        Just(json!("2026-06-03T10:00:00Z")),
        Just(json!("customer")),
    ];
    let key = prop_oneof![
        prop::sample::select([CONVERSATION, MESSAGE, CONTACT].concat()).prop_map(str::to_owned),
        "\\PC{0,8}",
    ];
    leaf.prop_recursive(4, 64, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..8)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(read(&bytes, now()));
    }

    #[test]
    fn no_json_makes_it_panic_and_each_conversation_is_accepted_or_faulted(list in prop::collection::vec(any_json(), 1..5)) {
        let count = list.len();
        let intake = read(json!({ "conversations": list }).to_string().as_bytes(), now()).unwrap();
        prop_assert_eq!(intake.accepted.len() + intake.rejected.len(), count);
        prop_assert!(intake.rejected.iter().all(|rejected| !rejected.faults.is_empty()));
    }

    #[test]
    fn what_is_accepted_survives_storage(body in "\\PC*", subject in "\\PC{0,50}") {
        let mut conversation = valid();
        conversation["messages"][0]["body"] = json!(body);
        conversation["subject"] = json!(subject);
        let accepted = read_one(&conversation).accepted.remove(0);
        let stored = serde_json::to_string(&accepted).unwrap();
        prop_assert_eq!(serde_json::from_str::<Conversation>(&stored).unwrap(), accepted);
    }
}
