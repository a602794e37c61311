//! OpenPGP beside GnuPG and in-toto 3.1: what in-toto's programs let GnuPG sign is verified here as it is there, also after it was in a bundle, and what
//! GnuPG signs otherwise does not count.
#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::{Value, json};
use sitrep_cli::shell::temporary::Directory;
use sitrep_metadata::hex;
use sitrep_tests::command::sitrep;
use sitrep_tests::in_toto;
use sitrep_tests::required::leave_out;

/// A chain as tests/tools/openpgp.py makes it.
struct Chain {
    directory: Directory,
    programs: PathBuf,
    owner: String,
    builder: String,
}

/// Makes a chain; `None` where this machine has no in-toto or no GnuPG.
fn chain(arguments: &[&str]) -> Option<Chain> {
    let programs = in_toto::programs()?;
    if Command::new("gpg").arg("--version").stdout(Stdio::null()).status().is_err() {
        leave_out("gnupg", "OpenPGP beside GnuPG", "there is no gpg");
        return None;
    }
    let directory = Directory::new("gpg").unwrap();
    let tool = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/openpgp.py");
    let mut command = Command::new(programs.join("python"));
    command.arg("-B").arg(tool).arg(directory.path()).args(arguments).stdin(Stdio::null());
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    let ids: Value = serde_json::from_slice(&output.stdout).unwrap();
    let id = |whose: &str| ids[whose].as_str().unwrap().to_owned();
    Some(Chain { owner: id("owner"), builder: id("builder"), directory, programs })
}

impl Chain {
    fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Does in-toto verify what lies in a directory, with the owner's key in GnuPG's?
    fn in_toto_verifies(&self, directory: &Path) -> Result<(), String> {
        let mut command = Command::new(self.programs.join("in-toto-verify"));
        command.args(["--layout", "root.layout", "--gpg", &self.owner, "--gpg-home"]).arg(self.path().join("home"));
        let output = command.current_dir(directory).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if output.status.success() { Ok(()) } else { Err(said) }
    }

    /// What sitrep says of INPUT, with the owner's key from that file.
    fn verify(&self, input: &str, key: &str) -> Value {
        let run = sitrep(self.path(), &["verify", input, "--verification-keys", key, "--json"]);
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{}", run.stderr))
    }

    /// The code of the refusal, and everything that people are told; `None` where it is verified.
    fn refusal(&self) -> Option<(String, String)> {
        let code = self.verify("root.layout", "owner.asc")["error"]["code"].as_str()?.to_owned();
        let run = sitrep(self.path(), &["verify", "root.layout", "--verification-keys", "owner.asc"]).expect(1);
        Some((code, run.stdout + &run.stderr))
    }

    fn link(&self) -> PathBuf {
        let mut names = fs::read_dir(self.path()).unwrap().map(|entry| entry.unwrap().path());
        names.find(|path| path.extension().is_some_and(|extension| extension == "link")).unwrap()
    }

