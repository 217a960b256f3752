//! The answer to a scan.

use serde::Serialize;

use crate::level::AuthenticationTier;
use crate::pass::PassClaims;
use crate::reason::{Reason, Text};
use crate::scene::ReplayRule;
use crate::verify::{Use, replay_reason};

/// Accept or refuse; there is nothing between.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Decision {
    /// The code is good for this scene, now.
    Accept,
    /// It is not, and the reason says why.
    Refuse,
}

/// How old the signed lists behind a verdict are, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// Age of the trust list.
    pub trust_age: Option<u64>,
    /// Age of the status list; 0 where the register itself was asked.
    pub status_age: Option<u64>,
}

/// A verdict. Only [`verify`](crate::verify::verify) makes one that accepts.
#[derive(Clone, Debug)]
pub struct Verdict {
    pub(crate) reason: Reason,
    pub(crate) scene: u16,
    pub(crate) level: Option<u8>,
    pub(crate) freshness: Freshness,
    pub(crate) clock_difference: Option<i64>,
    pub(crate) holder: Option<Box<Holder>>,
}

/// What a verified code says of its holder, for the register's look-up. Present once both signatures were
/// verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// The pass.
    pub pass: PassClaims,
    /// When the code was drawn, Unix seconds.
    pub iat: u64,
    /// How the holder unlocked for it, as the device says.
    pub tier: AuthenticationTier,
}

impl Verdict {
    /// A refusal, for faults that are found before or after the code itself is looked at.
    ///
    /// # Panics
    /// Never: a reason that would accept is turned into `MALFORMED`, so that no acceptance can be made here.
    pub fn refuse(reason: Reason, scene: u16) -> Self {
        let reason = if reason.is_accept() { Reason::Malformed } else { reason };
        Self {
            reason,
            scene,
            level: None,
            freshness: Freshness::default(),
            clock_difference: None,
            holder: None,
        }
    }

    /// The same verdict, refused for a reason that only the caller could know (the register, the venue).
    /// A verdict that refuses already keeps its own reason.
    #[must_use]
    pub fn overruled(mut self, reason: Reason) -> Self {
        if self.reason.is_accept() && !reason.is_accept() {
            self.reason = reason;
        }
        self
    }

    /// The same verdict for a pass that the register does not know: a status at its index speaks of another
    /// pass, so it counts no more than an acceptance does.
    #[must_use]
    pub fn without_holder(mut self) -> Self {
        if self.reason.is_accept() || matches!(self.reason, Reason::Frozen | Reason::Revoked) {
            self.reason = Reason::HolderUnknown;
        }
        self
    }

    /// The same verdict once a memory of used codes has answered that [`verify`](crate::verify::verify) was
    /// not given. Only a first acceptance changes.
    #[must_use]
    pub fn after_use(mut self, seen: Use, rule: ReplayRule) -> Self {
        if self.reason == Reason::Ok {
            self.reason = replay_reason(seen, rule);
        }
        self
    }

    /// Accept or refuse.
    pub fn decision(&self) -> Decision {
        if self.reason.is_accept() { Decision::Accept } else { Decision::Refuse }
    }

    /// Why.
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// The scene that was asked for; 0 for any.
    pub fn scene(&self) -> u16 {
        self.scene
    }

    /// The effective level, once both signatures were verified.
    pub fn level(&self) -> Option<u8> {
        self.level
    }

    /// How old the lists are.
    pub fn freshness(&self) -> Freshness {
        self.freshness
    }

    /// `now - iat` of the code: positive when the code is older. Present once the device's signature was
    /// verified, and for `VERIFIER_CLOCK_BEHIND`, where it is minus the seconds by which this clock is known
    /// to be behind.
    pub fn clock_difference(&self) -> Option<i64> {
        self.clock_difference
    }

    /// What the code says of its holder, once both signatures were verified.
    pub fn holder(&self) -> Option<&Holder> {
        self.holder.as_deref()
    }

    /// The verdict as a venue sees it: no part of it names a person.
    pub fn view(&self) -> VerdictView {
        VerdictView {
            decision: self.decision(),
            reason: self.reason,
            text: self.reason.text(),
            staff: self.reason.staff(),
            citizen: self.reason.citizen(),
            scene: self.scene,
            level: self.level,
            freshness: self.freshness,
            clock_difference: self.clock_difference,
        }
    }
}

/// A verdict's JSON form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct VerdictView {
    /// `accept` or `refuse`.
    pub decision: Decision,
    /// The stable code of the reason.
    pub reason: Reason,
    /// What happened.
    pub text: Text,
    /// What staff do or say.
    pub staff: Text,
    /// What the citizen does.
    pub citizen: Text,
    /// The scene that was asked for; 0 for any.
    pub scene: u16,
    /// The effective level, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<u8>,
    /// How old the lists are.
    pub freshness: Freshness,
    /// `now - iat`, seconds, where known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock_difference: Option<i64>,
}
