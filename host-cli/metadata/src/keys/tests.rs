//! Every form of key against what the programs say that made it (tests/vectors/keys), and every refusal.

use super::*;
use crate::keys::key_fault::KeyFault;
use crate::vectors;

/// The owner's key and the layout of a set.
fn demo(set: &str) -> (String, serde_json::Value) {
    let directory = format!("in-toto-demo/{set}/pristine");
    (format!("{directory}/alice.pub"), vectors::json(&format!("{directory}/root.layout")))
}

fn vector(name: &str) -> String {
    format!("keys/{name}")
}

fn text(name: &str) -> String {
    vectors::text(&vector(name))
}

fn owners(names: &[&str]) -> Result<Vec<OwnerFile>, KeyError> {
    vectors::owners(
        &names.iter().map(|name| vector(name)).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>(),
    )
}

fn parse(text: &str) -> Result<OwnerFile, KeyFileFault> {
    OwnerFile::parse(Path::new("k"), text.as_bytes())
}

fn refusal(text: &str) -> KeyFileFault {
    parse(text).unwrap_err()
}

#[test]
fn the_demos_keys_find_their_signatures() {
    for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa", "dsse-ed25519", "dsse-rsa", "dsse-ecdsa"] {
        let (path, layout) = demo(set);
        let owners = vectors::owners(&[&path]).unwrap();
        let keyid = layout["signatures"][0]["keyid"].as_str().unwrap();
        assert_eq!(owners[0].ids[0], keyid, "{set}");
    }
}

#[test]
fn functionary_keys_of_the_layouts_have_the_ids_that_are_computed() {
    for set in ["metablock-ed25519", "metablock-rsa", "metablock-ecdsa"] {
        for (id, key) in demo(set).1["signed"]["keys"].as_object().unwrap() {
            let mut key = key.clone();
            key.as_object_mut().unwrap().remove("keyid");
            assert_eq!(&parse(&key.to_string()).unwrap().ids[0], id, "{set}");
        }
    }
}

#[test]
fn keys_are_what_the_programs_say_that_made_them() {
    let expected: serde_json::Value = serde_json::from_str(&text("expected.json")).unwrap();
    assert_eq!(expected.as_object().unwrap().len(), 9);
    for (name, expected) in expected.as_object().unwrap() {
        let key = parse(&text(name)).unwrap();
        let ids = key.dialects().unwrap();
        let openssh = match key.decoded() {
            HostKey::Ed25519(bytes) => Some(openssh_fingerprint(bytes)),
            _ => None,
        };
        for (member, got) in [
            ("keytype", Some(&key.keytype)),
            ("scheme", Some(&key.scheme)),
            ("fingerprint", Some(&fingerprint(key.decoded()))),
            ("pem", Some(&key.decoded().to_pem())),
            ("openssh_fingerprint", openssh.as_ref()),
            ("python3", Some(&ids.python3)),
        ] {
            assert_eq!(expected[member].as_str(), got.map(String::as_str), "{name}: {member}");
        }
        if let Some(older) = expected["older_python"].as_str() {
            assert_eq!(older, ids.older_python, "{name}");
        }
        assert!([&ids.python3, &ids.older_python, &ids.go].iter().all(|id| key.ids.contains(id)), "{name}");
    }
}

#[test]
fn one_key_is_the_same_in_every_form() {
    for name in ["ed25519", "rsa", "p256", "p384", "p521"] {
        let pem = parse(&text(&format!("{name}.pem"))).unwrap();
        let json = parse(&text(&format!("{name}.json"))).unwrap();
        let private = vectors::public_half(&vector(&format!("{name}.private.pem"))).unwrap();
        assert!(private.is_private && private.key.format == Format::Pem, "{name}");
        assert_eq!((pem.format, json.format), (Format::Pem, Format::Json), "{name}");
        for other in [&json, &private.key] {
            assert_eq!((&pem.decoded, &pem.ids), (&other.decoded, &other.ids), "{name}");
        }
        assert_eq!(json.given_id.as_ref(), Some(&pem.ids[0]), "{name}");
    }
    let minisign = parse(&text("minisign.pub")).unwrap();
    // The line that minisign prints for `minisign -V -P`.
    let bare = parse(text("minisign.pub").lines().nth(1).unwrap()).unwrap();
    assert_eq!((minisign.format, &minisign.ids), (Format::Signify, &bare.ids));
    let older = vectors::public_half(&vector("older-ed25519.private.json")).unwrap();
    assert!(older.is_private);
    assert_eq!(older.key.given_id.as_ref(), Some(&older.key.dialects().unwrap().older_python));
}

