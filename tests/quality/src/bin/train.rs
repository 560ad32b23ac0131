//! `train [--check] DATA WEIGHTS [MODEL...]`: rebuilds the shipped weights into the folder WEIGHTS, byte for byte.
//!
//! With `--check` nothing is written: exit 1 when a rebuilt file differs from the one in WEIGHTS. `detect` needs the
//! feature `ngrams`. Only the sets in `train::SOURCES` can be opened.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use quality::data::Data;
use quality::train::{MODELS, SOURCES, digest};

fn main() -> ExitCode {
    let (flags, arguments): (Vec<String>, Vec<String>) =
        std::env::args().skip(1).partition(|word| word.starts_with("--"));
    let check = flags.iter().any(|flag| flag == "--check");
    let [data, weights, wanted @ ..] = arguments.as_slice() else {
        return say("usage: train [--check] DATA WEIGHTS [MODEL...]", 2);
    };
    let data = Data::only(data, &SOURCES);
    let mut lines = Vec::new();
    let mut same = true;
    for (name, train) in MODELS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wish| wish == name)) {
        let bytes = match train(&data) {
            Ok(bytes) => bytes,
            Err(why) => return say(&format!("{name}: {why}"), 1),
        };
        let path = Path::new(weights).join(format!("{name}.bin"));
        let verdict = if !check {
            if let Err(why) = std::fs::write(&path, &bytes) {
                return say(&format!("{}: {why}", path.display()), 1);
            }
            "written"
        } else if std::fs::read(&path).is_ok_and(|shipped| shipped == bytes) {
            "same"
        } else {
            same = false;
            "DIFFERS"
        };
        lines.push(format!("{}  {}  {} bytes  {verdict}", digest(&bytes), path.display(), bytes.len()));
    }
    say(&lines.join("\n"), u8::from(!same))
}

fn say(text: &str, code: u8) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(3),
    }
}
