//! The memory that C gives, and what may be called when.

use core::mem::replace;

use serde::Serialize;
use sitrep_core::{ArtifactVerdict, Attested, Code, Comparison};

use crate::account::{Account, Finding};
use crate::examine::{Examined, Fingerprint, Inputs, examine};
use crate::result::{CONTINUE, Call, Refusal, VERIFIED, sitrep_result};
use crate::room::Room;

/// One artifact's verification, as it lies in the caller's memory. Between two calls it holds no pointer.
#[repr(C)]
pub(crate) struct Context {
    /// [`SEAL`] where the rest has been written. First, so that it can be read before anything else is believed.
    pub(crate) seal: u64,
    pub(crate) state: State,
    pub(crate) room: Room,
}

/// A context of this build. The other profile's, and another version's of another size, have another seal.
pub(crate) const SEAL: u64 = 0x9d3e_5174_0000_0000 ^ ((size_of::<Context>() as u64) << 8) ^ size_of::<State>() as u64;

/// What is known between two calls.
pub(crate) struct State {
    phase: Phase,
    /// Of the request that it began with.
    fingerprint: Fingerprint,
    account: Account,
}

/// What may come next.
#[allow(clippy::large_enum_variant, reason = "a context has room for the largest anyway")]
enum Phase {
    /// Bytes of the artifact, or its end.
    Streaming(Comparison, Attested),
    /// Nothing but questions.
    Verified(Attested),
    /// Nothing but questions: to every other call this is the answer. A verdict tells the chain's refusals from the artifact's.
    Refused { refusal: Refusal, of_artifact: bool },
}

impl Phase {
    fn refused(refusal: impl Into<Refusal>, of_artifact: bool) -> Self {
        Self::Refused { refusal: refusal.into(), of_artifact }
    }
}

impl State {
    /// Nothing has begun: every call but the first is refused.
    pub(crate) fn refused(call: Call) -> Self {
        Self { phase: Phase::refused(call, false), fingerprint: [0; 32], account: Account::EMPTY }
    }

    /// Verifies the chain, and gets ready for the artifact.
    pub(crate) fn begin(&mut self, inputs: &Inputs<'_>, room: &mut Room) -> sitrep_result {
        self.fingerprint = inputs.fingerprint();
        let account = &mut self.account;
        let phase = examine(inputs, room, |examined| tell(examined, account));
        self.phase = phase.unwrap_or_else(|error| Phase::refused(error, false));
        self.result()
    }

