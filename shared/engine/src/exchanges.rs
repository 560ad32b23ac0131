//! Exchanges: each run of customer messages with what came of it.

use domain::analysis::{Exchange, round3};
use domain::conversation::Conversation;
use jiff::Timestamp;

use crate::feelings::{self, Feeling};
use crate::hours::seconds_between;
use crate::numbers::{number, part_of, seconds};
use crate::reading::{Reading, Voice};
use crate::rules::Cue;
use crate::runs::Run;

/// `satisfactions` holds one value per run, where it could be judged; `judged` says whether the text may be read.
pub(crate) fn exchanges(
    conversation: &Conversation,
    reading: &Reading,
    runs: &[Run],
    feelings: &[Feeling],
    satisfactions: &[Option<f64>],
    judged: bool,
) -> Vec<Exchange> {
    let mut rest = feelings;
    let felt: Vec<Option<f64>> = runs
        .iter()
        .map(|run| {
            let last = run.asked.last().copied().unwrap_or(0);
            let count = rest.iter().take_while(|feeling| feeling.message <= last).count();
            let (own, after) = rest.split_at(count);
            rest = after;
            feelings::mean(own).map(round3)
        })
        .collect();
    let mut waiting_for_human: Option<Timestamp> = None;
    let mut waiting_for_bot: Option<Timestamp> = None;
    let at = |index: usize| conversation.messages.get(index).map(|message| message.created_at);
    let voice = |index: usize| reading.messages.get(index).map(|read| read.voice);
    let mut last_replier: Option<String> = None;
    runs.iter()
        .enumerate()
        .map(|(index, run)| {
            let asked_at = run.asked.first().copied().and_then(at);
            waiting_for_human = waiting_for_human.or(asked_at);
            waiting_for_bot = waiting_for_bot.or(asked_at);
            let reply_by = |wanted: Voice| run.replies.iter().copied().find(|reply| voice(*reply) == Some(wanted));
            let wait = |since: Option<Timestamp>, reply: Option<usize>| Some(seconds_between(since?, at(reply?)?));
            let human = reply_by(Voice::Human);
            let bot = reply_by(Voice::Bot);
            let first_human_reply_seconds = wait(waiting_for_human, human);
            let first_bot_reply_seconds = wait(waiting_for_bot, bot);
            if human.is_some() {
                waiting_for_human = None;
            }
            if human.or(bot).is_some() {
                waiting_for_bot = None;
            }
            let handed_over = run.replies.iter().any(|reply| {
                let Some(message) = conversation.messages.get(*reply) else { return false };
                let replier =
                    format!("{}:{:?}", message.author_type.as_str(), message.author.as_ref().map(|a| a.id.as_deref()));
                let other = last_replier.as_ref().is_some_and(|last| *last != replier);
                last_replier = Some(replier);
                other
            });
            let first_reply = first_human_reply_seconds.or(first_bot_reply_seconds);
            Exchange {
                customer_messages: run.asked.iter().map(|index| crate::words::small(*index)).collect(),
                replies: run.replies.iter().map(|index| crate::words::small(*index)).collect(),
                sentiment_before: felt.get(index).copied().flatten(),
                sentiment_after: felt.get(index + 1).copied().flatten(),
                first_human_reply_seconds,
                first_bot_reply_seconds,
                satisfaction: satisfactions.get(index).copied().flatten(),
                effort: Some(effort(reading, run, first_reply)),
                flags: flags(reading, run, handed_over, judged),
            }
        })
        .collect()
}

/// 0–100: messages in a row, their length, the wait.
fn effort(reading: &Reading, run: &Run, wait: Option<u64>) -> f64 {
    let words: usize = run.asked.iter().filter_map(|index| reading.messages.get(*index)).map(|read| read.words).sum();
    let again = part_of(number(run.asked.len().saturating_sub(1)), 4.0);
    let length = part_of(number(words), 200.0);
    let waited = wait.map_or(0.0, |wait| part_of(libm::log1p(seconds(wait) / 60.0), 8.0));
    round3(40.0 * again + 30.0 * length + 30.0 * waited)
}

fn flags(reading: &Reading, run: &Run, handed_over: bool, judged: bool) -> Vec<String> {
    let says = |messages: &[usize], cues: &[Cue], least: f64| {
        messages.iter().flat_map(|message| reading.sentences_of(*message)).any(|sentence| {
            reading.hits_of(sentence).iter().any(|hit| cues.contains(&hit.cue) && hit.is_meant() && hit.weight >= least)
        })
    };
    let escalates = [Cue::ManagerRequest, Cue::Complaint, Cue::LegalThreat, Cue::Shaming];
    let flags = [
        ("repeat", judged && says(&run.asked, &[Cue::Repeat], 0.7)),
        ("escalation", judged && (says(&run.asked, &escalates, 0.7) || says(&run.replies, &[Cue::PassedUp], 0.7))),
        ("unanswered", run.replies.is_empty()),
        ("handoff", handed_over),
        ("promise", judged && says(&run.replies, &[Cue::Promise], 0.7)),
    ];
    flags.into_iter().filter(|(_, holds)| *holds).map(|(flag, _)| flag.to_owned()).collect()
}
