//! Characters that give orders to a terminal, turn the direction of writing, or are not seen.

use super::harmful::HARMFUL;

/// Is it a control or format character, one that is not shown (Unicode's `Default_Ignorable_Code_Point`: joiners, variation selectors, tags, fillers and
/// what is reserved for such), the end of a line or paragraph, or white space other than the usual blank?
pub(crate) fn is_harmful(char: char) -> bool {
    if char.is_ascii() {
        return char.is_ascii_control();
    }
    let after = HARMFUL.partition_point(|(first, _)| *first <= char);
    after.checked_sub(1).and_then(|at| HARMFUL.get(at)).is_some_and(|(_, last)| char <= *last)
}
