//! What an operator has to look at: conditions that hold for a while, told by `readyz`, the metrics and the
//! log.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use szid_protocol::reason::Text;

macro_rules! conditions {
    ($($case:ident, $code:literal, $severity:ident, $zh:literal, $en:literal;)+) => {
        /// A state that an operator has to look at. Codes are stable and listed in `docs/errors.md`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Condition { $(#[doc = $en] $case),+ }

        impl Condition {
            /// Every condition.
            pub const ALL: &'static [Condition] = &[$(Condition::$case),+];

            /// The stable code.
            pub const fn code(self) -> &'static str { match self { $(Self::$case => $code),+ } }
            /// Whether requests are still served.
            pub const fn severity(self) -> Severity { match self { $(Self::$case => Severity::$severity),+ } }
            /// What to do.
            pub const fn advice(self) -> Text { match self { $(Self::$case => Text { zh: $zh, en: $en }),+ } }
        }
    };
}

conditions! {
    TrustOver, "TRUST_OVER", NotReady, "信任清单已过期或缺失：请用 szid admin trust 签发新清单，并放到原处", "the trust list has run out or is missing: sign a new one with szid admin trust and lay it in its place";
    ClockBehind, "CLOCK_BEHIND", NotReady, "本机时钟慢于服务所知的时间，联网核验一律不予通过：请将时钟校准；确认时钟准确的，由管理员（凭据放入 SZID_CREDENTIAL）执行 szid admin clock --data 目录 --confirm", "this machine's clock is behind what the service knows of the time, and no online check is passed: set it right, or have an administrator, with their credential in SZID_CREDENTIAL, say that it is right: szid admin clock --data DIR --confirm";
    ClockStepped, "CLOCK_STEPPED", Warning, "本机时钟不在应有的位置，恢复之前不清理任何数据：请校准时钟；确认时钟准确的，由管理员（凭据放入 SZID_CREDENTIAL）执行 szid admin clock --data 目录 --confirm", "this machine's clock is not where it should be, and nothing is forgotten until it is: set it right, or have an administrator, with their credential in SZID_CREDENTIAL, say that it is right: szid admin clock --data DIR --confirm";
    KeyNotListed, "KEY_NOT_LISTED", NotReady, "信任清单没有列出、或不再列出本服务正在使用的某把签名密钥，闸机会拒绝其所签内容：是哪一把见日志；同时有 CLOCK_BEHIND 或 CLOCK_STEPPED 的，请先校准时钟，密钥可能只是按此时钟尚未生效或已到期；密钥是从备份放回的，请改为放回较新的密钥；否则用 szid admin keys --discard 整理 public-keys.json，再据此签发新的信任清单", "the trust list does not name a key that this service signs with, or not any more: gates refuse what it signs. See which in the log. Where CLOCK_BEHIND or CLOCK_STEPPED holds as well, set the clock first: by a wrong one a key is not good yet, or not any more. If keys were put back from a backup, put the newer ones in place instead; else put public-keys.json in order with szid admin keys --discard, and have a new trust list signed from it";
    KeyEnds, "KEY_ENDS", Warning, "信任清单中，本服务的某把签名密钥先于其所签内容到期：已启用新密钥的，请重启服务；否则用 szid admin keys --discard 整理 public-keys.json，再据此签发新的信任清单", "a key that this service signs with ends, in the trust list, before what it signs: restart the service if keys were activated; else put public-keys.json in order with szid admin keys --discard, and have a new trust list signed from it";
    TrustRefused, "TRUST_REFUSED", Warning, "放到原处的信任清单被拒绝或无法读取，原清单继续有效：原因见日志；请另行签发", "the trust list that was laid in its place is refused or cannot be read, and the one before stays in force: see why in the log, and have another one signed";
    IdentityUnreadable, "IDENTITY_UNREADABLE", Warning, "有一份封存的身份信息无法用登记库的密钥打开：请用备份核对登记库；在此之前，不要答复任何人“未登记”", "a sealed identity does not open with the register's key: compare the register with a backup, and tell nobody that they are not in it";
    WitnessNotKept, "WITNESS_NOT_KEPT", Warning, "无法写入登记库的见证目录：请为其所在磁盘腾出空间或修复磁盘", "the register's witness cannot be written: make room on its disk or mend it";
    WitnessOther, "WITNESS_OTHER", NotReady, "另一个服务也在写入登记库的见证，两处的冻结互不知晓：请停止使用同一登记库（或其副本）的另一个服务，再对继续使用的登记库执行 szid admin restored", "another service writes into the register's witness, and neither knows of the other's freezes: stop the one that serves a copy of this register, then run szid admin restored for the one that goes on";
    ReceiptConflict, "RECEIPT_CONFLICT", Warning, "最近一周内，有闸机用同一编号上传了两份回执：其目录被退回到旧状态，或两台设备使用同一密钥；请查看审计", "a gate sent two receipts under one number in the last week: its folder was put back from a copy, or two devices use its key; see the audit";
    TrustExpires, "TRUST_EXPIRES", Warning, "信任清单将在14天内到期：请用 szid admin trust 签发新清单，并放到原处", "the trust list runs out within 14 days: sign a new one with szid admin trust and lay it in its place";
    TrustOld, "TRUST_OLD", Warning, "信任清单签发已久，闸机和离线设备将在两天内拒绝所有市民码，或已经如此（TRUST_TOO_OLD）：请用 szid admin trust 签发新清单，并放到原处；清单是刚签发的，请核对签发所用机器的时钟；时限见场景规则的 trust_max_age", "the trust list was signed so long ago that gates and devices without a connection refuse every code within two days, or do already (TRUST_TOO_OLD): sign a new one with szid admin trust and lay it in its place; if it was signed just now, the clock of the machine that signed it is slow; how long they take it is trust_max_age in the scenes' rules";
    AdministratorContested, "ADMINISTRATOR_CONTESTED", Warning, "有管理员的凭据（credentials）由另一位管理员单独撤销，尚无第二人确认：请核对撤销是否属实；属实的，由第二位管理员确认（szid admin requests）；不属实的，被撤销的管理员24小时内执行 szid admin contest，撤销对方的凭据", "the credentials named were withdrawn by one other administrator alone, and no second one has confirmed it: find out whether that is right. If so, a second administrator confirms it (szid admin requests); if not, whoever was withdrawn runs szid admin contest within 24 hours, which withdraws the other one";
    AdministratorNone, "ADMINISTRATOR_NONE", Warning, "没有一位管理员的凭据有效，无人可在运行中管理：请停止服务，用 szid admin recover 换发，新增的加上 --new（须持有 register.key）", "no administrator has a good credential, and nobody can administer the running service: stop it and use szid admin recover, for somebody new with --new, which takes register.key";
    AdministratorUnusual, "ADMINISTRATOR_UNUSUAL", Warning, "有管理员在一小时内单独作了20次以上的撤销、暂停或缩减（凭据、场所、地点、设备）：请立即向其本人核实；不是本人所为的，撤销所列凭据（credentials）。满50次后，须由第二位管理员确认", "one administrator alone took away 20 times or more within an hour, by withdrawing credentials, suspending places, or moving or narrowing what scans: ask them at once, and withdraw the credentials named if it was not they. From 50 on theirs wait for a second administrator";
    RegistrarUnusual, "REGISTRAR_UNUSUAL", Warning, "有登记员在一小时内单独冻结了20个以上的账户：请立即向其本人核实；不是本人所为的，撤销所列凭据（credentials），被冻结的账户由两名登记员解冻，解冻时写明恢复的手机。满100个后，其冻结须由第二名登记员确认", "one registrar alone froze 20 accounts or more within an hour: ask them at once, and withdraw the credentials named if it was not they; two registrars lift those freezes, and name the phones that come back. From 100 on theirs wait for a second registrar";
    RefusalsUnusual, "REFUSALS_UNUSUAL", Warning, "有人员在一小时内拒绝了他人提出的10份以上的申请：请立即向其本人核实；不是本人所为的，撤销所列凭据（credentials），被拒绝的申请重新提出。满20份后，其一小时内不能再拒绝", "one of the staff refused 10 requests or more of others within an hour: ask them at once, and withdraw the credentials named if it was not they; what they refused is asked for again. From 20 on they refuse no more for the hour";
    RegisterReadOnly, "REGISTER_READ_ONLY", NotReady, "登记库无法写入：请为其所在磁盘腾出空间或修复磁盘；数秒内自动恢复", "the register takes no writes: make room on its disk or mend it; it goes on by itself within seconds";
    DiskLow, "DISK_LOW", Warning, "磁盘空间即将用尽（szid_disk_free_bytes）：请腾出空间。申领、新设备、签发、登记和回执暂缓；核验、冻结和撤销照常", "a disk is nearly full (szid_disk_free_bytes): make room. New enrolments, devices, passes, registrations and receipts wait; scans, freezes and withdrawals go on";
    TaskEnded, "TASK_ENDED", NotReady, "有一项后台任务中断，正在重新启动：请查看日志；若不恢复，请重启服务并上报", "a background task ended and is started again: see the log; restart the service and report it if it does not pass";
    ProxyUnnamed, "PROXY_UNNAMED", Warning, "base_url 为 https，说明前面有代理，但没有列明：所有访问方共用同一限速。请在 limits 的 proxies 中列出", "base_url is https, so a proxy stands in front, and none is named: all clients share one rate. Name it as one of the proxies among the limits";
}

