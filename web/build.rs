//! Rebuilds the page when the schema or an operation changes: `graphql_client` itself tracks only the
//! operation's own file, so a changed schema would otherwise go unnoticed.

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=../schema.graphql");
    println!("cargo:rerun-if-changed=queries");
}
