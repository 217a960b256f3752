//! RFC 9457 problem details: one catalogue of everything that can be wrong with a request.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use szid_api::problem::{PROBLEM_JSON, ProblemBody, problem_type};
use szid_register::entropy::EntropyError;
use szid_register::{AdminFault, RequestFault, StoreError};

use crate::access::Wait;
use crate::failure::Failure;

macro_rules! problems {
    ($($case:ident, $code:literal, $status:ident, $zh:literal, $en:literal, $detail_zh:literal, $detail:literal;)+) => {
        /// What can be wrong with a request. Codes are stable and listed in `docs/errors.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Problem { $(#[doc = $en] $case),+ }

        impl Problem {
            /// Every problem.
            pub const ALL: &'static [Problem] = &[$(Problem::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Self::$case => $code),+ } }
            /// The HTTP status.
            pub const fn status(self) -> StatusCode { match self { $(Self::$case => StatusCode::$status),+ } }
            /// What happened, in Chinese.
            pub const fn title_zh(self) -> &'static str { match self { $(Self::$case => $zh),+ } }
            /// What happened, in English.
            pub const fn title(self) -> &'static str { match self { $(Self::$case => $en),+ } }
            /// What to do, in Chinese.
            pub const fn detail_zh(self) -> &'static str { match self { $(Self::$case => $detail_zh),+ } }
            /// What to do, in English.
            pub const fn detail(self) -> &'static str { match self { $(Self::$case => $detail),+ } }
        }
    };
}

