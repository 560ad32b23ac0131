//! Compliance audits by HTTP: what is asked for, judged, filed, erased; and what a crash leaves behind.

use std::collections::BTreeMap;
use std::pin::pin;
use std::task::Poll;

use domain::audits::rubric::Rubric;
use domain::audits::{Audit, AuditRequest, AuditState, FileKind, Origin};
use domain::facts::filter::Filter;
use domain::ids::AuditId;
use domain::time_range::TimeRange;
use queue::Message as _;
use runtime::clock;
use runtime::sqs::Message;
use serde_json::{Value, json};

use crate::harness::app::{App, trusted};
use crate::harness::http::Http;
use crate::harness::text::{conversation, plain, thankful, with};
use crate::harness::{Tenant, eventually, ids};

const DAY: &str = "2026-06-03T10:00:00Z";

/// The customer is blamed, a promise is made that nobody can keep, and the customer's address and number are repeated.
fn careless(id: &str, day: &str) -> Value {
    let lines = [
        (0, "customer", "My order has not arrived. Write to ann.smith@mail.example or call 555-010-4477 please."),
        (
            9,
            "agent",
            "That is your fault, you gave the wrong street. I guarantee it arrives tomorrow. I wrote to ann.smith@mail.example.",
        ),
        (15, "customer", "Okay, then I will wait for it."),
    ];
    let contact = json!({"id": "c-ann", "name": "Ann Smith", "email": "ann.smith@mail.example"});
    with(conversation(id, day, &lines), json!({"contact": contact, "channel_type": "email", "team": {"id": "orders"}}))
}

fn june(rubric: &str) -> Value {
    json!({"rubric": rubric, "date_from": "2026-06-01", "date_to": "2026-06-30"})
}

impl Tenant {
    /// Asks for an audit; its id.
    async fn audit(&self, request: &Value) -> String {
        let reply = self.post("audits", request).await;
        let made = reply.expect(202);
        assert_eq!(reply.header("location"), made["status_url"].as_str().unwrap());
        made["id"].as_str().unwrap().to_owned()
    }

    /// The audit once it has ended.
    async fn audited(&self, id: &str) -> Value {
        eventually(&format!("{id} has ended"), async || {
            let audit = self.get(&format!("audits/{id}")).await.expect(200);
            ["completed", "failed"].contains(&audit["state"].as_str().unwrap()).then_some(audit)
        })
        .await
    }

    /// A document, as whoever is handed its link gets it.
    async fn document(&self, audit: &Value, kind: &str) -> Vec<u8> {
        let file = audit["files"].as_array().unwrap().iter().find(|file| file["kind"] == kind).unwrap();
        let reply = Http::new().send("GET", file["url"].as_str().unwrap(), &[], Vec::new()).await;
        assert_eq!(reply.status, 200, "{reply:?}");
        assert_eq!(compliance::sha256(&reply.body), file["sha256"].as_str().unwrap());
        assert_eq!(json!(reply.body.len()), file["bytes"]);
        reply.body
    }
}

fn verdicts(judged: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    judged["findings"].as_array().unwrap().iter().map(|one| (text(&one["check"]), text(&one["verdict"]))).collect()
}