#[test]
fn line_ends_and_wrapping_do_not_change_a_key() {
    let (demo, _) = demo("metablock-rsa");
    for path in
        [demo, vector("ed25519.pem"), vector("openssh-ed25519.pub"), vector("minisign.pub"), vector("signify.pub")]
    {
        let text = vectors::text(&path);
        let expected = parse(&text).unwrap();
        if text.starts_with("-----") {
            for between in ["", " ", "\t", "\r", "\u{a0}"] {
                let variant: Vec<&str> = text.lines().collect();
                assert_eq!(parse(&variant.join(between)).unwrap().public, expected.public, "{path:?} {between:?}");
            }
        }
        for variant in [text.trim_end().to_owned(), text.replace('\n', "\r\n"), format!("{text}\n\n")] {
            let owner = parse(&variant).unwrap();
            assert_eq!((owner.ids, owner.public), (expected.ids.clone(), expected.public.clone()), "{path:?}");
        }
    }
}

/// As in-toto's library reads them: an RSA key in its own form is the same key, also under the wrong label, and also where its padding was lost.
#[test]
fn rsa_keys_in_their_own_form_are_the_same_keys() {
    let (pem, own) = (text("rsa.pem"), text("rsa.pkcs1.pem"));
    let expected = parse(&pem).unwrap();
    for other in [own.clone(), own.replace('\n', ""), pem.replace("PUBLIC", "RSA PUBLIC"), own.replace("=\n-", "\n-")] {
        let key = parse(&other).unwrap();
        assert_eq!((&key.ids, &key.public, key.format), (&expected.ids, &expected.public, Format::Pem), "{other}");
    }
    assert!(matches!(refusal(&own.replace("RSA ", "")), KeyFileFault::Key(KeyFault::Malformed)));
    assert!(matches!(
        refusal(&text("p256.pem").replace("PUBLIC", "RSA PUBLIC")),
        KeyFileFault::Key(KeyFault::Malformed)
    ));
}

#[test]
fn a_given_key_id_comes_first_and_the_computed_ones_follow() {
    let json = r#"{"keytype":"ed25519","scheme":"ed25519","keyid":"alice",
        "keyval":{"public":"03759fed0728796dd086f924e7a29f34ba223fce5c871f7db782a737aa6676d8","private":""}}"#;
    // The ids of the Python 3 and of the older dialect for this key, from securesystemslib.
    assert_eq!(
        parse(json).unwrap().ids,
        [
            "alice",
            "b532df9a5ac343e73bfef6a519aceeabc0dfdcd0ae6957a84b81172bb5b97f02",
            "828c55bcf165bc6662a8d9185e2f3b37829b2dd13176ef52b6b0fa1471a119d1",
        ]
    );
}

#[test]
fn one_key_in_two_files_is_refused() {
    for (one, other) in [("ed25519.pem", "ed25519.json"), ("rsa.json", "rsa.pem")] {
        let error = owners(&[one, other]).unwrap_err();
        assert!(matches!(error.fault, KeyFileFault::Duplicate(_)), "{error}");
    }
}

#[test]
fn openssh_keys_are_read_strictly() {
    let line = text("openssh-ed25519.pub");
    let line = line.trim_end();
    let (encoded, comment) = line.strip_prefix("ssh-ed25519 ").unwrap().split_once(' ').unwrap();
    assert_eq!((encoded.len(), comment), (68, "test key, not a secret"));
    let expected = parse(line).unwrap().ids;
    for good in [format!("ssh-ed25519 {encoded}"), format!("ssh-ed25519\t{encoded}  a comment of words ")] {
        assert_eq!(parse(&good).unwrap().ids, expected, "{good}");
    }
    let fault = |text: &str| match refusal(text) {
        KeyFileFault::OpenSsh(fault) => fault,
        other => panic!("{text}: {other:?}"),
    };
    for (name, expected) in [
        ("openssh-rsa.pub", OpenSshFault::Type("ssh-rsa".into())),
        ("openssh-ecdsa.pub", OpenSshFault::Type("ecdsa-sha2-nistp256".into())),
        ("openssh-ed25519-cert.pub", OpenSshFault::Certificate("ssh-ed25519-cert-v01@openssh.com".into())),
        ("openssh-ed25519.rfc4716", OpenSshFault::Rfc4716),
    ] {
        assert_eq!(fault(&text(name)), expected, "{name}");
    }
    assert_eq!(fault(&format!("no-pty {line}")), OpenSshFault::Options);
    assert_eq!(fault(&format!("command=\"a b\",no-pty {line}")), OpenSshFault::Options);
    assert_eq!(fault(&format!("{line}\n{line}\n")), OpenSshFault::Lines);
    assert_eq!(fault(&format!("# alice\n{line}\n")), OpenSshFault::Lines);
    assert_eq!(fault(&format!("{line}\n# alice\n")), OpenSshFault::Lines);
    // Bytes more and less, padding, another length and another type inside, what is no base64.
    let changed = |from: usize, to: &str| format!("{}{to}{}", &encoded[..from], &encoded[from + to.len()..]);
    for bad in [
        format!("{encoded}AAAA"),
        encoded[..64].into(),
        format!("{}=", &encoded[..67]),
        format!("{encoded}===="),
        changed(24, "A"),
        changed(10, "A"),
        changed(67, "!"),
        "AAAA".into(),
        "hello".into(),
    ] {
        assert_ne!(bad, encoded);
        assert_eq!(fault(&format!("ssh-ed25519 {bad}")), OpenSshFault::Malformed, "{bad}");
    }
}

