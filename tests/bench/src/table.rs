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
    part: String,
    missed: Vec<String>,
}

/// A remark under a part.
pub(crate) fn note(text: &str) {
    println!("  {text}");
}

const WIDTHS: [usize; 4] = [50, 46, 16, 20];

impl Table {
    /// The heading of a part.
    pub(crate) fn part(&mut self, title: &str) {
        title.split([',', ':', '(']).next().unwrap_or_default().trim().clone_into(&mut self.part);
        println!("\n{title}");
        print_line(["", "measured", "ratio", "target"], "");
    }

    /// A line that is judged.
    pub(crate) fn row(&mut self, row: Row) {
        let Row { name, measured, ratio, target, met } = row;
        let verdict = match met {
            Some(true) => "met",
            Some(false) => "MISSED",
            None => "",
        };
        print_line([&name, &measured, &ratio, &target], verdict);
        if met == Some(false) {
            self.missed.push(format!("{}: {}", self.part, name));
        }
    }

    /// The last line.
    pub(crate) fn end(&self) {
        if self.missed.is_empty() {
            println!("\nEvery target was met.");
        } else {
            println!("\nMISSED\n  {}", self.missed.join("\n  "));
        }
    }
}

fn print_line(cells: [&str; 4], verdict: &str) {
    let mut line = String::from("  ");
    for (cell, width) in cells.into_iter().zip(WIDTHS) {
        line.push_str(cell);
        line.extend(std::iter::repeat_n(' ', (width + 1).saturating_sub(cell.chars().count())));
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
