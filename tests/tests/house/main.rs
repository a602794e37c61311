//! The house stands: in no crate do files use each other in a circle, none uses what stands above it, and no crate one that it is not to know.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::arrows::{Arrow, Circle, Map};

mod arrows;
mod tokens;

/// A crate whose files are looked at.
struct Crate {
    /// The file that it starts with, below the repository's directory.
    root: &'static str,
    /// Its layers from the bottom to the top, each of files and folders (`bundle/`). A file uses those of its own layer and of those below. Where there
    /// are none, only circles are looked for.
    layers: &'static [&'static [&'static str]],
    /// May the files of a folder use what its mod.rs writes down, although that uses them?
    parts_know_the_whole: bool,
}

const CRATES: &[Crate] = &[
    Crate {
        root: "core/src/lib.rs",
        layers: &[
            &["error.rs", "features.rs", "hex.rs", "limits.rs", "names.rs", "time.rs", "warnings.rs", "wire.rs"],
            &["bundle/"],
            &["budget.rs"],
            &["text/"],
            &["trust/"],
            &["update/"],
            &["metadata/"],
            &["executor.rs", "request.rs"],
            &["expiry.rs", "thresholds.rs"],
            &["memory.rs"],
            &["agreement.rs", "evidence.rs", "policy.rs"],
            &["verdict/"],
            &["verify.rs"],
        ],
        parts_know_the_whole: false,
    },
    Crate { root: "core/c/src/lib.rs", layers: &[], parts_know_the_whole: false },
    Crate {
        root: "host-cli/metadata/src/lib.rs",
        layers: &[
            &[
                "artifacts.rs",
                "budget.rs",
                "hex.rs",
                "limits.rs",
                "names.rs",
                "parameters.rs",
                "portable.rs",
                "profile.rs",
                "rule.rs",
                "secret.rs",
                "varint.rs",
            ],
            &["json/"],
            &["payload/"],
            &["keys/"],
            &["sign.rs", "sign/"],
            &["envelope/"],
            &["bundle/"],
            &["trust_policy/"],
            &["file_kind.rs"],
            &["verification.rs", "verification/"],
            &["lint/"],
            &["causes/"],
            &["partial.rs"],
        ],
        parts_know_the_whole: true,
    },
    Crate {
        root: "host-cli/project/src/lib.rs",
        layers: &[
            &["expires.rs"],
            &["file/"],
            &["readings.rs", "roles.rs", "spelling.rs", "sugar.rs"],
            &["compile.rs"],
            &["diff.rs", "edit.rs", "import.rs"],
        ],
        parts_know_the_whole: true,
    },
    Crate {
        root: "host-cli/signers/src/lib.rs",
        layers: &[&["encrypted.rs", "openssh.rs"], &["file.rs"]],
        parts_know_the_whole: true,
    },
    Crate {
        root: "host-cli/src/lib.rs",
        layers: &[
            &["shell/", "show/characters.rs", "show/harmful.rs", "show/lines.rs"],
            &["record/", "sources/note.rs"],
            &["inspection/"],
            &["project_error.rs"],
            &["error.rs"],
            &["args/"],
            &["sources/"],
            &["show/"],
            &["commands/"],
        ],
        parts_know_the_whole: true,
    },
    Crate { root: "firmware/src/lib.rs", layers: &[], parts_know_the_whole: false },
];

/// Which crates of this workspace each may use.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("sitrep-core", &[]),
    ("sitrep-c", &["sitrep-core"]),
    ("sitrep-firmware", &["sitrep-core"]),
    ("sitrep-metadata", &["sitrep-core"]),
    ("sitrep-project", &["sitrep-core", "sitrep-metadata"]),
    ("sitrep-signers", &["sitrep-metadata"]),
    ("sitrep-cli", &["sitrep-core", "sitrep-metadata", "sitrep-project", "sitrep-signers"]),
    (
        "sitrep-tests",
        &[
            "sitrep-core",
            "sitrep-c",
            "sitrep-cli",
            "sitrep-firmware",
            "sitrep-metadata",
            "sitrep-project",
            "sitrep-signers",
        ],
    ),
];

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn lines<T: ToString>(all: &[T]) -> String {
    all.iter().map(|one| format!("\n  {}", one.to_string())).collect()
}

