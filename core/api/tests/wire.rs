//! What goes over the wire, letter by letter: the texts are those of service, wallet and gate before each
//! type was written once.
#![allow(clippy::unwrap_used)]

use serde::Serialize;
use serde::de::DeserializeOwned;
use szid_api::account::HolderAccount;
use szid_api::consents::{ConsentAnswer, ConsentList, ConsentTaken, ConsentView};
use szid_api::devices::{DeviceEnding, DevicesOfHolder};
use szid_api::documents::StatusLists;
use szid_api::enrolments::{EnrolmentAnswer, EnrolmentAnswered, EnrolmentQuestions};
use szid_api::events::Events;
use szid_api::issuance::credentials::{CredentialAnswer, CredentialRequest};
use szid_api::issuance::metadata::{IssuerMetadata, ServerMetadata};
use szid_api::issuance::nonces::Nonce;
use szid_api::issuance::offers::CredentialOffer;
use szid_api::issuance::tokens::{TokenRequest, Tokens};
use szid_api::losses::{LossReport, LossReported, OtherDevices};
use szid_api::numbers::{NumberGiven, NumberRequest};
use szid_api::problem::{OAuthErrorBody, ProblemBody};
use szid_api::receipts::{ReceiptStanding, Upload, Uploaded};
use szid_api::uses::Uses;
use szid_api::venues::{VenueQuestion, VenueView, VisitRequest, VisitTold};

fn read<T: DeserializeOwned>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_else(|fault| panic!("{fault}: {text}"))
}

/// Each text is read and written again, and is the same.
#[track_caller]
fn stays<T: Serialize + DeserializeOwned>(texts: &[&str]) {
    for text in texts {
        assert_eq!(&serde_json::to_string(&read::<T>(text)).unwrap(), text);
    }
}

