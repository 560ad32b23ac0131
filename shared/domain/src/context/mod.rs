//! What a customer does outside of conversations: visits, purchases, help-centre articles, e-mail that bounced, surveys.
//!
//! An [`Event`] is what a caller pushes. A [`session::Session`] is what is kept of the events of one customer in one session; it is
//! folded from them whatever their order and however often they come. Answers for chatbots are made of sessions: [`answers`], [`prompt`].

pub mod answers;
mod bot;
pub mod intake;
pub mod journey;
pub mod prompt;
pub mod session;
pub mod support;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::conversation::words;

words! {
    /// What happened.
    EventType {
        /// A page was looked at.
        PageView => "page_view",
        /// Something was bought.
        Purchase => "purchase",
        /// The customer registered.
        Registration => "registration",
        /// The session was ended, such as by closing the tab or logging out.
        SessionEnd => "session_end",
        /// An article of the help centre was read.
        ArticleView => "article_view",
        /// The customer said whether an article helped.
        ArticleFeedback => "article_feedback",
        /// An e-mail to the customer came back.
        EmailBounce => "email_bounce",
        /// The customer marked an e-mail as spam.
        EmailComplaint => "email_complaint",
        /// The customer answered a satisfaction survey.
        CsatResponse => "csat_response",
    }
}

impl EventType {
    /// Whether it only makes sense as part of a session.
    pub fn needs_session(self) -> bool {
        matches!(self, Self::PageView | Self::Purchase | Self::Registration | Self::SessionEnd)
    }
}

/// One event. Only [`intake`] makes it from a caller's bytes.
#[derive(Clone, PartialEq)]
pub struct Event {
    /// The caller's id, unique within the customer's session; an event that comes again changes nothing.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Whose it is.
    pub customer_id: String,
    /// The session it belongs to; `None` for what happens outside of any, such as a bounced e-mail.
    pub session_id: Option<String>,
    /// What happened.
    pub kind: EventKind,
}

impl fmt::Debug for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Event").field("at", &self.at).field("type", &self.kind.event_type()).finish_non_exhaustive()
    }
}

/// What happened, with what belongs to it.
#[derive(Clone, PartialEq)]
pub enum EventKind {
    /// See [`EventType::PageView`].
    PageView(PageView),
    /// See [`EventType::Purchase`].
    Purchase,
    /// See [`EventType::Registration`].
    Registration,
    /// See [`EventType::SessionEnd`].
    SessionEnd,
    /// What a support team's own reports count.
    Support(SupportKind),
}

impl fmt::Debug for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_type().as_str())
    }
}

impl EventKind {
    /// The type as a word.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::PageView(_) => EventType::PageView,
            Self::Purchase => EventType::Purchase,
            Self::Registration => EventType::Registration,
            Self::SessionEnd => EventType::SessionEnd,
            Self::Support(kind) => kind.event_type(),
        }
    }
}

/// A page that was looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct PageView {
    /// The page.
    pub page: Page,
    /// How long it was looked at, in milliseconds, where the caller measured it.
    pub duration_ms: Option<u32>,
}

/// What a page shows, as the caller describes it.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Page {
    /// Its address, as it came.
    pub url: String,
    /// Name of what it shows.
    pub name: Option<String>,
    /// Category of what it shows.
    pub category: Option<String>,
    /// Its price.
    pub price_amount: Option<f64>,
    /// The price's currency, ISO 4217.
    pub price_cur: Option<String>,
}

impl fmt::Debug for Page {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Page(…)")
    }
}

/// An event that reports of the support team count.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub enum SupportKind {
    /// See [`EventType::ArticleView`].
    ArticleView(Article),
    /// See [`EventType::ArticleFeedback`].
    ArticleFeedback {
        /// The article.
        article: Article,
        /// Whether it helped.
        helpful: bool,
    },
    /// See [`EventType::EmailBounce`].
    EmailBounce,
    /// See [`EventType::EmailComplaint`].
    EmailComplaint,
    /// See [`EventType::CsatResponse`].
    CsatResponse {
        /// 1–5; `None` when the survey was answered without a rating.
        rating: Option<u8>,
    },
}

impl fmt::Debug for SupportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.event_type().as_str())
    }
}

impl SupportKind {
    /// The type as a word.
    pub fn event_type(&self) -> EventType {
        match self {
            Self::ArticleView(_) => EventType::ArticleView,
            Self::ArticleFeedback { .. } => EventType::ArticleFeedback,
            Self::EmailBounce => EventType::EmailBounce,
            Self::EmailComplaint => EventType::EmailComplaint,
            Self::CsatResponse { .. } => EventType::CsatResponse,
        }
    }
}

/// An article of the help centre.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Article {
    /// The caller's id.
    pub id: String,
    /// Its title.
    pub title: Option<String>,
    /// Its short name in addresses.
    pub slug: Option<String>,
}

words! {
    /// Where a session stands; the rules are at [`answers::signal`].
    Signal {
        /// The customer left, or loses interest, without having bought or registered.
        Drop => "drop",
        /// The customer registered.
        Reg => "reg",
        /// The customer bought.
        AfterBuy => "after_buy",
    }
}
