//! What a row says, and how it is printed.

use crate::data::Missing;

/// Whether larger or smaller is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Better {
    /// A score.
    Higher,
    /// An error, a time, a size.
    Lower,
}

/// One number of a row with what it is compared with.
#[derive(Debug, Clone)]
pub struct Measure {
    /// Its name within the row, e.g. `macro-F1`.
    pub name: String,
    /// Number of items it is over.
    pub n: usize,
    /// Our value.
    pub ours: f64,
    /// 95 % bootstrap interval, where the measure has one.
    pub interval: Option<(f64, f64)>,
    /// Peers measured on the same items in this run.
    pub peers: Vec<(String, f64)>,
    /// The value below (or above) which the program exits with 1.
    pub accept: Option<f64>,
    /// The value aimed at.
    pub aim: Option<f64>,
    /// The good direction.
    pub better: Better,
}

impl Measure {
    /// A measure where more is better, with nothing to compare with yet.
    pub fn new(name: impl Into<String>, n: usize, ours: f64) -> Self {
        Self {
            name: name.into(),
            n,
            ours,
            interval: None,
            peers: Vec::new(),
            accept: None,
            aim: None,
            better: Better::Higher,
        }
    }

    /// Sets the accept and the aim value.
    #[must_use]
    pub fn goals(mut self, accept: f64, aim: f64) -> Self {
        (self.accept, self.aim) = (Some(accept), Some(aim));
        self
    }

    /// Sets the bootstrap interval.
    #[must_use]
    pub fn within(mut self, interval: (f64, f64)) -> Self {
        self.interval = Some(interval);
        self
    }

    /// Less is better.
    #[must_use]
    pub fn lower_is_better(mut self) -> Self {
        self.better = Better::Lower;
        self
    }

    /// Adds a peer measured on the same items.
    #[must_use]
    pub fn peer(mut self, name: &str, value: f64) -> Self {
        self.peers.push((name.to_owned(), value));
        self
    }

    fn reaches(&self, goal: Option<f64>) -> Option<bool> {
        goal.map(|goal| match self.better {
            Better::Higher => self.ours >= goal,
            Better::Lower => self.ours <= goal,
        })
    }

    /// False when an accept value is set and missed.
    pub fn accepted(&self) -> bool {
        self.reaches(self.accept) != Some(false)
    }

    /// True when an aim is set and reached.
    pub fn at_aim(&self) -> bool {
        self.reaches(self.aim) == Some(true)
    }
}

/// One row of the table.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its number in `quality.md`, e.g. `8b`.
    pub id: &'static str,
    /// The goal in a few words.
    pub goal: &'static str,
    /// The set and the part of it that was scored.
    pub data: String,
    /// Measures with goals.
    pub measures: Vec<Measure>,
    /// The same measure on parts of the data; nothing is accepted or missed by them.
    pub slices: Vec<Measure>,
    /// What a reader must know: peers measured elsewhere, limits.
    pub notes: Vec<String>,
    /// Why the row could not be measured.
    pub missing: Option<String>,
}

impl Row {
    /// An empty row.
    pub fn new(id: &'static str, goal: &'static str, data: impl Into<String>) -> Self {
        Self { id, goal, data: data.into(), measures: Vec::new(), slices: Vec::new(), notes: Vec::new(), missing: None }
    }

    /// A row whose data set is not there: it says so.
    pub fn missing(id: &'static str, goal: &'static str, set: &str, why: &Missing) -> Self {
        Self { missing: Some(why.to_string()), ..Self::new(id, goal, set) }
    }

    /// One of several sets of a row is not there: the row says so and is measured on the others.
    pub fn lack(&mut self, set: &str, why: &Missing) {
        let said = format!("{set}: {why}");
        self.missing = Some(self.missing.take().map_or(said.clone(), |before| format!("{before}; {said}")));
    }

    /// True when every accept value is met; a row without data is not a failure, it is said.
    pub fn accepted(&self) -> bool {
        self.measures.iter().all(Measure::accepted)
    }
}

fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.0}") } else { format!("{value:.3}") }
}

fn line(out: &mut Vec<String>, id: &str, measure: &Measure, goal: &str) {
    let interval =
        measure.interval.map_or_else(|| "–".to_owned(), |(low, high)| format!("{}–{}", number(low), number(high)));
    let peers = if measure.peers.is_empty() {
        "–".to_owned()
    } else {
        measure.peers.iter().map(|(name, value)| format!("{name} {}", number(*value))).collect::<Vec<_>>().join(", ")
    };
    let verdict = match (measure.accepted(), measure.accept, measure.at_aim()) {
        (_, None, _) => "",
        (false, _, _) => "MISSED",
        (true, _, true) => "aim",
        (true, _, false) => "accept",
    };
    let goal_value = |goal: Option<f64>| goal.map_or_else(|| "–".to_owned(), number);
    out.push(format!(
        "| {id} | {goal} | {} | {} | {} | {interval} | {peers} | {} | {} | {verdict} |",
        measure.name,
        measure.n,
        number(measure.ours),
        goal_value(measure.accept),
        goal_value(measure.aim),
    ));
}

/// The whole table as Markdown, then the slices and notes of each row.
pub fn print(rows: &[Row]) -> String {
    let mut out = vec![
        "| # | goal | measure | n | ours | 95 % | peers | accept | aim | verdict |".to_owned(),
        "|---|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        if let Some(why) = &row.missing {
            out.push(format!("| {} | {} | – | 0 | – | – | – | – | – | no data ({why}) |", row.id, row.goal));
        }
        for measure in &row.measures {
            line(&mut out, row.id, measure, row.goal);
        }
    }
    for row in rows.iter().filter(|row| !row.slices.is_empty() || !row.notes.is_empty()) {
        out.push(format!("\n## Row {}: {} ({})", row.id, row.goal, row.data));
        for note in &row.notes {
            out.push(format!("- {note}"));
        }
        for slice in &row.slices {
            let peers: Vec<String> =
                slice.peers.iter().map(|(name, value)| format!(", {name} {}", number(*value))).collect();
            let peers = peers.concat();
            out.push(format!("- slice {}: n {}, {}{peers}", slice.name, slice.n, number(slice.ours)));
        }
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missed_value_is_seen_in_both_directions() {
        assert!(!Measure::new("f1", 1, 0.5).goals(0.6, 0.7).accepted());
        assert!(Measure::new("f1", 1, 0.65).goals(0.6, 0.7).accepted());
        assert!(!Measure::new("ece", 1, 0.1).goals(0.08, 0.05).lower_is_better().accepted());
        assert!(Measure::new("ece", 1, 0.01).goals(0.08, 0.05).lower_is_better().at_aim());
    }

    #[test]
    fn a_row_without_data_is_printed() {
        let row = Row::missing("1", "sentiment", "airline-tweets", &Missing::NotGiven("x/y".into()));
        assert!(print(&[row]).contains("no data (not given: x/y)"));
    }
}
