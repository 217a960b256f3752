//! What can go wrong for a holder, and what to do then.

use std::io::ErrorKind;

use szid_protocol::reason::{Reason, Text};
use szid_protocol::venue::VenueCodeFault;
use szid_vault::{EntropyError, VaultError};

use crate::client::{DEVICE_UNKNOWN, LEVEL_LAPSED, PASS_LEVEL, PASS_QUOTA, USE_KEY_PROOF};
use crate::ports::KeyError;

/// A wallet's error. `code()` is stable and listed in `docs/errors.md`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WalletError {
    /// The service cannot be reached, or did not answer in time.
    #[error("the service cannot be reached")]
    Network,
    /// Something else answered in the service's place, as a network does that wants a login first.
    #[error("what answered is not the service")]
    NotTheService,
    /// The service refused, with its own error word, such as `invalid_grant` for a wrong transaction code.
    #[error("the service refused: {0}")]
    Refused(String),
    /// The service's answer is not what the interface promises.
    #[error("the service's answer cannot be used: {0}")]
    Answer(&'static str),
    /// The offer cannot be read.
    #[error("the credential offer cannot be read")]
    Offer,
    /// An address without TLS, of the offer or of the service: only demo mode asks one, and of this machine
    /// alone.
    #[error(
        "an http address is asked in demo mode alone, and there of this machine alone: use https"
    )]
    NotHttps,
    /// The city's trust list does not name the issuer: nothing was sent to it.
    #[error("the city's trust list does not name this issuer")]
    Issuer,
    /// A signed document or pass of the service is not trustworthy.
    #[error("the service's signed data are refused: {0}")]
    Untrusted(Reason),
    /// No identity has been enrolled here.
    #[error("nothing is enrolled in this wallet")]
    NotEnrolled,
    /// The account is frozen: codes are refused until a counter lifts the freeze.
    #[error("the account is frozen")]
    Frozen,
    /// This device was ended: by the holder, by a counter, by a newer device, or because it was not used for
    /// too long.
    #[error("this device was ended")]
    DeviceEnded,
    /// There is no pass for today: the strip has run out, or never began.
    #[error("there is no pass for today")]
    NoPass,
    /// The device key failed.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// What the phone read is no good code of a venue.
    #[error(transparent)]
    VenueCode(VenueCodeFault),
    /// The unlocking is over, or another wallet's: the holder unlocks again.
    #[error("the wallet is locked")]
    Locked,
    /// All tries of the PIN are used up, and the wallet was wiped, as the city's policy says.
    #[error("all tries of the PIN are used up, and the wallet was wiped")]
    WipedAfterLastTry,
    /// What was asked does not fit the code's format, for instance an overlong challenge.
    #[error("the code cannot be drawn")]
    Drawing,
}

impl From<EntropyError> for WalletError {
    fn from(error: EntropyError) -> Self {
        Self::Vault(error.into())
    }
}

