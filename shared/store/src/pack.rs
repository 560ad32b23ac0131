//! A compact serde format for what items carry inside.
//!
//! Like postcard it writes no names; unlike it, it knows what our values look like: scores have at most three decimals, so a float is
//! its thousandths as a small integer wherever that is exact; a time (which `jiff` writes as text) is its distance from the time
//! before. And it can grow: a struct is preceded by its number of fields, so a field that is added **at the end** with
//! `#[serde(default)]` reads as its default from older items. Enum variants may only be added at the end. Fields left out by
//! `skip_serializing_if` are refused when writing, because they could not be told from the next one.

use std::fmt;

use jiff::Timestamp;
use serde::de::{DeserializeOwned, DeserializeSeed, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::{Deserialize, Serialize, de, ser};

/// Why a value could not be written or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The bytes end too early.
    #[error("the bytes end too early")]
    End,
    /// There are bytes after the value.
    #[error("there are bytes after the value")]
    Rest,
    /// A number, text or tag that cannot be.
    #[error("invalid {0}")]
    Invalid(&'static str),
    /// Something that this format does not write.
    #[error("{0} cannot be packed")]
    Unsupported(&'static str),
    /// Said by a type's own `Serialize` or `Deserialize`.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Writes a value.
pub(crate) fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    let mut packer = Packer { out: Vec::with_capacity(512), last_second: 0 };
    value.serialize(&mut packer)?;
    Ok(packer.out)
}

/// Reads a value; the bytes must be exactly one.
pub(crate) fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let mut unpacker = Unpacker { input: bytes, last_second: 0 };
    let value = T::deserialize(&mut unpacker)?;
    if unpacker.input.is_empty() { Ok(value) } else { Err(Error::Rest) }
}

fn zigzag(value: i64) -> u64 {
    (value.cast_unsigned() << 1) ^ (value >> 63).cast_unsigned()
}

fn unzigzag(value: u64) -> i64 {
    (value >> 1).cast_signed() ^ -(value & 1).cast_signed()
}

/// The thousandths of a float, when they are exactly it.
fn thousandths(value: f64) -> Option<i64> {
    let scaled = (value * 1000.0).round();
    if !scaled.is_finite() || scaled.abs() > 1e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "bounded by the line above")]
    let whole = scaled as i64;
    (from_thousandths(whole).to_bits() == value.to_bits()).then_some(whole)
}

#[expect(clippy::cast_precision_loss, reason = "used only for numbers below 1e15, which are exact")]
fn from_thousandths(whole: i64) -> f64 {
    whole as f64 / 1000.0
}

struct Packer {
    out: Vec<u8>,
    last_second: i64,
}

impl Packer {
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.out.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        self.out.push(u8::try_from(value).unwrap_or(0)); // below 0x80 here
    }

    fn length(&mut self, length: usize) {
        self.varint(length as u64);
    }

    /// A time in the very form that `jiff` writes: its seconds as a distance, its nanoseconds.
    fn time(&mut self, text: &str) -> bool {
        let likely = text.len() >= 20 && text.ends_with('Z') && text.starts_with(|c: char| c.is_ascii_digit());
        if !likely {
            return false;
        }
        let Ok(at) = text.parse::<Timestamp>() else { return false };
        let nanosecond = at.subsec_nanosecond();
        if nanosecond < 0 || at.to_string() != text {
            return false;
        }
        self.varint(0);
        self.varint(zigzag(at.as_second().wrapping_sub(self.last_second)));
        self.varint(u64::from(nanosecond.unsigned_abs()));
        self.last_second = at.as_second();
        true
    }
}

macro_rules! unsigned {
    ($($name:ident: $type:ty),+) => { $(fn $name(self, value: $type) -> Result<(), Error> { self.varint(u64::from(value)); Ok(()) })+ };
}
macro_rules! signed {
    ($($name:ident: $type:ty),+) => { $(fn $name(self, value: $type) -> Result<(), Error> { self.varint(zigzag(i64::from(value))); Ok(()) })+ };
}

impl ser::Serializer for &mut Packer {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    unsigned!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    signed!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.out.push(u8::from(value));
        Ok(())
    }

    fn serialize_f32(self, value: f32) -> Result<(), Error> {
        self.serialize_f64(f64::from(value))
    }

    fn serialize_f64(self, value: f64) -> Result<(), Error> {
        match thousandths(value) {
            Some(whole) => self.varint(zigzag(whole) + 1),
            None => {
                self.varint(0);
                self.out.extend_from_slice(&value.to_le_bytes());
            }
        }
        Ok(())
    }

    fn serialize_char(self, value: char) -> Result<(), Error> {
        self.varint(u64::from(u32::from(value)));
        Ok(())
    }

    fn serialize_str(self, value: &str) -> Result<(), Error> {
        if !self.time(value) {
            self.length(value.len() + 1);
            self.out.extend_from_slice(value.as_bytes());
        }
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), Error> {
        self.length(value.len());
        self.out.extend_from_slice(value);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.out.push(0);
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        self.out.push(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, index: u32, _: &'static str) -> Result<(), Error> {
        self.varint(u64::from(index));
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.varint(u64::from(index));
        value.serialize(self)
    }

    fn serialize_seq(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length.ok_or(Error::Unsupported("a list of unknown length"))?);
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Error> {
        Ok(self)
    }

    fn serialize_tuple_variant(self, _: &'static str, index: u32, _: &'static str, _: usize) -> Result<Self, Error> {
        self.varint(u64::from(index));
        Ok(self)
    }

    fn serialize_map(self, length: Option<usize>) -> Result<Self, Error> {
        self.length(length.ok_or(Error::Unsupported("a map of unknown length"))?);
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, length: usize) -> Result<Self, Error> {
        self.length(length);
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        length: usize,
    ) -> Result<Self, Error> {
        self.varint(u64::from(index));
        self.length(length);
        Ok(self)
    }
}

