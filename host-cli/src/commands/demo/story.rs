//! What should happen: keys, a layout, three steps, a bundle, and a verification.

use serde_json::{Value, json};
use sitrep_core::Time;
use sitrep_metadata::sign::Signer;
use sitrep_signers::file;

use super::error::DemoError;
use super::stage::{
    PACKAGE, People, VERIFY, VERIFY_ARTIFACT, VERIFY_FLIPPED, VERIFY_INSIDER, VERIFY_LINK, link_name, write_json,
};
use super::teller::{Teller, quote};
use crate::error::{CliError, ClockUse};
use crate::record::step::run_step;
use crate::shell::clock::SystemClock;

/// The steps: name, command, and whose they are is in the layout.
const WRITE: [&str; 3] = ["sh", "-c", r#"echo "echo Hello, world" > hello.sh"#];
const SET_VERSION: [&str; 3] = ["sh", "-c", r##"echo "# version 1.0" >> hello.sh"##];

const PACK: &str = "pack metadata/root.layout --verification-keys keys/owner.pub --profile device -o hello.sitrep";

/// Makes three keys.
pub(super) fn keys(teller: &mut Teller) -> Result<People, DemoError> {
    teller.say(
        "A small program is written, gets a version and is packaged, by two people. Its\n\
         owner wants users to get what these two made, and nothing else. in-toto is how\n\
         to say that in signed files; sitrep checks them.",
    )?;
    teller.chapter(
        "Three people make keys",
        "The owner signs the rules. The developer and the packager, whom in-toto calls\n\
         functionaries, sign what they did. Each key has an id, the SHA-256 of the key.",
    )?;
    let directory = teller.make("keys")?;
    let signer = |name: &str| -> Result<Signer, DemoError> {
        let failed = |error| CliError::Write(directory.join(name), error);
        let signer = sitrep_signers::generate().map_err(std::io::Error::other).map_err(failed)?;
        file::write(&signer, &directory, name).map_err(failed)?;
        teller.say(&format!("  {name:<10} keys/{:<14} id {}...", format!("{name}.pub"), &signer.id()[..16]))?;
        Ok(signer)
    };
    Ok(People { owner: signer("owner")?, developer: signer("developer")?, packager: signer("packager")? })
}

/// Writes the owner's layout.
pub(super) fn layout(teller: &mut Teller, people: &People) -> Result<(), DemoError> {
    teller.chapter(
        "The owner signs a layout",
        "It names the steps, who may carry out each, and what may go in (materials) and\n\
         come out (products). Rules are tried in order on every file; a file that reaches\n\
         DISALLOW * is one too many.\n\n\
         \x20 write        developer  CREATE hello.sh\n\
         \x20 set-version  developer  takes hello.sh as write left it; MODIFY hello.sh\n\
         \x20 package      packager   takes hello.sh as set-version left it;\n\
         \x20                         CREATE hello-1.0.sh, hello.sh stays as it is",
    )?;
    let Time(now) = SystemClock::read().ok_or(CliError::Clock(ClockUse::Present))?.time();
    teller.make("metadata")?;
    let layout = json!({
        "_type": "layout",
        "expires": Time(now + 365 * 86_400).to_string(),
        "readme": "",
        "keys": {
            people.developer.id(): people.developer.public_json(),
            people.packager.id(): people.packager.public_json(),
        },
        "steps": [
            step("write", &people.developer, &WRITE, &[], &[&["CREATE", "hello.sh"]]),
            step("set-version", &people.developer, &SET_VERSION, &[&from("write")], &[&["MODIFY", "hello.sh"]]),
            step("package", &people.packager, &PACKAGE, &[&from("set-version")], &[&from("set-version"), &["CREATE", "hello-1.0.sh"]]),
        ],
        "inspect": [],
    });
    write_json(teller, "metadata/root.layout", &people.owner.metablock(layout))?;
    teller.say("  metadata/root.layout, signed by the owner, valid for a year")
}

/// The rule that hello.sh is as the step before left it.
const fn from(step: &'static str) -> [&'static str; 6] {
    ["MATCH", "hello.sh", "WITH", "PRODUCTS", "FROM", step]
}

fn step(name: &str, functionary: &Signer, command: &[&str], materials: &[&[&str]], products: &[&[&str]]) -> Value {
    let closed = |rules: &[&[&str]]| {
        rules
            .iter()
            .copied()
            .chain([&["DISALLOW", "*"][..]])
            .collect::<Vec<_>>()
            .into_iter()
            .map(|rule| json!(rule))
            .collect::<Value>()
    };
    json!({
        "_type": "step",
        "name": name,
        "pubkeys": [functionary.id()],
        "threshold": 1,
        "expected_command": command,
        "expected_materials": closed(materials),
        "expected_products": closed(products),
    })
}

/// Runs and records the steps.
pub(super) fn steps(teller: &mut Teller, people: &People) -> Result<(), DemoError> {
    teller.chapter(
        "The steps run, and each leaves a signed link",
        "A link lists every file below work/ with its SHA-256, before and after the\n\
         command. These commands really run.",
    )?;
    let work = teller.make("work")?;
    let steps: [(&str, &Signer, &[&str]); 3] = [
        ("write", &people.developer, &WRITE),
        ("set-version", &people.developer, &SET_VERSION),
        ("package", &people.packager, &PACKAGE),
    ];
    for (name, functionary, command) in steps {
        let link = run_step(name, &work, command)?;
        let shown: Vec<String> = command.iter().map(|word| quote(word)).collect();
        teller.say(&format!("  {name:<12} $ {}", shown.join(" ")))?;
        let file = link_name(name, functionary);
        write_json(teller, &file, &functionary.metablock(link))?;
        teller.say(&format!("  {:<12}   {file}", ""))?;
    }
    Ok(())
}

/// Packs the metadata.
pub(super) fn pack(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter(
        "Layout and links become one bundle",
        "Small enough for a microcontroller, and within the limits of one (profile\n\
         `device`). The bundle adds no signature: whoever reads it rebuilds the bytes\n\
         that were signed, and checks the signatures of the three people.",
    )?;
    teller.accepted(PACK)
}

/// Verifies the bundle and the artifact.
pub(super) fn verify(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter(
        "A user verifies",
        "All that the user has to trust is the owner's public key. hello-1.0.sh must be\n\
         a product of the last step.",
    )?;
    teller.accepted(VERIFY)
}

/// Says where everything is and how to do it again.
pub(super) fn end(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("Everything came out as told", "The files are yours to look at and to break. To repeat by hand:")?;
    teller.say(&format!("  cd {}", quote(&teller.directory().to_string_lossy())))?;
    for line in [
        VERIFY,
        VERIFY_ARTIFACT,
        VERIFY_LINK,
        VERIFY_INSIDER,
        VERIFY_FLIPPED,
        "inspect hello.sitrep",
        "verify metadata/root.layout --verification-keys keys/owner.pub --json",
    ] {
        teller.say(&format!("  {}", teller.again(line)))?;
    }
    Ok(())
}
