//! Keys and signatures of GnuPG and in-toto (tests/vectors/openpgp).

use super::*;
use crate::bundle::pack::Packer;
use crate::bundle::unpack::unpack;
use crate::envelope::document::Document;
use crate::keys::OwnerFile;
use crate::keys::host_key::HostKey;
use crate::keys::key_fault::KeyFault;
use crate::profile::Profile;
use crate::vectors;
use crate::verification::Verifier;
use crate::verification::report::Report;
use serde_json::Value;
use sitrep_core::{Bundle, FixedClock, Time, limits};

const SETS: [&str; 6] = ["rsa2048", "rsa2048-subkeys", "dsa2048", "dsa2048-subkeys", "ed25519", "ed25519-subkeys"];

fn file(set: &str, name: &str) -> String {
    format!("openpgp/{set}/{name}")
}

fn key(name: &str) -> Result<OpenPgpKey, OpenPgpFault> {
    read(&vectors::bytes(&format!("openpgp/keys/{name}")))
}

/// Every file of a set, by name.
#[allow(clippy::disallowed_methods, reason = "tests run where there are files")]
fn link_of(set: &str) -> String {
    let entries = std::fs::read_dir(vectors::path(&file(set, ""))).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.into_iter().find(|name| name.ends_with(".link")).unwrap()
}

fn pack(set: &str, profile: Profile, change: &dyn Fn(&str, Vec<u8>) -> Vec<u8>) -> Vec<u8> {
    let mut packer = Packer::new();
    for name in ["root.layout".to_owned(), link_of(set)] {
        let json = change(&name, vectors::bytes(&file(set, &name)));
        packer.add(&name, Document::parse(&json).unwrap());
    }
    packer.finish(profile.limits().profile).unwrap()
}

fn verify(set: &str, bundle: &[u8], profile: Profile) -> Report {
    let owners = vectors::owners(&[&file(set, "owner.asc")]).unwrap();
    let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
    Verifier::new(&owners, &clock, profile).verify(bundle, |outcome, _| Report::new(&outcome.verdict())).unwrap()
}

fn unchanged(_: &str, json: Vec<u8>) -> Vec<u8> {
    json
}

#[test]
fn what_in_toto_wrote_is_verified_and_its_validity_left_open() {
    for set in SETS {
        let report = verify(set, &pack(set, Profile::Host, &unchanged), Profile::Host);
        let code = report.error.map(|error| error.code);
        // in-toto does not see subkeys of Ed25519, so the layout does not know who signed the link.
        let expected = (set == "ed25519-subkeys").then(|| "threshold-not-met".to_owned());
        assert_eq!(code, expected, "{set}");
        let owner = &vectors::owners(&[&file(set, "owner.asc")]).unwrap()[0];
        assert_eq!(report.layout.signed_by, [owner.ids[0].clone()], "{set}");
        if code.is_none() {
            let warnings: Vec<_> =
                report.warnings.iter().map(|warning| (warning.code.as_str(), &warning.keyid, &warning.step)).collect();
            let builder = report.steps[0].vouched_by[0].clone();
            assert_eq!(
                warnings,
                [
                    ("openpgp-validity", &Some(owner.ids[0].clone()), &None),
                    ("openpgp-validity", &Some(builder), &Some("build".into()))
                ],
                "{set}"
            );
        }
    }
}

/// As bundles keep them, signatures of OpenPGP are bytes; a file that has such bytes has no signature of OpenPGP.
#[test]
fn signatures_have_the_form_of_their_key() {
    for set in SETS.into_iter().filter(|set| *set != "ed25519-subkeys") {
        let plain = |file: &str| {
            let bundle = pack(set, Profile::Host, &|name, json| {
                let mut value: Value = serde_json::from_slice(&json).unwrap();
                let signature = value["signatures"][0].as_object_mut().unwrap();
                let mut take =
                    |member: &str| crate::hex::decode(signature.remove(member).unwrap().as_str().unwrap()).unwrap();
                if !name.ends_with(file) {
                    return json;
                }
                let (headers, numbers) = (take("other_headers"), take("signature"));
                let bytes = OpenPgpSignature { headers, short_keyid: None, signature: numbers }.to_bytes();
                signature.insert("sig".into(), crate::hex::encode(&bytes).into());
                value.to_string().into_bytes()
            });
            verify(set, &bundle, Profile::Host).error.map(|error| error.code)
        };
        assert_eq!(plain("root.layout").as_deref(), Some("owner-signature"), "{set}");
        assert_eq!(plain(".link").as_deref(), Some("threshold-not-met"), "{set}");
    }
}