#[tokio::test]
async fn an_audit_judges_a_period_and_files_its_proof() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY), thankful("good", DAY), plain("may", "2026-05-03T10:00:00Z")]).await;
    let id = tenant.audit(&june("general_support")).await;
    let audit = tenant.audited(&id).await;
    assert_eq!(audit["state"], "completed", "{audit}");
    assert_eq!(audit["progress"], json!({"matched": 2, "selected": 2, "done": 2}));
    let document = &audit["document"];
    assert_eq!(ids(&document["worst"], "conversation_uid"), ["bad"]);
    assert_eq!(ids(&document["best"], "conversation_uid"), ["good"]);
    let found = verdicts(&document["worst"][0]);
    assert_eq!((found["no_blame"].as_str(), found["no_guarantee"].as_str()), ("fail", "fail"));
    assert_eq!(document["teams"][1]["id"], "orders");
    assert_eq!(document["change"], Value::Null);

    // The filed JSON says the same, with every finding; every quote is the body's slice.
    let filed: Value = serde_json::from_slice(&tenant.document(&audit, "json").await).unwrap();
    assert_eq!(ids(&filed["findings"], "conversation_uid"), ["bad", "good"]);
    for (name, value) in document.as_object().unwrap() {
        assert_eq!(&filed[name], value, "{name}");
    }
    let body = "That is your fault, you gave the wrong street. I guarantee it arrives tomorrow. I wrote to ann.smith@mail.example.";
    for finding in filed["findings"][0]["findings"].as_array().unwrap() {
        for quote in finding["evidence"].as_array().unwrap().iter().filter(|quote| quote["message_id"] == "m1") {
            let (start, end) = (quote["start"].as_u64().unwrap() as usize, quote["end"].as_u64().unwrap() as usize);
            let slice: String = body.chars().skip(start).take(end - start).collect();
            assert_eq!(quote["quote"].as_str().unwrap(), slice);
        }
    }
    let page = String::from_utf8(tenant.document(&audit, "html").await).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("your fault") && !page.contains("<script"));

    // The seed's odd form, and the list.
    assert_eq!(tenant.get(&format!("/api/public/{id}/audits/{id}")).await.expect(200)["id"], id.as_str());
    let list = tenant.get("audits?rubric=general_support&state=completed").await.expect(200);
    assert_eq!((ids(&list["data"], "id"), &list["total"]), (vec![id.clone()], &json!(1)));
    assert_eq!(tenant.get("audits?rubric=privacy_gdpr").await.expect(200)["total"], 0);

    // A later one is compared with it, and the link's end is true.
    let second = tenant.audited(&tenant.audit(&june("general_support")).await).await;
    assert_eq!(
        (&second["document"]["change"]["audit_id"], &second["document"]["change"]["difference"]),
        (&json!(id), &json!(0.0))
    );
    let expires: jiff::Timestamp = second["files"][0]["expires_at"].as_str().unwrap().parse().unwrap();
    let left = expires.duration_since(clock::now()).as_secs();
    assert!((3_000..=3_600).contains(&left), "{left} s");
    assert!(second["files"][0]["url"].as_str().unwrap().contains("X-Amz-Expires=3600"));
}

#[tokio::test]
async fn quotes_are_masked_unless_the_key_may_read_them() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY)]).await;
    let id = tenant.audit(&june("privacy_gdpr")).await;
    let masked = tenant.audited(&id).await;
    assert_eq!(verdicts(&masked["document"]["worst"][0])["no_personal_data_repeated"], "fail");
    for kind in ["json", "html"] {
        let text = String::from_utf8(tenant.document(&masked, kind).await).unwrap();
        assert!(text.contains('█') && !text.contains("ann.smith"), "{kind}");
    }
    let full = tenant.get(&format!("audits/{id}?quotes=full")).await.expect(200);
    for kind in ["full_json", "full_html"] {
        assert!(
            String::from_utf8(tenant.document(&full, kind).await).unwrap().contains("ann.smith@mail.example"),
            "{kind}"
        );
    }
    let reader = tenant.with(&tenant.another_key(&["audits-read"]).await);
    reader.get(&format!("audits/{id}")).await.expect(200);
    let refused = reader.get(&format!("audits/{id}?quotes=full")).await;
    assert!(refused.problem(403, "MISSING_ABILITY")["detail"].as_str().unwrap().contains("audits-readFull"));
}

