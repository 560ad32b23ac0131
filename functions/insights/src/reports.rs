//! The handlers of the twenty reports: a line each, and what the document says of them.

use api::auth::ReadInsights;
use api::page::{Position, Walk, cursor, position};
use api::problem::ProblemBody;
use api::{Can, Problem, reply};
use axum::extract::State;
use axum::response::Response;
use domain::fault::Fault;
use domain::insights::agents::AgentTotals;
use domain::insights::agents::assessment_uids::{AgentAssessmentConversationUids, AssessmentRow, AssessmentTotals};
use domain::insights::agents::capability::{AgentCapabilityProfile, CapabilityRow};
use domain::insights::agents::contribution::{AgentContribution, ContributionRow, ContributionTotals};
use domain::insights::agents::detections::{AgentDetectionRates, DetectionRow};
use domain::insights::agents::effort::{AgentEffort, EffortRow, EffortTotals};
use domain::insights::agents::performance::{AgentPerformanceScore, PerformanceRow};
use domain::insights::agents::roster::{AgentRoster, RosterRow, RosterTotals};
use domain::insights::agents::skill_match::{AgentSkillMatch, SkillMatchRow};
use domain::insights::agents::training::{AgentTrainingRecommendations, TrainingRow, TrainingTotals};
use domain::insights::agents::volume::{AgentVolumeAssessments, VolumeRow};
use domain::insights::customers::at_risk::{CustomerRow, CustomersAtRisk, RiskTotals, UserRow, UsersAtRisk};
use domain::insights::customers::monitoring::{CustomerMonitoring, MonitoringRow, MonitoringTotals};
use domain::insights::customers::monitoring_chart::{ChartRow, ChartTotals, CustomerMonitoringChart};
use domain::insights::customers::pcsat::{Pcsat, PcsatRow, PcsatTotals};
use domain::insights::customers::temperature::{
    CustomerTemperature, EvolutionRow, TemperatureEvolution, TemperatureRow, TemperatureTotals,
};
use domain::insights::growth::mentions::{
    AverageGrowthOpportunitiesMentions, AverageInformationSharesPerConversation, MentionsRow, MentionsTotals,
};
use domain::insights::growth::recommendations::{RecommendationRow, RecommendationTotals, TenantRecommendations};
use domain::insights::report::Report;
use domain::insights::sample;
use domain::settings::Settings;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde_json::Value;
use utoipa::openapi::{ContentBuilder, RefOr};
use utoipa::{OpenApi, ToSchema};

use crate::Deps;
use crate::answer::{self, Reply};
use crate::query::{Asked, CommonParameters, Extra, ReportQuery};
use crate::{conversation_insights, opencx};

/// One handler a report, all alike; the router and the document follow from the same lines.
macro_rules! reports {
    ($($(#[$doc:meta])* $handler:ident => $report:ident<$row:ident, $totals:ident>, $path:literal, $extra:ident $(, $($parameter:tt)+)?;)+) => {
        $(
            $(#[$doc])*
            #[utoipa::path(
                get,
                path = $path,
                tag = "Insights",
                params(("tenant" = String, Path, description = "The key's tenant"), CommonParameters $(, $($parameter)+)?),
                responses(
                    (status = 200, description = "The report; `Accept: text/csv` gives its rows as CSV", body = Reply<$row, $totals>),
                    (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
                ),
                security(("bearer" = ["insights-read"]))
            )]
            pub(crate) async fn $handler(
                State(deps): State<Deps>,
                can: Can<ReadInsights>,
                query: ReportQuery,
                headers: HeaderMap,
            ) -> Result<Response, Problem> {
                answer::report::<$report>(&deps, &can, query, &headers, Extra::$extra).await
            }
        )+

        #[derive(OpenApi)]
        #[openapi(
            paths(
                $($handler,)+
                agent_assessment_conversation_uids,
                conversation_insights::get_conversation_insights,
                opencx::find_insights::find_insights,
                opencx::get_insight::get_insight,
                opencx::update_insight::update_insight,
                opencx::list_insight_categories::list_insight_categories,
            ),
            components(schemas(ProblemBody))
        )]
        struct Document;

        /// Each report's path with what it answers to the written sample.
        fn examples() -> Vec<(&'static str, Value, String)> {
            let mut examples = Vec::new();
            $(if let Some(asked) = sample_question(Extra::$extra) {
                let reply = answer::compute::<$report>(&sample::many(), &asked);
                let value = serde_json::to_value(&reply).unwrap_or_default();
                examples.push(($path, value, answer::csv_text::<$report>(&reply)));
            })+
            examples
        }
    };
}

