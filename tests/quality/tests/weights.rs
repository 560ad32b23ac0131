//! The shipped weights are what the model card says, are rebuilt byte for byte, and are trained on nothing else.
#![expect(clippy::unwrap_used, reason = "a helper of tests may stumble")]

use std::path::{Path, PathBuf};

use quality::data::{Data, Missing};
use quality::train::{MODELS, SOURCES, digest};

fn here(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

fn shipped() -> Vec<(String, Vec<u8>)> {
    let mut found: Vec<(String, Vec<u8>)> = std::fs::read_dir(here("../../shared/language/src/weights"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), std::fs::read(&path).unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn the_model_card_names_every_file_by_its_hash() {
    let card = std::fs::read_to_string(here("../../shared/language/MODEL_CARD.md")).unwrap();
    for (name, bytes) in shipped() {
        let line = card
            .lines()
            .find(|line| line.contains(&format!("`{name}`")))
            .unwrap_or_else(|| panic!("no line for {name}"));
        assert!(line.contains(&digest(&bytes)), "{name}: {} is not in: {line}", digest(&bytes));
        assert!(line.contains(&bytes.len().to_string()), "{name}: {} bytes is not in: {line}", bytes.len());
    }
}

#[test]
fn the_weights_keep_their_budget() {
    let files = shipped();
    assert_eq!(files.len(), 3);
    let total: usize = files.iter().map(|(_, bytes)| bytes.len()).sum();
    assert!(total <= 1_000_000, "{total}");
}

/// The quick one here; all of them by `train --check DATA WEIGHTS` (see the model card).
#[test]
fn sentiment_is_rebuilt_byte_for_byte() {
    let data = here("../../../shared/data");
    if !data.is_dir() {
        return; // the data sets are not in the repository
    }
    let (_, train) = MODELS.iter().find(|(name, _)| *name == "sentiment").unwrap();
    let bytes = train(&Data::only(data, &SOURCES)).unwrap();
    let (_, shipped) = shipped().into_iter().find(|(name, _)| name == "sentiment.bin").unwrap();
    assert_eq!(digest(&bytes), digest(&shipped));
}

#[test]
fn training_cannot_open_a_set_for_evaluation() {
    let data = Data::only(here("../../../shared/data"), &SOURCES);
    for set in ["airline-tweets", "tweetsumm", "support-signals", "langid-short", "twitter-care-conversations"] {
        assert!(!SOURCES.contains(&set));
        assert!(matches!(data.lines(set, "public.tsv.gz"), Err(Missing::Forbidden(_))));
        assert!(matches!(data.first(set, &["public.jsonl.gz"]), Err(Missing::Forbidden(_) | Missing::NotGiven(_))));
    }
}

/// The program gives training only the restricted folder, and no training code reads files by itself.
#[test]
fn training_has_no_other_way_in() {
    let program = std::fs::read_to_string(here("src/bin/train.rs")).unwrap();
    assert!(program.contains("Data::only(data, &SOURCES)") && !program.contains("Data::new("));
    for entry in std::fs::read_dir(here("src/train")).unwrap() {
        let path = entry.unwrap().path();
        let code = std::fs::read_to_string(&path).unwrap();
        for way in ["std::fs", "File::open", "Data::new(", "TESTDATA", "include_bytes", "include_str"] {
            assert!(!code.contains(way), "{}: {way}", path.display());
        }
    }
}
