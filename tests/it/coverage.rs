//! Code, template, document and events say the same, and the crates keep to their arrows. Nothing here needs the stack.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use crate::golden::events;

/// A set of names.
type Names = BTreeSet<String>;

fn read(path: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Names of the folders in a folder.
fn folders(path: &str) -> Names {
    let entries = std::fs::read_dir(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)).unwrap();
    let entries = entries.map(|entry| entry.unwrap()).filter(|entry| entry.path().join("Cargo.toml").exists());
    entries.map(|entry| entry.file_name().into_string().unwrap()).collect()
}

fn names<'a>(list: impl IntoIterator<Item = &'a str>) -> Names {
    list.into_iter().map(str::to_owned).collect()
}

// ---- The template ----

/// A resource of the template: its name, type and lines.
struct Resource {
    name: String,
    kind: String,
    text: String,
}

/// The template's resources. Its form is fixed: names are indented by two, properties by more.
fn resources() -> Vec<Resource> {
    let template = read("infra/template.yaml");
    let body = template.split("\nResources:\n").nth(1).unwrap().split("\nOutputs:\n").next().unwrap();
    let mut resources: Vec<Resource> = Vec::new();
    for line in body.lines() {
        let is_name = line.starts_with("  ") && !line[2..].starts_with([' ', '#']) && line.ends_with(':');
        if is_name {
            let name = line.trim().trim_end_matches(':').to_owned();
            resources.push(Resource { name, kind: String::new(), text: String::new() });
        } else if let Some(resource) = resources.last_mut() {
            if let Some(kind) = line.strip_prefix("    Type: ") {
                resource.kind = kind.to_owned();
            }
            resource.text.push_str(line);
            resource.text.push('\n');
        }
    }
    assert!(resources.iter().all(|resource| !resource.kind.is_empty()));
    resources
}

/// The function's folder of each function resource.
fn functions() -> BTreeMap<String, Resource> {
    let functions = resources().into_iter().filter(|resource| resource.kind == "AWS::Serverless::Function");
    let folder = |resource: &Resource| after(&resource.text, "CodeUri: ../dist/").trim_end_matches('/').to_owned();
    functions.map(|resource| (folder(&resource), resource)).collect()
}

/// What stands behind a word, to the end of its line.
#[track_caller]
fn after<'a>(text: &'a str, word: &str) -> &'a str {
    let rest = text.split(word).nth(1).unwrap_or_else(|| panic!("no {word} in {text}"));
    rest.lines().next().unwrap().trim()
}

/// Route key → function, in the order of the template; `$default` included.
fn routes() -> Vec<(String, String)> {
    let of_resource: BTreeMap<String, String> =
        functions().into_iter().map(|(folder, resource)| (resource.name, folder)).collect();
    let resources = resources();
    let integrations: BTreeMap<&str, &str> = resources
        .iter()
        .filter(|resource| resource.kind == "AWS::ApiGatewayV2::Integration")
        .map(|resource| {
            (resource.name.as_str(), after(&resource.text, "IntegrationUri: !GetAtt ").trim_end_matches(".Arn"))
        })
        .collect();
    resources
        .iter()
        .filter(|resource| resource.kind == "AWS::ApiGatewayV2::Route")
        .map(|resource| {
            let target = after(&resource.text, "Target: !Sub integrations/${").trim_end_matches('}');
            (after(&resource.text, "RouteKey: ").to_owned(), of_resource[integrations[target]].clone())
        })
        .collect()
}

/// The routes of the template but for `$default`.
fn explicit_routes() -> BTreeMap<String, String> {
    routes().into_iter().filter(|(key, _)| key != "$default").collect()
}

fn document() -> Value {
    serde_json::from_str(&integration::document_json().unwrap()).unwrap()
}

/// Method and path → operation of the document.
fn operations() -> BTreeMap<String, Value> {
    let document = document();
    let mut operations = BTreeMap::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            operations.insert(format!("{} {path}", method.to_uppercase()), operation.clone());
        }
    }
    operations
}

/// The scopes that an operation demands; `None` when it asks for no key.
fn demanded(operation: &Value) -> Option<Vec<String>> {
    let scopes = operation["security"][0]["bearer"].as_array()?;
    Some(scopes.iter().map(|scope| scope.as_str().unwrap().to_owned()).collect())
}