/// One that makes a smaller group would let anybody sign.
#[test]
fn the_generator_of_a_dsa_key_makes_its_group() {
    let genuine: Value =
        serde_json::from_str(&read(&vectors::bytes(&file("dsa2048", "owner.gpg"))).unwrap().to_json()).unwrap();
    let p = genuine["keyval"]["public"]["p"].as_str().unwrap().to_owned();
    let with = |g: &str| {
        let mut value = genuine.clone();
        value["keyval"]["public"]["g"] = g.into();
        OpenPgpKey::from_json(&value.to_string())
    };
    assert!(with(genuine["keyval"]["public"]["g"].as_str().unwrap()).is_ok());
    // As p is odd, p - 1 differs in one bit.
    let last = u8::from_str_radix(&p[p.len() - 1..], 16).unwrap() - 1;
    for g in ["01".to_owned(), "02".to_owned(), format!("{}{last:x}", &p[..p.len() - 1]), p.clone()] {
        assert_eq!(with(&g), Err(KeyFault::Numbers), "{g}");
    }
}

#[test]
fn changed_payloads_headers_and_signatures_are_refused() {
    for set in SETS.into_iter().filter(|set| *set != "ed25519-subkeys") {
        let change = |file: &str, member: &str, place: usize| {
            let bundle = pack(set, Profile::Host, &|name, json| {
                if !name.ends_with(file) {
                    return json;
                }
                let mut value: Value = serde_json::from_slice(&json).unwrap();
                let text = match member {
                    "signed" => value.pointer_mut("/signed/_type").unwrap(),
                    member => &mut value["signatures"][0][member],
                };
                if member == "signed" {
                    value["signed"]["readme"] = "x".into();
                } else {
                    let mut digits = text.as_str().unwrap().to_owned();
                    let place = place % digits.len();
                    let other = if &digits[place..=place] == "1" { "2" } else { "1" };
                    digits.replace_range(place..=place, other);
                    *text = digits.into();
                }
                value.to_string().into_bytes()
            });
            verify(set, &bundle, Profile::Host).error.map(|error| error.code)
        };
        assert_eq!(change("root.layout", "signed", 0).as_deref(), Some("owner-signature"), "{set}");
        assert_eq!(change(".link", "signed", 0).as_deref(), Some("threshold-not-met"), "{set}");
        for place in (0..600).step_by(41) {
            for member in ["other_headers", "signature"] {
                let code = change("root.layout", member, place);
                assert_eq!(code.as_deref(), Some("owner-signature"), "{set}: {member} {place}");
            }
        }
    }
}

#[test]
fn signatures_come_back_from_a_bundle_member_by_member() {
    for set in SETS {
        let bundle = pack(set, Profile::Host, &unchanged);
        let mut path = vec![0; limits::HOST.path];
        let opened = Bundle::open(&bundle, &mut path).unwrap();
        for unpacked in unpack(&opened).unwrap() {
            let [before, after]: [Value; 2] = [&vectors::bytes(&file(set, &unpacked.name)), &unpacked.json]
                .map(|json| serde_json::from_slice(json).unwrap());
            assert_eq!(before, after, "{set}: {}", unpacked.name);
        }
    }
    // With the member that older versions wrote, beside a signature of a bare key.
    let json = r#"{"signatures":[{"keyid":"aa","other_headers":"0400","short_keyid":"0102030405060708","signature":"ff00"},
        {"keyid":"bb","sig":"0102"},{"keyid":"cc","other_headers":"","signature":""}],"signed":{"_type":"link"}}"#;
    let mut packer = Packer::new();
    packer.add("l", Document::parse(json.as_bytes()).unwrap());
    let bundle = packer.finish(0).unwrap();
    let mut path = vec![0; limits::HOST.path];
    let json = unpack(&Bundle::open(&bundle, &mut path).unwrap()).unwrap().remove(0).json;
    let again: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(again["signatures"][0]["short_keyid"], "0102030405060708");
    assert_eq!(again["signatures"][1], serde_json::json!({"keyid": "bb", "sig": "0102"}));
    // What is empty is no signature, and left out with a note.
    assert_eq!(again["signatures"].as_array().unwrap().len(), 2);
}

