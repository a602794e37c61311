//! JSON that takes far more memory than text, and layouts whose numbers are multiplied.

use std::fmt::Write as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sitrep_core::limits::{HOST, SIGNATURES};

use super::{Kind, Place, Shape};
use crate::chain::{OWNER, PAYLOAD_TYPE, entry, key, keyid};
use crate::command::vectors;
use crate::json_text::canonical;

pub(super) const SHAPES: &[Shape] = &[
    chain(super::SMALL, "nothing", |place, _| {
        crate::scale::write(&place.path(""), 10).unwrap();
    }),
    chain("three steps of many artifacts", "artifacts", |place, size| {
        crate::scale::write(&place.path(""), size / 600).unwrap();
    })
    .that_takes_memory(),
    chain("numbers in a link", "size of a value", |place, size| link(place, &list("0", size))).that_takes_memory(),
    chain("empty arrays in a link", "size of a value", |place, size| link(place, &list("[]", size))),
    chain("empty strings in a link", "size of a value", |place, size| link(place, &list("\"\"", size))),
    chain("short strings in a link, all different", "size of a string's entry", |place, size| {
        link(place, &distinct(size));
    })
    .that_takes_memory(),
    chain("the same in the layout", "size of a string's entry", |place, size| layout_with(place, &distinct(size))),
    chain("the same in a DSSE envelope", "size of a string's entry", |place, size| dsse_link(place, &distinct(size))),
    chain("members in no order", "size of a member", |place, size| link(place, &descending(size))),
    chain("a key twice, at the end", "members", |place, size| link(place, &twice(size))),
    chain("escapes", "6 bytes for one", |place, size| {
        link(place, &format!("\"{}\"", "\\u0061".repeat(size / 6)));
    }),
    chain("one long number", "length", |place, size| link(place, &format!("1{}", "0".repeat(size)))),
    chain("white space that follows no style", "size of a patch", |place, size| {
        dsse_link(place, &format!("[0{}]", ", 0,0".repeat(size / 5)));
    }),
    chain("escapes that follow no style", "size of a patch", |place, size| {
        dsse_link(place, &format!("[\"\"{}]", r#","\/""#.repeat(size / 5)));
    }),
    chain("arrays in each other, in a link", "depth", |place, size| {
        link(place, &list(&format!("{}{}", "[".repeat(28), "]".repeat(28)), size));
    }),
    chain("arrays in each other, too deep", "depth", |place, size| link(place, &"[".repeat(size))),
    chain("one path in maps of many links", "links × variants", variants),
    chain("artifacts in no order", "size of an artifact", |place, size| artifacts(place, size, true)),
    chain("artifacts with short digests", "size of an artifact", |place, size| artifacts(place, size, false)),
    chain("one long step name and many keys", "keys × length", long_step),
    chain("signatures that cannot be checked", "notes", |place, size| {
        let signatures = list("{}", size);
        place
            .write("root.layout", format!("{{\"signatures\":{signatures},\"signed\":{}}}", canonical(&layout(1, &[]))));
    }),
    chain("patterns that match late", "steps × rules × paths × pattern", patterns),
    chain("many steps and rules", "steps × rules", rules),
    chain("many keys that many steps name", "steps × keys × pubkeys", |place, size| {
        many(place, size, 2, (size / 800).min(HOST.keys - 2))
    }),
    chain("more steps than any verifier takes", "steps × steps × rules", |place, size| {
        many(place, size, size / 420, 1)
    }),
    chain("patterns that are compared", "rules² × pattern × name", |place, size| {
        let length = size / 1024;
        let pair = [json!(["ALLOW", format!("{}b", "*a".repeat(length / 2))]), json!(["REQUIRE", "a".repeat(length)])];
        let rules: Vec<Value> = pair.iter().cycle().take(HOST.rules).cloned().collect();
        place.write("root.layout", sign(&layout(1, &rules), OWNER));
    }),
    chain("more rules than any verifier takes", "rules²", |place, size| {
        let rules: Vec<Value> = (0..size / 40).map(|number| json!(["ALLOW", format!("{number:06}")])).collect();
        place.write("root.layout", sign(&layout(1, &rules), OWNER));
    }),
    chain("more malformed rules than any verifier takes", "rules²", |place, size| {
        place.write("root.layout", sign(&layout(1, &vec![json!([]); size / 6]), OWNER));
    }),
    chain("many subkeys", "subkeys²", |place, size| {
        let mut payload = layout(1, &[]);
        let subkeys: serde_json::Map<_, _> = (0..size / 12).map(|number| (format!("{number:06}"), json!(0))).collect();
        payload["keys"]["aaaa"] = json!({
            "type": "eddsa", "method": "pgp+eddsa-ed25519", "keyval": {"public": {"q": "0a".repeat(32)}},
            "subkeys": subkeys,
        });
        payload["steps"][0]["pubkeys"] = json!(["aaaa"]);
        place.write("root.layout", sign(&payload, OWNER));
    }),
    chain("a long key id that is named by its start", "pubkeys × length", |place, size| {
        let mut payload = layout(1, &[]);
        payload["keys"]["a".repeat(size / 2)] = entry("functionary 0", &"a".repeat(size / 2));
        payload["steps"][0]["pubkeys"] = (1..HOST.keys).map(|number| "a".repeat(number)).collect();
        place.write("root.layout", sign(&payload, OWNER));
    }),
    chain("many large keys", "keys² × length", large_keys),
    chain("many keys of OpenPGP", "keys² × length", openpgp_keys),
    chain("strangers' signatures by slow keys", "links × keys × signatures", slow_keys),
    attestations("attestations: lines of one byte", "lines", |place, size| {
        place.write("a.intoto.jsonl", "1\n".repeat(size / 2));
    }),
    attestations("attestations: one long line", "length", |place, size| {
        place.write("a.intoto.jsonl", dsse(&format!("{{\"z\":{}}}", list("0", size * 3 / 4)), &[]));
    }),
    attestations("attestations: the same envelope on each line", "lines × length", |place, size| {
        let line = dsse("{\"_type\":\"https://in-toto.io/Statement/v1\"}", &[]) + "\n";
        place.write("a.intoto.jsonl", line.repeat(size / line.len()));
    }),
    attestations("attestations: envelopes that differ at the end", "lines² × length", |place, size| {
        let length = size / HOST.links;
        let line = |number| dsse(&format!("{{\"a\":\"{}{number:06}\"}}", "a".repeat(length * 3 / 4)), &[]) + "\n";
        place.write("a.intoto.jsonl", (0..HOST.links).map(line).collect::<String>());
    }),
];

const fn chain(name: &'static str, formula: &'static str, write: fn(&Place<'_>, usize)) -> Shape {
    Shape::new(name, formula, Kind::Chain, write)
}

/// Beside a genuine layout.
const fn attestations(name: &'static str, formula: &'static str, write: fn(&Place<'_>, usize)) -> Shape {
    const COMMANDS: &[&str] = &[
        "verify other/root.layout --verification-keys owner.pub --attestations a.intoto.jsonl -v",
        "verify other/root.layout --verification-keys owner.pub --link-dir .",
        "pack other/root.layout --no-verify --attestations a.intoto.jsonl -o out.sitrep",
    ];
    Shape::new(name, formula, Kind::For(COMMANDS), write)
}

/// A genuine layout in a directory of its own, where commands are for that.
pub(super) fn genuine(place: &Place<'_>, name: &str) {
    place.write(name, sign(&layout(1, &[]), OWNER));
}

/// A genuine layout with an inspection that runs nothing that takes time.
pub(super) fn inspected(place: &Place<'_>, name: &str) {
    let mut payload = layout(1, &[]);
    payload["inspect"] = json!([{
        "_type": "inspection", "expected_materials": [], "expected_products": [], "name": "look", "run": ["true"],
    }]);
    place.write(name, sign(&payload, OWNER));
    let link = Path::new(name).with_file_name(link_name(0, "functionary 0"));
    place.write(link.to_str().unwrap(), sign_text(&link_text(0, "{}", "{}", "0"), "functionary 0"));
}

/// A layout of so many steps, each with these rules, for two functionaries.
fn layout(steps: usize, rules: &[Value]) -> Value {
    let names = ["functionary 0", "functionary 1"];
    let ids = names.map(keyid);
    let keys: serde_json::Map<String, Value> =
        names.iter().zip(&ids).map(|(name, id)| (id.clone(), entry(name, id))).collect();
    let step = |number| {
        json!({
            "_type": "step", "expected_command": [], "expected_materials": rules, "expected_products": rules,
            "name": format!("step {number}"), "pubkeys": ids, "threshold": 1,
        })
    };
    let steps: Vec<Value> = (0..steps).map(step).collect();
    json!({
        "_type": "layout", "expires": "2040-01-01T00:00:00Z", "inspect": [], "keys": keys, "readme": "", "steps": steps,
    })
}

/// A Metablock by somebody.
fn sign(payload: &Value, signer: &str) -> String {
    // Canonical JSON has control characters as they are, JSON escapes them.
    envelope(&payload.to_string(), &canonical(payload), signer)
}

/// The same of a text that is canonical.
fn sign_text(payload: &str, signer: &str) -> String {
    envelope(payload, payload, signer)
}

fn envelope(payload: &str, signed: &str, signer: &str) -> String {
    let signature = sitrep_metadata::hex::encode(&*key(signer).sk.sign(signed, None));
    format!(r#"{{"signatures":[{{"keyid":"{}","sig":"{signature}"}}],"signed":{payload}}}"#, keyid(signer))
}

fn dsse(payload: &str, signatures: &[String]) -> String {
    format!(
        r#"{{"payload":"{}","payloadType":"{PAYLOAD_TYPE}","signatures":[{}]}}"#,
        STANDARD.encode(payload),
        signatures.join(",")
    )
}

fn link_name(step: usize, functionary: &str) -> String {
    format!("step {step}.{}.link", &keyid(functionary)[..8])
}

/// The text of a link with this value of a member.
fn link_text(step: usize, materials: &str, products: &str, value: &str) -> String {
    format!(
        r#"{{"_type":"link","byproducts":{{}},"command":[],"environment":{{}},"materials":{materials},"name":"step {step}","products":{products},"z":{value}}}"#
    )
}

/// A genuine layout and a link that a functionary has signed.
fn link(place: &Place<'_>, value: &str) {
    genuine(place, "root.layout");
    place.write(&link_name(0, "functionary 0"), sign_text(&link_text(0, "{}", "{}", value), "functionary 0"));
}

fn dsse_link(place: &Place<'_>, value: &str) {
    genuine(place, "root.layout");
    place.write(&link_name(0, "functionary 0"), dsse(&link_text(0, "{}", "{}", value), &[]));
}

fn layout_with(place: &Place<'_>, value: &str) {
    let text = canonical(&layout(1, &[]));
    let text = format!("{},\"z\":{value}}}", text.strip_suffix('}').unwrap());
    place.write("root.layout", sign_text(&text, OWNER));
}

/// An array of as many of these as fit.
fn list(item: &str, size: usize) -> String {
    let count = size / (item.len() + 1);
    let mut text = format!("[{item}");
    (1..count).for_each(|_| {
        text.push(',');
        text.push_str(item);
    });
    text + "]"
}

/// So many different texts, as short as they can be.
fn short(number: usize) -> String {
    const DIGITS: &[u8] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_";
    let (mut text, mut rest) = (String::new(), number);
    loop {
        text.push(char::from(DIGITS[rest % 64]));
        rest /= 64;
        if rest == 0 {
            return text;
        }
    }
}

fn distinct(size: usize) -> String {
    let mut text = String::from("[\"\"");
    for number in 0.. {
        write!(text, ",\"{}\"", short(number)).unwrap();
        if text.len() >= size {
            break;
        }
    }
    text + "]"
}

fn descending(size: usize) -> String {
    let count = size / 11;
    let members: Vec<String> = (0..count).rev().map(|number| format!("\"{number:06}\":0")).collect();
    format!("{{{}}}", members.join(","))
}

fn twice(size: usize) -> String {
    let count = size / 11;
    let members: Vec<String> = (0..count).map(|number| format!("\"{:06}\":0", number.min(count - 2))).collect();
    format!("{{{}}}", members.join(","))
}

/// Links that each say something else of one path.
fn variants(place: &Place<'_>, size: usize) {
    let steps = (size / 700).clamp(1, HOST.steps);
    place.write("root.layout", sign(&layout(steps, &[]), OWNER));
    for step in 0..steps {
        for functionary in ["functionary 0", "functionary 1"] {
            let map = |of| format!("{{\"a\":{{\"sha256\":\"{:064x}\"}}}}", of + 4 * step + keyid(functionary).len());
            let text = link_text(step, &map(0), &map(1), "0");
            place.write(&link_name(step, functionary), sign_text(&text, functionary));
        }
    }
}

fn artifacts(place: &Place<'_>, size: usize, usual: bool) {
    let digest = if usual { format!("\"sha256\":\"{:064}\"", 0) } else { "\"a\":\"00\"".to_owned() };
    let count = size / 2 / (digest.len() + 12);
    let mut entries: Vec<String> = (0..count).map(|number| format!("\"{number:06}\":{{{digest}}}")).collect();
    if usual {
        entries.reverse();
    }
    let map = format!("{{{}}}", entries.join(","));
    genuine(place, "root.layout");
    place.write(&link_name(0, "functionary 0"), dsse(&link_text(0, &map, &map, "0"), &[]));
}

fn long_step(place: &Place<'_>, size: usize) {
    let mut payload = layout(1, &[]);
    let ids: Vec<String> = (0..size / 2 / 11).map(|number| format!("{number:08}")).collect();
    payload["steps"][0]["pubkeys"] = json!(ids);
    payload["steps"][0]["name"] = json!("a".repeat(size / 2));
    place.write("root.layout", sign(&payload, OWNER));
}

/// A layout and a link that are genuine, and take as long as they can.
fn patterns(place: &Place<'_>, size: usize) {
    let part = size / 4;
    let length = part.min(HOST.path * 3 / 4);
    let pattern = format!("*{}b", "a".repeat(length / 2));
    let rules: Vec<Value> = (0..(part / length).clamp(1, HOST.rules)).map(|_| json!(["DISALLOW", pattern])).collect();
    place.write("root.layout", sign(&layout(1, &rules), OWNER));
    let artifact = |number| format!("\"{}{number:06}\":{{\"sha256\":\"{:064}\"}}", "a".repeat(length), 0);
    let artifacts: Vec<String> = (0..(part / length).max(1)).map(artifact).collect();
    let text = link_text(0, "{}", &format!("{{{}}}", artifacts.join(",")), "0");
    place.write(&link_name(0, "functionary 0"), sign_text(&text, "functionary 0"));
}

fn rules(place: &Place<'_>, size: usize) {
    let steps = (size / 2000).clamp(1, HOST.steps);
    let rule = |number| {
        json!(["MATCH", format!("a{number}*"), "WITH", "PRODUCTS", "FROM", format!("step {}", number % steps)])
    };
    let count = (size / steps / 2 / 60).clamp(1, HOST.rules);
    let rules: Vec<Value> = (0..count).map(rule).collect();
    place.write("root.layout", sign(&layout(steps, &rules), OWNER));
}

/// A layout of so many steps, of which each names many keys, and so many keys. Each step takes what comes from one that there is not.
fn many(place: &Place<'_>, size: usize, steps: usize, keys: usize) {
    let rules = [json!(["MATCH", "*", "WITH", "PRODUCTS", "FROM", "step x"]), json!(["CREATE", "a"])];
    let mut payload = layout(steps, &rules);
    let id = |number: usize| format!("{number:08}");
    for number in 0..keys {
        payload["keys"][id(number)] = entry(&format!("functionary {number}"), &id(number));
    }
    let named: Vec<String> = (0..(size / 2 / steps / 11).max(1)).map(|number| id(number % keys)).collect();
    for step in payload["steps"].as_array_mut().unwrap() {
        step["pubkeys"] = json!(named);
    }
    place.write("root.layout", sign(&payload, OWNER));
}

/// As many keys as a layout may have, if they fit, of which the first step names all.
fn keys(place: &Place<'_>, size: usize, key: &dyn Fn(usize) -> Value) {
    let mut payload = layout(1, &[]);
    let count = (size / key(0).to_string().len()).clamp(1, HOST.keys - 2);
    let ids: Vec<String> = (0..count).map(|number| format!("{number:08}")).collect();
    for (number, id) in ids.iter().enumerate() {
        payload["keys"][id] = key(number);
    }
    payload["steps"][0]["pubkeys"] = json!(ids);
    place.write("root.layout", sign(&payload, OWNER));
}

/// The largest keys of RSA that are taken, of numbers that nobody knows the factors of.
fn large_keys(place: &Place<'_>, size: usize) {
    keys(place, size, &|number| {
        let modulus = [&[0xc3; 1016][..], &(2 * number as u64 + 1).to_be_bytes()].concat();
        let numbers = [&[0x30, 0x82, 4, 10, 2, 0x82, 4, 1, 0][..], &modulus, &[2, 3, 1, 0, 1]].concat();
        let pem =
            format!("-----BEGIN RSA PUBLIC KEY-----\n{}\n-----END RSA PUBLIC KEY-----\n", STANDARD.encode(numbers));
        json!({"keytype": "rsa", "keyval": {"public": pem}, "scheme": "rsassa-pss-sha256"})
    });
}

/// Keys of DSA, which take longest to decode, that differ in the last bits of the public number.
fn openpgp_keys(place: &Place<'_>, size: usize) {
    let path = vectors().join("openpgp/dsa2048/root.layout");
    let vector: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let genuine = vector["signed"]["keys"].as_object().unwrap().values().next().unwrap();
    keys(place, size, &|number| {
        let mut key = genuine.clone();
        key.as_object_mut().unwrap().remove("keyid");
        let public = &mut key["keyval"]["public"]["y"];
        let digits = public.as_str().unwrap().to_owned();
        *public = format!("{}{number:04x}", &digits[..digits.len() - 4]).into();
        key
    });
}

/// Signatures without a key id, each of which may be by any key of the layout.
fn slow_keys(place: &Place<'_>, size: usize) {
    // Points of the curves that nobody has the key of, but the curves' own generators.
    const P384: &str = "-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEqofKIr6LBTeOscce8yCtdG4dO2KLp5uYWfdB4IJUKjhVAvJdv1UpbDpUXjhydgq3NhfeSpYmLG9dnpi/kpLcKfj0Hb0omhR86doxE7XwuMAKYLHOHX6BnXpDHXyQ6g5f\n-----END PUBLIC KEY-----\n";
    let mut payload = layout((size / 3500).clamp(1, HOST.steps), &[]);
    let ids = ["aaaaaaaa", "bbbbbbbb"];
    for id in ids {
        payload["keys"][id] = json!({
            "keyid": id, "keytype": "ecdsa", "keyval": {"public": P384}, "scheme": "ecdsa-sha2-nistp384",
        });
    }
    let mut number = 0;
    let steps = payload["steps"].as_array_mut().unwrap();
    for step in &mut *steps {
        step["pubkeys"] = json!(ids);
    }
    let count = steps.len();
    place.write("root.layout", sign(&payload, OWNER));
    let mut signature = || {
        number += 1;
        // DER: two integers of 48 bytes, greater than 0 and smaller than the group's order.
        let integer = |byte: u8| [&[2, 48, byte][..], &[7; 43], &u32::to_be_bytes(number)[..]].concat();
        let (r, s) = (integer(1), integer(2));
        let der = [&[0x30, (r.len() + s.len()) as u8][..], &r, &s].concat();
        format!(r#"{{"sig":"{}"}}"#, STANDARD.encode(der))
    };
    for step in 0..count {
        let signatures: Vec<String> = (0..SIGNATURES).map(|_| signature()).collect();
        place.write(&format!("step {step}.aaaaaaaa.link"), dsse(&link_text(step, "{}", "{}", "0"), &signatures));
    }
}
