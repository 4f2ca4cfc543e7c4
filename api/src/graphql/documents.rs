//! Documents that are known by the SHA-256 of their text: the page's own, and those of other manifests.
//! They are parsed once, and none is ever added by a request.

use std::{collections::HashMap, fs, io, path::Path, sync::Arc};

use async_graphql::{Request, ServerError, Value, parser::types::ExecutableDocument};
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::{Error, probe::Probe, texts::CheckedDocument, validation::Validator};

/// The extension that names a document, as the clients of automatic persisted queries send it.
pub const PERSISTED_QUERY: &str = "persistedQuery";

/// A manifest in the form that is in use elsewhere, too. `cargo xtask codegen` writes the page's.
#[derive(Debug, Deserialize)]
pub struct Manifest {
    operations: Vec<Operation>,
}

#[derive(Debug, Deserialize)]
struct Operation {
    /// The SHA-256 of the body, in hexadecimal digits.
    id: String,
    name: String,
    body: String,
}

/// A manifest that cannot be used. The text says which one, and what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct BadManifest(String);

impl BadManifest {
    /// The schema itself cannot be validated against.
    pub fn schema(reason: &str) -> Self {
        Self(format!("the schema cannot be used for validation: {reason}"))
    }
}

impl Manifest {
    /// The page's that this service was built with.
    pub fn own() -> Result<Self, BadManifest> {
        Self::parse(include_str!("../../../web/queries/manifest.json"), "web/queries/manifest.json")
    }

    /// Those of a file, or of all JSON files in a folder.
    pub fn read(path: &Path) -> Result<Vec<Self>, BadManifest> {
        let unreadable =
            |error: io::Error| BadManifest(format!("{} cannot be read: {error}", path.display()));
        if !path.is_dir() {
            let text = fs::read_to_string(path).map_err(unreadable)?;
            return Ok(vec![Self::parse(&text, &path.display().to_string())?]);
        }
        let mut manifests = Vec::new();
        for entry in fs::read_dir(path).map_err(unreadable)? {
            let file = entry.map_err(unreadable)?.path();
            if file.extension().is_some_and(|extension| extension == "json") {
                manifests.extend(Self::read(&file)?);
            }
        }
        Ok(manifests)
    }

    fn parse(text: &str, name: &str) -> Result<Self, BadManifest> {
        serde_json::from_str(text).map_err(|error| {
            BadManifest(format!("{name} is no manifest: {error}. `cargo xtask codegen` writes one"))
        })
    }
}

pub struct Document {
    /// As its manifest calls it.
    pub name: Arc<str>,
    /// Shared with the requests that name it.
    pub checked: Arc<CheckedDocument>,
}

/// By their hashes, in small hexadecimal digits.
pub struct Documents(HashMap<String, Document>);

impl Documents {
    /// Refuses a document that is not what its hash says, or that could not be executed.
    pub async fn load(
        manifests: &[Manifest],
        probe: &Probe,
        validator: &Validator,
    ) -> Result<Self, BadManifest> {
        let mut documents = HashMap::new();
        for Operation { id, name, body } in manifests.iter().flat_map(|known| &known.operations) {
            let refuse = |what: &str| BadManifest(format!("the document {name} {what}"));
            if *id != hash(body) {
                return Err(refuse("is another than its id says: its SHA-256 differs"));
            }
            let checked = check(body, probe, validator)
                .await
                .map_err(|fault| refuse(&format!("cannot be executed by this schema: {fault}")))?;
            let name = name.as_str().into();
            documents.insert(id.clone(), Document { name, checked: Arc::new(checked) });
        }
        Ok(Self(documents))
    }

    /// What the document is called that a request names.
    pub fn name_of(&self, request: &Request) -> Option<Arc<str>> {
        let named = sha256_of(request.extensions.get(PERSISTED_QUERY)?)?;
        self.0.get(named).map(|document| Arc::clone(&document.name))
    }

    /// The document that a request names, if it names one. With a text beside it, a name that is
    /// not known is no more than the text's hash.
    pub fn named_by(&self, request: &Request) -> Result<Option<&Document>, Error> {
        let Some(persisted) = request.extensions.get(PERSISTED_QUERY) else { return Ok(None) };
        let Some(named) = sha256_of(persisted) else {
            return Err(Error::bad_input(
                "extensions.persistedQuery should be {version: 1, sha256Hash: \"…\"}.",
            ));
        };
        match self.0.get(named) {
            Some(document) => Ok(Some(document)),
            None if request.query.is_empty() => Err(Error::PersistedQueryNotFound),
            None if named == hash(&request.query) => Ok(None),
            None => Err(Error::bad_input("sha256Hash is not the SHA-256 of the operation.")),
        }
    }
}

fn sha256_of(persisted: &Value) -> Option<&str> {
    let Value::Object(fields) = persisted else { return None };
    match (fields.get("version"), fields.get("sha256Hash")) {
        (Some(Value::Number(version)), Some(Value::String(hash)))
            if version.as_u64() == Some(1) =>
        {
            Some(hash)
        }
        _ => None,
    }
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

async fn check(
    text: &str,
    probe: &Probe,
    validator: &Validator,
) -> Result<CheckedDocument, String> {
    let message = |error: &ServerError| error.message.clone();
    let checked = CheckedDocument::check(text, validator);
    let checked = checked.map_err(|errors| errors.first().map(message).unwrap_or_default())?;
    let mut request = Request::new(text);
    request.set_parsed_query(checked.parsed.clone());
    match probe.complexity(request).await {
        Ok(_) => Ok(checked),
        Err(errors) => match errors.iter().find(|error| !wants_a_value(error, &checked.parsed)) {
            None => Ok(checked),
            Some(error) => Err(error.message.clone()),
        },
    }
}

/// Whether only the value of a variable is missing, as it comes with a request.
fn wants_a_value(error: &ServerError, document: &ExecutableDocument) -> bool {
    let variables = document.operations.iter().flat_map(|(_, operation)| {
        operation.node.variable_definitions.iter().map(|variable| &variable.node.name.node)
    });
    let mut missing = variables.map(|name| format!("Variable {name} is not defined."));
    missing.any(|text| error.message == text)
}
