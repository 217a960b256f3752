//! What the issuer and its authorisation server say of themselves.

use axum::Json;
use axum::extract::State;
use szid_api::issuance::metadata::{
    Batch, Configuration, CredentialMetadata, Display, IssuerMetadata, ProofType, ProofTypes,
    ServerMetadata,
};
use szid_api::issuance::{CONFIGURATION, PRE_AUTHORISED, REFRESH_TOKEN};
use szid_api::paths;

use crate::http::App;
use crate::http::refusals::Problems;
use crate::issuance::BATCH;

/// Credential issuer metadata (OpenID4VCI 1.0, section 12.2).
#[utoipa::path(get, path = paths::ISSUER_METADATA, tag = "issuance",
    operation_id = "issuer_metadata", responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems,
))]
pub(in crate::http) async fn issuer(State(service): State<App>) -> Json<IssuerMetadata> {
    Json(of_issuer(&service.common.base_url, service.witness.epoch()))
}

fn of_issuer(base: &str, szid_epoch: u32) -> IssuerMetadata {
    IssuerMetadata {
        batch_credential_issuance: Batch { batch_size: BATCH },
        credential_configurations_supported: [(CONFIGURATION.into(), configuration())].into(),
        credential_endpoint: format!("{base}{}", paths::CREDENTIAL),
        credential_issuer: base.into(),
        display: display("深圳市民码", "Shenzhen citizen code"),
        nonce_endpoint: format!("{base}{}", paths::NONCE),
        szid_epoch,
    }
}

/// The day pass.
fn configuration() -> Configuration {
    let jwt = ProofType { proof_signing_alg_values_supported: vec!["ES256".into()] };
    Configuration {
        credential_metadata: CredentialMetadata {
            display: display("市民码当日凭证", "citizen code day pass"),
        },
        credential_signing_alg_values_supported: vec![-7],
        cryptographic_binding_methods_supported: vec!["jwk".into()],
        format: "szid_pass_cwt".into(),
        proof_types_supported: ProofTypes { jwt },
        scope: CONFIGURATION.into(),
    }
}

fn display(zh: &'static str, en: &'static str) -> Vec<Display> {
    let named = |(locale, name): (&'static str, &'static str)| Display {
        locale: locale.into(),
        name: name.into(),
    };
    [("zh-CN", zh), ("en", en)].map(named).into()
}

/// Authorisation server metadata (RFC 8414).
#[utoipa::path(get, path = paths::SERVER_METADATA, tag = "issuance",
    operation_id = "server_metadata", responses(
    (status = 200, content_type = "application/json", body = Object),
    Problems,
))]
pub(in crate::http) async fn authorization_server(
    State(service): State<App>,
) -> Json<ServerMetadata> {
    Json(of_server(&service.common.base_url))
}

fn of_server(base: &str) -> ServerMetadata {
    ServerMetadata {
        grant_types_supported: vec![PRE_AUTHORISED.into(), REFRESH_TOKEN.into()],
        issuer: base.into(),
        pre_authorised_grant_anonymous_access_supported: true,
        token_endpoint: format!("{base}{}", paths::TOKEN),
        token_endpoint_auth_methods_supported: vec!["none".into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn metadata_stay_letter_by_letter() {
        let issuer = r#"{"batch_credential_issuance":{"batch_size":15},"credential_configurations_supported":{"szid-day-pass":{"credential_metadata":{"display":[{"locale":"zh-CN","name":"市民码当日凭证"},{"locale":"en","name":"citizen code day pass"}]},"credential_signing_alg_values_supported":[-7],"cryptographic_binding_methods_supported":["jwk"],"format":"szid_pass_cwt","proof_types_supported":{"jwt":{"proof_signing_alg_values_supported":["ES256"]}},"scope":"szid-day-pass"}},"credential_endpoint":"https://id.example/v1/credential","credential_issuer":"https://id.example","display":[{"locale":"zh-CN","name":"深圳市民码"},{"locale":"en","name":"Shenzhen citizen code"}],"nonce_endpoint":"https://id.example/v1/nonce","szid_epoch":3}"#;
        assert_eq!(serde_json::to_string(&of_issuer("https://id.example", 3)).unwrap(), issuer);
        let server = r#"{"grant_types_supported":["urn:ietf:params:oauth:grant-type:pre-authorized_code","refresh_token"],"issuer":"https://id.example","pre-authorized_grant_anonymous_access_supported":true,"token_endpoint":"https://id.example/v1/token","token_endpoint_auth_methods_supported":["none"]}"#;
        assert_eq!(serde_json::to_string(&of_server("https://id.example")).unwrap(), server);
    }
}
