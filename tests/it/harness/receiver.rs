//! A receiver of webhooks that does as it is told, and remembers what it was sent.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What a receiver does with a request.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Act {
    /// Answers that, without a body.
    Status(&'static str),
    /// Writes those bytes and closes the connection.
    Raw(&'static str),
    /// Says nothing, for as long as the other side keeps the connection.
    Hang,
    /// 200 with a body of ten million bytes.
    TenMegabytes,
}

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Request line and headers.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// The value of a header; empty when there is none.
pub(crate) fn header(request: &Request, name: &str) -> String {
    let mut lines = request.head.lines().filter_map(|line| line.split_once(": "));
    lines.find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// A receiver on a port of its own.
pub(crate) struct Scripted {
    /// Its address, ending in a slash.
    pub(crate) url: String,
    acts: Arc<Mutex<Vec<Act>>>,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Scripted {
    /// Each request gets the next act; the last act is repeated.
    pub(crate) fn new(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (acts, requests) = (Arc::new(Mutex::new(acts)), Arc::new(Mutex::new(Vec::new())));
        let scripted = Self { url, acts: acts.clone(), requests: requests.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (acts, requests) = (acts.clone(), requests.clone());
                std::thread::spawn(move || {
                    let Some(request) = read(&stream) else { return };
                    requests.lock().unwrap().push(request);
                    let act = {
                        let mut acts = acts.lock().unwrap();
                        if acts.len() > 1 { acts.remove(0) } else { acts[0] }
                    };
                    // The other side may go away at any time.
                    drop(carry_out(stream, act));
                });
            }
        });
        scripted
    }

    /// From now on, this.
    pub(crate) fn now(&self, act: Act) {
        *self.acts.lock().unwrap() = vec![act];
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).ok()? == 0 {
            return None;
        }
    }
    let mut request = Request { head, body: Vec::new() };
    let length = header(&request, "content-length").parse().unwrap_or(0);
    request.body.resize(length, 0);
    reader.read_exact(&mut request.body).ok()?;
    Some(request)
}

fn carry_out(mut stream: TcpStream, act: Act) -> std::io::Result<()> {
    match act {
        Act::Status(status) => write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\n\r\n"),
        Act::Raw(text) => stream.write_all(text.as_bytes()),
        Act::Hang => stream.read(&mut [0; 1]).map(|_| ()),
        Act::TenMegabytes => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 10000000\r\n\r\n")?;
            stream.write_all(&vec![b'x'; 10_000_000])
        }
    }
}
