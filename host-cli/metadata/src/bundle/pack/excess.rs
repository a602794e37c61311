//! Documents that do not fit into one bundle together with those before them: the rest need not suffer for it.

use super::artifacts::Surplus;
use super::{PackError, Packer};

/// Why documents do not fit into a bundle, and which.
#[derive(Debug)]
pub(super) struct Excess {
    /// Their numbers; none where leaving them out would not help.
    documents: Vec<usize>,
    pub(super) error: PackError,
}

impl Excess {
    /// Of the documents with these numbers.
    pub(super) const fn of(documents: Vec<usize>, error: PackError) -> Self {
        Self { documents, error }
    }
}

impl From<PackError> for Excess {
    fn from(error: PackError) -> Self {
        Self { documents: Vec::new(), error }
    }
}

/// A document that was left out of a bundle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Where it would have been unpacked to.
    pub path: String,
    /// Why.
    pub reason: PackError,
}

impl Packer {
    /// As [`Self::finish`], but leaves out the documents that go beyond what a bundle can hold, those added last first, and with a sublayout
    /// all that belongs to it.
    ///
    /// # Errors
    /// What cannot go into a bundle even then, or the layout cannot.
    pub fn finish_what_fits(&mut self, profile: u8) -> Result<(Vec<u8>, Vec<LeftOut>), PackError> {
        let mut left_out = Vec::new();
        loop {
            let Excess { documents, error } = match self.write(profile) {
                Ok(bundle) => return Ok((bundle, left_out)),
                Err(excess) => excess,
            };
            // Each round leaves out at least one, so that it comes to an end.
            if documents.is_empty() || documents.contains(&0) {
                return Err(error);
            }
            self.leave_out(&documents, &error, &mut left_out);
        }
    }

    /// Documents with a name that is too long.
    pub(super) fn check_names(&self) -> Result<(), Excess> {
        let long =
            self.documents.iter().enumerate().filter_map(|(number, labelled)| Some((number, labelled.long_name()?)));
        let long: Vec<_> = long.collect();
        let Some((_, (named, length))) = long.first().copied() else { return Ok(()) };
        let documents = long.into_iter().filter(|(_, (other, _))| *other == named).map(|(number, _)| number).collect();
        Err(Excess { documents, error: PackError::NameTooLong(named, length) })
    }

    pub(super) fn excess(&self, surplus: Surplus) -> Excess {
        let of_list = self.documents.iter().enumerate().flat_map(|(number, labelled)| {
            // One for each of its lists.
            std::iter::repeat_n(number, labelled.document.payload.lists.len())
        });
        let of_list: Vec<usize> = of_list.collect();
        let documents = surplus.lists.iter().filter_map(|list| of_list.get(*list).copied()).collect();
        Excess { documents, error: surplus.error }
    }

