"""Optuna's samplers on the judge's problems: a JSON line for each study.

The problems stay where they are: the judge's own program (`regret --serve`) evaluates them, so none is written twice.
`cargo xtask regret --peer PYTHON` starts this; README.md beside it says how the recorded scores were made.

Every sampler has its defaults and the study's seed. A trial that diverges is told as failed, as Optuna does itself with
an objective that returns NaN. `optuna-auto` is a rule like that of OptunaHub's AutoSampler: Gaussian process for the
first 250 trials of a space without conditions, else TPE.
"""

import os

for library in ("OMP", "MKL", "OPENBLAS"):
    os.environ.setdefault(f"{library}_NUM_THREADS", "1")

import argparse
import importlib.util
import json
import subprocess
import sys
import time
import warnings

import optuna
from optuna.trial import TrialState

SAMPLERS = {
    "optuna-random": lambda seed: optuna.samplers.RandomSampler(seed=seed),
    "optuna-cmaes": lambda seed: optuna.samplers.CmaEsSampler(seed=seed),
    "optuna-tpe": lambda seed: optuna.samplers.TPESampler(seed=seed),
    "optuna-gp": lambda seed: optuna.samplers.GPSampler(seed=seed),
}
AUTO = "optuna-auto"
AUTO_GP_TRIALS = 250


class Judge:
    """The judge's program, asked through a pipe."""

    def __init__(self, program):
        pipe = subprocess.PIPE
        self.process = subprocess.Popen([program, "--serve"], stdin=pipe, stdout=pipe, text=True)

    def ask(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(f"the judge answers {question} with {answer['error']}")
        return answer


def exists(dimension, params):
    def holds(condition):
        if condition["key"] not in params:
            return False
        value = params[condition["key"]]
        return value == condition["is"] if "is" in condition else value >= condition["at_least"]

    return all(holds(condition) for condition in dimension["when"])


def suggest(trial, dimension):
    key, scale = dimension["key"], dimension.get("scale")
    if "choice" in dimension:
        return trial.suggest_categorical(key, dimension["choice"])
    if "int" in dimension:
        low, high = dimension["int"]
        return trial.suggest_int(key, low, high, step=dimension["step"], log=scale == "log")
    low, high = dimension["float"]
    if scale == "reverse_log":
        # Optuna has no such scale; its users search the distance to one on a log scale.
        rest = trial.suggest_float(key, 1 - high, 1 - low, log=True)
        return min(max(1 - rest, low), high)
    return trial.suggest_float(key, low, high, step=dimension["step"], log=scale == "log")


def play(judge, problem, sampler_of, seed, trials, checkpoints):
    """One study: the regret of the best observed trial at the checkpoints, and the seconds of Optuna alone.

    Seconds are the processor's: a run of hours shares the machine.
    """
    study = optuna.create_study(sampler=sampler_of(0))
    best, regret, regrets, seconds = float("inf"), None, {}, 0.0
    for number in range(trials):
        began = time.process_time()
        study.sampler = sampler_of(number)
        trial = study.ask()
        params = {}
        for dimension in problem["dimensions"]:
            if exists(dimension, params):
                params[dimension["key"]] = suggest(trial, dimension)
        seconds += time.process_time() - began
        asked = {"problem": problem["name"], "seed": seed, "trial": number, "params": params}
        answer = judge.ask(asked)
        value = answer["value"]
        if value is not None and value < best:
            best, regret = value, answer["regret"]
        began = time.process_time()
        if value is None:
            study.tell(trial, state=TrialState.FAIL)
        else:
            study.tell(trial, value)
        seconds += time.process_time() - began
        if number + 1 in checkpoints:
            regrets[str(number + 1)] = regret
    return regrets, seconds


def chosen(name, problem, seed):
    """What samples trial number n."""
    if name != AUTO:
        sampler = SAMPLERS[name](seed)
        return lambda number: sampler
    tpe = SAMPLERS["optuna-tpe"](seed)
    if any(dimension["when"] for dimension in problem["dimensions"]):
        return lambda number: tpe
    gp = SAMPLERS["optuna-gp"](seed)
    return lambda number: gp if number < AUTO_GP_TRIALS else tpe


def same_as_auto(problem, trials):
    """The sampler that does what the rule does for so many trials."""
    conditional = any(dimension["when"] for dimension in problem["dimensions"])
    return "optuna-tpe" if conditional else "optuna-gp" if trials <= AUTO_GP_TRIALS else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--judge", required=True, help="the judge's program, target/release/regret")
    parser.add_argument("--problem", nargs="*", default=[], help="in this order; default: all")
    parser.add_argument("--sampler", nargs="*", default=[*SAMPLERS, AUTO])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--out", help="append there, and leave out what is there already")
    arguments = parser.parse_args()
    if "optuna-cmaes" in arguments.sampler and importlib.util.find_spec("cmaes") is None:
        print("without the package cmaes, optuna-cmaes does not play", file=sys.stderr)
        arguments.sampler.remove("optuna-cmaes")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")

    done = {}
    if arguments.out and os.path.exists(arguments.out):
        with open(arguments.out) as file:
            for line in file:
                score = json.loads(line)
                done[score["problem"], score["sampler"], score["seed"]] = score
    out = open(arguments.out, "a") if arguments.out else sys.stdout
    trials = arguments.trials
    checkpoints = {n for n in (25, 50, 100) if n < trials} | {trials}
    judge = Judge(arguments.judge)
    problems = {problem["name"]: problem for problem in judge.ask({"list": True})["problems"]}
    for problem in [problems[name] for name in arguments.problem or problems]:
        for name in arguments.sampler:
            for seed in range(arguments.seeds):
                if (problem["name"], name, seed) in done:
                    continue
                twin = done.get((problem["name"], same_as_auto(problem, trials), seed))
                if name == AUTO and twin:
                    regret, seconds = twin["regret"], twin["seconds"]
                else:
                    sampler_of = chosen(name, problem, seed)
                    regret, seconds = play(judge, problem, sampler_of, seed, trials, checkpoints)
                score = {
                    "problem": problem["name"],
                    "regret": regret,
                    "sampler": name,
                    "seconds": round(seconds, 6),
                    "seed": seed,
                    "trials": trials,
                }
                done[problem["name"], name, seed] = score
                print(json.dumps(score), file=out, flush=True)


if __name__ == "__main__":
    main()
