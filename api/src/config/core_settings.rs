//! Where the Core is: all that the commands for administrators need.

use secrecy::SecretString;
use url::Url;

use super::{Config, dev_core::DevCoreVars, faults::Faults, rules};

/// The variables that say it. A secret may be in a file that `NAME_FILE` names.
const VARIABLES: [&str; 4] = ["APP_ENV", "DATABASE_URL", "SUPERTOKENS_API_KEY", "SUPERTOKENS_URI"];
/// They begin so, too.
const EMBEDDED: &str = "EMBEDDED_CORE_";

/// The Core at some addresses, or the development Core in a database.
#[derive(Debug, Clone)]
pub struct CoreSettings {
    /// Addresses of one Core. Empty: the development Core.
    pub uris: Vec<Url>,
    pub api_key: Option<SecretString>,
    /// Where the development Core keeps its state.
    pub database_url: Option<SecretString>,
    pub dev_core: DevCoreVars,
}

impl CoreSettings {
    /// Reads the environment, and of it nothing else.
    pub fn from_env() -> Result<Self, Faults> {
        Self::from_vars(|name| std::env::var(name).ok())
    }

    /// Reads variables by name.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let wanted = |name: &str| VARIABLES.contains(&name) || name.starts_with(EMBEDDED);
        let Some(config) = Config::parse(&var, &mut faults, wanted) else { return Err(faults) };
        rules::check_core(&config, &mut faults);
        faults.into_result(config.core())
    }
}

impl Config {
    pub fn core(&self) -> CoreSettings {
        CoreSettings {
            uris: self.supertokens_uri.clone(),
            api_key: self.supertokens_api_key.clone(),
            database_url: self.database_url.clone(),
            dev_core: self.dev_core.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(vars: &[(&str, &str)]) -> Result<CoreSettings, String> {
        let found = |name: &str| {
            let var = vars.iter().find(|(known, _)| *known == name);
            var.map(|(_, value)| (*value).to_owned())
        };
        CoreSettings::from_vars(found).map_err(|error| error.to_string())
    }

    #[test]
    fn only_settings_of_the_core_are_needed() {
        let elsewhere = ("SUPERTOKENS_URI", "http://core:3567");
        let settings = read(&[elsewhere, ("APP_ENV", "production"), ("PORT", "x")]).unwrap();
        assert_eq!(settings.uris.len(), 1);
        assert!(read(&[("DATABASE_URL", "postgres://owner@localhost/todos")]).is_ok());
    }

    #[test]
    fn development_core_has_settings() {
        let database = ("DATABASE_URL", "postgres://owner@localhost/todos");
        let lifetime = ("EMBEDDED_CORE_ACCESS_TOKEN_VALIDITY", "2");
        let settings = read(&[database, lifetime, ("EMBEDDED_CORE_PORT", "3567")]).unwrap();
        assert_eq!(settings.dev_core.port, Some(3567));
        assert_eq!(settings.dev_core.access_token_validity.as_secs(), 2);
        let error = read(&[database, ("EMBEDDED_CORE_PORT", "0")]).unwrap_err();
        assert!(error.contains("EMBEDDED_CORE_PORT"), "{error}");
    }

    #[test]
    fn missing_core_is_an_error() {
        let error = read(&[]).unwrap_err();
        assert!(error.contains("SUPERTOKENS_URI") && error.contains("DATABASE_URL"), "{error}");
        let database = ("DATABASE_URL", "postgres://owner@localhost/todos");
        let error = read(&[database, ("APP_ENV", "production")]).unwrap_err();
        assert!(error.contains("SUPERTOKENS_URI is not set"), "{error}");
        let error = read(&[("SUPERTOKENS_URI", "core:3567")]).unwrap_err();
        assert!(error.contains("http://HOST:3567"), "{error}");
    }
}
