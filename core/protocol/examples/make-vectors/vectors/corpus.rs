//! What the fuzz targets start from: the vectors' inputs, each once.

use data_encoding::HEXLOWER;

use super::{case::Case, codes, digits, documents, forge::Layer, passes, situations, venues};

type Inputs = Vec<Vec<u8>>;

fn unhex(text: &str) -> Vec<u8> {
    HEXLOWER.decode(text.as_bytes()).unwrap()
}

fn each_once(inputs: impl Iterator<Item = Vec<u8>>) -> Inputs {
    let mut inputs: Inputs = inputs.collect();
    inputs.sort();
    inputs.dedup();
    inputs
}

/// Documents as they are, and the claims of the well-formed ones alone: targets that sign what they get begin
/// behind the signature.
fn documents(cases: &[documents::DocumentCase]) -> [Inputs; 2] {
    let whole = each_once(cases.iter().map(|case| unhex(&case.bytes)));
    let good = cases.iter().filter(|case| case.reason == "OK");
    let claims = each_once(good.map(|case| Layer::read(&unhex(&case.bytes)).payload));
    [whole, claims]
}

/// The targets' names and their inputs.
pub(crate) fn all() -> Vec<(&'static str, Inputs)> {
    let (passes, codes, others) = (passes::cases(), codes::cases(), situations::cases());
    let [trust, trust_claims] = documents(&documents::trust_lists());
    let [scenes, scene_claims] = documents(&documents::scene_policies());
    let [status, status_claims] = documents(&documents::status_lists());
    let field = |cases: &[Case], of: fn(&Case) -> Option<&String>| {
        each_once(cases.iter().filter_map(of).map(|hex| unhex(hex)))
    };
    let pass_bytes = field(&passes, |case| case.pass.as_ref());
    let code_bytes = field(&codes, |case| case.bytes.as_ref());
    let payloads = |inputs: &Inputs| {
        let parsed = inputs.iter().filter(|bytes| bytes.len() > 150 && bytes.len() < 330);
        each_once(parsed.filter_map(|bytes| {
            let value: Result<ciborium::Value, _> = ciborium::from_reader(&bytes[..]);
            value.ok()?.into_array().ok()?.get(2)?.as_bytes().cloned()
        }))
    };
    let venue_texts = venues::cases().into_iter().map(|case| case.text.into_bytes());
    let venue_claims =
        venues::cases().into_iter().filter(|case| case.outcome == "OK").map(|case| {
            let digits = case.text.replacen("07550", "07551", 1);
            Layer::read(&szid_protocol::digits::decode(&digits).unwrap()).payload
        });
    let texts = digits::cases().into_iter().map(|case| case.text.into_bytes());
    vec![
        ("digits", each_once(texts)),
        ("pass_claims", payloads(&pass_bytes)),
        ("code_claims", payloads(&code_bytes)),
        ("pass", pass_bytes),
        ("code", code_bytes),
        ("trust_list", trust),
        ("trust_list_claims", trust_claims),
        ("scenes", scenes),
        ("scenes_claims", scene_claims),
        ("status_list", status),
        ("status_list_claims", status_claims),
        ("venue_code", each_once(venue_texts)),
        ("venue_code_claims", each_once(venue_claims)),
        ("total_verify", each_once(others.into_iter().map(|case| case.code.into_bytes()))),
    ]
}
