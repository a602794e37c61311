//! The whole verifier, asked in several ways whose answers have to go together.

use sha2::{Digest, Sha256, Sha384, Sha512};
use sitrep_core::bundle::Bundle;
use sitrep_core::error::{Class, Error};
use sitrep_core::{
    ArtifactVerdict, Clock, Code, DeviceMemory, FixedClock, HostMemory, Inspections, NoClock, Observer, Outcome,
    OwnerKey, Parameter, PublicHalf, PublicKey, Request, RequiredAttestation, Schemes, Sequential, Str, Time, Trust,
    limits, verify,
};

use crate::accept::Accept;
use crate::json::Json;
use crate::rebuild::{longest_text, slack};

/// What is believed and demanded. One byte says all, so that an input of bytes can: the header's profile, which core does not look at.
#[derive(Clone, Copy, Debug)]
pub struct Settings(pub u8);

const PARAMETERS: [Parameter<'static>; 2] =
    [Parameter { name: "a", value: "x*" }, Parameter { name: "name", value: "build" }];

const REQUIRED: [RequiredAttestation<'static>; 2] = [
    RequiredAttestation { predicate_type: "https://slsa.dev/provenance/v1", step: None },
    RequiredAttestation { predicate_type: "https://slsa.dev/provenance/v1", step: Some("build") },
];

/// 2030-01-01T00:00:00Z
pub const NOW: &str = "2030-01-01T00:00:00Z";

impl Settings {
    const fn bit(self, bit: u8) -> bool {
        self.0 >> bit & 1 == 1
    }

    /// What is done about inspections.
    #[must_use]
    pub const fn inspections(self) -> Inspections {
        match self.0 & 3 {
            0 | 1 => Inspections::Skip,
            2 => Inspections::Refuse,
            _ => Inspections::Observed,
        }
    }

    /// Opens a bundle, with observations where these are believed.
    ///
    /// # Errors
    /// Core's.
    pub fn open<'b>(self, bytes: &'b [u8], path: &mut [u8]) -> Result<Bundle<'b>, Error> {
        match self.inspections() {
            Inspections::Observed => Bundle::open_with_observations(bytes, path),
            Inspections::Refuse | Inspections::Skip => Bundle::open(bytes, path),
        }
    }

    fn trust<'a>(self, owners: &'a [OwnerKey<'a>]) -> Trust<'a> {
        Trust {
            inspections: self.inspections(),
            attestations: match (self.bit(3), self.bit(4)) {
                (false, _) => &[][..],
                (true, false) => &REQUIRED[..1],
                (true, true) => &REQUIRED[..],
            }
            .into(),
            security_version: if self.bit(4) { 3 } else { 0 },
            earliest_time: if self.bit(6) { Time::parse("2031-01-01T00:00:00Z") } else { None },
            product_step: self.bit(7).then_some("build"),
            ..Trust::new(owners, 1)
        }
    }

    const fn parameters(self) -> &'static [Parameter<'static>] {
        if self.bit(2) { &PARAMETERS } else { &[] }
    }
}

/// What a verification came to, without what it borrowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The refusal.
    pub error: Option<Error>,
    /// Codes of the warnings that were kept.
    pub warnings: Vec<Code>,
    /// How many there were.
    pub warning_count: u32,
    /// The verdict.
    pub json: String,
}

impl Answer {
    fn of(outcome: &Outcome<'_, '_>) -> Self {
        let verdict = outcome.verdict();
        let json = serde_json::to_string(&verdict).expect("a verdict can be written");
        let parsed = Json::read(json.as_bytes()).expect("a verdict is JSON");
        assert_eq!(verdict.is_verified(), outcome.result().is_ok());
        let word = if verdict.is_verified() { "verified" } else { "refused" };
        assert_eq!(parsed.get("verdict").and_then(Json::as_str), Some(word));
        // What a device writes is the same verdict.
        let mut buffer = vec![0; 6 * json.len()];
        let length = verdict.write_json(&mut buffer).expect("there is room");
        assert_eq!(Json::read(&buffer[..length]), Ok(parsed));
        Self {
            error: outcome.result().err(),
            warnings: outcome.warnings().kept().iter().map(Error::code).collect(),
            warning_count: outcome.warnings().count(),
            json,
        }
    }

    /// Was no envelope ignored?
    #[must_use]
    pub fn used_everything(&self) -> bool {
        self.warnings.iter().all(|code| code.class() == Class::Warning)
            && self.warning_count as usize == self.warnings.len()
    }

    /// Did a limit decide anything?
    #[must_use]
    pub fn is_limited(&self) -> bool {
        let is_limit = |code: Code| code.class() == Class::Limit;
        self.error.is_some_and(|error| is_limit(error.code()))
            || self.warnings.iter().any(|code| is_limit(*code))
            || self.warning_count as usize > self.warnings.len()
    }
}

/// What the artifacts at hand hold.
const OTHER: &[u8] = b"something else";

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// All digests that were recorded for a path.
fn digests(bundle: &Bundle<'_>, number: u32) -> Vec<String> {
    let mut path = vec![0; limits::HOST.path];
    let mut cursor = bundle.paths(&mut path);
    cursor.seek(number).expect("the bundle was opened");
    let mut all = Vec::new();
    for variant in 0..cursor.variants() {
        let mut digests = cursor.digests(variant).expect("the bundle was opened");
        while let Some((_, digest)) = digests.next_digest().expect("the bundle was opened") {
            all.push(digest.to_string());
        }
    }
    all
}

