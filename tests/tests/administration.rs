//! The administration of a running service over HTTP: what one administrator does, what takes two, and what the audit says.
#![allow(clippy::unwrap_used, missing_docs)]

use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_issuer::audit::{AuditEvent, ChainReport};
use szid_issuer::entropy::SystemEntropy;
use szid_issuer::keys::FileSigner;
use szid_issuer::store::{Bearer, OperatorRole};
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_tests::city::*;

/// The secrets of two administrators.
struct Administrators {
    chen: String,
    zhao: String,
}

impl Administrators {
    async fn of(city: &City) -> Self {
        let admit = async |name: &str| {
            let bearer = Bearer::Administrator { name: name.into() };
            credential(&*city.store(), bearer, city.clock.time()).await
        };
        Self { chen: admit("chen").await, zhao: admit("zhao").await }
    }
}

async fn send(
    city: &City,
    method: Method,
    path: &str,
    secret: &str,
    body: Option<Value>,
) -> (StatusCode, Value) {
    let url = format!("{}/v1/admin/{path}", city.base_url);
    let request = city.http.request(method, url).bearer_auth(secret);
    answer(match body {
        Some(body) => request.json(&body),
        None => request,
    })
    .await
}

async fn get(city: &City, path: &str, secret: &str) -> Value {
    let (status, body) = send(city, Method::GET, path, secret, None).await;
    assert_eq!(status, StatusCode::OK, "{path}: {body}");
    body
}

async fn post(city: &City, path: &str, secret: &str) -> (StatusCode, Value) {
    send(city, Method::POST, path, secret, None).await
}

async fn put(city: &City, path: &str, secret: &str, body: Value) -> (StatusCode, Value) {
    send(city, Method::PUT, path, secret, Some(body)).await
}

async fn make(city: &City, secret: &str, bearer: Value) -> (StatusCode, Value) {
    send(city, Method::POST, "credentials", secret, Some(bearer)).await
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name}: {value}"))
}

/// Confirms a request that waits; what it came to.
async fn confirm(
    city: &City,
    (status, asked): &(StatusCode, Value),
    secret: &str,
) -> (StatusCode, Value) {
    assert_eq!(*status, StatusCode::ACCEPTED, "{asked}");
    post(city, &format!("requests/{}/confirm", text(asked, "request")), secret).await
}

/// What an administrator did: what, id, act, step, actor, asked_by.
type Registered = (String, String, Option<String>, Option<String>, String, Option<String>);

/// The audit's entries of administrators, and nothing of those that set the city up.
async fn registered(city: &City) -> Vec<Registered> {
    let entries = city.store().audit_entries(1, 1000).await.unwrap();
    let done = entries.into_iter().filter_map(|entry| match entry.event {
        AuditEvent::Registration { what, id, act, step, actor, asked_by, .. } => {
            Some((what, id, act, step, actor?, asked_by))
        }
        _ => None,
    });
    let done = done.filter(|(.., actor, _)| actor != "offline").collect();
    let head = city.store().audit_head().await.unwrap();
    let report = city.store().audit_verify(Some(head)).await.unwrap();
    assert_eq!(report, ChainReport::Whole(head));
    done
}

fn entry(subject: [&str; 2], act: Option<&str>, step: Option<&str>, by: [&str; 2]) -> Registered {
    let [what, id] = subject.map(str::to_owned);
    let [actor, asked_by] = by.map(str::to_owned);
    let asked_by = (!asked_by.is_empty()).then_some(asked_by);
    (what, id, act.map(str::to_owned), step.map(str::to_owned), actor, asked_by)
}

