//! A device that is switched on and off: what a factory puts into its flash, the applications that it runs, and what is brought to it.
#![allow(clippy::missing_panics_doc, reason = "in a test, what cannot be done is to be seen at once")]

use std::fs;
use std::path::PathBuf;

use sitrep_firmware::boards::memory_map::{Area, MemoryMap};
use sitrep_firmware::journal::State;
use tempfile::TempDir;

use crate::device::{FLASH, Image, Run, TIME_LIMIT, contents};
use crate::update::Release;

/// An emulated device and its flash.
pub struct Desk {
    board: &'static MemoryMap,
    boot: Image,
    directory: TempDir,
}

impl Desk {
    /// A device as it leaves the factory: with a trust policy of this revision, and a package in slot a. `None`, after one line that says so, where
    /// this machine cannot emulate it.
    #[must_use]
    pub fn new(board: &'static MemoryMap, revision: u32, policy: &[u8], package: &[u8]) -> Option<Self> {
        let boot = Image::open(board, "boot")?;
        let regions = board.regions();
        let parts = [
            (regions.policy[0], policy),
            (regions.journal[0], &State::factory(revision).record()),
            (regions.slots[0], package),
        ];
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join(FLASH), contents(board, &parts)).unwrap();
        Some(Self { board, boot, directory })
    }

    /// Switches it on, and waits until it is done.
    #[must_use]
    pub fn boot(&self) -> Run {
        self.boot.run_in(self.directory.path(), None, TIME_LIMIT)
    }

    /// Gives the application a package, which it stages when it runs.
    pub fn bring_update(&self, package: &[u8]) {
        fs::write(self.directory.path().join("update.bin"), package).unwrap();
    }

    /// Has a package at hand for a device that can run nothing.
    pub fn bring_recovery(&self, package: &[u8]) {
        fs::write(self.directory.path().join("recovery.bin"), package).unwrap();
    }

    /// Changes the flash while the device is off.
    pub fn edit(&self, area: Area, change: impl FnOnce(&mut [u8])) {
        let path = self.directory.path().join(FLASH);
        let mut flash = fs::read(&path).unwrap();
        change(&mut flash[area.start as usize..area.end() as usize]);
        fs::write(path, flash).unwrap();
    }

    /// The file with its flash.
    #[must_use]
    pub fn flash(&self) -> PathBuf {
        self.directory.path().join(FLASH)
    }

    /// What it starts with.
    #[must_use]
    pub const fn boot_image(&self) -> &Image {
        &self.boot
    }

    /// Its board.
    #[must_use]
    pub const fn board(&self) -> &'static MemoryMap {
        self.board
    }
}

/// The application as its maker builds it for both slots, with this version; one that does not confirm is taken back.
///
/// `None`, after one line that says so, where this machine cannot build it.
#[must_use]
pub fn applications(board: &'static MemoryMap, version: u32, confirms: bool) -> Option<[Vec<u8>; 2]> {
    let [a, b] = ["application-a", "application-b"].map(|name| {
        let mut image = Image::open(board, name)?.bytes();
        let at = image.windows(8).position(|window| window == b"SITREPAP").unwrap();
        image[at + 8..at + 12].copy_from_slice(&version.to_le_bytes());
        image[at + 12..at + 16].copy_from_slice(&u32::from(confirms).to_le_bytes());
        Some(image)
    });
    Some([a?, b?])
}

/// A release of the application: its marketing version is ten times its security version, as the two have nothing to do with each other.
#[must_use]
pub fn release(
    board: &'static MemoryMap,
    owner: &'static str,
    security_version: u32,
    confirms: bool,
) -> Option<Release> {
    let images = applications(board, 10 * security_version, confirms)?;
    Some(Release { images, ..Release::new(owner, security_version) })
}
