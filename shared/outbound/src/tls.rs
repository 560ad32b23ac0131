//! TLS to the world, trusting what the machine trusts. Made with the first `https` call, not before the first poll.

use std::io;
use std::sync::{Arc, OnceLock};

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// A connector that is made once.
#[derive(Clone, Default)]
pub(crate) struct Tls {
    connector: Arc<OnceLock<TlsConnector>>,
    /// Trusted beside what the machine trusts: for tests.
    own_roots: Arc<Vec<CertificateDer<'static>>>,
}

impl Tls {
    #[cfg(test)]
    pub(crate) fn trusting(root: CertificateDer<'static>) -> Self {
        Self { own_roots: Arc::new(vec![root]), ..Self::default() }
    }

    /// A TLS session with the host of that name; its certificate is checked against the name.
    pub(crate) async fn connect(&self, host: &str, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(io::Error::other)?;
        self.connector()?.connect(name, stream).await
    }

    fn connector(&self) -> io::Result<&TlsConnector> {
        if let Some(made) = self.connector.get() {
            return Ok(made);
        }
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        roots.add_parsable_certificates(self.own_roots.iter().cloned());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        Ok(self.connector.get_or_init(|| TlsConnector::from(Arc::new(config))))
    }
}
