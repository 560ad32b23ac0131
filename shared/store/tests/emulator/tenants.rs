use domain::access::{Abilities, Ability, Gate as _, KeyRecord, Token};
use domain::batch::{ConversationOutcome, Outcome};
use domain::failure::Failure;
use domain::ids::{KeyId, TenantName};
use domain::settings::Settings;

use crate::world::{World, at, batch, contact_key, tenant, ulid};

const NOW: &str = "2026-11-25T10:00:00Z";

fn record(millis: u64) -> KeyRecord {
    KeyRecord {
        id: KeyId::new(ulid(millis)),
        tenant: TenantName::parse("demo").unwrap(),
        name: "ci".into(),
        abilities: Abilities::Only(vec![Ability::TasksRead, Ability::TasksUpdate]),
        prefix: "hark_ab12".into(),
        created_at: at(NOW),
        expires_at: Some(at("2027-01-01T00:00:00Z")),
        revoked_at: None,
    }
}

fn token(seed: u8) -> Token {
    Token::from_random([seed; 30])
}

#[tokio::test]
async fn a_tenant_is_made_once_and_its_settings_change_by_compare_and_set() {
    let world = World::new().await;
    let demo = tenant("demo");
    assert_eq!(world.store.tenant(&demo).await.unwrap(), None);
    assert!(world.store.create_tenant(&demo, "Demo", &contact_key(), at(NOW)).await.unwrap());
    assert!(!world.store.create_tenant(&demo, "Other", &contact_key(), at(NOW)).await.unwrap());
    let stored = world.store.tenant(&demo).await.unwrap().unwrap();
    assert_eq!((stored.name.as_str(), stored.created_at, stored.settings_revision), ("Demo", at(NOW), 1));
    assert_eq!((stored.settings.clone(), stored.contact_key), (Settings::default(), contact_key()));

    let german = Settings { time_zone: "Europe/Berlin".into(), ..stored.settings };
    assert_eq!(world.store.put_settings(&demo, &german, 1).await.unwrap(), 2);
    let late = world.store.put_settings(&demo, &Settings::default(), 1).await;
    assert!(matches!(late, Err(Failure::Conflict { .. })), "{late:?}");
    let stored = world.store.tenant(&demo).await.unwrap().unwrap();
    assert_eq!((stored.settings, stored.settings_revision, stored.name.as_str()), (german, 2, "Demo"));
    // Settings of a tenant that does not exist cannot be set.
    assert!(world.store.put_settings(&tenant("nobody"), &Settings::default(), 1).await.is_err());
}

#[tokio::test]
async fn a_key_is_found_by_its_hash_renamed_and_revoked_everywhere_at_once() {
    let world = World::new().await;
    let demo = tenant("demo");
    let list = world.store.keys(&demo).await.unwrap();
    assert_eq!((list.keys.len(), list.revision), (0, 0));
    world.store.create_key(&demo, &record(1), &token(1).hash(), list.revision).await.unwrap();
    assert_eq!(world.store.key(&token(1).hash()).await.unwrap(), Some(record(1)));
    assert_eq!(world.store.key(&token(2).hash()).await.unwrap(), None);
    assert_eq!(world.store.keys(&demo).await.unwrap().keys, [record(1)]);

    let renamed = world.store.rename_key(&demo, record(1).id, "build").await.unwrap().unwrap();
    assert_eq!(renamed, KeyRecord { name: "build".into(), ..record(1) });
    assert_eq!(world.store.key(&token(1).hash()).await.unwrap(), Some(renamed.clone()));

    let revoked = world.store.revoke_key(&demo, record(1).id, at(NOW)).await.unwrap().unwrap();
    assert_eq!(revoked.revoked_at, Some(at(NOW)));
    let seen = world.other_process().key(&token(1).hash()).await.unwrap().unwrap();
    assert!(seen.principal(at(NOW)).is_none());
    // Revoking again keeps the first time; the list keeps the key.
    let again = world.store.revoke_key(&demo, record(1).id, at("2026-12-01T00:00:00Z")).await.unwrap().unwrap();
    assert_eq!(again, revoked);
    assert_eq!(world.store.keys(&demo).await.unwrap().keys, [revoked]);
    assert_eq!(world.store.revoke_key(&demo, record(9).id, at(NOW)).await.unwrap(), None);
    assert_eq!(world.store.rename_key(&tenant("demo-2"), record(1).id, "x").await.unwrap(), None);
}

