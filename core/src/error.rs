//! What can go wrong, as one small `Copy` value: a stable code, and the place.
//!
//! Numbers and names of codes are part of the product: they stand in logs, verdicts and scripts (BUNDLE.md, section 9).
//! A number is never given another meaning.

use core::fmt;
use core::num::NonZero;

use serde::{Deserialize, Serialize};

/// The family of a [`Code`]: its number divided by 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// The bytes are no bundle of this format version.
    Bundle,
    /// Something is larger than the limits of this build.
    Limit,
    /// The layout does not say a valid policy.
    Layout,
    /// The layout is not signed by those who should have, or is not valid any more.
    Trust,
    /// The evidence for a step is missing or not good enough.
    Evidence,
    /// An artifact rule of the layout is broken.
    Rules,
    /// Inspections that the layout asks for.
    Inspections,
    /// The artifact at hand is not the one that the supply chain vouches for.
    Artifact,
    /// No refusal: something that a person should know.
    Warning,
    /// What a device holds of its own, apart from what it is asked to trust.
    Boot,
}

impl Class {
    /// The class in lower case, as verdicts show it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bundle => "bundle",
            Self::Limit => "limit",
            Self::Layout => "layout",
            Self::Trust => "trust",
            Self::Evidence => "evidence",
            Self::Rules => "rules",
            Self::Inspections => "inspections",
            Self::Artifact => "artifact",
            Self::Warning => "warning",
            Self::Boot => "boot",
        }
    }
}

