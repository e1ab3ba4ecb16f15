"""Searches the settings of real trainings with Optuna: Hyperband and TPE, GP, and others, counted in epochs.

Asks `fidelity --serve DATA` to train one epoch at a time. Prints the JSON lines that `fidelity` prints.

    python optuna_fidelity.py FIDELITY FOLDER SEEDS BUDGET DATA [DATA ...] -- WAY [WAY ...]
"""

import json
import subprocess
import sys
import time
import warnings

import optuna

optuna.logging.set_verbosity(optuna.logging.ERROR)
warnings.filterwarnings("ignore")
WHOLE = 54


class Trainings:
    def __init__(self, program, folder, data):
        command = [program, "--folder", folder, "--serve", data]
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, **question):
        self.child.stdin.write(json.dumps(question) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())

    def close(self):
        self.child.stdin.close()
        self.child.wait()


def suggest(trial, space):
    params = {}
    for dimension in space:
        if all(holds(condition, params) for condition in dimension["when"]):
            key, domain = dimension["key"], dimension["domain"]
            kind = domain["kind"]
            if kind == "float":
                params[key] = trial.suggest_float(key, domain["low"], domain["high"], log=domain["log"])
            elif kind == "int":
                params[key] = trial.suggest_int(key, domain["low"], domain["high"], log=domain["log"])
            else:
                params[key] = trial.suggest_categorical(key, domain["options"])
    return params


def holds(condition, params):
    value = params.get(condition["key"])
    if value is None:
        return False
    return value >= condition["at_least"] if "at_least" in condition else value == condition["is"]


def samplers(way, seed):
    sampler, pruner = way.split("/")
    sampler = {
        "random": lambda: optuna.samplers.RandomSampler(seed=seed),
        "tpe": lambda: optuna.samplers.TPESampler(seed=seed),
        "gp": lambda: optuna.samplers.GPSampler(seed=seed),
    }[sampler]()
    pruner = {
        "none": lambda: optuna.pruners.NopPruner(),
        "hyperband": lambda: optuna.pruners.HyperbandPruner(min_resource=2, max_resource=WHOLE, reduction_factor=3),
        "median": lambda: optuna.pruners.MedianPruner(),
    }[pruner]()
    return sampler, pruner


def search(program, folder, data, way, seed, budget):
    trainings = Trainings(program, folder, data)
    space = trainings.ask(space=True)["space"]
    sampler, pruner = samplers(way, seed)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    began, spent, best, number = time.time(), 0, [], 0
    while spent < budget * WHOLE:
        trial = study.ask()
        params = suggest(trial, space)
        # A seed for each trial, as ours have.
        training = trainings.ask(new=params, seed=seed * 1_000_003 + number)["training"]
        number += 1
        state, value = optuna.trial.TrialState.COMPLETE, None
        for step in range(WHOLE):
            value = trainings.ask(step=training)["value"]
            spent += 1
            if value is None:
                state = optuna.trial.TrialState.FAIL
                break
            trial.report(value, step)
            if step + 1 < WHOLE and trial.should_prune():
                state = optuna.trial.TrialState.PRUNED
                break
            if spent >= budget * WHOLE and step + 1 < WHOLE:
                state = optuna.trial.TrialState.FAIL
                break
        trainings.ask(end=training)
        study.tell(trial, value if state == optuna.trial.TrialState.COMPLETE else None, state=state)
        if state == optuna.trial.TrialState.COMPLETE and (not best or value < best[-1][1]):
            best.append([spent, value])
    trainings.close()
    return {"data": data, "way": f"optuna {way}", "seed": seed, "seconds": time.time() - began, "best": best}


def main():
    program, folder, seeds, budget, *rest = sys.argv[1:]
    cut = rest.index("--")
    for data in rest[:cut]:
        for way in rest[cut + 1 :]:
            for seed in range(int(seeds)):
                print(json.dumps(search(program, folder, data, way, seed, int(budget))), flush=True)


if __name__ == "__main__":
    main()
