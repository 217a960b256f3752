//! The audit trail: a chain of entries, each with the digest of all before it. No claim values, nothing of a
//! person but the opaque id.

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use szid_protocol::audit_head::SignedAuditHead;

use crate::{Consent, DeviceId, Matter, PersonId};

/// What happened. The JSON form is what the chain's digests are over: members may be added, never renamed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum AuditEvent {
    /// A person was enrolled or brought up to date.
    Enrolled {
        /// The opaque id.
        person: String,
        /// Identity level.
        level: u8,
        /// The registrar.
        actor: String,
        /// The registrar who asked for it, where it takes two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
    },
    /// A registrar asked for another enrolment or a change of somebody known, the person approved it, or it
    /// was refused.
    PersonRequest {
        /// `asked`, `approved`, `refused`, or `outdated` where somebody would have confirmed what is no
        /// longer so.
        act: String,
        /// `enrolment` or `change`.
        what: String,
        /// The opaque id.
        person: String,
        /// The registrar, or `holder`.
        actor: String,
        /// Who had asked, where another one approved or refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
        /// A word from the registrar's list of reasons.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The request.
        request: String,
    },
    /// What is kept of a person was changed.
    PersonChanged {
        /// The opaque id.
        person: String,
        /// What: `name`, `identity_level`, `method`, `details`, `other_evidence`.
        changed: Vec<String>,
        /// The identity level from then on.
        level: u8,
        /// The registrar who confirmed.
        actor: String,
        /// The registrar who asked.
        asked_by: String,
        /// A word from the registrar's list of reasons.
        reason: String,
    },
    /// A connector was asked to prove who a person is.
    Proof {
        /// The opaque id.
        person: String,
        /// The connector.
        connector: String,
        /// How it proves.
        method: String,
        /// `proven`, or why it was not: a short word.
        outcome: String,
        /// The level that the evidence gives by itself, where it was proven.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        level: Option<u8>,
    },
    /// A person's device took an offer up, was ended, asked for more passes of a day than it may have, or was
    /// given some that no key of it vouched for while it has such keys.
    HolderDevice {
        /// `added`, `ended`, `refused_passes` or `unproven_passes`.
        act: String,
        /// The opaque id.
        person: String,
        /// The device's opaque name.
        device: String,
        /// The registrar, `holder`, or `service`.
        actor: String,
    },
    /// A registrar looked at the devices of a person.
    DevicesRead {
        /// The opaque id.
        person: String,
        /// The registrar.
        actor: String,
    },
    /// An account changed its state.
    Account {
        /// The opaque id.
        person: String,
        /// The new state.
        account: String,
        /// The registrar, or `holder`.
        actor: String,
        /// The registrar who asked for it, where it takes two.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
        /// A word from the registrar's list of reasons.
        reason: String,
    },
    /// A registrar asked for another state of an account, or ended such a request.
    AccountRequest {
        /// `asked` or `refused`.
        act: String,
        /// The opaque id.
        person: String,
        /// The state that was asked for.
        account: String,
        /// The registrar.
        actor: String,
        /// Who had asked, where another one refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
        /// A word from the registrar's list of reasons.
        reason: String,
        /// The request.
        request: String,
    },
    /// Tokens were given.
    Tokens {
        /// The opaque id.
        person: String,
        /// `grant` or `refresh`.
        by: String,
    },
    /// A refresh token came back that was replaced long ago; its family is closed.
    TokenReuse {
        /// The opaque id.
        person: String,
    },
    /// Passes were issued.
    Issued {
        /// The opaque id.
        person: String,
        /// How many.
        passes: u64,
    },
    /// A code was scanned.
    Scan {
        /// Names the scan for both sides.
        receipt: String,
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The scene.
        scene: u16,
        /// Accepted or not.
        accepted: bool,
        /// The reason's code.
        reason: String,
        /// The names of the claims that the venue was given.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        claims: Vec<String>,
        /// What became of the question to the citizen.
        #[serde(default, skip_serializing_if = "is_not_asked")]
        consent: Consent,
        /// What the scan was for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        matter: Option<Matter>,
        /// The id of the site where the device stood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
    },
    /// A person reported a use of theirs as unexpected. Venues do not see it.
    UseReported {
        /// Names the scan for both sides.
        receipt: String,
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The id of the site where the device stood.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
        /// The scene.
        scene: u16,
        /// When it was scanned, Unix seconds.
        scanned_at: u64,
        /// The opaque id.
        person: String,
        /// `asked`: with the refusal, while the venue asked; `listed`: afterwards.
        when: String,
    },
    /// A device scanned what is no code of this city: counted, and told once a minute.
    UnreadableScans {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// How many.
        count: u64,
        /// When the first one was scanned, Unix seconds.
        first: u64,
        /// And the last one.
        last: u64,
    },
    /// A device decided without connection and told of it later.
    OfflineScan {
        /// Names the scan for both sides.
        receipt: String,
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The scene.
        scene: u16,
        /// Accepted or not.
        accepted: bool,
        /// The reason's code.
        reason: String,
        /// When the device scanned, Unix seconds.
        scanned_at: u64,
        /// The id of the site where the device stands.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        site: Option<String>,
        /// True where the device says that a code was shown and does not prove it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unproven: bool,
    },
    /// Two devices accepted the same code, at least one of them without connection.
    DoubleUse {
        /// The receipt that came second.
        receipt: String,
        /// The receipt that came first; empty where it is forgotten.
        first: String,
        /// Venue and device of the one that came second.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        gate: String,
        /// Venue and device of the one that came first.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        first_gate: String,
    },
    /// A device without connection left numbers out: so many receipts were lost, there or here.
    ReceiptGap {
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The first number that is missing.
        from: u64,
        /// The last one.
        to: u64,
    },
    /// A receipt of a device without connection was set aside.
    ReceiptSetAside {
        /// The uploader's venue.
        venue: String,
        /// The uploader's label.
        device: String,
        /// Its number, where the device's key signed it; an entry's own number is called that already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sequence: Option<u64>,
        /// Why: a stable code.
        reason: String,
        /// The SHA-256 of the receipt, base64url: its name among those set aside.
        digest: String,
    },
    /// A venue's operator did something about a device's credential.
    DeviceCredential {
        /// `asked`, `confirmed`, `refused` or `withdrawn`.
        act: String,
        /// The venue's id.
        venue: String,
        /// The device's label.
        device: String,
        /// The operator.
        actor: String,
        /// Who had asked, where another one confirmed or refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
        /// The request, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// The credential, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
    },
    /// Entries older than the retention time were cut off the start of the chain.
    Trimmed {
        /// The last entry that went.
        through: u64,
        /// The digest of the chain up to there, in hex: what the rest of the chain builds on.
        digest: String,
    },
    /// The register itself changed hands: an older one was marked, or its key was replaced.
    Register {
        /// `marked`, `key_replaced` or `administrator_recovered`.
        act: String,
        /// `demo` or `production`.
        mode: String,
        /// The check value of the key that wraps the data secret from now on, in hex.
        key: String,
        /// The administrator who was given another credential; older entries do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
    },
    /// The register was put back from a copy: what came after the copy is not in this chain.
    Restored {
        /// The register's epoch from now on.
        epoch: u32,
        /// The head that the copy ended with.
        found: String,
        /// The newest head that is known from outside.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        lost: Option<String>,
    },
    /// An operator said that the clock, which had stepped, is right.
    ClockConfirmed {
        /// The operator.
        actor: String,
        /// By how many seconds the clock had been ahead of where it should have been; behind where negative.
        step: i64,
    },
    /// A service began with a level policy that is another one than it had before.
    LevelPolicy {
        /// The version that the root signed; none of the policy that comes with the software.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        version: Option<u64>,
        /// The SHA-256 of the signed file, or of the software's, in hex.
        digest: String,
    },
    /// A venue or credential was registered or changed.
    Registration {
        /// `venue`, `site`, `device`, `gate`, `credential`, `operator`, `registrar` or `administrator`.
        what: String,
        /// Its id.
        id: String,
        /// `suspended`, `resumed` or `withdrawn`; without it, registered or described anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        act: Option<String>,
        /// `asked`, `confirmed`, `refused`, or `outdated` where somebody would have confirmed what is no
        /// longer so: only `confirmed` is done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        step: Option<String>,
        /// The administrator, or `offline`; older entries do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<String>,
        /// Who had asked, where another one confirmed or refused.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        asked_by: Option<String>,
        /// The request, where there is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<String>,
        /// The credential, where it is about one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        credential: Option<String>,
        /// The scenes of a venue or device from then on, where they are named.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        scenes: Vec<u16>,
        /// What a venue, site or device was registered as before; older entries do not say.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        before: Option<Box<RegisteredAs>>,
        /// What it is registered as from then on, or is to be.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<Box<RegisteredAs>>,
    },
}