    /// Takes the artifact's next bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) -> sitrep_result {
        match &mut self.phase {
            Phase::Streaming(comparison, _) => comparison.update(bytes),
            Phase::Verified(_) => return self.refuse(Call::Order),
            Phase::Refused { .. } => {}
        }
        self.result()
    }

    /// The only way to [`VERIFIED`].
    pub(crate) fn finish(&mut self) -> sitrep_result {
        // Whatever happens on the way, it is refused.
        match replace(&mut self.phase, Phase::refused(Call::Order, false)) {
            Phase::Streaming(comparison, attested) => match comparison.finish() {
                Ok(()) => {
                    self.phase = Phase::Verified(attested);
                    return VERIFIED;
                }
                Err(error) => self.phase = Phase::refused(error, true),
            },
            Phase::Verified(_) => {}
            refused @ Phase::Refused { .. } => self.phase = refused,
        }
        self.result()
    }

    /// Ends it for good because of a wrong call; a refusal that was there before stays.
    pub(crate) fn refuse(&mut self, call: Call) -> sitrep_result {
        if !matches!(self.phase, Phase::Refused { .. }) {
            self.phase = Phase::refused(call, false);
        }
        self.result()
    }

    const fn result(&self) -> sitrep_result {
        match self.phase {
            Phase::Streaming(..) | Phase::Verified(_) => CONTINUE,
            Phase::Refused { refusal, .. } => refusal.number(),
        }
    }

    /// What the chain says of the artifact's security, once it is verified.
    pub(crate) const fn attested(&self) -> Result<Attested, sitrep_result> {
        match self.phase {
            Phase::Verified(attested) => Ok(attested),
            Phase::Streaming(..) => Err(Call::Order.number()),
            Phase::Refused { refusal, .. } => Err(refusal.number()),
        }
    }

    /// Finding `number`, from 0.
    pub(crate) fn finding(&self, number: usize) -> Option<Finding<'_>> {
        self.account.get(number)
    }

    /// Writes the verdict as JSON, for which the chain is verified again: nothing of it was kept. Returns how many bytes it took.
    ///
    /// # Errors
    /// [`Call::Order`] before the end; [`Call::Request`] for another request than that of the begin; [`Call::Buffer`].
    pub(crate) fn verdict_json(&self, inputs: &Inputs<'_>, room: &mut Room, buffer: &mut [u8]) -> Result<usize, Call> {
        let (refusal, artifact) = match self.phase {
            Phase::Streaming(..) => return Err(Call::Order),
            Phase::Verified(_) => (None, Some(Ok(()))),
            Phase::Refused { refusal: refusal @ Refusal::Error(error), of_artifact: true } => {
                (Some(refusal), Some(Err(error)))
            }
            Phase::Refused { refusal: refusal @ Refusal::Error(_), of_artifact: false } => (Some(refusal), None),
            Phase::Refused { refusal: Refusal::Call(call), .. } => return write_refusal(Refusal::Call(call), buffer),
        };
        if inputs.fingerprint() != self.fingerprint {
            return Err(Call::Request);
        }
        let written = examine(inputs, room, |examined| {
            let (name, product) = (examined.artifact, examined.product().ok());
            let artifact = artifact.map(|result| ArtifactVerdict { name, result, product });
            let verdict = examined.outcome.verdict().with_artifacts(artifact.as_slice());
            // It is the same verification, unless memory has changed under it.
            if verdict.error().map(Refusal::Error) != refusal {
                return Err(Call::Request);
            }
            verdict.write_json(buffer).ok_or(Call::Buffer)
        });
        written.unwrap_or_else(|error| write_refusal(error.into(), buffer))
    }
}

/// Keeps what a person wants to know.
#[inline(never)]
fn tell(examined: &Examined<'_, '_, '_>, account: &mut Account) -> Phase {
    let (bundle, outcome) = (examined.bundle, examined.outcome);
    let comparison = examined.comparison();
    match &comparison {
        // What is said of the product is also where a refusal of the artifact comes from.
        Ok((comparison, _)) => account.add_place(&comparison.refusal(Code::ArtifactDigest), bundle, outcome),
        Err(error) => account.add_place(error, bundle, outcome),
    }
    account.add_people(outcome);
    match comparison {
        Ok((comparison, attested)) => Phase::Streaming(comparison, attested),
        Err(error) => Phase::refused(error, outcome.result().is_ok()),
    }
}

/// The verdict where there is no more to say than why: its members are some of those that every verdict has.
#[inline(never)]
fn write_refusal(refusal: Refusal, buffer: &mut [u8]) -> Result<usize, Call> {
    #[derive(Serialize)]
    struct Verdict {
        verdict: &'static str,
        error: Reason,
    }
    #[derive(Serialize)]
    struct Reason {
        code: &'static str,
        number: sitrep_result,
        class: &'static str,
        message: &'static str,
        hint: &'static str,
    }
    let number = refusal.number();
    let error = match refusal {
        Refusal::Error(error) => {
            let code = error.code();
            Reason { code: code.name(), number, class: code.class().name(), message: code.message(), hint: code.hint() }
        }
        Refusal::Call(call) => {
            Reason { code: call.name(), number, class: "call", message: call.message(), hint: call.hint() }
        }
    };
    serde_json_core::to_slice(&Verdict { verdict: "refused", error }, buffer).map_err(|_| Call::Buffer)
}
