//! Examples in the service's description, for whoever writes the other side.

use std::collections::BTreeMap;

use serde_json::Value;
use utoipa::openapi::{OpenApi, RefOr, Schema};

/// By the name of their schema. The tests hold each against it, and miss it where a request or an answer has
/// none.
const TEXT: &str = include_str!("../../data/examples.json");

/// Gives every schema its examples.
pub(super) fn add(description: &mut OpenApi) -> Result<(), serde_json::Error> {
    let mut examples: BTreeMap<String, Vec<Value>> = serde_json::from_str(TEXT)?;
    let components = description.components.get_or_insert_with(Default::default);
    for (name, schema) in &mut components.schemas {
        if let RefOr::T(Schema::Object(schema)) = schema {
            schema.examples = examples.remove(name).unwrap_or_default();
        }
    }
    Ok(())
}
