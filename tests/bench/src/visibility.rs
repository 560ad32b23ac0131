//! From an accepted push to a conversation that can be read, through the whole local stack.

use std::time::{Duration, Instant};

use crate::Result;
use crate::cloud::{Cloud, now};
use crate::conversations::{Seed, live};
use crate::figures::quantile;
use crate::table::{Row, Table, note};

/// Pushes.
const PUSHES: u32 = 60;
/// Time between them: three times the rate that the target is stated for, so that the measurement takes a minute.
const APART: Duration = Duration::from_secs(1);

/// Pushes one conversation a second and looks for each.
pub(crate) fn measure(cloud: &Cloud, table: &mut Table) -> Result<()> {
    table.part("Accepted to visible on the local stack (GET of the conversation, asked every 25 ms)");
    let caller = cloud.tenant(&format!("visible-{}", crate::unique()?), 600)?;
    let mut seed = Seed(23);
    let conversations = live(&mut seed, "visible", u64::from(PUSHES) + 1, 2_000, now());
    let Some((first, rest)) = conversations.split_first() else { return Ok(()) };
    let started = Instant::now();
    cloud.push(&caller, std::slice::from_ref(first))?;
    let cold = cloud.visible(&caller, "conversations/visible-0", started)?;

    let started = Instant::now();
    let results: Vec<Result<(f64, f64)>> = std::thread::scope(|scope| {
        let mut threads = Vec::new();
        for (number, conversation) in (1_u32..).zip(rest) {
            // Not in step with the emulator's own second.
            let jitter = Duration::from_millis(seed.below(700));
            let at = APART * (number - 1) + jitter;
            let caller = &caller;
            threads.push(scope.spawn(move || {
                std::thread::sleep(at.saturating_sub(started.elapsed()));
                let sent = Instant::now();
                cloud.push(caller, std::slice::from_ref(conversation))?;
                let accepted = Instant::now();
                let path = format!("conversations/visible-{number}");
                let visible = cloud.visible(caller, &path, accepted)?;
                Ok(((accepted - sent).as_secs_f64() * 1e3, visible))
            }));
        }
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a push panicked".into()))).collect()
    });
    let results = results.into_iter().collect::<Result<Vec<_>>>()?;
    let (pushes, visible): (Vec<f64>, Vec<f64>) = results.into_iter().unzip();
    let high = quantile(&visible, 0.99);
    table.row(Row::of(
        "the push itself",
        format!("p50 {:.0} ms, p99 {:.0} ms", quantile(&pushes, 0.5), quantile(&pushes, 0.99)),
    ));
    table.row(Row::of("accepted to visible, p50", format!("{:.0} ms", quantile(&visible, 0.5))));
    table.row(
        Row::of(format!("accepted to visible, p99 of {PUSHES}"), format!("{high:.0} ms"))
            .at_most(high, 2_000.0, "<= 2 s"),
    );
    note(&format!(
        "One push a second, three times the 20 a minute of the target; the first, on cold functions, {cold:.0} ms from its sending."
    ));
    Ok(())
}
