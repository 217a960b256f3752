//! Documents and organisations that are made up: a demo register takes nothing else, a production register
//! none of them.

/// Whether a document, in its one written form, lies in the ranges of demo documents. Types are GA/T 517
/// codes; of one that is unknown nothing is made up.
pub fn is_demo_document(document_type: &str, number: &str) -> bool {
    match document_type {
        "111" => number.get(4..6) == Some("99"),
        "154" => number.get(2..6) == Some("0099"),
        "414" => number.starts_with("XDEMO"),
        "511" => number.starts_with("999999"),
        "516" => number
            .trim_start_matches(|letter: char| letter.is_ascii_uppercase())
            .starts_with("99999"),
        "553" => number.starts_with("DEM") || number.get(3..6) == Some("999"),
        _ => false,
    }
}

/// Unified social credit codes of made-up organisations spell this where a real one has its number; no
/// registry gives it out.
pub fn is_fictional_uscc(uscc: &str) -> bool {
    uscc.contains("EXAMPLE")
}