problems! {
    NotFound, "NOT_FOUND", NOT_FOUND, "没有此地址或记录", "there is no such address or record", "请核对地址（/openapi.json）和编号；申领码和申请在使用、答复或到期后即失效", "check the address against /openapi.json, and the id; an offer or a request is gone once it was used, answered or has expired";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", METHOD_NOT_ALLOWED, "此地址不支持该方法", "this address does not take that method", "请使用 Allow 头列出的方法", "use a method that the Allow header names";
    BadRequest, "BAD_REQUEST", BAD_REQUEST, "请求内容无法识别", "the request cannot be read", "about（如有）指出有误的成员或参数及可用的值；请对照 /openapi.json 检查", "about, if it is there, names the member or parameter that is wrong and what may stand there: compare it with /openapi.json";
    MediaType, "MEDIA_TYPE", UNSUPPORTED_MEDIA_TYPE, "请求内容类型不支持", "the body's media type is not the one expected here", "请以 application/json 发送", "send application/json";
    TooLarge, "TOO_LARGE", PAYLOAD_TOO_LARGE, "请求内容过大", "the request is too large", "请减少一次发送的内容：一批最多100次扫码", "send less at once: a batch has at most 100 scans";
    TooMany, "TOO_MANY", TOO_MANY_REQUESTS, "请求过于频繁", "too many requests", "请等待 Retry-After 头给出的秒数，然后放慢速度", "wait for the seconds in the Retry-After header, then go on more slowly";
    Timeout, "TIMEOUT", REQUEST_TIMEOUT, "请求超时", "the request took too long", "请重新发送；再次出现的，请联系服务运行人员", "send it again; if it happens again, ask the operator";
    CredentialMissing, "CREDENTIAL_MISSING", UNAUTHORIZED, "缺少凭据或凭据无效", "the bearer credential is missing or not known", "请以 Authorization: Bearer 发送有效的凭据", "send a current credential as Authorization: Bearer";
    CredentialRevoked, "CREDENTIAL_REVOKED", FORBIDDEN, "凭据已撤销", "the bearer credential was withdrawn", "请向服务运行人员申请新凭据", "ask the operator for a new one";
    CredentialContested, "CREDENTIAL_CONTESTED", FORBIDDEN, "凭据已由另一位管理员单独撤销", "the credential was withdrawn by one other administrator alone", "不应撤销的，请在24小时内执行 szid admin contest（POST /v1/admin/contest）：撤销对方的凭据，只能一次；应当撤销的，由另外两位管理员重新发放", "if that was wrong, run szid admin contest (POST /v1/admin/contest) within 24 hours: it withdraws theirs, once; if it was right, two others make a new one";
    SessionToken, "SESSION_TOKEN", FORBIDDEN, "页面令牌缺失或不符", "the session's token is missing or not this session's", "请以 X-CSRF-Token 发送 GET /console/session 的 csrf 值；在浏览器中，请重新打开页面", "send the csrf value of GET /console/session as X-CSRF-Token; in a browser, load the page again";
    RoleDenied, "ROLE_DENIED", FORBIDDEN, "此凭据无权调用该接口", "this credential may not use this address", "请使用该接口所对应角色的凭据", "use a credential of the role that this address is for";
    VenueSuspended, "VENUE_SUSPENDED", FORBIDDEN, "场所已暂停", "the venue is suspended", "请联系服务运行人员", "ask the operator";
    SceneMissing, "SCENE_MISSING", BAD_REQUEST, "未指明场景", "the scene is not named, and the venue has more than one", "请指明场所的一个场景", "name one of the venue's scenes";
    SceneDenied, "SCENE_DENIED", FORBIDDEN, "场所未登记此场景", "the venue is not registered for this scene", "请指明场所已登记的场景，或请服务运行人员登记此场景", "name one of the venue's scenes, or ask the operator to register this one";
    ScenesInvalid, "SCENES_INVALID", UNPROCESSABLE_ENTITY, "没有场景，或场景编号未知、重复", "there is no scene, or one is not this city's or is named twice", "请使用 /v1/scenes 所列的场景编号，每个只写一次", "name scenes that /v1/scenes lists, each once";
    AgesInvalid, "AGES_INVALID", UNPROCESSABLE_ENTITY, "年龄有误", "an age cannot be right, or is named twice", "请使用1至150岁，每个只写一次", "name ages from 1 to 150 years, each once";
    DocumentType, "DOCUMENT_TYPE", UNPROCESSABLE_ENTITY, "不支持此证件类型", "this type of document is not supported", "请使用以下类型之一：111、154、414、511、516、553", "use one of the types 111, 154, 414, 511, 516, 553";
    DocumentNumber, "DOCUMENT_NUMBER", UNPROCESSABLE_ENTITY, "证件号码有误", "the document's number cannot be right", "请对照证件原件核对号码", "compare the number with the document itself";
    DocumentDemo, "DOCUMENT_DEMO", UNPROCESSABLE_ENTITY, "演示模式只接受演示证件，正式模式不接受演示证件", "demo documents are taken in demo mode only, and real ones outside it only", "请核对这是哪个服务，并核对证件", "check which service this is, and the document";
    LevelInvalid, "LEVEL_INVALID", UNPROCESSABLE_ENTITY, "认证等级应为1至4，且不超过该方式上限", "the identity level is not one that this method can give", "请使用1至该方式上限的等级", "use a level from 1 to the method's limit";
    LevelNeeded, "LEVEL_NEEDED", UNPROCESSABLE_ENTITY, "须同时核验认证等级", "the identity level has to be proven with this change", "现有等级由其他机构按原姓名核验，姓名变更后不再计入：请当面核验，并一并写明 identity_level 与 method", "others proved it under the name that changes, which counts no more then: prove identity at the counter, and name identity_level with method";
    MethodInvalid, "METHOD_INVALID", UNPROCESSABLE_ENTITY, "认证方式未知", "the method of identity proofing is not known", "请使用 counter", "use counter";
    NameInvalid, "NAME_INVALID", UNPROCESSABLE_ENTITY, "姓名为空、过长，或含有控制字符、不可见字符", "the name is empty, too long, or holds control characters or marks that do not show", "请按证件所载填写姓名", "write the name as it stands in the document";
    DetailsInvalid, "DETAILS_INVALID", UNPROCESSABLE_ENTITY, "证件其他信息有误", "one of the details cannot be right", "日期请写作 YYYY-MM-DD，性别写作 male 或 female，电话号码只写数字", "write dates as YYYY-MM-DD, sex as male or female, phone numbers as digits";
    ReasonInvalid, "REASON_INVALID", UNPROCESSABLE_ENTITY, "原因代码有误", "the reason is not one short word", "请写一个词：小写英文字母、数字和下划线，最多40个，如 lost_phone；不支持中文和空格", "use one word of lower-case letters, digits and underscores, at most 40, such as lost_phone; no spaces";
    AccountState, "ACCOUNT_STATE", CONFLICT, "账户当前状态不允许此操作", "the account's state does not allow this", "已注销的账户须重新申领后才能使用", "a revoked account stays revoked until the person is enrolled again";
    AccountFrozen, "ACCOUNT_FROZEN", FORBIDDEN, "账户已冻结", "the account is frozen", "冻结时保留的手机仍可查看账户、设备、动态和用证记录；解冻须由窗口两名登记员办理，解冻之后才能为另一部手机申领", "the phone that the freeze kept sees account, devices, events and uses; two registrars at a counter lift the freeze, and only then is another phone enrolled";
    DeviceOwn, "DEVICE_OWN", CONFLICT, "这是本机", "this is the device that asks", "要停用本机，请发送 this_device=true", "send this_device=true to end it";
    DeviceUnknown, "DEVICE_UNKNOWN", GONE, "服务不认识此设备", "the service does not know this device", "服务数据曾恢复备份，备份中没有此设备：请持证件到服务窗口重新申领", "the service's data were put back from a backup that does not have it: apply again at a service counter, with your document";
    DeviceNotKept, "DEVICE_NOT_KEPT", CONFLICT, "所写的手机不能保留或恢复", "a device that was named cannot stay or come back: it is not one of the person's, was ended, or an earlier freeze stopped it", "请查看此人的设备：ended 中的已停用，须重新申领；先前的冻结停下的，在解冻时写明即可恢复；其余的才可写明", "see the person's devices: those under ended need another enrolment, one that an earlier freeze stopped comes back where the lifting names it, and the others can be named";
    DevicesFull, "DEVICES_FULL", CONFLICT, "设备数已达上限", "the person has as many devices as one may have", "请先停用其中一台，或申请替换旧设备", "have one of them ended first, or ask for one that replaces them";
    ChangeNone, "CHANGE_NONE", UNPROCESSABLE_ENTITY, "未提出任何变更", "nothing would change", "请写明要变更的内容：name、identity_level 与 method，或 details", "name what is to change: name, identity_level with method, or details";
    ClaimDenied, "CLAIM_DENIED", FORBIDDEN, "本场景不提供所求信息", "this scene does not give one of the claims that were asked for", "请只请求本场景提供的信息；不列明的，返回本场景提供的全部信息", "ask for claims of the scene only, or for none to receive all that it gives";
    MatterMissing, "MATTER_MISSING", UNPROCESSABLE_ENTITY, "请填写经办人、办理事项和办件编号", "this scene demands operator, purpose and case number", "扫码时请一并发送 operator、purpose 和 case", "send operator, purpose and case with the scan";
    MatterInvalid, "MATTER_INVALID", UNPROCESSABLE_ENTITY, "经办人、办理事项或办件编号过长，或含有控制字符、不可见字符", "operator, purpose or case number is too long, or holds control characters or marks that do not show", "每项最多64字节；请逐字输入，不要粘贴", "use at most 64 bytes for each; type them rather than paste them";
    IdempotencyKey, "IDEMPOTENCY_KEY", BAD_REQUEST, "幂等键格式有误", "the Idempotency-Key cannot be used", "请发送1至64个可见的 ASCII 字符", "send 1 to 64 visible ASCII characters";
    IdempotencyReused, "IDEMPOTENCY_REUSED", UNPROCESSABLE_ENTITY, "幂等键已用于其他请求", "the Idempotency-Key was used for another request", "每次新的扫码请使用新的幂等键", "make a new key for each new scan";
    OfferUsed, "OFFER_USED", GONE, "申领码已使用", "the offer was taken up already", "使用它的手机已经领取：不是本人操作的，请致电12345；仍需领取的，到服务窗口重新申领", "the phone that used it has its tokens: call 12345 if that was not you, and apply again at a service counter if you still need a code";
    OfferExpired, "OFFER_EXPIRED", GONE, "申领码已过期", "the offer has run out", "申领码十分钟内有效：请到服务窗口重新申领", "an offer is good for ten minutes: apply again at a service counter";
    OfferLocked, "OFFER_LOCKED", GONE, "验证码输错次数过多，申领码已作废", "the transaction code was wrong too often, and the offer is over", "请到服务窗口重新申领，并核对窗口给的六位验证码", "apply again at a service counter, and compare the six digits that it gives you";
    PassQuota, "PASS_QUOTA", CONFLICT, "这台设备当日的市民码已领满", "this device was given as many passes of a day as it may have", "请逐日领取：未领满的日期仍可领取；不是本人操作的，请停用这台设备并致电12345", "ask for one day at a time: other days may have some left; end the device and call 12345 if it asks by itself";
    ProofConnector, "PROOF_CONNECTOR", NOT_FOUND, "本市没有此认证方式", "this city has no such connector", "请使用账户 level_up 所列的方式，或到服务窗口办理", "use one that the account's level_up names, or go to a service counter";
    ProofOver, "PROOF_OVER", GONE, "认证已结束或超时", "the proof is over or was never begun", "请重新开始；已经完成的，请查看账户的认证等级", "begin again; where it was done, the account tells the level";
    ProofsSpent, "PROOFS_SPENT", TOO_MANY_REQUESTS, "认证次数过多", "identity was to be proven too often", "请等待 Retry-After 头给出的秒数，或到服务窗口办理", "wait for the seconds in the Retry-After header, or go to a service counter";
    PassLevel, "PASS_LEVEL", CONFLICT, "届时身份核验已全部到期", "no proof of identity counts any more on one of the days", "请逐日领取：核验届时仍有效的日期可以领取；其余的须先重新核验身份：到服务窗口，或用账户列出的方式（level_up、level_renewal）", "ask for one day at a time: those on which a proof still counts are given; for the others prove identity again, at a service counter or in a way that the account lists (level_up, level_renewal)";
    LevelLapsed, "LEVEL_LAPSED", FORBIDDEN, "身份核验已全部到期", "no proof of identity counts any more", "请重新核验身份：到服务窗口，或用账户列出的方式（level_up）", "prove identity again: at a service counter, or in a way that the account lists (level_up)";
    ConsentOver, "CONSENT_OVER", GONE, "此请求已答复或已过期", "this request was answered or has run out", "本次答复没有提供任何信息；请查看用证记录", "nothing was released by this answer; look at the list of uses";
    ConsentCode, "CONSENT_CODE", UNPROCESSABLE_ENTITY, "确认未通过验证", "the approval's code does not verify for this request", "请按请求的要求解锁，并对请求自身的质询签名", "unlock as the request asks, and sign the request's own challenge";
    ReportsSpent, "REPORTS_SPENT", TOO_MANY_REQUESTS, "24小时内已举报10次使用记录，暂不能再举报", "ten uses were reported within a day, as many as one person may", "请在最早的一次满24小时后再举报，或致电12345；拒绝时一并举报的不受此限，也不计入", "report it once the first of them is a day ago, or call 12345; refusing with a report is not limited by this and does not count";
    DeviceUnproven, "DEVICE_UNPROVEN", FORBIDDEN, "本机现用的密钥未经原有密钥证明", "no earlier key of this device has vouched for the one that it uses now", "本机照常亮码、挂失；停用其他设备、同意新设备，请用另一部手机，或到服务窗口由两名登记员办理，约两周后本机也可办理", "this device shows codes and reports a loss as before; to end another device or approve a new one use another phone, or have two registrars at a counter do it; in about two weeks this device can";
    VenueCode, "VENUE_CODE", UNPROCESSABLE_ENTITY, "场所码无效或已过期", "the venue code is not this city's, or has run out", "请在场所重新扫码；伪造的请举报", "scan the code at the venue again; report one that is forged";
    VenueAway, "VENUE_AWAY", CONFLICT, "场所端无人值守", "nobody looks at this desk's screen", "请工作人员打开核验台页面后再确认；本次没有任何记录", "ask staff to open the desk's page, then confirm again; nothing was recorded";
    NumberCode, "NUMBER_CODE", UNPROCESSABLE_ENTITY, "生成短号所用的码未通过验证", "the code for a short number does not verify as this holder's", "请为任一场景重新生成市民码，并立即发送", "draw a new code for any scene, and send it at once";
    GateKeyTwice, "GATE_KEY_TWICE", CONFLICT, "此密钥已登记给另一台闸机", "this key is registered for another gate", "about 是已有此密钥的闸机。请核对所选的 .spki 文件；每台闸机使用自己的密钥（szid gate --make-key）。误登记给另一台的，先为那一台登记它自己的密钥，此密钥即可改为登记在这里", "about names the gate that has it. Look whether it is the right .spki: each gate has a key of its own (szid gate --make-key). Where it was registered for the other one by mistake, register that gate's own key there first, which frees this one";
    GateUnknown, "GATE_UNKNOWN", FORBIDDEN, "此设备未登记回执密钥", "this device has no registered key for receipts", "请服务运行人员登记此设备的公钥", "have the operator register the device's public key";
    OperatorRole, "OPERATOR_ROLE", FORBIDDEN, "只读账号无权进行此操作", "an operator who only reads may not do this", "请由场所的一位管理员办理", "have one of the venue's managers do it";
    VenueForeign, "VENUE_FOREIGN", FORBIDDEN, "此设备属于其他场所", "this credential is another venue's device's", "请指明本场所列表中的凭据", "name a credential of your own venue's list";
    DeviceName, "DEVICE_NAME", UNPROCESSABLE_ENTITY, "设备名称有误", "the device's name cannot be used", "请使用1至32个小写字母、数字、连字符和下划线", "use 1 to 32 lower-case letters, digits, hyphens and underscores";
    RequestOwn, "REQUEST_OWN", FORBIDDEN, "不能确认自己提出的申请", "nobody confirms a request of their own", "请由同一角色的另一人确认（名称看上去相同的，视为同一人）", "have another person of the same role confirm it; names that look the same count as one person";
    RequestExpired, "REQUEST_EXPIRED", GONE, "申请已过期", "the request has run out", "请重新申请：申请保留24小时", "ask again: a request waits for 24 hours";
    RequestOutdated, "REQUEST_OUTDATED", CONFLICT, "申请所依据的信息已变更", "what the request was made from has changed since", "请查看现有信息后重新申请", "look at what is kept now, and ask again";
    RefusalsSpent, "REFUSALS_SPENT", TOO_MANY_REQUESTS, "一小时内已拒绝他人的20份申请", "twenty requests of others were refused within the hour, as many as one person may", "请由另一人拒绝，或待最早的一次满一小时后再拒绝；收回本人的申请不受限制", "have another one refuse it, or wait until the first of them is an hour ago; one's own are taken back as ever";
    RequestsFull, "REQUESTS_FULL", CONFLICT, "待确认的申请过多", "too many requests wait for confirmation", "请先确认或拒绝其中一些", "confirm or refuse some of them first";
    IdInvalid, "ID_INVALID", UNPROCESSABLE_ENTITY, "标识有误", "the id cannot be used", "请使用1至22个小写字母、数字和连字符", "use 1 to 22 lower-case letters, digits and hyphens";
    PlaceName, "PLACE_NAME", UNPROCESSABLE_ENTITY, "场所或地点名称有误", "the venue's or site's name cannot be used", "请使用1至200字节，不含控制字符和不可见字符，首尾无空格", "use 1 to 200 bytes without control characters, marks that do not show, or spaces at the ends";
    StaffName, "STAFF_NAME", UNPROCESSABLE_ENTITY, "人员名称有误", "the person's name cannot be used", "请使用1至64字节的汉字、英文字母和数字，首尾无空格，且不得为 offline、holder、service", "use 1 to 64 bytes of Chinese characters, ASCII letters and digits, without spaces at the ends, and none of the words offline, holder and service";
    NameTwice, "NAME_TWICE", CONFLICT, "此名称与另一有效凭据的名称看上去相同", "the name looks the same as that of another good credential", "名称看上去相同的，视为同一人：为同一人再发一份的，请照原名书写；确是另一人的，请另取名称", "names that look the same count as one person: for the same person write the name as it is there, for somebody else take another one";
    UsccInvalid, "USCC_INVALID", UNPROCESSABLE_ENTITY, "统一社会信用代码有误", "the unified social credit code cannot be right", "请对照该机构的证书核对；演示用代码只在演示模式下受理", "compare it with the organisation's certificate; codes for demonstrations are taken in demo mode only";
    KeyInvalid, "KEY_INVALID", UNPROCESSABLE_ENTITY, "公钥无法识别", "the key is not a P-256 public key", "请以 base64 发送 szid gate --make-key 写出的 DER SubjectPublicKeyInfo", "send the DER SubjectPublicKeyInfo that szid gate --make-key wrote, in base64";
    AdministratorLast, "ADMINISTRATOR_LAST", CONFLICT, "不能撤销最后一位管理员的凭据", "the last administrator's credential is not withdrawn on a running service", "请停止服务，用 szid admin recover 另行发放（须持有 register.key）：同名的旧凭据随即失效，换人的加上 --new，再用 szid admin withdraw --data 撤销旧的", "stop the service and give another one with szid admin recover, which takes register.key: it ends the earlier ones of that name; for somebody else add --new, and end the old one with szid admin withdraw --data";
    ContestNone, "CONTEST_NONE", CONFLICT, "此凭据有效，无须质疑", "this credential is good: there is nothing to contest", "请用 szid admin credentials 查看；要撤销他人的凭据，用 szid admin withdraw", "see szid admin credentials; szid admin withdraw withdraws somebody else's";
    StorageLow, "STORAGE_LOW", SERVICE_UNAVAILABLE, "服务的磁盘已满或即将用尽，暂不受理", "the service's disk is full or nearly so: this is not taken for now, and nothing of it was done", "由服务运行人员为其磁盘腾出空间或修复磁盘（见 DISK_LOW、REGISTER_READ_ONLY）后再试；仅 DISK_LOW 时，核验、冻结和撤销照常", "whoever runs the service makes room on its disk or mends it (see DISK_LOW, REGISTER_READ_ONLY): try again then; with DISK_LOW alone, scans, freezes and withdrawals go on";
    ClockFar, "CLOCK_FAR", CONFLICT, "本机时钟慢了，或快了一小时以上，没有确认", "the clock is behind, or ahead by more than an hour, and was not confirmed", "请先与另一时钟核对：有误的请校准；确实准确的，写明相差的秒数（step，慢的为负）再确认", "compare it with another clock first: set it if it is wrong; if it is right, confirm it with the seconds by which it differs (step, negative where behind)";
    ClockUnchecked, "CLOCK_UNCHECKED", SERVICE_UNAVAILABLE, "服务的时钟未经核对", "the service's own clock is not where it should be, or not checked yet", "请保留内容，稍后重新发送，本次请求没有执行；持续出现的，请服务运行人员校准服务所在机器的时钟（而非闸机或手机的）", "keep it and send it again later: nothing of this request was done; if it lasts, the operator sets the clock of the service's machine, not of the gate or phone";
    Internal, "INTERNAL", INTERNAL_SERVER_ERROR, "服务内部故障", "something happened that must not", "请告知服务运行人员发生的时间；没有提供任何信息，重新发送也无济于事", "tell the operator when it happened; nothing was released, and sending it again does not help";
    Busy, "BUSY", SERVICE_UNAVAILABLE, "服务暂时不可用", "the service or its store is not available now", "请稍后再试；本次请求没有执行", "try again later; nothing of this request was done";
}

