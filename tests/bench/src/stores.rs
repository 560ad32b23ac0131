//! What stands between a function and its stores: it passes requests on to the emulated AWS and records the answers, then plays them
//! back at once.
//!
//! The emulator is one Python process whose milliseconds would hide what a function costs itself. The answers are nevertheless its own.

use std::collections::HashMap;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::{self, Message};

/// The stores, as functions reach them.
pub(crate) struct Stores {
    /// What stands in `AWS_ENDPOINT_URL`.
    pub(crate) endpoint: String,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// Answers by kind of request, in order. Beyond the last, the last.
    recorded: HashMap<String, Vec<Vec<u8>>>,
    played: HashMap<String, usize>,
    replay: bool,
    calls: usize,
    /// Requests on their way, and since when there is one at least.
    pending: usize,
    since: Option<Instant>,
    waited: Duration,
    strange: Option<String>,
}

impl Stores {
    /// Begins to listen; `upstream` is the address of the emulated AWS.
    pub(crate) fn open(upstream: &str) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let endpoint = format!("http://{}", listener.local_addr()?);
        let state = Arc::new(Mutex::new(State::default()));
        let (shared, upstream) = (Arc::clone(&state), upstream.to_owned());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (state, upstream) = (Arc::clone(&shared), upstream.clone());
                std::thread::spawn(move || drop(serve(stream, &state, &upstream)));
            }
        });
        Ok(Self { endpoint, state })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    /// From here on requests are passed on, and their answers replace what was recorded.
    pub(crate) fn record(&self) {
        *self.state() = State::default();
    }

    /// From here on recorded answers are played, from the first.
    pub(crate) fn replay(&self) {
        let mut state = self.state();
        let recorded = std::mem::take(&mut state.recorded);
        *state = State { recorded, replay: true, ..State::default() };
    }

    /// From here on the answers are played from the first once more.
    pub(crate) fn rewind(&self) {
        self.state().played.clear();
    }

    /// Requests since the last `record` or `replay`, and for how many milliseconds one at least was on its way.
    pub(crate) fn waited(&self) -> (usize, f64) {
        let state = self.state();
        (state.calls, state.waited.as_secs_f64() * 1e3)
    }

    /// Fails when something was asked for in replay that was never recorded.
    pub(crate) fn check(&self) -> Result<()> {
        self.state().strange.as_ref().map_or(Ok(()), |kind| Err(format!("{kind} was not recorded").into()))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn serve(stream: TcpStream, state: &Mutex<State>, upstream: &str) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = http::read(&mut reader, false)? {
        let kind = kind(&request);
        let recorded = {
            let mut state = lock(state);
            state.calls += 1;
            if state.pending == 0 {
                state.since = Some(Instant::now());
            }
            state.pending += 1;
            state.replay.then(|| play(&mut state, &kind))
        };
        let answer = match recorded {
            Some(answer) => answer.unwrap_or_else(|| b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n".to_vec()),
            None => {
                let answer = http::send(upstream, &request)?.to_bytes();
                lock(state).recorded.entry(kind).or_default().push(answer.clone());
                answer
            }
        };
        {
            let mut state = lock(state);
            state.pending = state.pending.saturating_sub(1);
            if state.pending == 0
                && let Some(since) = state.since.take()
            {
                state.waited += since.elapsed();
            }
        }
        writer.write_all(&answer)?;
    }
    Ok(())
}

fn play(state: &mut State, kind: &str) -> Option<Vec<u8>> {
    let turn = state.played.entry(kind.to_owned()).or_default();
    let found = state.recorded.get(kind).and_then(|answers| answers.get(*turn).or(answers.last())).cloned();
    *turn += 1;
    if found.is_none() {
        state.strange = Some(kind.to_owned());
    }
    found
}

/// What a request is about, ids left out: `DynamoDB_20120810.PutItem C`, `PUT`. A conversation that is read by itself is another kind
/// each: many are read at once, in no order, and the answers must be theirs.
fn kind(request: &Message) -> String {
    let (method, _) = request.target();
    let Some(target) = request.header("x-amz-target") else { return method.to_owned() };
    // Every partition key is `T#tenant#<kind>…`: the kind is a letter.
    let body = String::from_utf8_lossy(&request.body);
    let key = body.split("\"T#").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    let kind = key.split('#').nth(1).and_then(|kind| kind.chars().next()).map(String::from).unwrap_or_default();
    let one = if target.ends_with(".GetItem") && kind == "C" { key } else { "" };
    format!("{target} {kind} {one}")
}
