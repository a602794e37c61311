//! The verifier's memory inside of the context: lent for one verification, and of no meaning between two.

use core::mem::MaybeUninit;

use sitrep_core::limits::Limits;

#[cfg(feature = "host")]
pub(crate) use sitrep_core::HostMemory as ProfileMemory;
/// The limits of this build.
#[cfg(feature = "host")]
pub(crate) const LIMITS: Limits = sitrep_core::limits::HOST;
#[cfg(not(feature = "host"))]
pub(crate) use sitrep_core::DeviceMemory as ProfileMemory;
/// The limits of this build.
#[cfg(not(feature = "host"))]
pub(crate) const LIMITS: Limits = sitrep_core::limits::DEVICE;

/// Where the verifier's memory goes. It may hold anything.
pub(crate) struct Room(MaybeUninit<ProfileMemory<'static>>);

impl Room {
    /// Empty memory, for a verification of whatever lives for `'b`.
    #[inline]
    #[allow(
        unsafe_code,
        reason = "what was borrowed is named by a lifetime of each verification, and a context by none"
    )]
    pub(crate) fn memory<'r, 'b>(&'r mut self) -> &'r mut ProfileMemory<'b> {
        let place = (&raw mut self.0).cast::<MaybeUninit<ProfileMemory<'b>>>();
        // SAFETY: types that differ in lifetimes alone have one layout; nothing is taken to be initialised, whatever lies there, and nobody else
        // sees the place while it is borrowed. What is written refers to nothing after `'b`, and nobody reads it again: the next call writes anew.
        unsafe { &mut *place }.write(ProfileMemory::new())
    }
}
