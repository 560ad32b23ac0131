use std::collections::BTreeMap;

use domain::access::Tenant;
use domain::facts::{Entry, latest};
use domain::task::TaskKind;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use store::{Detail, Erased, NewConversation, Purpose, RawPointer, Store, WriteOutcome, Written, day_of};

use crate::world::{
    World, analysed, at, batch, contact_key, conversation, draft, expiry, raw_key, tenant, ulid, written,
};

const JUNE: &str = "2026-06-03T10:00:00Z";

async fn put(store: &Store, tenant: &Tenant, new: &NewConversation) -> WriteOutcome {
    store.put_conversation(tenant, &contact_key(), new).await.unwrap()
}

/// What the analysis does with an outcome: the row into its day, a `del` into the days it left.
fn entries(new: &NewConversation, written: &Written) -> BTreeMap<Date, Vec<Entry>> {
    let entry = |facts| Entry { conversation_id: new.id.clone(), revision: written.revision, facts };
    let mut entries: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    entries.entry(day_of(new.facts.created_at)).or_default().push(entry(Some(new.facts.clone())));
    for day in &written.days_left {
        entries.entry(*day).or_default().push(entry(None));
    }
    entries
}

async fn deliver(store: &Store, tenant: &Tenant, new: &NewConversation) -> WriteOutcome {
    let outcome = put(store, tenant, new).await;
    if let WriteOutcome::Written(written) = &outcome {
        store.put_entries(tenant, new.batch.ulid(), &entries(new, written), expiry()).await.unwrap();
    }
    outcome
}

async fn delete(store: &Store, tenant: &Tenant, id: &str, millis: u64) -> Option<Erased> {
    let erased = store.delete_conversation(tenant, id, ulid(millis)).await.unwrap()?;
    store.put_entries(tenant, ulid(millis), &erased.entries(id), erased.expires_at).await.unwrap();
    Some(erased)
}

/// Created-at times of the conversations that the days count.
async fn counted(store: &Store, tenant: &Tenant, from: Date, to: Date) -> Vec<(String, Timestamp)> {
    let entries = store.entries(tenant, from, to).await.unwrap();
    latest(entries).into_iter().map(|(id, facts)| (id, facts.created_at)).collect()
}

async fn in_2026(store: &Store, tenant: &Tenant) -> Vec<(String, Timestamp)> {
    counted(store, tenant, date(2026, 1, 1), date(2026, 12, 31)).await
}

#[tokio::test]
async fn what_is_put_is_read_back() {
    let world = World::new().await;
    let demo = tenant("demo");
    let original = conversation("c-1", at(JUNE), 4);
    let new = analysed(&original, batch(1), 1, &[draft(TaskKind::ChurnRisk, at(JUNE))]);
    let outcome = written(put(&world.store, &demo, &new).await);
    assert!(outcome.first);
    assert_eq!((outcome.days_left, outcome.task_kinds), (vec![], vec![TaskKind::ChurnRisk]));
    assert_eq!(outcome.revision.version, original.version());

    let stored = world.store.conversation(&demo, "c-1").await.unwrap().unwrap();
    assert_eq!(stored.id, "c-1");
    assert_eq!((stored.revision, stored.batch), (outcome.revision, batch(1)));
    assert_eq!((stored.content_hash, stored.message_count), ([1; 16], 4));
    assert_eq!(stored.raw, RawPointer { key: raw_key(batch(1)), offset: 1200, length: 400 });
    assert_eq!(stored.subject, original.subject);
    assert_eq!(stored.names, new.names);
    assert_eq!(stored.names.agents, [("agent-17".to_owned(), "Sam Okafor".to_owned())]);
    assert_eq!(stored.summary, new.summary);
    assert_eq!(stored.facts, new.facts);
    assert_eq!(stored.detail, new.detail);
    let contact = contact_key().contact("contact-c-1");
    let ids = world.store.conversations_of_contact(&demo, &contact).await.unwrap();
    assert_eq!(ids.iter().map(|(_, id)| id.as_str()).collect::<Vec<_>>(), ["c-1"]);
}

