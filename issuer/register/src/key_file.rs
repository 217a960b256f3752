//! Files with keys: for their owner alone, never written over.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use szid_protocol::told::{Tell, Told, catalogue};
use zeroize::Zeroizing;

/// Why a key file cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file cannot be read or written.
    #[error("the key file cannot be read or written: {0}")]
    Io(#[from] io::Error),
    /// There is a file already.
    #[error("there is a key file already")]
    Exists,
    /// Others than the owner may read it.
    #[error("the key file can be read by others")]
    Exposed,
    /// It holds no P-256 key in PKCS #8 form.
    #[error("the key file holds no P-256 private key in PKCS #8 form")]
    Content,
    /// It is the public half of a key.
    #[error("the file holds the public half of a key, which signs nothing")]
    Public,
    /// No randomness.
    #[error("the system gave no randomness")]
    Entropy,
}

catalogue! { KeyFileError:
    Self::Io(_) => "KEY_FILE_IO", "无法读写密钥文件", "请核对路径和权限", "check the path and who may read it";
    Self::Exists => "KEY_FILE_EXISTS", "此处已有密钥文件", "已有的密钥文件不会被覆盖：请另写一个文件名；确要更换密钥的，先把旧文件移走并妥善保管", "a key file that is there is never written over: name another file; if the key is to be replaced, move the older file away first and keep it safe";
    Self::Public => "KEY_FILE_PUBLIC", "这是公钥文件，不能签名", "请给出私钥文件（.pem，如 gate-1.pem、root.pem）", "name the private one (.pem, such as gate-1.pem or root.pem)";
    Self::Exposed => "KEY_FILE_EXPOSED", "其他用户也能读取密钥文件", "请执行 chmod 600；如有他人读过，请更换密钥", "chmod 600 it; replace the key if somebody else has read it";
    Self::Content => "KEY_FILE_CONTENT", "密钥文件的内容无法识别", "请从备份放回由 szid admin keys、szid admin root 或 szid gate --make-key 生成的文件", "put back from a backup the file that szid admin keys, szid admin root or szid gate --make-key made";
    Self::Entropy => "KEY_FILE_ENTROPY", "系统没有给出随机数", "请重试；仍不行请重启本机", "try again; restart the machine if it does not pass";
}

impl Tell for KeyFileError {
    fn tell(&self) -> Told {
        let particulars = match self {
            Self::Io(error) => error.to_string(),
            _ => String::new(),
        };
        Told::of(self.row(), self, &particulars)
    }
}

/// The largest key file that is looked at, bytes.
const MAX_FILE: u64 = 16 * 1024;

/// Reads a file that only its owner may read.
///
/// # Errors
/// [`KeyFileError`].
pub fn read_private(path: &Path) -> Result<Zeroizing<Vec<u8>>, KeyFileError> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return Err(KeyFileError::Exposed);
    }
    if metadata.len() > MAX_FILE {
        return Err(KeyFileError::Content);
    }
    Ok(Zeroizing::new(fs::read(path)?))
}

/// Writes a new file that only its owner may read, and waits for the disk.
///
/// # Errors
/// [`KeyFileError::Exists`]: a file that is there already is never written over. [`KeyFileError::Io`].
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), KeyFileError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => KeyFileError::Exists,
        _ => error.into(),
    })?;
    file.write_all(content)?;
    file.sync_all()?;
    #[cfg(unix)]
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
