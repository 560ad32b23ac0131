//! An expert with a link: authenticated by its secret, in the one browser that opened it first.

use api::problem::Code;
use api::{Edge, Problem};
use axum::extract::{FromRef, FromRequestParts};
use domain::access::RateClass;
use domain::interviews::link::{Closed, ExpertToken, Guest, browser};
use http::request::Parts;
use http::{HeaderMap, HeaderName, header};
use jiff::Timestamp;
use store::Store;

/// What the browser calls itself: made up at random by the page, and kept by it.
const BROWSER: HeaderName = HeaderName::from_static("x-expert-browser");

/// An admitted expert, and the time that this request counts as now.
pub(crate) struct Expert {
    pub(crate) guest: Guest,
    pub(crate) now: Timestamp,
}

impl<S> FromRequestParts<S> for Expert
where
    Edge: FromRef<S>,
    Store: FromRef<S>,
    S: Send + Sync,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let (edge, store) = (Edge::from_ref(state), Store::from_ref(state));
        let now = (edge.clock)();
        let sent = bearer(&parts.headers).ok_or_else(|| Problem::unauthenticated(Code::MissingToken))?;
        let invalid = || Problem::unauthenticated(Code::InvalidToken);
        let hash = ExpertToken::parse(sent).ok_or_else(invalid)?.hash();
        let named = parts.headers.get(BROWSER).and_then(|value| value.to_str().ok());
        let browser = named.and_then(browser).ok_or_else(invalid)?;
        let link = store.expert_link(&hash).await?.ok_or_else(invalid)?;
        let bound = link.browser.is_some();
        let guest = link.guest(&browser, now).map_err(closed)?;
        let decision = edge.gate.take(&guest.tenant, RateClass::Read, now).await?;
        if !decision.allowed {
            return Err(api::auth::rate_limited(&decision));
        }
        if !bound && !store.bind_expert_link(&hash, &browser).await? {
            return Err(closed(Closed::Used));
        }
        Ok(Self { guest, now })
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok().unwrap_or_default();
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    Some(if scheme.eq_ignore_ascii_case("bearer") { token.trim() } else { "" })
}

fn closed(closed: Closed) -> Problem {
    match closed {
        Closed::Expired => Problem::new(Code::LinkExpired, "The link has expired; ask for a new one."),
        Closed::Used => Problem::new(Code::LinkUsed, "The link was opened in another browser; ask for a new one."),
    }
}