#[test]
fn bundles_for_devices_are_without_them() {
    let bundle = pack("rsa2048", Profile::Device, &unchanged);
    let mut path = vec![0; limits::DEVICE.path];
    let opened = Bundle::open(&bundle, &mut path).unwrap();
    for envelope in opened.envelopes() {
        assert_eq!(envelope.unwrap().signatures().count(), 0);
    }
    let report = verify("rsa2048", &bundle, Profile::Device);
    assert_eq!(report.error.unwrap().code, "owner-unsigned");
}

#[test]
fn layouts_with_such_keys_are_valid_on_devices_and_the_keys_are_named() {
    let layout: Value = serde_json::from_slice(&vectors::bytes(&file("rsa2048-subkeys", "root.layout"))).unwrap();
    let signer = crate::sign::Signer::from_seed([7; 32]);
    let json = signer_layout(&signer, &layout["signed"]);
    let mut packer = Packer::new();
    packer.add("root.layout", Document::parse(json.as_bytes()).unwrap());
    let owner = OwnerFile::parse(std::path::Path::new("k"), signer.public_pem().as_bytes()).unwrap();
    let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
    for (profile, code) in [(Profile::Device, "link-missing"), (Profile::Boot, "limit-profile")] {
        let owners = std::slice::from_ref(&owner);
        let bundle = packer.finish(profile.limits().profile).unwrap();
        let report = Verifier::new(owners, &clock, profile)
            .verify(&bundle, |outcome, _| Report::new(&outcome.verdict()))
            .unwrap();
        assert_eq!(report.error.unwrap().code, code, "{profile:?}");
        // A boot loader does not take the layout.
        if profile == Profile::Boot {
            continue;
        }
        let warning = &report.warnings[0];
        let id = layout["signed"]["steps"][0]["pubkeys"][0].as_str();
        assert_eq!((warning.code.as_str(), warning.keyid.as_deref(), report.warnings.len()), ("key-unusable", id, 1));
    }
}

/// A Metablock with this payload, signed by a bare key.
fn signer_layout(signer: &crate::sign::Signer, signed: &Value) -> String {
    // Such a layout has nothing else that canonical JSON would write otherwise.
    let mut sorted = signed.clone();
    sorted.sort_all_objects();
    let canonical = sorted.to_string();
    let signature = crate::hex::encode(&signer.sign(canonical.as_bytes()));
    serde_json::json!({"signatures": [{"keyid": signer.id(), "sig": signature}], "signed": signed}).to_string()
}

#[test]
fn keys_are_read_in_armor_and_as_they_are_with_the_subkeys_that_sign() {
    let (armored, binary) = (key("whole.asc").unwrap(), key("whole.gpg").unwrap());
    assert_eq!(armored, binary);
    let expected: Vec<String> = vectors::text("openpgp/keys/whole.txt").lines().map(str::to_owned).collect();
    assert_eq!(armored.ids(), expected);
    assert_eq!(armored.subkeys.len(), 2);
    // The first subkey was revoked.
    let revoked = key("subkey-revoked.asc").unwrap();
    assert_eq!(revoked.ids(), [expected[0].clone(), expected[2].clone()]);
    // What cannot be checked here may be a good revocation.
    assert_eq!(key("revoked-sha224.asc"), Err(OpenPgpFault::Revoked));
    assert_eq!(key("subkey-revoked-sha224.asc").unwrap().subkeys, []);
    // Those that encrypt sign nothing.
    for set in ["rsa2048-subkeys", "dsa2048-subkeys", "ed25519-subkeys"] {
        assert_eq!(read(&vectors::bytes(&file(set, "owner.gpg"))).unwrap().subkeys.len(), 1, "{set}");
    }
}

