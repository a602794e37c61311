//! The verdict is one value, whoever writes it: serde_json on the host, serde-json-core on a device.

use serde_json::Value;
use sitrep_core::{ArtifactVerdict, Code};
use sitrep_tests::demo::{bundle, owner, verified};

#[test]
fn device_and_host_write_the_same_verdict() {
    for (set, state, code) in [
        ("metablock-ed25519", "pristine", None),
        ("dsse-ed25519", "pristine", None),
        ("metablock-ed25519", "tampered", Some(Code::RuleDisallow)),
        ("dsse-ed25519", "tampered", Some(Code::RuleDisallow)),
    ] {
        verified(&bundle(set, state), &owner(set), |outcome| {
            let verdict = outcome.verdict();
            let mut buffer = [0; 8192];
            let length = verdict.write_json(&mut buffer).unwrap();
            let by_device: Value = serde_json::from_slice(&buffer[..length]).unwrap();
            assert_eq!(by_device, serde_json::to_value(verdict).unwrap(), "{set} {state}");
            assert_eq!(by_device["error"]["code"].as_str(), code.map(Code::name), "{set} {state}");
            assert_eq!(verdict.write_json(&mut buffer[..length - 1]), None, "{set} {state}");
            // With an artifact, its step and its digests.
            let Ok(chain) = outcome.supply_chain() else { return };
            let name = "demo-project.tar.gz";
            let product = chain.product(name, &mut [0; 256]).ok();
            let artifacts = [ArtifactVerdict { name, result: Ok(()), product }];
            let verdict = verdict.with_artifacts(&artifacts);
            let length = verdict.write_json(&mut buffer).unwrap();
            let by_device: Value = serde_json::from_slice(&buffer[..length]).unwrap();
            assert_eq!(by_device, serde_json::to_value(verdict).unwrap(), "{set} {state}");
            let [artifact] = by_device["artifacts"].as_array().unwrap().as_slice() else { panic!() };
            assert_eq!((&artifact["step"], &artifact["security_version"]), (&"package".into(), &Value::Null));
            assert_eq!(artifact["digest"]["sha256"].as_str().map(str::len), Some(64), "{artifact}");
        })
        .unwrap();
    }
}
