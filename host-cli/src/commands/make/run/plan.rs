//! What a step is to be: its command, the files that are recorded, and where its link goes.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};
use sitrep_metadata::artifacts::Algorithm;
use sitrep_metadata::envelope::link::LinkForm;
use sitrep_metadata::hex;
use sitrep_metadata::names::is_file_name;
use sitrep_project::file::{Form, KeySource, Step};

use crate::args::Run;
use crate::error::CliError;
use crate::project_error::ProjectError;
use crate::record::selection::Selection;
use crate::record::tree::{Links, Recorder, Scope};
use crate::sources::project::{Found, STATE_DIRECTORY};

/// A step that is to be recorded.
pub(super) struct Plan {
    /// Its name.
    pub name: String,
    /// The directory that names are relative to, and in which the command runs.
    pub base: PathBuf,
    /// The command, a program and its arguments; empty where nothing is run.
    pub command: Vec<String>,
    materials: Selection,
    products: Selection,
    /// What is left out because it is sitrep's own.
    own: Vec<String>,
    links: Links,
    algorithms: Vec<Algorithm>,
    strip: Vec<String>,
    /// How the link is written.
    pub form: LinkForm,
    /// Where it is written.
    pub directory: PathBuf,
    /// What the link says of how it was recorded.
    pub environment: Map<String, Value>,
}

impl Plan {
    /// Puts it together from the command line and, where there is one, the project's file.
    ///
    /// # Errors
    /// [`CliError`] where the project has no such step, or something is no pattern, digest or command.
    pub(super) fn new(args: &Run, found: Option<&Found>) -> Result<Self, CliError> {
        if !is_file_name(&args.step) {
            return Err(ProjectError::StepName(args.step.clone()).into());
        }
        let step = match found {
            None => Step::default(),
            Some(found) => {
                let mut steps = found.project.all_steps().into_iter();
                let known = steps.find(|step| step.name == args.step);
                known.ok_or_else(|| ProjectError::NoStep(args.step.clone(), found.path.clone()))?
            }
        };
        let (own_materials, own_products) = match found {
            None => (Vec::new(), Vec::new()),
            Some(_) => (step.materials(), step.products()),
        };
        let exclude: Vec<String> = step.exclude.0.iter().chain(&args.exclude).cloned().collect();
        let select = |given: &Option<Vec<String>>, own: Vec<String>| {
            Selection::new(given.as_ref().unwrap_or(&own), &exclude).map_err(ProjectError::Pattern)
        };
        let (materials, products) = (select(&args.materials, own_materials)?, select(&args.products, own_products)?);
        let algorithm =
            |name: &String| Algorithm::by_name(name).ok_or_else(|| CliError::from(ProjectError::Digest(name.clone())));
        let algorithms = args.digest.iter().map(algorithm).collect::<Result<_, _>>()?;
        let base = match (found, &step.base, &args.base_path) {
            (Some(found), Some(base), _) => found.directory.join(base),
            (Some(found), None, _) => found.here().to_owned(),
            (None, _, Some(base)) => base.clone(),
            (None, _, None) => PathBuf::from("."),
        };
        let own = found.map(|found| own_names(found, step.base.as_deref())).unwrap_or_default();
        let form = match found.map_or(Form::Metablock, |found| found.project.project.envelope) {
            _ if args.use_dsse => LinkForm::Dsse,
            Form::Metablock => LinkForm::Metablock,
            Form::Dsse => LinkForm::Dsse,
            Form::Statement => LinkForm::Statement,
        };
        let directory = match (&args.metadata_directory, found) {
            (Some(directory), _) => directory.clone(),
            (None, Some(found)) => found.evidence(),
            (None, None) => PathBuf::from("."),
        };
        let links = Links { outside: args.links_outside, loops: false };
        let mut environment = Map::new();
        environment.insert("excluded".into(), json!(exclude.iter().chain(&own).collect::<Vec<_>>()));
        environment.insert("base".into(), json!(step.base.as_deref().unwrap_or(".")));
        environment.insert(
            "symbolic-links".into(),
            json!(if links.outside { "followed" } else { "followed to files, and to directories inside" }),
        );
        if let Some(found) = found {
            let digest = hex::encode(&Sha256::digest(found.text.as_bytes()));
            environment.insert("sitrep.toml".into(), json!({"sha256": digest}));
        }
        let command = command(args, &step)?;
        let (name, strip) = (args.step.clone(), args.lstrip_paths.clone());
        Ok(Self {
            name,
            base,
            command,
            materials,
            products,
            own,
            links,
            algorithms,
            strip,
            form,
            directory,
            environment,
        })
    }

    /// Records materials.
    pub(super) fn materials(&self) -> Recorder<'_> {
        self.recorder(&self.materials)
    }

    /// Records products.
    pub(super) fn products(&self) -> Recorder<'_> {
        self.recorder(&self.products)
    }

    fn recorder<'a>(&'a self, selection: &'a Selection) -> Recorder<'a> {
        let scope = Scope { names: &self.own, links: self.links, ..Scope::default() };
        Recorder { scope, algorithms: &self.algorithms, strip: &self.strip, ..Recorder::new(&self.base, selection) }
    }

    /// The command as it is run: not by a shell, and without sitrep's own variables.
    pub(super) fn process(&self) -> Option<Command> {
        let (program, arguments) = self.command.split_first()?;
        let mut command = without_own_variables(program);
        command.args(arguments).current_dir(&self.base);
        Some(command)
    }
}

/// A program that gets the environment of sitrep but for the variables of sitrep's own: passphrases are among them.
pub(super) fn without_own_variables(program: &str) -> Command {
    let mut command = Command::new(program);
    let own = std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("SITREP_"));
    for (name, _) in own {
        command.env_remove(name);
    }
    command
}

fn command(args: &Run, step: &Step) -> Result<Vec<String>, CliError> {
    if args.no_command {
        return Ok(Vec::new());
    }
    if args.command.is_empty() {
        // A step of the project that has none is something that a person does.
        return match &step.command {
            Some(command) => Ok(command.0.clone()),
            None if args.without_layout => Err(ProjectError::NoCommand(args.step.clone()).into()),
            None => Ok(Vec::new()),
        };
    }
    let word = |word: &std::ffi::OsString| {
        word.to_str().map(str::to_owned).ok_or_else(|| ProjectError::CommandText(word.clone()).into())
    };
    args.command.iter().map(word).collect()
}

/// What is sitrep's own: its file and directories, and the keys that its file names, with the private halves beside them. Names below the base.
fn own_names(found: &Found, base: Option<&str>) -> Vec<String> {
    let head = &found.project.project;
    let file = found.path.file_name().and_then(|name| name.to_str()).map(str::to_owned);
    let mut names: Vec<String> = vec![STATE_DIRECTORY.into(), head.evidence.clone()];
    names.extend(file);
    let keys = found.project.keys.values().filter_map(|key| match key {
        KeySource::File(path) => Some(path),
        KeySource::Inline(_) => None,
    });
    for path in keys.chain(&head.owners) {
        names.push(path.clone());
        names.extend(path.strip_suffix(".pub").map(|stem| format!("{stem}.key")));
    }
    names.sort();
    names.dedup();
    match base {
        None => names,
        Some(base) => {
            names.iter().filter_map(|name| Some(name.strip_prefix(base)?.strip_prefix('/')?.into())).collect()
        }
    }
}
