//! A mock issuer on loopback: speaks `docs/protocol/service.md` as far as a wallet hears it, and misbehaves
//! on request.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::extract::{Form, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use szid_protocol::audit_head::SignedAuditHead;
use szid_protocol::crypto::{P256Backend, SignatureBackend, Signer, SoftwareSigner};
use szid_protocol::day::{DAY, end_of_day};
use szid_protocol::key::PublicKey;
use szid_protocol::level::{IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_protocol::time::sign_time;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey, status_prefix};

use super::device::TestClock;

/// What the issuer does wrongly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misdeed {
    /// Passes signed by a key that the trust list does not name.
    UnlistedPassKey,
    /// Passes with the listed key's id and another key's signature.
    ForgedPassSignature,
    /// Passes signed by the city's key for signed time.
    PassKeyOfOtherPurpose,
    /// Passes for a key of the issuer's own.
    ForeignDeviceKey,
    /// Passes for the day after.
    WrongDay,
    /// The first pass again in every place.
    DuplicatedPass,
    /// One pass fewer than asked.
    MissingPass,
    /// One pass more than asked.
    ExtraPass,
    /// Bytes that are no pass.
    GarbagePass,
    /// Passes in an answer of two megabytes.
    OversizedPasses,
    /// An endless answer without a length.
    EndlessPasses,
    /// Passes to be had elsewhere.
    RedirectedPasses,
    /// The answer never comes.
    SilentPasses,
    /// The answer begins, then drips.
    DrippingPasses,
    /// JSON that is none.
    GarbageJson,
    /// A refusal with markup and control characters as its word.
    RefusalInProse,
    /// A page for everything: what a network answers that wants a login first.
    LoginPage,
    /// A way to such a page.
    LoginRedirect,
    /// Such a page, as a refusal.
    LoginRefusal,
    /// A trust list that is none; all else is as it should be.
    GarbageTrustList,
    /// A trust list signed by another root.
    ForeignTrustList,
    /// A trust list that has expired.
    ExpiredTrustList,
    /// A trust list older than the one before.
    RolledBackTrustList,
    /// A trust list of a megabyte.
    OversizedTrustList,
    /// The signed time of an earlier question.
    ReplayedTime,
    /// Metadata of an epoch that no signed document shows.
    InflatedEpoch,
    /// The same, with a head of a register that another issuer signed, or made long ago.
    ForeignHead,
    StaleHead,
    /// The same, with a head that the city did not sign, or none.
    ForgedHead,
    NoHead,
    /// A signed time of before its key was good, as of a clock that went back over a change of keys.
    TimeBeforeItsKey,
    /// One signed time that is eight hours ahead.
    OneTimeAhead,
    /// Metadata that name another issuer.
    ForeignMetadata,
    /// Metadata that lead the tokens to plain http elsewhere.
    PlainHttpEndpoint,
    /// Metadata that lead the tokens to a port that is another's.
    ForeignTokenEndpoint,
    /// Metadata that lead the proofs to another host.
    ForeignNonceEndpoint,
    /// An offer of another issuer's.
    ForeignOffer,
    /// A trust list whose pass keys are another issuer's.
    UnlistedIssuer,
    /// Every nonce is stale when it comes back.
    StaleNonces,
    /// One nonce is stale.
    OneStaleNonce,
    /// No nonce is to be had.
    NoNonce,
    /// The access token ended early, once.
    OneStaleAccessToken,
    /// Tokens were rotated, but the answer is lost once.
    OneLostTokenAnswer,
    /// The tokens of another device, once: two answers were mixed up on the way.
    OneMixedUpTokenAnswer,
    /// The passes were issued, but the answer is lost once.
    OneLostPassAnswer,
    /// A loss was heard of, but the answer is lost once.
    OneLostReportAnswer,
}

impl Misdeed {
    fn happens_once(self) -> bool {
        use Misdeed::*;
        matches!(
            self,
            OneStaleNonce
                | OneStaleAccessToken
                | OneLostTokenAnswer
                | OneMixedUpTokenAnswer
                | OneLostPassAnswer
                | OneLostReportAnswer
                | OneTimeAhead
        )
    }
}

