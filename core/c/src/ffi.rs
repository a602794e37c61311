//! What C calls, and nothing else: `include/sitrep.h` is made from this file, and its comments are the header's.
//!
//! Every function takes what it is given for wrong until it has looked at it. What it cannot see is on the caller: that a pointer and a size, or
//! the type behind a pointer, mean memory that exists; and that during the call nobody else writes there, or uses the context.
#![allow(unsafe_code, reason = "pointers from C")]
#![allow(non_camel_case_types, reason = "names in C")]
#![allow(clippy::missing_safety_doc, reason = "it is the same for all, and stands above")]

use core::ffi::{c_char, c_void};
use core::ptr::NonNull;
use core::{slice, str};

use sitrep_core::{Device, Time};

use crate::account::TEXT_SIZE;
use crate::context::{Context, SEAL, State};
use crate::examine::Inputs;
use crate::result::{self, CONTINUE, Call, sitrep_result};
use crate::room::LIMITS;

/// Bytes of a `sitrep_context` for the profile `host`.
#[cfg(target_pointer_width = "64")]
pub const SITREP_CONTEXT_SIZE_HOST: usize = 139_264;
/// Bytes of a `sitrep_context` for the profile `host`.
#[cfg(target_pointer_width = "32")]
pub const SITREP_CONTEXT_SIZE_HOST: usize = 122_880;
/// Bytes of a `sitrep_context` for the profile `device`.
#[cfg(target_pointer_width = "64")]
pub const SITREP_CONTEXT_SIZE_DEVICE: usize = 6_144;
/// Bytes of a `sitrep_context` for the profile `device`.
#[cfg(target_pointer_width = "32")]
pub const SITREP_CONTEXT_SIZE_DEVICE: usize = 5_120;

/// Bytes of a `sitrep_context` for the profile of this build.
#[cfg(feature = "host")]
pub const SITREP_CONTEXT_SIZE: usize = SITREP_CONTEXT_SIZE_HOST;
/// Bytes of a `sitrep_context` for the profile of this build.
#[cfg(not(feature = "host"))]
pub const SITREP_CONTEXT_SIZE: usize = SITREP_CONTEXT_SIZE_DEVICE;

/// The alignment in bytes of a `sitrep_context`, for memory that is not declared as one.
pub const SITREP_CONTEXT_ALIGN: usize = 16;

/// The same in words of 64 bits.
pub const SITREP_CONTEXT_WORDS: usize = SITREP_CONTEXT_SIZE / 8;

/// Bytes of a finding's text, with its NUL.
pub const SITREP_TEXT_SIZE: usize = 256;

const _: () = {
    assert!(SITREP_TEXT_SIZE == TEXT_SIZE);
    assert!(size_of::<Context>() <= SITREP_CONTEXT_SIZE && size_of::<sitrep_context>() == SITREP_CONTEXT_SIZE);
    // No more than a fifth is for later versions.
    assert!(size_of::<Context>() >= SITREP_CONTEXT_SIZE / 5 * 4);
    assert!(align_of::<Context>() <= align_of::<sitrep_context>());
    assert!(align_of::<sitrep_context>() == SITREP_CONTEXT_ALIGN);
};

/// The memory of one artifact's verification. It needs no initialisation, belongs to one thread at a time (only the `get` calls may be made by several at once), and holds no pointer between two
/// calls: it may be moved and copied, and each copy answers for the bytes that it was given.
#[repr(C, align(16))]
pub struct sitrep_context {
    /// Not for you.
    opaque: [u64; SITREP_CONTEXT_WORDS],
}

/// What is to be verified, and what is believed. Set all of it to 0 first (`= {0}`): 0 and NULL mean unknown or none.
/// Nothing in it is kept when a call returns.
#[repr(C)]
pub struct sitrep_request {
    /// The trust policy, compiled (`sitrep trust compile`) or, in the profile `host`, JSON. Whoever can change it decides.
    pub trust_policy: *const c_void,
    /// Its size in bytes. In the profile `device` the policy may lie at the start of a longer page.
    pub trust_policy_size: usize,
    /// The bundle that `sitrep pack` wrote. Not trusted.
    pub bundle: *const c_void,
    /// Its size in bytes.
    pub bundle_size: usize,
    /// The artifact's name in the supply chain, UTF-8 and NUL at its end; NULL where the trust policy says it, as it should. Another name than the
    /// trust policy's is refused; where that holds `{slot}`, give the name with `a` or `b` in its place.
    pub artifact: *const c_char,
    /// The artifact's size in bytes, where it is known before: Git's object ids cannot be compared without. 0 is unknown.
    pub artifact_size: u64,
    /// The present time in seconds since 1970. 0 is unknown: expiry is then checked against the earliest times alone, and a warning says so.
    pub now: u64,
    /// It is certainly later than this, in seconds since 1970: a clock's floor that you keep. The later one of this and the trust policy's counts.
    pub earliest_time: u64,
    /// The security version that must at least be attested: a rollback counter that you keep. The higher one of this and the trust policy's counts.
    pub security_version: u32,
    /// What this machine is: a product's identifier, and its hardware's, each UTF-8 and NUL at its end. Where they are given, the artifact's security
    /// version must be attested for them. Both or neither.
    pub product: *const c_char,
    /// The hardware's identifier.
    pub hardware: *const c_char,
}

