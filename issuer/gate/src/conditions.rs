//! What whoever looks after a gate has to look at, told by its state, `readyz` and the log.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;
use szid_protocol::reason::Text;

/// A state that somebody has to look at. Codes are stable and listed in `docs/errors.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Condition {
    /// The service knows receipts of this gate that its folder does not.
    FolderWentBack,
    /// Another device works with this gate's key.
    Twice,
    /// The service does not know receipts that it had.
    ServiceWentBack,
    /// The service has set receipts of this gate aside.
    ReceiptsSetAside,
    /// Another key is registered for this gate.
    KeyNotRegistered,
    /// This gate bears another name than the device that its key and credential are of.
    DeviceDiffers,
    /// The city has no such scene as this gate's.
    SceneUnknown,
    /// The venue is not registered for this gate's scene.
    SceneNotRegistered,
    /// This gate's scene may be verified online alone.
    SceneOnlineOnly,
    /// None of the root keys that this gate was given has signed the service's trust list.
    RootDiffers,
    /// Nothing listens at the service's address, and there are no lists yet.
    ServiceNotListening,
    /// No TLS connection comes about with the service's address, and there are no lists yet.
    ServiceTls,
    /// The service's address cannot be reached, and there are no lists yet.
    ServiceUnreachable,
    /// What answers at the service's address is no service, and there are no lists yet.
    ServiceForeign,
    /// There are more status lists than this gate holds.
    StatusListsLeftOut,
    /// This device's clock is ahead of the service's.
    ClockAhead,
    /// This device's clock is behind what the service has signed, or behind the service's.
    ClockBehind,
    /// The signed lists are older than this gate's scene allows: nobody passes.
    ListsTooOld,
    /// The disk takes no writes.
    DiskFull,
    /// The scanner that this gate reads is not there.
    ScannerLost,
    /// The command for verdicts could not be run.
    CommandLost,
    /// The service says that this gate's venue or site is suspended: nobody passes.
    VenueSuspended,
    /// The service says that this gate's credential was withdrawn: nobody passes.
    CredentialWithdrawn,
    /// The credential is refused, by the service or by what stands between.
    CredentialRefused,
}

