//! What ingest does with a request before any store is asked: read, validate, compress.

use std::hint::black_box;
use std::time::{Duration, Instant};

use domain::conversation::intake;
use jiff::Timestamp;
use serde_json::Value;

use crate::Result;
use crate::cloud::now;
use crate::conversations::{Seed, live, request};
use crate::figures::{least, median, processor};
use crate::table::{Row, Table, note};

/// How long each thing is measured.
const LENGTH: Duration = Duration::from_secs(3);

/// Made conversations and, if given, real ones.
pub(crate) fn measure(real: Option<&[Value]>, table: &mut Table) -> Result<()> {
    table.part("Ingest on one core: parse + validate + compress, requests of 100 (processor time)");
    let now = now();
    let made = live(&mut Seed(7), "made", 1_000, 2_000, now);
    one("made conversations", &made, now, table)?;
    if let Some(real) = real {
        one("real conversations (DATA)", real, now, table)?;
    }
    Ok(())
}

fn one(name: &str, conversations: &[Value], now: Timestamp, table: &mut Table) -> Result<()> {
    let requests: Vec<Vec<u8>> = conversations.chunks_exact(100).map(request).collect();
    if requests.is_empty() {
        return Err("fewer than 100 conversations".into());
    }
    let (mut whole, mut reading, mut compressed) = (Vec::new(), Vec::new(), 0);
    let until = Instant::now() + LENGTH;
    while Instant::now() < until {
        for body in &requests {
            let started = processor();
            let intake = intake::read(black_box(body), now)?;
            let read = processor();
            let (bytes, _) = blobs::raw::encode_batch(&intake.accepted)?;
            whole.push((processor() - started) / 100.0);
            reading.push((read - started) / 100.0);
            if !intake.rejected.is_empty() {
                return Err(format!("refused: {:?}", intake.rejected).into());
            }
            compressed = black_box(bytes).len();
        }
    }
    let size = requests.iter().map(Vec::len).sum::<usize>() as f64 / requests.len() as f64 / 100.0;
    let (best, middle) = (1.0 / least(&whole), 1.0 / median(&whole));
    let row = Row::of(format!("{name}, {size:.0} bytes each"), format!("{middle:.0}/s median, {best:.0}/s best"));
    table.row(row.ratio(middle * size / 1e6, "MB/s").at_least(middle, 20_000.0, ">= 20000/s"));
    note(&format!(
        "{:.1} us to read and validate, {:.1} us to write and compress, to {:.0} bytes each",
        median(&reading) * 1e6,
        (median(&whole) - median(&reading)) * 1e6,
        compressed as f64 / 100.0
    ));
    Ok(())
}
