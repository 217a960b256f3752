//! Makes citizen codes and draws them as wallets do.
//!
//!     szid-qr-codes make COUNT    writes so many different codes, the digits of one in a line
//!     szid-qr-codes draw          answers each line "LEVEL DIGITS" with "SIDE MODULES": hexadecimal, 1 is dark,
//!                                 each row from a new byte, without the quiet zone

use std::error::Error;
use std::io::{self, Write};

use sha2::{Digest, Sha256};
use szid_protocol::code::{Challenge, CodeClaims, CodeDraft};
use szid_protocol::crypto::{Signer, SoftwareSigner};
use szid_protocol::day::end_of_day;
use szid_protocol::level::{AuthenticationTier, IdentityLevel, KeyProtection};
use szid_protocol::pass::PassClaims;
use szid_wallet::{Qr, QrLevel};

type Answer<T> = Result<T, Box<dyn Error>>;

/// When the first code is drawn, Unix seconds; each further one 15 seconds later.
const BEGIN: u64 = 1_800_000_000;

fn main() -> Answer<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", count] => make(count.parse()?),
        ["draw"] => draw(),
        _ => Err("szid-qr-codes make COUNT | draw".into()),
    }
}

fn make(count: u64) -> Answer<()> {
    let mut output = io::stdout().lock();
    for number in 0..count {
        writeln!(output, "{}", code(number)?)?;
    }
    Ok(())
}

/// Every code has a pass and a device key of its own. Six of eight are default codes, one carries a masked
/// name, and one answers a venue.
fn code(number: u64) -> Answer<String> {
    let issuer = signer("issuer", 0)?;
    let device = signer("device", number)?;
    let iat = BEGIN + 15 * number;
    let index: [u8; 32] = Sha256::digest([b"index", &number.to_be_bytes()[..]].concat()).into();
    let pass = PassClaims {
        exp: end_of_day(iat),
        device_key: device.public_key(),
        identity_level: IdentityLevel::RealPerson,
        key_protection: KeyProtection::Tee,
        // Up to the 24 lists that a day of a large city takes.
        status_index: u32::from_be_bytes([0, index[0], index[1], index[2]]) % (24 << 20),
        concessions: None,
        masked_name: (number % 8 == 6).then(|| "欧阳＊".to_owned()),
    };
    let challenge = (number % 8 == 7)
        .then(|| Challenge { audience: "szid:venue/7".to_owned(), nonce: index[16..].to_vec() });
    let tier = AuthenticationTier::DeviceCredential;
    let draft = CodeDraft::new(&pass.sign(&issuer)?, &CodeClaims { iat, tier, scene: 0, challenge })?;
    let signature = device.sign(&draft.to_be_signed())?;
    Ok(draft.finish_as_digits(&signature))
}

/// A key that anybody can make: it is worth nothing outside this measurement.
fn signer(name: &str, number: u64) -> Answer<SoftwareSigner> {
    let scalar = Sha256::digest([name.as_bytes(), &number.to_be_bytes()].concat());
    Ok(SoftwareSigner::from_scalar(&scalar.into())?)
}

fn draw() -> Answer<()> {
    let mut output = io::stdout().lock();
    for line in io::stdin().lines() {
        let line = line?;
        let (level, digits) = line.split_once(' ').ok_or("a line is LEVEL DIGITS")?;
        let level = match level {
            "L" => QrLevel::L,
            "M" => QrLevel::M,
            _ => return Err("a level is L or M".into()),
        };
        let drawn = Qr::draw(digits, level)?;
        let modules: String = drawn.to_bits().iter().map(|byte| format!("{byte:02x}")).collect();
        writeln!(output, "{} {modules}", drawn.size)?;
        output.flush()?;
    }
    Ok(())
}
