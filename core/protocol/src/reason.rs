//! The catalogue of reasons: every verdict has exactly one, with a stable code and words for staff and
//! citizen.
//!
//! The table is written once, here; the specification's table and `docs/errors.md` are tested against it.
//! No text says why a person is frozen, and none judges a person.

use serde::Serialize;

use crate::cbor::CborError;

/// The same words in both languages. Chinese comes first on every screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Text {
    /// Simplified Chinese.
    pub zh: &'static str,
    /// English.
    pub en: &'static str,
}

const fn text(zh: &'static str, en: &'static str) -> Text {
    Text { zh, en }
}

const ASK_REFRESH: Text =
    text("请市民刷新市民码后重新出示", "Ask the citizen to refresh the code, then scan again");
const SCAN_AGAIN: Text = text(
    "请再扫一次；仍不通过的，转人工核验",
    "Scan again; if it fails again, check the person by hand",
);
const UPDATE_DEVICE: Text = text("请更新本机核验软件", "Update this scanner's software");
const BY_HAND: Text =
    text("请转人工核验，并告知管理员", "Check the person by hand and tell the operator");
const SYNC_DEVICE: Text =
    text("请让本机联网同步后再扫", "Let this device go online and synchronise, then scan again");
const REFRESH: Text = text("请刷新市民码", "Refresh your citizen code");
const SHOW_CODE: Text =
    text("请打开“i深圳”出示市民码", "Open i Shenzhen and show your citizen code");
const NOT_YOU: Text = text(
    "系统原因暂无法核验，请到人工窗口办理",
    "This is not about you; please use the staffed counter",
);
const UPDATE_APP: Text = text("请更新“i深圳”应用", "Update the i Shenzhen app");
const NEW_PASS: Text =
    text("请联网打开“i深圳”更新市民码", "Go online and open i Shenzhen to renew your code");
/// A register that was put back may not know the phone at all: then no renewal helps.
const NEW_PASS_OR_ENROLMENT: Text = text(
    "请联网打开“i深圳”更新市民码；更新不了的，带证件到服务窗口重新申领",
    "Go online and open i Shenzhen to renew your code; if that fails, apply again at a service counter, with your document",
);

