use super::*;
use crate::bundle::pack::Packer;
use crate::envelope::document::Document;

fn packed(files: &[(&str, &str)]) -> Vec<u8> {
    let mut packer = Packer::new();
    for (name, json) in files {
        packer.add(name, Document::parse(json.as_bytes()).unwrap());
    }
    packer.finish(0).unwrap()
}

fn unpacked(bundle: &[u8]) -> Result<Vec<UnpackedFile>, UnpackError> {
    unpack(&Bundle::open(bundle, &mut [0; 4096]).unwrap())
}

const LAYOUT: &str = r#"{"signatures":[{"keyid":"aa","sig":"0011"},{"keyid":"b\"b\n","sig":"22"}],"signed":{"_type":"layout"}}
"#;
const LINK: &str = r#"{"signatures":[{"keyid":"0123456789","sig":"00"}],"signed":{"_type":"link","name":"s","x":"\u000a\"\\"}}
"#;
const DSSE: &str = r#"{"payload":"eyB9","payloadType":"t","signatures":[{"sig":"AAE="},{"keyid":"k","sig":"/w=="}]}
"#;

#[test]
fn files_come_back_under_their_names() {
    let files = [("root.layout", LAYOUT), ("s.01234567.link", LINK), ("other.link", LINK), ("x", DSSE)];
    let bundle = packed(&files);
    let expected = files.map(|(name, json)| UnpackedFile {
        name: name.to_owned(),
        json: json.replace("b\\n", "b\\u000a").into_bytes(),
    });
    assert_eq!(unpacked(&bundle).unwrap(), expected);
    let opened = Bundle::open(&bundle, &mut [0; 100]).unwrap();
    let labels: Vec<_> = opened.envelopes().map(|envelope| envelope.unwrap().label().is_some()).collect();
    assert_eq!(labels, [false, false, true, true]);
}

#[test]
fn names_that_lead_elsewhere_are_refused() {
    for name in ["../x", "/etc/passwd", "a/b", "a\\b", "..", ".", "", "x\0"] {
        assert_eq!(unpacked(&packed(&[(name, LAYOUT)])), Err(UnpackError::UnsafeName(name.to_owned())));
    }
    // Where there is no label, the name comes from the payload.
    let link = LINK.replace("\"s\"", "\"../s\"");
    let name = "../s.01234567.link";
    assert_eq!(unpacked(&packed(&[(name, &link)])), Err(UnpackError::UnsafeName(name.to_owned())));
}

#[test]
fn no_file_is_written_over_another() {
    let bundle = packed(&[("root.layout", LAYOUT), ("root.layout", LAYOUT)]);
    assert_eq!(unpacked(&bundle), Err(UnpackError::NameTwice("root.layout".to_owned())));
}

fn document(json: &str) -> Document {
    Document::parse(json.as_bytes()).unwrap()
}

#[test]
fn envelopes_of_an_attestation_bundle_become_its_lines() {
    let other = DSSE.replace("AAE=", "AAI=");
    let files = [("root.layout", LAYOUT), ("a.intoto.jsonl", DSSE), ("x", DSSE), ("a.intoto.jsonl", &other)];
    let names = [("root.layout", LAYOUT.replace("b\\n", "b\\u000a")), ("a.intoto.jsonl", format!("{DSSE}{other}"))];
    let expected = names.into_iter().chain([("x", DSSE.to_owned())]);
    let expected: Vec<UnpackedFile> =
        expected.map(|(name, json)| UnpackedFile { name: name.to_owned(), json: json.into_bytes() }).collect();
    assert_eq!(unpacked(&packed(&files)).unwrap(), expected);
}

