"""Tunes anything from Python: talks to `tunesmith serve --stdio`. Standard library only.

    study = Study({"x": {"float": [-5, 5]}}, seed=1)
    while trial := study.ask():
        study.tell(trial, (trial["params"]["x"] - 2) ** 2)
    print(study.best())
"""
import json
import math
import os
import subprocess


def _plain(value):
    """JSON has no NaN and no infinities: they are texts."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # "nan", "inf", "-inf"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value


class Study:
    """One study; the options are those of docs/SERVE.md: direction, trials, fidelity, storage, ..."""

    def __init__(self, space, command=None, **options):
        command = command or [os.environ.get("TUNESMITH", "tunesmith"), "serve", "--stdio"]
        pipe = subprocess.PIPE
        self.process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, encoding="utf-8")
        self.opened = self.say({"space": space, **options})

    def say(self, message):
        """Sends one object and returns the answer; an error is a ValueError."""
        self.process.stdin.write(json.dumps(_plain(message), allow_nan=False) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise EOFError("tunesmith has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise ValueError(answer["error"])
        return answer

    def ask(self):
        """The next trial, or None when the study has its trials or its time."""
        answer = self.say({"ask": True})
        return answer if "trial" in answer else None

    def report(self, trial, step, value, **more):
        """Reports after `step` steps; keep going while the answer's "decision" is "continue"."""
        return self.say({"report": {"trial": trial["trial"], "step": step, "value": value, **more}})

    def tell(self, trial, value=None, **more):
        """Ends a trial by its value (or values=[...]), or by state="failed" or "diverged"."""
        if value is not None:
            more["value"] = value
        return self.say({"tell": {"trial": trial["trial"], **more}})

    def best(self):
        """The best trial so far, or None; with several objectives those that no other beats."""
        answer = self.say({"best": True})
        return answer.get("front", answer.get("best"))

    def close(self):
        self.process.stdin.close()
        return self.process.wait()


def main():
    """Gradient descent on x^2: which lr and momentum come nearest to zero in 27 steps?"""
    space = {
        "lr": {"float": [1e-4, 1.0], "scale": "log"},
        "momentum": {"float": [0.0, 0.99]},
    }
    study = Study(space, seed=7, trials=30, fidelity={"name": "step", "max": 27})
    states = {}  # where each paused trial was: x and its velocity
    while trial := study.ask():
        lr, momentum = trial["params"]["lr"], trial["params"]["momentum"]
        step, until = trial.get("step", 0), trial["until"]
        x, velocity = states.pop(trial["trial"], (10.0, 0.0))
        while True:
            for _ in range(until - step):
                velocity = momentum * velocity - lr * 2 * x
                x += velocity
            step = until
            if step == 27:
                study.tell(trial, abs(x))
                break
            answer = study.report(trial, step, abs(x))
            if answer["decision"] != "continue":
                states[trial["trial"]] = (x, velocity)
                break
            until = answer["until"]
    print(json.dumps(study.best()))
    return study.close()


if __name__ == "__main__":
    raise SystemExit(main())
