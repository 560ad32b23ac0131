use domain::failure::Failure;
use domain::webhooks::delivery::Health;
use domain::webhooks::endpoint::{Disabled, DisabledReason, Method, Secret, Secrets};
use domain::webhooks::header::Header;
use domain::webhooks::{Address, Endpoint, EndpointId, EventKind, Network, Notification, Owner};
use store::Purpose;

use crate::world::{World, at, tenant, ulid};

const NOW: &str = "2026-11-25T10:00:00Z";

fn address(url: &str) -> Address {
    Address::parse(url, Network::Any).unwrap()
}

fn notification(url: &str, key: &str) -> Notification {
    let headers = vec![Header { name: "x-key".into(), value: key.into() }];
    Notification { address: address(url), method: Method::Put, headers }
}

fn endpoint(millis: u64, events: &[EventKind]) -> Endpoint {
    Endpoint {
        id: EndpointId::new(ulid(millis)),
        owner: Owner::Tenant,
        address: address("https://hooks.acme.com/hark?a=b"),
        method: Method::Post,
        headers: vec![],
        description: Some("CRM".into()),
        events: events.to_vec(),
        secrets: Some(Secrets {
            current: Secret([1; 32]),
            previous: Some((Secret([2; 32]), at("2026-11-26T10:00:00Z"))),
        }),
        disabled: None,
        failing_since: Some(at(NOW)),
        created_at: at(NOW),
        revision: 1,
    }
}

#[tokio::test]
async fn an_interviews_notifications_are_replaced_as_a_list() {
    let world = World::new().await;
    let demo = tenant("demo");
    let first = [notification("https://b.acme.com/1", "s1"), notification("https://a.acme.com/2", "s2")];
    world.store.put_notifications(&demo, "i-1", &first, at(NOW)).await.unwrap();
    assert_eq!(world.store.notifications(&demo, "i-1").await.unwrap(), first);
    let ids = |list: Vec<Endpoint>| list.into_iter().map(|endpoint| endpoint.id).collect::<Vec<_>>();
    let before = ids(world.store.endpoints(&demo, &Owner::interview("i-1")).await.unwrap());

    // Saved again: nothing is written, nothing changes.
    let written = world.store.meter().of(Purpose::Webhooks).write_units;
    world.store.put_notifications(&demo, "i-1", &first, at("2026-11-25T11:00:00Z")).await.unwrap();
    assert_eq!(world.store.meter().of(Purpose::Webhooks).write_units, written);
    assert_eq!(ids(world.store.endpoints(&demo, &Owner::interview("i-1")).await.unwrap()), before);

    let second = [notification("https://b.acme.com/1", "changed")];
    world.store.put_notifications(&demo, "i-1", &second, at(NOW)).await.unwrap();
    assert_eq!(world.store.notifications(&demo, "i-1").await.unwrap(), second);
    assert_eq!(ids(world.store.endpoints(&demo, &Owner::interview("i-1")).await.unwrap()), before[..1]);

    // Nobody else's.
    assert_eq!(world.store.notifications(&demo, "i-2").await.unwrap(), []);
    assert_eq!(world.store.notifications(&tenant("other"), "i-1").await.unwrap(), []);
    assert_eq!(world.store.endpoints(&demo, &Owner::Tenant).await.unwrap(), []);
    world.store.put_notifications(&demo, "i-1", &[], at(NOW)).await.unwrap();
    assert_eq!(world.store.notifications(&demo, "i-1").await.unwrap(), []);
}

#[tokio::test]
async fn an_endpoint_is_made_once_changed_by_compare_and_set_and_removed() {
    let world = World::new().await;
    let demo = tenant("demo");
    let made = endpoint(1, &[EventKind::TaskCreated]);
    world.store.create_endpoint(&demo, &made).await.unwrap();
    assert!(matches!(world.store.create_endpoint(&demo, &made).await, Err(Failure::Conflict { .. })));
    assert_eq!(world.store.endpoint(&demo, &Owner::Tenant, made.id).await.unwrap(), Some(made.clone()));
    assert_eq!(world.store.endpoint(&tenant("other"), &Owner::Tenant, made.id).await.unwrap(), None);

    let disabled = Some(Disabled { reason: DisabledReason::ByCaller, at: at(NOW) });
    let changed =
        world.store.update_endpoint(&demo, &Endpoint { disabled, failing_since: None, ..made.clone() }).await.unwrap();
    assert_eq!((changed.revision, changed.disabled), (2, disabled));
    assert_eq!(world.store.endpoints(&demo, &Owner::Tenant).await.unwrap(), [changed]);
    assert!(matches!(world.store.update_endpoint(&demo, &made).await, Err(Failure::Conflict { .. })));

    assert!(world.store.delete_endpoint(&demo, &Owner::Tenant, made.id).await.unwrap());
    assert!(!world.store.delete_endpoint(&demo, &Owner::Tenant, made.id).await.unwrap());
    // What is gone does not come back by a late change.
    assert!(matches!(world.store.update_endpoint(&demo, &made).await, Err(Failure::Conflict { .. })));
}

