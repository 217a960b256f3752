//! What venues receive: scene by level by document class, as the signed policies say it and not otherwise.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use szid_issuer::default_scenes;
use szid_protocol::level::IdentityLevel;
use szid_protocol::scene::{ConsentRule, ScenePolicy};
use szid_register::{Bearer, Enrolment, Evidence, PersonId, SealedIdentity, Venue};
use szid_tests::city::*;

/// The names of the specification's claims registry that the register can fill.
const NAMES: [(u16, &str); 12] = [
    (1, "pairwise_id"),
    (2, "name"),
    (3, "masked_name"),
    (4, "document_type"),
    (5, "document_number"),
    (6, "sex"),
    (7, "nationality"),
    (8, "birth_date"),
    (9, "document_validity"),
    (11, "phone"),
    (12, "age"),
    (13, "concession"),
];

/// The police's: level 3, a case is named, and nobody is asked.
const POLICE: u16 = 5;

/// A person of each class, with every detail known.
const PEOPLE: [(&str, &str, &str); 6] = [
    ("111", "440399198803150018", "林示例"),
    ("154", "810099198506200018", "李港样"),
    ("414", "XDEMO0001", "TEST, YUKI"),
    ("511", "99999903", "许台样"),
    ("516", "HA9999904", "SAMPLE, MARIA"),
    ("553", "944999199104120011", "DEMO, ALEX"),
];

async fn enrol(city: &City, (kind, number, name): (&str, &str, &str)) -> String {
    let details = json!({ "sex": "male", "birth_date": "1988-03-15", "nationality": "示例族",
        "valid_until": "2036-01-15", "phone": "15400000001", "concessions": ["senior"] });
    let body = json!({ "document": { "type": kind, "number": number }, "name": name,
        "identity_level": 4, "method": "counter", "details": details });
    let request = city.post("/v1/registrar/enrolments").bearer_auth(&city.registrar);
    let (status, enrolled) = answer(request.json(&body)).await;
    assert!(status.is_success(), "{enrolled}");
    enrolled["person"].as_str().unwrap().to_owned()
}

fn expected(policy: &ScenePolicy) -> BTreeSet<&'static str> {
    let name = |claim: &u16| NAMES.iter().find(|(number, _)| number == claim);
    policy.claims.iter().filter_map(name).map(|(_, name)| *name).collect()
}

#[tokio::test]
async fn an_identity_that_does_not_open_is_a_fault_of_the_service_and_not_of_the_moment() {
    let city = City::found().await;
    let person = PersonId([7; 16]);
    let enrolment = Enrolment {
        candidate: person,
        lookup: [7; 32],
        document_class: 111,
        evidence: Evidence::of_registrar("counter".into(), 4, 111, city.clock.time()),
        sealed: SealedIdentity { key: None, content: vec![7; 100] },
        actor: "counter-1".into(),
        at: city.clock.time(),
        offer: None,
    };
    city.store().enrol(enrolment).await.unwrap();
    let phone = StrongPhone::of(&city, &person.to_string(), IdentityLevel::InPerson).await;
    let condition = async || {
        let (status, ready) = answer(city.get("/readyz")).await;
        assert_eq!(status, 200, "others are served");
        ready["conditions"].to_string().contains("IDENTITY_UNREADABLE")
    };
    assert!(!condition().await);
    let scan = json!({ "code": phone.code(&city, None), "scene": HOTEL, "operator": "a" });
    assert_problem(city.scan(&city.hall, scan).await, "INTERNAL");
    assert!(condition().await);
    city.stop().await;
}

