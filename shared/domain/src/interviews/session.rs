//! Sessions: attempts to conduct an interview, and what is said in them.
//!
//! A web session goes by turns, which [`super::conductor`] answers. A phone session is fed by a telephony platform, whose events may
//! come late, twice and in any order: the same events give the same session.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::conductor::{Heard, Reply, Script, Step};
use super::event::Event;
use super::ids::{Platform, SessionId};
use crate::conversation::words;

/// Turns or transcript events of a session.
pub const MAX_TURNS: u32 = 10_000;
/// Characters said in a session, so that a transcript fits into one answer.
pub const MAX_CHARACTERS: u64 = 700_000;

words! {
    /// Where a session stands.
    SessionStatus {
        /// The expert is being called.
        Dialing => "DIALING",
        /// It takes place.
        InProgress => "IN_PROGRESS",
        /// It came to nothing.
        Failed => "FAILED",
        /// It ended as it should.
        Completed => "COMPLETED",
        /// Another session began while it was going on.
        Abandoned => "ABANDONED",
    }
}

impl SessionStatus {
    /// Whether nothing more is expected.
    pub fn is_over(self) -> bool {
        self >= Self::Failed
    }

    /// The status after a report of another one, in whatever order reports come: the later in the life of a call counts, completion
    /// more than failure. What was abandoned stays so.
    #[must_use]
    pub fn merged(self, reported: Self) -> Self {
        self.max(reported)
    }
}

words! {
    /// Who speaks.
    Speaker {
        /// The interviewer.
        Agent => "agent",
        /// Who is asked.
        Expert => "expert",
    }
}

/// Something said.
#[derive(Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Entry {
    /// Unique within the session.
    #[schema(example = "3-expert")]
    pub id: String,
    /// Who says it.
    pub speaker: Speaker,
    /// What was said, as it was said.
    pub text: String,
    /// Seconds since the session began.
    #[schema(example = 74.5)]
    pub timestamp_secs: f64,
}

/// What belongs together in a transcript: an answer with the agent's reply, or one event of a call. Stored once under its key.
#[derive(Clone, PartialEq)]
pub struct Turn {
    /// The caller's id of it: the same turn again is recognised by it.
    pub key: String,
    /// Its place: the number of the turn, or milliseconds since the call began.
    pub order: i64,
    /// What was said.
    pub entries: Vec<Entry>,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("speaker", &self.speaker)
            .field("at", &self.timestamp_secs)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turn").field("order", &self.order).field("entries", &self.entries).finish_non_exhaustive()
    }
}

impl Turn {
    /// What the expert said in it.
    pub fn answer(&self) -> Option<&str> {
        self.entries.iter().find(|entry| entry.speaker == Speaker::Expert).map(|entry| entry.text.as_str())
    }
}

/// A transcript: what was said, in order, however its turns came.
pub fn transcript(mut turns: Vec<Turn>) -> Vec<Entry> {
    turns.sort_by(|left, right| (left.order, &left.key).cmp(&(right.order, &right.key)));
    turns.into_iter().flat_map(|turn| turn.entries).collect()
}