#[tokio::test]
async fn a_deleted_conversation_leaves_filed_and_running_audits_and_a_receipt_stays() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY), thankful("good", DAY)]).await;
    let id = tenant.audit(&june("general_support")).await;
    let before = tenant.audited(&id).await;
    let full = |audit: &Value| audit["files"][0]["sha256"].clone();
    assert_eq!(before["receipts"], json!([]));
    tenant.delete("conversations/bad").await.expect(204);
    let after = eventually("the words are gone", async || {
        let audit = tenant.get(&format!("audits/{id}?quotes=full")).await.expect(200);
        (audit["receipts"].as_array().unwrap().len() == 1).then_some(audit)
    })
    .await;
    let receipt = &after["receipts"][0];
    assert_eq!((&receipt["erased"], &receipt["sha256_after"]), (&json!(1), &full(&after)));
    assert_ne!(receipt["sha256_before"], receipt["sha256_after"]);
    // Verdicts stay, words do not.
    assert_eq!((&after["score"], &after["failed"]), (&before["score"], &before["failed"]));
    for (place, text) in tenant.stack.stored_text(&tenant.name).await {
        assert!(!text.contains("wrong street") && !text.contains("ann.smith"), "{place}");
    }
    // Gone from audits to come.
    let next = tenant.audited(&tenant.audit(&june("general_support")).await).await;
    assert_eq!(next["progress"]["matched"], 1);
}

#[tokio::test]
async fn a_deleted_audit_is_gone_with_its_documents_and_stays_so() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY)]).await;
    let id = tenant.audit(&june("general_support")).await;
    // While it is running, or before, or after: the worker finds the tombstone and removes what it wrote.
    tenant.delete(&format!("audits/{id}")).await.expect(204);
    tenant.get(&format!("audits/{id}")).await.problem(404, "NOT_FOUND");
    tenant.delete(&format!("audits/{id}")).await.problem(404, "NOT_FOUND");
    assert_eq!(tenant.get("audits").await.expect(200)["total"], 0);
    let other = tenant.audit(&june("general_support")).await;
    tenant.audited(&other).await;
    eventually("nothing is left of the deleted one", async || {
        tenant.stack.object_keys(&format!("audit/{}/{id}/", tenant.name)).await.is_empty().then_some(())
    })
    .await;
    tenant.delete(&format!("audits/{other}")).await.expect(204);
    assert_eq!(tenant.stack.object_keys(&format!("audit/{}/{other}/", tenant.name)).await, Vec::<String>::new());
}

#[tokio::test]
async fn an_audit_keeps_the_rubric_it_was_asked_with_and_a_version_cannot_change() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY)]).await;
    let rubric = |version: u32, phrase: &str| {
        json!({"name": "own", "version": version, "title": "Own", "checks": [{
            "name": "arrives", "title": "Says when", "weight": 1, "severity": "low",
            "rule": {"kind": "said", "cue": {"by": "team", "phrases": [phrase]}},
        }]})
    };
    let put = async |rubrics: Value| tenant.send_json("PUT", "settings", &json!({"rubrics": rubrics})).await;
    put(json!([rubric(1, "arrives tomorrow|today")])).await.expect(200);
    let id = tenant.audit(&june("own")).await;
    // Edited while it is running: another version, and the first one taken away.
    put(json!([rubric(2, "never said")])).await.expect(200);
    let audit = tenant.audited(&id).await;
    assert_eq!((&audit["rubric"]["version"], &audit["score"]), (&json!(1), &json!(100.0)), "{audit}");
    assert_eq!(audit["document"]["rubric"]["checks"][0]["rule"]["cue"]["phrases"][0], "arrives tomorrow|today");
    let second = tenant.audited(&tenant.audit(&june("own")).await).await;
    assert_eq!((&second["rubric"]["version"], &second["score"]), (&json!(2), &json!(0.0)));
    assert_eq!(second["document"]["change"]["difference"], -100.0);

    let changed = put(json!([rubric(2, "something else")])).await;
    assert_eq!(changed.problem(422, "VALIDATION_FAILED")["errors"][0]["pointer"], "/rubrics/0/version");
    let reserved = put(json!([{"name": "privacy_gdpr", "version": 9, "title": "x", "checks": []}])).await;
    let faults = ids(&reserved.problem(422, "VALIDATION_FAILED")["errors"], "pointer");
    assert_eq!(faults, ["/rubrics/0/checks", "/rubrics/0/name"]);
    let regex = put(json!([rubric(3, "refund.*(now|today)")])).await;
    let fault = regex.problem(422, "VALIDATION_FAILED")["errors"][0].clone();
    assert_eq!(fault["pointer"], "/rubrics/0/checks/0/rule/cue/phrases/0");
    assert!(fault["detail"].as_str().unwrap().contains("regular expressions"), "{fault}");
    let listed = ids(&tenant.get("rubrics").await.expect(200)["data"], "name");
    assert_eq!(listed, ["general_support", "payments_pci", "privacy_gdpr", "own"]);
}

