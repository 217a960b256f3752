//! Enrolment at the counter: of somebody new at once, of somebody known by two.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::auth::Registrar;
use super::body::JsonBody;
use super::issuance::offers::offer_object;
use super::problem::Problems;
use super::registrar_requests::{RegistrarRequest, unreadable};
use super::{App, Problem};
use crate::entropy::make_random;
use crate::identity::documents::{self, DocumentFault};
use crate::identity::{Identity, highest_level, is_name, is_word};
use crate::service::Service;
use crate::store::{
    Act, DeviceRule, Enrolment, Grant, MAX_DEVICES, Person, PersonId, Request, StoreError,
};

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
    /// Of somebody known: whether the new device ends the older ones, which is meant where nothing is said.
    #[serde(default)]
    devices: DeviceRule,
}

/// What scenes may ask for beyond name and number. Of resident identity cards, sex and birth date follow from the number.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Details {
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
    pub(super) fn fit(&self, now: u64) -> bool {
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

    /// Writes what is given over what is kept; true where that changes anything.
    pub(super) fn write_over(self, identity: &mut Identity) -> bool {
        let mut changed = false;
        let texts = [
            (&mut identity.sex, self.sex),
            (&mut identity.birth_date, self.birth_date),
            (&mut identity.nationality, self.nationality),
            (&mut identity.valid_until, self.valid_until),
            (&mut identity.phone, self.phone),
        ];
        for (kept, given) in texts {
            if given.is_some() && *kept != given {
                *kept = given;
                changed = true;
            }
        }
        if !self.concessions.is_empty() && identity.concessions != self.concessions {
            identity.concessions = self.concessions;
            changed = true;
        }
        changed
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

/// Enrols a person who stands at the counter, and makes an offer for their wallet. For somebody known it asks: another
/// registrar confirms it, or the person approves it on a phone.
#[utoipa::path(post, path = "/v1/registrar/enrolments", tag = "registrar",
    security(("registrar" = [])), request_body = EnrolmentRequest, responses(
    (status = 201, body = Enrolled, description = "Somebody new"),
    (status = 202, body = RegistrarRequest, description = "Somebody known: nothing is changed yet"),
    Problems,
))]
pub(super) async fn enrol(
    Registrar(actor): Registrar,
    State(service): State<App>,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<Response, Problem> {
    let devices = request.devices;
    let made_by = actor.clone();
    let (enrolment, identity) = checked(&service, request, actor)?;
    match service.store.enrol(enrolment.clone()).await {
        Ok(person) => {
            service.metrics.persons_enrolled.inc();
            let (enrolled, offer_hash, grant) = draft_offer(&service, person, made_by)?;
            service.store.put_grant(offer_hash, grant).await?;
            Ok((StatusCode::CREATED, Json(enrolled)).into_response())
        }
        Err(StoreError::Enrolled) => {
            let asked = ask(&service, enrolment, identity, devices).await?;
            Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// Asks for an offer for somebody known. What is kept of them stays as it is: where the counter sees something else, the answer
/// says what.
async fn ask(
    service: &Service,
    enrolment: Enrolment,
    seen: Identity,
    devices: DeviceRule,
) -> Result<RegistrarRequest, Problem> {
    let Enrolment { lookup, identity_level, actor, at, .. } = enrolment;
    let lost = || Problem::internal("a person that is looked up and not there");
    let id = service.store.known_person(lookup).await?.ok_or_else(lost)?;
    let person = service.store.person(id).await?.ok_or_else(lost)?;
    let held = service.store.devices(id, at).await?.len();
    if devices == DeviceRule::Adds && held >= MAX_DEVICES {
        return Err(Problem::DevicesFull);
    }
    let kept = open_identity(service, &person)?;
    let mut differs = Vec::new();
    if kept.name != seen.name {
        differs.push("name");
    }
    if person.identity_level != identity_level {
        differs.push("identity_level");
    }
    if differ(&kept, &seen) {
        differs.push("details");
    }
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Act::Enrolment { person: id, devices },
        asked_by: actor,
        asked_at: at,
        approved_on: None,
    };
    service.store.ask(request.clone()).await??;
    let asked = RegistrarRequest::of(service, request, at).ok_or_else(unreadable)?;
    Ok(asked.with_differences(differs))
}

/// Whether the counter sees other details than are kept. What it does not name differs from nothing.
fn differ(kept: &Identity, seen: &Identity) -> bool {
    let texts = [
        (&kept.sex, &seen.sex),
        (&kept.birth_date, &seen.birth_date),
        (&kept.nationality, &seen.nationality),
        (&kept.valid_until, &seen.valid_until),
        (&kept.phone, &seen.phone),
    ];
    texts.into_iter().any(|(kept, seen)| seen.is_some() && kept != seen)
        || !seen.concessions.is_empty() && kept.concessions != seen.concessions
}

/// What the register holds sealed of a person.
pub(super) fn open_identity(service: &Service, person: &Person) -> Result<Identity, Problem> {
    let opened = service.register_key.open(&person.sealed, &person.id.0);
    let identity = opened.and_then(|json| serde_json::from_slice(&json).ok());
    identity.ok_or_else(|| Problem::internal("what is sealed of a person cannot be opened"))
}

/// Seals a person's identity data.
pub(super) fn seal_identity(
    service: &Service,
    person: PersonId,
    identity: &Identity,
) -> Result<Vec<u8>, Problem> {
    let json = serde_json::to_vec(identity).map_err(|_| Problem::BadRequest)?;
    let json = zeroize::Zeroizing::new(json);
    Ok(service.register_key.seal(&json, &person.0, &*service.entropy)?)
}

fn checked(
    service: &Service,
    request: EnrolmentRequest,
    actor: String,
) -> Result<(Enrolment, Identity), Problem> {
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
    let enrolment = Enrolment {
        candidate,
        lookup,
        document_class,
        identity_level: request.identity_level,
        method: request.method,
        sealed: seal_identity(service, candidate, &identity)?,
        actor,
        at: now,
    };
    Ok((enrolment, identity))
}

/// An offer that is not kept yet: what the counter hands over, and the grant behind it.
pub(super) fn draft_offer(
    service: &Service,
    person: PersonId,
    made_by: String,
) -> Result<(Enrolled, [u8; 32], Grant), Problem> {
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
        devices: DeviceRule::default(),
        made_by,
        approved_on: None,
        ended: false,
    };
    let uri = format!("{}/v1/offers/{offer_id}", service.base_url);
    let escaped = uri.replace('%', "%25").replace(':', "%3A").replace('/', "%2F");
    let enrolled = Enrolled {
        person: person.to_string(),
        credential_offer: format!("openid-credential-offer://?credential_offer_uri={escaped}"),
        credential_offer_uri: uri,
        tx_code,
        expires_in: OFFER_SECONDS,
    };
    Ok((enrolled, offer_hash, grant))
}
