//! What of the page a visitor waits for.

use std::{fs, path::Path};

use anyhow::{Context, Result, ensure};

use crate::page;

/// What a first visit may load, packed by brotli, in bytes.
const LIMIT: u64 = 180_000;

/// A file of the page, as it is sent plain and by either encoding.
struct Weight {
    name: String,
    forms: [u64; 3],
}

/// Prints what each file weighs; fails where that is too much.
pub fn print() -> Result<()> {
    let mut weights = weigh(&page::dist(), "")?;
    weights.sort_by_key(|weight| std::cmp::Reverse(weight.forms[2]));
    let sums = [0, 1, 2].map(|form| weights.iter().map(|weight| weight.forms[form]).sum::<u64>());
    println!("{:<32} {:>9} {:>9} {:>9}", "bytes", "plain", "gzip", "brotli");
    for Weight { name, forms: [plain, gzip, brotli] } in &weights {
        println!("{name:<32} {plain:>9} {gzip:>9} {brotli:>9}");
    }
    let [plain, gzip, brotli] = sums;
    println!("{:<32} {plain:>9} {gzip:>9} {brotli:>9}", "a first visit");
    ensure!(brotli <= LIMIT, "a first visit loads {brotli} bytes: more than {LIMIT}");
    println!("{} below the limit of {LIMIT}", LIMIT - brotli);
    Ok(())
}

/// Every file of the page is part of a first visit.
fn weigh(folder: &Path, prefix: &str) -> Result<Vec<Weight>> {
    let mut weights = Vec::new();
    for entry in folder.read_dir().context("the page is not built")? {
        let entry = entry?;
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            weights.extend(weigh(&entry.path(), &format!("{name}/"))?);
        } else if !entry.path().extension().is_some_and(|form| form == "br" || form == "gz") {
            let plain = entry.metadata()?.len();
            // What does not get smaller has no packed form.
            let packed = |suffix| {
                fs::metadata(
                    folder.join(format!("{}{suffix}", entry.file_name().to_string_lossy())),
                )
                .map_or(plain, |file| file.len())
            };
            weights.push(Weight { name, forms: [plain, packed(".gz"), packed(".br")] });
        }
    }
    Ok(weights)
}
