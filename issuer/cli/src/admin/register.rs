//! Venues, gates and the audit, on the register's files or through the running service.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use data_encoding::BASE64;
use reqwest::Method;
use serde_json::{Value, json};
use szid_identity::read_uscc;
use szid_issuer::administration::{
    BearerFault, NumbersFault, check_ages, check_scenes, is_id, is_label, is_place_name,
};
use szid_issuer::commands::CommandFault;
use szid_issuer::default_scenes;
use szid_issuer::witness::Witness;
use szid_register::entropy::SystemEntropy;
use szid_register::{AdminChange, Author, Register, Store, StoreError, VenuePatch};

use super::changes;
use super::client::Named;
use super::target::{Target, Work};
use crate::serve::Config;
use crate::{Failure, read_public_key, system};

/// 登记场所，或修改其所列各项 · Register a venue, or change what is named of it
///
/// 已登记的场所，只改所给的各项，未给出的保持不变；新场所须给出名称、代码和场景。改了什么、由什么改成什么，会显示出来。
/// 在运行中的服务上，新增场所、增加场景或年龄、更改名称或机构须由另一位管理员确认；减少的一人即可。
/// 本命令不解除暂停：见 `szid admin resume`。
///
/// Of a known venue only what is named changes; a new one needs a name, a code and scenes. What was changed, from what to what, is
/// told. On a running service a new venue, more scenes or ages, another name or organisation wait for a second administrator; less
/// takes one. Nothing here lifts a suspension: see `szid admin resume`.
///
/// 示例 · Example:
///   szid admin venue --id library --name 市图书馆
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
#[command(group(clap::ArgGroup::new("changes").required(true).multiple(true)
    .args(["name", "uscc", "scenes", "suspended", "ages", "no_ages"])))]
pub(super) struct VenueArgs {
    #[command(flatten)]
    target: Target,
    /// 固定短编号：小写字母、数字和连字符，至多22个 · A short stable id: lower-case letters, digits and hyphens; at most 22.
    #[arg(long)]
    id: String,
    /// 场所名称 · The venue's name.
    #[arg(long)]
    name: Option<String>,
    /// 机构的统一社会信用代码；核对两位校验码 · The unified social credit code of its organisation; both check digits are
    /// checked.
    #[arg(long)]
    uscc: Option<String>,
    /// 可用于核验的场景，代替原有的；可多次给出。由一个增至多个的，设备此后须在每次扫码时指明场景，否则答复 SCENE_MISSING ·
    /// A scene that it may scan for, in the place of those of before; give it once for each. With more than one in the
    /// place of one, devices have to name the scene in each scan from then on, or are answered SCENE_MISSING.
    #[arg(long = "scene", value_name = "NUMBER")]
    scenes: Vec<u16>,
    /// 暂不得核验 · It must not scan for now.
    #[arg(long)]
    suspended: bool,
    /// 可查询“是否年满”的年龄（岁），只答是或否，代替原有的；可多次给出 · An age that it may ask about, in years: "at least so old", yes or
    /// no, in the place of those of before; give it once for each.
    #[arg(long = "age", value_name = "YEARS")]
    ages: Vec<u8>,
    /// 不再可查询任何年龄 · It asks about no age any more.
    #[arg(long, conflicts_with = "ages")]
    no_ages: bool,
    /// 使用 --data 时：服务的配置文件，据以核对场景；默认为此处的 szid.toml，没有的按初始的各场景核对 · With --data: the service's
    /// configuration, whose scenes there are; szid.toml here if it is of this folder, or else the scenes that every city starts with.
    #[arg(long, env = "SZID_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
}

