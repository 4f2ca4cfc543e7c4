//! The files of `docs/deploy`, as far as they can be tried without what runs them.

use std::{collections::HashMap, fs, path::Path, process::Command};

use crate::support::{Home, fails, succeeds};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/deploy").join(name);
    fs::read_to_string(path).expect(name)
}

/// The variables of a service of compose.yaml. What whoever runs it has to set is in `given`.
fn environment(service: &str, given: &HashMap<&str, &str>) -> Vec<(String, String)> {
    let compose = read("compose.yaml");
    let (_, service) = compose.split_once(&format!("\n  {service}:\n")).expect("the service");
    let (_, variables) = service.split_once("\n    environment:\n").expect("its environment");
    let variables = variables.lines().map_while(|line| line.strip_prefix("      "));
    let variables = variables.filter(|line| !line.starts_with('#'));
    let pairs = variables.map(|line| line.split_once(": ").expect("a name and a value"));
    let value = |name: &str, text: &str| match text.strip_prefix("${") {
        Some(_) => given[name].to_owned(),
        None => text.trim_matches('\'').to_owned(),
    };
    pairs.map(|(name, text)| (name.to_owned(), value(name, text))).collect()
}

#[test]
fn compose_with_secrets_made_by_chance_passes_the_check_of_production() {
    let home = Home::empty();
    let script = home.write("secrets.sh", &read("secrets.sh"));
    let make = || {
        let mut make = Command::new("sh");
        make.arg(&script).arg("smtps://todos:s3cret@mail.example.com");
        make
    };
    succeeds(&mut make());
    assert!(fails(&mut make()).contains("secrets already"), "a database knows the first ones");

    let given = HashMap::from([
        ("API_DOMAIN", "https://todos.example.com"),
        ("MAIL_FROM", "Todos <no-reply@example.com>"),
        ("TRUSTED_PROXIES", "172.16.0.0/12"),
    ]);
    let secrets = script.with_file_name("secrets");
    let place = |value: &str| value.replace("/run/secrets", secrets.to_str().expect("a path"));
    let variables = environment("api", &given);
    let mut check = home.program(&["config", "check"]);
    check.envs(variables.iter().map(|(name, value)| (name, place(value))));
    assert_eq!(succeeds(&mut check), "the settings can be used\n");

    // The migrations make the login that the service uses.
    for name in ["DATABASE_AUTHENTICATED_URL_FILE", "DATABASE_URL_FILE"] {
        let of = |service| {
            let variables = environment(service, &given);
            variables.into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
        };
        let path = of("migrate").expect(name);
        assert!(fs::read_to_string(place(&path)).unwrap().starts_with("postgres://"), "{path}");
        // Only they are the owner.
        assert_eq!(of("api").is_some(), name == "DATABASE_AUTHENTICATED_URL_FILE", "{name}");
    }
}

#[test]
fn the_image_runs_as_nobody_and_asks_itself_how_it_is() {
    let dockerfile = read("Dockerfile");
    let instructions = |name: &str| {
        let name = format!("{name} ");
        dockerfile.lines().filter_map(|line| line.strip_prefix(&name)).collect::<Vec<_>>()
    };
    for image in instructions("FROM") {
        let image = image.split(' ').next().unwrap();
        let tag = image.rsplit('/').next().unwrap().split_once(':').map(|(_, tag)| tag);
        assert!(tag.is_some_and(|tag| tag != "latest"), "{image}");
    }
    assert_eq!(instructions("USER"), ["65532:65532"]);
    let [check] = instructions("HEALTHCHECK")[..] else { panic!("one check") };
    assert!(check.ends_with(r#"CMD ["/api", "healthcheck"]"#), "{check}");
    assert_eq!(instructions("ENTRYPOINT"), [r#"["/api"]"#]);
}

#[test]
fn the_unit_hands_over_each_secret_that_it_names() {
    let unit = read("todos-api.service");
    let values =
        |start: &str| unit.lines().filter_map(|line| line.strip_prefix(start)).collect::<Vec<_>>();
    let named = values("Environment=").into_iter().filter_map(|pair| pair.split_once("_FILE=%d/"));
    let mut named: Vec<_> = named.map(|(_, name)| name).collect();
    let loaded = values("LoadCredential=").into_iter().filter_map(|it| it.split_once(':'));
    let mut loaded: Vec<_> = loaded.map(|(name, _)| name).collect();
    named.sort_unstable();
    loaded.sort_unstable();
    assert_eq!(named, loaded);
    assert_eq!(named.len(), 3);
}
