use proptest::prelude::*;

use super::*;
use crate::facts::Placed;
use crate::insights::sample;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A session begun on a day of June 2026 under an insight.
fn session(id: &str, day: i8, number: u32, change: impl FnOnce(&mut FactRow)) -> Session {
    let mut row = sample::rows()[0].1.clone();
    row.created_at = at(&format!("2026-06-{day:02}T10:00:00Z"));
    row.matter = (number > 0).then_some(Placed { number, likeness: 200 });
    row.contact_reason = Some("refund".to_owned());
    row.sentiment = Some((Sentiment::Angry, -0.5));
    change(&mut row);
    let batch = ulid::Ulid::from_parts(1_780_000_000_000 + u64::try_from(day).unwrap(), 1).0;
    (id.to_owned(), Revision { generation: 0, version: 1, batch }, row)
}

fn all(sessions: &[Session]) -> BTreeMap<u32, Insight> {
    fold(sessions, &BTreeMap::new(), &SessionFilter::default())
}

#[test]
fn an_insight_is_what_its_rows_say() {
    let sessions = [
        session("b", 3, 7, |row| row.matter = Some(Placed { number: 7, likeness: 250 })),
        session("a", 1, 7, |row| row.matter = Some(Placed { number: 7, likeness: 250 })),
        session("c", 9, 7, |row| {
            row.sentiment = Some((Sentiment::Happy, 0.5));
            row.contact_reason = Some("invoice".to_owned());
        }),
        session("d", 9, 0, |_| {}),
    ];
    let insights = all(&sessions);
    assert_eq!(insights.keys().copied().collect::<Vec<_>>(), [7]);
    let insight = &insights[&7];
    assert_eq!((insight.occurrences, insight.representative.as_str()), (3, "a"));
    assert_eq!(insight.seen, (at("2026-06-01T10:00:00Z"), at("2026-06-09T10:00:00Z")));
    assert_eq!((insight.category(), insight.sentiment()), (Some("refund"), Some(Sentiment::Angry)));
    assert_eq!(insight.accepted.0.as_millisecond(), 1_780_000_000_001);
}

#[test]
fn session_filters_count_sessions_and_leave_the_insight_itself_alone() {
    let sessions = [
        session("a", 1, 1, |row| row.channel_type = Some("email".to_owned())),
        session("b", 5, 1, |row| {
            row.channel_type = Some("web".to_owned());
            row.sentiment = Some((Sentiment::Happy, 0.5));
        }),
        session("c", 6, 1, |row| row.channel_type = Some("email".to_owned())),
    ];
    let filter = SessionFilter { channel: Some("web".to_owned()), ..SessionFilter::default() };
    let insight = &fold(&sessions, &BTreeMap::new(), &filter)[&1];
    assert_eq!((insight.occurrences, insight.seen.0), (1, at("2026-06-05T10:00:00Z")));
    assert_eq!(insight.seen.0, insight.seen.1);
    // Sentiment, representative and recurrence are those of the whole insight.
    assert_eq!(insight.sentiment(), Some(Sentiment::Angry));
    assert_eq!(insight.latest_began_at, at("2026-06-06T10:00:00Z"));
}

