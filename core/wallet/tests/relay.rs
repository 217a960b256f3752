//! A relay: an issuer of its own that hands out the city's genuine trust list and signed time. It learns
//! nothing.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use szid_protocol::day::DAY;
use szid_wallet::{Wallet, WalletError};

use crate::support::mock_issuer::{Misdeed, MockIssuer};
use crate::support::{NOON, Scenery};

/// Who it is, whose documents it hands out, and everything that was sent to it.
#[derive(Clone)]
struct Relay {
    base_url: String,
    genuine: String,
    heard: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    async fn of(issuer: &MockIssuer) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let genuine = issuer.base_url().to_owned();
        let relay = Self { base_url, genuine, heard: Arc::default() };
        let app = Router::new().fallback(answer).with_state(relay.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        relay
    }

    fn heard(&self) -> String {
        self.heard.lock().unwrap().join("\n")
    }

    /// An offer of the relay's, with the genuine code that it has seen somewhere.
    fn offer(&self, by_value: bool) -> String {
        if by_value {
            let offer = offer_of(&self.base_url).to_string().replace('"', "%22");
            format!("openid-credential-offer://?credential_offer={offer}")
        } else {
            format!("{}/v1/offers/1", self.base_url)
        }
    }
}

fn offer_of(issuer: &str) -> serde_json::Value {
    let grant = json!({ "pre-authorized_code": "genuine-code", "tx_code": { "length": 6 } });
    json!({ "credential_issuer": issuer,
        "grants": { "urn:ietf:params:oauth:grant-type:pre-authorized_code": grant } })
}

/// Its own metadata and offers, the city's documents, and a good word for everything else.
async fn answer(State(relay): State<Relay>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 100_000).await.unwrap();
    let sent = format!("{} {:?} {}", parts.uri, parts.headers, String::from_utf8_lossy(&body));
    relay.heard.lock().unwrap().push(sent);
    let base = &relay.base_url;
    match parts.uri.path() {
        "/v1/trust" | "/v1/time" => {
            let genuine = format!("{}{}", relay.genuine, parts.uri);
            let document = reqwest::get(genuine).await.unwrap().bytes().await.unwrap();
            Bytes::into_response(document)
        }
        "/.well-known/openid-credential-issuer" => axum::Json(json!({
            "credential_issuer": base, "nonce_endpoint": format!("{base}/v1/nonce"),
            "credential_endpoint": format!("{base}/v1/credential") }))
        .into_response(),
        "/.well-known/oauth-authorization-server" => {
            axum::Json(json!({ "issuer": base, "token_endpoint": format!("{base}/v1/token") }))
                .into_response()
        }
        "/v1/offers/1" => axum::Json(offer_of(base)).into_response(),
        "/v1/token" => axum::Json(json!({ "access_token": "a", "token_type": "Bearer",
            "expires_in": 600, "refresh_token": "r", "refresh_token_expires_in": 90 * DAY }))
        .into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

#[tokio::test]
async fn a_relay_of_genuine_documents_receives_neither_code_nor_transaction_code() {
    let scenery = Scenery::new().await;
    let relay = Relay::of(&scenery.issuer).await;
    for by_value in [true, false] {
        let wallet = scenery.open();
        let refused = wallet.enrol(&relay.offer(by_value), "493536").await.unwrap_err();
        assert!(matches!(refused, WalletError::Issuer), "{refused:?}");
        assert!(!wallet.status().unwrap().enrolled);
    }
    let heard = relay.heard();
    assert!(heard.contains("/v1/trust") && heard.contains("/v1/time"), "{heard}");
    for secret in ["genuine-code", "493536"] {
        assert!(!heard.contains(secret), "{heard}");
    }
}

/// A wallet that is enrolled with an issuer which the trust list stopped to name.
async fn enrolled_with_an_issuer_of_the_past(scenery: &Scenery) -> Wallet {
    let wallet = scenery.enrolled().await;
    scenery.clock.advance(10 * DAY);
    scenery.issuer.misbehave(Misdeed::UnlistedIssuer);
    wallet
}

#[tokio::test]
async fn an_issuer_that_is_not_named_any_more_receives_no_token() {
    let scenery = Scenery::new().await;
    let wallet = enrolled_with_an_issuer_of_the_past(&scenery).await;
    let tokens = scenery.issuer.asked("token");
    let refused = wallet.refresh().await.unwrap_err();
    assert!(matches!(refused, WalletError::Issuer), "{refused:?}");
    assert_eq!(scenery.issuer.asked("token"), tokens, "no refresh token left the wallet");
    // The list that is held runs out: the next question needs a new one, too.
    scenery.clock.advance(30 * DAY);
    let refused = wallet.account().await.unwrap_err();
    assert!(matches!(refused, WalletError::Issuer), "{refused:?}");
    assert_eq!(scenery.issuer.asked("token"), tokens);
}

#[tokio::test]
async fn an_offer_lies_with_the_issuer_that_it_names() {
    let scenery = Scenery::new().await;
    scenery.issuer.misbehave(Misdeed::ForeignOffer);
    let refused = scenery.open().enrol(&scenery.issuer.offer(), "493536").await.unwrap_err();
    assert!(matches!(refused, WalletError::Offer), "{refused:?}");
    assert_eq!(scenery.issuer.asked("token"), 0);
    assert_eq!(scenery.clock.truth(), NOON);
}

#[tokio::test]
async fn without_demo_mode_plain_http_is_not_spoken_on_this_machine_either() {
    let mut scenery = Scenery::new().await;
    scenery.options.demo_mode = false;
    let refused = scenery.open().enrol(&scenery.issuer.offer(), "493536").await.unwrap_err();
    assert!(matches!(refused, WalletError::NotHttps), "{refused:?}");
    assert!(refused.to_string().contains("demo mode"), "{refused}");
    assert_eq!(scenery.issuer.asked("trust"), 0);
}
