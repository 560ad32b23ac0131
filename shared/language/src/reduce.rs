//! A stored body reduced to what its author newly wrote, with offsets that still point into the body.

use std::ops::Range;

use crate::{html, quoted};

/// How a body is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ContentType {
    /// Plain text.
    #[default]
    Text,
    /// HTML, whole document or fragment.
    Html,
}

impl ContentType {
    /// From a media type such as `text/html; charset=utf-8`; anything that is not HTML is read as text.
    pub fn of(media_type: &str) -> Self {
        let name = media_type.split(';').next().unwrap_or("").trim();
        let is_html =
            ["text/html", "application/xhtml+xml", "html"].iter().any(|known| name.eq_ignore_ascii_case(known));
        if is_html { Self::Html } else { Self::Text }
    }
}

/// A span of the raw body. `quote == body.chars().skip(start).take(end - start)`, and the same bytes are `body[bytes]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct RawSpan {
    /// First Unicode scalar value, counted from the start of the body.
    pub start: usize,
    /// One past the last Unicode scalar value.
    pub end: usize,
    /// The same span in bytes, always on character boundaries.
    pub bytes: Range<usize>,
}

impl RawSpan {
    /// The text of the span in the body that it was made from; empty for another body.
    pub fn quote<'a>(&self, body: &'a str) -> &'a str {
        body.get(self.bytes.clone()).unwrap_or("")
    }
}

/// What a part of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Written in this message.
    New,
    /// Somebody's earlier message: `>` lines, a reply thread, a forwarded message.
    Quote,
    /// The line or block that introduces a quote: "On Monday Ann wrote:", the Outlook header block.
    Attribution,
    /// Signature, contact block, client footer ("Sent from my iPhone"), legal disclaimer.
    Signature,
    /// Code block or stack trace.
    Code,
}

/// A run of lines of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// What it is.
    pub kind: Kind,
    /// Where it is in the raw body.
    pub raw: RawSpan,
    visible: Range<usize>,
}

/// A body after [`reduce`].
#[derive(Debug, Clone, Default)]
pub struct Reduced {
    visible: Traced,
    text: Traced,
    segments: Vec<Segment>,
    auto_reply: bool,
}

impl Reduced {
    /// The new text only: what sentiment, tags and summaries read. Lines of [`Kind::New`], joined as they stood.
    pub fn text(&self) -> &str {
        &self.text.text
    }

    /// Every part of the body that shows, in order.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The readable text of a segment (HTML tags gone, entities decoded).
    pub fn segment_text(&self, segment: &Segment) -> &str {
        self.visible.text.get(segment.visible.clone()).unwrap_or("")
    }

    /// The span of the raw body that shows as `range` (bytes of [`Reduced::text`]); none for an empty or foreign range.
    ///
    /// Across a tag or an entity, the span holds them as they stand in the body.
    pub fn raw_span(&self, range: Range<usize>) -> Option<RawSpan> {
        self.text.raw_span(range)
    }

    /// True for an out-of-office note, a delivery report or an acknowledgement sent by a machine.
    pub fn is_auto_reply(&self) -> bool {
        self.auto_reply
    }
}

/// Reduces a body. Time and memory are linear in its length; any Unicode text is taken.
pub fn reduce(body: &str, content_type: ContentType) -> Reduced {
    let (visible, marks) = match content_type {
        ContentType::Text => (Traced::verbatim(body), Vec::new()),
        ContentType::Html => html::visible(body),
    };
    let lines = quoted::classify(&visible.text, &marks);
    let mut text = Traced::default();
    let mut segments: Vec<Segment> = Vec::new();
    for line in lines {
        if line.kind == Kind::New {
            text.append(&visible, line.range.clone());
        }
        let Some(raw) = visible.raw_span(line.range.clone()) else { continue };
        match segments.last_mut() {
            Some(last) if last.kind == line.kind => {
                last.visible.end = line.range.end;
                last.raw.end = raw.end;
                last.raw.bytes.end = raw.bytes.end;
            }
            _ => segments.push(Segment { kind: line.kind, raw, visible: line.range }),
        }
    }
    text.trim();
    let auto_reply = quoted::is_auto_reply(&text.text);
    Reduced { visible, text, segments, auto_reply }
}

/// The longest run of a [`Traced`] text that is counted through when an offset is looked up.
const RUN: usize = 128;

/// Text made from a body, each piece tied to the place it came from.
#[derive(Debug, Clone, Default)]
pub(crate) struct Traced {
    pub(crate) text: String,
    runs: Vec<Run>,
}

