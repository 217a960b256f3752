//! Receipts of gates, as they come to the register and as it keeps them.

use szid_protocol::day::DAY;
use szid_protocol::proof::ProvenCode;
use szid_protocol::reason::Text;
use szid_protocol::receipt::Receipt;

use super::ReceiptId;

/// The longest that a gate may stay alone, seconds: receipts older than this are set aside, and what tells a
/// double use or a number that was used twice is remembered for as long.
pub const LONGEST_ALONE: u64 = 31 * DAY;

macro_rules! objections {
    ($($case:ident, $code:literal, $zh:literal, $en:literal;)+) => {
        /// Why a receipt is set aside. Codes are stable and listed in `docs/errors.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Objection { $(#[doc = $en] $case),+ }

        impl Objection {
            /// Every objection.
            pub const ALL: &'static [Objection] = &[$(Objection::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Self::$case => $code),+ } }
            /// What it means, and what to do.
            pub const fn advice(self) -> Text { match self { $(Self::$case => Text { zh: $zh, en: $en }),+ } }
        }
    };
}

objections! {
    Invalid, "RECEIPT_INVALID", "无法识别，或不是由该设备现在或先前登记的密钥签名：请核对闸机密钥与登记的密钥", "it cannot be read, or no key that is or was registered for this device signed it: compare the gate's key with the registered one";
    Foreign, "RECEIPT_FOREIGN", "属于其他场所或设备：误用了另一台闸机的目录", "it is another venue's or device's: the folder of another gate was used";
    Number, "RECEIPT_NUMBER", "该编号已有另一份回执：闸机目录被退回到旧状态，或两台设备使用同一密钥；这次使用仍然计入", "another receipt has its number already: the gate's folder was put back from a copy, or two devices use one key; its use counts all the same";
    Id, "RECEIPT_ID", "标识与其时间和编号不符，或已属于另一次扫码", "its id is not of its second and number, or is another scan's already";
    Reason, "RECEIPT_REASON", "结论代码不在目录中：请更新服务，或检查设备", "its reason is none of the catalogue: update the service, or look at the device";
    Scene, "RECEIPT_SCENE", "设备未登记该场景：请核对闸机与场所的场景", "the device is not registered for its scene: compare the gate's scene with the venue's";
    TooOld, "RECEIPT_TOO_OLD", "按服务已核对的时钟，已超过31天，即闸机可离线的最长时间", "by the service's clock, which was checked, it is older than 31 days, the longest that a gate may stay alone";
    Ahead, "RECEIPT_AHEAD", "时间超前于服务已核对的时钟，且其中没有能证明使用的码：请校准闸机（而非服务）的时钟", "it is ahead of the service's clock, which was checked, and holds no code that proves a use: set the gate's clock, not the service's";
    Code, "RECEIPT_CODE", "其中的码不能证明在该时间、该场景使用过；或信任清单已不再列出其凭证的密钥", "the code in it does not prove a use at that time and scene; or the trust list no longer names the key of its pass";
    Codeless, "RECEIPT_CODELESS", "未附所扫的码：请更新闸机", "it does not hold the scanned code: update the gate";
}

impl Objection {
    /// Whether it rests on what time it is: a wrong clock would say the same of a good receipt.
    pub const fn is_about_time(self) -> bool {
        matches!(self, Self::TooOld | Self::Ahead)
    }
}

/// Whose receipts are uploaded.
#[derive(Clone, Debug)]
pub struct Uploader {
    /// The venue's id.
    pub venue: String,
    /// The device's label.
    pub device: String,
    /// The key that is registered for it, as a compressed point.
    pub key: [u8; 33],
}

/// A receipt as it was uploaded, judged as far as the register need not be asked.
#[derive(Clone, Debug)]
pub struct UploadedReceipt {
    /// As it came.
    pub bytes: Vec<u8>,
    /// The device's key that signed it, as a compressed point; the registered one where none did.
    pub key: [u8; 33],
    /// What that key signed of it.
    pub receipt: Option<Receipt>,
    /// What its code proves.
    pub proof: Option<ProvenCode>,
    /// What speaks against it.
    pub objection: Option<Objection>,
}

/// A receipt that was set aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// The uploader's venue.
    pub venue: String,
    /// The uploader's label.
    pub device: String,
    /// Its number, where the device's key signed it.
    pub number: Option<u64>,
    /// The code of the objection.
    pub objection: String,
    /// When it was uploaded, Unix seconds.
    pub at: u64,
    /// As it came.
    pub bytes: Vec<u8>,
}

/// What became of an upload: every receipt of it is dealt with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiptsKept {
    /// The highest number of the device's present count, whichever of its keys signed.
    pub last: u64,
    /// The SHA-256 of the receipt that was kept first under it.
    pub digest: Option<[u8; 32]>,
    /// How many were new.
    pub kept: u64,
    /// How many of these hold no code, and prove no use.
    pub unproven: u64,
    /// How many were there already.
    pub known: u64,
    /// How many of the new ones have numbers that were left out before: another device goes on with the
    /// numbers of this one.
    pub late: u64,
    /// When two devices were last seen to use this one's numbers, Unix seconds; 0 for never.
    pub conflict_at: u64,
    /// Numbers that were left out: the first and the last of each gap.
    pub gaps: Vec<(u64, u64)>,
    /// Receipts of codes that were used elsewhere as well.
    pub doubles: Vec<ReceiptId>,
    /// Those that were set aside now: the place in the upload, the number where the device signed it, and
    /// why.
    pub set_aside: Vec<(usize, Option<u64>, Objection)>,
}
