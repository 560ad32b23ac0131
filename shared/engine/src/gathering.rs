//! Gathering: conversations about one matter meet under one number as they stream in.
//!
//! What is known of the matters is a tenant's log ([`MatterPage`]); a batch is gathered against the log as it stands, and what it
//! taught is appended as one page. Two batches that want to append the same page meet in the store: the later one reads what the
//! earlier wrote and gathers again, so a number is given once.
//!
//! What holds: a number means one matter for ever; a conversation is in one insight at most; the same log and texts give the same
//! numbers. What cannot hold: that every order of arrival gives the same gathering. Row 11 of `make quality` measures how far orders differ.

use std::collections::{BTreeMap, BTreeSet};

use domain::analysis::ConversationAnalysis;
use domain::facts::Placed;
use domain::matter::{MatterEntry, MatterPage};
use jiff::{SignedDuration, Timestamp};
pub use language::Signature;
use language::{JOIN, Matter, are_one, place};

/// Most matters that a text is compared with: those which the log named last. Each takes some 60 ns a text.
pub const WINDOW: usize = 2_048;
/// A matter whose last entry is older is entered again when it is used, so that what is in use does not expire with its page.
const RENEW_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What a conversation is about: the signature of what the customer came with. None for what was not scored, and for languages other
/// than English, of which the weights know nothing: they would gather whatever they cannot read.
pub fn signature(analysis: &ConversationAnalysis) -> Option<Signature> {
    let readable = analysis.not_scored.is_none() && analysis.language.as_ref().is_none_or(|found| found.code == "en");
    let summary = analysis.summary.as_ref().filter(|_| readable)?;
    Signature::of(&summary.issue)
}

/// The matters of a tenant, as its log has them.
#[derive(Clone, Debug)]
pub struct Gathering {
    /// Pages read.
    sequence: u64,
    next: u32,
    /// In the order in which the log named them last.
    known: Vec<Known>,
}

#[derive(Clone, Debug)]
struct Known {
    number: u32,
    centre: Signature,
    learned: u32,
    written_at: Timestamp,
}

/// Where the conversations of a batch belong, and what the log is to learn from them.
#[derive(Clone, Debug, PartialEq)]
pub struct Gathered {
    /// One for each signature.
    pub places: Vec<Option<Placed>>,
    /// To be appended; `None` when nothing was learnt.
    pub page: Option<MatterPage>,
    /// The first number that was free before.
    first: u32,
}

impl Gathered {
    /// Numbers that were given for the first time.
    pub fn founded(&self) -> impl Iterator<Item = u32> + '_ {
        let first = |entry: &&MatterEntry| entry.into.is_none() && entry.number >= self.first;
        self.page.iter().flat_map(|page| &page.entries).filter(first).map(|entry| entry.number)
    }
}

impl Default for Gathering {
    fn default() -> Self {
        Self::new()
    }
}

impl Gathering {
    /// Matters before any page of the log was read.
    pub fn new() -> Self {
        Self { sequence: 0, next: 1, known: Vec::new() }
    }

    /// Numbers below `next` are given, even if no page says so any more.
    pub fn begin_at(&mut self, next: u32) {
        self.next = self.next.max(next);
    }

    /// The last page that was read.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Reads the next page.
    pub fn read(&mut self, page: &MatterPage) {
        self.sequence = self.sequence.max(page.sequence);
        self.next = self.next.max(page.next);
        let named: BTreeSet<u32> = page.entries.iter().map(|entry| entry.number).collect();
        self.known.retain(|known| !named.contains(&known.number));
        self.known.extend(page.entries.iter().filter(|entry| entry.into.is_none()).map(|entry| Known {
            number: entry.number,
            centre: Signature::read(&entry.centre),
            learned: entry.learned,
            written_at: page.written_at,
        }));
        let over = self.known.len().saturating_sub(WINDOW);
        self.known.drain(..over);
    }

    /// Places the texts one after another; each learns from those before it.
    pub fn gather(&self, signatures: &[Option<Signature>], now: Timestamp) -> Gathered {
        let mut work =
            Work { known: self.known.clone(), next: self.next, taught: BTreeSet::new(), into: BTreeMap::new() };
        let fading = self.known.len().saturating_sub(WINDOW / 2);
        let fading: BTreeSet<u32> = self
            .known
            .iter()
            .enumerate()
            .filter(|(at, known)| *at < fading || now.duration_since(known.written_at) > RENEW_AFTER)
            .map(|(_, known)| known.number)
            .collect();
        let numbers: Vec<Option<u32>> =
            signatures.iter().map(|signature| work.one(signature.as_ref()?, &fading, now)).collect();
        let places = numbers.into_iter().zip(signatures);
        let places = places.map(|(number, signature)| Some(work.placed(work.root(number?), signature.as_ref()?)));
        Gathered { places: places.collect(), page: work.page(self, now), first: self.next }
    }
}

struct Work {
    known: Vec<Known>,
    next: u32,
    /// Numbers of which the log is to be told.
    taught: BTreeSet<u32>,
    /// Absorbed matter → the one that absorbed it.
    into: BTreeMap<u32, u32>,
}

