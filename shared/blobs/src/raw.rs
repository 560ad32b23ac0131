//! How an accepted batch is stored: one zstd frame per conversation, each its JSON and a line feed.
//!
//! `zstd -d` therefore gives NDJSON, and one conversation can be read by range without the rest of its batch.

use domain::conversation::Conversation;
use domain::failure::Failure;
use zstd::bulk::{Compressor, Decompressor};
use zstd::zstd_safe;

/// Compression level: fast, since a batch is written once by a caller who waits.
const LEVEL: i32 = 1;
/// Largest conversation once decompressed: above the 6 MB of a request, with room for escapes that JSON writes longer than it read.
pub const MAX_CONVERSATION: usize = 40 * 1024 * 1024;

/// Where a conversation's frame is inside its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// Why a stored batch cannot be read.
#[derive(Debug, thiserror::Error)]
enum Unreadable {
    #[error("it is not a row of zstd frames")]
    Frames,
    #[error("a conversation is larger than any that is accepted")]
    TooLarge,
    #[error("it cannot be compressed or decompressed")]
    Zstd(#[source] std::io::Error),
    #[error("a conversation's JSON cannot be read or written")]
    Json(#[source] serde_json::Error),
}

fn corrupt(source: Unreadable) -> Failure {
    Failure::Corrupt { what: "batch", source: Box::new(source) }
}

/// Encodes conversations in their order; where each of them is.
pub fn encode_batch<'a>(
    conversations: impl IntoIterator<Item = &'a Conversation>,
) -> Result<(Vec<u8>, Vec<Frame>), Failure> {
    let mut compressor = Compressor::new(LEVEL).map_err(Unreadable::Zstd).map_err(corrupt)?;
    let (mut out, mut frames, mut json, mut frame) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for conversation in conversations {
        json.clear();
        serde_json::to_writer(&mut json, conversation).map_err(Unreadable::Json).map_err(corrupt)?;
        json.push(b'\n');
        frame.clear();
        frame.reserve(zstd_safe::compress_bound(json.len()));
        compressor.compress_to_buffer(&json, &mut frame).map_err(Unreadable::Zstd).map_err(corrupt)?;
        frames.push(Frame { offset: out.len() as u64, length: frame.len() as u64 });
        out.extend_from_slice(&frame);
    }
    Ok((out, frames))
}

/// Where each conversation of a batch is.
pub fn frames(bytes: &[u8]) -> Result<Vec<Frame>, Failure> {
    let (mut frames, mut offset) = (Vec::new(), 0_usize);
    while let Some(rest) = bytes.get(offset..).filter(|rest| !rest.is_empty()) {
        let length = zstd_safe::find_frame_compressed_size(rest).map_err(|_| corrupt(Unreadable::Frames))?;
        if length == 0 || length > rest.len() {
            return Err(corrupt(Unreadable::Frames));
        }
        frames.push(Frame { offset: offset as u64, length: length as u64 });
        offset += length;
    }
    Ok(frames)
}

/// The bytes of one frame inside a batch.
pub fn slice(batch: &[u8], frame: Frame) -> Result<&[u8], Failure> {
    let (from, length) = (usize::try_from(frame.offset), usize::try_from(frame.length));
    let range = from.ok().zip(length.ok()).and_then(|(from, length)| batch.get(from..from.checked_add(length)?));
    range.ok_or_else(|| corrupt(Unreadable::Frames))
}

/// The bytes of one frame of a batch, to be overwritten.
pub(crate) fn slice_mut(batch: &mut [u8], frame: Frame) -> Result<&mut [u8], Failure> {
    let (from, length) = (usize::try_from(frame.offset), usize::try_from(frame.length));
    let range = from.ok().zip(length.ok()).and_then(|(from, length)| batch.get_mut(from..from.checked_add(length)?));
    range.ok_or_else(|| corrupt(Unreadable::Frames))
}

/// The conversation in one frame.
pub fn decode(frame: &[u8]) -> Result<Conversation, Failure> {
    let json = json(frame)?;
    serde_json::from_slice(&json).map_err(Unreadable::Json).map_err(corrupt)
}

/// The JSON in one frame, its line feed included: what the content hash is taken of.
pub fn json(frame: &[u8]) -> Result<Vec<u8>, Failure> {
    let size = zstd_safe::get_frame_content_size(frame).map_err(|_| corrupt(Unreadable::Frames))?;
    let size = size.and_then(|size| usize::try_from(size).ok()).ok_or_else(|| corrupt(Unreadable::Frames))?;
    if size > MAX_CONVERSATION {
        return Err(corrupt(Unreadable::TooLarge));
    }
    let mut decompressor = Decompressor::new().map_err(Unreadable::Zstd).map_err(corrupt)?;
    decompressor.decompress(frame, size).map_err(Unreadable::Zstd).map_err(corrupt)
}

/// Every conversation of a batch that was not erased, with its frame, in order.
pub fn decode_batch(bytes: &[u8]) -> Result<Vec<(Frame, Conversation)>, Failure> {
    let mut found = Vec::new();
    for frame in frames(bytes)? {
        let slice = slice(bytes, frame)?;
        if !crate::is_erased(slice) {
            found.push((frame, decode(slice)?));
        }
    }
    Ok(found)
}
