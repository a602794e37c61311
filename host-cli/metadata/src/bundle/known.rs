//! The members by which a payload is known: what is shown of it. Read in one pass, and borrowed from the bundle, so that it takes no memory
//! whatever the payload refers to.

use sitrep_core::Error;
use sitrep_core::bundle::{ArtifactRuns, Bundle, Envelope, Event, Form, Number, Reader, Str};
use sitrep_core::limits::HOST;

/// How many subjects of a statement are kept.
pub const SUBJECTS: usize = 4;

/// How many values of a predicate are kept, and how deep they stand.
pub const SAID: usize = 32;
const SAID_DEPTH: usize = 16;

/// How many algorithms of a subject are kept, and as many steps and inspections as any verifier reads.
const ALGORITHMS: usize = 16;

/// What a payload says of itself. What is no in-toto metadata simply has none of it.
#[derive(Clone, Debug, Default)]
pub struct Known<'b> {
    /// `_type`.
    pub type_name: Option<Str<'b>>,
    /// `name`.
    pub name: Option<Str<'b>>,
    /// `expires`.
    pub expires: Option<Str<'b>>,
    /// `predicateType`.
    pub predicate_type: Option<Str<'b>>,
    /// `name` of the predicate.
    pub predicate_name: Option<Str<'b>>,
    /// How many materials and products a link lists, or its predicate.
    pub materials: Option<u64>,
    /// The same of its products.
    pub products: Option<u64>,
    /// The same of a predicate's materials.
    pub predicate_materials: Option<u64>,
    /// The names of the steps.
    pub steps: Names<'b>,
    /// The names of the inspections.
    pub inspections: Names<'b>,
    /// What a statement is about; `None` where it lists nothing.
    pub subjects: Option<KnownSubjects<'b>>,
    /// The first values of a predicate.
    pub said: Vec<Said<'b>>,
    /// Does it have more?
    pub says_more: bool,
}

/// A value of a predicate that is no object and no list.
#[derive(Clone, Debug)]
pub struct Said<'b> {
    /// The way to it from the predicate.
    pub path: Vec<Component<'b>>,
    /// The value.
    pub value: Scalar<'b>,
}

/// A part of the way to a value.
#[derive(Clone, Copy, Debug)]
pub enum Component<'b> {
    /// The member of this name.
    Member(Str<'b>),
    /// The element with this number, from 0.
    Element(u64),
}

/// A value that is no object and no list.
#[derive(Clone, Copy, Debug)]
pub enum Scalar<'b> {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A small integer.
    Integer(u32),
    /// Any other number, as written.
    Number(&'b str),
    /// A string.
    Text(Str<'b>),
}

/// The first names of a list.
#[derive(Clone, Debug, Default)]
pub struct Names<'b> {
    /// How many there are.
    pub count: u64,
    /// The first, no more than a verifier reads.
    pub first: Vec<Str<'b>>,
}

impl<'b> Names<'b> {
    fn push(&mut self, name: Str<'b>) {
        self.count += 1;
        if self.first.len() < HOST.steps {
            self.first.push(name);
        }
    }
}

/// What a statement is about.
#[derive(Clone, Debug, Default)]
pub struct KnownSubjects<'b> {
    /// How many artifacts.
    pub count: u64,
    /// The first of them, where they are spelled out.
    pub first: Vec<KnownSubject<'b>>,
    /// All of them, where they are a list of artifacts.
    pub artifacts: Option<ArtifactRuns<'b>>,
}

/// An algorithm and a value of it.
pub type Digest<'b> = (Str<'b>, Str<'b>);

/// One artifact that a statement is about.
#[derive(Clone, Debug, Default)]
pub struct KnownSubject<'b> {
    /// Its name, where it has one.
    pub name: Option<Str<'b>>,
    /// Where it is to be found, where that is said.
    pub uri: Option<Str<'b>>,
    /// Values by algorithm, the first of them.
    pub digest: Vec<Digest<'b>>,
}

