//! A receiver of webhooks: verifies each message, answers, and hands over what is new.

use std::collections::HashSet;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};

use http::{HeaderMap, HeaderName, HeaderValue};
use standardwebhooks::Webhook;

/// Largest body that is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// A verified message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// `webhook-id`: the same whenever this message comes again.
    pub id: String,
    /// The JSON as it was signed.
    pub body: Vec<u8>,
}

/// Receives until the listener fails; `handle` gets each verified message once.
pub fn receive(listener: &TcpListener, secret: &str, mut handle: impl FnMut(Message)) -> io::Result<()> {
    let webhook = Webhook::new(secret).map_err(io::Error::other)?;
    // A real receiver keeps these in its database, for some days.
    let mut seen = HashSet::new();
    loop {
        let (mut stream, _) = listener.accept()?;
        let Ok((headers, body)) = request(&stream) else { continue };
        let verified = webhook.verify(&body, &headers).is_ok();
        // The answer first: whoever sends it waits fifteen seconds, and does not care for what is done with it.
        let status = if verified { "204 No Content" } else { "401 Unauthorized" };
        if write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").is_err() || !verified {
            continue;
        }
        let id = headers.get("webhook-id").and_then(|id| id.to_str().ok()).unwrap_or_default().to_owned();
        if seen.insert(id.clone()) {
            handle(Message { id, body });
        }
    }
}

/// The headers and the body of a request. Your web framework does this.
fn request(stream: &TcpStream) -> io::Result<(HeaderMap, Vec<u8>)> {
    let mut reader = BufReader::new(stream);
    let (mut headers, mut line) = (HeaderMap::new(), String::new());
    reader.read_line(&mut line)?;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(io::Error::other)?;
        headers.insert(name, HeaderValue::from_str(value.trim()).map_err(io::Error::other)?);
    }
    let length = headers.get("content-length").and_then(|length| length.to_str().ok()?.parse().ok()).unwrap_or(0);
    if length > MAX_BODY {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok((headers, body))
}
