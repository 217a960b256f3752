//! What the store keeps. Identity data comes sealed and goes sealed: the store cannot read it.

use data_encoding::BASE64URL_NOPAD;
use serde::{Deserialize, Serialize};
use szid_protocol::key::PublicKey;
use szid_protocol::reason::Reason;
use szid_protocol::scene::ReplayRule;
use szid_protocol::verify::{Use, derive_device_digest};

use super::{
    CONTEST_SECONDS, DeviceId, DeviceRule, Evidence, OperatorRole, SealedIdentity, strongest_claim,
};

/// An opaque name of a person, 16 bytes; as text 22 characters of base64url.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct PersonId(pub [u8; 16]);

impl From<PersonId> for String {
    fn from(id: PersonId) -> Self {
        BASE64URL_NOPAD.encode(&id.0)
    }
}

impl TryFrom<String> for PersonId {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl std::str::FromStr for PersonId {
    type Err = &'static str;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| "not a person id")?;
        bytes.try_into().map(Self).map_err(|_| "not a person id")
    }
}

impl std::fmt::Display for PersonId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&BASE64URL_NOPAD.encode(&self.0))
    }
}

impl std::fmt::Debug for PersonId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "PersonId({self})")
    }
}

/// The state of a person's account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Account {
    /// Passes are issued and good.
    Active,
    /// Suspended for now: passes are not issued, those out there are frozen.
    Frozen,
    /// Final for all passes and tokens issued so far.
    Revoked,
}

impl Account {
    /// The state as a word of the audit.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Frozen => "frozen",
            Self::Revoked => "revoked",
        }
    }
}

/// What the register holds of a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// The opaque name.
    pub id: PersonId,
    /// The account's state.
    pub account: Account,
    /// The class of the document that identity rests on: a three-digit GA/T 517 code.
    pub document_class: u16,
    /// What the identity rests on. The level follows from it.
    pub evidence: Vec<Evidence>,
    /// The identity data, sealed by the caller.
    pub sealed: SealedIdentity,
    /// Unix seconds.
    pub enrolled_at: u64,
    /// Unix seconds.
    pub updated_at: u64,
    /// Since a registrar froze the account, until that is lifted.
    pub suspension: Option<Suspension>,
}

/// That a registrar's word stopped the devices of a person: none of them ends by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The one whose tokens go on. All others end where the lifting does not name them.
    pub keep: Option<DeviceId>,
}

impl Person {
    /// The highest level that evidence claims, as the audit has it; 0 where none is good any more. What the
    /// city makes of it is its policy's to say.
    pub fn claimed_level(&self, now: u64) -> u8 {
        strongest_claim(&self.evidence, now).map_or(0, |evidence| evidence.level)
    }

    /// Whether a registrar's freeze stopped this device.
    pub fn suspends(&self, device: DeviceId) -> bool {
        self.suspension.is_some_and(|suspension| suspension.keep != Some(device))
    }
}

/// What a scan asks of a pass's holder: no more than decides whether the pass is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassHolder {
    /// The opaque name.
    pub id: PersonId,
    /// The account's state.
    pub account: Account,
    /// The class of the document that identity rests on: a three-digit GA/T 517 code.
    pub document_class: u16,
}

impl From<&Person> for PassHolder {
    fn from(person: &Person) -> Self {
        Self { id: person.id, account: person.account, document_class: person.document_class }
    }
}

/// Names the device key of a pass, by the digest that `szid_protocol::verify::ReplayKey` has of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyDigest(pub [u8; 16]);

impl KeyDigest {
    /// The digest of a device key.
    pub fn of(key: &PublicKey) -> Self {
        Self(derive_device_digest(key))
    }
}

/// A pass to issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassAsked {
    /// The end of its day.
    pub exp: u64,
    /// Its device key. A code of any other key is not of this pass, whatever index it names.
    pub key: KeyDigest,
}

/// Passes to issue to one person.
#[derive(Clone, Debug)]
pub struct PassesAsked {
    /// For whom.
    pub person: PersonId,
    /// On which of the person's devices, where that is known.
    pub device: Option<DeviceId>,
    /// The passes.
    pub passes: Vec<PassAsked>,
    /// The keys that the request was signed with besides their own: one that a pass of the device is for
    /// vouches for them.
    pub proven: Vec<KeyDigest>,
    /// Unix seconds.
    pub at: u64,
}

/// Whether a key gives the word of a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It does.
    Given,
    /// It is another device's.
    Foreign,
    /// The device's token got its pass, and no older key of the device has vouched for it.
    Unproven,
}

