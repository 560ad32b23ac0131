//! What the golden events of interviews speak of: made at a fixed time and with the ids that the events name.

use blobs::media::{Media, Part};
use domain::access::Tenant;
use domain::interviews::agent::{Agent, AgentConfiguration};
use domain::interviews::analysis::{Evidence, InterviewAnalysis, Quote};
use domain::interviews::conductor::Script;
use domain::interviews::event::Event;
use domain::interviews::link::{ExpertLink, ExpertToken};
use domain::interviews::plan::{Employment, Expert, Plan};
use domain::interviews::session::{Session, SessionStatus, Speaker};
use domain::interviews::variable::Variable;
use domain::interviews::{AgentGroupId, Interview, InterviewId, InterviewStatus, InterviewType, SessionId};
use jiff::Timestamp;
use store::SessionChange;

use super::app::App;

/// A scheduled interview.
const OPEN: &str = "019aab5c-7000-7a1b-8c2d-3e4f5a6b7c01";
/// One that Hark conducts now.
const LIVE: (&str, &str) = ("019aab5c-7000-7a1b-8c2d-3e4f5a6b7c02", "019aab5c-7000-7b1b-8c2d-3e4f5a6b7c12");
/// One whose expert is being called.
const CALL: (&str, &str) = ("019aab5c-7000-7a1b-8c2d-3e4f5a6b7c03", "019aab5c-7000-7b1b-8c2d-3e4f5a6b7c13");
/// One that took place by telephone.
const DONE: (&str, &str) = ("019aab5c-7000-7a1b-8c2d-3e4f5a6b7c04", "019aab5c-7000-7b1b-8c2d-3e4f5a6b7c14");
/// Another tenant's.
const THEIRS: (&str, &str) = ("019aab5c-7000-7a1b-8c2d-3e4f5a6b7c05", "019aab5c-7000-7b1b-8c2d-3e4f5a6b7c15");
const AGENT: &str = "019aab5c-7000-7c1b-8c2d-3e4f5a6b7c20";
const THEIR_AGENT: &str = "019aab5c-7000-7c1b-8c2d-3e4f5a6b7c28";

/// Every id above begins so, and no new one does.
pub(crate) const IDS: &str = "019aab5c-7000-7";

struct Maker<'a> {
    app: &'a App,
    now: Timestamp,
}

/// Makes interviews, agents and variables of two tenants, and the first one's link for an expert. With `required`, a variable that
/// every interview must fill in.
pub(crate) async fn make(app: &App, demo: &Tenant, other: &Tenant, token: &ExpertToken, required: bool) {
    let maker = Maker { app, now: (app.clock)() };
    maker.variable(demo, "company_background", false).await;
    maker.variable(demo, "research_focus", required).await;
    maker.variable(other, "their_variable", false).await;
    maker.agent(demo, AGENT).await;
    maker.agent(other, THEIR_AGENT).await;
    maker.interview(demo, OPEN, "The market for pumps").await;
    maker.live(demo, LIVE).await;
    maker.call(demo, CALL).await;
    maker.done(demo, DONE).await;
    maker.live(other, THEIRS).await;
    let link = ExpertLink {
        tenant: demo.name().clone(),
        interview: interview(LIVE.0),
        expires_at: maker.now + domain::interviews::link::DEFAULT_LIFE,
        browser: None,
    };
    app.store.put_expert_link(demo, &token.hash(), &link).await.unwrap();
}

fn interview(id: &str) -> InterviewId {
    InterviewId::parse(id).unwrap()
}

fn session(id: &str) -> SessionId {
    SessionId::parse(id).unwrap()
}