impl WalletError {
    /// Every code, for the catalogue.
    pub const CODES: &'static [&'static str] = &[
        "WALLET_NETWORK",
        "WALLET_NOT_THE_SERVICE",
        "WALLET_REFUSED",
        "WALLET_ANSWER",
        "WALLET_OFFER",
        "WALLET_ISSUER",
        "WALLET_UNTRUSTED",
        "WALLET_NOT_ENROLLED",
        "WALLET_FROZEN",
        "WALLET_DEVICE_ENDED",
        "WALLET_NO_PASS",
        "WALLET_KEY",
        "WALLET_BUSY",
        "WALLET_DISK_FULL",
        "WALLET_DENIED",
        "WALLET_VAULT",
        "WALLET_VENUE_CODE",
        "WALLET_LOCKED",
        "WALLET_WIPED_AFTER_LAST_TRY",
        "WALLET_DRAWING",
    ];

    /// The stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Network => "WALLET_NETWORK",
            Self::NotTheService => "WALLET_NOT_THE_SERVICE",
            Self::Refused(_) => "WALLET_REFUSED",
            Self::Answer(_) => "WALLET_ANSWER",
            Self::Offer | Self::NotHttps => "WALLET_OFFER",
            Self::Issuer => "WALLET_ISSUER",
            Self::Untrusted(_) => "WALLET_UNTRUSTED",
            Self::NotEnrolled => "WALLET_NOT_ENROLLED",
            Self::Frozen => "WALLET_FROZEN",
            Self::DeviceEnded => "WALLET_DEVICE_ENDED",
            Self::NoPass => "WALLET_NO_PASS",
            Self::Key(_) => "WALLET_KEY",
            Self::Vault(VaultError::InUse) => "WALLET_BUSY",
            Self::Vault(error) if takes_no_writes(error) => "WALLET_DISK_FULL",
            Self::Vault(VaultError::Io(ErrorKind::PermissionDenied)) => "WALLET_DENIED",
            Self::Vault(_) => "WALLET_VAULT",
            Self::VenueCode(_) => "WALLET_VENUE_CODE",
            Self::Locked => "WALLET_LOCKED",
            Self::WipedAfterLastTry => "WALLET_WIPED_AFTER_LAST_TRY",
            Self::Drawing => "WALLET_DRAWING",
        }
    }

    /// What the holder does.
    pub fn advice(&self) -> Text {
        let (zh, en) = match self {
            Self::Network => (
                "请检查网络后重试；已有的市民码不受影响",
                "Check your connection and try again; the codes you have still work",
            ),
            Self::NotTheService => (
                "应答的不是市民码服务：请稍后再试，网络需要登录的请先登录，或更换网络；反复出现请更新应用。已有的市民码不受影响",
                "Something else answered in the service's place: try again later; where this network wants a login, log in or use another one, and update the app if it keeps coming. The codes you have still work",
            ),
            Self::Refused(word) if is_for_later(word) => (
                "服务繁忙，请稍后再试；已有的市民码不受影响",
                "The service is busy; try again later, the codes you have still work",
            ),
            Self::Refused(word) if word == "VENUE_AWAY" => (
                "请窗口人员打开核验页面后再确认",
                "Ask staff to open the desk's page, then confirm again",
            ),
            Self::Refused(word) if word == "CONSENT_CODE" => {
                ("请解锁手机后重新确认", "Unlock your phone, then confirm again")
            }
            Self::Refused(word) if word == "DEVICE_UNPROVEN" => (
                "本机的密钥换过，暂不能停用其他设备或同意新设备：请用另一部手机办理，或到服务窗口办理；约两周后本机也可办理",
                "This phone's keys were replaced, so for now it ends no other device and approves no new one: use another phone or go to a service counter; in about two weeks this phone can",
            ),
            Self::Refused(word) if word == "CONSENT_OVER" => {
                ("此请求已结束，未提供任何信息", "This request is over; nothing was shared")
            }
            Self::Refused(word) if word == "REPORTS_SPENT" => (
                "24小时内举报次数已达上限：请过后再举报，急需处理的请致电12345",
                "You have reported as many uses as one may within a day: report it later, or call 12345 if it cannot wait",
            ),
            Self::Refused(word) if word == "NOT_FOUND" => (
                "所找的内容已不存在或已失效；申领码失效的，请到服务窗口重新申领",
                "It is no longer there; for another offer go to a service counter",
            ),
            Self::Refused(word) if word == PASS_QUOTA => (
                "本机近日领取次数过多，暂时领不到市民码；急需使用的到服务窗口重新申领，不是您本人操作的请致电12345",
                "This phone asked for too many codes and gets no more for some days; apply again at a service counter if you need one now, and call 12345 if that was not you",
            ),
            Self::Refused(word) if word == PASS_LEVEL || word == LEVEL_LAPSED => (
                "身份核验已到期，暂时领不到市民码：请重新核验身份，可到服务窗口，或用账户页列出的方式",
                "Your proof of identity has run out, so there are no new codes: prove it again at a service counter, or in a way that your account lists",
            ),
            Self::Refused(word) if word == USE_KEY_PROOF => (
                "本市数据已恢复备份，需要确认这是您的手机：请解锁手机、打开应用并联网更新；半个月后仍不行的，请到服务窗口重新申领",
                "The city's data were put back from a backup, and this phone has to show that it is yours: unlock it, open the app and go online; if that fails for a fortnight, apply again at a service counter",
            ),
            Self::Refused(word) if word == DEVICE_UNKNOWN => (
                "本市数据已恢复备份，备份中没有本机：已有的市民码在联网核验处不再可用，请持证件到服务窗口重新申领",
                "The city's data were put back from a backup that does not have this phone: the codes you have are refused wherever they are checked online; apply again at a service counter, with your document",
            ),
            Self::Refused(word) if word == "OFFER_USED" => (
                "此申领码已使用；如非本人操作请致电12345，仍需领取的到服务窗口重新申领",
                "This offer was taken up already; call 12345 if that was not you, or apply again at a service counter",
            ),
            Self::Refused(word) if word == "OFFER_EXPIRED" => (
                "申领码已过期，请到服务窗口重新申领",
                "This offer has run out; apply again at a service counter",
            ),
            Self::Refused(word) if word == "OFFER_LOCKED" => (
                "验证码输错次数过多，申领码已作废；请到服务窗口重新申领",
                "The transaction code was wrong too often and the offer is over; apply again at a service counter",
            ),
            Self::Refused(word)
                if matches!(&**word, "credential_request_denied" | "ACCOUNT_STATE") =>
            {
                (
                    "账户目前不能这样办理：请稍后查看账户状态；账户已注销的，到服务窗口重新申领",
                    "Your account does not allow this now: look at it again in a moment, and apply again at a service counter if it was revoked",
                )
            }
            // A renewal that ends with this word ends the device; here it is an offer's.
            Self::Refused(word) if word == "invalid_grant" => (
                "请核对验证码，或到服务窗口重新申领",
                "Check the transaction code, or apply again at a service counter",
            ),
            Self::Offer => (
                "请重新扫描申领码；仍不行的，到服务窗口重新申领",
                "Scan the offer again; if it still cannot be read, apply again at a service counter",
            ),
            Self::NotHttps => (
                "此申领码指向未加密的地址，未作访问：请扫描服务窗口出示的申领码",
                "This offer leads to an address without encryption, which was not asked: scan the one that the service counter shows",
            ),
            Self::Refused(_) | Self::Answer(_) => LATER,
            Self::Issuer => (
                "此服务不是本市的签发机构，请勿继续，可致电12345举报",
                "This service is not one of the city's issuers: stop here, and report it to 12345",
            ),
            Self::Untrusted(reason) => of_untrusted(*reason),
            Self::VenueCode(VenueCodeFault::Signature) => (
                "此码不是本市签发的，请勿继续，可致电12345举报",
                "The city did not sign this code: stop here, and report it to 12345",
            ),
            Self::VenueCode(_) => {
                ("请重新扫场所屏幕或墙上的码", "Scan the code on the venue's screen or wall again")
            }
            Self::NotEnrolled => ("请先申领市民码", "Apply for your citizen code first"),
            Self::Frozen => (
                "账户已冻结，市民码暂停使用；请到服务窗口办理解冻，可先致电12345咨询",
                "Your account is frozen and codes are refused; a service counter lifts the freeze, call 12345 with questions",
            ),
            Self::DeviceEnded => (
                "本机已停用；如非本人操作请致电12345，需要时到服务窗口重新申领",
                "This device was ended; call 12345 if that was not you, and apply again at a service counter",
            ),
            Self::NoPass => {
                ("请联网打开应用更新市民码", "Go online and open the app to renew your code")
            }
            Self::Locked => ("请重新解锁后再试", "Unlock again, then go on"),
            Self::WipedAfterLastTry => (
                "密码多次输错，本机市民码已清除；请到服务窗口重新申领",
                "Too many wrong PINs: the code was removed from this phone; apply again at a service counter",
            ),
            Self::Key(KeyError::Lost) => (
                "手机已停用原来的密钥（例如新录入了指纹）：请联网打开应用更新市民码",
                "The phone has ended the code's key, as when a finger was added: go online and open the app to renew your code",
            ),
            Self::Key(_) => ("请解锁手机后重试", "Unlock your phone and try again"),
            Self::Vault(VaultError::InUse) => (
                "钱包已在本程序或另一程序中打开（如正在刷新）：请稍候重试，或先在那里关闭",
                "This or another program has the wallet open, such as for a refresh: wait a moment and try again, or close it there",
            ),
            Self::Vault(error) if takes_no_writes(error) => (
                "存储空间已满或不可写入：请清理手机存储空间后重试；没有丢失任何内容，无需重新申领",
                "The phone's storage is full or takes no writes: free some space and try again; nothing is lost, and there is no need to apply anew",
            ),
            Self::Vault(VaultError::Io(ErrorKind::PermissionDenied)) => (
                "应用不能写入自己的目录：请解锁并重启手机后重试，在电脑上请将目录改为本人可写；没有丢失任何内容，无需重新申领",
                "The app may not write into its own folder: unlock and restart the phone, then try again, and on a computer let yourself write there; nothing is lost, and there is no need to apply anew",
            ),
            Self::Vault(_) | Self::Drawing => {
                ("请重启应用；仍不行请重新申领", "Restart the app; if it fails again, apply anew")
            }
        };
        Text { zh, en }
    }
}

