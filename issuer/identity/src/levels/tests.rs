//! The level function, by the table and by its properties.

use proptest::prelude::*;
use szid_protocol::level_policy::LevelPolicy;
use szid_register::Evidence;

use super::tables::{Language, draw_into};
use super::*;

const NOW: u64 = 1_768_449_600;
/// Every class that a document may have, and one that none has.
const CLASSES: [u16; 7] = [111, 154, 414, 511, 516, 553, 999];

fn policy() -> LevelPolicy {
    bundled_policy().unwrap()
}

fn evidence(way: &Way, level: u8, class: u16, at: u64) -> Evidence {
    Evidence {
        connector: way.connector.clone(),
        ..Evidence::of_registrar(way.method.clone(), level, class, at)
    }
}

fn way(policy: &LevelPolicy, id: u16) -> &Way {
    policy.ways.iter().find(|way| way.id == id).unwrap()
}

fn number(evidence: &[Evidence], now: u64) -> u8 {
    level(evidence, &policy(), now).number()
}

#[test]
fn the_bundled_policy_is_within_its_bounds() {
    assert!(policy().fits());
}

#[test]
fn each_way_gives_each_class_its_level_and_no_more_until_its_time_is_over() {
    let policy = policy();
    for way in &policy.ways {
        let lasts = way.days.map(|days| u64::from(days) * DAY);
        let ages = [0, 1, DAY, 180 * DAY - 1, 180 * DAY, 365 * DAY - 1, 365 * DAY, 9_999 * DAY];
        for class in CLASSES {
            for claimed in [0, 1, 2, 3, 4, 5, 255] {
                for age in ages {
                    let counts = way.classes.contains(&class)
                        && lasts.is_none_or(|lasts| age < lasts)
                        && claimed > 0;
                    let expected = if counts { claimed.min(way.cap) } else { 0 };
                    let piece = [evidence(way, claimed, class, NOW - age)];
                    let found = level(&piece, &policy, NOW);
                    let told = format!("{} {class} {claimed} {age}", way.connector);
                    assert_eq!(found.number(), expected, "{told}");
                    let falls_at = lasts.filter(|_| counts).map(|lasts| NOW - age + lasts);
                    assert_eq!(found.falls_at, falls_at, "{told}");
                }
            }
        }
    }
}

#[test]
fn a_counters_word_counts_as_it_always_has() {
    let of = |level, at, expires_at| Evidence {
        expires_at,
        ..Evidence::of_registrar("counter".into(), level, 111, at)
    };
    let pieces = [of(3, 10, None), of(4, 5, Some(20)), of(3, 11, None), of(1, 30, None)];
    for now in [0, 19, 20, 21, NOW, u64::MAX - 1] {
        let found = level(&pieces, &policy(), now);
        let strongest = szid_register::strongest_claim(&pieces, now).unwrap();
        assert_eq!((found.number(), found.method), (strongest.level, &*strongest.method));
    }
    assert_eq!(level(&pieces, &policy(), 19).falls_at, Some(20));
    assert_eq!(level(&[], &policy(), NOW), Level { level: None, falls_at: None, method: "" });
}

#[test]
fn a_connector_that_lies_about_itself_counts_for_nothing() {
    let policy = policy();
    let carrier = evidence(way(&policy, 1), 4, 111, NOW);
    assert_eq!(number(std::slice::from_ref(&carrier), NOW), 2, "above its cap");
    for (connector, method) in [
        ("carrier", "counter"),
        ("carrier", ""),
        ("registrar", "three_factor"),
        ("Registrar", "counter"),
        ("unknown", "counter"),
    ] {
        let lie =
            Evidence { connector: connector.into(), method: method.into(), ..carrier.clone() };
        assert_eq!(number(&[lie], NOW), 0, "{connector} {method}");
    }
}

