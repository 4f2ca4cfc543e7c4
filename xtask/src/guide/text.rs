//! What a guide has one do, read from its blocks.

use anyhow::{Context, Result, bail, ensure};

use super::change::{self, Change};

#[derive(Debug, PartialEq)]
pub enum Order {
    /// A file that is not there yet.
    Write {
        file: String,
        text: String,
    },
    Change {
        file: String,
        changes: Vec<Change>,
    },
    /// A command, at the top of the checkout.
    Run(String),
}

/// A block belongs to the file that stands above it in backquotes, with a colon. One of `sh` is commands.
pub fn orders(guide: &str) -> Result<Vec<Order>> {
    let mut orders = Vec::new();
    let mut lines = guide.lines();
    // The last line that says something.
    let mut before = "";
    while let Some(line) = lines.next() {
        let Some(language) = line.strip_prefix("```") else {
            before = if line.trim().is_empty() { before } else { line };
            continue;
        };
        let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
        let file = before.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
        let file = || {
            let file = file.with_context(|| format!("the block after «{before}» names no file"))?;
            ensure!(
                !file.starts_with('/') && !file.contains(".."),
                "{file} is not of the checkout"
            );
            Ok(file.to_owned())
        };
        match language {
            "sh" => orders.extend(block.into_iter().map(|line| Order::Run(line.to_owned()))),
            "diff" => orders.push(Order::Change { file: file()?, changes: change::read(&block)? }),
            "rust" | "graphql" => {
                orders.push(Order::Write { file: file()?, text: block.join("\n") + "\n" });
            }
            other => {
                bail!("a block of «{other}» after «{before}»: nobody knows what to do with it")
            }
        }
        before = "";
    }
    Ok(orders)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_block_is_an_order() {
        let guide =
            "# X\n\n`a/b.rs`:\n\n```rust\nfn a() {}\n```\n\nThen\n\n```sh\ncargo x\ncargo y\n```\n";
        let [write, x, y] = &orders(guide).unwrap()[..] else { panic!("three orders") };
        let (file, text) = ("a/b.rs".to_owned(), "fn a() {}\n".to_owned());
        assert_eq!(*write, Order::Write { file, text });
        assert_eq!([x, y], [&Order::Run("cargo x".into()), &Order::Run("cargo y".into())]);
    }

    #[test]
    fn a_block_that_belongs_to_no_file_is_told() {
        for guide in [
            "Say:\n\n```rust\nfn a() {}\n```\n",
            "`a.rs`:\n\n```rust\n```\n\n```rust\n```\n",
            "`../a.rs`:\n\n```rust\n```\n",
            "`a.rs`:\n\n```\n```\n",
        ] {
            assert!(orders(guide).is_err(), "{guide}");
        }
    }
}
