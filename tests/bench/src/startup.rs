//! How soon a function is there, how much memory it takes doing nothing, how large it is; all against `hello`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Instant;

use serde_json::{Value, json};

use crate::Result;
use crate::cloud::{Caller, Cloud, now};
use crate::conversations::{Seed, live, request};
use crate::figures::{least, median};
use crate::lambda::Process;
use crate::stores::Stores;
use crate::table::{Row, Table, note};

/// Starts of each function; `hello` is started as often, in turn with them.
const ROUNDS: usize = 60;
/// Starts of each function on the emulated stores themselves.
const EMULATED_ROUNDS: usize = 5;
/// Invocations of a warm function of which the processor time is taken.
const WARM: u32 = 20;

const MB: f64 = 1024.0 * 1024.0;

/// The functions as they ship: a folder with `<name>/bootstrap` and `<name>.zip`.
pub(crate) struct Functions {
    folder: PathBuf,
    /// Names, `hello` left out.
    pub(crate) names: Vec<String>,
}

impl Functions {
    /// What stands in the folder.
    pub(crate) fn of(folder: &Path) -> Result<Self> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().join("bootstrap").exists() && name != "hello" {
                names.push(name);
            }
        }
        names.sort();
        Ok(Self { folder: folder.to_owned(), names })
    }

    fn bootstrap(&self, name: &str) -> PathBuf {
        self.folder.join(name).join("bootstrap")
    }

    fn megabytes(&self, file: &str) -> Result<f64> {
        let path = self.folder.join(file);
        let size = std::fs::metadata(&path).map_err(|error| format!("{}: {error}", path.display()))?.len();
        Ok(size as f64 / MB)
    }
}

/// Zipped and stripped sizes.
pub(crate) fn sizes(functions: &Functions, table: &mut Table) -> Result<()> {
    table.part("Size of what is deployed (arm64 differs by a few per cent; this is the host's architecture)");
    let hello = functions.megabytes("hello.zip")?;
    table.row(Row::of("hello, zipped", format!("{hello:.2} MB")));
    for name in &functions.names {
        let (zipped, plain) =
            (functions.megabytes(&format!("{name}.zip"))?, functions.megabytes(&format!("{name}/bootstrap"))?);
        let most = if name == "ingest" { 3.0 } else { 5.0 };
        let row = Row::of(format!("{name}, zipped"), format!("{zipped:.2} MB ({plain:.2} MB unpacked)"));
        table.row(row.ratio(zipped / hello, "hello").at_most(zipped, most, format!("<= {most:.0} MB")));
    }
    Ok(())
}

#[derive(Default)]
struct Samples {
    first_poll: Vec<f64>,
    first_answer: Vec<f64>,
    cpu: Vec<f64>,
    resident: Vec<f64>,
}

/// What a function is asked first.
struct First {
    event: String,
    /// A piece of the right answer.
    expect: &'static str,
}

/// Starts all functions again and again.
pub(crate) fn start(cloud: &Cloud, functions: &Functions, table: &mut Table) -> Result<()> {
    let stores = Stores::open(&cloud.address)?;
    let mut variables = cloud.variables.clone();
    variables.push(("AWS_ENDPOINT_URL".to_owned(), stores.endpoint.clone()));
    let scene = Scene::set(cloud)?;
    let names: Vec<&str> = std::iter::once("hello").chain(functions.names.iter().map(String::as_str)).collect();

    // On the emulated stores, which also gives the answers that are played afterwards.
    let mut emulated: BTreeMap<&str, Vec<(f64, f64, usize)>> = BTreeMap::new();
    for name in &names {
        for _ in 0..EMULATED_ROUNDS {
            let Some(first) = scene.first(cloud, name)? else { continue };
            stores.record();
            let mut process = Process::start(&functions.bootstrap(name), &variables)?;
            let took = process.first_poll + answer(&mut process, &first)?;
            let (calls, waited) = stores.waited();
            emulated.entry(name).or_default().push((took, waited, calls));
        }
    }

    let mut samples: BTreeMap<&str, Samples> = BTreeMap::new();
    // One recording at a time is held, so each function is started together with hello, turn by turn.
    for name in &names {
        let first = scene.first(cloud, name)?;
        if let Some(first) = &first {
            stores.record();
            answer(&mut Process::start(&functions.bootstrap(name), &variables)?, first)?;
        }
        let hello = scene.first(cloud, "hello")?;
        for _ in 0..ROUNDS {
            for (turn, first) in [("hello", &hello), (name, &first)] {
                stores.replay();
                let mut process = Process::start(&functions.bootstrap(turn), &variables)?;
                let taken = samples.entry(turn).or_default();
                taken.first_poll.push(process.first_poll);
                taken.resident.extend(process.resident_kb());
                if let Some(first) = first {
                    taken.first_answer.push(process.first_poll + answer(&mut process, first)?);
                    taken.cpu.extend(process.cpu());
                    stores.check()?;
                }
                if *name == "hello" {
                    break;
                }
            }
        }
    }
    print(&samples, &emulated, table);
    Ok(())
}

