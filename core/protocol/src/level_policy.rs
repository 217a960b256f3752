//! The level policy: what evidence of identity is worth, what adds up to what, and for how long. Signed
//! offline by the root key: it decides for everybody who they are taken for.

use serde::{Deserialize, Serialize};

use crate::cbor::{CborError, Reader, Writer};
use crate::crypto::{SignatureBackend, Signer};
use crate::document::{UnverifiedDocument, claim, sign_document};
use crate::error::EncodeError;
use crate::key::PublicKey;
use crate::level::IdentityLevel;
use crate::reason::Reason;

/// The document's media type.
pub const TYP: &str = "application/szid-levels+cwt";
/// The largest document, in bytes.
pub const MAX_BYTES: usize = 32_768;
/// The most ways of proving an identity.
pub const MAX_WAYS: usize = 32;
/// The most sums.
pub const MAX_SUMS: usize = 32;
/// The most ways that one sum is made of.
pub const MAX_PARTS: usize = 4;
/// The most document classes of one way.
pub const MAX_CLASSES: usize = 32;
/// The longest name of a connector, of a method or of a way, in bytes of UTF-8.
pub const MAX_NAME_BYTES: usize = 96;
/// The longest that evidence may count by its age, days: fifty years.
pub const MAX_DAYS: u32 = 18_262;
/// The highest version, from 1: a count, or a day as in 20261201. A higher one may be a slip, after which
/// none could follow.
pub const MAX_VERSION: u64 = 99_999_999;
const SZ_LEVELS: i64 = -65_545;

/// One way of proving an identity: a method of a connector.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Way {
    /// The way's number, 1 and up.
    pub id: u16,
    /// Who says so, as evidence names it.
    pub connector: String,
    /// How, as evidence names it.
    pub method: String,
    /// The name in Chinese, for citizens.
    pub name_zh: String,
    /// The name in English.
    pub name_en: String,
    /// The highest level that it gives by itself, whatever its connector claims.
    pub cap: u8,
    /// How long it counts, days; for as long as the evidence itself says where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub days: Option<u32>,
    /// The document classes that may use it (three-digit GA/T 517 codes).
    pub classes: Vec<u16>,
}

impl Way {
    fn fits(&self) -> bool {
        let texts = [&self.connector, &self.method, &self.name_zh, &self.name_en];
        self.id != 0
            && IdentityLevel::try_from(u64::from(self.cap)).is_ok()
            && self.days.is_none_or(|days| (1..=MAX_DAYS).contains(&days))
            && (1..=MAX_CLASSES).contains(&self.classes.len())
            && texts.iter().all(|text| !text.is_empty() && text.len() <= MAX_NAME_BYTES)
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(7 + usize::from(self.days.is_some())).int(1).uint(self.id.into());
        let texts =
            [(2, &self.connector), (3, &self.method), (4, &self.name_zh), (5, &self.name_en)];
        for (label, text) in texts {
            writer.int(label).text(text);
        }
        writer.int(6).uint(self.cap.into()).int(7).array(self.classes.len());
        for class in &self.classes {
            writer.uint((*class).into());
        }
        if let Some(days) = self.days {
            writer.int(8).uint(days.into());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut map = reader.map()?;
        map.must(reader, 1)?;
        let id = number(reader)?;
        map.must(reader, 2)?;
        let connector = reader.text()?.to_owned();
        map.must(reader, 3)?;
        let method = reader.text()?.to_owned();
        map.must(reader, 4)?;
        let name_zh = reader.text()?.to_owned();
        map.must(reader, 5)?;
        let name_en = reader.text()?.to_owned();
        map.must(reader, 6)?;
        let cap = number(reader)?;
        map.must(reader, 7)?;
        let count = reader.array_up_to(MAX_CLASSES as u64)?;
        let classes = (0..count).map(|_| number(reader)).collect::<Result<_, _>>()?;
        let days = match map.key(reader)? {
            None => None,
            Some(8) => Some(number(reader)?),
            Some(_) => return Err(CborError::Malformed),
        };
        map.end()?;
        Ok(Self { id, connector, method, name_zh, name_en, cap, days, classes })
    }
}

/// What evidence of several connectors gives together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sum {
    /// The level.
    pub level: u8,
    /// All of these are needed, proven with documents of one class.
    pub of: Vec<Part>,
}