/// A member that is looked at, by where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Member {
    Type,
    Name,
    Expires,
    PredicateType,
    Predicate,
    Materials,
    Products,
    Steps,
    Inspect,
    Subject,
    Digest,
    Uri,
    Other,
}

impl Member {
    fn of(key: Str<'_>) -> Self {
        // None of the names is longer, and a key may have any length.
        if key.len() > 16 {
            return Self::Other;
        }
        const ALL: [(&str, Member); 12] = [
            ("_type", Member::Type),
            ("name", Member::Name),
            ("expires", Member::Expires),
            ("predicateType", Member::PredicateType),
            ("predicate", Member::Predicate),
            ("materials", Member::Materials),
            ("products", Member::Products),
            ("steps", Member::Steps),
            ("inspect", Member::Inspect),
            ("subject", Member::Subject),
            ("digest", Member::Digest),
            ("uri", Member::Uri),
        ];
        ALL.into_iter().find(|(name, _)| key.is(name)).map_or(Self::Other, |(_, member)| member)
    }
}

/// A container that is open.
#[derive(Clone, Copy, Debug)]
enum Open<'b> {
    /// With the member that comes next.
    Object(Member, Str<'b>),
    /// With how many values it has had.
    Array(u64),
}

impl<'b> Known<'b> {
    /// Reads an envelope's payload.
    ///
    /// # Errors
    /// A code of class `bundle` where the tokens are damaged.
    pub fn of(envelope: &Envelope<'b>) -> Result<Self, Error> {
        let mut known = Self::default();
        let mut reader = Reader::of(envelope);
        let mut open: Vec<Open<'b>> = Vec::new();
        while let Some(event) = reader.next_event()? {
            match event {
                Event::Key(key) => {
                    if let Some(Open::Object(member, name)) = open.last_mut() {
                        (*member, *name) = (Member::of(key), key);
                    }
                    continue;
                }
                Event::End => {
                    if let Some(Open::Array(count)) = open.pop() {
                        known.array(&open, count);
                    }
                    continue;
                }
                _ => {}
            }
            if let Some(Open::Array(count)) = open.last_mut() {
                *count += 1;
            }
            match event {
                Event::ObjectStart => {
                    known.object(&open);
                    open.push(Open::Object(Member::Other, Str::new("")));
                }
                Event::ArrayStart => open.push(Open::Array(0)),
                Event::Text(text) => {
                    known.text(&open, text);
                    known.said(&open, Scalar::Text(text));
                }
                Event::Null => known.said(&open, Scalar::Null),
                Event::Bool(value) => known.said(&open, Scalar::Bool(value)),
                Event::Number(Number::Integer(value)) => known.said(&open, Scalar::Integer(value)),
                Event::Number(Number::Text(text)) => known.said(&open, Scalar::Number(text)),
                Event::Artifacts(runs) => known.artifacts(&open, runs)?,
                _ => {}
            }
        }
        Ok(known)
    }