impl Condition {
    /// Every condition.
    pub const ALL: &'static [Condition] = &[
        Self::FolderWentBack,
        Self::Twice,
        Self::ServiceWentBack,
        Self::ReceiptsSetAside,
        Self::KeyNotRegistered,
        Self::DeviceDiffers,
        Self::SceneUnknown,
        Self::SceneNotRegistered,
        Self::SceneOnlineOnly,
        Self::RootDiffers,
        Self::ServiceNotListening,
        Self::ServiceTls,
        Self::ServiceUnreachable,
        Self::ServiceForeign,
        Self::StatusListsLeftOut,
        Self::ClockAhead,
        Self::ClockBehind,
        Self::ListsTooOld,
        Self::DiskFull,
        Self::ScannerLost,
        Self::CommandLost,
        Self::VenueSuspended,
        Self::CredentialWithdrawn,
        Self::CredentialRefused,
    ];

    /// The stable code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::FolderWentBack => "GATE_FOLDER_WENT_BACK",
            Self::Twice => "GATE_TWICE",
            Self::ServiceWentBack => "GATE_SERVICE_WENT_BACK",
            Self::ReceiptsSetAside => "GATE_RECEIPTS_SET_ASIDE",
            Self::KeyNotRegistered => "GATE_KEY_NOT_REGISTERED",
            Self::DeviceDiffers => "GATE_DEVICE_DIFFERS",
            Self::SceneUnknown => "GATE_SCENE_UNKNOWN",
            Self::SceneNotRegistered => "GATE_SCENE_NOT_REGISTERED",
            Self::SceneOnlineOnly => "GATE_SCENE_ONLINE_ONLY",
            Self::RootDiffers => "GATE_ROOT_DIFFERS",
            Self::ServiceNotListening => "GATE_SERVICE_NOT_LISTENING",
            Self::ServiceTls => "GATE_SERVICE_TLS",
            Self::ServiceUnreachable => "GATE_SERVICE_UNREACHABLE",
            Self::ServiceForeign => "GATE_SERVICE_FOREIGN",
            Self::StatusListsLeftOut => "GATE_STATUS_LISTS_LEFT_OUT",
            Self::ClockAhead => "GATE_CLOCK_AHEAD",
            Self::ClockBehind => "GATE_CLOCK_BEHIND",
            Self::ListsTooOld => "GATE_LISTS_TOO_OLD",
            Self::DiskFull => "GATE_DISK_FULL",
            Self::ScannerLost => "GATE_SCANNER_LOST",
            Self::CommandLost => "GATE_COMMAND_LOST",
            Self::VenueSuspended => "GATE_VENUE_SUSPENDED",
            Self::CredentialWithdrawn => "GATE_CREDENTIAL_WITHDRAWN",
            Self::CredentialRefused => "GATE_CREDENTIAL_REFUSED",
        }
    }

    /// What to do.
    pub const fn advice(self) -> Text {
        match self {
            Self::FolderWentBack => Text {
                zh: "闸机目录被退回到旧状态，或另一台设备用过其密钥：此前半分钟内的码一律拒绝（USES_UNKNOWN），编号从已有的最大编号之后继续；请查明是谁所为",
                en: "the gate's folder was put back from a copy, or another device has used its key: codes up to half a minute from then are refused (USES_UNKNOWN), and numbers go on beyond; find out who did it",
            },
            Self::Twice => Text {
                zh: "另一台设备正在使用本闸机的密钥：同一个码在两处各能使用一次；请停用其中一台，或为其登记自己的名称和密钥。停用后约十分钟自动恢复",
                en: "another device works with this gate's key: a code passes once at each of them; take one of the two away, or register it under a name and key of its own. It is over by itself ten minutes later",
            },
            Self::ServiceWentBack => Text {
                zh: "服务的登记库已从备份恢复：本机仍保存的回执正在补传",
                en: "the service's register was put back from a copy: receipts that are still here are sent again",
            },
            Self::ReceiptsSetAside => Text {
                zh: "服务将本闸机的部分回执另行存放：哪些、为何，见日志",
                en: "the service has set receipts of this gate aside: the log says which and why",
            },
            Self::KeyNotRegistered => Text {
                zh: "本机凭据所属设备（见 about）登记的是另一把密钥，或未登记密钥：请核对该设备是否为本闸机，不是的换用本机的凭据，是的用 szid admin gate 登记本闸机的密钥；回执暂存本机",
                en: "for the device whose credential this gate has (about names it) another key is registered, or none: look whether that is this gate; if not, give it its own credential, and if so, register its key with szid admin gate; receipts wait",
            },
            Self::DeviceDiffers => Text {
                zh: "配置中的 venue、device 与密钥和凭据所属的设备不是同一台（两者见 about）：请改正 gate.toml，或换用配置所写设备的密钥和凭据，然后重启；在此之前回执暂存本机，不上传：以错误名称签署的回执，服务不予计入",
                en: "venue and device of the configuration are not those of the device that key and credential belong to (about names both): put gate.toml right, or use the key and credential of the device that it names, and start the gate anew; until then receipts wait and none is sent: one that was signed under a wrong name does not count",
            },
            Self::SceneUnknown => Text {
                zh: "本市没有配置中所写的场景（见 about），每个码都会被拒绝（SCENE_UNKNOWN）：请将 gate.toml 中的 scene 改为场所已登记的场景编号（/v1/scenes），然后重启；新增的场景，服务公布后一分钟内自动恢复",
                en: "this city has no such scene as the configuration's (about names it), and each code is refused (SCENE_UNKNOWN): set scene in gate.toml to one that the venue is registered for (/v1/scenes) and start the gate anew; a scene that is new is found by itself within a minute",
            },
            Self::SceneNotRegistered => Text {
                zh: "配置中的 scene 不是本场所登记的场景（两者见 about）：请将 gate.toml 中的 scene 改为本场所的场景编号，然后重启；确需此场景的，请服务运行人员为本场所登记，约一分钟后自动恢复。在此之前照常核验，但按的是其他场景的规则；回执暂存本机，不上传：未登记场景的回执，服务不予计入（RECEIPT_SCENE）",
                en: "the venue is not registered for the configuration's scene (about names it, and the venue's own): set scene in gate.toml to one of the venue's and start the gate anew; where this scene is meant, have whoever runs the service register the venue for it, and the condition is over within a minute. Until then codes pass by another scene's rules, and receipts wait and none is sent: one of a scene that is not registered does not count (RECEIPT_SCENE)",
            },
            Self::SceneOnlineOnly => Text {
                zh: "本场景（见 about）只能联网核验，闸机自行核验不了，一律不放行（TRUST_TOO_OLD、OFFLINE_NOT_ALLOWED）：请改用联网的核验台（服务的 /console/ 或 POST /v1/scans）；scene 写错的，请改为本场所可离线核验的场景（docs/venues/scenes.zh.md），然后重启。不必重签信任清单",
                en: "this scene (about names it) may be verified online alone, and a gate decides by itself: nobody passes (TRUST_TOO_OLD, OFFLINE_NOT_ALLOWED); use a desk that asks the service (its /console/, or POST /v1/scans there), or, where scene is mistaken, set one of the venue's that may be verified offline (docs/venues/scenes.md) and start the gate anew. A new trust list changes nothing",
            },
            Self::RootDiffers => Text {
                zh: "服务的信任清单不是由本闸机所持的根公钥签署：请核对 roots 所列的文件是否为本市现行的根公钥（当面交付），以及 service 是否为本市的服务；已有的清单仍然有效，没有清单的一律不放行",
                en: "none of the root keys that this gate was given has signed the service's trust list: look whether the files of roots are this city's present root keys (they are handed over in person), and whether service is this city's; a list that is held stays in force, and without one nobody passes",
            },
            Self::ServiceNotListening => Text {
                zh: "服务地址（见 about）上没有程序监听，本机还没有清单，一律不放行：请核对 gate.toml 中 service 的主机和端口，以及服务是否已启动（服务方的 /readyz）；约十分钟内自动重试，改正 service 后请重启",
                en: "nothing listens at the service's address (about names it), and without lists nobody passes: look at the host and the port of service in gate.toml, and whether the service runs; it is asked again by itself within ten minutes at most. After a change of service start the gate anew",
            },
            Self::ServiceTls => Text {
                zh: "与服务地址（见 about）无法建立 TLS 连接，本机还没有清单，一律不放行：请核对 service 的 https:// 和端口（该端口可能只提供 http）、服务的证书、签发者是否为本机信任，以及本机时间；改正 service 后请重启",
                en: "no TLS connection comes about with the service's address (about says why), and without lists nobody passes: look whether service in gate.toml has the right scheme and port (that port may speak http alone), at the service's certificate and whether this machine trusts its issuer, and at this machine's clock. After a change of service start the gate anew",
            },
            Self::ServiceUnreachable => Text {
                zh: "连接不上服务地址（见 about），本机还没有清单，一律不放行：请核对 gate.toml 中的 service、本机的网络和域名解析，以及中间的防火墙；约十分钟内自动重试，改正 service 后请重启",
                en: "the service's address cannot be reached (about says why), and without lists nobody passes: look at service in gate.toml, at this machine's network and name resolution, and at firewalls between; it is asked again by itself within ten minutes at most. After a change of service start the gate anew",
            },
            Self::ServiceForeign => Text {
                zh: "在服务地址（见 about）上应答的不是本市的服务，本机还没有清单，一律不放行：请核对 gate.toml 中 service 的主机和端口（{service}/v1/trust 应给出信任清单），以及中间的代理或上网认证页；改正后请重启",
                en: "what answers at the service's address (about names it, and how) is not the service, and without lists nobody passes: look at the host and the port of service in gate.toml ({service}/v1/trust answers with the trust list), and at a proxy or a log-in page of the network between. After a change of service start the gate anew",
            },
            Self::StatusListsLeftOut => Text {
                zh: "状态清单超出本闸机的上限（64份）：优先保留当日的、编号较大的清单，其余清单中的市民码会被拒绝（STATUS_MISSING）；被拒绝的请改用联网核验，并请服务方查看每日清单数（/v1/status/{当日}）。清单减少后自动恢复",
                en: "there are more status lists than this gate holds (64): those of today come first, and of a day the highest numbers; codes of the others are refused (STATUS_MISSING): verify these with a connection, and have whoever runs the service look how many lists a day has (/v1/status/{day}). It is over by itself once there are fewer",
            },
            Self::ClockAhead => Text {
                zh: "本机时钟快于服务的时钟：请校准本机时钟；在此之前，刚出示的码可能被当作过期码拒绝，使用时间也记录有误",
                en: "this device's clock is ahead of the service's: set it; until then fresh codes may be refused as old, and uses bear a wrong time",
            },
            Self::ClockBehind => Text {
                zh: "本机时钟慢于服务的时钟，或慢于其已签发文件的时间：请校准本机时钟；在此之前，码会被拒绝（VERIFIER_CLOCK_BEHIND、CLOCK_AHEAD），也收不到新的清单",
                en: "this device's clock is behind the service's, or behind what the service has signed: set it; until then codes are refused (VERIFIER_CLOCK_BEHIND, CLOCK_AHEAD), and newer lists are not taken",
            },
            Self::ListsTooOld => Text {
                zh: "签名清单超出本闸机场景的时限，一律不放行（TRUST_TOO_OLD、STATUS_TOO_OLD、STATUS_MISSING）：请恢复网络；网络正常的，请服务方签发新的信任清单（szid admin trust）",
                en: "the signed lists are older than this gate's scene allows: nobody passes (TRUST_TOO_OLD, STATUS_TOO_OLD, STATUS_MISSING); mend the connection, and where it is well, have whoever runs the service sign a new trust list (szid admin trust)",
            },
            Self::DiskFull => Text {
                zh: "本机磁盘已满或无法写入：回执存不下的一律不放行（REPLAY_MEMORY），偶有还存得下的照常放行；请腾出空间或更换磁盘，之后自动恢复，无需重启",
                en: "this device's disk is full or takes no writes: nobody passes whose receipt cannot be kept (REPLAY_MEMORY), while one that still fits lets its bearer pass; make room or change the disk, and it goes on by itself",
            },
            Self::ScannerLost => Text {
                zh: "扫码设备（见 about）未接通或无法读取：请检查接线、供电和读取权限，接通后数秒内自动恢复，无需重启；在此期间本机程序和核验台照常核验",
                en: "the scanner (about names it) is not there or cannot be read: look at its cable, its power and who may read it; it is opened again within seconds, without a new start, and programs on this machine and the console scan as before meanwhile",
            },
            Self::CommandLost => Text {
                zh: "--exec 的命令无法运行（见 about），门不会打开：请核对路径、执行权限和首行的解释器（如 #!/bin/sh），修好后下一次核验即恢复，无需重启",
                en: "the command of --exec cannot be run (about says why), and no door opens: look at its path, at who may run it and at the interpreter in its first line (as #!/bin/sh); once it is mended the next scan runs it, without a new start",
            },
            Self::VenueSuspended => Text {
                zh: "服务称本闸机所在的场所或地点已暂停：一律不放行（SCANNER_WITHDRAWN），回执暂存本机；请联系服务运行人员，由两名管理员恢复（szid admin resume）后一分钟内自动恢复",
                en: "the service says that this gate's venue or site is suspended: nobody passes (SCANNER_WITHDRAWN), and receipts wait; call whoever runs the service: once two administrators have resumed it (szid admin resume), the gate goes on by itself within a minute",
            },
            Self::CredentialWithdrawn => Text {
                zh: "服务称本闸机的凭据已撤销：一律不放行（SCANNER_WITHDRAWN），回执暂存本机；仍应使用的，请用 szid admin credential 另发凭据，放入 SZID_CREDENTIAL 后重启闸机",
                en: "the service says that this gate's credential was withdrawn: nobody passes (SCANNER_WITHDRAWN), and receipts wait; if the gate is to go on, make a new one with szid admin credential, put it into SZID_CREDENTIAL and start the gate anew",
            },
            Self::CredentialRefused => Text {
                zh: "本闸机的凭据被拒绝（原因见日志）：照常核验，但回执上传不了，31天后不再收下；请核对 SZID_CREDENTIAL 是否为本机的凭据、服务是否恢复过备份（恢复后须另发：szid admin credential），以及中间的代理是否放行",
                en: "this gate's credential is refused (the log says how): codes pass as before, but receipts are not taken, and are too old after 31 days; look whether SZID_CREDENTIAL is this gate's, whether the service was put back from a copy (then make a new one: szid admin credential), and whether a proxy between lets the gate through",
            },
        }
    }
}

