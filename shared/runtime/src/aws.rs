//! One SDK configuration per process, from the variables that Lambda sets.
//!
//! `aws-config` is left out on purpose: its provider chain brings STS and SSO clients and profile files, none of which a Lambda uses,
//! and costs more at start-up than everything else together (`make bench` prints start-up times).

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;
use std::time::Duration;

use crate::env::{self, EnvError};

/// Root certificates of Amazon Trust Services (<https://www.amazontrust.com/repository/>), to which every endpoint of AWS's public
/// regions chains. Reading five instead of the machine's whole store saves milliseconds before the first request.
const AMAZON_TRUST_SERVICES: &[u8] = include_bytes!("certificates/amazon_trust_services.pem");

/// The configuration for all clients of this process.
pub fn config() -> Result<SdkConfig, EnvError> {
    let region = env::required(env::AWS_REGION)?;
    let ends = env::optional(env::AWS_CREDENTIAL_EXPIRATION).map(|ends| {
        let malformed = EnvError::Malformed(env::AWS_CREDENTIAL_EXPIRATION, "an RFC 3339 time");
        let ends = ends.parse::<jiff::Timestamp>().ok();
        ends.and_then(|ends| std::time::SystemTime::try_from(ends).ok()).ok_or(malformed)
    });
    let credentials = Credentials::new(
        env::required(env::AWS_ACCESS_KEY_ID)?,
        env::required(env::AWS_SECRET_ACCESS_KEY)?,
        env::optional(env::AWS_SESSION_TOKEN),
        ends.transpose()?,
        "environment",
    );
    let endpoint = env::optional(env::AWS_ENDPOINT_URL);
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(2))
        .operation_attempt_timeout(Duration::from_secs(5))
        .operation_timeout(Duration::from_secs(15))
        .build();
    let mut config = SdkConfig::builder()
        .http_client(http_client(endpoint.as_deref(), &region))
        .region(Region::new(region))
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
        .time_source(aws_smithy_async::time::SystemTimeSource::new())
        .retry_config(RetryConfig::standard().with_max_attempts(4))
        .timeout_config(timeouts);
    config.set_endpoint_url(endpoint);
    Ok(config.build())
}

fn http_client(endpoint: Option<&str>, region: &str) -> SharedHttpClient {
    if endpoint.is_some_and(|endpoint| endpoint.starts_with("http://")) {
        return Builder::new().build_http();
    }
    // The China regions have certificates of their own authorities.
    let roots = if region.starts_with("cn-") {
        TrustStore::default()
    } else {
        TrustStore::empty().with_pem_certificate(AMAZON_TRUST_SERVICES)
    };
    let builder = Builder::new().tls_provider(Provider::Rustls(CryptoMode::Ring));
    match TlsContext::builder().with_trust_store(roots).build() {
        Ok(context) => builder.tls_context(context).build_https(),
        Err(_) => builder.build_https(),
    }
}
