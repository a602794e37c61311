//! Every page that people read: its commands work exactly as they stand there, its output is what they print, and its links lead somewhere.
//!
//! Commands that build something take minutes, since they start from nothing as a reader does. They are run where the variable `SITREP_REQUIRE` asks for
//! `clone`, as `tests/run` does.
#![cfg(unix)]

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::read::elf::{ElfFile64, ProgramHeader as _};
use object::{Endianness, Object as _, elf};
use sitrep_cli::shell::temporary::Directory;
use sitrep_tests::command::binary;
use sitrep_tests::demo;
use sitrep_tests::pages::{self, Block, Page, repository};
use sitrep_tests::required::{is_required, leave_out};

const README: &str = "README.md";
const GUIDE: &str = "host-cli/guide/";
const CONTENTS: &str = "host-cli/guide/README.md";

/// The supply chain that a machine with nothing else verifies.
const SET: &str = "metablock-ed25519";

/// What a fenced block may hold. `sh` is run, `text` behind it compared; `rust` and `c` are compiled by other tests.
const LANGUAGES: [&str; 5] = ["sh", "text", "json", "rust", "c"];

/// Where a page's commands are run.
#[derive(Clone, Copy)]
enum Place {
    /// In a fresh directory from which the files of the tests can be read; `sitrep` is this build's.
    Reader,
    /// In a fresh clone of the repository, where nothing is built yet. `sitrep` is what the page installs.
    Clone,
    /// In this repository: the page is for those who work in it.
    Repository,
}

macro_rules! run {
    ($($test:ident $path:literal $place:ident $needs:tt $(then $then:ident)?;)*) => {
        /// The pages whose commands are run.
        const RUN: &[&str] = &[$($path),*];
        $(
            #[test]
            fn $test() {
                if let Some(_directory) = run_page(&Page::read($path), Place::$place, &$needs) {
                    $($then(_directory.path());)?
                }
            }
        )*
    };
}

// With what a machine may lack (`SITREP_REQUIRE`).
run! {
    readme "README.md" Clone [];
    install "host-cli/guide/install.md" Clone ["musl"] then is_all_that_it_needs;
    record "host-cli/guide/record.md" Reader [];
    verify "host-cli/guide/verify.md" Reader [];
    inspections "host-cli/guide/inspections.md" Reader [];
    carry_over "host-cli/guide/carry-over.md" Reader [];
    keys "host-cli/guide/keys.md" Reader [];
    trust_policy "host-cli/guide/trust-policy.md" Reader [];
    check_a_layout "host-cli/guide/check-a-layout.md" Reader [];
    update_a_device "host-cli/guide/update-a-device.md" Reader [];
    errors "host-cli/guide/errors.md" Reader [];
    firmware "firmware/README.md" Repository ["qemu"];
    from_c "core/c/README.md" Repository ["c", "qemu"];
    fuzzing "tests/fuzz/README.md" Repository ["fuzz"];
}

#[test]
fn every_page_with_commands_is_run() {
    let pages = pages::all();
    assert!(pages.len() > 6, "{}", pages.len());
    for page in &pages {
        let has_commands = page.blocks().iter().any(|block| block.language == "sh");
        assert_eq!(
            has_commands,
            RUN.contains(&&*page.path),
            "{}: has commands, or is in the list of what is run",
            page.path
        );
    }
}

#[test]
fn every_block_says_what_it_holds() {
    for page in pages::all() {
        for block in page.blocks() {
            assert!(LANGUAGES.contains(&block.language), "{}, line {}: {:?}", page.path, block.line, block.language);
            if block.language == "json" {
                let json = serde_json::from_str::<serde_json::Value>(block.text);
                assert!(json.is_ok(), "{}, line {}: {json:?}", page.path, block.line);
            }
        }
        assert_eq!(page.unfenced(), [0; 0], "{}: blocks stand between fences", page.path);
    }
}

