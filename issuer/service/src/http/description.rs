//! The description of every route for machines (OpenAPI 3.1), generated from the code that serves them. What
//! holds of all routes alike is said here once.

use axum::http::StatusCode;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::response::Response;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{OpenApi, RefOr, Schema};

use super::refusals::refused;
use crate::administration::{ID_PATTERN, LABEL_PATTERN};

/// 16 bytes in base64url: what the service calls persons, devices, requests, credentials, receipts and
/// offers.
const OPAQUE_PATTERN: &str = "^[A-Za-z0-9_-]{22}$";

/// Completes what the routes themselves say.
pub(super) fn complete(description: &mut OpenApi) {
    for item in description.paths.paths.values_mut() {
        operations(item).into_iter().flatten().for_each(complete_operation);
    }
}

fn operations(item: &mut PathItem) -> [Option<&mut Operation>; 5] {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].map(Option::as_mut)
}

fn complete_operation(operation: &mut Operation) {
    // Said outright: nobody is asked for a credential.
    let security = operation.security.get_or_insert_default();
    let mut more = Vec::new();
    if !security.is_empty() {
        more.extend([StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN]);
    }
    if operation.request_body.is_some() {
        more.extend([StatusCode::PAYLOAD_TOO_LARGE, StatusCode::UNSUPPORTED_MEDIA_TYPE]);
    }
    // Where the administration is not served, none of its routes is there.
    if operation.tags.iter().flatten().any(|tag| tag == "administration") {
        more.push(StatusCode::NOT_FOUND);
    }
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if parameter.parameter_in == ParameterIn::Path {
            more.push(StatusCode::NOT_FOUND);
            describe_place(parameter);
        }
    }
    for status in more {
        let known = &mut operation.responses.responses;
        known.entry(status.as_str().to_owned()).or_insert_with(|| refused(status));
    }
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response {
            complete_response(status, response);
        }
    }
}

/// What may stand in a place of an address, by the place's name.
fn describe_place(parameter: &mut Parameter) {
    let pattern = match parameter.name.as_str() {
        "id" | "person" => OPAQUE_PATTERN,
        "venue" | "site" => ID_PATTERN,
        "device" => LABEL_PATTERN,
        _ => return,
    };
    if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema {
        schema.pattern = Some(pattern.into());
    }
}

fn complete_response(status: &str, response: &mut Response) {
    if response.description.is_empty() {
        let status = StatusCode::from_bytes(status.as_bytes()).ok();
        let words = status.and_then(|status| status.canonical_reason());
        response.description = words.unwrap_or("as it is described").into();
    }
    for (media_type, content) in &mut response.content {
        let RefOr::T(content) = content else { continue };
        // Bytes as they are, and not a list of numbers.
        if media_type.ends_with("+cwt") {
            let bytes = ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Binary)));
            content.schema = Some(bytes.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    #[test]
    fn every_route_says_what_a_generated_client_needs() {
        let description: Value = serde_json::from_str(&crate::http::openapi().unwrap()).unwrap();
        let mut names = Vec::new();
        for (path, operations) in description["paths"].as_object().unwrap() {
            for (method, operation) in operations.as_object().unwrap() {
                let route = format!("{method} {path}");
                let name = operation["operationId"].as_str().unwrap();
                assert!(!names.contains(&name), "{route}: {name} twice");
                names.push(name);
                assert!(operation["security"].is_array(), "{route}: who may ask is not said");
                for parameter in operation["parameters"].as_array().into_iter().flatten() {
                    let place = format!("{{{}}}", parameter["name"].as_str().unwrap());
                    assert_eq!(parameter["in"] == "path", path.contains(&place), "{route} {place}");
                }
                for (status, response) in operation["responses"].as_object().unwrap() {
                    assert!(status.parse::<u16>().is_ok(), "{route}: {status}");
                    assert!(response["description"].is_string(), "{route}: {status}");
                    for (kind, content) in response["content"].as_object().into_iter().flatten() {
                        let bytes = content["schema"]["format"] == "binary";
                        assert_eq!(kind.ends_with("+cwt"), bytes, "{route}: {kind}");
                    }
                }
            }
        }
    }
}
