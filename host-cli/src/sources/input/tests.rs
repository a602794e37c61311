use super::*;
use crate::shell::temporary::Directory;

#[test]
fn names_of_steps_never_lead_out_of_the_directory() {
    let json = r#"{"signatures":[],"signed":{"steps":[
        {"name":"a","pubkeys":["0123456789","01234567ff","x"]},{"name":"../a","pubkeys":["0123456789"]},
        {"name":"b","pubkeys":["../../etc/passwd"]},{"name":"c\\d","pubkeys":["k"]},{"name":"","pubkeys":["k"]},
        {"name":"e\u0000","pubkeys":["k"]},{"name":"ci:e","pubkeys":["k"]},{"name":"..","pubkeys":["k"]},{"name":"\u00e9\u00e9","pubkeys":["\u00fc234567890"]}, 1]}}"#;
    let names = link_names(&Document::parse(json.as_bytes()).unwrap());
    let colon: &[&str] = if cfg!(windows) { &[] } else { &["ci:e.k.link"] };
    let names: Vec<&str> = names.iter().map(|name| name.file.as_str()).filter(|name| !colon.contains(name)).collect();
    assert_eq!(names, ["a.01234567.link", "a.x.link", "\u{e9}\u{e9}.\u{fc}2345678.link"]);
}

#[test]
fn links_that_cannot_be_used_are_noted() {
    let directory = Directory::new("input").unwrap();
    let directory = directory.path();
    std::fs::create_dir_all(directory.join("b.k4.link")).unwrap();
    let write = |name: &str, json: &str| std::fs::write(directory.join(name), json).unwrap();
    write(
        "root.layout",
        r#"{"signatures":[{"sig":"00"}],"signed":{"_type":"layout","steps":[
            {"name":"b","pubkeys":["k2","k1","k3","k4","k5"]},{"name":"a","pubkeys":["k1","k1"]}]}}"#,
    );
    let link = r#"{"signatures":[],"signed":{"_type":"link"}}"#;
    for name in ["a.k1.link", "b.k1.link", "b.k2.link", "b.k9.link"] {
        write(name, link);
    }
    write("b.k3.link", "{\n]");
    let long = format!(r#"{{"signatures":[],"signed":{{"products":{{"{}":{{}}}}}}}}"#, "x".repeat(5000));
    write("b.k5.link", &long);
    let input = Input::from_directory(&directory.join("root.layout"), directory).unwrap();

    let names: Vec<&str> = input.packer.documents().map(|(name, _)| name).collect();
    assert_eq!(names, ["root.layout", "b.k2.link", "b.k1.link", "a.k1.link"]);
    assert!(input.loaded_files.iter().map(|file| file.file_name().unwrap()).eq(names));
    let notes: Vec<String> = input.notes.iter().map(|note| note.to_string()).collect();
    let expected = [
        "root.layout: signature 1 ignored: expected a key id",
        "b.k3.link: 2:1: expected a key",
        "b.k4.link: expected a readable file: it is no regular file",
        "b.k5.link: expected paths of artifacts of at most 4096 bytes, found one of 5000",
    ];
    assert_eq!(notes.len(), expected.len());
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.contains(expected), "{note}");
    }
}

#[test]
fn a_layout_that_cannot_be_read_is_named() {
    let error = Input::from_directory(Path::new("/nowhere/root.layout"), Path::new("/nowhere")).unwrap_err();
    assert!(error.to_string().starts_with("/nowhere/root.layout: expected a readable file: "), "{error}");
}

/// A directory to load from. What is written is JSON with everything but the signatures' bytes left out.
struct Files(Directory);

