//! Who runs a trial: enough of a process's identity to see later that it is gone.
//!
//! On Linux a process is named by its number, the moment it started, and the boot and process namespace in which both
//! mean something. Where that cannot be known (another machine, another container, another system), only heartbeats
//! tell.

use std::fs;

use serde_json::{Value as Json, json};

/// Whether a trial's process still runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Life {
    Alive,
    Gone,
    Unknown,
}

/// This process, as the owner of a trial; `trial` is the row, so that a copied attribute does not speak for the copy.
pub(crate) fn to_json(trial: i64) -> String {
    let pid = std::process::id();
    json!({ "trial": trial, "pid": pid, "start": start_of(pid), "world": world() }).to_string()
}

/// Whether the process that such a text names runs.
pub(crate) fn life(text: &str, trial: i64) -> Life {
    let Ok(owner) = serde_json::from_str::<Json>(text) else { return Life::Unknown };
    let (Some(here), Some(there)) = (world(), owner["world"].as_str()) else { return Life::Unknown };
    if owner["trial"].as_i64() != Some(trial) || here != there {
        return Life::Unknown;
    }
    let Some(pid) = owner["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()) else {
        return Life::Unknown;
    };
    match (start_of(pid), owner["start"].as_u64()) {
        (Some(now), Some(then)) if now == then => Life::Alive,
        (_, Some(_)) => Life::Gone, // no such process, or its number went to another one
        _ => Life::Unknown,
    }
}

/// The boot and the process namespace: within one, a process number and a start time name a process.
fn world() -> Option<String> {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = fs::read_link("/proc/self/ns/pid").ok()?;
    Some(format!("{} {}", boot.trim(), namespace.display()))
}

/// When a process started, in clock ticks since boot (field 22 of /proc/PID/stat; proc(5)); a zombie counts as gone.
fn start_of(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The second field is the name in parentheses, and may hold anything.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace();
    let state = fields.next()?;
    if state == "Z" || state == "X" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{Life, life, to_json};

    #[test]
    fn this_process_is_alive_and_a_child_that_ended_is_gone() {
        let mine = to_json(7);
        assert_eq!(life(&mine, 7), Life::Alive);
        assert_eq!(life(&mine, 8), Life::Unknown, "a copy of the attribute on another trial says nothing");
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id();
        child.wait().unwrap();
        let ended = mine.replace(&format!("\"pid\":{}", std::process::id()), &format!("\"pid\":{pid}"));
        assert_ne!(ended, mine);
        assert_eq!(life(&ended, 7), Life::Gone);
        assert_eq!(life(&mine.replace("pid:[", "other:["), 7), Life::Unknown);
        assert_eq!(life("nonsense", 7), Life::Unknown);
    }
}
