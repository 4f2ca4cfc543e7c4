//! Content-addressed names: every asset becomes `name-<hash>.ext`, and whoever mentions it follows. A file is
//! hashed after the files it mentions, so that a change travels up to the page.

use std::collections::BTreeMap;

use anyhow::{Result, bail};
use sha2::{Digest, Sha256};

/// Files by their path below `assets/`.
pub type Assets = BTreeMap<String, Vec<u8>>;

const HASH_DIGITS: usize = 10;

/// Renames the assets and rewrites `index`, the page that starts from them.
pub fn fingerprint(assets: &Assets, index: &str) -> Result<(Assets, String)> {
    let mut work = Work { assets, names: BTreeMap::new(), done: Assets::new() };
    for name in assets.keys() {
        work.visit(name, &mut Vec::new())?;
    }
    let index = rewrite(index, Kind::Html, &work.names);
    Ok((work.done, index))
}

struct Work<'a> {
    assets: &'a Assets,
    names: BTreeMap<String, String>,
    done: Assets,
}

impl<'a> Work<'a> {
    fn visit(&mut self, name: &'a str, parents: &mut Vec<&'a str>) -> Result<()> {
        if self.names.contains_key(name) {
            return Ok(());
        }
        if parents.contains(&name) {
            bail!(
                "web/assets: these files mention each other in a ring: {} -> {name}",
                parents.join(" -> ")
            );
        }
        let Some(content) = self.assets.get(name) else {
            return Ok(());
        };
        let text = Kind::of(name).and_then(|kind| Some((kind, std::str::from_utf8(content).ok()?)));
        let content = if let Some((kind, text)) = text {
            parents.push(name);
            for other in self.assets.keys() {
                if other != name && !find(text, kind, other).is_empty() {
                    self.visit(other, parents)?;
                }
            }
            parents.pop();
            rewrite(text, kind, &self.names).into_bytes()
        } else {
            content.clone()
        };
        let named = fingerprinted(name, &content);
        self.names.insert(name.to_owned(), named.clone());
        self.done.insert(named, content);
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Html,
    Css,
    Script,
}

impl Kind {
    fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')?.1 {
            "css" => Some(Self::Css),
            "js" | "mjs" | "json" | "webmanifest" => Some(Self::Script),
            _ => None,
        }
    }
}

fn fingerprinted(name: &str, content: &[u8]) -> String {
    let hash = &hex::encode(Sha256::digest(content))[..HASH_DIGITS];
    let folder = name.rfind('/').map_or(0, |slash| slash + 1);
    match name[folder..].rfind('.') {
        Some(dot) if dot > 0 => {
            format!("{}-{hash}{}", &name[..folder + dot], &name[folder + dot..])
        }
        _ => format!("{name}-{hash}"),
    }
}

/// Where `text` mentions the asset `name`: the places at which the name itself starts.
fn find(text: &str, kind: Kind, name: &str) -> Vec<usize> {
    let starts = text.match_indices(name).map(|(at, _)| at);
    let mentions = starts.filter(|&at| {
        let (before, after) = (&text[..at], &text[at + name.len()..]);
        let whole = after.chars().next().is_none_or(|next| !is_name(next));
        whole && is_reference(before, after, kind, name)
    });
    mentions.collect()
}

fn is_reference(before: &str, after: &str, kind: Kind, name: &str) -> bool {
    if before.ends_with("/assets/") {
        return true;
    }
    match kind {
        Kind::Html => false,
        Kind::Css => {
            before.ends_with("./")
                || ["url(", "url('", "url(\""].iter().any(|s| before.ends_with(s))
        }
        Kind::Script if before.ends_with("./") => !before.ends_with("../"),
        // wasm-bindgen's glue asks for its module by the bare name.
        Kind::Script => {
            let bare = |quote| before.ends_with(quote) && after.starts_with(quote);
            matches!(name.rsplit_once('.'), Some((_, "wasm"))) && (bare('\'') || bare('"'))
        }
    }
}

fn is_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | '/')
}