#[tokio::test]
async fn another_tenant_sees_nothing() {
    let world = World::new().await;
    let (demo, other) = (tenant("demo"), tenant("demo-2"));
    deliver(&world.store, &demo, &analysed(&conversation("c-1", at(JUNE), 2), batch(1), 1, &[])).await;
    assert_eq!(world.store.conversation(&other, "c-1").await.unwrap(), None);
    assert_eq!(world.store.conversations(&other, &["c-1".into()]).await.unwrap(), []);
    assert_eq!(world.store.delete_conversation(&other, "c-1", ulid(5)).await.unwrap(), None);
    assert_eq!(in_2026(&world.store, &other).await, []);
    assert_eq!(in_2026(&world.store, &demo).await.len(), 1);
}

#[tokio::test]
async fn ids_may_hold_any_character() {
    let world = World::new().await;
    let demo = tenant("demo");
    let ids = ["a#A", "a", "../../x", "ü 漢字 🎧", "T#demo#C#a", &"🎧".repeat(256)];
    for (i, id) in ids.iter().enumerate() {
        let content = u8::try_from(i).unwrap();
        written(deliver(&world.store, &demo, &analysed(&conversation(id, at(JUNE), 2), batch(1), content, &[])).await);
    }
    for (i, id) in ids.iter().enumerate() {
        let stored = world.store.conversation(&demo, id).await.unwrap().unwrap();
        assert_eq!((stored.id.as_str(), usize::from(stored.content_hash[0])), (*id, i));
    }
}

#[tokio::test]
async fn the_newest_version_wins_in_every_order() {
    let demo = tenant("demo");
    let mut versions = Vec::new();
    for minute in 0..4_i64 {
        let mut version = conversation("c-1", at(JUNE), 2);
        version.updated_at = Some(at(JUNE) + jiff::SignedDuration::from_mins(minute.min(2)));
        // The third and the fourth have one version and differ in content: the later batch wins.
        let content = u8::try_from(minute).unwrap();
        versions.push(analysed(&version, batch(10 + u64::from(content)), content, &[]));
    }
    for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1], [1, 3, 0, 2], [3, 0, 2, 1]] {
        let world = World::new().await;
        for index in order {
            deliver(&world.store, &demo, &versions[index]).await;
        }
        // And everything once more, as a redelivery would.
        for index in order {
            let outcome = deliver(&world.store, &demo, &versions[index]).await;
            assert_eq!(matches!(outcome, WriteOutcome::Written(_)), index == 3, "{order:?} {index}");
        }
        let stored = world.store.conversation(&demo, "c-1").await.unwrap().unwrap();
        assert_eq!((stored.content_hash, stored.batch), ([3; 16], batch(13)), "{order:?}");
        assert_eq!(in_2026(&world.store, &demo).await.len(), 1);
    }
}

#[tokio::test]
async fn the_same_content_again_is_unchanged_and_an_older_version_is_stale() {
    let world = World::new().await;
    let demo = tenant("demo");
    let original = conversation("c-1", at(JUNE), 4);
    written(put(&world.store, &demo, &analysed(&original, batch(5), 1, &[])).await);
    assert_eq!(put(&world.store, &demo, &analysed(&original, batch(6), 1, &[])).await, WriteOutcome::Unchanged);
    assert_eq!(put(&world.store, &demo, &analysed(&original, batch(4), 1, &[])).await, WriteOutcome::Unchanged);
    assert_eq!(put(&world.store, &demo, &analysed(&original, batch(4), 2, &[])).await, WriteOutcome::Stale);
    let shorter = conversation("c-1", at(JUNE), 3);
    assert_eq!(put(&world.store, &demo, &analysed(&shorter, batch(9), 3, &[])).await, WriteOutcome::Stale);
    // Redelivery of the batch that wrote it is applied again, as if for the first time.
    let again = written(put(&world.store, &demo, &analysed(&original, batch(5), 1, &[])).await);
    assert_eq!((again.days_left, again.first), (vec![], false));
    assert_eq!(again.superseded, store::Superseded::default());
}

