//! Good codes in every situation of the verifier.

use szid_protocol::code::CodeClaims;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;

use super::case::{Case, hex};
use super::city::{DAY, NOW, Role, TODAY, code, code_over, pass, pass_claims};
use super::codes::{challenge, shown, with_the_twin_signature};
use super::documents::{LAST_REVOKED, OTHER_STATUS, REVOKED, SUSPENDED};

fn case(name: &str, reason: &str, change: impl FnOnce(&mut Case)) -> Case {
    Case::new(name, reason, &code(|_| ())).with(change)
}

fn drawn(
    name: &str,
    reason: &str,
    claims: fn(&mut CodeClaims),
    change: impl FnOnce(&mut Case),
) -> Case {
    Case::new(name, reason, &code(claims)).with(change)
}

fn issued(
    name: &str,
    reason: &str,
    claims: impl FnOnce(&mut PassClaims),
    change: impl FnOnce(&mut Case),
) -> Case {
    Case::new(name, reason, &code_over(&pass(claims), |_| ())).with(change)
}

fn trust() -> Vec<Case> {
    let list = |name: &str, reason: &str, list: &'static str| {
        case(name, reason, |case| case.trust = list.into())
    };
    let signed = |name: &str, reason: &str, role: Role, now: u64| {
        let pass = pass_claims().sign(&role.signer()).unwrap();
        let code = code_over(&pass, |claims| claims.iat = now);
        Case::new(name, reason, &code).with(|case| case.now = now)
    };
    vec![
        case("accepted at desk 1", "OK", |_| ()),
        list("trust list in its last second", "OK", "last second"),
        list("trust list expired", "TRUST_EXPIRED", "expired"),
        list("trust list not readable", "TRUST_MALFORMED", "cut"),
        list("trust list signed by another root", "TRUST_SIGNATURE", "signed by another root"),
        case("another root trusted", "TRUST_SIGNATURE", |case| case.root = "other-root".into()),
        list("clock 30 s behind the trust list", "OK", "made 30 s ahead of the clock"),
        list(
            "clock 31 s behind the trust list",
            "VERIFIER_CLOCK_BEHIND",
            "made 31 s ahead of the clock",
        ),
        case("clock 30 s behind the newest signed time", "OK", |case| {
            case.newest_signed_time = NOW + 30
        }),
        case("clock 31 s behind the newest signed time", "VERIFIER_CLOCK_BEHIND", |case| {
            case.newest_signed_time = NOW + 31;
        }),
        case("trust list as old as the scene allows", "OK", |case| case.scene = 8),
        case("trust list older than the scene allows", "TRUST_TOO_OLD", |case| case.scene = 5),
        case("online, the trust list's age does not count", "OK", |case| {
            (case.scene, case.online) = (5, true);
        }),
        list(
            "pass key listed for another algorithm",
            "ALGORITHM_MISMATCH",
            "pass key of another algorithm",
        ),
        list(
            "pass key listed in another form",
            "ALGORITHM_MISMATCH",
            "pass key of another algorithm and of another form",
        ),
        list(
            "pass key listed for an unknown purpose",
            "KEY_PURPOSE",
            "pass key of an unknown purpose",
        ),
        case("trust list without keys", "ISSUER_UNKNOWN", |case| {
            case.trust = "without keys".into();
            (case.status, case.scenes, case.scene) = (vec![], None, 0);
        }),
        signed("pass key one second before its validity", "KEY_NOT_VALID", Role::PassLater, NOW),
        signed("pass key in the first second of its validity", "OK", Role::PassLater, NOW + 1),
        signed("pass key in the last second of its validity", "OK", Role::PassEnded, NOW - 1),
        signed("pass key at the end of its validity", "KEY_NOT_VALID", Role::PassEnded, NOW),
        signed("key id of three entries, the last one is good", "OK", Role::PassTwice, NOW),
        signed(
            "key id of three entries, none is valid now",
            "KEY_NOT_VALID",
            Role::PassTwice,
            NOW + 1,
        ),
    ]
}

