//! Why a service does not start.

use szid_protocol::reason::Text;
use szid_protocol::told::{Particulars, Tell, Told, catalogue};
use szid_register::StoreError;
use szid_register::key_file::KeyFileError;
use szid_verifier::VerifierError;

use crate::witness::WitnessError;

/// Why the service does not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The register cannot be opened.
    #[error("{code} {0}", code = .0.code())]
    Store(#[from] StoreError),
    /// The register is not what its witness says, or there is no witness.
    #[error("{code} {0}", code = .0.code())]
    Witness(#[from] WitnessError),
    /// The trust list that was kept cannot be read.
    #[error(transparent)]
    Kept(#[from] VerifierError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The trust list is not good, or does not name one of the service's keys for its purpose.
    #[error("the trust list does not serve this service: {0}")]
    Trust(Particulars),
    /// A replaced key lies beside those that sign, and the trust list does not name it any more.
    #[error("the replaced {0} lies in keys_dir, and the trust list names it no more")]
    KeyForgotten(String),
    /// The scenes cannot be signed.
    #[error("the scenes cannot be signed: {0}")]
    Scenes(Particulars),
    /// The level policy is not taken.
    #[error("the level policy is not taken: {0}")]
    Levels(Particulars),
    /// The base URL is not one.
    #[error("base_url is not one")]
    BaseUrl,
    /// Something that was made for demonstrations, or no TLS.
    #[error("not in production (demo_mode = false): {}", .0.en)]
    Production(Text),
    /// Two attesters share a `kid`, one has none, or there are too many.
    #[error("attesters are not told apart, or too many")]
    Attesters,
    /// Two connectors share a name.
    #[error("connectors are not told apart")]
    Connectors,
    /// The administration's socket cannot be served.
    #[error("cannot serve the administration's socket: {0}")]
    AdminSocket(std::io::Error),
    /// The address cannot be served.
    #[error("cannot serve: {0}")]
    Io(#[from] std::io::Error),
}

catalogue! { StartError:
    Self::Trust(_) => "START_TRUST", "信任清单不适用于本服务", "请核对 trust_list、roots 与 keys_dir；密钥是从备份放回的，请改为放回较新的密钥，不要为旧密钥签发清单；本机时钟慢的，请先校准；确实需要时用 szid admin trust 签发新清单", "compare trust_list, roots and keys_dir; if keys were put back from a backup, put the newer ones in place instead, and sign no list for the older ones; if this machine's clock is behind, set it; else sign a new list with szid admin trust where it needs one";
    Self::KeyForgotten(_) => "START_KEY_FORGOTTEN", "keys_dir 中有信任清单已不再列出的旧密钥", "密钥目录是从剔除（--forget-previous）之前的备份放回的，请改为放回较新的；没有较新的，用 szid admin keys --forget-previous 再次剔除", "if the folder was put back from before a key was forgotten, put the newer one in place instead; where that is lost, forget the key again with szid admin keys --forget-previous";
    Self::Scenes(_) => "START_SCENES", "无法签发场景规则", "请更正 scenes 指向的文件；不设 scenes 则使用随软件提供的规则", "correct the file that scenes names; without scenes those of the software are used";
    Self::Levels(_) => "START_LEVELS", "级别规则不被接受", "请更正 levels 所指的文件：须由 roots 中的根密钥签署，版本不低于曾生效的；用 szid admin levels 签署更高的版本", "correct the file that levels names: a root of roots has to sign it, with a version that is not lower than before; sign a higher one with szid admin levels";
    Self::BaseUrl => "START_BASE_URL", "base_url 有误", "请写成 http 或 https 地址，不带参数、片段和结尾的斜杠", "write an http or https address without query, fragment or trailing slash";
    Self::Production(_) => "START_PRODUCTION", "正式服务（demo_mode = false）不能这样启动", "请更正该设置；演示请将 demo_mode 设为 true", "correct that setting; for a demonstration set demo_mode to true";
    Self::Attesters => "START_ATTESTERS", "attesters 有误", "每个证明方须有各自的 kid，最多32个", "give each attester a kid of its own; there may be 32";
    Self::Connectors => "START_CONNECTORS", "connectors 有误", "每个认证方式须有各自的名称", "give each connector a name of its own";
    Self::AdminSocket(_) => "START_ADMIN_SOCKET", "无法提供管理套接字", "请检查 admin_socket 的目录和权限；另一服务正在使用的，请另设 admin_socket", "check the folder of admin_socket and who may write to it; where another service has it, name another one";
    Self::Io(_) => "START_IO", "无法提供服务", "请检查 listen 和系统资源", "check listen and the system's resources";
}

impl Tell for StartError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Store(error) => return error.tell(),
            Self::Witness(error) => return error.tell(),
            Self::Key(error) => return error.tell(),
            Self::Kept(error) => return error.tell(),
            Self::Trust(what) | Self::Scenes(what) | Self::Levels(what) => what.zh.clone(),
            Self::Production(what) => what.zh.into(),
            Self::KeyForgotten(what) => what.clone(),
            Self::AdminSocket(error) | Self::Io(error) => error.to_string(),
            Self::BaseUrl | Self::Attesters | Self::Connectors => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}
