//! `make bench`: speed, size and cost in one table. Figures that depend on the machine are compared with `hello`, a function that does
//! nothing, built and run by the same command.
//!
//!     bench FOLDER [--data FILE] [--python FOLDER] [--only PART,PART]
//!
//! FOLDER holds `<function>/bootstrap` and `<function>.zip`; FILE real conversations, one JSON object a line; the
//! folder of `--python` a Python with `DuckDB`, to compare reports with. It exits with 0 unless
//! something could not be measured: a missed target is a line of the table.
#![expect(clippy::print_stdout, reason = "a program whose output is a table")]
#![expect(clippy::cast_precision_loss, reason = "counts and sizes far below 2^52, to be divided and printed")]

mod audits;
mod capacity;
mod cloud;
mod conversations;
mod events;
mod figures;
mod http;
mod judging;
mod lambda;
mod reports;
mod startup;
mod stores;
mod table;
mod throughput;
mod visibility;

use std::path::PathBuf;

use cloud::Cloud;
use serde_json::Value;
use startup::Functions;
use table::Table;

/// Whatever went wrong.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

const PARTS: [&str; 9] =
    ["sizes", "startup", "engine", "throughput", "capacity", "visible", "audits", "reports", "events"];

struct Options {
    functions: PathBuf,
    data: Option<PathBuf>,
    python: Option<PathBuf>,
    only: Vec<String>,
}

fn options() -> Result<Options> {
    let usage = || format!("bench FOLDER [--data FILE] [--python FOLDER] [--only {}]", PARTS.join(","));
    let mut words = std::env::args().skip(1);
    let functions = words.next().ok_or_else(usage)?.into();
    let mut options = Options { functions, data: None, python: None, only: Vec::new() };
    while let Some(word) = words.next() {
        let value = words.next().ok_or_else(usage)?;
        match word.as_str() {
            "--data" => options.data = Some(value.into()),
            "--python" => options.python = Some(value.into()),
            "--only" => options.only = value.split(',').map(str::to_owned).collect(),
            _ => return Err(usage().into()),
        }
    }
    if let Some(unknown) = options.only.iter().find(|part| !PARTS.contains(&part.as_str())) {
        return Err(format!("{unknown} is not a part: {}", usage()).into());
    }
    Ok(options)
}

/// Different on every run, so that a stack can be used twice; short, since a tenant's name stands in every key.
fn unique() -> Result<String> {
    let id = runtime::clock::new_ulid(cloud::now())?.to_string().to_ascii_lowercase();
    Ok(id.chars().skip(20).collect())
}

fn main() -> Result<()> {
    let options = options()?;
    let wanted = |part: &str| options.only.is_empty() || options.only.iter().any(|only| only == part);
    let real: Option<Vec<Value>> = match &options.data {
        Some(file) => {
            let text = std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
            Some(text.lines().map(serde_json::from_str).collect::<std::result::Result<_, _>>()?)
        }
        None => None,
    };
    let real = real.as_deref();
    let functions = Functions::of(&options.functions)?;
    let cloud = Cloud::from_env()?;
    let mut table = Table::default();
    if wanted("sizes") {
        startup::sizes(&functions, &mut table)?;
    }
    if wanted("startup") {
        startup::start(&cloud, &functions, &mut table)?;
    }
    if wanted("engine") {
        judging::measure(real, &mut table)?;
    }
    if wanted("throughput") {
        throughput::measure(real, &mut table)?;
    }
    if wanted("capacity") {
        let warm = if cfg!(target_os = "linux") { Some(startup::warm(&cloud, &functions)?) } else { None };
        capacity::measure(&cloud, real, warm.as_ref(), &mut table)?;
    }
    if wanted("visible") {
        visibility::measure(&cloud, &mut table)?;
    }
    if wanted("events") {
        events::measure(&cloud, &mut table)?;
    }
    if wanted("audits") {
        audits::measure(&cloud, &mut table)?;
    }
    if wanted("reports") {
        reports::measure(&cloud, options.python.as_deref(), &mut table)?;
    }
    table.end();
    Ok(())
}