/// What a finding is about.
#[repr(i32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum sitrep_finding_kind {
    /// Where a refusal comes from: the step. Without one, and of an artifact's refusal: the step that made the artifact.
    SITREP_WHERE_STEP = 1,
    /// The artifact rule: its list and its words.
    SITREP_WHERE_RULE = 2,
    /// The key id: an owner's, or that of a functionary.
    SITREP_WHERE_KEY = 3,
    /// The artifact's name in the supply chain.
    SITREP_WHERE_ARTIFACT = 4,
    /// The predicate type of the attestation that was demanded.
    SITREP_WHERE_ATTESTATION = 5,
    /// The key id of an owner who signed the layout.
    SITREP_SIGNED_BY = 6,
    /// The name of a step of the layout; who vouched for it follows.
    SITREP_STEP = 7,
    /// The key id of a functionary who vouched for the step before.
    SITREP_VOUCHED_BY = 8,
    /// What a person should know: `code` says it, and the text names the step, if it is about one.
    SITREP_WARNING = 9,
    /// There was more than a context has room for. Always the last.
    SITREP_CUT = 10,
}

/// One thing that a verification found out.
#[repr(C)]
pub struct sitrep_finding {
    /// A `sitrep_finding_kind`.
    pub kind: i32,
    /// The code of a warning; 0 for all others.
    pub code: sitrep_result,
    /// NUL at its end, and printable ASCII before: strangers choose names, so everything else is spelled out as `\xNN`. `...` at the
    /// end says that it was longer.
    pub text: [c_char; SITREP_TEXT_SIZE],
}

/// Begins a verification in `context`, whatever that holds: checks the whole supply chain, and that it has the artifact.
/// `context_size` is `sizeof *context`, so that a program and a library of different sizes are found out.
///
/// Returns `SITREP_CONTINUE`, or why not: then every later call gives the same answer, until the next `sitrep_begin`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_begin(
    context: *mut sitrep_context,
    context_size: usize,
    request: *const sitrep_request,
) -> sitrep_result {
    let place = context.cast::<Context>();
    if place.is_null() || !place.is_aligned() || context_size < size_of::<Context>() {
        return Call::Context.number();
    }
    // SAFETY: as the caller promises.
    let asked = unsafe { Asked::read(request, Span::of_value(place)) };
    // SAFETY: not NULL, aligned, and as large as the caller says; writing asks nothing of what lies there. The room stays as it is.
    let context = unsafe {
        (&raw mut (*place).state).write(State::refused(asked.as_ref().err().copied().unwrap_or(Call::Order)));
        (&raw mut (*place).seal).write(SEAL);
        &mut *place
    };
    match asked {
        // SAFETY: the context and what is asked for are apart; the rest is the caller's promise.
        Ok(asked) => context.state.begin(&unsafe { asked.inputs() }, &mut context.room),
        Err(call) => call.number(),
    }
}

/// Takes the artifact's next `size` bytes, in pieces of any size. It does not keep them.
///
/// Returns `SITREP_CONTINUE`, or why not: whatever goes wrong, a wrong call too, ends the verification for good.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_update(
    context: *mut sitrep_context,
    data: *const c_void,
    size: usize,
) -> sitrep_result {
    // SAFETY: as the caller promises.
    let Some(context) = (unsafe { begun(context).map(|place| &mut *place) }) else { return Call::Context.number() };
    match Span::of(data, size) {
        Ok(span) if span.meets(Span::of_value(context)) => context.state.refuse(Call::Overlap),
        // SAFETY: apart from the context; the rest is the caller's promise.
        Ok(span) => context.state.update(unsafe { span.bytes(data) }),
        Err(call) => context.state.refuse(call),
    }
}

