//! A link: the evidence of one step (in-toto specification, section 4.4).

use crate::bundle::{ArtifactRuns, Bundle, Envelope, Event, Extra, Form, Kind, Name, Reader, Str, check_name, names};
use crate::error::{Code, Error, List, Result};
use crate::features::Features;
use crate::metadata::members::Members;
use crate::metadata::parameters::Parameters;
use crate::metadata::statement::{Materials, Statement};
use crate::trust::keys::KeySet;
use crate::wire::Offset;

/// What an envelope holds, besides the root layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A link of a step, also as the predicate of a statement.
    Link,
    /// A layout in place of a link.
    Sublayout,
    /// A statement with any other predicate.
    Attestation,
    /// What a host saw when it ran an inspection.
    Observation,
}

/// What has become of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkStatus {
    /// It belongs to a step; its signatures have not been looked at.
    Unchecked,
    /// At least one key that the step allows has a good signature on it.
    Counted,
    /// It does not count, and why.
    Ignored(Code),
}

/// Where a payload holds artifacts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArtifactMap {
    offset: Offset,
    /// The number of the envelope, as a sublayout's artifacts are those of the links below it; and how many artifacts these are.
    extra: Extra<(u16, u32)>,
}

impl ArtifactMap {
    pub(crate) fn count(self) -> u32 {
        self.extra.get().map_or(0, |(_, count)| count)
    }
}

/// One envelope of evidence on its way through verification. Numbers and offsets, so that devices can keep many.
#[derive(Clone, Copy, Debug)]
pub struct LinkState {
    pub(crate) envelope: u16,
    pub(crate) evidence: Evidence,
    /// Number of the step that it belongs to; an attestation's is found out from its signers and subjects.
    pub(crate) step: Option<u16>,
    pub(crate) status: LinkStatus,
    /// The signers with a good signature on it, as numbers of keys.
    pub(crate) signers: KeySet,
    /// `None` where there are none, or none yet: an attestation has no materials, and a sublayout's are those of its first step.
    pub(crate) materials: Option<ArtifactMap>,
    /// Of an attestation there are none either: its subjects are not what a step made.
    pub(crate) products: Option<ArtifactMap>,
    pub(crate) command: Extra<Option<Offset>>,
    pub(crate) failed: Extra<bool>,
}

impl LinkState {
    /// The number of its envelope in the bundle.
    #[must_use]
    pub const fn envelope(&self) -> u16 {
        self.envelope
    }

    /// How many artifacts it lists: nearly all the work of checking its signatures. A boot loader's build does not count them.
    #[must_use]
    pub fn artifact_count(&self) -> u32 {
        let count = |map: Option<ArtifactMap>| map.map_or(0, ArtifactMap::count);
        count(self.materials).saturating_add(count(self.products))
    }

    /// Did the command that was observed or recorded say that it had failed?
    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get().unwrap_or(false)
    }

    pub(crate) const fn map(&self, list: List) -> Option<ArtifactMap> {
        match list {
            List::Materials => self.materials,
            List::Products => self.products,
        }
    }

    /// One of its two sets of artifacts, from the bundle.
    pub(crate) fn artifacts<'b>(&self, bundle: &'b Bundle<'b>, list: List) -> Result<ArtifactRuns<'b>> {
        let Some(map) = self.map(list) else { return Ok(ArtifactRuns::EMPTY) };
        Ok(artifacts(
            &mut bundle
                .envelope(map.extra.get().map_or(self.envelope, |(envelope, _)| envelope))?
                .reader_at(map.offset),
        )?
        .0)
    }

    /// Reads what an envelope holds, and checks the types of its members. Which step it belongs to, its artifacts and its signatures are other
    /// matters. Also gives the name of the step, where the envelope says it.
    pub(crate) fn read<'b>(envelope: &Envelope<'b>) -> Result<(Self, Option<Str<'b>>)> {
        if !envelope.is_in_toto() {
            return Err(Code::LinkPayloadType.into());
        }
        let mut reader = Reader::of(envelope);
        let mut found = Members::NONE;
        found.read(&mut reader, &MEMBERS, Code::LinkType)?;
        let Members { kind, offsets } = found;
        let kind = kind.ok_or(Code::LinkType)?;
        let mut state = Self::unread(envelope);
        if kind.is("link") {
            let [_, materials, products, ..] = offsets;
            (state.materials, state.products) =
                (state.map_at(&reader, materials, Materials::Map)?, state.map_at(&reader, products, Materials::Map)?);
            // A link has both.
            state.materials.and(state.products).ok_or(Code::LinkMember)?;
            let name = state.read_rest(&reader, offsets)?;
            return Ok((state, Some(name)));
        }
        if kind.is("layout") {
            reader.need(Features::SUBLAYOUTS)?;
            state.evidence = Evidence::Sublayout;
            return Ok((state, Some(envelope.step().ok_or(Code::LinkType)?)));
        }
        if !Statement::is_type(kind, envelope) {
            return Err(Code::LinkType.into());
        }
        let statement = Statement::read(&mut reader.again())?;
        let Some(form) = statement.link() else {
            // Verdicts show it.
            check_name(statement.predicate_type)?;
            state.evidence = Evidence::Attestation;
            return Ok((state, None));
        };
        reader.need(Features::LINK_STATEMENTS)?;
        found.read(&mut reader.at(statement.predicate.ok_or(Code::LinkMember)?), &MEMBERS, Code::LinkMember)?;
        let offsets = found.offsets;
        let [_, materials, ..] = offsets;
        state.materials = state.map_at(&reader, materials, form)?;
        // As in links, a map of materials has to be there; a list may be left out.
        if form == Materials::Map {
            state.materials.ok_or(Code::LinkMember)?;
        }
        // What the statement is about are the step's products.
        state.products = state.map_at(&reader, Some(statement.subject), Materials::List)?;
        let name = state.read_rest(&reader, offsets)?;
        Ok((state, Some(name)))
    }

    fn unread(envelope: &Envelope<'_>) -> Self {
        let is_observation = matches!(envelope.kind(), Kind::Observation);
        Self {
            envelope: envelope.number(),
            evidence: if is_observation { Evidence::Observation } else { Evidence::Link },
            step: None,
            status: LinkStatus::Unchecked,
            signers: KeySet::default(),
            materials: None,
            products: None,
            command: Extra::new(None),
            failed: Extra::new(false),
        }
    }

    fn map_at(&self, reader: &Reader<'_>, offset: Option<Offset>, form: Materials) -> Result<Option<ArtifactMap>> {
        let Some(offset) = offset else { return Ok(None) };
        let (runs, found) = artifacts(&mut reader.at(offset))?;
        if found != form {
            return Err(Code::LinkMember.into());
        }
        Ok(Some(ArtifactMap { offset, extra: Extra::read(|| Ok((self.envelope, runs.count()?)))? }))
    }

    /// Reads the members of a link besides its artifacts; gives the name of its step.
    fn read_rest<'b>(&mut self, reader: &Reader<'b>, offsets: [Option<Offset>; 5]) -> Result<Str<'b>> {
        let [name, _, _, byproducts, command] = offsets;
        if reader.has(Features::COMMANDS) {
            if let Some(command) = command
                && !Parameters::NONE.check_strings(&mut reader.at(command))?
            {
                return Err(Code::LinkMember.into());
            }
            self.command = Extra::new(command);
            self.failed = Extra::new(match byproducts {
                Some(byproducts) => command_failed(reader.at(byproducts))?,
                None => false,
            });
        }
        reader.string_at_or(name, Code::LinkMember)
    }
}

