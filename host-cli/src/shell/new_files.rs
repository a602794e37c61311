//! Files that are made and never replace one.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;

use super::files::{Unfinished, parent, sync, unfinished_name};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    /// Whoever made it.
    Owner,
    /// Whom the process's mask lets.
    All,
}

/// Writes a file that was not there. It appears complete, or not at all.
///
/// # Errors
/// `AlreadyExists` where something has that name by now, otherwise the operating system's.
pub(crate) fn write_new(path: &Path, bytes: &[u8], access: Access) -> io::Result<()> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    if access == Access::Owner {
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    }
    #[cfg(not(unix))]
    let _ = access;
    let directory = parent(path);
    let unfinished = directory.join(unfinished_name(path)?);
    let mut file = options.open(&unfinished)?;
    let unfinished = Unfinished(unfinished);
    file.write_all(bytes)?;
    file.sync_all()?;
    drop(file);
    give_name(&unfinished.0, path)?;
    // Where the name was given by a link, there is another to be taken away.
    drop(unfinished);
    sync(directory)
}

/// Gives a file its name, which nothing has: renaming would replace what has it.
fn give_name(unfinished: &Path, path: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        match renameat_with(CWD, unfinished, CWD, path, RenameFlags::NOREPLACE) {
            // File systems that cannot do it have links.
            Err(rustix::io::Errno::INVAL | rustix::io::Errno::NOSYS) => {}
            result => return Ok(result?),
        }
    }
    fs::hard_link(unfinished, path)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shell::temporary::Directory;

    #[test]
    fn nothing_is_replaced_and_nothing_is_left() {
        let directory = Directory::new("new").unwrap();
        let path = directory.path().join("key");
        write_new(&path, b"one", Access::Owner).unwrap();
        assert_eq!(write_new(&path, b"two", Access::All).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).unwrap(), b"one");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
    }
}
