//! The emulated device: builds the firmware images, writes their flash, runs them in QEMU and reads their logs.

use std::{
    env, fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{OnceLock, mpsc},
    thread,
    time::Duration,
};

use defmt_decoder::{DecodeError, Table};
use object::{
    Endianness, Object, ObjectSection, elf,
    read::elf::{ElfFile32, ProgramHeader},
};

/// How long one run may take in real time before it counts as hung, with room for a machine that is busy with others.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Where memory.x puts the trust policy.
const TRUST: u64 = 0x0003_f000;
/// Where memory.x puts the battery-backed clock.
const CLOCK: u64 = 0x2000_8000;
/// Where memory.x puts the update slot.
const SLOT: u64 = 0x2100_0000;

/// What is written into the device's flash and clock before it starts.
#[derive(Clone, Debug)]
pub struct Flash {
    /// The page of the trust policy, in its compiled form ([`sitrep_core::trust_policy`]).
    pub trust: Vec<u8>,
    /// The update slot ([`sitrep_firmware::slot`]).
    pub slot: Vec<u8>,
    /// Seconds since 1970 of the device's clock; `None` is a clock that was never set.
    pub clock: Option<u64>,
}

/// What a run of the device gave.
#[derive(Clone, Debug)]
pub struct Run {
    /// The exit code ([`sitrep_firmware::boards`] has their meaning), `None` when a signal ended the emulator.
    pub code: Option<i32>,
    /// The log lines `LEVEL text`, but for those of level debug.
    pub log: Vec<String>,
    /// The log lines of level debug, which carry figures that change with the compiler.
    pub figures: Vec<String>,
}

impl Run {
    /// The number behind `name` and a space in the figures.
    ///
    /// # Panics
    /// When no figure has that name.
    #[must_use]
    pub fn figure(&self, name: &str) -> u64 {
        let line = self.figures.iter().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        let number = line.and_then(|rest| rest.split(' ').next()?.parse().ok());
        number.unwrap_or_else(|| panic!("the device gave no figure {name:?}, only {:?}", self.figures))
    }
}

/// Bytes of flash and static RAM that an image takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// The vector table, code, constants and initial values.
    pub flash: u64,
    /// Trust policy, bundle and artifact that lie in flash beside it.
    pub contents: u64,
    /// Statics in RAM.
    pub ram: u64,
}

/// A firmware image as the linker wrote it.
pub struct Image {
    path: PathBuf,
    elf: Vec<u8>,
}

impl Image {
    /// The image called `name`, built when it is out of date. `None`, after one line that says so, where this machine
    /// has no compiler or emulator for it; with `qemu` in the variable `SITREP_REQUIRE` that is a failure.
    ///
    /// # Panics
    /// When the image does not build.
    #[must_use]
    pub fn open(name: &str) -> Option<Self> {
        static DIRECTORY: OnceLock<Result<PathBuf, String>> = OnceLock::new();
        let build = || {
            build().inspect_err(|missing| {
                // Not by `eprintln`, which the test harness hides when tests pass.
                let _ = writeln!(io::stderr(), "left out: the emulated device, because there is {missing}");
            })
        };
        match DIRECTORY.get_or_init(build) {
            Ok(directory) => {
                let path = directory.join(name);
                let elf = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                Some(Self { path, elf })
            }
            Err(missing) if env::var("SITREP_REQUIRE").is_ok_and(|list| list.split(',').any(|it| it == "qemu")) => {
                panic!("SITREP_REQUIRE asks for the emulated device, but there is {missing}")
            }
            Err(_) => None,
        }
    }

