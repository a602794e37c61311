//! Runs another program under limits of the system and says what it took ([`sitrep_tests::measured`]). A process of its own, because
//! a child's peak of memory counts that of whoever started it.

fn main() {
    sitrep_tests::measured::measurer();
}