#[derive(Debug, Clone)]
struct Run {
    /// Bytes of the made text.
    text: Range<usize>,
    /// Bytes of the body.
    raw: Range<usize>,
    /// Scalar values before `raw.start` in the body.
    before: usize,
    /// Scalar values of `raw`.
    scalars: usize,
    /// True when both texts are the same bytes.
    same: bool,
}

impl Traced {
    fn verbatim(body: &str) -> Self {
        let mut traced = Self::default();
        traced.push_same(body, 0..body.len(), 0);
        traced
    }

    /// Appends `body[raw]` as it is; `before` = scalar values of the body before it. Gives the scalar values appended.
    pub(crate) fn push_same(&mut self, body: &str, raw: Range<usize>, before: usize) -> usize {
        let Some(piece) = body.get(raw.clone()) else { return 0 };
        let mut start = 0;
        let mut scalars = 0;
        let mut total = 0;
        for (at, _) in piece.char_indices() {
            if at - start >= RUN {
                self.run(piece, start..at, raw.start, before + total, scalars);
                total += scalars;
                (start, scalars) = (at, 0);
            }
            scalars += 1;
        }
        if scalars > 0 {
            self.run(piece, start..piece.len(), raw.start, before + total, scalars);
        }
        total + scalars
    }

    fn run(&mut self, piece: &str, part: Range<usize>, offset: usize, before: usize, scalars: usize) {
        let start = self.text.len();
        self.text.push_str(piece.get(part.clone()).unwrap_or(""));
        let raw = offset + part.start..offset + part.end;
        self.runs.push(Run { text: start..self.text.len(), raw, before, scalars, same: true });
    }

    /// Appends `shown` for `scalars` values of the body at `raw` (an entity, a collapsed space, or nothing at all).
    pub(crate) fn push_instead(&mut self, shown: &str, raw: Range<usize>, before: usize, scalars: usize) {
        let start = self.text.len();
        self.text.push_str(shown);
        self.runs.push(Run { text: start..self.text.len(), raw, before, scalars, same: false });
    }

    /// Appends a part of another traced text of the same body.
    fn append(&mut self, other: &Self, range: Range<usize>) {
        let first = other.runs.partition_point(|run| run.text.end <= range.start);
        for run in other.runs.iter().skip(first).take_while(|run| run.text.start < range.end) {
            let part = run.text.start.max(range.start)..run.text.end.min(range.end);
            let Some(shown) = other.text.get(part.clone()) else { continue };
            if shown.is_empty() {
                continue;
            }
            let start = self.text.len();
            self.text.push_str(shown);
            let text = start..self.text.len();
            self.runs.push(if run.same {
                let skipped = other.text.get(run.text.start..part.start).unwrap_or("");
                let raw = run.raw.start + skipped.len();
                Run {
                    text,
                    raw: raw..raw + shown.len(),
                    before: run.before + skipped.chars().count(),
                    scalars: shown.chars().count(),
                    same: true,
                }
            } else {
                Run { text, ..run.clone() }
            });
        }
    }

    /// Takes white space off both ends.
    fn trim(&mut self) {
        let lead = self.text.len() - self.text.trim_start().len();
        let end = self.text.trim_end().len();
        if lead >= end {
            *self = Self::default();
        } else if lead > 0 || end < self.text.len() {
            let mut trimmed = Self::default();
            trimmed.append(self, lead..end);
            *self = trimmed;
        }
    }

    pub(crate) fn raw_span(&self, range: Range<usize>) -> Option<RawSpan> {
        if range.is_empty() || self.text.get(range.clone()).is_none() {
            return None;
        }
        let (start, bytes_start) = self.edge(range.start, true)?;
        let (end, bytes_end) = self.edge(range.end, false)?;
        (bytes_start < bytes_end).then_some(RawSpan { start, end, bytes: bytes_start..bytes_end })
    }

    /// The place in the body (scalar values, bytes) of an edge of a range of the made text.
    fn edge(&self, at: usize, opening: bool) -> Option<(usize, usize)> {
        let index = if opening {
            self.runs.partition_point(|run| run.text.end <= at)
        } else {
            self.runs.partition_point(|run| run.text.start < at).checked_sub(1)?
        };
        let run = self.runs.get(index)?;
        if run.same {
            let skipped = self.text.get(run.text.start..at)?;
            Some((run.before + skipped.chars().count(), run.raw.start + skipped.len()))
        } else if opening {
            Some((run.before, run.raw.start))
        } else {
            Some((run.before + run.scalars, run.raw.end))
        }
    }
}

#[cfg(test)]
#[path = "reduce_tests.rs"]
mod tests;
