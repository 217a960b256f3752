//! The holder's account: its state, its devices and what happened to it; a loss reported; new devices
//! answered for.

use std::sync::Arc;

use crate::errors::{ApproveError, SyncError};
use crate::runtime::count;
use crate::unlocking::Unlocking;
use crate::wallet::Wallet;

#[uniffi::export]
impl Wallet {
    /// Asks the service for the account's state.
    pub async fn account(&self) -> Result<Account, SyncError> {
        Ok(self.ask(async move |core| core.account().await).await?.into())
    }

    /// Shows the holder's masked name from now on, in `status`, or no more. To show it the service is asked
    /// once; `account` and `refresh` renew it. It is in no code. Another enrolment begins without.
    pub async fn show_name(&self, on: bool) -> Result<(), SyncError> {
        Ok(self.ask(async move |core| core.show_name(on).await).await?)
    }

    /// The holder's devices.
    pub async fn devices(&self) -> Result<Vec<Arc<Device>>, SyncError> {
        let devices = self.ask(async move |core| core.devices().await).await?;
        Ok(devices.into_iter().map(|core| Arc::new(Device { core })).collect())
    }

    /// Those of the last three months that were ended, the last one first.
    pub async fn ended_devices(&self) -> Result<Vec<Arc<EndedDevice>>, SyncError> {
        let devices = self.ask(async move |core| core.ended_devices().await).await?;
        Ok(devices.into_iter().map(|core| Arc::new(EndedDevice { core })).collect())
    }

    /// Ends one of the holder's devices: its codes are refused from then on. It is signed by today's device
    /// key, and that the app is open is not enough. This device goes without an unlocking as long as there is
    /// another one with passes (`UnlockNeeded` where not); wipe the wallet afterwards. Ends with `Over` where
    /// there is no such device any more.
    #[uniffi::method(default(unlocking = None))]
    pub async fn end_device(
        &self,
        device: Arc<Device>,
        unlocking: Option<Arc<Unlocking>>,
    ) -> Result<(), ApproveError> {
        let ended = self.ask(async move |core| {
            let unlocking = unlocking.as_ref().map(|unlocking| &unlocking.core);
            core.end_device(&device.core, unlocking).await
        });
        Ok(ended.await?)
    }

    /// Ends for good what was stopped because it may have been copied: its passes are revoked.
    pub async fn end_ended_device(
        &self,
        device: Arc<EndedDevice>,
        unlocking: Arc<Unlocking>,
    ) -> Result<(), ApproveError> {
        let ended = self.ask(async move |core| core.end_ended(&device.core, &unlocking.core).await);
        Ok(ended.await?)
    }

    /// Reports a loss (挂失): the account is frozen until a counter lifts the freeze. This device shows a key
    /// of its passes, which ends every other device for good; where all of its keys ask for the holder, one
    /// of them does so now. Where none can be shown, or the holder does not answer, the report is made all
    /// the same: everything is suspended, and nothing ends.
    pub async fn report_lost(&self) -> Result<OtherDevices, SyncError> {
        let others = self.ask(async move |core| core.report_lost().await).await?;
        Ok(match others {
            szid_wallet::OtherDevices::Ended => OtherDevices::Ended,
            szid_wallet::OtherDevices::Suspended => OtherDevices::Suspended,
        })
    }

    /// What happened to the account, the newest first; with the id of the last event shown, what came before
    /// it. The first page counts as seen.
    #[uniffi::method(default(before = None))]
    pub async fn events(&self, before: Option<String>) -> Result<Vec<AccountEvent>, SyncError> {
        let events = self.ask(async move |core| core.events(before.as_deref()).await);
        Ok(events.await?.into_iter().map(AccountEvent::from).collect())
    }

    /// New devices that counters ask for in the holder's name, approved ones too until they are confirmed.
    pub async fn enrolment_questions(&self) -> Result<Vec<Arc<EnrolmentQuestion>>, SyncError> {
        let asked = self.ask(async move |core| core.enrolment_questions().await);
        Ok(asked.await?.into_iter().map(|core| Arc::new(EnrolmentQuestion { core })).collect())
    }

    /// Approves a new device, signed by today's device key. That the app is open is not enough.
    pub async fn approve_enrolment(
        &self,
        question: Arc<EnrolmentQuestion>,
        unlocking: Arc<Unlocking>,
    ) -> Result<(), ApproveError> {
        let given = self
            .ask(async move |core| core.approve_enrolment(&question.core, &unlocking.core).await);
        Ok(given.await?)
    }

    /// Refuses a new device; of an approved one, as long as it is not confirmed, it takes the approval back.
    pub async fn refuse_enrolment(
        &self,
        question: Arc<EnrolmentQuestion>,
    ) -> Result<(), ApproveError> {
        let given = self.ask(async move |core| core.refuse_enrolment(&question.core).await);
        Ok(given.await?)
    }
}

/// The holder's account at the service.
#[derive(Clone, Debug, uniffi::Record)]
pub struct Account {
    /// Whether codes are accepted now.
    pub state: AccountState,
    /// How identity was proven, 1 to 4.
    pub identity_level: u8,
    /// This device.
    pub device: Option<DeviceDetails>,
    /// How many devices there are.
    pub devices: u32,
    /// What happened to the account since `events` was looked at; 100 are counted.
    pub unseen_events: u32,
    /// Whether passes of this device were revoked that none has replaced: `refresh` fetches new ones.
    pub lacks_passes: bool,
}

