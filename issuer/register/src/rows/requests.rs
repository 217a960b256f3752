//! Acts that wait for a second person.

use super::Requests;
use super::key::Leads;
use super::record::{Record, RowSink, RowSource};
use super::word::Word;
use crate::{
    AdminAct, Approval, Bearer, DeviceId, Evidence, PersonChange, PersonId, Place, Request,
    SiteChange, StationChange, VenueChange,
};

/// Those of approvers.
impl Leads<Requests> for [u8; 16] {}

/// The kinds of acts. The numbers are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ActKind {
    Credential,
    Account,
    Enrolment,
    Change,
    /// Another state of an account, with devices that are named.
    AccountOfDevices,
    GiveCredential,
    /// Also of one that was asked for when requests did not name the key of now: it is outdated where there
    /// is one.
    NewGate,
    Resume,
    ChangeVenue,
    ChangeStation,
    ChangeSite,
    Withdraw,
    NewSite,
    Suspend,
    ChangeGate,
}

impl Word for ActKind {
    const ALL: &'static [(Self, u8, &'static str)] = &[
        (Self::Credential, 0, "credential"),
        (Self::Account, 1, "account"),
        (Self::Enrolment, 2, "enrolment"),
        (Self::Change, 3, "change"),
        (Self::AccountOfDevices, 4, "account_of_devices"),
        (Self::GiveCredential, 16, "give_credential"),
        (Self::NewGate, 17, "new_gate"),
        (Self::Resume, 18, "resume"),
        (Self::ChangeVenue, 19, "change_venue"),
        (Self::ChangeStation, 20, "change_station"),
        (Self::ChangeSite, 21, "change_site"),
        (Self::Withdraw, 22, "withdraw"),
        (Self::NewSite, 23, "new_site"),
        (Self::Suspend, 24, "suspend"),
        (Self::ChangeGate, 25, "change_gate"),
    ];
}

impl Record for Request {
    fn write(&self, row: &mut impl RowSink) {
        row.array("id", &self.id);
        match &self.act {
            Approval::Credential { venue, device } => {
                row.word("act", ActKind::Credential);
                row.text("venue", venue);
                row.text("device", device);
            }
            Approval::Account { person, account, reason, devices } => {
                let of_devices = devices.is_some();
                row.word(
                    "act",
                    if of_devices { ActKind::AccountOfDevices } else { ActKind::Account },
                );
                row.array("person", &person.0);
                row.word("account", *account);
                row.text("reason", reason);
                if let Some(devices) = devices {
                    let devices: Vec<_> = devices.iter().map(|device| device.0).collect();
                    row.arrays("devices", &devices);
                }
            }
            Approval::Enrolment { person, devices } => {
                row.word("act", ActKind::Enrolment);
                row.array("person", &person.0);
                row.word("older_devices", *devices);
            }
            Approval::Change(change) => {
                row.word("act", ActKind::Change);
                row.array("person", &change.person.0);
                row.part("evidence_", &change.evidence);
                change.sealed.write(row);
                row.array("made_from", &change.made_from);
                row.names("changed", &change.changed);
                row.text("reason", &change.reason);
            }
            Approval::Administration(act) => write_administration(act, row),
        }
        row.text("asked_by", &self.asked_by);
        row.number("asked_at", self.asked_at);
        row.optional_array("approved_on", self.approved_on.as_ref().map(|device| &device.0));
    }

    fn read(row: &mut impl RowSource) -> Option<Self> {
        Some(Self {
            id: row.array("id")?,
            act: match row.word("act")? {
                ActKind::Credential => {
                    Approval::Credential { venue: row.text("venue")?, device: row.text("device")? }
                }
                kind @ (ActKind::Account | ActKind::AccountOfDevices) => Approval::Account {
                    person: PersonId(row.array("person")?),
                    account: row.word("account")?,
                    reason: row.text("reason")?,
                    devices: if kind == ActKind::Account { None } else { Some(read_devices(row)?) },
                },
                ActKind::Enrolment => Approval::Enrolment {
                    person: PersonId(row.array("person")?),
                    devices: row.word("older_devices")?,
                },
                ActKind::Change => Approval::Change(Box::new(PersonChange {
                    person: PersonId(row.array("person")?),
                    evidence: read_evidence(row)?,
                    sealed: Record::read(row)?,
                    made_from: row.array("made_from")?,
                    changed: row.names("changed")?,
                    reason: row.text("reason")?,
                })),
                kind => Approval::Administration(read_administration(kind, row)?),
            },
            asked_by: row.text("asked_by")?,
            asked_at: row.number("asked_at")?,
            // Version 3 knew no approvals.
            approved_on: if row.version() < 4 {
                None
            } else {
                row.optional_array("approved_on")?.map(DeviceId)
            },
        })
    }
}

