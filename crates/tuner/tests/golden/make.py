"""Writes optuna.json: what Optuna 5.0.0's TPE computes, for src/samplers/tpe/golden.rs.

    python3 -m venv env && env/bin/pip install optuna==5.0.0 && env/bin/python make.py > optuna.json

A study's models are of all its dimensions (multivariate), of its groups, and of each dimension by itself (independent).
Observations that are equal get one of two widths in Optuna, which one depends on an unstable sort; so whole numbers are
distinct wherever kernels differ in weight or in another dimension.
"""
import json, math, random, warnings

import numpy as np
import optuna
from optuna.distributions import CategoricalDistribution as C, FloatDistribution as F, IntDistribution as I
from optuna.samplers._tpe.parzen_estimator import _ParzenEstimator, _ParzenEstimatorParameters
from optuna.samplers._tpe.sampler import _split_trials, default_gamma, default_weights
from optuna.trial import TrialState as S, create_trial

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
assert optuna.__version__ == "5.0.0"
PARAMETERS = _ParzenEstimatorParameters(1.0, True, False, default_weights, True)
rng = random.Random(20)


def domain(d):
    if isinstance(d, C):
        return {"choice": list(d.choices)}
    kind = "float" if isinstance(d, F) else "int"
    return {kind: [d.low, d.high], "scale": "log" if d.log else "linear", "step": d.step}


def draw(d):
    if isinstance(d, C):
        return rng.choice(d.choices)
    if isinstance(d, I):
        if d.log:
            return max(d.low, min(d.high, round(math.exp(rng.uniform(math.log(d.low - 0.5), math.log(d.high + 0.5))))))
        return d.low + d.step * rng.randrange((d.high - d.low) // d.step + 1)
    if d.step is not None:
        return d.low + d.step * rng.randrange(round((d.high - d.low) / d.step) + 1)
    if d.log:
        return math.exp(rng.uniform(math.log(d.low), math.log(d.high)))
    return rng.uniform(d.low, d.high)


def column(d, n, distinct):
    values = []
    while len(values) < n:
        v = draw(d)
        if not (distinct and isinstance(d, I) and v in values):
            values.append(v)
    return values


def estimator(space, observed):
    return _ParzenEstimator({k: np.array([d.to_internal_repr(v) for v in observed[k]]) for k, d in space.items()}, space, PARAMETERS)


def density(e, space, points):
    return e.log_pdf({k: np.array([d.to_internal_repr(v) for v in points[k]]) for k, d in space.items()}).tolist()


def parzen(name, space, n, distinct=False):
    observed = {k: column(d, n, distinct) for k, d in space.items()}
    points = {k: column(d, 12, False) for k, d in space.items()}
    e = estimator(space, observed)
    kernels = {}
    for (k, d), dist in zip(space.items(), e._mixture_distribution.distributions):
        kernels[k] = {"weights": dist.weights.tolist()} if isinstance(d, C) else {"mu": dist.mu.tolist(), "sigma": dist.sigma.tolist()}
    return {"name": name, "space": {k: domain(d) for k, d in space.items()}, "observed": observed, "points": points,
            "weights": e._mixture_distribution.weights.tolist(), "kernels": kernels, "log_density": density(e, space, points)}


def study(name, direction, space, states, groups=(), absent=lambda params: ()):
    s = optuna.create_study(direction=direction)
    trials = []
    observed = {k: column(d, len(states), True) for k, d in space.items()}
    for number, state in enumerate(states):
        value = round(rng.gauss(0, 1), 3)
        steps = {} if state in (S.COMPLETE, S.RUNNING) else {i: (math.nan if rng.random() < 0.2 else round(rng.gauss(0, 1), 3)) for i in range(rng.randrange(4))}
        if state == S.COMPLETE and rng.random() < 0.1:
            value = math.inf
        params = {k: observed[k][number] for k in space}
        params = {k: v for k, v in params.items() if k not in absent(params)}
        trial = create_trial(state=state, value=value if state == S.COMPLETE else None, intermediate_values=steps,
                             params=params, distributions={k: space[k] for k in params})
        s.add_trial(trial)
        trials.append({"state": state.name, "value": "inf" if value == math.inf else value,
                       "reports": [[i, None if math.isnan(v) else v] for i, v in steps.items()], "params": params})
    known = s.get_trials(deepcopy=False)
    below, above = _split_trials(s, known, default_gamma(sum(t.state != S.RUNNING for t in known)))
    models = []
    for keys in [list(space), *groups, *([k] for k in space)]:
        part = {k: space[k] for k in keys}
        points = {k: column(d, 12, False) for k, d in part.items()}
        fit = lambda trials: estimator(part, {k: [t.params[k] for t in trials if part.keys() <= t.params.keys()] for k in part})
        models.append({"dimensions": keys, "points": points, "log_below": density(fit(below), part, points), "log_above": density(fit(above), part, points)})
    return {"name": name, "direction": direction, "space": {k: domain(d) for k, d in space.items()}, "trials": trials,
            "below": [t.number for t in below], "above": [t.number for t in above], "models": models}


FLOAT, LOG, STEP = F(-3.0, 8.0), F(1e-5, 1e-1, log=True), F(0.0, 2.0, step=0.25)
INT, LOG_INT, STEP_INT = I(1, 40), I(16, 256, log=True), I(2, 20, step=3)
CHOICE = C(["relu", "tanh", "sigmoid", True, None])
WIDE, WIDE_LOG = I(1, 5000), I(1, 5000, log=True)
MIXED = {"a": FLOAT, "b": LOG, "c": CHOICE, "d": WIDE, "e": WIDE_LOG}
cases = []
for name, d in [("float", FLOAT), ("log float", LOG), ("stepped float", STEP), ("int", INT), ("log int", LOG_INT), ("stepped int", STEP_INT), ("choice", CHOICE)]:
    cases += [parzen(f"{name}, {n} observations", {"x": d}, n) for n in (0, 1, 2, 9, 24)]
for name, d in [("float", FLOAT), ("log float", LOG), ("wide int", WIDE), ("wide log int", WIDE_LOG), ("choice", CHOICE)]:
    cases += [parzen(f"{name}, {n} observations", {"x": d}, n, True) for n in (25, 26, 27, 130)]
cases += [parzen(f"mixed, {n} observations", MIXED, n, True) for n in (0, 1, 5, 24, 26, 160)]
states = lambda n, shares: rng.choices([S.COMPLETE, S.PRUNED, S.RUNNING], shares, k=n)
studies = [
    study("complete, minimize", "minimize", MIXED, states(60, [1, 0, 0])),
    study("complete, maximize", "maximize", MIXED, states(33, [1, 0, 0])),
    study("pruned and running, minimize", "minimize", MIXED, states(80, [1, 3, 1])),
    study("pruned and running, maximize", "maximize", {"a": FLOAT, "b": LOG}, states(45, [0.05, 3, 1])),
    study("branches", "minimize", {"kind": C(["adam", "sgd"]), "lr": LOG, "beta": FLOAT, "momentum": FLOAT, "warmup": WIDE}, states(140, [5, 1, 0.2]),
          [["kind", "lr"], ["beta"], ["momentum", "warmup"]], lambda params: ["momentum", "warmup"] if params["kind"] == "adam" else ["beta"]),
    study("many", "minimize", {"a": FLOAT, "b": LOG}, states(300, [5, 1, 0.2])),
]
print('{"source": "optuna 5.0.0, samplers/_tpe", "parzen": [\n' + ",\n".join(map(json.dumps, cases)) + '\n], "studies": [\n' + ",\n".join(map(json.dumps, studies)) + "\n]}")
