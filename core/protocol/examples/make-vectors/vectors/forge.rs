//! Makes what the library refuses to make: layers with other headers, values and forms, encoded by a general
//! CBOR library.

use ciborium::Value;
use szid_protocol::crypto::Signer;

use super::city::Role;

pub(crate) fn cbor(value: &Value) -> Vec<u8> {
    let mut bytes = Vec::new();
    ciborium::into_writer(value, &mut bytes).unwrap();
    bytes
}

pub(crate) fn read(bytes: &[u8]) -> Value {
    ciborium::from_reader(bytes).unwrap()
}

pub(crate) fn int(value: i64) -> Value {
    Value::from(value)
}

/// The four parts of a layer, to be changed and signed anew.
pub(crate) struct Layer {
    pub(crate) tag: Option<u64>,
    pub(crate) protected: Vec<u8>,
    pub(crate) unprotected: Value,
    pub(crate) payload: Vec<u8>,
    pub(crate) signature: Vec<u8>,
}

impl Layer {
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let (tag, value) = match read(bytes) {
            Value::Tag(tag, value) => (Some(tag), *value),
            value => (None, value),
        };
        let mut parts = value.into_array().unwrap().into_iter();
        let mut next = || parts.next().unwrap();
        Self {
            tag,
            protected: next().into_bytes().unwrap(),
            unprotected: next(),
            payload: next().into_bytes().unwrap(),
            signature: next().into_bytes().unwrap(),
        }
    }

    pub(crate) fn header(&mut self, change: impl FnOnce(&mut Map)) {
        change_map(&mut self.protected, change);
    }

    pub(crate) fn claims(&mut self, change: impl FnOnce(&mut Map)) {
        change_map(&mut self.payload, change);
    }

    pub(crate) fn to_be_signed(&self) -> Vec<u8> {
        cbor(&Value::Array(vec![
            Value::Text("Signature1".into()),
            Value::Bytes(self.protected.clone()),
            Value::Bytes(Vec::new()),
            Value::Bytes(self.payload.clone()),
        ]))
    }

    pub(crate) fn sign(mut self, role: Role) -> Self {
        self.signature = role.signer().sign(&self.to_be_signed()).unwrap().to_vec();
        self
    }

    pub(crate) fn bytes(self) -> Vec<u8> {
        let array = Value::Array(vec![
            Value::Bytes(self.protected),
            self.unprotected,
            Value::Bytes(self.payload),
            Value::Bytes(self.signature),
        ]);
        cbor(&match self.tag {
            Some(tag) => Value::Tag(tag, Box::new(array)),
            None => array,
        })
    }
}

fn change_map(bytes: &mut Vec<u8>, change: impl FnOnce(&mut Map)) {
    let mut map = Map(read(bytes).into_map().unwrap());
    change(&mut map);
    *bytes = cbor(&Value::Map(map.0));
}

/// A map's entries in their order, with integer keys.
pub(crate) struct Map(pub(crate) Vec<(Value, Value)>);

impl Map {
    pub(crate) fn at(&mut self, key: i64) -> &mut Value {
        let key = int(key);
        &mut self.0.iter_mut().find(|(found, _)| *found == key).unwrap().1
    }

    pub(crate) fn set(&mut self, key: i64, value: impl Into<Value>) {
        *self.at(key) = value.into();
    }

    /// Changes the map that stands under `key`.
    pub(crate) fn within(&mut self, key: i64, change: impl FnOnce(&mut Self)) {
        let value = self.at(key);
        let mut map = Self(std::mem::replace(value, Value::Null).into_map().unwrap());
        change(&mut map);
        *value = Value::Map(map.0);
    }

    pub(crate) fn insert(&mut self, place: usize, key: i64, value: impl Into<Value>) {
        self.0.insert(place, (int(key), value.into()));
    }

    pub(crate) fn remove(&mut self, key: i64) {
        let key = int(key);
        self.0.retain(|(found, _)| *found != key);
    }
}

/// Replaces the one place where `from` stands.
pub(crate) fn patch(bytes: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let places: Vec<_> =
        (0..bytes.len()).filter(|place| bytes[*place..].starts_with(from)).collect();
    assert_eq!(places.len(), 1, "the pattern stands in one place");
    [&bytes[..places[0]], to, &bytes[places[0] + from.len()..]].concat()
}