#[test]
fn files_use_each_other_in_no_circle_and_nothing_above_them() {
    let mut wrong = Vec::new();
    for Crate { root, layers, parts_know_the_whole } in CRATES {
        let path = Path::new(root);
        let (directory, file) = (path.parent().unwrap(), path.file_name().unwrap().to_str().unwrap());
        let map = Map::read(&repository().join(directory), file);
        assert!(map.files.len() > 1, "{root}: nothing was read");
        let map = if *parts_know_the_whole { map.without_super() } else { map };
        println!("{}: {} files, {} arrows", directory.display(), map.files.len(), map.arrows.len());
        for circle in map.circles() {
            wrong.push(format!("{}: {circle}", directory.display()));
        }
        if !layers.is_empty() {
            wrong.extend(map.against(layers, file).iter().map(|line| format!("{}: {line}", directory.display())));
        }
    }
    assert!(wrong.is_empty(), "{}", lines(&wrong));
}

#[test]
fn crates_use_those_alone_that_they_are_to_know() {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--no-deps", "--offline", "--locked"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
    let members: Vec<_> = packages.iter().map(name).collect();
    let mut wrong = Vec::new();
    for (known, _) in DEPENDENCIES.iter().filter(|(known, _)| !members.iter().any(|member| member == known)) {
        wrong.push(format!("there is no {known}, which the table names"));
    }
    for package in packages {
        let own = name(package);
        let Some((_, may)) = DEPENDENCIES.iter().find(|(known, _)| *known == own) else {
            wrong.push(format!("{own} does not stand in the table"));
            continue;
        };
        for used in package["dependencies"].as_array().unwrap().iter().map(name) {
            if members.contains(&used) && !may.contains(&used.as_str()) {
                wrong.push(format!("{own} uses {used}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", lines(&wrong));
}

/// A crate of these files, written down and read.
fn read(files: &[(&str, &str)]) -> Map {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    Map::read(directory.path(), "lib.rs")
}

fn arrow(from: &str, line: usize, to: &str) -> Arrow {
    Arrow { from: from.into(), line, to: to.into() }
}

const LIB: (&str, &str) = ("lib.rs", "mod low;\nmod high;\npub use high::top::Top;\n");
const HIGH: [(&str, &str); 2] = [
    ("high/mod.rs", "pub(crate) mod top;\npub(crate) use top::Top;\n"),
    ("high/top.rs", "use crate::low::Low;\npub struct Top(Low);\n"),
];

#[test]
fn what_is_in_order_has_nothing_against_it() {
    let map = read(&[LIB, HIGH[0], HIGH[1], ("low.rs", "pub(crate) struct Low;\n")]);
    assert_eq!(map.arrows, [arrow("high/top.rs", 1, "low.rs")]);
    assert_eq!(map.circles(), [] as [Circle; 0]);
    assert_eq!(map.against(&[&["low.rs"], &["high/"]], "lib.rs"), [] as [String; 0]);
    assert_eq!(
        map.against(&[&["high/", "none.rs"]], "lib.rs"),
        ["low.rs stands in no layer", "there is no none.rs, which a layer names"]
    );
}

/// However the file above is named, the arrow is found where it is planted.
#[test]
fn a_planted_arrow_is_found() {
    for (text, line) in [
        ("pub(crate) struct Low;\nuse crate::high::top::Top;\n", 2),
        ("use crate::{high::{top::{Top as Other}}};\npub(crate) struct Low;\n", 1),
        // Handed on by a module, or by the crate's root.
        ("pub(crate) struct Low;\n\nuse crate::high::Top;\n", 3),
        ("pub(crate) struct Low(Option<Box<crate::Top>>);\n", 1),
        ("use super::high;\npub(crate) struct Low;\nfn of(_: high::Top) {}\n", 3),
        ("pub(crate) struct Low;\nmod inner {\n  use super::super::high::top;\n}\n", 3),
        ("pub(crate) struct Low;\nmacro_rules! top {\n  () => { $crate::high::top::Top };\n}\n", 3),
        ("pub(crate) struct Low;\nfn of() {\n  use crate::high::*;\n let _: Top;\n}\n", 3),
        ("#[cfg(not(test))]\nuse crate::high::top::Top;\npub(crate) struct Low;\n", 2),
    ] {
        let map = read(&[LIB, HIGH[0], HIGH[1], ("low.rs", text)]);
        let wrong = map.against(&[&["low.rs"], &["high/"]], "lib.rs");
        assert!(wrong.iter().all(|wrong| wrong.ends_with("goes upward")), "{text}: {wrong:?}");
        assert!(wrong.iter().any(|wrong| wrong.starts_with(&format!("low.rs:{line} -> high/"))), "{text}: {wrong:?}");
        if !text.contains('*') {
            let both = vec![arrow("high/top.rs", 1, "low.rs"), arrow("low.rs", line, "high/top.rs")];
            assert_eq!(map.circles(), [Circle { shortest: both.clone(), in_all: both }], "{text}");
        }
    }
}

/// Of many circles the shortest is shown, and the arrow that makes them all.
#[test]
fn the_arrow_that_makes_circles_is_named() {
    let below =
        [("lib.rs", "mod a;\nmod b;\nmod c;\nmod d;\n"), ("b.rs", "use crate::a;\n"), ("c.rs", "use crate::{a, b};\n")];
    let planted = arrow("a.rs", 1, "d.rs");
    let top = ("d.rs", "use crate::{b, c};\n");
    let map = read(&[below[0], below[1], below[2], ("a.rs", "use crate::d;\n"), top]);
    let circles = map.circles();
    assert_eq!(circles.iter().map(|circle| &circle.in_all[..]).collect::<Vec<_>>(), [&[planted][..]]);
    assert_eq!(circles[0].shortest.len(), 3);
    // Two that have nothing in common.
    let map = read(&[below[0], ("a.rs", "use crate::{b, c};\n"), below[1], below[2], ("d.rs", "")]);
    let circles = map.circles();
    assert_eq!((circles.len(), circles[0].shortest.len(), circles[0].in_all.len()), (1, 2, 0));
}

#[test]
fn files_of_another_name_are_read() {
    let module =
        "#[cfg_attr(unix, path = \"one.rs\")]\n#[cfg_attr(not(unix), path = \"other.rs\")]\npub(crate) mod system;\n";
    let other = "use crate::low::Low;\n";
    let map = read(&[
        LIB,
        ("high/mod.rs", module),
        ("high/one.rs", "mod inner;\n"),
        ("high/inner.rs", other),
        ("high/other.rs", other),
        ("low.rs", "pub(crate) struct Low;\n"),
    ]);
    assert_eq!(map.arrows, [arrow("high/inner.rs", 1, "low.rs"), arrow("high/other.rs", 1, "low.rs")]);
}

#[test]
fn what_only_tests_have_is_no_arrow() {
    for text in [
        "#[cfg(test)]\nuse crate::high::{top, top::Top};\npub(crate) struct Low;\n",
        "#[cfg(test)]\nfn of<A, B>(_: crate::Top) {}\npub(crate) struct Low;\n",
        "#[cfg(test)]\n#[allow(unused)]\nmod tests { use crate::Top; }\npub(crate) struct Low;\n",
        "#[cfg(all(test, unix))]\nmod tests;\npub(crate) struct Low { #[cfg(test)] top: crate::Top, low: u8 }\n",
        "//! As [`crate::Top`], or `use crate::Top`.\npub(crate) struct Low;\nconst A: &str = \"crate::Top\";\n",
    ] {
        let map = read(&[LIB, HIGH[0], HIGH[1], ("low.rs", text)]);
        assert_eq!(map.arrows, [arrow("high/top.rs", 1, "low.rs")], "{text}");
    }
}
