//! Lists of interviews: search, filters, counts, and the order in which completions are synchronised.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;
use utoipa::ToSchema;

use super::ids::InterviewId;
use super::{Interview, InterviewStatus};

/// A text for comparison: lower case, compatibility forms resolved, without accents, white space as one space.
pub fn folded(text: &str) -> String {
    // Lower case first: it may itself bring marks (`İ`).
    let lower = text.nfkd().flat_map(char::to_lowercase).nfkd();
    let plain = lower.filter(|c| !is_combining_mark(*c) || is_vowel_sign(*c));
    let mut out = String::with_capacity(text.len());
    for c in plain {
        match c {
            'ß' => out.push_str("ss"),
            'æ' => out.push_str("ae"),
            'œ' => out.push_str("oe"),
            'ø' => out.push('o'),
            'ł' => out.push('l'),
            'đ' | 'ð' => out.push('d'),
            'ı' => out.push('i'),
            'ς' => out.push('σ'),
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c => out.push(c),
        }
    }
    // Precomposed again, so that scripts whose letters decompose (Hangul, Kana) read as they are written.
    out.trim().nfc().collect()
}

/// The vowels of India's scripts and the marks of Kana are combining marks, but no accents.
fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{0900}'..='\u{0DFF}' | '\u{0E00}'..='\u{0FFF}' | '\u{3099}' | '\u{309A}')
}

/// Which interviews a list shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only of this status; [`InterviewStatus::InProgress`] includes those being called.
    pub status: Option<InterviewStatus>,
    /// Only those whose title or expert's name contains this, folded.
    pub search: Option<String>,
    /// Only completed ones from here on, in the order of [`completion`].
    pub completed_after: Option<Since>,
}

/// Where a synchronisation of completed interviews goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Since {
    /// Everything completed at this time or later.
    Time(Timestamp),
    /// Everything behind this row. Rows that share its time are told apart by their ids.
    Row(Timestamp, InterviewId),
}

impl Since {
    /// Parses `<time>` or `<time>,<id>`.
    pub fn parse(text: &str) -> Option<Self> {
        match text.split_once(',') {
            None => Some(Self::Time(text.parse().ok()?)),
            Some((time, id)) => Some(Self::Row(time.parse().ok()?, InterviewId::parse(id)?)),
        }
    }

    fn admits(self, completion: (Timestamp, InterviewId)) -> bool {
        match self {
            Self::Time(time) => completion.0 >= time,
            Self::Row(time, id) => completion > (time, id),
        }
    }
}

/// An interview's place in the order of completions; `None` until it is completed.
pub fn completion(interview: &Interview) -> Option<(Timestamp, InterviewId)> {
    Some((interview.completed_at?, interview.id))
}

impl Filter {
    /// Whether the list shows this interview.
    pub fn admits(&self, interview: &Interview) -> bool {
        let status = self.status.is_none_or(|wanted| match wanted {
            InterviewStatus::InProgress => interview.status.is_running(),
            wanted => interview.status == wanted,
        });
        let found = self.search.as_ref().is_none_or(|wanted| {
            let wanted = folded(wanted);
            [&interview.plan.title, &interview.plan.expert.name].iter().any(|text| folded(text).contains(&wanted))
        });
        let since = self.completed_after.is_none_or(|since| completion(interview).is_some_and(|at| since.admits(at)));
        status && found && since
    }

    /// The order of the list: newest first; a synchronisation's is that of completions.
    pub fn order(&self, left: &Interview, right: &Interview) -> Ordering {
        match self.completed_after {
            Some(_) => completion(left).cmp(&completion(right)),
            None => (right.created_at, right.id).cmp(&(left.created_at, left.id)),
        }
    }
}

/// How many interviews stand how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Stats {
    /// Created but not yet scheduled.
    pub not_scheduled: u64,
    /// To take place.
    pub scheduled: u64,
    /// Taking place, those being called included.
    pub in_progress: u64,
    /// Over.
    pub completed: u64,
    /// All: the sum of the four above.
    pub total: u64,
    /// Taking place, but nothing happened for five minutes; they count as `inProgress` too.
    pub abandoned: u64,
}

impl Stats {
    /// Counts.
    pub fn of<'a>(interviews: impl IntoIterator<Item = &'a Interview>, now: Timestamp) -> Self {
        let mut stats = Self::default();
        for interview in interviews {
            let slot = match interview.status {
                InterviewStatus::NotScheduled => &mut stats.not_scheduled,
                InterviewStatus::Scheduled => &mut stats.scheduled,
                InterviewStatus::Dialing | InterviewStatus::InProgress => &mut stats.in_progress,
                InterviewStatus::Completed => &mut stats.completed,
            };
            *slot += 1;
            stats.total += 1;
            stats.abandoned += u64::from(interview.is_abandoned(now));
        }
        stats
    }
}

