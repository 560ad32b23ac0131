//! The rows of `quality.md`, one file each: a function from the data folder to a [`Row`].
//!
//! To add a row: write `rows/<name>.rs` with `pub(crate) fn row(data: &Data) -> Row`, declare it here and name it in [`ROWS`].

use crate::data::Data;
use crate::table::Row;

pub mod gathering;
mod intents;
mod language;
pub mod reason;
mod redaction;
mod satisfaction;
mod sentiment;
mod signals;
mod speed;
mod summary;

/// Measures one row.
pub type Measured = fn(&Data) -> Row;

/// Every row in the order of the table, with its number; one line each.
#[rustfmt::skip]
pub const ROWS: &[(&str, Measured)] = &[
    ("1", sentiment::row),
    ("2", sentiment::angry),
    ("3", satisfaction::turn_row),
    ("4", satisfaction::dialogue_row),
    ("5", satisfaction::unhappy_row),
    ("6", summary::row),
    ("7", language::row),
    ("8", reason::row),
    ("8b", intents::row),
    ("9", speed::row),
    ("10", signals::row),
    ("11", gathering::row),
    ("12", sentiment::calibration),
    ("12", satisfaction::calibration_row),
    ("13", redaction::row),
];
