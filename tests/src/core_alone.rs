//! What core is asked with nothing around it: an owner with an Ed25519 key, and a request that depends on nothing else.

use sitrep_core::{
    Bundle, Ed25519, Items, KeyId, NoClock, OwnerKey, PublicHalf, PublicKey, Request, Sequential, Str, Trust,
    ed25519_key_ids,
};

/// An owner, under both key ids of in-toto's dialects.
#[derive(Clone, Debug)]
pub struct Owner {
    public: [u8; 32],
    ids: [KeyId; 2],
}

impl Owner {
    /// The owner with this Ed25519 key.
    #[must_use]
    pub fn new(public: &[u8; 32]) -> Self {
        Self { public: *public, ids: ed25519_key_ids(public) }
    }

    /// The key ids, which [`Self::key`] borrows.
    #[must_use]
    pub fn ids(&self) -> [&str; 2] {
        self.ids.each_ref().map(AsRef::as_ref)
    }

    /// The owner's key, as a request has it.
    #[must_use]
    pub const fn key<'a>(&'a self, ids: &'a [&'a str; 2]) -> OwnerKey<'a> {
        let ed25519 = Str::new("ed25519");
        let key = PublicKey { keytype: ed25519, scheme: ed25519, public: PublicHalf::Bytes(&self.public) };
        OwnerKey { key, ids: Items::new(ids) }
    }
}

/// Is the bundle to be believed? Without a clock, parameters, or schemes beside Ed25519; one thing after the other.
#[must_use]
pub const fn request<'a, 'b>(bundle: &'b Bundle<'b>, trust: &'a Trust<'a>) -> Request<'a, 'b> {
    Request { bundle, trust, clock: &NoClock, schemes: &Ed25519, executor: &Sequential, parameters: &[] }
}
