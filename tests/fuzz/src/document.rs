//! Signed documents on their way through the command line: parsed, packed, rebuilt, unpacked.

use sitrep_core::bundle::Bundle;
use sitrep_core::{Class, limits};
use sitrep_metadata::bundle::pack::{PackError, Packer};
use sitrep_metadata::bundle::unpack::{UnpackError, envelopes};
use sitrep_metadata::envelope::document::Document;

use crate::rebuild;

/// The bundle of a document; `None` where there is too much in it.
fn packed(document: &Document) -> Option<Vec<u8>> {
    let mut packer = Packer::new();
    packer.add("a file", document.clone());
    match packer.finish(0) {
        Ok(bundle) => Some(bundle),
        Err(PackError::PathTooLong(_) | PackError::TooManyShapes(_)) => None,
        Err(error) => panic!("{error}"),
    }
}

/// Packs a document and gives the bytes that the bundle says were signed; `None` where a limit is in the way. What is unpacked from the bundle is
/// the same document again, and packs to the same bundle: that of a Metablock from the second time on, when its members are in canonical order.
#[must_use]
pub fn signed_bytes(document: &Document) -> Option<Vec<u8>> {
    let mut bytes = packed(document)?;
    let (signed, mut again) = unpacked(document, &bytes)?;
    if let (None, Some(ordered)) = (document.payload_type(), &again) {
        bytes = packed(ordered).expect("it was packed before");
        let (text, ordered) = unpacked(ordered, &bytes)?;
        assert_eq!(text, signed);
        again = ordered;
    }
    if let Some(again) = again {
        assert_eq!(packed(&again), Some(bytes));
    }
    Some(signed)
}

/// Opens the bundle of a document and looks at all that it says. Gives the bytes that were signed and, where its name is that of a file, the document that
/// is unpacked.
fn unpacked(document: &Document, bytes: &[u8]) -> Option<(Vec<u8>, Option<Document>)> {
    let mut path = vec![0; limits::HOST.path];
    let bundle = match Bundle::open(bytes, &mut path) {
        Ok(bundle) => bundle,
        Err(error) if error.code().class() == Class::Limit => return None,
        Err(error) => panic!("what was packed cannot be opened: {error}"),
    };
    let envelope = bundle.envelope(0).expect("it was packed");
    let signed = match rebuild::signed_bytes(&bundle, &envelope) {
        Ok(signed) => signed,
        Err(error) if error.code().class() == Class::Limit => return None,
        Err(error) => panic!("what was packed cannot be rebuilt: {error}"),
    };
    rebuild::check(&bundle, &envelope);

    let unpacked = match envelopes(&bundle) {
        Ok(unpacked) => unpacked,
        Err(error @ (UnpackError::Bundle(_) | UnpackError::NoName(_))) => panic!("cannot be unpacked: {error}"),
        // The names of links come from outside.
        Err(_) => return Some((signed, None)),
    };
    let again = Document::parse(&unpacked[0].json).expect("what was unpacked can be read");
    assert!(again.notes().is_empty());
    assert_eq!(again.signatures(), document.signatures());
    assert_eq!(again.payload_type(), document.payload_type());
    Some((signed, Some(again)))
}
