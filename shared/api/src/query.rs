//! Query strings: read by name, every fault gathered, unknown parameters refused.

use axum::extract::FromRequestParts;
use domain::fault::{Fault, looks_like_typo_of};
use domain::time_range::{DatePreset, PeriodRequest, TimeRange};
use http::request::Parts;
use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

use crate::page::{Position, Walk, decoded};
use crate::problem::Problem;

/// The parameters of a query string, taken one by one; [`Query::finish`] refuses what nobody took.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    faults: Vec<Fault>,
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self::parse(parts.uri.query().unwrap_or_default()))
    }
}

impl Query {
    /// Parses a query string.
    pub fn parse(query: &str) -> Self {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { pairs, known: Vec::new(), faults: Vec::new() }
    }

    /// Notes a fault.
    pub fn fault(&mut self, name: &str, detail: impl Into<String>) {
        self.faults.push(Fault::new(name, detail));
    }

    /// Every value of a parameter that may be repeated.
    pub fn many(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let (taken, rest): (Vec<_>, Vec<_>) =
            std::mem::take(&mut self.pairs).into_iter().partition(|(key, _)| key == name);
        self.pairs = rest;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// The value of a parameter that may be given once; an empty value is a fault.
    pub fn one(&mut self, name: &'static str) -> Option<String> {
        let mut values = self.many(name);
        if values.len() > 1 {
            self.fault(name, "is given more than once");
        }
        let value = values.pop()?;
        if value.is_empty() {
            self.fault(name, "is empty");
            return None;
        }
        Some(value)
    }

    /// One of a fixed set of words.
    pub fn word<T>(&mut self, name: &'static str, parse: fn(&str) -> Option<T>, words: &[&str]) -> Option<T> {
        let value = self.one(name)?;
        self.parsed(name, &value, parse, words)
    }

    /// Any of a fixed set of words, repeated or separated by commas.
    pub fn words<T>(&mut self, name: &'static str, parse: fn(&str) -> Option<T>, words: &[&str]) -> Vec<T> {
        let values = self.many(name);
        let parts: Vec<&str> = values.iter().flat_map(|value| value.split(',')).collect();
        parts.into_iter().filter_map(|part| self.parsed(name, part.trim(), parse, words)).collect()
    }

    fn parsed<T>(&mut self, name: &str, value: &str, parse: fn(&str) -> Option<T>, words: &[&str]) -> Option<T> {
        let parsed = parse(value);
        if parsed.is_none() {
            self.fault(name, format!("{value:?} is not one of {}", words.join(", ")));
        }
        parsed
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &'static str, range: std::ops::RangeInclusive<u64>) -> Option<u64> {
        let value = self.one(name)?;
        let number = value.parse::<u64>().ok().filter(|number| range.contains(number));
        if number.is_none() {
            self.fault(name, format!("must be a whole number from {} to {}", range.start(), range.end()));
        }
        number
    }

    /// The parameters of a period: `date_preset`, `date_from`, `date_to`, `timezone`.
    pub fn period(&mut self, now: Timestamp, zone: &TimeZone, week_start: Weekday) -> (TimeRange, TimeZone) {
        let request = PeriodRequest {
            preset: self.word("date_preset", DatePreset::parse, DatePreset::WORDS),
            from: self.one("date_from"),
            to: self.one("date_to"),
            zone: self.one("timezone"),
        };
        match request.resolve("", now, zone, week_start) {
            Ok(resolved) => resolved,
            Err(faults) => {
                self.faults.extend(faults);
                (TimeRange::default(), zone.clone())
            }
        }
    }

    /// Where the `cursor` of this walk stands. To be taken last: the walk is made of the parameters before it.
    pub fn cursor(&mut self, walk: &Walk) -> Option<Position> {
        let text = self.one("cursor")?;
        let decoded = decoded(&text);
        // With filters that are not valid no cursor is of their walk, which says nothing about the cursor.
        let clean = self.faults.is_empty() && self.pairs.is_empty();
        if decoded.as_ref().is_none_or(|(of, _)| clean && of != walk) {
            self.fault("cursor", "is not a cursor of this list with these filters; begin again without one");
        }
        decoded.map(|(_, position)| position)
    }

    /// Everything wrong, unknown parameters included, or nothing.
    pub fn finish(mut self) -> Result<(), Problem> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            let hint = match looks_like_typo_of(&name, &self.known) {
                Some(meant) => format!("; did you mean {meant}?"),
                None if self.known.is_empty() => "; this route takes none".to_owned(),
                None => format!("; known are {}", self.known.join(", ")),
            };
            self.fault(&name, format!("is not a known parameter{hint}"));
        }
        if self.faults.is_empty() { Ok(()) } else { Err(Problem::invalid(self.faults)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::cursor;

    fn names(problem: &Problem) -> Vec<String> {
        problem.body("").errors.into_iter().map(|fault| fault.pointer).collect()
    }

    #[test]
    fn everything_wrong_is_named_at_once() {
        let mut query = Query::parse("limit=0&state=shut&cursr=x&limit=5&zone=Mars");
        assert_eq!(query.number("limit", 1..=100), Some(5));
        query.word("state", |text| (text == "open").then_some(()), &["open"]);
        query.one("cursor");
        let problem = query.finish().unwrap_err();
        assert_eq!(names(&problem), ["limit", "state", "cursr", "zone"]);
        assert!(problem.body("").errors[2].detail.contains("did you mean cursor"));
    }

    #[test]
    fn a_cursor_is_named_with_the_rest_and_one_of_another_walk_only_where_the_filters_are_valid() {
        let walk = |filters: &str| Walk::new("demo", "list", filters);
        let here = Position { key: 1, id: "a".to_owned() };
        let (own, other) = (cursor(&walk("open"), here.clone()), cursor(&walk("shut"), here.clone()));
        for (text, faults) in [
            (format!("limit=5&cursor={own}"), &[][..]),
            (format!("limit=5&cursor={other}"), &["cursor"]),
            ("limit=0&cursor=x".to_owned(), &["limit", "cursor"]),
            (format!("limit=0&cursor={other}"), &["limit"]),
            (format!("limt=5&cursor={other}"), &["limt"]),
        ] {
            let mut query = Query::parse(&text);
            query.number("limit", 1..=100);
            let position = query.cursor(&walk("open"));
            match query.finish() {
                Ok(()) => assert_eq!((position, faults), (Some(here.clone()), &[][..]), "{text}"),
                Err(problem) => assert_eq!(names(&problem), faults, "{text}"),
            }
        }
    }
}
