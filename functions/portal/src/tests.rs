//! Golden events (`events/portal`) through the router, as Lambda hands them over.

use flate2::read::GzDecoder;
use lambda_runtime::{Context, LambdaEvent};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::get_docs_asset::{VIEWER, VIEWER_ZIPPED};
use crate::{cached, get_docs, get_expert_page, get_openapi, routes};

fn event(name: &str) -> String {
    let path = format!("{}/../../events/portal/{name}.json", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

async fn answer_to(event: &str) -> Value {
    let request = runtime::http::parse_event(event).unwrap();
    let answer = runtime::http::answer(crate::router(), LambdaEvent::new(request, Context::default())).await;
    serde_json::to_value(answer.unwrap()).unwrap()
}

async fn answer(name: &str) -> Value {
    answer_to(&event(name)).await
}

fn header<'a>(answer: &'a Value, name: &str) -> &'a str {
    answer["headers"][name].as_str().unwrap_or_default()
}

fn base64(answer: &Value) -> Vec<u8> {
    use base64::Engine as _;
    assert_eq!(answer["isBase64Encoded"], true);
    base64::engine::general_purpose::STANDARD.decode(answer["body"].as_str().unwrap()).unwrap()
}

fn ungzip(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut GzDecoder::new(bytes), &mut text).unwrap();
    text
}

/// Status, `Allow` and document of a problem; its other headers are checked here.
async fn problem(name: &str) -> (u64, String, Value) {
    let answer = answer(name).await;
    assert_eq!(header(&answer, "content-type"), "application/problem+json", "{name}");
    assert_eq!(header(&answer, "cache-control"), "no-store", "{name}");
    assert_eq!(answer["isBase64Encoded"], false, "{name}");
    let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
    assert_eq!(body["instance"], header(&answer, "x-request-id"), "{name}");
    assert_eq!(body["status"], answer["statusCode"], "{name}");
    (answer["statusCode"].as_u64().unwrap(), header(&answer, "allow").to_owned(), body)
}

#[tokio::test]
async fn the_document_is_served_as_it_is_committed() {
    let plain = answer("get_openapi").await;
    assert_eq!(plain["statusCode"], 200);
    assert_eq!(plain["isBase64Encoded"], false);
    assert_eq!(header(&plain, "content-type"), "application/json");
    assert_eq!(header(&plain, "cache-control"), "public, max-age=300, must-revalidate");
    assert_eq!(header(&plain, "vary"), "accept-encoding");
    assert_eq!(header(&plain, "x-content-type-options"), "nosniff");
    assert_eq!(plain["body"].as_str().unwrap().as_bytes(), get_openapi::DOCUMENT);

    let zipped = answer("get_openapi.gzip").await;
    assert_eq!(header(&zipped, "content-encoding"), "gzip");
    assert_eq!(header(&zipped, "etag"), header(&plain, "etag"));
    assert_eq!(ungzip(&base64(&zipped)), get_openapi::DOCUMENT);
}

#[tokio::test]
async fn who_has_the_document_is_told_so_without_it() {
    let tag = header(&answer("get_openapi").await, "etag").to_owned();
    let asked = |tag: &str| {
        let mut event: Value = serde_json::from_str(&event("get_openapi.not_modified")).unwrap();
        event["headers"]["if-none-match"] = json!(tag);
        event.to_string()
    };
    let strong = tag.trim_start_matches("W/");
    for (sent, status) in
        [("*", 304), (&*tag, 304), (strong, 304), (&*format!("\"x\", {tag}"), 304), ("\"x\"", 200), ("", 200)]
    {
        let answer = answer_to(&asked(sent)).await;
        assert_eq!(answer["statusCode"], status, "{sent}");
        assert_eq!(header(&answer, "etag"), tag);
        if status == 304 {
            assert!(answer["body"].as_str().unwrap_or_default().is_empty());
            assert_eq!(header(&answer, "content-type"), "");
        }
    }
}

#[tokio::test]
async fn the_page_is_closed_to_other_hosts() {
    let page = answer("get_docs").await;
    assert_eq!(page["statusCode"], 200);
    assert_eq!(page["isBase64Encoded"], false);
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&page, "cache-control"), "no-cache");
    assert_eq!(header(&page, "x-content-type-options"), "nosniff");
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    let policy = header(&page, "content-security-policy");
    assert!(policy.starts_with("default-src 'none'; script-src 'self';"), "{policy}");
    assert!(!policy.contains("http") && !policy.contains("unsafe-eval") && !policy.contains("  "), "{policy}");

    let text = page["body"].as_str().unwrap();
    assert_eq!(text.as_bytes(), get_docs::PAGE);
    assert!(text.contains(&format!("src=\"docs/{VIEWER}\"")), "the page links another version than the one embedded");
    // Only links for people and names of XML, none that a browser would follow by itself.
    assert!(!text.contains("https://") && !text.contains("src=\"http") && !text.contains("href=\"http"));
    let configuration = text.split("data-configuration='").nth(1).and_then(|rest| rest.split('\'').next()).unwrap();
    let configuration: Value = serde_json::from_str(configuration).unwrap();
    for switch in ["telemetry", "withDefaultFonts"] {
        assert_eq!(configuration[switch], false, "{switch}");
    }
}

