//! The table that the program prints.

/// One line.
pub(crate) struct Row {
    name: String,
    measured: String,
    ratio: String,
    target: String,
    met: Option<bool>,
}

/// Prints lines as they come, so that a long run shows its progress.
#[derive(Default)]
pub(crate) struct Table {
    missed: Vec<String>,
}

const WIDTHS: [usize; 4] = [50, 46, 16, 20];

impl Table {
    /// The heading of a part.
    pub(crate) fn part(&self, title: &str) {
        println!("\n{title}");
        print_line(["", "measured", "ratio", "target"], "");
    }

    /// A remark under a part.
    pub(crate) fn note(&self, text: &str) {
        println!("  {text}");
    }

    /// A line that is judged.
    pub(crate) fn row(&mut self, row: Row) {
        let verdict = match row.met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        print_line([&row.name, &row.measured, &row.ratio, &row.target], verdict);
        if row.met == Some(false) {
            self.missed.push(row.name);
        }
    }

    /// The last line.
    pub(crate) fn end(&self) {
        if self.missed.is_empty() {
            println!("\nEvery target was met.");
        } else {
            println!("\nMISSED: {}", self.missed.join("; "));
        }
    }
}

fn print_line(cells: [&str; 4], verdict: &str) {
    let mut line = String::from("  ");
    for (cell, width) in cells.into_iter().zip(WIDTHS) {
        line.push_str(&format!("{cell:width$} "));
    }
    line.push_str(verdict);
    println!("{}", line.trim_end());
}

impl Row {
    /// A figure without a target.
    pub(crate) fn of(name: impl Into<String>, measured: impl Into<String>) -> Self {
        let (ratio, target) = (String::new(), String::new());
        Self { name: name.into(), measured: measured.into(), ratio, target, met: None }
    }

    /// Adds the ratio to what the figure is compared with.
    pub(crate) fn ratio(mut self, ratio: f64, peer: &str) -> Self {
        self.ratio = format!("{ratio:.2} x {peer}");
        self
    }

    /// Adds a target that must not be exceeded.
    pub(crate) fn at_most(mut self, value: f64, target: f64, text: impl Into<String>) -> Self {
        self.target = text.into();
        self.met = Some(value <= target);
        self
    }

    /// Adds a target that must be reached.
    pub(crate) fn at_least(mut self, value: f64, target: f64, text: impl Into<String>) -> Self {
        self.target = text.into();
        self.met = Some(value >= target);
        self
    }
}
