//! Events that a support team's own reports count: articles read and rated, e-mail that came back, surveys answered.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::session::hashed;
use super::{Article, Event, EventKind, SupportKind};

/// How long after reading an article a new conversation shows that the article did not help: a day.
pub const DEFLECTED_AFTER: SignedDuration = SignedDuration::from_hours(24);

/// A customer in rows: a number under the tenant's secret, which says nothing about the person.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person(pub u64);

impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Person(…)")
    }
}

/// One event as reports read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SupportRow {
    /// Number of the event: the same for one that comes again.
    pub event: u64,
    /// Whose it is.
    pub person: Person,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: SupportKind,
}

impl SupportRow {
    /// The row of an event; `None` for one that these reports do not count.
    pub fn of(event: &Event, person: Person) -> Option<Self> {
        let EventKind::Support(kind) = &event.kind else { return None };
        let number = hashed(&[&event.customer_id, event.session_id.as_deref().unwrap_or_default(), &event.id]);
        Some(Self { event: number, person, at: event.at, kind: kind.clone() })
    }
}

/// What happened to one article.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArticleAcc {
    /// Views.
    pub views: u64,
    /// "It helped."
    pub helpful: u64,
    /// "It did not."
    pub not_helpful: u64,
    /// Title and slug by the newest event that had them.
    named: Option<(Timestamp, Article)>,
}

impl ArticleAcc {
    /// The title, if an event had one.
    pub fn title(&self) -> Option<&str> {
        self.named.as_ref().and_then(|(_, article)| article.title.as_deref())
    }

    /// The slug, if an event had one.
    pub fn slug(&self) -> Option<&str> {
        self.named.as_ref().and_then(|(_, article)| article.slug.as_deref())
    }
}

/// The events of a period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupportAcc {
    /// By article.
    pub articles: BTreeMap<String, ArticleAcc>,
    /// Who read when.
    readers: BTreeMap<Person, BTreeSet<Timestamp>>,
    /// Whose mail came back.
    bounced: BTreeSet<Person>,
    /// Who complained.
    complained: BTreeSet<Person>,
    /// Ratings, 1–5.
    pub ratings: [u64; 5],
    /// Surveys answered without a rating.
    pub unrated: u64,
}

impl SupportAcc {
    /// Folds the rows from `from` until before `to`; one that stands there twice counts once.
    pub fn fold(rows: &[SupportRow], from: Timestamp, to: Timestamp) -> Self {
        let mut acc = Self::default();
        let mut seen = BTreeSet::new();
        for row in rows.iter().filter(|row| (from..to).contains(&row.at)) {
            if seen.insert(row.event) {
                acc.add(row);
            }
        }
        acc
    }

    fn add(&mut self, row: &SupportRow) {
        match &row.kind {
            SupportKind::ArticleView(article) => {
                self.article(article, row.at).views += 1;
                self.readers.entry(row.person).or_default().insert(row.at);
            }
            SupportKind::ArticleFeedback { article, helpful } => {
                let found = self.article(article, row.at);
                *(if *helpful { &mut found.helpful } else { &mut found.not_helpful }) += 1;
            }
            SupportKind::EmailBounce => drop(self.bounced.insert(row.person)),
            SupportKind::EmailComplaint => drop(self.complained.insert(row.person)),
            SupportKind::CsatResponse { rating } => {
                let star = rating.and_then(|rating| self.ratings.get_mut(usize::from(rating).wrapping_sub(1)));
                *star.unwrap_or(&mut self.unrated) += 1;
            }
        }
    }

    fn article(&mut self, article: &Article, at: Timestamp) -> &mut ArticleAcc {
        let found = self.articles.entry(article.id.clone()).or_default();
        let is_named = article.title.is_some() || article.slug.is_some();
        if is_named && found.named.as_ref().is_none_or(|(when, known)| (*when, known) < (at, article)) {
            found.named = Some((at, article.clone()));
        }
        found
    }

    /// Customers whose mail came back.
    pub fn bounced(&self) -> u64 {
        self.bounced.len() as u64
    }

    /// Customers who complained.
    pub fn complained(&self) -> u64 {
        self.complained.len() as u64
    }

    /// (deflected readers, readers): a reader is deflected when no conversation of theirs began within [`DEFLECTED_AFTER`] after one of
    /// their views. `begun` are the beginnings of customers' conversations.
    pub fn deflection(&self, begun: &BTreeMap<Person, Vec<Timestamp>>) -> (u64, u64) {
        let asked = |person: &Person, views: &BTreeSet<Timestamp>| {
            let begun = begun.get(person).map(Vec::as_slice).unwrap_or_default();
            begun.iter().any(|begun| {
                let earliest = begun.checked_sub(DEFLECTED_AFTER).unwrap_or(Timestamp::MIN);
                views.range(earliest..=*begun).next().is_some()
            })
        };
        let deflected = self.readers.iter().filter(|(person, views)| !asked(person, views)).count();
        (deflected as u64, self.readers.len() as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_790_000_000 + hour * 3_600).unwrap()
    }

    fn article(title: Option<&str>) -> Article {
        Article { id: "a".into(), title: title.map(str::to_owned), slug: None }
    }

    fn row(event: u64, person: u64, hour: i64, kind: SupportKind) -> SupportRow {
        SupportRow { event, person: Person(person), at: at(hour), kind }
    }

    #[test]
    fn everything_counts_once_and_in_its_period_only() {
        let rows = [
            row(1, 1, 0, SupportKind::ArticleView(article(Some("Old")))),
            row(1, 1, 0, SupportKind::ArticleView(article(Some("Old")))),
            row(2, 2, 5, SupportKind::ArticleView(article(Some("New")))),
            row(3, 2, 6, SupportKind::ArticleFeedback { article: article(None), helpful: true }),
            row(4, 2, 7, SupportKind::ArticleFeedback { article: article(None), helpful: false }),
            row(5, 3, 7, SupportKind::EmailBounce),
            row(6, 3, 8, SupportKind::EmailBounce),
            row(7, 3, 8, SupportKind::EmailComplaint),
            row(8, 3, 8, SupportKind::CsatResponse { rating: Some(5) }),
            row(9, 3, 8, SupportKind::CsatResponse { rating: None }),
            row(10, 3, 10, SupportKind::EmailComplaint),
        ];
        let acc = SupportAcc::fold(&rows, at(0), at(10));
        let found = &acc.articles["a"];
        assert_eq!((found.views, found.helpful, found.not_helpful, found.title()), (2, 1, 1, Some("New")));
        assert_eq!((acc.bounced(), acc.complained(), acc.ratings, acc.unrated), (1, 1, [0, 0, 0, 0, 1], 1));
    }

    #[test]
    fn readers_who_did_not_ask_within_a_day_were_deflected() {
        let view = |event, person, hour| row(event, person, hour, SupportKind::ArticleView(article(None)));
        let acc = SupportAcc::fold(&[view(1, 1, 0), view(2, 2, 0), view(3, 3, 0), view(4, 4, 9)], at(0), at(100));
        let begun = BTreeMap::from([
            (Person(1), vec![at(24)]),
            (Person(2), vec![at(25)]),
            (Person(3), vec![at(-1)]),
            (Person(9), vec![at(1)]),
        ]);
        assert_eq!(acc.deflection(&begun), (3, 4), "the first asked within a day");
    }
}