/// 登记闸机签署回执的密钥；更换密钥后回执重新计数 · Register the key with which a gate signs its receipts. A new key starts a new
/// count of receipts.
///
/// 在运行中的服务上须由另一位管理员确认。
///
/// On a running service it waits for a second administrator.
#[derive(clap::Args)]
pub(super) struct GateArgs {
    #[command(flatten)]
    target: Target,
    /// 场所编号 · The venue's id.
    #[arg(long)]
    venue: String,
    /// 设备标签，与其凭据一致 · The device's label, as in its credential.
    #[arg(long)]
    device: String,
    /// `szid gate --make-key` 写出的公钥（DER SubjectPublicKeyInfo） · The public key that `szid gate --make-key`
    /// wrote, a DER SubjectPublicKeyInfo.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

pub(super) fn put_venue(args: &VenueArgs) -> Result<ExitCode, Failure> {
    let VenueArgs { target, id, suspended, .. } = args;
    let patch = args.patch()?;
    let done = |before: Option<Value>, now: Value| {
        if !suspended && now["suspended"] == true {
            hint!("场所仍暂停 · the venue stays suspended: szid admin resume --venue {id}");
        }
        match before {
            None => say!("场所已登记 · venue registered: {id}"),
            Some(before) => say!("场所 · venue {id}: {}", changes::told(&before, &now)),
        }
    };
    match target.open()? {
        Work::Files(data) => {
            args.check_numbers(data)?;
            let (before, now) = with_store(data, async |store| {
                let before = store.venue(id).await?;
                change(store, AdminChange::Venue(patch)).await?;
                Ok((before, store.venue(id).await?))
            })
            .map_err(|failure| no_place(failure, id))?;
            done(before.as_ref().map(changes::of_venue), changes::of_venue(&known(now)?));
            Ok(ExitCode::SUCCESS)
        }
        Work::Service(client) => {
            let mut body = json!({ "suspended": suspended });
            let VenuePatch { name, uscc, scenes, ages, .. } = &patch;
            let is_whole = name.is_some() && uscc.is_some() && scenes.is_some();
            let members = [("name", json!(name)), ("uscc", json!(uscc)), ("scenes", json!(scenes))];
            for (member, value) in members.into_iter().chain([("ages", json!(ages))]) {
                if !value.is_null() {
                    body[member] = value;
                }
            }
            client.change_place(&["venues", id], &body, id, is_whole, done)
        }
    }
}

impl VenueArgs {
    /// Refuses scenes and ages that the service would refuse.
    fn check_numbers(&self, data: &Path) -> Result<(), Failure> {
        let wrong = |fault: NumbersFault| Failure::problem(fault.into(), None).with_exit(2);
        check_ages(&self.ages).map_err(wrong)?;
        if self.scenes.is_empty() {
            return Ok(());
        }
        let named = self.config.as_deref();
        let config = Config::of_folder(named, data, |config| &config.data_dir)?;
        let scenes = match &config {
            Some(config) => config.read_scenes()?,
            None => default_scenes().map_err(Failure::system)?,
        };
        let is_known = |scene| scenes.iter().any(|one| one.id == scene);
        check_scenes(&self.scenes, is_known).map_err(|fault| match &config {
            Some(_) => wrong(fault),
            None => wrong(fault).with_more(
                "城市另有场景的，用 --config 指明其 szid.toml",
                "where the city has scenes of its own, name its szid.toml with --config",
            ),
        })
    }