/// Passes that were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassesGiven {
    /// The status index of each, in their order.
    pub indices: Vec<u32>,
    /// The passes of older devices that ended with them: see [`DeviceRule::Replaces`].
    pub changes: Vec<StatusChange>,
}

/// A person to enrol.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// The id to use if the person is new.
    pub candidate: PersonId,
    /// A keyed hash of the document: the same person has the same one.
    pub lookup: [u8; 32],
    /// The class of the document: a three-digit GA/T 517 code.
    pub document_class: u16,
    /// How identity was proven, and which level that gives.
    pub evidence: Evidence,
    /// The identity data, sealed.
    pub sealed: SealedIdentity,
    /// Who enrols: the registrar's id.
    pub actor: String,
    /// Unix seconds.
    pub at: u64,
    /// The offer for their wallet, which is kept with them: the SHA-256 of its id, and its grant.
    pub offer: Option<([u8; 32], Grant)>,
}

/// A status that changed: the day, the index, and the new value (0 valid, 1 revoked, 2 suspended).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatusChange {
    /// The pass's day.
    pub exp: u64,
    /// The index over all of the day's lists.
    pub index: u32,
    /// The value.
    pub status: u8,
}

/// A pre-authorised code, and the offer that carries it.
#[derive(Clone, Debug)]
pub struct Grant {
    /// For whom.
    pub person: PersonId,
    /// SHA-256 of the pre-authorised code.
    pub code_hash: [u8; 32],
    /// SHA-256 of the transaction code.
    pub tx_code_hash: [u8; 32],
    /// The credential offer, sealed by the caller (it holds the code itself).
    pub sealed_offer: Vec<u8>,
    /// Unix seconds.
    pub expires_at: u64,
    /// Wrong transaction codes left before the grant is void.
    pub attempts_left: u8,
    /// What the device that takes it up means for the older ones.
    pub devices: DeviceRule,
    /// The registrar who made it.
    pub made_by: String,
    /// The device whose approval it rests on, where that took the place of a second registrar.
    pub approved_on: Option<DeviceId>,
    /// True once something ended it. It is kept to its time, without the offer, so that its wallet can be
    /// told why. So is one that was taken up, which the family of its code tells.
    pub ended: bool,
    /// Of one that was taken up, the SHA-256 of the secret that the device named for asking again, if it
    /// named one.
    pub retry_hash: Option<[u8; 32]>,
}

/// A device that takes an offer up.
#[derive(Clone, Debug, Default)]
pub struct NewDevice {
    /// What its holder calls it.
    pub name: String,
    /// The SHA-256 of a secret of its own: who asks again with another one, or without, is somebody else.
    pub retry_hash: Option<[u8; 32]>,
}

impl From<&str> for NewDevice {
    fn from(name: &str) -> Self {
        Self { name: name.into(), retry_hash: None }
    }
}

/// Why a grant or token was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GrantFault {
    /// There is none, or something ended it.
    Unknown,
    /// The offer was taken up, and not just now.
    Used,
    /// The offer's attempts are used up.
    Locked,
    /// Its time is over.
    Expired,
    /// The transaction code is wrong; the grant may have some attempts left.
    WrongTxCode,
    /// The register was put back since the refresh token was given: it is taken together with a key of its
    /// device alone.
    KeyProof,
    /// The register was put back since, and knows neither the refresh token nor, by a pass of it, the device.
    Lost,
    /// A refresh token that was replaced long ago came back: the whole family is closed now.
    Reused,
    /// The person has [`MAX_DEVICES`](super::MAX_DEVICES) already.
    TooManyDevices,
    /// The account is frozen: a freeze ends the offers that it finds.
    Frozen,
    /// A freeze stopped the person's devices and kept none of them, and this is the newest token of one, or
    /// the one before.
    Stopped(PersonId),
}

/// What comes with a refresh token from before the register was put back.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// The device keys that were proven.
    pub keys: Vec<KeyDigest>,
    /// The passes that the device names: day, index and key.
    pub passes: Option<Vec<(u64, u32, KeyDigest)>>,
}

/// Fresh tokens of one family, as hashes.
#[derive(Clone, Copy, Debug)]
pub struct TokenPair {
    /// SHA-256 of the access token.
    pub access_hash: [u8; 32],
    /// Unix seconds.
    pub access_expires_at: u64,
    /// SHA-256 of the refresh token.
    pub refresh_hash: [u8; 32],
    /// Unix seconds.
    pub refresh_expires_at: u64,
    /// What the refresh token was derived with from the one before, or from the offer's code; of no use
    /// without that.
    pub salt: [u8; 32],
}