impl Maker<'_> {
    async fn variable(&self, tenant: &Tenant, name: &str, is_required: bool) {
        let variable = Variable {
            name: name.to_owned(),
            display_name: name.replace('_', " "),
            description: None,
            is_required,
            default_value: None,
            created_at: self.now,
            updated_at: self.now,
        };
        assert!(self.app.store.create_variable(tenant, &variable).await.unwrap());
    }

    async fn agent(&self, tenant: &Tenant, id: &str) {
        let agent = Agent {
            group: AgentGroupId::parse(id).unwrap(),
            configuration: AgentConfiguration {
                name: "Market agent".into(),
                description: None,
                interview_type: InterviewType::Full,
                language: "en".into(),
                prompt: "Hello {{expert_name}}. {{company_background}}".into(),
                closing: None,
            },
            version: 1,
            is_active: true,
            is_system: false,
            created_at: self.now,
            updated_at: self.now,
        };
        self.app.store.put_agent(tenant, &agent).await.unwrap();
    }

    async fn interview(&self, tenant: &Tenant, id: &str, title: &str) -> Interview {
        let plan = Plan {
            interview_type: InterviewType::Full,
            title: title.to_owned(),
            call_subject: "Industrial pumps".into(),
            questions: vec!["How large is the market?".into(), "What drives it?".into()],
            expert: Expert {
                name: "José Lee".into(),
                title: "Head of sales".into(),
                employment_history: vec![Employment { title: "Head of sales".into(), company: "Acme Pumps".into() }],
            },
            scheduled_at: Some("2026-12-01T09:00:00Z".parse().unwrap()),
            stated_status: None,
            agent_group: None,
            custom_variables: std::collections::BTreeMap::new(),
        };
        let interview = Interview::new(interview(id), plan, self.now);
        self.app.store.create_interview(tenant, &interview).await.unwrap();
        interview
    }

    async fn write(
        &self,
        tenant: &Tenant,
        interview: &Interview,
        session: &Session,
        turn: Option<&domain::interviews::session::Turn>,
    ) {
        let change = SessionChange {
            interview: interview.id,
            session,
            turn,
            replaced: None,
            status: Some(interview.after(session.status)),
            at: self.now,
        };
        self.app.store.write_session(tenant, change).await.unwrap();
    }

    async fn live(&self, tenant: &Tenant, (id, session_id): (&str, &str)) {
        let interview = self.interview(tenant, id, "Pumps, live").await;
        let script = Script {
            language: "en".into(),
            greeting: "Hello José Lee.".into(),
            questions: interview.plan.questions.clone(),
            closing: "Thank you.".into(),
        };
        let (session, turn) = Session::web(session(session_id), script, self.now);
        self.write(tenant, &interview, &session, Some(&turn)).await;
    }

    async fn call(&self, tenant: &Tenant, (id, session_id): (&str, &str)) {
        let interview = self.interview(tenant, id, "Pumps, by telephone").await;
        self.write(tenant, &interview, &Session::phone(session(session_id), self.now), None).await;
    }

    async fn done(&self, tenant: &Tenant, (id, session_id): (&str, &str)) {
        let interview = self.interview(tenant, id, "Pumps, done").await;
        let called = Session { recording: Some("audio/mpeg".into()), ..Session::phone(session(session_id), self.now) };
        self.write(tenant, &interview, &called, None).await;
        let text = "The market for pumps is about 40 billion dollars a year.";
        let said = Event::said("utt-1".into(), Speaker::Expert, text.into(), 12.5);
        let turns = vec![said.turn().unwrap().clone()];
        let store = &self.app.store;
        let new = store.record_turns(tenant, interview.id, called.id, turns).await.unwrap();
        let ended = called.heard(&[said, Event::Status(SessionStatus::Completed)], &new, self.now);
        let running = Interview { status: InterviewStatus::Dialing, ..interview.clone() };
        self.write(tenant, &running, &ended, None).await;
        let media = Media { interview: interview.id, session: called.id, part: Part::Audio };
        self.app.blobs.put_media(tenant, &media, "audio/mpeg", b"not really MP3".to_vec()).await.unwrap();
        let evidence = Evidence { session_id: called.id.to_string(), entry_id: "utt-1".into(), start: 0, end: 56 };
        let quote = Quote {
            quote: text.into(),
            context: "Names a figure.".into(),
            timestamp_secs: 12.5,
            evidence: evidence.clone(),
        };
        let analysis = InterviewAnalysis {
            summary: Some(text.into()),
            summary_evidence: vec![evidence],
            quotes: vec![quote],
            generated_at: self.now,
        };
        assert!(store.put_interview_analysis(tenant, interview.id, &analysis).await.unwrap());
    }
}
