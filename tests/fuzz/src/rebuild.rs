//! What a bundle says: the texts that are rebuilt from it, and the values that decisions are taken from.

use sitrep_core::bundle::{Bundle, Envelope, Event, Form, Kind, Number, Reader, Scratch};
use sitrep_core::{Error, limits};

use crate::json::{Json, Refused};
use crate::text::{canonical, pre_authentication};

/// The most bytes that a text of a bundle of `length` bytes may have (BUNDLE.md, section 10).
#[must_use]
pub fn longest_text(length: usize) -> usize {
    limits::TEXT_BASE as usize + limits::TEXT_RATIO as usize * length
}

/// What may be written beyond that before it is noticed: the bundle's longest string with all escapes, and the lines of one artifact, each of them
/// indented as far as that goes.
#[must_use]
pub fn slack(length: usize) -> usize {
    let line = 255 * (limits::NESTING + 1);
    6 * length + line * (limits::ALGORITHMS as usize + 4) + limits::CHUNK
}

/// The payload's text, handed on in pieces of about `chunk` bytes.
///
/// # Errors
/// Core's.
pub fn payload<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>, chunk: usize) -> Result<Vec<u8>, Error> {
    let [strings, artifacts, envelopes] = bundle.section_lengths();
    let length = (strings + artifacts + envelopes) as usize;
    let (mut path, mut chunk, mut text) = (vec![0; limits::HOST.path], vec![0; chunk], Vec::new());
    let mut scratch = Scratch { path: &mut path, chunk: &mut chunk };
    let result = envelope.payload(bundle, &mut scratch, &mut |bytes| text.extend_from_slice(bytes));
    assert!(text.len() <= longest_text(length) + slack(length), "{} bytes out of {length}", text.len());
    result.map(|()| text)
}

/// The bytes that were signed.
///
/// # Errors
/// Core's.
pub fn signed_bytes<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>) -> Result<Vec<u8>, Error> {
    let (mut path, mut text) = (vec![0; limits::HOST.path], Vec::new());
    let mut scratch = Scratch { path: &mut path, chunk: &mut [0; limits::CHUNK] };
    envelope.signed_bytes(bundle, &mut scratch, &mut |bytes| text.extend_from_slice(bytes))?;
    Ok(text)
}

/// What the tokens say, as decisions see it. There may be a key twice in it: the emitter finds that out.
///
/// # Errors
/// Core's.
pub fn value<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>) -> Result<Json, Error> {
    let mut reader = Reader::of(envelope);
    let Some(first) = reader.next_event()? else { panic!("a payload without a value") };
    let value = build(first, &mut reader, bundle)?;
    assert!(reader.next_event()?.is_none(), "something after the value");
    Ok(value)
}

fn build<'b>(event: Event<'b>, reader: &mut Reader<'b>, bundle: &'b Bundle<'b>) -> Result<Json, Error> {
    let next =
        |reader: &mut Reader<'b>| -> Result<Event<'b>, Error> { Ok(reader.next_event()?.expect("the value goes on")) };
    Ok(match event {
        Event::Null => Json::Null,
        Event::Bool(value) => Json::Bool(value),
        Event::Number(Number::Integer(value)) => Json::Number(value.to_string()),
        Event::Number(Number::Text(text)) => Json::Number(text.to_owned()),
        Event::Text(text) => Json::Text(text.to_string()),
        Event::ArrayStart => {
            let mut items = Vec::new();
            loop {
                match next(reader)? {
                    Event::End => break Json::Array(items),
                    event => items.push(build(event, reader, bundle)?),
                }
            }
        }
        Event::ObjectStart => {
            let mut members = Vec::new();
            loop {
                match next(reader)? {
                    Event::End => break Json::Object(members),
                    Event::Key(key) => {
                        let event = next(reader)?;
                        members.push((key.to_string(), build(event, reader, bundle)?));
                    }
                    event => panic!("a member without a key: {event:?}"),
                }
            }
        }
        Event::Artifacts(mut runs) => {
            let form = runs.form();
            let mut path = vec![0; limits::HOST.path];
            let mut cursor = bundle.paths(&mut path);
            let mut entries = Vec::new();
            while let Some(run) = runs.next_run()? {
                for number in run.first..run.first + run.count {
                    cursor.seek(number)?;
                    let mut digests = cursor.digests(run.variant)?;
                    let mut set = Vec::new();
                    while let Some((algorithm, digest)) = digests.next_digest()? {
                        set.push((algorithm.to_string(), Json::Text(digest.to_string())));
                    }
                    let name = String::from_utf8(cursor.path().to_vec()).expect("a path is UTF-8");
                    entries.push((name, Json::Object(set)));
                    assert!(entries.len() <= 1 << 20, "more artifacts than can be meant");
                }
            }
            artifacts(form, entries)
        }
        Event::Key(_) | Event::End => panic!("no value"),
    })
}

/// Artifacts as their form writes them.
#[must_use]
pub fn artifacts(form: Form, entries: Vec<(String, Json)>) -> Json {
    let member = |name: &str, value| (name.to_owned(), value);
    match form {
        Form::Map => Json::Object(entries),
        Form::NameFirst => Json::Array(
            entries
                .into_iter()
                .map(|(name, set)| Json::Object(vec![member("name", Json::Text(name)), member("digest", set)]))
                .collect(),
        ),
        Form::DigestFirst => Json::Array(
            entries
                .into_iter()
                .map(|(name, set)| Json::Object(vec![member("digest", set), member("name", Json::Text(name))]))
                .collect(),
        ),
        Form::Descriptors => Json::Described(entries),
    }
}

/// Checks one envelope of a bundle: a text that comes out is the same in pieces of any length, it is JSON (or canonical JSON) that says
/// exactly what the tokens say, and what is signed is that text in its encoding. Returns the text, where one comes out.
pub fn check<'b>(bundle: &'b Bundle<'b>, envelope: &Envelope<'b>) -> Option<Vec<u8>> {
    let text = payload(bundle, envelope, limits::CHUNK);
    let again = payload(bundle, envelope, 7);
    let (text, again) = match (text, again) {
        (Ok(text), Ok(again)) => (text, again),
        (Err(one), Err(other)) => {
            assert_eq!(one, other);
            return None;
        }
        (one, other) => panic!("pieces of 512 and 7 bytes differ: {one:?}, {other:?}"),
    };
    assert_eq!(text, again);
    let [strings, artifacts, envelopes] = bundle.section_lengths();
    assert!(text.len() <= longest_text((strings + artifacts + envelopes) as usize));

    let value = value(bundle, envelope).expect("what can be written can be read");
    assert!(!value.has_duplicate(), "a key twice: {value:?}");
    let signed = signed_bytes(bundle, envelope).expect("the payload was rebuilt");
    match envelope.kind() {
        Kind::Dsse { payload_type, payload_length, .. } => {
            match Json::read(&text) {
                Ok(parsed) => assert!(parsed.says(&value), "{parsed:?} is not {value:?}"),
                Err(Refused::NotJson | Refused::Deep) => panic!("no JSON: {}", String::from_utf8_lossy(&text)),
            }
            assert_eq!(text.len(), payload_length as usize);
            assert_eq!(signed, pre_authentication(&payload_type.to_string(), &text));
        }
        Kind::Metablock | Kind::Observation => {
            assert_eq!(String::from_utf8_lossy(&text), canonical(&value));
            assert!(!value.has_fraction());
            assert_eq!(value, value.sorted());
            assert_eq!(signed, text);
        }
    }
    Some(text)
}
