//! The parts of a proof or a key attestation, as a wallet's developers are told which of them is wrong.

macro_rules! parts {
    ($($part:ident, $name:literal, $wrong:literal;)+) => {
        /// What of a JWT is wrong, in the order in which it is looked at.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Part { $(#[doc = $wrong] $part),+ }

        impl Part {
            /// The part whose member has this name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$part),)+ _ => None }
            }

            /// What is wrong with a proof.
            pub(crate) const fn of_proof(self) -> &'static str {
                match self { $(Self::$part => concat!("proof, ", $name, ": ", $wrong)),+ }
            }

            /// What is wrong with a key attestation.
            pub(crate) const fn of_attestation(self) -> &'static str {
                match self { $(Self::$part => concat!("key_attestation, ", $name, ": ", $wrong)),+ }
            }
        }
    };
}

parts! {
    Form, "form", "it is no JWT in compact form, or too long; one of several proofs carries no key_attestation";
    Typ, "typ", "missing, or not the one that such a JWT has here";
    Alg, "alg", "missing, or not ES256";
    Kid, "kid", "a proof names its key by jwk alone; an attestation is by an attester of this service, by kid or x5c";
    X5c, "x5c", "a proof has none; of an attestation the first certificate is valid now and for an attester's key";
    TrustChain, "trust_chain", "not taken";
    Crit, "crit", "no extension is known here";
    Jwk, "jwk", "missing, or not a public key on P-256 with x and y";
    Aud, "aud", "missing, or not the credential_issuer of the metadata";
    Iat, "iat", "missing, no whole number of Unix seconds, or too far from now";
    Exp, "exp", "missing, no whole number of Unix seconds, or over";
    Nbf, "nbf", "no whole number of Unix seconds, or still to come";
    Nonce, "nonce", "missing, or no text";
    KeyAttestation, "key_attestation", "no text, or not in a request with one proof for passes";
    AttestedKeys, "attested_keys", "missing, more than the batch_size, no public keys on P-256, or without the proof's own";
    KeyStorage, "key_storage", "no list of words";
    Signature, "signature", "missing, not 64 bytes, or not by the key that is named";
}
