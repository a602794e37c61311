//! Of a private key no copy stays in memory when a command has used it.
//!
//! The commands run in a process of their own, this test's program started anew. When they are done it stops, and all of its memory is searched.
#![cfg(target_os = "linux")]

use std::env;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha512};
use sitrep_cli::commands;
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::vectors;

/// The command lines, one each, of the process that is searched.
const LINES: &str = "SITREP_TEST_LINES";

/// What stops when the command lines have been run. It does nothing where nobody has given any.
#[test]
fn searched_process() {
    let Ok(lines) = env::var(LINES) else { return };
    for line in lines.lines() {
        let code = commands::main(["sitrep"].into_iter().chain(line.split(' ')).map(Into::into));
        assert_eq!(format!("{code:?}"), format!("{:?}", std::process::ExitCode::SUCCESS), "{line}");
    }
    // The commands have hidden the process.
    nix::sys::prctl::set_dumpable(true).unwrap();
    println!("\ndone");
    std::io::stdout().flush().unwrap();
    // Until whoever searches ends this process.
    let _ = std::io::stdin().read(&mut [0]);
}

/// Runs command lines in `directory`, and gives all memory of their process to `search`, piece by piece.
fn run(directory: &Path, lines: &[&str], variable: &str, mut search: impl FnMut(&str, &[u8])) {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", "searched_process", "--nocapture", "--test-threads=1"]).current_dir(directory);
    command.env("SITREP_TEST_SEARCHED", variable);
    command.env(LINES, lines.join("\n")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let is_done = BufReader::new(child.stdout.take().unwrap()).lines().any(|line| line.unwrap() == "done");
    assert!(is_done, "{:?}", child.wait_with_output());
    let maps = fs::read_to_string(format!("/proc/{}/maps", child.id())).unwrap();
    let memory = File::open(format!("/proc/{}/mem", child.id())).unwrap();
    let mut searched = 0;
    for line in maps.lines().filter(|line| line.split(' ').nth(1).is_some_and(|rights| rights.starts_with("rw"))) {
        let (start, end) = line.split(' ').next().unwrap().split_once('-').unwrap();
        let [start, end] = [start, end].map(|address| u64::from_str_radix(address, 16).unwrap());
        let mut bytes = vec![0; usize::try_from(end - start).unwrap()];
        memory.read_exact_at(&mut bytes, start).unwrap();
        searched += bytes.len();
        search(line, &bytes);
    }
    assert!(searched > 100_000, "{searched} bytes");
    child.kill().unwrap();
    child.wait().unwrap();
}

/// Bytes that must not be in memory, and what they are.
struct Trace {
    what: String,
    bytes: Vec<u8>,
}

/// Eight bytes each, so that a part is found too, in either order: hash functions work with words.
fn traces(what: &str, secret: &[u8]) -> impl Iterator<Item = Trace> {
    let (pieces, _) = secret.as_chunks::<8>();
    pieces.iter().enumerate().flat_map(move |(number, piece)| {
        let reversed = piece.iter().rev().copied().collect();
        let trace = |what: String, bytes| Trace { what: format!("{what}, piece {number}"), bytes };
        [trace(what.to_owned(), piece.to_vec()), trace(format!("{what} reversed"), reversed)]
    })
}

/// The bytes of the only block in a file of PEM, and its lines in base64.
fn pem(path: &Path) -> (Vec<u8>, String) {
    let text = fs::read_to_string(path).unwrap();
    let base64: String = text.lines().filter(|line| !line.starts_with("--")).collect();
    (STANDARD.decode(&base64).unwrap(), base64)
}

/// Everything that leads to an Ed25519 key in PKCS#8: as it is in its file, and as signing needs it.
fn traces_of_ed25519(path: &Path) -> Vec<Trace> {
    let (der, base64) = pem(path);
    let seed: [u8; 32] = *der.last_chunk().unwrap();
    let hash = Sha512::digest(seed);
    let mut scalar: [u8; 32] = *hash.first_chunk().unwrap();
    scalar[0] &= 248;
    scalar[31] = scalar[31] & 63 | 64;
    let all = [
        traces("the seed", &seed).collect::<Vec<_>>(),
        // The prefix of such a file, which is in every one, ends in the middle of a group.
        traces("base64", &base64.as_bytes()[24..]).collect(),
        traces("the hash", &hash).collect(),
        traces("the scalar", &scalar).collect(),
        traces("hexadecimal digits", sitrep_metadata::hex::encode(&seed).as_bytes()).collect(),
    ];
    all.into_iter().flatten().collect()
}

/// Searches the memory of a process that has run these lines; says what was found, and where.
fn found(directory: &Path, lines: &[&str], traces: &[Trace], variable: &str) -> Vec<String> {
    let mut found = Vec::new();
    run(directory, lines, variable, |place, bytes| {
        for Trace { what, bytes: trace } in traces {
            found.extend(memchr::memmem::find_iter(bytes, trace).map(|at| format!("{what} at {at:#x} of {place}")));
        }
    });
    found
}

/// A directory with a key that was never used before.
fn with_key() -> Directory {
    let directory = Directory::new("keys").unwrap();
    let signer = sitrep_signers::generate().unwrap();
    sitrep_signers::file::write(&signer, directory.path(), "own").unwrap();
    directory
}

#[test]
fn no_copy_stays_of_a_key_that_has_signed() {
    let directory = with_key();
    let path = directory.path();
    fs::write(path.join("app"), "app").unwrap();
    let lines = [
        "trust init --verification-keys own.pub --product-artifact app -o trust.json",
        "trust sign trust.json --signing-key own.key -o signed.json",
        "attest security-version --security-version 1 --subject app --signing-key own.key -o app.intoto.jsonl",
    ];
    let found = found(path, &lines, &traces_of_ed25519(&path.join("own.key")), "");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_copy_stays_of_a_key_that_was_decrypted_and_has_signed() {
    let directory = with_key();
    let path = directory.path();
    fs::write(path.join("app"), "app").unwrap();
    fs::write(path.join("passphrase"), "correct horse battery staple\n").unwrap();
    let (der, _) = pem(&path.join("own.key"));
    let encrypted = sitrep_signers::encrypted::encrypt(&der, b"correct horse battery staple").unwrap();
    fs::write(path.join("encrypted.key"), &*encrypted).unwrap();
    let line = "attest security-version --security-version 1 --subject app --signing-key encrypted.key \
        --passphrase-file passphrase -o app.intoto.jsonl";
    let mut searched = traces_of_ed25519(&path.join("own.key"));
    searched.extend(traces("the passphrase", b"correct horse battery staple"));
    let found = found(path, &[line], &searched, "");
    assert!(found.is_empty(), "{found:#?}");
}

/// Keys on elliptic curves, of openssl's and of OpenSSH's form.
#[test]
fn no_copy_stays_of_other_keys_that_have_signed() {
    let directory = Directory::new("keys").unwrap();
    let path = directory.path();
    fs::write(path.join("app"), "app").unwrap();
    for (file, start, end) in
        [("p256.private.pem", 36_usize, 68), ("p384.private.pem", 35, 83), ("openssh-ed25519", 161, 193)]
    {
        fs::copy(vectors().join("keys").join(file), path.join(file)).unwrap();
        let (der, _) = pem(&path.join(file));
        let line = format!(
            "attest security-version --security-version 1 --subject app --signing-key {file} -o {file}.intoto.jsonl"
        );
        let traces: Vec<Trace> = traces("the number", &der[start..end]).collect();
        let found = found(path, &[&line], &traces, "");
        assert!(found.is_empty(), "{file}: {found:#?}");
    }
}

#[test]
fn no_copy_stays_of_a_key_whose_public_half_is_shown() {
    let directory = with_key();
    let path = directory.path();
    let traces = traces_of_ed25519(&path.join("own.key"));
    let (der, _) = pem(&path.join("own.key"));
    let [seed, public] =
        [der, pem(&path.join("own.pub")).0].map(|der| sitrep_metadata::hex::encode(&der[der.len() - 32..]));
    // The escape makes a reader of JSON copy the text, if it reads it.
    let json =
        serde_json::json!({"keytype": "ed25519", "scheme": "ed25519", "keyval": {"private": seed, "public": public}});
    let json = json.to_string().replace(&seed, &format!("{seed}\\u0000"));
    fs::write(path.join("own.json"), json).unwrap();
    let found = found(path, &["key show own.key", "key show own.json", "key show own.key --json"], &traces, "");
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn no_copy_stays_of_keys_of_other_kinds() {
    let directory = Directory::new("keys").unwrap();
    // Where the private numbers are; before them, and in elliptic curves behind them, stands the public key.
    for (name, start, end) in [("p256", 36_usize, 68), ("p384", 35, 83), ("rsa", 303, usize::MAX)] {
        let file = format!("{name}.private.pem");
        let path = directory.path().join(&file);
        fs::copy(vectors().join("keys").join(&file), &path).unwrap();
        let (der, base64) = pem(&path);
        let end = end.min(der.len());
        let characters = &base64.as_bytes()[(start * 4).div_ceil(3)..end * 4 / 3];
        let traces: Vec<Trace> = traces("the number", &der[start..end]).chain(traces("base64", characters)).collect();
        let found = found(directory.path(), &[&format!("key show {file}")], &traces, "");
        assert!(found.is_empty(), "{name}: {found:#?}");
    }
}

/// The search finds what is there: a variable of the process's environment.
#[test]
fn a_copy_would_be_found() {
    let directory = with_key();
    let path = directory.path();
    let (_, base64) = pem(&path.join("own.key"));
    let found = found(path, &["key show own.pub"], &traces_of_ed25519(&path.join("own.key")), &base64);
    assert!(found.len() >= 5 && found.iter().all(|found| found.starts_with("base64")), "{found:#?}");
}
