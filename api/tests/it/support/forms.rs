//! What is sent to sign in.

use serde_json::{Value, json};

/// FDI form fields.
pub fn credentials(email: &str, password: &str) -> Value {
    json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": password}]})
}