/// Method and path of every line `.route("path", get(..).post(..))` of a function's router.
fn routed(function: &str) -> Names {
    let mut found = Names::new();
    for line in read(&format!("functions/{function}/src/lib.rs")).lines() {
        let Some(rest) = line.trim().strip_prefix(".route(\"") else { continue };
        let (path, handlers) = rest.split_once('"').unwrap();
        for method in ["get", "post", "put", "patch", "delete"] {
            if [' ', '.'].iter().any(|before| handlers.contains(&format!("{before}{method}("))) {
                found.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    found
}

#[test]
fn routes_are_the_same_in_template_routers_and_document() {
    let routes = explicit_routes();
    let operations = operations();
    assert!(routes.len() >= 18, "{} routes", routes.len());
    assert_eq!(routes.keys().collect::<Vec<_>>(), operations.keys().collect::<Vec<_>>());
    for function in folders("functions") {
        let expected: Names = routes.iter().filter(|(_, of)| **of == function).map(|(key, _)| key.clone()).collect();
        assert_eq!(routed(&function), expected, "router of {function}");
    }
    let default: Vec<_> = self::routes().into_iter().filter(|(key, _)| key == "$default").collect();
    assert_eq!(default, [("$default".to_owned(), "portal".to_owned())]);
}

#[test]
fn operations_are_described() {
    let mut ids = Names::new();
    for (key, operation) in operations() {
        assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "operation id of {key}");
        for text in ["summary", "operationId"] {
            assert!(!operation[text].as_str().unwrap_or_default().is_empty(), "{key} has no {text}");
        }
        assert!(!operation["tags"].as_array().unwrap().is_empty(), "{key} has no tag");
        for name in key.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()) {
            let parameters = operation["parameters"].as_array().unwrap();
            assert!(
                parameters.iter().any(|parameter| parameter["name"] == name && parameter["in"] == "path"),
                "{key}: {name}"
            );
        }
    }
}

#[test]
fn the_served_document_is_the_generated_one() {
    assert!(
        read("functions/portal/openapi.json") == integration::document_json().unwrap(),
        "functions/portal/openapi.json is not what the code says: run `make openapi`"
    );
}

#[test]
fn cargo_lambda_watch_has_the_routes_of_the_template() {
    let mut lines: Vec<(String, Vec<(String, String)>)> = Vec::new();
    for (key, function) in routes() {
        let (method, path) = key.split_once(' ').unwrap_or(("", "/{*path}"));
        match lines.iter_mut().find(|(known, _)| known == path) {
            Some((_, targets)) => targets.push((method.to_owned(), function)),
            None => lines.push((path.to_owned(), vec![(method.to_owned(), function)])),
        }
    }
    let expected: Vec<String> = lines
        .into_iter()
        .map(|(path, targets)| {
            if path == "/{*path}" {
                return format!("\"{path}\" = \"{}\"", targets[0].1);
            }
            let targets: Vec<String> = targets
                .iter()
                .map(|(method, function)| format!("{{ function = \"{function}\", method = \"{method}\" }}"))
                .collect();
            format!("\"{path}\" = [{}]", targets.join(", "))
        })
        .collect();
    let section = |file: &str| -> Vec<String> {
        let text = read(file);
        let section = text
            .split("[workspace.metadata.lambda.watch.router]\n")
            .nth(1)
            .unwrap()
            .split("\n[")
            .next()
            .unwrap()
            .to_owned();
        section.lines().filter(|line| line.starts_with('"')).map(str::to_owned).collect()
    };
    assert_eq!(section("Cargo.toml"), expected, "run `hark.py routes`");
    assert_eq!(section("infra/local/watch_router.toml"), expected, "run `hark.py routes`");
}

// ---- Events ----

/// Status of the answer in an event's snapshot.
fn status(function: &str, case: &str) -> u64 {
    let text = read(&format!("tests/it/snapshots/it__golden__{function}__{case}.snap"));
    let answer: Value = serde_json::from_str(text.splitn(3, "---\n").nth(2).unwrap()).unwrap();
    answer["statusCode"].as_u64().unwrap_or_default()
}

#[test]
fn every_event_has_a_snapshot_and_every_snapshot_an_event() {
    let mut expected = Names::new();
    for function in folders("functions") {
        expected.extend(events(&function).into_keys().map(|case| format!("it__golden__{function}__{case}.snap")));
    }
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("it/snapshots");
    let found = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    assert_eq!(found.collect::<Names>(), expected);
}

#[test]
fn every_route_has_events_for_each_way_it_may_answer() {
    let operations = operations();
    for (key, function) in explicit_routes() {
        let operation = &operations[&key];
        let id = operation["operationId"].as_str().unwrap();
        let events = events(&function);
        let check = |case: String, wanted: std::ops::RangeInclusive<u64>| {
            let event = events.get(&case).unwrap_or_else(|| panic!("{key}: events/{function}/{case}.json is missing"));
            let event: Value = serde_json::from_str(event).unwrap();
            assert_eq!(event["routeKey"], key, "{case}");
            assert_eq!(event["requestContext"]["http"]["method"], key.split(' ').next().unwrap(), "{case}");
            let found = status(&function, &case);
            assert!(wanted.contains(&found), "{function}/{case} answers {found}");
        };
        check(id.to_owned(), 200..=299);
        let Some(scopes) = demanded(operation) else {
            if !operation["security"][0]["expert"].is_null() {
                check(format!("{id}.no_key"), 401..=401);
                check(format!("{id}.malformed_key"), 401..=401);
                continue;
            }
            assert_eq!(function, "portal", "{key} asks for no key");
            continue;
        };
        check(format!("{id}.no_key"), 401..=401);
        check(format!("{id}.malformed_key"), 401..=401);
        if let [ability] = &scopes[..] {
            check(format!("{id}.missing_ability"), 403..=403);
            let snapshot = read(&format!("tests/it/snapshots/it__golden__{function}__{id}.missing_ability.snap"));
            assert!(snapshot.contains(&format!("The key needs the ability {ability}.")), "{key} demands {ability}");
        } else {
            assert_eq!((id, scopes.len()), ("get_me", 0));
        }
        if key.contains("{tenant}") {
            check(format!("{id}.foreign_tenant"), 404..=404);
            check(format!("{id}.unknown_tenant"), 404..=404);
        }
        if key.contains("{id}") {
            check(format!("{id}.foreign_id"), 404..=404);
            check(format!("{id}.unknown_id"), 404..=404);
        }
    }
    for function in folders("functions") {
        assert!(!events(&function).is_empty(), "events/{function} is empty");
    }
}

// ---- Functions: variables, rights, wiring ----

#[test]
fn every_variable_of_the_template_is_read_and_every_variable_read_is_set() {
    let text = read("shared/runtime/src/env.rs");
    let constants: BTreeMap<&str, &str> = text
        .lines()
        .filter_map(|line| {
            let (name, value) = line.strip_prefix("pub const ")?.split_once(": &str = \"")?;
            Some((name, value.trim_end_matches("\";")))
        })
        .collect();
    let mut all = Names::new();
    for (folder, resource) in functions() {
        let set: Names = resource
            .text
            .lines()
            .map(str::trim)
            .filter(|line| line.starts_with("HARK_"))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect();
        let main = read(&format!("functions/{folder}/src/main.rs"));
        let read: Names = main
            .split("env::")
            .skip(1)
            .filter_map(|rest| constants.get(rest.split(|c: char| !c.is_ascii_uppercase() && c != '_').next()?))
            .map(|name| (*name).to_owned())
            .collect();
        assert_eq!(read, set, "variables of {folder}");
        all.extend(set);
    }
    assert_eq!(all, names(runtime::env::OURS.iter().copied()), "runtime::env::OURS");
}

/// Every action of a function's statements, with the resource it is for.
fn actions(resource: &Resource) -> BTreeSet<(String, String)> {
    let mut found = BTreeSet::new();
    for statement in resource.text.split("- Sid:").skip(1) {
        let list = after(statement, "Action: ").trim_matches(['[', ']']);
        let target = after(statement, "Resource: ");
        for action in list.split(", ") {
            for (mark, place) in [
                ("/raw/*", "raw"),
                ("/overflow/*", "overflow"),
                ("/audit/*", "audit"),
                ("/media/*", "media"),
                ("MainTable", "main"),
                ("AuthTable", "auth"),
                ("Queue", "queue"),
            ] {
                if target.contains(mark) {
                    found.insert((action.to_owned(), place.to_owned()));
                }
            }
        }
    }
    found
}

fn dependencies(manifest: &str) -> Names {
    let text = read(manifest);
    let section = text.split("[dependencies]\n").nth(1).unwrap_or_default().split("\n[").next().unwrap().to_owned();
    let lines = section.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.split([' ', '.', '=']).next().unwrap().to_owned()).collect()
}

