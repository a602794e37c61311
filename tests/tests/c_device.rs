//! core/c on the emulated device: its example for the Cortex-M3, and what the library takes there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use object::{Object as _, ObjectSection as _, SectionKind};
use serde::Deserialize;
use sitrep_core::limits::DEVICE;
use sitrep_tests::chain::key;
use sitrep_tests::raw_chain::OWNER;
use sitrep_tests::required::leave_out;
use sitrep_tests::{c, demo, hostile_bundles, scenario};
use tempfile::TempDir;

const TARGET: &str = "thumbv7m-none-eabi";

/// What the library may take: core/c/budgets.toml.
#[derive(Deserialize)]
struct Budget {
    flash: u64,
    stack: u64,
    context: u64,
    instructions: Instructions,
}

/// How many instructions at most.
#[derive(Deserialize)]
struct Instructions {
    base: u64,
    byte: u64,
    unit: u64,
}

impl Budget {
    fn read() -> Self {
        let text = fs::read_to_string(c::directory().join("budgets.toml")).unwrap();
        let mut boards: toml::Table = toml::from_str(&text).unwrap();
        boards.remove("mps2-an385").unwrap().try_into().unwrap()
    }
}

/// The example's image in a directory with the files that it reads.
struct Device {
    directory: TempDir,
    /// Bytes of the image that are not from C.
    library: u64,
}

impl Device {
    fn new() -> Option<Self> {
        if !c::has("qemu-system-arm", "qemu") || !c::has("arm-none-eabi-gcc", "c") {
            return None;
        }
        let Some(library) = c::library(Some(TARGET)) else {
            leave_out("qemu", "the emulated device", format_args!("there is no compiler for {TARGET}"));
            return None;
        };
        let directory = tempfile::tempdir().unwrap();
        let source = c::directory().join("examples/mps2-an385");
        let compile = |arguments: &[&str], to: &Path, inputs: &[PathBuf]| {
            let mut command = Command::new("arm-none-eabi-gcc");
            command.args(c::WARNINGS).args(["-ffreestanding", "-mcpu=cortex-m3", "-mthumb", "-Os"]);
            command.args(["-ffunction-sections", "-fdata-sections", "-I"]).arg(c::directory().join("include"));
            c::quiet(command.args(arguments).arg("-o").arg(to).args(inputs));
            fs::read(to).unwrap()
        };
        let mut objects = Vec::new();
        let mut own = 0;
        for name in ["main", "board"] {
            let object = directory.path().join(name).with_extension("o");
            own += flash(&compile(&["-c"], &object, &[source.join(name).with_extension("c")]));
            objects.push(object);
        }
        objects.push(library.join("libsitrep_c.a"));
        let script = source.join("memory.ld");
        let link = ["-nostdlib", "-Wl,--gc-sections,--no-warn-execstack", "-T", script.to_str().unwrap()];
        let image = compile(&link, &directory.path().join("image.elf"), &objects);
        c::write_inputs(directory.path());
        Some(Self { directory, library: flash(&image) - own })
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.directory.path().join(name), bytes).unwrap();
    }

    fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.directory.path().join(name)).unwrap()
    }

    /// Exit code and log of a run with this image.
    fn run(&self, package: &[u8]) -> (Option<i32>, String) {
        self.write("image.bin", package);
        let arguments = "120 qemu-system-arm -machine mps2-an385 -cpu cortex-m3 -icount shift=0 -display none -serial none \
            -monitor none -chardev stdio,id=log -semihosting-config enable=on,target=native,chardev=log -kernel image.elf";
        let arguments: Vec<&str> = arguments.split_whitespace().collect();
        c::run(Path::new("timeout"), self.directory.path(), &arguments)
    }
}

/// Bytes of code, constants and initial values.
fn flash(elf: &[u8]) -> u64 {
    let file = object::File::parse(elf).unwrap();
    let in_flash = [SectionKind::Text, SectionKind::ReadOnlyData, SectionKind::ReadOnlyString, SectionKind::Data];
    // Tables for unwinding are left out by the linker's script.
    let sections = file.sections().filter(|section| !section.name().unwrap().contains(".ARM."));
    sections.filter(|section| in_flash.contains(&section.kind())).map(|section| section.size()).sum()
}

/// The number behind `name` in a log.
fn figure(log: &str, name: &str) -> u64 {
    let rest = log.split(name).nth(1).unwrap_or_else(|| panic!("no {name}: {log}"));
    rest.split_whitespace().next().unwrap().parse().unwrap()
}