/// A condition as it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ConditionView {
    /// The stable code.
    pub code: &'static str,
    /// What to do, in Chinese.
    pub advice_zh: &'static str,
    /// What to do.
    pub advice: &'static str,
    /// Of a key that is not registered: the device whose credential this gate works with, where the service
    /// says it. Of a device that differs: both. Of a scene that is unknown or online alone: its number.
    /// Of one that is not registered: its number, and those of the venue's. Of a scanner that is
    /// lost, and of a command: its path, and why it cannot be read where the system says it. Of a
    /// service that is not reached: its address, and how.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

/// The conditions that hold, until the gate is started anew or they are over.
#[derive(Default)]
pub(crate) struct Conditions(Mutex<BTreeMap<Condition, Option<String>>>);

impl Conditions {
    /// Says whether a condition holds; a change is logged.
    pub(crate) fn set(&self, condition: Condition, holds: bool) {
        self.set_about(condition, holds, None);
    }

    /// The same of one that is about something.
    pub(crate) fn set_about(&self, condition: Condition, holds: bool, about: Option<&str>) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match holds {
            true => held.insert(condition, about.map(str::to_owned)),
            false => held.remove(&condition),
        };
        drop(held);
        let changed = before.is_some() != holds;
        let (code, Text { zh, en }) = (condition.code(), condition.advice());
        match (changed, holds) {
            (false, _) => {}
            (true, true) => {
                tracing::error!(code, about, advice_zh = zh, advice = en, "a condition holds");
            }
            (true, false) => tracing::info!(code, "a condition is over"),
        }
    }

    /// Whether one holds.
    pub(crate) fn holds(&self, condition: Condition) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains_key(&condition)
    }

    /// Those that hold.
    pub(crate) fn held(&self) -> Vec<ConditionView> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let view = |(one, about): (&Condition, &Option<String>)| {
            let Text { zh, en } = one.advice();
            ConditionView { code: one.code(), advice_zh: zh, advice: en, about: about.clone() }
        };
        held.iter().map(view).collect()
    }
}
