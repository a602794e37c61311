//! The command `sitrep`: the shell around the crates that decide. Files, processes, the clock and the terminal are here and nowhere else; what a file
//! means is asked of `sitrep-metadata`, and what is to be believed of core.
//!
//! The map, from the bottom:
//!
//! - what the operating system gives: [`shell`] (files that are written whole or not at all, temporary directories, processes, the time, threads)
//! - what people see: [`show`] (text that cannot harm a terminal, reports)
//! - what files there are before and after a command: [`record`]; [`inspection`] runs a layout's inspections with it
//! - why a command cannot do its work: [`error`], of projects [`project_error`]
//! - the command line: [`args`], defined once
//! - what a command line names, read: [`sources`] (layouts with their evidence, bundles, keys, trust policies)
//! - on top: [`commands`], one file each in the folder of its group. They read arguments, ask the others, and show the result
#![forbid(unsafe_code)]

pub mod args;
pub mod commands;
pub mod error;
pub mod inspection;
pub mod project_error;
pub mod record;
pub mod shell;
pub mod show;
pub mod sources;
