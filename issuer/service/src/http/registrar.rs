//! Enrolment at the counter, and the states of accounts.

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::PathRejection;
use axum::http::StatusCode;
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::auth::Registrar;
use super::body::JsonBody;
use super::issuance::offers::offer_object;
use super::problem::Problems;
use super::{App, Problem};
use crate::entropy::make_random;
use crate::identity::documents::{self, DocumentFault};
use crate::identity::{Identity, highest_level, is_name, is_word};
use crate::service::Service;
use crate::store::{Account, Enrolment, Grant, PersonId};

/// How long an offer is good, seconds.
const OFFER_SECONDS: u64 = 600;
/// The most concessions of one person.
const MAX_CONCESSIONS: usize = 16;
/// Wrong transaction codes that an offer bears.
const ATTEMPTS: u8 = 5;

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct EnrolmentRequest {
    document: Document,
    /// As it stands in the document.
    name: String,
    /// 1 phone, 2 real name, 3 real person, 4 in person; no more than the method can give.
    identity_level: u8,
    /// How identity was proven: `counter`.
    method: String,
    /// What else the document or the person says, as far as it is known.
    #[serde(default)]
    details: Details,
}

/// What scenes may ask for beyond name and number. Of resident identity cards, sex and birth date follow from the number.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Details {
    /// `male` or `female`.
    sex: Option<String>,
    /// YYYY-MM-DD.
    birth_date: Option<String>,
    /// Nationality or ethnic group, as it stands in the document.
    nationality: Option<String>,
    /// The document's last day, YYYY-MM-DD.
    valid_until: Option<String>,
    /// Digits, with a plus sign before those from abroad.
    phone: Option<String>,
    /// Short words such as `senior` and `disability`.
    concessions: Vec<String>,
}

impl Details {
    fn fit(&self, now: u64) -> bool {
        let each =
            |text: &Option<String>, fits: &dyn Fn(&str) -> bool| text.as_deref().is_none_or(fits);
        let is_phone = |text: &str| {
            let digits = text.strip_prefix('+').unwrap_or(text);
            (5..=15).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit())
        };
        each(&self.sex, &|text| matches!(text, "male" | "female"))
            && each(&self.birth_date, &|text| documents::is_past_date(text, now))
            && each(&self.nationality, &is_name)
            && each(&self.valid_until, &documents::is_date)
            && each(&self.phone, &is_phone)
            && self.concessions.len() <= MAX_CONCESSIONS
            && self.concessions.iter().all(|word| is_word(word))
    }
}

