use proptest::prelude::*;
use ulid::Ulid;

use super::*;
use crate::webhooks::endpoint::Method;
use crate::webhooks::schedule::WAITS;
use crate::webhooks::{Address, EndpointId, MessageId, Network};

/// Longest that SQS keeps a message back.
const HOP: SignedDuration = SignedDuration::from_mins(15);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn delivery(number: u64) -> Delivery {
    let now = at("2026-11-25T10:00:00Z");
    let message = MessageId::of(EventKind::TaskCreated, "tsk", now, &Owner::Tenant);
    let id = DeliveryId { message, endpoint: EndpointId::new(Ulid::from_parts(number, 0)) };
    Delivery::new(id, Owner::Tenant, EventKind::TaskCreated, now, b"{}".to_vec(), now)
}

fn attempt(at: Timestamp, outcome: Outcome) -> Attempt {
    Attempt { at, outcome, duration_ms: 0 }
}

fn endpoint(failing_since: Option<Timestamp>) -> Endpoint {
    Endpoint {
        id: EndpointId::new(Ulid::from_parts(1, 1)),
        owner: Owner::Tenant,
        address: Address::parse("https://hooks.acme.com/", Network::Public).unwrap(),
        method: Method::Post,
        headers: vec![],
        description: None,
        events: vec![],
        secrets: None,
        disabled: None,
        failing_since,
        created_at: at("2026-11-25T10:00:00Z"),
        revision: 1,
    }
}

/// Walks a clock of its own through hops of at most 15 minutes until nothing is left to do; the times of the attempts and the hops.
fn walk(mut delivery: Delivery, answer: impl Fn(usize) -> Outcome) -> (Delivery, Vec<Timestamp>, usize) {
    let (mut now, mut times, mut hops) = (delivery.created_at, Vec::new(), 0);
    while let Some(next_at) = delivery.next_at {
        while now < next_at {
            now += next_at.duration_since(now).min(HOP);
            hops += 1;
        }
        times.push(now);
        delivery = delivery.after(attempt(now, answer(times.len())), None);
    }
    (delivery, times, hops)
}

#[test]
fn the_whole_schedule_is_walked_in_seventy_five_hours() {
    for number in 0..50 {
        let (last, times, hops) = walk(delivery(number), |_| Outcome::Answered(500));
        assert_eq!((last.state, last.made, times.len()), (DeliveryState::Failed, 10, 10));
        for (pair, wait) in times.windows(2).zip(WAITS) {
            let waited = pair[1].duration_since(pair[0]).as_millis();
            assert!((wait.as_millis() * 8..=wait.as_millis() * 12).contains(&(waited * 10)), "{waited} ms for {wait}");
        }
        let whole = times[9].duration_since(times[0]).as_hours();
        assert!((60..=91).contains(&whole), "{whole} hours");
        assert!((240..=370).contains(&hops), "{hops} hops");
        // What is sent is the same from the first attempt to the last.
        assert_eq!((last.id, last.body), (delivery(number).id, delivery(number).body));
    }
}

#[test]
fn it_ends_with_the_first_success() {
    let answers = |number| if number < 3 { Outcome::Answered(500) } else { Outcome::Answered(204) };
    let (last, times, _) = walk(delivery(1), answers);
    assert_eq!((last.state, last.made, last.next_at), (DeliveryState::Delivered, 3, None));
    assert!(times[2].duration_since(times[0]) < SignedDuration::from_mins(7));
}

#[test]
fn only_2xx_is_success_and_gone_is_final() {
    let now = at("2026-11-25T10:00:00Z");
    for (status, state) in [
        (200, DeliveryState::Delivered),
        (299, DeliveryState::Delivered),
        (100, DeliveryState::Pending),
        (199, DeliveryState::Pending),
        (301, DeliveryState::Pending),
        (308, DeliveryState::Pending),
        (400, DeliveryState::Pending),
        (410, DeliveryState::Failed),
        (500, DeliveryState::Pending),
    ] {
        assert_eq!(delivery(1).after(attempt(now, Outcome::Answered(status)), None).state, state, "{status}");
    }
    for error in AttemptError::ALL {
        let state = delivery(1).after(attempt(now, Outcome::Unanswered(*error)), None).state;
        assert_eq!(state == DeliveryState::Failed, *error == AttemptError::EndpointUnavailable, "{error:?}");
    }
}

#[test]
fn asked_for_again_it_begins_anew_under_the_same_id() {
    let (failed, _, _) = walk(delivery(1), |_| Outcome::Unanswered(AttemptError::TimedOut));
    let later = at("2026-12-01T10:00:00Z");
    let again = failed.again(later);
    assert_eq!(
        (again.state, again.next_at, &again.id, &again.body),
        (DeliveryState::Pending, Some(later), &failed.id, &failed.body)
    );
    let (last, times, _) = walk(Delivery { created_at: later, ..again }, |_| Outcome::Answered(500));
    assert_eq!((last.state, last.made, times.len(), last.attempts.len()), (DeliveryState::Failed, 20, 10, 20));
}

#[test]
fn an_endpoint_is_stopped_after_five_days_of_nothing_but_failures() {
    let began = at("2026-11-25T10:00:00Z");
    let failed = Outcome::Answered(500);
    let health = |since, outcome, now: &str| Health::after(&endpoint(since), outcome, at(now));
    assert_eq!(health(None, failed, "2026-11-25T10:00:00Z"), Health::BeganToFail(began));
    assert_eq!(health(Some(began), failed, "2026-11-30T09:59:59Z"), Health::AsBefore);
    let at_last = at("2026-11-30T10:00:00Z");
    assert_eq!(
        health(Some(began), failed, "2026-11-30T10:00:00Z"),
        Health::Stopped(Disabled { reason: DisabledReason::Failing, at: at_last })
    );
    assert_eq!(health(Some(began), Outcome::Answered(200), "2026-12-30T10:00:00Z"), Health::Recovered);
    assert_eq!(health(None, Outcome::Answered(200), "2026-11-25T10:00:00Z"), Health::AsBefore);
    assert_eq!(
        health(None, Outcome::Answered(410), "2026-11-25T10:00:00Z"),
        Health::Stopped(Disabled { reason: DisabledReason::Gone, at: began })
    );
}

proptest! {
    /// Whatever a receiver answers: at most ten attempts a run, never one before its time, and an end.
    #[test]
    fn every_run_ends(number: u64, statuses in proptest::collection::vec(100_u16..600, 10)) {
        let (last, times, _) = walk(delivery(number), |made| Outcome::Answered(statuses[made - 1]));
        prop_assert!(times.len() <= 10 && last.next_at.is_none() && last.state != DeliveryState::Pending);
        prop_assert_eq!(last.state == DeliveryState::Delivered, last.attempts.last().unwrap().outcome.is_success());
        prop_assert!(times.is_sorted());
    }
}