/// How much a condition keeps from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Everything is served; somebody should look soon.
    Warning,
    /// The service should get no requests.
    NotReady,
}

impl Severity {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::NotReady => "not_ready",
        }
    }
}

/// The conditions that hold now, each with what it is about.
#[derive(Default)]
pub(crate) struct Health(Mutex<BTreeMap<Condition, Vec<String>>>);

impl Health {
    fn held(&self) -> MutexGuard<'_, BTreeMap<Condition, Vec<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says whether a condition holds. A change is logged once, not at every look.
    pub(crate) fn set(&self, condition: Condition, holds: bool) {
        self.change(condition, holds);
    }

    /// The same; answers whether it was a change.
    pub(crate) fn change(&self, condition: Condition, holds: bool) -> bool {
        self.put(condition, holds.then(Vec::new))
    }

    /// Says what a condition is about, by names that are no secrets: it holds as long as that is something.
    /// Others than before are logged too.
    pub(crate) fn set_about(&self, condition: Condition, about: Vec<String>) {
        self.put(condition, (!about.is_empty()).then_some(about));
    }

    fn put(&self, condition: Condition, about: Option<Vec<String>>) -> bool {
        let mut held = self.held();
        let changed = held.get(&condition) != about.as_ref();
        match &about {
            Some(about) => held.insert(condition, about.clone()),
            None => held.remove(&condition),
        };
        drop(held);
        let (code, Text { zh, en }) = (condition.code(), condition.advice());
        match (changed, about, condition.severity()) {
            (false, ..) => {}
            (true, None, _) => tracing::info!(code, "a condition is over"),
            (true, Some(about), Severity::Warning) => {
                tracing::warn!(code, advice_zh = zh, advice = en, ?about, "a condition holds");
            }
            (true, Some(about), Severity::NotReady) => {
                tracing::error!(code, advice_zh = zh, advice = en, ?about, "a condition holds");
            }
        }
        changed
    }