/// What a venue, site or device is registered as. Nothing of it is about a person.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisteredAs {
    /// The name of a venue or site.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The code of a venue's organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uscc: Option<String>,
    /// The scenes; of a device, all of its venue's if there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scenes: Vec<u16>,
    /// The ages that a venue may ask about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ages: Vec<u8>,
    /// Where a device stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<String>,
    /// Whether a venue or site is suspended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub suspended: bool,
}

/// The words for the kinds of events, in the order of [`AuditEvent`].
pub const KINDS: [&str; 25] = [
    "enrolled",
    "person_request",
    "person_changed",
    "proof",
    "holder_device",
    "devices_read",
    "account",
    "account_request",
    "tokens",
    "token_reuse",
    "issued",
    "scan",
    "use_reported",
    "unreadable_scans",
    "offline_scan",
    "double_use",
    "receipt_gap",
    "receipt_set_aside",
    "device_credential",
    "trimmed",
    "register",
    "restored",
    "clock_confirmed",
    "level_policy",
    "registration",
];

impl AuditEvent {
    /// The word for its kind.
    pub fn kind(&self) -> String {
        let json = serde_json::to_value(self).unwrap_or_default();
        json["event"].as_str().unwrap_or_default().to_owned()
    }

    /// What it says, as it is listed: without its kind, and without what a venue wrote down about a case.
    pub fn details(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).unwrap_or_default();
        if let Some(members) = json.as_object_mut() {
            members.remove("event");
            members.remove("matter");
        }
        json
    }

    /// That a person's device was `added` or `ended`.
    pub(crate) fn holder_device(
        act: &str,
        person: PersonId,
        device: DeviceId,
        actor: &str,
    ) -> Self {
        Self::HolderDevice {
            act: act.into(),
            person: person.to_string(),
            device: BASE64URL_NOPAD.encode(&device.0),
            actor: actor.into(),
        }
    }
}

