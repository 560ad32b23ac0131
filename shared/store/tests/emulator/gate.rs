use domain::access::{Gate as _, IdempotencyState, RateClass, StoredAnswer};
use jiff::{SignedDuration, Timestamp};

use crate::world::{World, at, tenant};

fn now() -> Timestamp {
    at("2026-11-25T10:00:00Z")
}

fn after(millis: i64) -> Timestamp {
    now() + SignedDuration::from_millis(millis)
}

/// 64 callers, each in a process of its own, at one instant: exactly 20 pass, and all the others are told the true waiting time.
#[tokio::test]
async fn twenty_of_sixty_four_concurrent_callers_may_push() {
    let world = World::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..64 {
        let store = if i % 2 == 0 { world.other_process() } else { world.store.clone() };
        calls.spawn(async move { store.take(&tenant("demo"), RateClass::Ingest, now()).await.unwrap() });
    }
    let decisions = calls.join_all().await;
    assert_eq!(decisions.iter().filter(|decision| decision.allowed).count(), 20);
    let mut remaining: Vec<u32> = decisions.iter().filter(|d| d.allowed).map(|d| d.remaining).collect();
    remaining.sort_unstable();
    assert_eq!(remaining, (0..20).collect::<Vec<u32>>());
    for refused in decisions.iter().filter(|decision| !decision.allowed) {
        assert_eq!((refused.retry_after_ms, refused.limit, refused.window_seconds), (60_000, 20, 60));
    }
    let store = world.other_process();
    assert!(!store.take(&tenant("demo"), RateClass::Ingest, after(59_999)).await.unwrap().allowed);
    assert!(store.take(&tenant("demo"), RateClass::Ingest, after(60_000)).await.unwrap().allowed);
    // Another tenant has its own.
    assert!(store.take(&tenant("demo-2"), RateClass::Ingest, now()).await.unwrap().allowed);
}

/// Random arrivals at several processes: no 60 seconds ever hold more than 20.
#[tokio::test]
async fn no_window_holds_more_than_twenty_whoever_asks() {
    let world = World::new().await;
    let processes = [world.other_process(), world.other_process(), world.other_process()];
    let (mut clock, mut accepted) = (0_i64, Vec::new());
    for i in 0..200_i64 {
        clock += (i * 7_919) % 3_001;
        let skew = (i * 104_729) % 401 - 200;
        let store = &processes[usize::try_from(i % 3).unwrap()];
        if store.take(&tenant("demo"), RateClass::Ingest, after(clock + skew)).await.unwrap().allowed {
            accepted.push(clock);
        }
    }
    for from in &accepted {
        // Clocks that differ by 0.4 s may shift what each of them sees.
        let window = accepted.iter().filter(|time| (*from..*from + 60_000 - 400).contains(*time)).count();
        assert!(window <= 20, "{window} from {from}");
    }
    assert!(accepted.len() >= 80, "{}", accepted.len());
}

#[tokio::test]
async fn the_usual_request_is_one_call_and_a_refused_one_is_none() {
    let world = World::new().await;
    let demo = tenant("demo");
    for class in [RateClass::Ingest, RateClass::Read] {
        let before = world.store.meter().snapshot();
        let mut allowed = 0;
        for _ in 0..150 {
            allowed += u64::from(world.store.take(&demo, class, now()).await.unwrap().allowed);
        }
        assert_eq!(allowed, if class == RateClass::Ingest { 20 } else { 100 });
        assert_eq!(world.store.meter().snapshot().since(&before).calls, allowed);
    }
    // A process that knows nothing needs at most two.
    let other = world.other_process();
    assert!(!other.take(&demo, RateClass::Ingest, now()).await.unwrap().allowed);
    assert!(!other.take(&demo, RateClass::Read, now()).await.unwrap().allowed);
    assert_eq!(other.meter().snapshot().calls, 2);
}

#[tokio::test]
async fn reading_passes_a_hundred_at_once_then_ten_a_second() {
    let world = World::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..160 {
        let store = if i % 4 == 0 { world.other_process() } else { world.store.clone() };
        calls.spawn(async move { store.take(&tenant("demo"), RateClass::Read, now()).await.unwrap() });
    }
    let decisions = calls.join_all().await;
    assert_eq!(decisions.iter().filter(|decision| decision.allowed).count(), 100);
    assert!(decisions.iter().filter(|d| !d.allowed).all(|d| d.retry_after_ms == 100 && d.limit == 600));
    let store = world.other_process();
    assert!(!store.take(&tenant("demo"), RateClass::Read, after(99)).await.unwrap().allowed);
    for tenth in 1..=20 {
        assert!(store.take(&tenant("demo"), RateClass::Read, after(100 * tenth)).await.unwrap().allowed);
        assert!(!store.take(&tenant("demo"), RateClass::Read, after(100 * tenth)).await.unwrap().allowed);
    }
    // After ten idle seconds the whole burst is there again.
    let rested = store.take(&tenant("demo"), RateClass::Read, after(60_000)).await.unwrap();
    assert_eq!((rested.allowed, rested.remaining), (true, 99));
}

