//! Values of options, and what is said of a text that is none.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use sitrep_metadata::profile::Profile;

/// One of the profiles, by its name.
pub(super) fn profile() -> impl TypedValueParser<Value = Profile> {
    let named = |name, help| PossibleValue::new(name).help(help);
    let names = PossibleValuesParser::new([
        named("host", "Workstations and servers; every signature scheme"),
        named("device", "Microcontrollers; Ed25519 only"),
        named("boot", "Boot loaders of microcontrollers: the least that verifies a chain (core/BUNDLE.md, section 10)"),
    ]);
    names.map(|name| match name.as_str() {
        "device" => Profile::Device,
        "boot" => Profile::Boot,
        _ => Profile::Host,
    })
}

/// A number that another one can follow: what is only ever raised would be stuck at the last.
pub(super) fn not_the_last(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(u32::MAX) => Err("no greater number could ever follow: count up by one".into()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("expected a number from 0 to {}", u32::MAX - 1)),
    }
}

/// How long something may take.
pub(super) fn seconds(text: &str) -> Result<u32, String> {
    match text.parse() {
        Ok(0) => Err("expected 1 second or more".into()),
        Ok(number) => Ok(number),
        Err(_) => Err(format!("expected a number of seconds from 1 to {}", u32::MAX)),
    }
}

pub(super) fn variable(name: &str) -> Result<String, String> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err("expected the name of a variable, without a value".into());
    }
    Ok(name.into())
}

/// The name of something below a directory; a `/` at its end is dropped.
pub(super) fn name_below(text: &str) -> Result<String, String> {
    let name = text.strip_suffix('/').unwrap_or(text);
    if name.split('/').any(|component| matches!(component, "" | "." | "..")) {
        return Err("expected a name below the target directory, without `.`, `..` and a `/` at its front".into());
    }
    Ok(name.into())
}

pub(super) fn parameter(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value))
            if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte)) =>
        {
            Ok((name.into(), value.into()))
        }
        _ => Err("expected NAME=VALUE, with letters, digits, `_` and `-` in NAME".into()),
    }
}
