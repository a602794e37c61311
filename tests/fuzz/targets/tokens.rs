//! Well-formed bundles around any tokens ([`sitrep_fuzz::tokens`]): the text that is rebuilt is the one that a reference writer makes of the value that the
//! tokens stand for, in every style and with every patch; and it is refused only for the reasons that BUNDLE.md names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitrep_core::bundle::{Bundle, Kind, Style};
use sitrep_core::limits::{CHUNK, HOST, NESTING};
use sitrep_core::{Class, Code};
use sitrep_fuzz::json::Json;
use sitrep_fuzz::rebuild;
use sitrep_fuzz::text::{Lexical, canonical, joined, styled};
use sitrep_fuzz::tokens::{Drawn, DrawnPatch, Written};

fuzz_target!(|drawn: Drawn| check(&drawn));

fn check(drawn: &Drawn) {
    let Written { mut parts, value, has_path_twice, has_empty_map, has_descriptors, .. } = drawn.write();
    let depth = value.depth() + usize::from(has_empty_map);
    let bytes = parts.write();
    let mut path = vec![0; HOST.path];
    let bundle = match Bundle::open(&bytes, &mut path) {
        Ok(bundle) => bundle,
        Err(error) => {
            // Styles that are none.
            let bad_style = drawn.style.is_some_and(|(byte, _)| byte & 7 > 5 || byte >> 5 & 3 == 3);
            assert!(bad_style && matches!(error.code(), Code::BundleEnvelope), "{error:?} {drawn:?}");
            return;
        }
    };
    let envelope = bundle.envelope(0).unwrap();
    if depth <= NESTING {
        let decided = rebuild::value(&bundle, &envelope).expect("it is well-formed");
        assert!(value.says(&decided), "{value:?} is not {decided:?}");
    }
    let (style, expected) = match envelope.kind() {
        Kind::Dsse { style, .. } => (Some(style), patched(&value, &style, &drawn.patches, &mut parts)),
        _ => (None, canonical(&value)),
    };
    let bytes = parts.write();
    let mut path = vec![0; HOST.path];
    let bundle = Bundle::open(&bytes, &mut path).expect("only patches are new");
    let envelope = bundle.envelope(0).unwrap();
    let limit = rebuild::longest_text(bundle.section_lengths().iter().sum::<u32>() as usize);
    match rebuild::payload(&bundle, &envelope, CHUNK) {
        Ok(text) => {
            assert_eq!(String::from_utf8_lossy(&text), expected);
            assert!(!value.has_duplicate() && !has_path_twice && value.depth() <= NESTING);
            rebuild::check(&bundle, &envelope);
        }
        Err(error) => {
            let reason = match error.code() {
                Code::BundleDuplicate => value.has_duplicate() || has_path_twice,
                Code::LimitNesting => depth > NESTING,
                Code::BundleCanonical => {
                    let is_odd = value != value.sorted() || has_odd_number(&value) || value.has_duplicate();
                    style.is_none() && (is_odd || has_descriptors)
                }
                Code::LimitUnordered => descents(&value) > 8,
                // Members in no order are read again, as if the text were longer.
                Code::LimitText => expected.len() > limit || descents(&value) > 8,
                code => panic!("{code} ({:?}): {drawn:?}", code.class() == Class::Bundle),
            };
            assert!(reason, "{error:?} {drawn:?}");
        }
    }
}

/// The text in its style and with its patches, which are written into the envelope together with its length.
fn patched(value: &Json, style: &Style, drawn: &[DrawnPatch], parts: &mut sitrep_fuzz::parts::Parts) -> String {
    let mut tokens = styled(value, style);
    let mut patches: Vec<(usize, bool, String)> = Vec::new();
    for DrawnPatch { token, space } in drawn.iter().take(12) {
        let number = usize::from(*token) % tokens.len();
        let Lexical { space: own, inside, value } = &mut tokens[number];
        let is_string = space.is_none() && value.is_some();
        if patches.iter().any(|(other, kind, _)| (*other, *kind) == (number, is_string)) {
            continue;
        }
        let bytes = match (space, value) {
            (None, Some(value)) => {
                *inside = value.encode_utf16().map(|unit| format!("\\u{unit:04X}")).collect();
                inside.clone()
            }
            (space, _) => {
                let space = space.iter().flatten().take(8);
                *own = space.map(|byte| [' ', '\t', '\n', '\r'][usize::from(byte % 4)]).collect();
                own.clone()
            }
        };
        patches.push((number, is_string, bytes));
    }
    patches.sort();
    let text = joined(&tokens);
    if let Some(dsse) = &mut parts.envelopes[0].dsse {
        dsse.length = text.len() as u32;
        let mut last = 0;
        for (number, is_string, bytes) in patches {
            dsse.patches.push(((number - last) as u32, is_string, bytes.into_bytes()));
            last = number;
        }
    }
    text
}

/// Canonical JSON has neither minus zero nor anything but integers.
fn has_odd_number(value: &Json) -> bool {
    value.has_fraction() || value.any(&mut |value| matches!(value, Json::Number(number) if number == "-0"))
}

/// How many keys in all objects are not greater than all before.
fn descents(value: &Json) -> usize {
    match value {
        Json::Array(items) => items.iter().map(descents).sum(),
        Json::Object(members) => {
            let mut greatest = None;
            let mut count = 0;
            for (key, value) in members {
                if greatest.is_some_and(|greatest: &String| key <= greatest) {
                    count += 1;
                } else {
                    greatest = Some(key);
                }
                count += descents(value);
            }
            count
        }
        _ => 0,
    }
}
