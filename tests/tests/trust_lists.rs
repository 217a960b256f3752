//! What an operator is told of each key that signs, before what it signs is refused.

use reqwest::StatusCode;
use szid_issuer::keys::FileSigner;
use szid_protocol::crypto::Signer;
use szid_protocol::day::DAY;
use szid_protocol::trust::{Purpose, TrustList, TrustedKey};
use szid_register::entropy::SystemEntropy;
use szid_tests::city::*;

/// A root key of the test's own, and the keys that its lists name.
struct Root {
    key: FileSigner,
    named: Vec<TrustedKey>,
}

impl Root {
    /// A list for a year from `now` on, in which the key for `purpose` ends then.
    fn sign(&self, version: u64, now: u64, purpose: Purpose, to: u64) -> Vec<u8> {
        let mut keys = self.named.clone();
        keys.iter_mut().filter(|key| key.purpose == purpose).for_each(|key| key.to = to);
        TrustList { version, iat: now, exp: now + 400 * DAY, keys }.sign(&self.key).unwrap()
    }
}

/// A city with that root, whose first list lets every key sign for two years.
async fn city() -> (City, Root) {
    let mut root = None;
    let city = City::changed(|parts| {
        let now = parts.clock.now();
        let named = parts.keys.trusted(&parts.base_url, now - 60, now + 800 * DAY);
        let own = Root { key: FileSigner::throw_away(&SystemEntropy).unwrap(), named };
        parts.roots = vec![own.key.public_key()];
        // Another root has signed the policy that came with them.
        parts.levels = None;
        parts.trust_list = own.sign(1, now, Purpose::Pass, now + 800 * DAY);
        root = Some(own);
    });
    let city = city.await;
    (city, root.unwrap())
}

async fn told(city: &City) -> (StatusCode, Vec<String>) {
    let (status, body) = answer(city.get("/readyz")).await;
    let codes = body["conditions"].as_array().unwrap().iter();
    (status, codes.map(|one| one["code"].as_str().unwrap().to_owned()).collect())
}

const OK: StatusCode = StatusCode::OK;
const NOT_READY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;

#[tokio::test]
async fn a_clock_that_is_behind_a_list_of_since_the_start_is_told() {
    let mut root = None;
    let city = City::changed(|parts| {
        let now = parts.clock.now();
        let named = parts.keys.trusted(&parts.base_url, now - 3600, now + 800 * DAY);
        let own = Root { key: FileSigner::throw_away(&SystemEntropy).unwrap(), named };
        parts.roots = vec![own.key.public_key()];
        // Another root has signed the policy that came with them.
        parts.levels = None;
        parts.trust_list = own.sign(1, now - 3600, Purpose::Pass, now + 800 * DAY);
        root = Some(own);
    });
    let (city, root) = (city.await, root.unwrap());
    let (_, wallet) = city.citizen(LIN).await;
    let now = city.clock.time();
    city.replace_trust_list(&root.sign(2, now, Purpose::Pass, now + 800 * DAY)).unwrap();
    assert_eq!(told(&city).await, (OK, vec![]));
    let shown = code(&wallet);
    city.machine.set_ahead(-300);
    assert_eq!(city.reason(&shown, LIBRARY, "a").await, "VERIFIER_CLOCK_BEHIND");
    let (status, codes) = told(&city).await;
    assert!(status == NOT_READY && codes.contains(&"CLOCK_BEHIND".to_owned()), "{codes:?}");
    city.machine.set_ahead(0);
    assert_eq!(told(&city).await.0, OK);
    city.stop().await;
}

#[tokio::test]
async fn a_list_that_gates_will_soon_refuse_for_its_age_is_told() {
    let (city, root) = city().await;
    let made = city.clock.time();
    city.clock.advance(5 * DAY - 1);
    assert_eq!(told(&city).await, (OK, vec![]));
    city.clock.advance(1);
    assert_eq!(told(&city).await, (OK, vec!["TRUST_OLD".to_owned()]));
    let now = city.clock.time();
    let next = root.sign(2, now, Purpose::Pass, made + 800 * DAY);
    city.replace_trust_list(&next).unwrap();
    assert_eq!(told(&city).await, (OK, vec![]));
    city.stop().await;
}

#[tokio::test]
async fn each_key_is_told_of_before_it_leaves_the_list_and_keeps_the_service_from_work_after() {
    use Purpose::{Pass, Receipt, Scenes, Status, Time, Venue};
    let days = [(Pass, 15), (Status, 15), (Scenes, 30), (Time, 14), (Venue, 14), (Receipt, 14)];
    for (purpose, days) in days {
        let (city, root) = city().await;
        let now = city.clock.time();
        let next =
            |version, to| city.replace_trust_list(&root.sign(version, now, purpose, to)).unwrap();
        next(2, now + days * DAY);
        assert_eq!(told(&city).await, (OK, vec![]), "{purpose:?}");
        next(3, now + days * DAY - 1);
        assert_eq!(told(&city).await, (OK, vec!["KEY_ENDS".to_owned()]), "{purpose:?}");
        let metrics = city.get("/metrics").send().await.unwrap().text().await.unwrap();
        assert!(metrics.contains("szid_condition{code=\"KEY_ENDS\",severity=\"warning\"} 1"));
        next(4, now + 1);
        city.clock.advance(1);
        let unlisted = vec!["KEY_NOT_LISTED".to_owned()];
        assert_eq!(told(&city).await, (NOT_READY, unlisted), "{purpose:?}");
        let metrics = city.get("/metrics").send().await.unwrap().text().await.unwrap();
        assert!(
            metrics.contains("szid_condition{code=\"KEY_NOT_LISTED\",severity=\"not_ready\"} 1")
        );
        next(5, now + 400 * DAY);
        assert_eq!(told(&city).await, (OK, vec![]), "{purpose:?}");
        city.stop().await;
    }
}

#[tokio::test]
async fn a_start_with_an_older_list_than_before_goes_on_with_the_one_before_and_says_so() {
    let (mut city, root) = city().await;
    let now = city.clock.time();
    let newer = root.sign(2, now, Purpose::Pass, now + 400 * DAY);
    city.replace_trust_list(&newer).unwrap();
    let (_, wallet) = city.citizen(LIN).await;
    city.halt().await;
    // Its configuration still names the first one, as after a file was put back from a copy.
    city.start().await.unwrap();
    assert_eq!(told(&city).await.1, ["TRUST_REFUSED"]);
    let served = city.get("/v1/trust").send().await.unwrap().bytes().await.unwrap();
    assert_eq!(served, newer);
    assert_eq!(city.reason(&code(&wallet), LIBRARY, "a").await, "OK");
    let next = root.sign(3, now, Purpose::Pass, now + 400 * DAY);
    city.replace_trust_list(&next).unwrap();
    assert_eq!(told(&city).await.1, Vec::<String>::new());
    city.stop().await;
}
