//! The level policy in force: the city's own, signed by the root, or the one that comes with the software.

use std::path::Path;

use szid_identity::levels::{Level, WayUp, bundled_policy, level, way_up};
use szid_protocol::day::DAY;
use szid_protocol::key::PublicKey;
use szid_protocol::level::IdentityLevel;
use szid_protocol::level_policy::{LevelPolicy, VerifiedLevelPolicy, Way};
use szid_protocol::reason::{Reason, Text};
use szid_register::{Person, REGISTRAR};
use szid_verifier::{AwsLcBackend, FolderStore, KeptDocument};

use crate::publication::trust_folder;
use crate::start_error::StartError;

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
    /// Name and method of the connectors that are offered.
    connectors: Vec<(String, String)>,
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
        // Whoever signed it, and whether or not a root of today did: its version counts.
        let kept = KeptDocument::load(RECORD, &store)?;
        let Some(laid) = laid else {
            return match kept {
                Some(_) => Err(StartError::Levels(MISSING.into())),
                None => Ok(Self::by(bundled()?)),
            };
        };
        let found = verify(laid).map_err(|reason| StartError::Levels(reason.into()))?;
        let mark = found.version();
        let is_kept = kept.as_ref().is_some_and(|kept| kept.document == laid);
        if let Some(kept) = kept.filter(|_| !is_kept) {
            if mark < kept.mark {
                return Err(StartError::Levels(OLDER.into()));
            }
            let is_same = |kept: VerifiedLevelPolicy| kept.policy() == found.policy();
            if mark == kept.mark && !verify(&kept.document).is_ok_and(is_same) {
                return Err(StartError::Levels(ANOTHER.into()));
            }
        }
        if !is_kept {
            KeptDocument::new(mark, laid).save(RECORD, &store)?;
        }
        tracing::info!(version = mark, "the level policy in force");
        Ok(Self::by(found.policy().clone()))
    }

    fn by(policy: LevelPolicy) -> Self {
        Self { policy, connectors: Vec::new() }
    }

    /// With the connectors that the city offers, by name and method.
    pub(crate) fn offering(self, connectors: Vec<(String, String)>) -> Self {
        Self { connectors, ..self }
    }

    /// What a person's evidence is worth.
    pub(crate) fn of<'p>(&self, person: &'p Person, now: u64) -> Level<'p> {
        level(&person.evidence, &self.policy, now)
    }

    /// What the registrars' own word is worth by itself, 0 to 4.
    pub(crate) fn of_registrars(&self, person: &Person, now: u64) -> u8 {
        let own = person.evidence.iter().filter(|found| found.connector == REGISTRAR);
        level(&own.cloned().collect::<Vec<_>>(), &self.policy, now).number()
    }

    /// The level that a pass says for a day, by the end of the day: the one at its begin, or now. None where
    /// nothing counts by then: there is no pass for such a day.
    pub(crate) fn on_day(&self, person: &Person, exp: u64, now: u64) -> Option<IdentityLevel> {
        let begin = exp.saturating_sub(DAY).max(now);
        self.of(person, begin).level
    }

    /// The shortest way above the level that a person has at a time and to a wanted one, of those that are
    /// open here: [`way_up`].
    pub(crate) fn way_up(&self, person: &Person, at: u64, wanted: u8) -> Option<WayUp<'_>> {
        let of_connector = |way: &Way| {
            let is_it =
                |(name, method): &(String, String)| (name, method) == (&way.connector, &way.method);
            self.connectors.iter().any(is_it)
        };
        let is_open = |way: &Way| way.connector == REGISTRAR || of_connector(way);
        way_up(&person.evidence, &self.policy, at, person.document_class, wanted, &is_open)
    }

    /// The way of a registrar's method.
    pub(crate) fn of_registrar(&self, method: &str) -> Option<&Way> {
        self.way(REGISTRAR, method)
    }

    /// The way of a connector's method.
    pub(crate) fn way(&self, connector: &str, method: &str) -> Option<&Way> {
        let mut ways = self.policy.ways.iter();
        ways.find(|way| way.connector == connector && way.method == method)
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

    #[test]
    fn a_root_that_came_and_went_leaves_its_version_behind() {
        let own = SoftwareSigner::from_scalar(&[1; 32]).unwrap();
        let came = SoftwareSigner::from_scalar(&[2; 32]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let open = |laid: Option<&[u8]>, roots: &[&SoftwareSigner]| {
            let roots: Vec<_> = roots.iter().map(|root| root.public_key()).collect();
            Levels::open(laid, &roots, folder.path())
        };
        let sign = |version, root| bundled().unwrap().sign(version, 1_768_449_600, root).unwrap();
        let (first, foreign) = (sign(1, &own), sign(2, &came));
        assert!(open(Some(&first), &[&own]).is_ok());
        assert!(open(Some(&foreign), &[&own, &came]).is_ok());
        assert_eq!(refused(open(None, &[&own])), MISSING.en);
        assert_eq!(refused(open(Some(&first), &[&own])), OLDER.en);
        assert_eq!(refused(open(Some(&sign(2, &own)), &[&own])), ANOTHER.en);
        assert!(open(Some(&sign(3, &own)), &[&own]).is_ok());
        // A record that somebody has changed is no record that was never there.
        let record = std::fs::read_dir(trust_folder(folder.path())).unwrap().next().unwrap();
        let path = record.unwrap().path();
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[20] ^= 1;
        std::fs::write(&path, bytes).unwrap();
        for laid in [None, Some(first.as_slice())] {
            assert!(matches!(open(laid, &[&own]), Err(StartError::Kept(_))));
        }
    }
}