type Advice = (&'static str, &'static str);

const LATER: Advice = (
    "暂时无法办理：请稍后再试，反复出现请更新应用；已有的市民码不受影响",
    "This does not work now: try again later, and update the app if it keeps coming; the codes you have still work",
);
const CLOCKS: Advice = (
    "时间对不上：请核对手机的日期和时间，仍不行的请稍后再试，也可能是服务的时间有误；已有的市民码不受影响",
    "The times do not agree: check this phone's date and time; if they are right, the service's may not be, so try again later. The codes you have still work",
);

/// What is signed by a key that is not good yet, or for another time, is a matter of clocks first: another
/// app would not help.
fn of_untrusted(reason: Reason) -> Advice {
    match reason {
        Reason::KeyNotValid
        | Reason::PassNotYetValid
        | Reason::PassExpired
        | Reason::TrustExpired
        | Reason::VerifierClockBehind => CLOCKS,
        _ => LATER,
    }
}

/// Storage that is full or read-only: what is in the vault is fine.
fn takes_no_writes(error: &VaultError) -> bool {
    matches!(error, VaultError::DiskFull | VaultError::Io(ErrorKind::ReadOnlyFilesystem))
}

/// The service's words for later, and the statuses of what stands in front of it and knows no words.
pub(crate) fn is_for_later(word: &str) -> bool {
    const WORDS: [&str; 11] = [
        "temporarily_unavailable",
        "BUSY",
        "CLOCK_UNCHECKED",
        "STORAGE_LOW",
        "TIMEOUT",
        "TOO_MANY",
        "408",
        "429",
        "502",
        "503",
        "504",
    ];
    WORDS.contains(&word)
}

