use super::*;
use crate::metadata::Document;
use crate::pack::Packer;

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
