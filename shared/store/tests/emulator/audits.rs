use domain::audits::rubric::{Applies, Check, Cue, Role, Rubric, Rule};
use domain::audits::{Audit, AuditRequest, AuditResult, AuditState, Every, FailureReason, Origin, RecurringAudit};
use domain::facts::filter::Filter;
use domain::ids::AuditId;
use domain::settings::Settings;
use domain::time_range::TimeRange;
use store::WriteResult;

use crate::world::{World, at, contact_key, tenant, ulid};

const NOW: &str = "2026-11-25T10:00:00Z";

fn audit(millis: u64) -> Audit {
    Audit {
        id: AuditId::new(ulid(millis)),
        state: AuditState::Queued,
        failure: None,
        origin: Origin::Request,
        rubric: "own".into(),
        rubric_version: 2,
        period: TimeRange { from: Some(at("2026-10-01T00:00:00Z")), to: Some(at("2026-11-01T00:00:00Z")) },
        created_at: at(NOW),
        finished_at: None,
        matched: 0,
        selected: 0,
        done: 0,
        result: None,
    }
}

fn request() -> AuditRequest {
    let check = Check {
        name: "greets".into(),
        title: "Greets".into(),
        weight: 1.5,
        severity: domain::analysis::Severity::Low,
        applies: Applies::default(),
        rule: Rule::Said { cue: Cue { by: Role::Team, phrases: vec!["hello".into()], data: vec![] } },
        limits: String::new(),
    };
    let rubric =
        Rubric { name: "own".into(), version: 2, title: "Own".into(), language: "en".into(), checks: vec![check] };
    AuditRequest { rubric, filter: Filter { tags: vec!["vip".into()], ..Filter::default() }, sample: Some(10), seed: 7 }
}

fn result() -> AuditResult {
    AuditResult { score: Some(87.5), passed: 7, failed: 1, critical: 0, files: vec![], receipts: vec![] }
}

#[tokio::test]
async fn an_audit_goes_from_request_to_result_and_only_forwards() {
    let (world, demo) = (World::new().await, tenant("demo"));
    let store = &world.store;
    let (first, id) = (audit(1), audit(1).id);
    assert!(store.create_audit(&demo, &first, &request()).await.unwrap());
    assert!(!store.create_audit(&demo, &first, &request()).await.unwrap());
    assert_eq!(store.audit(&demo, id).await.unwrap().unwrap().audit, first);
    assert_eq!(store.audit_request(&demo, id).await.unwrap(), Some(request()));
    assert_eq!(store.audit(&tenant("demo-2"), id).await.unwrap(), None);

    // Not before it is counted, and never backwards.
    assert_eq!(store.advance_audit(&demo, id, 5).await.unwrap(), None);
    assert!(store.start_audit(&demo, id, 30, 10).await.unwrap().is_some());
    assert!(store.advance_audit(&demo, id, 5).await.unwrap().is_some());
    assert_eq!(store.advance_audit(&demo, id, 5).await.unwrap(), None);
    assert_eq!(store.advance_audit(&demo, id, 4).await.unwrap(), None);
    let running = store.audit(&demo, id).await.unwrap().unwrap();
    assert_eq!((running.audit.matched, running.audit.selected, running.audit.done), (30, 10, 5));

    // A conversation erased meanwhile: whoever completes it with what it read before must read again.
    store.note_erased(&demo, id, "c-1").await.unwrap().unwrap();
    let late = store.put_audit_result(&demo, id, &result(), at(NOW), running.revision).await.unwrap();
    assert_eq!(late, WriteResult::Changed);
    let stored = store.audit(&demo, id).await.unwrap().unwrap();
    assert_eq!(stored.erased, ["c-1"]);
    let written = store.put_audit_result(&demo, id, &result(), at(NOW), stored.revision).await.unwrap();
    assert_eq!(written, WriteResult::Written);
    let completed = store.audit(&demo, id).await.unwrap().unwrap();
    assert_eq!((completed.audit.state, completed.audit.result.clone()), (AuditState::Completed, Some(result())));
    // What has ended neither fails nor begins anew; its first end stays.
    store.fail_audit(&demo, id, FailureReason::Internal, at(NOW)).await.unwrap();
    assert_eq!(store.start_audit(&demo, id, 1, 1).await.unwrap(), None);
    let later = at("2026-12-01T00:00:00Z");
    store.put_audit_result(&demo, id, &result(), later, completed.revision).await.unwrap();
    assert_eq!(store.audit(&demo, id).await.unwrap().unwrap().audit.finished_at, Some(at(NOW)));
}

#[tokio::test]
async fn a_deleted_audit_is_in_no_list_and_is_not_made_again() {
    let (world, demo) = (World::new().await, tenant("demo"));
    let store = &world.store;
    for millis in 1..=3 {
        store.create_audit(&demo, &audit(millis), &request()).await.unwrap();
    }
    let ids = async || store.audits(&demo).await.unwrap().into_iter().map(|audit| audit.id).collect::<Vec<_>>();
    assert_eq!(ids().await, [audit(3).id, audit(2).id, audit(1).id]);
    let id = audit(2).id;
    assert_eq!(store.delete_audit(&demo, id, at(NOW)).await.unwrap().map(|audit| audit.id), Some(id));
    assert_eq!(store.delete_audit(&demo, id, at(NOW)).await.unwrap(), None);
    assert_eq!(ids().await, [audit(3).id, audit(1).id]);
    assert_eq!((store.audit(&demo, id).await.unwrap(), store.audit_request(&demo, id).await.unwrap()), (None, None));
    // Neither a worker nor the schedule brings it back.
    assert_eq!(store.start_audit(&demo, id, 1, 1).await.unwrap(), None);
    assert_eq!(store.put_audit_result(&demo, id, &result(), at(NOW), 0).await.unwrap(), WriteResult::Changed);
    assert!(!store.is_new_audit(&demo, id).await.unwrap());
    assert!(!store.create_audit(&demo, &audit(2), &request()).await.unwrap());
    assert!(store.is_new_audit(&demo, audit(9).id).await.unwrap());
}

#[tokio::test]
async fn the_schedule_finds_the_tenants_that_have_recurring_audits() {
    let world = World::new().await;
    let store = &world.store;
    for name in ["demo", "other"] {
        store.create_tenant(&tenant(name), "x", &contact_key(), at(NOW)).await.unwrap();
    }
    assert_eq!(store.tenants_with_recurring_audits().await.unwrap(), []);
    let weekly = RecurringAudit { rubric: "general_support".into(), every: Every::Week, sample: None };
    let settings = Settings { recurring_audits: vec![weekly], ..Settings::default() };
    store.put_settings(&tenant("other"), &settings, 1).await.unwrap();
    assert_eq!(store.tenants_with_recurring_audits().await.unwrap(), [tenant("other").name().clone()]);
    store.put_settings(&tenant("other"), &Settings::default(), 2).await.unwrap();
    assert_eq!(store.tenants_with_recurring_audits().await.unwrap(), []);
}
