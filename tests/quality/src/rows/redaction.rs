//! Row 13: personal data found, on a set written for it (`redaction.txt`): it needs no data folder.

use std::collections::{BTreeMap, BTreeSet};

use domain::conversation::Contact;
use domain::redaction::{Found, PersonalData, Redactor};

use crate::data::Data;
use crate::table::{Measure, Row};

const SET: &str = include_str!("redaction.txt");

/// A line of the set: the text without its marks, what is in it, the contact.
struct Line {
    text: String,
    wanted: Vec<Found>,
    contact: Option<Contact>,
}

fn read(line: &str) -> Option<Line> {
    let (contact, marked) = match line.strip_prefix('{').and_then(|rest| rest.split_once("} ")) {
        Some((record, rest)) => {
            let field = |name: &str| record.split(';').find_map(|part| part.strip_prefix(name)).map(str::to_owned);
            let (name, email, phone) = (field("name="), field("email="), field("phone="));
            (Some(Contact { id: "c".into(), name, email, phone, account: None, custom: BTreeMap::new() }), rest)
        }
        None => (None, line),
    };
    let mut parts = marked.split("[[");
    let mut text = parts.next()?.to_owned();
    let mut wanted = Vec::new();
    for part in parts {
        let (marked, rest) = part.split_once("]]")?;
        let (kind, datum) = marked.split_once(':')?;
        let start = text.chars().count();
        text.push_str(datum);
        wanted.push(Found { start, end: text.chars().count(), kind: PersonalData::parse(kind)? });
        text.push_str(rest);
    }
    Some(Line { text, wanted, contact })
}

/// Found of the same kind at the same place; hidden in whole but with other bounds counts as half of neither: it is wrong.
#[derive(Default)]
struct Counts {
    right: usize,
    found: usize,
    wanted: usize,
    /// Wanted and hidden altogether, by whatever kind.
    hidden: usize,
}

/// Row 13.
pub(crate) fn row(_: &Data) -> Row {
    let mut all = Counts::default();
    let mut kinds: BTreeMap<PersonalData, Counts> = BTreeMap::new();
    let mut lines = 0;
    for line in SET.lines().filter(|line| !line.starts_with('#')).filter_map(read) {
        lines += 1;
        let found = Redactor::of(line.contact.as_ref()).find(&line.text);
        let same: BTreeSet<&Found> = found.iter().filter(|one| line.wanted.contains(one)).collect();
        for one in &found {
            kinds.entry(one.kind).or_default().found += 1;
        }
        for one in &line.wanted {
            let counts = kinds.entry(one.kind).or_default();
            counts.wanted += 1;
            counts.right += usize::from(same.contains(one));
            let covered = |at: usize| found.iter().any(|found| (found.start..found.end).contains(&at));
            let hidden = (one.start..one.end)
                .all(|at| covered(at) || line.text.chars().nth(at).is_some_and(char::is_whitespace));
            counts.hidden += usize::from(hidden);
        }
    }
    for counts in kinds.values() {
        all.right += counts.right;
        all.found += counts.found;
        all.wanted += counts.wanted;
        all.hidden += counts.hidden;
    }
    let share = |part: usize, whole: usize| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    let mut row = Row::new("13", "personal data found", format!("{lines} lines written for it"));
    row.measures
        .push(Measure::new("precision (kind and bounds)", all.found, share(all.right, all.found)).goals(0.9, 0.97));
    row.measures
        .push(Measure::new("recall (kind and bounds)", all.wanted, share(all.right, all.wanted)).goals(0.85, 0.95));
    row.measures.push(
        Measure::new("hidden, whatever it was taken for", all.wanted, share(all.hidden, all.wanted)).goals(0.9, 0.98),
    );
    for (kind, counts) in &kinds {
        let name = kind.as_str();
        row.slices.push(Measure::new(format!("{name} precision"), counts.found, share(counts.right, counts.found)));
        row.slices.push(Measure::new(format!("{name} recall"), counts.wanted, share(counts.right, counts.wanted)));
    }
    row.notes.push(
        "the set was written before the rules were measured on it, and by the same hand: expect less on other text"
            .to_owned(),
    );
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_set_can_be_read() {
        let lines: Vec<&str> = SET.lines().filter(|line| !line.starts_with('#')).collect();
        assert!(lines.len() > 70);
        assert!(lines.iter().all(|line| read(line).is_some()));
    }
}
