//! The API document as the code describes it.

use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{Content, Ref, RefOr, Response, ResponseBuilder};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hark",
        version = "1.0.0",
        description = "Support-conversation intelligence: conversations in, analysis out. Every judgement names the words it rests on.\n\n\
            Errors are RFC 9457 problem documents whose `errors` list every fault of a request. Lists are paged by `next_cursor`. \
            Every response has `X-Request-Id`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers((url = "/", description = "This deployment")),
    tags(
        (name = "Ingest", description = "Push conversations and events, follow batches"),
        (name = "Conversations", description = "Analysed conversations with evidence"),
        (name = "Tasks", description = "What must be acted on"),
        (name = "Insights", description = "Reports over the analysed conversations; each also as CSV"),
        (name = "Context", description = "What is known of a customer, for chatbots"),
        (name = "Erasure", description = "Delete a conversation, erase a person, hand over a person's data"),
        (name = "Audits", description = "Compliance audits: conversations judged against rubrics, with proof"),
        (name = "Interviews", description = "Plan, conduct, transcribe and analyse interviews with experts"),
        (name = "Agents", description = "Who conducts interviews: languages, texts, versions"),
        (name = "Variables", description = "What agents' texts may refer to"),
        (name = "Expert", description = "What an expert with a link uses, without a key"),
        (name = "Accounts", description = "API keys, the caller, settings"),
        (name = "Webhooks", description = "Endpoints that are told of events, and the log of deliveries"),
        (name = "Portal", description = "This document and its rendering")
    )
)]
struct Frame;

/// The document of all functions together.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Frame::openapi();
    for part in [
        ingest::openapi(),
        fetch::openapi(),
        insights::openapi(),
        context::openapi(),
        erasure::openapi(),
        webhooks::openapi(),
        audits::openapi(),
        accounts::openapi(),
        interviews::openapi(),
        portal::openapi(),
    ] {
        document.merge(part);
    }
    let components = document.components.get_or_insert_default();
    let bearer = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("hark_…")
        .description(Some("`Authorization: Bearer <token>`; scopes are the key's abilities."))
        .build();
    components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
    let header = ApiKeyValue::with_description("x-api-key", "The same token in a header of its own.");
    components.add_security_scheme("apiKey", SecurityScheme::ApiKey(ApiKey::Header(header)));
    let link = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("expert_…")
        .description(Some("`Authorization: Bearer <secret of the expert's link>`, with `X-Expert-Browser`."))
        .build();
    components.add_security_scheme("expert", SecurityScheme::Http(link));
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten();
        for operation in operations.filter(|operation| asks_for_a_key(operation)) {
            also_with_api_key(operation);
            for (status, description) in EVERYWHERE {
                let responses = &mut operation.responses.responses;
                responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(problem(description)));
            }
        }
    }
    document
}

/// Whether a route asks for an API key.
fn asks_for_a_key(operation: &Operation) -> bool {
    operation
        .security
        .iter()
        .flatten()
        .any(|requirement| *requirement != SecurityRequirement::new("expert", Vec::<String>::new()))
}

/// What every route that asks for a key may answer.
const EVERYWHERE: &[(&str, &str)] = &[
    ("401", "The key is missing, malformed, unknown, revoked or expired"),
    ("403", "The key lacks the ability, which the answer names"),
    ("429", "Too many requests; `Retry-After` says when to come back"),
    ("503", "A store does not answer; `Retry-After` says when to come back"),
];

/// A key may come in either header.
fn also_with_api_key(operation: &mut Operation) {
    let scopes = operation.security.get_or_insert_default();
    let same = SecurityRequirement::new("apiKey", Vec::<String>::new());
    scopes.push(same);
}

fn problem(description: &str) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("ProblemBody")));
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// The document as the file that the portal serves.
pub fn document_json() -> Result<String, serde_json::Error> {
    Ok(document().to_pretty_json()? + "\n")
}
