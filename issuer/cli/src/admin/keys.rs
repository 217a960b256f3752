//! Key files: the root's, and the service's.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use szid_issuer::keys::{FileSigner, ReplacedKey, ServiceKeys};
use szid_protocol::crypto::Signer;
use szid_register::entropy::SystemEntropy;
use szid_register::key_file::KeyFileError;
use szid_register::master_key::MasterKey;

use super::key_name::{KeyName, parse_rotated};
use super::list_taken;
use super::public_keys::{self, PublicKeys};
use super::register::witness_where;
use super::rotation;
use crate::serve::Config;
use crate::{Failure, system, write_file};

/// The file of the key that wraps the register's data secret.
pub(super) const REGISTER_KEY: &str = "register.key";

/// 生成城市根密钥，在从不联网的机器上进行 · Make the city's root key, on a machine that is never online
///
/// 生成 root.pem（留在该机器）和 root.spki（交给每个钱包和场所）。
///
/// Leaves root.pem, which stays there, and root.spki, which every wallet and venue is given.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct RootArgs {
    /// 存放目录，没有则新建 · The folder for the files; made if it is missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

/// 生成服务的各签名密钥和登记库密钥 · Make the service's keys, for all that it signs, and the register's key
///
/// 另生成 public-keys.json，交到离线机器供 `szid admin trust` 使用。
/// 遗失 register.key 即遗失登记库中的姓名和证件号：请备份一份存入保险柜。
///
/// 更换签名密钥分三步，旧密钥签过的码到当日结束前仍然有效：
///   服务端  szid admin keys --out keys --rotate pass,status --trust-list trust-list.cbor --root root.spki
///   离线机  szid admin trust --keys public-keys.json ...，并放置新的信任清单
///   服务端  szid admin keys --out keys --activate --trust-list trust-list.cbor --root root.spki，
///           待每台闸机都有新清单后重启
/// 中断的步骤照原样再做一次；--discard 放弃新密钥。旧密钥留在 previous/，其签名仍有效期间信任清单继续列出。
/// 密钥失窃的，用 --forget-previous 永久移出。register.key 另用 szid admin register-key 更换。
///
/// Also leaves public-keys.json, which goes to the offline machine for `szid admin trust`.
/// Losing register.key loses the register's names and numbers: keep a copy in a safe.
///
/// A signing key is replaced in three strokes, while codes that the old one signed stay good until their day ends:
///   service   szid admin keys --out keys --rotate pass,status --trust-list trust-list.cbor --root root.spki
///   offline   szid admin trust --keys public-keys.json ... and lay the list in its place
///   service   szid admin keys --out keys --activate --trust-list trust-list.cbor --root root.spki, and restart it once
///             every gate has the list
/// Each stroke that was stopped is done again in the same way; --discard gives new keys up instead. The old key stays in
/// previous/, and trust lists name it for as long as something that it signed is good. After a theft, --forget-previous takes
/// it out of public-keys.json for good. register.key has a command of its own: szid admin register-key.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct KeysArgs {
    /// 存放目录，没有则新建；已有密钥的目录，不加下列选项不会改动 · The folder for the files; made if it is missing. One that holds keys
    /// is not touched without one of the other options.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// 另行生成这些名称的新密钥，并列入 public-keys.json；目录落后于现行信任清单的，拒绝 · Make new keys of these names aside, and add
    /// them to public-keys.json. Refused where the trust list in force names newer keys than this folder has.
    #[arg(long, value_name = "NAME", value_delimiter = ',', value_parser = parse_rotated,
        requires_all = ["trust_list", "root"], group = "replacing")]
    rotate: Vec<KeyName>,
    /// 同一清单还列出其他服务的密钥的，给出其 public-keys.json · Where the same list names another service's keys as well, its
    /// public-keys.json.
    #[arg(long, value_name = "FILE", requires = "rotate")]
    other_service: Vec<PathBuf>,
    /// 启用新密钥；信任清单须已列出 · Put the new keys in force, which the trust list must name.
    #[arg(long, requires_all = ["trust_list", "root"], group = "replacing")]
    activate: bool,
    /// 现行信任清单 · The trust list in force.
    #[arg(long, value_name = "FILE", requires_all = ["root", "replacing"])]
    trust_list: Option<PathBuf>,
    /// 签署该清单的根公钥（DER SubjectPublicKeyInfo） · The root key that has signed it (DER SubjectPublicKeyInfo).
    #[arg(long, value_name = "FILE", requires = "trust_list")]
    root: Option<PathBuf>,
    /// 服务的配置文件，据以核对清单：不旧于服务已采用的，且适用于其 base_url；默认为此处的 szid.toml · The service's configuration, by which the
    /// list is compared with the one that the service took last, and with its base_url; szid.toml here if it is of these
    /// keys.
    #[arg(long, env = "SZID_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// 代替配置中的 `base_url` · In place of the configuration's `base_url`.
    #[arg(long, env = "SZID_BASE_URL", value_name = "URL")]
    base_url: Option<String>,
    /// 代替配置中的 `data_dir` · In place of the configuration's `data_dir`.
    #[arg(long, env = "SZID_DATA_DIR", value_name = "DIR")]
    data: Option<PathBuf>,
    /// 放弃待启用的新密钥，并按现有密钥整理 public-keys.json · Give up new keys that wait, and put public-keys.json in order
    /// with the keys that lie here.
    #[arg(long, conflicts_with_all = ["rotate", "activate"])]
    discard: bool,
    /// 不再列出这些已更换的密钥：名称，或 szid admin trust 显示的编号 · Let no further trust list name these replaced keys: names,
    /// or ids as szid admin trust prints them.
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',', conflicts_with_all = ["rotate", "activate", "discard"])]
    forget_previous: Vec<String>,
}