#[test]
fn keys_are_the_same_from_in_totos_json() {
    for set in SETS {
        let own = read(&vectors::bytes(&file(set, "owner.asc"))).unwrap();
        assert_eq!(OpenPgpKey::from_json(&own.to_json()).unwrap(), own, "{set}");
        let layout: Value = serde_json::from_slice(&vectors::bytes(&file(set, "root.layout"))).unwrap();
        let (id, listed) = layout["signed"]["keys"].as_object().unwrap().iter().next().unwrap();
        let key = OpenPgpKey::from_json(&listed.to_string()).unwrap();
        // Those that encrypt too: in-toto does not ask what a subkey is for. Of Ed25519 it sees none.
        let subkeys = match set {
            "rsa2048-subkeys" => 2,
            "dsa2048-subkeys" => 1,
            _ => 0,
        };
        assert_eq!((&key.primary.id, key.subkeys.len()), (id, subkeys), "{set}");
        // What in-toto wrote of it, but for times.
        let written: Value = serde_json::from_str(&key.to_json()).unwrap();
        for member in ["type", "method", "hashes", "keyid", "keyval"] {
            assert_eq!(written[member], listed[member], "{set}: {member}");
        }
    }
}

#[test]
fn subkeys_that_the_key_has_not_bound_are_none_of_its() {
    let whole = vectors::bytes("openpgp/keys/whole.gpg");
    // The packets of a subkey and its binding, of another key, after all of this one's.
    let other = vectors::bytes(&file("rsa2048-subkeys", "owner.gpg"));
    let mut packets = packets::Packets(&other);
    let mut start = other.len();
    loop {
        let before = packets.0.len();
        match packets.take() {
            Some(packet) if packet.tag == 14 => {
                start = other.len() - before;
                break;
            }
            Some(_) => {}
            None => break,
        }
    }
    let added = [whole.clone(), other[start..].to_vec()].concat();
    assert_eq!(read(&added).unwrap(), read(&whole).unwrap());
    // A binding that was changed binds nothing; whatever is changed, nothing is added.
    let ids = read(&whole).unwrap().ids();
    let mut fewer = 0;
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 4;
        if let Ok(key) = read(&changed) {
            assert!(key.subkeys.iter().all(|subkey| ids.contains(&subkey.id)) || key.primary.id != ids[0], "{place}");
            fewer += usize::from(key.subkeys.len() < 2);
        }
    }
    assert!(fewer > 1000, "{fewer}");
    for length in 0..whole.len() {
        // Cut between packets it is another key, in the middle of one none.
        if let Ok(key) = read(&whole[..length]) {
            assert!(key.subkeys.len() < 2 && key.primary.id == ids[0], "{length}");
        }
    }
}

/// A packet in the newer format.
fn packet(tag: u8, body: &[u8]) -> Vec<u8> {
    [&[0xc0 | tag, 255][..], &(body.len() as u32).to_be_bytes(), body].concat()
}