#[test]
fn minisign_and_signify_keys_are_read_strictly() {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;
    let file = text("signify.pub");
    let encoded = file.lines().nth(1).unwrap();
    let with = |encoded: &str| format!("untrusted comment: x\n{encoded}\n");
    assert_eq!(parse(&with(encoded)).unwrap().ids, parse(encoded).unwrap().ids);
    assert_eq!(parse(&format!("untrusted comment: \n{encoded}")).unwrap().ids, parse(encoded).unwrap().ids);
    let fault = |text: &str| match refusal(text) {
        KeyFileFault::Signify(fault) => fault,
        other => panic!("{text}: {other:?}"),
    };
    for name in ["minisign.minisig", "signify.sig"] {
        assert_eq!(fault(&text(name)), SignifyFault::Signature, "{name}");
    }
    assert_eq!(fault(&format!("{file}{encoded}\n")), SignifyFault::Lines);
    assert_eq!(fault(&format!("{file}x")), SignifyFault::Lines);
    let mut bytes = STANDARD.decode(encoded).unwrap();
    bytes[1] = b'D';
    for text in [with(&STANDARD.encode(&bytes)), STANDARD.encode(&bytes)] {
        assert_eq!(fault(&text), SignifyFault::Algorithm(*b"ED"));
    }
    for bad in [format!("{encoded}AAAA"), encoded[..52].into(), format!("{encoded}="), format!(" {encoded}")] {
        assert_eq!(fault(&with(&bad)), SignifyFault::Malformed, "{bad}");
    }
    assert_eq!(fault("untrusted comment: x"), SignifyFault::Malformed);
    assert_eq!(fault("untrusted comment: x\n"), SignifyFault::Malformed);
    // Alone, a line is taken for a key only where it starts or ends as one.
    assert_eq!(fault(&format!("{encoded}AAAA")), SignifyFault::Malformed);
    assert!(matches!(refusal(&format!("{encoded}{encoded}A")), KeyFileFault::NoForm));
}

#[test]
fn private_keys_that_cannot_be_used_are_named() {
    let fault = |text: &str| PublicHalf::parse(Path::new("k"), text.as_bytes()).unwrap_err();
    assert!(matches!(fault(&text("x25519.private.pem")), KeyFileFault::Key(KeyFault::Algorithm)));
    assert!(matches!(fault(&text("rsa-1024.private.pem")), KeyFileFault::Key(KeyFault::RsaSize(1024))));
    let pem = text("ed25519.private.pem");
    assert!(matches!(fault(&format!("{pem}more")), KeyFileFault::MalformedPrivate));
    let body = pem.lines().nth(1).unwrap();
    // The seed cut short; the whole cut short.
    for bad in [body.replacen("BCIEI", "BCIEH", 1), body[..60].into()] {
        assert!(matches!(fault(&pem.replace(body, &bad)), KeyFileFault::MalformedPrivate), "{bad}");
    }
}

#[test]
fn what_is_no_public_key_is_named() {
    assert!(matches!(refusal(&"A".repeat(70_000)), KeyFileFault::NoForm));
    assert!(matches!(OwnerFile::parse(Path::new("k"), b"\xff"), Err(KeyFileFault::NoForm)));
    assert!(matches!(refusal("{\"keytype\":\"rsa\"}"), KeyFileFault::Json(_)));
    let pem = text("rsa.pem");
    assert!(matches!(refusal(&format!("{pem}{pem}")), KeyFileFault::Several));
    assert!(matches!(refusal(&format!("{pem}more")), KeyFileFault::Key(KeyFault::Malformed)));
    let json = |keytype: &str, scheme: &str, public: &str| {
        serde_json::json!({"keytype": keytype, "scheme": scheme, "keyval": {"public": public}}).to_string()
    };
    for (keytype, scheme) in [("rsa", "ed25519"), ("rsa", "pgp+rsa-pkcsv1.5")] {
        assert!(matches!(refusal(&json(keytype, scheme, &pem)), KeyFileFault::Scheme { .. }), "{scheme}");
    }
    assert!(matches!(refusal(&json("ecdsa", "ecdsa-sha2-nistp256", &pem)), KeyFileFault::Mismatch));
    let private = json("rsa", "rsassa-pss-sha256", &text("rsa.private.pem"));
    assert!(matches!(refusal(&private), KeyFileFault::Key(KeyFault::Private)));
    let ed25519 = json("ed25519", "ed25519", &text("ed25519.pem"));
    assert!(matches!(refusal(&ed25519), KeyFileFault::Key(KeyFault::Ed25519Pem)));
}
