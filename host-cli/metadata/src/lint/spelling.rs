//! Which known word somebody may have meant.

/// How many bytes a word may have that is compared: comparing takes as many steps as the two lengths multiplied.
const WORD: usize = 32;

/// The known word that is nearest to `word`, where it is near enough to be meant.
pub(crate) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    if word.len() > WORD {
        return None;
    }
    let word = plain(word);
    let near = known.filter(|known| known.len() <= WORD).map(|known| (distance(&word, &plain(known)), known)).min()?;
    // Two slips, but not so many that a short word becomes another.
    (near.0 <= 2 && near.0 < word.chars().count()).then_some(near.1)
}

/// How many characters have to be put in, taken out or replaced (Levenshtein's distance).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (number, char) in one.chars().enumerate() {
        let mut diagonal = number;
        let mut left = number + 1;
        for (above, expected) in row.iter_mut().skip(1).zip(&other) {
            let least = (diagonal + usize::from(char != *expected)).min(left + 1).min(*above + 1);
            (diagonal, left, *above) = (*above, least, least);
        }
        row[0] = number + 1;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (one, other, expected) in [
            ("", "", 0),
            ("a", "", 1),
            ("", "ab", 2),
            ("kitten", "sitting", 3),
            ("flaw", "lawn", 2),
            ("same", "same", 0),
        ] {
            assert_eq!((distance(one, other), distance(other, one)), (expected, expected), "{one} {other}");
        }
    }

    #[test]
    fn near_words_are_offered() {
        let known = ["expected_materials", "expected_products", "name"];
        for (word, expected) in [
            ("expected_material", Some("expected_materials")),
            ("expected-products", Some("expected_products")),
            ("Name", Some("name")),
            ("nmae", Some("name")),
            ("x", None),
            ("comment", None),
        ] {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        }
    }
}