pub(crate) struct MockIssuer {
    shared: Arc<Shared>,
}

struct Shared {
    base_url: String,
    clock: Arc<TestClock>,
    root: SoftwareSigner,
    pass: SoftwareSigner,
    time: SoftwareSigner,
    stranger: SoftwareSigner,
    successor: SoftwareSigner,
    receipt: SoftwareSigner,
    state: Mutex<Changing>,
}

#[derive(Default)]
struct Changing {
    misdeed: Option<Misdeed>,
    batch_size: Option<usize>,
    access_token: String,
    /// The last refresh token that was used, and its successor.
    refresh_tokens: (String, String),
    /// A refresh token older than both was used.
    family_is_closed: bool,
    nonces: BTreeSet<String>,
    offers: u64,
    counter: u64,
    requests: Vec<&'static str>,
    frozen: bool,
    token_endpoint_moved: bool,
    lacks_passes: bool,
    ahead: u64,
    pass_key_forgotten: bool,
    epoch: u32,
    device_name: Option<String>,
    /// What something on the way answers in the issuer's place: for paths that begin so, with this status and
    /// body.
    made_up: Option<(&'static str, u16, &'static str)>,
    /// The body of each report of a loss, and its id.
    reports: Vec<Value>,
    report_ids: Vec<String>,
}

impl Changing {
    fn does(&mut self, misdeed: Misdeed) -> bool {
        let does = self.misdeed == Some(misdeed);
        if does && misdeed.happens_once() {
            self.misdeed = None;
        }
        does
    }

    fn fresh(&mut self, what: &str) -> String {
        self.counter += 1;
        format!("{what}-{}", self.counter)
    }
}

type App = State<Arc<Shared>>;

