//! What a venue's operators do: they look at its devices and its trail, withdraw credentials, and give new
//! ones by two.

mod devices;
mod fault;
mod requests;
mod trail;

pub(crate) use devices::{DevicePage, Placed, devices, withdraw};
pub(crate) use fault::OperatorFault;
pub(crate) use requests::{CredentialRequest, Giver, ask, confirm, refuse, waiting};
pub(crate) use trail::{export, trail};
