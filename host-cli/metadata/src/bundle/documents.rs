//! Turns a bundle back into documents, to be packed again: with what was observed since, or for another profile.

use sitrep_core::bundle::{Bundle, Envelope, Event, Kind, Number, Reader, Scratch};
use sitrep_core::error::{Code, Error};
use sitrep_core::limits::{CHUNK, HOST};

use super::pack::Packer;
use super::unpack::{UnpackError, file_name, length, push_escaping_controls};
use crate::budget::{Budget, DOCUMENTS, REBUILT, TEXT};
use crate::envelope::document::{Document, Signature};

/// Bytes that a value takes in memory, beside its text.
const VALUE: u64 = 16;
/// Bytes that an artifact takes in memory, beside its path.
const ARTIFACT: u64 = 48;

/// Reads the envelopes of a bundle as if their files had been read. Observations are left out.
///
/// # Errors
/// Where the bundle is damaged or expands to too much, or a file name is not usable.
pub fn packer(bundle: &Bundle<'_>) -> Result<Packer, UnpackError> {
    let length = length(bundle);
    let (mut documents, mut texts) = (DOCUMENTS.of(length), REBUILT.of(length));
    let mut packer = Packer::new();
    for envelope in bundle.envelopes() {
        let envelope = envelope.map_err(UnpackError::Bundle)?;
        if matches!(envelope.kind(), Kind::Observation) {
            continue;
        }
        // Before memory is taken for it.
        weigh(bundle, &envelope, &mut documents)?;
        let name = file_name(&envelope)?;
        documents.take(name.len() as u64)?;
        if let Kind::Dsse { payload_type, .. } = envelope.kind() {
            documents.take(payload_type.len() as u64)?;
        }
        let text = text(bundle, &envelope, &mut texts)?;
        let document = Document::of_payload(envelope.kind(), &text, signatures(&envelope, &mut documents)?)
            .map_err(|_| UnpackError::Bundle(Error::new(Code::BundleEnvelope)))?;
        match envelope.step() {
            Some(step) => {
                documents.take(step.len() as u64)?;
                packer.add_sublayout(envelope.parent(), &step.to_string(), &name, document)
            }
            None => packer.add_to(envelope.parent(), &name, document),
        };
    }
    Ok(packer)
}

/// Takes from the budget what the payload's document will take in memory.
fn weigh<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, budget: &mut Budget) -> Result<(), UnpackError> {
    let damaged = UnpackError::Bundle;
    let mut reader = Reader::of(envelope);
    while let Some(event) = reader.next_event().map_err(damaged)? {
        match event {
            Event::End => {}
            Event::Text(text) | Event::Key(text) => budget.take(VALUE + text.len() as u64)?,
            Event::Number(Number::Text(text)) => budget.take(VALUE + text.len() as u64)?,
            Event::Artifacts(mut runs) => {
                let mut path = vec![0; HOST.path];
                let mut cursor = bundle.paths(&mut path);
                while let Some(run) = runs.next_run().map_err(damaged)? {
                    for number in run.first..run.first.saturating_add(run.count) {
                        cursor.seek(number).map_err(damaged)?;
                        let mut digests = cursor.digests(run.variant).map_err(damaged)?;
                        let mut weight = ARTIFACT + cursor.path().len() as u64;
                        while let Some((_, digest)) = digests.next_digest().map_err(damaged)? {
                            weight += digest.len() as u64 / 2;
                        }
                        budget.take(weight)?;
                    }
                }
            }
            _ => budget.take(VALUE)?,
        }
    }
    Ok(budget.take(16 * u64::from(envelope.patch_count()))?)
}

/// The payload's text, as JSON.
fn text<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, texts: &mut Budget) -> Result<Vec<u8>, UnpackError> {
    let (mut path, mut chunk) = (vec![0; HOST.path], [0; CHUNK]);
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let mut own = TEXT.of(length(bundle));
    let most = own.left().min(texts.left());
    let is_canonical = !matches!(envelope.kind(), Kind::Dsse { .. });
    let mut text = Vec::new();
    let mut rebuilt = 0;
    let mut sink = |bytes: &[u8]| {
        rebuilt += bytes.len() as u64;
        if is_canonical {
            push_escaping_controls(&mut |part| text.extend_from_slice(part), bytes);
        } else {
            text.extend_from_slice(bytes);
        }
    };
    let result = envelope.payload_within(bundle, &mut scratch, u32::try_from(most).unwrap_or(u32::MAX), &mut sink);
    // The last piece of a text that is too long was not handed over.
    let whole = rebuilt + if result.is_err() { CHUNK as u64 } else { 0 };
    let room = own.take(whole).and_then(|()| texts.take(whole));
    result.map_err(|error| match room {
        Err(exhausted) if error.code() == Code::LimitText => UnpackError::Expands(exhausted),
        _ => UnpackError::Bundle(error),
    })?;
    room?;
    Ok(text)
}

fn signatures(envelope: &Envelope<'_>, budget: &mut Budget) -> Result<Vec<Signature>, UnpackError> {
    let signatures = envelope.signatures().map(|signature| {
        let keyid = signature.keyid.map_or(0, |keyid| keyid.len());
        budget.take(VALUE + (keyid + signature.bytes.len()) as u64)?;
        Ok(Signature {
            keyid: signature.keyid.map(|keyid| keyid.to_string()),
            bytes: signature.bytes.to_vec(),
            is_openpgp: signature.is_openpgp,
        })
    });
    signatures.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle::unpack::envelopes;

    const LAYOUT: &str = r#"{"signatures":[{"keyid":"aa","sig":"0011"},{"keyid":"b\"b\n","sig":"22"},{"keyid":"","sig":"33"}],"signed":{"_type":"layout"}}"#;
    const LINK: &str = r#"{"signatures":[{"keyid":"0123456789","sig":"00"}],"signed":{"_type":"link","materials":{"b":{"sha256":"00000000000000000000000000000000000000000000000000000000000000aa"},"a":{"md5":"00"}},"name":"s","x":"\u000a\"\\"}}"#;
    /// ` { "a" : [1, 2.0,-0 ,"\u0061\/é"]}` in base64.
    const DSSE: &str = r#"{"payload":"IHsgImEiIDogWzEsIDIuMCwtMCAsIlx1MDA2MVwvw6kiXX0=","payloadType":"t","signatures":[{"sig":"AAE="},{"keyid":"k","sig":"/w=="}]}"#;

    /// What is packed again says the same, and is the same as what goes through files.
    #[test]
    fn documents_are_those_of_the_files() {
        let document = |json: &str| Document::parse(json.as_bytes()).unwrap();
        let mut first = Packer::new();
        first.add("root.layout", document(LAYOUT));
        let sublayout = first.add_sublayout(0, "t", "t.aa.link", document(LAYOUT));
        first.add_to(sublayout, "s.01234567.link", document(LINK));
        first.add("x.intoto.jsonl", document(DSSE));
        let bytes = first.finish(0).unwrap();
        let bundle = Bundle::open(&bytes, &mut [0; 4096]).unwrap();
        assert_eq!(packer(&bundle).unwrap().finish(0).unwrap(), bytes);
        let mut by_files = Packer::new();
        for envelope in envelopes(&bundle).unwrap() {
            let document = Document::parse(&envelope.json).unwrap();
            match &envelope.step {
                Some(step) => by_files.add_sublayout(envelope.parent, step, &envelope.name, document),
                None => by_files.add_to(envelope.parent, &envelope.name, document),
            };
        }
        assert_eq!(by_files.finish(0).unwrap(), bytes);
    }
}
