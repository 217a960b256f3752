//! What `szid admin` says where neither the register nor the service's answer says it.

use szid_protocol::told::{Tell, Told, catalogue};

use crate::Problem;

/// Why a command of the administration was not done. Codes are stable and listed in `docs/errors.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandFault {
    /// Nothing serves the socket, or there is none.
    #[error("no service serves {0}")]
    NoService(String),
    /// The socket is somebody else's.
    #[error("the socket may not be opened: {0}")]
    SocketDenied(String),
    /// The service was reached, or not, and gave no answer.
    #[error("the service does not answer: {0}")]
    NoAnswer(String),
    /// Something answers that is no service of this kind.
    #[error("the answer is not this service's: {0}")]
    Answer(String),
    /// The service does not serve its administration at this address.
    #[error("the service offers no administration at {0}")]
    NotServed(String),
    /// No credential in the environment.
    #[error("SZID_CREDENTIAL is not set")]
    CredentialUnset,
    /// The credential is not one that the service knows.
    #[error("the service does not know the credential in SZID_CREDENTIAL")]
    CredentialUnknown,
    /// The credential was withdrawn.
    #[error("the credential in SZID_CREDENTIAL was withdrawn")]
    CredentialWithdrawn,
    /// One other administrator alone has withdrawn the credential.
    #[error("the credential in SZID_CREDENTIAL was withdrawn by one other administrator alone")]
    CredentialContested,
    /// The credential is a registrar's, an operator's or a device's.
    #[error("the credential in SZID_CREDENTIAL is not an administrator's")]
    CredentialRole,
    /// The text is no id.
    #[error("{0} is no id")]
    Id(String),
    /// No request has this id.
    #[error("no request with the id {0} waits")]
    NoRequest(String),
    /// No credential has this id.
    #[error("no credential has the id {0}")]
    NoCredential(String),
    /// No good credential is of this name.
    #[error("there is no good credential of {0}")]
    NoneOfName(String),
    /// Several good credentials are of this name.
    #[error("{count} good credentials are of {name}")]
    Ambiguous {
        /// Whose.
        name: String,
        /// How many.
        count: usize,
    },
    /// No venue or site has this id.
    #[error("there is no such venue or site: {0}")]
    NoPlace(String),
    /// No credential was ever an administrator's of this name.
    #[error("no administrator of this register is called {0}")]
    NameUnknown(String),
    /// The audit keeps nothing under this word.
    #[error("{0} is no kind of entry")]
    Kind(String),
    /// A published head that no key of the trust list signed.
    #[error("no key of this trust list signed the audit head {0}")]
    HeadKey(String),
    /// The register has had its administrators: another one made on its files takes the register's key.
    #[error("this register has had two administrators")]
    AdministratorsMade,
    /// A clock before the signing of the trust list that it is to be compared with, or after that list's end.
    #[error("this machine's clock and the trust list contradict each other ({0})")]
    ClockAgainstList(String),
    /// A key lies in the folder that was forgotten, as after a theft.
    #[error("the key {0} was forgotten")]
    ForgottenKey(String),
    /// The newest trust list that the witness has names none of the status keys of a folder.
    #[error("the newest trust list in the witness names none of these keys")]
    KeysUnlisted,
    /// The trust list in force names a newer key than the folder has.
    #[error(
        "the keys in this folder are older than those of the trust list in force, which names {0}"
    )]
    KeysBehind(String),
    /// The trust list is older than the one that the service took last.
    #[error("the service has taken a newer trust list, version {0}")]
    ListBehind(String),
    /// A key signs that the list before does not name so, and the one that signed by that list is gone.
    #[error("the key {0} would take the place of one that the list before names")]
    NewKey(String),
    /// The list before names a key that no public-keys.json of the new one knows.
    #[error("the list before names {0}, which no public-keys.json that was given knows")]
    KeyDropped(String),
    /// The list before is of another base URL.
    #[error("the list before is for status lists below {0}")]
    OtherBaseUrl(String),
    /// The keys are not those of the register's service.
    #[error("the service of this register uses the keys in {0}, and not these")]
    KeysElsewhere(String),
    /// A register's witness lies where that of a new one would.
    #[error("the witness of a register lies in {0}")]
    WitnessThere(String),
    /// What the command came to could not be written.
    #[error("it is done, and could not be told ({0})")]
    Untold(String),
    /// The secret of a credential could not be written, and is nowhere else.
    #[error("the credential {id} is made, and its secret could not be shown ({error})")]
    SecretUntold {
        /// The credential's id.
        id: String,
        /// Why.
        error: String,
    },
    /// Standard output is closed or thrown away, where a secret goes.
    #[error("standard output goes nowhere")]
    Nowhere,
    /// The register was never put back from a copy and put in order.
    #[error("this register was never put in order after a copy")]
    NeverRestored,
}