#[tokio::test]
async fn a_registrar_is_made_by_two_and_withdrawn_by_one_without_the_secret() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let wanted = json!({ "role": "registrar", "name": "counter-9" });
    let asked = make(&city, &admin.chen, wanted).await;
    assert_eq!((text(&asked.1, "asked_by"), text(&asked.1, "state")), ("chen", "pending"));
    assert_problem(confirm(&city, &asked, &admin.chen).await, "REQUEST_OWN");
    let before = get(&city, "credentials?role=registrar", &admin.chen).await;
    assert_eq!(before["credentials"].as_array().unwrap().len(), 2, "asking gives nothing");

    let (status, given) = confirm(&city, &asked, &admin.zhao).await;
    assert_eq!(status, StatusCode::OK, "{given}");
    assert_problem(confirm(&city, &asked, &admin.zhao).await, "NOT_FOUND");
    let secret = text(&given, "secret");
    let requests = || answer(city.get("/v1/registrar/requests").bearer_auth(secret));
    assert_eq!(requests().await.0, StatusCode::OK);

    let list = get(&city, "credentials?role=registrar", &admin.chen).await;
    assert!(!list.to_string().contains(secret));
    let new = list["credentials"].as_array().unwrap().iter();
    let new = new.clone().find(|one| one["credential"] == given["credential"]).unwrap();
    assert_eq!((text(new, "state"), text(new, "made_by")), ("good", "zhao"));
    assert_eq!(new["made_at"], json!(city.clock.time()));

    let withdraw = format!("credentials/{}/withdraw", text(&given, "credential"));
    assert_problem(post(&city, &withdraw, secret).await, "ROLE_DENIED");
    assert_eq!(requests().await.0, StatusCode::OK);
    for _ in 0..2 {
        let (status, withdrawn) = post(&city, &withdraw, &admin.chen).await;
        assert_eq!((status, text(&withdrawn, "state")), (StatusCode::OK, "withdrawn"));
    }
    assert_problem(requests().await, "CREDENTIAL_REVOKED");

    let subject = ["registrar", "counter-9"];
    let expected = [
        entry(subject, None, Some("asked"), ["chen", ""]),
        entry(subject, None, Some("confirmed"), ["zhao", "chen"]),
        entry(subject, Some("withdrawn"), None, ["chen", ""]),
    ];
    assert_eq!(registered(&city).await, expected);
    city.stop().await;
}

#[tokio::test]
async fn a_desk_is_made_by_two_and_its_withdrawal_ends_its_sessions_at_once() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let wanted = json!({ "role": "device", "venue": "library", "name": "desk-2" });
    let asked = make(&city, &admin.chen, wanted).await;
    let (_, made) = confirm(&city, &asked, &admin.zhao).await;
    let secret = text(&made, "secret").to_owned();
    let body = json!({ "code": "x" });
    assert_eq!(city.scan(&secret, body.clone()).await.0, StatusCode::OK);
    let sign_in = city.post("/console/session").json(&json!({ "credential": secret }));
    let session = sign_in.send().await.unwrap();
    let cookie = session.headers()["set-cookie"].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let resume = || answer(city.get("/console/session").header("cookie", cookie));
    assert_eq!(resume().await.0, StatusCode::OK);

    let withdraw = format!("credentials/{}/withdraw", text(&made, "credential"));
    assert_eq!(post(&city, &withdraw, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(city.scan(&secret, body).await, "CREDENTIAL_REVOKED");
    assert_problem(resume().await, "CREDENTIAL_REVOKED");
    let list = get(&city, "credentials?venue=library", &admin.chen).await;
    let states = list["credentials"].as_array().unwrap().iter();
    let states: Vec<_> =
        states.map(|one| (text(&one["bearer"], "name"), text(one, "state"))).collect();
    assert_eq!(states, [("desk", "good"), ("desk-2", "withdrawn")]);
    city.stop().await;
}

#[tokio::test]
async fn operators_are_made_by_two_whatever_they_may_do() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let operator = |name: &str, duty: &str| json!({ "role": "operator", "venue": "library", "name": name, "duty": duty });
    let asked = make(&city, &admin.zhao, operator("zhou", "viewer")).await;
    assert_eq!(confirm(&city, &asked, &admin.chen).await.0, StatusCode::OK);
    let asked = make(&city, &admin.chen, operator("li", "manager")).await;
    let (_, given) = confirm(&city, &asked, &admin.zhao).await;
    let devices = city.get("/v1/operator/devices").bearer_auth(text(&given, "secret"));
    assert_eq!(answer(devices).await.0, StatusCode::OK);
    for scope in ["credentials?role=operator", "credentials?venue=library"] {
        let list = get(&city, scope, &admin.chen).await;
        let list = list["credentials"].as_array().unwrap().iter();
        let names: Vec<_> = list
            .filter(|one| one["bearer"]["role"] == "operator")
            .map(|one| (text(&one["bearer"], "name"), text(&one["bearer"], "duty")))
            .collect();
        assert_eq!(names, [("li", "manager"), ("zhou", "viewer")], "{scope}");
    }
    city.stop().await;
}