/// A limit of five keys, enforced by counting, holds although twenty are made at once.
#[tokio::test]
async fn a_limit_on_keys_holds_under_concurrency() {
    let world = World::new().await;
    let mut calls = tokio::task::JoinSet::new();
    for i in 0..20_u8 {
        let store = world.other_process();
        calls.spawn(async move {
            let demo = tenant("demo");
            loop {
                let list = store.keys(&demo).await.unwrap();
                if list.keys.len() >= 5 {
                    return false;
                }
                match store.create_key(&demo, &record(u64::from(i)), &token(i).hash(), list.revision).await {
                    Ok(()) => return true,
                    Err(failure) => assert!(matches!(failure, Failure::Conflict { .. }), "{failure:?}"),
                }
            }
        });
    }
    let made = calls.join_all().await.into_iter().filter(|made| *made).count();
    assert_eq!(made, 5);
    assert_eq!(world.store.keys(&tenant("demo")).await.unwrap().keys.len(), 5);
    assert_eq!(world.items(&world.auth).await, 5);
}

#[tokio::test]
async fn a_batch_is_followed_from_acceptance_to_its_outcomes() {
    let world = World::new().await;
    let demo = tenant("demo");
    let outcome = |id: &str, outcome, reason: Option<&str>| ConversationOutcome {
        id: id.into(),
        outcome,
        reason: reason.map(str::to_owned),
    };
    assert_eq!(world.store.batch(&demo, batch(1)).await.unwrap(), None);
    world.store.create_batch(&demo, batch(1), 2, at(NOW)).await.unwrap();
    world.store.create_batch(&demo, batch(1), 9, at(NOW)).await.unwrap();
    let queued = world.store.batch(&demo, batch(1)).await.unwrap().unwrap();
    assert_eq!((queued.accepted, queued.finished_at, queued.outcomes.len()), (2, None, 0));

    world.store.dead_letter_batch(&demo, batch(1)).await.unwrap();
    assert!(world.store.batch(&demo, batch(1)).await.unwrap().unwrap().dead_lettered);
    // It was moved back from the dead-letter queue, and succeeds.
    let outcomes = [outcome("a", Outcome::Analyzed, None), outcome("b", Outcome::NotScored, Some("too_short"))];
    world.store.finish_batch(&demo, batch(1), &outcomes, at(NOW)).await.unwrap();
    world.store.dead_letter_batch(&demo, batch(1)).await.unwrap();
    // A redelivery, after which the first conversation is already superseded, does not rewrite history.
    let later = [outcome("a", Outcome::Stale, None), outcome("b", Outcome::Unchanged, None)];
    world.store.finish_batch(&demo, batch(1), &later, at("2026-11-26T10:00:00Z")).await.unwrap();
    let finished = world.store.batch(&demo, batch(1)).await.unwrap().unwrap();
    assert_eq!((finished.finished_at, finished.dead_lettered), (Some(at(NOW)), false));
    assert_eq!(finished.outcomes, outcomes);
    assert_eq!(world.store.batch(&tenant("demo-2"), batch(1)).await.unwrap(), None);

    world.store.dead_letter_batch(&demo, batch(2)).await.unwrap();
    assert_eq!(world.store.batch(&demo, batch(2)).await.unwrap(), None);
    world.store.create_batch(&demo, batch(3), 1, at(NOW)).await.unwrap();
    world.store.forget_batch(&demo, batch(3)).await.unwrap();
    assert_eq!(world.store.batch(&demo, batch(3)).await.unwrap(), None);
}