macro_rules! elements {
    ($($trait:ident::$method:ident),+) => {
        $(impl ser::$trait for &mut Packer {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })+
    };
}
elements!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($trait:ident),+) => {
        $(impl ser::$trait for &mut Packer {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &'static str, value: &T) -> Result<(), Error> {
                value.serialize(&mut **self)
            }

            fn skip_field(&mut self, _: &'static str) -> Result<(), Error> {
                Err(Error::Unsupported("a skipped field"))
            }

            fn end(self) -> Result<(), Error> {
                Ok(())
            }
        })+
    };
}
fields!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for &mut Packer {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Error> {
        Ok(())
    }
}

struct Unpacker<'de> {
    input: &'de [u8],
    last_second: i64,
}

impl<'de> Unpacker<'de> {
    fn byte(&mut self) -> Result<u8, Error> {
        let (first, rest) = self.input.split_first().ok_or(Error::End)?;
        self.input = rest;
        Ok(*first)
    }

    fn take(&mut self, length: usize) -> Result<&'de [u8], Error> {
        let (taken, rest) = self.input.split_at_checked(length).ok_or(Error::End)?;
        self.input = rest;
        Ok(taken)
    }

    fn varint(&mut self) -> Result<u64, Error> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Error::Invalid("number"))
    }

    fn signed(&mut self) -> Result<i64, Error> {
        Ok(unzigzag(self.varint()?))
    }

    fn length(&mut self) -> Result<usize, Error> {
        usize::try_from(self.varint()?).map_err(|_| Error::Invalid("length"))
    }

    /// A list's length. What is left bounds it, because no element that we write is empty.
    fn elements(&mut self) -> Result<usize, Error> {
        let length = self.length()?;
        if length > self.input.len() { Err(Error::End) } else { Ok(length) }
    }

    fn string(&mut self) -> Result<String, Error> {
        match self.length()? {
            0 => {
                let second = self.last_second.wrapping_add(self.signed()?);
                self.last_second = second;
                let nanosecond = i32::try_from(self.varint()?).map_err(|_| Error::Invalid("time"))?;
                let at = Timestamp::new(second, nanosecond).map_err(|_| Error::Invalid("time"))?;
                Ok(at.to_string())
            }
            length => {
                let bytes = self.take(length - 1)?;
                Ok(std::str::from_utf8(bytes).map_err(|_| Error::Invalid("text"))?.to_owned())
            }
        }
    }
}

macro_rules! read_unsigned {
    ($($name:ident: $type:ty => $visit:ident),+) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(<$type>::try_from(self.varint()?).map_err(|_| Error::Invalid("number"))?)
        })+
    };
}
macro_rules! read_signed {
    ($($name:ident: $type:ty => $visit:ident),+) => {
        $(fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
            visitor.$visit(<$type>::try_from(self.signed()?).map_err(|_| Error::Invalid("number"))?)
        })+
    };
}

impl<'de> de::Deserializer<'de> for &mut Unpacker<'de> {
    type Error = Error;

    fn is_human_readable(&self) -> bool {
        false
    }

    read_unsigned!(
        deserialize_u8: u8 => visit_u8, deserialize_u16: u16 => visit_u16,
        deserialize_u32: u32 => visit_u32, deserialize_u64: u64 => visit_u64
    );
    read_signed!(
        deserialize_i8: i8 => visit_i8, deserialize_i16: i16 => visit_i16,
        deserialize_i32: i32 => visit_i32, deserialize_i64: i64 => visit_i64
    );

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::Unsupported("a value of any type"))
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::Unsupported("an ignored value"))
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.byte()? {
            0 => visitor.visit_bool(false),
            1 => visitor.visit_bool(true),
            _ => Err(Error::Invalid("boolean")),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let value = match self.varint()? {
            0 => {
                let bytes = self.take(8)?.first_chunk::<8>().ok_or(Error::End)?;
                f64::from_le_bytes(*bytes)
            }
            whole => from_thousandths(unzigzag(whole - 1)),
        };
        visitor.visit_f64(value)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let scalar = u32::try_from(self.varint()?).ok().and_then(char::from_u32);
        visitor.visit_char(scalar.ok_or(Error::Invalid("character"))?)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_string(self.string()?)
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let length = self.length()?;
        visitor.visit_borrowed_bytes(self.take(length)?)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.byte()? {
            0 => visitor.visit_none(),
            1 => visitor.visit_some(self),
            _ => Err(Error::Invalid("option")),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.elements()?;
        visitor.visit_seq(Elements { unpacker: self, left })
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { unpacker: self, left })
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { unpacker: self, left })
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let left = self.elements()?;
        visitor.visit_map(Elements { unpacker: self, left })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let left = self.length()?;
        if left > fields.len() {
            return Err(Error::Invalid("number of fields: written by a newer version"));
        }
        visitor.visit_seq(Elements { unpacker: self, left })
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_enum(self)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::Unsupported("a name"))
    }
}

