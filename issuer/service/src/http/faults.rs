//! How the faults of what `http` calls are told.

use szid_identity::documents::DocumentFault;
use szid_register::GrantFault;

use super::Problem;
use super::problem::Refusal;
use crate::access::AccessFault;
use crate::administration::{AdministrationFault, BearerFault, NumbersFault};
use crate::consents::ConsentFault;
use crate::devices::DeviceFault;
use crate::enrolment::EnrolmentFault;
use crate::holders::HolderFault;
use crate::issuance::OfferFault;
use crate::numbers::NumberFault;
use crate::operators::OperatorFault;
use crate::persons::PersonFault;
use crate::proofs::ProofsFault;
use crate::receipts::ReceiptFault;
use crate::reports::ReportFault;
use crate::scans::ScanFault;
use crate::visits::VisitFault;

impl From<AccessFault> for Problem {
    fn from(fault: AccessFault) -> Self {
        match fault {
            AccessFault::CredentialMissing => Self::CredentialMissing,
            AccessFault::CredentialWithdrawn => Self::CredentialRevoked,
            AccessFault::Contested => Self::CredentialContested,
            AccessFault::OnlyLooks => Self::OperatorRole,
            AccessFault::RoleDenied => Self::RoleDenied,
            AccessFault::VenueSuspended => Self::VenueSuspended,
            AccessFault::AccountFrozen => Self::AccountFrozen,
            AccessFault::AccountRevoked => Self::AccountState,
            AccessFault::NoPlace => Self::Busy,
            AccessFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<NumberFault> for Problem {
    fn from(fault: NumberFault) -> Self {
        match fault {
            NumberFault::CodeRefused => Self::NumberCode,
            NumberFault::NoneLeft => Self::Busy,
            NumberFault::TooManyWrong => Self::TooMany,
            NumberFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ConsentFault> for Problem {
    fn from(fault: ConsentFault) -> Self {
        match fault {
            ConsentFault::Over => Self::ConsentOver,
            ConsentFault::CodeRefused => Self::ConsentCode,
            ConsentFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ScanFault> for Refusal {
    fn from(fault: ScanFault) -> Self {
        match fault {
            ScanFault::Wait(wait) => wait.into(),
            ScanFault::BatchTooLarge => Problem::TooLarge.into(),
            ScanFault::SceneMissing => Problem::SceneMissing.into(),
            ScanFault::SceneDenied => Problem::SceneDenied.into(),
            ScanFault::MatterMissing => Problem::MatterMissing.into(),
            ScanFault::MatterInvalid => Problem::MatterInvalid.into(),
            ScanFault::ClaimDenied => Problem::ClaimDenied.into(),
            ScanFault::NonceInvalid => Problem::BadRequest.into(),
            ScanFault::KeyInvalid => Problem::IdempotencyKey.into(),
            ScanFault::KeyReused => Problem::IdempotencyReused.into(),
            ScanFault::PersonUnknown => Problem::NotFound.into(),
            ScanFault::Busy => Problem::Busy.into(),
            ScanFault::Number(fault) => fault.into(),
            ScanFault::Access(fault) => fault.into(),
            ScanFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<VisitFault> for Refusal {
    fn from(fault: VisitFault) -> Self {
        match fault {
            VisitFault::Wait(wait) => wait.into(),
            VisitFault::DaysInvalid => Problem::BadRequest.about("days"),
            VisitFault::NoTrustList => Problem::Busy.into(),
            VisitFault::VenueCode => Problem::VenueCode.into(),
            VisitFault::ClerkNeeded => Problem::MatterMissing.into(),
            VisitFault::Away => Problem::VenueAway.into(),
            VisitFault::CodeRefused => Problem::ConsentCode.into(),
            VisitFault::Scan(fault) => fault.into(),
            VisitFault::Access(fault) => fault.into(),
            VisitFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ReceiptFault> for Refusal {
    fn from(fault: ReceiptFault) -> Self {
        match fault {
            ReceiptFault::Wait(wait) => wait.into(),
            ReceiptFault::TooMany => Problem::TooLarge.into(),
            ReceiptFault::NoKey(device) => Problem::GateUnknown.about(device),
            ReceiptFault::KeyReplaced => Problem::GateUnknown.into(),
            ReceiptFault::Unjudged => Problem::Busy.into(),
            ReceiptFault::ClockUnchecked => Problem::ClockUnchecked.into(),
            ReceiptFault::NoScan => Problem::NotFound.into(),
            ReceiptFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<OfferFault> for Problem {
    fn from(fault: OfferFault) -> Self {
        match fault {
            OfferFault::Grant(GrantFault::Expired) => Self::OfferExpired,
            OfferFault::Grant(GrantFault::Used) => Self::OfferUsed,
            OfferFault::Grant(GrantFault::Locked) => Self::OfferLocked,
            OfferFault::Grant(_) => Self::NotFound,
            OfferFault::ClockUnchecked => Self::ClockUnchecked,
            OfferFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ReportFault> for Refusal {
    fn from(fault: ReportFault) -> Self {
        match fault {
            ReportFault::Wait(wait) => wait.into(),
            ReportFault::Spent => Problem::ReportsSpent.into(),
            ReportFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<DeviceFault> for Problem {
    fn from(fault: DeviceFault) -> Self {
        match fault {
            DeviceFault::ThisDevice => Self::DeviceOwn,
            DeviceFault::CodeRefused => Self::ConsentCode,
            DeviceFault::Unproven => Self::DeviceUnproven,
            DeviceFault::PersonUnknown => Self::NotFound,
            DeviceFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<PersonFault> for Problem {
    fn from(fault: PersonFault) -> Self {
        match fault {
            PersonFault::Unknown => Self::NotFound,
            PersonFault::Revoked => Self::AccountState,
            PersonFault::Reason => Self::ReasonInvalid,
            PersonFault::Method => Self::MethodInvalid,
            PersonFault::Level => Self::LevelInvalid,
            PersonFault::LevelNeeded => Self::LevelNeeded,
            PersonFault::Name => Self::NameInvalid,
            PersonFault::Details => Self::DetailsInvalid,
            PersonFault::NoChange => Self::ChangeNone,
            PersonFault::Request(fault) => fault.into(),
            PersonFault::Device(fault) => fault.into(),
            PersonFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<EnrolmentFault> for Problem {
    fn from(fault: EnrolmentFault) -> Self {
        match fault {
            EnrolmentFault::Document(DocumentFault::Type) => Self::DocumentType,
            EnrolmentFault::Document(DocumentFault::Number) => Self::DocumentNumber,
            EnrolmentFault::Document(DocumentFault::Demo) => Self::DocumentDemo,
            EnrolmentFault::DevicesFull => Self::DevicesFull,
            EnrolmentFault::Request(fault) => fault.into(),
            EnrolmentFault::Person(fault) => fault.into(),
            EnrolmentFault::Device(fault) => fault.into(),
            EnrolmentFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<OperatorFault> for Problem {
    fn from(fault: OperatorFault) -> Self {
        match fault {
            OperatorFault::Suspended => Self::VenueSuspended,
            OperatorFault::Label => Self::DeviceName,
            OperatorFault::Unknown => Self::NotFound,
            OperatorFault::Foreign => Self::VenueForeign,
            OperatorFault::Request(fault) => fault.into(),
            OperatorFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<AdministrationFault> for Refusal {
    fn from(fault: AdministrationFault) -> Self {
        match fault {
            AdministrationFault::Id => Problem::IdInvalid.into(),
            AdministrationFault::PlaceName => Problem::PlaceName.into(),
            AdministrationFault::Uscc => Problem::UsccInvalid.into(),
            AdministrationFault::Numbers(fault) => fault.into(),
            AdministrationFault::Label => Problem::DeviceName.into(),
            AdministrationFault::Key => Problem::KeyInvalid.into(),
            AdministrationFault::Bearer(fault) => fault.into(),
            AdministrationFault::Unknown => Problem::NotFound.into(),
            AdministrationFault::AfterUnknown => Problem::BadRequest.about("after"),
            AdministrationFault::CredentialMissing => Problem::CredentialMissing.into(),
            AdministrationFault::RoleDenied => Problem::RoleDenied.into(),
            AdministrationFault::NothingToContest => Problem::ContestNone.into(),
            AdministrationFault::ClockFar => Problem::ClockFar.into(),
            AdministrationFault::Refused(fault) => fault.into(),
            AdministrationFault::Request(fault) => fault.into(),
            AdministrationFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<NumbersFault> for Problem {
    fn from(fault: NumbersFault) -> Self {
        match fault {
            NumbersFault::Scenes => Self::ScenesInvalid,
            NumbersFault::Ages => Self::AgesInvalid,
        }
    }
}

impl From<BearerFault> for Problem {
    fn from(fault: BearerFault) -> Self {
        match fault {
            BearerFault::Members => Self::BadRequest,
            BearerFault::Label => Self::DeviceName,
            BearerFault::Name => Self::StaffName,
        }
    }
}

impl From<HolderFault> for Problem {
    fn from(fault: HolderFault) -> Self {
        match fault {
            HolderFault::Unknown => Self::NotFound,
            HolderFault::Failed(failure) => failure.into(),
        }
    }
}

impl From<ProofsFault> for Refusal {
    fn from(fault: ProofsFault) -> Self {
        match fault {
            ProofsFault::Connector => Problem::ProofConnector.into(),
            ProofsFault::Spent(seconds) => Problem::ProofsSpent.after(seconds),
            ProofsFault::Over => Problem::ProofOver.into(),
            ProofsFault::Busy => Problem::Busy.into(),
            ProofsFault::Request(fault) => Problem::from(fault).into(),
            ProofsFault::Access(fault) => fault.into(),
            ProofsFault::Failed(failure) => failure.into(),
        }
    }
}
