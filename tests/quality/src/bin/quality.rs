//! `quality DATA`: prints the table of `quality.md` and exits with 1 when an accept value is missed.

use std::io::Write as _;
use std::process::ExitCode;

use quality::data::Data;
use quality::rows::ROWS;
use quality::table::{Row, print};

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let Some(folder) = arguments.next() else {
        return say("usage: quality DATA [ROW...]", 2);
    };
    let wanted: Vec<String> = arguments.collect();
    let data = Data::new(folder);
    let rows: Vec<Row> = ROWS
        .iter()
        .filter(|(id, _)| wanted.is_empty() || wanted.iter().any(|wish| wish == id))
        .map(|(_, row)| row(&data))
        .collect();
    say(&print(&rows), u8::from(!rows.iter().all(Row::accepted)))
}

fn say(text: &str, code: u8) -> ExitCode {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Ok(()) => ExitCode::from(code),
        Err(_) => ExitCode::from(3),
    }
}
