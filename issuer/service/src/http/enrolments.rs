//! Enrolment at the counter: of somebody new at once, of somebody known by two.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use szid_identity::documents::{self, DocumentFault};
use szid_identity::{Identity, highest_level, is_name, is_word};
use szid_register::entropy::make_random;
use szid_register::{
    Approval, DeviceRule, Enrolment, Evidence, MAX_DEVICES, OFFER_SECONDS, Person, PersonId,
    Request, SealedIdentity, StoreError,
};

use super::auth::Registrar;
use super::body::JsonBody;
use super::idempotency::read_key;
use super::offer_drafts::{Draft, Enrolled, Secrets};
use super::refusals::{Conflict, Missing, Problems, Unprocessable};
use super::registrar_requests::{RegistrarRequest, unreadable};
use super::{App, Problem};
use crate::digest::Digest32;
use crate::service::Service;

/// The most concessions of one person.
const MAX_CONCESSIONS: usize = 16;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnrolmentRequest {
    document: Document,
    /// As it stands in the document.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// 1 phone, 2 real name, 3 real person, 4 in person; no more than the method can give.
    #[schema(minimum = 1, maximum = 4)]
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

/// What scenes may ask for beyond name and number. Of resident identity cards, sex and birth date follow from
/// the number.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Details {
    /// `male` or `female`.
    #[schema(pattern = "^(male|female)$")]
    sex: Option<String>,
    /// YYYY-MM-DD.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    birth_date: Option<String>,
    /// Nationality or ethnic group, as it stands in the document.
    #[schema(min_length = 1, max_length = 120)]
    nationality: Option<String>,
    /// The document's last day, YYYY-MM-DD.
    #[schema(pattern = "^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
    valid_until: Option<String>,
    /// Digits, with a plus sign before those from abroad.
    #[schema(pattern = "^[+]?[0-9]{5,15}$")]
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
#[serde(deny_unknown_fields)]
struct Document {
    /// A GA/T 517 code.
    #[schema(pattern = "^[0-9]{3}$")]
    r#type: String,
    /// The number; full-width digits are taken.
    #[schema(max_length = 80)]
    number: String,
}

/// Enrols a person who stands at the counter, and makes an offer for their wallet. For somebody known it
/// asks: another registrar confirms it, or the person approves it on a phone. With an `Idempotency-Key` a
/// counter whose answer got lost sends the same request again and gets the same offer, until that is taken up
/// or over.
#[utoipa::path(post, path = "/v1/registrar/enrolments", tag = "registrar",
    params(("Idempotency-Key" = Option<String>, Header, pattern = "^[!-~]{1,64}$", description = "1 to 64 visible ASCII characters, new for each person")),
    security(("registrar" = [])), request_body = EnrolmentRequest, responses(
    (status = 201, body = Enrolled, description = "Somebody new"),
    (status = 202, body = RegistrarRequest, description = "Somebody known: nothing is changed yet"),
    Problems, Missing, Conflict, Unprocessable,
))]
pub(super) async fn enrol(
    Registrar(actor): Registrar,
    State(service): State<App>,
    headers: HeaderMap,
    JsonBody(request): JsonBody<EnrolmentRequest>,
) -> Result<Response, Problem> {
    let key = read_key(&headers)?;
    let devices = request.devices;
    let (mut enrolment, identity) = checked(&service, request, actor.clone())?;
    let repeatable = key.map(|key| digest(key, &enrolment, &identity)).transpose()?;
    let secrets = match &repeatable {
        Some(request) => Secrets::of_request(&service.register_key, request),
        None => Secrets::draw(&*service.entropy)?,
    };
    let Draft { mut enrolled, offer_hash, grant } =
        Draft::new(&service, enrolment.candidate, actor, &secrets)?;
    enrolment.offer = Some((offer_hash, grant));
    match service.store.enrol(enrolment.clone()).await {
        Ok(_) => {
            service.metrics.persons_enrolled.inc();
            Ok((StatusCode::CREATED, Json(enrolled)).into_response())
        }
        Err(StoreError::Enrolled) => {
            if repeatable.is_some()
                && let Some(left) = left_of(&service, &enrolment, offer_hash).await?
            {
                enrolled.expires_in = left;
                return Ok((StatusCode::CREATED, Json(enrolled)).into_response());
            }
            let asked = ask(&service, enrolment, identity, devices).await?;
            Ok((StatusCode::ACCEPTED, Json(asked)).into_response())
        }
        Err(error) => Err(error.into()),
    }
}

