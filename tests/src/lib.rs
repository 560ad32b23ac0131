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
        (name = "Accounts", description = "API keys, the caller, settings"),
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
        accounts::openapi(),
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
    for item in document.paths.paths.values_mut() {
        let operations =
            [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten();
        for operation in operations.filter(|operation| operation.security.is_some()) {
            also_with_api_key(operation);
            for (status, description) in EVERYWHERE {
                let responses = &mut operation.responses.responses;
                responses.entry((*status).to_owned()).or_insert_with(|| RefOr::T(problem(description)));
            }
        }
    }
    document
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