macro_rules! codes {
    ($($number:literal $variant:ident $name:literal $message:literal $hint:literal;)*) => {
        /// What went wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        // The log shows the variant, whose name then stands in its dictionary and not in flash.
        #[cfg_attr(feature = "defmt", derive(defmt::Format))]
        #[repr(u8)]
        pub enum Code {
            $(#[doc = concat!($message, " (`", $name, "`).")] $variant,)*
        }

        impl Code {
            /// Every code, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable number.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self { $(Self::$variant => $number,)* }
            }

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one line.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// What to do about it, in one line.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

codes! {
    100 BundleMagic "bundle-magic" "the file does not start as a sitrep bundle does" "give a file that `sitrep pack` wrote";
    101 BundleVersion "bundle-version" "the bundle is of another format version" "pack it again with the `sitrep` that belongs to this verifier";
    102 BundleTruncated "bundle-truncated" "the bundle ends too early" "copy it again; the file was cut";
    103 BundleTrailing "bundle-trailing" "bytes follow the end of a section" "copy it again; the file was damaged or added to";
    104 BundleString "bundle-string" "the strings section is damaged" "copy the bundle again, or pack it again";
    105 BundleArtifact "bundle-artifact" "the artifacts section is damaged" "copy the bundle again, or pack it again";
    106 BundleEnvelope "bundle-envelope" "an envelope is damaged" "copy the bundle again, or pack it again";
    107 BundleToken "bundle-token" "a payload's tokens are damaged" "copy the bundle again, or pack it again";
    108 BundlePayloadLength "bundle-payload-length" "a payload is not as long as its envelope says" "copy the bundle again, or pack it again";
    109 BundlePatch "bundle-patch" "a payload's formatting patches do not fit its tokens" "copy the bundle again, or pack it again";
    110 BundleCanonical "bundle-canonical" "a Metablock payload is not in canonical order" "pack the bundle again";
    111 BundleDuplicate "bundle-duplicate" "an object of a payload has a member twice" "readers would disagree about its value; let the document be signed again without";
    112 PackageHead "package-head" "there is no update package, or its lengths do not fit" "write it with `sitrep boot-package`";
    200 LimitPath "limit-path" "an artifact's path is too long" "use a profile with longer paths, or shorter paths";
    201 LimitNesting "limit-nesting" "a payload is nested too deeply" "no in-toto metadata needs such depth; look at who wrote it";
    202 LimitKeys "limit-keys" "the layout has too many keys" "use a profile with more keys, or a layout with fewer";
    203 LimitSteps "limit-steps" "the layout has too many steps and inspections" "use a profile with more steps, or a layout with fewer";
    204 LimitEnvelopes "limit-envelopes" "the bundle has too many envelopes" "use a profile with more envelopes, or leave out links that no step needs";
    205 LimitRules "limit-rules" "a step has too many rules in one list" "use a profile with more rules, or fewer rules";
    206 LimitSignatures "limit-signatures" "an envelope has too many signatures" "leave out signatures by keys that nobody needs";
    207 LimitUnordered "limit-unordered" "an object has too many members that are not in order" "write it with a tool that sorts the members of objects";
    208 LimitVariants "limit-variants" "one path has too many different digests" "use fewer steps that change the same file";
    209 LimitText "limit-text" "a payload's text is far longer than the bundle that it is rebuilt from" "no document packs that well; look at who packed it";
    210 LimitLayouts "limit-layouts" "there are too many sublayouts" "use a profile with more layouts, or fewer sublayouts";
    211 LimitParameters "limit-parameters" "a step's rules are too long with the parameters put in" "use a profile with more room for rules, or shorter parameters";
    212 LimitProfile "limit-profile" "the bundle needs something that this profile leaves out" "see core/BUNDLE.md, section 10, for what the profile can do; use another, or make it without";
    213 LimitName "limit-name" "a name that the bundle gives or compares is too long" "do not use it: no key id, step or file is called so; get the bundle again from who made it";
    214 LimitWork "limit-work" "verifying the bundle takes more work than a bundle of its size may ask for" "it repeats itself far more than layouts and links do: look for envelopes that nobody asked for, and rules of very many artifacts";
    300 LayoutType "layout-type" "the first envelope does not hold an in-toto layout" "give the layout that the project owner signed";
    301 LayoutMember "layout-member" "the layout lacks a required member, or a member has the wrong type" "see the in-toto specification, section 4.3";
    303 LayoutExpires "layout-expires" "the expiry is not of the form YYYY-MM-DDTHH:MM:SSZ" "sign a layout with a valid expiry";
    304 LayoutName "layout-name" "a step's or inspection's name is empty, used twice, or cannot be part of a file name" "rename it and sign the layout again";
    305 LayoutThreshold "layout-threshold" "a step's threshold is not an integer of 1 or more" "correct it and sign the layout again";
    306 LayoutKey "layout-key" "a key of the layout is malformed" "sign a layout with the key as in-toto writes it";
    307 LayoutKeyId "layout-keyid" "a key is listed under another key id than its own" "correct it and sign the layout again";
    308 LayoutRule "layout-rule" "an artifact rule is malformed" "see the in-toto specification, section 4.3.3";
    309 LayoutPrefix "layout-prefix" "the prefix of a MATCH rule is not a normalised path" "write it without `.` and empty components, and with `..` at the front alone";
    310 LayoutPayloadType "layout-payload-type" "the layout's DSSE payload type is not in-toto's" "sign it as application/vnd.in-toto+json";
    311 ParameterUndefined "parameter-undefined" "the layout names a parameter that was not given" "give it with --param NAME=VALUE, as the project owner says";
    400 OwnerUnsigned "owner-unsigned" "a required owner key has not signed the layout" "ask the owner, over another way than this file came, for the fingerprint of the key; give another key only if it has that fingerprint";
    401 OwnerSignature "owner-signature" "an owner's signature on the layout is not good" "the layout was changed after signing, or the key is not the owner's";
    402 OwnerScheme "owner-scheme" "this build cannot check an owner key's signature scheme" "verify on the host, or sign the layout with Ed25519";
    403 OwnerNone "owner-none" "no owner key was given" "give the project owner's public key";
    404 LayoutExpired "layout-expired" "the layout has expired" "ask the project owner for a layout that is still valid";
    410 TrustSyntax "trust-syntax" "the trust policy is damaged, or not of its form" "correct it, or make it anew with `sitrep trust init`";
    411 TrustVersion "trust-version" "the trust policy is of another version, or no trust policy" "make it anew with `sitrep trust init` or `sitrep trust compile`";
    412 TrustOwners "trust-owners" "the trust policy names no owner, or one key twice" "name each project owner's key once";
    413 TrustThreshold "trust-threshold" "the trust policy's threshold is 0, or more than there are owners" "correct the threshold";
    414 TrustKey "trust-key" "a key of the trust policy is malformed" "write the policy with `sitrep trust init`";
    415 TrustTime "trust-time" "the trust policy's earliest time is not of the form YYYY-MM-DDTHH:MM:SSZ" "correct the time";
    416 TrustLimit "trust-limit" "the trust policy has too many owners, key ids or attestations" "name fewer";
    417 TrustArtifact "trust-artifact" "the trust policy does not name the artifact that is to be run" "give it with `sitrep trust init --product-artifact`";
    418 PolicyUpdateForm "policy-update-form" "the policy update is damaged, or of another version" "write it with `sitrep trust update`";
    419 PolicyUpdateSignature "policy-update-signature" "too few owners of the trust policy in force have signed the new one" "let more owners of the policy in force sign it, as many as its threshold says";
    420 PolicyUpdateRevision "policy-update-revision" "the new trust policy's revision is not greater than that of the one in force" "give it a greater revision and sign it again";
    500 LinkMissing "link-missing" "there is no link for a step" "ask who carries out the step for its link";
    501 ThresholdNotMet "threshold-not-met" "too few of the allowed keys have signed a link for a step" "ask whoever may carry out the step for a signed link; a key counts once, also under two key ids";
    502 LinksDisagree "links-disagree" "two functionaries recorded different artifacts for one step" "find out which of them built something else";
    503 LinkScheme "link-scheme" "this build cannot check the signatures on a step's links" "verify on the host, or sign the links with Ed25519";
    504 LinkType "link-type" "a link envelope holds something else" "nothing to do, unless the step needs it: it does not count";
    505 LinkMember "link-member" "a link lacks a required member, or a member has the wrong type" "record the step again";
    506 LinkArtifactName "link-artifact-name" "a link names an artifact by a path that is not normalised" "record the step again under a name without `.` and empty components, and with `..` at the front alone";
    507 LinkDigest "link-digest" "a link holds a digest that is not of its algorithm's length in lower-case hexadecimal" "record the step again";
    508 LinkStray "link-stray" "a link belongs to no step of the layout" "nothing to do: it does not count";
    509 LinkSignature "link-signature" "no key that the step allows has a good signature on a link" "the link was changed after signing, or somebody else signed it";
    510 LinkPayloadType "link-payload-type" "a link's DSSE payload type is not in-toto's" "nothing to do, unless the step needs it: it does not count";
    511 SublayoutEmpty "sublayout-empty" "a sublayout has no steps, so it proves nothing" "ask who signed it for one with steps";
    512 SublayoutReused "sublayout-reused" "a functionary's signature on one sublayout stands for two steps of a layout" "ask who carries out the steps for a sublayout of each: its signature does not say for which step it was made";
    520 AttestationMissing "attestation-missing" "no attestation of a required type is there" "ask whoever carries out the step for it";
    521 AttestationThreshold "attestation-threshold" "too few keys of a step have signed a required attestation" "ask others who may carry out the step to sign it too; a key counts once";
    522 AttestationSubject "attestation-subject" "a required attestation is about something else than what the chain produced" "ask for the attestation of this very artifact";
    523 SecurityVersion "security-version" "the attested security version is below what the trust policy demands" "do not use it: it is an old version; get a newer one";
    524 StatementMember "statement-member" "a statement lacks a required member, or a member has the wrong type" "nothing to do, unless it is required: it does not count";
    525 AttestationSignature "attestation-signature" "no key that the layout allows for a step has a good signature on an attestation" "nothing to do, unless it is required: it does not count";
    526 AttestationProduct "attestation-product" "a required security version is for another product than this device is" "do not use it: ask for the release for this product";
    527 AttestationHardware "attestation-hardware" "a required security version is for other hardware than this device has" "do not use it: ask for the release for this hardware";
    528 AttestationTime "attestation-time" "the time of a required security version is not of the form YYYY-MM-DDTHH:MM:SSZ" "ask whoever carries out the step for a new attestation";
    600 RuleDisallow "rule-disallow" "a DISALLOW rule matches an artifact that no earlier rule accounts for" "the artifact was added, changed or taken away between the steps; look at who recorded it";
    601 RuleRequire "rule-require" "a REQUIRE rule names an artifact that is not there" "the step did not record it, or an earlier rule consumed it";
    700 InspectionsNotRun "inspections-not-run" "the layout has inspections and they were not run" "verify where they can be run, or let the trust policy skip them";
    701 InspectionMissing "inspection-missing" "nothing was observed for an inspection" "run the inspections with --run-inspections";
    702 InspectionFailed "inspection-failed" "an inspection's command did not return 0" "see what the command printed";
    703 SublayoutInspections "sublayout-inspections-not-run" "a sublayout has inspections and they were not run" "run them with --run-sublayout-inspections";
    900 ArtifactUnknown "artifact-unknown" "the artifact is not a product of the step" "give it under the name that the step recorded, or name the step that made it";
    901 ArtifactDigest "artifact-digest" "the artifact is not the one that the supply chain produced" "do not use it; get the file again from its makers";
    902 ArtifactNoDigest "artifact-no-digest" "the step recorded no digest of the artifact that this build can compute" "record the step with SHA-256";
    903 ArtifactRead "artifact-read" "the artifact could not be read to its end" "see the error of the reader";
    904 ArtifactStep "artifact-step" "the layout has no step of the name that was asked for" "name a step of the layout";
    905 ArtifactNoStep "artifact-no-step" "the layout has no step, so it says nothing about any artifact" "do not use it";
    1000 LayoutEmpty "layout-empty" "the layout has no steps, so it demands nothing" "ask the project owner whether this is meant";
    1001 ExpiryUnknown "expiry-unknown" "there is no clock, so the layout may have expired" "compare the expiry with the date yourself";
    1002 CommandDiffers "command-differs" "a step was not carried out with the expected command" "ask the functionary why";
    1003 ReturnValue "return-value" "a step's command did not return 0" "ask the functionary why";
    1004 InspectionSkipped "inspection-skipped" "an inspection was skipped, as the trust policy says" "run it on a host with --run-inspections";
    1005 ClockBehind "clock-behind" "the clock is before the earliest time of the trust policy, so that time counts instead" "set the clock";
    1006 KeyUnusable "key-unusable" "a key that a step names can sign nothing here" "see `sitrep lint` for what is wrong with it; let its owner sign with another, and name that in the layout";
    1007 OpenPgpValidity "openpgp-validity" "an OpenPGP key is believed; whether it has expired or was revoked was not asked" "see what `gpg --list-keys` says of it; layouts say whom they trust, and when they expire";
    1100 BootJournal "boot-journal" "the device's own state is lost, or was never written" "provision the device anew, where it was made";
    1101 BootPolicy "boot-policy" "the trust policy in flash is not the one that is in force" "provision the device anew, where it was made";
    1102 BootFlash "boot-flash" "the flash does not keep what is written to it" "stage the update again; if it happens again, the device is worn out";
    1103 BootImage "boot-image" "the slot holds another image than the one that was installed or confirmed" "bring updates by way of the staging area";
    1104 BootRejected "boot-rejected" "this image was tried, did not confirm, and was staged again before the device went back" "mend the image, or stage it again from the one that runs now";
}

impl Code {
    /// The family that the number belongs to.
    #[must_use]
    pub const fn class(self) -> Class {
        match self.number() {
            0..200 => Class::Bundle,
            200..300 => Class::Limit,
            300..400 => Class::Layout,
            400..500 => Class::Trust,
            500..600 => Class::Evidence,
            600..700 => Class::Rules,
            700..900 => Class::Inspections,
            900..1000 => Class::Artifact,
            1000..1100 => Class::Warning,
            _ => Class::Boot,
        }
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Which of a step's two rule lists, or artifact maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum List {
    /// `expected_materials`, `materials`
    Materials,
    /// `expected_products`, `products`
    Products,
}

impl List {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Materials => Self::Products,
            Self::Products => Self::Materials,
        }
    }

    /// As in the metadata: `materials` or `products`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Materials => "materials",
            Self::Products => "products",
        }
    }
}

