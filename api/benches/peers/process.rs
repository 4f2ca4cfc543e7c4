//! What /proc says of processes.

use std::{fs, time::Duration};

use anyhow::{Context as _, Result};

/// `USER_HZ`, which is 100 on every Linux there is (proc(5)).
const TICK: Duration = Duration::from_millis(10);

struct Stat {
    parent: u32,
    ticks: u64,
    ticks_of_ended_children: u64,
}

impl Stat {
    fn read(pid: u32) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        // The name in brackets may hold anything.
        let (_, rest) = text.rsplit_once(')').context("an odd /proc/PID/stat")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |index: usize| -> Result<u64> {
            Ok(fields.get(index).context("a short /proc/PID/stat")?.parse()?)
        };
        Ok(Self {
            parent: u32::try_from(number(1)?)?,
            ticks: number(11)? + number(12)?,
            ticks_of_ended_children: number(13)? + number(14)?,
        })
    }
}

pub fn parent(pid: u32) -> Result<u32> {
    Ok(Stat::read(pid)?.parent)
}

pub fn cpu(pid: u32) -> Result<Duration> {
    ticks(Stat::read(pid)?.ticks)
}

/// Of a process and its children, those that have ended included.
pub fn cpu_of_family(pid: u32) -> Result<Duration> {
    let own = Stat::read(pid)?;
    let mut sum = own.ticks + own.ticks_of_ended_children;
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(other) = name.to_str().and_then(|name| name.parse().ok()) else { continue };
        // Some end while we look.
        if let Ok(stat) = Stat::read(other)
            && stat.parent == pid
        {
            sum += stat.ticks;
        }
    }
    ticks(sum)
}

/// Resident memory, in bytes.
pub fn memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes: u64 = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmRSS in /proc/PID/status")?
        .parse()?;
    Ok(kilobytes * 1024)
}

fn ticks(ticks: u64) -> Result<Duration> {
    Ok(TICK * u32::try_from(ticks)?)
}
