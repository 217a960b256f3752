//! Reports of a loss: with proofs by the keys of the phone, and without them where they are not to be had.

use std::collections::BTreeSet;

use serde_json::Value;
use szid_wallet::{KeyPolicy, OtherDevices, Standing};

use crate::support::Scenery;
use crate::support::mock_issuer::Misdeed;

#[tokio::test]
async fn a_report_carries_proofs_by_keys_of_the_strip() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    // An answer that asks for another access token is no report: the next one has proofs of its own.
    scenery.issuer.misbehave(Misdeed::OneStaleAccessToken);
    assert_eq!(wallet.report_lost().await.unwrap(), OtherDevices::Ended);
    let reports = scenery.issuer.reports();
    assert_eq!(reports.len(), 1);
    assert!(reports[0].iter().all(|header| header["typ"] == "szid-loss-proof+jwt"));
    let keys: BTreeSet<_> = reports[0].iter().map(|header| header["jwk"].to_string()).collect();
    assert_eq!(keys.len(), 2, "of the first day and the last one");
    assert_eq!(wallet.status().unwrap().last_known.unwrap().standing, Standing::Frozen);
}

#[tokio::test]
async fn whatever_keeps_a_proof_from_being_made_keeps_no_report_back() {
    for hindrance in ["lost", "locked", "no nonce"] {
        let scenery = Scenery::new().await;
        let wallet = scenery.enrolled().await;
        match hindrance {
            "lost" => scenery.keys.invalidate_all(),
            "locked" => scenery.keys.lock(),
            _ => scenery.issuer.misbehave(Misdeed::NoNonce),
        }
        assert_eq!(wallet.report_lost().await.unwrap(), OtherDevices::Suspended, "{hindrance}");
        assert_eq!(scenery.issuer.reports(), [Vec::<Value>::new()], "{hindrance}");
        let known = wallet.status().unwrap().last_known.unwrap();
        assert_eq!(known.standing, Standing::Frozen, "{hindrance}");
    }
}

#[tokio::test]
async fn a_report_has_one_id_until_it_is_answered_and_a_later_one_another() {
    let scenery = Scenery::new().await;
    let wallet = scenery.enrolled().await;
    let mut ids = Vec::new();
    let mut report = async |answered: bool, after: u64| {
        scenery.clock.advance(after);
        scenery.issuer.misbehave((!answered).then_some(Misdeed::OneLostReportAnswer));
        assert_eq!(wallet.report_lost().await.is_ok(), answered);
        ids = scenery.issuer.report_ids();
    };
    report(false, 0).await;
    report(false, 10).await;
    report(true, 100).await;
    // Answered: what comes next is about another loss. So it is where the one before was never answered, but
    // long ago.
    report(false, 1).await;
    report(true, 120).await;
    let quoted = |id: &String| id.len() == 24 && id.starts_with('"') && id.ends_with('"');
    assert!(ids.len() == 5 && ids.iter().all(quoted), "{ids:?}");
    assert!(ids[..3].iter().all(|id| *id == ids[0]), "{ids:?}");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 3, "{ids:?}");
}

#[tokio::test]
async fn the_holder_is_asked_once_where_all_keys_ask() {
    let mut scenery = Scenery::new().await;
    scenery.options.key_policy = KeyPolicy::HolderPresent;
    let wallet = scenery.enrolled().await;
    assert_eq!(wallet.report_lost().await.unwrap(), OtherDevices::Ended);
    assert_eq!(scenery.issuer.reports()[0].len(), 1);
}