#[tokio::test]
async fn suspending_takes_one_and_nothing_but_two_lifts_it() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let scan = async || city.scan(&city.library, json!({ "code": "x" })).await;
    assert_eq!(scan().await.0, StatusCode::OK);
    let (status, venue) = post(&city, "venues/library/suspend", &admin.chen).await;
    assert_eq!((status, &venue["suspended"]), (StatusCode::OK, &json!(true)));
    assert_problem(scan().await, "VENUE_SUSPENDED");

    // To describe it anew does not lift it.
    let mut body = described(&city, "library").await;
    body["suspended"] = json!(false);
    let (status, venue) = put(&city, "venues/library", &admin.chen, body.clone()).await;
    assert_eq!((status, &venue["suspended"]), (StatusCode::OK, &json!(true)));
    body["name"] = json!("图书馆新馆");
    let asked = put(&city, "venues/library", &admin.chen, body).await;
    assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(scan().await, "VENUE_SUSPENDED");

    let asked = post(&city, "venues/library/resume", &admin.chen).await;
    assert_problem(scan().await, "VENUE_SUSPENDED");
    assert_problem(confirm(&city, &asked, &admin.chen).await, "REQUEST_OWN");
    let (status, done) = confirm(&city, &asked, &admin.zhao).await;
    assert_eq!((status, text(&done["done"], "act")), (StatusCode::OK, "resume"), "{done}");
    assert!(done.get("secret").is_none());
    assert_eq!(scan().await.0, StatusCode::OK);
    assert_eq!(post(&city, "venues/library/resume", &admin.chen).await.0, StatusCode::OK);

    let site = json!({ "name": "南山分馆", "suspended": true });
    let (_, closed) = put(&city, "venues/library/sites/nanshan", &admin.chen, site.clone()).await;
    assert_eq!(closed["suspended"], true);
    let station = json!({ "site": "nanshan", "scenes": [LIBRARY] });
    let (status, _) = put(&city, "venues/library/devices/desk", &admin.chen, station).await;
    assert_eq!(status, StatusCode::OK);
    assert_problem(scan().await, "VENUE_SUSPENDED");
    let open = json!({ "name": "南山分馆" });
    let (_, still) = put(&city, "venues/library/sites/nanshan", &admin.zhao, open).await;
    assert_eq!(still["suspended"], true);
    let asked = post(&city, "venues/library/sites/nanshan/resume", &admin.zhao).await;
    assert_eq!(confirm(&city, &asked, &admin.chen).await.0, StatusCode::OK);
    assert_eq!(scan().await.0, StatusCode::OK);
    let foreign = json!({ "scenes": [HOTEL] });
    let refused = put(&city, "venues/library/devices/desk", &admin.chen, foreign).await;
    assert_problem(refused, "SCENE_DENIED");

    let (venue, site) = (["venue", "library"], ["site", "library/nanshan"]);
    let expected = [
        entry(venue, Some("suspended"), None, ["chen", ""]),
        entry(venue, None, None, ["chen", ""]),
        entry(venue, None, Some("asked"), ["chen", ""]),
        entry(venue, None, Some("confirmed"), ["zhao", "chen"]),
        entry(venue, Some("resumed"), Some("asked"), ["chen", ""]),
        entry(venue, Some("resumed"), Some("confirmed"), ["zhao", "chen"]),
        entry(site, None, None, ["chen", ""]),
        entry(["device", "library/desk"], None, None, ["chen", ""]),
        entry(site, None, None, ["zhao", ""]),
        entry(site, Some("resumed"), Some("asked"), ["zhao", ""]),
        entry(site, Some("resumed"), Some("confirmed"), ["chen", "zhao"]),
    ];
    assert_eq!(registered(&city).await, expected);
    city.stop().await;
}

/// What is registered of a venue, in the form in which it is described anew.
async fn described(city: &City, id: &str) -> Value {
    let venue = city.store().venue(id).await.unwrap().unwrap();
    json!({ "name": venue.name, "uscc": venue.uscc, "scenes": venue.scenes, "ages": venue.ages })
}

#[tokio::test]
async fn what_one_administrator_may_not_widen_waits_and_shows_what_was() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let before = city.store().venue("library").await.unwrap();
    let mut wider = described(&city, "library").await;
    wider["scenes"] = json!([LIBRARY, HOTEL]);
    let asked = put(&city, "venues/library", &admin.chen, wider.clone()).await;
    assert_eq!(city.store().venue("library").await.unwrap(), before, "nothing is wider yet");
    let wanted = &asked.1["wanted"];
    assert_eq!(wanted["now"]["scenes"], json!([LIBRARY]));
    assert_eq!(wanted["wanted"]["scenes"], json!([LIBRARY, HOTEL]));
    assert_problem(confirm(&city, &asked, &admin.chen).await, "REQUEST_OWN");
    assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
    let after = city.store().venue("library").await.unwrap().unwrap();
    assert_eq!(after.scenes, [LIBRARY, HOTEL]);

    // What was asked for from another state is void, and the audit says what came of it.
    let mut widest = wider.clone();
    widest["scenes"] = json!([LIBRARY, HOTEL, 3]);
    let stale = put(&city, "venues/library", &admin.chen, widest).await;
    let narrower = described(&city, "library").await;
    let narrower =
        json!({ "scenes": [LIBRARY], "name": narrower["name"], "uscc": narrower["uscc"] });
    assert_eq!(put(&city, "venues/library", &admin.zhao, narrower).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &stale, &admin.zhao).await, "REQUEST_OUTDATED");
    let refused = entry(["venue", "library"], None, Some("refused"), ["zhao", "chen"]);
    assert_eq!(registered(&city).await.last(), Some(&refused));
    city.stop().await;
}

