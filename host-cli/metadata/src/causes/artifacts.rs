//! What a step produced, where it has no product of the name that was asked for.

use sitrep_core::error::Result;
use sitrep_core::limits::HOST;
use sitrep_core::{List, Outcome, Role, Step};

use super::alike::{alike, spelled};
use super::{Asked, Causes, Command, TOLD};
use crate::bundle::shown::{SHOWN_NAME, brief};
use crate::verification::report::{Located, Report};

/// How many of a step's products are looked through.
const PRODUCTS: usize = 65_536;

/// The first products of a step, and how many there are.
struct Products {
    count: u64,
    first: Vec<String>,
    /// One that may have been meant.
    meant: Option<String>,
}

/// Names the step's products. Damage ends the search: core has told of it.
pub(super) fn find(
    outcome: &Outcome<'_, '_>,
    report: &Report,
    error: &Located,
    asked: &Asked<'_>,
    causes: &mut Causes,
) {
    let name = report.artifacts.iter().find(|artifact| artifact.result == error.code).map(|artifact| &*artifact.name);
    let mut steps = outcome.steps().iter().filter(|step| step.layout == 0 && step.role == Role::Step);
    let step = error.step.as_ref().and_then(|name| steps.find(|step| step.name.is(name)));
    let Some((name, step)) = name.zip(step) else { return };
    let Ok(products) = products(outcome, step, name) else { return };
    let step = brief(&step.name.to_string(), SHOWN_NAME);
    if let Some(meant) = &products.meant {
        causes.add(format!("step {step} produced {}; is that meant?", spelled(meant)));
    } else if products.first.is_empty() {
        causes.add(format!("step {step} produced nothing"));
    } else {
        let more = products.count.saturating_sub(products.first.len() as u64);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        causes.add(format!("step {step} produced {}{more}", products.first.join(", ")));
    }
    causes.advise(match asked.command {
        Command::Verify => {
            "give it as --artifact NAME=FILE with the name that the step recorded; if another step makes it, name that with --product-of STEP"
        }
        Command::Pack | Command::BootPackage => {
            "the trust policy says which product is run: take the supply chain that makes it, or make a policy that names what this one makes, with `sitrep trust init --product-artifact NAME`"
        }
    });
}

fn products<'b>(outcome: &Outcome<'_, 'b>, step: &Step<'b>, wanted: &str) -> Result<Products> {
    let mut products = Products { count: 0, first: Vec::new(), meant: None };
    let Some(mut runs) = outcome.recorded(step, List::Products) else { return Ok(products) };
    let mut path = vec![0; HOST.path];
    let mut cursor = outcome.bundle().paths(&mut path);
    let mut left = PRODUCTS;
    while let Some(run) = runs.next_run()? {
        products.count += u64::from(run.count);
        for number in (run.first..run.end()).take(left) {
            left -= 1;
            cursor.seek(number)?;
            // Core has checked that it is UTF-8.
            let Ok(name) = std::str::from_utf8(cursor.path()) else { continue };
            if products.first.len() < TOLD {
                products.first.push(brief(name, SHOWN_NAME));
            }
            if products.meant.is_none() && (alike(name, wanted) || last(name) == last(wanted)) {
                products.meant = Some(brief(name, SHOWN_NAME));
            }
        }
    }
    Ok(products)
}

/// The last component of a path.
fn last(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
