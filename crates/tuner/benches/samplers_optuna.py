"""What Optuna 5.0.0 needs for the trials of samplers.rs: a JSON line per sampler and number of trials.

    python3 -m venv env && env/bin/pip install optuna==5.0.0 scipy cmaes torch && env/bin/python samplers_optuna.py [NAME ...]

`ms_per_trial` is the median of the last 20 trials (ask, ten suggestions, tell), in memory, on one thread.
"""
import json, statistics, sys, time, warnings

import optuna

warnings.filterwarnings("ignore")
optuna.logging.set_verbosity(optuna.logging.ERROR)
assert optuna.__version__ == "5.0.0"
S = optuna.samplers
SAMPLERS = {
    "random": (lambda: S.RandomSampler(seed=0), [(200, 10), (1000, 10)]),
    "sobol": (lambda: S.QMCSampler(seed=0, scramble=True), [(200, 10), (1000, 10)]),
    "tpe": (lambda: S.TPESampler(seed=0), [(200, 10), (1000, 10), (1000, 40)]),
    "tpe_independent": (lambda: S.TPESampler(seed=0, multivariate=False), [(200, 10)]),
    "cma_es": (lambda: S.CmaEsSampler(seed=0), [(200, 10), (1000, 10)]),
    "gp": (lambda: S.GPSampler(seed=0), [(200, 10)]),
}


def measure(name, sampler, trials, dimensions):
    study = optuna.create_study(sampler=sampler)
    seconds = []
    for _ in range(trials):
        start = time.perf_counter()
        trial = study.ask()
        lr = trial.suggest_float("lr", 1e-5, 1.0, log=True)
        option = trial.suggest_categorical("activation", ["relu", "tanh", "gelu"])
        x = [trial.suggest_float(f"x{i}", -5.0, 5.0) for i in range(2, dimensions)]
        study.tell(trial, sum(v * v for v in x) + lr + len(option))
        seconds.append(time.perf_counter() - start)
    line = {"peer": f"optuna {name}", "trials": trials, "dimensions": dimensions,
            "ms_per_trial": round(statistics.median(seconds[-20:]) * 1e3, 3), "seconds": round(sum(seconds), 2)}
    print(json.dumps(line), flush=True)


for name in sys.argv[1:] or SAMPLERS:
    make, sizes = SAMPLERS[name]
    for trials, dimensions in sizes:
        measure(name, make(), trials, dimensions)