#[test]
fn custom_data_is_or_between_objects_and_and_inside() {
    let pairs = |list: &[(&str, &str)]| -> Pairs {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let row = session("a", 1, 1, |row| {
        row.custom = vec![("plan".to_owned(), "pro".to_owned()), ("seats".to_owned(), "5".to_owned())];
        row.contact_custom = vec![("vip".to_owned(), "true".to_owned())];
    })
    .2;
    let cases: &[(Vec<Pairs>, bool)] = &[
        (vec![], true),
        (vec![pairs(&[])], true),
        (vec![pairs(&[("plan", "pro")])], true),
        (vec![pairs(&[("plan", "pro"), ("seats", "5")])], true),
        (vec![pairs(&[("plan", "pro"), ("seats", "6")])], false),
        (vec![pairs(&[("plan", "free")]), pairs(&[("seats", "5")])], true),
        (vec![pairs(&[("plan", "free")]), pairs(&[("vip", "true")])], false),
    ];
    for (objects, expected) in cases {
        let filter = SessionFilter { ticket_custom: objects.clone(), ..SessionFilter::default() };
        assert_eq!(filter.matches(&row), *expected, "{objects:?}");
    }
    let contact = SessionFilter { contact_custom: vec![pairs(&[("vip", "true")])], ..SessionFilter::default() };
    assert!(contact.matches(&row));
}

#[test]
fn one_object_means_what_the_reports_filter_means() {
    use crate::facts::filter::Filter;
    let row = session("a", 1, 1, |row| row.custom = vec![("plan".to_owned(), "pro".to_owned())]).2;
    for (name, value) in [("plan", "pro"), ("plan", "free"), ("seats", "5")] {
        let report =
            Filter { custom: [(name.to_owned(), vec![value.to_owned()])].into_iter().collect(), ..Filter::default() };
        let object = [(name.to_owned(), value.to_owned())].into_iter().collect();
        let insights = SessionFilter { ticket_custom: vec![object], ..SessionFilter::default() };
        assert_eq!(report.matches("a", &row), insights.matches(&row), "{name}={value}");
    }
}

#[test]
fn a_resolved_insight_opens_again_when_it_recurs_and_an_archived_one_does_not() {
    let now = at("2026-06-05T00:00:00Z");
    let before = [session("a", 1, 1, |_| {})];
    let after = [session("a", 1, 1, |_| {}), session("b", 9, 1, |_| {})];
    let (seen, recurred) = (&all(&before)[&1], &all(&after)[&1]);
    let change = |status| InsightChange { status: Some(status), reason: Some("known".into()), ..Default::default() };
    let resolved = InsightState::default().changed(&change(InsightStatus::Resolved), seen, "Ann", now);
    assert_eq!(resolved.status(seen), InsightStatus::Resolved);
    assert_eq!((resolved.status(recurred), resolved.resolution(recurred)), (InsightStatus::Unresolved, None));
    assert_eq!(resolved.reopened_at(recurred), Some(at("2026-06-09T10:00:00Z")));
    // Resolving again: nothing changes while it is resolved, and a new decision once it recurred.
    let later = at("2026-06-10T00:00:00Z");
    assert_eq!(resolved.changed(&change(InsightStatus::Resolved), seen, "Bob", later), resolved);
    let again = resolved.changed(&change(InsightStatus::Resolved), recurred, "Bob", later);
    assert_eq!(again.resolution(recurred).map(|decision| decision.by.as_str()), Some("Bob"));
    let archived = resolved.changed(&change(InsightStatus::Archived), seen, "Bob", later);
    assert_eq!((archived.status(seen), archived.status(recurred)), (InsightStatus::Archived, InsightStatus::Archived));
    let open = archived.changed(&change(InsightStatus::Unresolved), seen, "Bob", later);
    assert_eq!(open.status(seen), InsightStatus::Unresolved);
    assert_eq!(open.updated_at, Some(later));
}

#[test]
fn absorbed_numbers_count_under_the_older_one() {
    let sessions = [session("a", 1, 2, |_| {}), session("b", 2, 5, |_| {}), session("c", 3, 9, |_| {})];
    let merges = BTreeMap::from([(9, 5), (5, 2)]);
    let insights = fold(&sessions, &merges, &SessionFilter::default());
    assert_eq!(insights.len(), 1);
    assert_eq!((insights[&2].occurrences, insights[&2].absorbed.len()), (3, 2));
    for number in [2, 5, 9] {
        let filter = InsightFilter { number: Some(number), ..InsightFilter::default() };
        assert_eq!(select(insights.clone(), &BTreeMap::new(), &merges, &filter).len(), 1, "{number}");
    }
    // Nonsense in the table of merges does not hang.
    assert_eq!(root(&BTreeMap::from([(1, 1), (2, 3), (3, 2)]), 3), 2);
}

#[test]
fn a_digest_tells_size_trend_causes_segments_and_words() {
    let sessions = [
        session("a", 1, 1, |row| row.friction = vec!["billing".into(), "wait".into()]),
        session("b", 20, 1, |row| row.friction = vec!["billing".into()]),
    ];
    let sessions = sessions_of(&sessions, &BTreeMap::new(), 1);
    assert_eq!(quoted(&sessions), ["a", "b"]);
    let text = digest(&sessions, &[("a".into(), "Charged twice.".into())], at("2026-07-05T00:00:00Z"));
    let start = "2 conversations from 2026-06-01 to 2026-06-20; 1 began in the last 30 days, 1 in the 30 days before. \
                 Sentiment: angry 2. Causes: billing 2, wait 1.";
    assert!(text.starts_with(start), "{text}");
    assert!(text.ends_with("In customers' words: “Charged twice.” (a)."), "{text}");
}

fn sessions() -> impl Strategy<Value = Vec<Session>> {
    let one = (1_i8..28, 0_u32..6, any::<u8>(), 0_usize..3, 0_usize..3, 0_usize..3);
    proptest::collection::vec(one, 0..40).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(index, (day, number, likeness, label, reason, channel))| {
                session(&format!("c{index:02}"), day, number, |row| {
                    row.matter = (number > 0).then_some(Placed { number, likeness });
                    row.sentiment = Sentiment::ALL.get(label).map(|label| (*label, 0.0));
                    row.contact_reason = ["refund", "login"].get(reason).map(|&name| name.to_owned());
                    row.channel_type = ["email", "web"].get(channel).map(|&name| name.to_owned());
                })
            })
            .collect()
    })
}