reports! {
    /// Agents and bots with their base figures.
    ///
    /// Who wrote in the period's conversations, and who has some assigned. Former and unknown agents keep their lines.
    agent_roster => AgentRoster<RosterRow, RosterTotals>, "/api/public/{tenant}/insights/agent-roster", None;
    /// Performance score of each agent.
    ///
    /// 0–100 from pCSAT, detections, customer effort and resolution by the tenant's weights, drawn to the mean of the agents of the same
    /// kind as if each had ten conversations more at that mean; with parts, weights and a 95 % interval.
    agent_performance_score => AgentPerformanceScore<PerformanceRow, AgentTotals>, "/api/public/{tenant}/insights/agent-performance-score", None;
    /// The six skills of each agent.
    ///
    /// Mean and spread, trend from the earlier to the later half of the period, best and weakest evidence.
    agent_capability_profile => AgentCapabilityProfile<CapabilityRow, AgentTotals>, "/api/public/{tenant}/insights/agent-capability-profile", None;
    /// Required against shown skills.
    ///
    /// `match` is 100 minus the mean shortfall; a surplus in one skill does not make up for a lack in another.
    agent_skill_match => AgentSkillMatch<SkillMatchRow, AgentTotals>, "/api/public/{tenant}/insights/agent-skill-match", None;
    /// Overrides, inconsistencies and corrections per 100 conversations.
    agent_detection_rates => AgentDetectionRates<DetectionRow, AgentTotals>, "/api/public/{tenant}/insights/agent-detection-rates", None;
    /// Load against quality.
    ///
    /// Volume, total effort, mean and variance of complexity, and pCSAT on busy and on other days.
    agent_volume_assessments => AgentVolumeAssessments<VolumeRow, AgentTotals>, "/api/public/{tenant}/insights/agent-volume-assessments", None;
    /// Messages, reply times, complexity.
    ///
    /// The totals hold first response, handle and resolution times, people and bots apart, by the wall clock and in business hours.
    agent_effort => AgentEffort<EffortRow, EffortTotals>, "/api/public/{tenant}/insights/agent-effort", None;
    /// What each agent adds to growth, shared help and satisfaction.
    agent_contribution => AgentContribution<ContributionRow, ContributionTotals>, "/api/public/{tenant}/insights/agent-contribution", None;
    /// Training by agent and skill.
    ///
    /// Where a skill was below what the conversations asked for in at least three of them, by five points or more on average; ranked by
    /// gap × volume. Bots get changes of goal or knowledge.
    agent_training_recommendations => AgentTrainingRecommendations<TrainingRow, TrainingTotals>, "/api/public/{tenant}/insights/agent-training-recommendations", None;
    /// Accounts that may leave.
    customers_at_risk => CustomersAtRisk<CustomerRow, RiskTotals>, "/api/public/{tenant}/insights/customers-at-risk", None;
    /// Contacts that may leave.
    users_at_risk => UsersAtRisk<UserRow, RiskTotals>, "/api/public/{tenant}/insights/users-at-risk", None;
    /// Friction points, feature requests and topics.
    customer_monitoring => CustomerMonitoring<MonitoringRow, MonitoringTotals>, "/api/public/{tenant}/insights/customer-monitoring", None;
    /// The mentions of one tag over time.
    ///
    /// `tag` is required here and names what is followed: a friction point, a feature request, a tag of the taxonomy or a label.
    customer_monitoring_chart => CustomerMonitoringChart<ChartRow, ChartTotals>, "/api/public/{tenant}/insights/customer-monitoring-chart", Subject;
    /// Predicted satisfaction over time, against real ratings.
    ///
    /// Every real rating counts at the time it was given; one that was re-sent counts once, a second one after a reopening counts too.
    pcsat => Pcsat<PcsatRow, PcsatTotals>, "/api/public/{tenant}/insights/pcsat", None;
    /// Hot, warm and cold customers.
    customer_temperature => CustomerTemperature<TemperatureRow, TemperatureTotals>, "/api/public/{tenant}/insights/customer-temperature", None;
    /// Hot, warm and cold over time.
    temperature_evolution => TemperatureEvolution<EvolutionRow, TemperatureTotals>, "/api/public/{tenant}/insights/temperature-evolution", None;
    /// How often openings to sell more come up.
    average_growth_opportunities_mentions => AverageGrowthOpportunitiesMentions<MentionsRow, MentionsTotals>, "/api/public/{tenant}/insights/average-growth-opportunities-mentions", None;
    /// How often agents volunteer help.
    average_information_shares_per_conversation => AverageInformationSharesPerConversation<MentionsRow, MentionsTotals>, "/api/public/{tenant}/insights/average-information-shares-per-conversation", None;
    /// What to do next.
    ///
    /// Articles, product fixes, training and changes of process, ranked by affected volume and expected effect. No two about the same.
    tenant_recommendations => TenantRecommendations<RecommendationRow, RecommendationTotals>, "/api/public/{tenant}/insights/tenant-recommendations", None;
}