    fn gpg(&self, arguments: &[&str]) -> Vec<u8> {
        let mut command = Command::new("gpg");
        command.args(["--batch", "--quiet", "--yes", "--passphrase", "", "--pinentry-mode", "loopback", "--homedir"]);
        let output = command.arg(self.path().join("home")).args(arguments).current_dir(self.path()).output().unwrap();
        assert!(output.status.success(), "gpg {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    /// The fingerprints of a key and its subkeys.
    fn fingerprints(&self, key: &str) -> Vec<String> {
        let listed = String::from_utf8(self.gpg(&["--with-colons", "--list-keys", key])).unwrap();
        let lines = listed.lines().filter_map(|line| line.strip_prefix("fpr:"));
        lines.map(|line| line.trim_matches(':').to_ascii_lowercase()).collect()
    }

    /// Signs the link anew, as in-toto would: with that key, and `options` for GnuPG. Under the name that the step's key gives it, so that it is looked at.
    fn sign_link(&self, key: &str, keyid: &str, options: &[&str]) {
        let path = self.link();
        let mut link: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        // serde_json sorts members, and nothing in this link is written otherwise in canonical JSON.
        fs::write(self.path().join("message"), link["signed"].to_string()).unwrap();
        let signer = format!("{key}!");
        let packet = self
            .gpg(&[&["--local-user", &signer, "--output", "-"][..], options, &["--detach-sign", "message"]].concat());
        let (headers, signature) = take_apart(&packet);
        link["signatures"] =
            json!([{"keyid": keyid, "other_headers": hex::encode(headers), "signature": hex::encode(signature)}]);
        fs::remove_file(&path).unwrap();
        fs::write(self.path().join(format!("build.{}.link", &keyid[..8])), link.to_string()).unwrap();
    }
}

/// What in-toto keeps of an RSA signature's packet, which GnuPG writes in the older format (RFC 4880, sections 4.2.1 and 5.2.3).
fn take_apart(packet: &[u8]) -> (&[u8], &[u8]) {
    let [0x89, _, _, body @ ..] = packet else { panic!("another packet: {:x?}", packet.get(..4)) };
    let length = |place: usize| usize::from(u16::from_be_bytes([body[place], body[place + 1]]));
    let hashed = 6 + length(4);
    let unhashed = hashed + 2 + length(hashed);
    // Two bytes of the digest, and two with the number's length in bits.
    (&body[..hashed], &body[unhashed + 4..])
}

#[test]
fn what_gnupg_signed_for_in_toto_is_verified_as_in_toto_verifies_it_and_comes_back_from_a_bundle() {
    for algorithm in ["rsa2048", "rsa3072", "dsa2048", "ed25519"] {
        for subkeys in [&[][..], &["--subkeys"]] {
            let Some(chain) = chain(&[&[algorithm], subkeys].concat()) else { return };
            let what = format!("{algorithm} {subkeys:?}");
            // in-toto does not see subkeys of Ed25519, so it does not find the owner's signature.
            let expected = algorithm != "ed25519" || subkeys.is_empty();
            let reference = chain.in_toto_verifies(chain.path());
            assert_eq!(reference.is_ok(), expected, "{what}: {reference:?}");
            for key in ["owner.asc", "owner.gpg"] {
                let report = chain.verify("root.layout", key);
                assert_eq!(report["verdict"] == "verified", expected, "{what}: {report}");
                assert_eq!(report["layout"]["signed_by"], json!([chain.owner]), "{what}");
            }
            if !expected {
                continue;
            }
            let report = chain.verify("root.layout", "owner.asc");
            assert_eq!(report["steps"][0]["vouched_by"], json!([chain.builder]), "{what}");
            // Into a bundle and out of it; then in-toto verifies it as before.
            sitrep(chain.path(), &["pack", "root.layout", "--verification-keys", "owner.asc", "-o", "out.sitrep"])
                .expect(0);
            assert_eq!(chain.verify("out.sitrep", "owner.gpg")["verdict"], "verified", "{what}");
            sitrep(chain.path(), &["unpack", "out.sitrep", "-o", "unpacked"]).expect(0);
            let reference = chain.in_toto_verifies(&chain.path().join("unpacked"));
            assert!(reference.is_ok(), "{what}: {reference:?}");
            let shown = sitrep(chain.path(), &["inspect", "out.sitrep"]).expect(0);
            assert!(shown.stdout.contains("OpenPGP"), "{what}: {}", shown.stdout);
        }
    }
}

#[test]
fn what_gnupg_signs_otherwise_does_not_count() {
    let Some(chain) = chain(&["rsa2048", "--subkeys"]) else { return };
    let [builder, _, subkey] = &chain.fingerprints(&chain.builder)[..] else { panic!("other keys") };
    let [owner, _, owners_subkey] = &chain.fingerprints(&chain.owner)[..] else { panic!("other keys") };
    // As in-toto does it, this counts: by the subkey and by the key itself.
    for key in [subkey, builder] {
        chain.sign_link(key, key, &["--digest-algo", "SHA256"]);
        assert_eq!(chain.refusal(), None, "{key}");
        assert!(chain.in_toto_verifies(chain.path()).is_ok());
    }
    // Other hash functions than the one that in-toto has GnuPG sign with, and signatures on text.
    for options in
        [&["--digest-algo", "SHA512"][..], &["--digest-algo", "SHA224"], &["--digest-algo", "SHA256", "--textmode"]]
    {
        chain.sign_link(subkey, subkey, options);
        let (code, said) = chain.refusal().unwrap();
        assert_eq!(code, "threshold-not-met", "{options:?}");
        assert!(said.contains("link-signature"), "{said}");
        if !options.contains(&"--textmode") {
            assert!(chain.in_toto_verifies(chain.path()).is_err(), "{options:?}");
        }
    }
    // By keys that are another's, under this one's name.
    for key in [owner, owners_subkey] {
        for name in [subkey, builder] {
            chain.sign_link(key, name, &["--digest-algo", "SHA256"]);
            let (code, said) = chain.refusal().unwrap();
            assert_eq!(code, "threshold-not-met", "{key} as {name}");
            assert!(said.contains("link-signature"), "{said}");
            assert!(chain.in_toto_verifies(chain.path()).is_err(), "{key} as {name}");
        }
    }
    // By a subkey that came after the layout was written.
    chain.gpg(&["--quick-add-key", builder, "rsa2048", "sign", "never"]);
    let newest = chain.fingerprints(builder).pop().unwrap();
    assert!(![builder, subkey].contains(&&newest));
    chain.sign_link(&newest, &newest, &["--digest-algo", "SHA256"]);
    let (code, said) = chain.refusal().unwrap();
    assert_eq!(code, "link-missing", "{said}");
    assert!(said.contains(&newest[..8]), "{said}");
    chain.sign_link(&newest, subkey, &["--digest-algo", "SHA256"]);
    assert_eq!(chain.refusal().unwrap().0, "threshold-not-met");
}

/// A key's subkeys sign for it, each under its own key id.
#[test]
fn a_signature_stands_under_the_id_of_the_part_that_made_it() {
    let Some(chain) = chain(&["rsa2048", "--subkeys"]) else { return };
    let path = chain.path().join("root.layout");
    let mut layout: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    let [owner, _, subkey] = &chain.fingerprints(&chain.owner)[..] else { panic!("other keys") };
    assert_eq!(layout["signatures"][0]["keyid"], json!(subkey));
    assert_eq!(chain.refusal(), None);
    layout["signatures"][0]["keyid"] = json!(owner);
    fs::write(&path, layout.to_string()).unwrap();
    assert_eq!(chain.refusal().unwrap().0, "owner-signature");
    assert!(chain.in_toto_verifies(chain.path()).is_err());
    let [builder, _, subkey] = &chain.fingerprints(&chain.builder)[..] else { panic!("other keys") };
    layout["signatures"][0]["keyid"] = json!(chain.fingerprints(&chain.owner)[2]);
    fs::write(&path, layout.to_string()).unwrap();
    for (key, name) in [(builder, subkey), (subkey, builder)] {
        chain.sign_link(key, name, &["--digest-algo", "SHA256"]);
        assert_eq!(chain.refusal().unwrap().0, "threshold-not-met", "{key} as {name}");
        assert!(chain.in_toto_verifies(chain.path()).is_err(), "{key} as {name}");
    }
}

/// When a key is valid is not asked, and the verdict says so; in-toto asks where the layout says it.
#[test]
fn an_expired_key_is_believed_with_a_warning() {
    let Some(chain) = chain(&["rsa2048", "--expired"]) else { return };
    assert!(chain.in_toto_verifies(chain.path()).is_err());
    let report = chain.verify("root.layout", "owner.asc");
    assert_eq!(report["verdict"], "verified", "{report}");
    let warnings = report["warnings"].as_array().unwrap();
    let is_of =
        |keyid: &str| warnings.iter().any(|warning| warning["code"] == "openpgp-validity" && warning["keyid"] == keyid);
    assert!(is_of(&chain.owner) && is_of(&chain.builder), "{report}");
    let lint = sitrep(chain.path(), &["lint", "root.layout"]);
    assert!(lint.stdout.contains("it expires 2020-01-02"), "{}", lint.stdout);
}

#[test]
fn keys_are_read_in_whatever_state_gnupg_exports_them() {
    let Some(chain) = chain(&["rsa2048", "--subkeys"]) else { return };
    let shown = |file: &str| {
        let run = sitrep(chain.path(), &["key", "show", file, "--json"]);
        serde_json::from_str::<Value>(&run.stdout).map(|shown| shown["keys"][0].clone()).map_err(|_| run.stderr)
    };
    let [owner, _, subkey] = &chain.fingerprints(&chain.owner)[..] else { panic!("other keys") };
    let key = shown("owner.asc").unwrap();
    assert_eq!((&key["keyid"], &key["subkeys"]), (&json!(owner), &json!([subkey])));
    // A key that was revoked.
    let revocation = chain.path().join(format!("home/openpgp-revocs.d/{}.rev", owner.to_uppercase()));
    let certificate = fs::read_to_string(revocation).unwrap().replace("\n:---", "\n---");
    fs::write(chain.path().join("revocation"), certificate).unwrap();
    chain.gpg(&["--import", "revocation"]);
    fs::write(chain.path().join("revoked.gpg"), chain.gpg(&["--export", owner])).unwrap();
    let said = shown("revoked.gpg").unwrap_err();
    assert!(said.contains("revoked.gpg holds an OpenPGP key that its owner has revoked"), "{said}");
    assert!(said.contains("hint: ask the owner which key is in use now"), "{said}");
}