#[test]
fn a_device_takes_an_image_piece_by_piece() {
    let Some(device) = Device::new() else { return };
    let (package, bundle) = (device.read("package.tar.gz"), device.read("bundle.sitrep"));

    let (code, log) = device.run(&package);
    assert_eq!(code, Some(0), "{log}");
    assert!(
        log.starts_with("verified\n  at step package\n  at artifact demo-project.tar.gz\n  layout signed by "),
        "{log}"
    );
    assert!(log.contains(
        "\n  step package\n    vouched for by 9d869369afa71266042e1182ab8a30b79d7891c13539bb88065a38e0ca29704c\n"
    ));
    assert!(log.contains("\n  warning expiry-unknown\n"), "{log}");

    for tampered in [&package[..package.len() - 1], &[&package[..], b"\0"].concat(), b""] {
        let (code, log) = device.run(tampered);
        assert!(code == Some(1) && log.starts_with("refused: artifact-digest\n"), "{log}");
    }
    let refused = |name: &str, bytes: &[u8], expected: &str| {
        let genuine = device.read(name);
        device.write(name, bytes);
        let (code, log) = device.run(&package);
        assert!(code == Some(1) && log.starts_with(&format!("refused: {expected}\n")), "{name}: {log}");
        device.write(name, &genuine);
    };
    refused("bundle.sitrep", &bundle[..bundle.len() - 1], "bundle-truncated");
    refused("bundle.sitrep", &demo::bundle("metablock-ed25519", "tampered"), "rule-disallow");
    refused("trust.bin", &device.read("trust.json"), "trust-version");
    let stranger =
        scenario::trust_policy(&[*ed25519_compact::KeyPair::from_seed([7; 32].into()).pk], "demo-project.tar.gz");
    refused("trust.bin", &stranger.to_compiled().unwrap(), "owner-unsigned");
}

#[test]
fn what_it_takes() {
    let Some(device) = Device::new() else { return };
    let (_, log) = device.run(&device.read("package.tar.gz"));
    let budget = Budget::read();
    let (stack, context) = (figure(&log, "\nstack "), figure(&log, " of which used "));
    println!("the demo, with its artifact: {} instructions", 1000 * figure(&log, "\ntook "));
    println!(
        "the library from C on the Cortex-M3: {} bytes of flash (budget {}), {stack} of stack (budget {}), {context} of context (budget {})",
        device.library, budget.flash, budget.stack, budget.context
    );
    assert!(device.library <= budget.flash && stack <= budget.stack && context <= budget.context);
}

/// Bundles that ask for as much as they can: a watchdog has to wait for as long as the formula says, and no longer.
#[test]
fn how_long_it_takes_at_most() {
    let Some(device) = Device::new() else { return };
    let Budget { stack: most_stack, instructions: Instructions { base, byte, unit }, .. } = Budget::read();
    let policy = scenario::trust_policy(&[*key(OWNER).pk], "aaa0000000");
    device.write("trust.bin", &policy.to_compiled().unwrap());
    let (work, mut worst) = (DEVICE.features.work(), (0, String::new()));
    for kind in hostile_bundles::all() {
        // The example has room for 8 KiB.
        let mut sizes = [7000, 4000, 2000].into_iter().map(|size| (kind.bundle)(size, &DEVICE).bytes());
        let Some(bundle) = sizes.find(|bytes| bytes.len() <= 8192) else {
            println!("{}: larger than the example has room for", kind.name);
            continue;
        };
        device.write("bundle.sitrep", &bundle);
        let (_, log) = device.run(b"");
        let answer = log.lines().next().unwrap_or_default();
        let (stack, instructions) = (figure(&log, "\nstack "), 1000 * figure(&log, "\ntook "));
        let size = bundle.len() as u64;
        let units = u64::from(work.base) + u64::from(work.ratio) * size;
        let most = base + byte * size + unit * units;
        println!("{}: {size} bytes, {instructions} of {most} instructions, {stack} of stack, {answer}", kind.name);
        assert!(instructions <= most && stack <= most_stack, "{}", kind.name);
        worst = worst.max((1000 * instructions / most, kind.name.to_owned()));
    }
    // A formula that nothing comes near would promise too little.
    assert!(worst.0 > 500, "{worst:?}");
}
