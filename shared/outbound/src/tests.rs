use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use domain::webhooks::{Address, Network};
use http::{HeaderMap, Method};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::*;

/// A receiver that reads a request's head and body and does what it is told; its port.
async fn receiver<F>(answer: impl Fn(TcpStream, String) -> F + Send + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = vec![0; 65_536];
            let read = stream.read(&mut request).await.unwrap_or_default();
            let text = String::from_utf8_lossy(&request[..read]).into_owned();
            tokio::spawn(answer(stream, text));
        }
    });
    port
}

/// Answers with those bytes and closes.
async fn says(text: &'static str) -> u16 {
    receiver(move |mut stream, _| async move { drop(stream.write_all(text.as_bytes()).await) }).await
}

fn address(text: &str) -> Address {
    Address::parse(text, Network::Any).unwrap()
}

async fn call(outbound: &Outbound, url: &str) -> Result<Answer, Unanswered> {
    let address = address(url);
    let call = Call {
        address: &address,
        method: Method::POST,
        headers: HeaderMap::new(),
        body: b"{}".to_vec(),
        timeout: Duration::from_secs(2),
    };
    outbound.send(call).await
}

/// A resolver that answers one list after the other, and how often it was asked.
fn resolver(answers: &'static [&'static [&'static str]], network: Network) -> (Outbound, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = asked.clone();
    let outbound = Outbound::with_lookup(network, move |_| {
        let number = count.fetch_add(1, Ordering::Relaxed).min(answers.len() - 1);
        let addresses = answers[number].iter().map(|text| text.parse().unwrap()).collect::<Vec<IpAddr>>();
        Box::pin(async move { Ok(addresses) })
    });
    (outbound, asked)
}

#[tokio::test]
async fn every_address_of_a_name_must_be_public() {
    let name = address("https://hooks.acme.com/");
    let good: &[&[&str]] = &[&["8.8.8.8", "2606:4700::1111"]];
    let (outbound, _) = resolver(good, Network::Public);
    let checked = outbound.check(&name).await.unwrap();
    assert_eq!(checked.iter().map(ToString::to_string).collect::<Vec<_>>(), ["8.8.8.8:443", "[2606:4700::1111]:443"]);

    let bad: &[&[&str]] =
        &[&["8.8.8.8", "127.0.0.1"], &["10.0.0.1"], &["::ffff:8.8.8.8"], &["8.8.8.8", "fe80::1"], &["169.254.169.254"]];
    let (outbound, _) = resolver(bad, Network::Public);
    for _ in bad {
        assert!(matches!(outbound.check(&name).await, Err(Refused::PrivateAddress)));
    }
    // Saved where plain http and private names were allowed; called where they are not.
    let (outbound, asked) = resolver(good, Network::Public);
    for url in ["http://hooks.acme.com/", "https://127.0.0.1/", "https://printer.local/"] {
        assert!(matches!(outbound.check(&address(url)).await, Err(Refused::Url(_))), "{url}");
    }
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    let none: &[&[&str]] = &[&[]];
    assert!(matches!(resolver(none, Network::Public).0.check(&name).await, Err(Refused::NoAddress)));
    let broken = Outbound::with_lookup(Network::Public, |_| Box::pin(async { Err(io::ErrorKind::NotFound.into()) }));
    assert!(matches!(broken.check(&name).await, Err(Refused::Lookup(_))));
}

#[tokio::test]
async fn a_name_that_is_rebound_after_it_was_saved_is_not_called() {
    let port = says("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await;
    // Public when it is saved, this machine when it is called.
    let answers: &[&[&str]] = &[&["8.8.8.8"], &["127.0.0.1"]];
    let (outbound, asked) = resolver(answers, Network::Public);
    let url = format!("https://rebound.acme.com:{port}/");
    outbound.check(&address(&url)).await.unwrap();
    assert!(matches!(call(&outbound, &url).await, Err(Unanswered::Refused(Refused::PrivateAddress))));
    assert_eq!(asked.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn the_address_that_was_checked_is_the_one_that_is_called() {
    let port = says("HTTP/1.1 204 No Content\r\n\r\n").await;
    // A second lookup would lead nowhere.
    let answers: &[&[&str]] = &[&["127.0.0.1"], &["192.0.2.1"]];
    let (outbound, asked) = resolver(answers, Network::Any);
    let answer = call(&outbound, &format!("http://pinned.acme.com:{port}/")).await.unwrap();
    assert_eq!((answer.status, asked.load(Ordering::Relaxed)), (204, 1));
}

#[tokio::test]
async fn what_is_sent_reads_as_http() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let port = receiver(move |mut stream, request| {
        tell.send(request).unwrap();
        async move { drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await) }
    })
    .await;
    let address = address(&format!("http://127.0.0.1:{port}/a/b?c=d"));
    let headers: HeaderMap = [("webhook-id", "msg_1"), ("host", "evil")]
        .into_iter()
        .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
        .collect();
    let call = Call {
        address: &address,
        method: Method::PUT,
        headers,
        body: b"{\"a\":1}".to_vec(),
        timeout: Duration::from_secs(2),
    };
    Outbound::new(Network::Any).send(call).await.unwrap();
    let request = told.recv().await.unwrap();
    assert!(request.starts_with("PUT /a/b?c=d HTTP/1.1\r\n"), "{request}");
    for line in [format!("host: 127.0.0.1:{port}"), "webhook-id: msg_1".into(), "content-length: 7".into()] {
        assert!(request.contains(&format!("\r\n{line}\r\n")), "{line} in {request}");
    }
    assert!(request.ends_with("\r\n\r\n{\"a\":1}") && !request.contains("evil"));
}

#[tokio::test]
async fn the_status_is_the_answer_whatever_becomes_of_the_body() {
    let outbound = Outbound::new(Network::Any);
    for (text, status, retry_after) in [
        ("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok", 200, None),
        ("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\ncut off", 200, None),
        ("HTTP/1.1 301 Moved\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n", 301, None),
        ("HTTP/1.1 503 Busy\r\nretry-after: 120\r\ncontent-length: 0\r\n\r\n", 503, Some("120")),
        ("HTTP/1.1 410 Gone\r\n\r\n", 410, None),
    ] {
        let port = says(text).await;
        let answer = call(&outbound, &format!("http://127.0.0.1:{port}/")).await.unwrap();
        assert_eq!((answer.status, answer.retry_after.as_deref()), (status, retry_after));
    }
}

#[tokio::test]
async fn a_huge_answer_is_not_read_to_its_end() {
    let (tell, mut told) = tokio::sync::mpsc::unbounded_channel();
    let port = receiver(move |mut stream, _| {
        let tell = tell.clone();
        async move {
            let (chunk, mut sent) = (vec![b'x'; 100_000], 0_usize);
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n").await.unwrap();
            while stream.write_all(&chunk).await.is_ok() {
                sent += chunk.len();
            }
            tell.send(sent).unwrap();
        }
    })
    .await;
    assert_eq!(call(&Outbound::new(Network::Any), &format!("http://127.0.0.1:{port}/")).await.unwrap().status, 200);
    let sent = told.recv().await.unwrap();
    assert!(sent < 100_000_000, "{sent} bytes of 1,000,000,000 were taken");
}

/// An `https` receiver whose certificate is for `hooks.acme.com`; its port and the certificate.
async fn secure() -> (u16, CertificateDer<'static>) {
    let rcgen::CertifiedKey { cert, signing_key } =
        rcgen::generate_simple_self_signed(vec!["hooks.acme.com".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                // Whoever does not trust us goes away.
                let Ok(mut stream) = acceptor.accept(stream).await else { return };
                let read = stream.read(&mut vec![0; 65_536]).await.unwrap_or_default();
                assert!(read > 0);
                drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").await);
            });
        }
    });
    (port, cert.der().clone())
}