/// Where something went wrong, by number: names are looked up in the bundle and the layout only when somebody wants to read them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Place {
    /// Number of the envelope in the bundle.
    pub envelope: Option<u16>,
    /// Number of the step in the layout; inspections count on after the steps.
    pub step: Option<u16>,
    /// Which rule of which list.
    pub rule: Option<(List, u16)>,
    /// Number of the key: in the layout for steps, of the owners for the layout itself.
    pub key: Option<u16>,
    /// Number of the demanded attestation: in the trust policy, the security version after all others.
    pub attestation: Option<u16>,
    /// Number of the artifact's path in the bundle.
    pub artifact: Option<u32>,
}

/// What an [`Error`] is kept in.
#[cfg(feature = "full")]
type ErrorBits = u64;
/// In a boot loader, one register.
#[cfg(not(feature = "full"))]
type ErrorBits = u32;

/// A refusal: what is wrong, and where.
///
/// Kept in 8 bytes, in the profile `boot` in 4, which a function returns in registers: every `?` of the verifier moves one. [`Self::place`] unfolds
/// it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error(NonZero<ErrorBits>);

// From the lowest bit. Each holds one more than a number, so that 0 is none.
/// The code's rank in [`Code::ALL`].
const CODE: Field = Field { shift: 0, width: if WIDE { 8 } else { 7 } };
const ENVELOPE: Field = Field { shift: CODE.end(), width: if WIDE { 11 } else { 4 } };
const STEP: Field = Field { shift: ENVELOPE.end(), width: if WIDE { 9 } else { 4 } };
/// Twice the rule's number, and one more in the list of products.
const RULE: Field = Field { shift: STEP.end(), width: if WIDE { 11 } else { 5 } };
/// The artifact's number; with [`OF_KEY`] the key's, or with [`OF_ATTESTATION`] as well the attestation's.
const SUBJECT: Field = Field { shift: RULE.end(), width: ErrorBits::BITS.saturating_sub(RULE.end()) };
const OF_KEY: u32 = 1 << SUBJECT.width.saturating_sub(1);
const OF_ATTESTATION: u32 = 1 << SUBJECT.width.saturating_sub(2);
const WIDE: bool = ErrorBits::BITS > 32;

