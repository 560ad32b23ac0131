use std::collections::BTreeSet;

use domain::context::intake::read_json;
use domain::context::journey::default_journey;
use domain::context::session::Taken;
use domain::context::{Event, EventType};
use domain::ids::ErasureId;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{ErasedCounts, Erasure, Purpose};

use crate::world::{World, at, contact_key, expiry, tenant, ulid};

const JUNE: &str = "2026-06-03T10:00:00Z";

fn view(customer: &str, session: &str, n: i64) -> Value {
    json!({
        "id": format!("{session}-{n}"), "type": "page_view", "occurred_at": (at(JUNE) + SignedDuration::from_secs(n * 7)).to_string(),
        "customer_id": customer, "session_id": session, "url": format!("https://store.com/products/{}", n % 40),
        "name": format!("Product number {}", n % 40), "category": "shoes", "price_amount": 99.5, "price_cur": "EUR", "duration_secs": 6,
    })
}

fn events(list: &[Value]) -> Vec<Event> {
    let now: Timestamp = at("2026-11-25T10:00:00Z");
    list.chunks(500)
        .flat_map(|list| read_json(json!({"events": list}).to_string().as_bytes(), now).unwrap().events)
        .collect()
}

impl World {
    async fn take(&self, events: &[Event]) -> Taken {
        let (demo, journey) = (tenant("demo"), default_journey());
        self.store.put_support_events(&demo, &contact_key(), events, expiry()).await.unwrap();
        self.store.put_events(&demo, &contact_key(), events, &journey, (at(JUNE), expiry())).await.unwrap()
    }
}

#[tokio::test]
async fn sessions_are_found_by_their_id_and_by_their_customer() {
    let world = World::new().await;
    let demo = tenant("demo");
    let list = [view("ann", "s1", 0), view("ann", "s2", 100), view("ben", "s2", 200), view("ann", "s1", 50)];
    let taken = world.take(&events(&list)).await;
    assert_eq!(taken, Taken { accepted: 4, duplicates: 0, not_kept: 0 });
    assert_eq!(world.take(&events(&list)).await, Taken { accepted: 0, duplicates: 4, not_kept: 0 });

    let of_id = world.store.sessions_of_id(&demo, &contact_key(), "s2").await.unwrap();
    assert_eq!(
        of_id.iter().map(|one| one.customer_id.as_str()).collect::<BTreeSet<_>>(),
        BTreeSet::from(["ann", "ben"])
    );
    let ann = contact_key().contact("ann");
    let newest = world.store.sessions_of_customer(&demo, &ann, 10).await.unwrap();
    assert_eq!(newest.iter().map(|one| one.session_id.as_deref().unwrap()).collect::<Vec<_>>(), ["s2", "s1"]);
    assert_eq!(newest[1].events, 2);
    assert_eq!(world.store.sessions_of_customer(&demo, &ann, 1).await.unwrap().len(), 1);
    assert!(world.store.sessions_of_id(&tenant("demo-2"), &contact_key(), "s2").await.unwrap().is_empty());

    let logs = world.store.logs_of_customer(&demo, &ann, None, 10).await.unwrap();
    assert_eq!(world.store.logs_of_customer(&demo, &ann, Some(&logs[0].place()), 10).await.unwrap(), logs[1..]);
    assert!(world.store.delete_session(&logs[0]).await.unwrap());
    assert!(!world.store.delete_session(&logs[0]).await.unwrap());
    assert_eq!(world.store.count_sessions(&demo, &ann).await.unwrap(), 1);
}