#[tokio::test]
async fn limits_can_be_set_and_processes_notice() {
    let world = World::new().await;
    let demo = tenant("demo");
    let warm = world.other_process();
    assert!(warm.take(&demo, RateClass::Ingest, now()).await.unwrap().allowed);
    assert!(warm.take(&demo, RateClass::Read, now()).await.unwrap().allowed);
    world.store.set_limits(&demo, RateClass::Ingest, 2, 1).await.unwrap();
    world.store.set_limits(&demo, RateClass::Read, 60, 3).await.unwrap();
    let ingest = warm.take(&demo, RateClass::Ingest, after(1)).await.unwrap();
    assert_eq!((ingest.allowed, ingest.limit, ingest.remaining), (true, 2, 0));
    assert!(!warm.take(&demo, RateClass::Ingest, after(2)).await.unwrap().allowed);
    let read = warm.take(&demo, RateClass::Read, after(10_000)).await.unwrap();
    assert_eq!((read.allowed, read.limit, read.remaining), (true, 60, 2));
    // Set before the first request, too.
    world.store.set_limits(&tenant("fresh"), RateClass::Ingest, 1, 1).await.unwrap();
    world.store.set_limits(&tenant("fresh"), RateClass::Read, 60, 1).await.unwrap();
    for class in [RateClass::Ingest, RateClass::Read] {
        assert!(warm.take(&tenant("fresh"), class, now()).await.unwrap().allowed);
        assert!(!warm.take(&tenant("fresh"), class, now()).await.unwrap().allowed);
    }
}

fn answer(body: &str) -> StoredAnswer {
    StoredAnswer {
        status: 201,
        content_type: "application/json".into(),
        location: Some("/api/api-keys/1".into()),
        body: body.as_bytes().to_vec(),
    }
}

#[tokio::test]
async fn an_idempotency_key_is_taken_once_and_replays_its_answer_for_a_day() {
    let world = World::new().await;
    let (store, demo) = (&world.store, tenant("demo"));
    let begin =
        async |scope: &str, fingerprint: &str, now| store.begin(&demo, scope, "k", fingerprint, now).await.unwrap();
    assert_eq!(begin("POST /a", "f1", now()).await, IdempotencyState::Fresh);
    assert_eq!(begin("POST /a", "f1", after(1)).await, IdempotencyState::InProgress);
    assert_eq!(begin("POST /a", "f2", after(1)).await, IdempotencyState::Mismatch);
    assert_eq!(begin("POST /b", "f2", after(1)).await, IdempotencyState::Fresh);
    store.finish(&demo, "POST /a", "k", Some(&answer("{}")), after(2)).await.unwrap();
    assert_eq!(begin("POST /a", "f1", after(3)).await, IdempotencyState::Replay(answer("{}")));
    assert_eq!(begin("POST /a", "f2", after(3)).await, IdempotencyState::Mismatch);
    let day = 24 * 3_600_000;
    assert_eq!(begin("POST /a", "f1", after(day + 1)).await, IdempotencyState::Replay(answer("{}")));
    // The table may keep the item longer than a day; it no longer counts.
    assert_eq!(begin("POST /a", "f2", after(day + 2)).await, IdempotencyState::Fresh);
    let other = world.store.begin(&tenant("demo-2"), "POST /b", "k", "f9", now()).await.unwrap();
    assert_eq!(other, IdempotencyState::Fresh);
}

#[tokio::test]
async fn a_failed_request_frees_its_key_and_a_dead_one_after_a_minute() {
    let world = World::new().await;
    let (demo, first, second) = (tenant("demo"), world.other_process(), world.other_process());
    assert_eq!(first.begin(&demo, "s", "k", "f", now()).await.unwrap(), IdempotencyState::Fresh);
    first.finish(&demo, "s", "k", None, now()).await.unwrap();
    assert_eq!(second.begin(&demo, "s", "k", "other", now()).await.unwrap(), IdempotencyState::Fresh);
    // It dies. The same request may take over after a minute, another body may not.
    assert_eq!(first.begin(&demo, "s", "k", "other", after(59_999)).await.unwrap(), IdempotencyState::InProgress);
    assert_eq!(first.begin(&demo, "s", "k", "f", after(60_000)).await.unwrap(), IdempotencyState::Mismatch);
    assert_eq!(first.begin(&demo, "s", "k", "other", after(60_000)).await.unwrap(), IdempotencyState::Fresh);
    // It was only slow: what it says now neither frees nor answers for the one that took over.
    second.finish(&demo, "s", "k", None, after(60_001)).await.unwrap();
    assert_eq!(second.begin(&demo, "s", "k", "other", after(60_002)).await.unwrap(), IdempotencyState::InProgress);
    first.finish(&demo, "s", "k", Some(&answer("first")), after(60_003)).await.unwrap();
    second.finish(&demo, "s", "k", Some(&answer("second")), after(60_004)).await.unwrap();
    let replay = second.begin(&demo, "s", "k", "other", after(60_005)).await.unwrap();
    assert_eq!(replay, IdempotencyState::Replay(answer("first")));
}

#[tokio::test]
async fn one_of_many_concurrent_requests_holds_the_key() {
    let world = World::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..32 {
        let store = world.other_process();
        calls.spawn(async move { store.begin(&tenant("demo"), "s", "k", "f", now()).await.unwrap() });
    }
    let states = calls.join_all().await;
    assert_eq!(states.iter().filter(|state| **state == IdempotencyState::Fresh).count(), 1);
    assert!(states.iter().all(|state| matches!(state, IdempotencyState::Fresh | IdempotencyState::InProgress)));
}

#[tokio::test]
async fn the_largest_answer_fits() {
    let world = World::new().await;
    let demo = tenant("demo");
    // Hardly compressible.
    let body: Vec<u8> = (0..domain::access::MAX_STORED_ANSWER as u64)
        .map(|i| (i.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8)
        .collect();
    let large = StoredAnswer { body, ..answer("") };
    world.store.begin(&demo, "s", "k", "f", now()).await.unwrap();
    world.store.finish(&demo, "s", "k", Some(&large), now()).await.unwrap();
    assert_eq!(world.store.begin(&demo, "s", "k", "f", now()).await.unwrap(), IdempotencyState::Replay(large));
}
