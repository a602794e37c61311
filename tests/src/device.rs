//! The emulated devices: builds the firmware images, writes their flash, runs them in QEMU and reads their logs.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitStatus, Stdio},
    sync::{Mutex, mpsc},
    thread,
    time::Duration,
};

use defmt_decoder::{DecodeError, Table};
use object::{
    Endianness, Object, ObjectSection, ObjectSymbol, SectionFlags, SymbolKind, elf,
    read::elf::{ElfFile32, ProgramHeader},
};
use sitrep_core::Code;
use sitrep_firmware::boards::memory_map::{self, Area, MemoryMap};

use crate::required::leave_out;

/// How long one run may take in real time before it counts as hung, with room for a machine that is busy with others.
pub const TIME_LIMIT: Duration = Duration::from_secs(120);

/// The file that keeps a device's flash, in the directory where the emulator is started.
pub const FLASH: &str = "flash.bin";

/// What is written into the device's flash and clock before it starts.
#[derive(Clone, Debug)]
pub struct Flash {
    /// The page of the trust policy, in its compiled form ([`sitrep_core::trust_policy`]).
    pub trust: Vec<u8>,
    /// Slot a: a package ([`sitrep_core::update::package`]).
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
    /// What the application that was started wrote to the console.
    pub console: Vec<String>,
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
    /// Statics in RAM.
    pub ram: u64,
}

/// A board's flash, erased but for these parts.
///
/// # Panics
/// When one of them does not fit into its area.
#[must_use]
pub fn contents(board: &MemoryMap, parts: &[(Area, &[u8])]) -> Vec<u8> {
    let mut contents = vec![0xff; board.flash.length as usize];
    for (Area { start, length }, bytes) in parts {
        assert!(bytes.len() <= *length as usize, "{} bytes do not fit into {length} of the flash", bytes.len());
        contents[*start as usize..][..bytes.len()].copy_from_slice(bytes);
    }
    contents
}

/// A firmware image as the linker wrote it.
pub struct Image {
    board: &'static MemoryMap,
    path: PathBuf,
    elf: Vec<u8>,
}

impl Image {
    /// The image called `name` for a board, built when it is out of date. `None`, after a line that says so, where this machine
    /// has no compiler or emulator for it; with `qemu` in the variable `SITREP_REQUIRE` that is a failure.
    ///
    /// # Panics
    /// When the image does not build.
    #[must_use]
    pub fn open(board: &'static MemoryMap, name: &str) -> Option<Self> {
        static BUILT: Mutex<BTreeMap<&str, Result<PathBuf, String>>> = Mutex::new(BTreeMap::new());
        let mut built = BUILT.lock().expect("no build failed");
        match built.entry(board.board).or_insert_with(|| build(board)).clone() {
            Ok(directory) => {
                let path = directory.join(name);
                let elf = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                Some(Self { board, path, elf })
            }
            Err(missing) => {
                drop(built);
                leave_out("qemu", format_args!("the emulated {}", board.board), format_args!("there is {missing}"));
                None
            }
        }
    }

    /// The ELF file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The compiler that it was made by, and where the core library came from (`.cargo/devices`).
    ///
    /// # Panics
    /// When the file is no ELF file.
    #[must_use]
    pub fn compiler(&self) -> String {
        let object = self.object();
        let comment =
            object.section_by_name(".comment").map(|section| section.data().expect("sections lie in the file"));
        let text = String::from_utf8_lossy(comment.unwrap_or_default()).into_owned();
        let compiler = text.split(['\0', '(']).find(|part| part.starts_with("rustc")).unwrap_or("an unknown compiler");
        let has_way = |way: &&&str| self.path.components().any(|part| part.as_os_str() == **way);
        let way = ["rustup", "debian"].iter().find(has_way).unwrap_or(&"source");
        format!("{} with the core library of the way `{way}`", compiler.trim().replace("rustc version", "rustc"))
    }

    /// What it takes of the device's memories.
    ///
    /// # Panics
    /// When the file is no ELF file.
    #[must_use]
    pub fn sizes(&self) -> Sizes {
        let mut sizes = Sizes { flash: 0, ram: 0 };
        for section in self.object().sections() {
            let allocated =
                matches!(section.flags(), SectionFlags::Elf { sh_flags } if sh_flags & u64::from(elf::SHF_ALLOC) != 0);
            // What riscv-rt leaves to stack and heap it makes sections as well.
            if !allocated || [".stack", ".heap"].contains(&section.name().expect("section names are text")) {
                continue;
            }
            let initialised = section.file_range().is_some();
            let in_ram = within(self.board.ram, section.address());
            sizes.ram += if in_ram { section.size() } else { 0 };
            sizes.flash += if initialised { section.size() } else { 0 };
        }
        sizes
    }

