//! Reading an object's members by name, in whatever order they stand.

use crate::bundle::{Reader, Str};
use crate::error::Result;

/// What is found in an object: its `_type`, and where the values of the named members start.
pub(crate) struct Members<'b, const N: usize> {
    pub(crate) kind: Option<Str<'b>>,
    pub(crate) offsets: [Option<u32>; N],
}

/// Reads the object that `reader` stands before; `None` where it is no object. No name stands in it twice: the emitter refuses
/// such a payload.
pub(crate) fn members<'b, const N: usize>(reader: &mut Reader<'b>, names: [&str; N]) -> Result<Option<Members<'b, N>>> {
    let mut found = Members { kind: None, offsets: [None; N] };
    Ok(scan(reader, &names, &mut found.kind, &mut found.offsets)?.then_some(found))
}

/// Apart from the arrays' lengths, so that it is compiled once.
#[inline(never)]
fn scan<'b>(
    reader: &mut Reader<'b>,
    names: &[&str],
    kind: &mut Option<Str<'b>>,
    offsets: &mut [Option<u32>],
) -> Result<bool> {
    if !reader.object()? {
        return Ok(false);
    }
    while let Some(key) = reader.key()? {
        // Templates spell the type out, so it has no place of its own to come back to.
        if key.is("_type") {
            *kind = reader.text()?;
            continue;
        }
        if let Some((_, offset)) = names.iter().zip(offsets.iter_mut()).find(|(name, _)| key.is(name)) {
            *offset = Some(reader.offset());
        }
        reader.skip()?;
    }
    Ok(true)
}