impl From<szid_wallet::Account> for Account {
    fn from(account: szid_wallet::Account) -> Self {
        Self {
            state: match account.state {
                szid_wallet::AccountState::Active => AccountState::Active,
                szid_wallet::AccountState::Frozen => AccountState::Frozen,
                szid_wallet::AccountState::Revoked => AccountState::Revoked,
            },
            identity_level: account.identity_level,
            device: account.device.map(DeviceDetails::from),
            devices: count(account.devices),
            unseen_events: count(account.unseen_events),
            lacks_passes: account.lacks_passes,
        }
    }
}

/// The state of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum AccountState {
    /// Codes are accepted.
    Active,
    /// Codes are refused until the freeze is lifted.
    Frozen,
    /// Codes of this enrolment are refused for good.
    Revoked,
}

/// How the holder's other devices stand after a report of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum OtherDevices {
    /// They are ended for good; this one is suspended until a counter lifts the freeze.
    Ended,
    /// They are suspended, and so is this one, since it could not show a key of its own: a counter lifts the
    /// freeze for the devices that it sees, and all others end.
    Suspended,
}

/// A device of the holder, as `devices` lists it.
#[derive(uniffi::Object)]
pub struct Device {
    core: szid_wallet::Device,
}

#[uniffi::export]
impl Device {
    /// What is known of it.
    pub fn details(&self) -> DeviceDetails {
        self.core.clone().into()
    }
}

/// What is known of a device.
#[derive(Clone, Debug, uniffi::Record)]
pub struct DeviceDetails {
    /// Its opaque name.
    pub id: String,
    /// What the holder calls it.
    pub name: String,
    /// When it was enrolled, Unix seconds; unknown for one of an older register.
    pub created_at: Option<u64>,
    /// The day on which it was used last, Unix seconds.
    pub last_used_at: Option<u64>,
    /// Whether it is this one.
    pub this_device: bool,
}

impl From<szid_wallet::Device> for DeviceDetails {
    fn from(device: szid_wallet::Device) -> Self {
        Self {
            id: device.id,
            name: device.name,
            created_at: device.created_at,
            last_used_at: device.last_used_at,
            this_device: device.this_device,
        }
    }
}

/// A device of the holder that was ended, as `ended_devices` lists it.
#[derive(uniffi::Object)]
pub struct EndedDevice {
    core: szid_wallet::EndedDevice,
}

#[uniffi::export]
impl EndedDevice {
    /// What is known of it.
    pub fn details(&self) -> EndedDeviceDetails {
        self.core.clone().into()
    }
}

/// What is known of a device that was ended.
#[derive(Clone, Debug, uniffi::Record)]
pub struct EndedDeviceDetails {
    /// Its opaque name.
    pub id: String,
    /// What the holder called it.
    pub name: String,
    /// When it was ended, Unix seconds; unknown for one of an older register.
    pub ended_at: Option<u64>,
    /// Why, as a stable word. Of `copied` the passes are suspended: `end_ended_device` is the last word.
    pub why: String,
}

impl From<szid_wallet::EndedDevice> for EndedDeviceDetails {
    fn from(ended: szid_wallet::EndedDevice) -> Self {
        let szid_wallet::EndedDevice { device, ended_at, why } = ended;
        Self { id: device.id, name: device.name, ended_at, why }
    }
}

/// Something that happened to the account.
#[derive(Clone, Debug, uniffi::Record)]
pub struct AccountEvent {
    /// Names the event.
    pub id: String,
    /// What happened, as a stable word such as `device_added`.
    pub event: String,
    /// The same in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
    /// The name of the device that it is about.
    pub device: Option<String>,
    /// `holder`, `registrar` or `service`.
    pub by: String,
    /// Unix seconds; of several, the last.
    pub at: u64,
    /// How often on that day, where it was more than once.
    pub times: Option<u64>,
}

impl From<szid_wallet::AccountEvent> for AccountEvent {
    fn from(event: szid_wallet::AccountEvent) -> Self {
        Self {
            id: event.id,
            event: event.event,
            zh: event.zh,
            en: event.en,
            device: event.device,
            by: event.by,
            at: event.at,
            times: event.times,
        }
    }
}

/// A counter asks for a new device of the holder.
#[derive(uniffi::Object)]
pub struct EnrolmentQuestion {
    core: szid_wallet::EnrolmentQuestion,
}

#[uniffi::export]
impl EnrolmentQuestion {
    /// What it says.
    pub fn details(&self) -> EnrolmentQuestionDetails {
        self.core.clone().into()
    }
}

/// What a question about a new device says.
#[derive(Clone, Debug, uniffi::Record)]
pub struct EnrolmentQuestionDetails {
    /// Names the question.
    pub id: String,
    /// `replaces`: the new device ends this one and all others; `adds`: it comes in addition.
    pub devices: String,
    /// Unix seconds.
    pub asked_at: u64,
    /// Unix seconds.
    pub expires_at: u64,
    /// Whether it was approved already and not confirmed yet: refusing it takes the approval back.
    pub approved: bool,
}

impl From<szid_wallet::EnrolmentQuestion> for EnrolmentQuestionDetails {
    fn from(question: szid_wallet::EnrolmentQuestion) -> Self {
        Self {
            id: question.id,
            devices: question.devices,
            asked_at: question.asked_at,
            expires_at: question.expires_at,
            approved: question.approved,
        }
    }
}
