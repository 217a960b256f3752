//! The level policy in force: the city's own, signed by the root, or the one that comes with the software.

use std::path::Path;

use szid_identity::levels::{Level, WayUp, bundled_policy, level, way_up};
use szid_protocol::day::DAY;
use szid_protocol::key::PublicKey;
use szid_protocol::level::IdentityLevel;
use szid_protocol::level_policy::{LevelPolicy, VerifiedLevelPolicy, Way};
use szid_protocol::reason::{Reason, Text};
use szid_register::{Person, REGISTRAR};
use szid_verifier::{AwsLcBackend, CacheStore, FolderStore};

use crate::publication::trust_folder;
use crate::service::StartError;

/// The record of the policy in force, beside the trust list.
const RECORD: &str = "level-policy";

const OLDER: Text = Text {
    zh: "版本低于曾生效的规则",
    en: "its version is lower than that of the policy that was in force",
};
const ANOTHER: Text = Text {
    zh: "版本与曾生效的规则相同而内容不同",
    en: "it is another one than was in force, of the same version",
};
const MISSING: Text = Text {
    zh: "曾有签署的规则生效，现在没有指明",
    en: "a signed one was in force, and none is named now",
};

/// What evidence is worth in this city.
pub(crate) struct Levels {
    policy: LevelPolicy,
}

impl Levels {
    /// Takes the policy that is laid, where a root has signed it and it is not older than the one before; the
    /// bundled one where none is laid and none was.
    pub(crate) fn open(
        laid: Option<&[u8]>,
        roots: &[PublicKey],
        data: &Path,
    ) -> Result<Self, StartError> {
        let verify = |bytes: &[u8]| VerifiedLevelPolicy::verify(bytes, roots, &AwsLcBackend);
        let store = FolderStore::open(trust_folder(data))?;
        let kept = match store.load(RECORD)?.map(|kept| verify(&kept)) {
            Some(Ok(kept)) => Some(kept),
            Some(Err(reason)) => {
                tracing::warn!(
                    code = reason.code(),
                    "the level policy that was in force is no root's now, and not compared with"
                );
                None
            }
            None => None,
        };
        let Some(laid) = laid else {
            return match kept {
                Some(_) => Err(StartError::Levels(MISSING.into())),
                None => Ok(Self { policy: bundled()? }),
            };
        };
        let found = verify(laid).map_err(|reason| StartError::Levels(reason.into()))?;
        if let Some(kept) = kept {
            if found.version() < kept.version() {
                return Err(StartError::Levels(OLDER.into()));
            }
            if found.version() == kept.version() && found.policy() != kept.policy() {
                return Err(StartError::Levels(ANOTHER.into()));
            }
        }
        store.save(RECORD, laid)?;
        Ok(Self { policy: found.policy().clone() })
    }

    /// What a person's evidence is worth.
    pub(crate) fn of<'p>(&self, person: &'p Person, now: u64) -> Level<'p> {
        level(&person.evidence, &self.policy, now)
    }

    /// The level that a pass says for a day, by the end of the day: the one at its begin, or now. Where
    /// nothing counts by then, the lowest.
    pub(crate) fn on_day(&self, person: &Person, exp: u64, now: u64) -> IdentityLevel {
        let begin = exp.saturating_sub(DAY).max(now);
        self.of(person, begin).level.unwrap_or(IdentityLevel::Phone)
    }

    /// The shortest way above the level that a person has at a time, of those that are open here.
    pub(crate) fn way_up(&self, person: &Person, at: u64) -> Option<WayUp<'_>> {
        let is_open = |way: &Way| way.connector == REGISTRAR;
        way_up(&person.evidence, &self.policy, at, person.document_class, &is_open)
    }

    /// The way of a registrar's method.
    pub(crate) fn of_registrar(&self, method: &str) -> Option<&Way> {
        let mut ways = self.policy.ways.iter();
        ways.find(|way| way.connector == REGISTRAR && way.method == method)
    }
}

/// The policy that comes with the software.
pub(crate) fn bundled() -> Result<LevelPolicy, StartError> {
    bundled_policy().map_err(|_| StartError::Levels(Reason::Malformed.into()))
}

#[cfg(test)]
mod tests {
    use szid_protocol::crypto::{Signer, SoftwareSigner};

    use super::*;

    fn refused(outcome: Result<Levels, StartError>) -> String {
        match outcome {
            Err(StartError::Levels(why)) => why.en,
            _ => "not refused".into(),
        }
    }

    #[test]
    fn a_policy_never_goes_back_and_is_never_left_out() {
        let root = SoftwareSigner::from_scalar(&[1; 32]).unwrap();
        let foreign = SoftwareSigner::from_scalar(&[2; 32]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let roots = [root.public_key()];
        let open = |laid: Option<&[u8]>| Levels::open(laid, &roots, folder.path());
        let other = || LevelPolicy { sums: Vec::new(), ..bundled().unwrap() };
        let sign = |policy: LevelPolicy, version, root: &SoftwareSigner| {
            policy.sign(version, 1_768_449_600 + version, root).unwrap()
        };

        assert_eq!(open(None).unwrap().policy, bundled().unwrap());
        assert!(refused(open(Some(b"policy"))).starts_with("MALFORMED"));
        let by_another = sign(bundled().unwrap(), 2, &foreign);
        assert!(refused(open(Some(&by_another))).starts_with("TRUST_SIGNATURE"));
        assert!(open(None).is_ok(), "what was refused is not kept");

        let second = sign(bundled().unwrap(), 2, &root);
        assert_eq!(open(Some(&second)).unwrap().policy, bundled().unwrap());
        assert!(open(Some(&second)).is_ok(), "as it is at each start");
        assert_eq!(refused(open(None)), MISSING.en);
        assert_eq!(refused(open(Some(&sign(other(), 1, &root)))), OLDER.en);
        assert_eq!(refused(open(Some(&sign(other(), 2, &root)))), ANOTHER.en);
        assert_eq!(open(Some(&sign(other(), 3, &root))).unwrap().policy, other());
        assert_eq!(refused(open(Some(&second))), OLDER.en);
    }
}