/// What anybody can add to a key on its way: it costs no more than it is long, and what would is refused.
#[test]
fn what_strangers_add_to_a_key_is_bounded() {
    let own = vectors::bytes(&file("rsa2048", "owner.gpg"));
    let expected = read(&own).unwrap();
    let number = |bits: u16| [&bits.to_be_bytes()[..], &vec![0xff; usize::from(bits / 8)]].concat();
    let parts = |parts: &[&[u8]]| parts.concat();
    let hashed = [5, 2, 0, 0, 0, 1, 2, 27, 2];
    let signature = parts(&[&[4, 0x18, 1, 8, 0, 9], &hashed, &[0, 0, 0, 0], &number(2048)]);
    let subpackets = parts(&[&[4, 0x18, 1, 8, 0xfd, 0xe8], &[1, 5].repeat(32_500), &[0, 0, 0, 0], &number(2048)]);
    let rsa = parts(&[&[4, 0, 0, 0, 0, 1], &number(8192), &[0, 17, 1, 0, 1]]);
    let dsa = parts(&[&[4, 0, 0, 0, 0, 17], &number(3072), &number(256), &number(3072), &number(3072)]);
    // Of what is passed over, as much as a file may hold; as many checks as are made, and one more.
    for (what, unit, is_read) in [
        ("signatures on the key", packet(2, &signature), true),
        ("signatures of many parts", packet(2, &subpackets), true),
        ("subkeys", packet(14, &rsa), true),
        ("subkeys of DSA", packet(14, &dsa), true),
        ("empty subkeys", packet(14, &[]), true),
        ("empty signatures", packet(2, &[]), true),
        ("compressed data", packet(8, &[1; 1000]), true),
        ("subkeys with signatures", [packet(14, &rsa), packet(2, &signature)].concat(), false),
    ] {
        let fills = (usize::try_from(crate::keys::MAX_FILE).unwrap() - own.len()) / unit.len();
        let result = read(&[own.clone(), unit.repeat(fills)].concat());
        assert_eq!(result.is_ok(), is_read, "{what}");
        assert_eq!(
            result.unwrap_or_else(|fault| if fault == OpenPgpFault::TooMuch {
                expected.clone()
            } else {
                panic!("{what}: {fault}")
            }),
            expected
        );
    }
    for (count, is_read) in [(256, true), (257, false)] {
        let subkey = [packet(14, &rsa), packet(2, &signature).repeat(count)].concat();
        assert_eq!(read(&[own.clone(), subkey].concat()).is_ok(), is_read, "{count}");
    }
    let long = [own.clone(), packet(13, &vec![b'x'; crate::keys::MAX_FILE as usize])].concat();
    assert!(OwnerFile::parse(std::path::Path::new("k"), &long).is_err());
    // Lengths that lead out of the file.
    for end in [&[0xc2, 0xff, 0xff, 0xff, 0xff, 0xff][..], &[0xc2, 0xe0], &[0xc2], &[0x9b]] {
        assert_eq!(read(&[&own[..], end].concat()), Err(OpenPgpFault::Malformed), "{end:x?}");
    }
}

/// A key of Ed25519 by its seed, as packets have it.
fn body(seed: u8) -> Vec<u8> {
    let start = [4, 0, 0, 0, 1, 22, 9, 0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1, 1, 7, 0x40];
    [&start[..], &crate::sign::Signer::from_seed([seed; 32]).public()].concat()
}

/// A signature with which the key `seed` binds the keys of `owners` to one another (RFC 4880, sections 5.2.4 and 9.4).
fn binding(seed: u8, kind: u8, owners: [u8; 2], hash: u8, hashed: &[u8], unhashed: &[u8]) -> Vec<u8> {
    use sha2::Digest as _;
    let heads = owners.map(|owner| [&[0x99, 0, body(owner).len() as u8][..], &body(owner)].concat()).concat();
    let headers = [&[4, kind, 22, hash, 0, hashed.len() as u8][..], hashed].concat();
    let signed = [&heads[..], &headers, &[4, 0xff, 0, 0, 0, headers.len() as u8]].concat();
    let digest = match hash {
        2 => sha1::Sha1::digest(&signed).to_vec(),
        8 => sha2::Sha256::digest(&signed).to_vec(),
        _ => sha2::Sha512::digest(&signed).to_vec(),
    };
    let signature = crate::sign::Signer::from_seed([seed; 32]).sign(&digest);
    let [r, s] = [0, 32].map(|start| [&[1, 0][..], &signature[start..start + 32]].concat());
    [&headers[..], &[0, unhashed.len() as u8], unhashed, &digest[..2], &r, &s].concat()
}

/// The subpackets of a time, and that a key may sign.
fn signs_since(time: u32) -> Vec<u8> {
    [&[5, 2][..], &time.to_be_bytes(), &[2, 27, 2]].concat()
}

/// A signature in a subpacket.
fn embedded(signature: &[u8]) -> Vec<u8> {
    [&[signature.len() as u8 + 1, 32][..], signature].concat()
}