#[test]
fn what_belongs_to_a_sublayout_is_in_its_directory() {
    let mut packer = Packer::new();
    packer.add("root.layout", document(LAYOUT));
    let one = packer.add_sublayout(0, "s", "s.aa.link", document(LAYOUT));
    packer.add_to(one, "s.01234567.link", document(LINK));
    let two = packer.add_sublayout(one, "t", "t.aa.link", document(LAYOUT));
    packer.add_to(two, "a.intoto.jsonl", document(DSSE));
    packer.add_to(one, "a.intoto.jsonl", document(DSSE));
    let bundle = packer.finish(0).unwrap();
    let names: Vec<String> = unpacked(&bundle).unwrap().into_iter().map(|file| file.name).collect();
    let expected = [
        "root.layout",
        "s.aa.link",
        "s.aa/s.01234567.link",
        "s.aa/t.aa.link",
        "s.aa/t.aa/a.intoto.jsonl",
        "s.aa/a.intoto.jsonl",
    ];
    assert_eq!(names, expected);
    assert!((0..).zip(&names).all(|(number, name)| packer.path(number).as_ref() == Some(name)));
    // A sublayout's name follows from its step and signature, a link's from what it says of itself.
    let opened = Bundle::open(&bundle, &mut [0; 100]).unwrap();
    let labels: Vec<_> = opened.envelopes().map(|envelope| envelope.unwrap().label().is_some()).collect();
    assert_eq!(labels, [false, false, false, false, true, true]);
}

#[test]
fn directories_of_sublayouts_do_not_lead_elsewhere() {
    let with_sublayout = |name: &str| {
        let mut packer = Packer::new();
        packer.add("root.layout", document(LAYOUT));
        let sublayout = packer.add_sublayout(0, "s", name, document(LAYOUT));
        packer.add_to(sublayout, "s.01234567.link", document(LINK));
        unpacked(&packer.finish(0).unwrap())
    };
    for name in ["../s.link", "/s.link", "a/b.link", "a\\b.link", "..", "s\0.link"] {
        assert_eq!(with_sublayout(name), Err(UnpackError::UnsafeName(name.to_owned())));
    }
    for name in ["...link", "..link", ".link", "s", "s.aa", "s.LINK", "s.intoto.jsonl", "root.layout2"] {
        assert_eq!(with_sublayout(name), Err(UnpackError::NoDirectory(name.to_owned())));
    }
    // The step's name counts where there is no label.
    let mut packer = Packer::new();
    packer.add("root.layout", document(LAYOUT));
    packer.add_sublayout(0, "../s", "../s.aa.link", document(LAYOUT));
    let name = "../s.aa.link".to_owned();
    assert_eq!(unpacked(&packer.finish(0).unwrap()), Err(UnpackError::UnsafeName(name)));
}

#[test]
fn no_file_is_in_the_way_of_a_directory_or_of_another_file() {
    for (in_root, in_sublayout, expected) in [
        (&["s.aa"][..], &["x"][..], "s.aa"),
        (&[], &["x", "x"], "s.aa/x"),
        (&["x", "x"], &[], "x"),
        (&["x.jsonl", "x.jsonl"], &[], "x.jsonl"),
        (&["x.intoto.json", "x.intoto.json"], &[], "x.intoto.json"),
        (&["X.INTOTO.JSONL", "X.INTOTO.JSONL"], &[], "X.INTOTO.JSONL"),
        (&["s.aa.link"], &[], "s.aa.link"),
    ] {
        let mut packer = Packer::new();
        packer.add("root.layout", document(LAYOUT));
        let sublayout = packer.add_sublayout(0, "s", "s.aa.link", document(LAYOUT));
        for name in in_root {
            packer.add(name, document(DSSE));
        }
        for name in in_sublayout {
            packer.add_to(sublayout, name, document(DSSE));
        }
        assert_eq!(unpacked(&packer.finish(0).unwrap()), Err(UnpackError::NameTwice(expected.to_owned())));
    }
}

#[test]
fn sublayouts_are_nested_only_so_deep() {
    let nested = |depth: usize| {
        let mut packer = Packer::new();
        let mut parent = packer.add("root.layout", document(LAYOUT));
        for _ in 0..depth {
            parent = packer.add_sublayout(parent, "s", "s.aa.link", document(LAYOUT));
        }
        packer.add_to(parent, "x", document(DSSE));
        unpacked(&packer.finish(0).unwrap())
    };
    assert_eq!(nested(SUBLAYOUT_DEPTH).unwrap().last().unwrap().name, "s.aa/".repeat(SUBLAYOUT_DEPTH) + "x");
    assert_eq!(nested(SUBLAYOUT_DEPTH + 1), Err(UnpackError::TooDeep));
}