/// A way that a [`Sum`] is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// The way's number.
    pub way: u16,
    /// The least level that its evidence has to give by itself.
    pub level: u8,
}

impl Sum {
    /// Adds up to more than each part, of connectors that differ: one that lies reaches its cap and no more.
    fn fits(&self, ways: &[Way]) -> bool {
        let way = |part: &Part| ways.iter().find(|way| way.id == part.way);
        let connector = |part: &Part| way(part).map(|way| way.connector.as_str());
        IdentityLevel::try_from(u64::from(self.level)).is_ok()
            && (2..=MAX_PARTS).contains(&self.of.len())
            && self.of.iter().enumerate().all(|(at, part)| {
                way(part).is_some_and(|way| (1..=way.cap).contains(&part.level))
                    && part.level < self.level
                    && self.of[..at].iter().all(|other| connector(other) != connector(part))
            })
    }

    fn write(&self, writer: &mut Writer) {
        writer.map(2).int(1).uint(self.level.into()).int(2).array(self.of.len());
        for part in &self.of {
            writer.array(2).uint(part.way.into()).uint(part.level.into());
        }
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        let mut map = reader.map()?;
        map.must(reader, 1)?;
        let level = number(reader)?;
        map.must(reader, 2)?;
        let mut of = Vec::new();
        for _ in 0..reader.array_up_to(MAX_PARTS as u64)? {
            reader.array(2)?;
            of.push(Part { way: number(reader)?, level: number(reader)? });
        }
        map.end()?;
        Ok(Self { level, of })
    }
}

fn number<N: TryFrom<u64>>(reader: &mut Reader<'_>) -> Result<N, CborError> {
    N::try_from(reader.uint()?).map_err(|_| CborError::Malformed)
}

/// What evidence is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelPolicy {
    /// The ways, the easiest for citizens first; what is none of them counts for nothing.
    pub ways: Vec<Way>,
    /// What adds up.
    pub sums: Vec<Sum>,
}

impl LevelPolicy {
    /// Whether it is within its bounds: each number and each method of a connector once, and sums that are
    /// made of the policy's own ways.
    pub fn fits(&self) -> bool {
        let is_new = |(at, way): (usize, &Way)| {
            self.ways[..at].iter().all(|other| {
                other.id != way.id
                    && (&other.connector, &other.method) != (&way.connector, &way.method)
            })
        };
        (1..=MAX_WAYS).contains(&self.ways.len())
            && self.sums.len() <= MAX_SUMS
            && self.ways.iter().all(Way::fits)
            && self.ways.iter().enumerate().all(is_new)
            && self.sums.iter().all(|sum| sum.fits(&self.ways))
    }

    /// Signs the policy with the root key.
    ///
    /// # Errors
    /// [`EncodeError`] for values outside the format's bounds and for a signer that does not sign.
    pub fn sign(&self, version: u64, iat: u64, root: &dyn Signer) -> Result<Vec<u8>, EncodeError> {
        if !self.fits() {
            return Err(EncodeError::TooLarge);
        }
        let mut writer = Writer::with_capacity(128 * self.ways.len() + 64);
        writer.map(2).int(claim::IAT).uint(iat).int(SZ_LEVELS).map(3).int(1).uint(version);
        writer.int(2).array(self.ways.len());
        for way in &self.ways {
            way.write(&mut writer);
        }
        writer.int(3).array(self.sums.len());
        for sum in &self.sums {
            sum.write(&mut writer);
        }
        sign_document(TYP, &writer.into_bytes(), root)
    }
}

/// A level policy that the root signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedLevelPolicy {
    version: u64,
    iat: u64,
    policy: LevelPolicy,
}