/// The key 7 with 8 as its subkey, by that signature.
fn with_subkey(signature: &[u8]) -> Vec<u8> {
    [packet(6, &body(7)), packet(14, &body(8)), packet(2, signature)].concat()
}

#[test]
fn subkeys_are_bound_by_hash_functions_that_were_good_then() {
    let (before, after) = (1_500_000_000, 1_547_856_000);
    for (hash, time, count) in [(2, before, 1), (2, after - 1, 1), (2, after, 0), (8, after, 1), (10, after, 1)] {
        let hashed = signs_since(time);
        let back = embedded(&binding(8, 0x19, [7, 8], hash, &hashed[..6], &[]));
        let key = with_subkey(&binding(7, 0x18, [7, 8], hash, &hashed, &back));
        assert_eq!(read(&key).unwrap().subkeys.len(), count, "{hash} {time}");
    }
}

/// Who binds another's subkey to a key of his own would have that one's signatures count as his.
#[test]
fn subkeys_that_sign_have_said_whose_they_are() {
    let hashed = signs_since(1_700_000_000);
    let back = |seed, kind, owners| embedded(&binding(seed, kind, owners, 8, &hashed[..6], &[]));
    for (what, unhashed, count) in [
        ("by itself", back(8, 0x19, [7, 8]), 1),
        ("after one that is none", [back(8, 0x18, [7, 8]), back(8, 0x19, [7, 8])].concat(), 1),
        ("not at all", Vec::new(), 0),
        ("by the key", back(7, 0x19, [7, 8]), 0),
        ("of another type", back(8, 0x18, [7, 8]), 0),
        ("for another key", back(8, 0x19, [9, 8]), 0),
        ("damaged", back(8, 0x19, [7, 8])[..40].to_vec(), 0),
    ] {
        let key = with_subkey(&binding(7, 0x18, [7, 8], 8, &hashed, &unhashed));
        assert_eq!(read(&key).unwrap().subkeys.len(), count, "{what}");
    }
    // Where the key has signed it, and where its flags do not say that it signs, or cannot be read.
    let back = back(8, 0x19, [7, 8]);
    let unsaid = &hashed[..6];
    for (what, hashed, count) in [
        ("signed", [&hashed, &back[..]].concat(), 1),
        ("without flags", [unsaid, &back].concat(), 1),
        ("encrypts", [unsaid, &[2, 27, 12], &back].concat(), 0),
        ("a length that leads out", [unsaid, &back, &[9, 27, 12]].concat(), 0),
        ("no length", [unsaid, &back, &[0]].concat(), 0),
    ] {
        let key = with_subkey(&binding(7, 0x18, [7, 8], 8, &hashed, &[]));
        assert_eq!(read(&key).unwrap().subkeys.len(), count, "{what}");
    }
}

/// A key under two labels, the second time with a zero in front of its numbers, signs under both.
#[test]
fn one_key_under_two_labels_counts_once() {
    let signer = crate::sign::Signer::from_seed([7; 32]);
    let owner = OwnerFile::parse(std::path::Path::new("k"), signer.public_pem().as_bytes()).unwrap();
    let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
    for (set, members) in [("rsa2048", &["n", "e"][..]), ("dsa2048", &["p", "q", "g", "y"]), ("ed25519", &[])] {
        let layout: Value = serde_json::from_slice(&vectors::bytes(&file(set, "root.layout"))).unwrap();
        let mut signed = layout["signed"].clone();
        let id = signed["steps"][0]["pubkeys"][0].as_str().unwrap().to_owned();
        let mut again = signed["keys"][&id].clone();
        again["keyid"] = "again".into();
        for member in members {
            let number = &mut again["keyval"]["public"][member];
            *number = format!("00{}", number.as_str().unwrap()).into();
        }
        signed["keys"]["again"] = again;
        signed["steps"][0]["pubkeys"] = serde_json::json!([id, "again"]);
        let name = link_of(set);
        let link = vectors::bytes(&file(set, &name));
        let mut other: Value = serde_json::from_slice(&link).unwrap();
        other["signatures"][0]["keyid"] = "again".into();
        let other = other.to_string().into_bytes();
        for (threshold, code) in [(1, None), (2, Some("threshold-not-met"))] {
            signed["steps"][0]["threshold"] = threshold.into();
            let layout = signer_layout(&signer, &signed).into_bytes();
            let mut packer = Packer::new();
            for (name, json) in [("root.layout", &layout), (name.as_str(), &link), ("build.again.link", &other)] {
                packer.add(name, Document::parse(json).unwrap());
            }
            let bundle = packer.finish(0).unwrap();
            let report = Verifier::new(std::slice::from_ref(&owner), &clock, Profile::Host)
                .verify(&bundle, |outcome, _| Report::new(&outcome.verdict()))
                .unwrap();
            assert_eq!(report.error.as_ref().map(|error| error.code.as_str()), code, "{set}");
            // Both links are good ones.
            assert!(report.warnings.iter().all(|warning| warning.code == "openpgp-validity"), "{set}");
        }
    }
}