#[tokio::test]
async fn two_audits_at_once_and_one_of_an_empty_period() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[careless("bad", DAY), thankful("good", DAY), plain("plain", DAY)]).await;
    let asked = [june("general_support"), june("payments_pci"), june("privacy_gdpr")];
    let mut made = Vec::new();
    for request in &asked {
        made.push(tenant.audit(request).await);
    }
    for id in &made {
        let audit = tenant.audited(id).await;
        assert_eq!((&audit["state"], &audit["progress"]["done"]), (&json!("completed"), &json!(3)));
    }
    let empty = json!({"rubric": "general_support", "date_from": "2020-01-01", "date_to": "2020-01-31"});
    let audit = tenant.audited(&tenant.audit(&empty).await).await;
    assert_eq!(
        (&audit["state"], &audit["score"], &audit["document"]["conversations"]["audited"]),
        (&json!("completed"), &Value::Null, &json!(0))
    );
    // The same key again is the same audit.
    let headers = [("content-type", "application/json"), ("idempotency-key", "once")];
    let body = june("general_support").to_string();
    let first = tenant.request("POST", "audits", &headers, body.clone()).await.expect(202);
    assert_eq!(tenant.request("POST", "audits", &headers, body).await.expect(202)["id"], first["id"]);
    // Walked page by page, every audit comes once.
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = tenant.get(&format!("audits?limit=2{cursor}")).await.expect(200);
        seen.extend(ids(&page["data"], "id"));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(seen.len(), 5);
    assert!(seen.windows(2).all(|pair| pair[0] > pair[1]), "{seen:?}");
}

#[tokio::test]
async fn samples_are_drawn_by_seed() {
    let tenant = Tenant::new().await;
    let all: Vec<Value> = (0..12).map(|i| plain(&format!("c{i:02}"), DAY)).collect();
    tenant.analysed(&all).await;
    let drawn = async |seed: u64| {
        let request = with(june("general_support"), json!({"sample": 4, "seed": seed}));
        let audit = tenant.audited(&tenant.audit(&request).await).await;
        assert_eq!(audit["progress"], json!({"matched": 12, "selected": 4, "done": 4}));
        let filed: Value = serde_json::from_slice(&tenant.document(&audit, "json").await).unwrap();
        ids(&filed["findings"], "conversation_uid")
    };
    let first = drawn(1).await;
    assert_eq!(first, drawn(1).await);
    assert_ne!(first, drawn(2).await);
}

#[tokio::test]
async fn recurring_audits_are_started_once_by_the_schedule() {
    let tenant = Tenant::new().await;
    let settings = json!({"time_zone": "Asia/Tokyo", "recurring_audits": [
        {"rubric": "general_support", "every": "week"}, {"rubric": "privacy_gdpr", "every": "month", "sample": 50}]});
    tenant.send_json("PUT", "settings", &settings).await.expect(200);
    let run = async || tenant.stack.invoke("audits", &json!({"schedule": "recurring_audits"})).await.unwrap();
    assert!(run().await["started"].as_u64().unwrap() >= 2);
    run().await;
    let list = tenant.get("audits").await.expect(200);
    assert_eq!(list["total"], 2, "{list}");
    for audit in list["data"].as_array().unwrap() {
        assert_eq!(audit["origin"], "schedule");
        // Midnight in Tokyo.
        assert!(audit["period"]["to"].as_str().unwrap().ends_with("T15:00:00Z"), "{audit}");
        assert_eq!(tenant.audited(audit["id"].as_str().unwrap()).await["state"], "completed");
    }
    // One that a person deleted is not made again.
    let id = list["data"][0]["id"].as_str().unwrap().to_owned();
    tenant.delete(&format!("audits/{id}")).await.expect(204);
    run().await;
    assert_eq!(tenant.get("audits").await.expect(200)["total"], 1);
}