/// Says whether the bytes were the artifact: `SITREP_VERIFIED`, or why not. It says yes once: what follows is refused until the next `sitrep_begin`.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_finish(context: *mut sitrep_context) -> sitrep_result {
    // SAFETY: as the caller promises.
    match unsafe { begun(context).map(|place| &mut *place) } {
        Some(context) => context.state.finish(),
        None => Call::Context.number(),
    }
}

/// Forgets the verification: every call but `sitrep_begin` is refused. Nothing has to be freed, so this is for memory that is used again.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_end(context: *mut sitrep_context) {
    // SAFETY: as the caller promises.
    if let Some(context) = unsafe { begun(context).map(|place| &mut *place) } {
        context.state = State::refused(Call::Order);
        context.seal = 0;
    }
}

/// Gives finding number `index`, from 0, of a verification that has begun, also of a refused one.
///
/// Returns `SITREP_CONTINUE`; `SITREP_CALL_END` behind the last; or what is wrong with the call. It changes nothing in the context.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_get_finding(
    context: *const sitrep_context,
    index: usize,
    finding: *mut sitrep_finding,
) -> sitrep_result {
    // SAFETY: as the caller promises; nobody writes to it.
    let Some(context) = (unsafe { begun(context.cast_mut()).map(|place| &*place) }) else {
        return Call::Context.number();
    };
    if finding.is_null() || !finding.is_aligned() {
        return Call::Argument.number();
    }
    if Span::of_value(finding).meets(Span::of_value(context)) {
        return Call::Overlap.number();
    }
    let mut out = sitrep_finding { kind: 0, code: 0, text: [0; SITREP_TEXT_SIZE] };
    let found = context.state.finding(index);
    if let Some(found) = found {
        out.kind = i32::from(found.kind);
        out.code = i32::from(found.code);
        // The last one stays the NUL.
        for (place, byte) in out.text.iter_mut().take(SITREP_TEXT_SIZE.saturating_sub(1)).zip(found.text) {
            // Printable ASCII.
            *place = *byte as c_char;
        }
    }
    // SAFETY: not NULL, aligned, and no part of the context; the rest is the caller's promise.
    unsafe { finding.write(out) };
    if found.is_some() { CONTINUE } else { Call::End.number() }
}

/// Gives what the supply chain says of the security of a verified artifact: the security version for your rollback counter, and a time that has
/// certainly passed, in seconds since 1970. 0 where it says nothing, or where neither the trust policy nor the request asks for a security
/// version or a product.
///
/// Returns `SITREP_CONTINUE` after `SITREP_VERIFIED`; before and otherwise what is wrong, and writes nothing.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_get_attested(
    context: *const sitrep_context,
    security_version: *mut u32,
    time: *mut u64,
) -> sitrep_result {
    // SAFETY: as the caller promises; nobody writes to it.
    let Some(context) = (unsafe { begun(context.cast_mut()).map(|place| &*place) }) else {
        return Call::Context.number();
    };
    if security_version.is_null() || !security_version.is_aligned() || time.is_null() || !time.is_aligned() {
        return Call::Argument.number();
    }
    let (own, version, seconds) = (Span::of_value(context), Span::of_value(security_version), Span::of_value(time));
    if version.meets(own) || seconds.meets(own) || version.meets(seconds) {
        return Call::Overlap.number();
    }
    match context.state.attested() {
        Ok(attested) => {
            // SAFETY: not NULL, aligned, and no part of the context or of each other; the rest is the caller's promise.
            unsafe {
                security_version.write(attested.security_version);
                time.write(attested.time.map_or(0, |time| time.0));
            }
            CONTINUE
        }
        Err(refusal) => refusal,
    }
}

/// Writes the verdict as JSON with a NUL at its end, as `sitrep verify --json` prints it, after `sitrep_finish` or a refusal. `request` must be that of
/// `sitrep_begin`, in all its bytes: the supply chain is verified again for it, as the context keeps none of it. `length`, where it is not
/// NULL, gets the number of bytes before the NUL. A chain of three steps takes about 3 KB. Names are JSON, not harmless for terminals.
///
/// Returns `SITREP_CONTINUE` whatever the verdict says, `SITREP_CALL_BUFFER` where the buffer is too small, `SITREP_CALL_ORDER` too early,
/// `SITREP_CALL_REQUEST` for another request. It does not change what later calls say.
#[must_use]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn sitrep_verdict_json(
    context: *mut sitrep_context,
    request: *const sitrep_request,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> sitrep_result {
    // SAFETY: as the caller promises.
    match unsafe { verdict_json(context, request, buffer.cast(), size, length) } {
        Ok(()) => CONTINUE,
        Err(call) => call.number(),
    }
}

