//! Gathers small writes into chunks that are worth hashing.

use crate::budget::TEXT;

/// Where the chunks go.
pub(crate) type Sink<'a> = dyn FnMut(&[u8]) + 'a;

/// A buffer in front of a sink.
pub(crate) struct Writer<'a> {
    chunk: &'a mut [u8],
    filled: usize,
    /// Bytes written so far.
    total: u32,
    overflow: bool,
    /// How many bytes may be written, and how many might be if there were nothing else to do for it.
    limit: u32,
    most: u32,
    sink: &'a mut Sink<'a>,
}

impl<'a> Writer<'a> {
    pub(crate) fn new(chunk: &'a mut [u8], sink: &'a mut Sink<'a>) -> Self {
        Self { chunk, filled: 0, total: 0, overflow: false, limit: u32::MAX, most: u32::MAX, sink }
    }

    /// As [`Self::new`], for a text that should not become longer than `limit`.
    pub(crate) fn with_limit(chunk: &'a mut [u8], limit: u32, sink: &'a mut Sink<'a>) -> Self {
        Self { limit, most: limit, ..Self::new(chunk, sink) }
    }

    #[inline]
    pub(crate) fn write(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        let end = self.filled.saturating_add(bytes.len());
        if let Some(room) = self.chunk.get_mut(self.filled..end) {
            room.copy_from_slice(bytes);
            self.filled = end;
        } else {
            self.write_through(bytes);
        }
    }

    fn write_through(&mut self, bytes: &[u8]) {
        self.flush();
        match self.chunk.get_mut(..bytes.len()) {
            Some(room) => {
                room.copy_from_slice(bytes);
                self.filled = bytes.len();
            }
            None => (self.sink)(bytes),
        }
    }

    /// Writes the lower-case hexadecimal digits of `bytes`.
    #[inline]
    pub(crate) fn write_hex(&mut self, bytes: &[u8]) {
        for part in bytes.chunks(32) {
            let length = part.len().saturating_mul(2);
            let end = self.filled.saturating_add(length);
            if let Some(room) = self.chunk.get_mut(self.filled..end) {
                crate::hex::encode(part, room);
                self.count(length);
                self.filled = end;
            } else {
                let mut digits = [0; 64];
                let length = crate::hex::encode(part, &mut digits);
                self.write(digits.get(..length).unwrap_or(&[]));
            }
        }
    }

    #[inline]
    fn count(&mut self, length: usize) {
        match u32::try_from(length).ok().and_then(|length| self.total.checked_add(length)) {
            Some(total) => self.total = total,
            None => self.overflow = true,
        }
    }

    pub(crate) fn flush(&mut self) {
        if let Some(filled) = self.chunk.get(..self.filled) {
            (self.sink)(filled);
        }
        self.filled = 0;
    }

    /// Counts work that takes longer than the text which comes of it: so much less may be written.
    #[inline]
    pub(crate) fn charge(&mut self, units: u32) {
        match self.limit.checked_sub(units / TEXT) {
            Some(limit) => self.limit = limit,
            None => self.overflow = true,
        }
    }

    /// What the text took so far, in bytes that could have been written.
    pub(crate) const fn spent(&self) -> u32 {
        self.total.saturating_add(self.most.saturating_sub(self.limit))
    }

    /// Is the text longer than its limit, or has it taken as long as a longer one? Whoever writes in a loop must ask.
    #[inline]
    pub(crate) const fn is_over(&self) -> bool {
        self.overflow || self.total > self.limit
    }

    /// How many bytes were written; `None` above 4 GiB.
    pub(crate) const fn total(&self) -> Option<u32> {
        if self.overflow { None } else { Some(self.total) }
    }
}
