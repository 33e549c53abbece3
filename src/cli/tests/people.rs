//! What only people see: tables, colours, completions, manual pages.

use super::*;

const WIDE: Screen = Screen { width: 200, colours: false };
const NARROW: Screen = Screen { width: 80, colours: false };

const SUMMARY: &str = concat!(
    r#"{"volumes":[{"id":"0123456789abcdef0123456789abcdef","name":"one","size":10,"cluster":"c","#,
    r#""durability":"replicate","block":false},{"id":"fedcba9876543210fedcba9876543210","#,
    r#""name":"a name of some forty letters, which is much","size":2000,"cluster":"c","durability":"none","block":true}]}"#
);

fn shown(line: &[&str], answers: Vec<String>, screen: Option<Screen>) -> (Ran, Vec<String>) {
    let stub = Stub::new(answers);
    let ran = run_on(line, &stub.url, false, screen);
    (ran, stub.lines())
}

#[test]
fn volumes_are_a_table_that_fits_asked_for_in_one_request() {
    let (ran, asked) = shown(&["volume", "list"], vec![json(SUMMARY)], Some(NARROW));
    assert_eq!(asked, ["GET /volumes/summary"]);
    let lines: Vec<&str> = ran.out.lines().collect();
    assert!(lines.iter().all(|line| line.chars().count() <= 80), "{}", ran.out);
    assert!(lines[0].starts_with("ID                                NAME"), "{}", ran.out);
    assert!(lines[2].starts_with("fedcba9876543210fedcba9876543210  a name of"), "{}", ran.out);
    assert!(lines[2].contains('…') && lines[2].contains("2000  none        block"), "{}", ran.out);
    let (whole, _) = shown(&["volume", "list"], vec![json(SUMMARY)], Some(WIDE));
    assert!(whole.out.contains("a name of some forty letters, which is much  2000"), "{}", whole.out);
    assert!(!whole.out.contains('\u{1b}'), "{}", whole.out);
}