impl MockIssuer {
    pub(crate) async fn start(clock: Arc<TestClock>) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let key = |scalar: u8| SoftwareSigner::from_scalar(&[scalar; 32]).unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            base_url: format!("http://{address}"),
            clock,
            root: key(1),
            pass: key(2),
            time: key(3),
            stranger: key(4),
            successor: key(5),
            receipt: key(6),
            state: Mutex::default(),
        });
        let app = Router::new()
            .route("/.well-known/openid-credential-issuer", get(issuer_metadata))
            .route("/.well-known/oauth-authorization-server", get(server_metadata))
            .route("/v1/offers/{id}", get(offer))
            .route("/v1/token", post(token))
            .route("/v2/token", post(token))
            .route("/v1/nonce", post(nonce))
            .route("/v1/credential", post(credential))
            .route("/v1/trust", get(trust))
            .route("/v1/time", get(time))
            .route("/v1/audit/head", get(audit_head))
            .route("/v1/holder", get(holder))
            .route("/v1/holder/freeze", post(freeze))
            .layer(from_fn_with_state(shared.clone(), login))
            .with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { shared }
    }

    /// A new offer; transaction code 493536.
    pub(crate) fn offer(&self) -> String {
        let mut state = self.shared.state.lock().unwrap();
        state.offers += 1;
        let uri = format!("{}/v1/offers/{}", self.shared.base_url, state.offers);
        format!("openid-credential-offer://?credential_offer_uri={}", uri.replace(':', "%3A"))
    }

    pub(crate) fn misbehave(&self, misdeed: impl Into<Option<Misdeed>>) {
        self.shared.state.lock().unwrap().misdeed = misdeed.into();
    }

    /// Has something on the way answer for the issuer, for all paths that begin so; `None` for nothing.
    pub(crate) fn answer_for(&self, made_up: Option<(&'static str, u16, &'static str)>) {
        self.shared.state.lock().unwrap().made_up = made_up;
    }

    pub(crate) fn set_batch_size(&self, size: usize) {
        self.shared.state.lock().unwrap().batch_size = Some(size);
    }

    /// Forgets the access token, as a service does when it has expired.
    pub(crate) fn expire_access_token(&self) {
        self.shared.state.lock().unwrap().access_token.clear();
    }

    /// Signs times that are so many seconds ahead.
    pub(crate) fn set_ahead(&self, seconds: u64) {
        self.shared.state.lock().unwrap().ahead = seconds;
    }

    /// Has its tokens elsewhere from now on, and nothing where they were.
    pub(crate) fn move_token_endpoint(&self) {
        self.shared.state.lock().unwrap().token_endpoint_moved = true;
    }

    pub(crate) fn freeze(&self) {
        self.shared.state.lock().unwrap().frozen = true;
    }

    /// Ends the device: no token of its is taken any more.
    pub(crate) fn end_device(&self) {
        let mut state = self.shared.state.lock().unwrap();
        state.access_token.clear();
        state.family_is_closed = true;
    }

    /// Revokes the passes that are out.
    pub(crate) fn revoke_passes(&self) {
        self.shared.state.lock().unwrap().lacks_passes = true;
    }

    /// Says of which epoch it is, as after its register was put back from a copy.
    pub(crate) fn set_epoch(&self, epoch: u32) {
        self.shared.state.lock().unwrap().epoch = epoch;
    }

    /// Signs with another key from now on, and lists the one of before no more, as after a theft.
    pub(crate) fn forget_pass_key(&self) {
        self.shared.state.lock().unwrap().pass_key_forgotten = true;
    }

    /// The header of each proof of each report of a loss.
    pub(crate) fn reports(&self) -> Vec<Vec<Value>> {
        let header = |proof: &Value| {
            let header = proof.as_str().unwrap().split('.').next().unwrap();
            let header = BASE64URL_NOPAD.decode(header.as_bytes()).unwrap();
            serde_json::from_slice(&header).unwrap()
        };
        let state = self.shared.state.lock().unwrap();
        let proofs = |report: &Value| {
            report["szid_key_proofs"].as_array().unwrap().iter().map(header).collect()
        };
        state.reports.iter().map(proofs).collect()
    }

    /// The id of each report of a loss that arrived.
    pub(crate) fn report_ids(&self) -> Vec<String> {
        self.shared.state.lock().unwrap().report_ids.clone()
    }

    /// The name that the device told.
    pub(crate) fn device_name(&self) -> Option<String> {
        self.shared.state.lock().unwrap().device_name.clone()
    }

    /// How often an endpoint was asked.
    pub(crate) fn asked(&self, endpoint: &str) -> usize {
        let state = self.shared.state.lock().unwrap();
        state.requests.iter().filter(|name| **name == endpoint).count()
    }

    pub(crate) fn base_url(&self) -> &str {
        &self.shared.base_url
    }

    pub(crate) fn root(&self) -> PublicKey {
        self.shared.root.public_key()
    }

    pub(crate) fn trust_list(&self) -> Vec<u8> {
        self.shared.trust_list(7, 30 * DAY).sign(&self.shared.root).unwrap()
    }
}

impl Shared {
    fn does(&self, misdeed: Misdeed) -> bool {
        self.state.lock().unwrap().does(misdeed)
    }

    fn count(&self, endpoint: &'static str) {
        self.state.lock().unwrap().requests.push(endpoint);
    }

    fn pass_key(&self) -> &SoftwareSigner {
        let forgotten = self.state.lock().unwrap().pass_key_forgotten;
        if forgotten { &self.successor } else { &self.pass }
    }

    fn trust_list(&self, version: u64, lifetime: u64) -> TrustList {
        let now = self.clock.truth();
        let unlisted = self.does(Misdeed::UnlistedIssuer);
        let named = if unlisted { "https://id.example" } else { &self.base_url };
        let entry = |signer: &SoftwareSigner, purpose| TrustedKey {
            key: signer.public_key(),
            purpose,
            // No key of the city was ever older.
            from: now.saturating_sub(30 * DAY),
            to: now + 60 * DAY,
            status_prefix: (purpose == Purpose::Pass).then(|| status_prefix(named)),
        };
        let keys = vec![
            entry(self.pass_key(), Purpose::Pass),
            entry(&self.time, Purpose::Time),
            entry(&self.receipt, Purpose::Receipt),
        ];
        TrustList { version, iat: now - 1000, exp: now - 1000 + lifetime, keys }
    }

