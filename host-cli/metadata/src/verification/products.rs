//! What the products of a verified chain are asked for.

use sitrep_core::{ArtifactVerdict, VerifiedSupplyChain};

/// The refusal of the product of which the trust policy gives the names, where a chain has none of them: the first name's.
#[must_use]
pub fn refused_product<'n>(
    chain: &VerifiedSupplyChain<'_, '_>,
    names: &'n [String],
    path: &mut [u8],
) -> Option<ArtifactVerdict<'n>> {
    let mut refused = None;
    for name in names {
        match chain.product(name, path) {
            Ok(_) => return None,
            Err(error) => refused = refused.or(Some(ArtifactVerdict { name, result: Err(error), product: None })),
        }
    }
    refused
}