#[tokio::test]
async fn every_scene_gives_what_its_policy_lists_at_its_level_and_nothing_below() {
    let city = City::found().await;
    let now = city.clock.time();
    let scenes = default_scenes().unwrap();
    let venue = Venue {
        id: "everywhere".into(),
        name: "演示场所".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: scenes.iter().map(|scene| scene.id).collect(),
        suspended: false,
        ages: vec![18, 60],
    };
    city.store().put_venue(venue, now).await.unwrap();
    let bearer = Bearer::Venue { venue: "everywhere".into(), device: "desk".into() };
    let device = credential(&*city.store(), bearer, now).await;
    let mut seen = 0;
    for who in PEOPLE {
        let person = enrol(&city, who).await;
        for (level, of) in [
            (1, IdentityLevel::Phone),
            (2, IdentityLevel::RealName),
            (3, IdentityLevel::RealPerson),
            (4, IdentityLevel::InPerson),
        ] {
            let phone = StrongPhone::of(&city, &person, of).await;
            // What asks the citizen has a test of its own, and so has what asks for a challenge.
            let plain =
                |scene: &&ScenePolicy| scene.consent != ConsentRule::Ask && !scene.challenge;
            for scene in scenes.iter().filter(plain) {
                city.clock.advance(1);
                let code = phone.code(&city, None);
                let body = json!({ "code": code, "scene": scene.id, "operator": "7",
                    "purpose": "check", "case": "2026-1" });
                let (status, verdict) = city.scan(&device, body).await;
                assert_eq!(status, 200, "{verdict}");
                let told = format!("{} {level} {}: {verdict}", scene.name_en, who.0);
                let names: BTreeSet<_> = verdict["claims"]
                    .as_object()
                    .map(|claims| claims.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                if level >= scene.min_level {
                    assert_eq!(verdict["reason"], "OK", "{told}");
                    assert_eq!(names, expected(scene), "{told}");
                } else {
                    assert_eq!(verdict["reason"], "LEVEL_TOO_LOW", "{told}");
                    assert!(names.is_empty(), "{told}");
                }
                if scene.id == LIBRARY {
                    let text = verdict.to_string();
                    assert!(!text.contains(who.1) && !text.contains(who.2), "{told}");
                }
                seen += 1;
            }
        }
    }
    assert_eq!(seen, 6 * 4 * 8);
    city.stop().await;
}

#[tokio::test]
async fn values_are_the_persons_and_ids_one_venues() {
    let city = City::found().await;
    let person = enrol(&city, PEOPLE[0]).await;
    let phone = StrongPhone::of(&city, &person, IdentityLevel::InPerson).await;
    let scan = async |device: &str, scene: u16, more: Value| {
        city.clock.advance(1);
        let mut body = json!({ "code": phone.code(&city, None), "scene": scene, "operator": "7" });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        city.scan(device, body).await
    };
    let (_, hotel) = scan(&city.hall, HOTEL, json!({})).await;
    assert_eq!(hotel["claims"]["name"], "林示例");
    assert_eq!(hotel["claims"]["document_number"], "440399198803150018");
    assert_eq!(hotel["claims"]["document_validity"], "2036-01-15");
    assert_eq!(hotel["retention_days"], 1095);
    let (_, park) = scan(&city.hall, PARK, json!({})).await;
    assert_eq!(park["claims"], json!({ "age": { "at_least_60": false }, "concession": true }));

    // The same person has one id at one venue, and others elsewhere.
    let (_, first) = scan(&city.library, LIBRARY, json!({})).await;
    let (_, second) = scan(&city.library, LIBRARY, json!({})).await;
    let (_, elsewhere) = scan(&city.hall, LIBRARY, json!({})).await;
    assert_eq!(first["claims"], second["claims"]);
    assert_ne!(first["claims"]["pairwise_id"], elsewhere["claims"]["pairwise_id"]);

    // A venue may want less, and cannot want more.
    let (_, less) = scan(&city.hall, HOTEL, json!({ "claims": ["name"] })).await;
    assert_eq!(less["claims"], json!({ "name": "林示例" }));
    let more = scan(&city.library, LIBRARY, json!({ "claims": ["document_number"] })).await;
    assert_problem(more, "CLAIM_DENIED");
    assert_problem(scan(&city.library, HOTEL, json!({})).await, "SCENE_DENIED");
    city.stop().await;
}

#[tokio::test]
async fn a_lawful_check_without_consent_is_told_to_the_citizen_as_a_notice() {
    let city = City::found().await;
    let (person, wallet) = city.citizen(LIN).await;
    let phone = StrongPhone::of(&city, &person, IdentityLevel::InPerson).await;
    let police = Venue {
        id: "police".into(),
        name: "示例派出所".into(),
        uscc: "12440399EXAMPLEB3N".into(),
        scenes: vec![POLICE, PARK],
        suspended: false,
        ages: Vec::new(),
    };
    city.store().put_venue(police, city.clock.time()).await.unwrap();
    let bearer = Bearer::Venue { venue: "police".into(), device: "car".into() };
    let device = credential(&*city.store(), bearer, city.clock.time()).await;
    let body = json!({ "code": phone.code(&city, None), "scene": POLICE, "operator": "7",
        "purpose": "check", "case": "2026-1" });
    let (_, verdict) = city.scan(&device, body).await;
    assert_eq!(verdict["reason"], "OK", "nobody is asked: {verdict}");
    let told = wallet.uses(None).await.unwrap().remove(0);
    assert!(told.notice && told.consent == "not_asked", "{told:?}");
    assert_eq!((told.venue_name.as_str(), told.scene), ("示例派出所", POLICE));
    let matter = told.matter.unwrap();
    let named = [&matter.operator, &matter.purpose, &matter.case].map(String::as_str);
    assert_eq!(named, ["7", "check", "2026-1"]);
    assert!(told.claims.contains(&"name".to_owned()), "what was given: {:?}", told.claims);
    // A refusal is told as well, and what needs no case is no notice.
    city.clock.advance(1);
    let body = json!({ "code": code(&wallet), "scene": POLICE, "operator": "7",
        "purpose": "check", "case": "2026-2" });
    let (_, verdict) = city.scan(&device, body).await;
    assert_eq!(verdict["reason"], "LEVEL_TOO_LOW", "{verdict}");
    city.clock.advance(1);
    let body = json!({ "code": code(&wallet), "scene": PARK, "operator": "7" });
    assert_eq!(city.scan(&device, body).await.1["reason"], "OK");
    let uses = wallet.uses(None).await.unwrap();
    let notices: Vec<_> = uses.iter().map(|one| (one.scene, one.notice)).collect();
    assert_eq!(notices, [(PARK, false), (POLICE, true), (POLICE, true)]);
    city.stop().await;
}
