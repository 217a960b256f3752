//! Why nobody is enrolled.

use szid_identity::documents::DocumentFault;
use szid_register::RequestFault;

use crate::devices::DeviceFault;
use crate::failure::Failure;
use crate::persons::PersonFault;

/// A fault of an enrolment, or of a person's word about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EnrolmentFault {
    /// The document's type or number.
    Document(DocumentFault),
    /// The person has as many devices as one may have.
    DevicesFull,
    /// The request is not made, approved or refused.
    Request(RequestFault),
    /// What is said of the person cannot be kept.
    Person(PersonFault),
    /// The device does not give its word.
    Device(DeviceFault),
    /// The service failed.
    Failed(Failure),
}

impl<T> From<T> for EnrolmentFault
where
    Failure: From<T>,
{
    fn from(what: T) -> Self {
        Self::Failed(what.into())
    }
}

impl From<DocumentFault> for EnrolmentFault {
    fn from(fault: DocumentFault) -> Self {
        Self::Document(fault)
    }
}

impl From<RequestFault> for EnrolmentFault {
    fn from(fault: RequestFault) -> Self {
        Self::Request(fault)
    }
}

impl From<PersonFault> for EnrolmentFault {
    fn from(fault: PersonFault) -> Self {
        Self::Person(fault)
    }
}

impl From<DeviceFault> for EnrolmentFault {
    fn from(fault: DeviceFault) -> Self {
        Self::Device(fault)
    }
}