#[tokio::test]
async fn the_experts_page_keeps_its_secret() {
    let page = answer("get_expert_page").await;
    assert_eq!(page["statusCode"], 200);
    assert_eq!(header(&page, "content-type"), "text/html; charset=utf-8");
    assert_eq!(header(&page, "referrer-policy"), "no-referrer");
    let policy = header(&page, "content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && policy.contains("connect-src 'self'"),
        "{policy}"
    );
    let text = page["body"].as_str().unwrap();
    assert_eq!(text.as_bytes(), get_expert_page::PAGE);
    assert!(text.contains("src=\"expert/page.js\"") && !text.contains("https://"));

    let script = answer("get_expert_asset").await;
    assert_eq!(header(&script, "content-type"), "text/javascript; charset=utf-8");
    let script = script["body"].as_str().unwrap().to_owned();
    // What others wrote is put into the page as text, never as HTML, and the secret into a header, never into an address.
    assert!(!script.contains("innerHTML") && !script.contains("insertAdjacentHTML"));
    assert!(script.contains("location.hash") && !script.contains("api/expert/session?"));
    let (status, _, body) = problem("get_expert_asset.unknown").await;
    assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn the_viewer_is_the_published_file_for_ever() {
    let file = answer("get_docs_asset").await;
    assert_eq!(file["statusCode"], 200);
    assert_eq!(header(&file, "content-type"), "text/javascript; charset=utf-8");
    assert_eq!(header(&file, "content-encoding"), "gzip");
    assert_eq!(header(&file, "vary"), "accept-encoding");
    assert_eq!(header(&file, "cache-control"), "public, max-age=31536000, immutable");
    assert_eq!(base64(&file), VIEWER_ZIPPED);

    let text = ungzip(VIEWER_ZIPPED);
    let hash = Sha256::digest(&text).iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    assert_eq!(hash, "bf091006bdc3af6067af77c2f534812e3e633e94a94e87138069f570f33b762c");

    let plain = answer("get_docs_asset.without_gzip").await;
    assert_eq!(plain["statusCode"], 200);
    assert_eq!(header(&plain, "content-encoding"), "");
    assert_eq!(plain["isBase64Encoded"], false);
    assert_eq!(plain["body"].as_str().unwrap().as_bytes(), text);
    // Lambda's limit for an answer, its envelope and escapes included.
    assert!(plain.to_string().len() < 6_000_000);

    let (status, _, body) = problem("get_docs_asset.unknown").await;
    assert_eq!((status, &body["code"]), (404, &json!("NOT_FOUND")));
}

#[tokio::test]
async fn health_answers_at_any_stage() {
    for name in ["get_health", "get_health.named_stage"] {
        let answer = answer(name).await;
        assert_eq!(answer["statusCode"], 200, "{name}");
        assert_eq!(header(&answer, "content-type"), "application/json");
        assert_eq!(header(&answer, "cache-control"), "no-store");
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        assert_eq!(body, json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}));
    }
}

#[tokio::test]
async fn every_other_path_is_a_problem_that_says_why() {
    for (name, detail) in [
        ("default.unknown_path", "No route has this path; see /docs."),
        ("default.root", "No route has this path; see /docs."),
        ("default.odd_path", "No route has this path; see /docs."),
        ("default.trailing_slash", "This path exists without the slash at its end."),
    ] {
        let (status, allow, body) = problem(name).await;
        assert_eq!((status, &*allow), (404, ""), "{name}");
        assert_eq!(body["code"], "NOT_FOUND", "{name}");
        assert_eq!(body["detail"], detail, "{name}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_ones() {
    for (name, methods) in [
        ("default.wrong_method", "DELETE, GET"),
        // Also a conversation whose id is `fetch`.
        ("default.wrong_method_of_two_routes", "DELETE, GET, POST"),
        ("default.wrong_method_of_ours", "GET,HEAD"),
        ("default.named_stage", "POST"),
    ] {
        let (status, allow, body) = problem(name).await;
        assert_eq!((status, &*allow), (405, methods), "{name}");
        assert_eq!(body["code"], "METHOD_NOT_ALLOWED", "{name}");
    }
}

#[tokio::test]
async fn head_of_our_own_paths_has_no_body() {
    let head = answer("default.head").await;
    assert_eq!(head["statusCode"], 200);
    assert_eq!(header(&head, "content-type"), "application/json");
    assert!(head["body"].as_str().unwrap_or_default().is_empty());
}

#[test]
fn templates_match_whole_paths_only() {
    for (path, known) in [
        ("/health", true),
        ("/docs/x.js", true),
        ("/docs/", false),
        ("/docs/x/y", false),
        ("health", false),
        ("", false),
        ("//health", false),
        ("/api/public//conversations", false),
        ("/api/public/%C3%BC/conversations", true),
        ("/{path}", false),
    ] {
        assert_eq!(!routes::methods(path).is_empty(), known, "{path}");
    }
}

#[test]
fn the_committed_document_holds_our_part() {
    let committed: Value = serde_json::from_slice(get_openapi::DOCUMENT).unwrap();
    assert!(committed["openapi"].as_str().unwrap().starts_with("3.1"));
    // The host that serves it, whichever that is: /docs makes its examples and requests of it.
    assert_eq!(committed["servers"][0]["url"], "/");
    let ours = serde_json::to_value(crate::openapi()).unwrap();
    let paths = ours["paths"].as_object().unwrap();
    assert_eq!(paths.len(), 4);
    for (path, item) in paths {
        assert_eq!(committed["paths"][path]["get"]["operationId"], item["get"]["operationId"], "{path}");
    }
}

#[test]
fn encodings_are_negotiated() {
    for (sent, takes) in [
        ("gzip", true),
        ("GZIP;q=0.5", true),
        ("br, *", true),
        ("*;q=0", false),
        ("gzip;q=0, *", false),
        ("gzip; q=0.0", false),
        ("br, zstd", false),
        ("", false),
    ] {
        let headers = [(http::header::ACCEPT_ENCODING, sent.parse().unwrap())].into_iter().collect();
        assert_eq!(cached::accepts_gzip(&headers), takes, "{sent}");
    }
    assert!(!cached::accepts_gzip(&http::HeaderMap::new()));
}
