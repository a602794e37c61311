//! Writes the seeds of the fuzz targets to `seeds/TARGET/`, from the vectors of the tests and from chains with everything that those do not
//! have: sublayouts, statements, artifact lists, observations.
//!
//!     cargo +nightly run --example seeds DIRECTORY

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sitrep_cli::sources::input::Input;
use sitrep_metadata::bundle::pack::{Observation, Packer};
use sitrep_metadata::envelope::document::Document;
use sitrep_metadata::trust_policy::Policy;

const KEYS: [&str; 2] = ["0101010101010101", "k"];
const DIGEST: &str = "00000000000000000000000000000000000000000000000000000000000000aa";

fn main() {
    let Some(out) = std::env::args().nth(1).map(PathBuf::from) else { panic!("expected a directory") };
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors");
    let mut seeds = Seeds { out };
    for set in sorted(&vectors.join("in-toto-demo")) {
        seeds.chain(&set.join("pristine"), true);
    }
    for dialect in sorted(&vectors.join("conformance")) {
        for case in sorted(&dialect) {
            seeds.chain(&case, false);
        }
    }
    seeds.made();
    seeds.policies();
}

fn sorted(directory: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.retain(|path| path.is_dir());
    paths
}

struct Seeds {
    out: PathBuf,
}