    fn sign_pass(&self, claims: &PassClaims) -> Vec<u8> {
        if self.does(Misdeed::UnlistedPassKey) {
            claims.sign(&self.stranger).unwrap()
        } else if self.does(Misdeed::ForgedPassSignature) {
            let kid = self.pass.public_key().key_id().unwrap();
            claims.sign_with_kid(kid, &self.stranger).unwrap()
        } else if self.does(Misdeed::PassKeyOfOtherPurpose) {
            claims.sign(&self.time).unwrap()
        } else {
            claims.sign(self.pass_key()).unwrap()
        }
    }

    /// The passes for good proofs, or the standard's error word.
    fn issue(&self, request: &Value) -> Result<Vec<Vec<u8>>, &'static str> {
        let from = request["szid_from_day"].as_u64().ok_or("invalid_credential_request")?;
        let today = end_of_day(self.clock.truth());
        let proofs = request["proofs"]["jwt"].as_array().ok_or("invalid_proof")?;
        let last = from + (proofs.len() as u64 - 1) * DAY;
        let batch_size = self.state.lock().unwrap().batch_size.unwrap_or(15);
        if !(today..=today + 14 * DAY).contains(&from)
            || last > today + 14 * DAY
            || proofs.len() > batch_size
        {
            return Err("invalid_credential_request");
        }
        let mut passes = Vec::new();
        let mut nonces = BTreeSet::new();
        for (index, proof) in proofs.iter().enumerate() {
            let (device_key, nonce) =
                self.proven(proof.as_str().unwrap_or_default()).ok_or("invalid_proof")?;
            nonces.insert(nonce);
            let claims = PassClaims {
                exp: from + index as u64 * DAY + u64::from(self.does(Misdeed::WrongDay)) * DAY,
                device_key: if self.does(Misdeed::ForeignDeviceKey) {
                    self.stranger.public_key()
                } else {
                    device_key
                },
                identity_level: IdentityLevel::InPerson,
                key_protection: KeyProtection::Software,
                status_index: 10_000_000 + index as u32,
                concessions: None,
                masked_name: None,
            };
            passes.push(self.sign_pass(&claims));
        }
        let nonce = nonces.pop_first().filter(|_| nonces.is_empty()).ok_or("invalid_nonce")?;
        let mut state = self.state.lock().unwrap();
        // A nonce is good once.
        if !state.nonces.remove(&nonce)
            || state.does(Misdeed::StaleNonces)
            || state.does(Misdeed::OneStaleNonce)
        {
            return Err("invalid_nonce");
        }
        Ok(passes)
    }

    /// The key that a proof is signed by, and its nonce.
    fn proven(&self, proof: &str) -> Option<(PublicKey, String)> {
        let (message, signature) = proof.rsplit_once('.')?;
        let (header, claims) = message.split_once('.')?;
        let decode = |text: &str| BASE64URL_NOPAD.decode(text.as_bytes()).ok();
        let parse = |text: &str| serde_json::from_slice::<Value>(&decode(text)?).ok();
        let (header, claims) = (parse(header)?, parse(claims)?);
        let coordinate = |name: &str| decode(header["jwk"][name].as_str()?)?.try_into().ok();
        let key = PublicKey::from_coordinates(&coordinate("x")?, &coordinate("y")?).ok()?;
        let signature = decode(signature)?.try_into().ok()?;
        let good = header["typ"] == "openid4vci-proof+jwt"
            && header["alg"] == "ES256"
            && claims["aud"] == self.base_url.as_str()
            && claims["iat"].as_u64()?.abs_diff(self.clock.truth()) <= 60
            && P256Backend.verifying_key(&key).ok()?.verify(message.as_bytes(), &signature);
        good.then_some((key, claims["nonce"].as_str()?.to_owned()))
    }
}

