//! The command line, defined once: parsing, `--help` and the checks of which options go together. One file each command, or group of them, and what
//! they share.

mod artifact;
mod attest;
mod boot;
mod cli;
mod demo;
mod groups;
mod inspect;
mod key;
mod layout;
mod lint;
mod manual;
mod pack;
mod run;
mod signing;
mod source;
mod status;
mod trust;
mod unpack;
mod values;
mod verify;

pub use artifact::Artifact;
pub(crate) use artifact::pairs;
pub use attest::{Attest, AttestCommand, AttestSecurityVersion};
pub use boot::{BootPackage, BootReport, SlotName};
pub use cli::{Cli, Command};
pub use demo::Demo;
pub use groups::grouped;
pub use inspect::Inspect;
pub use key::{Key, KeyCommand, KeyGenerate, KeyShow, KeyType};
pub use layout::{
    Layout, LayoutAddKey, LayoutAddStep, LayoutCommand, LayoutDiff, LayoutImport, LayoutShow, LayoutSign, ProjectFile,
};
pub use lint::Lint;

pub use manual::{Completions, Man};
pub use pack::Pack;
pub use run::{Mode, Run, Streams};
pub use signing::SigningKeys;
pub use source::{DeviceId, Source};
pub use status::Status;
pub use trust::{Check, Compile, Init, Show, Sign, Treatment, Trust, TrustCommand, Update};
pub use unpack::Unpack;
pub use verify::{LinkKind, Verify};

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    fn parse(line: &str) -> Result<Cli, clap::Error> {
        Cli::try_parse_from(line.split(' '))
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_help_names_the_exit_codes() {
        let mut commands: Vec<_> = Cli::command().get_subcommands().cloned().collect();
        while let Some(command) = commands.pop() {
            if command.get_name() != "help" {
                let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
                assert!(after.contains("Exit codes:") && after.contains("Examples:"), "{}", command.get_name());
            }
            commands.extend(command.get_subcommands().cloned());
        }
    }

    #[test]
    fn in_toto_verifys_own_command_line_is_understood() {
        let line = "sitrep verify --layout root.layout --link-dir links --verification-keys a.pub b.pub -v";
        let Command::Verify(verify) = parse(line).unwrap().command else { panic!() };
        assert_eq!((verify.verification_keys.len(), verify.verbose), (2, true));
        assert!(parse("sitrep verify a --trust t").is_ok() && parse("sitrep pack a --trust t -o b").is_ok());
    }

    #[test]
    fn options_that_contradict_each_other_are_refused() {
        for line in [
            "sitrep verify",
            "sitrep verify a.sitrep",
            "sitrep verify a.sitrep --layout b --verification-keys k",
            "sitrep verify a.sitrep --trust t --verification-keys k",
            "sitrep verify a.sitrep --trust t u",
            "sitrep pack a --trust t --verification-keys k -o b",
            "sitrep pack a --trust t --no-verify -o b",
            "sitrep verify a.sitrep --verification-keys k --json --quiet",
            "sitrep verify a.sitrep --verification-keys k --quiet --verbose",
            "sitrep verify a.sitrep --verification-keys k --product-of s",
            "sitrep verify a.sitrep --verification-keys k --copy-to d",
            "sitrep verify a.sitrep --verification-keys k --artifact-as a",
            "sitrep verify a.sitrep --verification-keys k --target-dir d",
            "sitrep verify a.sitrep --verification-keys k --run-sublayout-inspections",
            "sitrep verify a.sitrep --verification-keys k --inspection-timeout 1",
            "sitrep verify a.sitrep --verification-keys k --inspection-env A",
            "sitrep verify a.sitrep --verification-keys k --inspection-report r",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-timeout 0",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-timeout 1.5",
            "sitrep verify a.sitrep --verification-keys k --run-inspections --inspection-env A=b",
            "sitrep verify a.sitrep --verification-keys k --param =x",
            "sitrep pack a --verification-keys k --no-verify -o b",
            "sitrep pack a -o b",
            "sitrep pack a --no-verify",
            "sitrep pack a --no-verify -o b --profile pocket",
            "sitrep unpack a",
            "sitrep inspect",
            "sitrep verify a.sitrep --verification-keys k --device-product p",
            "sitrep pack a --verification-keys k -o b --device-hardware h",
            "sitrep boot-package -o p",
            "sitrep boot-package --bundle b -o p",
            "sitrep boot-package --artifact a -o p",
            "sitrep boot-package --bundle b --artifact a",
            "sitrep boot-package --bundle b --artifact a --slot a -o p",
            "sitrep boot-package --bundle b --artifact a --trust t --slot c -o p",
            "sitrep boot-report",
            "sitrep attest",
            "sitrep attest security-version --subject a --signing-key k -o o",
            "sitrep attest security-version --security-version 1 --signing-key k -o o",
            "sitrep attest security-version --security-version 1 --subject a -o o",
            "sitrep attest security-version --security-version 1 --subject-as a --signing-key k -o o",
            "sitrep attest security-version --security-version -1 --subject a --signing-key k -o o",
            "sitrep trust sign t -o o",
            "sitrep trust sign t --signing-key k",
            "sitrep trust update e -o o",
            "sitrep trust update --from t -o o",
            "sitrep key",
            "sitrep key show",
            "sitrep key show k --json --pem",
            "sitrep key generate",
            "sitrep key generate n -o p",
            "sitrep key generate n --type rsa",
            "sitrep key generate n --no-passphrase --passphrase-file f",
            "sitrep trust sign t --passphrase-file f -o o",
            "sitrep lint",
            "sitrep lint a b",
        ] {
            assert!(parse(line).is_err(), "{line}");
        }
    }
}