impl Seeds {
    fn write(&mut self, target: &str, name: &str, bytes: &[u8]) {
        if target == "bundle" {
            self.write("expansion", name, bytes);
        }
        let directory = self.out.join(target);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join(name), bytes).unwrap();
    }

    fn chain(&mut self, directory: &Path, with_documents: bool) {
        let name =
            directory.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string().replace(['/', '.'], "_");
        let layout = directory.join("root.layout");
        if let Ok(input) = Input::from_directory(&layout, directory) {
            self.write("bundle", &name, &input.packer.finish(0).unwrap());
        }
        let Ok(files) = fs::read_dir(directory) else { return };
        for path in files.map(|entry| entry.unwrap().path()) {
            let is_document = path.extension().is_some_and(|extension| extension == "link" || extension == "layout");
            if with_documents && is_document && fs::metadata(&path).unwrap().len() < 6000 {
                let name = format!("{name}_{}", path.file_name().unwrap().display());
                self.document(&name, &fs::read(&path).unwrap());
            }
        }
    }

    /// A document as it is, and where it is a DSSE envelope its payload.
    fn document(&mut self, name: &str, json: &[u8]) {
        let value: serde_json::Value = serde_json::from_slice(json).unwrap();
        if let Some(payload) = value.get("payload").and_then(serde_json::Value::as_str) {
            self.write("dsse", name, &STANDARD.decode(payload).unwrap());
            self.write("dsse", &format!("{name}_whole"), &[b"@", json].concat());
        } else {
            self.write("metablock", name, json);
        }
        self.write("json", name, json);
    }

    fn made(&mut self) {
        let signatures = format!(r#"[{{"keyid":"{}","sig":"AQ=="}}]"#, KEYS[0]);
        let metablock =
            |signed: &str| format!(r#"{{"signatures":[{{"keyid":"{}","sig":"01"}}],"signed":{signed}}}"#, KEYS[0]);
        let dsse = |payload: &str| {
            let payload = STANDARD.encode(payload);
            format!(
                r#"{{"payload":"{payload}","payloadType":"application/vnd.in-toto+json","signatures":{signatures}}}"#
            )
        };
        let map = format!(r#"{{"a":{{"sha256":"{DIGEST}"}},"lib/b":{{"sha256":"{DIGEST}","md5":"00"}}}}"#);
        let tidy = format!(r#"{{"a":{{"sha256":"{DIGEST}"}},"lib/b":{{"sha256":"{DIGEST}"}}}}"#);
        let list = format!(
            r#"[{{"name":"a","digest":{{"sha256":"{DIGEST}"}}}},{{"name":"lib/b","digest":{{"sha256":"{DIGEST}"}}}}]"#
        );
        let unordered = format!(
            r#"[{{"digest":{{"sha256":"{DIGEST}"}},"name":"lib/b"}},{{"digest":{{"sha256":"{DIGEST}"}},"name":"a"}}]"#
        );
        let layout = |steps: &str, inspect: &str| {
            format!(
                r#"{{"_type":"layout","expires":"2040-01-01T00:00:00Z","inspect":[{inspect}],"keys":{{"{0}":{{"keyid":"{0}","keytype":"ed25519","keyval":{{"public":"{DIGEST}"}},"scheme":"ed25519"}},"{1}":{{"keytype":"rsa","keyval":{{"public":"x"}},"scheme":"rsassa-pss-sha256"}}}},"readme":"","steps":[{steps}]}}"#,
                KEYS[0], KEYS[1]
            )
        };
        let step = |name: &str, materials: &str, products: &str| {
            format!(
                r#"{{"_type":"step","expected_command":["make","{{a}}"],"expected_materials":[{materials}],"expected_products":[{products}],"name":"{name}","pubkeys":["{}","{}"],"threshold":1}}"#,
                KEYS[0], KEYS[1]
            )
        };
        let link = |name: &str| {
            format!(
                r#"{{"_type":"link","byproducts":{{"return-value":1,"stderr":"","stdout":"\n"}},"command":["make","x*"],"environment":{{}},"materials":{tidy},"name":"{name}","products":{tidy}}}"#
            )
        };
        let statement = |kind: &str, subject: &str, predicate_type: &str, predicate: &str| {
            format!(
                r#"{{"_type":"{kind}","subject":{subject},"predicateType":"{predicate_type}","predicate":{predicate}}}"#
            )
        };
        let rules = r#"["MATCH","*","IN","lib/","WITH","PRODUCTS","IN","lib","FROM","build"],["CREATE","[!b]*"],["DELETE","a"],["MODIFY","?"],["REQUIRE","a"],["ALLOW","{a}"],["ALLOW","[!x-z]*?"],["DISALLOW","*"]"#;
        let open = r#"["ALLOW","*"]"#;
        let inspection = |rules: &str| {
            format!(
                r#"{{"_type":"inspection","expected_materials":[{rules}],"expected_products":[],"name":"check","run":["true"]}}"#
            )
        };
        let steps = [step("build", open, open), step("name", open, open)].join(",");
        let root = layout(&steps, "");
        let inspected = layout(&steps, &inspection(open));
        let ruled = layout(&[step("build", rules, rules), step("name", rules, rules)].join(","), &inspection(rules));
        let v1 = "https://in-toto.io/Statement/v1";
        let link_v0_3 =
            format!(r#"{{"name":"build","command":["make"],"materials":{list},"byproducts":{{}},"environment":null}}"#);
        let link_v0_2 = format!(r#"{{"name":"name","command":[],"materials":{map},"byproducts":{{}}}}"#);
        let statements = [
            statement(v1, &list, "https://in-toto.io/attestation/link/v0.3", &link_v0_3),
            statement("https://in-toto.io/Statement/v0.1", &unordered, "https://in-toto.io/Link/v0.2", &link_v0_2),
            statement(v1, &list, "https://slsa.dev/provenance/v1", r#"{"buildDefinition":{"x":[1,2.5,-3,1e9]}}"#),
            statement(
                v1,
                &unordered,
                "urn:sitrep:security-version:v1",
                r#"{"securityVersion": 4, "product": "p", "hardware": ["h", "i"], "time": "2026-11-21T00:00:00Z"}"#,
            ),
        ];
        let pretty = |text: &str| {
            let value: serde_json::Value = serde_json::from_str(text).unwrap();
            serde_json::to_string_pretty(&value).unwrap() + "\n"
        };
        let parse = |json: &str| Document::parse(json.as_bytes()).unwrap();

        for (number, layout) in [&root, &ruled, &inspected].into_iter().enumerate() {
            for settings in [0, 3, 4, 8, 16, 24, 32, 64, 128] {
                let mut packer = Packer::new();
                packer.add("root.layout", parse(&metablock(layout)));
                packer.add("build.01010101.link", parse(&metablock(&link("build"))));
                packer.add("name.01010101.link", parse(&dsse(&link("name"))));
                if settings < 8 {
                    // By the other key, about the same artifacts in another order or about another artifact.
                    let text =
                        if settings == 4 { statements[0].replacen("aa", "ab", 1) } else { statements[0].clone() };
                    packer.add("build.k.link", parse(&dsse(&text).replace(KEYS[0], KEYS[1])));
                }
                for text in &statements[2..] {
                    packer.add("x.intoto.jsonl", parse(&dsse(text)));
                }
                if settings == 3 {
                    packer.add_observation(&Observation {
                        name: "check".to_owned(),
                        materials: [("a".to_owned(), [0; 32])].into(),
                        ..Observation::default()
                    });
                }
                self.write("bundle", &format!("made_links_{number}_{settings}"), &packer.finish(settings).unwrap());

                let mut packer = Packer::new();
                packer.add("root.layout", parse(&dsse(&pretty(layout))));
                let name = "build.01010101.link";
                let sublayout = packer.add_sublayout(0, "build", name, parse(&metablock(&root)));
                packer.add_to(sublayout, name, parse(&dsse(&statements[0])));
                packer.add_to(sublayout, "name.01010101.link", parse(&metablock(&link("name"))));
                packer.add("name.intoto.jsonl", parse(&dsse(&statements[1])));
                for text in &statements[2..] {
                    packer.add("x.intoto.jsonl", parse(&dsse(&pretty(text))));
                }
                self.write("bundle", &format!("made_sublayout_{number}_{settings}"), &packer.finish(settings).unwrap());
            }
        }
        for (number, text) in statements.iter().enumerate() {
            self.write("dsse", &format!("statement_{number}"), text.as_bytes());
            self.write("dsse", &format!("statement_{number}_pretty"), pretty(text).as_bytes());
            self.write("dsse", &format!("statement_{number}_whole"), format!("@{}", dsse(text)).as_bytes());
        }
        self.write("metablock", "layout", metablock(&ruled).as_bytes());
        self.write("metablock", "link", metablock(&link("a")).as_bytes());
        self.write("dsse", "go", b"{\"a\":\"\\u003c\\u2028\\b\",\"materials\":{}}\n");
        self.write("dsse", "patched", b" { \"a\" :\n\t[1 ,2.0e+1,-0, \"\\u0061\\/\xc3\xa9\" ] }\r\n");
        for text in [
            "[]",
            "{\"a\":1,\"a\":2}",
            "\"\\ud83d\\ude00\"",
            "\"\\ud800\"",
            "[-0.0e-1,01]",
            "\u{feff}{}",
            "[1] x",
            "nul",
        ] {
            self.write("json", &format!("{:x}", text.len() * 131 + text.as_bytes()[0] as usize), text.as_bytes());
        }
        self.write("json", "deep", "[".repeat(33).as_bytes());
    }

    fn policies(&mut self) {
        let owner = format!(r#"{{"keytype":"ed25519","scheme":"ed25519","public":"{DIGEST}"}}"#);
        let other =
            format!(r#"{{"keytype":"ed25519","scheme":"ed25519","public":"{}","keyids":["a","b"]}}"#, "0b".repeat(32));
        // No key of that form, which core does not know.
        let rsa = r#"{"keytype":"rsa","scheme":"rsassa-pss-sha256","public":"MIIB+/==","keyids":["a","b"]}"#;
        let smallest = format!(r#"{{"format":"sitrep-trust-policy","version":1,"owners":[{owner}],"threshold":1}}"#);
        let whole = format!(
            r#"{{"format":"sitrep-trust-policy","version":1,"owners":[{owner},{other}],"threshold":2,"product":{{"step":"package","artifact":"a.tar"}},"inspections":"skip","attestations":[{{"type":"https://slsa.dev/provenance/v1"}},{{"type":"a:b","step":"x"}}],"earliest_time":"2026-01-01T00:00:00Z","security_version":3,"revision":300}}"#
        );
        self.write("trust_policy", "rsa", whole.replace(&other, rsa).as_bytes());
        for (name, text) in [("smallest", smallest), ("whole", whole)] {
            self.write("trust_policy", name, text.as_bytes());
            let (policy, _) = Policy::parse(Path::new("policy"), text.as_bytes()).unwrap();
            self.write("trust_policy", &format!("{name}_compiled"), &policy.to_compiled().unwrap());
        }
    }
}