pub(super) fn make_root(args: &RootArgs) -> Result<ExitCode, Failure> {
    make_folder(&args.out)?;
    let root = make_signer(&args.out.join("root.pem"))?;
    let der = root.public_key().to_spki_der().map_err(Failure::system)?;
    write_file(&args.out.join("root.spki"), der)?;
    say!("根密钥已生成，请离线保存 root.pem · root key made: keep root.pem offline");
    Ok(ExitCode::SUCCESS)
}

pub(super) fn service_keys(args: &KeysArgs) -> Result<ExitCode, Failure> {
    match (&args.trust_list, &args.root) {
        (Some(trust_list), Some(root)) if !args.rotate.is_empty() => {
            let service = Service::of(args)?;
            service.check_not_older(trust_list, root)?;
            rotation::check_not_behind(&args.out, trust_list, root, &args.other_service)?;
            rotation::rotate(&args.out, &args.rotate, trust_list, root)
        }
        (Some(trust_list), Some(root)) if args.activate => {
            let service = Service::of(args)?;
            service.check_not_older(trust_list, root)?;
            if service.base_url.is_none() {
                hint!(
                    "注意：未核对清单是否适用于服务的 base_url，请用 --config 指明其 szid.toml\n\
                     note: nothing says whether the list is for the service's base_url: name its szid.toml with --config"
                );
            }
            rotation::activate(&args.out, trust_list, root, service.base_url.as_deref())
        }
        _ if !args.forget_previous.is_empty() => rotation::forget(&args.out, &args.forget_previous),
        _ if args.discard => rotation::discard(&args.out),
        _ => make_service_keys(&args.out),
    }
}

/// The service that the keys are of, as far as something here says.
struct Service {
    base_url: Option<String>,
    data: Option<PathBuf>,
    witness: Option<PathBuf>,
}

impl Service {
    fn of(args: &KeysArgs) -> Result<Self, Failure> {
        let config =
            Config::of_folder(args.config.as_deref(), &args.out, |config| &config.keys_dir)?;
        let witness = config.as_ref().and_then(|config| config.witness.clone());
        let (base_url, data) = config.map(|config| (config.base_url, config.data_dir)).unzip();
        let (base_url, data) = (args.base_url.clone().or(base_url), args.data.clone().or(data));
        Ok(Self { base_url, data, witness })
    }