    /// Those that hold, in the order of their declaration.
    pub(crate) fn conditions(&self) -> Vec<Condition> {
        self.held().keys().copied().collect()
    }

    /// The same, each with what it is about.
    pub(crate) fn told(&self) -> Vec<(Condition, Vec<String>)> {
        self.held().iter().map(|(condition, about)| (*condition, about.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_condition_holds_until_it_is_over() {
        let health = Health::default();
        assert!(health.conditions().is_empty());
        health.set(Condition::RegisterReadOnly, true);
        health.set(Condition::RegisterReadOnly, true);
        health.set(Condition::TrustOver, true);
        assert_eq!(health.conditions(), [Condition::TrustOver, Condition::RegisterReadOnly]);
        health.set(Condition::RegisterReadOnly, false);
        assert_eq!(health.conditions(), [Condition::TrustOver]);
    }

    #[test]
    fn a_clock_that_makes_keys_look_unlisted_is_told_first() {
        let health = Health::default();
        health.set(Condition::KeyNotListed, true);
        // Of these a service just after its start, which knows of no later time yet, holds one alone.
        health.set(Condition::ClockStepped, true);
        assert_eq!(health.conditions(), [Condition::ClockStepped, Condition::KeyNotListed]);
        health.set(Condition::ClockBehind, true);
        let clocks = [Condition::ClockBehind, Condition::ClockStepped];
        assert_eq!(health.conditions()[..2], clocks);
    }
}
