//! The administration of a running service over HTTP: what one administrator does, what takes two, and what
//! the audit says.

use data_encoding::{BASE64, BASE64URL_NOPAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_register::entropy::SystemEntropy;
use szid_register::{Bearer, OperatorRole, Venue};
use szid_tests::administrators::*;
use szid_tests::city::*;

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
    let outdated = entry(["venue", "library"], None, Some("outdated"), ["zhao", "chen"]);
    assert_eq!(registered(&city).await.last(), Some(&outdated));
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
                let more = Venue { scenes: two, ages: vec![60], ..known };
                city.store().put_venue(more, at).await.unwrap();
                let mut body = described(city, "library").await;
                (body["scenes"], body["ages"]) = (json!([LIBRARY]), json!([]));
                put(city, "venues/library", chen, body).await
            }
            "venue: suspended" => post(city, "venues/hall/suspend", chen).await,
            "venue: suspension lifted" => post(city, "venues/hall/resume", chen).await,
            "site: new" | "site: another name" => {
                let body = json!({ "name": act });
                let asked = put(city, "venues/library/sites/east", chen, body).await;
                confirm(city, &asked, &self.admin.zhao).await;
                asked
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
            "withdrawal: of another administrator" => {
                let bearer = Bearer::Administrator { name: "wang".into() };
                let wang = credential(&*city.store(), bearer, city.clock.time()).await;
                let list = get(city, "credentials?role=administrator", &wang).await;
                let mut all = list["credentials"].as_array().unwrap().iter();
                let wang = all.find(|one| one["bearer"]["name"] == "wang").unwrap();
                let path = format!("credentials/{}/withdraw", text(wang, "credential"));
                post(city, &path, chen).await
            }
            "withdrawal: any further one within a day of that" => {
                let list = get(city, "credentials?role=registrar", chen).await;
                let mut all = list["credentials"].as_array().unwrap().iter();
                let good = all.find(|one| one["state"] == "good").unwrap();
                let path = format!("credentials/{}/withdraw", text(good, "credential"));
                post(city, &path, chen).await
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
    assert_eq!(rows.len(), 31, "the table is read whole");
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
        ("museum", "name", json!("美术\u{202e}馆"), "PLACE_NAME"),
        ("museum", "uscc", json!("12440399EXAMPLEB3M"), "USCC_INVALID"),
        ("museum", "scenes", json!([]), "SCENES_INVALID"),
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
        let refused = refused.await;
        let named = refused.1["about"].as_str().unwrap_or_default();
        assert!(named.contains(wrong.split_once('=').unwrap().0), "{wrong}: {named}");
        assert_problem(refused, "BAD_REQUEST");
    }
    city.stop().await;
}

#[tokio::test]
async fn a_gates_key_is_confirmed_beside_the_one_of_now_and_void_once_there_is_another() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let [first, second, third] =
        [0, 1, 2].map(|_| FileSigner::throw_away(&SystemEntropy).unwrap().public_key());
    let ask = async |key: &szid_protocol::key::PublicKey, secret: &str| {
        let key = json!({ "key": BASE64.encode(&key.to_spki_der().unwrap()) });
        put(&city, "venues/hall/gates/gate-1", secret, key).await
    };
    let kept_back = ask(&first, &admin.chen).await;
    assert!(kept_back.1["wanted"].get("key_now").is_none(), "{}", kept_back.1);
    let asked = ask(&second, &admin.zhao).await;
    assert_eq!(confirm(&city, &asked, &admin.chen).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &kept_back, &admin.zhao).await, "REQUEST_OUTDATED");
    let asked = ask(&third, &admin.chen).await;
    let now = BASE64URL_NOPAD.encode(&second.to_compressed());
    assert_eq!(text(&asked.1["wanted"], "key_now"), now);
    city.stop().await;
}

#[tokio::test]
async fn a_name_of_before_with_marks_that_do_not_show_is_served_until_it_is_changed() {
    let mut city = City::found().await;
    let admin = Administrators::of(&city).await;
    let library = city.store().venue("library").await.unwrap().unwrap();
    let before = Venue { name: "图书\u{202e}馆".into(), ..library };
    city.store().put_venue(before.clone(), city.clock.time()).await.unwrap();
    city.restart().await;
    assert_eq!(city.store().venue("library").await.unwrap(), Some(before.clone()));
    let mut body = described(&city, "library").await;
    assert_eq!(body["name"], before.name);
    assert_problem(put(&city, "venues/library", &admin.chen, body.clone()).await, "PLACE_NAME");
    assert!(post(&city, "venues/library/suspend", &admin.chen).await.0.is_success());
    body["name"] = json!("图书馆");
    let changed = put(&city, "venues/library", &admin.chen, body).await;
    assert!(changed.0.is_success(), "{changed:?}");
    city.stop().await;
}
