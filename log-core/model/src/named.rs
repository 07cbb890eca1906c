//! Enums whose variants each have a name in text: Kafka's, or ours under `headwater.`.

/// Declares such an enum, with the list of its variants and their names.
macro_rules! named {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$of:meta])* $variant:ident $(= $code:literal)? => $text:literal),* $(,)? }) => {
        $(#[$meta])*
        pub enum $name {
            $($(#[$of])* $variant $(= $code)?,)*
        }

        impl $name {
            /// Every one, in order.
            pub const ALL: &[$name] = &[$($name::$variant),*];

            /// The name of it.
            pub const fn name(self) -> &'static str {
                match self {
                    $($name::$variant => $text,)*
                }
            }
        }
    };
}
