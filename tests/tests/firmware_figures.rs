//! Figures of the device, held against firmware/budgets.toml.

use sitrep_tests::device::Image;

#[test]
fn early() {
    let Some(image) = Image::open("mps2-an385-figures") else { return };
    println!("{:?}", image.sizes());
    println!("{:?}", image.run_as_built());
}