impl Files {
    fn new() -> Self {
        Self(Directory::new("input").unwrap())
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.0.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    fn load(&self) -> Input {
        Input::from_directory(&self.0.path().join("root.layout"), self.0.path()).unwrap()
    }

    fn load_with(&self, attestations: &[(&str, &str)]) -> Input {
        let layout = std::fs::read(self.0.path().join("root.layout")).unwrap();
        let file = |(path, text): &(&str, &str)| AttestationFile { path: path.into(), bytes: (*text).into() };
        let files: Vec<AttestationFile> = attestations.iter().map(file).collect();
        Input::of_layout(&self.0.path().join("root.layout"), &layout, Some(self.0.path()), &files).unwrap()
    }
}

/// A layout with these steps, each of which the key `k1` may carry out.
fn layout(steps: &[&str]) -> String {
    let steps: Vec<String> = steps.iter().map(|step| format!(r#"{{"name":"{step}","pubkeys":["k1"]}}"#)).collect();
    format!(r#"{{"signatures":[],"signed":{{"_type":"layout","steps":[{}]}}}}"#, steps.join(","))
}

fn link(name: &str) -> String {
    format!(r#"{{"signatures":[{{"keyid":"k1","sig":"00"}}],"signed":{{"_type":"link","name":"{name}"}}}}"#)
}

/// A DSSE envelope with this payload.
fn attestation(payload: &str) -> String {
    use base64::Engine as _;
    let payload = base64::engine::general_purpose::STANDARD.encode(payload);
    format!(r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":[]}}"#)
}

fn paths(input: &Input) -> Vec<String> {
    let count = input.packer.documents().count() as u16;
    (0..count).map(|number| input.packer.path(number).unwrap()).collect()
}

#[track_caller]
fn assert_notes(input: &Input, expected: &[&str]) {
    let notes: Vec<String> = input.notes.iter().map(ToString::to_string).collect();
    assert_eq!(notes.len(), expected.len(), "{notes:#?}");
    for (note, expected) in notes.iter().zip(expected) {
        assert!(note.contains(expected), "{note}");
    }
}

#[test]
fn sublayouts_bring_their_links() {
    let files = Files::new();
    files.write("root.layout", &layout(&["a", "s", "t"]));
    files.write("a.k1.link", &link("a"));
    files.write("s.k1.link", &layout(&["inner", "deeper"]));
    files.write("s.k1/inner.k1.link", &link("inner"));
    files.write("s.k1/a.k1.link", &link("a"));
    files.write("s.k1/deeper.k1.link", &layout(&["inner"]));
    files.write("s.k1/deeper.k1/inner.k1.link", &link("inner"));
    files.write("t.k1.link", &layout(&["inner"]));
    let input = files.load();
    let expected = [
        "root.layout",
        "a.k1.link",
        "s.k1.link",
        "t.k1.link",
        "s.k1/inner.k1.link",
        "s.k1/deeper.k1.link",
        "s.k1/deeper.k1/inner.k1.link",
    ];
    assert_eq!(paths(&input), expected);
    assert_notes(&input, &[]);
    let bundle = input.packer.finish(0).unwrap();
    let bundle = sitrep_core::Bundle::open(&bundle, &mut [0; 100]).unwrap();
    let envelopes: Vec<_> = bundle.envelopes().map(Result::unwrap).collect();
    let parents: Vec<u16> = envelopes.iter().map(|envelope| envelope.parent()).collect();
    assert_eq!(parents, [0, 0, 0, 0, 2, 2, 5]);
    let steps: Vec<String> = envelopes.iter().filter_map(|envelope| Some(envelope.step()?.to_string())).collect();
    assert_eq!(steps, ["s", "t", "deeper"]);
}

#[test]
fn sublayouts_are_bounded() {
    let files = Files::new();
    files.write("root.layout", &layout(&["s"]));
    let mut directory = String::new();
    for _ in 0..20 {
        files.write(&format!("{directory}s.k1.link"), &layout(&["s"]));
        directory += "s.k1/";
    }
    let input = files.load();
    assert_eq!(paths(&input).len(), 1 + SUBLAYOUT_DEPTH);
    assert_notes(&input, &["s.k1.link: expected at most 8 sublayouts inside each other"]);
}

#[test]
fn only_so_many_bytes_are_loaded() {
    let files = Files::new();
    let root = layout(&["a", "s"]);
    files.write("root.layout", &root);
    files.write("a.k1.link", &link("a"));
    files.write("s.k1.link", &layout(&["inner"]));
    files.write("s.k1/inner.k1.link", &link("inner"));
    files.write("s.k1/b.intoto.jsonl", &attestation("1"));
    let size = |name: &str| files.0.path().join(name).metadata().unwrap().len();
    let least = size("a.k1.link") + size("s.k1.link");
    let names = ["a.k1.link", "s.k1.link", "s.k1/inner.k1.link", "s.k1/b.intoto.jsonl"];
    for (bytes, expected) in [
        (least, &names[..2]),
        (least - 1, &names[..1]),
        (least + size(names[2]), &names[..3]),
        (least + size(names[3]), &[names[0], names[1], names[3]]),
        (least + size(names[2]) + size(names[3]), &names),
    ] {
        let mut loader = Loader::new(bytes);
        let document = Document::parse(root.as_bytes()).unwrap();
        loader.load(&files.0.path().join("root.layout"), document, Some(files.0.path()), &[]).unwrap();
        assert_eq!(paths(&loader.input)[1..], *expected, "{bytes}");
        let left_out = loader.input.notes.iter().all(|note| matches!(note.reason, Ignored::TooMuch));
        assert!(left_out && (expected.len() == names.len()) == loader.input.notes.is_empty());
    }
}

#[cfg(unix)]
#[test]
fn a_directory_inside_of_itself_is_not_endless() {
    let files = Files::new();
    files.write("root.layout", &layout(&["s", "t"]));
    files.write("s.k1.link", &layout(&["s", "t"]));
    files.write("t.k1.link", &layout(&["s", "t"]));
    for name in ["s.k1", "t.k1"] {
        std::os::unix::fs::symlink(".", files.0.path().join(name)).unwrap();
    }
    let input = files.load();
    assert_eq!(paths(&input), ["root.layout", "s.k1.link", "t.k1.link"]);
    assert_notes(&input, &["s.k1: expected a directory of its own", "t.k1: expected a directory of its own"]);
}

#[test]
fn attestation_bundles_are_read_in_the_order_of_their_names() {
    let files = Files::new();
    files.write("root.layout", &layout(&["a", "s"]));
    files.write("a.k1.link", &attestation(r#"{"_type":"link","name":"a"}"#));
    files.write("s.k1.link", &layout(&["inner"]));
    files.write("z.intoto.jsonl", &format!("\n{}\r\n{{]\n{}", attestation("1"), attestation("2")));
    files.write("b.intoto.jsonl", &[attestation("3"), link("a"), layout(&[]), attestation("{\"a\":}")].join("\n"));
    files.write("b.jsonl", &attestation("4"));
    files.write("s.k1/c.intoto.jsonl", &[attestation("1"), attestation("5")].join("\n"));
    let pretty = attestation("6").replace(',', ",\n  ");
    let more = [attestation("7"), attestation("3"), attestation("7")].join("\n");
    let named = [("elsewhere/provenance.json", pretty.as_str()), ("elsewhere/b.intoto.jsonl", more.as_str())];
    let input = files.load_with(&named);
    let expected = [
        "root.layout",
        "a.k1.link",
        "s.k1.link",
        "b.intoto.jsonl",
        "b.intoto.jsonl",
        "provenance.intoto.jsonl",
        "z.intoto.jsonl",
        "z.intoto.jsonl",
        "s.k1/c.intoto.jsonl",
        "s.k1/c.intoto.jsonl",
    ];
    assert_eq!(paths(&input), expected);
    let payloads: Vec<Option<u32>> =
        input.packer.documents().map(|(_, document)| document.payload().as_u32()).collect();
    assert_eq!(payloads[3..], [Some(3), Some(7), Some(6), Some(1), Some(2), Some(1), Some(5)]);
    assert_notes(
        &input,
        &[
            "b.intoto.jsonl: line 2: expected a DSSE envelope, found a Metablock",
            "b.intoto.jsonl: line 3: expected a DSSE envelope, found a Metablock",
            "b.intoto.jsonl: line 4: in the payload, 1:6: expected a value",
            "z.intoto.jsonl: 3:2: expected a key",
        ],
    );
    let loaded: Vec<_> = input.loaded_files.iter().map(|file| file.file_name().unwrap().to_str().unwrap()).collect();
    let names = ["b.intoto.jsonl", "b.intoto.jsonl", "provenance.json", "z.intoto.jsonl", "c.intoto.jsonl"];
    assert_eq!(loaded[3..], names);
}

#[test]
fn envelopes_are_found_in_sigstore_bundles_and_arrays() {
    let files = Files::new();
    let sigstore = |envelope: &str, version: &str| {
        format!(
            r#"{{"mediaType":"application/vnd.dev.sigstore.bundle{version}","verificationMaterial":{{}},"dsseEnvelope":{envelope}}}"#
        )
    };
    let bundle = |number: u32| sigstore(&attestation(&number.to_string()), ".v0.3+json");
    files.write("root.layout", &layout(&["a"]));
    // A link may stand in one too.
    files.write("a.k1.link", &sigstore(&attestation(r#"{"_type":"link","name":"a"}"#), "+json;version=0.1"));
    files.write("b.sigstore.json", &bundle(1).replace(',', ",\n"));
    files.write("a.intoto.jsonl", &format!("{}\n[{}, {}]\n[]\n[1", bundle(2), bundle(3), attestation("4")));
    files.write("c.sigstore.json", &format!("[\n{},\n{{}},\n{}]\n", attestation("5"), sigstore("{}", ".v9+json")));
    // Not named so.
    files.write("d.json", &bundle(6));
    let input = files.load();
    let expected = ["root.layout", "a.k1.link", "a.intoto.jsonl", "a.intoto.jsonl", "a.intoto.jsonl"];
    assert_eq!(paths(&input), [&expected[..], &["b.sigstore.intoto.jsonl", "c.sigstore.intoto.jsonl"]].concat());
    let payloads: Vec<Option<u32>> =
        input.packer.documents().map(|(_, document)| document.payload().as_u32()).collect();
    assert_eq!(payloads[2..], [2, 3, 4, 1, 5].map(Some));
    assert_notes(
        &input,
        &[
            "a.intoto.jsonl: 4:3: the text ends here, expected `,` or `]`",
            "c.sigstore.json: element 2: expected a member `signed` (Metablock) or `payload` (DSSE)",
            "c.sigstore.json: element 3: expected the `mediaType` of a Sigstore bundle of version 0.1, 0.2 or 0.3",
        ],
    );
}

#[test]
fn what_was_loaded_already_is_not_loaded_again() {
    let files = Files::new();
    let root = attestation(r#"{"_type":"layout","steps":[{"name":"a","pubkeys":["k1"]}]}"#);
    let link = attestation(r#"{"_type":"link","name":"a"}"#);
    files.write("root.layout", &root);
    files.write("a.k1.link", &link.replace(',', " ,\n"));
    let other_layout = attestation(r#"{"_type":"layout","steps":[]}"#);
    files.write("all.intoto.jsonl", &[root, link, attestation("1"), attestation("1"), other_layout].join("\n"));
    let input = files.load();
    assert_eq!(paths(&input), ["root.layout", "a.k1.link", "all.intoto.jsonl"]);
    assert_notes(&input, &["all.intoto.jsonl: line 5: expected a link or an attestation, found a layout"]);
    assert_eq!(input.loaded_files.len(), 3);
}

#[test]
fn there_is_an_end_to_attestations() {
    let files = Files::new();
    files.write("root.layout", &layout(&["a"]));
    let bad = "x\n".repeat(20);
    let lines: Vec<String> = (0..HOST.links + 10).map(|number| attestation(&number.to_string())).collect();
    files.write("a.intoto.jsonl", &bad);
    files.write("b.intoto.jsonl", &lines.join("\n"));
    files.write("c.intoto.jsonl", &attestation("0"));
    let input = files.load();
    assert_eq!(input.packer.documents().count(), 1 + HOST.links);
    let mut expected = vec!["a.intoto.jsonl: "; LINE_NOTES];
    expected.push("a.intoto.jsonl: 12 more envelopes are ignored");
    expected
        .push("b.intoto.jsonl: line 1025: expected at most 1024 links and attestations in all; the rest is left out");
    assert_notes(&input, &expected);
}

#[cfg(unix)]
#[test]
fn only_regular_files_are_attestation_bundles() {
    use std::os::unix::ffi::OsStrExt;
    let files = Files::new();
    files.write("root.layout", &layout(&["a"]));
    files.write("a\\b.intoto.jsonl", &attestation("1"));
    files.write("a.intoto.jsonl/b.intoto.jsonl", &attestation("1"));
    std::os::unix::fs::symlink("/dev/zero", files.0.path().join("c.intoto.jsonl")).unwrap();
    let name = std::ffi::OsStr::from_bytes(b"\xff.intoto.jsonl");
    std::fs::write(files.0.path().join(name), attestation("1")).unwrap();
    let input = files.load();
    assert_eq!(paths(&input), ["root.layout"]);
    let mut notes: Vec<String> = input.notes.iter().map(|note| note.reason.to_string()).collect();
    notes.sort();
    let name = "expected a file name in UTF-8 and without backslash";
    let file = "expected a readable file: it is no regular file";
    assert_eq!(notes, [name, name, file, file]);
}
