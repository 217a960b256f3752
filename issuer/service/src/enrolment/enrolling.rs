//! An enrolment: of somebody new it is done, of somebody known it is asked for.

use szid_identity::documents::{self, DocumentFault};
use szid_identity::{Identity, is_name};
use szid_register::entropy::make_random;
use szid_register::{
    Approval, DeviceRule, Enrolment, Evidence, MAX_DEVICES, OFFER_SECONDS, PersonId, Request,
    StoreError,
};

use super::EnrolmentFault;
use crate::digest::Digest32;
use crate::failure::Failure;
use crate::issuance::{Draft, OfferMade, OfferSecrets};
use crate::levels::Levels;
use crate::persons::{
    PersonDetails, PersonFault, PersonRequest, as_json, check_level, open_identity, read_asked,
    seal_identity,
};
use crate::shared::Common;

/// Who stands at the counter, as the registrar sees them.
pub(crate) struct EnrolmentWanted {
    /// A GA/T 517 code.
    pub(crate) document_type: String,
    /// The number as it was typed.
    pub(crate) number: String,
    /// As it stands in the document.
    pub(crate) name: String,
    pub(crate) identity_level: u8,
    /// How identity was proven.
    pub(crate) method: String,
    pub(crate) details: PersonDetails,
    /// Of somebody known: whether the new device ends the older ones.
    pub(crate) devices: DeviceRule,
}

/// What an enrolment came to.
pub(crate) enum Outcome {
    /// The offer, of somebody new.
    Offer(OfferMade),
    /// The request that waits, of somebody known.
    Waits(PersonRequest),
}

/// Enrols a person, and makes an offer for their wallet; for somebody known it asks. With a key the same
/// request gets the same offer, until that is taken up or over.
pub(crate) async fn enrol(
    common: &Common,
    levels: &Levels,
    actor: String,
    key: Option<&str>,
    wanted: EnrolmentWanted,
) -> Result<Outcome, EnrolmentFault> {
    let devices = wanted.devices;
    let (mut enrolment, identity) = checked(common, levels, wanted, actor.clone())?;
    let repeatable = key.map(|key| digest(key, &enrolment, &identity)).transpose()?;
    let secrets = match &repeatable {
        Some(request) => OfferSecrets::of_request(&common.register_key, request),
        None => OfferSecrets::draw(&*common.entropy)?,
    };
    let Draft { mut offer, offer_hash, grant } =
        Draft::new(common, enrolment.candidate, actor, &secrets)?;
    enrolment.offer = Some((offer_hash, grant));
    match common.store.enrol(enrolment.clone()).await {
        Ok(_) => {
            common.metrics.persons_enrolled.inc();
            Ok(Outcome::Offer(offer))
        }
        Err(StoreError::Enrolled) => {
            if repeatable.is_some()
                && let Some(left) = left_of(common, &enrolment, offer_hash).await?
            {
                offer.seconds = left;
                return Ok(Outcome::Offer(offer));
            }
            Ok(Outcome::Waits(ask(common, levels, enrolment, identity, devices).await?))
        }
        Err(error) => Err(error.into()),
    }
}

/// A hash of whoever asks and of all that they ask for, under their key.
fn digest(key: &str, enrolment: &Enrolment, identity: &Identity) -> Result<[u8; 32], Failure> {
    let identity = as_json(identity)?;
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
    common: &Common,
    enrolment: &Enrolment,
    offer_hash: [u8; 32],
) -> Result<Option<u64>, Failure> {
    if common.store.offer(offer_hash, enrolment.at).await?.is_err() {
        return Ok(None);
    }
    let person = common.store.person(enrolment.candidate).await?;
    Ok(person.map(|person| (person.enrolled_at + OFFER_SECONDS).saturating_sub(enrolment.at)))
}

/// Asks for an offer for somebody known. What is kept of them stays as it is: where the counter sees
/// something else, the answer says so, and not what.
async fn ask(
    common: &Common,
    levels: &Levels,
    enrolment: Enrolment,
    seen: Identity,
    devices: DeviceRule,
) -> Result<PersonRequest, EnrolmentFault> {
    let Enrolment { lookup, evidence, actor, at, .. } = enrolment;
    let lost = || Failure::internal("a person that is looked up and not there");
    let id = common.store.known_person(lookup).await?.ok_or_else(lost)?;
    let person = common.store.person(id).await?.ok_or_else(lost)?;
    let held = common.store.devices(id, at).await?.len();
    if devices == DeviceRule::Adds && held >= MAX_DEVICES {
        return Err(EnrolmentFault::DevicesFull);
    }
    let kept = open_identity(&common.register_key, &person)?;
    let differs = kept.name != seen.name
        || levels.of(&person, at).number() != evidence.level
        || differ(&kept, &seen);
    let request = Request {
        id: make_random(&*common.entropy)?,
        act: Approval::Enrolment { person: id, devices },
        asked_by: actor,
        asked_at: at,
        approved_on: None,
    };
    let asked = common.store.request_approval(request).await??;
    Ok(PersonRequest { differs, ..read_asked(common, asked, at).await? })
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

fn checked(
    common: &Common,
    levels: &Levels,
    wanted: EnrolmentWanted,
    actor: String,
) -> Result<(Enrolment, Identity), EnrolmentFault> {
    let EnrolmentWanted { document_type, number, name, identity_level, method, details, .. } =
        wanted;
    let way = check_level(levels, &method, identity_level)?;
    if !is_name(&name) {
        return Err(PersonFault::Name.into());
    }
    let now = common.clock.now();
    let number = documents::normalise(&document_type, &number, common.demo_mode, now)?;
    let document_class = document_type.parse().map_err(|_| DocumentFault::Type)?;
    if !way.classes.contains(&document_class) {
        return Err(PersonFault::Level.into());
    }
    let (key, entropy) = (&common.register_key, &*common.entropy);
    let lookup = key.derive_lookup(&document_type, &number);
    let candidate = PersonId(key.derive_person(&lookup));
    if !details.fit(now) {
        return Err(PersonFault::Details.into());
    }
    let PersonDetails { sex, birth_date, nationality, valid_until, phone, concessions } = details;
    let identity = Identity {
        document_type,
        number,
        name,
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
        evidence: Evidence::of_registrar(method, identity_level, document_class, now),
        sealed: seal_identity(key, entropy, candidate, &identity)?,
        actor,
        at: now,
        offer: None,
    };
    Ok((enrolment, identity))
}
