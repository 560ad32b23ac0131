//! Requests and bytes, at S3's list prices.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// List price of a thousand PUT requests in us-east-1 (S3 Standard), in dollars.
pub const USD_PER_THOUSAND_PUTS: f64 = 0.005;
/// List price of a thousand GET requests in us-east-1 (S3 Standard), in dollars.
pub const USD_PER_THOUSAND_GETS: f64 = 0.0004;

/// Counts what a [`crate::Blobs`] requests.
#[derive(Debug, Default)]
pub struct Meter {
    puts: AtomicU64,
    gets: AtomicU64,
    deletes: AtomicU64,
    bytes_in: AtomicU64,
    bytes_out: AtomicU64,
}

/// Requests so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// PUT and LIST requests.
    pub puts: u64,
    /// GET requests.
    pub gets: u64,
    /// DELETE requests, which are free.
    pub deletes: u64,
    /// Bytes stored.
    pub bytes_in: u64,
    /// Bytes read.
    pub bytes_out: u64,
}

impl Usage {
    /// What the requests cost at list price, in dollars; storage not included.
    #[expect(clippy::cast_precision_loss, reason = "a count of requests far below 2^52")]
    pub fn usd(&self) -> f64 {
        self.puts as f64 / 1e3 * USD_PER_THOUSAND_PUTS + self.gets as f64 / 1e3 * USD_PER_THOUSAND_GETS
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { puts, gets, deletes, bytes_in, bytes_out } = self;
        let usd = self.usd();
        write!(f, "{puts} puts ({bytes_in} bytes), {gets} gets ({bytes_out} bytes), {deletes} deletes, ${usd:.6}")
    }
}

impl Meter {
    pub(crate) fn put(&self, bytes: usize) {
        self.puts.fetch_add(1, Ordering::Relaxed);
        self.bytes_in.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    pub(crate) fn got(&self, bytes: usize) {
        self.gets.fetch_add(1, Ordering::Relaxed);
        self.bytes_out.fetch_add(bytes as u64, Ordering::Relaxed);
    }

    /// A LIST request, which costs what a PUT costs.
    pub(crate) fn listed(&self) {
        self.puts.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn deleted(&self) {
        self.deletes.fetch_add(1, Ordering::Relaxed);
    }

    /// Requests so far.
    pub fn snapshot(&self) -> Usage {
        let load = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Usage {
            puts: load(&self.puts),
            gets: load(&self.gets),
            deletes: load(&self.deletes),
            bytes_in: load(&self.bytes_in),
            bytes_out: load(&self.bytes_out),
        }
    }
}