    /// The functions that it holds, by their mangled names.
    ///
    /// # Panics
    /// When the file is no ELF file.
    #[must_use]
    pub fn functions(&self) -> Vec<String> {
        let object = self.object();
        let functions = object.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text);
        functions.map(|symbol| symbol.name().expect("symbol names are text").to_owned()).collect()
    }

    /// Runs the image with these flash contents.
    ///
    /// # Panics
    /// When the emulator cannot be started or does not end by itself within `limit`, or its output is no log.
    #[must_use]
    pub fn run(&self, flash: &Flash, limit: Duration) -> Run {
        let directory = tempfile::tempdir().expect("a temporary directory");
        let regions = self.board.regions();
        let parts = [(regions.policy[0], &flash.trust[..]), (regions.slots[0], &flash.slot[..])];
        fs::write(directory.path().join(FLASH), contents(self.board, &parts))
            .expect("the temporary directory can be written");
        self.run_in(directory.path(), flash.clock, limit)
    }

    /// Runs the image with the flash that lies in the file [`FLASH`] of a directory, where semihosting finds its files as well. `clock` is what the
    /// device's clock says, in seconds since 1970.
    ///
    /// # Panics
    /// As [`Self::run`].
    #[must_use]
    pub fn run_in(&self, directory: &Path, clock: Option<u64>, limit: Duration) -> Run {
        let mut command = Command::new(emulator(self.board));
        let address = self.board.flash.start;
        command.current_dir(directory).arg("-kernel").arg(&self.path);
        command.arg("-device").arg(format!("loader,file={FLASH},addr={address:#x},force-raw=on"));
        if let Some(seconds) = clock {
            let clock = self.board.clock();
            command.arg("-device").arg(format!("loader,addr={clock:#x},data={seconds},data-len=8"));
        }
        self.emulate(&mut command, limit)
    }

    /// The image's bytes as they lie in flash.
    ///
    /// # Panics
    /// When the file is no ELF file.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut segments = Vec::new();
        for segment in self.object().elf_program_headers() {
            let data = segment.data(Endianness::Little, &*self.elf).expect("segments lie in the file");
            if segment.p_type(Endianness::Little) == elf::PT_LOAD && !data.is_empty() {
                segments.push((segment.p_paddr(Endianness::Little) as usize, data));
            }
        }
        let start = segments.iter().map(|(address, _)| *address).min().expect("an image");
        let mut bytes = Vec::new();
        for (address, data) in segments {
            let at = address - start;
            bytes.resize(bytes.len().max(at + data.len()), 0xff);
            bytes[at..at + data.len()].copy_from_slice(data);
        }
        bytes
    }

    fn object(&self) -> ElfFile32<'_, Endianness> {
        ElfFile32::<Endianness>::parse(&*self.elf).expect("the linker wrote an ELF file")
    }

    fn emulate(&self, command: &mut Command, limit: Duration) -> Run {
        command.args(["-machine", self.board.board, "-icount", "shift=0"]);
        if self.board.board == memory_map::VIRT.board {
            command.args(["-bios", "none"]);
        }
        command.args(["-display", "none", "-serial", "none", "-monitor", "none", "-chardev", "stdio,id=log"]);
        command.args(["-semihosting-config", "enable=on,target=native,chardev=log"]);
        let (status, stdout, stderr) = run_limited(command, limit);
        assert!(stderr.is_empty(), "the emulator complained: {}", String::from_utf8_lossy(&stderr));
        // Frames of the log end with a zero, which no text has.
        let end = stdout.iter().rposition(|byte| *byte == 0).map_or(0, |last| last + 1);
        let console = String::from_utf8_lossy(&stdout[end..]).lines().map(str::to_owned).collect();
        let mut run = Run { code: status.code(), log: Vec::new(), figures: Vec::new(), console };
        self.decode(&stdout[..end], &mut run);
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
                    let text = with_names(&frame.display_message().to_string());
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

/// Is the address in the area?
fn within(area: Area, address: u64) -> bool {
    (u64::from(area.start)..u64::from(area.start) + u64::from(area.length)).contains(&address)
}

/// QEMU's program for a board.
fn emulator(board: &MemoryMap) -> &'static str {
    if board.board == memory_map::VIRT.board { "qemu-system-riscv32" } else { "qemu-system-arm" }
}

/// Builds the images of a board; their directory, or what is missing.
fn build(board: &MemoryMap) -> Result<PathBuf, String> {
    let emulator = emulator(board);
    if Command::new(emulator).arg("--version").stdout(Stdio::null()).status().is_err() {
        return Err(format!("no {emulator}"));
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../firmware/build");
    let output = match Command::new(script).arg(board.board).output() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("no bash".into()),
        result => result.expect("firmware/build can be run"),
    };
    match output.status.code() {
        Some(0) => {
            let line = String::from_utf8_lossy(&output.stdout);
            let directory = line.trim_end().strip_prefix(board.board).expect("firmware/build names the board");
            Ok(PathBuf::from(directory.trim_start()))
        }
        Some(3) => Err("no compiler for it".into()),
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

/// A log line with the codes' names: what the device's dictionary holds are those of the variants.
fn with_names(line: &str) -> String {
    let name = |word: &str| {
        let code = Code::ALL.iter().find(|code| format!("{code:?}") == word);
        code.map_or_else(|| word.to_owned(), |code| code.name().to_owned())
    };
    line.split(' ').map(name).collect::<Vec<_>>().join(" ")
}
