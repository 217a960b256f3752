//! What a command was given and cannot use: files, settings and addresses.

use szid_protocol::told::{Tell, Told, catalogue};

/// Why a command does not begin, each with what it is about. Codes are stable and listed in `docs/errors.md`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GivenFault {
    /// A file that cannot be read.
    #[error("cannot read {0}")]
    FileUnread(String),
    /// A configuration that is none.
    #[error("not a valid configuration: {0}")]
    Config(String),
    /// A word of `log` that is no level.
    #[error("log does not know {0}")]
    LogWord(String),
    /// A `log` that cannot be read as a whole.
    #[error("log cannot be read: {0}")]
    Log(String),
    /// A file that holds no public key.
    #[error("no P-256 public key in DER: {0}")]
    PublicKey(String),
    /// A `listen` that is no address.
    #[error("listen is no address and port: {0}")]
    ListenAddress(String),
    /// An address of a gate that others reach.
    #[error("a gate listens on a loopback address alone, and not on {0}")]
    NotLoopback(String),
    /// An address that is taken.
    #[error("another process listens on {0}")]
    ListenInUse(String),
    /// An address that the system does not give.
    #[error("cannot listen on {0}")]
    ListenFailed(String),
    /// A folder in place of a scanner.
    #[error("--input is a folder: {0}")]
    InputFolder(String),
    /// No credential in the environment.
    #[error("SZID_CREDENTIAL is not set for {0}")]
    CredentialUnset(String),
}

catalogue! { GivenFault:
    Self::FileUnread(_) => "FILE_UNREAD", "无法读取文件", "请核对路径和读取权限", "check the path and who may read it";
    Self::Config(_) => "CONFIG_INVALID", "不是有效的配置", "请按 --print-example 更正；出错之处见其后所列", "compare it with --print-example; where it is wrong stands beside";
    Self::LogWord(_) | Self::Log(_) => "LOG_LEVEL", "log 的级别有误", "请用 error、warn、info、debug、trace 或 off；某一模块的写作 模块=级别", "use error, warn, info, debug, trace or off, and module=level for a module's";
    Self::PublicKey(_) => "PUBLIC_KEY_FILE", "文件不是 P-256 公钥（DER）", "请核对是否为 .spki 文件", "look whether it is the .spki file";
    Self::ListenAddress(_) => "LISTEN_ADDRESS", "监听地址有误", "请写成 地址:端口，如 127.0.0.1:8090", "write address:port, as in 127.0.0.1:8090";
    Self::NotLoopback(_) => "LISTEN_NOT_LOOPBACK", "闸机只在本机回环地址上监听：它不核对访问者身份", "请改为 127.0.0.1 或 [::1]", "set 127.0.0.1 or [::1]: a gate asks nobody who they are";
    Self::ListenInUse(_) => "LISTEN_IN_USE", "监听地址已被另一进程占用", "请停止该进程，或用 --listen（配置中的 listen）指定另一个端口", "end that process, or name another port with --listen (listen in the configuration)";
    Self::ListenFailed(_) => "LISTEN_FAILED", "无法在此地址上监听", "请核对 --listen（配置中的 listen）：地址须为本机所有，1024 以下的端口须有权限", "look at --listen (listen in the configuration): the address has to be this machine's, and a port below 1024 takes a right of its own";
    Self::InputFolder(_) => "INPUT_FOLDER", "--input 是目录", "请给出扫码设备（如 /dev/ttyACM0）、管道、文件，或 - 表示标准输入", "name a scanner's device (as /dev/ttyACM0), a pipe, a file, or - for standard input";
    Self::CredentialUnset(_) => "CREDENTIAL_UNSET", "未设置 SZID_CREDENTIAL", "请将本设备的凭据放入该环境变量", "put the bearer credential of this device into that variable";
}

impl Tell for GivenFault {
    fn tell(&self) -> Told {
        let (Self::FileUnread(what)
        | Self::Config(what)
        | Self::LogWord(what)
        | Self::Log(what)
        | Self::PublicKey(what)
        | Self::ListenAddress(what)
        | Self::NotLoopback(what)
        | Self::ListenInUse(what)
        | Self::ListenFailed(what)
        | Self::InputFolder(what)
        | Self::CredentialUnset(what)) = self;
        Told::of(self.row(), self, what)
    }
}
