//! What is verified, and for which device: options that several commands have.

use std::path::PathBuf;

use clap::Args;
use sitrep_core::Device;

/// Where the layout and the links are.
#[derive(Debug, Args)]
pub struct Source {
    /// A bundle (NAME.sitrep), or a layout with its links in the same directory
    #[arg(value_name = "INPUT", required_unless_present = "layout", conflicts_with = "layout")]
    pub input: Option<PathBuf>,

    /// The layout, as for in-toto-verify: links are then read from --link-dir
    #[arg(short, long, value_name = "FILE")]
    pub layout: Option<PathBuf>,

    /// Directory of the links, or an attestation bundle [default: the directory of INPUT; with --layout the current directory]
    ///
    /// In a directory, links are files named STEP.KEYID8.link, sublayouts too; the links of a sublayout are in STEP.KEYID8/. Attestation
    /// bundles, named NAME.intoto.jsonl, hold one DSSE envelope on each line: links or other attestations. All in the directory are read,
    /// and so are Sigstore bundles named NAME.sigstore.json.
    #[arg(long, value_name = "DIR|FILE")]
    pub link_dir: Option<PathBuf>,

    /// More files with attestations: attestation bundles, or files with one DSSE envelope each
    ///
    /// An envelope may stand in a Sigstore bundle, and several in an array. Of a Sigstore bundle nothing but the envelope counts.
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub attestations: Vec<PathBuf>,
}

/// The device that is verified for.
#[derive(Clone, Debug, Default, Args)]
pub struct DeviceId {
    /// The product that the device is: there must be an attested security version for it
    #[arg(long, value_name = "ID", requires = "device_hardware")]
    pub device_product: Option<String>,

    /// The hardware of the device: the same attestation must name it
    #[arg(long, value_name = "ID", requires = "device_product")]
    pub device_hardware: Option<String>,
}

impl DeviceId {
    /// The device, where it is named.
    #[must_use]
    pub fn device(&self) -> Option<Device<'_>> {
        let (product, hardware) = self.device_product.as_deref().zip(self.device_hardware.as_deref())?;
        Some(Device { product, hardware })
    }
}