const ASSESSMENTS: &str = "/api/public/{tenant}/insights/agent-assessment-conversation-uids";

/// A page of assessments.
#[derive(Serialize, ToSchema)]
pub(crate) struct AssessmentPage {
    #[serde(flatten)]
    reply: Reply<AssessmentRow, AssessmentTotals>,
    /// Send it with the same filters for the next page; `null` on the last.
    next_cursor: Option<String>,
    /// Assessments that match, on all pages.
    total: usize,
}

/// The conversations behind an agent's figures
///
/// Newest first, by agent, skill (where it could be judged) and detection (where there was one). `compare` adds the first page before.
#[utoipa::path(
    get,
    path = "/api/public/{tenant}/insights/agent-assessment-conversation-uids",
    tag = "Insights",
    params(
        ("tenant" = String, Path, description = "The key's tenant"),
        CommonParameters,
        ("skill" = Option<domain::insights::context::Skill>, Query, description = "Where this skill could be judged"),
        ("detection" = Option<domain::analysis::DetectionKind>, Query, description = "Where this was detected"),
        ("limit" = Option<u64>, Query, description = "Assessments of a page, 1–100 (25)"),
        ("cursor" = Option<String>, Query, description = "`next_cursor` of the page before"),
    ),
    responses(
        (status = 200, description = "A page of assessments; `Accept: text/csv` gives it as CSV", body = AssessmentPage),
        (status = 422, description = "Not valid; every fault is listed", body = ProblemBody, content_type = "application/problem+json"),
    ),
    security(("bearer" = ["insights-read"]))
)]
pub(crate) async fn agent_assessment_conversation_uids(
    State(deps): State<Deps>,
    can: Can<ReadInsights>,
    query: ReportQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let tenant = can.tenant();
    let asked = query.read(&answer::settings(&deps, tenant).await?, can.now(), Extra::Assessments)?;
    let reply = answer::answer::<AgentAssessmentConversationUids>(&deps, tenant, &asked).await?;
    let page = page(reply, &asked, tenant.as_str())?;
    if answer::wants_csv(&headers) {
        return answer::csv_reply::<AgentAssessmentConversationUids>(&page.reply);
    }
    reply::json(StatusCode::OK, &page)
}

