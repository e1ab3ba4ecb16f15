"""Optuna's Python continues a study that Tunesmith wrote; tests/interop.rs runs it. Usage: optuna.py URL STUDY"""
import json
import sys
import warnings

sys.path.pop(0)  # this folder: its optuna.py must not stand in for the package
import optuna
from optuna.trial import TrialState

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
url, name = sys.argv[1:]

study = optuna.load_study(study_name=name, storage=url)  # checks the schema's revision
before = study.get_trials()
states = {s.name: sum(t.state == s for t in before) for s in TrialState}
best = study.best_trial
for t in before:
    for key, d in t.distributions.items():
        assert d._contains(d.to_internal_repr(t.params[key])), (t.number, key, t.params[key], d)
    assert t.datetime_start is None or abs((t.datetime_complete or t.datetime_start) - t.datetime_start).total_seconds() < 3600


def objective(trial):
    rate = trial.suggest_float("rate", 1e-5, 1.0, log=True)
    trial.suggest_float("beta", 0.5, 0.999)
    trial.suggest_int("units", 16, 256, log=True)
    trial.suggest_int("layers", 1, 5)
    trial.suggest_float("share", 0.0, 0.5, step=0.1)
    trial.suggest_categorical("kind", ["a", "b", "c", "d"])
    trial.report(rate, 0)
    trial.set_user_attr("by", "optuna")
    return rate


study.enqueue_trial({"kind": "c", "units": 64})  # claimed first, with Tunesmith's waiting trial before it
study.optimize(objective, n_trials=3)
study.enqueue_trial({"kind": "b", "units": 32, "rate": 0.1})  # left for Tunesmith
print(json.dumps({"states": states, "best": [best.number, best.value, best.params], "trials": len(study.get_trials()),
                  "new": [[t.number, t.state.name, t.params["kind"], t.params["units"]] for t in study.get_trials()[len(before) - states["WAITING"]:] if t.state == TrialState.COMPLETE]}))