/// Compares the artifacts at hand with a chain; whatever these are, it ends.
fn check_products(outcome: &Outcome<'_, '_>, bundle: &Bundle<'_>) {
    let Ok(chain) = outcome.supply_chain() else { return };
    let _ = chain.last_step().map(|step| step.to_string());
    let mut path = vec![0; limits::HOST.path];
    let mut results = Vec::new();
    for number in 0..bundle.artifacts().count().min(4) {
        let mut cursor = bundle.paths(&mut path);
        cursor.seek(number).expect("the bundle was opened");
        let name = String::from_utf8(cursor.path().to_vec()).expect("a path is UTF-8");
        let product = chain.product(&name, &mut vec![0; limits::HOST.path]);
        let result = product.and_then(|product| product.check(&mut &OTHER[..], Some(OTHER.len() as u64)));
        if result.is_ok() {
            // The fuzzer sees what is compared, and finds out such digests.
            let all = digests(bundle, number);
            let git = [b"blob 14\0", OTHER].concat();
            let known = [
                hex(&Sha256::digest(OTHER)),
                hex(&Sha384::digest(OTHER)),
                hex(&Sha512::digest(OTHER)),
                hex(&Sha256::digest(git)),
            ];
            assert!(known.iter().any(|digest| all.contains(digest)), "an artifact with other digests");
        }
        results.push((name, result));
    }
    let results: Vec<_> =
        results.iter().map(|(name, result)| ArtifactVerdict { name, result: *result, product: None }).collect();
    let verdict = outcome.verdict().with_artifacts(&results);
    assert_eq!(verdict.is_verified(), results.iter().all(|artifact| artifact.result.is_ok()));
    let json = serde_json::to_string(&verdict).expect("a verdict can be written");
    assert!(Json::read(json.as_bytes()).is_ok());
}

/// Verifies with the memory of a host or of a device.
fn ask(
    bundle: &Bundle<'_>,
    trust: &Trust<'_>,
    schemes: &dyn Schemes,
    settings: Settings,
    is_device: bool,
    observer: &mut dyn Observer,
) -> Answer {
    let now = FixedClock(Time::parse(NOW).expect("a time"));
    let clock: &dyn Clock = if settings.bit(5) { &NoClock } else { &now };
    let parameters = settings.parameters();
    let request = Request { bundle, trust, clock, schemes, executor: &Sequential, parameters };
    if is_device {
        let mut memory = Box::new(DeviceMemory::new());
        Answer::of(&verify(&request, &mut memory, observer))
    } else {
        let mut memory = Box::new(HostMemory::new());
        let outcome = verify(&request, &mut memory, observer);
        check_products(&outcome, bundle);
        Answer::of(&outcome)
    }
}

/// Verifies with every signature taken for good, for a host and where that is possible for a device, whose answer has to be the same unless
/// a limit decided it.
pub fn accepted(bytes: &[u8], bundle: &Bundle<'_>, settings: Settings, observer: &mut dyn Observer) -> Answer {
    let signatures = bundle.envelope(0).into_iter().flat_map(|layout| layout.signatures().collect::<Vec<_>>());
    let ids: Vec<String> = signatures.filter_map(|signature| Some(signature.keyid?.to_string())).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let ed25519 = Str::new("ed25519");
    let key = PublicKey { keytype: ed25519, scheme: ed25519, public: PublicHalf::Bytes(&[7; 32]) };
    let owners = [OwnerKey { key, ids: (&ids[..]).into() }];
    let trust = settings.trust(&owners);
    let longest = longest_text(bytes.len()) + slack(bytes.len());
    let host = ask(bundle, &trust, &Accept { longest }, settings, false, observer);

    let mut path = [0; limits::DEVICE.path];
    match settings.open(bytes, &mut path) {
        Ok(bundle) => {
            let device = ask(&bundle, &trust, &Accept { longest }, settings, true, &mut ());
            if !device.is_limited() {
                assert_eq!(host, device);
            }
        }
        Err(error) => assert_eq!(error.code(), Code::LimitPath),
    }
    host
}

/// Verifies with these owners' Ed25519 keys.
#[must_use]
pub fn genuine(bundle: &Bundle<'_>, owners: &[[u8; 32]], settings: Settings) -> Answer {
    let ids: Vec<_> = owners.iter().map(sitrep_core::ed25519_key_ids).collect();
    let ids: Vec<Vec<&str>> = ids.iter().map(|ids| ids.iter().map(AsRef::as_ref).collect()).collect();
    let ed25519 = Str::new("ed25519");
    let key = |public| PublicKey { keytype: ed25519, scheme: ed25519, public: PublicHalf::Bytes(public) };
    let owners: Vec<_> =
        owners.iter().zip(&ids).map(|(public, ids)| OwnerKey { key: key(public), ids: (&ids[..]).into() }).collect();
    ask(bundle, &settings.trust(&owners), &sitrep_core::Ed25519, settings, false, &mut ())
}
