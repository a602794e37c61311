//! core/c/include/sitrep.h is what cbindgen makes of core/c/src, with the codes of core. With `SITREP_BLESS` it is written instead of compared.

use std::fmt::Write as _;
use std::{env, fs, path::PathBuf};

use sitrep_c::result::{CONTINUE, Call, VERIFIED};
use sitrep_core::Code;

fn directory() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../core/c")
}

/// The results as an enumeration: cbindgen does not see what macros make.
fn results() -> String {
    let mut text = String::from(
        "\n/*\n * What calls return: one of the first two, a refusal (core/BUNDLE.md, section 9), or what is wrong with the call.\n */\n\
         enum {\n",
    );
    let mut add = |comment: &str, name: &str, value: &str| {
        let name = name.to_uppercase().replace('-', "_");
        writeln!(text, "    /** {comment} */\n    SITREP_{name} = {value},").unwrap();
    };
    add("The call did its work. Nothing is said about the artifact yet.", "continue", &format!("{CONTINUE:#x}"));
    add(
        "The artifact is what the supply chain produced. Only sitrep_finish returns it, once.",
        "verified",
        &format!("{VERIFIED:#x}"),
    );
    for code in Code::ALL {
        add(&format!("{} ({})", code.message(), code.name()), code.name(), &code.number().to_string());
    }
    for call in Call::ALL {
        add(&format!("{} ({})", call.message(), call.name()), call.name(), &call.number().to_string());
    }
    text + "};\n"
}

fn header() -> String {
    let mut config = cbindgen::Config::from_file(directory().join("cbindgen.toml")).expect("core/c/cbindgen.toml");
    *config.after_includes.get_or_insert_default() += &results();
    let source = directory().join("src");
    let builder = cbindgen::Builder::new().with_config(config);
    let bindings = builder.with_src(source.join("result.rs")).with_src(source.join("ffi.rs")).generate();
    let mut header = Vec::new();
    bindings.expect("core/c/src can be bound").write(&mut header);
    String::from_utf8(header).expect("text")
}

#[test]
fn the_header_is_as_it_is_made() {
    let path = directory().join("include/sitrep.h");
    let header = header();
    if env::var_os("SITREP_BLESS").is_some() {
        fs::write(&path, &header).expect("core/c/include can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == header, "core/c/include/sitrep.h is old (SITREP_BLESS=1 renews it)");
}