impl Work {
    fn one(&mut self, signature: &Signature, fading: &BTreeSet<u32>, now: Timestamp) -> Option<u32> {
        let Some((at, _)) = place(self.known.iter().map(|known| &known.centre), signature) else {
            let number = self.next;
            self.next = number.checked_add(1)?;
            self.known.push(Known { number, centre: signature.clone(), learned: 1, written_at: now });
            self.taught.insert(number);
            return Some(number);
        };
        let known = self.known.get_mut(at)?;
        let number = known.number;
        let mut matter = Matter::resume(&known.centre, known.learned);
        if matter.is_learning() {
            matter.add(signature);
            known.centre = matter.centre();
            known.learned = matter.count();
            self.taught.insert(number);
            self.merge(number);
        } else if fading.contains(&number) {
            self.taught.insert(number);
        }
        Some(number)
    }

    /// How like a text is to its matter as the batch leaves it. The only text of a matter is not like it by merit: it counts as one that
    /// has just joined, so that any nearer one may stand for the matter.
    fn placed(&self, number: u32, signature: &Signature) -> Placed {
        let known = self.known.iter().find(|known| known.number == number && known.learned > 1);
        let likeness = known.map_or(JOIN, |known| known.centre.likeness(signature));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0–255 by the clamp")]
        let likeness = (likeness.clamp(0.0, 1.0) * 255.0).round() as u8;
        Placed { number, likeness }
    }

    /// The middle of a matter has moved: it may have met another. The older number stays.
    fn merge(&mut self, number: u32) {
        let Some(moved) = self.known.iter().find(|known| known.number == number) else { return };
        let twin = self.known.iter().find(|other| other.number != number && are_one(&other.centre, &moved.centre));
        let Some(twin) = twin.map(|twin| twin.number) else { return };
        let (old, young) = (number.min(twin), number.max(twin));
        let Some(absorbed) = self.known.iter().position(|known| known.number == young) else { return };
        let absorbed = self.known.remove(absorbed);
        if let Some(known) = self.known.iter_mut().find(|known| known.number == old) {
            let mut matter = Matter::resume(&known.centre, known.learned);
            matter.absorb(&Matter::resume(&absorbed.centre, absorbed.learned));
            known.centre = matter.centre();
            known.learned = matter.count();
        }
        self.into.insert(young, old);
        self.taught.insert(old);
    }

    fn root(&self, mut number: u32) -> u32 {
        while let Some(older) = self.into.get(&number) {
            number = *older;
        }
        number
    }

