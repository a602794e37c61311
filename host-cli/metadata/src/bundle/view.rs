//! A payload as a value, for showing it and for reading what inspections to run: from the tokens that were verified, because
//! canonical JSON is not always JSON (it keeps line feeds in strings as they are).

use serde_json::{Map, Value};
use sitrep_core::bundle::{Envelope, Event, Number, Reader};
use sitrep_core::{Code, Error};

use crate::budget::VALUE;

/// Bytes that a value takes in memory, beside its text: it and its place in a container.
const SIZE: u64 = 64;

/// Reads the payload of an envelope. In the place of an artifact map or list stands the number of its artifacts.
///
/// # Errors
/// A code of class `bundle` where the tokens are damaged; [`Code::LimitText`] where the value would take far more memory than they.
pub fn value(envelope: &Envelope<'_>) -> Result<Value, Error> {
    let mut reader = Reader::of(envelope);
    let mut budget = VALUE.of(envelope.token_bytes() as u64);
    // Containers that are open, each with the key that waits for its next value. Core bounds their nesting.
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    while let Some(event) = reader.next_event()? {
        let text = match &event {
            Event::Text(text) | Event::Key(text) => text.len(),
            Event::Number(Number::Text(text)) => text.len(),
            _ => 0,
        };
        budget.take(SIZE + text as u64).map_err(|_| Error::new(Code::LimitText))?;
        let done = match event {
            Event::ObjectStart => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::ArrayStart => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::Key(key) => {
                if let Some((_, waiting)) = open.last_mut() {
                    *waiting = Some(key.to_string());
                }
                continue;
            }
            Event::End => open.pop().map(|(value, _)| value).unwrap_or_default(),
            Event::Null => Value::Null,
            Event::Bool(value) => Value::Bool(value),
            Event::Number(Number::Integer(value)) => Value::from(value),
            Event::Number(Number::Text(text)) => serde_json::from_str(text).unwrap_or_default(),
            Event::Text(text) => Value::String(text.to_string()),
            Event::Artifacts(runs) => Value::from(runs.count()?),
        };
        match open.last_mut() {
            None => return Ok(done),
            Some((Value::Object(members), key)) => {
                members.insert(key.take().unwrap_or_default(), done);
            }
            Some((Value::Array(items), _)) => items.push(done),
            // Nothing else is ever open.
            Some(_) => {}
        }
    }
    Ok(Value::Null)
}