    fn text(&mut self, open: &[Open<'b>], text: Str<'b>) {
        use Member::{Digest, Expires, Inspect, Name, Predicate, PredicateType, Steps, Subject, Type, Uri};
        match open {
            [Open::Object(Type, _)] => self.type_name = Some(text),
            [Open::Object(Name, _)] => self.name = Some(text),
            [Open::Object(Expires, _)] => self.expires = Some(text),
            [Open::Object(PredicateType, _)] => self.predicate_type = Some(text),
            [Open::Object(Predicate, _), Open::Object(Name, _)] => self.predicate_name = Some(text),
            [Open::Object(Steps, _), Open::Array(_), Open::Object(Name, _)] => self.steps.push(text),
            [Open::Object(Inspect, _), Open::Array(_), Open::Object(Name, _)] => self.inspections.push(text),
            [Open::Object(Subject, _), Open::Array(number), Open::Object(Name, _)] => {
                if let Some(subject) = self.subject(*number) {
                    subject.name = Some(text);
                }
            }
            [Open::Object(Subject, _), Open::Array(number), Open::Object(Uri, _)] => {
                if let Some(subject) = self.subject(*number) {
                    subject.uri = Some(text);
                }
            }
            [Open::Object(Subject, _), Open::Array(number), Open::Object(Digest, _), Open::Object(_, algorithm)] => {
                if let Some(subject) = self.subject(*number).filter(|subject| subject.digest.len() < ALGORITHMS) {
                    subject.digest.push((*algorithm, text));
                }
            }
            _ => {}
        }
    }

    /// A value, which may be one of the predicate's.
    fn said(&mut self, open: &[Open<'b>], value: Scalar<'b>) {
        let Some((Open::Object(Member::Predicate, _), inside)) = open.split_first() else { return };
        if self.said.len() == SAID || inside.len() > SAID_DEPTH {
            self.says_more = true;
            return;
        }
        let path = inside.iter().map(|open| match open {
            Open::Object(_, name) => Component::Member(*name),
            // The element that is read has been counted.
            Open::Array(count) => Component::Element(count.saturating_sub(1)),
        });
        self.said.push(Said { path: path.collect(), value });
    }

    /// A subject begins.
    fn object(&mut self, open: &[Open<'b>]) {
        if let [Open::Object(Member::Subject, _), Open::Array(number)] = open
            && *number <= SUBJECTS as u64
        {
            self.subjects.get_or_insert_default().first.push(KnownSubject::default());
        }
    }

    /// The subject that is read, which is the one with this number, from 1.
    fn subject(&mut self, number: u64) -> Option<&mut KnownSubject<'b>> {
        let first = &mut self.subjects.as_mut()?.first;
        (number <= SUBJECTS as u64).then(|| first.last_mut()).flatten()
    }

    /// An array has ended.
    fn array(&mut self, open: &[Open<'b>], count: u64) {
        match open {
            [Open::Object(Member::Subject, _)] => self.subjects.get_or_insert_default().count = count,
            [Open::Object(Member::Predicate, _), Open::Object(Member::Materials, _)] => {
                self.predicate_materials = Some(count);
            }
            _ => {}
        }
    }

    fn artifacts(&mut self, open: &[Open<'b>], runs: ArtifactRuns<'b>) -> Result<(), Error> {
        let number = u64::from(runs.count()?);
        let count = Some(number);
        match open {
            [Open::Object(Member::Materials, _)] => self.materials = count,
            [Open::Object(Member::Products, _)] => self.products = count,
            [Open::Object(Member::Predicate, _), Open::Object(Member::Materials, _)] => {
                self.predicate_materials = count
            }
            [Open::Object(Member::Subject, _)] if runs.form() != Form::Map => {
                let subjects = self.subjects.get_or_insert_default();
                (subjects.count, subjects.artifacts) = (number, Some(runs));
            }
            _ => {}
        }
        Ok(())
    }
}

impl<'b> KnownSubjects<'b> {
    /// The first artifacts of a list, each path and its digests, shown to `look`.
    ///
    /// # Errors
    /// A code of class `bundle` where the bundle is damaged.
    pub fn each_artifact(
        &self,
        bundle: &'b Bundle<'b>,
        look: &mut dyn FnMut(&str, &[Digest<'b>]),
    ) -> Result<(), Error> {
        let Some(mut runs) = self.artifacts else { return Ok(()) };
        let mut path = vec![0; HOST.path];
        let mut cursor = bundle.paths(&mut path);
        let mut left = SUBJECTS;
        while let Some(run) = runs.next_run()? {
            for number in run.first..run.first.saturating_add(run.count) {
                let Some(less) = left.checked_sub(1) else { return Ok(()) };
                left = less;
                cursor.seek(number)?;
                let mut digests = cursor.digests(run.variant)?;
                let mut all = Vec::new();
                while let Some(digest) = digests.next_digest()? {
                    all.push(digest);
                }
                look(&String::from_utf8_lossy(cursor.path()), &all);
            }
        }
        Ok(())
    }
}