/// Lets a future run until it has been polled so often, then drops it, as a crash would between two of its steps.
async fn killed_after<F: Future>(polls: usize, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(context).map(Some)
    })
    .await
}

/// An audit of June, asked for at noon on 25 November.
fn asked(id: &str, rubric: &Rubric) -> (Audit, AuditRequest) {
    let at = |text: &str| text.parse().unwrap();
    let audit = Audit {
        id: AuditId::parse(id).unwrap(),
        state: AuditState::Queued,
        failure: None,
        origin: Origin::Request,
        rubric: rubric.name.clone(),
        rubric_version: rubric.version,
        period: TimeRange { from: Some(at("2026-06-01T00:00:00Z")), to: Some(at("2026-07-01T00:00:00Z")) },
        created_at: at("2026-11-25T12:00:00Z"),
        finished_at: None,
        matched: 0,
        selected: 0,
        done: 0,
        result: None,
    };
    (audit, AuditRequest { rubric: rubric.clone(), filter: Filter::default(), sample: None, seed: 0 })
}

const ID: &str = "aud_01M88YXTM0A2D3T4S5F6G7H8J9";

/// An audit of eight conversations in three parts, every step of it killed and delivered again and again, ends in the same documents as
/// an undisturbed one.
#[tokio::test]
async fn killed_at_every_boundary_it_files_the_same_documents() {
    let tenant = Tenant::new().await;
    let one =
        |i: usize| if i.is_multiple_of(2) { careless(&format!("c{i}"), DAY) } else { thankful(&format!("c{i}"), DAY) };
    tenant.analysed(&(0..8).map(one).collect::<Vec<_>>()).await;
    let app = App::new(|| "2026-11-25T12:00:00Z".parse().unwrap());
    let deps = app.auditor(tenant.stack.idle_queue().await);
    let owner = trusted(&tenant.name);
    let file = async |kills: bool| {
        let (audit, request) = asked(ID, &compliance::ready()[0]);
        app.store.create_audit(&owner, &audit, &request).await.unwrap();
        let mut crashes = 0;
        // Plan, three parts, documents.
        for step in 0..5 {
            let body = queue::RunAudit { tenant: owner.clone(), audit: audit.id, step }.print();
            let mut polls = if kills { 1 } else { usize::MAX };
            // As often as it takes to live long enough.
            loop {
                let message = Message { body: body.clone(), receive_count: if crashes == 0 { 1 } else { 2 } };
                match Box::pin(killed_after(polls, auditor::audit_work(&deps, message))).await {
                    Some(done) => break done.unwrap(),
                    None => (polls, crashes) = (polls + 1, crashes + 1),
                }
            }
        }
        let stored = app.store.audit(&owner, audit.id).await.unwrap().unwrap().audit;
        assert_eq!((stored.state, stored.done), (AuditState::Completed, 8));
        let files = stored.result.unwrap().files;
        let hashes: Vec<(FileKind, String)> = files.into_iter().map(|file| (file.kind, file.sha256)).collect();
        (crashes, hashes)
    };
    let (none, undisturbed) = Box::pin(file(false)).await;
    assert_eq!((none, undisturbed.len()), (0, 4));
    // Forgotten altogether: the id stands in the documents, and is used once more.
    tenant.stack.forget_item(&format!("T#{}#V", tenant.name), ID).await;
    let (crashes, disturbed) = Box::pin(file(true)).await;
    assert!(crashes >= 20, "{crashes} crashes");
    assert_eq!(disturbed, undisturbed);
    // Nothing of the work is left beside the four documents.
    assert_eq!(tenant.stack.object_keys(&format!("audit/{}/{ID}/", tenant.name)).await.len(), 4);
}

