//! `fit DATA FOLDER turns|dialogues|unhappy`: writes the engine's readable weights of satisfaction, byte for byte the same every time.
//!
//! `turns` first, then build again and fit `dialogues`, which stands on the scores of the turns; then `unhappy`,
//! which stands on pCSAT.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use quality::data::Data;
use quality::fit;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [data, folder, which] = arguments.as_slice() else {
        return say("usage: fit DATA FOLDER turns|dialogues|unhappy", 2);
    };
    let dialogues = match fit::training(&Data::new(data)) {
        Ok(dialogues) => dialogues,
        Err(why) => return say(&why.to_string(), 1),
    };
    let table = match which.as_str() {
        "turns" => fit::turns(&dialogues),
        "dialogues" => fit::dialogues(&dialogues),
        "unhappy" => fit::unhappy(&dialogues),
        _ => return say("the third argument is turns, dialogues or unhappy", 2),
    };
    let path = Path::new(folder).join(format!("{which}.txt"));
    match std::fs::write(&path, &table) {
        Ok(()) => say(&format!("{}: {} weights", path.display(), table.lines().count() - 2), 0),
        Err(why) => say(&format!("{}: {why}", path.display()), 1),
    }
}

fn say(text: &str, code: u8) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(3),
    }
}