struct Elements<'a, 'de> {
    unpacker: &'a mut Unpacker<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.unpacker).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        SeqAccess::next_element_seed(self, seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(&mut *self.unpacker)
    }
}

impl<'de> EnumAccess<'de> for &mut Unpacker<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let index = u32::try_from(self.varint()?).map_err(|_| Error::Invalid("variant"))?;
        let value = seed.deserialize(de::value::U32Deserializer::<Error>::new(index))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Unpacker<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self)
    }

    fn tuple_variant<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_seq(Elements { unpacker: self, left })
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Error> {
        de::Deserializer::deserialize_struct(self, "", fields, visitor)
    }
}

/// Raw bytes as one length and the bytes, where serde would write a list of numbers.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Bytes(pub(crate) Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: ser::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visit;
        impl Visitor<'_> for Visit {
            type Value = Bytes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(bytes.to_vec()))
            }
        }
        deserializer.deserialize_bytes(Visit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    enum Shape {
        Unit,
        One(f64),
        Two(i32, String),
        Named { at: Timestamp, flag: bool },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Before {
        id: String,
        score: Option<f64>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct After {
        id: String,
        score: Option<f64>,
        #[serde(default)]
        added: Vec<u32>,
    }

    fn shape() -> impl Strategy<Value = Shape> {
        prop_oneof![
            Just(Shape::Unit),
            any::<f64>().prop_filter("NaN is not equal to itself", |f| !f.is_nan()).prop_map(Shape::One),
            (-100_000_i32..100_000).prop_map(|milli| Shape::One(f64::from(milli) / 1000.0)),
            (any::<i32>(), "\\PC*").prop_map(|(number, text)| Shape::Two(number, text)),
            (-1_000_000_000_i64..5_000_000_000, 0_i32..1_000_000_000, any::<bool>())
                .prop_map(|(second, nano, flag)| Shape::Named { at: Timestamp::new(second, nano).unwrap(), flag }),
        ]
    }

    type Back = (Vec<Shape>, (u64, i64, u8, char, Option<bool>), BTreeMap<String, i64>);

    proptest! {
        #[test]
        fn round_trips(
            shapes in proptest::collection::vec(shape(), 0..20),
            numbers in (any::<u64>(), any::<i64>(), any::<u8>(), any::<char>(), any::<Option<bool>>()),
            map in proptest::collection::btree_map("[a-z]{0,4}", any::<i64>(), 0..5),
        ) {
            let value = (shapes, numbers, map);
            let bytes = to_vec(&value).unwrap();
            let back: Back = from_slice(&bytes).unwrap();
            prop_assert_eq!(back, value);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            drop(from_slice::<(Vec<Shape>, BTreeMap<String, i64>, Before)>(&bytes));
            drop(from_slice::<domain::analysis::ConversationAnalysis>(&bytes));
        }
    }

    #[test]
    fn scores_and_times_are_small() {
        assert_eq!(to_vec(&0.347).unwrap().len(), 2);
        let first: Timestamp = "2026-06-03T10:00:00Z".parse().unwrap();
        let next: Timestamp = "2026-06-03T10:01:00Z".parse().unwrap();
        assert_eq!(to_vec(&(first, next)).unwrap().len(), 7 + 3);
        // Text that is nearly a time stays as it was written.
        for text in ["2026-06-03T10:00:00.000Z", "2026-06-03T12:00:00+02:00Z", "20 bytes and a big Z"] {
            assert_eq!(from_slice::<String>(&to_vec(text).unwrap()).unwrap(), text);
        }
    }

    #[test]
    fn a_field_added_at_the_end_reads_as_its_default_and_a_newer_item_is_refused() {
        let before = to_vec(&Before { id: "a".into(), score: Some(0.5) }).unwrap();
        let after = After { id: "a".into(), score: Some(0.5), added: vec![] };
        assert_eq!(from_slice::<After>(&before).unwrap(), after);
        assert!(from_slice::<Before>(&to_vec(&after).unwrap()).is_err());
    }

    #[test]
    fn skipped_fields_are_refused_when_writing() {
        #[derive(Serialize)]
        struct Skips {
            #[serde(skip_serializing_if = "Option::is_none")]
            name: Option<String>,
        }
        assert_eq!(to_vec(&Skips { name: None }), Err(Error::Unsupported("a skipped field")));
    }
}