#[tokio::test]
async fn no_suspension_is_gone_round() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    // The organisation of a suspended venue under another id.
    assert_eq!(post(&city, "venues/library/suspend", &admin.chen).await.0, StatusCode::OK);
    let twin = described(&city, "library").await;
    let asked = put(&city, "venues/twin", &admin.chen, twin).await;
    assert_eq!(city.store().venue("twin").await.unwrap(), None);
    assert_eq!(asked.1["wanted"]["suspended_elsewhere"], json!(["library"]));
    assert!(asked.1["wanted"].get("now").is_none());
    // The end of a suspension that was asked for before the one that holds.
    let [first, stale] = [
        post(&city, "venues/library/resume", &admin.chen).await,
        post(&city, "venues/library/resume", &admin.chen).await,
    ];
    assert_eq!(confirm(&city, &first, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &asked, &admin.zhao).await, "REQUEST_OUTDATED");
    assert_eq!(post(&city, "venues/library/suspend", &admin.zhao).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &stale, &admin.zhao).await, "NOT_FOUND");
    let again = post(&city, "venues/library/resume", &admin.zhao).await;
    assert_eq!(confirm(&city, &again, &admin.chen).await.0, StatusCode::OK);

    // A device out of a suspended site, and one that the venue's managers would make beside it.
    for site in ["east", "west"] {
        let path = format!("venues/library/sites/{site}");
        assert_eq!(put(&city, &path, &admin.chen, json!({ "name": site })).await.0, StatusCode::OK);
    }
    let stand = async |site: Value| {
        put(&city, "venues/library/devices/desk", &admin.chen, json!({ "site": site })).await
    };
    assert_eq!(stand(json!("west")).await.0, StatusCode::OK);
    assert_eq!(stand(json!("east")).await.0, StatusCode::OK);
    let manager = async |name: &str| {
        let (venue, name) = ("library".into(), name.into());
        let bearer = Bearer::Operator { venue, name, duty: OperatorRole::Manager };
        credential(&*city.store(), bearer, city.clock.time()).await
    };
    let (li, wang) = (manager("li").await, manager("wang").await);
    let ask = async |device: &str| {
        let asked = city.post("/v1/operator/requests").bearer_auth(&li);
        answer(asked.json(&json!({ "device": device }))).await
    };
    let (_, early) = ask("desk-new").await;
    let path = "venues/library/sites/east/suspend";
    assert_eq!(post(&city, path, &admin.chen).await.0, StatusCode::OK);
    for elsewhere in [json!("west"), json!(null)] {
        assert_eq!(stand(elsewhere).await.0, StatusCode::ACCEPTED);
    }
    assert_problem(city.scan(&city.library, json!({ "code": "x" })).await, "VENUE_SUSPENDED");
    assert_problem(ask("desk-newer").await, "VENUE_SUSPENDED");
    let path = format!("/v1/operator/requests/{}/confirm", text(&early, "id"));
    assert_problem(answer(city.post(&path).bearer_auth(&wang)).await, "VENUE_SUSPENDED");
    assert_eq!(ask("desk").await.0, StatusCode::ACCEPTED, "it stays where it stands");
    let station = json!({ "site": "west" });
    let path = "venues/library/devices/desk-newer";
    assert_eq!(put(&city, path, &admin.chen, station).await.0, StatusCode::OK);
    assert_eq!(ask("desk-newer").await.0, StatusCode::ACCEPTED);
    city.stop().await;
}

/// A city of acts: each one is done to something of its own.
struct Acts<'a> {
    city: &'a City,
    admin: Administrators,
    manager: String,
}