/// The members of a link that matter, as links and link predicates name them.
const MEMBERS: [Name; 5] = names(["name", "materials", "products", "byproducts", "command"]);

/// Reads artifacts in any of their forms.
fn artifacts<'b>(reader: &mut Reader<'b>) -> Result<(ArtifactRuns<'b>, Materials)> {
    let form = match reader.next_event()? {
        Some(Event::Artifacts(runs)) if runs.form() == Form::Map => return Ok((runs, Materials::Map)),
        Some(Event::Artifacts(runs)) => return Ok((runs, Materials::List)),
        Some(Event::ObjectStart) => Materials::Map,
        Some(Event::ArrayStart) => Materials::List,
        _ => return Err(Code::LinkMember.into()),
    };
    // Only what is empty may be spelled out; everything else holds something that is no digest set, or more than name and digest set.
    match reader.next_event()? {
        Some(Event::End) => Ok((ArtifactRuns::EMPTY, form)),
        _ => Err(Code::LinkMember.into()),
    }
}

/// Does the object say a return value other than 0?
fn command_failed(mut reader: Reader<'_>) -> Result<bool> {
    let mut found = Members::NONE;
    found.read(&mut reader, &const { names(["return-value"]) }, Code::LinkMember)?;
    let [Some(value)] = found.offsets else { return Ok(false) };
    Ok(reader.at(value).number()?.is_some_and(|number| number.to_u32() != Some(0)))
}

/// Are all names and digests of a map as in-toto wants them?
pub(crate) fn check_artifacts<'b, const PATH: usize>(mut runs: ArtifactRuns<'b>, bundle: &'b Bundle<'b>) -> Result<()> {
    let mut path = [0; PATH];
    let mut cursor = bundle.paths(&mut path);
    while let Some(run) = runs.next_run()? {
        for number in run.first..run.end() {
            cursor.seek(number)?;
            if !cursor.name_is_tidy() {
                return Err(Error::new(Code::LinkArtifactName).at_artifact(number));
            }
            if !cursor.digests(run.variant)?.is_tidy()? {
                return Err(Error::new(Code::LinkDigest).at_artifact(number));
            }
        }
    }
    Ok(())
}

/// Are two lists of strings, each where its reader stands, equal once parameters are put into the first?
pub(crate) fn same_strings(mut one: Reader<'_>, mut other: Reader<'_>, parameters: Parameters<'_>) -> Result<bool> {
    if !one.array()? || !other.array()? {
        return Ok(false);
    }
    loop {
        match (one.element(), other.element()) {
            (true, true) => match (one.string()?, other.string()?) {
                (Some(word), Some(actual)) if parameters.is(word, actual) => {}
                _ => return Ok(false),
            },
            (false, false) => return Ok(true),
            _ => return Ok(false),
        }
    }
}