impl Problem {
    /// Something that must not happen, which the log is told of.
    pub(crate) fn internal(what: &'static str) -> Self {
        Failure::internal(what).into()
    }

    /// The `type` member.
    pub fn type_uri(self) -> String {
        problem_type(self.code())
    }
}

/// A problem, and what it is about where that helps whoever asked.
#[derive(Debug)]
pub(crate) struct Refusal {
    problem: Problem,
    about: Option<String>,
    /// After how many seconds another try is worth it, where more is known than of every such problem.
    wait: Option<u64>,
}

impl Problem {
    /// This problem of a thing: a member and what may stand there, a gate, a device. Never a value that was
    /// sent: values are personal.
    pub(crate) fn about(self, about: impl Into<String>) -> Refusal {
        Refusal { problem: self, about: Some(about.into()), wait: None }
    }

    /// This problem, and after how many seconds another try is worth it.
    pub(crate) fn after(self, seconds: u64) -> Refusal {
        Refusal { problem: self, about: None, wait: Some(seconds) }
    }
}

#[cfg(test)]
impl Refusal {
    /// What it is and what it is about.
    pub(crate) fn told(self) -> (Problem, Option<String>) {
        (self.problem, self.about)
    }
}

impl Refusal {
    /// What it is.
    pub(crate) fn problem(&self) -> Problem {
        self.problem
    }
}