fn read_devices(row: &mut impl RowSource) -> Option<Vec<DeviceId>> {
    Some(row.arrays("devices")?.into_iter().map(DeviceId).collect())
}

/// Version 5 knew a level and how it was proven; the rest was read from the person.
fn read_evidence(row: &mut impl RowSource) -> Option<Evidence> {
    if row.version() >= 6 {
        return row.part("evidence_");
    }
    let (level, method) = (row.byte("evidence_level")?, row.text("evidence_method")?);
    Some(Evidence::of_registrar(method, level, 0, 0))
}

fn write_administration(act: &AdminAct, row: &mut impl RowSink) {
    match act {
        AdminAct::Venue(change) => {
            row.word("act", ActKind::ChangeVenue);
            row.optional("known_id", change.known.as_ref(), |row, known| row.part("known_", known));
            row.part("wanted_", &change.wanted);
            row.names("suspended_elsewhere", &change.suspended_elsewhere);
        }
        AdminAct::Site(change) => {
            let is_new = change.known.is_none();
            row.word("act", if is_new { ActKind::NewSite } else { ActKind::ChangeSite });
            if let Some(known) = &change.known {
                row.part("known_", known);
            }
            row.part("wanted_", &change.wanted);
        }
        AdminAct::Station(change) => {
            row.word("act", ActKind::ChangeStation);
            let write = |row: &mut _, known| RowSink::part(row, "known_", known);
            row.optional("known_venue", change.known.as_ref(), write);
            row.part("wanted_", &change.wanted);
        }
        AdminAct::Credential(bearer) => {
            row.word("act", ActKind::GiveCredential);
            bearer.write(row);
        }
        AdminAct::Gate { venue, device, key, known } => {
            row.word("act", if known.is_some() { ActKind::ChangeGate } else { ActKind::NewGate });
            row.text("venue", venue);
            row.text("device", device);
            row.array("key", key);
            if let Some(known) = known {
                row.array("known_key", known);
            }
        }
        AdminAct::Resume(place) => {
            row.word("act", ActKind::Resume);
            write_place(place, row);
        }
        AdminAct::Suspend(place) => {
            row.word("act", ActKind::Suspend);
            write_place(place, row);
        }
        AdminAct::Withdraw { credential, bearer } => {
            row.word("act", ActKind::Withdraw);
            row.array("credential", credential);
            bearer.write(row);
        }
    }
}

fn read_administration(kind: ActKind, row: &mut impl RowSource) -> Option<AdminAct> {
    Some(match kind {
        ActKind::GiveCredential => AdminAct::Credential(Bearer::read(row)?),
        ActKind::NewGate | ActKind::ChangeGate => AdminAct::Gate {
            venue: row.text("venue")?,
            device: row.text("device")?,
            key: row.array("key")?,
            known: match kind {
                ActKind::ChangeGate => Some(row.array("known_key")?),
                _ => None,
            },
        },
        ActKind::Resume => AdminAct::Resume(read_place(row)?),
        ActKind::Suspend => AdminAct::Suspend(read_place(row)?),
        ActKind::ChangeVenue => AdminAct::Venue(Box::new(VenueChange {
            known: row.optional("known_id", |row| row.part("known_"))?,
            wanted: row.part("wanted_")?,
            suspended_elsewhere: row.names("suspended_elsewhere")?,
        })),
        ActKind::ChangeSite | ActKind::NewSite => AdminAct::Site(Box::new(SiteChange {
            known: match kind {
                ActKind::ChangeSite => Some(row.part("known_")?),
                _ => None,
            },
            wanted: row.part("wanted_")?,
        })),
        ActKind::ChangeStation => AdminAct::Station(Box::new(StationChange {
            known: row.optional("known_venue", |row| row.part("known_"))?,
            wanted: row.part("wanted_")?,
        })),
        ActKind::Withdraw => {
            AdminAct::Withdraw { credential: row.array("credential")?, bearer: Bearer::read(row)? }
        }
        ActKind::Credential
        | ActKind::Account
        | ActKind::Enrolment
        | ActKind::Change
        | ActKind::AccountOfDevices => return None,
    })
}

fn write_place(place: &Place, row: &mut impl RowSink) {
    row.text("venue", &place.venue);
    row.optional_text("site", place.site.as_deref());
}

fn read_place(row: &mut impl RowSource) -> Option<Place> {
    Some(Place { venue: row.text("venue")?, site: row.optional_text("site")? })
}
