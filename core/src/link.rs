//! A link: the evidence of one step (in-toto specification, section 4.4).

use crate::bundle::{ArtifactRuns, Bundle, Envelope, Event, Reader, Str};
use crate::error::{Code, Error, List, Result};
use crate::keys::KeySet;
use crate::layout::skip_strings;
use crate::members::members;

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

/// Where a link's payload holds an artifact map, and how many artifacts it has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ArtifactMap {
    offset: u32,
    pub(crate) count: u32,
}

/// One link envelope on its way through verification. Numbers and offsets, so that devices can keep many.
#[derive(Clone, Copy, Debug)]
pub struct LinkState {
    pub(crate) envelope: u16,
    /// Number of the step that it belongs to.
    pub(crate) step: u16,
    pub(crate) status: LinkStatus,
    /// The signers with a good signature on it, as numbers of keys.
    pub(crate) signers: KeySet,
    pub(crate) materials: ArtifactMap,
    pub(crate) products: ArtifactMap,
    pub(crate) command: Option<u32>,
    pub(crate) failed: bool,
}

impl LinkState {
    /// The number of its envelope in the bundle.
    #[must_use]
    pub const fn envelope(&self) -> u16 {
        self.envelope
    }

    /// How many artifacts it lists: nearly all the work of checking its signatures.
    #[must_use]
    pub const fn artifact_count(&self) -> u32 {
        self.materials.count.saturating_add(self.products.count)
    }

    pub(crate) const fn map(&self, list: List) -> ArtifactMap {
        match list {
            List::Materials => self.materials,
            List::Products => self.products,
        }
    }

    /// One of its artifact maps, from the bundle.
    pub(crate) fn artifacts<'b>(&self, bundle: &'b Bundle<'b>, list: List) -> Result<ArtifactRuns<'b>> {
        let envelope = bundle.envelope(self.envelope)?;
        artifact_map(&mut Reader::new(envelope.strings, envelope.tokens, self.map(list).offset))
    }
}

/// The values of a link's payload.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link<'b> {
    pub(crate) name: Str<'b>,
    pub(crate) materials: ArtifactMap,
    pub(crate) products: ArtifactMap,
    /// Where the payload holds the command.
    pub(crate) command: Option<u32>,
    /// The command returned something else than 0.
    pub(crate) failed: bool,
}

impl<'b> Link<'b> {
    /// Reads a link and checks the types of its members. Its artifacts and its signatures are other matters.
    pub(crate) fn read(envelope: &Envelope<'b>) -> Result<Self> {
        if !envelope.is_in_toto() {
            return Err(Code::LinkPayloadType.into());
        }
        let mut reader = Reader::of(envelope);
        let names = ["name", "materials", "products", "byproducts", "command"];
        let found = members(&mut reader, names)?.ok_or(Code::LinkType)?;
        match found.kind {
            Some(kind) if kind.is("link") => {}
            Some(kind) if kind.is("layout") => return Err(Code::SublayoutUnsupported.into()),
            _ => return Err(Code::LinkType.into()),
        }
        let [name, materials, products, byproducts, command] = found.offsets;
        if let Some(command) = command
            && !skip_strings(&mut reader.at(command))?
        {
            return Err(Code::LinkMember.into());
        }
        let map = |offset: Option<u32>| {
            let offset = offset.ok_or(Code::LinkMember)?;
            Ok::<_, Error>(ArtifactMap { offset, count: artifact_map(&mut reader.at(offset))?.count()? })
        };
        Ok(Self {
            name: reader.at(name.ok_or(Code::LinkMember)?).string()?.ok_or(Code::LinkMember)?,
            materials: map(materials)?,
            products: map(products)?,
            command,
            failed: match byproducts {
                Some(byproducts) => command_failed(reader.at(byproducts))?,
                None => false,
            },
        })
    }
}

fn artifact_map<'b>(reader: &mut Reader<'b>) -> Result<ArtifactRuns<'b>> {
    match reader.next_event()? {
        Some(Event::Artifacts(runs)) => Ok(runs),
        // The only map that may be spelled out is the empty one; others hold something that is no digest set.
        Some(Event::ObjectStart) if matches!(reader.next_event()?, Some(Event::End)) => Ok(ArtifactRuns::EMPTY),
        _ => Err(Code::LinkMember.into()),
    }
}

/// Does the object say a return value other than 0?
fn command_failed(mut reader: Reader<'_>) -> Result<bool> {
    let [Some(value)] = members(&mut reader, ["return-value"])?.ok_or(Code::LinkMember)?.offsets else {
        return Ok(false);
    };
    Ok(reader.at(value).number()?.is_some_and(|number| number.to_u32() != Some(0)))
}

/// Are all names and digests of a map as in-toto wants them?
pub(crate) fn check_artifacts<'b, const PATH: usize>(mut runs: ArtifactRuns<'b>, bundle: &'b Bundle<'b>) -> Result<()> {
    // The artifacts section was looked through once; only where it has some odd entry do links have to look for it.
    if bundle.artifacts().tidy() {
        return Ok(());
    }
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

/// Are two lists of strings, each where its reader stands, equal?
pub(crate) fn same_strings(mut one: Reader<'_>, mut other: Reader<'_>) -> Result<bool> {
    if !one.array()? || !other.array()? {
        return Ok(false);
    }
    loop {
        match (one.element()?, other.element()?) {
            (true, true) if one.string()? == other.string()? => {}
            (false, false) => return Ok(true),
            _ => return Ok(false),
        }
    }
}
