//! Why the store could not do what was asked.

use szid_protocol::told::{Tell, Told, catalogue};

use super::Mode;
use crate::entropy::EntropyError;

/// A store's refusal or failure. `code()` is stable and listed in `docs/errors.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The disk failed: nothing of this write was acknowledged, and no further one is taken until the disk
    /// does again.
    #[error("the disk failed: {0}")]
    Disk(String),
    /// An earlier write failed. Reading goes on; writing does by itself once the disk takes something again.
    #[error("the store takes no writes since the disk failed")]
    ReadOnly,
    /// The store is being opened anew after its disk had failed.
    #[error("the store is being opened anew after its disk had failed")]
    Reopening,
    /// Room is scarce: what makes the register grow and protects nobody is not taken.
    #[error("the disk is nearly full")]
    LowWater,
    /// More writes wait than memory is set aside for.
    #[error("too many writes are waiting for the disk")]
    Busy,
    /// Something read back is not what was written.
    #[error("a record of the store is damaged: {0}")]
    Damaged(&'static str),
    /// The store was made by newer software.
    #[error("the store has format {found}, this software knows {known}")]
    NewerFormat {
        /// The format on disk.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// There is no register here: founding one is a deed of its own, see `szid admin found`.
    #[error("there is no register in {0}")]
    NoRegister(String),
    /// A register is founded in an empty place only.
    #[error("{0} is not empty")]
    Occupied(String),
    /// The key is another register's, or one that was replaced.
    #[error("register.key is not the key of this register")]
    WrongKey,
    /// A register of older software that was used with two keys, one after the other.
    #[error(
        "this older register was used with two keys: {opened} identities open with this register.key and {other} do not"
    )]
    MixedKeys {
        /// Identities that the key opens.
        opened: u64,
        /// Those that it does not open.
        other: u64,
    },
    /// A register is served in the mode that it was founded in.
    #[error("this register is for {register}, the service runs for {service}")]
    WrongMode {
        /// The register's mode.
        register: Mode,
        /// What was asked for.
        service: Mode,
    },
    /// A production register takes no organisation that was made up.
    #[error("a production register takes no fictional organisation")]
    Fictional,
    /// Another process has the store open.
    #[error("the store is in use by another process")]
    InUse,
    /// No such person, grant, token or venue.
    #[error("there is no such record")]
    NotFound,
    /// The account's state does not allow this.
    #[error("the account's state does not allow this")]
    AccountState,
    /// The account is frozen: nothing is issued, and no offer is made.
    #[error("the account is frozen")]
    AccountFrozen,
    /// A device that is to stay or to come back is not one of the person's, was ended, or an earlier freeze
    /// stopped it.
    #[error("a device that was named cannot stay or come back")]
    DeviceNotKept,
    /// Another good credential's name looks the same: both would count as one person.
    #[error("the name looks the same as {0}, and both would count as one person")]
    NameTwice(String),
    /// Whoever acts has no good credential any more.
    #[error("whoever asks has no good credential any more")]
    Withdrawn,
    /// The person is enrolled already.
    #[error("the person is enrolled already")]
    Enrolled,
    /// More passes were asked for than a device, or all of a person's, may be given for one day.
    #[error("the quota for this day is used up")]
    Quota,
    /// The day has no free status index left.
    #[error("no status index is left for this day")]
    Exhausted,
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// A change failed as none should: nothing of it was made. The log says where.
    #[error("the register failed inside")]
    Internal,
    /// The store is shutting down.
    #[error("the store is closed")]
    Closed,
}

