//! What variables have to do with one another, and what production refuses.

use pg_scope::Options;
use secrecy::{ExposeSecret as _, SecretString};
use supertokens::{AntiCsrf, CookieDomain};
use url::Url;

use super::{Config, Environment, faults::Faults};

/// Passwords that stand in examples, ours among them.
const EXAMPLES: [&str; 7] =
    ["password", "postgres", "secret", "changeme", "change-me", "todos", "todos_app"];

pub(super) fn check(config: &Config, faults: &mut Faults) {
    check_core(config, faults);
    if config.environment == Environment::Production {
        check_production(config, faults);
    }
    check_databases(config, faults);
    config.claims.check(faults);
    check_mail(config, faults);
    check_cookie_domains(config, faults);
    check_cross_site(config, faults);
}

/// Whether there is a Core.
pub(super) fn check_core(config: &Config, faults: &mut Faults) {
    if !config.supertokens_uri.is_empty() {
        return;
    }
    if config.environment == Environment::Production {
        faults.rule(
            &["SUPERTOKENS_URI"],
            "SUPERTOKENS_URI is not set, and APP_ENV is `production`: the development Core is for \
             development. Give the address of a SuperTokens Core.",
        );
    } else if config.database_url.is_none() {
        faults.rule(
            &["SUPERTOKENS_URI", "DATABASE_URL"],
            "SUPERTOKENS_URI and DATABASE_URL are both not set: give the address of a SuperTokens \
             Core, or the database in which the development Core may keep its state.",
        );
    }
}

fn check_production(config: &Config, faults: &mut Faults) {
    // It speaks plain HTTP, so something in front speaks https: to the limits all users would be one.
    if config.limits.count_addresses() && config.limits.trusted_proxies.is_empty() {
        faults.rule(
            &["TRUSTED_PROXIES", "RATE_LIMIT_ADDRESS", "RATE_LIMIT_ACCOUNT"],
            "TRUSTED_PROXIES is not set, and APP_ENV is `production`: behind the proxy that speaks \
             https all users would be one address, and one of them could keep all others from \
             signing in. Give the addresses of your proxies, such as 10.0.0.0/8, or set \
             RATE_LIMIT_ADDRESS and RATE_LIMIT_ACCOUNT to `off`.",
        );
    }
    let (api, website) = (config.api_domain(), config.website_domain());
    // One origin for both is told once.
    let website = (website != api).then_some(("WEBSITE_DOMAIN", website));
    for (name, domain) in [("API_DOMAIN", api)].into_iter().chain(website) {
        if domain.scheme() != "https" {
            let text = format!(
                "{name} is `{domain}`, and APP_ENV is `production`: sessions may only travel over \
                 https. Give the origin that browsers see, such as https://example.com."
            );
            faults.rule(&[name], text);
        }
    }
    check_passwords(config, faults);
}

/// The URLs of the database that are set.
fn databases(config: &Config) -> impl Iterator<Item = (&'static str, &SecretString)> {
    let urls = [
        ("DATABASE_URL", config.database_url.as_ref()),
        ("DATABASE_AUTHENTICATED_URL", Some(&config.database_authenticated_url)),
        ("DATABASE_URL_DIRECT", config.database_url_direct.as_ref()),
    ];
    urls.into_iter().filter_map(|(name, url)| Some((name, url?)))
}

fn check_databases(config: &Config, faults: &mut Faults) {
    let requires_tls =
        config.environment == Environment::Production && !config.database_allow_unverified_tls;
    for (name, url) in databases(config) {
        if let Err(text) = check_database(name, url, requires_tls) {
            faults.rule(&[name], text);
        }
    }
}

/// Whether the URL of a database can be used, and verifies a server on another machine.
pub(super) fn check_database(
    name: &str,
    url: &SecretString,
    requires_tls: bool,
) -> Result<(), String> {
    let options = Options::from_url(url.expose_secret());
    let options = options.map_err(|error| format!("{name}: {error}."))?;
    if requires_tls && !options.is_local() && !options.verifies_server() {
        return Err(format!(
            "{name} names a database on another machine without sslmode=verify-full, and APP_ENV is `production`: \
             another machine could stand in for it and read everything. Add sslmode=verify-full, and sslrootcert=PATH \
             for certificates of your own. In a network that nobody else reaches, set \
             DATABASE_ALLOW_UNVERIFIED_TLS=true."
        ));
    }
    Ok(())
}