proptest! {
    /// The slow and obvious way: for each number, look at every session.
    #[test]
    fn the_fold_is_the_brute_force_count(
        mut sessions in sessions(), merges in proptest::collection::btree_map(2_u32..6, 1_u32..5, 0..3),
        channel in proptest::option::of(Just("web".to_owned())), seed in any::<u64>(),
    ) {
        let filter = SessionFilter { channel, ..SessionFilter::default() };
        let insights = fold(&sessions, &merges, &filter);
        let mut total = 0;
        for number in 1..6 {
            let here: Vec<&Session> = sessions.iter()
                .filter(|(_, _, row)| row.matter.is_some_and(|placed| root(&merges, placed.number) == number)).collect();
            prop_assert_eq!(insights.contains_key(&number), !here.is_empty());
            let Some(insight) = insights.get(&number) else { continue };
            let matching: Vec<Timestamp> =
                here.iter().filter(|(_, _, row)| filter.matches(row)).map(|(_, _, row)| row.created_at).collect();
            prop_assert_eq!(insight.occurrences, matching.len() as u64);
            if let (Some(first), Some(last)) = (matching.iter().min(), matching.iter().max()) {
                prop_assert_eq!(insight.seen, (*first, *last));
            }
            let nearest = here.iter().map(|(id, _, row)| (Reverse(row.matter.unwrap().likeness), id)).min().unwrap();
            prop_assert_eq!(&insight.representative, nearest.1);
            total += here.len();
        }
        prop_assert_eq!(total, sessions.iter().filter(|(_, _, row)| row.matter.is_some()).count());
        // Whatever the order of the rows.
        let length = u64::try_from(sessions.len()).unwrap().max(1);
        sessions.rotate_left(usize::try_from(seed % length).unwrap());
        sessions.reverse();
        prop_assert_eq!(fold(&sessions, &merges, &filter), insights);
    }

    #[test]
    fn lists_are_ordered_and_filters_only_take_away(sessions in sessions(), by in 0_usize..4, order in 0_usize..2, least in 0_u64..4) {
        let filter = InsightFilter {
            sort_by: SortBy::ALL[by], sort_order: SortOrder::ALL[order], min_sessions: least, ..InsightFilter::default()
        };
        let insights = all(&sessions);
        let listed = select(insights.clone(), &BTreeMap::new(), &BTreeMap::new(), &filter);
        prop_assert_eq!(listed.len(), insights.values().filter(|insight| insight.occurrences >= least.max(1)).count());
        for pair in listed.windows(2) {
            let key = |insight: &Insight| match filter.sort_by {
                SortBy::OccurrenceCount => i64::try_from(insight.occurrences).unwrap(),
                SortBy::LastSeenAt => insight.seen.1.as_second(),
                SortBy::FirstSeenAt => insight.seen.0.as_second(),
                SortBy::CreatedAt => insight.accepted.0.as_millisecond(),
            };
            let (a, b) = (key(&pair[0]), key(&pair[1]));
            let right = if filter.sort_order == SortOrder::Asc { a <= b } else { a >= b };
            prop_assert!(right && (a != b || pair[0].number < pair[1].number));
        }
    }
}
