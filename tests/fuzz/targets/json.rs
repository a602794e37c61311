//! The strict JSON reader of the command line against serde_json: what it takes, serde_json takes with the same value; what it refuses and
//! serde_json takes has a key twice or is nested too deeply.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sitrep_core::limits::NESTING;
use sitrep_fuzz::json::{Json, Refused};
use sitrep_metadata::json::{Problem, Value, parse};

fuzz_target!(|data: &[u8]| {
    match (parse(data), Json::read(data)) {
        (Ok(tree), Ok(value)) => {
            compare(tree.root(), &value);
            assert!(!value.has_duplicate() && value.depth() <= NESTING);
        }
        (Ok(_), Err(refused)) => panic!("serde_json refuses it: {refused:?}"),
        (Err(error), Ok(value)) => match error.problem() {
            Problem::DuplicateKey(key) => assert!(value.any(&mut |value| match value {
                Json::Object(members) => members.iter().filter(|(own, _)| own == key).count() > 1,
                _ => false,
            })),
            Problem::TooDeep => assert!(value.depth() > NESTING),
            problem => panic!("serde_json takes it: {problem}"),
        },
        (Err(error), Err(Refused::Deep)) => {
            assert!(matches!(error.problem(), Problem::TooDeep | Problem::DuplicateKey(_)), "{error}");
        }
        (Err(error), Err(Refused::NotJson)) => {
            // The place is one of the text, or its end.
            let lines = data.split(|byte| *byte == b'\n').count();
            assert!((1..=lines).contains(&error.line()) && (1..=data.len() + 1).contains(&error.column()), "{error}");
            assert!(!matches!(error.problem(), Problem::ByteOrderMark) || data.starts_with("\u{feff}".as_bytes()));
            assert!(!matches!(error.problem(), Problem::NotUtf8) || std::str::from_utf8(data).is_err());
        }
    }
});

fn compare(own: Value<'_>, value: &Json) {
    match value {
        Json::Null => assert!(own.is_null()),
        Json::Bool(value) => assert_eq!(own.as_bool(), Some(*value)),
        Json::Number(number) => match own.as_u32() {
            Some(integer) => assert_eq!(integer.to_string(), *number),
            None => assert_eq!(own.number(), Some(number.as_str())),
        },
        Json::Text(text) => assert_eq!(own.as_str(), Some(text.as_str())),
        Json::Described(_) => panic!("no text has this"),
        Json::Array(items) => {
            assert!(own.is_array());
            assert_eq!(own.items().count(), items.len());
            own.items().zip(items).for_each(|(own, item)| compare(own, item));
        }
        Json::Object(members) => {
            assert!(own.is_object());
            assert_eq!(own.members().count(), members.len());
            for ((key, own), (name, value)) in own.members().zip(members) {
                assert_eq!(key, name);
                compare(own, value);
            }
        }
    }
}
