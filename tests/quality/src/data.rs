//! The data folder: one folder per set, gzipped TSV or JSON lines, as its README says.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

/// Why a set could not be read. A missing set is a state of the row, not a failure of the program.
#[derive(Debug)]
pub enum Missing {
    /// The file is not there.
    NotGiven(PathBuf),
    /// The set may not be opened here.
    Forbidden(String),
    /// The file is there and cannot be read as what its README says.
    Unreadable(PathBuf, String),
}

impl std::fmt::Display for Missing {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotGiven(path) => write!(out, "not given: {}", path.display()),
            Self::Forbidden(set) => write!(out, "{set} is for evaluation only"),
            Self::Unreadable(path, why) => write!(out, "unreadable: {}: {why}", path.display()),
        }
    }
}

/// The folder named on the command line.
#[derive(Debug, Clone)]
pub struct Data {
    root: PathBuf,
    /// The only sets that may be opened, where that is restricted.
    only: Option<&'static [&'static str]>,
}

impl Data {
    /// A data folder; nothing is read until a row asks.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), only: None }
    }

    /// A data folder of which nothing but the named sets can be opened: what training is given.
    pub fn only(root: impl Into<PathBuf>, sets: &'static [&'static str]) -> Self {
        Self { root: root.into(), only: Some(sets) }
    }

    /// The path of a file of a set.
    pub fn path(&self, set: &str, file: &str) -> PathBuf {
        self.root.join(set).join(file)
    }

    /// The part of a set to score: the first of `files` that exists. Rows name `test.tsv.gz` (or `.jsonl.gz`) before the validation part.
    pub fn first(&self, set: &str, files: &[&str]) -> Result<(String, Vec<String>), Missing> {
        for file in files {
            if self.path(set, file).is_file() {
                return Ok(((*file).to_owned(), self.lines(set, file)?));
            }
        }
        Err(Missing::NotGiven(self.path(set, files.last().unwrap_or(&""))))
    }

    /// The lines of a gzipped file.
    pub fn lines(&self, set: &str, file: &str) -> Result<Vec<String>, Missing> {
        if self.only.is_some_and(|sets| !sets.contains(&set)) {
            return Err(Missing::Forbidden(set.to_owned()));
        }
        read_lines(&self.path(set, file))
    }

    /// The rows of a gzipped TSV file; a line with another number of fields is an error, never skipped.
    pub fn tsv(&self, set: &str, file: &str, fields: usize) -> Result<Vec<Vec<String>>, Missing> {
        split(self.lines(set, file)?, fields).map_err(|why| Missing::Unreadable(self.path(set, file), why))
    }

    /// [`Data::first`], split into fields.
    pub fn first_tsv(&self, set: &str, files: &[&str], fields: usize) -> Result<(String, Vec<Vec<String>>), Missing> {
        let (file, lines) = self.first(set, files)?;
        let rows = split(lines, fields).map_err(|why| Missing::Unreadable(self.path(set, &file), why))?;
        Ok((file, rows))
    }

    /// [`Data::first`], each line read as JSON.
    pub fn first_json<T: serde::de::DeserializeOwned>(
        &self,
        set: &str,
        files: &[&str],
    ) -> Result<(String, Vec<T>), Missing> {
        let (file, lines) = self.first(set, files)?;
        let rows = lines
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|why| Missing::Unreadable(self.path(set, &file), why.to_string()))?;
        Ok((file, rows))
    }
}

fn split(lines: Vec<String>, fields: usize) -> Result<Vec<Vec<String>>, String> {
    lines
        .into_iter()
        .enumerate()
        .map(|(number, line)| {
            let row: Vec<String> = line.splitn(fields, '\t').map(str::to_owned).collect();
            if row.len() == fields { Ok(row) } else { Err(format!("line {}: {} fields", number + 1, row.len())) }
        })
        .collect()
}

fn read_lines(path: &Path) -> Result<Vec<String>, Missing> {
    let bytes = std::fs::read(path).map_err(|_| Missing::NotGiven(path.to_owned()))?;
    let mut text = String::new();
    MultiGzDecoder::new(bytes.as_slice())
        .read_to_string(&mut text)
        .map_err(|why| Missing::Unreadable(path.to_owned(), why.to_string()))?;
    Ok(text.split('\n').filter(|line| !line.is_empty()).map(|line| line.trim_end_matches('\r').to_owned()).collect())
}