#[tokio::test]
async fn health_is_noted_without_losing_what_callers_change() {
    let world = World::new().await;
    let demo = tenant("demo");
    let made = Endpoint { failing_since: None, ..endpoint(1, &[EventKind::TaskCreated]) };
    world.store.create_endpoint(&demo, &made).await.unwrap();
    let note = async |health| world.store.note_health(&demo, &Owner::Tenant, made.id, health).await.unwrap();
    let stored = async || world.store.endpoint(&demo, &Owner::Tenant, made.id).await.unwrap();
    note(Health::BeganToFail(at(NOW))).await;
    note(Health::BeganToFail(at("2026-11-26T10:00:00Z"))).await;
    assert_eq!(stored().await.unwrap().failing_since, Some(at(NOW)), "the first failure counts");
    // A change that was read before is refused rather than undoing it.
    assert!(matches!(world.store.update_endpoint(&demo, &made).await, Err(Failure::Conflict { .. })));
    note(Health::Recovered).await;
    assert_eq!(stored().await.unwrap().failing_since, None);
    let first = Disabled { reason: DisabledReason::Gone, at: at(NOW) };
    note(Health::Stopped(first)).await;
    note(Health::Stopped(Disabled { reason: DisabledReason::Failing, at: at("2026-11-26T10:00:00Z") })).await;
    assert_eq!(stored().await.unwrap().disabled, Some(first));
    world.store.delete_endpoint(&demo, &Owner::Tenant, made.id).await.unwrap();
    note(Health::Recovered).await;
    assert_eq!(stored().await, None, "a note brings nothing back");
}

#[tokio::test]
async fn the_notification_secret_is_set_by_compare_and_set() {
    let world = World::new().await;
    let demo = tenant("demo");
    assert_eq!(world.store.notification_secrets(&demo).await.unwrap(), None);
    let first = Secrets { current: Secret([1; 32]), previous: None };
    world.store.put_notification_secrets(&demo, &first, 0).await.unwrap();
    assert!(matches!(world.store.put_notification_secrets(&demo, &first, 0).await, Err(Failure::Conflict { .. })));
    let second = first.rotated(Secret([2; 32]), at("2026-11-26T10:00:00Z"));
    world.store.put_notification_secrets(&demo, &second, 1).await.unwrap();
    assert_eq!(world.store.notification_secrets(&demo).await.unwrap(), Some((second, 2)));
    assert_eq!(world.store.endpoints(&demo, &Owner::Tenant).await.unwrap(), []);
}

#[tokio::test]
async fn a_tenant_without_endpoints_pays_for_one_read_a_minute() {
    let world = World::new().await;
    let demo = tenant("demo");
    let kinds = [EventKind::ConversationAnalyzed, EventKind::TaskCreated];
    for second in 0..60 {
        let now = at(NOW) + jiff::SignedDuration::from_secs(second);
        assert!(!world.store.subscribes(&demo, &kinds, now).await.unwrap());
    }
    assert_eq!(world.store.meter().of(Purpose::Webhooks).calls, 1);

    world.store.create_endpoint(&demo, &endpoint(1, &[EventKind::TaskCreated])).await.unwrap();
    let stopped = Some(Disabled { reason: DisabledReason::Gone, at: at(NOW) });
    let audits = Endpoint { disabled: stopped, ..endpoint(2, &[EventKind::AuditCompleted]) };
    world.store.create_endpoint(&demo, &audits).await.unwrap();
    let later = at("2026-11-25T10:01:00Z");
    assert!(world.store.subscribes(&demo, &kinds, later).await.unwrap());
    assert!(!world.store.subscribes(&demo, &[EventKind::AuditCompleted], later).await.unwrap());
    assert!(!world.store.subscribes(&tenant("other"), &kinds, later).await.unwrap());
}
