//! securesystemslib's JSON: `{"keytype", "scheme", "keyval": {"public"}, "keyid"?}`.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::KeyFileFault;
use crate::keys::host_key::HostKey;
use crate::keys::openpgp::is_scheme;
use crate::keys::schemes::agrees;

/// A public key in JSON. Members that it does not name (`keyid_hash_algorithms`) say nothing about the key.
#[derive(Deserialize)]
struct Written<'t> {
    keytype: String,
    scheme: String,
    #[serde(borrow)]
    keyval: KeyVal<'t>,
    keyid: Option<String>,
}

#[derive(Deserialize)]
struct KeyVal<'t> {
    public: String,
    /// Older dialects write it into public keys too, and leave it empty. Not read: there is to be no copy of it.
    #[serde(borrow)]
    private: Option<&'t RawValue>,
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
    let key: Written<'_> = match serde_json::from_str(text) {
        Ok(key) => key,
        Err(_) if text.contains("\"signatures\"") => return Err(KeyFileFault::Metadata),
        Err(_) if is_jwk(text) => return Err(KeyFileFault::Jwk),
        Err(error) => return Err(KeyFileFault::Json(error)),
    };
    let Written { keytype, scheme, keyval, keyid } = key;
    if !agrees(&keytype, &scheme) || is_scheme(&scheme) {
        return Err(KeyFileFault::Scheme { keytype, scheme });
    }
    let decoded = HostKey::decode(&keytype, &keyval.public).map_err(KeyFileFault::Key)?;
    if !decoded.goes_with(&keytype, &scheme) {
        return Err(KeyFileFault::Mismatch);
    }
    let is_private = keyval.private.is_some_and(|private| private.get().starts_with('"') && private.get() != "\"\"");
    Ok(JsonKey { keytype, scheme, keyid, decoded, is_private })
}

/// Is it an OpenPGP key, which has other members?
pub(super) fn is_openpgp(text: &str) -> bool {
    #[derive(Deserialize)]
    struct OpenPgp {
        #[serde(rename = "type")]
        _kind: String,
        method: String,
    }
    serde_json::from_str::<OpenPgp>(text).is_ok_and(|key| key.method.starts_with("pgp+"))
}

/// Is it a JSON Web Key (RFC 7517), or a set of them?
fn is_jwk(text: &str) -> bool {
    #[derive(Deserialize)]
    struct Jwk {
        kty: Option<String>,
        keys: Option<Vec<serde::de::IgnoredAny>>,
    }
    serde_json::from_str::<Jwk>(text).is_ok_and(|jwk| jwk.kty.is_some() || jwk.keys.is_some())
}
