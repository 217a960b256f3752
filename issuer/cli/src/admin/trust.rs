//! The trust list, signed by the root key on the offline machine.

use std::path::PathBuf;
use std::process::ExitCode;

use szid_issuer::keys::status_prefix;
use szid_issuer::{StartError, is_base_url};
use szid_protocol::day::{DAY, local_time};
use szid_protocol::trust::{MAX_PREFIX_BYTES, Purpose, TrustList, TrustedKey};

use super::key_name::KeyName;
use super::keys::read_signer;
use super::public_keys::{ListedKey, PublicKeys};
use super::trust_before::{
    check_dropped_keys, check_new_keys, check_prefix, check_replaced_keys, choose_version,
    read_before,
};
use crate::{Failure, system, write_file};

/// Keys count from a little before the list is made, for clocks that are behind.
pub(super) const MARGIN: u64 = 300;
/// More than any list or key should be good for: ten years.
const MAX_DAYS: u64 = 3_660;

/// 用根密钥签署信任清单，在从不联网的机器上进行 · Sign the trust list with the root key, on the machine that is never online
///
/// 更换密钥期间，public-keys.json 和清单同时列出新旧密钥；保留哪些旧密钥、到何时为止，会显示出来。
/// 有多个服务的，可多次给出 --keys。
///
/// While keys are being replaced, public-keys.json names old and new ones, and the list does too: which replaced keys it keeps, and
/// until when, is printed. Give several --keys files for several services.
#[derive(clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// 根密钥 · The root key.
    #[arg(long, value_name = "FILE")]
    root: PathBuf,
    /// 服务的 public-keys.json · A service's public-keys.json.
    #[arg(long, value_name = "FILE", required = true)]
    keys: Vec<PathBuf>,
    /// 服务的基础网址：状态清单在其下 · The service's base URL: status lists lie below it.
    #[arg(long, value_name = "URL")]
    base_url: String,
    /// 清单版本，须高于以往各版：核验方永不接受更低的版本；省略时接着上一份清单往下排 · Higher than that of every list before: verifiers
    /// refuse a lower one for ever. Without it, one higher than that of the list before.
    #[arg(long, value_name = "NUMBER")]
    list_version: Option<u64>,
    /// 清单有效天数 · How long the list is good.
    #[arg(long, value_name = "DAYS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=MAX_DAYS))]
    days: u64,
    /// 密钥可签名的天数 · How long the keys may sign.
    #[arg(long, value_name = "DAYS", default_value_t = 400, value_parser = clap::value_parser!(u64).range(1..=MAX_DAYS))]
    key_days: u64,
    /// 写入位置；原有的清单用于核对 · Where to write it; the list that lies there is compared with.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// 上一份清单不在写入位置的，在此指明 · The list before, where it does not lie in that place.
    #[arg(long, value_name = "FILE")]
    before: Option<PathBuf>,
    /// 上一份清单没有列出的这些密钥确应取代其所列；失窃的密钥切勿如此 · Keys of these names do take the place of those that the list before
    /// names, though it does not name them: never one that was stolen.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    with_new_key: Vec<KeyName>,
    /// 上一份清单不再列出的这些已更换的密钥确应再次列入（名称或编号）；失窃的密钥切勿如此 · Name these replaced keys again, by name or id,
    /// though the list before does not: never one that was stolen.
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    with_previous: Vec<String>,
    /// 上一份清单列有、public-keys.json 中没有的这些密钥确应去掉（名称或编号） · Leave out these keys, by name or id, that the list before
    /// names and no public-keys.json knows.
    #[arg(long, value_name = "NAME|ID", value_delimiter = ',')]
    without_key: Vec<String>,
    /// 服务的基础网址确与上一份清单不同 · The service's base URL is another than in the list before.
    #[arg(long)]
    new_base_url: bool,
}