catalogue! { CommandFault:
    Self::NoService(_) => "ADMIN_NO_SERVICE", "没有服务在此套接字上应答", "请启动服务，或核对 SZID_SERVICE（szid.toml 的 admin_socket，默认为数据目录中的 admin.sock）；服务已停止的，改用 --data", "start the service, or check SZID_SERVICE (admin_socket in szid.toml, by default admin.sock in the data folder); where the service is stopped, use --data";
    Self::SocketDenied(_) => "ADMIN_SOCKET_DENIED", "无权打开管理套接字", "请以运行服务的账户执行", "run the command as the user that the service runs as";
    Self::NoAnswer(_) => "ADMIN_NO_ANSWER", "服务没有应答", "请核对地址和网络，再看服务日志；不确定是否已执行的，先查询再重试", "check the address, the network and the service's log; look whether it was done before you do it again";
    Self::Answer(_) => "ADMIN_ANSWER", "应答的不是本服务的管理接口", "请核对地址；服务不是经 https 提供管理的，请用本机套接字", "check the address; where the service offers no administration over https, use its local socket";
    Self::NotServed(_) => "ADMIN_NOT_SERVED", "服务不在此地址提供管理接口", "请用服务所在机器的本机套接字（--service unix:数据目录/admin.sock）；确需经网络管理的，在 szid.toml 中设置 admin_over_http = true", "use the local socket on the service's machine (--service unix:DATA/admin.sock); to administer over the network, set admin_over_http = true in szid.toml";
    Self::CredentialUnset => "ADMIN_CREDENTIAL_UNSET", "未设置 SZID_CREDENTIAL", "请将管理员本人的凭据放入该环境变量", "put an administrator's own credential into that variable";
    Self::CredentialUnknown => "ADMIN_CREDENTIAL_UNKNOWN", "服务不认识 SZID_CREDENTIAL 中的凭据", "请核对是否为本服务的、完整的凭据；恢复备份之后，备份之后发放的凭据须重新发放", "check that it is this service's, and whole; after a backup was put back, credentials made since then have to be made again";
    Self::CredentialWithdrawn => "ADMIN_CREDENTIAL_WITHDRAWN", "SZID_CREDENTIAL 中的凭据已撤销", "请另外两位管理员重新发放；不足两位的，停止服务后用 szid admin recover", "have two other administrators make a new one; where fewer are left, stop the service and use szid admin recover";
    Self::CredentialContested => "ADMIN_CREDENTIAL_CONTESTED", "SZID_CREDENTIAL 中的凭据已由另一位管理员单独撤销", Problem::CredentialContested.detail_zh(), Problem::CredentialContested.detail();
    Self::CredentialRole => "ADMIN_CREDENTIAL_ROLE", "SZID_CREDENTIAL 中的不是管理员的凭据", "请使用管理员本人的凭据，不能用登记员、场所人员或设备的", "use an administrator's own, not a registrar's, a venue's person's or a device's";
    Self::Id(_) => "ADMIN_ID", "编号的格式不对", "编号为22个字符：申请的编号见 szid admin requests，凭据的编号见 szid admin credentials", "an id has 22 characters: szid admin requests lists those of requests, szid admin credentials those of credentials";
    Self::NoRequest(_) => "ADMIN_NO_REQUEST", "没有此编号的待确认申请", "请用 szid admin requests 查看；可能已确认或拒绝，或编号是凭据的", "see szid admin requests: it may have been confirmed or rejected already, or the id is a credential's";
    Self::NoCredential(_) => "ADMIN_NO_CREDENTIAL", "没有此编号的凭据，没有撤销任何凭据", "请用 szid admin credentials 查看；不要使用凭据本身或申请的编号", "nothing was withdrawn: see szid admin credentials; neither the secret itself nor a request's id will do";
    Self::NoneOfName(_) => "ADMIN_NONE_OF_NAME", "没有此名称的有效凭据，没有撤销任何凭据", "请用 szid admin credentials 核对名称和状态", "nothing was withdrawn: compare the name and the state in szid admin credentials";
    Self::Ambiguous { .. } => "ADMIN_AMBIGUOUS", "有多份同名的有效凭据，没有撤销任何凭据", "请按列出的编号逐份撤销（--id），或用 --all 全部撤销", "nothing was withdrawn: withdraw one by its id in the list (--id), or all of them with --all";
    Self::NoPlace(_) => "ADMIN_NO_PLACE", "没有此场所或地点", "请核对编号；新场所用 szid admin venue 登记，须给出 --name、--uscc 和 --scene，新地点用 szid admin site 登记，须给出 --name", "check the id; szid admin venue registers a new venue with --name, --uscc and --scene, szid admin site a new site with --name";
    Self::NameUnknown(_) => "ADMIN_NAME_UNKNOWN", "此登记库从未有过此名称的管理员，没有发放凭据", "请用 szid admin credentials --administrators 核对名称；确为新增管理员的，加上 --new", "nothing was given: compare the name in szid admin credentials --administrators; for somebody new, add --new";
    Self::Kind(_) => "ADMIN_KIND", "审计没有此类记录", "请使用其中之一：enrolled、person_request、person_changed、proof、holder_device、devices_read、account、account_request、tokens、token_reuse、issued、scan、use_reported、unreadable_scans、offline_scan、double_use、receipt_gap、receipt_set_aside、device_credential、trimmed、register、restored、clock_confirmed、level_policy、registration", "use one of enrolled, person_request, person_changed, proof, holder_device, devices_read, account, account_request, tokens, token_reuse, issued, scan, use_reported, unreadable_scans, offline_scan, double_use, receipt_gap, receipt_set_aside, device_credential, trimmed, register, restored, clock_confirmed, level_policy, registration";
    Self::HeadKey(_) => "ADMIN_HEAD_KEY", "此信任清单中没有签发该链头的密钥", "密钥更换并剔除之后，较早的链头用当时的信任清单（--trust）核对：信任清单应与链头一并保存；没有当时的清单，无法证明其真伪", "a head of before a key was replaced and forgotten is compared with the trust list of its time (--trust), which is kept beside it; without that list nothing says whether it is real";
    Self::AdministratorsMade => "ADMIN_RECOVER", "此登记库已有过两位管理员", "请由两位管理员在运行中的服务上新增；凭据遗失、不足两位的，用 szid admin recover 换发，新增的加上 --new（须持有 register.key）", "two administrators make another one on the running service; where secrets are lost or fewer than two are left, use szid admin recover, which takes register.key: with --new for somebody new";
    Self::ClockAgainstList(_) => "ADMIN_CLOCK_LIST", "本机时钟与信任清单的有效期不符", "没有做任何改动：请校准时钟；时钟准确的，请指明现行的信任清单", "nothing was changed: set the clock right; where it is right, bring the trust list that is in force";
    Self::ForgottenKey(_) => "ADMIN_KEY_FORGOTTEN", "此密钥已被剔除，不再信任", "没有做任何改动：密钥目录是从剔除（--forget-previous）之前的备份放回的，请改为放回较新的；没有较新的，用 szid admin keys --forget-previous 再次剔除；只有上一份清单误漏、从未失窃的密钥，才在签发时用 szid admin trust --with-previous 指明：此项使闸机重新信任它", "nothing was changed: if the folder was put back from before a key was forgotten, put the newer one in place instead; where that is lost, forget the key again with szid admin keys --forget-previous; only a key that was never stolen, and that the list before left out by mistake, is named with szid admin trust --with-previous: gates trust it again";
    Self::KeysUnlisted => "ADMIN_KEYS_UNLISTED", "见证中最近的信任清单没有列出此目录的密钥", "没有做任何改动：目录是从备份或副本放回的，请改为放回较新的密钥；此目录比该清单更新，或因原有的丢失而重新生成的，加上 --keys-are-new，见证中的状态清单将不予采用；见证中的 trust-list.cwt 属于另一座城市的，请放回本市的见证", "nothing was changed: if the folder was put back from a backup or a copy, put the newer keys in place instead; if these are newer than that list, or were made anew since the others are lost, add --keys-are-new, and the status lists in the witness count for nothing; if trust-list.cwt in the witness is another city's, put this city's witness back";
    Self::KeysBehind(_) => "ADMIN_KEYS_BEHIND", "此目录的密钥落后于现行信任清单", "没有做任何改动：目录是从备份或副本放回的，请改为放回较新的密钥；清单列出了已放弃的新密钥的，先据 public-keys.json 另行签发清单；清单还列出其他服务的密钥的，用 --other-service 指明其 public-keys.json", "nothing was changed: if the folder was put back from a backup or a copy, put the newer keys in place instead; where the list names new keys that were given up, have another list signed from public-keys.json first; where it names another service's keys as well, say so with --other-service";
    Self::ListBehind(_) => "ADMIN_LIST_BEHIND", "服务已采用更新的信任清单", "没有做任何改动：请给出现行的信任清单（GET /v1/trust；服务已停止的，取任一闸机或缓存中的最新一份）；密钥目录若也是从备份放回的，请改为放回较新的", "nothing was changed: name the list in force (GET /v1/trust; where the service is stopped, the newest that any gate or cache has); if the keys were put back from a backup as well, put the newer ones in place instead";
    Self::NewKey(_) => "ADMIN_KEY_NEW", "此密钥会取代上一份清单所列的密钥", "没有签发清单：密钥或 public-keys.json 是从备份放回的，请改为放回较新的；较新的已丢失的，另行生成（见运行手册“更换密钥”）；确要使用、从未失窃的，用 --with-new-key 指明其名称", "no list was signed: if keys or public-keys.json were put back from a backup, put the newer ones in place instead; if the newer ones are lost, make others (runbook: Replacing keys); only where the key is the right one and was never stolen, name it with --with-new-key";
    Self::KeyDropped(_) => "ADMIN_KEY_DROPPED", "上一份清单列有的密钥，所给的 public-keys.json 中没有", "没有签发清单：public-keys.json 是旧的，请从服务处取最新的；清单还列出其他服务的密钥的，用 --keys 给出其 public-keys.json；确要去掉的，用 --without-key 指明其名称或编号", "no list was signed: if public-keys.json is an older one, bring the newest from the service; where the list names another service's keys as well, give its public-keys.json with --keys; where the key is to go, name it or its id with --without-key";
    Self::OtherBaseUrl(_) => "ADMIN_BASE_URL", "上一份清单用于另一基础网址", "没有签发清单：请核对 --base-url；服务确实换了网址的，加上 --new-base-url", "no list was signed: check --base-url; where the service did move, add --new-base-url";
    Self::KeysElsewhere(_) => "ADMIN_KEYS_ELSEWHERE", "服务使用的不是此目录中的密钥", "没有做任何改动：请用 --keys 指明服务的密钥目录（szid.toml 的 keys_dir），不要用其副本；服务已改用此目录的，请先用它启动一次", "nothing was changed: name the service's own folder with --keys (keys_dir in szid.toml), not a copy of it; where the service has moved to this one, start it with this once first";
    Self::WitnessThere(_) => "ADMIN_WITNESS_THERE", "此处有另一个登记库的见证", "没有建立登记库：数据目录可能是未挂载的磁盘，请先挂载，或放回数据的备份；确为另一座城市的，另用目录，或用 SZID_WITNESS 指明另一见证目录", "nothing was founded: the data folder may be a disk that is not mounted, so mount it, or put the data back from a backup; for another city, use other folders, or name one for its witness with SZID_WITNESS";
    Self::Untold(_) => "ADMIN_UNTOLD", "已完成，但结果未能输出", "请勿重做，先查询：szid admin audit --list；szid admin restored 的结果用 --show-last 再次显示", "do not do it again before you have looked: szid admin audit --list; what szid admin restored found is told again with --show-last";
    Self::SecretUntold { .. } => "ADMIN_SECRET_UNTOLD", "凭据已建立，但未能显示", "请撤销（szid admin withdraw --id 编号），再另行建立", "withdraw it (szid admin withdraw --id ID) and make another one";
    Self::Nowhere => "ADMIN_NOWHERE", "标准输出已关闭或被丢弃", "没有做任何改动：凭据只显示一次，请在终端执行，或输出到文件", "nothing was changed: a secret is shown once, so let the output go to a terminal or a file";
    Self::NeverRestored => "ADMIN_NEVER_RESTORED", "此登记库从未在恢复备份后整理过", "没有可显示的内容；请核对 --data", "there is nothing to show: check --data";
}