impl Acts<'_> {
    async fn venue(&self, member: &str, value: Value) -> (StatusCode, Value) {
        let mut body = described(self.city, "library").await;
        if !member.is_empty() {
            body[member] = value;
        }
        put(self.city, "venues/library", &self.admin.chen, body).await
    }

    async fn device(&self, body: Value) -> (StatusCode, Value) {
        put(self.city, "venues/library/devices/desk", &self.admin.chen, body).await
    }

    async fn gate(&self) -> (StatusCode, Value) {
        let key = FileSigner::throw_away(&SystemEntropy).unwrap().public_key();
        let body = json!({ "key": BASE64.encode(&key.to_spki_der().unwrap()) });
        let asked = put(self.city, "venues/hall/gates/gate", &self.admin.chen, body).await;
        confirm(self.city, &asked, &self.admin.zhao).await;
        asked
    }

    async fn credential(&self, role: &str, duty: Option<&str>) -> (StatusCode, Value) {
        let mut bearer = json!({ "role": role, "name": "new" });
        if ["device", "operator"].contains(&role) {
            bearer["venue"] = json!("library");
        }
        if let Some(duty) = duty {
            bearer["duty"] = json!(duty);
        }
        make(self.city, &self.admin.chen, bearer).await
    }

    async fn of_manager(&self, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
        let url = format!("{}/v1/operator/{path}", self.city.base_url);
        answer(self.city.http.request(method, url).bearer_auth(&self.manager).json(&body)).await
    }

    /// Does what a row of the table names, as one person.
    async fn done(&self, act: &str) -> (StatusCode, Value) {
        let (city, chen) = (self.city, &self.admin.chen);
        let id_of = async |scope: &str| {
            let list = get(city, &format!("credentials?{scope}"), chen).await;
            text(&list["credentials"][0], "credential").to_owned()
        };
        match act {
            "venue: new" => {
                let body = described(city, "library").await;
                put(city, "venues/museum", chen, body).await
            }
            "venue: more scenes" => self.venue("scenes", json!([LIBRARY, HOTEL])).await,
            "venue: more ages" => self.venue("ages", json!([60, 21])).await,
            "venue: another name" => self.venue("name", json!("警务站")).await,
            "venue: another organisation" => self.venue("uscc", json!("91440399EXAMPLEA5N")).await,
            "venue: fewer scenes and ages" => {
                let (two, at) = (vec![LIBRARY, HOTEL], city.clock.time());
                let known = city.store().venue("library").await.unwrap().unwrap();
                let more = szid_issuer::store::Venue { scenes: two, ages: vec![60], ..known };
                city.store().put_venue(more, at).await.unwrap();
                let mut body = described(city, "library").await;
                (body["scenes"], body["ages"]) = (json!([LIBRARY]), json!([]));
                put(city, "venues/library", chen, body).await
            }
            "venue: suspended" => post(city, "venues/hall/suspend", chen).await,
            "venue: suspension lifted" => post(city, "venues/hall/resume", chen).await,
            "site: new" | "site: another name" => {
                let body = json!({ "name": act });
                put(city, "venues/library/sites/east", chen, body).await
            }
            "site: suspended" => {
                assert_eq!(self.device(json!({ "site": "east" })).await.0, StatusCode::OK);
                post(city, "venues/library/sites/east/suspend", chen).await
            }
            "site: suspension lifted" => post(city, "venues/library/sites/east/resume", chen).await,
            "device: narrowed, or at another site" => {
                self.device(json!({ "site": "east", "scenes": [LIBRARY] })).await
            }
            "device: more scenes" => self.device(json!({ "site": "east" })).await,
            "device: out of a suspended site" => self.device(json!({ "scenes": [LIBRARY] })).await,
            "gate: first key" | "gate: another key" => self.gate().await,
            "credential: of a device" => self.credential("device", None).await,
            "credential: of an operator who reads" => {
                self.credential("operator", Some("viewer")).await
            }
            "credential: of a venue's manager" => {
                self.credential("operator", Some("manager")).await
            }
            "credential: of a registrar" => self.credential("registrar", None).await,
            "credential: of an administrator" => self.credential("administrator", None).await,
            "credential: withdrawn" => {
                let id = id_of("role=registrar").await;
                post(city, &format!("credentials/{id}/withdraw"), chen).await
            }
            "request: rejected" => {
                let waits = get(city, "requests", chen).await;
                let path = format!("requests/{}", text(&waits["requests"][0], "request"));
                send(city, Method::DELETE, &path, chen, None).await
            }
            "clock: said to be right" => post(city, "clock/confirm", chen).await,
            "lists and audit: read" => (StatusCode::OK, get(city, "audit/head", chen).await),
            "manager: credential of a device" => {
                self.of_manager(Method::POST, "requests", json!({ "device": "desk" })).await
            }
            "manager: credential withdrawn" => {
                let id = id_of("venue=library").await;
                self.of_manager(Method::POST, &format!("credentials/{id}/withdraw"), json!({}))
                    .await
            }
            "manager: request rejected" => {
                let waits = self.of_manager(Method::GET, "requests", json!({})).await.1;
                let path = format!("requests/{}", text(&waits["requests"][0], "id"));
                self.of_manager(Method::DELETE, &path, json!({})).await
            }
            other => panic!("the table has an act that no test does: {other}"),
        }
    }
}

