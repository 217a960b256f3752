//! The folder of a command-line wallet: its vault, and what stands in for a phone's hardware.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use szid_issuer::keys::FileSigner;
use szid_wallet::software::{
    MockKeyAttester, SoftwareDeviceKeys, SoftwareSealingKey, SystemClock, SystemEntropy,
    make_private_folder,
};
use szid_wallet::{
    KeyAttester, MAX_DAYS_AHEAD, SealingError, Wallet, WalletConfig, WalletError, WalletOptions,
    WalletParts,
};

use super::failure;
use crate::{Failure, read_public_key, write_file};

const VAULT: &str = "vault";
const DEVICE_KEYS: &str = "device-keys";
const SEALING_KEY: &str = "sealing.key";
/// The key of a mock attester, if the wallet was given one.
const MOCK_ATTESTER: &str = "mock-attester.pem";
const ROOT: &str = "root.spki";

/// Where a wallet lies.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// The folder that was asked for, or the user's own data folder.
    pub(super) fn find(asked: Option<&Path>) -> Result<Self, Failure> {
        let folder = match asked {
            Some(path) => path.to_owned(),
            None => data_folder()
                .ok_or_else(|| {
                    Failure::usage(
                        "请用 --dir 或 SZID_WALLET 指明钱包位置",
                        "say with --dir or SZID_WALLET where the wallet lies",
                    )
                })?
                .join("szid-wallet"),
        };
        Ok(Self(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// True when a wallet was begun here.
    pub(super) fn exists(&self) -> bool {
        self.0.join(VAULT).exists()
    }

    /// Opens a new wallet that trusts this root, or the one that is there, if it trusts the same root or none
    /// is given.
    pub(super) fn open_for(
        &self,
        root: Option<&Path>,
        device_name: String,
    ) -> Result<Wallet, Failure> {
        let kept = self.0.join(ROOT);
        let Some(root) = root else {
            if !kept.exists() {
                return Err(Failure::usage(
                    "新钱包需要本市的根公钥：--root 文件",
                    "a new wallet needs the city's root key: --root FILE",
                ));
            }
            return self.open(device_name);
        };
        let given = read_public_key(root)?;
        if kept.exists() && read_public_key(&kept)? != given {
            return Err(Failure::usage(
                "此钱包信任的是另一把根密钥：请先清除钱包",
                "this wallet trusts another root key: wipe it first",
            ));
        }
        make_private_folder(&self.0).map_err(|error| self.cannot("make", &error))?;
        write_file(&kept, given.to_spki_der().map_err(Failure::unusable)?)?;
        self.open(device_name)
    }

    /// Opens the wallet that is there.
    pub(super) fn open_existing(&self) -> Result<Wallet, Failure> {
        if self.exists() {
            self.open(String::new())
        } else {
            Err(failure(&WalletError::NotEnrolled))
        }
    }

    /// The name is told at enrolment alone.
    fn open(&self, device_name: String) -> Result<Wallet, Failure> {
        let config = WalletConfig {
            path: self.0.join(VAULT),
            roots: vec![read_public_key(&self.0.join(ROOT))?],
            days_ahead: MAX_DAYS_AHEAD,
            device_name,
        };
        let entropy = Arc::new(SystemEntropy);
        let clock = Arc::new(SystemClock::new());
        let keys = SoftwareDeviceKeys::open(&self.0.join(DEVICE_KEYS), entropy.clone());
        let parts = WalletParts {
            keys: Arc::new(keys.map_err(|error| failure(&error.into()))?),
            attester: self.attester(clock.clone())?,
            // Nothing on this computer asks for a screen lock in the wallet's name: the PIN is what unlocks.
            prompt: None,
            sealing: Arc::new(self.sealing_key()?),
            http: Arc::new(szid_wallet::ReqwestHttp::new()),
            clock,
            entropy,
        };
        // Its keys are files: it shows what a phone does, also with an issuer on this machine.
        let options = WalletOptions { demo_mode: true, ..WalletOptions::default() };
        Wallet::open_with(config, options, parts).map_err(|error| failure(&error))
    }

    /// Keeps the key of a mock attester beside the wallet, whose later refreshes need it too.
    pub(super) fn keep_mock_attester(&self, key: &Path) -> Result<(), Failure> {
        make_private_folder(&self.0).map_err(|error| self.cannot("make", &error))?;
        let kept = self.0.join(MOCK_ATTESTER);
        // The copy keeps the file's mode, which keeps others out.
        FileSigner::read(key).map_err(|error| Failure::told(error).at(key).with_exit(2))?;
        fs::copy(key, kept).map(drop).map_err(|error| self.cannot("write into", &error))
    }

    fn attester(&self, clock: Arc<SystemClock>) -> Result<Option<Arc<dyn KeyAttester>>, Failure> {
        let key = self.0.join(MOCK_ATTESTER);
        if !key.exists() {
            return Ok(None);
        }
        let signer =
            FileSigner::read(&key).map_err(|error| Failure::told(error).at(&key).with_exit(2))?;
        let signer = Arc::new(signer);
        Ok(Some(Arc::new(MockKeyAttester::new(signer, clock))))
    }

    fn sealing_key(&self) -> Result<SoftwareSealingKey, Failure> {
        SoftwareSealingKey::open(&self.0.join(SEALING_KEY), Arc::new(SystemEntropy))
            .map_err(|error: SealingError| Failure::system(error))
    }

    /// Destroys the wallet, even one that no longer opens, and then removes every file that this folder's
    /// wallet had.
    pub(super) fn wipe(&self) -> Result<(), Failure> {
        match self.open(String::new()) {
            Ok(wallet) => wallet.wipe().map_err(|error| failure(&error))?,
            Err(_) => Wallet::wipe_closed(&self.0.join(VAULT), &self.sealing_key()?)
                .map_err(|error| failure(&error))?,
        }
        for name in [VAULT, DEVICE_KEYS] {
            gone(fs::remove_dir_all(self.0.join(name)))
                .map_err(|error| self.cannot("empty", &error))?;
        }
        for name in [ROOT, MOCK_ATTESTER] {
            gone(fs::remove_file(self.0.join(name)))
                .map_err(|error| self.cannot("empty", &error))?;
        }
        // Whatever else lies in the folder is not the wallet's.
        let _ = fs::remove_dir(&self.0);
        Ok(())
    }

    fn cannot(&self, what: &str, error: &io::Error) -> Failure {
        let folder = self.0.display();
        Failure::failed(
            format_args!("无法处理钱包目录 {folder}（{what}）：{error}"),
            format_args!("cannot {what} {folder}: {error}"),
        )
    }
}

/// Removing what is not there is fine.
fn gone(removed: io::Result<()>) -> io::Result<()> {
    match removed {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// What this computer calls itself, as far as it says so.
pub(super) fn computer_name() -> String {
    let told = env::var("COMPUTERNAME").or_else(|_| env::var("HOSTNAME"));
    let told = told.or_else(|_| fs::read_to_string("/etc/hostname"));
    let name = told.unwrap_or_default().trim().to_owned();
    if name.is_empty() { "szid wallet".into() } else { name }
}

/// Where the platform keeps what belongs to a user.
fn data_folder() -> Option<PathBuf> {
    let folder =
        |name: &str| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    if cfg!(windows) {
        folder("APPDATA")
    } else if cfg!(target_os = "macos") {
        Some(folder("HOME")?.join("Library/Application Support"))
    } else {
        folder("XDG_DATA_HOME").or_else(|| Some(folder("HOME")?.join(".local/share")))
    }
}
