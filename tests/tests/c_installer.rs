//! core/c on this machine: its example of an installer, its header in C++, and a program that calls it in every wrong way.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use sitrep_core::Inspections;
use sitrep_core::limits::HOST;
use sitrep_tests::chain::key;
use sitrep_tests::raw_chain::OWNER;
use sitrep_tests::{c, demo, hostile_bundles, scenario};
use tempfile::TempDir;

/// A compiled program in a directory with everything that it is given.
struct Installer {
    directory: TempDir,
    program: PathBuf,
}

impl Installer {
    fn new() -> Option<Self> {
        if !c::has("gcc", "c") {
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("install");
        let source = c::directory().join("examples/install.c");
        c::compile("gcc", &source, &[&c::WARNINGS[..], &["-g", "-fsanitize=address,undefined"]].concat(), &program);
        c::write_inputs(directory.path());
        Some(Self { directory, program })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.path(name), bytes).unwrap();
    }

    /// Installs; what it printed. Only what is installed is there afterwards, and nothing in part.
    fn run(&self, [trust, bundle, package]: [&str; 3], code: i32) -> String {
        let (ended, printed) =
            c::run(&self.program, self.directory.path(), &[trust, bundle, package, "installed", "verdict.json"]);
        assert_eq!(ended, Some(code), "{trust} {bundle} {package}: {printed}");
        assert!(!self.path("installed.part").exists());
        assert_eq!(self.path("installed").exists(), code == 0);
        if code == 0 {
            assert_eq!(self.read("installed"), self.read(package));
            fs::remove_file(self.path("installed")).unwrap();
        }
        printed
    }

    fn verdict(&self) -> Value {
        serde_json::from_slice(&self.read("verdict.json")).unwrap()
    }

    /// It must be refused with this code, and the verdict says so too.
    fn refused(&self, files: [&str; 3], code: &str) -> String {
        let printed = self.run(files, 1);
        assert!(printed.starts_with(&format!("install: refused: {code}: ")), "{files:?}: {printed}");
        let verdict = self.verdict();
        assert_eq!((verdict["verdict"].as_str(), verdict["error"]["code"].as_str()), (Some("refused"), Some(code)));
        printed
    }
}

const GENUINE: [&str; 3] = ["trust.json", "bundle.sitrep", "package.tar.gz"];
const ALICE: &str = "dcd376c824d73cf6f424fadde97632ce2d5e20b2ab05af3e8d4e2e27a6330423";
const BOB: &str = "dc7cb59985b0234fa9c6bd92c3a5cd557d9410ef7fab49de60c9e42f6508e05e";
const CARL: &str = "9d869369afa71266042e1182ab8a30b79d7891c13539bb88065a38e0ca29704c";

#[test]
fn installs_what_is_genuine_and_says_who_vouched_for_it() {
    let Some(installer) = Installer::new() else { return };
    let expected = format!(
        "installed installed\n  at step package\n  at artifact demo-project.tar.gz\n  layout signed by {ALICE}\n  \
         step clone\n    vouched for by {BOB}\n  step update-version\n    vouched for by {BOB}\n  \
         step package\n    vouched for by {CARL}\n  \
         warning command-differs: a step was not carried out with the expected command\n  \
         warning inspection-skipped: an inspection was skipped, as the trust policy says\n"
    );
    for trust in ["trust.json", "trust.bin"] {
        assert_eq!(installer.run([trust, GENUINE[1], GENUINE[2]], 0), expected);
        let verdict = installer.verdict();
        assert_eq!(verdict["verdict"], "verified");
        assert_eq!(verdict["artifacts"][0]["result"], "verified");
        assert_eq!(verdict["steps"][2]["vouched_by"][0], CARL);
    }
}