/// A network that answers in the service's place.
async fn login(State(issuer): App, request: Request, next: Next) -> Response {
    let page = "<html><title>Log in</title></html>";
    let made_up = issuer.state.lock().unwrap().made_up;
    if let Some((_, status, body)) =
        made_up.filter(|(path, ..)| request.uri().path().starts_with(path))
    {
        return (StatusCode::from_u16(status).unwrap(), body).into_response();
    }
    if issuer.does(Misdeed::LoginPage) {
        page.into_response()
    } else if issuer.does(Misdeed::LoginRedirect) {
        Redirect::temporary("http://192.0.2.1/login").into_response()
    } else if issuer.does(Misdeed::LoginRefusal) {
        (StatusCode::NETWORK_AUTHENTICATION_REQUIRED, page).into_response()
    } else if issuer.state.lock().unwrap().token_endpoint_moved
        && request.uri().path() == "/v1/token"
    {
        (StatusCode::NOT_FOUND, page).into_response()
    } else {
        next.run(request).await
    }
}

async fn issuer_metadata(State(issuer): App) -> Json<Value> {
    issuer.count("metadata");
    let base = &issuer.base_url;
    let name = if issuer.does(Misdeed::ForeignMetadata) { "https://id.example" } else { base };
    let credential = if issuer.does(Misdeed::PlainHttpEndpoint) {
        "http://id.example/v1/credential".to_owned()
    } else {
        format!("{base}/v1/credential")
    };
    let batch_size = issuer.state.lock().unwrap().batch_size.unwrap_or(15);
    let nonce = if issuer.does(Misdeed::ForeignNonceEndpoint) {
        "https://id.example/v1/nonce".to_owned()
    } else {
        format!("{base}/v1/nonce")
    };
    let inflates = [
        Misdeed::InflatedEpoch,
        Misdeed::ForeignHead,
        Misdeed::StaleHead,
        Misdeed::ForgedHead,
        Misdeed::NoHead,
    ];
    let is_inflated = inflates.into_iter().any(|misdeed| issuer.does(misdeed));
    let epoch = if is_inflated { 4_000_000_000 } else { issuer.state.lock().unwrap().epoch };
    Json(json!({ "credential_issuer": name, "nonce_endpoint": nonce,
        "credential_endpoint": credential, "szid_epoch": epoch,
        "batch_credential_issuance": { "batch_size": batch_size } }))
}

async fn server_metadata(State(issuer): App) -> Json<Value> {
    let base = &issuer.base_url;
    let token = if issuer.does(Misdeed::ForeignTokenEndpoint) {
        "http://127.0.0.1:1/v1/token".to_owned()
    } else if issuer.state.lock().unwrap().token_endpoint_moved {
        format!("{base}/v2/token")
    } else {
        format!("{base}/v1/token")
    };
    Json(json!({ "issuer": base, "token_endpoint": token }))
}

async fn offer(State(issuer): App) -> Response {
    if issuer.does(Misdeed::GarbageJson) {
        return "<html>".into_response();
    }
    let grant = json!({ "pre-authorized_code": "code", "tx_code": { "length": 6 } });
    let foreign = issuer.does(Misdeed::ForeignOffer);
    let name = if foreign { "https://id.example" } else { &issuer.base_url };
    Json(json!({ "credential_issuer": name,
        "grants": { "urn:ietf:params:oauth:grant-type:pre-authorized_code": grant } }))
    .into_response()
}

fn refusal(status: StatusCode, word: &str) -> Response {
    (status, Json(json!({ "error": word }))).into_response()
}