fn days() -> Vec<Case> {
    let at = |name: &str, reason: &str, exp: u64, now: u64, list: &'static str| {
        let code = code_over(&pass(|claims| claims.exp = exp), |claims| claims.iat = now);
        Case::new(name, reason, &code)
            .with(|case| (case.now, case.status) = (now, vec![list.into()]))
    };
    vec![
        at("59 s after the pass's day", "OK", TODAY, TODAY + 59, "today"),
        at("60 s after the pass's day", "PASS_EXPIRED", TODAY, TODAY + 60, "today"),
        at("30 s before the pass's day", "OK", TODAY + DAY, TODAY - 30, "tomorrow"),
        at("31 s before the pass's day", "PASS_NOT_YET_VALID", TODAY + DAY, TODAY - 31, "tomorrow"),
    ]
}

fn challenges() -> Vec<Case> {
    let answers = |claims: &mut CodeClaims| claims.challenge = Some(challenge("venue", &[1; 12]));
    let other_nonce =
        |claims: &mut CodeClaims| claims.challenge = Some(challenge("venue", &[2; 12]));
    let other_venue =
        |claims: &mut CodeClaims| claims.challenge = Some(challenge("other", &[1; 12]));
    let show = |case: &mut Case| (case.scene, case.challenge) = (3, shown("venue", &[1; 12]));
    vec![
        drawn("challenge answered", "OK", answers, show),
        drawn("challenge of a moment ago answered", "CHALLENGE_MISMATCH", other_nonce, show),
        drawn("challenge of another venue answered", "CHALLENGE_MISMATCH", other_venue, show),
        case("challenge not answered", "CHALLENGE_MISSING", show),
        case("the scene wants a challenge and the venue shows none", "CHALLENGE_MISSING", |case| {
            case.scene = 3
        }),
        drawn("an answer nobody asked for", "CHALLENGE_MISMATCH", answers, |_| ()),
    ]
}

fn scenes() -> Vec<Case> {
    let app_open = |claims: &mut CodeClaims| claims.tier = AuthenticationTier::AppOpen;
    let unlocked = |claims: &mut CodeClaims| claims.tier = AuthenticationTier::DeviceCredential;
    let policies = |name: &str, reason: &str, document: &'static str| {
        case(name, reason, |case| case.scenes = Some(document.into()))
    };
    let any = |case: &mut Case| (case.scenes, case.scene) = (None, 0);
    vec![
        case("no scene asked for", "OK", any),
        policies("scene policies in their last second", "OK", "last second"),
        policies("scene policies without this scene", "SCENE_UNKNOWN", "without scenes"),
        policies("scene policies expired", "SCENES_EXPIRED", "expired"),
        policies("scene policies not readable", "SCENES_MALFORMED", "cut"),
        policies(
            "scene policies signed by a status key",
            "SCENES_SIGNATURE",
            "signed by a status key",
        ),
        case("scene that is not listed", "SCENE_UNKNOWN", |case| case.scene = 99),
        drawn("narrowed to this scene", "OK", |claims| claims.scene = 2, |_| ()),
        drawn("narrowed to another scene", "SCENE_MISMATCH", |claims| claims.scene = 1, |_| ()),
        drawn(
            "narrowed to a scene where none is asked for",
            "SCENE_MISMATCH",
            |claims| claims.scene = 2,
            any,
        ),
        case("scene that must be verified online", "OFFLINE_NOT_ALLOWED", |case| case.scene = 4),
        case("scene that must be verified online, online", "OK", |case| {
            (case.scene, case.online) = (4, true)
        }),
        drawn("level 3 where 3 is asked for", "OK", unlocked, |case| case.level = Some(3)),
        drawn("level 3 where 4 is asked for", "LEVEL_TOO_LOW", unlocked, |case| case.scene = 7),
        drawn("app open where level 3 is asked for", "LEVEL_TOO_LOW", app_open, |_| ()),
        issued(
            "software key where level 3 is asked for",
            "LEVEL_TOO_LOW",
            |claims| claims.key_protection = KeyProtection::Software,
            |_| (),
        ),
        issued(
            "real name where level 3 is asked for",
            "LEVEL_TOO_LOW",
            |claims| claims.identity_level = IdentityLevel::RealName,
            |_| (),
        ),
    ]
}