impl VerifiedLevelPolicy {
    /// Verifies a policy with one of the root keys. It has no end: one that ran out would take everybody's
    /// level in the same second. A later one, with a higher version, takes its place.
    ///
    /// # Errors
    /// `MALFORMED` or `NOT_CANONICAL`; `TRUST_SIGNATURE` where none of the roots signed it.
    pub fn verify(
        bytes: &[u8],
        roots: &[PublicKey],
        backend: &dyn SignatureBackend,
    ) -> Result<Self, Reason> {
        let document = UnverifiedDocument::parse(bytes, TYP, MAX_BYTES)?;
        if !document.is_signed_by(roots, backend) {
            return Err(Reason::TrustSignature);
        }
        let verified = Self::read(document.payload)?;
        if verified.policy.fits() { Ok(verified) } else { Err(Reason::Malformed) }
    }

    fn read(payload: &[u8]) -> Result<Self, CborError> {
        let mut reader = Reader::new(payload);
        let mut map = reader.map()?;
        map.must(&mut reader, claim::IAT)?;
        let iat = reader.uint()?;
        map.must(&mut reader, SZ_LEVELS)?;
        let mut own = reader.map()?;
        own.must(&mut reader, 1)?;
        let version = reader.uint()?;
        own.must(&mut reader, 2)?;
        let count = reader.array_up_to(MAX_WAYS as u64)?;
        let ways = (0..count).map(|_| Way::read(&mut reader)).collect::<Result<_, _>>()?;
        own.must(&mut reader, 3)?;
        let count = reader.array_up_to(MAX_SUMS as u64)?;
        let sums = (0..count).map(|_| Sum::read(&mut reader)).collect::<Result<_, _>>()?;
        own.end()?;
        map.end()?;
        reader.finish()?;
        Ok(Self { version, iat, policy: LevelPolicy { ways, sums } })
    }

    /// The document's counter: it goes up with every policy, and a lower one is refused.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// When it was made, Unix seconds.
    pub fn issued_at(&self) -> u64 {
        self.iat
    }

