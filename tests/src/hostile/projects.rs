//! Files `sitrep.toml` with very much of one thing.

use std::fmt::Write as _;

use super::{Kind, Shape};

const HEAD: &str = "[project]\nexpires = \"1y\"\nowners = [\"owner.pub\"]\n";

/// What reads such a file.
const COMMANDS: [&str; 3] =
    ["layout show sitrep.toml --rules", "layout show sitrep.toml --json", "layout diff sitrep.toml other/root.layout"];

pub(super) const SHAPES: &[Shape] = &[
    Shape::new(
        "a project whose steps all come after one another",
        "steps × steps",
        Kind::For(&COMMANDS),
        |place, size| {
            let mut text = HEAD.to_owned();
            let count = size / 48;
            for number in 0..count {
                write!(text, "[[step]]\nname = \"s{number}\"\nafter = [").unwrap();
                // The last ones come after all.
                let of = if number + 4 > count { count } else { 1 };
                (0..of).for_each(|other| write!(text, "\"s{other}\",").unwrap());
                text.push_str("]\n");
            }
            place.write("sitrep.toml", text);
        },
    ),
    Shape::new("a project of many parameters, all used", "parameters × words", Kind::For(&COMMANDS), |place, size| {
        let list = |form: &dyn Fn(usize) -> String| (0..size / 16).map(form).collect::<String>();
        let (declared, used) =
            (list(&|number| format!("\"p{number}\",")), list(&|number| format!("\"{{p{number}}}\",")));
        place.write(
            "sitrep.toml",
            format!("{HEAD}parameters = [{declared}]\n[[step]]\nname = \"s\"\ncommand = [{used}]\n"),
        );
    }),
    Shape::new("a project of many keys with one label", "keys × keys", Kind::For(&COMMANDS), |place, size| {
        let mut text = format!("{HEAD}[keys]\n");
        for number in 0..size / 40 {
            writeln!(text, "k{number} = {{ id = \"same\", json = '{{}}' }}").unwrap();
        }
        place.write("sitrep.toml", text);
    }),
    Shape::new("a project nested as deep as it is long", "depth", Kind::For(&COMMANDS), |place, size| {
        place.write("sitrep.toml", format!("{HEAD}extra = {}\n", "[".repeat(size)));
    }),
    Shape::new("a project whose JSON is nested as deep", "depth", Kind::For(&COMMANDS), |place, size| {
        place.write("sitrep.toml", format!("{HEAD}extra = '{{\"a\":{}'\n", "[".repeat(size)));
    }),
    Shape::new("a project of one command of many words", "words", Kind::For(&COMMANDS), |place, size| {
        place.write("sitrep.toml", format!("{HEAD}[[step]]\nname = \"s\"\ncommand = \"{}\"\n", "a ".repeat(size / 2)));
    }),
];