/// A number in some bits of an error. No limit of [`crate::limits`] comes near all ones; what is larger is left out.
struct Field {
    shift: u32,
    width: u32,
}

impl Field {
    const fn end(&self) -> u32 {
        self.shift.saturating_add(self.width)
    }

    const fn mask(&self) -> u32 {
        (1_u32 << self.width).saturating_sub(1)
    }

    #[allow(clippy::unnecessary_cast, reason = "not in every profile")]
    const fn get(&self, error: Error) -> Option<u32> {
        ((error.0.get() >> self.shift) as u32 & self.mask()).checked_sub(1)
    }

    const fn set(&self, error: Error, value: u32) -> Error {
        let value = if value < self.mask() { value.saturating_add(1) } else { 0 };
        let bits = error.0.get() & !((self.mask() as ErrorBits) << self.shift);
        match NonZero::new(bits | (value as ErrorBits) << self.shift) {
            Some(bits) => Error(bits),
            None => error,
        }
    }
}

impl Error {
    /// An error without a place.
    #[must_use]
    pub const fn new(code: Code) -> Self {
        match NonZero::new((code as ErrorBits).saturating_add(1)) {
            Some(bits) => Self(bits),
            None => Self(NonZero::<ErrorBits>::MIN),
        }
    }

    /// What is wrong.
    #[must_use]
    #[allow(
        clippy::indexing_slicing,
        reason = "the rank is compared with the length first; `get` is no constant function"
    )]
    pub const fn code(&self) -> Code {
        match CODE.get(*self) {
            // `new` puts in the rank of a code.
            Some(rank) if (rank as usize) < Code::ALL.len() => Code::ALL[rank as usize],
            _ => Code::BundleMagic,
        }
    }

    /// Where.
    #[must_use]
    pub const fn place(&self) -> Place {
        let mut place = Place {
            envelope: number(ENVELOPE.get(*self)),
            step: number(STEP.get(*self)),
            rule: match RULE.get(*self) {
                None => None,
                Some(rule) => Some((if rule & 1 == 0 { List::Materials } else { List::Products }, (rule >> 1) as u16)),
            },
            key: None,
            attestation: None,
            artifact: None,
        };
        match SUBJECT.get(*self) {
            None => {}
            Some(artifact) if artifact & OF_KEY == 0 => place.artifact = Some(artifact),
            Some(key) if key & OF_ATTESTATION == 0 => place.key = Some((key & !OF_KEY) as u16),
            Some(attestation) => place.attestation = Some((attestation & OF_ATTESTATION.saturating_sub(1)) as u16),
        }
        place
    }

    #[inline(never)]
    pub(crate) const fn in_envelope(self, envelope: u16) -> Self {
        ENVELOPE.set(self, envelope as u32)
    }

    #[inline(never)]
    pub(crate) const fn at_step(self, step: u16) -> Self {
        STEP.set(self, step as u32)
    }

    #[inline(never)]
    pub(crate) const fn at_rule(self, list: List, rule: u16) -> Self {
        RULE.set(self, (rule as u32) << 1 | list as u32)
    }

    #[inline(never)]
    pub(crate) const fn at_key(self, key: u16) -> Self {
        SUBJECT.set(self, OF_KEY | key as u32)
    }

    #[inline(never)]
    pub(crate) const fn at_attestation(self, attestation: u16) -> Self {
        SUBJECT.set(self, OF_KEY | OF_ATTESTATION | attestation as u32)
    }

    /// An artifact whose number is too large is left out: the place is for people, and no decision depends on it.
    #[inline(never)]
    pub(crate) const fn at_artifact(self, artifact: u32) -> Self {
        SUBJECT.set(self, if artifact < OF_KEY { artifact } else { u32::MAX })
    }
}