/// The chain of a set with another layout, by an owner of this test's, and the link with its signatures under another id.
fn with_layout(set: &str, signed: &Value, id: &str, sign: Option<&crate::sign::Signer>) -> Report {
    let signer = crate::sign::Signer::from_seed([7; 32]);
    let owner = OwnerFile::parse(std::path::Path::new("k"), signer.public_pem().as_bytes()).unwrap();
    let clock = FixedClock(Time::parse("2030-01-01T00:00:00Z").unwrap());
    let mut link: Value = serde_json::from_slice(&vectors::bytes(&file(set, &link_of(set)))).unwrap();
    match sign {
        Some(signer) => {
            let signature = crate::hex::encode(&signer.sign(link["signed"].to_string().as_bytes()));
            link["signatures"] = serde_json::json!([{"keyid": id, "sig": signature}]);
        }
        None => link["signatures"][0]["keyid"] = id.into(),
    }
    let mut packer = Packer::new();
    packer.add("root.layout", Document::parse(signer_layout(&signer, signed).as_bytes()).unwrap());
    packer.add(&format!("build.{id}.link"), Document::parse(link.to_string().as_bytes()).unwrap());
    let bundle = packer.finish(0).unwrap();
    Verifier::new(std::slice::from_ref(&owner), &clock, Profile::Host)
        .verify(&bundle, |outcome, _| Report::new(&outcome.verdict()))
        .unwrap()
}

fn code(report: &Report) -> Option<&str> {
    report.error.as_ref().map(|error| error.code.as_str())
}

/// A functionary who calls a subkey as another's key is called does not sign as that one, nor keep that one from signing.
#[test]
fn an_id_means_the_key_that_has_it_and_not_a_subkey() {
    let set = "rsa2048";
    let mut signed =
        serde_json::from_slice::<Value>(&vectors::bytes(&file(set, "root.layout"))).unwrap()["signed"].take();
    let id = signed["steps"][0]["pubkeys"][0].as_str().unwrap().to_owned();
    let own = signed["keys"][&id].take();
    let other = crate::sign::Signer::from_seed([9; 32]);
    let public = crate::hex::encode(&other.public());
    let mut subkey = own.clone();
    subkey["keyid"] = "bbbb".into();
    let mut whole = own;
    whole["keyid"] = "aaaa".into();
    whole["subkeys"] = serde_json::json!({"bbbb": subkey});
    let bare = serde_json::json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}});
    signed["steps"][0]["pubkeys"] = serde_json::json!(["bbbb"]);
    // By its id alone, without such a key, the subkey signs.
    signed["keys"] = serde_json::json!({"aaaa": whole});
    assert_eq!(code(&with_layout(set, &signed, "bbbb", None)), None);
    signed["keys"] = serde_json::json!({"aaaa": whole, "bbbb": bare});
    assert_eq!(code(&with_layout(set, &signed, "bbbb", None)), Some("threshold-not-met"));
    assert_eq!(code(&with_layout(set, &signed, "bbbb", Some(&other))), None);
}

