//! What the calls return: two numbers that say good things, sitrep's stable codes, and what is wrong with a call.

use sitrep_core::{Code, Error};

/// What every call returns: `SITREP_CONTINUE`, `SITREP_VERIFIED`, or why not.
#[allow(non_camel_case_types, reason = "a name in C")]
pub type sitrep_result = i32;

/// The call did its work, and nothing is said about the artifact yet.
pub const CONTINUE: sitrep_result = 0x2b5c_63a9;

/// The artifact is what the supply chain produced. Only `sitrep_finish` returns it, once. All its bits but the sign differ from
/// [`CONTINUE`]'s, and many from 0, 1, -1 and every code: no register that was cleared, and no flipped bit, says it.
pub const VERIFIED: sitrep_result = CONTINUE ^ i32::MAX;

macro_rules! calls {
    ($($number:literal $variant:ident $name:literal $message:literal $hint:literal;)*) => {
        /// What is wrong with a call. Numbers from 2000 are not among [`Code`]'s.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Call {
            $(#[doc = concat!($message, " (`", $name, "`).")] $variant = $number,)*
        }

        impl Call {
            /// Every one, by number.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stable number.
            #[must_use]
            pub const fn number(self) -> sitrep_result {
                self as sitrep_result
            }

            /// The stable name, in kebab case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What is wrong, in one line.
            #[must_use]
            pub const fn message(self) -> &'static str {
                match self { $(Self::$variant => $message,)* }
            }

            /// What to do about it, in one line.
            #[must_use]
            pub const fn hint(self) -> &'static str {
                match self { $(Self::$variant => $hint,)* }
            }
        }
    };
}

calls! {
    2000 Context "call-context" "the context is NULL, misaligned, too small, or was never begun" "give a sitrep_context and sizeof of it, and call sitrep_begin first";
    2001 Argument "call-argument" "an argument is NULL, wraps around the end of memory, or is no text of a length that can be" "see what the header says of the argument";
    2002 Order "call-order" "the call does not fit those before it" "begin, update as often as needed, finish once";
    2003 Overlap "call-overlap" "memory that is written overlaps other memory of the call" "give buffers of their own";
    2004 Buffer "call-buffer" "the buffer is too small" "give a larger one";
    2005 Request "call-request" "it is not the request that the verification began with" "give the same bytes and numbers again";
    2006 End "call-end" "there is no finding of that number" "nothing: that was the last one";
}

/// Why a verification ended: its own reason, or a call that was wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    Error(Error),
    Call(Call),
}

impl Refusal {
    pub(crate) const fn number(self) -> sitrep_result {
        match self {
            Self::Error(error) => error.code().number() as sitrep_result,
            Self::Call(call) => call.number(),
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Error(error)
    }
}

impl From<Call> for Refusal {
    fn from(call: Call) -> Self {
        Self::Call(call)
    }
}

/// Texts of every code and call one after the other, each with the NUL that C wants at its end.
macro_rules! texts {
    ($of:ident, $name:ident, $continue:literal, $verified:literal, $unknown:literal) => {
        static $name: [u8; {
            let mut length = $continue.len() + $verified.len() + $unknown.len() + 3;
            let mut number = 0;
            while number < Code::ALL.len() {
                length += Code::ALL[number].$of().len() + 1;
                number += 1;
            }
            number = 0;
            while number < Call::ALL.len() {
                length += Call::ALL[number].$of().len() + 1;
                number += 1;
            }
            length
        }] = {
            let mut bytes = [0; _];
            let mut at = put(&mut bytes, 0, $continue);
            at = put(&mut bytes, at, $verified);
            at = put(&mut bytes, at, $unknown);
            let mut number = 0;
            while number < Code::ALL.len() {
                at = put(&mut bytes, at, Code::ALL[number].$of());
                number += 1;
            }
            number = 0;
            while number < Call::ALL.len() {
                at = put(&mut bytes, at, Call::ALL[number].$of());
                number += 1;
            }
            bytes
        };
    };
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler alone")]
const fn put(bytes: &mut [u8], mut at: usize, text: &str) -> usize {
    let mut index = 0;
    while index < text.len() {
        bytes[at] = text.as_bytes()[index];
        at += 1;
        index += 1;
    }
    at + 1
}

#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler alone")]
mod tables {
    use super::{Call, Code, put};

    texts!(name, NAMES, "continue", "verified", "unknown-code");
    texts!(
        message,
        MESSAGES,
        "nothing is wrong so far",
        "the artifact is what the supply chain produced",
        "this is none of sitrep's results"
    );
    texts!(hint, HINTS, "go on", "it may be used", "use the header that belongs to the library");

    /// The name of a result, with a NUL at its end.
    pub(crate) fn name(result: i32) -> &'static [u8] {
        super::text(&NAMES, result)
    }

    /// What it means, in one line.
    pub(crate) fn message(result: i32) -> &'static [u8] {
        super::text(&MESSAGES, result)
    }

    /// What to do about it, in one line.
    pub(crate) fn hint(result: i32) -> &'static [u8] {
        super::text(&HINTS, result)
    }
}
pub(crate) use tables::{hint, message, name};

fn text(table: &'static [u8], result: sitrep_result) -> &'static [u8] {
    let codes = Code::ALL.iter().map(|code| sitrep_result::from(code.number().cast_signed()));
    let mut all = codes.chain(Call::ALL.iter().map(|call| call.number()));
    let rank = match result {
        CONTINUE => 0,
        VERIFIED => 1,
        _ => all.position(|number| number == result).map_or(2, |rank| rank.saturating_add(3)),
    };
    table.split_inclusive(|byte| *byte == 0).nth(rank).unwrap_or(b"\0")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_result_has_its_texts() {
        for code in Code::ALL {
            let number = sitrep_result::from(code.number().cast_signed());
            assert_eq!(name(number), [code.name().as_bytes(), b"\0"].concat());
            assert_eq!(message(number), [code.message().as_bytes(), b"\0"].concat());
            assert_eq!(hint(number), [code.hint().as_bytes(), b"\0"].concat());
        }
        for call in Call::ALL {
            assert_eq!(name(call.number()), [call.name().as_bytes(), b"\0"].concat());
            assert_eq!(hint(call.number()), [call.hint().as_bytes(), b"\0"].concat());
        }
        assert_eq!((name(CONTINUE), name(VERIFIED)), (&b"continue\0"[..], &b"verified\0"[..]));
        for unknown in [0, 1, -1, i32::MIN, i32::MAX, 99, 1999, 2007] {
            assert_eq!(name(unknown), b"unknown-code\0");
        }
    }

    /// How many bits a fault has to flip.
    #[test]
    fn good_news_are_far_from_everything() {
        let codes = Code::ALL.iter().map(|code| sitrep_result::from(code.number().cast_signed()));
        let others = codes.chain(Call::ALL.iter().map(|call| call.number())).chain([0, 1, -1]);
        for other in others {
            assert!((other ^ VERIFIED).count_ones() >= 8, "{other}");
            assert!((other ^ CONTINUE).count_ones() >= 8, "{other}");
        }
        assert_eq!((CONTINUE ^ VERIFIED).count_ones(), 31);
    }

    #[test]
    fn codes_of_calls_are_not_codes_of_verifications() {
        assert!(Code::ALL.iter().all(|code| code.number() < 2000));
    }
}
