//! Scene policies: what a scene asks of a code and what a venue of that scene may receive, signed by the
//! city.

use serde::{Deserialize, Serialize};

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::Signer;
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::reason::Reason;
use crate::trust::{Purpose, VerifiedTrustList};

/// The document's media type.
pub const TYP: &str = "application/szid-scenes+cwt";
/// The largest document, in bytes.
pub const MAX_BYTES: usize = 65_536;
/// The most scenes in one document.
pub const MAX_SCENES: usize = 256;
/// The most document classes or claims of one scene.
pub const MAX_ITEMS: usize = 32;
/// The longest name of a scene, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 96;
const SZ_SCENES: i64 = -65_540;

/// What a scene does with a code that it has seen before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplayRule {
    /// One code opens once.
    Gate = 1,
    /// The same operator gets the same answer again; another one is refused.
    Desk = 2,
}

/// What is asked of the citizen before claims leave the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConsentRule {
    /// Nothing is released that would need it.
    None = 0,
    /// Statutory: the citizen is told.
    Notice = 1,
    /// The citizen approves on the phone.
    Ask = 2,
}

/// The rules of one scene. Times are in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenePolicy {
    /// The scene's number, 1 and up; 0 stands for "any" in a code.
    pub id: u16,
    /// The name in Chinese.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The least effective level, 1 to 4.
    pub min_level: u8,
    /// Document classes covered (three-digit GA/T 517 codes); empty for all. Checked online, where the class
    /// is known.
    pub classes: Vec<u16>,
    /// The most claims that a venue may receive, by their numbers in the specification.
    pub claims: Vec<u16>,
    /// What is asked of the citizen.
    pub consent: ConsentRule,
    /// How long the citizen may take to answer.
    pub consent_seconds: u32,
    /// Whether a device without connection may decide.
    pub offline: bool,
    /// The greatest age of the trust list, offline.
    pub trust_max_age: u32,
    /// The greatest age of the status list, offline.
    pub status_max_age: u32,
    /// What happens to a code that comes again.
    pub replay: ReplayRule,
    /// Whether the code must answer the venue's challenge.
    pub challenge: bool,
    /// How long the venue may keep what it received, days.
    pub retention_days: u32,
    /// The least authentication tier of an approval, 1 to 3, where the citizen is asked.
    pub consent_tier: u8,
    /// Whether a scan must name its operator, its purpose and its case number.
    pub case: bool,
}

impl ScenePolicy {
    /// The rules where no scene is named: level 1, any document, offline, lists as old as their signers
    /// allow, desk replay.
    pub fn any() -> Self {
        Self {
            id: 0,
            name_zh: "任意".into(),
            name_en: "any".into(),
            min_level: 1,
            classes: Vec::new(),
            claims: Vec::new(),
            consent: ConsentRule::None,
            consent_seconds: 0,
            offline: true,
            trust_max_age: u32::MAX,
            status_max_age: u32::MAX,
            replay: ReplayRule::Desk,
            challenge: false,
            retention_days: 0,
            consent_tier: 1,
            case: false,
        }
    }

    fn fits(&self) -> bool {
        let names = [&self.name_zh, &self.name_en];
        self.id != 0
            && (1..=4).contains(&self.min_level)
            && (1..=3).contains(&self.consent_tier)
            && self.classes.len() <= MAX_ITEMS
            && self.claims.len() <= MAX_ITEMS
            && names.iter().all(|name| !name.is_empty() && name.len() <= MAX_NAME_BYTES)
    }

    fn write(&self, writer: &mut Writer) {
        writer
            .map(16)
            .int(1)
            .uint(self.id.into())
            .int(2)
            .text(&self.name_zh)
            .int(3)
            .text(&self.name_en);
        writer.int(4).uint(self.min_level.into());
        for (label, numbers) in [(5, &self.classes), (6, &self.claims)] {
            writer.int(label).array(numbers.len());
            for number in numbers {
                writer.uint((*number).into());
            }
        }
        writer.int(7).uint(self.consent as u64).int(8).uint(self.consent_seconds.into());
        writer.int(9).bool(self.offline).int(10).uint(self.trust_max_age.into());
        writer.int(11).uint(self.status_max_age.into()).int(12).uint(self.replay as u64);
        writer.int(13).bool(self.challenge).int(14).uint(self.retention_days.into());
        writer.int(15).uint(self.consent_tier.into()).int(16).bool(self.case);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut map = reader.map()?;
        map.must(reader, 1)?;
        let id = number(reader)?;
        map.must(reader, 2)?;
        let name_zh = reader.text()?.to_owned();
        map.must(reader, 3)?;
        let name_en = reader.text()?.to_owned();
        map.must(reader, 4)?;
        let min_level = number(reader)?;
        map.must(reader, 5)?;
        let classes = numbers(reader)?;
        map.must(reader, 6)?;
        let claims = numbers(reader)?;
        map.must(reader, 7)?;
        let consent = match reader.uint()? {
            0 => ConsentRule::None,
            1 => ConsentRule::Notice,
            2 => ConsentRule::Ask,
            _ => return Err(CborError::Malformed),
        };
        map.must(reader, 8)?;
        let consent_seconds = number(reader)?;
        map.must(reader, 9)?;
        let offline = reader.bool()?;
        map.must(reader, 10)?;
        let trust_max_age = number(reader)?;
        map.must(reader, 11)?;
        let status_max_age = number(reader)?;
        map.must(reader, 12)?;
        let replay = match reader.uint()? {
            1 => ReplayRule::Gate,
            2 => ReplayRule::Desk,
            _ => return Err(CborError::Malformed),
        };
        map.must(reader, 13)?;
        let challenge = reader.bool()?;
        map.must(reader, 14)?;
        let retention_days = number(reader)?;
        map.must(reader, 15)?;
        let consent_tier = number(reader)?;
        map.must(reader, 16)?;
        let case = reader.bool()?;
        map.end()?;
        let policy = Self {
            id,
            name_zh,
            name_en,
            min_level,
            classes,
            claims,
            consent,
            consent_seconds,
            offline,
            trust_max_age,
            status_max_age,
            replay,
            challenge,
            retention_days,
            consent_tier,
            case,
        };
        if policy.fits() { Ok(policy) } else { Err(CborError::Malformed) }
    }
}