#[derive(Deserialize, utoipa::ToSchema)]
struct Document {
    /// A GA/T 517 code.
    r#type: String,
    /// The number; full-width digits are taken.
    number: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct Enrolled {
    /// The person's opaque id.
    person: String,
    /// The offer for the wallet, as a link or a QR.
    credential_offer: String,
    /// Where the offer lies.
    credential_offer_uri: String,
    /// Told to the citizen, never sent with the offer.
    tx_code: String,
    /// Seconds.
    expires_in: u64,
}

/// Enrols a person who stands at the counter, and makes an offer for their wallet.
#[utoipa::path(post, path = "/v1/registrar/enrolments", tag = "registrar",
    security(("registrar" = [])), request_body = EnrolmentRequest, responses(
    (status = 201, body = Enrolled),
    Problems,
))]
pub(super) async fn enrol(
    Registrar(actor): Registrar,
    State(service): State<App>,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<(StatusCode, Json<Enrolled>), Problem> {
    let enrolment = checked(&service, request, actor)?;
    let person = service.store.enrol(enrolment).await?;
    service.metrics.persons_enrolled.inc();
    let enrolled = make_offer(&service, person).await?;
    Ok((StatusCode::CREATED, Json(enrolled)))
}

fn checked(
    service: &Service,
    request: EnrolmentRequest,
    actor: String,
) -> Result<Enrolment, Problem> {
    let highest = highest_level(&request.method).ok_or(Problem::MethodInvalid)?;
    if !(1..=highest).contains(&request.identity_level) {
        return Err(Problem::LevelInvalid);
    }
    if !is_name(&request.name) {
        return Err(Problem::NameInvalid);
    }
    let now = service.clock.now();
    let Document { r#type: document_type, number } = request.document;
    let number = documents::normalise(&document_type, &number, service.demo_mode, now);
    let number = number.map_err(|fault| match fault {
        DocumentFault::Type => Problem::DocumentType,
        DocumentFault::Number => Problem::DocumentNumber,
        DocumentFault::Demo => Problem::DocumentDemo,
    })?;
    let document_class = document_type.parse().map_err(|_| Problem::DocumentType)?;
    let lookup = service.register_key.derive_lookup(&document_type, &number);
    let candidate = PersonId(service.register_key.derive_person(&lookup));
    if !request.details.fit(now) {
        return Err(Problem::DetailsInvalid);
    }
    let Details { sex, birth_date, nationality, valid_until, phone, concessions } = request.details;
    let identity = Identity {
        document_type,
        number,
        name: request.name,
        sex,
        birth_date,
        nationality,
        valid_until,
        phone,
        concessions,
    };
    let identity =
        zeroize::Zeroizing::new(serde_json::to_vec(&identity).map_err(|_| Problem::BadRequest)?);
    Ok(Enrolment {
        candidate,
        lookup,
        document_class,
        identity_level: request.identity_level,
        method: request.method,
        sealed: service.register_key.seal(&identity, &candidate.0, &*service.entropy)?,
        actor,
        at: now,
    })
}

async fn make_offer(service: &Service, person: PersonId) -> Result<Enrolled, Problem> {
    let entropy = &*service.entropy;
    let code = BASE64URL_NOPAD.encode(&make_random::<24>(entropy)?);
    let offer_id = BASE64URL_NOPAD.encode(&make_random::<16>(entropy)?);
    let tx_code = format!("{:06}", u64::from_be_bytes(make_random(entropy)?) % 1_000_000);
    let offer_hash: [u8; 32] = Sha256::digest(&offer_id).into();
    let offer = serde_json::to_vec(&offer_object(&service.base_url, &code))
        .map_err(|_| Problem::internal("an offer has no JSON form"))?;
    let grant = Grant {
        person,
        code_hash: Sha256::digest(&code).into(),
        tx_code_hash: Sha256::digest(&tx_code).into(),
        sealed_offer: service.register_key.seal(&offer, &offer_hash, entropy)?,
        expires_at: service.clock.now() + OFFER_SECONDS,
        attempts_left: ATTEMPTS,
    };
    service.store.put_grant(offer_hash, grant).await?;
    let uri = format!("{}/v1/offers/{offer_id}", service.base_url);
    let escaped = uri.replace('%', "%25").replace(':', "%3A").replace('/', "%2F");
    Ok(Enrolled {
        person: person.to_string(),
        credential_offer: format!("openid-credential-offer://?credential_offer_uri={escaped}"),
        credential_offer_uri: uri,
        tx_code,
        expires_in: OFFER_SECONDS,
    })
}

#[derive(Deserialize, utoipa::ToSchema)]
pub(super) struct AccountRequest {
    /// A short word such as `lost_phone`: it goes into the audit trail.
    reason: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub(super) struct PersonAccount {
    /// The person's opaque id.
    person: String,
    account: Account,
}

impl PersonAccount {
    pub(super) fn of(person: PersonId, account: Account) -> Self {
        Self { person: person.to_string(), account }
    }
}

impl AccountRequest {
    /// The reason, if it is one.
    pub(super) fn reason(self) -> Result<String, Problem> {
        if is_word(&self.reason) { Ok(self.reason) } else { Err(Problem::ReasonInvalid) }
    }
}

pub(super) type PersonPath = Result<axum::extract::Path<String>, PathRejection>;

pub(super) fn read_person(person: PersonPath) -> Result<PersonId, Problem> {
    let axum::extract::Path(person) = person.map_err(|_| Problem::NotFound)?;
    person.parse().map_err(|_| Problem::NotFound)
}

/// Suspends an account: its passes are refused at once online, and with the next status list offline. It protects, so one
/// registrar does it; lifting it takes two.
#[utoipa::path(post, path = "/v1/registrar/persons/{person}/freeze", tag = "registrar",
    params(("person" = String, Path, description = "The person's opaque id")),
    security(("registrar" = [])), request_body = AccountRequest, responses(
    (status = 200, body = PersonAccount),
    Problems,
))]
pub(super) async fn freeze(
    Registrar(actor): Registrar,
    State(service): State<App>,
    person: PersonPath,
    JsonBody(request): JsonBody<AccountRequest>,
) -> Result<Json<PersonAccount>, Problem> {
    let (id, reason) = (read_person(person)?, request.reason()?);
    service.set_account(id, Account::Frozen, actor, reason).await?;
    Ok(Json(PersonAccount::of(id, Account::Frozen)))
}