#[test]
fn a_face_adds_to_a_name_of_one_document_for_as_long_as_both_count() {
    let policy = policy();
    let (register, face) = (way(&policy, 2), way(&policy, 6));
    let pieces = |class| [evidence(register, 2, 111, NOW), evidence(face, 1, class, NOW + 10)];
    let found = pieces(111);
    let found = level(&found, &policy, NOW);
    assert_eq!((found.number(), found.falls_at), (3, Some(NOW + 10 + 180 * DAY)));
    assert_eq!(number(&pieces(111), NOW + 10 + 180 * DAY), 2, "the face is too old");
    assert_eq!(number(&pieces(553), NOW), 2, "another document's face");
    let weak = [evidence(register, 1, 111, NOW), evidence(face, 4, 111, NOW)];
    assert_eq!(number(&weak, NOW), 1, "a name that gives less than the sum asks");
}

#[test]
fn the_shortest_way_up_is_told_among_those_that_are_open() {
    let policy = policy();
    let told = |evidence: &[Evidence], class, open: &[&str]| {
        let is_open = |way: &Way| open.contains(&&*way.connector);
        let found = way_up(evidence, &policy, NOW, class, 0, &is_open)?;
        Some((found.level as u8, found.steps.iter().map(|way| way.id).collect::<Vec<_>>()))
    };
    let all: Vec<&str> = policy.ways.iter().map(|way| &*way.connector).collect();
    let named = [evidence(way(&policy, 2), 2, 111, NOW)];
    let counter = [evidence(way(&policy, 10), 4, 111, NOW)];
    assert_eq!(told(&[], 111, &all), Some((2, vec![1])));
    assert_eq!(told(&[], 414, &all), Some((2, vec![2])));
    assert_eq!(told(&named, 111, &["face_check", "registrar"]), Some((4, vec![10])));
    assert_eq!(told(&named, 111, &["face_check"]), Some((3, vec![6])));
    let face_first = ["face_check", "population_register"];
    assert_eq!(
        told(&[evidence(way(&policy, 6), 1, 111, NOW)], 111, &face_first),
        Some((2, vec![2]))
    );
    assert_eq!(told(&named, 414, &["face_check"]), None, "no face check with a passport");
    assert_eq!(told(&named, 111, &[]), None);
    assert_eq!(told(&counter, 111, &all), None, "there is nothing above");
}

#[test]
fn a_level_is_renewed_by_what_keeps_it_and_not_by_what_is_done_soonest() {
    let policy = policy();
    let told = |wanted, open: &[&str]| {
        let is_open = |way: &Way| open.contains(&&*way.connector);
        let found = way_up(&[], &policy, NOW, 111, wanted, &is_open)?;
        Some((found.level as u8, found.steps.iter().map(|way| way.id).collect::<Vec<_>>()))
    };
    let all: Vec<&str> = policy.ways.iter().map(|way| &*way.connector).collect();
    assert_eq!(told(4, &all), Some((4, vec![10])));
    assert_eq!(told(3, &all), Some((3, vec![4])));
    assert_eq!(told(2, &all), Some((2, vec![1])));
    let in_two = ["carrier", "population_register", "face_check"];
    assert_eq!(told(3, &in_two), Some((3, vec![2, 6])));
    assert_eq!(told(4, &in_two), Some((3, vec![2, 6])), "the highest that there is here");
    assert_eq!(told(4, &["carrier"]), Some((2, vec![1])));
}

#[test]
fn the_pages_have_the_tables_of_the_policy() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/identity");
    for (page, language) in [("levels.zh.md", Language::Zh), ("levels.md", Language::En)] {
        let text = std::fs::read_to_string(format!("{folder}/{page}")).unwrap();
        let drawn = draw_into(&text, &policy(), language).unwrap();
        let (found, expected) = (text.lines(), drawn.lines());
        let other = found.zip(expected).find(|(found, expected)| found != expected);
        assert_eq!(other, None, "{page}: run the example draw-levels");
        assert_eq!(text, drawn, "{page}: run the example draw-levels");
    }
}