fn answer(process: &mut Process, first: &First) -> Result<f64> {
    let (answer, took) = process.invoke(&first.event)?;
    if !answer.contains(first.expect) {
        return Err(format!("the first answer was {answer}").into());
    }
    Ok(took)
}

fn print(samples: &BTreeMap<&str, Samples>, emulated: &BTreeMap<&str, Vec<(f64, f64, usize)>>, table: &mut Table) {
    let Some(hello) = samples.get("hello") else { return };
    let both = |values: &[f64]| format!("{:.2} ms (median {:.2})", least(values), median(values));
    let others = || samples.iter().filter(|(name, _)| **name != "hello");

    table.part(&format!("Process start to first poll, least of {ROUNDS} starts in turn with hello"));
    table.row(Row::of("hello", both(&hello.first_poll)));
    for (name, taken) in others() {
        let ratio = least(&taken.first_poll) / least(&hello.first_poll);
        table.row(Row::of(*name, both(&taken.first_poll)).ratio(ratio, "hello").at_most(ratio, 2.0, "<= 2 x hello"));
    }

    table.part("Process start to first answered request, stores on loopback");
    table.row(Row::of("hello", both(&hello.first_answer)));
    for (name, taken) in others() {
        if taken.first_answer.is_empty() {
            table.row(Row::of(*name, "no request is known: add one to tests/bench/src/startup.rs"));
            continue;
        }
        let ratio = least(&taken.first_answer) / least(&hello.first_answer);
        table.row(Row::of(*name, both(&taken.first_answer)).ratio(ratio, "hello").at_most(ratio, 4.0, "<= 4 x hello"));
    }
    if median(&hello.first_answer) > 2.0 * least(&hello.first_answer) {
        note(
            "Others use this machine: the middle is far above the least, and processor time (below) is the better guide.",
        );
    }
    note(
        "The stores' answers are the emulator's own, recorded once and played back at once: its own time is not the function's.",
    );
    for (name, taken) in emulated.iter().filter(|(name, _)| **name != "hello") {
        let total: Vec<f64> = taken.iter().map(|(took, ..)| *took).collect();
        let Some((took, waited, calls)) = taken.iter().find(|(took, ..)| *took <= least(&total)) else { continue };
        if *calls > 0 {
            let own = took - waited;
            note(&format!(
                "{name} on the emulator itself: {took:.1} ms, {waited:.1} ms of it waiting for {calls} calls to the emulator, {own:.1} ms its own"
            ));
        }
    }

    table.part("Processor time from start to first answer (steadier than the clock on a busy machine)");
    if hello.cpu.is_empty() {
        note("not measured: needs Linux's /proc");
    } else {
        table.row(Row::of("hello", both(&hello.cpu)));
        for (name, taken) in others().filter(|(_, taken)| !taken.cpu.is_empty()) {
            table.row(Row::of(*name, both(&taken.cpu)).ratio(least(&taken.cpu) / least(&hello.cpu), "hello"));
        }
    }

    table.part("Memory at rest: resident after the first poll");
    if hello.resident.is_empty() {
        note("not measured: needs Linux's /proc");
        return;
    }
    let of = |values: &[f64]| format!("{:.1} MB", median(values) / 1024.0);
    table.row(Row::of("hello", of(&hello.resident)));
    for (name, taken) in others() {
        let ratio = median(&taken.resident) / median(&hello.resident);
        table.row(Row::of(*name, of(&taken.resident)).ratio(ratio, "hello").at_most(ratio, 2.0, "<= 2 x hello"));
    }
}