/// # Safety
/// As everything that C calls.
unsafe fn verdict_json(
    context: *mut sitrep_context,
    request: *const sitrep_request,
    buffer: *mut c_char,
    size: usize,
    length: *mut usize,
) -> Result<(), Call> {
    // SAFETY: as the caller promises.
    let context = unsafe { begun(context).map(|place| &mut *place) }.ok_or(Call::Context)?;
    let own = Span::of_value(context);
    // SAFETY: as the caller promises.
    let asked = unsafe { Asked::read(request, own) }?;
    let text = Span::of(buffer.cast_const().cast(), size)?;
    let number = if length.is_null() { Span::EMPTY } else { Span::of_value(length) };
    if !length.is_aligned() {
        return Err(Call::Argument);
    }
    let meets = |span: Span| span.meets(own) || asked.spans().iter().any(|other| span.meets(*other));
    if meets(text) || meets(number) || text.meets(number) {
        return Err(Call::Overlap);
    }
    // SAFETY: apart from everything else; the rest is the caller's promise. Bytes that C has never written to are only written to.
    let bytes = unsafe {
        slice::from_raw_parts_mut(if size == 0 { NonNull::dangling().as_ptr() } else { buffer.cast::<u8>() }, size)
    };
    let (end, bytes) = bytes.split_last_mut().ok_or(Call::Buffer)?;
    // SAFETY: the context, which is written to, and what is asked for are apart; the rest is the caller's promise.
    let written = context.state.verdict_json(&unsafe { asked.inputs() }, &mut context.room, bytes);
    *end = 0;
    let used = written.unwrap_or(0);
    if let Some(place) = bytes.get_mut(used) {
        *place = 0;
    }
    if !length.is_null() {
        // SAFETY: aligned and apart; the rest is the caller's promise.
        unsafe { length.write(used) };
    }
    written.map(|_| ())
}

/// The stable name of a result, such as `rule-disallow`; `unknown-code` for what is none. It lives as long as the program, and so do the next two.
#[unsafe(no_mangle)]
pub extern "C" fn sitrep_code_name(code: sitrep_result) -> *const c_char {
    result::name(code).as_ptr().cast()
}

/// What a result means, in one line of English.
#[unsafe(no_mangle)]
pub extern "C" fn sitrep_code_message(code: sitrep_result) -> *const c_char {
    result::message(code).as_ptr().cast()
}

/// What to do about it, in one line of English.
#[unsafe(no_mangle)]
pub extern "C" fn sitrep_code_hint(code: sitrep_result) -> *const c_char {
    result::hint(code).as_ptr().cast()
}

/// The version of the library, such as `0.1.0`.
#[unsafe(no_mangle)]
pub extern "C" fn sitrep_version() -> *const c_char {
    concat!(env!("CARGO_PKG_VERSION"), "\0").as_ptr().cast()
}

/// How many bytes this library's `sitrep_context` takes: at most `SITREP_CONTEXT_SIZE` of its header.
#[unsafe(no_mangle)]
pub extern "C" fn sitrep_context_size() -> usize {
    size_of::<Context>()
}

/// A context in which a verification was begun, as this library wrote it. Two may look at it at a time, so it is not borrowed here.
///
/// # Safety
/// As everything that C calls.
unsafe fn begun(context: *mut sitrep_context) -> Option<*mut Context> {
    let place = context.cast::<Context>();
    // SAFETY: not NULL and aligned, and as large as the caller promises. Only where the seal is right has this library written the rest.
    let is_begun = !place.is_null() && place.is_aligned() && unsafe { (&raw const (*place).seal).read() } == SEAL;
    is_begun.then_some(place)
}

/// Memory, by the addresses of its first byte and of the byte behind it.
#[derive(Clone, Copy)]
struct Span {
    start: usize,
    end: usize,
}

impl Span {
    const EMPTY: Self = Self { start: 0, end: 0 };

    /// The memory that C means; nothing where `size` is 0, whatever the pointer.
    fn of(start: *const c_void, size: usize) -> Result<Self, Call> {
        if size == 0 {
            return Ok(Self::EMPTY);
        }
        let end = start.addr().checked_add(size).ok_or(Call::Argument)?;
        if start.is_null() || isize::try_from(size).is_err() {
            return Err(Call::Argument);
        }
        Ok(Self { start: start.addr(), end })
    }