    /// What it names, if that can be right.
    fn patch(&self) -> Result<VenuePatch, Failure> {
        check_id(&self.id)?;
        if let Some(name) = &self.name {
            check_place_name(name)?;
        }
        let uscc = self.uscc.as_ref().map(|uscc| {
            read_uscc(uscc).map_err(|fault| {
                Failure::usage(
                    format_args!("统一社会信用代码 {uscc} 有误：{}", fault.zh()),
                    format_args!("the unified social credit code {uscc} cannot be right: {fault}"),
                )
                .with_code("USCC_INVALID")
            })
        });
        let named = |ages: &Vec<u8>| !ages.is_empty() || self.no_ages;
        Ok(VenuePatch {
            id: self.id.clone(),
            name: self.name.clone(),
            uscc: uscc.transpose()?,
            scenes: Some(self.scenes.clone()).filter(|scenes| !scenes.is_empty()),
            ages: Some(self.ages.clone()).filter(named),
            suspended: self.suspended,
        })
    }
}

/// What was just written.
pub(super) fn known<T>(found: Option<T>) -> Result<T, Failure> {
    found.ok_or_else(|| explained(&StoreError::NotFound))
}

/// Says of a venue or site that is not there what it takes to register one.
pub(super) fn no_place(failure: Failure, id: &str) -> Failure {
    match failure.is(StoreError::NotFound.code()) {
        true => Failure::of(&CommandFault::NoPlace(id.to_owned())),
        false => failure,
    }
}

pub(super) fn check_id(id: &str) -> Result<(), Failure> {
    if is_id(id) {
        return Ok(());
    }
    Err(Failure::usage(
        "标识须为1至22个小写字母、数字和连字符",
        "the id must be 1 to 22 lower-case letters, digits and hyphens",
    )
    .with_code("ID_INVALID"))
}

pub(super) fn check_place_name(name: &str) -> Result<(), Failure> {
    if is_place_name(name) {
        return Ok(());
    }
    Err(Failure::usage(
        "名称须为1至200字节，不含控制字符和不可见字符，首尾无空格",
        "the name must be 1 to 200 bytes without control characters, marks that do not show, or spaces at the ends",
    )
    .with_code("PLACE_NAME"))
}

pub(super) fn check_label(label: &str) -> Result<(), Failure> {
    if is_label(label) {
        return Ok(());
    }
    Err(Failure::usage(BearerFault::Label.zh(), BearerFault::Label).with_code("DEVICE_NAME"))
}

pub(super) fn gate(args: &GateArgs) -> Result<ExitCode, Failure> {
    check_label(&args.device)?;
    let key = read_public_key(&args.key)?;
    let GateArgs { target, venue, device, .. } = args;
    let done = || say!("闸机密钥已登记 · gate key registered: {venue}/{device}");
    match target.open()? {
        Work::Files(data) => {
            let key = key.to_compressed();
            let gate = AdminChange::Gate { venue: venue.clone(), device: device.clone(), key };
            let refused = with_store(data, async |store| {
                Ok(store.administer(gate, Author::Offline, system::now()).await?.err())
            });
            if let Some(fault) = refused.map_err(|failure| no_place(failure, venue))? {
                return Err(Failure::problem((&fault).into(), fault.about().as_deref()));
            }
            done();
            Ok(ExitCode::SUCCESS)
        }
        Work::Service(client) => {
            let der = key.to_spki_der().map_err(Failure::system)?;
            let body = json!({ "key": BASE64.encode(&der) });
            let path = ["venues", venue, "gates", device];
            let request = client.request(Method::PUT, &path).json(&body);
            Ok(client.send(request, &Named::Place(venue))?.print(|_| done()))
        }
    }
}

/// Makes a change by whoever holds the files: it neither waits nor meets a fault.
pub(super) async fn change(store: &dyn Store, change: AdminChange) -> Result<(), StoreError> {
    store.administer(change, Author::Offline, system::now()).await.map(drop)
}

/// Opens the register below a service's data folder for one piece of work, which its witness is told of.
pub(super) fn with_store<T>(
    data: &Path,
    work: impl AsyncFnOnce(&dyn Store) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let witness = witness_of(data);
    with_register(data, speak_to_it, async |store| {
        witness.check(store).await.map_err(Failure::told)?;
        let done = work(store).await.map_err(|error| explained(&error))?;
        let updated = witness.update(store, system::now()).await;
        updated.map_err(Failure::told)?;
        Ok(done)
    })
}

/// The same for work that only reads. A register that is not what its witness says is looked at all the same, and that is said.
pub(super) fn with_any_store<T>(
    data: &Path,
    work: impl AsyncFnOnce(&dyn Store) -> Result<T, StoreError>,
) -> Result<T, Failure> {
    let witness = witness_of(data);
    with_register(data, speak_to_it, async |store| {
        warn_of_witness(&witness, store).await;
        work(store).await.map_err(|error| explained(&error))
    })
}

/// Says on standard error where the register is not what its witness says.
pub(super) async fn warn_of_witness(witness: &Witness, store: &dyn Store) {
    if let Err(error) = witness.compare(store).await {
        hint!(
            "注意：以下为登记库现状，与见证不符 · note: what follows is the register as it lies there, which is not what its witness says\n{}",
            Failure::told(error)
        );
    }
}

/// For what no running service does.
pub(super) fn with_opened<T>(
    data: &Path,
    work: impl AsyncFnOnce(&Register) -> Result<T, Failure>,
) -> Result<T, Failure> {
    with_register(data, |_| stop_it(), work)
}

fn with_register<T>(
    data: &Path,
    in_use: fn(&Path) -> Failure,
    work: impl AsyncFnOnce(&Register) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(Failure::system)?;
    runtime.block_on(async {
        let store = Register::open(&data.join("register"), &SystemEntropy);
        let store = store.map_err(|error| match error {
            StoreError::InUse => in_use(data),
            error => explained(&error),
        })?;
        work(&store).await
    })
}

/// What to do where a service has the register open that cannot do it itself.
fn stop_it() -> Failure {
    Failure::failed(
        "登记库正由运行中的服务使用：此命令只用于已停止的服务，请先停止该服务",
        "the running service has the register: this command is for the stopped service, so stop it first",
    )
    .with_code(StoreError::InUse.code())
}

/// What to do where a service has the register open.
fn speak_to_it(data: &Path) -> Failure {
    let socket = data.join("admin.sock");
    let socket = socket.display();
    Failure::failed(
        format_args!(
            "登记库正由运行中的服务使用：请用 --service unix:{socket} 经由该服务操作（管理员凭据放入 SZID_CREDENTIAL），\
             或先停止服务"
        ),
        format_args!(
            "the running service has the register: speak to it with --service unix:{socket} and an administrator's \
             credential in SZID_CREDENTIAL, or stop it first"
        ),
    )
    .with_code(StoreError::InUse.code())
}

/// The witness of the register below a service's data folder: where SZID_WITNESS says, as for the service, or beside it.
pub(super) fn witness_of(data: &Path) -> Witness {
    witness_where(data, None)
}

/// The same where a configuration may name it.
pub(super) fn witness_where(data: &Path, configured: Option<&Path>) -> Witness {
    let named = std::env::var_os("SZID_WITNESS").map(PathBuf::from);
    let named = named.or_else(|| configured.map(Path::to_path_buf));
    named.map_or_else(|| Witness::beside(data), Witness::new)
}

/// A store's error with its code, and as wrong usage where another folder would do.
pub(super) fn explained(error: &StoreError) -> Failure {
    let told = Failure::told(error);
    match error {
        StoreError::NoRegister(_) | StoreError::Occupied(_) => told.with_exit(2),
        StoreError::NotFound => told.with_exit(6),
        _ => told,
    }
}