#[tokio::test]
async fn a_conversation_that_moves_to_another_day_is_counted_once_wherever_it_is() {
    let world = World::new().await;
    let demo = tenant("demo");
    let moved = |day: &str, minute: i64| {
        let mut moved = conversation("c-1", at(&format!("2026-{day}T10:00:00Z")), 2);
        moved.updated_at = Some(at("2026-09-01T00:00:00Z") + jiff::SignedDuration::from_mins(minute));
        moved
    };
    let steps = [
        ("06-03", date(2026, 6, 3)),
        ("06-30", date(2026, 6, 30)),
        ("07-01", date(2026, 7, 1)),
        ("06-03", date(2026, 6, 3)),
    ];
    for (i, (day, expected)) in steps.iter().enumerate() {
        let step = u8::try_from(i).unwrap();
        let new = analysed(&moved(day, i64::from(step)), batch(u64::from(step)), step, &[]);
        let outcome = written(deliver(&world.store, &demo, &new).await);
        // A crash before the blocks were written is healed by redelivery, which says the same again.
        let again = written(deliver(&world.store, &demo, &new).await);
        assert_eq!(again.days_left, outcome.days_left);
        for (_, other) in &steps {
            let found = counted(&world.store, &demo, *other, *other).await.len();
            assert_eq!(found, usize::from(other == expected), "step {i}, day {other}");
        }
        assert_eq!(in_2026(&world.store, &demo).await.len(), 1);
    }
    let last = world.store.conversation(&demo, "c-1").await.unwrap().unwrap();
    assert_eq!(day_of(last.facts.created_at), date(2026, 6, 3));
}

#[tokio::test]
async fn a_tombstone_outlives_late_deliveries_and_yields_to_what_is_accepted_later() {
    let world = World::new().await;
    let demo = tenant("demo");
    let original = conversation("c-1", at(JUNE), 4);
    let mut newer = original.clone();
    newer.updated_at = Some(at("2026-08-01T00:00:00Z"));
    deliver(&world.store, &demo, &analysed(&original, batch(1), 1, &[])).await;

    let erased = delete(&world.store, &demo, "c-1", 50).await.unwrap();
    assert_eq!((erased.days.clone(), erased.again), (vec![date(2026, 6, 3)], false));
    assert_eq!(erased.raw.clone().unwrap().key, raw_key(batch(1)));
    assert_eq!(world.store.conversation(&demo, "c-1").await.unwrap(), None);
    assert_eq!(world.store.conversations(&demo, &["c-1".into()]).await.unwrap(), []);
    assert_eq!(world.store.conversations_of_contact(&demo, &contact_key().contact("contact-c-1")).await.unwrap(), []);
    assert_eq!(in_2026(&world.store, &demo).await, []);

    // The batch that wrote it comes again; so does a newer version that was accepted before the deletion.
    assert_eq!(deliver(&world.store, &demo, &analysed(&original, batch(1), 1, &[])).await, WriteOutcome::Deleted);
    assert_eq!(deliver(&world.store, &demo, &analysed(&newer, batch(49), 2, &[])).await, WriteOutcome::Deleted);
    assert_eq!(in_2026(&world.store, &demo).await, []);

    // Deleting again tells the same again, for whoever crashed in between.
    let again = delete(&world.store, &demo, "c-1", 60).await.unwrap();
    assert_eq!(again, Erased { again: true, ..erased });

    // Accepted after the deletion: it is back, even with an older version, in every metric.
    let back = written(deliver(&world.store, &demo, &analysed(&original, batch(51), 1, &[])).await);
    assert_eq!(back.revision.generation, 1);
    assert_eq!(in_2026(&world.store, &demo).await.len(), 1);
    // And can be deleted once more.
    assert_eq!(delete(&world.store, &demo, "c-1", 70).await.unwrap().revision.generation, 2);
    assert_eq!(in_2026(&world.store, &demo).await, []);
    assert_eq!(deliver(&world.store, &demo, &analysed(&newer, batch(51), 2, &[])).await, WriteOutcome::Deleted);
}

#[tokio::test]
async fn an_unknown_id_cannot_be_deleted() {
    let world = World::new().await;
    assert_eq!(delete(&world.store, &tenant("demo"), "nobody", 1).await, None);
    assert_eq!(world.items(&world.main).await, 0);
}

#[tokio::test]
async fn a_deletion_by_a_clock_that_is_behind_still_deletes() {
    let world = World::new().await;
    let demo = tenant("demo");
    deliver(&world.store, &demo, &analysed(&conversation("c-1", at(JUNE), 4), batch(100), 1, &[])).await;
    let erased = delete(&world.store, &demo, "c-1", 1).await.unwrap();
    assert!(erased.revision.batch > batch(100).ulid().0);
    let late = analysed(&conversation("c-1", at(JUNE), 4), batch(100), 1, &[]);
    assert_eq!(deliver(&world.store, &demo, &late).await, WriteOutcome::Deleted);
    assert_eq!(in_2026(&world.store, &demo).await, []);
}