#[test]
fn scripts_get_the_table_where_they_ask_for_it_and_a_server_of_heketis_is_asked_one_by_one() {
    let (ran, asked) = shown(&["volume", "list", "--wide"], vec![json(SUMMARY)], None);
    assert_eq!(asked, ["GET /volumes/summary"]);
    assert!(ran.out.contains("CLUSTER\n0123456789abcdef0123456789abcdef  one "), "{}", ran.out);
    let (ran, _) = shown(&["volume", "list", "--wide", "--json"], vec![json(SUMMARY)], None);
    assert_eq!(ran.out, SUMMARY);
    let volume = r#"{"id":"v","name":"n","size":3,"cluster":"c","durability":{"type":"disperse"}}"#;
    let unknown = answer("404 Not Found", &[], "404 page not found\n");
    let answers = vec![unknown, json(r#"{"volumes":["v"]}"#), json(volume)];
    let (ran, asked) = shown(&["volume", "list", "--wide"], answers, None);
    assert_eq!(asked, ["GET /volumes/summary", "GET /volumes", "GET /volumes/v"]);
    assert_eq!(ran.out, "ID  NAME  GIB  DURABILITY  BLOCK  CLUSTER\nv   n       3  disperse           c\n");
    let (ran, _) = shown(&["volume", "list"], vec![json(r#"{"volumes":[]}"#)], None);
    assert_eq!((ran.status, ran.out.as_str()), (0, ""));
}

#[test]
fn states_have_colours_where_the_terminal_has_them() {
    let answers = || {
        vec![
            json(r#"{"clusters":["c"]}"#),
            json(r#"{"id":"c","nodes":["n"]}"#),
            json(r#"{"id":"n","devices":[{"id":"d","name":"/dev/vdd","state":"failed"}]}"#),
        ]
    };
    let coloured = Screen { width: 80, colours: true };
    let (ran, _) = shown(&["device", "list"], answers(), Some(coloured));
    assert!(ran.out.contains("\u{1b}[31mremoved\u{1b}[0m"), "{:?}", ran.out);
    let (ran, _) = shown(&["device", "list"], answers(), Some(NARROW));
    assert_eq!(
        ran.out,
        concat!(
            "ID  NAME      STATE    GIB  USED  FREE  NODE\n",
            "d   /dev/vdd  removed    0     0     0  n\n"
        )
    );
    let node = r#"{"id":"n","state":"online","devices":[{"id":"d","name":"/dev/vdd","state":"online"}]}"#;
    let (ran, _) = shown(&["node", "info", "n"], vec![json(node)], Some(NARROW));
    assert!(ran.out.ends_with("Devices:\nID  NAME      STATE   GIB  USED  FREE  BRICKS\nd   /dev/vdd  online    0     0     0       0\n"), "{}", ran.out);
    let help = run_on(&["volume", "--help"], "", false, Some(coloured)).out;
    assert!(help.contains('\u{1b}'), "{help:?}");
    assert!(!run_on(&["volume", "--help"], "", false, Some(NARROW)).out.contains('\u{1b}'));
}

#[test]
fn shells_complete_commands_and_flags() {
    for (shell, says) in [
        ("bash", "complete -F _heketi"),
        ("zsh", "#compdef heketi-cli"),
        ("fish", "complete -c heketi-cli"),
        ("powershell", "Register-ArgumentCompleter"),
    ] {
        let ran = alone(&["completion", shell]);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{shell}");
        for word in [says, "persistent-volume-endpoint", "setup-openshift-heketi-storage", "insecure-tls"] {
            assert!(ran.out.contains(word), "{word} is missing for {shell}");
        }
    }
    let described = "Copies, with replicate";
    assert!(alone(&["completion", "fish"]).out.contains(described));
    assert!(!alone(&["completion", "fish", "--no-descriptions"]).out.contains(described));
    let ran = alone(&["completion"]);
    assert!(ran.status == 0 && ran.out.contains("powershell"), "{}", ran.out);
}

#[test]
fn help_says_which_ids_are_wanted_what_the_units_are_and_has_lines_to_begin_with() {
    let check = |line: &str, says: &[&str]| {
        let words: Vec<&str> = line.split(' ').chain(["--help"]).collect();
        let help = alone(&words).out.split_whitespace().collect::<Vec<_>>().join(" ");
        for said in says {
            assert!(help.contains(said), "{line}: {said:?} is missing in {help}");
        }
    };
    let id = "Id of the volume, 32 hex digits: `heketi-cli volume list` shows them";
    check("volume delete", &[id]);
    check("volume endpoint patch", &[id]);
    check("volume expand", &[id, "--expand-size <GIB>", "heketi-cli volume expand ID --expand-size=5"]);
    check(
        "volume create",
        &[
            "--size <GIB> Size in GiB",
            "none (one copy",
            "1, 2 or 3",
            "Examples: heketi-cli volume create --size=10",
        ],
    );
    check(
        "node settags",
        &["Id of the node, 32 hex digits: `heketi-cli topology info` shows them; then the tags"],
    );
    check("node add", &["--cluster <ID> Id of the cluster: `cluster list`"]);
    check("device info", &["Id of the device, 32 hex digits: `heketi-cli device list`"]);
    check("blockvolume expand", &["The size that it gets in all, in GiB", "Id of the block volume"]);
    check("brick evict", &["Id of the brick"]);
    check("server operations cleanup", &["Id of the operation"]);
    check(
        "server mode set",
        &[
            "lets no change in, of an admin neither",
            "kill -USR2",
            "[MODE]... normal, read-only or local-client",
        ],
    );
    check("loglevel set", &["none, critical, error, warning, info or debug"]);
    check("token", &["without a unit seconds", "scoped_tokens", "MORTAR_SCOPED_TOKENS"]);
    check("topology load", &["heketi-cli topology load --json=topology.json --dry-run"]);
}

#[test]
fn each_example_is_a_line_that_its_command_takes() {
    for (_, lines) in examples::EXAMPLES {
        for line in lines {
            let words: Vec<String> =
                line.split(' ').map(|word| word.replace("ID", "0123456789abcdef0123456789abcdef")).collect();
            // Of the option with a blank in it only the first half.
            let words: Vec<String> = words.into_iter().filter(|word| word != "off\"").collect();
            let parsed = flags::parse(&tree::plain("mortar"), &words);
            let Ok(flags::Parsed::Command(Line { words, .. })) = parsed else { panic!("{line}: {parsed:?}") };
            let cli = Cli::try_parse_from(std::iter::once("mortar".to_owned()).chain(words));
            assert!(cli.is_ok(), "{line}: {cli:?}");
        }
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    let ran = alone(&["man", &pages.display().to_string()]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let page = |name: &str| std::fs::read_to_string(pages.join(name)).unwrap();
    assert!(page("heketi-cli.1").contains("HEKETI_CLI_SERVER"));
    assert!(page("heketi-cli-volume-create.1").contains("snapshot\\-factor"));
    assert!(page("heketi-cli-topology-diff.1").contains("changes nothing"));
    let title = concat!(".TH heketi-cli-volume-create 1  \"mortar ", env!("CARGO_PKG_VERSION"), "\"");
    assert!(page("heketi-cli-volume-create.1").lines().any(|line| line.trim_end().starts_with(title)));
    let ran = alone(&["man", "/dev/null"]);
    assert_eq!(ran.status, 255);
    assert!(ran.err.starts_with("Error: open /dev/null: "), "{}", ran.err);
}

#[test]
fn the_scripts_of_heketi_clis_own_completion_are_answered() {
    let check = |line: &[&str], expected: &str| {
        let ran = alone(line);
        assert_eq!((ran.status, ran.out.as_str(), ran.err.as_str()), (0, expected, ""), "{line:?}");
    };
    check(&["__completeNoDesc", "cluster", "s"], "setflags\n:4\n");
    check(&["__complete", "cluster", "s"], "setflags\tSet which volumes a cluster takes\n:4\n");
    check(
        &["__completeNoDesc", "--json", "volume", "create", "--pers"],
        "--persistent-volume\n--persistent-volume-file\n--persistent-volume-endpoint\n:4\n",
    );
    check(&["__completeNoDesc", "cluster", "delete", ""], ":0\n");
    check(&["__complete", "bogus", ""], ":0\n");
}

#[test]
fn each_line_of_the_readme_is_one_that_the_client_takes() {
    let readme = include_str!("../../../README.md");
    let blocks = readme.split("```sh\n").skip(1).filter_map(|block| block.split("```").next());
    let lines =
        blocks.flat_map(str::lines).flat_map(|line| line.split('#').next().unwrap_or_default().split("&&"));
    let mut checked = 0;
    for line in lines.map(str::trim).filter_map(|line| line.strip_prefix("mortar ")) {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let parsed = flags::parse(&tree::plain("mortar"), &words);
        let Ok(flags::Parsed::Command(Line { words, .. })) = parsed else { panic!("{line}: {parsed:?}") };
        let cli = Cli::try_parse_from(std::iter::once("mortar".to_owned()).chain(words));
        assert!(cli.is_ok(), "{line}: {cli:?}");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
