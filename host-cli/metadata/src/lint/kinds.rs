//! Every finding that is not one of core's codes: its name, how bad it is, and what to do about it.

use super::Severity::{self, Error, Note, Warning};

/// A kind of finding.
#[derive(Debug)]
pub(super) struct Kind {
    pub(super) name: &'static str,
    pub(super) severity: Severity,
    pub(super) hint: &'static str,
}

macro_rules! kinds {
    ($($severity:ident $constant:ident $name:literal $hint:literal;)*) => {
        $(pub(super) const $constant: Kind = Kind { name: $name, severity: $severity, hint: $hint };)*

        /// Every kind.
        #[cfg(test)]
        pub(super) const ALL: &[Kind] = &[$($constant),*];
    };
}

kinds! {
    // The layout itself.
    Warning LAYOUT_EMPTY "layout-empty" "add the steps that make the software";
    Warning SIGNATURE_UNUSABLE "signature-unusable" "sign the layout again with an Ed25519, RSA or ECDSA key";
    Warning MEMBER_UNKNOWN "member-unknown" "correct its name, or take it out";
    Warning CERTIFICATES "certificates" "name the keys of the functionaries in `keys` and `pubkeys`: sitrep checks no certificates";
    Warning EXPIRES_SOON "expires-soon" "sign a layout with a later expiry";
    Warning EXPIRES_LATE "expires-late" "choose an earlier expiry: until then nobody can take the layout back";

    // Keys.
    Warning KEY_UNUSED "key-unused" "name it in the `pubkeys` of a step, or take it out";
    Warning KEY_UNUSABLE "key-unusable" "see `sitrep verify --help` for the key types and schemes";
    Warning KEY_NOT_FOR_DEVICES "key-not-for-devices" "let functionaries whose links devices verify sign with Ed25519";
    Warning KEY_PRIVATE "key-private" "take it out, and replace the key: whoever reads the layout can sign with it";
    Warning KEY_TWICE "key-twice" "list each key once: it counts once, also under two key ids";
    Note KEY_ID_FOREIGN "key-id-foreign" "nothing, if it is meant; `sitrep key show` gives the ids of in-toto's implementations";
    Note KEY_RSA_SMALL "key-rsa-small" "use 3072 bits or more for what is to be believed after 2030 (NIST SP 800-57)";
    Note KEY_RSA_PKCS1 "key-rsa-pkcs1" "prefer rsassa-pss-sha256, as in-toto's tools do";
    Warning SUBKEY_ID_TAKEN "subkey-id-taken" "let each key and subkey have an id of its own";
    Note KEY_OPENPGP "key-openpgp" "nothing, if it is meant; sign a new layout when a key is not to be believed any more";
    Warning PUBKEY_UNKNOWN "pubkey-unknown" "list the key in `keys` under this id, or take the id out";
    Warning PUBKEY_TWICE "pubkey-twice" "name another key, or take it out";
    Error THRESHOLD_UNREACHABLE "threshold-unreachable" "list more usable keys in the step's `pubkeys`, or lower the threshold";
    Note THRESHOLD_ONE "threshold-one" "ask for two where no single person or machine is to be trusted";
    Note KEY_EVERYWHERE "key-everywhere" "give different steps to different functionaries";
    Warning LINK_COLLISION "link-collision" "replace one of the keys: link files carry only the first 8 characters of a key id";

    // Names of steps and inspections.
    Warning NAME_NO_FILE "name-no-file" "choose a shorter name";
    Note NAME_ESCAPING "name-escaping" "use letters, digits, `-`, `_` and `.`";
    Warning NAME_UNPORTABLE "name-unportable" "choose a name of letters, digits, `-` and `_`: its links are to lie on any stick";
    Warning NAME_CASE "name-case" "choose names that differ in more than upper and lower case";

    // Rules.
    Warning RULE_UNREACHABLE "rule-unreachable" "move it up, or take it out";
    Error REQUIRE_UNSATISFIABLE "require-unsatisfiable" "put REQUIRE first in the list, with the artifact's normalised name";
    Warning REQUIRE_CONSUMED "require-consumed" "put REQUIRE first in the list";
    Warning REQUIRE_WILDCARD "require-wildcard" "name one artifact: REQUIRE takes its pattern literally";
    Warning RULES_OPEN "rules-open" "end the list with DISALLOW *, or with ALLOW * if anything may be there";
    Note RULES_NONE "rules-none" "write DISALLOW * if there must be nothing, or ALLOW * if anything may be there";
    Warning MATERIALS_UNCHECKED "materials-unchecked" "MATCH them with the products of an earlier step, and end the list with DISALLOW *";
    Warning CREATE_IN_MATERIALS "create-in-materials" "write it into expected_products: a material cannot be created by its own step";
    Warning DISALLOW_OTHER_FORM "disallow-other-form" "forbid these names too, or end the list with DISALLOW *: patterns are about names as they were recorded";
    Warning DELETE_IN_PRODUCTS "delete-in-products" "write it into expected_materials: what is deleted is no product";

    // Patterns.
    Warning PATTERN_IMPOSSIBLE "pattern-impossible" "write the names as they are recorded: `dir/file` or `dir/*`";
    Warning PATTERN_CLASS "pattern-class" "write [!...] for any other character, [[] for a bracket, and close every class";
    Warning ARTIFACT_UNPORTABLE "artifact-unportable" "rename it, if it is to lie on a stick with FAT, or on Windows";
    Note PATTERN_NEGATED_CLASS "pattern-negated-class" "nothing, if names below may match too";
    Warning PATTERN_BRACES "pattern-braces" "write one rule for each alternative; a parameter is {name} with letters, digits, `_` and `-`";
    Warning PATTERN_DOUBLE_STAR "pattern-double-star" "write * alone, which matches any part of a path, or add a rule for the name without a directory";
    Warning PATTERN_BACKSLASH "pattern-backslash" "write / between directories; for a wildcard that stands for itself write [*], [?] or [[]";
    Warning PATTERN_SPACE "pattern-space" "take the white space away";
    Warning PATTERN_LONG "pattern-long" "use shorter paths, or verify with a profile that takes longer ones";

    // Where artifacts go.
    Warning MATCH_UNKNOWN_STEP "match-unknown-step" "name a step of the layout";
    Warning MATCH_INSPECTION "match-inspection" "name a step: inspections come after all rules of steps";
    Warning MATCH_ITSELF "match-itself" "name an earlier step, or write ALLOW";
    Note MATCH_OWN_OTHER "match-own-other" "nothing, if the step is to leave these artifacts as they were";
    Warning MATCH_LATER_STEP "match-later-step" "list the steps in the order in which they are carried out";
    Warning MATCH_PREFIX_REPEATED "match-prefix-repeated" "leave the prefix out of the pattern, which applies below it";
    Warning MATCH_PREFIX_WILDCARD "match-prefix-wildcard" "write the directory's name: prefixes are literal";
    Warning PRODUCTS_UNMATCHED "products-unmatched" "MATCH them in the step that takes them, so that nobody can exchange them on the way";
    Note PRODUCTS_UNUSED "products-unused" "nothing, if nobody is to take them; otherwise MATCH them where they are taken";

    // Commands.
    Note INSPECTION "inspection" "whoever verifies has to give --run-inspections; devices skip it or refuse the chain";
    Warning INSPECTION_ON_DEVICE "inspection-on-device" "set `inspections` to `skip` in the device's trust policy, or leave the inspection out";
    Note INSPECTION_RUNS_NOTHING "inspection-runs-nothing" "nothing, if only the rules are wanted";
    Warning COMMAND_NOT_SPLIT "command-not-split" "write each argument as a string of its own";
    Warning COMMAND_SHELL "command-shell" "run it through a shell that is named: \"sh\", \"-c\", \"...\"";
    Note PARAMETER "parameter" "whoever verifies has to give it with --param NAME=VALUE; without any --param the braces are text";
    Warning PARAMETER_UNNAMED "parameter-unnamed" "correct the name of --param, or leave it out: its value is used nowhere";

    // Devices.
    Note DEVICE_UNFIT "device-unfit" "nothing, unless devices are to verify the chain; `sitrep lint --profile device` says more";

    // Findings.
    Warning RULES_UNCOMPARED "rules-uncompared" "write shorter patterns, or fewer with wildcards";
    Warning MORE "more-findings" "mend what is told, and ask again";
}