macro_rules! reasons {
    ($($(#[$section:meta])* $case:ident, $code:literal, $zh:literal, $en:literal, $staff:expr, $citizen:expr;)+) => {
        /// Why a verdict is what it is. Codes are stable; new ones may be added.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Reason { $(#[doc = $en] $case),+ }

        impl Reason {
            /// Every reason, in the order of the verification steps.
            pub const ALL: &'static [Reason] = &[$(Reason::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$case => $code),+ }
            }

            /// What happened.
            pub const fn text(self) -> Text {
                match self { $(Self::$case => text($zh, $en)),+ }
            }

            /// What staff do or say.
            pub const fn staff(self) -> Text {
                match self { $(Self::$case => $staff),+ }
            }

            /// What the citizen does.
            pub const fn citizen(self) -> Text {
                match self { $(Self::$case => $citizen),+ }
            }
        }
    };
}

reasons! {
    Ok, "OK", "核验通过", "Verified", text("请放行或继续办理", "Let the person pass"), text("已核验", "You are verified");
    OkAgain, "OK_AGAIN", "刚才已核验通过", "Verified a moment ago at this desk", text("同一次核验，无需重复", "The same check as before; nothing more to do"), text("已核验", "You are verified");

    NotACitizenCode, "NOT_A_CITIZEN_CODE", "不是市民码", "Not a citizen code", text("请市民打开“i深圳”出示市民码", "Ask the citizen to show the citizen code in i Shenzhen"), SHOW_CODE;
    TextTooLong, "TEXT_TOO_LONG", "内容过长", "The scanned text is too long", text("请一次只扫一个码", "Scan one code at a time"), SHOW_CODE;
    TextCharacter, "TEXT_CHARACTER", "含有非数字字符", "The scanned text holds something other than digits", text("请关闭中文输入法后再扫；仍如此的，检查扫码枪的前缀和后缀", "Switch off the input method and scan again; if it comes again, look what the scanner puts before and after the code"), REFRESH;
    TextLength, "TEXT_LENGTH", "内容不完整", "The scanned text is cut or has extra digits", SCAN_AGAIN, REFRESH;
    TextGroup, "TEXT_GROUP", "数字读错", "A group of digits was misread", SCAN_AGAIN, REFRESH;
    NumberNotHere, "NUMBER_NOT_HERE", "此处不受理短号", "Short numbers are not taken here", text("请在联网的核验台逐个输入短号，或扫市民码", "Type short numbers one by one at a desk with a connection, or scan the code"), SHOW_CODE;
    NumberMistyped, "NUMBER_MISTYPED", "短号输入有误", "The short number's check digit does not fit", text("请与市民核对后重新输入", "Read it back to the citizen and type it again"), text("请再报一次短号", "Say the number again");
    NumberUnknown, "NUMBER_UNKNOWN", "短号无效或已过期", "The short number was used, has run out, or was never given", text("请市民重新生成短号", "Ask the citizen for a new number"), text("请重新生成短号", "Get a new number");
    VersionUnknown, "VERSION_UNKNOWN", "市民码版本较新，请更新", "The code is of a newer version: please update", UPDATE_DEVICE, NOT_YOU;

    Malformed, "MALFORMED", "内容无法识别", "The content is not a citizen code's", SCAN_AGAIN, REFRESH;
    NotCanonical, "NOT_CANONICAL", "编码不规范", "The content is not in its one canonical form", BY_HAND, UPDATE_APP;
    AlgorithmUnknown, "ALGORITHM_UNKNOWN", "签名算法未知，请更新", "The signature algorithm is unknown: please update", UPDATE_DEVICE, UPDATE_APP;
    ProfileUnknown, "PROFILE_UNKNOWN", "市民码格式较新，请更新", "The pass is of a newer profile: please update", UPDATE_DEVICE, NOT_YOU;

    TrustMissing, "TRUST_MISSING", "本机没有信任清单", "This device has no trust list", SYNC_DEVICE, NOT_YOU;
    TrustMalformed, "TRUST_MALFORMED", "信任清单无法识别", "The trust list cannot be read", SYNC_DEVICE, NOT_YOU;
    TrustSignature, "TRUST_SIGNATURE", "信任清单签名不符", "The trust list is not signed by the city's root key", BY_HAND, NOT_YOU;
    TrustRollback, "TRUST_ROLLBACK", "信任清单比已有的旧", "The trust list is older than the one already held", SYNC_DEVICE, NOT_YOU;
    TrustExpired, "TRUST_EXPIRED", "信任清单已过期", "The trust list has expired", SYNC_DEVICE, NOT_YOU;
    TrustTooOld, "TRUST_TOO_OLD", "信任清单过旧", "The trust list is older than this scene allows", SYNC_DEVICE, NOT_YOU;
    VerifierClockBehind, "VERIFIER_CLOCK_BEHIND", "本机时钟慢了", "This device's clock is behind the newest signed time it has seen", text("请校准本机时钟", "Set this device's clock"), NOT_YOU;

    IssuerUnknown, "ISSUER_UNKNOWN", "签发机构不在信任清单", "No key of the trust list signed this pass", SYNC_DEVICE, NEW_PASS;
    AlgorithmMismatch, "ALGORITHM_MISMATCH", "签名算法与密钥不符", "The claimed algorithm is not the trusted key's", BY_HAND, NEW_PASS;
    KeyPurpose, "KEY_PURPOSE", "密钥用途不符", "The signing key is trusted for another purpose", BY_HAND, NEW_PASS;
    KeyNotValid, "KEY_NOT_VALID", "签发密钥不在有效期", "The signing key is not valid now", SYNC_DEVICE, NEW_PASS;
    PassSignature, "PASS_SIGNATURE", "签发签名不符", "The issuer's signature is wrong", BY_HAND, NEW_PASS;
    PassClaims, "PASS_CLAIMS", "签发内容超出范围", "A value in the pass is outside its range", BY_HAND, NEW_PASS;
    PassNotYetValid, "PASS_NOT_YET_VALID", "凭证尚未生效", "The pass is for a later day", text("请核对本机日期", "Check this device's date"), text("请核对手机日期，再刷新市民码", "Check your phone's date, then refresh your code");
    PassExpired, "PASS_EXPIRED", "凭证已过有效期", "The pass was for an earlier day", ASK_REFRESH, NEW_PASS;
    DeviceKey, "DEVICE_KEY", "设备公钥无效", "The device key is no point on its curve", BY_HAND, NEW_PASS;

    CodeSignature, "CODE_SIGNATURE", "设备签名不符", "The device's signature is wrong", ASK_REFRESH, REFRESH;
    CodeClaims, "CODE_CLAIMS", "码内数值超出范围", "A value in the code is outside its range", ASK_REFRESH, UPDATE_APP;
    CodeExpired, "CODE_EXPIRED", "市民码已过期", "The code is too old: a screenshot, or a slow clock", ASK_REFRESH, text("请刷新市民码，勿用截图；反复出现请校准手机时间", "Refresh your code, do not use a screenshot; if it comes again, set your phone's time");
    ClockAhead, "CLOCK_AHEAD", "市民码时间超前", "The code's time lies ahead of this device's clock", text("请核对本机时间；时间无误的，请市民联网后重试", "Check this device's time; if it is right, ask the citizen to go online and try again"), text("请联网打开“i深圳”校准时间", "Go online and open i Shenzhen to correct the time");
    ChallengeMissing, "CHALLENGE_MISSING", "请先扫描本场所的场所码", "The code does not answer this venue's challenge", text("请市民先扫描本机屏幕上的场所码", "Ask the citizen to scan the code on this screen first"), text("请先扫描场所屏幕上的场所码", "Scan the code on the venue's screen first");
    ChallengeMismatch, "CHALLENGE_MISMATCH", "场所码已更新，请重新扫描", "The code answers another challenge", text("请市民重新扫描本机屏幕上的场所码", "Ask the citizen to scan the code on this screen again"), text("请重新扫描场所屏幕上的场所码", "Scan the code on the venue's screen again");

    ScenesMalformed, "SCENES_MALFORMED", "场景规则无法识别", "The scene policies cannot be read", SYNC_DEVICE, NOT_YOU;
    ScenesSignature, "SCENES_SIGNATURE", "场景规则签名不符", "The scene policies are not signed by a trusted key", BY_HAND, NOT_YOU;
    ScenesRollback, "SCENES_ROLLBACK", "场景规则比已有的旧", "The scene policies are older than those already held", SYNC_DEVICE, NOT_YOU;
    ScenesExpired, "SCENES_EXPIRED", "场景规则已过期", "The scene policies have expired", SYNC_DEVICE, NOT_YOU;
    SceneUnknown, "SCENE_UNKNOWN", "场景未登记", "The scene is not in the scene policies", SYNC_DEVICE, NOT_YOU;
    SceneMismatch, "SCENE_MISMATCH", "此码仅限其他场景使用", "The citizen limited this code to another scene", text("请市民出示用于本场景的市民码", "Ask the citizen to show a code for this scene"), text("请为本场景重新出示市民码", "Show a code for this scene");
    OfflineNotAllowed, "OFFLINE_NOT_ALLOWED", "本场景须联网核验", "This scene must be verified online", SYNC_DEVICE, NOT_YOU;
    LevelTooLow, "LEVEL_TOO_LOW", "认证等级不足", "The level is too low for this scene", text("请市民解锁手机后重新亮码；仍不通过的，转人工核验", "Ask the citizen to unlock and show the code again or to step up, or check by hand"), text("请用指纹、面容或密码解锁后重新亮码，或升级认证", "Unlock with fingerprint, face or PIN and show the code again, or step up your level");
    ClassDenied, "CLASS_DENIED", "本场景不支持此证件类型", "This scene does not cover this kind of document", text("请核验实体证件", "Check the document by hand"), text("请出示实体证件", "Show the document itself");

    StatusMissing, "STATUS_MISSING", "本机没有当日状态清单", "This device has no status list for the pass", SYNC_DEVICE, NOT_YOU;
    StatusMalformed, "STATUS_MALFORMED", "状态清单无法识别", "The status list cannot be read", SYNC_DEVICE, NOT_YOU;
    StatusSignature, "STATUS_SIGNATURE", "状态清单签名不符", "The status list is not signed by a trusted key", BY_HAND, NOT_YOU;
    StatusForeign, "STATUS_FOREIGN", "状态清单不属于此凭证", "The status list belongs to other passes", SYNC_DEVICE, NOT_YOU;
    StatusRollback, "STATUS_ROLLBACK", "状态清单比已有的旧", "The status list is older than the one already held", SYNC_DEVICE, NOT_YOU;
    StatusTooOld, "STATUS_TOO_OLD", "状态清单过旧", "The status list has expired or is older than this scene allows", SYNC_DEVICE, NOT_YOU;
    StatusIndex, "STATUS_INDEX", "凭证不在状态清单范围", "The pass's index lies outside the status list", BY_HAND, NEW_PASS;
    HolderUnknown, "HOLDER_UNKNOWN", "凭证未登记", "The register does not know this pass", BY_HAND, NEW_PASS_OR_ENROLMENT;
    ConsentDenied, "CONSENT_DENIED", "市民未同意", "The citizen did not consent", text("请尊重市民的选择，改用其他方式办理", "Respect the choice and offer another way"), text("您已拒绝提供信息，可改用其他方式办理", "You refused to share; you can be served another way");
    ConsentExpired, "CONSENT_EXPIRED", "市民未在时限内确认", "The citizen did not answer in time", text("请市民联网打开“i深圳”后重新扫码", "Ask the citizen to open i Shenzhen with a connection, then scan again"), text("请联网打开“i深圳”，再出示一次并确认", "Open i Shenzhen with a connection, show your code again and confirm");
    ConsentNeeded, "CONSENT_NEEDED", "本场景须逐次征得同意", "This scene asks the citizen each time: not in a batch", text("请单独扫码", "Scan the code on its own"), NOT_YOU;
    ScannerWithdrawn, "SCANNER_WITHDRAWN", "核验设备或场所已停用", "The scanner or its venue was withdrawn before the answer", BY_HAND, NOT_YOU;
    Revoked, "REVOKED", "凭证已失效", "The pass was revoked", text("此码已失效，请转人工核验", "This code is no longer valid; check the person by hand"), text("请致电12345或到服务窗口", "Call 12345 or go to a service counter");
    Frozen, "FROZEN", "市民码已冻结", "The citizen code is frozen", text("此码暂停使用，请市民到服务窗口办理解冻", "This code is suspended; a service counter lifts the freeze"), text("请到服务窗口办理解冻，可先致电12345咨询", "A service counter lifts the freeze; call 12345 with questions");
    ReplayMemory, "REPLAY_MEMORY", "本机无法记录已用的码", "This device cannot remember used codes now", text("请联系管理员检查本机存储，暂转人工核验", "Have the operator check this device's storage; check by hand meanwhile"), NOT_YOU;
    UsesUnknown, "USES_UNKNOWN", "无法确定此码是否已用过", "It is not known here whether this code was used", text("请市民半分钟后再出示；仍如此的，转人工核验并联系管理员", "Ask the citizen to show a code again in half a minute; if it goes on, check by hand and call the operator"), NOT_YOU;
    Replay, "REPLAY", "此码已使用过", "This code was used already", ASK_REFRESH, text("请刷新市民码后重新出示", "Refresh your code and scan again");
}

impl Reason {
    /// True for the reasons that come with acceptance.
    pub const fn is_accept(self) -> bool {
        matches!(self, Self::Ok | Self::OkAgain)
    }

    /// The reason with this stable code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|reason| reason.code() == code)
    }

    /// Whether a scan with this reason leaves a count in place of a row or a receipt: nothing in it is known
    /// to be of this city's making. A wrong short number is none of these: it has its row, and their number
    /// is bounded.
    pub const fn leaves_a_count(self) -> bool {
        matches!(
            self,
            Self::NotACitizenCode
                | Self::TextTooLong
                | Self::TextCharacter
                | Self::TextLength
                | Self::TextGroup
                | Self::NumberNotHere
                | Self::NumberMistyped
                | Self::VersionUnknown
                | Self::Malformed
                | Self::NotCanonical
                | Self::AlgorithmUnknown
                | Self::ProfileUnknown
                | Self::IssuerUnknown
                | Self::AlgorithmMismatch
                | Self::KeyPurpose
                | Self::PassSignature
                | Self::CodeSignature
        )
    }
}

impl std::fmt::Display for Reason {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(self.code())
    }
}

impl std::error::Error for Reason {}

impl Serialize for Reason {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl From<CborError> for Reason {
    fn from(error: CborError) -> Self {
        match error {
            CborError::Malformed => Self::Malformed,
            CborError::NotCanonical => Self::NotCanonical,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_every_text_is_there() {
        let mut codes: Vec<_> = Reason::ALL.iter().map(|reason| reason.code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Reason::ALL.len());
        for reason in Reason::ALL {
            for text in [reason.text(), reason.staff(), reason.citizen()] {
                assert!(
                    !text.zh.is_empty() && text.en.is_ascii() && !text.en.is_empty(),
                    "{reason}"
                );
                assert!(!text.zh.is_ascii(), "{reason}");
            }
            assert_eq!(Reason::from_code(reason.code()), Some(*reason));
        }
    }
}
