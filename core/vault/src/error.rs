//! Every way a vault can fail, each with a stable code and advice.

use std::io;

use thiserror::Error;

use crate::ports::{EntropyError, SealingError};

/// Why a vault operation did not succeed.
///
/// A write that returned an error may or may not be there after the next open; a batch is there wholly or not
/// at all.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum VaultError {
    /// Another open vault, in this or another process, holds this directory.
    #[error("the vault is open elsewhere; close it there first")]
    InUse,
    /// The sealing key works but is not the one this vault was made with.
    #[error("this sealing key does not belong to this vault; use the key it was created with")]
    WrongKey,
    /// The sealing key or the key file is gone, so the records can never be read again.
    #[error("the key of this vault is gone; wipe the vault and set it up anew")]
    KeyLost,
    /// The sealing key or the source of randomness cannot be used now.
    #[error("the platform's {0} is not available now; try again later")]
    PortUnavailable(&'static str),
    /// The directory or its key file was not made by this crate.
    #[error("the directory holds something that is not a vault; choose another directory")]
    Foreign,
    /// The vault was written by a later version of this software.
    #[error("the vault has format {found}, this software reads up to {supported}; please update")]
    NewerVersion {
        /// Format version found on disk.
        found: u16,
        /// Highest format version this software reads.
        supported: u16,
    },
    /// The vault as a whole cannot be read because one of its files is truncated or altered.
    #[error(
        "the vault's {0} is damaged; restore it from a copy or wipe the vault and set it up anew"
    )]
    Damaged(DamagedPart),
    /// One record cannot be read; the others can.
    #[error("a record is damaged; delete it or write it again")]
    RecordDamaged {
        /// Collection of the record.
        collection: String,
        /// Name of the record.
        name: String,
    },
    /// The disk or the quota is full.
    #[error("the disk is full; free some space and try again")]
    DiskFull,
    /// The operating system reported another input or output error.
    #[error("reading or writing the vault failed ({0}); check the disk and open the vault again")]
    Io(io::ErrorKind),
    /// A value, a name or a batch is larger than the vault takes.
    #[error("{what} has {size} bytes or entries, the limit is {limit}; make it smaller")]
    TooLarge {
        /// What was too large.
        what: &'static str,
        /// How large it was.
        size: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The vault was wiped; this handle is of no more use.
    #[error("the vault was wiped; open a new one")]
    Wiped,
}

/// The part of a vault that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DamagedPart {
    /// The file with the wrapped master key.
    #[error("key file")]
    KeyFile,
    /// Both copies of the records.
    #[error("record store")]
    Store,
}