#[tokio::test]
async fn support_rows_are_read_by_day_and_erased_by_person() {
    let world = World::new().await;
    let demo = tenant("demo");
    let rated = |id: &str, customer: &str, day: &str| json!({"id": id, "type": EventType::CsatResponse.as_str(), "occurred_at": format!("{day}T10:00:00Z"), "customer_id": customer, "rating": 4});
    world
        .take(&events(&[
            rated("1", "ann", "2026-05-31"),
            rated("2", "ben", "2026-05-31"),
            rated("3", "ann", "2026-06-01"),
            rated("4", "ann", "2026-07-01"),
        ]))
        .await;
    let read = async |from: &str, to: &str| {
        world.store.support_rows(&demo, from.parse().unwrap(), to.parse().unwrap()).await.unwrap().len()
    };
    assert_eq!((read("2026-05-31", "2026-06-01").await, read("2026-06-01", "2026-07-31").await), (3, 2));
    let ann = contact_key().contact("ann");
    let logs = world.store.logs_of_customer(&demo, &ann, None, 10).await.unwrap();
    let days: BTreeSet<_> = logs.iter().flat_map(store::StoredLog::support_days).collect();
    assert_eq!(days.len(), 3);
    world.store.erase_support_rows(&demo, &ann, days).await.unwrap();
    assert_eq!(read("2026-01-01", "2026-12-31").await, 1);
}

#[tokio::test]
async fn an_erasure_marks_the_person_and_counts_what_was_removed() {
    let world = World::new().await;
    let demo = tenant("demo");
    let (ann, ben) = (contact_key().contact("ann"), contact_key().contact("ben"));
    let erasure = |millis: u64| Erasure {
        id: ErasureId::new(ulid(millis)),
        contact: ann.clone(),
        requested_at: at(JUNE),
        finished_at: None,
        found: (3, 1),
        erased: ErasedCounts::default(),
    };
    for millis in [2, 1] {
        world.store.begin_erasure(&demo, &erasure(millis)).await.unwrap();
        world.store.begin_erasure(&demo, &erasure(millis)).await.unwrap();
    }
    let marks = world.store.erased_contacts(&demo, &[ann.clone(), ben]).await.unwrap();
    assert_eq!(marks.into_iter().collect::<Vec<_>>(), [(ann.clone(), ulid(2))], "the last one counts");
    let id = erasure(1).id;
    let counts = ErasedCounts { conversations: 2, sessions: 1, events: 7 };
    world.store.count_erased(&demo, id, counts).await.unwrap();
    world.store.finish_erasure(&demo, id, at(JUNE)).await.unwrap();
    let expected = Erasure { finished_at: Some(at(JUNE)), erased: counts, ..erasure(1) };
    assert_eq!(world.store.erasure(&demo, id).await.unwrap(), Some(expected));
    assert_eq!(world.store.erasure(&tenant("demo-2"), id).await.unwrap(), None);
}

/// 500 events of 25 sessions, as a collector sends them.
#[tokio::test]
async fn a_batch_of_events_is_inside_the_budget() {
    let world = World::new().await;
    let list: Vec<Value> =
        (0..500).map(|i| view(&format!("customer-{}", i % 25), &format!("session-{}", i % 25), i / 25)).collect();
    world.take(&events(&list)).await;
    let used = world.store.meter().of(Purpose::Context);
    let each = used.write_units as f64 / 500.0;
    println!("{used}: {each:.3} write units an event");
    assert!(each <= 0.2, "{each} write units an event");
}

#[tokio::test]
async fn a_session_of_thousands_is_read_without_its_log() {
    let world = World::new().await;
    let list: Vec<Value> = (0..5_000).map(|i| view("bot", "long", i)).collect();
    for part in events(&list).chunks(500) {
        world.take(part).await;
    }
    let session = &world.store.sessions_of_id(&tenant("demo"), &contact_key(), "long").await.unwrap()[0];
    assert_eq!((session.events, session.views, session.pages.len()), (5_000, 5_000, 40));
    let log =
        &world.store.logs_of_customer(&tenant("demo"), &contact_key().contact("bot"), None, 1).await.unwrap()[0].log;
    assert_eq!(log.kept().count(), 5_000);
    println!("{}", world.store.meter().of(Purpose::Context));
}