/// securesystemslib has keys of OpenPGP in the form of bare keys, for signatures of another form than in-toto's.
#[test]
fn bare_keys_of_openpgp_sign_nothing() {
    for set in ["rsa2048", "dsa2048", "ed25519"] {
        let mut signed =
            serde_json::from_slice::<Value>(&vectors::bytes(&file(set, "root.layout"))).unwrap()["signed"].take();
        let id = signed["steps"][0]["pubkeys"][0].as_str().unwrap().to_owned();
        assert_eq!(code(&with_layout(set, &signed, &id, None)), None, "{set}");
        let key = signed["keys"][&id].take();
        let texts = key["keyval"]["public"].to_string();
        // A member that says nothing of the key changes nothing.
        signed["keys"][&id] = key.clone();
        signed["keys"][&id]["keyval"]["public"]["size"] = "2048".into();
        assert_eq!(code(&with_layout(set, &signed, &id, None)), None, "{set}");
        for public in [key["keyval"]["public"].clone(), key.to_string().into(), texts.into()] {
            signed["keys"][&id] =
                serde_json::json!({"keytype": key["type"], "scheme": key["method"], "keyval": {"public": public}});
            let report = with_layout(set, &signed, &id, None);
            assert_eq!(code(&report), Some("threshold-not-met"), "{set}: {public}");
            let warnings: Vec<_> = report.warnings.iter().map(|warning| warning.code.as_str()).collect();
            assert!(warnings.contains(&"key-unusable"), "{set}: {public}: {warnings:?}");
        }
    }
}

#[test]
fn headers_of_armor_may_be_empty() {
    let armored = vectors::text("openpgp/keys/whole.asc");
    let (first, rest) = armored.split_once('\n').unwrap();
    let rest = rest.trim_start();
    for headers in ["Comment:\n\n", "Comment: \n\n", "Version: 1\nComment:\n\n", "\n"] {
        assert_eq!(read(format!("{first}\n{headers}{rest}").as_bytes()), key("whole.asc"), "{headers:?}");
    }
}

#[test]
fn numbers_that_are_no_key_are_refused() {
    let big = "f".repeat(2 * 256);
    let public = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    for (method, json, fault) in [
        (RSA, r#"{"n":"ff","e":"010001"}"#.to_owned(), KeyFault::RsaSize(8)),
        (RSA, format!(r#"{{"n":"{big}","e":"00"}}"#), KeyFault::Numbers),
        (RSA, format!(r#"{{"n":"{}0","e":"03"}}"#, &big[1..]), KeyFault::Numbers),
        (RSA, format!(r#"{{"n":"{}","e":"03"}}"#, big.repeat(5)), KeyFault::OpenPgp),
        (RSA, format!(r#"{{"n":"{big}"}}"#), KeyFault::OpenPgp),
        (RSA, format!(r#"{{"n":"{big}","e":3}}"#), KeyFault::OpenPgp),
        (EDDSA, r#"{"q":"00"}"#.to_owned(), KeyFault::OpenPgp),
        (DSA, format!(r#"{{"p":"{big}","q":"ff","g":"02","y":"02"}}"#), KeyFault::Numbers),
        (DSA, r#"{"p":"ff","q":"ff","g":"02","y":"02"}"#.to_owned(), KeyFault::DsaSize(8)),
        (DSA, format!(r#"{{"p":"{big}","q":"{}","g":"{big}","y":"{big}"}}"#, "f".repeat(64)), KeyFault::Numbers),
        (DSA, format!(r#"{{"p":"{big}","q":"{}","g":"02","y":"{big}ff"}}"#, "f".repeat(64)), KeyFault::Numbers),
        (DSA, format!(r#"{{"p":"{big}","q":"{}","g":"02","y":"00"}}"#, "f".repeat(64)), KeyFault::Numbers),
        ("pgp+elgamal", r#"{"q":"00"}"#.to_owned(), KeyFault::OpenPgp),
    ] {
        assert_eq!(
            from_json(method, &public(&json)).and_then(|numbers| HostKey::new(&numbers)).unwrap_err(),
            fault,
            "{method} {json}"
        );
    }
}
