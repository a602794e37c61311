//! Artifact maps and lists as runs of consecutive paths (BUNDLE.md, section 6).

use sitrep_core::bundle::Form;

use super::wire::push_varint;

/// Where an artifact of a map is in the artifacts section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Number of its path.
    pub(super) path: u32,
    /// Which of the path's variants.
    pub(super) variant: u32,
    /// Is it the last? A run of a higher variant then takes it as well.
    pub(super) last: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    first: u32,
    count: u32,
    variant: u32,
    /// The highest variant that all its artifacts allow.
    most: u32,
}

/// The runs of an artifact map or list, the longest possible: a run ends only where the next artifact cannot be in it.
#[derive(Clone, Debug, Default)]
pub(super) struct Runs {
    runs: Vec<Run>,
    descends: bool,
}

impl Runs {
    /// Adds the next artifact of the map.
    #[inline]
    pub(super) fn push(&mut self, place: Place) {
        let most = if place.last { u32::MAX } else { place.variant };
        if let Some(run) = self.runs.last_mut() {
            let (least, most) = (run.variant.max(place.variant), run.most.min(most));
            if run.first + run.count == place.path && least <= most {
                (run.count, run.variant, run.most) = (run.count + 1, least, most);
                return;
            }
            self.descends |= place.path < run.first + run.count;
        }
        self.runs.push(Run { first: place.path, count: 1, variant: place.variant, most });
    }
}

/// Writes the token of an artifact map or list.
pub(super) fn push_runs(out: &mut Vec<u8>, form: Form, map: &Runs) {
    let code = match form {
        Form::Map => 8,
        Form::NameFirst => 10,
        Form::DigestFirst => 12,
        Form::Descriptors => 14,
    };
    out.push(code + u8::from(map.descends));
    push_varint(out, map.runs.len() as u32);
    let mut end = 0;
    for run in &map.runs {
        let gap = if map.descends {
            let distance = i64::from(run.first) - i64::from(end);
            // Paths are fewer than 2^31, as each takes at least two bytes of a section below 4 GiB.
            (distance << 1 ^ distance >> 63) as u32
        } else {
            run.first - end
        };
        push_varint(out, gap);
        push_varint(out, run.count << 1 | u32::from(run.variant > 0));
        if run.variant > 0 {
            push_varint(out, run.variant);
        }
        end = run.first + run.count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(places: &[(u32, u32, bool)]) -> Vec<u8> {
        token_of(Form::Map, places)
    }

    fn token_of(form: Form, places: &[(u32, u32, bool)]) -> Vec<u8> {
        let mut runs = Runs::default();
        for (path, variant, last) in places {
            runs.push(Place { path: *path, variant: *variant, last: *last });
        }
        let mut out = Vec::new();
        push_runs(&mut out, form, &runs);
        out
    }

    #[test]
    fn runs_are_as_long_as_they_can_be() {
        assert_eq!(token(&[]), [8, 0]);
        assert_eq!(token(&[(0, 0, true), (1, 0, true), (3, 0, true)]), [8, 2, 0, 4, 1, 2]);
        // Variant 1 takes the paths that have only one.
        assert_eq!(token(&[(0, 0, true), (1, 1, true), (2, 1, false), (3, 0, true)]), [8, 1, 0, 9, 1]);
        // A first variant of several cannot be in a run of second ones.
        assert_eq!(token(&[(0, 0, false), (1, 1, true)]), [8, 2, 0, 2, 0, 3, 1]);
        assert_eq!(token(&[(0, 1, true), (1, 0, false)]), [8, 2, 0, 3, 1, 0, 2]);
    }

    #[test]
    fn any_order_is_kept() {
        assert_eq!(token(&[(2, 0, true), (3, 0, true), (0, 0, true), (5, 0, true)]), [9, 3, 4, 4, 7, 2, 8, 2]);
    }

    #[test]
    fn each_form_has_its_codes() {
        let [ascending, descending] = [[(0, 0, true), (1, 0, true)], [(1, 0, true), (0, 0, true)]];
        for (form, code) in [(Form::Map, 8), (Form::NameFirst, 10), (Form::DigestFirst, 12), (Form::Descriptors, 14)] {
            assert_eq!(token_of(form, &ascending), [code, 1, 0, 4]);
            assert_eq!(token_of(form, &descending), [code + 1, 2, 2, 2, 3, 2]);
        }
    }
}
