//! `train DATA WEIGHTS [MODEL...]`: rebuilds the shipped weights into the folder WEIGHTS, byte for byte.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use quality::data::Data;
use quality::train::{MODELS, digest};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, weights, wanted @ ..] = arguments.as_slice() else {
        return say("usage: train DATA WEIGHTS [MODEL...]", 2);
    };
    let data = Data::new(data);
    let mut lines = Vec::new();
    for (name, train) in MODELS.iter().filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wish| wish == name)) {
        match train(&data) {
            Ok(bytes) => {
                let path = Path::new(weights).join(format!("{name}.bin"));
                if let Err(why) = std::fs::write(&path, &bytes) {
                    return say(&format!("{}: {why}", path.display()), 1);
                }
                lines.push(format!("{}  {}  {} bytes", digest(&bytes), path.display(), bytes.len()));
            }
            Err(why) => return say(&format!("{name}: {why}"), 1),
        }
    }
    say(&lines.join("\n"), 0)
}

fn say(text: &str, code: u8) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(3),
    }
}