/// F24: every one of 200 concurrent writes counts, exactly once.
#[tokio::test]
async fn two_hundred_concurrent_writes_of_one_day_all_count() {
    let world = World::new().await;
    let demo = tenant("demo");
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..200_u64 {
        let (store, demo) = (world.store.clone(), demo.clone());
        tasks.spawn(async move {
            let new = analysed(&conversation(&format!("c-{i}"), at(JUNE), 2), batch(i), 1, &[]);
            written(deliver(&store, &demo, &new).await);
            written(deliver(&store, &demo, &new).await);
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    let counted = counted(&world.store, &demo, date(2026, 6, 3), date(2026, 6, 3)).await;
    assert_eq!(counted.len(), 200);
    let ids: Vec<String> = counted.into_iter().map(|(id, _)| id).collect();
    assert_eq!(world.store.conversations(&demo, &ids).await.unwrap().len(), 200);
}

/// The same conversation in 50 versions at once: the newest stays, counted once.
#[tokio::test]
async fn concurrent_versions_of_one_conversation_leave_the_newest() {
    let world = World::new().await;
    let demo = tenant("demo");
    let mut tasks = tokio::task::JoinSet::new();
    for i in 0..50_u8 {
        let (store, demo) = (world.store.clone(), demo.clone());
        tasks.spawn(async move {
            let mut version =
                conversation("c-1", at(JUNE) + jiff::SignedDuration::from_hours(24 * i64::from(i % 5)), 2);
            version.updated_at = Some(at("2026-09-01T00:00:00Z") + jiff::SignedDuration::from_secs(i64::from(i)));
            deliver(&store, &demo, &analysed(&version, batch(u64::from(i) * 7 % 50), i, &[])).await;
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
    assert_eq!(world.store.conversation(&demo, "c-1").await.unwrap().unwrap().content_hash, [49; 16]);
    let counted = in_2026(&world.store, &demo).await;
    assert_eq!(counted, [("c-1".to_owned(), at("2026-06-07T10:00:00Z"))]);
}

#[tokio::test]
async fn text_that_was_replaced_is_remembered_until_it_is_erased() {
    let world = World::new().await;
    let demo = tenant("demo");
    let version = |i: u8| {
        let mut version = conversation("c-1", at(JUNE), 2);
        version.updated_at = Some(at(JUNE) + jiff::SignedDuration::from_mins(i64::from(i)));
        analysed(&version, batch(u64::from(i)), i, &[])
    };
    for i in 0..9 {
        let outcome = written(put(&world.store, &demo, &version(i)).await);
        let older: Vec<String> = outcome.superseded.raw.iter().map(|raw| raw.key.clone()).collect();
        let expected: Vec<String> = (0..i).rev().map(|i| raw_key(batch(u64::from(i)))).collect();
        assert_eq!(older, expected);
        assert_eq!(outcome.superseded.is_due(), i >= 8);
    }
    // Forgetting on behalf of a version that is no longer the current one does nothing.
    world.store.prune_conversation(&demo, &version(7)).await.unwrap();
    world.store.prune_conversation(&demo, &version(8)).await.unwrap();
    let outcome = written(put(&world.store, &demo, &version(9)).await);
    assert_eq!(outcome.superseded.raw.len(), 1);
    let erased = delete(&world.store, &demo, "c-1", 99).await.unwrap();
    assert_eq!(erased.raw.unwrap().key, raw_key(batch(9)));
    assert_eq!(erased.superseded.raw[0].key, raw_key(batch(8)));
}

#[tokio::test]
async fn a_detail_that_is_too_large_is_a_pointer() {
    let world = World::new().await;
    let demo = tenant("demo");
    let long = conversation("c-1", at(JUNE), 60_000);
    let analysis = crate::world::analysis(&long, 3);
    let bytes = store::overflowing_detail(&analysis).unwrap().unwrap();
    assert!(bytes.len() > 100 * 1024, "{}", bytes.len());
    assert_eq!(store::overflowed_detail(&bytes).unwrap(), analysis);
    let short = crate::world::analysis(&conversation("c-2", at(JUNE), 4), 3);
    assert_eq!(store::overflowing_detail(&short).unwrap(), None);

    let facts = crate::world::facts(&long, &analysis);
    let raw = RawPointer { key: "raw/demo/elsewhere.zst".into(), offset: 0, length: 9 };
    let key = "overflow/demo/x.zst".to_owned();
    let of = |overflow: Option<String>, batch| {
        let small = crate::world::analysis(&conversation("c-1", at(JUNE), 4), 3);
        let analysis = if overflow.is_some() { analysis.clone() } else { small };
        NewConversation::of(
            &long,
            analysis,
            facts.clone(),
            &[],
            overflow,
            (batch, raw.clone()),
            [batch.ulid().timestamp_ms().to_be_bytes()[7]; 16],
            expiry(),
        )
    };
    written(put(&world.store, &demo, &of(Some(key.clone()), batch(1))).await);
    let stored = world.store.conversation(&demo, "c-1").await.unwrap().unwrap();
    assert_eq!(stored.detail, Detail::Overflow { key: key.clone() });
    assert_eq!(stored.summary, of(Some(key.clone()), batch(1)).summary);
    assert_eq!(stored.raw, raw);
    // A later version is small: the object is no longer in use, and is told so that it can be deleted.
    let small = of(None, batch(2));
    let outcome = written(put(&world.store, &demo, &small).await);
    assert_eq!(outcome.superseded.overflow, std::slice::from_ref(&key));
    assert!(matches!(world.store.conversation(&demo, "c-1").await.unwrap().unwrap().detail, Detail::Inline(_)));
    assert_eq!(delete(&world.store, &demo, "c-1", 9).await.unwrap().overflow, Some(key));
}

#[tokio::test]
async fn many_conversations_are_read_in_the_order_asked_for() {
    let world = World::new().await;
    let demo = tenant("demo");
    let mut ids = Vec::new();
    for i in 0..130 {
        let id = format!("c-{i}");
        put(&world.store, &demo, &analysed(&conversation(&id, at(JUNE), 2), batch(1), 1, &[])).await;
        ids.insert(0, id);
    }
    ids.insert(3, "nobody".into());
    ids.push("c-7".into());
    let found = world.store.conversations(&demo, &ids).await.unwrap();
    let found: Vec<&str> = found.iter().map(|found| found.id.as_str()).collect();
    let expected: Vec<&str> = ids.iter().map(String::as_str).filter(|id| *id != "nobody").take(130).collect();
    assert_eq!(found, expected);
}

/// The budget: a typical conversation in a batch of 100 costs at most 3.5 write units, its blocks' share included.
#[tokio::test]
async fn a_typical_conversation_stays_inside_the_budget() {
    let world = World::new().await;
    let demo = tenant("demo");
    let mut blocks: BTreeMap<Date, Vec<Entry>> = BTreeMap::new();
    let id = batch(1);
    world.store.create_batch(&demo, id, 100, at(JUNE)).await.unwrap();
    let mut outcomes = Vec::new();
    for i in 0..100_u8 {
        let created = at(JUNE) + jiff::SignedDuration::from_mins(i64::from(i) * 23);
        let new = analysed(
            &conversation(&format!("cnv_{:08x}", 77 * u32::from(i)), created, 4 + usize::from(i % 5)),
            id,
            i,
            &[],
        );
        let outcome = written(put(&world.store, &demo, &new).await);
        for (day, rows) in entries(&new, &outcome) {
            blocks.entry(day).or_default().extend(rows);
        }
        outcomes.push(domain::batch::ConversationOutcome {
            id: new.id,
            outcome: domain::batch::Outcome::Analyzed,
            reason: None,
        });
    }
    world.store.put_entries(&demo, id.ulid(), &blocks, expiry()).await.unwrap();
    world.store.finish_batch(&demo, id, &outcomes, at(JUNE)).await.unwrap();
    for purpose in Purpose::ALL {
        println!("{:13} {}", purpose.as_str(), world.store.meter().of(purpose));
    }
    let used = world.store.meter().snapshot();
    println!("write units a conversation: {}", used.write_units as f64 / 100.0);
    let items = world.client.scan().table_name(&world.main).send().await.unwrap();
    let size = |prefix: &str| {
        let of = |item: &std::collections::HashMap<String, aws_sdk_dynamodb::types::AttributeValue>| match (
            &item["PK"],
            item.get("p"),
        ) {
            (aws_sdk_dynamodb::types::AttributeValue::S(pk), Some(aws_sdk_dynamodb::types::AttributeValue::B(p)))
                if pk.contains(prefix) =>
            {
                p.as_ref().len()
            }
            _ => 0,
        };
        items.items().iter().map(of).sum::<usize>()
    };
    println!("packed bytes a conversation: {}, bytes a row in blocks: {}", size("#C#") / 100, size("#B#") / 100);
    assert!(used.write_units <= 350, "{used}");
    assert!(size("#B#") <= 150 * 100);
}