impl CommandFault {
    /// The exit code: 2 used wrongly, 4 no service, 5 the credential, 6 no such id, 7 done and not told.
    pub fn exit(&self) -> u8 {
        match self {
            Self::NoService(_)
            | Self::SocketDenied(_)
            | Self::NoAnswer(_)
            | Self::Answer(_)
            | Self::NotServed(_) => 4,
            Self::CredentialUnknown
            | Self::CredentialWithdrawn
            | Self::CredentialContested
            | Self::CredentialRole => 5,
            Self::NoRequest(_)
            | Self::NoCredential(_)
            | Self::NoneOfName(_)
            | Self::NameUnknown(_)
            | Self::NoPlace(_)
            | Self::NeverRestored => 6,
            Self::CredentialUnset
            | Self::Id(_)
            | Self::Kind(_)
            | Self::HeadKey(_)
            | Self::Ambiguous { .. }
            | Self::AdministratorsMade
            | Self::ClockAgainstList(_)
            | Self::ForgottenKey(_)
            | Self::NewKey(_)
            | Self::KeysBehind(_)
            | Self::KeysUnlisted
            | Self::ListBehind(_)
            | Self::KeyDropped(_)
            | Self::OtherBaseUrl(_)
            | Self::KeysElsewhere(_)
            | Self::WitnessThere(_)
            | Self::Nowhere => 2,
            Self::Untold(_) | Self::SecretUntold { .. } => 7,
        }
    }
}