/// A password that stands in an example is known to everybody.
fn check_passwords(config: &Config, faults: &mut Faults) {
    let of_database = |url: &SecretString| {
        Options::from_url(url.expose_secret()).ok()?.password().map(str::to_owned)
    };
    let of_mail =
        |url: &SecretString| Url::parse(url.expose_secret()).ok()?.password().map(str::to_owned);
    let databases = databases(config).map(|(name, url)| (name, of_database(url)));
    let mail = ("SMTP_URL", config.smtp_url.as_ref().and_then(of_mail));
    for (name, password) in databases.chain([mail]) {
        if password
            .is_some_and(|text| EXAMPLES.iter().any(|known| text.eq_ignore_ascii_case(known)))
        {
            let text = format!(
                "{name} has a password that stands in examples, and APP_ENV is `production`: \
                 choose one that nobody can guess."
            );
            faults.rule(&[name], text);
        }
    }
}

/// Cookies that travel to another site: browsers want them `Secure`, and then every site can send
/// them.
fn check_cross_site(config: &Config, faults: &mut Faults) {
    let (api, website) = (config.api_domain(), config.website_domain());
    if !supertokens::is_cross_site(&api, &website) {
        return;
    }
    // Production has said so already.
    if api.scheme() != "https" && config.environment != Environment::Production {
        let text = format!(
            "API_DOMAIN is `{api}` and WEBSITE_DOMAIN is `{website}`: browsers take them for \
             different sites, and give cookies to another site over https only. Use https for \
             API_DOMAIN, or one site for both."
        );
        faults.rule(&["API_DOMAIN", "WEBSITE_DOMAIN"], text);
    }
    if config.anti_csrf == AntiCsrf::None {
        let text = format!(
            "ANTI_CSRF is `none`, with API_DOMAIN `{api}` and WEBSITE_DOMAIN `{website}` on \
             different sites: any page could act for who is signed in. Use `via-custom-header`."
        );
        faults.rule(&["ANTI_CSRF", "API_DOMAIN", "WEBSITE_DOMAIN"], text);
    }
}

fn check_mail(config: &Config, faults: &mut Faults) {
    match (&config.smtp_url, &config.mail_from) {
        (Some(_), None) => faults.rule(
            &["MAIL_FROM"],
            "MAIL_FROM is not set, and SMTP_URL is. It should be the sender of mails, such as \
             `Todos <no-reply@example.com>`.",
        ),
        (None, _) if config.environment == Environment::Production => faults.rule(
            &["SMTP_URL"],
            "SMTP_URL is not set, and APP_ENV is `production`: without a mail server nobody could \
             choose a new password. Give its address, such as `smtps://NAME:PASSWORD@HOST`.",
        ),
        (None, _) if config.database_url.is_none() => faults.rule(
            &["SMTP_URL", "DATABASE_URL"],
            "SMTP_URL and DATABASE_URL are both not set: give the address of a mail server, or the \
             database in which mails may be kept for `/dev/mail`.",
        ),
        _ => {}
    }
}

/// Browsers reject cookies for other domains than these, and nobody could sign in.
fn check_cookie_domains(config: &Config, faults: &mut Faults) {
    let older = match &config.older_cookie_domain {
        Some(CookieDomain::Subdomains(domain)) => Some(domain),
        Some(CookieDomain::Host) | None => None,
    };
    let domains =
        [("COOKIE_DOMAIN", config.cookie_domain.as_ref()), ("OLDER_COOKIE_DOMAIN", older)];
    let api = config.api_domain();
    let host = api.host_str().unwrap_or_default();
    for (name, domain) in domains.into_iter().filter_map(|(name, domain)| Some((name, domain?))) {
        if host != domain && !host.ends_with(&format!(".{domain}")) {
            let text = format!("{name} is `{domain}`, of which `{host}` (API_DOMAIN) is no part.");
            faults.rule(&[name, "API_DOMAIN"], text);
        } else if supertokens::is_public_suffix(domain) {
            let text = format!(
                "{name} is `{domain}`, a public suffix: browsers reject cookies for it, because anybody can \
                 register names below it. Use a domain of your own, or leave it empty."
            );
            faults.rule(&[name], text);
        }
    }
    let same = match &config.cookie_domain {
        Some(domain) => older == Some(domain),
        None => config.older_cookie_domain == Some(CookieDomain::Host),
    };
    if same {
        faults.rule(
            &["OLDER_COOKIE_DOMAIN", "COOKIE_DOMAIN"],
            "OLDER_COOKIE_DOMAIN names the domain that COOKIE_DOMAIN has now: every doubled cookie would be \
             removed with the session. Give the former domain, or leave it empty.",
        );
    }
}