impl<T> From<T> for Refusal
where
    Problem: From<T>,
{
    fn from(what: T) -> Self {
        Self { problem: what.into(), about: None, wait: None }
    }
}

impl From<AdminFault> for Refusal {
    fn from(fault: AdminFault) -> Self {
        Self { problem: (&fault).into(), about: fault.about(), wait: None }
    }
}

impl From<Wait> for Refusal {
    fn from(Wait(seconds): Wait) -> Self {
        Self { problem: Problem::TooMany, about: None, wait: Some(seconds) }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        Refusal::from(self).into_response()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let Self { problem, about, wait } = self;
        let body = ProblemBody {
            r#type: problem.type_uri(),
            title: problem.title().into(),
            title_zh: problem.title_zh().into(),
            status: problem.status().as_u16(),
            code: problem.code().into(),
            detail: problem.detail().into(),
            detail_zh: problem.detail_zh().into(),
            about,
        };
        let body = serde_json::to_vec(&body).unwrap_or_default();
        let mut response = (problem.status(), body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if problem == Problem::CredentialMissing {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = wait.or(problem.retry_after()) {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

impl Problem {
    /// After how many seconds another try is worth it.
    const fn retry_after(self) -> Option<u64> {
        match self {
            Self::Busy => Some(5),
            Self::StorageLow | Self::ClockUnchecked => Some(60),
            // The longest that any of the limits asks for, where nothing closer is known.
            Self::TooMany | Self::RefusalsSpent | Self::ReportsSpent | Self::ProofsSpent => {
                Some(3600)
            }
            _ => None,
        }
    }
}

impl From<Failure> for Problem {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Store(StoreError::NotFound) => Self::NotFound,
            Failure::Store(StoreError::AccountState) => Self::AccountState,
            Failure::Store(StoreError::AccountFrozen) => Self::AccountFrozen,
            Failure::Store(StoreError::DeviceNotKept) => Self::DeviceNotKept,
            Failure::Store(StoreError::Withdrawn) => Self::CredentialRevoked,
            Failure::Store(StoreError::NameTwice(_)) => Self::NameTwice,
            Failure::Store(StoreError::Fictional) => Self::UsccInvalid,
            Failure::Store(StoreError::LowWater | StoreError::Disk(_) | StoreError::ReadOnly) => {
                Self::StorageLow
            }
            Failure::Store(StoreError::Quota) => Self::PassQuota,
            Failure::Store(StoreError::Damaged(_) | StoreError::Internal) | Failure::Internal => {
                Self::Internal
            }
            Failure::Store(_) | Failure::Entropy => Self::Busy,
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Failure::from(error).into()
    }
}

impl From<RequestFault> for Problem {
    fn from(fault: RequestFault) -> Self {
        match fault {
            RequestFault::Unknown => Self::NotFound,
            RequestFault::Own => Self::RequestOwn,
            RequestFault::Expired => Self::RequestExpired,
            RequestFault::Full => Self::RequestsFull,
            RequestFault::TooOften => Self::TooMany,
            RequestFault::RefusalsSpent => Self::RefusalsSpent,
            RequestFault::Outdated => Self::RequestOutdated,
            RequestFault::Withdrawn => Self::CredentialRevoked,
            RequestFault::Suspended => Self::VenueSuspended,
        }
    }
}

impl From<&AdminFault> for Problem {
    fn from(fault: &AdminFault) -> Self {
        match fault {
            AdminFault::LastAdministrator => Self::AdministratorLast,
            AdminFault::Scene => Self::SceneDenied,
            AdminFault::GateKeyTwice { .. } => Self::GateKeyTwice,
            AdminFault::NothingToContest => Self::CredentialRevoked,
            AdminFault::Request(fault) => (*fault).into(),
        }
    }
}

impl From<EntropyError> for Problem {
    fn from(error: EntropyError) -> Self {
        Failure::from(error).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_titles_tell_something() {
        for (at, problem) in Problem::ALL.iter().enumerate() {
            assert!(Problem::ALL[..at].iter().all(|other| other.code() != problem.code()));
            assert!(problem.status().is_client_error() || problem.status().is_server_error());
            for text in [problem.title(), problem.title_zh(), problem.detail(), problem.detail_zh()]
            {
                assert!(!text.is_empty() && !text.ends_with(['.', '。']));
            }
        }
    }
}
