//! securesystemslib's JSON: `{"keytype", "scheme", "keyval": {"public"}, "keyid"?}`.

use serde::Deserialize;

use super::KeyFileFault;
use crate::schemes::{HostKey, agrees};

/// A public key in JSON. Members that it does not name (`keyid_hash_algorithms`) say nothing about the key.
#[derive(Deserialize)]
struct Written {
    keytype: String,
    scheme: String,
    keyval: KeyVal,
    keyid: Option<String>,
}

#[derive(Deserialize)]
struct KeyVal {
    public: String,
    /// Older dialects write it into public keys too, and leave it empty.
    #[serde(default)]
    private: serde_json::Value,
}

/// A key as it was written.
pub(super) struct JsonKey {
    pub(super) keytype: String,
    pub(super) scheme: String,
    pub(super) keyid: Option<String>,
    pub(super) decoded: HostKey,
    /// Does the file hold the private half too?
    pub(super) is_private: bool,
}

pub(super) fn read(text: &str) -> Result<JsonKey, KeyFileFault> {
    let key: Written = match serde_json::from_str(text) {
        Ok(key) => key,
        Err(_) if text.contains("\"signatures\"") => return Err(KeyFileFault::Metadata),
        Err(error) => return Err(KeyFileFault::Json(error)),
    };
    let Written { keytype, scheme, keyval, keyid } = key;
    if !agrees(&keytype, &scheme) {
        return Err(KeyFileFault::Scheme { keytype, scheme });
    }
    let decoded = HostKey::decode(&keytype, &keyval.public).map_err(KeyFileFault::Key)?;
    if !decoded.goes_with(&keytype, &scheme) {
        return Err(KeyFileFault::Mismatch);
    }
    let is_private = keyval.private.as_str().is_some_and(|private| !private.is_empty());
    Ok(JsonKey { keytype, scheme, keyid, decoded, is_private })
}