    fn of_value<T>(value: *const T) -> Self {
        Self { start: value.addr(), end: value.addr().saturating_add(size_of::<T>()) }
    }

    const fn meets(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// The bytes, to which `start` points.
    ///
    /// # Safety
    /// As [`sitrep_begin`]; nothing writes there as long as the slice lives.
    unsafe fn bytes<'i>(self, start: *const c_void) -> &'i [u8] {
        match self.end.saturating_sub(self.start) {
            0 => &[],
            // SAFETY: not NULL, no larger than a slice may be, and it does not wrap, which `of` has seen to.
            size => unsafe { slice::from_raw_parts(start.cast(), size) },
        }
    }
}

/// A request whose pointers have been looked at.
struct Asked {
    request: sitrep_request,
    itself: Span,
    trust_policy: Span,
    bundle: Span,
    artifact: Span,
    product: Span,
    hardware: Span,
}

impl Asked {
    /// Copies the request out of C's memory. None of what it names touches `context`, which will be written to.
    ///
    /// # Safety
    /// As [`sitrep_begin`].
    unsafe fn read(request: *const sitrep_request, context: Span) -> Result<Self, Call> {
        if request.is_null() || !request.is_aligned() {
            return Err(Call::Argument);
        }
        let itself = Span::of_value(request);
        if itself.meets(context) {
            return Err(Call::Overlap);
        }
        // SAFETY: not NULL and aligned; any bytes are a request. The rest is the caller's promise.
        let request = unsafe { request.read() };
        if request.trust_policy.is_null() || request.bundle.is_null() {
            return Err(Call::Argument);
        }
        let asked = Self {
            itself,
            trust_policy: Span::of(request.trust_policy, request.trust_policy_size)?,
            bundle: Span::of(request.bundle, request.bundle_size)?,
            // SAFETY: as the caller promises.
            artifact: unsafe { text(request.artifact) }?,
            // SAFETY: as the caller promises.
            product: unsafe { text(request.product) }?,
            // SAFETY: as the caller promises.
            hardware: unsafe { text(request.hardware) }?,
            request,
        };
        if asked.request.product.is_null() != asked.request.hardware.is_null() {
            return Err(Call::Argument);
        }
        if asked.spans().iter().any(|span| span.meets(context)) { Err(Call::Overlap) } else { Ok(asked) }
    }

    const fn spans(&self) -> [Span; 6] {
        [self.itself, self.trust_policy, self.bundle, self.artifact, self.product, self.hardware]
    }

    /// Everything as slices.
    ///
    /// # Safety
    /// As [`sitrep_begin`]; nothing writes there as long as the slices live.
    unsafe fn inputs<'i>(&self) -> Inputs<'i> {
        let request = &self.request;
        let known = |number: u64| Some(number).filter(|number| *number != 0);
        // SAFETY: these are the spans of these pointers.
        let (trust_policy, bundle) =
            unsafe { (self.trust_policy.bytes(request.trust_policy), self.bundle.bytes(request.bundle)) };
        // That they are UTF-8 was seen when they were measured; should somebody have changed one since, it is none.
        let text = |span: Span, start: *const c_char| {
            // SAFETY: as above.
            str::from_utf8(unsafe { span.bytes(start.cast()) }).ok().filter(|text| !text.is_empty())
        };
        let device = (!request.product.is_null()).then(|| Device {
            product: text(self.product, request.product).unwrap_or_default(),
            hardware: text(self.hardware, request.hardware).unwrap_or_default(),
        });
        Inputs {
            trust_policy,
            bundle,
            artifact: text(self.artifact, request.artifact),
            device,
            artifact_size: known(request.artifact_size),
            now: known(request.now).map(Time),
            earliest_time: known(request.earliest_time).map(Time),
            security_version: request.security_version,
        }
    }
}

/// A text with a NUL at its end, which is not part of the span: UTF-8, not empty, and no longer than a path may be. NULL is none.
unsafe fn text(start: *const c_char) -> Result<Span, Call> {
    if start.is_null() {
        return Ok(Span::EMPTY);
    }
    for size in 0..=LIMITS.path {
        // SAFETY: no byte before this one was the NUL at the text's end.
        if unsafe { start.wrapping_add(size).read() } == 0 {
            let span = Span::of(start.cast(), size)?;
            // SAFETY: those bytes were just read.
            let is_text = str::from_utf8(unsafe { span.bytes(start.cast()) }).is_ok_and(|text| !text.is_empty());
            return if is_text { Ok(span) } else { Err(Call::Argument) };
        }
    }
    Err(Call::Argument)
}