fn number<N: TryFrom<u64>>(reader: &mut Reader<'_>) -> Result<N, CborError> {
    N::try_from(reader.uint()?).map_err(|_| CborError::Malformed)
}

fn numbers(reader: &mut Reader<'_>) -> Result<Vec<u16>, CborError> {
    (0..reader.array_up_to(MAX_ITEMS as u64)?).map(|_| number(reader)).collect()
}

/// What the scenes key signs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenePolicies {
    /// Goes up with every document; verifiers refuse a lower one than they hold.
    pub version: u64,
    /// When it was made, Unix seconds.
    pub iat: u64,
    /// When it stops being good, Unix seconds.
    pub exp: u64,
    /// The scenes, each id once.
    pub scenes: Vec<ScenePolicy>,
}

impl ScenePolicies {
    /// Signs the document.
    ///
    /// # Errors
    /// [`EncodeError`] for values outside the format's bounds and for a signer that does not sign.
    pub fn sign(&self, signer: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        let mut ids: Vec<u16> = self.scenes.iter().map(|scene| scene.id).collect();
        ids.sort_unstable();
        ids.dedup();
        if self.scenes.len() > MAX_SCENES
            || ids.len() != self.scenes.len()
            || !self.scenes.iter().all(ScenePolicy::fits)
        {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(128 * self.scenes.len() + 64);
        writer.map(3).int(claim::EXP).uint(self.exp).int(claim::IAT).uint(self.iat);
        writer.int(SZ_SCENES).map(2).int(1).uint(self.version).int(2).array(self.scenes.len());
        for scene in &self.scenes {
            scene.write(&mut writer);
        }
        sign_document(TYP, &writer.into_bytes(), signer)
    }
}

/// Scene policies whose signature was verified with a scenes key of the trust list.
pub struct VerifiedScenePolicies(ScenePolicies);

impl VerifiedScenePolicies {
    /// Verifies a document of scene policies at `now`.
    ///
    /// # Errors
    /// `SCENES_MALFORMED`, `SCENES_SIGNATURE` or `SCENES_EXPIRED`.
    pub fn verify(bytes: &[u8], trust: &VerifiedTrustList, now: u64) -> Result<Self, Reason> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)
            .map_err(|_| Reason::ScenesMalformed)?;
        if !trust.verifies(&document, Purpose::Scenes, now) {
            return Err(Reason::ScenesSignature);
        }
        let policies = Self::read(document.payload).map_err(|_| Reason::ScenesMalformed)?;
        if policies.exp <= now { Err(Reason::ScenesExpired) } else { Ok(Self(policies)) }
    }

    fn read(payload: &[u8]) -> Result<ScenePolicies, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::EXP)?;
        let exp = reader.uint()?;
        map.must(&mut reader, claim::IAT)?;
        let iat = reader.uint()?;
        map.must(&mut reader, SZ_SCENES)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let version = reader.uint()?;
        own.must(&mut reader, 2)?;
        let mut scenes: Vec<ScenePolicy> = Vec::new();
        for _ in 0..reader.array_up_to(MAX_SCENES as u64)? {
            let scene = ScenePolicy::read(&mut reader)?;
            if scenes.iter().any(|other| other.id == scene.id) {
                return Err(CborError::Malformed);
            }
            scenes.push(scene);
        }
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(ScenePolicies { version, iat, exp, scenes })
    }

    /// The policy of a scene.
    ///
    /// # Errors
    /// `SCENE_UNKNOWN`.
    pub fn scene(&self, id: u16) -> Result<&ScenePolicy, Reason> {
        self.0.scenes.iter().find(|scene| scene.id == id).ok_or(Reason::SceneUnknown)
    }

    /// All the scenes.
    pub fn scenes(&self) -> &[ScenePolicy] {
        &self.0.scenes
    }

    /// The document's counter.
    pub fn version(&self) -> u64 {
        self.0.version
    }

    /// When the document was made, Unix seconds.
    pub fn issued_at(&self) -> u64 {
        self.0.iat
    }

    /// When the document stops being good, Unix seconds.
    pub fn expires_at(&self) -> u64 {
        self.0.exp
    }
}