#[tokio::test]
async fn each_act_takes_as_many_as_the_table_says() {
    let city = City::found().await;
    let (venue, name) = ("library".into(), "li".into());
    let bearer = Bearer::Operator { venue, name, duty: OperatorRole::Manager };
    let manager = credential(&*city.store(), bearer, city.clock.time()).await;
    let acts = Acts { city: &city, admin: Administrators::of(&city).await, manager };
    let decision = include_str!("../../docs/adr/0021-administration-while-it-runs.md");
    let table = decision.split_once("| act | takes |").unwrap().1.split_once("\n\n").unwrap().0;
    let rows = table.lines().skip(2).map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        (cells[0].to_owned(), cells[1].to_owned())
    });
    let rows: Vec<_> = rows.collect();
    assert_eq!(rows.len(), 29, "the table is read whole");
    for (act, takes) in rows {
        let (status, body) = acts.done(&act).await;
        let expected = match takes.as_str() {
            "one" => [StatusCode::OK, StatusCode::NO_CONTENT].contains(&status),
            "two" => status == StatusCode::ACCEPTED,
            other => panic!("{act} takes {other}"),
        };
        assert!(expected, "{act} takes {takes}: {status} {body}");
    }
    city.stop().await;
}

#[tokio::test]
async fn a_gates_key_takes_two_and_the_same_again_none() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let [first, second] =
        [0, 1].map(|_| FileSigner::throw_away(&SystemEntropy).unwrap().public_key());
    let register = async |key: &szid_protocol::key::PublicKey| {
        let der = key.to_spki_der().unwrap();
        put(&city, "venues/hall/gates/gate-1", &admin.chen, json!({ "key": BASE64.encode(&der) }))
            .await
    };
    let held = async || city.store().gate("hall", "gate-1").await.unwrap().map(|gate| gate.key);
    let asked = register(&first).await;
    assert_eq!(held().await, None);
    assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
    assert_eq!(register(&first).await.0, StatusCode::OK, "the same key again is no new one");
    let asked = register(&second).await;
    assert_eq!(held().await, Some(first.to_compressed()));
    let shown = BASE64URL_NOPAD.encode(&second.to_compressed());
    assert_eq!(text(&asked.1["wanted"], "key"), shown, "whoever confirms can compare it");
    assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
    assert_eq!(held().await, Some(second.to_compressed()));
    for wrong in ["", "AAAA", "*"] {
        let refused =
            put(&city, "venues/hall/gates/gate-1", &admin.chen, json!({ "key": wrong })).await;
        assert_problem(refused, "KEY_INVALID");
    }
    city.stop().await;
}

#[tokio::test]
async fn whoever_is_withdrawn_has_nothing_waiting_and_the_last_administrator_stays() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let asked =
        make(&city, &admin.chen, json!({ "role": "registrar", "name": "accomplice" })).await;
    let named = async |name: &str| {
        let list = get(&city, "credentials?role=administrator", &admin.zhao).await;
        let list = list["credentials"].as_array().unwrap();
        let one = list.iter().find(|one| one["bearer"]["name"] == name).unwrap();
        format!("credentials/{}/withdraw", text(one, "credential"))
    };
    assert_eq!(post(&city, &named("chen").await, &admin.zhao).await.0, StatusCode::OK);
    assert_problem(post(&city, "venues/library/suspend", &admin.chen).await, "CREDENTIAL_REVOKED");
    assert_problem(confirm(&city, &asked, &admin.zhao).await, "NOT_FOUND");
    assert_eq!(get(&city, "requests", &admin.zhao).await, json!({ "requests": [] }));
    assert_problem(post(&city, &named("zhao").await, &admin.zhao).await, "ADMINISTRATOR_LAST");

    // So it is with a venue's manager.
    let manager = async |name: &str| {
        let (venue, name) = ("library".into(), name.into());
        let bearer = Bearer::Operator { venue, name, duty: OperatorRole::Manager };
        credential(&*city.store(), bearer, city.clock.time()).await
    };
    let (li, wang) = (manager("li").await, manager("wang").await);
    let requests = || city.http.get(format!("{}/v1/operator/requests", city.base_url));
    let ask = city.post("/v1/operator/requests").bearer_auth(&li);
    let (status, _) = answer(ask.json(&json!({ "device": "desk-3" }))).await;
    assert_eq!(status, StatusCode::ACCEPTED);
    let list = get(&city, "credentials?venue=library", &admin.zhao).await;
    let list = list["credentials"].as_array().unwrap();
    let one = list.iter().find(|one| one["bearer"]["name"] == "li").unwrap();
    let withdraw = format!("credentials/{}/withdraw", text(one, "credential"));
    assert_eq!(post(&city, &withdraw, &admin.zhao).await.0, StatusCode::OK);
    let left = answer(requests().bearer_auth(&wang)).await;
    assert_eq!(left, (StatusCode::OK, json!({ "requests": [] })));

    // Alone, an administrator protects and gives no power.
    assert_eq!(post(&city, "venues/library/suspend", &admin.zhao).await.0, StatusCode::OK);
    let alone = make(&city, &admin.zhao, json!({ "role": "administrator", "name": "qian" })).await;
    assert_problem(confirm(&city, &alone, &admin.zhao).await, "REQUEST_OWN");
    // A second credential of the same name is the same person.
    let bearer = Bearer::Administrator { name: "zhao".into() };
    let second = credential(&*city.store(), bearer, city.clock.time()).await;
    assert_problem(confirm(&city, &alone, &second).await, "REQUEST_OWN");
    assert_eq!(post(&city, &named("zhao").await, &second).await.0, StatusCode::OK);

    let steps = registered(&city).await;
    let dropped = entry(["registrar", "accomplice"], None, Some("refused"), ["zhao", "chen"]);
    assert!(steps.contains(&dropped), "{steps:?}");
    city.stop().await;
}

