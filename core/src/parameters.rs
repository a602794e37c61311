//! Parameters of a layout: values for the `{name}`s in its rules and commands.

/// A value for `{name}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter<'a> {
    /// The name: letters, digits, `_` and `-`.
    pub name: &'a str,
    /// What is put in its place. It is not looked through for further names.
    pub value: &'a str,
}
