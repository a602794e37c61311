//! The host side of sitrep: everything that reads or writes JSON, files and processes.
