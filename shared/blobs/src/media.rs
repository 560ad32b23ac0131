//! Recordings and transcripts of interviews: signed links, so that media never pass through a function.

use std::time::{Duration, SystemTime};

use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_s3::config::{Config, RequestChecksumCalculation};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::presigning::{PresignedRequest, PresigningConfig};
use aws_sdk_s3::primitives::ByteStream;
use domain::access::Tenant;
use domain::failure::Failure;
use domain::interviews::{InterviewId, SessionId};
use jiff::{SignedDuration, Timestamp};

use crate::sdk::{self, SERVICE, failure};
use crate::{Blobs, keys};

/// How long a link is good for, unless the credentials that sign it end before.
pub const LINK_LIFE: SignedDuration = SignedDuration::from_hours(1);

/// What a session leaves behind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The recording.
    Audio,
    /// The transcript as JSON.
    Transcript,
}

/// A media object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Media {
    /// The interview.
    pub interview: InterviewId,
    /// The session.
    pub session: SessionId,
    /// Which of its parts.
    pub part: Part,
}

/// A link that needs no key, and when it stops working.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedLink {
    /// The address. Whoever has it may use it.
    pub url: String,
    /// Headers that a request must have, beside `Host`.
    pub headers: Vec<(String, String)>,
    /// When it stops working: not later than the credentials that signed it.
    pub expires_at: Timestamp,
}

impl std::fmt::Debug for SignedLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignedLink").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

impl Blobs {
    /// Stores a media object. Storing it again replaces it.
    pub async fn put_media(
        &self,
        tenant: &Tenant,
        media: &Media,
        content_type: &str,
        bytes: Vec<u8>,
    ) -> Result<(), Failure> {
        self.0.meter.put(bytes.len());
        let request = self.client().put_object().bucket(&self.0.bucket).key(keys::media(tenant, media));
        request.content_type(content_type).body(ByteStream::from(bytes)).send().await.map_err(failure)?;
        Ok(())
    }

    /// Whether a media object is there.
    pub async fn has_media(&self, tenant: &Tenant, media: &Media) -> Result<bool, Failure> {
        self.0.meter.got(0);
        let request = self.client().head_object().bucket(&self.0.bucket).key(keys::media(tenant, media));
        match request.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(sdk::is_absent) => Ok(false),
            Err(error) => Err(failure(error)),
        }
    }

    /// Deletes a media object. Deleting what is not there is no error.
    pub async fn delete_media(&self, tenant: &Tenant, media: &Media) -> Result<(), Failure> {
        self.0.meter.deleted();
        let request = self.client().delete_object().bucket(&self.0.bucket).key(keys::media(tenant, media));
        request.send().await.map_err(failure)?;
        Ok(())
    }

    /// A link to read a media object. No request is made: the object need not be there.
    pub async fn media_link(&self, tenant: &Tenant, media: &Media, now: Timestamp) -> Result<SignedLink, Failure> {
        let (signing, expires_at) = self.signing(now).await?;
        let request = self.client().get_object().bucket(&self.0.bucket).key(keys::media(tenant, media));
        link(request.presigned(signing).await, expires_at)
    }

    /// A link to write a media object of exactly this type and length, with `PUT`.
    pub async fn upload_link(
        &self,
        tenant: &Tenant,
        media: &Media,
        (content_type, length): (&str, u64),
        now: Timestamp,
    ) -> Result<SignedLink, Failure> {
        let (signing, expires_at) = self.signing(now).await?;
        let request = self.client().put_object().bucket(&self.0.bucket).key(keys::media(tenant, media));
        let request = request.content_type(content_type).content_length(i64::try_from(length).unwrap_or(i64::MAX));
        // Else the checksum of the empty body that is signed here would be demanded of the upload.
        let plain = Config::builder().request_checksum_calculation(RequestChecksumCalculation::WhenRequired);
        link(request.customize().config_override(plain).presigned(signing).await, expires_at)
    }

    /// How to sign from now on: for [`LINK_LIFE`], or until the credentials end.
    async fn signing(&self, now: Timestamp) -> Result<(PresigningConfig, Timestamp), Failure> {
        let ends = self.credentials_end().await?;
        let wanted = now + LINK_LIFE;
        let expires_at = ends.map_or(wanted, |ends| ends.min(wanted));
        let seconds = u64::try_from(expires_at.duration_since(now).as_secs()).unwrap_or(0).max(1);
        let expires_at = now + SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(1));
        let unexpected = |source| Failure::Unexpected { service: SERVICE, source };
        let start = SystemTime::try_from(now).map_err(|error| unexpected(Box::new(error)))?;
        let signing = PresigningConfig::builder().start_time(start).expires_in(Duration::from_secs(seconds));
        let signing = signing.build().map_err(|error| unexpected(Box::new(error)))?;
        Ok((signing, expires_at))
    }

    /// When the credentials stop working, where they say so.
    async fn credentials_end(&self) -> Result<Option<Timestamp>, Failure> {
        let Some(provider) = self.0.config.as_ref().and_then(aws_types::SdkConfig::credentials_provider) else {
            return Ok(None);
        };
        let credentials = provider.provide_credentials().await;
        let credentials =
            credentials.map_err(|error| Failure::Unavailable { service: SERVICE, source: Box::new(error) })?;
        Ok(credentials.expiry().and_then(|ends| Timestamp::try_from(ends).ok()))
    }
}

fn link<E>(signed: Result<PresignedRequest, SdkError<E>>, expires_at: Timestamp) -> Result<SignedLink, Failure>
where
    E: std::error::Error + Send + Sync + 'static,
{
    let signed = signed.map_err(|error| Failure::Unexpected { service: SERVICE, source: Box::new(error) })?;
    let headers = signed.headers().filter(|(name, _)| !name.eq_ignore_ascii_case("host"));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Ok(SignedLink { url: signed.uri().to_owned(), headers, expires_at })
}
