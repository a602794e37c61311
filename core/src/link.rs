//! A link: the evidence of one step (in-toto specification, section 4.4).

use crate::bundle::{ArtifactRuns, Bundle, Envelope, Event, Kind, Reader, Str};
use crate::dsse;
use crate::error::{Code, Error, List, Result};
use crate::keys::KeySet;
use crate::layout::skip_strings;

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
    /// Reads a link and checks what makes one: types, artifact names, digests. Its signatures are another matter.
    pub(crate) fn read<const PATH: usize>(envelope: &Envelope<'b>, bundle: &'b Bundle<'b>) -> Result<Self> {
        if let Kind::Dsse { payload_type, .. } = envelope.kind()
            && !payload_type.is(dsse::IN_TOTO)
        {
            return Err(Code::LinkPayloadType.into());
        }
        let malformed = Error::new(Code::LinkMember);
        let mut reader = Reader::of(envelope);
        if !reader.object()? {
            return Err(Code::LinkType.into());
        }
        let (mut is_link, mut name, mut materials, mut products) = (false, None, None, None);
        let (mut command, mut failed) = (None, None);
        while let Some(member) = reader.key()? {
            match member.text().unwrap_or_default() {
                "_type" => match reader.string()? {
                    Some(kind) if kind.is("link") => is_link = true,
                    Some(kind) if kind.is("layout") => return Err(Code::SublayoutUnsupported.into()),
                    _ => return Err(Code::LinkType.into()),
                },
                "name" => name = Some(reader.string()?.ok_or(malformed)?),
                "materials" => materials = Some(checked_map::<PATH>(&mut reader, bundle)?),
                "products" => products = Some(checked_map::<PATH>(&mut reader, bundle)?),
                "byproducts" => failed = Some(command_failed(&mut reader)?),
                "command" => {
                    command = Some(reader.offset());
                    if !skip_strings(&mut reader)? {
                        return Err(malformed);
                    }
                }
                _ => reader.skip()?,
            }
        }
        if !is_link {
            return Err(Code::LinkType.into());
        }
        Ok(Self {
            name: name.ok_or(malformed)?,
            materials: materials.ok_or(malformed)?,
            products: products.ok_or(malformed)?,
            command,
            failed: failed.unwrap_or(false),
        })
    }
}

/// Reads an artifact map and checks it.
fn checked_map<'b, const PATH: usize>(reader: &mut Reader<'b>, bundle: &'b Bundle<'b>) -> Result<ArtifactMap> {
    let offset = reader.offset();
    let runs = artifact_map(reader)?;
    check_artifacts::<PATH>(runs, bundle)?;
    Ok(ArtifactMap { offset, count: runs.count()? })
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
fn command_failed(reader: &mut Reader<'_>) -> Result<bool> {
    if !reader.object()? {
        return Err(Code::LinkMember.into());
    }
    let mut failed = false;
    while let Some(member) = reader.key()? {
        if member.is("return-value") {
            let value = reader.next_event()?;
            match value {
                Some(Event::Number(number)) => failed = number.to_u32() != Some(0),
                Some(Event::Null | Event::Bool(_) | Event::Text(_)) => {}
                _ => return Err(Code::LinkMember.into()),
            }
        } else {
            reader.skip()?;
        }
    }
    Ok(failed)
}

fn check_artifacts<'b, const PATH: usize>(mut runs: ArtifactRuns<'b>, bundle: &'b Bundle<'b>) -> Result<()> {
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