/// Milliseconds of processor that warm functions take.
pub(crate) struct Warm {
    /// `ingest` for a push of 100.
    pub(crate) ingest: f64,
    /// `analysis` for a batch of 100.
    pub(crate) analysis: f64,
}

/// Has warm functions do the same work again and again, on played answers.
pub(crate) fn warm(cloud: &Cloud, functions: &Functions) -> Result<Warm> {
    let stores = Stores::open(&cloud.address)?;
    let mut variables = cloud.variables.clone();
    variables.push(("AWS_ENDPOINT_URL".to_owned(), stores.endpoint.clone()));
    let scene = Scene::set(cloud)?;
    let mut taken = [0.0; 2];
    for (name, taken) in ["ingest", "analysis"].into_iter().zip(&mut taken) {
        let first = if name == "ingest" { scene.push(100) } else { scene.batch(cloud, 100)? };
        stores.record();
        let mut process = Process::start(&functions.bootstrap(name), &variables)?;
        answer(&mut process, &first)?;
        stores.replay();
        answer(&mut process, &first)?;
        let before = process.cpu().ok_or("needs Linux's /proc")?;
        for _ in 0..WARM {
            stores.rewind();
            answer(&mut process, &first)?;
        }
        *taken = (process.cpu().ok_or("needs Linux's /proc")? - before) / f64::from(WARM);
        stores.check()?;
    }
    let [ingest, analysis] = taken;
    Ok(Warm { ingest, analysis })
}

/// A tenant with a few conversations, and the events about it.
struct Scene {
    caller: Caller,
    seed: std::cell::RefCell<Seed>,
}

impl Scene {
    fn set(cloud: &Cloud) -> Result<Self> {
        let tenant = format!("start-{}", crate::unique()?);
        let scene = Self { caller: cloud.tenant(&tenant, 600)?, seed: std::cell::RefCell::new(Seed(1)) };
        let batch = cloud.push(&scene.caller, &scene.conversations(3))?;
        cloud.visible(&scene.caller, &format!("batches/{batch}"), Instant::now())?;
        Ok(scene)
    }

    fn conversations(&self, count: u64) -> Vec<Value> {
        let mut seed = self.seed.borrow_mut();
        let prefix = format!("c{}", seed.below(u64::MAX));
        live(&mut seed, &prefix, count, 2_000, now())
    }

