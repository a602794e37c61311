//! What a signature costs is counted before it is checked: no scheme takes longer beside Ed25519 than it counts.

use std::convert::Infallible;
use std::hint::black_box;
use std::time::{Duration, Instant};

use serde_json::Value;
use sitrep_metadata::hex;
use sitrep_metadata::keys::host_key::HostKey;
use sitrep_metadata::keys::openpgp::{self, OpenPgpSignature};
use sitrep_metadata::keys::schemes::effort;
use sitrep_tests::command::vectors;

/// The least that it took of several times: what else the machine does makes it longer, never shorter.
fn least(mut check: impl FnMut()) -> Duration {
    let once = |check: &mut dyn FnMut()| {
        let begin = Instant::now();
        check();
        begin.elapsed()
    };
    check();
    (0..20).map(|_| once(&mut check)).min().unwrap()
}

fn message(sink: &mut dyn FnMut(&[u8])) -> Result<(), Infallible> {
    sink(b"what was signed");
    Ok(())
}

/// A key that is decoded, and a signature of the right form, which is looked at to its end.
fn of_pem(scheme: &str, pem: &str, signature: &[u8]) -> Duration {
    least(|| {
        let key = HostKey::from_pem(black_box(pem)).unwrap();
        assert!(key.verify(scheme, signature, message).is_err());
    })
}

/// Both numbers of a signature by ECDSA or DSA, each of `size` bytes, in DER.
fn two_numbers(size: usize) -> Vec<u8> {
    let number = [&[2, u8::try_from(size).unwrap(), 1][..], &vec![0x5a; size - 1]].concat();
    let both = [&number[..], &number].concat();
    let length = u8::try_from(both.len()).unwrap();
    let head = if length < 128 { vec![0x30, length] } else { vec![0x30, 0x81, length] };
    [head, both].concat()
}

/// PEM of an RSA key with a modulus of that many bits: nobody knows its factors, and nobody asks for them.
fn rsa(bits: usize) -> String {
    let modulus = [&[0x00, 0xc3][..], &vec![0x35; bits / 8 - 1]].concat();
    let der = |tag: u8, content: &[u8]| {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x82, length[0], length[1]][..], content].concat()
    };
    let numbers = [der(2, &modulus), vec![2, 3, 1, 0, 1]].concat();
    HostKey::from_pkcs1(&der(0x30, &numbers)).unwrap().to_pem()
}

/// A directory of tests/vectors/openpgp: its key, and the signature on its layout.
fn of_openpgp(name: &str) -> Duration {
    let directory = vectors().join("openpgp").join(name);
    let layout: Value = serde_json::from_slice(&std::fs::read(directory.join("root.layout")).unwrap()).unwrap();
    let keys = openpgp::read(&std::fs::read(directory.join("owner.gpg")).unwrap()).unwrap().to_json();
    let member = |name: &str| hex::decode(layout["signatures"][0][name].as_str().unwrap()).unwrap();
    let signature =
        OpenPgpSignature { headers: member("other_headers"), short_keyid: None, signature: member("signature") }
            .to_bytes();
    least(|| {
        let keys = openpgp::OpenPgpKey::from_json(black_box(&keys)).unwrap().keys();
        assert_eq!(openpgp::verify(&keys, &signature, message), Ok(false));
    })
}

#[test]
fn no_scheme_takes_longer_than_it_counts() {
    let pair = ed25519_compact::KeyPair::from_seed(ed25519_compact::Seed::new([7; 32]));
    let signature = pair.sk.sign(b"something else", None);
    let unit = least(|| assert!(black_box(pair.pk).verify(b"what was signed", &signature).is_err()));
    let key = |name: &str| std::fs::read_to_string(vectors().join("keys").join(name)).unwrap();
    let rsa_of = |bits: usize, scheme: &'static str| {
        let pem = rsa(bits);
        (
            format!("RSA of {bits} bits, {scheme}"),
            effort(scheme, pem.len()),
            of_pem(scheme, &pem, &vec![0x41; bits / 8]),
        )
    };
    let ecdsa = |name: &str, scheme: &str, size: usize| {
        let pem = key(name);
        (scheme.to_owned(), effort(scheme, pem.len()), of_pem(scheme, &pem, &two_numbers(size)))
    };
    let openpgp = |name: &str, scheme: &str| (format!("OpenPGP, {name}"), effort(scheme, 0), of_openpgp(name));
    let mut wrong = Vec::new();
    for (what, counted, took) in [
        ecdsa("p256.pem", "ecdsa-sha2-nistp256", 32),
        ecdsa("p384.pem", "ecdsa-sha2-nistp384", 48),
        ecdsa("p521.pem", "ecdsa-sha2-nistp521", 65),
        rsa_of(2048, "rsassa-pss-sha256"),
        rsa_of(4096, "rsassa-pss-sha256"),
        rsa_of(8192, "rsassa-pss-sha512"),
        rsa_of(8192, "rsa-pkcs1v15-sha512"),
        openpgp("rsa2048", openpgp::RSA),
        openpgp("ed25519", openpgp::EDDSA),
    ] {
        let times = took.as_secs_f64() / unit.as_secs_f64();
        println!("{what}: {times:.1} times an Ed25519 signature, counted as {counted}");
        // Curves are computed by code that is compiled here: without optimisation, many times more slowly than Ed25519.
        if !cfg!(debug_assertions) && times > f64::from(counted) {
            wrong.push(format!("{what} takes {times:.1} times as long, and counts as {counted}"));
        }
    }
    // DSA is the exception, see there.
    let (what, counted, took) = openpgp("dsa2048", openpgp::DSA);
    println!("{what}: {:.0} times an Ed25519 signature, counted as {counted}", took.as_secs_f64() / unit.as_secs_f64());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
