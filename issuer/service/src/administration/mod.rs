//! The administration of the service: what administrators do alone, and what takes two of them; its JSON, and
//! what may stand in it, the same for the service and for `szid admin`.

mod audit;
mod clock;
mod credentials;
mod devices;
mod doing;
mod fault;
mod requests;
mod sites;
mod venues;
mod views;

pub(crate) use audit::{audit_head, audit_page, verify_audit};
pub(crate) use clock::confirm_clock;
pub(crate) use credentials::{CredentialPage, contest, credentials, known_scope, make, withdraw};
pub(crate) use devices::{GateKey, place_device, register_gate};
pub(crate) use doing::{Acted, Before};
pub(crate) use fault::AdministrationFault;
pub(crate) use requests::{Confirmed, WaitingAct, confirm, refuse, waiting};
pub(crate) use sites::{change_site, put_site, resume_site, sites, suspend_site};
pub(crate) use venues::{change_venue, put_venue, registered_venue, resume_venue, suspend_venue};
pub use views::{
    BearerFault, BearerView, CredentialView, NumbersFault, Role, check_ages, check_scenes, is_id,
    is_label, is_person_name, is_place_name,
};
pub(crate) use views::{ID_PATTERN, LABEL_PATTERN};
