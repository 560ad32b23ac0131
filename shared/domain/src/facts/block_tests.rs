use proptest::prelude::*;

use super::*;
use crate::facts::latest;

/// A small generator (`SplitMix64`), so that one number names a whole block of arbitrary rows.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: u64) -> u64 {
        self.next() % most
    }

    fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        (self.below(3) > 0).then(|| make(self))
    }

    fn list<T>(&mut self, mut make: impl FnMut(&mut Self) -> T) -> Vec<T> {
        (0..self.below(4)).map(|_| make(self)).collect()
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[usize::try_from(self.below(all.len() as u64)).unwrap()]
    }

    fn text(&mut self) -> String {
        match self.below(4) {
            0 => String::new(),
            1 => "mutual".into(),
            2 => format!("ünïcode-{}", self.below(5)),
            _ => format!("id-{}", self.next()),
        }
    }

    fn score(&mut self) -> f64 {
        match self.below(8) {
            0 => 0.0,
            1 => -0.0,
            2 => f64::from_bits(self.next() & !(0x7ff << 52)),
            3 => f64::MAX,
            4 => f64::NEG_INFINITY,
            _ => crate::analysis::round3(f64::from(u32::try_from(self.below(200_000)).unwrap()) / 1000.0 - 100.0),
        }
    }

    fn time(&mut self) -> Timestamp {
        let second = i64::try_from(self.below(4_000_000_000)).unwrap();
        let nanosecond = match self.below(6) {
            0 => 123_456_789,
            1 => 500_000_000,
            2 => 999_000,
            _ => 0,
        };
        match self.below(40) {
            0 => Timestamp::MIN,
            1 => Timestamp::MAX,
            _ => Timestamp::new(second, nanosecond).unwrap(),
        }
    }

    fn count(&mut self) -> u32 {
        if self.below(20) == 0 { u32::MAX } else { u32::try_from(self.below(50)).unwrap() }
    }

    fn duration(&mut self) -> (u64, u64) {
        if self.below(20) == 0 { (u64::MAX, 0) } else { (self.below(100_000), self.below(100_000)) }
    }

    fn agent(&mut self) -> AgentFacts {
        AgentFacts {
            id: self.text(),
            kind: self.pick(AgentKind::ALL),
            messages: self.count(),
            words: self.count(),
            reply_seconds: self.list(|dice| dice.below(100_000)),
            skills: [0; 6].map(|_| self.maybe(Self::score)),
            required: [0; 6].map(|_| self.maybe(Self::score)),
            detections: [0; 3].map(|_| self.count()),
            first_at: self.time(),
            last_at: self.time(),
        }
    }

    fn facts(&mut self) -> FactRow {
        FactRow {
            created_at: self.time(),
            last_activity_at: self.time(),
            status: self.maybe(|dice| dice.pick(Status::ALL)),
            priority: self.maybe(|dice| dice.pick(Priority::ALL)),
            channel_type: self.maybe(Self::text),
            channel_id: self.maybe(Self::text),
            contact_id: self.maybe(Self::text),
            account_id: self.maybe(Self::text),
            assignee_id: self.maybe(Self::text),
            team_id: self.maybe(Self::text),
            tags: self.list(Self::text),
            custom: self.list(|dice| (dice.text(), dice.text())),
            contact_custom: self.list(|dice| (dice.text(), dice.text())),
            not_scored: self.maybe(|dice| dice.pick(NotScored::ALL)),
            language: self.maybe(Self::text),
            sentiment: self.maybe(|dice| (dice.pick(Sentiment::ALL), dice.score())),
            temperature: self.maybe(|dice| dice.pick(Temperature::ALL)),
            severity: self.maybe(|dice| dice.pick(Severity::ALL)),
            pcsat: self.maybe(Self::score),
            csat: self.list(|dice| (u8::try_from(dice.below(256)).unwrap(), dice.time())),
            churn: self.maybe(|dice| (dice.pick(ChurnLevel::ALL), dice.score())),
            warnings: self.list(|dice| dice.pick(WarningKind::ALL)),
            intervention: self.maybe(|dice| dice.pick(TaskPriority::ALL)),
            topics: self.list(|dice| (dice.pick(TagKind::ALL), dice.text(), dice.text(), dice.pick(Polarity::ALL))),
            friction: self.list(Self::text),
            feature_requests: self.list(Self::text),
            contact_reason: self.maybe(Self::text),
            growth: self.list(|dice| dice.pick(GrowthKind::ALL)),
            shares: self.list(|dice| (dice.maybe(Self::text), dice.text())),
            effort: self.maybe(Self::score),
            complexity: self.maybe(Self::score),
            resolution: self.maybe(|dice| dice.pick(ResolutionState::ALL)),
            resolution_human: self.maybe(|dice| dice.pick(ResolutionState::ALL)),
            resolution_bot: self.maybe(|dice| dice.pick(ResolutionState::ALL)),
            closed_count: self.count(),
            reopen_count: self.count(),
            first_closed_at: self.maybe(Self::time),
            last_closed_at: self.maybe(Self::time),
            first_response_human: self.maybe(Self::duration),
            first_response_bot: self.maybe(Self::duration),
            handle_human: self.maybe(Self::duration),
            handle_bot: self.maybe(Self::duration),
            resolution_time: self.maybe(Self::duration),
            resolution_time_human: self.maybe(Self::duration),
            waiting_since: self.maybe(Self::time),
            sla: (self.maybe(|dice| dice.below(2) == 0), self.maybe(|dice| dice.below(2) == 0)),
            customer_messages: self.count(),
            agent_messages: self.count(),
            bot_messages: self.count(),
            agents: self.list(Self::agent),
            matter: self
                .maybe(|dice| Placed { number: dice.count(), likeness: u8::try_from(dice.below(256)).unwrap() }),
        }
    }

    fn entry(&mut self) -> Entry {
        let version = match self.below(20) {
            0 => i64::MIN,
            1 => i64::MAX,
            _ => i64::try_from(self.below(4_000_000_000_000_000)).unwrap(),
        };
        let batch = if self.below(3) == 0 { u128::from(self.next()) << 64 | u128::from(self.next()) } else { 7 };
        let generation = if self.below(9) == 0 { self.count() } else { 0 };
        Entry {
            conversation_id: self.text(),
            revision: Revision { generation, version, batch },
            facts: self.maybe(Self::facts),
        }
    }
}

