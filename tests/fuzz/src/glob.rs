//! Python's `fnmatch.fnmatchcase`, from the source of `fnmatch.translate` and the rules of `re`: what a class is, is worked out in the pieces
//! that Python cuts it into, and then sets of places in the pattern follow the text, so that nothing is ever tried twice.

/// One element of a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Element {
    Star,
    Any,
    Char(char),
    Class { negated: bool, chars: Vec<char>, ranges: Vec<(char, char)> },
}

/// Does the whole of `text` match?
#[must_use]
pub fn matches(pattern: &str, text: &str) -> bool {
    let elements = elements(pattern);
    // Which elements may come next, before each character.
    let mut places = vec![false; elements.len() + 1];
    places[0] = true;
    pass_stars(&elements, &mut places);
    for char in text.chars() {
        let mut next = vec![false; elements.len() + 1];
        for (number, element) in elements.iter().enumerate() {
            if !places[number] {
                continue;
            }
            match element {
                Element::Star => next[number] = true,
                element if element.matches(char) => next[number + 1] = true,
                _ => {}
            }
        }
        pass_stars(&elements, &mut next);
        places = next;
    }
    places[elements.len()]
}

/// A star may stand for nothing.
fn pass_stars(elements: &[Element], places: &mut [bool]) {
    for (number, element) in elements.iter().enumerate() {
        if places[number] && *element == Element::Star {
            places[number + 1] = true;
        }
    }
}

impl Element {
    fn matches(&self, char: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => true,
            Self::Char(own) => *own == char,
            Self::Class { negated, chars, ranges } => {
                let found = chars.contains(&char) || ranges.iter().any(|(from, to)| (*from..=*to).contains(&char));
                found != *negated
            }
        }
    }
}

fn elements(pattern: &str) -> Vec<Element> {
    let pattern: Vec<char> = pattern.chars().collect();
    let mut elements = Vec::new();
    let mut at = 0;
    while at < pattern.len() {
        let char = pattern[at];
        at += 1;
        match char {
            '*' => elements.push(Element::Star),
            '?' => elements.push(Element::Any),
            '[' => {
                let mut end = at;
                if pattern.get(end) == Some(&'!') {
                    end += 1;
                }
                if pattern.get(end) == Some(&']') {
                    end += 1;
                }
                while pattern.get(end).is_some_and(|char| *char != ']') {
                    end += 1;
                }
                if end >= pattern.len() {
                    elements.push(Element::Char('['));
                } else {
                    elements.push(class(&pattern[at..end]));
                    at = end + 1;
                }
            }
            char => elements.push(Element::Char(char)),
        }
    }
    elements
}

/// `stuff` of `translate`, in the chunks between the hyphens that make ranges.
fn class(stuff: &[char]) -> Element {
    let mut chunks: Vec<Vec<char>> = Vec::new();
    if stuff.contains(&'-') {
        let mut start = 0;
        let mut from = if stuff[0] == '!' { 2 } else { 1 };
        while let Some(hyphen) = (from..stuff.len()).find(|at| stuff[*at] == '-') {
            chunks.push(stuff[start..hyphen].to_vec());
            start = hyphen + 1;
            from = hyphen + 3;
        }
        if start < stuff.len() {
            chunks.push(stuff[start..].to_vec());
        } else if let Some(last) = chunks.last_mut() {
            last.push('-');
        }
        // Ranges without anything in them.
        for number in (1..chunks.len()).rev() {
            if chunks[number - 1].last() > chunks[number].first() {
                let removed = chunks.remove(number);
                chunks[number - 1].pop();
                chunks[number - 1].extend_from_slice(&removed[1..]);
            }
        }
    } else {
        chunks.push(stuff.to_vec());
    }
    // A `!` that comes first by that becomes `^`, and then the hyphen after it makes no range.
    if chunks.len() > 1 && chunks[0] == ['!'] {
        let second = chunks.remove(1);
        chunks[0].push('-');
        chunks[0].extend(second);
    }
    let ranges = chunks.array_windows().map(|[one, other]| (one[one.len() - 1], other[0])).collect();
    let mut chars = chunks.concat();
    let negated = chars.first() == Some(&'!');
    if negated {
        chars.remove(0);
    }
    Element::Class { negated, chars, ranges }
}
