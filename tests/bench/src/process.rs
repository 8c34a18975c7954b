//! What the operating system says about processes.

use std::{fs, time::Duration};

use anyhow::{Context, Result};

/// Linux counts in `USER_HZ`, which is 100 on every architecture that we run on.
const TICKS_PER_SECOND: u64 = 100;

/// One process as `/proc/PID/stat` describes it.
struct Stat {
    parent: u32,
    own: u64,
    of_gone_children: u64,
}

impl Stat {
    /// The name, in brackets, may itself contain blanks and brackets.
    fn parse(text: &str) -> Option<Self> {
        let fields: Vec<&str> = text.rsplit_once(')')?.1.split_whitespace().collect();
        let number = |at: usize| fields.get(at)?.parse::<u64>().ok();
        Some(Self {
            parent: u32::try_from(number(1)?).ok()?,
            own: number(11)? + number(12)?,
            of_gone_children: number(13)? + number(14)?,
        })
    }

    fn read(pid: u32) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
    }
}

/// The CPU time that a process and its children, living and gone, have used so far.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let root = Stat::read(pid).with_context(|| format!("process {pid} cannot be read in /proc"))?;
    let children = fs::read_dir("/proc")?.flatten().filter_map(|entry| {
        let child = Stat::read(entry.file_name().to_str()?.parse().ok()?)?;
        (child.parent == pid).then_some(child.own + child.of_gone_children)
    });
    let ticks = root.own + root.of_gone_children + children.sum::<u64>();
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// The CPU time of a process's children that have ended and were waited for.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub(crate) fn cpu_of_gone_children(pid: u32) -> Result<Duration> {
    let stat = Stat::read(pid).with_context(|| format!("process {pid} cannot be read in /proc"))?;
    Ok(Duration::from_millis(stat.of_gone_children * 1_000 / TICKS_PER_SECOND))
}

/// The most memory that a process has held at once, in MiB.
///
/// # Errors
/// There is no such process, or no `/proc`.
pub(crate) fn peak_memory(pid: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kib.context("the kernel does not tell the peak of memory")? / 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found_behind_a_name_with_brackets() {
        let text = "42 (tokio) rt (x)) S 7 42 42 0 -1 4194304 100 0 0 0 15 5 2 1 20 0 4 0 100 1000 10";

        let stat = Stat::parse(text).expect("it is a stat line");

        assert_eq!((stat.parent, stat.own, stat.of_gone_children), (7, 20, 3));
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        assert!(cpu(std::process::id()).is_ok());
        assert!(peak_memory(std::process::id()).expect("Linux tells") > 0);
        assert!(cpu(0).is_err());
    }
}
