use super::*;

const LUA: &str = r#"
[project]
name = "lua"
expires = "1y"
owners = ["keys/owner.pub"]
[keys]
dev = "keys/dev.pub"
builder = "keys/builder.pub"
[[step]]
name = "checkout"
by = ["dev"]
products = ["**"]
exclude = [".git/"]
[[step]]
name = "build"
by = "builder"
command = "make -C src 'CC=gcc -O2'"
after = "checkout"
creates = ["src/*.o", "src/lua"]
"#;

#[test]
fn a_project_is_read() {
    let project = Project::parse(LUA).unwrap();
    let [checkout, build] = &project.steps[..] else { panic!() };
    assert_eq!((checkout.materials(), checkout.products()), (vec![], vec!["**".to_owned()]));
    assert_eq!(build.materials(), ["**"]);
    assert_eq!(build.command.as_ref().unwrap().0, ["make", "-C", "src", "CC=gcc -O2"]);
    assert_eq!((&build.by.0[..], build.threshold), (&["builder".to_owned()][..], 1));
}

#[test]
fn what_is_wrong_is_said_with_its_place() {
    for (from, to, expected) in [
        ("expires = \"1y\"", "expires = 1", "line 4, column 11: invalid type"),
        ("expires = \"1y\"", "expires = \"soon\"", "line 4, column 11: expected a duration such as"),
        ("expires = \"1y\"", "", "missing field `expires`"),
        ("after =", "afer =", "line 18, column 1: unknown field `afer`, expected one of `name`, `by`"),
        ("[keys]", "[keys", "line 6, column 6: "),
        ("by = [\"dev\"]", "by = [\"devv\"]", "step checkout: by names \"devv\", and [keys] has no such key"),
        ("by = [\"dev\"]", "by = [\"dev\"]\nthreshold = 2", "step checkout: threshold is 2, and by names 1 keys"),
        ("name = \"build\"", "name = \"checkout\"", "there are two steps or inspections named \"checkout\""),
        ("name = \"build\"", "name = \"a/b\"", "\"a/b\" is no name of a step"),
        ("after = \"checkout\"", "after = \"check\"", "step build: after names \"check\", and there is no such step"),
        ("after =", "base = \"../x\"\nafter =", "step build: \"../x\" is no place below"),
        ("after =", "rules.materials = []\nafter =", "step build: rules.materials and after both say which materials"),
        ("'CC=gcc -O2'", "'CC=gcc", "line 17, column 11: a quotation mark in the command is not closed"),
        ("dev = \"keys/dev.pub\"", "dev = { id = \"x\" }", "key dev is not whole"),
        ("dev = \"keys/dev.pub\"", "dev = 1", "expected the path of a public key, or a table"),
        (
            "[keys]",
            "parameters = [\"v\"]\n[keys]",
            "parameters of [project] names \"v\", and no rule or command says {v}",
        ),
        ("[keys]", "threshold = 2\n[keys]", "threshold of [project] is 2, and there are 1 owners"),
    ] {
        assert!(LUA.contains(from), "{from}");
        let error = Project::parse(&LUA.replacen(from, to, 1)).unwrap_err().to_string();
        assert!(error.contains(expected) && !error.contains('\n'), "{from} -> {to}: {error}");
    }
}

#[test]
fn parameters_are_all_declared_or_none_is() {
    let with =
        |head: &str| LUA.replace("[keys]", head).replace("'CC=gcc -O2'", "{v} {} {a b}").replace("src/lua", "{w}/lua");
    assert!(Project::parse(&with("[keys]")).is_ok());
    assert!(Project::parse(&with("parameters = [\"v\", \"w\"]\n[keys]")).is_ok());
    let error = Project::parse(&with("parameters = [\"v\"]\n[keys]")).unwrap_err();
    assert_eq!(error.problem, "step build: {w} is a parameter that parameters of [project] does not name");
}

#[test]
fn deep_nesting_is_an_error() {
    let deep = format!("a = {}1{}", "[".repeat(100_000), "]".repeat(100_000));
    assert!(Project::parse(&deep).is_err());
}