/// A hash of whoever asks and of all that they ask for, under their key.
fn digest(key: &str, enrolment: &Enrolment, identity: &Identity) -> Result<[u8; 32], Problem> {
    let identity = serde_json::to_vec(identity).map_err(|_| Problem::BadRequest)?;
    let identity = zeroize::Zeroizing::new(identity);
    let digest = Digest32::of(b"szid enrolment request v1")
        .part(Some(key.as_bytes()))
        .part(Some(enrolment.actor.as_bytes()))
        .part(Some(&[enrolment.evidence.level]))
        .part(Some(enrolment.evidence.method.as_bytes()))
        .part(Some(&identity));
    Ok(digest.finish())
}

/// For how many seconds yet the offer is good that the same request made; nothing where it made none, or it
/// is taken up or over.
async fn left_of(
    service: &Service,
    enrolment: &Enrolment,
    offer_hash: [u8; 32],
) -> Result<Option<u64>, Problem> {
    if service.store.offer(offer_hash, enrolment.at).await?.is_err() {
        return Ok(None);
    }
    let person = service.store.person(enrolment.candidate).await?;
    Ok(person.map(|person| (person.enrolled_at + OFFER_SECONDS).saturating_sub(enrolment.at)))
}

/// Asks for an offer for somebody known. What is kept of them stays as it is: where the counter sees
/// something else, the answer says so, and not what.
async fn ask(
    service: &Service,
    enrolment: Enrolment,
    seen: Identity,
    devices: DeviceRule,
) -> Result<RegistrarRequest, Problem> {
    let Enrolment { lookup, evidence, actor, at, .. } = enrolment;
    let lost = || Problem::internal("a person that is looked up and not there");
    let id = service.store.known_person(lookup).await?.ok_or_else(lost)?;
    let person = service.store.person(id).await?.ok_or_else(lost)?;
    let held = service.store.devices(id, at).await?.len();
    if devices == DeviceRule::Adds && held >= MAX_DEVICES {
        return Err(Problem::DevicesFull);
    }
    let kept = open_identity(service, &person)?;
    let differs = kept.name != seen.name
        || person.identity_level(at) != evidence.level
        || differ(&kept, &seen);
    let request = Request {
        id: make_random(&*service.entropy)?,
        act: Approval::Enrolment { person: id, devices },
        asked_by: actor,
        asked_at: at,
        approved_on: None,
    };
    let asked = service.store.request_approval(request).await??;
    let asked = RegistrarRequest::of_asked(service, asked, at).ok_or_else(unreadable)?;
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
    let opened = service.register_key.open_identity(&person.sealed, person.id);
    let identity = opened.and_then(|json| serde_json::from_slice(&json).ok());
    identity.ok_or_else(|| Problem::internal("what is sealed of a person cannot be opened"))
}

/// Seals a person's identity data.
pub(super) fn seal_identity(
    service: &Service,
    person: PersonId,
    identity: &Identity,
) -> Result<SealedIdentity, Problem> {
    let json = serde_json::to_vec(identity).map_err(|_| Problem::BadRequest)?;
    let json = zeroize::Zeroizing::new(json);
    Ok(service.register_key.seal_identity(&json, person, &*service.entropy)?)
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
    let (method, level) = (request.method, request.identity_level);
    let evidence = Evidence::of_registrar(method, level, document_class, now);
    let enrolment = Enrolment {
        candidate,
        lookup,
        document_class,
        evidence,
        sealed: seal_identity(service, candidate, &identity)?,
        actor,
        at: now,
        offer: None,
    };
    Ok((enrolment, identity))
}