    /// Refuses a list that is older than the one that the service took last.
    fn check_not_older(&self, trust_list: &Path, root: &Path) -> Result<(), Failure> {
        if let Some(data) = &self.data {
            let witness = witness_where(data, self.witness.as_deref());
            return list_taken::check_not_older(data, &witness, trust_list, root);
        }
        hint!(
            "注意：未与服务已采用的清单核对新旧，请用 --config 指明其 szid.toml，或用 --data 指明其数据目录\n\
             note: nothing says whether the service has taken a newer list: name its szid.toml with --config, or its data folder with --data"
        );
        Ok(())
    }
}

fn make_service_keys(folder: &Path) -> Result<ExitCode, Failure> {
    make_folder(folder)?;
    check_no_keys(folder)?;
    for name in KeyName::ALL {
        make_signer(&name.file(folder))?;
    }
    let master = folder.join(REGISTER_KEY);
    MasterKey::make(&master, &SystemEntropy).map_err(|error| at(&master, &error))?;
    PublicKeys::of(folder)?.write(folder)?;
    say!("服务密钥已生成 · service keys made: {}", folder.display());
    Ok(ExitCode::SUCCESS)
}

/// One key beside others that it was not made with would end in a service that half works.
fn check_no_keys(folder: &Path) -> Result<(), Failure> {
    let files = KeyName::ALL.map(|name| name.file(folder));
    let more = [REGISTER_KEY, public_keys::FILE, "previous", "next"].map(|name| folder.join(name));
    let Some(path) = files.into_iter().chain(more).find(|path| path.exists()) else {
        return Ok(());
    };
    // public-keys.json is written last.
    let (zh, en) = if folder.join(public_keys::FILE).exists() {
        (
            "更换签名密钥用 --rotate，更换 register.key 用 szid admin register-key --rotate",
            "To replace a signing key: --rotate; to replace register.key: szid admin register-key --rotate",
        )
    } else {
        (
            "缺少 public-keys.json，说明上次生成未完成：尚未用这些密钥建立登记库的，删除此目录后重新执行；已经建立的，从备份恢复该文件",
            "public-keys.json is missing: making these keys was stopped. Where no register was founded with them, remove the folder \
             and run this again; else put that file back from a backup",
        )
    };
    let path = path.display();
    Err(Failure::usage(
        format_args!("{path} 已经存在，未作任何改动。{zh}"),
        format_args!("{path} is there already: nothing was made. {en}"),
    ))
}

/// The service's signing keys, from their folder.
pub(crate) fn read_service_keys(folder: &Path) -> Result<ServiceKeys, Failure> {
    ServiceKeys::try_from_names(|name| read_signer(&folder.join(name).with_extension("pem")))
}

/// The keys that were replaced and that trust lists still name, by what lies in the same folder.
pub(crate) fn read_replaced_keys(folder: &Path) -> Result<Vec<ReplacedKey>, Failure> {
    let file = folder.join(public_keys::FILE);
    if !file.exists() {
        return Ok(Vec::new());
    }
    let replaced = PublicKeys::read(&file)?.replaced(system::now())?;
    Ok(replaced.into_iter().map(|(_, key)| key).collect())
}

/// The key that wraps the register's data secret, from the same folder.
pub(crate) fn read_master_key(folder: &Path) -> Result<MasterKey, Failure> {
    let path = folder.join(REGISTER_KEY);
    MasterKey::read(&path).map_err(|error| at(&path, &error))
}

pub(super) fn read_signer(path: &Path) -> Result<FileSigner, Failure> {
    FileSigner::read(path).map_err(|error| at(path, &error))
}

pub(super) fn make_signer(path: &Path) -> Result<FileSigner, Failure> {
    FileSigner::make(path, &SystemEntropy).map_err(|error| at(path, &error))
}

pub(super) fn make_folder(path: &Path) -> Result<(), Failure> {
    std::fs::create_dir_all(path).map_err(|error| {
        let path = path.display();
        Failure::usage(
            format_args!("无法建立目录 {path}：{error}"),
            format_args!("cannot make the folder {path}: {error}"),
        )
    })
}

fn at(path: &Path, error: &KeyFileError) -> Failure {
    Failure::told(error).at(path).with_exit(2)
}
