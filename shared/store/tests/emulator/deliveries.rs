use domain::failure::Failure;
use domain::webhooks::delivery::{Attempt, AttemptError, DeliveryState, Outcome};
use domain::webhooks::{Delivery, DeliveryId, EndpointId, EventKind, MessageId, Owner};
use jiff::{SignedDuration, Timestamp};
use store::{DeliveryKey, Purpose};

use crate::world::{World, at, tenant, ulid};

const NOW: &str = "2026-11-25T10:00:00Z";

fn delivery(subject: &str, second: i64) -> Delivery {
    let now = at(NOW) + SignedDuration::from_secs(second);
    let owner = Owner::interview("i-1");
    let message = MessageId::of(EventKind::InterviewCompleted, subject, now, &owner);
    let id = DeliveryId { message, endpoint: EndpointId::new(ulid(1)) };
    Delivery::new(id, owner, EventKind::InterviewCompleted, now, b"{\"a\":1}".to_vec(), now)
}

fn failed(delivery: &Delivery) -> Delivery {
    let unanswered = Outcome::Unanswered(AttemptError::EndpointUnavailable);
    delivery.after(Attempt { at: at(NOW), outcome: unanswered, duration_ms: 3 }, None)
}

#[tokio::test]
async fn a_delivery_is_made_once_and_changed_by_compare_and_set() {
    let world = World::new().await;
    let demo = tenant("demo");
    let made = delivery("one", 0);
    assert_eq!(world.store.create_delivery(&demo, &made).await.unwrap(), (made.clone(), true));
    // Told again, with another body even: what is there stays.
    let other = Delivery { body: b"other".to_vec(), created_at: at("2026-11-26T10:00:00Z"), ..made.clone() };
    assert_eq!(world.store.create_delivery(&demo, &other).await.unwrap(), (made.clone(), false));
    assert_eq!(world.store.delivery(&demo, &made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(world.store.delivery(&tenant("other"), &made.id).await.unwrap(), None);

    let answered = Outcome::Answered(500);
    let next = made.after(Attempt { at: at(NOW), outcome: answered, duration_ms: 12 }, None);
    world.store.update_delivery(&demo, &next).await.unwrap();
    let stored = world.store.delivery(&demo, &made.id).await.unwrap().unwrap();
    assert_eq!(stored, Delivery { revision: 2, ..next.clone() });
    assert!(matches!(world.store.update_delivery(&demo, &next).await, Err(Failure::Conflict { .. })));
    let unknown = delivery("two", 0).id;
    assert_eq!(world.store.deliveries(&demo, &[unknown, made.id]).await.unwrap(), [stored]);
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_and_the_failed_apart() {
    let world = World::new().await;
    let demo = tenant("demo");
    let mut made: Vec<Delivery> = (0..25).map(|second| delivery(&second.to_string(), second)).collect();
    for delivery in &made {
        world.store.create_delivery(&demo, delivery).await.unwrap();
    }
    let units = world.store.meter().of(Purpose::Webhooks);
    assert_eq!((units.write_units, units.calls), (50, 25), "two units a delivery");
    for delivery in made.iter().step_by(5) {
        world.store.update_delivery(&demo, &failed(delivery)).await.unwrap();
    }
    made.reverse();
    let expected = |is_failed: bool| -> Vec<DeliveryKey> {
        let of_part = |(number, _): &(usize, &Delivery)| ((24 - number) % 5 == 0) == is_failed;
        made.iter().enumerate().filter(of_part).map(|(_, delivery)| DeliveryKey::of(delivery)).collect()
    };
    for (is_failed, limit) in [(false, 100), (false, 20), (false, 7), (true, 100), (true, 2)] {
        let (mut walked, mut before) = (Vec::new(), "~".to_owned());
        loop {
            let page = world.store.delivery_keys(&demo, is_failed, Timestamp::MIN, &before, limit).await.unwrap();
            let Some(last) = page.last() else { break };
            before = last.sort_text();
            walked.extend(page);
        }
        assert_eq!(walked, expected(is_failed), "{is_failed} {limit}");
    }
    let (from, to) = (at(NOW) + SignedDuration::from_secs(6), at(NOW) + SignedDuration::from_secs(9));
    let window = world.store.delivery_keys(&demo, false, from, &DeliveryKey::until(to), 100).await.unwrap();
    let times: Vec<i64> = window.iter().map(|key| key.created_at.duration_since(at(NOW)).as_secs()).collect();
    assert_eq!(times, [8, 7, 6]);
    assert_eq!(world.store.delivery_keys(&demo, false, to, &DeliveryKey::until(from), 100).await.unwrap(), []);
    assert_eq!(world.store.delivery_keys(&tenant("other"), false, Timestamp::MIN, "~", 100).await.unwrap(), []);

    // Asked for again, it is no longer among the failed.
    let id = expected(true)[0].id.clone();
    let stored = world.store.delivery(&demo, &id).await.unwrap().unwrap();
    assert_eq!(stored.state, DeliveryState::Failed);
    world.store.update_delivery(&demo, &stored.again(at(NOW))).await.unwrap();
    assert_eq!(world.store.delivery_keys(&demo, true, Timestamp::MIN, "~", 100).await.unwrap().len(), 4);
}
