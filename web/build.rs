//! Gives the page the ids of its operations, and rebuilds it when the schema or an operation changes:
//! `graphql_client` itself tracks only the operation's own file.

use std::{env, error::Error, fmt::Write, fs, path::Path};

use serde_json::Value;

const MANIFEST: &str = "queries/manifest.json";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../schema.graphql");
    println!("cargo:rerun-if-changed=queries");
    let manifest: Value = serde_json::from_str(&fs::read_to_string(MANIFEST)?)?;
    let mut ids = String::from("macro_rules! document_id {\n");
    for operation in manifest["operations"].as_array().into_iter().flatten() {
        let text = |key| operation[key].as_str().ok_or("an operation is not complete");
        let (id, name, body) = (text("id")?, text("name")?, text("body")?);
        if fs::read_to_string(format!("queries/{name}.graphql"))? != body {
            return Err(format!("{MANIFEST} has an old {name}: run `cargo xtask codegen`").into());
        }
        writeln!(ids, "    ({name}) => {{ \"{id}\" }};")?;
    }
    ids.push_str("}\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("document_id.rs"), ids)?;
    Ok(())
}