fn is_not_asked(consent: &Consent) -> bool {
    *consent == Consent::NotAsked
}

/// An entry of the chain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// The number, from 1.
    pub number: u64,
    /// Unix seconds.
    pub at: u64,
    /// What happened.
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// Rows of the chain that one page looks at: a filter that finds little ends there.
const MAX_LOOKS: usize = 20_000;

/// Which entries are listed.
#[derive(Clone, Debug, Default)]
pub struct AuditQuery {
    /// Those of this kind alone: the word that the entry's JSON has for its `event`.
    pub kind: Option<String>,
    /// Of this second and later.
    pub since: u64,
    /// Older than this number.
    pub before: Option<u64>,
    /// At most so many.
    pub limit: usize,
}

/// A part of the chain, the newest entry first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditPage {
    /// The entries.
    pub entries: Vec<AuditEntry>,
    /// What to give as `before` for the next part, if there may be one.
    pub next: Option<u64>,
}

impl AuditQuery {
    /// The part that begins with these entries, the newest first.
    pub(crate) fn page<E>(
        &self,
        entries: impl Iterator<Item = Result<AuditEntry, E>>,
    ) -> Result<AuditPage, E> {
        let mut page = AuditPage::default();
        for (looks, entry) in entries.enumerate() {
            let entry = entry?;
            // A clock that was set back makes an older entry look newer: the order of the chain counts.
            if entry.at < self.since {
                break;
            }
            if page.entries.len() == self.limit || looks == MAX_LOOKS {
                page.next = entry.number.checked_add(1);
                break;
            }
            if self.kind.as_ref().is_none_or(|kind| *kind == entry.event.kind()) {
                page.entries.push(entry);
            }
        }
        Ok(page)
    }
}

/// The chain's newest entry: publish it, and a cut tail can be found.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AuditHead {
    /// The newest entry's number, 0 for an empty chain.
    pub number: u64,
    /// The digest of the whole chain.
    pub digest: [u8; 32],
}

impl std::fmt::Display for AuditHead {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}:{}", self.number, HEXLOWER.encode(&self.digest))
    }
}

impl std::fmt::Debug for AuditHead {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{self}")
    }
}

impl std::str::FromStr for AuditHead {
    type Err = &'static str;

    /// As it is written: a number, a colon and 64 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once(':').and_then(|(number, digest)| {
            let digest = HEXLOWER.decode(digest.as_bytes()).ok()?;
            Some(Self { number: number.parse().ok()?, digest: digest.try_into().ok()? })
        });
        parts.ok_or("a head is a number, a colon and 64 hexadecimal digits")
    }
}

impl From<&SignedAuditHead> for AuditHead {
    fn from(signed: &SignedAuditHead) -> Self {
        Self { number: signed.number, digest: signed.digest }
    }
}

/// What a walk along the chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChainReport {
    /// Every entry is as it was written.
    Whole(AuditHead),
    /// The first entry that is missing or was changed.
    Broken {
        /// Its number.
        number: u64,
    },
}

/// The digest of an empty chain.
pub const EMPTY: AuditHead = AuditHead { number: 0, digest: [0; 32] };

impl AuditHead {
    /// The head after one more entry: SHA-256 over the digest before and the entry's JSON.
    #[must_use]
    pub fn extended(&self, entry: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(self.digest);
        hash.update(entry);
        Self { number: self.number.saturating_add(1), digest: hash.finalize().into() }
    }
}

