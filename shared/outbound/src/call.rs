//! One request to one checked address.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use domain::webhooks::Address;
use http::{HeaderMap, HeaderValue, Method, Request, Response, header};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1;
use hyper::rt::{Read, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout, timeout_at};

use crate::{Outbound, Refused};

/// Longest wait for one connection.
const CONNECT: Duration = Duration::from_secs(5);
/// Addresses of one name that are tried.
const TRIED: usize = 3;
/// Largest head of an answer, in bytes.
const MAX_HEAD: usize = 64 * 1024;
/// Most of an answer's body that is read, and thrown away, so that a polite receiver is not cut off. The status alone counts.
const MAX_DRAINED: usize = 64 * 1024;
/// Longest wait for the rest of an answer whose status is known.
const DRAIN: Duration = Duration::from_secs(1);

/// A request to be made.
#[derive(Clone, Debug)]
pub struct Call<'a> {
    /// Where to.
    pub address: &'a Address,
    /// By which method.
    pub method: Method,
    /// Its headers; `Host` and the length are set here.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// From the lookup of the name to the answer's status.
    pub timeout: Duration,
}

/// What came back. The body is not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// The `Retry-After` header, if there was one.
    pub retry_after: Option<String>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum Unanswered {
    /// The address must not be called.
    #[error("the address was refused")]
    Refused(#[source] Refused),
    /// No connection.
    #[error("no connection could be made")]
    Connect(#[source] io::Error),
    /// The certificate is not trusted, or TLS failed otherwise.
    #[error("TLS failed")]
    Tls(#[source] io::Error),
    /// The connection broke, or what came back is not HTTP.
    #[error("the receiver broke off or did not speak HTTP")]
    Broken(#[source] hyper::Error),
    /// Nothing in time.
    #[error("no answer came in time")]
    Timeout,
    /// The request could not be made of its parts.
    #[error("the request could not be made")]
    Request(#[source] http::Error),
}

impl Outbound {
    /// Checks the address and makes the request to the very address that was checked. Redirects are answers, not followed.
    pub async fn send(&self, call: Call<'_>) -> Result<Answer, Unanswered> {
        let deadline = Instant::now() + call.timeout;
        timeout_at(deadline, self.within(call)).await.unwrap_or(Err(Unanswered::Timeout))
    }

    async fn within(&self, call: Call<'_>) -> Result<Answer, Unanswered> {
        let addresses = self.check(call.address).await.map_err(Unanswered::Refused)?;
        let stream = connect(&addresses).await.map_err(Unanswered::Connect)?;
        let address = call.address;
        let request = request(call).map_err(Unanswered::Request)?;
        if address.is_https() {
            let host = address.host().to_string();
            exchange(TokioIo::new(self.tls.connect(&host, stream).await.map_err(Unanswered::Tls)?), request).await
        } else {
            exchange(TokioIo::new(stream), request).await
        }
    }
}

/// A connection to the first of the addresses that takes one.
async fn connect(addresses: &[SocketAddr]) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotConnected);
    for address in addresses.iter().take(TRIED) {
        match timeout(CONNECT, TcpStream::connect(address)).await {
            Ok(Ok(stream)) => return Ok(stream),
            Ok(Err(error)) => last = error,
            Err(_) => last = io::ErrorKind::TimedOut.into(),
        }
    }
    Err(last)
}

fn request(call: Call<'_>) -> Result<Request<Full<Bytes>>, http::Error> {
    let mut request = Request::builder()
        .method(call.method)
        .uri(call.address.path_and_query())
        .body(Full::new(Bytes::from(call.body)))?;
    *request.headers_mut() = call.headers;
    request.headers_mut().insert(header::HOST, HeaderValue::from_str(call.address.authority())?);
    request.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

async fn exchange<T>(io: T, request: Request<Full<Bytes>>) -> Result<Answer, Unanswered>
where
    T: Read + Write + Unpin + Send + 'static,
{
    let mut client = http1::Builder::new();
    client.max_buf_size(MAX_HEAD);
    let (mut sender, connection) = client.handshake(io).await.map_err(Unanswered::Broken)?;
    // Ends with the guard, so that no connection outlives its call.
    let _driven = AbortOnDrop(tokio::spawn(async move {
        // What ends the connection early is told to the sender.
        drop(connection.await);
    }));
    let response = sender.send_request(request).await.map_err(Unanswered::Broken)?;
    let retry_after = response.headers().get(header::RETRY_AFTER);
    let answer = Answer {
        status: response.status().as_u16(),
        retry_after: retry_after.and_then(|value| value.to_str().ok()).map(str::to_owned),
    };
    // The status is the answer; whatever becomes of the body does not change it.
    drop(timeout(DRAIN, drain(response)).await);
    Ok(answer)
}

async fn drain(response: Response<Incoming>) {
    let (mut body, mut read) = (response.into_body(), 0);
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > MAX_DRAINED {
            return;
        }
    }
}

struct AbortOnDrop(tokio::task::JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}
