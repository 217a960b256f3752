//! Suspended venues, sites and organisations: by one administrator, and lifted or gone round by nobody alone.

use reqwest::StatusCode;
use serde_json::{Value, json};
use szid_register::{Bearer, OperatorRole};
use szid_tests::administrators::*;
use szid_tests::city::*;

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
    let asked = put(&city, "venues/library/sites/nanshan", &admin.chen, site.clone()).await;
    assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
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
        entry(venue, None, Some("asked"), ["chen", ""]),
        entry(venue, None, Some("confirmed"), ["zhao", "chen"]),
        entry(venue, Some("resumed"), Some("asked"), ["chen", ""]),
        entry(venue, Some("resumed"), Some("confirmed"), ["zhao", "chen"]),
        entry(site, None, Some("asked"), ["chen", ""]),
        entry(site, None, Some("confirmed"), ["zhao", "chen"]),
        entry(["device", "library/desk"], None, None, ["chen", ""]),
        entry(site, Some("resumed"), Some("asked"), ["zhao", ""]),
        entry(site, Some("resumed"), Some("confirmed"), ["chen", "zhao"]),
    ];
    assert_eq!(registered(&city).await, expected);
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
    // Suspended it is: whoever says so again ends what was asked for before, and is in the audit.
    let entries = registered(&city).await.len();
    assert_eq!(post(&city, "venues/library/suspend", &admin.chen).await.0, StatusCode::OK);
    assert_problem(confirm(&city, &again, &admin.chen).await, "NOT_FOUND");
    assert_eq!(registered(&city).await.len(), entries + 2, "the end of the request, and the word");
    assert_eq!(post(&city, "venues/library/suspend", &admin.chen).await.0, StatusCode::OK);
    assert_eq!(registered(&city).await.len(), entries + 2, "what changes nothing writes nothing");
    let again = post(&city, "venues/library/resume", &admin.zhao).await;
    assert_eq!(confirm(&city, &again, &admin.chen).await.0, StatusCode::OK);

    // A device out of a suspended site, and one that the venue's managers would make beside it.
    for site in ["east", "west"] {
        let path = format!("venues/library/sites/{site}");
        let asked = put(&city, &path, &admin.chen, json!({ "name": site })).await;
        assert_eq!(confirm(&city, &asked, &admin.zhao).await.0, StatusCode::OK);
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

/// It ends what the others have asked for, so it counts with all else that one administrator takes away
/// alone.
#[tokio::test]
async fn whoever_suspends_again_and_again_needs_a_second_one_at_some_point() {
    let city = City::found().await;
    let admin = Administrators::of(&city).await;
    let suspend = async || post(&city, "venues/library/suspend", &admin.chen).await.0;
    let ask = async || post(&city, "venues/library/resume", &admin.zhao).await;
    for round in 0..50 {
        assert_eq!(suspend().await, StatusCode::OK, "{round}");
        assert_eq!(ask().await.0, StatusCode::ACCEPTED, "{round}");
    }
    let asked = ask().await;
    assert_eq!(suspend().await, StatusCode::ACCEPTED);
    assert_eq!(confirm(&city, &asked, &admin.chen).await.0, StatusCode::OK);
    city.stop().await;
}
