//! The part of `sitrep verify` that runs inspections, and says what was run.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;
use sitrep_core::{Bundle, Code, limits};
use sitrep_metadata::bundle::pack::Observation;
use sitrep_metadata::bundle::view::value;
use sitrep_metadata::verification::report::{INSPECTION_HINT, Report};

use crate::args::{LinkKind, Verify};
use crate::commands::output::check_output;
use crate::error::CliError;
use crate::inspection::environment::Environment;
use crate::inspection::ran::{Ran, command_line};
use crate::inspection::{Inspection, Runner};
use crate::record::tree::{Links, Scope};
use crate::shell::files::{FileVersion, write};
use crate::shell::privacy::hide_process;
use crate::shell::process::Listener;
use crate::show::lines::{harmless, harmless_json};
use crate::show::messages::note;
use crate::sources::loaded::Loaded;

/// Largest report that is replaced, in bytes. A longer one is left for whoever wrote it.
const MAX_REPORT: u64 = 16 << 20;

/// How many files a hint names at most that in-toto does not see, of each inspection.
const NAMED: usize = 3;

/// The inspections of one verification: what the options say about them, and what ran so far.
pub(crate) struct Inspecting<'a> {
    args: &'a Verify,
    target: PathBuf,
    environment: Environment,
    except: HashSet<FileVersion>,
    ran: Vec<Ran>,
    /// Those names of `--inspection-exclude` under which something was there, before inspections or after.
    excluded: BTreeSet<&'a String>,
    /// Some of the files that inspections saw, and would not see with in-toto.
    left_out_by_in_toto: BTreeSet<String>,
}

/// The file that `--inspection-report` asks for.
#[derive(Serialize)]
struct InspectionReport<'a> {
    /// The version of this form.
    inspection_report: u8,
    /// Where the inspections ran, from the root.
    directory: String,
    time_limit_seconds: u32,
    environment_passed_on: Vec<&'a str>,
    /// Names that inspections did not see.
    excluded: &'a BTreeSet<&'a String>,
    /// Symbolic links to directories that were no errors.
    links_allowed: &'a [LinkKind],
    inspections: &'a [Ran],
}

impl<'a> Inspecting<'a> {
    /// Checks the options, before anything is verified.
    ///
    /// # Errors
    /// [`CliError`] for a target directory that is none, a variable that is not there, and a report that cannot be written.
    pub(crate) fn new(args: &'a Verify) -> Result<Self, CliError> {
        let target = target_directory(args.target_dir.as_deref())?;
        let environment = Environment::passing_on(&args.inspection_env).map_err(CliError::Variable)?;
        args.inspection_report.as_deref().map_or(Ok(()), |path| check_report(path, &target))?;
        Ok(Self {
            args,
            target,
            environment,
            except: HashSet::new(),
            ran: Vec::new(),
            excluded: BTreeSet::new(),
            left_out_by_in_toto: BTreeSet::new(),
        })
    }

    /// What ran so far.
    pub(crate) fn ran(&self) -> &[Ran] {
        &self.ran
    }

    /// Leaves out of what inspections see the files that have just been read. Not later: by then other files may have their names.
    ///
    /// # Errors
    /// [`CliError::Read`] when one is gone already.
    pub(crate) fn leave_out(&mut self, loaded: &Loaded) -> Result<(), CliError> {
        self.except = loaded.identities(self.args.verification_keys.iter().chain(&self.args.trust))?;
        Ok(())
    }

    /// May all the inspections run that this report names?
    pub(crate) fn are_allowed(&self, report: &Report) -> bool {
        self.args.run_sublayout_inspections || report.sublayouts.iter().all(|layout| layout.inspections.is_empty())
    }