#[test]
fn what_is_counted_down_is_what_is_left_and_all_where_the_service_does_not_say() {
    let told = r#"{"id":"AA","venue":"hall","venue_name":"馆","scene":6,"scene_zh":"就医挂号","scene_en":"hospital","claims":["name"],"tier":1,"retention_days":0,"seconds":60}"#;
    let before: ConsentView = read(told);
    assert_eq!((before.seconds_left, before.seconds_to_answer()), (None, 60));
    let late: ConsentView = read(&told.replace("60}", r#"60,"seconds_left":41}"#));
    assert_eq!((late.seconds, late.seconds_to_answer()), (60, 41));
}

#[test]
fn questions_and_their_answers() {
    let full = r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","venue":"hall","venue_name":"政务大厅","site_name":"南山分厅","scene":6,"scene_zh":"就医挂号","scene_en":"hospital","claims":["name","sex"],"matter":{"operator":"7","purpose":"户籍办理","case":"2026-0001"},"tier":2,"retention_days":30,"seconds":60,"seconds_left":41}"#;
    let short = r#"{"id":"AAAAAAAAAAAAAAAAAAAAAA","venue":"hall","venue_name":"政务大厅","scene":6,"scene_zh":"就医挂号","scene_en":"hospital","claims":[],"tier":1,"retention_days":0,"seconds":60,"seconds_left":60}"#;
    stays::<ConsentView>(&[full, short]);
    stays::<ConsentList>(&[r#"{"consents":[]}"#, &format!(r#"{{"consents":[{full},{short}]}}"#)]);
    stays::<ConsentAnswer>(&[
        r#"{"approve":true,"code":"0755"}"#,
        r#"{"approve":false,"code":null}"#,
        r#"{"approve":false,"code":null,"report":true}"#,
    ]);
    stays::<ConsentTaken>(&[
        r#"{"approved":true,"reported":false}"#,
        r#"{"approved":false,"reported":true}"#,
    ]);
}

#[test]
fn uses_of_an_identity() {
    stays::<Uses>(&[
        r#"{"uses":[]}"#,
        r#"{"uses":[{"receipt":"AZ","venue":"hall","venue_name":"馆","venue_name_now":"新馆","site_name":"东","site_name_now":"西","scene":2,"scene_zh":"图书馆","scene_en":"library","reason":"OK","claims":["name"],"consent":"approved","matter":{"operator":"7","purpose":"p","case":"c"},"offline":false,"notice":false,"reported":true,"at":1768449600}]}"#,
        r#"{"uses":[{"receipt":"AZ","venue":"hall","venue_name":"馆","scene":2,"scene_zh":"图书馆","scene_en":"library","reason":"OK","claims":[],"consent":"not_asked","offline":true,"notice":false,"reported":false,"at":1768449600}]}"#,
    ]);
}

#[test]
fn codes_of_venues_visits_and_short_numbers() {
    stays::<VenueQuestion>(&[r#"{"venue_code":"0755"}"#]);
    stays::<VenueView>(&[
        r#"{"venue":"hall","venue_name":"馆","site_name":"东","device":"desk","scene":2,"scene_zh":"图书馆","scene_en":"library","claims":["name"],"tier":1,"retention_days":30,"nonce":"AAAA","followed":true}"#,
        r#"{"venue":"hall","venue_name":"馆","device":"desk","scene":2,"scene_zh":"图书馆","scene_en":"library","claims":[],"tier":1,"retention_days":0,"nonce":"AAAA","followed":false}"#,
    ]);
    // The wallet of before sent the two the other way round, which says the same.
    stays::<VisitRequest>(&[r#"{"venue_code":"0755","code":"1"}"#]);
    read::<VisitRequest>(r#"{"code":"1","venue_code":"0755"}"#);
    stays::<VisitTold>(&[
        r#"{"decision":"accept","reason":"OK","text":{"zh":"核验通过","en":"Verified"},"citizen":{"zh":"谢谢","en":"Thank you"},"receipt":"AZ","at":1768449600}"#,
    ]);
    stays::<NumberRequest>(&[r#"{"code":"0755"}"#]);
    stays::<NumberGiven>(&[r#"{"number":"123456789","grouped":"123 456 789","expires_in":60}"#]);
}

#[test]
fn the_account_its_devices_and_what_happened() {
    stays::<HolderAccount>(&[
        r#"{"account":"active","identity_level":4,"masked_name":"林**","device":{"id":"AA","name":"小明的手机","created_at":1,"last_used_at":2,"this_device":true},"devices":2,"unseen_events":3,"lacks_passes":false,"server_time":1768449600}"#,
        r#"{"account":"frozen","identity_level":4,"devices":1,"unseen_events":0,"lacks_passes":true,"server_time":1768449600}"#,
        r#"{"account":"active","identity_level":3,"level_falls_at":1783987200,"level_up":{"level":4,"steps":[{"connector":"registrar","method":"counter","name_zh":"服务窗口核验","name_en":"Service counter"}]},"level_renewal":{"level":3,"steps":[]},"devices":1,"unseen_events":0,"lacks_passes":false,"server_time":1783900800}"#,
        r#"{"account":"revoked","identity_level":1,"devices":0,"unseen_events":0,"lacks_passes":false,"server_time":0}"#,
    ]);
    stays::<DevicesOfHolder>(&[
        r#"{"devices":[{"id":"AA","name":"unnamed","this_device":true}],"ended":[]}"#,
        r#"{"account":"frozen","devices":[{"id":"AA","name":"a","created_at":1,"last_used_at":2,"this_device":false,"stopped":true}],"ended":[{"id":"BB","name":"b","created_at":1,"last_used_at":2,"this_device":false,"ended_at":3,"why":"copied"},{"id":"CC","name":"c","this_device":false,"why":"unknown"}]}"#,
    ]);
    stays::<DeviceEnding>(&[
        r#"{"code":"0755","this_device":false}"#,
        r#"{"code":"0755","this_device":true}"#,
    ]);
    stays::<Events>(&[
        r#"{"events":[{"id":"AA","event":"device_added","zh":"新增设备","en":"A device was added","device":"a","by":"holder","at":1768449600,"times":2},{"id":"BB","event":"frozen","zh":"账户已冻结","en":"The account was frozen","by":"service","at":1768449600}]}"#,
    ]);
    stays::<EnrolmentQuestions>(&[
        r#"{"enrolments":[{"id":"AA","devices":"replaces","asked_at":1,"expires_at":2,"audience":"szid:enrolment","tier":2,"approved":false}]}"#,
    ]);
    stays::<EnrolmentAnswer>(&[
        r#"{"approve":true,"code":"0755"}"#,
        r#"{"approve":false,"code":null}"#,
    ]);
    stays::<EnrolmentAnswered>(&[r#"{"approved":true}"#]);
    stays::<LossReport>(&[r#"{"szid_key_proofs":[]}"#, r#"{"szid_key_proofs":["a.b.c"]}"#]);
    stays::<LossReported>(&[
        r#"{"account":"frozen","other_devices":"ended"}"#,
        r#"{"account":"frozen","other_devices":"suspended"}"#,
    ]);
}

#[test]
fn offers_tokens_nonces_and_credentials() {
    stays::<CredentialOffer>(&[
        r#"{"credential_configuration_ids":["szid-day-pass"],"credential_issuer":"https://id.example","grants":{"urn:ietf:params:oauth:grant-type:pre-authorized_code":{"pre-authorized_code":"c","tx_code":{"input_mode":"numeric","length":6}}}}"#,
    ]);
    stays::<Tokens>(&[
        r#"{"access_token":"a","token_type":"Bearer","expires_in":600,"refresh_token":"r","refresh_token_expires_in":7776000,"szid_device":"AA"}"#,
    ]);
    stays::<Nonce>(&[r#"{"c_nonce":"n"}"#]);
    stays::<CredentialRequest>(&[
        r#"{"credential_configuration_id":"szid-day-pass","proofs":{"jwt":["a.b.c"]},"szid_from_day":1768492800}"#,
        r#"{"credential_configuration_id":"szid-day-pass","proofs":{"jwt":["a.b.c"]},"szid_from_day":1768492800,"szid_key_proofs":["d.e.f"]}"#,
    ]);
    stays::<CredentialAnswer>(&[r#"{"credentials":[{"credential":"AA"},{"credential":"BB"}]}"#]);
}

#[test]
fn the_form_of_a_token_request_has_the_names_of_its_members() {
    for text in [
        r#"{"grant_type":"g","pre-authorized_code":"c","tx_code":"1","device_name":"d","retry_secret":"s"}"#,
        r#"{"grant_type":"g","refresh_token":"r","key_proofs":"k","passes":"p"}"#,
    ] {
        stays::<TokenRequest<'_>>(&[text]);
        let request: TokenRequest<'_> = read(text);
        let members: Vec<_> =
            request.fields().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        assert_eq!(format!("{{{}}}", members.join(",")), text);
    }
}

#[test]
fn a_gates_receipts_and_status_lists() {
    stays::<StatusLists>(&[r#"{"status_lists":["https://id.example/v1/status/1768492800/0"]}"#]);
    stays::<Upload>(&[r#"{"receipts":["AA","BB"]}"#]);
    stays::<ReceiptStanding>(&[
        r#"{"last":7,"digest":"AA","venue":"hall","device":"gate","scenes":[3],"key":"BB","conflict_at":9}"#,
        r#"{"last":0,"venue":"hall","device":"gate","scenes":[3],"key":"BB","before":{"last":7,"digest":"AA"}}"#,
        r#"{"last":0,"venue":"hall","device":"gate","scenes":[3],"key":"BB","before":{"last":0}}"#,
    ]);
    stays::<Uploaded>(&[
        r#"{"last":7,"done":2,"kept":2,"known":0}"#,
        r#"{"last":7,"digest":"AA","done":3,"kept":1,"known":1,"late":1,"conflict_at":9,"set_aside":[{"index":2,"number":7,"reason":"RECEIPT_NUMBER"},{"index":3,"reason":"RECEIPT_INVALID"}]}"#,
    ]);
}

#[test]
fn refusals() {
    stays::<ProblemBody>(&[
        r#"{"type":"urn:szid:problem:not_found","title":"there","title_zh":"没有","status":404,"code":"NOT_FOUND","detail":"check","detail_zh":"请"}"#,
        r#"{"type":"urn:szid:problem:gate_unknown","title":"t","title_zh":"题","status":403,"code":"GATE_UNKNOWN","detail":"d","detail_zh":"请","about":"hall/gate"}"#,
    ]);
    stays::<OAuthErrorBody>(&[
        r#"{"error":"invalid_grant","error_description":"d"}"#,
        r#"{"error":"invalid_grant","error_description":"d","szid_code":"ACCOUNT_FROZEN","szid_freeze":{"at":1,"by":"registrar"}}"#,
    ]);
}

#[test]
fn metadata_are_read_without_what_is_there_for_other_wallets() {
    let text = r#"{"batch_credential_issuance":{"batch_size":15},"credential_configurations_supported":{"szid-day-pass":{}},"credential_endpoint":"https://id.example/v1/credential","credential_issuer":"https://id.example","display":[{"locale":"en","name":"x"}],"nonce_endpoint":"https://id.example/v1/nonce","szid_epoch":3}"#;
    let metadata: IssuerMetadata = read(text);
    assert_eq!((metadata.batch_credential_issuance.batch_size, metadata.szid_epoch), (15, 3));
    let text = r#"{"credential_endpoint":"c","credential_issuer":"i","nonce_endpoint":"n"}"#;
    let metadata: IssuerMetadata = read(text);
    assert_eq!((metadata.batch_credential_issuance.batch_size, metadata.szid_epoch), (1, 0));
    let text = r#"{"issuer":"i","token_endpoint":"t","grant_types_supported":["g"]}"#;
    assert_eq!(read::<ServerMetadata>(text).token_endpoint, "t");
}

#[test]
fn what_services_of_before_do_not_send_is_not_missed() {
    assert!(!read::<ConsentTaken>("{}").reported);
    let uses: Uses = read(
        r#"{"uses":[{"receipt":"AZ","venue":"v","venue_name":"v","scene":2,"scene_zh":"s","scene_en":"s","reason":"OK","claims":[],"consent":"postponed","offline":true,"at":1}]}"#,
    );
    assert_eq!((uses.uses[0].notice, uses.uses[0].consent.as_str()), (false, "postponed"));
    let account: HolderAccount = read(r#"{"account":"active","identity_level":4}"#);
    assert!(!account.lacks_passes && account.device.is_none());
    assert!(read::<DevicesOfHolder>(r#"{"devices":[]}"#).ended.is_empty());
    for others in ["", r#","other_devices":"hidden""#] {
        let reported = format!(r#"{{"account":"frozen"{others}}}"#);
        assert_eq!(read::<LossReported>(&reported).other_devices, OtherDevices::Suspended);
    }
    let told = r#"{"decision":"accept","reason":"OK","receipt":"AZ","at":1}"#;
    assert_eq!(read::<VisitTold>(told).citizen.en, "");
    let tokens: Tokens = read(r#"{"access_token":"a","refresh_token":"r"}"#);
    assert_eq!((tokens.expires_in, &tokens.szid_device), (0, &None));
    let standing: ReceiptStanding = read(r#"{"last":7,"key":"BB"}"#);
    assert_eq!((standing.venue, standing.before.is_none()), (None, true));
    let uploaded: Uploaded = read(r#"{"last":7}"#);
    assert_eq!((uploaded.done, uploaded.late, uploaded.set_aside.len()), (None, 0, 0));
    let problem: ProblemBody = read(r#"{"code":"BUSY"}"#);
    assert_eq!((problem.code.as_ref(), problem.r#type.as_str(), problem.about), ("BUSY", "", None));
    assert_eq!(read::<OAuthErrorBody>(r#"{"error":"invalid_grant"}"#).error, "invalid_grant");
}
