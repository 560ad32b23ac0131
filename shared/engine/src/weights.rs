//! Readable weights: a table of lines `name weight…`.

/// A baseline and one weight per feature.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Weights {
    pub(crate) baseline: f64,
    weights: Vec<f64>,
}

impl Weights {
    /// Each feature times its weight.
    pub(crate) fn terms<'a>(&'a self, values: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        self.weights.iter().zip(values).map(|(weight, value)| weight * value)
    }

    /// The baseline and all terms.
    pub(crate) fn sum(&self, values: &[f64]) -> f64 {
        self.baseline + self.terms(values).sum::<f64>()
    }
}

/// Reads a column of a table; a feature that it does not name weighs nothing. A test proves that each is named.
pub(crate) fn parse(table: &str, column: usize, names: &[&str]) -> Weights {
    let lines = || table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(' '));
    let of = |wanted: &str| {
        let found = lines().find(|(name, _)| *name == wanted);
        let written = found.and_then(|(_, weights)| weights.split_whitespace().nth(column));
        written.and_then(|weight| weight.parse().ok()).unwrap_or(0.0)
    };
    Weights { baseline: of("baseline"), weights: names.iter().map(|name| of(name)).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::satisfaction::{DIALOGUE_FEATURES, RUN_FEATURES};

    #[test]
    fn a_table_is_a_weighted_sum() {
        let weights = parse("# made by hand\nbaseline 0 3\nb 7 -0.5\na 7 2\n", 1, &["a", "b", "c"]);
        assert!((weights.sum(&[1.0, 2.0, 9.0]) - 4.0).abs() < 1e-12);
    }

    #[test]
    fn every_feature_has_a_weight_and_every_weight_a_feature() {
        let turns: Vec<&str> = RUN_FEATURES.to_vec();
        let dialogues: Vec<&str> = DIALOGUE_FEATURES.iter().map(|(name, _)| *name).collect();
        for (table, names) in
            [(include_str!("weights/turns.txt"), turns), (include_str!("weights/dialogues.txt"), dialogues)]
        {
            let mut written: Vec<&str> =
                table.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(' ').next()).collect();
            let mut expected = names;
            expected.push("baseline");
            expected.sort_unstable();
            written.sort_unstable();
            assert_eq!(written, expected);
        }
    }
}