/// What an offer's code or a refresh token was exchanged for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// Whose tokens they are.
    pub person: PersonId,
    /// The device that has them.
    pub device: DeviceId,
    /// What its successor is derived with: the caller's salt, or the one of the same exchange a moment
    /// before.
    pub salt: [u8; 32],
    /// When that successor runs out, Unix seconds.
    pub refresh_expires_at: u64,
}

/// Who presents a bearer credential.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "role", rename_all = "lowercase")]
pub enum Bearer {
    /// A device of a venue.
    Venue {
        /// The venue's id.
        venue: String,
        /// A label of the device.
        device: String,
    },
    /// An operator of a venue.
    Operator {
        /// The venue's id.
        venue: String,
        /// Who: two credentials of one name are one person.
        name: String,
        /// What they may do. Not `role`, which is the kind of bearer where this is written as JSON.
        duty: OperatorRole,
    },
    /// A registrar.
    Registrar {
        /// The registrar's id.
        registrar: String,
    },
    /// An administrator of the service.
    Administrator {
        /// Who: two credentials of one name are one person.
        name: String,
    },
}

/// A bearer credential; stored under the SHA-256 of its secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Whose it is.
    pub bearer: Bearer,
    /// True once it was withdrawn.
    pub revoked: bool,
    /// When and by whom it was made; unknown for those of older software.
    pub made: Option<Made>,
    /// Of an administrator's: that another administrator alone withdrew it, and nobody has confirmed that
    /// yet.
    pub contested: Option<Made>,
}

/// When something was made, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Unix seconds.
    pub at: u64,
    /// Who made it: the second of two.
    pub by: String,
}

impl Made {
    /// Whether what one alone withdrew then may still be contested, and is to be confirmed. It is over by the
    /// checked clock alone.
    pub fn is_contest(&self, checked: Option<u64>) -> bool {
        checked.is_none_or(|checked| checked < self.at.saturating_add(CONTEST_SECONDS))
    }
}

/// A person whose identity is sealed under another key from now on.
#[derive(Clone, Debug)]
pub struct Resealed {
    /// Whose.
    pub person: PersonId,
    /// The identity data under the new key.
    pub sealed: SealedIdentity,
    /// The document's look-up hash under the new key.
    pub lookup: [u8; 32],
    /// The one under the key before.
    pub lookup_before: [u8; 32],
}

/// A registered venue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Venue {
    /// A short stable id.
    pub id: String,
    /// The name.
    pub name: String,
    /// The unified social credit code.
    pub uscc: String,
    /// The scenes it is registered for.
    pub scenes: Vec<u16>,
    /// True while it must not scan.
    pub suspended: bool,
    /// The ages that it may ask about, years: "at least so old", yes or no.
    pub ages: Vec<u8>,
}

/// A use of a code that must not be forgotten: device digest and second, and who saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UsedCode {
    /// As in `szid_protocol::verify::ReplayKey`.
    pub device: [u8; 16],
    /// The code's second.
    pub iat: u64,
    /// The start of a hash of the operator.
    pub operator: [u8; 8],
}

/// Names a scan for both sides: a UUID of version 7 (RFC 9562), so that receipts sort by time.
pub type ReceiptId = [u8; 16];

/// What became of the question to the citizen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Consent {
    /// The scene does not ask.
    #[default]
    NotAsked,
    /// The citizen approved on the phone.
    Approved,
    /// The citizen refused.
    Denied,
    /// The citizen did not answer in time.
    Expired,
}

impl Consent {
    /// The word for it, as it is written everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotAsked => "not_asked",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
        }
    }
}

/// What a scan is for, where the scene demands it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matter {
    /// Who scans.
    pub operator: String,
    /// Why.
    pub purpose: String,
    /// The case number.
    pub case: String,
}

/// Whose code was scanned, and what the venue was given. No claim values.
#[derive(Clone, Debug)]
pub struct Subject {
    /// Whose.
    pub person: PersonId,
    /// The names of the claims.
    pub claims: Vec<String>,
    /// What became of the question.
    pub consent: Consent,
    /// Whether the citizen reported the scan with the refusal.
    pub reported: bool,
}

/// The names in which a citizen was asked, or scanned: these may be others later. Nothing in rows of an older
/// format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlaceNames {
    /// The venue's.
    pub venue: String,
    /// The site's, where the device stood at one.
    pub site: Option<String>,
}

