//! Taking conversations out of a stored batch without moving the others: a frame is overwritten by a skippable frame of equal length
//! (RFC 8878, 3.1.2), so that every other pointer into the object holds and `zstd -d` still reads it.

use aws_sdk_s3::primitives::ByteStream;
use domain::access::Tenant;
use domain::failure::Failure;

use crate::raw::{self, Frame};
use crate::sdk::{self, SERVICE, failure};
use crate::{Blobs, ZSTD, keys, owned};

/// First of the sixteen magic numbers of skippable frames.
const SKIPPABLE: u32 = 0x184D_2A50;
/// Magic number and size.
const HEADER: usize = 8;
/// Concurrent erasures in one object are rare and short.
const ATTEMPTS: u32 = 10;

/// Whether a frame is one that was erased.
pub fn is_erased(frame: &[u8]) -> bool {
    frame.starts_with(&SKIPPABLE.to_le_bytes())
}

/// Overwrites the frames; whether any conversation is left.
fn erased(batch: &mut [u8], frames: &[Frame]) -> Result<bool, Failure> {
    for frame in frames {
        let slice = raw::slice_mut(batch, *frame)?;
        slice.fill(0);
        if let Some((header, _)) = slice.split_first_chunk_mut::<HEADER>() {
            let size = u32::try_from(frame.length.saturating_sub(8)).unwrap_or(u32::MAX);
            *header = (u64::from(SKIPPABLE) | u64::from(size) << 32).to_le_bytes();
        }
    }
    let left = raw::frames(batch)?;
    Ok(left.iter().any(|frame| raw::slice(batch, *frame).is_ok_and(|bytes| !is_erased(bytes))))
}

impl Blobs {
    /// Erases conversations from a stored batch, and the batch with its last one. What is gone already is no error; two erasures at
    /// the same time do not undo each other.
    pub async fn erase_frames(&self, tenant: &Tenant, key: &str, frames: &[Frame]) -> Result<(), Failure> {
        let key = owned(keys::is_raw_of(tenant, key), key)?;
        for _ in 0..ATTEMPTS {
            let read = self.client().get_object().bucket(&self.0.bucket).key(key).send().await;
            let output = match read {
                Ok(output) => output,
                Err(error) if error.as_service_error().is_some_and(sdk::is_absent) => return Ok(()),
                Err(error) => return Err(failure(error)),
            };
            let tag = output.e_tag.clone();
            let body = output.body.collect().await;
            let body = body.map_err(|error| Failure::Unavailable { service: SERVICE, source: Box::new(error) })?;
            let mut bytes = body.to_vec();
            self.0.meter.got(bytes.len());
            if !erased(&mut bytes, frames)? {
                return self.delete(tenant, key).await;
            }
            self.0.meter.put(bytes.len());
            let request = self.client().put_object().bucket(&self.0.bucket).key(key).content_type(ZSTD);
            match request.set_if_match(tag).body(ByteStream::from(bytes)).send().await {
                Ok(_) => return Ok(()),
                Err(error) if error.raw_response().is_some_and(|raw| matches!(raw.status().as_u16(), 409 | 412)) => {}
                Err(error) => return Err(failure(error)),
            }
        }
        Err(Failure::Conflict { what: "batch object" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(id: &str) -> domain::conversation::Conversation {
        let json = format!(
            r#"{{"id":"{id}","created_at":"2026-01-01T00:00:00Z","messages":[{{"id":"m","created_at":"2026-01-01T00:00:00Z",
            "author_type":"customer","body":"my secret is {id}"}}]}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    #[test]
    fn an_erased_frame_leaves_its_neighbours_where_they_are() {
        let conversations = [conversation("first"), conversation("second"), conversation("third")];
        let (mut batch, frames) = raw::encode_batch(&conversations).unwrap();
        assert!(erased(&mut batch, &frames[1..2]).unwrap());
        assert_eq!(raw::frames(&batch).unwrap(), frames);
        assert_eq!(raw::decode(raw::slice(&batch, frames[0]).unwrap()).unwrap(), conversations[0]);
        assert_eq!(raw::decode(raw::slice(&batch, frames[2]).unwrap()).unwrap(), conversations[2]);
        let gone = raw::slice(&batch, frames[1]).unwrap();
        assert!(is_erased(gone) && gone[8..].iter().all(|byte| *byte == 0));
        // The whole object is still a file that zstd reads: two lines are left.
        let text = String::from_utf8(zstd::decode_all(batch.as_slice()).unwrap()).unwrap();
        assert_eq!(text.lines().count(), 2);
        assert!(!text.contains("second"));
        assert!(!erased(&mut batch, &frames).unwrap());
    }
}