impl Tell for CommandFault {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::NoService(what)
            | Self::SocketDenied(what)
            | Self::NoAnswer(what)
            | Self::Answer(what)
            | Self::NotServed(what)
            | Self::Id(what)
            | Self::NoRequest(what)
            | Self::NoCredential(what)
            | Self::NoneOfName(what)
            | Self::NameUnknown(what)
            | Self::Kind(what)
            | Self::HeadKey(what)
            | Self::NoPlace(what)
            | Self::ClockAgainstList(what)
            | Self::ForgottenKey(what)
            | Self::NewKey(what)
            | Self::KeysBehind(what)
            | Self::ListBehind(what)
            | Self::KeyDropped(what)
            | Self::OtherBaseUrl(what)
            | Self::KeysElsewhere(what)
            | Self::WitnessThere(what)
            | Self::Untold(what) => what.clone(),
            Self::SecretUntold { id, error } => format!("{id}，{error}"),
            Self::Ambiguous { name, count } => format!("{name}，{count} 份"),
            _ => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}

#[cfg(test)]
mod tests {
    use szid_register::audit::KINDS;

    use super::*;

    #[test]
    fn whoever_misspells_a_kind_is_told_every_kind() {
        let row = CommandFault::Kind("nosuch".into()).row().unwrap();
        let list = |start: &str, text: &str, gap: &str| {
            text.strip_prefix(start).unwrap().split(gap).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(list("请使用其中之一：", row.advice.zh, "、"), KINDS);
        assert_eq!(list("use one of ", row.advice.en, ", "), KINDS);
    }
}