catalogue! { StoreError:
    Self::Disk(_) => "STORE_DISK", "登记库的磁盘出错", "本次没有写入任何内容；请检查磁盘，磁盘恢复后自动继续写入", "check the disk; nothing was acknowledged; writing goes on by itself once the disk takes something again";
    Self::ReadOnly => "STORE_READ_ONLY", "磁盘曾出错，登记库暂不写入", "请腾出空间或修复磁盘；读取不受影响，写入自动恢复", "make room or mend it; reading goes on, and writing by itself";
    Self::Reopening => "STORE_REOPENING", "磁盘出错之后，登记库正在重新打开", "请稍后重试", "try again in a moment";
    Self::LowWater => "STORE_LOW_WATER", "磁盘空间即将用尽", "请腾出空间；在此之前，使登记库增大而不保护任何人的操作一律暂缓", "make room; what makes the register grow and protects nobody waits";
    Self::MixedKeys { .. } => "STORE_MIXED_KEYS", "旧版软件的这个登记库先后用过两把 register.key", "请先备份；原处留下要保留的一把，用 --also 指明另一把：szid admin register-key --data 目录 --keys 目录 --also 文件；同一证件的第二条记录会被注销并列出", "make a backup of it, leave the one that stays in its place, and name the other one: szid admin register-key --data DIR --keys DIR --also FILE; second records of one document are revoked and named";
    Self::AccountFrozen => "STORE_ACCOUNT_FROZEN", "账户已冻结", "两名登记员解冻之前，不签发，也不发放申领码", "nothing is issued and no offer is made until two registrars lift the freeze";
    Self::DeviceNotKept => "STORE_DEVICE_NOT_KEPT", "所写的手机不能保留或恢复", "请查看此人的设备：已停用的须重新申领", "see the person's devices: one that was ended needs another enrolment";
    Self::Withdrawn => "STORE_WITHDRAWN", "提出者已没有有效的凭据", "请由同一角色的另一人重新提出", "somebody else of the role asks anew";
    Self::NameTwice(_) => "STORE_NAME_TWICE", "此名称与另一有效凭据的名称看上去相同，两者视为同一人", "没有发放凭据：为同一人再发一份的，请照原名书写；确是另一人的，请另取名称；原名有误的，先撤销（szid admin withdraw）", "nothing was given: for the same person write the name as it is there; for somebody else take another name; where that one was a slip, withdraw it first (szid admin withdraw)";
    Self::Busy => "STORE_BUSY", "等待写入的内容过多", "请重试", "try again";
    Self::Damaged(_) => "STORE_DAMAGED", "登记库中的一条记录已损坏", "请用备份恢复数据目录，见证目录保持原样，启动服务之前先执行 szid admin restored", "put the data folder back from a backup, leave the witness where it is, and run szid admin restored before the service is started";
    Self::NewerFormat { .. } => "STORE_NEWER_FORMAT", "登记库由更新版本的软件写成", "请更新软件", "update the software";
    Self::NoRegister(_) => "STORE_NO_REGISTER", "此处没有登记库", "请挂载或恢复数据目录；只有新建城市时才用 szid admin found 建立登记库", "mount or restore the data folder; only for a new city, found a register with szid admin found";
    Self::Occupied(_) => "STORE_OCCUPIED", "目录不是空的", "请在空目录中建立登记库", "found a register in an empty folder";
    Self::WrongKey => "STORE_WRONG_KEY", "register.key 不是这个登记库的密钥", "请放回这个登记库自己的 register.key；用其他密钥，谁也找不到、读不出", "put this register's own register.key back; with any other one nobody could be found or read";
    Self::WrongMode { .. } => "STORE_WRONG_MODE", "登记库的模式与服务不符", "请更正 demo_mode 或 data_dir；登记库的模式自建立时起不再改变", "correct demo_mode or data_dir: a register keeps the mode that it was founded in";
    Self::Fictional => "STORE_FICTIONAL", "正式登记库不受理虚构机构", "虚构机构（EXAMPLE）只登记在演示登记库中", "register fictional organisations (EXAMPLE) in a demo register only";
    Self::InUse => "STORE_IN_USE", "登记库正由另一进程使用", "请经由运行中的服务操作，或先停止该进程", "speak to the service that runs, or stop the other process";
    Self::NotFound => "STORE_NOT_FOUND", "没有此记录", "请核对编号", "check the id";
    Self::AccountState => "STORE_ACCOUNT_STATE", "账户当前状态不允许此操作", "账户已冻结或已注销，或设备已停用", "the account is frozen or revoked, or the device was ended";
    Self::Enrolled => "STORE_ENROLLED", "此人已申领", "再次申领须由两名登记员办理", "the person is enrolled already: another enrolment takes two registrars";
    Self::Quota => "STORE_QUOTA", "这台设备当日的凭证数量已用完", "请领取其他日期的，或到服务窗口为另一台设备申领", "ask for other days, or have another device enrolled at a counter";
    Self::Exhausted => "STORE_EXHAUSTED", "当日没有可用的状态位", "请次日再试，并上报", "no status index is left for that day: try on the next day, and report it";
    Self::Entropy(_) => "STORE_ENTROPY", "系统没有给出随机数", "请重启服务", "the system gave no randomness; restart the service";
    Self::Internal => "STORE_INTERNAL", "登记库内部出错", "本次没有写入任何内容；请保存日志并上报", "nothing of it was written: keep the log, and report it";
    Self::Closed => "STORE_CLOSED", "服务正在停止", "请在服务启动后重试", "the service is shutting down: try again once it runs";
}

impl StoreError {
    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.row().map_or("", |row| row.code)
    }
}

impl Tell for StoreError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Disk(what)
            | Self::NoRegister(what)
            | Self::Occupied(what)
            | Self::NameTwice(what) => what.clone(),
            Self::Damaged(what) => (*what).into(),
            Self::NewerFormat { found, known } => format!("格式 {found}，本软件最高为 {known}"),
            Self::MixedKeys { opened, other } => {
                format!("这把能打开 {opened} 份身份信息，另有 {other} 份打不开")
            }
            Self::WrongMode { register, service } => format!("登记库 {register}，服务 {service}"),
            _ => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}
