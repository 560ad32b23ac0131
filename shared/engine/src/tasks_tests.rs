use super::*;
use crate::Engine;
use crate::fixture::{at, conversation};
use domain::conversation::{Sla, Status};
use domain::settings::SlaTargets;

fn settings(first: Option<u32>, resolution: Option<u32>) -> Settings {
    let sla_targets = SlaTargets { first_response_minutes: first, resolution_minutes: resolution };
    Settings { sla_targets, ..Settings::default() }
}

#[test]
fn service_levels_against_own_and_tenants_targets() {
    let engine = Engine::new();
    let mut talk =
        conversation(&[("c", 0, "My order has not arrived, where is it?"), ("a", 20, "It is on its way, sorry.")]);
    let status =
        |talk: &Conversation, settings: &Settings| sla_status(talk, &engine.analyser(settings).analyse(talk), settings);
    assert_eq!(status(&talk, &settings(None, None)), (None, None));
    assert_eq!(status(&talk, &settings(Some(20), Some(60))), (Some(true), None));
    assert_eq!(status(&talk, &settings(Some(19), Some(10))), (Some(false), Some(false)));
    talk.sla = Some(Sla { first_response_due_at: Some(at(5)), resolution_due_at: Some(at(90)) });
    talk.status = Some(Status::Closed);
    talk.closed_at = Some(at(90));
    assert_eq!(status(&talk, &settings(Some(20), Some(60))), (Some(false), Some(true)));
}