/// The codes that a section of the catalogue lists, in its order.
#[cfg(test)]
pub(crate) fn catalogued(title: &str) -> Vec<String> {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors.md");
    let page = std::fs::read_to_string(page).unwrap();
    let section = page.split("\n## ").find(|part| part.starts_with(title)).unwrap();
    let rows = section.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    rows.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_applies_anew_over_a_full_or_read_only_disk() {
        for fault in [VaultError::DiskFull, VaultError::Io(ErrorKind::ReadOnlyFilesystem)] {
            let error = WalletError::Vault(fault);
            assert_eq!(error.code(), "WALLET_DISK_FULL");
            let Text { zh, en } = error.advice();
            assert!(zh.contains("清理") && zh.contains("无需重新申领"), "{zh}");
            assert!(en.contains("space") && en.contains("no need to apply anew"), "{en}");
        }
    }

    #[test]
    fn nobody_applies_anew_over_a_folder_that_may_not_be_written() {
        let error = WalletError::Vault(VaultError::Io(ErrorKind::PermissionDenied));
        let Text { zh, en } = error.advice();
        assert_eq!(error.code(), "WALLET_DENIED");
        assert!(zh.contains("无需重新申领") && en.contains("no need to apply anew"), "{zh} {en}");
    }

    #[test]
    fn only_words_that_mean_it_send_to_a_counter() {
        const TO_A_COUNTER: [&str; 13] = [
            "invalid_grant",
            "credential_request_denied",
            "use_key_proof",
            "NOT_FOUND",
            "ACCOUNT_STATE",
            "DEVICE_UNKNOWN",
            "DEVICE_UNPROVEN",
            "PASS_QUOTA",
            "PASS_LEVEL",
            "LEVEL_LAPSED",
            "OFFER_USED",
            "OFFER_EXPIRED",
            "OFFER_LOCKED",
        ];
        let mut words = catalogued("Problems of the service");
        words.extend(catalogued("Errors of OAuth 2"));
        assert!(TO_A_COUNTER.iter().all(|word| words.iter().any(|listed| listed == word)));
        for word in words.iter().map(String::as_str).chain(["503", "SOMETHING_NEW"]) {
            let Text { zh, en } = WalletError::Refused(word.to_owned()).advice();
            let sends =
                zh.contains("窗口重新申领") || zh.contains("服务窗口") || en.contains("counter");
            assert_eq!(sends, TO_A_COUNTER.contains(&word), "{word}: {zh} {en}");
        }
    }

    #[test]
    fn what_clocks_may_be_at_fault_for_says_so_before_it_names_the_app() {
        for reason in Reason::ALL {
            let Text { zh, en } = WalletError::Untrusted(*reason).advice();
            assert!(zh.contains("稍后再试") && zh.contains("已有的市民码不受影响"), "{zh}");
            assert!(en.contains("later") && en.contains("odes you have still work"), "{en}");
        }
        for reason in [Reason::KeyNotValid, Reason::PassNotYetValid, Reason::TrustExpired] {
            let Text { zh, en } = WalletError::Untrusted(reason).advice();
            assert!(zh.contains("日期和时间") && en.contains("date and time"), "{zh} {en}");
            assert!(!zh.contains("更新应用") && !en.contains("update"), "{zh} {en}");
        }
    }

    #[test]
    fn an_offer_that_was_not_taken_up_does_not_blame_the_transaction_code() {
        for error in [WalletError::Offer, WalletError::NotHttps] {
            let Text { zh, en } = error.advice();
            assert!(zh.contains("扫描") && !zh.contains("验证码"), "{zh}");
            assert!(en.to_lowercase().contains("scan") && !en.contains("transaction code"), "{en}");
        }
    }

    #[test]
    fn codes_are_unique_and_complete_and_every_error_has_advice() {
        let samples = [
            WalletError::Network,
            WalletError::NotTheService,
            WalletError::Refused("invalid_grant".into()),
            WalletError::Answer("it is too large"),
            WalletError::Offer,
            WalletError::Issuer,
            WalletError::Untrusted(Reason::TrustRollback),
            WalletError::NotEnrolled,
            WalletError::Frozen,
            WalletError::DeviceEnded,
            WalletError::NoPass,
            WalletError::Key(KeyError::Lost),
            WalletError::Vault(VaultError::InUse),
            WalletError::Vault(VaultError::DiskFull),
            WalletError::Vault(VaultError::Io(ErrorKind::PermissionDenied)),
            WalletError::Vault(VaultError::Wiped),
            WalletError::VenueCode(VenueCodeFault::Expired),
            WalletError::Locked,
            WalletError::WipedAfterLastTry,
            WalletError::Drawing,
        ];
        let codes: Vec<_> = samples.iter().map(WalletError::code).collect();
        assert_eq!(codes, WalletError::CODES);
        assert_eq!(WalletError::NotHttps.code(), "WALLET_OFFER");
        for error in &samples {
            let text = error.to_string();
            assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
            assert!(!error.advice().zh.is_empty() && !error.advice().en.is_empty());
        }
    }
}