    /// What it takes of the device's memories.
    ///
    /// # Panics
    /// When the file is no ELF file.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let mut sizes = Sizes { flash: 0, contents: 0, ram: 0 };
        for section in self.object().sections() {
            match section.name().expect("section names are text") {
                ".vector_table" | ".text" | ".rodata" => sizes.flash += section.size(),
                ".data" => {
                    sizes.flash += section.size();
                    sizes.ram += section.size();
                }
                ".bss" | ".uninit" => sizes.ram += section.size(),
                ".trust" | ".slot" => sizes.contents += section.size(),
                _ => {}
            }
        }
        sizes
    }

    /// Runs the image with the flash contents that it was linked with and a clock that was never set.
    ///
    /// # Panics
    /// As [`Self::run`].
    #[must_use]
    pub fn run_as_built(&self) -> Run {
        self.emulate(Command::new("qemu-system-arm").arg("-kernel").arg(&self.path), TIME_LIMIT)
    }

    /// Runs the image's code with other flash contents: what a programmer does that writes the partitions one by one.
    ///
    /// # Panics
    /// When the emulator cannot be started or does not end by itself within `limit`, or its output is no log.
    #[must_use]
    pub fn run(&self, flash: &Flash, limit: Duration) -> Run {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let mut command = Command::new("qemu-system-arm");
        let mut load = |name: &str, bytes: &[u8], address: u64| {
            let path = directory.path().join(name);
            fs::write(&path, bytes).expect("the temporary directory can be written");
            command.arg("-device").arg(format!("loader,file={},addr={address:#x},force-raw=on", path.display()));
        };
        for (number, segment) in self.object().elf_program_headers().iter().enumerate() {
            let address = u64::from(segment.p_paddr(Endianness::Little));
            let bytes = segment.data(Endianness::Little, &*self.elf).expect("segments lie in the file");
            if segment.p_type(Endianness::Little) == elf::PT_LOAD && address < TRUST && !bytes.is_empty() {
                load(&format!("code-{number}"), bytes, address);
            }
        }
        load("trust", &flash.trust, TRUST);
        load("slot", &flash.slot, SLOT);
        if let Some(seconds) = flash.clock {
            command.arg("-device").arg(format!("loader,addr={CLOCK:#x},data={seconds},data-len=8"));
        }
        self.emulate(&mut command, limit)
    }

    fn object(&self) -> ElfFile32<'_, Endianness> {
        ElfFile32::<Endianness>::parse(&*self.elf).expect("the linker wrote an ELF file")
    }

    fn emulate(&self, command: &mut Command, limit: Duration) -> Run {
        command.args(["-machine", "mps2-an385", "-cpu", "cortex-m3", "-icount", "shift=0"]);
        command.args(["-display", "none", "-serial", "none", "-monitor", "none", "-chardev", "stdio,id=log"]);
        command.args(["-semihosting-config", "enable=on,target=native,chardev=log"]);
        let (status, stdout, stderr) = run_limited(command, limit);
        assert!(stderr.is_empty(), "the emulator complained: {}", String::from_utf8_lossy(&stderr));
        let mut run = Run { code: status.code(), log: Vec::new(), figures: Vec::new() };
        self.decode(&stdout, &mut run);
        run
    }

    /// Puts the log frames in `stream` into words.
    fn decode(&self, stream: &[u8], run: &mut Run) {
        let table = Table::parse(&self.elf).expect("defmt's table is readable").expect("the image logs with defmt");
        let mut decoder = table.new_stream_decoder();
        decoder.received(stream);
        loop {
            match decoder.decode() {
                Ok(frame) => {
                    let level = frame.level().map_or("", |level| level.as_str());
                    let text = frame.display_message().to_string();
                    match level {
                        "debug" => run.figures.push(text),
                        _ => run.log.push(format!("{level} {text}")),
                    }
                }
                Err(DecodeError::UnexpectedEof) => return,
                Err(DecodeError::Malformed) => panic!("the device's output is no log: {stream:02x?}"),
            }
        }
    }
}

/// Builds the images; their directory, or what is missing.
fn build() -> Result<PathBuf, String> {
    if Command::new("qemu-system-arm").arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err("no qemu-system-arm".into());
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/build");
    let output = match Command::new(script).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("no bash".into()),
        result => result.expect("firmware/build can be run"),
    };
    match output.status.code() {
        Some(0) => Ok(PathBuf::from(String::from_utf8_lossy(&output.stdout).trim_end())),
        Some(3) => Err("no compiler for thumbv7m-none-eabi".into()),
        _ => panic!("firmware/build failed:\n{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// Runs a command to its end and gives what it wrote, but kills it after `limit`.
fn run_limited(command: &mut Command, limit: Duration) -> (ExitStatus, Vec<u8>, Vec<u8>) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the emulator starts");
    let (stdout, stderr) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let (sender, receiver) = mpsc::channel();
    // Both pipes end when the emulator does, so that waiting for the readers is waiting for it, with a limit.
    thread::spawn({
        let sender = sender.clone();
        move || sender.send((1, read(stdout)))
    });
    thread::spawn(move || sender.send((2, read(stderr))));
    let mut outputs = [Vec::new(), Vec::new()];
    for _ in 0..2 {
        match receiver.recv_timeout(limit) {
            Ok((1, bytes)) => outputs[0] = bytes,
            Ok((_, bytes)) => outputs[1] = bytes,
            Err(_) => {
                child.kill().expect("the emulator can be killed");
                child.wait().expect("the emulator can be waited for");
                panic!("the device did not come to an end within {limit:?}")
            }
        }
    }
    let [stdout, stderr] = outputs;
    (child.wait().expect("the emulator can be waited for"), stdout, stderr)
}

fn read(mut pipe: impl io::Read) -> Vec<u8> {
    let mut bytes = Vec::new();
    pipe.read_to_end(&mut bytes).expect("the emulator's output can be read");
    bytes
}