impl VaultError {
    /// The stable code of this error.
    pub fn code(&self) -> &'static str {
        match self {
            VaultError::InUse => "VAULT_IN_USE",
            VaultError::WrongKey => "VAULT_WRONG_KEY",
            VaultError::KeyLost => "VAULT_KEY_LOST",
            VaultError::PortUnavailable(_) => "VAULT_PORT_UNAVAILABLE",
            VaultError::Foreign => "VAULT_FOREIGN",
            VaultError::NewerVersion { .. } => "VAULT_NEWER_VERSION",
            VaultError::Damaged(_) => "VAULT_DAMAGED",
            VaultError::RecordDamaged { .. } => "VAULT_RECORD_DAMAGED",
            VaultError::DiskFull => "VAULT_DISK_FULL",
            VaultError::Io(io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem) => {
                "VAULT_DENIED"
            }
            VaultError::Io(_) => "VAULT_IO",
            VaultError::TooLarge { .. } => "VAULT_TOO_LARGE",
            VaultError::Wiped => "VAULT_WIPED",
        }
    }

    /// What to do, in Chinese and English.
    pub fn advice(&self) -> (&'static str, &'static str) {
        let code = self.code();
        let row = Self::CATALOGUE.iter().find(|(known, ..)| *known == code);
        row.map_or(("", ""), |(_, zh, en)| (zh, en))
    }

    /// Every code that [`VaultError::code`] can return, with what to do in Chinese and English.
    pub const CATALOGUE: [(&'static str, &'static str, &'static str); 13] = [
        (
            "VAULT_IN_USE",
            "保险箱已由本进程或另一进程打开：请先在那里关闭",
            "this or another process has the vault open: close it there",
        ),
        (
            "VAULT_WRONG_KEY",
            "封装密钥不是原来的那把：请恢复原密钥，或重新申领",
            "the sealing key is another one: restore it, or enrol again",
        ),
        (
            "VAULT_KEY_LOST",
            "设备的封装密钥已丢失（重置，或从备份恢复）：请重新申领",
            "the device's sealing key is gone (a reset, a restored backup): enrol again",
        ),
        (
            "VAULT_PORT_UNAVAILABLE",
            "设备已锁定或其密钥库繁忙：请解锁后重试",
            "the device is locked or its key store is busy: unlock and try again",
        ),
        (
            "VAULT_FOREIGN",
            "目录中有其他内容：请另选目录",
            "the folder holds something else: choose another one",
        ),
        ("VAULT_NEWER_VERSION", "请更新应用", "update the app"),
        ("VAULT_DAMAGED", "保险箱无法读取：请重新申领", "the vault cannot be read: enrol again"),
        (
            "VAULT_RECORD_DAMAGED",
            "有一条记录无法读取，其余不受影响：刷新后即可替换",
            "one record cannot be read; the others can: refresh replaces it",
        ),
        (
            "VAULT_DISK_FULL",
            "请腾出存储空间后重试；没有丢失任何内容",
            "free some space and try again; nothing was lost",
        ),
        (
            "VAULT_DENIED",
            "不允许写入保险箱的目录：请解锁并重启设备后重试，目录由他人所有或只读的，改为本人可写；没有丢失任何内容",
            "the vault's folder may not be written: unlock and restart the device, and where the folder is somebody else's or \
             read-only, let yourself write there; nothing was lost",
        ),
        ("VAULT_IO", "存储出错：请重启设备", "the storage failed: restart the device"),
        ("VAULT_TOO_LARGE", "内容超出一条记录的上限", "the value is larger than a record may be"),
        ("VAULT_WIPED", "保险箱已清除：请重新申领", "the vault was wiped: enrol again"),
    ];
}

impl From<io::Error> for VaultError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            // A file size limit or quota looks the same to the user as a full disk.
            io::ErrorKind::StorageFull
            | io::ErrorKind::QuotaExceeded
            | io::ErrorKind::FileTooLarge => VaultError::DiskFull,
            kind => VaultError::Io(kind),
        }
    }
}

impl From<SealingError> for VaultError {
    fn from(error: SealingError) -> Self {
        match error {
            SealingError::Unavailable => VaultError::PortUnavailable("sealing key"),
            SealingError::Lost => VaultError::KeyLost,
            SealingError::Rejected => VaultError::WrongKey,
        }
    }
}

impl From<EntropyError> for VaultError {
    fn from(_: EntropyError) -> Self {
        VaultError::PortUnavailable("source of randomness")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_complete() {
        let samples = [
            VaultError::InUse,
            VaultError::WrongKey,
            VaultError::KeyLost,
            VaultError::PortUnavailable("sealing key"),
            VaultError::Foreign,
            VaultError::NewerVersion { found: 2, supported: 1 },
            VaultError::Damaged(DamagedPart::KeyFile),
            VaultError::RecordDamaged { collection: "a".into(), name: "secret-name".into() },
            VaultError::DiskFull,
            VaultError::Io(io::ErrorKind::PermissionDenied),
            VaultError::Io(io::ErrorKind::Other),
            VaultError::TooLarge { what: "value", size: 2, limit: 1 },
            VaultError::Wiped,
        ];
        let codes: Vec<_> = samples.iter().map(VaultError::code).collect();
        assert_eq!(codes, VaultError::CATALOGUE.map(|(code, ..)| code));
        for sample in samples {
            let text = sample.to_string();
            assert!(text.starts_with(char::is_lowercase) && !text.ends_with('.'), "{text}");
            assert!(!text.contains("secret-name"), "a message names no record");
        }
    }
}
