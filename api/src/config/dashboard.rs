//! The page for who administers users: whether there is one, and who may change something there.

use clap::Args;
use supertokens::DashboardOptions;

use super::{Environment, Switch};

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Dashboard")]
pub struct DashboardVars {
    /// Whether users are administered at `API_DOMAIN/auth/dashboard`: `on` or `off`. Default: `on` in
    /// development, `off` in production.
    #[arg(long, env = "DASHBOARD", value_enum)]
    dashboard: Option<Switch>,

    /// The emails of those who may change something there, with commas between:
    /// `ada@example.com,grace@example.com`. Others who can sign in only look. Empty: all may.
    #[arg(long, env = "DASHBOARD_ADMINS", value_delimiter = ',', value_parser = email)]
    dashboard_admins: Vec<String>,
}

impl DashboardVars {
    pub(super) fn read(&self, environment: Environment) -> Option<DashboardOptions> {
        let is_on = match (self.dashboard, environment) {
            (Some(switch), _) => switch == Switch::On,
            (None, environment) => environment == Environment::Development,
        };
        let admins = (!self.dashboard_admins.is_empty()).then(|| self.dashboard_admins.clone());
        is_on.then_some(DashboardOptions {
            admins,
            theme_css: include_str!("../../../web/assets/tokens.css"),
            icon_svg: include_str!("../../../web/assets/favicon.svg"),
        })
    }
}

/// A name with a typing error would let nobody change anything.
fn email(text: &str) -> Result<String, String> {
    match text.trim() {
        email if email.contains('@') => Ok(email.to_owned()),
        _ => Err("not an email".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::read;

    const PRODUCTION: [(&str, &str); 6] = [
        ("APP_ENV", "production"),
        ("TRUSTED_PROXIES", "10.0.0.0/8"),
        ("API_DOMAIN", "https://example.com"),
        ("SUPERTOKENS_URI", "http://core:3567"),
        ("SMTP_URL", "smtps://mail.example.com"),
        ("MAIL_FROM", "no-reply@example.com"),
    ];

    #[test]
    fn production_has_a_dashboard_only_where_it_is_asked_for() {
        assert!(read(&[]).unwrap().dashboard.is_some());
        assert!(read(&[("DASHBOARD", "off")]).unwrap().dashboard.is_none());
        assert!(read(&PRODUCTION).unwrap().dashboard.is_none());
        let asked = [&PRODUCTION[..], &[("DASHBOARD", "on")]].concat();
        assert!(read(&asked).unwrap().dashboard.is_some());
    }

    #[test]
    fn admins_are_named_or_all_are() {
        let admins =
            |list| read(&[("DASHBOARD_ADMINS", list)]).map(|c| c.dashboard.unwrap().admins);
        assert_eq!(admins(""), Ok(None));
        let both = vec!["ada@example.com".to_owned(), "grace@example.com".to_owned()];
        assert_eq!(admins("ada@example.com, grace@example.com"), Ok(Some(both)));
        let error = admins("ada").unwrap_err();
        assert!(error.contains("DASHBOARD_ADMINS") && error.contains("`ada`"), "{error}");
    }
}
