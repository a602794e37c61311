//! Reading an object's members by name, in whatever order they stand.

use crate::bundle::{Name, Reader, Str};
use crate::error::{Code, Result};
use crate::wire::Offset;

/// What is found in an object: its `_type`, and where the values of the named members start.
pub(crate) struct Members<'b, const N: usize> {
    pub(crate) kind: Option<Str<'b>>,
    pub(crate) offsets: [Option<Offset>; N],
}

impl<'b, const N: usize> Members<'b, N> {
    pub(crate) const NONE: Self = Self { kind: None, offsets: [None; N] };

    /// Reads the object that `reader` stands before; refuses anything else with `code`. No name stands in it twice: the emitter refuses
    /// such a payload. In place, as a device would copy a returned value.
    pub(crate) fn read(&mut self, reader: &mut Reader<'b>, names: &[Name; N], code: Code) -> Result<()> {
        scan(reader, names, &mut self.kind, &mut self.offsets, code)
    }
}

/// Apart from the arrays' lengths, so that it is compiled once.
#[inline(never)]
fn scan<'b>(
    reader: &mut Reader<'b>,
    names: &[Name],
    kind: &mut Option<Str<'b>>,
    offsets: &mut [Option<Offset>],
    code: Code,
) -> Result<()> {
    reader.object_or(code)?;
    while let Some(key) = reader.key()? {
        // Templates spell the type out, so it has no place of its own to come back to.
        if key.is("_type") {
            *kind = reader.text()?;
            continue;
        }
        if let Some((_, offset)) = names.iter().zip(offsets.iter_mut()).find(|(name, _)| key.is(name.text())) {
            *offset = Offset::new(reader.offset());
        }
        reader.skip()?;
    }
    Ok(())
}