fn statuses() -> Vec<Case> {
    let list = |name: &str, reason: &str, list: &'static str| {
        case(name, reason, |case| case.status = vec![list.into()])
    };
    let index = |name: &str, reason: &str, index: u32| {
        issued(name, reason, |claims| claims.status_index = index, |_| ())
    };
    vec![
        case("no status list", "STATUS_MISSING", |case| case.status.clear()),
        list("status list not readable", "STATUS_MALFORMED", "without the tag"),
        list("status list signed by a pass key", "STATUS_SIGNATURE", "signed by a pass key"),
        list("status list of another day", "STATUS_FOREIGN", "tomorrow"),
        list("status list of another number", "STATUS_FOREIGN", "today, list 4"),
        list("status list of another issuer", "STATUS_FOREIGN", "of another issuer"),
        list("index outside the list", "STATUS_INDEX", "today, with room for 64"),
        list("list of one-bit statuses", "OK", "today, one bit each"),
        list("list of eight-bit statuses", "OK", "today, eight bits each"),
        case("the right one among several lists", "OK", |case| {
            case.status = ["tomorrow", "today", "of another issuer"].map(Into::into).into();
        }),
        case("the newer one of two lists counts", "FROZEN", |case| {
            case.status = ["today, one more person suspended", "today"].map(Into::into).into();
        }),
        index("revoked", "REVOKED", REVOKED),
        index("last of the list, revoked", "REVOKED", LAST_REVOKED),
        index("suspended", "FROZEN", SUSPENDED),
        index("status of unknown meaning", "REVOKED", OTHER_STATUS),
        list("status list in its last second", "OK", "today, last second"),
        list("status list expired", "STATUS_TOO_OLD", "today, expired"),
        list("suspended by an expired list", "FROZEN", "today, expired, the person suspended"),
        case("status list as old as the scene allows", "OK", |case| case.scene = 8),
        case("status list older than the scene allows", "STATUS_TOO_OLD", |case| case.scene = 6),
        case("online, the status list's age does not count", "OK", |case| {
            (case.scene, case.online) = (6, true);
        }),
        list("clock 30 s behind the status list", "OK", "today, made 30 s ahead of the clock"),
        list(
            "clock 31 s behind the status list",
            "VERIFIER_CLOCK_BEHIND",
            "today, made 31 s ahead of the clock",
        ),
    ]
}

fn replays() -> Vec<Case> {
    let used = |name: &str, reason: &str, scene: u16, operator: &'static str| {
        case(name, reason, |case| (case.scene, case.used_by) = (scene, Some(operator.into())))
    };
    let twin = with_the_twin_signature(&code(|_| ()));
    vec![
        case("first use at a gate", "OK", |case| case.scene = 1),
        used("again at a gate, same operator", "REPLAY", 1, "desk-1"),
        used("again at a gate, another operator", "REPLAY", 1, "desk-2"),
        used("again at a desk, same operator", "OK_AGAIN", 2, "desk-1"),
        used("again at a desk, another operator", "REPLAY", 2, "desk-2"),
        Case::new("again at a gate with the twin of its signature", "REPLAY", &twin).with(|case| {
            (case.scene, case.used_by) = (1, Some("desk-2".into()));
            case.bytes = Some(hex(&twin));
        }),
    ]
}

pub(super) fn cases() -> Vec<Case> {
    [trust(), days(), challenges(), scenes(), statuses(), replays()].concat()
}
