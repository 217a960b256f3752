//! The level policy in force: the city's own, signed by the root, or the one that comes with the software.

use std::path::Path;

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};
use szid_identity::levels::{BUNDLED_POLICY, Level, WayUp, bundled_policy, level, way_up};
use szid_protocol::day::DAY;
use szid_protocol::key::PublicKey;
use szid_protocol::level::IdentityLevel;
use szid_protocol::level_policy::{LevelPolicy, MAX_VERSION, VerifiedLevelPolicy, Way};
use szid_protocol::reason::{Reason, Text};
use szid_register::audit::AuditEvent;
use szid_register::{Person, REGISTRAR, Store};
use szid_verifier::{AwsLcBackend, FolderStore, KeptDocument};

use crate::publication::trust_folder;
use crate::start_error::StartError;

/// The record of the policy in force: beside the trust list, and in the witness, which keeps it where the
/// data folder was put back from a copy.
const RECORD: &str = "level-policy";
/// The record of the policy that the audit was told of last: its version, and its digest in place of itself.
const TOLD: &str = "level-policy-told";

const VERSION: Text =
    Text { zh: "版本号应在1至99999999之间", en: "its version is not from 1 to 99999999" };
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
    /// None of the bundled one.
    version: Option<u64>,
    /// SHA-256 of the signed document, or of the bundled file.
    digest: [u8; 32],
    /// Name and method of the connectors that are offered.
    connectors: Vec<(String, String)>,
}

impl Levels {
    /// Takes the policy that is laid, where a root has signed it and it is not older than the one before, by
    /// the data folder and by the witness; the bundled one where none is laid and none was.
    pub(crate) fn open(
        laid: Option<&[u8]>,
        roots: &[PublicKey],
        data: &Path,
        witness: &Path,
    ) -> Result<Self, StartError> {
        let verify = |bytes: &[u8]| VerifiedLevelPolicy::verify(bytes, roots, &AwsLcBackend);
        let stores = [FolderStore::open(trust_folder(data))?, FolderStore::open(witness)?];
        // Whoever signed it, and whether or not a root of today did: its version counts.
        let kept = stores.each_ref().map(|store| KeptDocument::load(RECORD, store));
        let kept = kept.into_iter().collect::<Result<Vec<_>, _>>()?;
        let Some(laid) = laid else {
            if kept.iter().any(Option::is_some) {
                return Err(StartError::Levels(MISSING.into()));
            }
            let digest = Sha256::digest(BUNDLED_POLICY).into();
            return Ok(Self { policy: bundled()?, version: None, digest, connectors: Vec::new() });
        };
        let found = verify(laid).map_err(|reason| StartError::Levels(reason.into()))?;
        let mark = found.version();
        if !(1..=MAX_VERSION).contains(&mark) {
            return Err(StartError::Levels(VERSION.into()));
        }
        for kept in kept.iter().flatten().filter(|kept| kept.document != laid) {
            if mark < kept.mark {
                return Err(StartError::Levels(OLDER.into()));
            }
            let is_same = |kept: VerifiedLevelPolicy| kept.policy() == found.policy();
            if mark == kept.mark && !verify(&kept.document).is_ok_and(is_same) {
                return Err(StartError::Levels(ANOTHER.into()));
            }
        }
        for (store, kept) in stores.iter().zip(kept) {
            if kept.is_none_or(|kept| kept.document != laid) {
                KeptDocument::new(mark, laid).save(RECORD, store)?;
            }
        }
        tracing::info!(version = mark, "the level policy in force");
        let digest = Sha256::digest(laid).into();
        let policy = found.policy().clone();
        Ok(Self { policy, version: Some(mark), digest, connectors: Vec::new() })
    }

    /// With the connectors that the city offers, by name and method.
    pub(crate) fn offering(self, connectors: Vec<(String, String)>) -> Self {
        Self { connectors, ..self }
    }

    /// Tells the audit which policy is in force, where it heard of another one last or of none.
    pub(crate) async fn tell(
        &self,
        store: &dyn Store,
        data: &Path,
        now: u64,
    ) -> Result<(), StartError> {
        let folder = FolderStore::open(trust_folder(data))?;
        let told = KeptDocument::new(self.version.unwrap_or(0), &self.digest);
        if KeptDocument::load(TOLD, &folder)?.is_some_and(|before| before == told) {
            return Ok(());
        }
        let digest = HEXLOWER.encode(&self.digest);
        store.audit(AuditEvent::LevelPolicy { version: self.version, digest }, now).await?;
        // A start that ends before this one tells it again.
        Ok(told.save(TOLD, &folder)?)
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
        let witness = folder.path().join("witness");
        let open = |laid: Option<&[u8]>| Levels::open(laid, &roots, folder.path(), &witness);
        let other = || LevelPolicy { sums: Vec::new(), ..bundled().unwrap() };
        let sign = |policy: LevelPolicy, version, root: &SoftwareSigner| {
            policy.sign(version, 1_768_449_600 + version, root).unwrap()
        };

        assert_eq!(open(None).unwrap().policy, bundled().unwrap());
        assert!(refused(open(Some(b"policy"))).starts_with("MALFORMED"));
        let by_another = sign(bundled().unwrap(), 2, &foreign);
        assert!(refused(open(Some(&by_another))).starts_with("TRUST_SIGNATURE"));
        for slip in [0, MAX_VERSION + 1, u64::MAX - 1_768_449_600] {
            assert_eq!(refused(open(Some(&sign(other(), slip, &root)))), VERSION.en);
        }
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
            Levels::open(laid, &roots, folder.path(), &folder.path().join("witness"))
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

    #[test]
    fn the_witness_keeps_the_policy_where_the_data_folder_went_back() {
        let root = SoftwareSigner::from_scalar(&[1; 32]).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (data, witness) = (folder.path().join("data"), folder.path().join("witness"));
        let open = |laid: Option<&[u8]>| Levels::open(laid, &[root.public_key()], &data, &witness);
        let sign = |version| bundled().unwrap().sign(version, 1_768_449_600, &root).unwrap();
        let (second, third) = (sign(2), sign(3));
        assert!(open(Some(&second)).is_ok() && open(Some(&third)).is_ok());
        for folder in [&data, &witness] {
            std::fs::remove_dir_all(folder).unwrap();
            assert_eq!(refused(open(None)), MISSING.en);
            assert_eq!(refused(open(Some(&second))), OLDER.en);
            assert!(open(Some(&third)).is_ok());
        }
    }
}