#[test]
fn links_lead_somewhere() {
    let pages = pages::all();
    for page in &pages {
        for (path, heading) in page.links() {
            assert!(repository().join(&path).exists(), "{}: there is no {path}", page.path);
            if let Some(heading) = heading {
                let target = pages.iter().find(|page| page.path == path);
                let headings = target.map(Page::headings).unwrap_or_default();
                assert!(
                    headings.contains(&heading),
                    "{}: {path} has no heading {heading}, only {headings:?}",
                    page.path
                );
            }
        }
    }
}

#[test]
fn the_readme_is_short_and_the_contents_are_whole() {
    let readme = Page::read(README);
    let lines = readme.text.lines().count();
    assert!(lines <= 200, "{lines} lines");
    let listed: Vec<String> = Page::read(CONTENTS).links().into_iter().map(|(path, _)| path).collect();
    for page in pages::all().iter().filter(|page| page.path.starts_with(GUIDE) && page.path != CONTENTS) {
        assert!(listed.contains(&page.path), "{CONTENTS} does not name {}", page.path);
    }
}

/// The command of the README that runs everything is run by being what continuous integration runs.
#[test]
fn continuous_integration_runs_what_the_readme_says() {
    assert!(Page::read(README).blocks().iter().any(|block| block.language == "sh" && block.text == "tests/run\n"));
    let script = fs::read_to_string(repository().join(".ci/run")).unwrap();
    assert!(script.lines().any(|line| line == r#"exec "$(dirname "$0")/../tests/run" </dev/null"#), "{script}");
}

#[test]
fn the_page_about_fuzzing_installs_what_tests_run_installs() {
    let page = Page::read("tests/fuzz/README.md");
    let version = page.text.split("cargo-fuzz@").nth(1).unwrap().lines().next().unwrap();
    let setup = fs::read_to_string(repository().join("tests/stages/setup.sh")).unwrap();
    assert!(setup.lines().any(|line| line == format!("CARGO_FUZZ=cargo-fuzz@{version}")), "{version}");
}

/// Runs a page; the directory that it was run in, where all of it was run.
fn run_page(page: &Page, place: Place, needs: &[&str]) -> Option<Directory> {
    let directory = Directory::new("page").unwrap();
    let scratch = directory.path();
    let inside = scratch.join("inside");
    fs::create_dir(&inside).unwrap();
    let may_build = is_required("clone") && needs.iter().all(|part| is_required(part));
    let builds = match place {
        Place::Reader => true,
        Place::Repository => may_build,
        Place::Clone => may_build && clone(&inside),
    };
    if !builds {
        let why = format!("they are run where SITREP_REQUIRE has clone {}", needs.join(" "));
        leave_out("all pages", format_args!("commands of {} that build", page.path), why);
        if page.path != README {
            return None;
        }
    }
    // The reader has the repository's files.
    if !matches!(place, Place::Repository) && !inside.join("tests").exists() {
        std::os::unix::fs::symlink(repository().join("tests"), inside.join("tests")).unwrap();
    }
    let working = if matches!(place, Place::Repository) { repository() } else { &inside };
    let has_sitrep = !(matches!(place, Place::Clone) && builds);
    let shell = shell(working, scratch, has_sitrep);
    pages::run(page, shell, |block| is_run(block, page, builds));
    Some(directory).filter(|_| builds)
}

/// The program for offline machines, which the page has carried over: no loader and no library is asked for, and it verifies where there is nothing but
/// itself and what it is given.
fn is_all_that_it_needs(directory: &Path) {
    let program = directory.join("inside/stick/sitrep");
    let bytes = fs::read(&program).unwrap();
    let file = ElfFile64::<Endianness>::parse(&*bytes).unwrap();
    let kinds = file.elf_program_headers().iter().map(|header| header.p_type(Endianness::Little));
    assert!(kinds.clone().any(|kind| kind == elf::PT_LOAD) && !kinds.clone().any(|kind| kind == elf::PT_INTERP));
    assert_eq!(file.imports().unwrap().len(), 0);

    let empty = directory.join("empty");
    fs::create_dir(&empty).unwrap();
    fs::copy(&program, empty.join("sitrep")).unwrap();
    fs::write(empty.join("demo.sitrep"), demo::bundle(SET, "pristine")).unwrap();
    for name in ["alice.pub", "demo-project.tar.gz"] {
        fs::copy(demo::directory(SET, "pristine").join(name), empty.join(name)).unwrap();
    }
    let inside = |line: &str| {
        Command::new("chroot").arg(&empty).args(line.split(' ')).env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin").output()
    };
    let init = "/sitrep trust init --verification-keys alice.pub --inspections skip -o trust.json";
    match inside(init) {
        Ok(output) if output.status.success() => {}
        output => return leave_out("chroot", "a machine that has nothing else", format!("{output:?}")),
    }
    for (artifact, code) in [("demo-project.tar.gz", 0), ("demo-project.tar.gz=alice.pub", 1)] {
        let output = inside(&format!("/sitrep verify demo.sitrep --trust trust.json --artifact {artifact}")).unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }
}

/// Is this block run here? What builds is not where that takes too long, and what starts tests never.
fn is_run(block: &Block<'_>, page: &Page, builds: bool) -> bool {
    let lines = || block.text.lines();
    let tests = |line: &str| line.starts_with("cargo test ") || line == "tests/run";
    if lines().any(tests) {
        for line in lines() {
            assert!(tests(line), "{}: {line} stands among tests", page.path);
            // tests/run has run all of them; they must be there under these names.
            for name in line.split("--test ").skip(1).map(|rest| rest.split(' ').next().unwrap()) {
                let file = repository().join(format!("tests/tests/{name}.rs"));
                assert!(file.exists(), "{}: {line}: there is no such test", page.path);
            }
        }
        return false;
    }
    builds || !lines().any(|line| line.starts_with("cargo "))
}

/// Makes `directory` a fresh clone, whose `target` is kept from one time to the next: third-party crates need not be compiled again.
fn clone(directory: &Path) -> bool {
    if pages::clone_to(directory).is_none() {
        leave_out("clone", "a fresh clone", "git does not know this directory");
        return false;
    }
    let target = target().join("clone");
    fs::create_dir_all(&target).unwrap();
    std::os::unix::fs::symlink(target, directory.join("target")).unwrap();
    true
}

/// The directory that this test was built in.
fn target() -> PathBuf {
    binary().parent().and_then(Path::parent).unwrap().to_owned()
}

/// A shell in `working`, which has this build's `sitrep` on its path or none. It ends at the first command that fails. What commands install or
/// leave in a home goes to `scratch`.
fn shell(working: &Path, scratch: &Path, has_sitrep: bool) -> Command {
    let own = [scratch.join("bin"), binary().parent().unwrap().to_owned()];
    let own = own.into_iter().take(if has_sitrep { 2 } else { 1 });
    let path = env::var_os("PATH").unwrap_or_default();
    let programs = env::join_paths(own.chain(env::split_paths(&path))).unwrap();
    let mut shell = Command::new("sh");
    shell.args(["-e", "-c"]).current_dir(working).env("PATH", programs);
    // What cargo and rustup have is found although the home is another.
    let home = PathBuf::from(env::var_os("HOME").unwrap_or_default());
    for (variable, name) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let known = env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| home.join(name));
        if known.is_dir() {
            shell.env(variable, known);
        }
    }
    for name in ["home", "tmp"] {
        fs::create_dir(scratch.join(name)).unwrap();
    }
    shell.env("HOME", scratch.join("home")).env("TMPDIR", scratch.join("tmp")).env("CARGO_INSTALL_ROOT", scratch);
    // What cargo tells this test is not for the commands.
    for variable in ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_TARGET_DIR"] {
        shell.env_remove(variable);
    }
    shell
}