/// A use of an identity, as the citizen sees it again. No claim values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityUse {
    /// The scan's receipt.
    pub receipt: ReceiptId,
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The scene.
    pub scene: u16,
    /// The verdict's reason.
    pub reason: String,
    /// The names of the claims that were given.
    pub claims: Vec<String>,
    /// What became of the question.
    pub consent: Consent,
    /// What it was for.
    pub matter: Option<Matter>,
    /// Whether a device without connection decided.
    pub offline: bool,
    /// Unix seconds.
    pub at: u64,
    /// The id of the site where the device stood.
    pub site: Option<String>,
    /// The names of venue and site, as they were then.
    pub names: Option<PlaceNames>,
    /// When the citizen reported it as unexpected, Unix seconds. What venues see of a scan does not say so.
    pub reported_at: Option<u64>,
}

/// When a citizen reported a use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ReportedWhen {
    /// With the refusal, while the venue asked.
    Asked,
    /// Afterwards, from the list of uses.
    Listed,
}

impl ReportedWhen {
    /// The word for it, as it is written everywhere.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Listed => "listed",
        }
    }
}

/// What a report of a use came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UseReport {
    /// It is kept.
    Kept,
    /// The use was reported before, and nothing was added.
    Known,
    /// The person has reported as many as one may within a day: nothing was kept.
    Spent,
}

/// A request that may be sent again, by its `Idempotency-Key`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// A hash of the device and the key.
    pub key: [u8; 32],
    /// A hash of what was asked.
    pub request: [u8; 32],
    /// A hash of the credential, and of what its device, venue and site are registered as.
    pub registration: [u8; 32],
}

/// What an earlier request with the same key came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// A hash of what was asked then.
    pub request: [u8; 32],
    /// Who asked, as [`Retry::registration`]. All zero for a row of an older format.
    pub registration: [u8; 32],
    /// Its receipt.
    pub receipt: ReceiptId,
    /// Whose code it was, where both signatures were good.
    pub person: Option<PersonId>,
    /// Its reason.
    pub reason: String,
    /// What became of the question to the citizen.
    pub consent: Consent,
    /// The names of the claims that were given. No values: they are not in the register but sealed.
    pub claims: Vec<String>,
    /// When, Unix seconds.
    pub at: u64,
}

/// What a scan that waited for the citizen rests on. It is looked at again in the transaction that keeps the
/// scan.
#[derive(Clone, Debug)]
pub struct Grounds {
    /// The SHA-256 of the device's secret.
    pub credential: [u8; 32],
    /// The pass: the end of its day, its index and its device key.
    pub pass: (u64, u32, KeyDigest),
    /// Who held it.
    pub holder: PassHolder,
    /// The venue's name, as the citizen was asked with it.
    pub venue_name: String,
    /// The site's.
    pub site_name: Option<String>,
}

/// What keeping a scan came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is kept; this is what was known of its code.
    New(Use),
    /// It is kept as a refusal for this reason: its grounds are gone.
    Overruled(Reason),
    /// The same request was kept before, and nothing was added.
    Before(Earlier),
}

/// One scan. No claim values.
#[derive(Clone, Debug)]
pub struct ScanRecord {
    /// Names the scan for both sides.
    pub receipt: ReceiptId,
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The id of the site where it stands.
    pub site: Option<String>,
    /// The scene; 0 for any.
    pub scene: u16,
    /// What it came to.
    pub outcome: ScanOutcome,
    /// Whose code it was, once both signatures were verified.
    pub subject: Option<Subject>,
    /// What it is for, where the scene demands it.
    pub matter: Option<Matter>,
    /// How the same request is known again.
    pub retry: Option<Retry>,
    /// What it rests on, where it waited.
    pub grounds: Option<Box<Grounds>>,
    /// Unix seconds.
    pub at: u64,
}

/// What a scan came to, as far as it is known before the store was asked.
#[derive(Clone, Copy, Debug)]
pub enum ScanOutcome {
    /// Refused, for this reason.
    Refused(Reason),
    /// Refused, for this reason, after the citizen was asked: the code is used up all the same.
    Asked {
        /// The use to remember.
        used: UsedCode,
        /// The reason.
        reason: Reason,
    },
    /// Good, unless the store knows the code: then the scene's rule decides.
    Good {
        /// The use to remember.
        used: UsedCode,
        /// The scene's rule.
        rule: ReplayRule,
    },
}