pub(super) fn make(args: &Args) -> Result<ExitCode, Failure> {
    // What a key signs on the list's last day is good for longer.
    let longest = KeyName::Pass.days_of_use();
    if args.key_days < args.days + longest {
        return Err(Failure::usage(
            format_args!("密钥的有效期须比清单长 {longest} 天以上：清单到期之前密钥一直在签名"),
            format_args!(
                "keys must be good for {longest} days longer than the list: they sign until its end"
            ),
        ));
    }
    let base_url = args.base_url.trim_end_matches('/');
    if !is_base_url(base_url) || status_prefix(base_url).len() > MAX_PREFIX_BYTES {
        return Err(Failure::told(StartError::BaseUrl).with_exit(2));
    }
    let root = read_signer(&args.root)?;
    let before = read_before(args.before.as_deref(), &args.out, &root)?;
    let place = args.before.as_ref().unwrap_or(&args.out);
    let version =
        choose_version(before.as_ref(), args.list_version).map_err(|failure| failure.at(place))?;
    let now = system::now();
    let (mut keys, mut kept) = (Vec::<TrustedKey>::new(), Vec::new());
    let files = args.keys.iter().map(|file| PublicKeys::read(file));
    let files = files.collect::<Result<Vec<_>, _>>()?;
    for file in &files {
        for ListedKey { name, key, until } in file.listed(now)? {
            let purpose = name.purpose();
            let known = keys.iter().any(|one| one.key == key && one.purpose == purpose);
            if known {
                continue;
            }
            if let Some(until) = until {
                kept.push((name, key, until));
            }
            keys.push(TrustedKey {
                key,
                purpose,
                from: now - MARGIN,
                to: until.unwrap_or(now + args.key_days * DAY),
                status_prefix: (purpose == Purpose::Pass).then(|| status_prefix(base_url)),
            });
        }
    }
    match &before {
        Some(before) => {
            let mut current = Vec::new();
            for file in &files {
                current.extend(file.current_keys()?);
            }
            if !args.new_base_url {
                check_prefix(before, &status_prefix(base_url))?;
            }
            check_new_keys(before, &current, &keys, &args.with_new_key)?;
            let replaced = |file| check_replaced_keys(before, file, now, &args.with_previous);
            files.iter().try_for_each(replaced)?;
            let new = args.with_new_key.iter().map(|name| name.word().to_owned());
            let may_go: Vec<_> = args.without_key.iter().cloned().chain(new).collect();
            check_dropped_keys(before, &files, now, &may_go)?;
        }
        None if version > 1 => hint!(
            "注意：没有上一份清单可供核对，请确认没有列入已更换或失窃的密钥；上一份清单在别处的，用 --before 指明\n\
             note: there is no list before to compare with: make sure that no key is named that was replaced or stolen. Where that list \
             lies somewhere else, name it with --before"
        ),
        None => {}
    }
    let list = TrustList { version, iat: now, exp: now + args.days * DAY, keys };
    write_file(&args.out, list.sign(&root).map_err(Failure::unusable)?)?;
    say!(
        "信任清单已签发，版本 {version}，有效 {0} 天 · trust list signed, version {version}, good for {0} days: {1}",
        args.days,
        args.out.display()
    );
    // Both are signed where no network sets the clock. Which of the two was wrong cannot be known here: a list that was signed ahead is
    // put right by another one.
    if let Some(before) = before.as_ref().filter(|before| now + MARGIN < before.issued_at()) {
        let [now, signed] = [now, before.issued_at()].map(local_time);
        hint!(
            "注意：本机时间是 {now}，早于上一份清单的签发时间 {signed}（UTC+8）：两者之中有一个不对。请核对本机时间；慢了的，校准后再签发一份，否则闸机会因清单过旧而拒绝所有市民码\n\
             note: this machine's clock says {now}, before the list before was signed, {signed} (UTC+8): one of the two is wrong. Look at the \
             clock; if it is slow, set it and sign once more: gates would refuse every code, since the list seems too old"
        );
    }
    for (name, key, until) in kept {
        let id = key.key_id().map_err(Failure::system)?;
        say!(
            "仍信任已换下的密钥 · keeps a replaced key: {} {id:?}，至 · until {} (UTC+8)",
            name.word(),
            local_time(until)
        );
    }
    for told in files.iter().flat_map(|file| file.over(now)) {
        say!("已到期，不再列出 · its time is over, and it is listed no more: {told}");
    }
    Ok(ExitCode::SUCCESS)
}