#[tokio::test]
async fn more_conversations_than_an_audit_judges_fail_it_unless_a_sample_is_drawn() {
    let tenant = Tenant::new().await;
    tenant.analysed(&(0..9).map(|i| plain(&format!("c{i}"), DAY)).collect::<Vec<_>>()).await;
    let app = App::new(clock::now);
    // Eight at most, instead of twenty thousand.
    let deps = app.auditor(tenant.stack.idle_queue().await);
    let owner = trusted(&tenant.name);
    for (id, sample, steps) in [(ID, None, 1), ("aud_01M88YXTM0Z8Y7X6W5V4T3S2R1", Some(8), 5)] {
        let (audit, request) = asked(id, &compliance::ready()[0]);
        app.store.create_audit(&owner, &audit, &AuditRequest { sample, ..request }).await.unwrap();
        for step in 0..steps {
            let body = queue::RunAudit { tenant: owner.clone(), audit: audit.id, step }.print();
            auditor::audit_work(&deps, Message { body, receive_count: 1 }).await.unwrap();
        }
    }
    let failed = tenant.get(&format!("audits/{ID}")).await.expect(200);
    assert_eq!((&failed["state"], &failed["failure"]["code"]), (&json!("failed"), &json!("too_many_conversations")));
    assert_eq!((&failed["document"], &failed["files"]), (&Value::Null, &json!([])));
    let list = tenant.get("audits?state=completed").await.expect(200);
    assert_eq!(
        (ids(&list["data"], "id"), &list["total"]),
        (vec!["aud_01M88YXTM0Z8Y7X6W5V4T3S2R1".to_owned()], &json!(1))
    );
}

#[tokio::test]
async fn what_cannot_be_audited_is_refused_with_every_reason() {
    let tenant = Tenant::new().await;
    for (body, pointers) in [
        (json!({}), vec!["/date_from", "/rubric"]),
        (json!({"rubric": "general_support", "date_from": "2026-06-01"}), vec!["/date_to"]),
        (june("nothing"), vec!["/rubric"]),
        (with(june("general_support"), json!({"rubric_version": 7})), vec!["/rubric_version"]),
        (with(june("general_support"), json!({"sample": 20_001, "seed": 1.5})), vec!["/sample", "/seed"]),
        (
            with(june("general_support"), json!({"ticket_status": "done", "tag": ["x"]})),
            vec!["/ticket_status/0", "/tag"],
        ),
        (json!({"rubric": "general_support", "date_from": "2026-06-02", "date_to": "2026-06-01"}), vec!["/date_from"]),
        (
            json!({"rubric": "general_support", "date_from": "2026-06-01T00:00:00Z", "date_to": "2026-06-01T00:00:00Z"}),
            vec!["/date_to"],
        ),
        (json!({"rubric": "general_support", "date_from": "2990-06-01", "date_to": "2990-06-02"}), vec!["/date_from"]),
        (json!([]), vec![""]),
    ] {
        let reply = tenant.post("audits", &body).await;
        let problem = reply.problem(422, "VALIDATION_FAILED");
        assert_eq!(ids(&problem["errors"], "pointer"), pointers, "{body}");
    }
    assert_eq!(tenant.get("audits").await.expect(200)["total"], 0);
    for id in ["aud_1", "x", "aud_01m88yxtm0a2d3t4s5f6g7h8j9", "%00", "aud_01M88YXTM0A2D3T4S5F6G7H8J9"] {
        tenant.get(&format!("audits/{id}")).await.problem(404, "NOT_FOUND");
    }
}
