//! Runs: customer messages in a row and the replies to them.

use crate::reading::Voice;

/// Indexes of messages of one exchange.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) asked: Vec<usize>,
    pub(crate) replies: Vec<usize>,
}

/// A run begins with a customer message after a reply and holds all until the next one. Replies before the first customer
/// message belong to no run; notes, notices and autoresponders to none either.
pub(crate) fn runs(voices: &[Voice]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for (index, voice) in voices.iter().enumerate() {
        if *voice == Voice::Customer {
            match runs.last_mut() {
                Some(run) if run.replies.is_empty() => run.asked.push(index),
                _ => runs.push(Run { asked: vec![index], replies: Vec::new() }),
            }
        } else if voice.answers()
            && let Some(run) = runs.last_mut()
        {
            run.replies.push(index);
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use Voice::{Automatic, Bot, Customer, Human, Note, System};

    #[test]
    fn alternation_and_bystanders() {
        let voices = [Human, Customer, Note, Customer, Automatic, Bot, System, Human, Customer, Customer];
        let run = |asked: &[usize], replies: &[usize]| Run { asked: asked.to_vec(), replies: replies.to_vec() };
        assert_eq!(runs(&voices), [run(&[1, 3], &[5, 7]), run(&[8, 9], &[])]);
        assert_eq!(runs(&[]), []);
    }
}
