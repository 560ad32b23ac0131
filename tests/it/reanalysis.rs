//! Analysing again what is stored, under settings that changed since.

use domain::ids::ReanalysisId;
use domain::reanalysis::{Progress, Reanalysis, ReanalysisStatus};
use queue::{ContinueReanalysis, Message as _};
use runtime::clock;
use serde_json::{Value, json};

use crate::harness::app::{App, trusted};
use crate::harness::text::{conversation, plain, with};
use crate::harness::{Tenant, eventually};

const DAY: &str = "2026-06-03T10:00:00Z";

fn mention(id: &str) -> Value {
    let lines = [
        (0, "customer", "The flux capacitor module is broken again. Can you repair it this week please, I need it?"),
        (9, "agent", "We can repair it on Thursday, I have booked it for you."),
    ];
    conversation(id, DAY, &lines)
}

impl Tenant {
    async fn name_the_product(&self) {
        let mut settings = self.get("settings").await.expect(200);
        settings["taxonomy"] = json!([{"kind": "product", "area": "modules", "name": "flux capacitor", "phrases": []}]);
        self.send_json("PUT", "settings", &settings).await.expect(200);
    }

    async fn analyse_again(&self) -> Value {
        self.post("reanalyses", &json!({})).await.expect(202)
    }

    async fn ended(&self, job: &Value) -> Value {
        let id = job["reanalysis_id"].as_str().unwrap();
        eventually("the re-analysis has ended", async || {
            let job = self.get(&format!("reanalyses/{id}")).await.expect(200);
            (job["status"] != "running").then_some(job)
        })
        .await
    }
}

/// A re-analysis that is recorded but not set going.
async fn recorded(tenant: &Tenant, settings_revision: u64) -> Reanalysis {
    let now = clock::now();
    let job = Reanalysis {
        id: ReanalysisId::new(clock::new_ulid(now).unwrap()),
        status: ReanalysisStatus::Running,
        settings_revision,
        started_at: now,
        updated_at: now,
        finished_at: None,
        cursor: None,
        progress: Progress::default(),
    };
    App::new(clock::now).store.create_reanalysis(&trusted(&tenant.name), &job).await.unwrap();
    job
}

#[tokio::test]
async fn a_new_taxonomy_reaches_old_conversations_and_nothing_else_changes() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[mention("kept"), plain("other", DAY)]).await;
    tenant.analysed(&[mention("replaced")]).await;
    tenant.analysed(&[mention("deleted")]).await;
    tenant.analysed(&[with(plain("replaced", DAY), json!({"updated_at": "2026-06-09T10:00:00Z"}))]).await;
    assert_eq!(tenant.delete("conversations/deleted").await.status, 204);
    let before = tenant.everything().await;
    assert_eq!(tenant.fetch(json!({"tags": "flux capacitor"})).await["total"], 0);

    tenant.name_the_product().await;
    let done = tenant.ended(&tenant.analyse_again().await).await;
    assert_eq!((&done["status"], &done["progress"], &done["batches_failed"]), (&json!("done"), &json!(1.0), &json!(0)));
    assert_eq!(done["batches_done"], done["batches_total"]);
    assert_eq!(done["conversations"], 3, "kept, other and the newer version of replaced: {done}");

    assert_eq!(tenant.fetch_ids(json!({"tags": "flux capacitor"})).await, ["kept"]);
    let report =
        tenant.get("insights/customer-monitoring?tag=flux+capacitor&date_from=2026-06-01&date_to=2026-06-30").await;
    assert_eq!(report.expect(200)["meta"]["n"], 1);
    // What says nothing of the taxonomy is as it was.
    let after = tenant.everything().await;
    let without = |all: &Value, id: &str| -> Vec<Value> {
        let rows = all["conversations"].as_array().unwrap().iter();
        rows.filter(|one| one["conversation_uid"] != id).cloned().collect()
    };
    assert_eq!(without(&before, "kept"), without(&after, "kept"));
    assert_eq!(before["tasks"], after["tasks"]);
}