/// The page that is asked for. A cursor is bound to the period as it was resolved, so that a preset's walk ends in the day it began.
pub(crate) fn page(
    mut reply: Reply<AssessmentRow, AssessmentTotals>,
    asked: &Asked,
    tenant: &str,
) -> Result<AssessmentPage, Problem> {
    let context = &asked.context;
    let filters =
        format!("{} {} {:?} {:?} {:?}", context.from, context.to, asked.filters, context.skill, context.detection);
    let walk = Walk::new(tenant, AgentAssessmentConversationUids::NAME, &filters);
    let place = |row: &AssessmentRow| Position {
        // Newest first: the greater, the later in the list.
        key: row.created_at.and_then(|at| i64::try_from(-at.as_nanosecond()).ok()).unwrap_or(0),
        id: serde_json::to_string(&(&row.conversation_uid, &row.agent_id, &row.kind)).unwrap_or_default(),
    };
    let limit = usize::try_from(asked.limit.unwrap_or(api::page::DEFAULT_LIMIT)).unwrap_or(1);
    let total = reply.data.rows.len();
    let first = match &asked.cursor {
        None => 0,
        Some(text) => {
            let foreign = || {
                let detail = "is not a cursor of this list with these filters; begin again without one";
                Problem::invalid(vec![Fault::new("cursor", detail)])
            };
            let after = position(&walk, text).ok_or_else(foreign)?;
            let rows = reply.data.rows.iter().map(place);
            rows.take_while(|row| sorts_before_or_at(row, &after)).count()
        }
    };
    let rows = std::mem::take(&mut reply.data.rows);
    reply.data.rows = rows.into_iter().skip(first).take(limit).collect();
    let more = first + reply.data.rows.len() < total;
    let next_cursor = reply.data.rows.last().filter(|_| more).map(|last| cursor(&walk, place(last)));
    if let Some(previous) = &mut reply.previous {
        previous.truncate(limit);
    }
    Ok(AssessmentPage { reply, next_cursor, total })
}

/// The list's own order: by time, then by conversation, agent and kind.
fn sorts_before_or_at(row: &Position, after: &Position) -> bool {
    type Id = (String, String, Option<domain::analysis::AgentKind>);
    let id = |position: &Position| serde_json::from_str::<Id>(&position.id).ok();
    (row.key, id(row)) <= (after.key, id(after))
}

/// What the document's examples ask: the sample's week by day; the chart follows `billing`.
fn sample_question(extra: Extra) -> Option<Asked> {
    let text = match extra {
        Extra::Subject => "date_from=2026-03-09&date_to=2026-03-11&tag=billing",
        Extra::None | Extra::Assessments => "date_from=2026-03-09&date_to=2026-03-11",
    };
    ReportQuery::parse(text).read(&Settings::default(), sample::at(4 * 1440), extra).ok()
}

/// This function's part of the OpenAPI document, with an example for each report.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    let mut all = examples();
    if let Some(asked) = sample_question(Extra::Assessments) {
        let reply = answer::compute::<AgentAssessmentConversationUids>(&sample::many(), &asked);
        let text = answer::csv_text::<AgentAssessmentConversationUids>(&reply);
        if let Ok(page) = page(reply, &asked, "demo") {
            all.push((ASSESSMENTS, serde_json::to_value(&page).unwrap_or_default(), text));
        }
        let insights = conversation_insights::example(&sample::many(), &asked.context);
        set_example(&mut document, conversation_insights::PATH, insights, None);
    }
    for (path, example, csv) in all {
        set_example(&mut document, path, example, Some(csv));
    }
    document
}

fn set_example(document: &mut utoipa::openapi::OpenApi, path: &str, example: Value, csv: Option<String>) {
    let operation = document.paths.paths.get_mut(path).and_then(|item| item.get.as_mut());
    let response = operation.and_then(|operation| operation.responses.responses.get_mut("200"));
    if let Some(RefOr::T(response)) = response {
        if let Some(RefOr::T(content)) = response.content.get_mut("application/json") {
            content.example = Some(example);
        }
        if let Some(csv) = csv {
            let schema =
                utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::schema::Type::String).build();
            let content = ContentBuilder::new().schema(Some(schema)).example(Some(csv.into())).build();
            response.content.insert("text/csv".to_owned(), RefOr::T(content));
        }
    }
}