    /// Runs the inspections of the layouts that `report` found in order, and packs the metadata again together with what was observed.
    ///
    /// # Errors
    /// [`CliError`] when one does not start or end, or the target directory cannot be read.
    pub(crate) fn observe(&mut self, loaded: &Loaded, report: &Report) -> Result<Vec<u8>, CliError> {
        self.find_excluded();
        let inspections = inspections(loaded, report, &self.args.param)?;
        let mut packer = loaded.packer()?.into_owned();
        #[cfg(unix)]
        crate::shell::process::descriptors::close_inherited();
        // Not before: it reads what /proc says of this process.
        hide_process().map_err(CliError::Privacy)?;
        let (args, target) = (self.args, &self.target);
        let runner = Runner {
            target,
            scope: Scope { except: Some(&self.except), names: &args.inspection_exclude, links: links(args) },
            limit: Duration::from_secs(args.inspection_timeout.into()),
            environment: &self.environment,
            listener: &|inspection| listener(inspection, args, target),
        };
        let all = runner.run_all(inspections, &mut self.ran)?;
        self.find_excluded();
        for name in self.args.inspection_exclude.iter().filter(|name| !self.excluded.contains(name)) {
            note(&format_args!("--inspection-exclude {name}: there is nothing of that name in the target directory"));
        }
        for observed in all {
            let Inspection { layout, name, run } = observed.inspection;
            if let (Some(program), 1.. | ..=-1) = (run.first(), observed.return_value) {
                note(&format_args!("inspection {name}: {program} returned {}", observed.return_value));
            }
            let seen = observed.materials.keys().chain(observed.products.keys());
            self.left_out_by_in_toto.extend(seen.filter(|name| is_left_out_by_in_toto(name)).take(NAMED).cloned());
            if observed.left_running {
                note(&format_args!("inspection {name}: what it had started and left running was killed"));
            }
            packer.add_observation(&Observation {
                parent: layout,
                name,
                command: run,
                return_value: observed.return_value,
                materials: observed.materials,
                products: observed.products,
            });
        }
        Ok(packer.finish(limits::HOST.profile)?)
    }

    /// Finds what is left out that is there now.
    fn find_excluded(&mut self) {
        let is_there = |name: &&String| self.target.join(name).symlink_metadata().is_ok();
        self.excluded.extend(self.args.inspection_exclude.iter().filter(is_there));
    }

    /// The verdict on what was observed, with what the user left out, and what to do about a file that a rule refuses.
    pub(crate) fn complete(&self, mut report: Report) -> Report {
        report.excluded = self.excluded.iter().copied().cloned().collect();
        if let Some(error) = &mut report.error
            && error.code == Code::RuleDisallow.name()
            && error.hint == INSPECTION_HINT
            && let Some(artifact) = &error.artifact
        {
            error.hint = hint_about(artifact, error.step.as_deref(), &self.left_out_by_in_toto);
        }
        report
    }

    /// Says what ran, where no verdict does.
    pub(crate) fn tell(&self) {
        if !self.args.quiet {
            self.ran.iter().for_each(|ran| {
                note(&format_args!("inspection {}: {}: {}", ran.name, ran.command_line(), ran.account()));
            });
        }
    }

    /// Writes the file that `--inspection-report` asks for.
    ///
    /// # Errors
    /// [`CliError::Write`].
    pub(crate) fn write_report(&self) -> Result<(), CliError> {
        let Some(path) = &self.args.inspection_report else { return Ok(()) };
        let report = InspectionReport {
            inspection_report: 1,
            directory: fs::canonicalize(&self.target).unwrap_or_else(|_| self.target.clone()).display().to_string(),
            time_limit_seconds: self.args.inspection_timeout,
            environment_passed_on: self.environment.names().collect(),
            excluded: &self.excluded,
            links_allowed: &self.args.inspection_links,
            inspections: &self.ran,
        };
        write(path, harmless_json(&report).as_bytes()).map_err(|error| CliError::Write(path.clone(), error))
    }
}

fn links(args: &Verify) -> Links {
    let allows = |kind| args.inspection_links.contains(&kind);
    Links { outside: allows(LinkKind::Outside), loops: allows(LinkKind::Loops) }
}

/// Does in-toto leave files of this name out of what its inspections see, as its settings are?
fn is_left_out_by_in_toto(name: &str) -> bool {
    name.split('/')
        .any(|part| part.contains(".link") || part == ".git" || part.ends_with('~') || part.ends_with(".pyc"))
}

