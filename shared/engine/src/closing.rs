//! Closes and reopenings, from the states that the caller knows.

use domain::conversation::Conversation;
use jiff::Timestamp;

/// How often a conversation was closed and reopened, and when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Closing {
    pub(crate) closed_count: u32,
    pub(crate) reopen_count: u32,
    pub(crate) first_closed_at: Option<Timestamp>,
    pub(crate) last_closed_at: Option<Timestamp>,
    /// It is closed now.
    pub(crate) is_closed: bool,
}

impl Closing {
    /// From `status_history` where it is given, else from `status` and `closed_at`: closed once or never, reopened once when
    /// it is open after a close.
    pub(crate) fn of(conversation: &Conversation) -> Self {
        let mut changes = conversation.status_history.clone();
        changes.sort_by_key(|change| change.at);
        let mut closing = Self::default();
        let mut closed = false;
        for change in &changes {
            if change.status.is_closed() == closed {
                continue;
            }
            closed = change.status.is_closed();
            if closed {
                closing.closed_count += 1;
                closing.first_closed_at = closing.first_closed_at.or(Some(change.at));
                closing.last_closed_at = Some(change.at);
            } else {
                closing.reopen_count += 1;
            }
        }
        if closing.closed_count == 0 {
            let by_status = conversation.status.is_some_and(domain::conversation::Status::is_closed);
            let was_closed = by_status || conversation.closed_at.is_some();
            closing.closed_count = u32::from(was_closed);
            closing.first_closed_at = conversation.closed_at;
            closing.last_closed_at = conversation.closed_at;
            let open_again = conversation.closed_at.is_some() && conversation.status.is_some() && !by_status;
            closing.reopen_count = u32::from(open_again);
            closed = was_closed && !open_again;
        } else if let Some(status) = conversation.status {
            closed = status.is_closed();
        }
        closing.is_closed = closed;
        closing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{at, conversation};
    use domain::conversation::{Status, StatusChange};

    fn with(history: &[(Status, i64)], status: Option<Status>, closed: Option<i64>) -> Closing {
        let mut conversation = conversation(&[]);
        conversation.status_history =
            history.iter().map(|(status, m)| StatusChange { status: *status, at: at(*m) }).collect();
        conversation.status = status;
        conversation.closed_at = closed.map(at);
        Closing::of(&conversation)
    }

    #[test]
    fn history_is_counted_and_repeated_states_are_not() {
        use Status::{Closed, Open, Pending, Resolved};
        let history =
            [(Open, 0), (Resolved, 5), (Closed, 6), (Open, 7), (Pending, 8), (Closed, 9), (Open, 10), (Closed, 30)];
        let closing = with(&history, Some(Closed), Some(30));
        let expected = Closing {
            closed_count: 3,
            reopen_count: 2,
            first_closed_at: Some(at(5)),
            last_closed_at: Some(at(30)),
            is_closed: true,
        };
        assert_eq!(closing, expected);
    }

    #[test]
    fn without_history_it_is_closed_once_or_never() {
        assert_eq!(with(&[], None, None), Closing::default());
        let closed = with(&[], Some(Status::Closed), Some(4));
        assert_eq!((closed.closed_count, closed.reopen_count, closed.is_closed), (1, 0, true));
        let again = with(&[], Some(Status::Open), Some(4));
        assert_eq!((again.closed_count, again.reopen_count, again.is_closed), (1, 1, false));
        let unknown_time = with(&[], Some(Status::Closed), None);
        assert_eq!((unknown_time.closed_count, unknown_time.last_closed_at), (1, None));
    }
}