/// Evidence of the policy's ways and of none, of any age.
fn any_evidence() -> impl Strategy<Value = Evidence> {
    let ways = policy().ways;
    let piece = (
        prop::sample::select(ways),
        any::<u8>(),
        prop::sample::select(CLASSES.to_vec()),
        0..800 * DAY,
        prop::option::of(0..800 * DAY),
        prop::bool::weighted(0.05),
    );
    piece.prop_map(|(way, claimed, class, age, expires, unknown)| Evidence {
        method: if unknown { "unknown".into() } else { way.method.clone() },
        expires_at: expires.map(|after| NOW - 400 * DAY + after),
        // Some of it is of a later time.
        ..evidence(&way, claimed % 8, class, NOW + 100 * DAY - age)
    })
}

proptest! {
    #[test]
    fn more_evidence_never_lowers_a_level(
        pieces in prop::collection::vec(any_evidence(), 0..10),
        more in any_evidence(),
        at in any::<prop::sample::Index>(),
    ) {
        let before = number(&pieces, NOW);
        let mut after = pieces;
        after.insert(at.index(after.len() + 1), more);
        prop_assert!(number(&after, NOW) >= before);
    }

    #[test]
    fn time_alone_never_raises_a_level_and_the_fall_is_told_to_the_second(
        pieces in prop::collection::vec(any_evidence(), 0..10),
        later in 0..900 * DAY,
    ) {
        let policy = policy();
        let found = level(&pieces, &policy, NOW);
        prop_assert!(number(&pieces, NOW + later) <= found.number());
        match found.falls_at {
            Some(falls_at) => {
                prop_assert!(falls_at > NOW);
                prop_assert_eq!(number(&pieces, falls_at - 1), found.number());
                prop_assert!(number(&pieces, falls_at) < found.number());
            }
            None => prop_assert_eq!(number(&pieces, u64::MAX - 1), found.number()),
        }
    }

    #[test]
    fn no_connector_alone_comes_above_its_cap(
        pieces in prop::collection::vec(any_evidence(), 1..10),
    ) {
        let connector = &pieces[0].connector;
        let own: Vec<_> = pieces.iter().filter(|one| one.connector == *connector).cloned().collect();
        let policy = policy();
        let ways = policy.ways.iter().filter(|way| way.connector == *connector);
        let cap = ways.map(|way| way.cap).max().unwrap_or(0);
        prop_assert!(number(&own, NOW) <= cap);
    }

    #[test]
    fn a_renewal_keeps_the_level_that_falls_or_the_most_that_can_be_kept_here(
        pieces in prop::collection::vec(any_evidence(), 0..10),
        class in prop::sample::select(CLASSES.to_vec()),
        open in prop::collection::vec(any::<bool>(), policy().ways.len()),
    ) {
        let policy = policy();
        let wanted = number(&pieces, NOW);
        let at = level(&pieces, &policy, NOW).falls_at.unwrap_or(NOW);
        let is_open = |way: &Way| policy.ways.iter().position(|one| one == way).is_some_and(|at| open[at]);
        let doing = |ways: &[&Way]| {
            let done = ways.iter().map(|way| evidence(way, way.cap, class, at));
            number(&pieces.iter().cloned().chain(done).collect::<Vec<_>>(), at)
        };
        let can: Vec<&Way> = policy.ways.iter().filter(|way| is_open(way)).collect();
        let (left, most) = (number(&pieces, at), doing(&can));
        match way_up(&pieces, &policy, at, class, wanted, &is_open) {
            None => prop_assert_eq!(most, left),
            Some(found) => {
                let kept = wanted.max(left + 1).min(most);
                prop_assert!(found.level as u8 >= kept && doing(&found.steps) >= kept);
                let at_once = can.iter().any(|way| doing(&[*way]) >= kept);
                prop_assert!(!at_once || found.steps.len() == 1);
            }
        }
    }

    #[test]
    fn the_way_up_leads_where_it_says(
        pieces in prop::collection::vec(any_evidence(), 0..10),
        class in prop::sample::select(CLASSES.to_vec()),
    ) {
        let policy = policy();
        if let Some(found) = way_up(&pieces, &policy, NOW, class, 0, &|_| true) {
            let mut after = pieces.clone();
            after.extend(found.steps.iter().map(|way| evidence(way, way.cap, class, NOW)));
            prop_assert!(found.level as u8 > number(&pieces, NOW));
            prop_assert!(number(&after, NOW) >= found.level as u8);
        }
    }
}