/// A session.
#[derive(Clone, PartialEq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Where it takes place.
    pub platform: Platform,
    /// Where it stands.
    pub status: SessionStatus,
    /// When it began.
    pub started_at: Timestamp,
    /// When something was said last.
    pub last_activity_at: Timestamp,
    /// When it was over.
    pub ended_at: Option<Timestamp>,
    /// What the agent says; web sessions only.
    pub script: Option<Script>,
    /// Where the script stands.
    pub step: Step,
    /// Turns or transcript events so far.
    pub turns: u32,
    /// Things that the expert said.
    pub answers: u32,
    /// Characters said.
    pub characters: u64,
    /// Media type of the recording for which a link was given out.
    pub recording: Option<String>,
    /// Rises with every change.
    pub revision: u64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.id)
            .field("status", &self.status)
            .field("step", &self.step)
            .field("turns", &self.turns)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// A session by telephone: the expert is to be called.
    pub fn phone(id: SessionId, now: Timestamp) -> Self {
        Self {
            id,
            platform: Platform::Phone,
            status: SessionStatus::Dialing,
            started_at: now,
            last_activity_at: now,
            ended_at: None,
            script: None,
            step: Step::Ended,
            turns: 0,
            answers: 0,
            characters: 0,
            recording: None,
            revision: 1,
        }
    }

    /// A text session and its first turn, in which only the agent speaks.
    pub fn web(id: SessionId, script: Script, now: Timestamp) -> (Self, Turn) {
        let reply = script.open();
        let mut session = Self {
            platform: Platform::Web,
            status: SessionStatus::InProgress,
            step: reply.step,
            script: Some(script),
            ..Self::phone(id, now)
        };
        let turn = session.said(String::new(), None, reply, now);
        (session, turn)
    }

    /// What follows from what the expert did: the session afterwards and the turn to record. `None` when it is over, or not ours to
    /// conduct.
    pub fn answered(&self, key: String, heard: Heard<'_>, now: Timestamp) -> Option<(Self, Turn)> {
        let script = self.script.as_ref().filter(|_| !self.status.is_over())?;
        let full = self.turns >= MAX_TURNS || self.characters >= MAX_CHARACTERS;
        let reply = if full { script.close() } else { script.reply(self.step, heard) };
        let answer = match heard {
            Heard::Answer(answer) => Some(answer).filter(|answer| !answer.is_empty()),
            Heard::End => None,
        };
        let mut after = self.clone();
        after.revision += 1;
        after.step = reply.step;
        let turn = after.said(key, answer, reply, now);
        if after.step == Step::Ended {
            after.status = SessionStatus::Completed;
            after.ended_at = Some(now);
        }
        Some((after, turn))
    }

    /// The expert's last words: recorded, and answered by the agent's. `None` as in [`Self::answered`].
    pub fn last_words(&self, key: String, answer: &str, now: Timestamp) -> Option<(Self, Turn)> {
        let (mut after, mut turn) = self.answered(key, Heard::End, now)?;
        let entry = Entry {
            id: format!("{}-expert", self.turns),
            speaker: Speaker::Expert,
            text: answer.to_owned(),
            timestamp_secs: seconds_since(self.started_at, now),
        };
        after.answers += 1;
        after.characters = after.characters.saturating_add(answer.chars().count() as u64);
        turn.entries.insert(0, entry);
        Some((after, turn))
    }

    fn said(&mut self, key: String, answer: Option<&str>, reply: Reply, now: Timestamp) -> Turn {
        let timestamp_secs = seconds_since(self.started_at, now);
        let number = self.turns;
        let entry =
            |suffix: &str, speaker, text| Entry { id: format!("{number}-{suffix}"), speaker, text, timestamp_secs };
        let mut entries: Vec<Entry> =
            answer.map(|text| entry("expert", Speaker::Expert, text.to_owned())).into_iter().collect();
        let replies = reply.says.into_iter().enumerate();
        entries.extend(replies.map(|(i, text)| entry(&format!("agent-{}", i + 1), Speaker::Agent, text)));
        let turn = Turn { key, order: i64::from(number), entries };
        self.count(&turn);
        self.last_activity_at = now;
        turn
    }

    /// The session after events of its call, of which these turns were not known before.
    #[must_use]
    pub fn heard(&self, events: &[Event], new: &[Turn], now: Timestamp) -> Self {
        let mut after = self.clone();
        after.revision += 1;
        for turn in new {
            after.count(turn);
        }
        // Words without a report: the call has been answered.
        if !new.is_empty() {
            after.status = after.status.merged(SessionStatus::InProgress);
        }
        for event in events {
            if let Event::Status(status) = event {
                after.status = after.status.merged(*status);
            }
        }
        if !new.is_empty() || after.status != self.status {
            after.last_activity_at = now;
        }
        if after.status.is_over() && after.ended_at.is_none() {
            after.ended_at = Some(now);
        }
        after
    }

    /// The session with its counts taken from all that was said in it.
    #[must_use]
    pub fn counted(&self, turns: &[Turn]) -> Self {
        let mut after = Self { turns: 0, answers: 0, characters: 0, ..self.clone() };
        for turn in turns {
            after.count(turn);
        }
        after
    }

    /// The session after another one took its place.
    #[must_use]
    pub fn abandoned(&self, now: Timestamp) -> Self {
        Self {
            status: SessionStatus::Abandoned,
            ended_at: Some(self.ended_at.unwrap_or(now)),
            revision: self.revision + 1,
            ..self.clone()
        }
    }

    /// Whether it has room for more words.
    pub fn has_room(&self) -> bool {
        self.turns < MAX_TURNS && self.characters < MAX_CHARACTERS
    }

    fn count(&mut self, turn: &Turn) {
        self.turns = self.turns.saturating_add(1);
        for entry in &turn.entries {
            self.answers += u32::from(entry.speaker == Speaker::Expert);
            self.characters = self.characters.saturating_add(entry.text.chars().count() as u64);
        }
    }
}

/// The session that stands for the interview: the one that completed it, else the newest.
pub fn primary(sessions: &[Session]) -> Option<&Session> {
    let completed = sessions.iter().filter(|session| session.status == SessionStatus::Completed);
    completed.min_by_key(|session| session.id).or_else(|| sessions.iter().max_by_key(|session| session.id))
}