    fn leave_out(&mut self, documents: &[usize], error: &PackError, left_out: &mut Vec<LeftOut>) {
        let paths: Vec<Option<String>> = (0..self.documents.len() as u16).map(|number| self.path(number)).collect();
        // The new number of each, none for those that go.
        let mut numbers: Vec<Option<u16>> = Vec::with_capacity(self.documents.len());
        let mut next = 0;
        for ((number, mut labelled), path) in std::mem::take(&mut self.documents).into_iter().enumerate().zip(paths) {
            let parent = numbers.get(usize::from(labelled.parent)).copied().unwrap_or(Some(0));
            match parent.filter(|_| !documents.contains(&number)) {
                Some(parent) => {
                    labelled.parent = parent;
                    self.documents.push(labelled);
                    numbers.push(Some(next));
                    next += 1;
                }
                None => {
                    numbers.push(None);
                    left_out.push(LeftOut { path: path.unwrap_or_default(), reason: error.clone() });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use sitrep_core::bundle::Bundle;

    use super::super::Named;
    use super::*;
    use crate::envelope::document::Document;

    fn metablock(signed: &str) -> Document {
        Document::parse(format!(r#"{{"signatures":[],"signed":{signed}}}"#).as_bytes()).unwrap()
    }

    /// Artifacts with shapes of these numbers.
    fn shapes(numbers: std::ops::Range<usize>) -> String {
        let paths = numbers.map(|number| format!(r#""{number}":{{"a{number}":"00"}}"#));
        format!("{{{}}}", paths.collect::<Vec<_>>().join(","))
    }

    #[test]
    fn links_with_too_many_variants_are_left_out() {
        let path_with = |digest: &str| metablock(&format!(r#"{{"products":{{"p":{{"a":"{digest}"}}}}}}"#));
        let mut packer = Packer::new();
        packer.add("root.layout", metablock(r#"{"_type":"layout"}"#));
        for number in 0..260 {
            packer.add(&format!("{number}"), path_with(&format!("{number:04x}")));
        }
        // Equal to one that is in.
        packer.add("equal", path_with("0000"));
        let (bundle, left_out) = packer.finish_what_fits(0).unwrap();
        let reason = PackError::TooManyVariants("p".to_owned());
        let expected = |number: usize| LeftOut { path: format!("{number}"), reason: reason.clone() };
        assert_eq!(left_out, (255..260).map(expected).collect::<Vec<_>>());
        assert_eq!(packer.finish(0).unwrap(), bundle);
        assert_eq!(packer.documents().last().unwrap().0, "equal");
    }

    #[test]
    fn sublayouts_are_left_out_with_all_that_is_theirs() {
        let with = |numbers| metablock(&format!(r#"{{"_type":"layout","products":{}}}"#, shapes(numbers)));
        let mut packer = Packer::new();
        packer.add("root.layout", metablock("{}"));
        packer.add("many.link", with(0..60));
        let sublayout = packer.add("s.k.link", with(60..65));
        packer.add_to(sublayout, "inner.link", metablock("{}"));
        let other = packer.add("t.k.link", with(60..64));
        packer.add_to(other, "inner.link", metablock("{}"));
        let (bundle, left_out) = packer.finish_what_fits(0).unwrap();
        let reason = PackError::TooManyShapes(65);
        let expected =
            ["s.k.link", "s.k/inner.link"].map(|path| LeftOut { path: path.to_owned(), reason: reason.clone() });
        assert_eq!(left_out, expected);
        let bundle = Bundle::open(&bundle, &mut [0; 100]).unwrap();
        let parents: Vec<u16> = bundle.envelopes().map(|envelope| envelope.unwrap().parent()).collect();
        assert_eq!(parents, [0, 0, 0, 2]);
        assert_eq!(packer.path(3).unwrap(), "t.k/inner.link");
    }

    #[test]
    fn without_the_layout_there_is_nothing_to_verify() {
        let both = format!(r#"{{"materials":{},"products":{}}}"#, shapes(0..60), shapes(60..65));
        let mut packer = Packer::new();
        packer.add("root.layout", metablock(&both));
        assert_eq!(packer.finish_what_fits(0), Err(PackError::TooManyShapes(65)));
    }

    #[test]
    fn documents_with_names_that_are_too_long_are_left_out() {
        let long = "é".repeat(128);
        let signed = |keyid: &str| {
            let text = format!(r#"{{"signatures":[{{"keyid":"{keyid}","sig":"00"}}],"signed":{{"_type":"link"}}}}"#);
            Document::parse(text.as_bytes()).unwrap()
        };
        let digests = |algorithm: &str, digest: &str| {
            metablock(&format!(r#"{{"_type":"link","products":{{"p":{{"{algorithm}":"{digest}"}}}}}}"#))
        };
        let typed = |payload_type: &str| {
            let text = format!(r#"{{"payload":"e30=","payloadType":"{payload_type}","signatures":[]}}"#);
            Document::parse(text.as_bytes()).unwrap()
        };
        let cases: [(&str, Option<&str>, Document, Option<Named>); 12] = [
            (&long, None, metablock("{}"), Some(Named::File)),
            (&long[2..], None, metablock("{}"), None),
            ("s.link", Some(&long), metablock("{}"), Some(Named::Step)),
            ("t.link", None, signed(&long), Some(Named::Key)),
            ("u.link", None, signed(&long[2..]), None),
            ("v.link", None, typed(&long), Some(Named::PayloadType)),
            ("w.link", None, digests(&long, "00"), Some(Named::Algorithm)),
            ("x.link", None, digests(&long[2..], "00"), None),
            ("y.link", None, digests("a", &"0".repeat(512)), Some(Named::Digest)),
            ("z.link", None, digests("a", &"0".repeat(510)), None),
            ("0.link", None, digests("a", &"x".repeat(511)), Some(Named::Digest)),
            ("1.link", None, digests("a", &"x".repeat(510)), None),
        ];
        for (name, step, document, expected) in cases {
            let mut packer = Packer::new();
            packer.add("root.layout", metablock("{}"));
            match step {
                Some(step) => packer.add_sublayout(0, step, name, document),
                None => packer.add(name, document),
            };
            let (bundle, left_out) = packer.finish_what_fits(0).unwrap();
            // What is written can be opened.
            let count = Bundle::open(&bundle, &mut [0; 100]).unwrap().envelope_count();
            let named = left_out.first().map(|left_out| match left_out.reason {
                PackError::NameTooLong(named, length) if length >= 256 => named,
                ref other => panic!("{other}"),
            });
            assert_eq!((named, count), (expected, if expected.is_some() { 1 } else { 2 }), "{name}");
            if let Some(expected) = expected {
                assert!(
                    left_out[0].reason.to_string().starts_with(&format!("expected {expected} of at most 255 bytes"))
                );
            }
        }
        let mut packer = Packer::new();
        packer.add("root.layout", signed(&long));
        assert_eq!(packer.finish_what_fits(0).unwrap_err(), PackError::NameTooLong(Named::Key, 256));
    }

    #[test]
    fn there_are_no_more_envelopes_than_readers_take() {
        let mut packer = Packer::new();
        packer.add("root.layout", metablock("{}"));
        for number in 0..1024 {
            packer.add(&format!("{number}"), metablock("{}"));
        }
        let bundle = packer.finish(0).unwrap();
        assert_eq!(Bundle::open(&bundle, &mut [0; 100]).unwrap().envelope_count(), 1025);
        packer.add("one more", metablock("{}"));
        assert_eq!(packer.finish(0), Err(PackError::TooManyEnvelopes(1026)));
    }
}
