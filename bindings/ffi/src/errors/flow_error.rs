//! How the errors of a flow are defined.

/// An enum whose every case carries [`Advice`](super::Advice), and may carry more.
macro_rules! flow_error {
    (
        $(#[$about:meta])*
        pub enum $name:ident {
            $(
                $(#[$of_case:meta])*
                $case:ident $({ $($(#[$of_field:meta])* $field:ident: $kind:ident,)+ })?,
            )+
        }
    ) => {
        $(#[$about])*
        #[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
        #[error("{advice}")]
        pub enum $name {
            $(
                $(#[$of_case])*
                $case {
                    /// Code and texts.
                    advice: Advice,
                    $($($(#[$of_field])* $field: $kind,)+)?
                },
            )+
        }

        #[uniffi::export]
        impl $name {
            /// Code and texts, whatever the case.
            pub fn advice(&self) -> Advice {
                match self {
                    $(Self::$case { advice, .. })|+ => advice.clone(),
                }
            }
        }
    };
}