const fn number(value: Option<u32>) -> Option<u16> {
    match value {
        None => None,
        Some(value) => Some(value as u16),
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error").field("code", &self.code()).field("place", &self.place()).finish()
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Error {
    fn format(&self, f: defmt::Formatter<'_>) {
        defmt::write!(f, "{} at {}", self.code(), self.place());
    }
}

impl From<Code> for Error {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code().message())
    }
}

impl core::error::Error for Error {}

/// What the functions of this crate return.
pub type Result<T> = core::result::Result<T, Error>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_ordered_and_named_once() {
        for pair in Code::ALL.windows(2) {
            assert!(pair[0].number() < pair[1].number());
            assert!(Code::ALL.iter().filter(|code| code.name() == pair[0].name()).count() == 1);
        }
    }

    #[test]
    fn every_code_is_in_the_format_description() {
        let page = include_str!("../BUNDLE.md");
        for code in Code::ALL {
            let number = itoa(code.number());
            let row = ["| ", number.as_str(), " | `", code.name(), "` | ", code.message(), " |"];
            let mut line = heapless::String::<160>::new();
            row.iter().for_each(|part| line.push_str(part).unwrap());
            assert!(page.contains(line.as_str()), "{line}");
        }
    }

    fn itoa(number: u16) -> heapless::String<5> {
        let mut text = heapless::String::new();
        core::fmt::write(&mut text, format_args!("{number}")).unwrap();
        text
    }

    #[test]
    fn a_place_is_kept_as_far_as_it_fits() {
        for code in Code::ALL {
            assert_eq!((Error::new(*code).code(), Error::new(*code).place()), (*code, Place::default()));
        }
        let [envelope, step, rule] = if WIDE { [1024, 255, 511] } else { [12, 7, 11] };
        let error = Error::new(Code::RuleDisallow).in_envelope(envelope).at_step(step).at_rule(List::Products, rule);
        let place = Place {
            envelope: Some(envelope),
            step: Some(step),
            rule: Some((List::Products, rule)),
            ..Place::default()
        };
        assert_eq!(error.place(), place);
        assert_eq!(error.at_key(127).place(), Place { key: Some(127), ..place });
        assert_eq!(error.at_attestation(0).place(), Place { attestation: Some(0), ..place });
        let last = OF_KEY - 1;
        assert_eq!(error.at_artifact(last).place(), Place { artifact: Some(last), ..place });
        assert_eq!(error.at_artifact(last + 1).place(), place);
        assert_eq!(error.at_artifact(u32::MAX).at_step(u16::MAX).code(), Code::RuleDisallow);
    }

    #[test]
    fn an_error_stays_small() {
        assert_eq!(core::mem::size_of::<Result<()>>(), if WIDE { 8 } else { 4 });
    }
}