async fn token(State(issuer): App, Form(form): Form<Vec<(String, String)>>) -> Response {
    issuer.count("token");
    let value = |name: &str| form.iter().find(|(key, _)| key == name).map(|(_, value)| value);
    let mut state = issuer.state.lock().unwrap();
    if state.does(Misdeed::RefusalInProse) {
        return refusal(StatusCode::BAD_REQUEST, "<b>林示例\u{1b}[2J</b>");
    }
    if let Some(used) = value("refresh_token") {
        let (last, next) = &state.refresh_tokens;
        if state.family_is_closed || (used != last && used != next) {
            state.family_is_closed = true;
            return refusal(StatusCode::BAD_REQUEST, "invalid_grant");
        }
        state.refresh_tokens.0 = used.clone();
    } else if value("tx_code").is_none_or(|code| code != "493536") {
        return refusal(StatusCode::BAD_REQUEST, "invalid_grant");
    } else {
        state.device_name = value("device_name").cloned();
    }
    let (access, refresh) = (state.fresh("access"), state.fresh("refresh"));
    state.access_token.clone_from(&access);
    state.refresh_tokens.1.clone_from(&refresh);
    if state.does(Misdeed::OneLostTokenAnswer) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    let began = if state.does(Misdeed::OneMixedUpTokenAnswer) { "another code" } else { "code" };
    let device = BASE64URL_NOPAD.encode(&Sha256::digest(began)[..16]);
    Json(json!({ "access_token": access, "token_type": "Bearer", "expires_in": 600,
        "refresh_token": refresh, "refresh_token_expires_in": 90 * DAY, "szid_device": device }))
    .into_response()
}