#[tokio::test]
async fn a_request_runs_out_and_can_be_rejected() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let registrar = |name: &str| json!({ "role": "registrar", "name": name });
    let late = make(&city, &admin.chen, registrar("late")).await;
    city.clock.advance(DAY - 1);
    let rejected = make(&city, &admin.chen, registrar("rejected")).await;
    city.clock.advance(1);
    assert_problem(confirm(&city, &late, &admin.zhao).await, "REQUEST_EXPIRED");
    let list = get(&city, "requests", &admin.zhao).await;
    let list = list["requests"].as_array().unwrap();
    assert_eq!(
        list.iter().map(|one| text(one, "state")).collect::<Vec<_>>(),
        ["pending", "expired"]
    );
    let path = format!("requests/{}", text(&rejected.1, "request"));
    let (status, _) = send(&city, Method::DELETE, &path, &admin.zhao, None).await;
    assert_eq!(status, StatusCode::NO_CONTENT);
    assert_problem(confirm(&city, &rejected, &admin.zhao).await, "NOT_FOUND");
    city.stop().await;
}

#[tokio::test]
async fn only_administrators_come_in_and_what_they_write_is_checked() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let wang = Bearer::Operator {
        venue: "library".into(),
        name: "wang".into(),
        duty: OperatorRole::Manager,
    };
    let manager = credential(&*city.store(), wang, city.clock.time()).await;
    let token = city.access_token(LIN).await;
    for (secret, code) in [
        (&city.library, "ROLE_DENIED"),
        (&city.registrar, "ROLE_DENIED"),
        (&manager, "ROLE_DENIED"),
        (&token, "CREDENTIAL_MISSING"),
    ] {
        for path in [
            "credentials?role=registrar",
            "requests",
            "audit/head",
            "audit/verify",
            "audit/entries",
            "venues/hall",
        ] {
            assert_problem(send(&city, Method::GET, path, secret, None).await, code);
        }
        for path in [
            "venues/hall/suspend",
            "venues/hall/resume",
            "requests/x/confirm",
            "credentials/x/withdraw",
        ] {
            assert_problem(post(&city, path, secret).await, code);
        }
    }
    // Nor does an administrator do what others do.
    assert_problem(city.scan(&admin.chen, json!({ "code": "x" })).await, "ROLE_DENIED");
    let asked = answer(city.get("/v1/registrar/requests").bearer_auth(&admin.chen)).await;
    assert_problem(asked, "ROLE_DENIED");

    for (bearer, code) in [
        (json!({ "role": "device", "name": "desk" }), "BAD_REQUEST"),
        (json!({ "role": "registrar", "name": "a", "venue": "hall" }), "BAD_REQUEST"),
        (json!({ "role": "operator", "venue": "hall", "name": "a" }), "BAD_REQUEST"),
        (json!({ "role": "root", "name": "a" }), "BAD_REQUEST"),
        (json!({ "role": "device", "venue": "hall", "name": "Desk" }), "DEVICE_NAME"),
        (json!({ "role": "administrator", "name": "offline" }), "STAFF_NAME"),
        (json!({ "role": "registrar", "name": "a\u{0}b" }), "STAFF_NAME"),
        (json!({ "role": "device", "venue": "museum", "name": "desk" }), "NOT_FOUND"),
        (
            json!({ "role": "operator", "venue": "museum", "name": "a", "duty": "manager" }),
            "NOT_FOUND",
        ),
    ] {
        assert_problem(make(&city, &admin.chen, bearer).await, code);
    }
    let good = json!({ "name": "馆", "uscc": "12440399EXAMPLEB3N", "scenes": [2] });
    for (id, member, value, code) in [
        ("Hall", "name", json!("馆"), "ID_INVALID"),
        ("museum", "name", json!(" 馆"), "PLACE_NAME"),
        ("museum", "uscc", json!("12440399EXAMPLEB3M"), "USCC_INVALID"),
        ("museum", "scenes", json!([]), "BAD_REQUEST"),
        ("museum", "suspend", json!(true), "BAD_REQUEST"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_problem(put(&city, &format!("venues/{id}"), &admin.chen, body).await, code);
    }
    for path in ["venues/museum/suspend", "venues/museum/resume", "venues/hall/sites/x/suspend"] {
        assert_problem(post(&city, path, &admin.chen).await, "NOT_FOUND");
    }
    for id in ["x", &BASE64URL_NOPAD.encode(&[9; 16]), &"A".repeat(500)] {
        assert_problem(
            post(&city, &format!("credentials/{id}/withdraw"), &admin.chen).await,
            "NOT_FOUND",
        );
        assert_problem(
            post(&city, &format!("requests/{id}/confirm"), &admin.chen).await,
            "NOT_FOUND",
        );
    }
    for query in ["", "?role=device", "?venue=hall&role=operator", "?role=registrar&after=x"] {
        let refused =
            send(&city, Method::GET, &format!("credentials{query}"), &admin.chen, None).await;
        assert_problem(refused, "BAD_REQUEST");
    }
    assert_eq!(registered(&city).await, [], "what is refused leaves nothing");
    let head = get(&city, "audit/head", &admin.chen).await;
    let report =
        get(&city, &format!("audit/verify?from={}", text(&head, "head")), &admin.chen).await;
    assert_eq!((&report["whole"], &report["head"]), (&json!(true), &head["head"]));
    city.stop().await;
}