#[tokio::test]
async fn https_is_spoken_with_whom_the_certificate_names_and_with_nobody_else() {
    let (port, certificate) = secure().await;
    let here: &[&[&str]] = &[&["127.0.0.1"]];
    let trusting = Outbound { tls: Tls::trusting(certificate), ..resolver(here, Network::Any).0 };
    assert_eq!(call(&trusting, &format!("https://hooks.acme.com:{port}/")).await.unwrap().status, 200);
    // The certificate is another's.
    let other = call(&trusting, &format!("https://other.acme.com:{port}/")).await;
    assert!(matches!(other, Err(Unanswered::Tls(_))), "{other:?}");
    // Nobody we know vouches for it.
    let unknown = call(&resolver(here, Network::Any).0, &format!("https://hooks.acme.com:{port}/")).await;
    assert!(matches!(unknown, Err(Unanswered::Tls(_))), "{unknown:?}");
}

#[tokio::test]
async fn no_answer_says_why() {
    let outbound = Outbound::new(Network::Any);
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap().port();
    assert!(matches!(call(&outbound, &format!("http://127.0.0.1:{closed}/")).await, Err(Unanswered::Connect(_))));
    let silent = receiver(|stream, _| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    assert!(matches!(call(&outbound, &format!("http://127.0.0.1:{silent}/")).await, Err(Unanswered::Timeout)));
    for text in ["", "HTTP/1.1 2", "SSH-2.0-OpenSSH_9.2\r\n"] {
        let port = says(text).await;
        assert!(
            matches!(call(&outbound, &format!("http://127.0.0.1:{port}/")).await, Err(Unanswered::Broken(_))),
            "{text:?}"
        );
    }
    let plain = says("HTTP/1.1 200 OK\r\n\r\n").await;
    assert!(matches!(call(&outbound, &format!("https://127.0.0.1:{plain}/")).await, Err(Unanswered::Tls(_))));
    // An endless head is cut off too.
    let endless = receiver(|mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\n").await.unwrap();
        while stream.write_all(b"x-more: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\r\n").await.is_ok()
        {
        }
    })
    .await;
    assert!(matches!(call(&outbound, &format!("http://127.0.0.1:{endless}/")).await, Err(Unanswered::Broken(_))));
}
