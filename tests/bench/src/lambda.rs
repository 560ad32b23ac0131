//! A function's process as Lambda runs it: the runtime API, played by this program.

use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use crate::Result;
use crate::http::{self, Message};

/// Patience with a function.
const PATIENCE: Duration = Duration::from_secs(30);

enum Seen {
    /// It asked for work; what is sent here is its answer.
    Poll(Instant, Sender<String>),
    /// It answered (or reported an error, when the first is false).
    Answer(Instant, bool, Vec<u8>),
}

/// One process of a function. Dropping it ends it.
pub(crate) struct Process {
    child: Child,
    seen: Receiver<Seen>,
    waiting: Option<Sender<String>>,
    /// From its start to its first question for work, in milliseconds.
    pub(crate) first_poll: f64,
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Process {
    /// Starts a function and waits until it asks for work.
    pub(crate) fn start(bootstrap: &Path, variables: &[(String, String)]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?.to_string();
        let (sender, seen) = channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let sender = sender.clone();
                std::thread::spawn(move || drop(converse(stream, &sender)));
            }
        });
        let mut command = Command::new(bootstrap);
        command.env_clear().stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", address.as_str()),
            ("AWS_LAMBDA_FUNCTION_NAME", "bench"),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512"),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST"),
            ("AWS_LAMBDA_LOG_GROUP_NAME", "bench"),
            ("AWS_LAMBDA_LOG_STREAM_NAME", "bench"),
            ("AWS_LAMBDA_LOG_LEVEL", "INFO"),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", "true"),
        ]);
        let started = Instant::now();
        let child = command.spawn().map_err(|error| format!("{}: {error}", bootstrap.display()))?;
        let mut process = Self { child, seen, waiting: None, first_poll: 0.0 };
        let at = process.polled()?;
        process.first_poll = milliseconds(at - started);
        Ok(process)
    }

    fn polled(&mut self) -> Result<Instant> {
        match self.seen.recv_timeout(PATIENCE).map_err(|_| "the function did not ask for work")? {
            Seen::Poll(at, waiting) => {
                self.waiting = Some(waiting);
                Ok(at)
            }
            Seen::Answer(..) => Err("the function answered what it was not asked".into()),
        }
    }

    /// Has an event answered, and waits until the function asks for the next. The answer, and how many milliseconds it took.
    pub(crate) fn invoke(&mut self, event: &str) -> Result<(String, f64)> {
        let waiting = self.waiting.take().ok_or("the function is not waiting for work")?;
        let sent = Instant::now();
        waiting.send(event.to_owned())?;
        let (at, fine, body) = match self.seen.recv_timeout(PATIENCE).map_err(|_| "the function did not answer")? {
            Seen::Answer(at, fine, body) => (at, fine, body),
            Seen::Poll(..) => return Err("the function asked for more work without an answer".into()),
        };
        let body = String::from_utf8_lossy(&body).into_owned();
        if !fine {
            return Err(format!("the function failed: {body}").into());
        }
        self.polled()?;
        Ok((body, milliseconds(at - sent)))
    }

    /// Resident memory in KB.
    pub(crate) fn resident_kb(&self) -> Option<f64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches(" kB").parse().ok()
    }

    /// Milliseconds that its threads have spent on a processor.
    pub(crate) fn cpu(&self) -> Option<f64> {
        let threads = std::fs::read_dir(format!("/proc/{}/task", self.child.id())).ok()?;
        let mut nanoseconds = 0.0;
        for thread in threads.flatten() {
            let text = std::fs::read_to_string(thread.path().join("schedstat")).ok()?;
            nanoseconds += text.split(' ').next()?.parse::<f64>().ok()?;
        }
        Some(nanoseconds / 1e6)
    }
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

fn converse(stream: TcpStream, sender: &Sender<Seen>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut writer = stream.try_clone()?;
    let mut reader = BufReader::new(stream);
    while let Some(request) = http::read(&mut reader, false)? {
        let at = Instant::now();
        let answer = if request.target().1.ends_with("/invocation/next") {
            let (reply, event) = channel();
            sender.send(Seen::Poll(at, reply))?;
            let Ok(event) = event.recv() else { return Ok(()) };
            invocation(event)
        } else {
            let fine = request.target().1.ends_with("/response");
            sender.send(Seen::Answer(at, fine, request.body))?;
            Message { start: "HTTP/1.1 202 Accepted".to_owned(), headers: Vec::new(), body: Vec::new() }
        };
        writer.write_all(&answer.to_bytes())?;
    }
    Ok(())
}

fn invocation(event: String) -> Message {
    let headers = [
        ("content-type", "application/json"),
        ("lambda-runtime-aws-request-id", "8476a536-e9f4-11e8-9739-2dfe598c3fcd"),
        ("lambda-runtime-deadline-ms", "4102444800000"),
        ("lambda-runtime-invoked-function-arn", "arn:aws:lambda:us-east-1:000000000000:function:bench"),
        ("lambda-runtime-trace-id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=0"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
    Message { start: "HTTP/1.1 200 OK".to_owned(), headers, body: event.into_bytes() }
}