    fn page(&self, before: &Gathering, now: Timestamp) -> Option<MatterPage> {
        // A matter that was founded and absorbed within the batch was never told to anybody.
        let absorbed = self.into.keys().filter(|number| **number < before.next).map(|number| MatterEntry {
            number: *number,
            learned: 0,
            centre: Vec::new(),
            into: Some(self.root(*number)),
        });
        let taught = self.known.iter().filter(|known| self.taught.contains(&known.number)).map(|known| MatterEntry {
            number: known.number,
            learned: known.learned,
            centre: known.centre.write(),
            into: None,
        });
        let entries: Vec<MatterEntry> = absorbed.chain(taught).collect();
        let sequence = before.sequence.checked_add(1)?;
        (!entries.is_empty()).then_some(MatterPage { sequence, next: self.next, written_at: now, entries })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SAYINGS: &[&str] = &[
        "My card has not arrived yet",
        "When will my new card arrive?",
        "I am still waiting for my card",
        "The invoice is wrong again",
        "There is an error on my last invoice",
        "You charged me twice on the invoice",
        "I want to cancel my subscription",
        "Please cancel my plan today",
        "The app crashes when I open it",
        "Your application keeps crashing on start",
        "I lost my luggage at the airport",
        "How do I change my password?",
        "I forgot my password and cannot log in",
    ];

    fn now() -> Timestamp {
        "2026-11-25T10:00:00Z".parse().unwrap()
    }

    fn signatures(texts: &[&str]) -> Vec<Option<Signature>> {
        texts.iter().map(|text| Signature::of(text)).collect()
    }

    fn numbers(gathered: &Gathered) -> Vec<u32> {
        gathered.places.iter().map(|placed| placed.map_or(0, |placed| placed.number)).collect()
    }

    #[test]
    fn one_matter_gets_one_number_within_a_batch_and_across_batches() {
        let mut gathering = Gathering::new();
        let first = gathering.gather(&signatures(&[SAYINGS[0], SAYINGS[6], SAYINGS[1]]), now());
        assert_eq!(numbers(&first), [1, 2, 1]);
        assert_eq!(first.founded().collect::<Vec<_>>(), [1, 2]);
        gathering.read(&first.page.unwrap());
        let second = gathering.gather(&signatures(&[SAYINGS[7], SAYINGS[10], "", SAYINGS[2]]), now());
        assert_eq!(numbers(&second), [2, 3, 0, 1]);
        assert_eq!(second.founded().collect::<Vec<_>>(), [3]);
        assert!(second.places[0].unwrap().likeness > 127);
    }

    #[test]
    fn a_matter_that_has_learnt_costs_no_page_until_it_fades() {
        let mut gathering = Gathering::new();
        for _ in 0..language::LEARNS {
            let page = gathering.gather(&signatures(&[SAYINGS[0]]), now()).page;
            gathering.read(&page.unwrap());
        }
        assert_eq!(gathering.gather(&signatures(&[SAYINGS[0]]), now()).page, None);
        let later = now().checked_add(RENEW_AFTER).unwrap().checked_add(SignedDuration::from_secs(1)).unwrap();
        let renewed = gathering.gather(&signatures(&[SAYINGS[0]]), later);
        assert_eq!(renewed.founded().count(), 0);
        assert_eq!(renewed.page.map(|page| page.entries.len()), Some(1));
    }

    #[test]
    fn a_window_full_of_news_does_not_lose_what_is_in_use() {
        let mut gathering = Gathering::new();
        let page = gathering.gather(&signatures(&[SAYINGS[0]]), now()).page;
        gathering.read(&page.unwrap());
        for other in 0..WINDOW * 2 {
            let number = u32::try_from(other).unwrap() + 100;
            let entry = MatterEntry { number, learned: 8, centre: vec![0; 256], into: None };
            let sequence = gathering.sequence() + 1;
            gathering.read(&MatterPage { sequence, next: number + 1, written_at: now(), entries: vec![entry] });
            if other % (WINDOW / 4) == 0 {
                let used = gathering.gather(&signatures(&[SAYINGS[0]]), now());
                assert_eq!(numbers(&used), [1]);
                if let Some(page) = used.page {
                    gathering.read(&page);
                }
            }
        }
        assert_eq!(gathering.known.len(), WINDOW);
        assert_eq!(numbers(&gathering.gather(&signatures(&[SAYINGS[0]]), now())), [1]);
    }

    #[test]
    fn matters_that_grew_into_one_keep_the_older_number() {
        let (one, two) = (Signature::of(SAYINGS[0]).unwrap(), Signature::of(SAYINGS[10]).unwrap());
        let mut between = Matter::new(&one);
        between.add(&one);
        between.add(&two);
        let entry = |number, centre: &Signature| MatterEntry { number, learned: 1, centre: centre.write(), into: None };
        let mut gathering = Gathering::new();
        let entries = vec![entry(4, &one), entry(7, &between.centre())];
        gathering.read(&MatterPage { sequence: 1, next: 8, written_at: now(), entries });
        let gathered = gathering.gather(&[Some(between.centre()), Some(one)], now());
        let page = gathered.page.clone().unwrap();
        assert_eq!(numbers(&gathered), [4, 4], "{page:?}");
        assert_eq!(page.entries.iter().map(|e| (e.number, e.into)).collect::<Vec<_>>(), [(7, Some(4)), (4, None)]);
        gathering.read(&page);
        assert_eq!(gathering.known.len(), 1);
    }

    proptest! {
        /// Batches that race: each gathers against what it last saw and appends if nobody was faster, else reads on and gathers again.
        #[test]
        fn races_give_every_number_once(
            batches in proptest::collection::vec(proptest::collection::vec(0..SAYINGS.len(), 1..6), 1..12),
            turns in proptest::collection::vec(any::<proptest::sample::Index>(), 200),
        ) {
            let mut log: Vec<MatterPage> = Vec::new();
            let mut founded: Vec<u32> = Vec::new();
            let mut placed: Vec<u32> = Vec::new();
            let mut waiting: Vec<(Gathering, Vec<usize>, Option<Gathered>)> =
                batches.into_iter().map(|batch| (Gathering::new(), batch, None)).collect();
            for turn in turns {
                if waiting.is_empty() { break; }
                let at = turn.index(waiting.len());
                let (gathering, batch, ready) = &mut waiting[at];
                let Some(gathered) = ready.take() else {
                    for page in log.iter().skip(usize::try_from(gathering.sequence()).unwrap()) { gathering.read(page); }
                    let texts: Vec<&str> = batch.iter().map(|index| SAYINGS[*index]).collect();
                    *ready = Some(gathering.gather(&signatures(&texts), now()));
                    continue;
                };
                if let Some(page) = &gathered.page {
                    if page.sequence != log.len() as u64 + 1 { continue; }
                    log.push(page.clone());
                    founded.extend(gathered.founded());
                }
                placed.extend(numbers(&gathered));
                waiting.remove(at);
            }
            let distinct: BTreeSet<u32> = founded.iter().copied().collect();
            prop_assert_eq!(distinct.len(), founded.len());
            prop_assert!(placed.iter().all(|number| distinct.contains(number)), "{:?} {:?}", placed, founded);
            prop_assert!(log.iter().flat_map(|page| &page.entries).all(|entry| entry.into.is_none_or(|into| into < entry.number)));
        }
    }
}