    /// What was signed.
    pub fn policy(&self) -> &LevelPolicy {
        &self.policy
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::P256Backend;
    use crate::document::testing::{NOW, signer};
    use crate::trust::TrustList;
    use data_encoding::HEXLOWER;

    fn way(id: u16, connector: &str, cap: u8) -> Way {
        Way {
            id,
            connector: connector.into(),
            method: "asked".into(),
            name_zh: "询问".into(),
            name_en: "asked".into(),
            cap,
            days: (id == 2).then_some(180),
            classes: vec![111],
        }
    }

    fn policy() -> LevelPolicy {
        LevelPolicy {
            ways: vec![way(1, "register", 2), way(2, "face", 1)],
            sums: vec![Sum {
                level: 3,
                of: vec![Part { way: 1, level: 2 }, Part { way: 2, level: 1 }],
            }],
        }
    }

    fn verify(bytes: &[u8]) -> Result<VerifiedLevelPolicy, Reason> {
        let roots = [signer(9).public_key(), signer(1).public_key()];
        VerifiedLevelPolicy::verify(bytes, &roots, &P256Backend)
    }

    #[test]
    fn the_form_is_frozen() {
        // Everything but the signature.
        let bytes = policy().sign(7, NOW, &signer(1)).unwrap();
        let frozen = concat!(
            "d284582ba301260448f857ae4ed6e34e3310781b6170706c69636174696f6e2f737a69642d6c6576656c732b63",
            "7774a0586fa2061a696866403a00010008a301070282a7010102687265676973746572036561736b65640466e8",
            "afa2e997ae056561736b656406020781186fa80102026466616365036561736b65640466e8afa2e997ae056561",
            "736b656406010781186f0818b40381a201030282820102820201",
        );
        assert_eq!(HEXLOWER.encode(&bytes[..bytes.len() - 66]), frozen);
    }

    #[test]
    fn a_policy_is_whole_and_a_roots_own() {
        let bytes = policy().sign(7, NOW, &signer(1)).unwrap();
        let verified = verify(&bytes).unwrap();
        assert_eq!((verified.version(), verified.issued_at()), (7, NOW));
        assert_eq!(verified.policy(), &policy());
        for at in 0..bytes.len() {
            assert!(verify(&bytes[..at]).is_err(), "{at}");
            let mut flipped = bytes.clone();
            flipped[at] ^= 1;
            assert!(verify(&flipped).is_err(), "{at}");
        }
        let foreign = policy().sign(7, NOW, &signer(2)).unwrap();
        assert_eq!(verify(&foreign), Err(Reason::TrustSignature));
        // What else the root signs is no policy, and a policy is no trust list.
        let list = TrustList { version: 1, iat: NOW, exp: NOW + 60, keys: Vec::new() };
        assert_eq!(verify(&list.sign(&signer(1)).unwrap()), Err(Reason::Malformed));
        let roots = [signer(1).public_key()];
        let read = crate::trust::VerifiedTrustList::verify(&bytes, &roots, &P256Backend);
        assert!(matches!(read, Err(Reason::TrustMalformed)));
    }

    #[test]
    fn what_is_outside_the_bounds_is_neither_signed_nor_read() {
        type Change = fn(&mut LevelPolicy);
        let changes: &[(&str, Change)] = &[
            ("no way", |policy| {
                policy.ways.clear();
                policy.sums.clear();
            }),
            ("too many ways", |policy| {
                policy.ways.extend((3..=33).map(|id| way(id, &format!("c{id}"), 1)));
            }),
            ("a number twice", |policy| policy.ways.push(way(1, "other", 1))),
            ("a method twice", |policy| policy.ways.push(way(3, "face", 1))),
            ("no number", |policy| policy.ways.push(way(0, "other", 1))),
            ("no such level", |policy| policy.ways[0].cap = 5),
            ("level 0", |policy| policy.ways[1].cap = 0),
            ("no class", |policy| policy.ways[0].classes.clear()),
            ("too many classes", |policy| policy.ways[0].classes = vec![111; MAX_CLASSES + 1]),
            ("no connector", |policy| policy.ways[0].connector.clear()),
            ("a long name", |policy| policy.ways[0].name_en = "a".repeat(MAX_NAME_BYTES + 1)),
            ("no days", |policy| policy.ways[0].days = Some(0)),
            ("too many days", |policy| policy.ways[0].days = Some(MAX_DAYS + 1)),
            ("a sum of an unknown way", |policy| policy.sums[0].of[1].way = 3),
            ("a part above its cap", |policy| policy.sums[0].of[1].level = 2),
            ("a sum of one", |policy| policy.sums[0].of.truncate(1)),
            ("a sum that adds nothing", |policy| policy.sums[0].level = 2),
            ("a sum of one connector", |policy| {
                policy.ways[1] = Way { method: "again".into(), ..way(2, "register", 1) }
            }),
            ("too many sums", |policy| policy.sums = vec![policy.sums[0].clone(); MAX_SUMS + 1]),
        ];
        for (what, change) in changes {
            let mut changed = policy();
            change(&mut changed);
            assert_eq!(changed.sign(1, NOW, &signer(1)), Err(EncodeError::TooLarge), "{what}");
        }
    }

    #[test]
    fn the_largest_policy_is_signed_and_read() {
        let way = |id| Way {
            connector: format!("c{id:095}"),
            method: "m".repeat(MAX_NAME_BYTES),
            name_zh: "名".repeat(MAX_NAME_BYTES / 3),
            name_en: "n".repeat(MAX_NAME_BYTES),
            days: Some(MAX_DAYS),
            classes: vec![999; MAX_CLASSES],
            ..way(id, "", 3)
        };
        let ways: Vec<_> = (0..MAX_WAYS as u16).map(|at| way(u16::MAX - at)).collect();
        let of = ways.iter().take(MAX_PARTS).map(|way| Part { way: way.id, level: 3 }).collect();
        let policy = LevelPolicy { ways, sums: vec![Sum { level: 4, of }; MAX_SUMS] };
        let bytes = policy.sign(u64::MAX, u64::MAX, &signer(1)).unwrap();
        assert!(bytes.len() <= MAX_BYTES, "{}", bytes.len());
        assert_eq!(verify(&bytes).unwrap().policy(), &policy);
    }
}