#[tokio::test]
async fn more_batches_than_one_step_takes_are_all_done_once_however_often_a_message_comes() {
    let tenant = Tenant::new().await;
    for at in 0..23 {
        tenant.push(&[mention(&format!("c{at:02}"))]).await;
    }
    eventually("all are analysed", async || (tenant.fetch(json!({})).await["total"] == 23).then_some(())).await;
    tenant.name_the_product().await;
    let job = tenant.analyse_again().await;
    let reanalysis = ReanalysisId::parse(job["reanalysis_id"].as_str().unwrap()).unwrap();
    let again = ContinueReanalysis { tenant: trusted(&tenant.name), reanalysis }.print();
    tenant.stack.send_to_analysis(&[again.clone(), again.clone(), again]).await;
    let done = tenant.ended(&job).await;
    let counts = ["batches_total", "batches_done", "batches_failed", "conversations"].map(|name| done[name].clone());
    assert_eq!(counts, [json!(23), json!(23), json!(0), json!(23)], "{done}");
    assert_eq!(tenant.fetch(json!({"tags": "flux capacitor"})).await["total"], 23);
    assert_eq!(tenant.fetch(json!({})).await["total"], 23);
}

#[tokio::test]
async fn one_of_older_settings_gives_way_and_one_of_the_same_settings_is_the_answer() {
    let tenant = Tenant::new().await;
    tenant.analysed(&[mention("c")]).await;
    let older = recorded(&tenant, 1).await;
    tenant.name_the_product().await;
    let started = tenant.analyse_again().await;
    assert_ne!(started["reanalysis_id"], older.id.to_string());
    let message = ContinueReanalysis { tenant: trusted(&tenant.name), reanalysis: older.id };
    tenant.stack.send_to_analysis(&[message.print()]).await;
    let older = tenant.ended(&json!({"reanalysis_id": older.id.to_string()})).await;
    assert_eq!((&older["status"], &older["batches_done"]), (&json!("superseded"), &json!(0)));
    assert_eq!(tenant.ended(&started).await["status"], "done");

    // Its message was lost: asking again answers it and sets it going.
    let lost = recorded(&tenant, 2).await;
    let answered = tenant.analyse_again().await;
    assert_eq!(answered["reanalysis_id"], lost.id.to_string());
    assert_eq!(tenant.ended(&answered).await["status"], "done");
}

#[tokio::test]
async fn a_batch_that_cannot_be_read_does_not_keep_the_others_waiting() {
    let tenant = Tenant::new().await;
    let first = tenant.analysed(&[mention("first")]).await;
    tenant.analysed(&[mention("second")]).await;
    let batch = domain::ids::BatchId::parse(first["batch_id"].as_str().unwrap()).unwrap();
    let owner = trusted(&tenant.name);
    let keys = App::new(clock::now).blobs.list_raw(&owner, None, 10).await.unwrap();
    let key = keys.iter().find(|key| blobs::batch_of(key) == Some(batch)).unwrap();
    tenant.stack.put_object(key, b"not what was accepted").await;
    tenant.name_the_product().await;
    let done = tenant.ended(&tenant.analyse_again().await).await;
    let counts = ["batches_total", "batches_done", "batches_failed", "conversations"].map(|name| done[name].clone());
    assert_eq!(counts, [json!(2), json!(1), json!(1), json!(1)], "{done}");
    assert_eq!(tenant.fetch_ids(json!({"tags": "flux capacitor"})).await, ["second"]);
}

#[tokio::test]
async fn a_tenant_without_conversations_is_done_at_once() {
    let tenant = Tenant::new().await;
    let done = tenant.ended(&tenant.analyse_again().await).await;
    assert_eq!((&done["status"], &done["batches_total"], &done["progress"]), (&json!("done"), &json!(0), &json!(1.0)));
}