    /// The first event of a function: a real request with a key, or a real batch. `None` for a function that is not known here.
    fn first(&self, cloud: &Cloud, function: &str) -> Result<Option<First>> {
        let tenant = &self.caller.tenant;
        let read = |method, path: &str, body| http_event(method, path, Some(&self.caller.token), body);
        Ok(Some(match function {
            "hello" => First { event: http_event("GET", "/", None, ""), expect: "hello" },
            "portal" => First { event: http_event("GET", "/openapi.json", None, ""), expect: "200" },
            "accounts" => ok(read("GET", "/api/auth/me", "")),
            "fetch" => {
                let path = format!("/api/public/{tenant}/conversations/fetch");
                ok(read("POST", &path, "{}"))
            }
            "audits" => ok(read("GET", &format!("/api/public/{tenant}/rubrics"), "")),
            "insights" => ok(read("GET", &format!("/api/public/{tenant}/insights/pcsat"), "")),
            "interviews" => ok(read("GET", "/api/interviews", "")),
            "webhooks" => ok(read("GET", "/api/webhooks/endpoints", "")),
            // Whoever is not known is looked for first.
            "context" => First { event: read("GET", "/context/history/nobody", ""), expect: "\"statusCode\":404" },
            "erasure" => {
                let path = format!("/api/public/{tenant}/erasures/nothing");
                First { event: read("GET", &path, ""), expect: "\"statusCode\":404" }
            }
            "auditor" => consumed(&json!({
                "type": "run_audit", "v": 1, "tenant": tenant, "audit_id": "aud_01M88YXTM0A2D3T4S5F6G7H8J9", "step": 0,
            })),
            "delivery" => consumed(&json!({
                "type": "deliver", "v": 1, "tenant": tenant, "made": 0, "retry": false,
                "delivery_id": "msg_3C9T4V0M6Z8R1Q5X7Y2N4B6D8F.whe_01M88YXTM0E1D2P3W4N5T6Z7X8",
            })),
            "interviews-analysis" => consumed(&json!({
                "type": "analyze_interview", "v": 1, "tenant": tenant, "interview_id": "019aab5c-7000-7a1b-8c2d-3e4f5a6b7cff",
            })),
            "ingest" => self.push(1),
            "analysis" => self.batch(cloud, 1)?,
            _ => return Ok(None),
        }))
    }

    fn push(&self, count: u64) -> First {
        let body = String::from_utf8_lossy(&request(&self.conversations(count))).into_owned();
        let path = format!("/api/public/{}/conversations", self.caller.tenant);
        First { event: http_event("POST", &path, Some(&self.caller.token), &body), expect: "\"statusCode\":202" }
    }

    /// A batch that is accepted but known to nobody else: its message is not sent.
    fn batch(&self, cloud: &Cloud, count: u64) -> Result<First> {
        Ok(delivered(&crate::capacity::accepted(cloud, &self.caller.tenant, &self.conversations(count))?))
    }
}

/// A request that is answered with 200.
fn ok(event: String) -> First {
    First { event, expect: "\"statusCode\":200" }
}

/// A message about something that is not there (any more): its consumer looks for it and is done.
fn consumed(body: &Value) -> First {
    delivered(&body.to_string())
}

/// A message as Lambda hands it over.
fn delivered(body: &str) -> First {
    let record = json!({
        "messageId": "059f36b4-87a3-44ab-83d2-661975830a7d",
        "receiptHandle": "receipt",
        "body": body,
        "attributes": { "ApproximateReceiveCount": "1", "SentTimestamp": "1545082649183" },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:000000000000:hark-analysis",
        "awsRegion": "us-east-1",
    });
    First { event: json!({ "Records": [record] }).to_string(), expect: "\"batchItemFailures\":[]" }
}

/// An event of the HTTP API, payload version 2.0.
pub(crate) fn http_event(method: &str, path: &str, token: Option<&str>, body: &str) -> String {
    let mut headers = json!({
        "accept": "*/*",
        "content-length": body.len().to_string(),
        "content-type": "application/json",
        "host": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
        "user-agent": "curl/8.14.1",
        "x-forwarded-for": "203.0.113.7",
        "x-forwarded-port": "443",
        "x-forwarded-proto": "https",
    });
    if let (Some(token), Some(headers)) = (token, headers.as_object_mut()) {
        headers.insert("authorization".to_owned(), json!(format!("Bearer {token}")));
    }
    let mut event = json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "a1b2c3d4e5",
            "domainName": "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com",
            "domainPrefix": "a1b2c3d4e5",
            "http": { "method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "curl/8.14.1" },
            "requestId": "UPrtl08ndFiAEJxw=",
            "routeKey": "$default",
            "stage": "$default",
            "time": "13/Nov/2026:09:24:00 +0000",
            "timeEpoch": 1_794_561_840_000_u64,
        },
        "isBase64Encoded": false,
    });
    if let Some(event) = event.as_object_mut().filter(|_| !body.is_empty()) {
        event.insert("body".to_owned(), json!(body));
    }
    event.to_string()
}
