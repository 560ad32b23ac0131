//! `receiver PORT SECRET`: prints every verified message.
#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::io;
use std::net::TcpListener;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, port, secret] = &arguments[..] else { return Err(io::Error::other("usage: receiver PORT SECRET")) };
    let listener = TcpListener::bind(format!("127.0.0.1:{port}"))?;
    receiver::receive(&listener, secret, |message| {
        println!("verified {} {}", message.id, String::from_utf8_lossy(&message.body));
    })
}
