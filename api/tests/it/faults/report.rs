//! What a test found out, as a row of the table in `docs/reliability.md`: `cargo xtask faults` makes it.

use std::{env, fs::OpenOptions, io::Write as _, time::Duration};

use serde_json::json;

use super::bystanders::Impact;

/// A fault and what became of it. The texts are for the table.
pub struct Row<'a> {
    /// Of the table's parts: `database`, `core`, `clients`, `restarts`, `load`.
    pub about: &'a str,
    pub fault: &'a str,
    pub sees: &'a str,
    /// Users who have no part in the fault, where the row claims something of them.
    pub bystanders: Option<&'a Impact>,
    /// From the end of the fault to the first answer that is as before; none where nobody has to wait.
    pub well_after: Option<Duration>,
    pub kept: &'a str,
}

impl Row<'_> {
    /// One line of JSON at the end of the file `FAULTS_REPORT`, where that is set.
    pub fn report(&self) {
        let well = self.well_after.map_or("at once".to_owned(), spoken);
        let bystanders = self.bystanders.map_or(String::new(), ToString::to_string);
        let Row { about, fault, sees, kept, .. } = self;
        let row = json!({
            "about": about, "fault": fault, "sees": sees, "bystanders": bystanders, "well_after": well, "kept": kept
        });
        println!("{row}");
        if let Some(path) = env::var_os("FAULTS_REPORT").filter(|path| !path.is_empty()) {
            let file = OpenOptions::new().create(true).append(true).open(path);
            // Whole in one write: other tests write to it, too.
            file.and_then(|mut file| file.write_all(format!("{row}\n").as_bytes()))
                .expect("the report can be written");
        }
    }
}

/// A time as people say it.
pub fn spoken(time: Duration) -> String {
    match time.as_millis() {
        millis @ ..1000 => format!("{millis} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