#[test]
fn installs_nothing_else() {
    let Some(installer) = Installer::new() else { return };
    let [trust, bundle, package] = GENUINE;
    let whole = installer.read(package);
    let changes: [(&str, &[u8]); 4] = [
        ("cut", &whole[..whole.len() - 1]),
        ("longer", &[&whole[..], b"\0"].concat()),
        ("empty", b""),
        ("changed", &[&whole[..100], &[whole[100] ^ 1], &whole[101..]].concat()),
    ];
    for (name, bytes) in changes {
        installer.write(name, bytes);
        let printed = installer.refused([trust, bundle, name], "artifact-digest");
        for line in ["\n  at step package\n", "\n  at artifact demo-project.tar.gz\n", CARL] {
            assert!(printed.contains(line), "{printed}");
        }
        assert_eq!(installer.verdict()["error"]["artifact"], "demo-project.tar.gz");
        assert_eq!(installer.verdict()["artifacts"][0]["result"], "artifact-digest");
    }

    let whole = installer.read(bundle);
    installer.write("cut", &whole[..whole.len() - 1]);
    installer.refused([trust, "cut", package], "bundle-truncated");
    installer.write("none", b"no bundle");
    installer.refused([trust, "none", package], "bundle-magic");
    installer.write("tampered", &demo::bundle("metablock-ed25519", "tampered"));
    let printed = installer.refused([trust, "tampered", package], "rule-disallow");
    assert!(
        printed.contains("\n  at step package\n  at rule materials: DISALLOW *\n  at artifact demo-project/foo.py\n"),
        "{printed}"
    );

    // Bob signs nothing of the owner's.
    let mut policy =
        scenario::trust_policy(&[*ed25519_compact::KeyPair::from_seed([7; 32].into()).pk], "demo-project.tar.gz");
    policy.inspections = Inspections::Skip;
    installer.write("stranger.bin", &policy.to_compiled().unwrap());
    let printed = installer.refused(["stranger.bin", bundle, package], "owner-unsigned");
    assert!(printed.contains("\n  at key "), "{printed}");
    // A policy that says less.
    policy = scenario::trust_policy(&[demo::owner("metablock-ed25519")], "demo-project.tar.gz");
    installer.write("refuse.bin", &policy.to_compiled().unwrap());
    installer.refused(["refuse.bin", bundle, package], "inspections-not-run");
    policy.artifact = None;
    installer.write("nothing.bin", &policy.to_compiled().unwrap());
    installer.refused(["nothing.bin", bundle, package], "trust-artifact");
    let policy = installer.read("trust.bin");
    installer.write("cut.bin", &policy[..policy.len() - 1]);
    installer.refused(["cut.bin", bundle, package], "trust-syntax");

    installer.run([trust, bundle, "not there"], 2);
    installer.run(["not there", bundle, package], 2);
    // Somebody else is at it, or has laid a trap.
    std::os::unix::fs::symlink("elsewhere", installer.path("installed.part")).unwrap();
    let (code, printed) =
        c::run(&installer.program, installer.directory.path(), &[trust, bundle, package, "installed"]);
    assert_eq!(code, Some(2), "{printed}");
    assert!(!installer.path("elsewhere").exists() && !installer.path("installed").exists());
}

/// In an order and with arguments as they come, under AddressSanitizer and beside pages that nobody may touch, and under valgrind, which sees what the
/// library reads as well.
#[test]
fn no_order_of_calls_and_no_argument_gets_a_yes() {
    let Some(Installer { directory, .. }) = Installer::new() else { return };
    let long = env::var_os("SITREP_LONG").is_some();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/hostile.c");
    let program = directory.path().join("hostile");
    c::compile("gcc", &source, &[&c::WARNINGS[..], &["-g", "-fsanitize=address,undefined"]].concat(), &program);
    for (trust, seed, calls) in
        [("trust.bin", "1", 100_000), ("trust.json", "2", if long { 3_000_000 } else { 20_000 })]
    {
        let arguments = [trust, "bundle.sitrep", "package.tar.gz", seed, &calls.to_string()];
        let (code, printed) = c::run(&program, directory.path(), &arguments);
        println!("{trust}: {printed}");
        assert_eq!(code, Some(0), "{printed}");
    }
    if c::has("valgrind", "c") {
        c::compile("gcc", &source, &[&c::WARNINGS[..], &["-g"]].concat(), &program);
        let calls = if long { "100000" } else { "3000" };
        let program = program.to_str().unwrap();
        let arguments =
            ["-q", "--error-exitcode=9", program, "trust.json", "bundle.sitrep", "package.tar.gz", "3", calls];
        let (code, printed) = c::run(Path::new("valgrind"), directory.path(), &arguments);
        assert_eq!(code, Some(0), "{printed}");
    }
}

/// Linked when it starts.
#[test]
fn the_shared_library_serves_as_well() {
    let Some(Installer { directory, program }) = Installer::new() else { return };
    let library = c::library(None).unwrap();
    let mut command = Command::new("gcc");
    command.args(c::WARNINGS).arg("-I").arg(c::directory().join("include"));
    command.arg(c::directory().join("examples/install.c")).arg("-L").arg(&library).arg("-lsitrep_c");
    c::quiet(command.arg("-Wl,-rpath").arg(format!("-Wl,{}", library.display())).arg("-o").arg(&program));
    let (code, printed) = c::run(&program, directory.path(), &GENUINE.iter().chain(&["installed"]).collect::<Vec<_>>());
    assert_eq!(code, Some(0), "{printed}");
    let exported =
        Command::new("nm").args(["-D", "--defined-only"]).arg(library.join("libsitrep_c.so")).output().unwrap();
    let exported = String::from_utf8(exported.stdout).unwrap();
    let names: Vec<&str> = exported.lines().filter_map(|line| line.split(' ').next_back()).collect();
    assert!(names.len() == 12 && names.iter().all(|name| name.starts_with("sitrep_")), "{names:?}");
}

