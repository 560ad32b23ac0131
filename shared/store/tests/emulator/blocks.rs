use std::collections::BTreeMap;

use domain::facts::{Entry, Revision};
use jiff::civil::{Date, date};

use crate::world::{World, analysis, at, conversation, expiry, facts, tenant, ulid};

fn rows(day: Date, count: u64) -> BTreeMap<Date, Vec<Entry>> {
    let created = at(&format!("{day}T08:00:00Z"));
    let row = |i: u64| {
        let original = conversation(&format!("c-{day}-{i}"), created, 2);
        Entry {
            conversation_id: original.id.clone(),
            revision: Revision { generation: 0, version: original.version(), batch: 7 },
            facts: Some(facts(&original, &analysis(&original, i))),
        }
    };
    [(day, (0..count).map(row).collect())].into()
}

#[tokio::test]
async fn days_are_read_exactly_across_months_and_years() {
    let world = World::new().await;
    let demo = tenant("demo");
    let days = [
        date(2025, 12, 31),
        date(2026, 1, 1),
        date(2026, 1, 31),
        date(2026, 2, 1),
        date(2026, 4, 9),
        date(2026, 4, 10),
    ];
    for (i, day) in days.iter().enumerate() {
        world.store.put_entries(&demo, ulid(i as u64), &rows(*day, 1), expiry()).await.unwrap();
    }
    let store = world.other_process();
    for (from, to) in [(0, 5), (1, 1), (1, 3), (0, 1), (4, 4), (2, 4), (5, 5)] {
        let found = store.entries(&demo, days[from], days[to]).await.unwrap();
        let mut found: Vec<String> = found.into_iter().map(|entry| entry.conversation_id).collect();
        found.sort();
        let expected: Vec<String> = days[from..=to].iter().map(|day| format!("c-{day}-0")).collect();
        assert_eq!(found, expected);
    }
    assert_eq!(store.entries(&demo, days[3], days[2]).await.unwrap(), []);
    assert_eq!(store.entries(&demo, date(2026, 2, 2), date(2026, 4, 8)).await.unwrap(), []);
}

#[tokio::test]
async fn a_block_that_is_too_large_is_split_and_read_through_every_page() {
    let world = World::new().await;
    let demo = tenant("demo");
    let day = date(2026, 6, 3);
    let rows = rows(day, 3_000);
    for millis in 0..16 {
        world.store.put_entries(&demo, ulid(millis), &rows, expiry()).await.unwrap();
    }
    let items = world.items(&world.main).await;
    assert!(items > 16 * 2, "{items} items: each batch should be several blocks");
    let calls = world.store.meter().snapshot().calls;
    let found = world.store.entries(&demo, day, day).await.unwrap();
    assert_eq!(found.len(), 16 * 3_000);
    assert_eq!(&found[..3_000], &rows[&day]);
    println!("{items} items, {} calls", world.store.meter().snapshot().calls - calls);
    assert!(world.store.meter().snapshot().calls - calls > 2, "the test should need more than one page");
}

#[tokio::test]
async fn writing_again_overwrites_and_months_are_written_once_a_process() {
    let world = World::new().await;
    let demo = tenant("demo");
    let day = date(2026, 6, 3);
    world.store.put_entries(&demo, ulid(1), &rows(day, 5), expiry()).await.unwrap();
    let before = world.store.meter().snapshot();
    world.store.put_entries(&demo, ulid(1), &rows(day, 5), expiry()).await.unwrap();
    assert_eq!(world.store.meter().snapshot().since(&before).calls, 1);
    assert_eq!(world.store.entries(&demo, day, day).await.unwrap().len(), 5);
    assert_eq!(world.items(&world.main).await, 2);
}
