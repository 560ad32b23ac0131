#!/usr/bin/env bash
# Runs every target for ten minutes (or the seconds given), two at a time; stops with an error at the first finding.
# cargo-fuzz asks for a nightly compiler's flags; RUSTC_BOOTSTRAP lets the pinned one take them. No sanitizer: there is no unsafe code of ours.
set -euo pipefail
cd "$(dirname "$0")"
seconds=${1:-600}
command -v cargo-fuzz >/dev/null || { echo "cargo-fuzz is missing: cargo install cargo-fuzz --locked" >&2; exit 1; }
export RUSTC_BOOTSTRAP=1
cargo fuzz build --fuzz-dir . -s none
run() {
  mkdir -p "corpus/$1"
  cargo fuzz run --fuzz-dir . -s none "$1" "corpus/$1" "seeds/$1" -- -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 -verbosity=0
}
run html & first=$!
run quotes & second=$!
wait $first; wait $second
run sentences & first=$!
run intake & second=$!
wait $first; wait $second