/// What the page for programmers shows compiles, and its sizes are the header's.
#[test]
fn the_page_says_what_the_header_says() {
    let page = fs::read_to_string(c::directory().join("README.md")).unwrap();
    let header = fs::read_to_string(c::directory().join("include/sitrep.h")).unwrap();
    let sizes = header.lines().filter_map(|line| line.strip_prefix("#define SITREP_CONTEXT_SIZE_")?.split(' ').nth(1));
    let sizes: Vec<&str> = sizes.collect();
    assert_eq!(sizes.len(), 4, "{sizes:?}");
    for size in sizes {
        let (thousands, rest) = size.split_at(size.len() - 3);
        assert!(page.contains(&format!(" {thousands},{rest}")), "{size}");
    }

    let Some(Installer { directory, .. }) = Installer::new() else { return };
    let example = page.split("```c\n").nth(1).unwrap().split("```").next().unwrap();
    let text = format!(
        "#include <time.h>\n#include \"sitrep.h\"\n\
         size_t read_piece(char *piece);\nvoid write_piece(const char *piece, size_t size);\nvoid put_in_place(void);\n\
         void example(const void *policy, size_t policy_size, const void *bundle, size_t bundle_size);\n\
         void example(const void *policy, size_t policy_size, const void *bundle, size_t bundle_size)\n{{\n\
         char piece[4096];\nsize_t size;\n{}}}\n",
        example
    );
    let source = directory.path().join("page.c");
    fs::write(&source, text).unwrap();
    let mut command = Command::new("gcc");
    command.args(c::WARNINGS).arg("-c").arg("-I").arg(c::directory().join("include")).arg(&source);
    c::quiet(command.arg("-o").arg(directory.path().join("page.o")));
}

/// Both profiles, both compilers, whatever the standard.
#[test]
fn the_header_is_c_and_cpp() {
    let Some(Installer { directory, .. }) = Installer::new() else { return };
    let text = "#include \"sitrep.h\"\n\
        int main(void) {\n\
            static sitrep_context context;\n\
            sitrep_request request = sitrep_request();\n\
            return sizeof context == SITREP_CONTEXT_SIZE && sitrep_context_size() <= SITREP_CONTEXT_SIZE_HOST &&\n\
                sitrep_begin(&context, sizeof context, &request) == (sizeof context < sitrep_context_size() ? SITREP_CALL_CONTEXT : SITREP_CALL_ARGUMENT) ? 0 : 1;\n\
        }\n";
    let in_c = text.replace("= sitrep_request()", "= {0}");
    let warnings = ["-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion"];
    for (compiler, file, text, standards) in [
        ("gcc", "header.c", &in_c, ["-std=c99", "-std=c17"]),
        ("g++", "header.cpp", &text.to_owned(), ["-std=c++11", "-std=c++20"]),
    ] {
        if !c::has(compiler, "c") {
            continue;
        }
        let (source, program) = (directory.path().join(file), directory.path().join("header"));
        fs::write(&source, text).unwrap();
        for standard in standards {
            // Compiled for the smaller profile, and linked with the larger library: it is found out before anything is written.
            for profile in ["-DSITREP_PROFILE_HOST=1", "-DSITREP_PROFILE_DEVICE"] {
                let profile: &[&str] = if profile.ends_with("DEVICE") { &[profile] } else { &[] };
                c::compile(compiler, &source, &[&warnings[..], &[standard], profile].concat(), &program);
                assert_eq!(
                    c::run(&program, directory.path(), &[""; 0]).0,
                    Some(0),
                    "{compiler} {standard} {profile:?}"
                );
            }
        }
    }
}

/// What `core/c/README.md` says of a host: the context is the caller's, so that the stack is all else.
#[test]
fn the_stack_of_a_host_is_within_its_budget() {
    if !c::has("gcc", "c") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("stack");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("c/stack.c");
    c::compile_with(&c::optimised_library(), "gcc", &source, &[&c::WARNINGS[..], &["-O2"]].concat(), &program);
    c::write_inputs(directory.path());
    let text = fs::read_to_string(c::directory().join("budgets.toml")).unwrap();
    let budgets: toml::Table = toml::from_str(&text).unwrap();
    let budget = budgets["host"]["stack"].as_integer().unwrap();
    for kind in hostile_bundles::all() {
        fs::write(directory.path().join(kind.name), (kind.bundle)(7000, &HOST).bytes()).unwrap();
    }
    let policy = scenario::trust_policy(&[*key(OWNER).pk], "aaa0000000");
    fs::write(directory.path().join("hostile.bin"), policy.to_compiled().unwrap()).unwrap();
    let hostile = hostile_bundles::all().into_iter().map(|kind| ("hostile.bin", kind.name));
    let mut most = 0;
    for (trust, bundle) in [("trust.json", GENUINE[1]), ("trust.bin", GENUINE[1])].into_iter().chain(hostile) {
        let (code, printed) = c::run(&program, directory.path(), &[trust, bundle, GENUINE[2]]);
        let (bytes, answer) = printed.trim().split_once(' ').unwrap();
        assert!(code == Some(0) && (bundle != GENUINE[1] || answer == "verified"), "{bundle}: {printed}");
        most = most.max(bytes.parse().unwrap());
    }
    println!("stack from C on this machine: {most} bytes (budget {budget})");
    assert!(most <= budget && most > budget / 2, "{most} of {budget}");
}
