//! Items: attributes read with care, tags of type and version, and the compressed parts.

use std::collections::HashMap;
use std::sync::LazyLock;

use aws_sdk_dynamodb::primitives::Blob;
use aws_sdk_dynamodb::types::AttributeValue;
use domain::failure::Failure;
use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

use crate::keys::{Key, PK, SK};
use crate::pack;
use crate::sdk::Attributes;

/// Attribute that says what an item is and in which version: `conversation.1`.
pub(crate) const TYPE: &str = "ty";
/// Attribute by which `DynamoDB` deletes an item on its own, in seconds since 1970.
pub(crate) const TTL: &str = "ttl";

/// Largest a compressed part may be once decompressed: far above anything that is written, far below what would hurt.
const MAX_UNPACKED: usize = 8 * 1024 * 1024;
const LEVEL: i32 = 6;
/// The four bytes that begin every zstd frame: not worth storing.
const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// Why an item could not be read. Names attributes, never their values.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unreadable {
    #[error("attribute {0} is missing or of another type")]
    Attribute(&'static str),
    #[error("it is tagged otherwise than {0}")]
    Tag(&'static str),
    #[error("it was compressed with an unknown dictionary")]
    Dictionary,
    #[error("it cannot be decompressed")]
    Compression(#[source] std::io::Error),
    #[error("its packed part cannot be read")]
    Packed(#[source] pack::Error),
    #[error("its packed part cannot be written")]
    Unpackable(#[source] pack::Error),
    #[error("its block cannot be read")]
    Block(#[source] domain::facts::block::Corrupt),
    #[error("its JSON cannot be read")]
    Json(#[source] serde_json::Error),
}

pub(crate) fn corrupt(what: &'static str) -> impl Fn(Unreadable) -> Failure {
    move |source| Failure::Corrupt { what, source: Box::new(source) }
}

pub(crate) fn s(text: impl Into<String>) -> AttributeValue {
    AttributeValue::S(text.into())
}

#[expect(clippy::needless_pass_by_value, reason = "numbers are copied anyway")]
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

pub(crate) fn b(bytes: impl Into<Vec<u8>>) -> AttributeValue {
    AttributeValue::B(Blob::new(bytes))
}

pub(crate) fn ttl(at: Timestamp) -> AttributeValue {
    n(at.as_second())
}

/// The key as attributes.
pub(crate) fn key(key: &Key) -> Attributes {
    HashMap::from([(PK.to_owned(), s(key.pk.clone())), (SK.to_owned(), s(key.sk.clone()))])
}

/// Reads attributes by name; every miss is an error that names the attribute.
pub(crate) struct Reader<'a>(&'a Attributes);

impl<'a> Reader<'a> {
    /// A reader of an item that must be tagged so.
    pub(crate) fn new(item: &'a Attributes, tag: &'static str) -> Result<Self, Unreadable> {
        match item.get(TYPE) {
            Some(AttributeValue::S(found)) if found == tag => Ok(Self(item)),
            _ => Err(Unreadable::Tag(tag)),
        }
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    pub(crate) fn text(&self, name: &'static str) -> Result<&'a str, Unreadable> {
        self.text_opt(name)?.ok_or(Unreadable::Attribute(name))
    }

    pub(crate) fn text_opt(&self, name: &'static str) -> Result<Option<&'a str>, Unreadable> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::S(text)) => Ok(Some(text)),
            Some(_) => Err(Unreadable::Attribute(name)),
        }
    }

    pub(crate) fn number<T: std::str::FromStr>(&self, name: &'static str) -> Result<T, Unreadable> {
        self.number_opt(name)?.ok_or(Unreadable::Attribute(name))
    }

    pub(crate) fn number_opt<T: std::str::FromStr>(&self, name: &'static str) -> Result<Option<T>, Unreadable> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::N(text)) => Ok(Some(text.parse().map_err(|_| Unreadable::Attribute(name))?)),
            Some(_) => Err(Unreadable::Attribute(name)),
        }
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<Timestamp, Unreadable> {
        self.time_opt(name)?.ok_or(Unreadable::Attribute(name))
    }

    pub(crate) fn time_opt(&self, name: &'static str) -> Result<Option<Timestamp>, Unreadable> {
        let parse = |text: &str| text.parse().map_err(|_| Unreadable::Attribute(name));
        self.text_opt(name)?.map(parse).transpose()
    }

    pub(crate) fn bytes(&self, name: &'static str) -> Result<&'a [u8], Unreadable> {
        self.bytes_opt(name)?.ok_or(Unreadable::Attribute(name))
    }

    pub(crate) fn bytes_opt(&self, name: &'static str) -> Result<Option<&'a [u8]>, Unreadable> {
        match self.0.get(name) {
            None => Ok(None),
            Some(AttributeValue::B(bytes)) => Ok(Some(bytes.as_ref())),
            Some(_) => Err(Unreadable::Attribute(name)),
        }
    }

    pub(crate) fn set(&self, name: &'static str) -> Result<&'a [String], Unreadable> {
        match self.0.get(name) {
            None => Ok(&[]),
            Some(AttributeValue::Ss(set)) => Ok(set),
            Some(_) => Err(Unreadable::Attribute(name)),
        }
    }

    /// A list of texts; none when it is missing.
    pub(crate) fn list(&self, name: &'static str) -> Result<Vec<&'a str>, Unreadable> {
        match self.0.get(name) {
            None => Ok(Vec::new()),
            Some(AttributeValue::L(list)) => {
                let text = |value: &'a AttributeValue| value.as_s().map(String::as_str);
                list.iter().map(|value| text(value).map_err(|_| Unreadable::Attribute(name))).collect()
            }
            Some(_) => Err(Unreadable::Attribute(name)),
        }
    }

    pub(crate) fn packed<T: DeserializeOwned>(&self, name: &'static str) -> Result<T, Unreadable> {
        unpack(self.bytes(name)?)
    }
}

/// zstd without its magic number.
pub(crate) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut frame = zstd::bulk::compress(bytes, LEVEL).map_err(Unreadable::Compression)?;
    frame.drain(..MAGIC.len().min(frame.len()));
    Ok(frame)
}

/// The reverse of [`compress`].
pub(crate) fn decompress(bytes: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let frame = [&MAGIC, bytes].concat();
    zstd::bulk::decompress(&frame, capacity(&frame)).map_err(Unreadable::Compression)
}

/// Bytes to set aside for a frame: what it declares, within reason.
fn capacity(frame: &[u8]) -> usize {
    let declared = zstd::zstd_safe::get_frame_content_size(frame).ok().flatten();
    declared.and_then(|size| usize::try_from(size).ok()).unwrap_or(MAX_UNPACKED).min(MAX_UNPACKED)
}

/// What packed conversations have in common, so that each need not say it again: trained (zstd, 12 KB) on the analyses of about 1,000
/// conversations made up by `tests/bench` and on support phrases of our own; no real conversation was used. Items name their
/// dictionary by number: a better one gets the next number, and this one stays as long as an item may need it.
static DICTIONARY: &[u8] = include_bytes!("dictionary-1.bin");
const DICTIONARY_NUMBER: u8 = 1;
const DICTIONARY_LEVEL: i32 = 12;

static ENCODER: LazyLock<EncoderDictionary<'static>> =
    LazyLock::new(|| EncoderDictionary::copy(DICTIONARY, DICTIONARY_LEVEL));
static DECODER: LazyLock<DecoderDictionary<'static>> = LazyLock::new(|| DecoderDictionary::copy(DICTIONARY));

/// Packs and compresses a value that looks like a conversation.
pub(crate) fn packed_by_dictionary<T: Serialize>(value: &T) -> Result<Vec<u8>, Unreadable> {
    let plain = pack::to_vec(value).map_err(Unreadable::Unpackable)?;
    let mut compressor = Compressor::with_prepared_dictionary(&ENCODER).map_err(Unreadable::Compression)?;
    compressor.set_parameter(CParameter::DictIdFlag(false)).map_err(Unreadable::Compression)?;
    let frame = compressor.compress(&plain).map_err(Unreadable::Compression)?;
    let frame = frame.get(MAGIC.len()..).unwrap_or_default();
    Ok([&[DICTIONARY_NUMBER], frame].concat())
}

/// The reverse of [`packed_by_dictionary`].
pub(crate) fn unpack_by_dictionary<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    let Some((&DICTIONARY_NUMBER, frame)) = bytes.split_first() else { return Err(Unreadable::Dictionary) };
    let frame = [&MAGIC, frame].concat();
    let mut decompressor = Decompressor::with_prepared_dictionary(&DECODER).map_err(Unreadable::Compression)?;
    let plain = decompressor.decompress(&frame, capacity(&frame)).map_err(Unreadable::Compression)?;
    pack::from_slice(&plain).map_err(Unreadable::Packed)
}

/// Packs and compresses a value.
pub(crate) fn packed<T: Serialize>(value: &T) -> Result<Vec<u8>, Unreadable> {
    compress(&pack::to_vec(value).map_err(Unreadable::Unpackable)?)
}

/// The reverse of [`packed`].
pub(crate) fn unpack<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Unreadable> {
    pack::from_slice(&decompress(bytes)?).map_err(Unreadable::Packed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Stored {
        summary: String,
        score: Option<f64>,
        at: Timestamp,
        tags: Vec<(String, u32)>,
    }

    fn stored() -> Stored {
        Stored {
            summary: "The customer wants to cancel the subscription.".to_owned(),
            score: Some(-0.615),
            at: "2026-06-03T10:00:00Z".parse().unwrap(),
            tags: vec![("billing".to_owned(), 3), ("refund".to_owned(), 70_000)],
        }
    }

    const PLAIN: &str = concat!(
        "042f54686520637573746f6d65722077616e747320746f2063616e63656c2074686520737562736372697074696f6e2e",
        "01ce0900c0ecffa10d00020862696c6c696e670307726566756e64f0a204",
    );
    const COMPRESSED: &str = concat!(
        "204e710200042f54686520637573746f6d65722077616e747320746f2063616e63656c2074686520737562736372697074696f6e2e",
        "01ce0900c0ecffa10d00020862696c6c696e670307726566756e64f0a204",
    );
    const BY_DICTIONARY: &str =
        "01204e55010090042f732e01ce0900c0ecffa10d0002f0a20407fc9da4000c8290d7f8ab551e179437be5dd98216fe06";

    fn bytes(hex: &str) -> Vec<u8> {
        let digits: Vec<u32> = hex.chars().filter_map(|digit| digit.to_digit(16)).collect();
        digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
    }

    /// What was written by the first version that anybody may have deployed. These bytes never change: when this test fails, the change
    /// needs a new type tag (or a new dictionary number), and a reader for the old one.
    #[test]
    fn what_was_stored_once_is_read_for_ever() {
        assert_eq!(pack::to_vec(&stored()).unwrap(), bytes(PLAIN));
        assert_eq!(unpack::<Stored>(&bytes(COMPRESSED)).unwrap(), stored());
        assert_eq!(unpack_by_dictionary::<Stored>(&bytes(BY_DICTIONARY)).unwrap(), stored());
        // Better compression is welcome; only reading must hold.
        assert_eq!(unpack_by_dictionary::<Stored>(&packed_by_dictionary(&stored()).unwrap()).unwrap(), stored());
        assert_eq!(unpack::<Stored>(&packed(&stored()).unwrap()).unwrap(), stored());
    }

    #[test]
    fn another_dictionary_is_refused_by_its_number() {
        let mut other = bytes(BY_DICTIONARY);
        other[0] += 1;
        assert!(matches!(unpack_by_dictionary::<Stored>(&other), Err(Unreadable::Dictionary)));
        assert!(unpack_by_dictionary::<Stored>(&[]).is_err());
    }
}