#[cfg(test)]
mod tests {
    use super::super::InterviewType;
    use super::super::plan::{Employment, Expert, Plan};
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use ulid::Ulid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn interview(number: u64, status: InterviewStatus, completed: Option<i64>) -> Interview {
        let plan = Plan {
            interview_type: InterviewType::Full,
            title: "Zürich: Straßen und Brücken".into(),
            call_subject: "Bridges".into(),
            questions: vec!["Why?".into()],
            expert: Expert {
                name: "José Ångström".into(),
                title: "Engineer".into(),
                employment_history: vec![Employment { title: "Engineer".into(), company: "Acme".into() }],
            },
            scheduled_at: None,
            stated_status: None,
            agent_group: None,
            custom_variables: std::collections::BTreeMap::new(),
        };
        let new = Interview::new(InterviewId::new(Ulid::from_parts(number, 0)), plan, at(0));
        Interview { status, completed_at: completed.map(at), last_activity_at: Some(at(0)), ..new }
    }

    #[test]
    fn search_knows_neither_case_nor_accents() {
        let row = interview(1, InterviewStatus::Scheduled, None);
        for (search, found) in [
            ("zurich", true),
            ("ZÜRICH", true),
            ("strassen", true),
            ("STRAßEN", true),
            ("brucken", true),
            ("jose", true),
            ("angstrom", true),
            ("JOSÉ Å", true),
            ("und  br", true),
            ("engineer", false),
            ("acme", false),
            ("x", false),
        ] {
            let filter = Filter { search: Some(search.to_owned()), ..Filter::default() };
            assert_eq!(filter.admits(&row), found, "{search}");
        }
    }

    #[test]
    fn in_progress_includes_dialing() {
        for (wanted, status, shown) in [
            (InterviewStatus::InProgress, InterviewStatus::Dialing, true),
            (InterviewStatus::InProgress, InterviewStatus::InProgress, true),
            (InterviewStatus::Dialing, InterviewStatus::InProgress, false),
            (InterviewStatus::Completed, InterviewStatus::Completed, true),
            (InterviewStatus::Scheduled, InterviewStatus::NotScheduled, false),
        ] {
            let filter = Filter { status: Some(wanted), ..Filter::default() };
            assert_eq!(filter.admits(&interview(1, status, None)), shown, "{wanted:?} {status:?}");
        }
    }

    #[test]
    fn counts_add_up_and_silence_of_five_minutes_is_abandonment() {
        use InterviewStatus::{Completed, Dialing, InProgress, NotScheduled, Scheduled};
        let rows = [NotScheduled, Scheduled, Scheduled, Dialing, InProgress, Completed]
            .map(|status| interview(1, status, None));
        let stats = |after: SignedDuration| Stats::of(&rows, at(0) + after);
        let fresh = stats(SignedDuration::from_secs(299));
        assert_eq!(
            fresh,
            Stats { not_scheduled: 1, scheduled: 2, in_progress: 2, completed: 1, total: 6, abandoned: 0 }
        );
        assert_eq!(stats(SignedDuration::from_secs(300)), Stats { abandoned: 2, ..fresh });
    }

    proptest! {
        /// A synchronisation by pages of any size meets every completed interview once, however many share a time.
        #[test]
        fn synchronising_meets_every_row_once(times in proptest::collection::vec(0_i64..4, 0..30), page in 1_usize..7) {
            let rows: Vec<Interview> =
                times.iter().enumerate().map(|(i, time)| interview(i as u64, InterviewStatus::Completed, Some(*time))).collect();
            let mut since = Since::Time(at(0));
            let mut met = Vec::new();
            loop {
                let filter = Filter { completed_after: Some(since), ..Filter::default() };
                let mut shown: Vec<&Interview> = rows.iter().filter(|row| filter.admits(row)).collect();
                shown.sort_by(|left, right| filter.order(left, right));
                shown.truncate(page);
                let Some(last) = shown.last().and_then(|row| completion(row)) else { break };
                met.extend(shown.iter().map(|row| row.id));
                since = Since::parse(&format!("{},{}", last.0, last.1)).unwrap();
            }
            let mut all: Vec<InterviewId> = rows.iter().map(|row| row.id).collect();
            all.sort_unstable();
            met.sort_unstable();
            prop_assert_eq!(met, all);
        }

        #[test]
        fn folding_is_stable(text in "\\PC{0,40}") {
            let once = folded(&text);
            prop_assert_eq!(folded(&once), once);
        }
    }
}
