//! Links to files of the checkout, and to headings in them.

use std::fs;

use super::{Document, links, target};

/// Each link of the document that leads nowhere.
pub fn faults(document: &Document) -> Vec<String> {
    let own = links(&document.text).filter(|(_, link)| !link.contains(':'));
    own.filter(|(_, link)| !leads_somewhere(&document.name, link))
        .map(|(_, link)| format!("{}: the link {link} leads nowhere", document.name))
        .collect()
}

fn leads_somewhere(document: &str, link: &str) -> bool {
    let file = target(document, link);
    match link.split_once('#') {
        None => file.exists(),
        Some((_, heading)) => fs::read_to_string(file).is_ok_and(|text| has(&text, heading)),
    }
}

fn has(text: &str, heading: &str) -> bool {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings.map(|line| anchor(line.trim_start_matches('#').trim())).any(|name| name == heading)
}

/// As hosts of Markdown name a heading.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.flat_map(char::to_lowercase)
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_leads_to_a_file_and_to_a_heading_in_it() {
        for link in ["security.md", "security.md#signed-claims", "../README.md", "#signed-claims"] {
            assert!(leads_somewhere("docs/security.md", link), "{link}");
        }
        for link in ["no.md", "security.md#no", "../security.md", "no.md#signed-claims"] {
            assert!(!leads_somewhere("docs/security.md", link), "{link}");
        }
        assert_eq!(anchor("What `api` does, by itself"), "what-api-does-by-itself");
    }

    #[test]
    fn links_to_other_hosts_are_not_looked_at() {
        let document = |text: &str| Document { name: "README.md".into(), text: text.into() };
        assert_eq!(faults(&document("[x](https://example.com/no.md)")), [""; 0]);
        let said = "README.md: the link no.md leads nowhere";
        assert_eq!(faults(&document("[x](no.md)")), [said]);
    }
}