async fn nonce(State(issuer): App) -> Response {
    issuer.count("nonce");
    if issuer.does(Misdeed::NoNonce) {
        return refusal(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable");
    }
    let mut state = issuer.state.lock().unwrap();
    let nonce = state.fresh("nonce");
    state.nonces.insert(nonce.clone());
    Json(json!({ "c_nonce": nonce })).into_response()
}

/// The service's problem that asks for another access token.
fn credential_missing() -> Response {
    let problem = json!({ "type": "urn:szid:problem:credential_missing", "status": 401,
        "code": "CREDENTIAL_MISSING" });
    (StatusCode::UNAUTHORIZED, Json(problem)).into_response()
}

fn bearer_is_good(issuer: &Shared, headers: &HeaderMap) -> bool {
    let mut state = issuer.state.lock().unwrap();
    let expected = format!("Bearer {}", state.access_token);
    let given = headers.get(header::AUTHORIZATION).is_some_and(|given| given == &expected);
    given && !state.access_token.is_empty() && !state.does(Misdeed::OneStaleAccessToken)
}

async fn credential(
    State(issuer): App,
    headers: HeaderMap,
    Json(request): Json<Value>,
) -> Response {
    issuer.count("credential");
    if !bearer_is_good(&issuer, &headers) {
        return refusal(StatusCode::UNAUTHORIZED, "invalid_token");
    }
    let mut passes = match issuer.issue(&request) {
        Ok(passes) => passes,
        Err(word) => return refusal(StatusCode::BAD_REQUEST, word),
    };
    let misdeed = issuer.state.lock().unwrap().misdeed;
    match misdeed {
        Some(Misdeed::DuplicatedPass) => passes = vec![passes[0].clone(); passes.len()],
        Some(Misdeed::MissingPass) => drop(passes.pop()),
        Some(Misdeed::ExtraPass) => passes.push(passes[0].clone()),
        Some(Misdeed::GarbagePass) => passes[0] = vec![0xa0; 200],
        Some(Misdeed::OversizedPasses) => passes = vec![vec![0; 1024]; 1500],
        Some(Misdeed::RedirectedPasses) => {
            return Redirect::temporary("/v1/nonce").into_response();
        }
        Some(Misdeed::SilentPasses) => tokio::time::sleep(Duration::from_secs(3600)).await,
        Some(Misdeed::EndlessPasses) => return endless(Duration::ZERO),
        Some(Misdeed::DrippingPasses) => return endless(Duration::from_millis(200)),
        Some(Misdeed::OneLostPassAnswer) => {
            issuer.does(Misdeed::OneLostPassAnswer);
            return StatusCode::BAD_GATEWAY.into_response();
        }
        _ => {}
    }
    issuer.state.lock().unwrap().lacks_passes = false;
    let credentials: Vec<Value> =
        passes.iter().map(|pass| json!({ "credential": BASE64URL_NOPAD.encode(pass) })).collect();
    Json(json!({ "credentials": credentials })).into_response()
}

/// A body without length or end: a block, or with a pause a byte, at a time.
fn endless(pause: Duration) -> Response {
    use axum::body::{Body, Bytes};
    let size = if pause.is_zero() { 4096 } else { 1 };
    let stream = futures_util::stream::unfold((), move |()| async move {
        tokio::time::sleep(pause).await;
        Some((Ok::<_, std::io::Error>(Bytes::from(vec![b' '; size])), ()))
    });
    Body::from_stream(stream).into_response()
}

async fn trust(State(issuer): App) -> Vec<u8> {
    issuer.count("trust");
    if issuer.does(Misdeed::GarbageTrustList) {
        return b"<html>".to_vec();
    }
    if issuer.does(Misdeed::OversizedTrustList) {
        return vec![0; 1 << 20];
    }
    let newest = 7 + u64::from(issuer.state.lock().unwrap().pass_key_forgotten);
    let version = if issuer.does(Misdeed::RolledBackTrustList) { 6 } else { newest };
    let lifetime = if issuer.does(Misdeed::ExpiredTrustList) { 1000 } else { 30 * DAY };
    let foreign = issuer.does(Misdeed::ForeignTrustList);
    let root = if foreign { &issuer.stranger } else { &issuer.root };
    issuer.trust_list(version, lifetime).sign(root).unwrap()
}

async fn time(State(issuer): App, Query(query): Query<Vec<(String, String)>>) -> Vec<u8> {
    issuer.count("time");
    let nonce = BASE64URL_NOPAD.decode(query[0].1.as_bytes()).unwrap().try_into().unwrap();
    let once = if issuer.does(Misdeed::OneTimeAhead) { 8 * 3600 } else { 0 };
    let ahead = issuer.state.lock().unwrap().ahead + once;
    let nonce = if issuer.does(Misdeed::ReplayedTime) { [9; 16] } else { nonce };
    let behind = if issuer.does(Misdeed::TimeBeforeItsKey) { 31 * DAY } else { 0 };
    sign_time(issuer.clock.truth() + ahead - behind, &nonce, &issuer.time).unwrap()
}

async fn audit_head(State(issuer): App) -> Response {
    issuer.count("audit head");
    let epoch = issuer.state.lock().unwrap().epoch;
    let (register, epoch, signer) = if issuer.does(Misdeed::NoHead) {
        return (StatusCode::NOT_FOUND, "<html>no</html>").into_response();
    } else if issuer.does(Misdeed::ForeignHead) {
        ([2; 16], 4_000_000_000, &issuer.receipt)
    } else if issuer.does(Misdeed::StaleHead) {
        ([1; 16], 0, &issuer.receipt)
    } else if issuer.does(Misdeed::ForgedHead) {
        ([1; 16], 4_000_000_000, &issuer.stranger)
    } else {
        ([1; 16], epoch, &issuer.receipt)
    };
    let signed_at = issuer.clock.truth();
    let head = SignedAuditHead { signed_at, register, epoch, number: 316, digest: [9; 32] };
    head.sign(signer).unwrap().into_response()
}

async fn holder(State(issuer): App, headers: HeaderMap) -> Response {
    if !bearer_is_good(&issuer, &headers) {
        return credential_missing();
    }
    let state = issuer.state.lock().unwrap();
    let account = if state.frozen { "frozen" } else { "active" };
    Json(json!({ "account": account, "identity_level": 4, "devices": 1, "unseen_events": 0,
        "lacks_passes": state.lacks_passes, "server_time": issuer.clock.truth() }))
    .into_response()
}

async fn freeze(State(issuer): App, headers: HeaderMap, Json(report): Json<Value>) -> Response {
    if !bearer_is_good(&issuer, &headers) {
        return credential_missing();
    }
    let mut state = issuer.state.lock().unwrap();
    let is_proven = !report["szid_key_proofs"].as_array().unwrap().is_empty();
    state.reports.push(report);
    let id = headers.get("idempotency-key").and_then(|id| id.to_str().ok()).unwrap_or_default();
    state.report_ids.push(id.to_owned());
    if state.does(Misdeed::OneLostReportAnswer) {
        return StatusCode::BAD_GATEWAY.into_response();
    }
    state.frozen = true;
    let others = if is_proven { "ended" } else { "suspended" };
    Json(json!({ "account": "frozen", "other_devices": others })).into_response()
}
