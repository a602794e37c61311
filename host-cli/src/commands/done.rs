//! How commands end.

/// How a command that did its work ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Done {
    /// Verified, or written, or shown.
    Yes,
    /// Tried, and refused: the reason has been printed.
    Refused,
    /// A command that was run returned this, or sitrep stands for it with this.
    Returned(u8),
}