/// Seconds between two times, to the millisecond; 0 when the clock went back.
fn seconds_since(start: Timestamp, now: Timestamp) -> f64 {
    let milliseconds = now.duration_since(start).as_millis().max(0);
    let whole = u32::try_from(milliseconds).unwrap_or(u32::MAX);
    f64::from(whole) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;
    use proptest::prelude::*;
    use ulid::Ulid;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).unwrap()
    }

    fn id(number: u64) -> SessionId {
        SessionId::new(Ulid::from_parts(number, 0))
    }

    fn script() -> Script {
        Script {
            language: "en".into(),
            greeting: "Hello.".into(),
            questions: vec!["Why?".into(), "How?".into()],
            closing: "Bye.".into(),
        }
    }

    const ANSWER: &str = "Because forty plants depend on it.";

    #[test]
    fn a_web_session_goes_by_turns_to_its_end() {
        let (session, first) = Session::web(id(1), script(), at(0));
        assert_eq!(first.entries.iter().map(|entry| entry.id.as_str()).collect::<Vec<_>>(), ["0-agent-1", "0-agent-2"]);
        let (session, second) =
            session.answered("a".into(), Heard::Answer(ANSWER), at(0) + SignedDuration::from_millis(74_500)).unwrap();
        assert_eq!((second.answer(), second.order, second.entries[0].timestamp_secs), (Some(ANSWER), 1, 74.5));
        assert_eq!((session.answers, session.revision, session.ended_at), (1, 2, None));
        let (session, third) = session.answered("b".into(), Heard::Answer(ANSWER), at(90)).unwrap();
        assert_eq!(
            (session.status, session.ended_at, third.entries[1].text.as_str()),
            (SessionStatus::Completed, Some(at(90)), "Bye.")
        );
        assert_eq!(session.answered("c".into(), Heard::Answer(ANSWER), at(91)), None);
        let said = transcript(vec![third, first, second]);
        assert_eq!(said.len(), 6);
        assert!(said.windows(2).all(|pair| pair[0].timestamp_secs <= pair[1].timestamp_secs));
    }

    #[test]
    fn nothing_said_leaves_no_entry_of_the_expert() {
        let (session, _) = Session::web(id(1), script(), at(0));
        let (session, turn) = session.answered("a".into(), Heard::Answer(""), at(1)).unwrap();
        assert_eq!((turn.answer(), turn.entries.len(), session.answers), (None, 1, 0));
        let (session, turn) = session.answered("b".into(), Heard::End, at(2)).unwrap();
        assert_eq!(
            (session.status, turn.answer(), turn.entries[0].text.as_str()),
            (SessionStatus::Completed, None, "Bye.")
        );
    }

    #[test]
    fn a_full_session_closes() {
        let (session, _) = Session::web(id(1), script(), at(0));
        let full = Session { characters: MAX_CHARACTERS, ..session };
        assert_eq!(full.answered("a".into(), Heard::Answer(ANSWER), at(1)).unwrap().0.status, SessionStatus::Completed);
        assert!(!full.has_room());
    }

    #[test]
    fn the_completed_session_is_the_primary_one_else_the_newest() {
        use SessionStatus::{Abandoned, Completed, Failed, InProgress};
        let session = |number, status| Session { status, ..Session::phone(id(number), at(0)) };
        for (sessions, wanted) in [
            (vec![], None),
            (vec![session(1, Failed), session(2, InProgress)], Some(2)),
            (vec![session(3, Abandoned), session(2, Completed), session(1, Failed)], Some(2)),
        ] {
            assert_eq!(primary(&sessions).map(|session| session.id), wanted.map(id));
        }
    }

    fn events() -> impl Strategy<Value = Vec<Event>> {
        let text = (0_usize..6, 0_u32..5).prop_map(|(id, second)| {
            Event::said(format!("e{id}"), Speaker::Expert, format!("text {id}"), f64::from(second))
        });
        let status = (0_usize..4).prop_map(|status| Event::Status(SessionStatus::ALL[status]));
        proptest::collection::vec(prop_oneof![text, status], 0..12)
    }

    /// Plays events one by one into a session as the store would: a turn whose key is known is not recorded again.
    fn play(events: &[Event]) -> (SessionStatus, u32, Vec<String>) {
        let mut session = Session::phone(id(1), at(0));
        let mut turns: Vec<Turn> = Vec::new();
        for event in events {
            let new: Vec<Turn> = event
                .turn()
                .into_iter()
                .filter(|turn| turns.iter().all(|known| known.key != turn.key))
                .cloned()
                .collect();
            session = session.heard(std::slice::from_ref(event), &new, at(1));
            turns.extend(new);
        }
        (session.status, session.turns, transcript(turns).into_iter().map(|entry| entry.text).collect())
    }

    proptest! {
        /// Repeated and reordered events come to the same session. (Events of one id are the same event.)
        #[test]
        fn a_call_is_the_same_however_its_events_come(mut events in events(), seed in any::<u64>()) {
            for event in &mut events {
                if let Event::Said(turn) = event {
                    // One id, one time.
                    turn.order = i64::from(turn.key.as_bytes()[1] % 3);
                }
            }
            let expected = play(&events);
            let mut again = [events.clone(), events].concat();
            let length = again.len().max(1);
            let mut state = seed;
            for i in (1..again.len()).rev() {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                again.swap(i, usize::try_from(state >> 33).unwrap() % length.min(i + 1));
            }
            prop_assert_eq!(play(&again), expected);
        }
    }
}