/// Equal to the bit, so that −0 is not taken for 0.
fn same(left: &[Entry], right: &[Entry]) -> bool {
    format!("{left:?}") == format!("{right:?}")
}

proptest! {
    #[test]
    fn every_block_decodes_to_what_was_encoded(seed in any::<u64>(), rows in 0_usize..12) {
        let mut dice = Dice(seed);
        let entries: Vec<Entry> = (0..rows).map(|_| dice.entry()).collect();
        let back = decode(&encode(&entries)).unwrap();
        prop_assert!(same(&back, &entries), "{back:?}\n{entries:?}");
        prop_assert_eq!(latest(back).len(), latest(entries).len());
    }

    #[test]
    fn damaged_blocks_are_refused_or_read_but_never_panic(
        seed in any::<u64>(), at in any::<proptest::sample::Index>(), to in any::<u8>(), cut in any::<proptest::sample::Index>(),
    ) {
        let mut dice = Dice(seed);
        let entries: Vec<Entry> = (0..3).map(|_| dice.entry()).collect();
        let mut bytes = encode(&entries);
        let at = at.index(bytes.len());
        bytes[at] = to;
        drop(decode(&bytes));
        bytes.truncate(cut.index(bytes.len()));
        drop(decode(&bytes));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        drop(decode(&bytes));
        drop(decode(&[&[FORMAT], bytes.as_slice()].concat()));
    }
}

#[test]
fn an_older_block_without_the_newest_columns_reads_as_nothing_there() {
    let facts = FactRow { agents: vec![], matter: None, ..Dice(3).facts() };
    let entry = Entry {
        conversation_id: "a".into(),
        revision: Revision { generation: 0, version: 1, batch: 2 },
        facts: Some(facts),
    };
    let bytes = encode(std::slice::from_ref(&entry));
    // Without agents six columns are empty, a length of zero each; the last has a zero for the row that was not gathered.
    let (older, empty) = bytes.split_at(bytes.len() - 8);
    assert_eq!(empty, [0, 0, 0, 0, 0, 0, 1, 0]);
    assert!(same(&decode(older).unwrap(), std::slice::from_ref(&entry)));
    // And a newer block's extra columns are ignored.
    let newer = [bytes.as_slice(), &[2, 1, 1]].concat();
    assert!(same(&decode(&newer).unwrap(), &[entry]));
}

#[test]
fn other_versions_are_refused() {
    assert_eq!(decode(&[]), Err(Corrupt("it is empty")));
    assert_eq!(decode(&[FORMAT + 1]), Err(Corrupt("its version is unknown")));
    assert_eq!(decode(&encode(&[])), Ok(vec![]));
}