/// All the source of a function.
fn source(function: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../functions").join(function).join("src");
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    files
        .filter(|path| path.extension().is_some_and(|found| found == "rs"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn a_function_has_the_rights_of_its_adapters_and_no_others() {
    let functions = functions();
    assert_eq!(functions.keys().cloned().collect::<Names>(), folders("functions"));
    for (folder, resource) in functions {
        let rights = actions(&resource);
        let crates = dependencies(&format!("functions/{folder}/Cargo.toml"));
        for (adapter, service) in [("store", "dynamodb:"), ("blobs", "s3:"), ("queue", "sqs:")] {
            let has = rights.iter().any(|(action, _)| action.starts_with(service));
            assert_eq!(crates.contains(adapter), has, "{folder}: crate {adapter} and rights of {service}");
        }
        assert!(!crates.iter().any(|name| name.starts_with("aws")), "{folder} names an SDK");
        assert!(!resource.text.contains("dynamodb:*") && !resource.text.contains("dynamodb:Scan"), "{folder}");

        // What the bucket and the queue are used for, by the adapters' methods.
        let source = source(&folder);
        let mut needed = BTreeSet::new();
        for (method, uses) in [
            (".put_raw(", vec![("PutObject", "raw")]),
            (".get_raw(", vec![("GetObject", "raw")]),
            (".get_raw_range(", vec![("GetObject", "raw")]),
            (".put_overflow(", vec![("PutObject", "overflow")]),
            (".get_overflow(", vec![("GetObject", "overflow")]),
            (".erase_frames(", vec![("GetObject", "raw"), ("PutObject", "raw"), ("DeleteObject", "raw")]),
            (".put_audit_work(", vec![("PutObject", "audit")]),
            (".get_audit_work(", vec![("GetObject", "audit")]),
            (".put_audit_file(", vec![("PutObject", "audit")]),
            (".get_audit_file(", vec![("GetObject", "audit")]),
            // A link may do what its signer may.
            (".audit_link(", vec![("GetObject", "audit")]),
            ("blobs.delete_audit(", vec![("DeleteObject", "audit")]),
            (".put_media(", vec![("PutObject", "media")]),
            (".has_media(", vec![("GetObject", "media")]),
            (".delete_media(", vec![("DeleteObject", "media")]),
            (".media_link(", vec![("GetObject", "media")]),
            (".upload_link(", vec![("PutObject", "media")]),
            // The key of a batch or of a detail.
            ("blobs.delete(", vec![("DeleteObject", "overflow")]),
        ] {
            if source.contains(method) {
                needed.extend(uses.into_iter().map(|(action, place)| (format!("s3:{action}"), place.to_owned())));
            }
        }
        let held: BTreeSet<_> = rights
            .iter()
            .filter(|(action, _)| action.starts_with("s3:") && action != "s3:ListBucket")
            .cloned()
            .collect();
        assert_eq!(held, needed, "{folder}: rights in the bucket and the methods of `blobs` it calls");
        // Without the right to list, S3 answers 403 for what is not there, which no adapter takes for absent.
        let reads = held.iter().any(|(action, _)| action == "s3:GetObject");
        assert_eq!(resource.text.contains("Action: [s3:ListBucket]"), reads, "{folder}: s3:ListBucket");
        let sends = rights.contains(&("sqs:SendMessage".to_owned(), "queue".to_owned()));
        assert_eq!(source.contains("queue.send"), sends, "{folder}: sqs:SendMessage");
    }
}

#[test]
fn queue_consumers_report_their_failures_one_by_one() {
    let resources = resources();
    let sources: Vec<_> =
        resources.iter().filter(|resource| resource.kind == "AWS::Lambda::EventSourceMapping").collect();
    assert!(!sources.is_empty());
    for source in sources {
        assert!(source.text.contains("FunctionResponseTypes: [ReportBatchItemFailures]"), "{}", source.name);
    }
    for queue in resources
        .iter()
        .filter(|resource| resource.kind == "AWS::SQS::Queue" && !resource.name.ends_with("DeadLetters"))
    {
        let letters = after(&queue.text, "deadLetterTargetArn: !GetAtt ").trim_end_matches(".Arn");
        let letters = resources.iter().find(|resource| resource.name == letters).unwrap();
        assert!(letters.text.contains("MessageRetentionPeriod: 1209600"), "{} keeps 14 days", letters.name);
    }
    let text = read("infra/template.yaml");
    let number = |name: &str| -> u32 {
        after(text.split(&format!("\n  {name}:\n")).nth(1).unwrap(), "Default: ").parse().unwrap()
    };
    // The delivery function's own timeout.
    assert!(number("WebhooksVisibilityTimeout") >= 6 * 30 && text.contains("Timeout: 30 # an attempt may take 15"));
    for queue in ["Analysis", "Audit", "Interviews"] {
        assert!(number(&format!("{queue}VisibilityTimeout")) >= 6 * number(&format!("{queue}Timeout")), "{queue}");
    }
}

#[test]
fn every_function_has_a_log_group_alarms_and_a_short_main() {
    let resources = resources();
    for (folder, function) in functions() {
        let logs = resources.iter().find(|resource| {
            resource.kind == "AWS::Logs::LogGroup" && resource.text.contains(&format!("${{AWS::StackName}}-{folder}\n"))
        });
        assert!(logs.is_some_and(|logs| logs.text.contains("RetentionInDays")), "log group of {folder}");
        for metric in ["Errors", "Throttles"] {
            let alarm = resources.iter().any(|resource| {
                resource.kind == "AWS::CloudWatch::Alarm"
                    && resource.text.contains(&format!("MetricName: {metric}\n"))
                    && resource.text.contains(&format!("!Ref {} ", function.name))
            });
            assert!(alarm, "alarm for {metric} of {folder}");
        }
        let main = read(&format!("functions/{folder}/src/main.rs"));
        assert!(
            main.lines().count() <= 30,
            "functions/{folder}/src/main.rs wires only: {} lines",
            main.lines().count()
        );
    }
}

// ---- Crates ----

#[test]
fn crates_depend_only_on_what_stands_to_their_right() {
    let plain = ["domain", "jiff", "serde", "serde_json", "thiserror", "ulid", "sha2", "base64", "utoipa"];
    // What each may name beside the plain ones.
    let allowed: BTreeMap<&str, Vec<&str>> = [
        ("domain", vec!["async-trait", "crc32fast", "hmac", "postcard", "strsim", "unicode-normalization", "url"]),
        ("language", vec!["aho-corasick", "libm", "rust-stemmers", "unicode-normalization", "unicode-segmentation"]),
        ("engine", vec!["language", "libm"]),
        ("compliance", vec!["language", "maud"]),
        ("reports", vec![]),
        (
            "store",
            vec![
                "async-trait",
                "aws-sdk-dynamodb",
                "aws-smithy-types",
                "aws-types",
                "futures-util",
                "hmac",
                "serde_dynamo",
                "tokio",
                "tracing",
                "zstd",
            ],
        ),
        ("blobs", vec!["aws-credential-types", "aws-sdk-s3", "aws-types", "zstd"]),
        ("queue", vec!["aws-sdk-sqs", "aws-types"]),
        (
            "outbound",
            vec![
                "futures-util",
                "http",
                "http-body-util",
                "hyper",
                "hyper-util",
                "rustls",
                "rustls-native-certs",
                "tokio",
                "tokio-rustls",
                "url",
            ],
        ),
        ("api", vec!["axum", "form_urlencoded", "http", "http-body-util", "tower", "tracing"]),
        (
            "runtime",
            vec![
                "aws-credential-types",
                "aws-smithy-async",
                "aws-smithy-http-client",
                "aws-smithy-runtime-api",
                "aws-smithy-types",
                "aws-types",
                "aws_lambda_events",
                "axum",
                "futures-util",
                "getrandom",
                "http",
                "lambda_http",
                "lambda_runtime",
                "percent-encoding",
                "tokio",
                "tower",
                "tracing",
                "tracing-subscriber",
            ],
        ),
    ]
    .into_iter()
    .collect();
    for name in folders("shared") {
        let own =
            allowed.get(name.as_str()).unwrap_or_else(|| panic!("shared/{name} has no list of what it may depend on"));
        let may: Names = names(plain.into_iter().chain(own.iter().copied()).filter(|one| *one != name));
        let found = dependencies(&format!("shared/{name}/Cargo.toml"));
        assert!(found.len() >= 2, "{name}: {found:?}");
        let wrong: Vec<_> = found.difference(&may).collect();
        assert!(wrong.is_empty(), "shared/{name} may not depend on {wrong:?}");
        let sees_aws = ["store", "blobs", "queue", "runtime"].contains(&name.as_str());
        assert_eq!(found.iter().any(|one| one.starts_with("aws")), sees_aws, "shared/{name} and AWS");
    }
    // The crates of the wide middle do not see one another.
    for name in ["api", "store", "blobs", "outbound", "queue", "runtime"] {
        let found = dependencies(&format!("shared/{name}/Cargo.toml"));
        let seen: Vec<_> = ["api", "store", "blobs", "outbound", "queue", "runtime"]
            .iter()
            .filter(|other| found.contains(**other))
            .collect();
        assert!(seen.is_empty(), "shared/{name} sees {seen:?}");
    }
    for name in folders("functions") {
        let found = dependencies(&format!("functions/{name}/Cargo.toml"));
        let others: Vec<_> = folders("functions").into_iter().filter(|other| found.contains(other)).collect();
        assert!(others.is_empty(), "functions/{name} depends on {others:?}");
    }
}
