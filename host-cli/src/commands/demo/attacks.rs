//! What should be noticed: four ways to get other software to the user.

use serde_json::Value;
use sitrep_metadata::hex;

use super::error::DemoError;
use super::stage::{
    PACKAGE, People, VERIFY_ARTIFACT, VERIFY_FLIPPED, VERIFY_INSIDER, VERIFY_LINK, link_name, read_json, write_json,
};
use super::teller::Teller;
use crate::error::CliError;
use crate::record::step::run_step;

const EVIL: &[u8] = b"echo Hello, victim\n";

const VERIFY_CUT: &str = "verify tampered/cut.sitrep --verification-keys keys/owner.pub";

/// Somebody replaces the program on its way to the user.
pub(super) fn artifact(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter("Somebody replaces the program", "On a mirror, say. The bundle is genuine, the file is not.")?;
    teller.make("tampered")?;
    teller.write("tampered/hello-1.0.sh", EVIL)?;
    teller.refused(VERIFY_ARTIFACT, "artifact-digest")
}

/// Somebody changes the link to fit the replaced program.
pub(super) fn link(teller: &mut Teller, people: &People) -> Result<(), DemoError> {
    teller.chapter(
        "Somebody changes the link to fit",
        "The digest of the other program is put into the packager's link. Without the\n\
         packager's key the signature no longer fits, and an unsigned link is no link.",
    )?;
    copy_metadata(teller, people, "tampered/link")?;
    let name = link_name("package", &people.packager);
    let mut link = read_json(teller, &name)?;
    let evil = hex::encode(
        &crate::record::tree::digest(&teller.directory().join("tampered/hello-1.0.sh"))
            .map_err(|error| CliError::Read("tampered/hello-1.0.sh".into(), error))?,
    );
    link["signed"]["products"]["hello-1.0.sh"]["sha256"] = Value::from(evil);
    write_json(teller, &name.replace("metadata", "tampered/link"), &link)?;
    teller.refused(VERIFY_LINK, "threshold-not-met")
}

/// The packager changes the program and signs honestly what went in and came out.
pub(super) fn insider(teller: &mut Teller, people: &People) -> Result<(), DemoError> {
    teller.chapter(
        "The packager cheats",
        "With a good key this time: the program is changed before it is packaged, and the\n\
         link is signed properly. But now what the packager took is not what the\n\
         developer gave, and a rule of the layout says that it must be.",
    )?;
    copy_metadata(teller, people, "tampered/insider")?;
    let work = teller.make("tampered/insider-work")?;
    teller.write("tampered/insider-work/hello.sh", EVIL)?;
    let link = people.packager.metablock(run_step("package", &work, &PACKAGE)?);
    write_json(teller, &link_name("package", &people.packager).replace("metadata", "tampered/insider"), &link)?;
    teller.refused(VERIFY_INSIDER, "rule-disallow")
}

/// The bundle itself is changed, by one bit in a recorded digest, and by a cut.
pub(super) fn bundle(teller: &mut Teller) -> Result<(), DemoError> {
    teller.chapter(
        "Somebody changes the bundle",
        "One bit, in the digest of hello-1.0.sh. Nobody signed the bundle, but the bytes\n\
         that the packager signed can no longer be rebuilt from it.",
    )?;
    let bundle = teller.read("hello.sitrep")?;
    let path = teller.directory().join("work/hello-1.0.sh");
    let digest = crate::record::tree::digest(&path).map_err(|error| CliError::Read(path, error))?;
    let place = bundle.windows(digest.len()).position(|bytes| bytes == digest);
    let Some(place) = place else {
        return Err(DemoError::Unexpected("the bundle does not hold the digest of hello-1.0.sh".into()));
    };
    let mut flipped = bundle.clone();
    flipped[place] ^= 1;
    teller.write("tampered/flipped.sitrep", &flipped)?;
    teller.refused(VERIFY_FLIPPED, "threshold-not-met")?;
    teller.say("\nAnd a bundle that was cut short, as by a failed download:\n")?;
    teller.write("tampered/cut.sitrep", &bundle[..bundle.len() / 2])?;
    teller.refused(VERIFY_CUT, "bundle-truncated")
}

/// Copies layout and links, to change one of them.
fn copy_metadata(teller: &Teller, people: &People, to: &str) -> Result<(), DemoError> {
    teller.make(to)?;
    let links = [("write", &people.developer), ("set-version", &people.developer), ("package", &people.packager)];
    let names =
        links.iter().map(|(step, functionary)| link_name(step, functionary)).chain(["metadata/root.layout".into()]);
    for name in names {
        teller.write(&name.replace("metadata", to), &teller.read(&name)?)?;
    }
    Ok(())
}
