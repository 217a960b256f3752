//! The three scales behind a code, and the one level that a venue sees.

/// A number outside its scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the value is outside its scale")]
pub struct OutOfScale;

macro_rules! scale {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $value:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        pub enum $name { $($(#[$case_doc])* $case = $value),+ }

        impl TryFrom<u64> for $name {
            type Error = OutOfScale;
            fn try_from(value: u64) -> Result<Self, OutOfScale> {
                match value { $($value => Ok(Self::$case),)+ _ => Err(OutOfScale) }
            }
        }
    };
}

scale! {
    /// How the person's identity was proven to the issuer.
    IdentityLevel {
        /// A phone number.
        Phone = 1,
        /// Name and document number match the register (实名).
        RealName = 2,
        /// The person was matched to the document (实人).
        RealPerson = 3,
        /// A clerk saw the person and the document (线下实人).
        InPerson = 4,
    }
}

scale! {
    /// Where the device key lies, as the issuer found from attestation.
    KeyProtection {
        /// Software only, or nothing attested.
        Software = 1,
        /// A trusted execution environment.
        Tee = 2,
        /// StrongBox or Secure Enclave.
        SecureElement = 3,
        /// A certified secure element.
        Certified = 4,
    }
}

scale! {
    /// How the holder unlocked the wallet for this very code, as the device says.
    AuthenticationTier {
        /// The app was open.
        AppOpen = 1,
        /// Device credential or PIN.
        DeviceCredential = 2,
        /// A biometric, just now.
        Biometric = 3,
    }
}

/// The level that scenes ask for: `min(identity level, key protection + 1, authentication tier + 1)`.
/// What the device says can lower what the issuer attested, and never raise it.
pub fn effective_level(
    identity: IdentityLevel,
    protection: KeyProtection,
    tier: AuthenticationTier,
) -> u8 {
    (identity as u8).min(protection as u8 + 1).min(tier as u8 + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_scale_decides() {
        use {AuthenticationTier as T, IdentityLevel as I, KeyProtection as K};
        assert_eq!(effective_level(I::InPerson, K::Certified, T::Biometric), 4);
        assert_eq!(effective_level(I::InPerson, K::SecureElement, T::AppOpen), 2);
        assert_eq!(effective_level(I::InPerson, K::Software, T::Biometric), 2);
        assert_eq!(effective_level(I::Phone, K::Certified, T::Biometric), 1);
        assert!(IdentityLevel::try_from(0).is_err() && IdentityLevel::try_from(5).is_err());
    }
}
