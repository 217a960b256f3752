//! Prints one Markdown table: the citizen code and its peers, sizes and cost of verification, in the same
//! run.

mod citizen_code;
mod claim169;
mod hcert;
mod mdoc;
mod peer;
mod sd_jwt;
mod tampering;
mod timing;

use peer::{DEVICE, Peer, signer, verifying_key};
use qrcode::{EcLevel, QrCode, Version};
use szid_protocol::crypto::{P256Backend, Signer};
use szid_verifier::AwsLcBackend;
use timing::Timing;

fn main() {
    let mut peers = citizen_code::peers();
    peers.extend(claim169::peers());
    peers.push(hcert::peer());
    peers.extend(sd_jwt::peers());
    peers.push(mdoc::peer());
    for peer in &peers {
        assert!((peer.verify)(&peer.text), "{} refuses its own example", peer.name);
    }
    print_table(&peers, &measure(&peers));
    print_tampering(&peers);
}

/// Two raw verifications first, of a message as long as what a device signs, with keys at hand; then the
/// peers.
fn measure(peers: &[Peer]) -> Vec<Timing> {
    let message = [7; 191];
    let signature = signer(DEVICE).sign(&message).unwrap();
    let raw = [verifying_key(&AwsLcBackend, DEVICE), verifying_key(&P256Backend, DEVICE)];
    let raw = raw.map(|key| move || assert!(key.verify(&message, &signature)));
    let peers: Vec<_> = peers.iter().map(|peer| || assert!((peer.verify)(&peer.text))).collect();
    let mut operations: Vec<&dyn Fn()> = raw.iter().map(|raw| raw as &dyn Fn()).collect();
    operations.extend(peers.iter().map(|peer| peer as &dyn Fn()));
    timing::measure(&operations)
}

fn print_table(peers: &[Peer], timings: &[Timing]) {
    println!(
        "| code | signatures by | bytes | characters | at L | at M | signatures | time, µs | of one raw verification | it lacks |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|");
    let raws = ["aws-lc-rs", "p256 0.14"];
    for (arithmetic, timing) in raws.iter().zip(timings) {
        println!(
            "| one raw verification, parsed key | {arithmetic} | | | | | 1 | {} | |",
            cost(timing)
        );
    }
    for (peer, timing) in peers.iter().zip(&timings[raws.len()..]) {
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
            peer.name,
            peer.arithmetic,
            peer.bytes,
            peer.text.len(),
            version(&peer.text, EcLevel::L),
            version(&peer.text, EcLevel::M),
            peer.signatures,
            cost(timing),
            peer.lacks
        );
    }
}

fn cost(timing: &Timing) -> String {
    let [lower, median, upper] = timing.multiple;
    format!("{:.0} | {median:.2} ({lower:.2}–{upper:.2})", timing.micros)
}

/// The smallest QR version that holds the text, 0 if none does.
fn version(text: &str, level: EcLevel) -> i16 {
    match QrCode::with_error_correction_level(text, level).map(|code| code.version()) {
        Ok(Version::Normal(version)) => version,
        _ => 0,
    }
}

fn print_tampering(peers: &[Peer]) {
    println!("\nEvery single bit of each message flipped:\n");
    for peer in peers {
        let accepted = tampering::accepted(peer);
        let flips = 8 * peer.message.len();
        println!(
            "- {}, {}: {} of {flips} flips accepted",
            peer.name,
            peer.arithmetic,
            accepted.len()
        );
        assert!(
            accepted.is_empty() || peer.name.starts_with("mdoc"),
            "{} accepts forgeries",
            peer.name
        );
        for place in tampering::places(peer, &accepted) {
            println!("  - {place}");
        }
        if peer.name.starts_with("mdoc") {
            let answer = if mdoc::accepts_a_changed_value(peer) { "accepted" } else { "refused" };
            println!("  - the disclosed value changed from true to false: {answer}");
        }
    }
}