/// What to do about an artifact that a rule of an inspection refuses: it is a file of the target directory. `others` are files there that in-toto leaves out.
fn hint_about(artifact: &str, inspection: Option<&str>, others: &BTreeSet<String>) -> String {
    let leaving_out = |name: &str| command_line(&["--inspection-exclude".to_owned(), name.to_owned()]);
    let (name, option) = (harmless(artifact), leaving_out(artifact));
    if inspection.is_some_and(|inspection| artifact == format!("{inspection}.link")) {
        return format!(
            "{name} lies in the target directory, where in-toto-verify leaves it and does not see it: leave it out with {option}"
        );
    }
    if is_left_out_by_in_toto(artifact) {
        return format!(
            "{name} lies in the target directory, and in-toto does not see files that are called so: leave it out with {option}"
        );
    }
    let others =
        others.iter().map(|other| format!("; in-toto does not see {} there: {}", harmless(other), leaving_out(other)));
    format!(
        "{name} lies in the target directory: if it is not to be looked at, leave it out with {option}, or give a directory without it with --target-dir{}",
        others.collect::<String>()
    )
}

/// The inspections in the order in which they run, which is the one in which core looks at them: the deepest sublayout's first, the
/// root layout's last. Only the root layout's take parameters.
fn inspections(loaded: &Loaded, report: &Report, parameters: &[(String, String)]) -> Result<Vec<Inspection>, CliError> {
    let damaged = |error| CliError::Bundle { path: loaded.path.clone(), error };
    let mut path = vec![0; limits::HOST.path];
    let bundle = Bundle::open(&loaded.bundle, &mut path).map_err(damaged)?;
    let mut inspections = Vec::new();
    // Sublayouts stand in the verdict as core found them: parents first.
    for number in report.sublayouts.iter().rev().map(|layout| layout.envelope).chain([0]) {
        // The layout as core has just verified it, not as some file says by now.
        let layout = bundle.envelope(number).and_then(|layout| value(&layout)).map_err(damaged)?;
        inspections.extend(Inspection::of_layout(number, &layout, if number == 0 { parameters } else { &[] }));
    }
    Ok(inspections)
}

/// in-toto's default is the current directory.
fn target_directory(directory: Option<&Path>) -> Result<PathBuf, CliError> {
    let directory = directory.unwrap_or(Path::new("."));
    if directory.is_dir() { Ok(directory.into()) } else { Err(CliError::TargetDirectory(directory.into())) }
}

/// What cannot be written is noticed before commands have run. A report that is there already is replaced, another file is not.
fn check_report(path: &Path, target: &Path) -> Result<(), CliError> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let (directory, target) = (fs::canonicalize(directory), fs::canonicalize(target));
    if directory.is_ok_and(|directory| target.is_ok_and(|target| directory.starts_with(target))) {
        return Err(CliError::ReportInside(path.into()));
    }
    check_output(path, MAX_REPORT, |json| {
        serde_json::from_slice(json).is_ok_and(|report: serde_json::Value| report["inspection_report"] == 1)
    })
}

/// Shows what a command prints on standard error, so that a verdict on standard output stays alone. No line of sitrep's own begins
/// as these lines do.
fn listener(inspection: &Inspection, args: &Verify, target: &Path) -> Option<Listener> {
    if args.quiet {
        return None;
    }
    let Inspection { name, run, .. } = inspection;
    let mut header = Some(format!("inspection {name}: {}", command_line(run)));
    if args.verbose {
        let header = header.take().unwrap_or_default();
        note(&format_args!("{header} in {}, for at most {} s", target.display(), args.inspection_timeout));
    }
    Some(Box::new(move |line| {
        // A command that prints nothing leaves nothing on standard error.
        if let Some(header) = header.take() {
            note(&header);
        }
        // Of the characters that move the cursor, terminals and readers agree about this one.
        let line: Vec<String> = line.split('\t').map(harmless).collect();
        let _ = writeln!(io::stderr(), "| {}", line.join("\t"));
    }))
}
