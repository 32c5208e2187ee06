//! `keyward selftest`: pushes every known way to hide a credential, and clean pushes of every kind, against a scratch server that has
//! this very program as its hook, and tells which verdicts hold. It opens no socket and touches no repository but its own.

mod git;
mod judge;
mod made;
mod runner;
mod shape;
mod shapes;
mod table;
mod uncovered;
mod wire;
mod world;

use anyhow::{Context, Result, bail};

use crate::cli::SelftestFormat;
use crate::exit::Exit;
use crate::output;
use runner::State;
use shape::Shape;
use shapes::FAMILIES;

/// What the command line asks for.
#[derive(Debug)]
pub(super) struct Options {
    /// Names of shapes and families; all where there are none.
    pub(super) only: Vec<String>,
    pub(super) list: bool,
    pub(super) keep: bool,
    pub(super) strict: bool,
    pub(super) format: SelftestFormat,
}

pub(super) fn run(options: &Options) -> Result<Exit> {
    let shapes = select(&options.only)?;
    if options.list {
        output::result(&table::list(&shapes, options.format)?);
        return Ok(Exit::Clean);
    }
    git::check()?;
    let scratch = tempfile::Builder::new().prefix("keyward-selftest-").tempdir();
    let scratch = scratch.context("could not make a scratch folder")?;
    let outcomes = runner::run(&shapes, scratch.path(), options.keep);
    output::result(&table::results(&outcomes, options.format)?);
    if outcomes.iter().any(|outcome| outcome.kept.is_some()) {
        let _ = scratch.keep();
    } else {
        scratch.close().context("could not remove the scratch folder")?;
    }
    let bad = |state| state == State::Fails || (options.strict && state == State::NotRun);
    Ok(if outcomes.iter().any(|outcome| bad(outcome.state)) { Exit::Blocked } else { Exit::Clean })
}

/// The shapes of these names, a family's name standing for all of its own.
fn select(only: &[String]) -> Result<Vec<&'static Shape>> {
    let named = |name: &String| {
        FAMILIES.iter().any(|family| family.name == name || family.shapes.iter().any(|shape| shape.name == name))
    };
    if let Some(unknown) = only.iter().find(|name| !named(name)) {
        bail!("no shape or family is named `{unknown}`; `keyward selftest --list` names them");
    }
    let wanted = |name: &str| only.is_empty() || only.iter().any(|wanted| wanted == name);
    let shapes = FAMILIES
        .iter()
        .flat_map(|family| family.shapes.iter().filter(move |shape| wanted(family.name) || wanted(shape.name)));
    Ok(shapes.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::{FAMILIES, select};

    #[test]
    fn no_two_shapes_or_families_share_a_name() {
        let shapes = FAMILIES.iter().flat_map(|family| family.shapes).map(|shape| shape.name);
        let names: Vec<&str> = shapes.chain(FAMILIES.iter().map(|family| family.name)).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
        let plain = |name: &str| name.bytes().all(|byte| byte.is_ascii_lowercase() || b"0123456789-".contains(&byte));
        assert!(names.into_iter().all(plain));
    }

    #[test]
    fn a_family_stands_for_its_shapes_and_an_unknown_name_is_refused() {
        let only = |names: &[&str]| select(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(only(&["refs"]).expect("a family").len(), FAMILIES[0].shapes.len());
        assert_eq!(only(&["new-branch", "new-branch"]).expect("a shape").len(), 1);
        let error = only(&["new-branhc"]).map(drop).expect_err("no shape");
        assert!(error.to_string().contains("`new-branhc`; `keyward selftest --list`"), "{error}");
    }
}
