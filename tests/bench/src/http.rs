//! As much of HTTP/1.1 as the measuring needs: messages of known length on plain connections, blocking.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// A request or a response.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// Request or status line.
    pub(crate) start: String,
    /// Headers, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// The body, whole.
    pub(crate) body: Vec<u8>,
}

impl Message {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Method and path of a request.
    pub(crate) fn target(&self) -> (&str, &str) {
        let mut words = self.start.split(' ');
        (words.next().unwrap_or_default(), words.next().unwrap_or_default())
    }

    /// Status of a response; 0 if there is none.
    pub(crate) fn status(&self) -> u16 {
        self.start.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// The message as sent on a connection that stays open, its length stated.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{}\r\n", self.start).into_bytes();
        for (name, value) in &self.headers {
            if !matches!(name.as_str(), "connection" | "transfer-encoding" | "content-length" | "keep-alive") {
                bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
            }
        }
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

/// Reads one message; `None` when the other side has closed. A response without a length goes on to the end of the connection.
pub(crate) fn read(reader: &mut impl BufRead, response: bool) -> io::Result<Option<Message>> {
    let start = line(reader)?;
    if start.is_empty() {
        return Ok(None);
    }
    let mut headers = Vec::new();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    let mut message = Message { start, headers, body: Vec::new() };
    if message.header("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        loop {
            let size = line(reader)?;
            let size = size.split(';').next().and_then(|size| u64::from_str_radix(size.trim(), 16).ok());
            let size = size.ok_or_else(|| io::Error::other("a chunk without a size"))?;
            reader.by_ref().take(size).read_to_end(&mut message.body)?;
            line(reader)?;
            if size == 0 {
                break;
            }
        }
    } else if let Some(length) = message.header("content-length").and_then(|length| length.parse().ok()) {
        reader.by_ref().take(length).read_to_end(&mut message.body)?;
    } else if response {
        reader.read_to_end(&mut message.body)?;
    }
    Ok(Some(message))
}

fn line(reader: &mut impl BufRead) -> io::Result<String> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

/// One request on a connection of its own.
pub(crate) fn send(address: &str, request: &Message) -> io::Result<Message> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    let mut bytes = request.to_bytes();
    let end = bytes.windows(2).position(|pair| pair == b"\r\n").unwrap_or(0);
    bytes.splice(end..end, b"\r\nconnection: close".iter().copied());
    stream.write_all(&bytes)?;
    read(&mut BufReader::new(stream), true)?.ok_or_else(|| io::Error::other("no answer"))
}

/// A request to an address.
pub(crate) fn request(method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Message {
    let mut headers: Vec<(String, String)> =
        headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    headers.push(("host".to_owned(), "127.0.0.1".to_owned()));
    Message { start: format!("{method} {path} HTTP/1.1"), headers, body }
}
