use domain::insights::opencx::{Decision, InsightState};
use domain::matter::{MatterEntry, MatterPage};
use store::Purpose;

use crate::world::{World, at, tenant};

const NOW: &str = "2026-11-25T10:00:00Z";
const THEN: &str = "2027-12-25T10:00:00Z";

fn page(sequence: u64, numbers: std::ops::Range<u32>) -> MatterPage {
    let entry = |number| MatterEntry { number, learned: 3, centre: vec![number.to_le_bytes()[0]; 256], into: None };
    MatterPage { sequence, next: numbers.end, written_at: at(NOW), entries: numbers.map(entry).collect() }
}

#[tokio::test]
async fn a_page_is_appended_once_and_the_log_is_read_from_its_end() {
    let world = World::new().await;
    let demo = tenant("demo");
    assert_eq!(world.store.matter_pages(&demo, 0, 1_000).await.unwrap().pages, []);
    for sequence in 1..=5 {
        let first = u32::try_from(sequence).unwrap() * 10;
        let page = page(sequence, first..first + 10);
        assert!(world.store.append_matters(&demo, &page, at(THEN)).await.unwrap());
        // Another batch that gathered against the same log is refused, and its page is not there.
        assert!(!world.store.append_matters(&demo, &self::page(sequence, 900..910), at(THEN)).await.unwrap());
    }
    let log = world.store.matter_pages(&demo, 0, 1_000).await.unwrap();
    assert_eq!(
        log.pages,
        (1..=5)
            .map(|s| page(s, u32::try_from(s).unwrap() * 10..u32::try_from(s).unwrap() * 10 + 10))
            .collect::<Vec<_>>()
    );
    assert_eq!(log.next, 60);
    let newer = world.store.matter_pages(&demo, 3, 1_000).await.unwrap();
    assert_eq!(newer.pages.iter().map(|page| page.sequence).collect::<Vec<_>>(), [4, 5]);
    assert_eq!(world.store.matter_pages(&demo, 5, 1_000).await.unwrap().pages, []);
    assert_eq!(world.store.matter_pages(&tenant("other"), 0, 1_000).await.unwrap(), store::MatterLog::default());
    // Ten matters of 256 bytes: what a batch costs at most, spread over its hundred conversations.
    assert!(world.store.meter().of(Purpose::Insights).write_units < 60);
}

#[tokio::test]
async fn what_is_decided_survives_races_and_says_what_was_absorbed() {
    let world = World::new().await;
    let demo = tenant("demo");
    let decide = |by: &str| {
        let by = by.to_owned();
        move |state: &InsightState| {
            let mut next = state.clone();
            let (_, reason) =
                next.archived.clone().unwrap_or((Decision { by: String::new(), at: at(NOW) }, String::new()));
            next.archived = Some((Decision { by: by.clone(), at: at(NOW) }, format!("{reason}{by}")));
            next
        }
    };
    let (a, b, c) = tokio::join!(
        world.store.update_insight(&demo, 7, decide("a")),
        world.store.update_insight(&demo, 7, decide("b")),
        world.store.update_insight(&demo, 7, decide("c")),
    );
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    let known = world.store.insights(&demo).await.unwrap();
    let mut letters: Vec<char> = known.states[&7].archived.as_ref().unwrap().1.chars().collect();
    letters.sort_unstable();
    assert_eq!(letters, ['a', 'b', 'c']);
    // Nothing to change is nothing written.
    let written = world.store.meter().of(Purpose::Insights).write_units;
    world.store.update_insight(&demo, 7, InsightState::clone).await.unwrap();
    assert_eq!(world.store.meter().of(Purpose::Insights).write_units, written);

    let mut page = page(1, 9..10);
    page.entries.push(MatterEntry { number: 8, learned: 0, centre: vec![], into: Some(7) });
    assert!(world.store.append_matters(&demo, &page, at(THEN)).await.unwrap());
    assert_eq!(world.store.insights(&demo).await.unwrap().merges.into_iter().collect::<Vec<_>>(), [(8, 7)]);
    assert_eq!(world.store.insights(&tenant("other")).await.unwrap(), store::KnownInsights::default());
}
