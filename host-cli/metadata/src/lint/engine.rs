//! Asks core, the one engine that layouts are read by, what it would refuse.

use serde_json::Value;
use sitrep_core::bundle::Bundle;
use sitrep_core::{
    BootMemory, Class, Code, DeviceMemory, Ed25519, Error, FixedClock, HostMemory, Inspections, Items, Message,
    OwnerKey, PublicKey, Request, Schemes, Sequential, SignatureError, Str, Time, Trust, limits, verify,
};

use crate::bundle::pack::{PackError, Packer};
use crate::bundle::view;
use crate::envelope::document::{Document, Signature};
use crate::keys::schemes::HostSchemes;
use crate::profile::Profile;

/// The label of the signature that is believed.
const OWNER: &str = "owner";

/// Core, with the limits and the schemes of a profile, at a time.
#[derive(Clone, Copy)]
pub(super) struct Engine {
    pub(super) profile: Profile,
    pub(super) now: Time,
}

/// What core says of a layout that its owner has signed.
pub(super) struct Answer {
    /// Why it would be refused, whatever the evidence.
    pub(super) refusal: Option<Error>,
    pub(super) warnings: Vec<Code>,
    /// What core reads; `None` where it cannot be read.
    pub(super) value: Option<Value>,
}

impl Engine {
    /// Asks about a document, with these values for its parameters. Who has signed it does not matter.
    pub(super) fn ask(
        &self,
        document: Document,
        parameters: &[sitrep_core::Parameter<'_>],
    ) -> Result<Answer, PackError> {
        let signature = Signature::bare(Some(OWNER.into()), vec![0]);
        let mut packer = Packer::new();
        packer.add("root.layout", document.with_signatures(vec![signature]));
        let bytes = packer.finish(self.limits().profile)?;
        let mut path = vec![0; self.limits().path];
        let bundle = match Bundle::open_for(self.limits().features, &bytes, &mut path) {
            Ok(bundle) => bundle,
            Err(error) => return Ok(Answer { refusal: Some(error), warnings: Vec::new(), value: None }),
        };
        let value = bundle.envelope(0).and_then(|envelope| view::value(&envelope)).ok();
        let (refusal, warnings) = self.verify(&bundle, parameters);
        Ok(Answer { refusal, warnings, value })
    }

    /// Asks about a layout that is put together from parts.
    pub(super) fn refusal(&self, layout: &Value) -> Option<Code> {
        let document = Document::unsigned(layout.to_string().as_bytes()).ok()?;
        self.ask(document, &[]).ok()?.refusal.map(|error| error.code())
    }

    fn verify(&self, bundle: &Bundle<'_>, parameters: &[sitrep_core::Parameter<'_>]) -> (Option<Error>, Vec<Code>) {
        let key = PublicKey { keytype: Str::new(""), scheme: Str::new(""), public: Str::new("").into() };
        let owners = [OwnerKey { key, ids: Items::new(&[OWNER]) }];
        // Inspections are part of the evidence, which there is none of here.
        let trust = Trust { inspections: Inspections::Skip, ..Trust::new(&owners, 1) };
        let (trust, clock, schemes) = (&trust, &FixedClock(self.now), &Believing(self.schemes()));
        let request = Request { bundle, trust, clock, schemes, executor: &Sequential, parameters };
        let (result, warnings) = match self.profile {
            Profile::Host => {
                let mut memory = Box::new(HostMemory::new());
                let outcome = verify(&request, &mut memory, &mut ());
                (outcome.result(), outcome.warnings().kept().to_vec())
            }
            Profile::Device => {
                let mut memory = Box::new(DeviceMemory::new());
                let outcome = verify(&request, &mut memory, &mut ());
                (outcome.result(), outcome.warnings().kept().to_vec())
            }
            Profile::Boot => {
                let mut memory = Box::new(BootMemory::new());
                let outcome = verify(&request, &mut memory, &mut ());
                (outcome.result(), outcome.warnings().kept().to_vec())
            }
        };
        // What comes after the layout is about evidence.
        let is_about_layout = |error: &Error| {
            matches!(error.code().class(), Class::Bundle | Class::Limit | Class::Layout)
                || error.code() == Code::LayoutExpired
        };
        (result.err().filter(is_about_layout), warnings.iter().map(Error::code).collect())
    }

    pub(super) const fn limits(&self) -> limits::Limits {
        self.profile.limits()
    }

    fn schemes(&self) -> &'static dyn Schemes {
        match self.profile {
            Profile::Host => &HostSchemes,
            Profile::Device | Profile::Boot => &Ed25519,
        }
    }
}

/// Schemes that believe every signature, once the signed bytes have been rebuilt. There is only the layout's own.
struct Believing<'s>(&'s dyn Schemes);

impl Schemes for Believing<'_> {
    fn verify(&self, _key: &PublicKey<'_>, _signature: &[u8], message: &mut dyn Message) -> Result<(), SignatureError> {
        Ok(message.write(&mut |_| {})?)
    }

    fn can_check(&self, key: &PublicKey<'_>) -> bool {
        self.0.can_check(key)
    }

    fn same_key(&self, one: &PublicKey<'_>, other: &PublicKey<'_>) -> bool {
        self.0.same_key(one, other)
    }
}