fn rewrite(text: &str, kind: Kind, names: &BTreeMap<String, String>) -> String {
    let mut edits: Vec<(usize, &str, &str)> = Vec::new();
    for (name, named) in names {
        edits.extend(
            find(text, kind, name).into_iter().map(|at| (at, name.as_str(), named.as_str())),
        );
    }
    edits.sort_unstable();
    let (mut rewritten, mut copied) = (String::with_capacity(text.len()), 0);
    for (at, name, named) in edits {
        rewritten.push_str(&text[copied..at]);
        rewritten.push_str(named);
        copied = at + name.len();
    }
    rewritten.push_str(&text[copied..]);
    rewritten
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assets(files: &[(&str, &str)]) -> Assets {
        files.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())).collect()
    }

    fn named<'a>(done: &'a Assets, stem: &str, extension: &str) -> (&'a str, &'a str) {
        let wanted = |name: &str| {
            let middle = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(extension));
            middle.is_some_and(|hash| hash.len() == HASH_DIGITS + 1 && hash.starts_with('-'))
        };
        let (name, content) = done.iter().find(|(name, _)| wanted(name)).expect(stem);
        (name, std::str::from_utf8(content).unwrap())
    }

    #[test]
    fn references_follow_from_the_module_up_to_the_page() {
        let files = assets(&[
            (
                "app.js",
                "import('./snippets/a/inline0.js'); new URL('app_bg.wasm', import.meta.url)",
            ),
            ("app_bg.wasm", "\0asm"),
            ("boot.js", "import init from './app.js';\ninit('/assets/app_bg.wasm');"),
            ("logo.svg", "<svg/>"),
            ("snippets/a/inline0.js", "export {}"),
            ("style.css", "a{background:url(logo.svg)} b{background:url('/assets/logo.svg')}"),
        ]);
        let page = r#"<link href="/assets/style.css"><script type="module" src="/assets/boot.js"></script>"#;
        let (done, page) = fingerprint(&files, page).unwrap();

        let (wasm, _) = named(&done, "app_bg", ".wasm");
        let (logo, _) = named(&done, "logo", ".svg");
        let (snippet, _) = named(&done, "snippets/a/inline0", ".js");
        let (app, app_text) = named(&done, "app", ".js");
        let (boot, boot_text) = named(&done, "boot", ".js");
        let (style, style_text) = named(&done, "style", ".css");
        assert_eq!(app_text, format!("import('./{snippet}'); new URL('{wasm}', import.meta.url)"));
        assert_eq!(boot_text, format!("import init from './{app}';\ninit('/assets/{wasm}');"));
        assert_eq!(
            style_text,
            format!("a{{background:url({logo})}} b{{background:url('/assets/{logo}')}}")
        );
        assert!(
            page.contains(&format!("/assets/{style}\""))
                && page.contains(&format!("/assets/{boot}\""))
        );
        assert_eq!(done.len(), files.len());
    }

    #[test]
    fn a_changed_leaf_changes_every_name_above_it() {
        let boot_of = |wasm| {
            let files = assets(&[
                ("app.js", "new URL('app_bg.wasm')"),
                ("app_bg.wasm", wasm),
                ("boot.js", "import './app.js'"),
            ]);
            fingerprint(&files, "/assets/boot.js").unwrap().1
        };
        assert_ne!(boot_of("one"), boot_of("two"));
        assert_eq!(boot_of("one"), boot_of("one"));
    }

    #[test]
    fn names_that_only_look_alike_stay() {
        let names = BTreeMap::from([("app.js".to_owned(), "app-1.js".to_owned())]);
        for text in
            ["'./app.json'", "'./app.js.map'", "'../app.js'", "'app.js'", "'/assets/my-app.js'"]
        {
            assert_eq!(rewrite(text, Kind::Script, &names), text);
        }
        assert_eq!(rewrite("'./app.js?x'", Kind::Script, &names), "'./app-1.js?x'");
    }

    #[test]
    fn a_ring_of_references_is_an_error() {
        let files = assets(&[("a.js", "import './b.js'"), ("b.js", "import './a.js'")]);
        let error = fingerprint(&files, "").unwrap_err().to_string();
        assert!(error.contains("a.js -> b.js -> a.js"), "{error}");
    }

    #[test]
    fn only_the_last_extension_moves() {
        let hash = &hex::encode(Sha256::digest(b"x"))[..HASH_DIGITS];
        assert_eq!(fingerprinted("a.b/c.min.js", b"x"), format!("a.b/c.min-{hash}.js"));
        assert_eq!(fingerprinted("a.b/LICENSE", b"x"), format!("a.b/LICENSE-{hash}"));
    }
}
