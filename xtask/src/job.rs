//! `cargo xtask job`: the main job, the search of `examples/digits.toml`, over several seeds, with and without early
//! stopping: what it reaches and how long it takes.

use std::process::Command;

use crate::process::{self, cargo, output, run};

/// Runs the job for each scheduler and seed and prints a JSON line per scheduler.
#[expect(clippy::print_stdout, reason = "a measurement is what this command is asked for")]
pub(crate) fn job(arguments: &[String]) -> Result<(), String> {
    let seeds: u64 = match arguments {
        [] => 10,
        [flag, seeds] if flag == "--seeds" => seeds.parse().map_err(|_| format!("`{seeds}` is no number"))?,
        _ => return Err("write it as: cargo xtask job [--seeds N]".into()),
    };
    run(cargo(&["build", "--quiet", "--release", "--package", "tunesmith-cli"]))?;
    let folder = std::env::temp_dir().join(format!("tunesmith-job-{}", std::process::id()));
    for scheduler in ["none", "asha"] {
        let mut validation = Vec::new();
        let mut test = Vec::new();
        let mut seconds = Vec::new();
        for seed in 0..seeds {
            let _ = std::fs::remove_dir_all(&folder);
            std::fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
            let mut command = Command::new(process::root().join("target/release/tunesmith"));
            command.current_dir(&folder).arg("tune").arg(process::root().join("examples/digits.toml"));
            // What is compared is the search; the race behind it nobody else runs.
            command.args(["--json", "--scheduler", scheduler, "--seed", &seed.to_string()]);
            command.args(["--set", "tuning.race=false"]);
            let printed = output(command)?;
            let result: serde_json::Value =
                serde_json::from_str(&printed).map_err(|error| format!("{error} in {printed}"))?;
            let number =
                |value: &serde_json::Value| value.as_f64().ok_or_else(|| format!("no number in {result}"));
            validation.push(number(&result["best"]["value"])?);
            test.push(number(&result["test"]["accuracy"])?);
            seconds.push(number(&result["seconds"])?);
        }
        let _ = std::fs::remove_dir_all(&folder);
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let least = validation.iter().copied().fold(f64::INFINITY, f64::min);
        seconds.sort_by(f64::total_cmp);
        let line = serde_json::json!({
            "scheduler": scheduler, "seeds": seeds, "validation_mean": mean(&validation), "validation_least": least,
            "test_mean": mean(&test), "seconds_median": seconds[seconds.len() / 2], "seconds_most": seconds[seconds.len() - 1],
        });
        println!("{line}");
    }
    Ok(())
}
