use super::*;
use crate::fixture::{at, conversation};
use crate::reading::Voice::{Automatic, Bot, Customer, Human, Note, System};
use domain::conversation::Status;
use domain::settings::Settings;

const MINUTE: u64 = 60;

fn timed(messages: &[(&str, i64)], closed: Option<i64>) -> Times {
    let rows: Vec<(&str, i64, &str)> = messages.iter().map(|(who, minute)| (*who, *minute, "text")).collect();
    let mut conversation = conversation(&rows);
    conversation.closed_at = closed.map(at);
    conversation.status = closed.map(|_| Status::Closed);
    let voices: Vec<Voice> = messages
        .iter()
        .map(|(who, _)| match *who {
            "c" => Customer,
            "b" => Bot,
            "s" => System,
            "n" => Note,
            "x" => Automatic,
            _ => Human,
        })
        .collect();
    let hours = Hours::of(&Settings::default());
    let closing = Closing::of(&conversation);
    times(&conversation, &voices, &closing, &hours, unanswered(&voices, |_| false))
}

fn seconds(duration: Option<Duration>) -> Option<u64> {
    duration.map(|duration| duration.seconds)
}

#[test]
fn a_bot_is_no_person() {
    // F02
    let times = timed(&[("c", 0), ("b", 1), ("x", 2), ("n", 3), ("s", 4), ("a", 20)], None);
    assert_eq!(seconds(times.first_response_human), Some(20 * MINUTE));
    assert_eq!(seconds(times.first_response_bot), Some(MINUTE));
    assert_eq!(times.waiting_since, None);
}

#[test]
fn the_bots_days_are_not_the_persons() {
    // F04: six days of bot, a person closes in 30 minutes.
    let day = 24 * 60;
    let times =
        timed(&[("c", 0), ("b", 1), ("c", 6 * day), ("b", 6 * day + 1), ("a", 6 * day + 60)], Some(6 * day + 90));
    assert_eq!(seconds(times.handle_human), Some(30 * MINUTE));
    assert_eq!(seconds(times.resolution_human), Some(30 * MINUTE));
    assert_eq!(seconds(times.handle_bot), Some(6 * 24 * 60 * MINUTE));
    assert_eq!(seconds(times.resolution), Some((6 * 24 * 60 + 90) * MINUTE));
}

#[test]
fn the_earliest_unanswered_message_counts() {
    // F05: customer Monday, Tuesday, Wednesday; agent Thursday.
    let day = 24 * 60;
    let times = timed(&[("c", 0), ("c", day), ("c", 2 * day), ("a", 3 * day)], None);
    assert_eq!(seconds(times.first_response_human), Some(3 * 24 * 60 * MINUTE));
    assert_eq!(times.replies.len(), 1);
}

#[test]
fn the_trailing_part_is_shown_as_waiting() {
    // F06: c, c, a, a, c.
    let times = timed(&[("c", 0), ("c", 5), ("a", 15), ("a", 20), ("c", 40)], None);
    assert_eq!(times.replies.iter().map(|reply| reply.seconds).collect::<Vec<_>>(), [15 * MINUTE]);
    assert_eq!(times.waiting_since, Some(at(40)));
}

#[test]
fn an_agent_who_writes_first_answers_nothing() {
    let times = timed(&[("a", 0), ("c", 10), ("a", 12)], None);
    assert_eq!(seconds(times.first_response_human), Some(2 * MINUTE));
    assert_eq!(timed(&[("a", 0)], None).first_response_human, None);
}