#[tokio::test]
async fn a_long_list_comes_in_pages() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    for number in 0..203 {
        let bearer = Bearer::Venue { venue: "hall".into(), device: format!("desk-{number:03}") };
        credential(&*city.store(), bearer, city.clock.time()).await;
    }
    let viewer =
        Bearer::Operator { venue: "hall".into(), name: "li".into(), duty: OperatorRole::Viewer };
    credential(&*city.store(), viewer, city.clock.time()).await;
    let page = get(&city, "credentials?venue=hall", &admin.chen).await;
    assert_eq!(page["credentials"].as_array().unwrap().len(), 200);
    let next = format!("credentials?venue=hall&after={}", text(&page, "next"));
    let rest = get(&city, &next, &admin.chen).await;
    let names = rest["credentials"].as_array().unwrap().iter();
    let names: Vec<_> = names.map(|one| text(&one["bearer"], "name")).collect();
    assert_eq!(names, ["desk-199", "desk-200", "desk-201", "desk-202", "li"]);
    assert!(rest.get("next").is_none());
    let elsewhere = format!("credentials?venue=library&after={}", text(&page, "next"));
    assert_problem(send(&city, Method::GET, &elsewhere, &admin.chen, None).await, "BAD_REQUEST");
    city.stop().await;
}

#[tokio::test]
async fn the_audit_is_listed_the_newest_first_in_pages() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let (_, wallet) = city.citizen(LIN).await;
    for operator in ["陈", "赵", "周"] {
        let scan = json!({ "code": code(&wallet), "scene": LIBRARY, "operator": operator });
        assert_eq!(city.scan(&city.library, scan).await.0, StatusCode::OK);
        city.clock.advance(1);
    }
    assert_eq!(post(&city, "venues/hall/suspend", &admin.chen).await.0, StatusCode::OK);
    let list = async |query: &str| get(&city, &format!("audit/entries?{query}"), &admin.zhao).await;
    let numbers = |page: &Value| {
        let entries = page["entries"].as_array().unwrap().iter();
        entries.map(|one| one["number"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let head = city.store().audit_head().await.unwrap().number;
    let first = list("limit=2").await;
    assert_eq!(numbers(&first), [head, head - 1]);
    let suspended = &first["entries"][0];
    assert_eq!(
        (text(suspended, "kind"), text(&suspended["details"], "actor"), &suspended["at"]),
        ("registration", "chen", &json!(city.clock.time()))
    );
    let next = list(&format!("limit=2&before={}", first["next"])).await;
    assert_eq!(numbers(&next), [head - 2, head - 3]);
    let scans = list("kind=scan&limit=200").await;
    assert_eq!(numbers(&scans).len(), 3);
    assert!(scans.get("next").is_none(), "that was all");
    let later = format!("since={}", city.clock.time() + 1);
    assert_eq!(list(&later).await, json!({ "entries": [] }));
    for wrong in ["limit=0", "limit=201", "since=x", "before=-1"] {
        let path = format!("audit/entries?{wrong}");
        let refused = send(&city, Method::GET, &path, &admin.zhao, None);
        assert_problem(refused.await, "BAD_REQUEST");
    }
    city.stop().await;
}
