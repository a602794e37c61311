//! RSA's two paddings of signatures.

use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::PublicKey as RsaPublicKey;
use sha2::digest::{Digest, FixedOutputReset, const_oid::AssociatedOid};

/// Is this a signature of the key with PSS, with a salt of any length?
pub(super) fn pss<D: Digest + FixedOutputReset>(key: &RsaPublicKey, signature: &[u8], digest: &[u8]) -> bool {
    let key = rsa::pss::VerifyingKey::<D>::new_with_auto_salt_len(key.clone());
    rsa::pss::Signature::try_from(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
}

/// Is this a signature of the key as of PKCS#1 version 1.5?
pub(super) fn pkcs1<D: Digest + AssociatedOid>(key: &RsaPublicKey, signature: &[u8], digest: &[u8]) -> bool {
    let key = rsa::pkcs1v15::VerifyingKey::<D>::new(key.clone());
    rsa::pkcs1v15::Signature::try_from(signature).is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok())
}