/// Walks stored entries (number, digest after the entry, JSON) from the base of the chain, which is [`EMPTY`]
/// until old entries are cut off, to the head that is stored.
pub(crate) fn walk<E>(
    base: AuditHead,
    entries: impl Iterator<Item = Result<(u64, [u8; 32], Vec<u8>), E>>,
    published: Option<AuditHead>,
    stored_head: AuditHead,
) -> Result<ChainReport, E> {
    let mut head = base;
    if published.is_some_and(|known| known.number == base.number && known != base) {
        return Ok(ChainReport::Broken { number: base.number });
    }
    for entry in entries {
        let (number, digest, json) = entry?;
        let next = head.extended(&json);
        let named =
            serde_json::from_slice::<AuditEntry>(&json).is_ok_and(|entry| entry.number == number);
        let differs = |known: &AuditHead| known.number == number && known.digest != digest;
        if number != next.number
            || digest != next.digest
            || !named
            || published.as_ref().is_some_and(differs)
        {
            return Ok(ChainReport::Broken { number: next.number });
        }
        head = next;
    }
    let furthest = published.map_or(0, |head| head.number).max(stored_head.number);
    let whole = furthest <= head.number && stored_head == head;
    Ok(if whole {
        ChainReport::Whole(head)
    } else {
        ChainReport::Broken { number: head.number.saturating_add(1) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    type Row = Result<(u64, [u8; 32], Vec<u8>), ()>;

    fn chain(length: u64) -> (Vec<Row>, AuditHead) {
        let mut head = EMPTY;
        let rows = (1..=length)
            .map(|number| {
                let event = AuditEvent::TokenReuse { person: format!("p{number}") };
                let json = serde_json::to_vec(&AuditEntry { number, at: number, event }).unwrap();
                head = head.extended(&json);
                Ok((number, head.digest, json))
            })
            .collect();
        (rows, head)
    }

    #[test]
    fn the_list_of_kinds_is_that_of_the_events() {
        let unknown = serde_json::from_str::<AuditEvent>(r#"{"event":"nosuch"}"#).unwrap_err();
        let told = unknown.to_string();
        let named: Vec<_> = told.split('`').skip(3).step_by(2).collect();
        assert_eq!(named, KINDS, "{told}");
    }

    #[test]
    fn a_whole_chain_is_whole() {
        let (rows, head) = chain(9);
        assert_eq!(walk(EMPTY, rows.into_iter(), Some(head), head), Ok(ChainReport::Whole(head)));
        assert_eq!(
            walk(EMPTY, Vec::<Row>::new().into_iter(), None, EMPTY),
            Ok(ChainReport::Whole(EMPTY))
        );
    }

    #[test]
    fn an_entry_from_before_administrators_reads_and_writes_as_it_was() {
        let json = r#"{"number":7,"at":9,"event":"registration","what":"venue","id":"library"}"#;
        let entry: AuditEntry = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&entry).unwrap(), json);
    }

    #[test]
    fn what_is_listed_of_a_scan_leaves_its_case_out() {
        let text = |text: &str| text.to_owned();
        let (operator, purpose, case) = (text("陈"), text("办件"), text("2026-77"));
        let event = AuditEvent::Scan {
            receipt: text("r"),
            venue: text("window"),
            device: text("desk"),
            scene: 9,
            accepted: true,
            reason: text("OK"),
            claims: Vec::new(),
            consent: Consent::default(),
            matter: Some(Matter { operator, purpose, case }),
            site: None,
        };
        assert!(serde_json::to_string(&event).unwrap().contains("2026-77"));
        let listed = event.details();
        assert_eq!((event.kind(), &listed["device"]), (text("scan"), &"desk".into()));
        for hidden in ["2026-77", "办件", "陈"] {
            assert!(!listed.to_string().contains(hidden), "{listed}");
        }
    }

    #[test]
    fn an_edited_a_missing_and_a_swapped_entry_are_found() {
        let (rows, head) = chain(9);
        let broken = |rows: Vec<Row>| walk(EMPTY, rows.into_iter(), None, head);
        let mut edited = rows.clone();
        if let Ok(row) = &mut edited[4] {
            row.2[30] ^= 1;
        }
        assert_eq!(broken(edited), Ok(ChainReport::Broken { number: 5 }));
        let mut missing = rows.clone();
        drop(missing.remove(2));
        assert_eq!(broken(missing), Ok(ChainReport::Broken { number: 3 }));
        let mut swapped = rows.clone();
        swapped.swap(6, 7);
        assert_eq!(broken(swapped), Ok(ChainReport::Broken { number: 7 }));
        let mut cut = rows;
        cut.truncate(8);
        assert_eq!(broken(cut), Ok(ChainReport::Broken { number: 9 }));
    }
}
