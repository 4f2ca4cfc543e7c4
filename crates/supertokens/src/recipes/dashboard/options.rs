//! Settings of the dashboard.

use crate::recipes::form;

/// Who may change users in the dashboard, and how its page looks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardOptions {
    /// Emails of the dashboard users who may change something; others can only read. `None`: all may.
    pub admins: Option<Vec<String>>,
    /// Colours and sizes as CSS custom properties. The default lists all that the page uses.
    pub theme_css: &'static str,
    /// The page's icon, as SVG.
    pub icon_svg: &'static str,
}

impl Default for DashboardOptions {
    fn default() -> Self {
        Self {
            admins: None,
            theme_css: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard/tokens.css")),
            icon_svg: include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/dashboard/icon.svg")),
        }
    }
}

impl DashboardOptions {
    pub(crate) fn may_edit(&self, email: &str) -> bool {
        let is_same = |admin: &String| form::normalised(admin) == form::normalised(email);
        self.admins.as_ref().is_none_or(|admins| admins.iter().any(is_same))
    }
}
