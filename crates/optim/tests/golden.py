"""Makes the golden vectors of golden.rs that no library's fixture covers: plain loops over the papers' formulas; no package was run.

python3 golden.py (3.8 or later, nothing else). It shares no code with the crate.
"""
from math import sqrt

START = (1.0, -2.0, 0.5)
GRADIENTS = ((.1, -.2, .3), (.3, .05, -.1), (-.4, .7, 0.), (.2, -.1, .25), (.05, .4, -.3), (-.15, .1, .2))


def sign(x):
    return (x > 0) - (x < 0)


def element_wise(rule, start=START):
    """Runs a generator per element: it is sent gradients and yields values."""
    out = []
    for i, x in enumerate(start):
        run = rule(x)
        next(run)
        for g in GRADIENTS:
            value = run.send(g[i])
        out.append(value)
    return out


def adabelief(x, lr=.01, b1=.9, b2=.999, eps=1e-16, decay=.1):  # eps in the mean square and its root, decoupled decay
    m = s = t = 0
    while True:
        g = yield x
        t += 1
        x *= 1 - lr * decay
        m = b1 * m + (1 - b1) * g
        s = b2 * s + (1 - b2) * (g - m) ** 2 + eps
        x -= lr / (1 - b1 ** t) * m / (sqrt(s) / sqrt(1 - b2 ** t) + eps)


def yogi(x, lr=.01, b1=.9, b2=.999, eps=1e-3, initial=1e-6):  # both moments corrected, a mean that starts at zero
    m, v, t = 0, initial, 0
    while True:
        g = yield x
        t += 1
        m = b1 * m + (1 - b1) * g
        v = v - (1 - b2) * sign(v - g * g) * g * g
        x -= lr * (m / (1 - b1 ** t)) / (sqrt(v / (1 - b2 ** t)) + eps)


def adan(x, lr=.01, b1=.98, b2=.92, b3=.99, eps=1e-8, decay=.1):  # the proximal decay
    m = d = n = t = 0
    previous = None
    while True:
        g = yield x
        t += 1
        change = 0 if previous is None else g - previous
        previous = g
        m = b1 * m + (1 - b1) * g
        d = b2 * d + (1 - b2) * change
        n = b3 * n + (1 - b3) * (g + b2 * change) ** 2
        root = sqrt(n) / sqrt(1 - b3 ** t) + eps
        x -= lr * (m / (1 - b1 ** t) + b2 * d / (1 - b2 ** t)) / root
        x /= 1 + lr * decay


def ftrl(x, lr=.1, beta=.5, initial=.1, l1=.15, l2=.2):  # McMahan et al. 2013, algorithm 1
    n = initial
    z = 0.0 if x == 0 else -((sqrt(n) + beta) / lr + l2) * x - l1 * sign(x)
    while True:
        g = yield x
        sigma = (sqrt(n + g * g) - sqrt(n)) / lr
        z += g - sigma * x
        n += g * g
        x = 0.0 if abs(z) <= l1 else -(z - sign(z) * l1) / ((beta + sqrt(n)) / lr + l2)


def schedule_free_sgd(x, lr=.1, beta=.9, decay=.1, warmup=3, power=2.0, r=1.0):  # the form that keeps y and z
    z, y, total, largest, t = x, x, 0.0, 0.0, 0
    while True:
        g = yield y
        t += 1
        rate = lr * min(1, t / warmup)
        largest = max(largest, rate)
        weight = t ** r * largest ** power
        total += weight
        c = weight / total
        g += decay * y
        y = (1 - c) * y + c * z + rate * (beta * (1 - c) - 1) * g
        z -= rate * g


def sophia(x, lr=.01, b1=.965, b2=.99, rho=20., batch=2, every=2, decay=.1):  # squares of the given gradients
    m = h = t = 0
    while True:
        g = yield x
        if t % every == 0:
            h = b2 * h + (1 - b2) * g * g
        t += 1
        x *= 1 - lr * decay
        m = b1 * m + (1 - b1) * g
        x -= lr * sign(m) * min(1, abs(m) / (rho * batch * h + 1e-15))


def lookahead(x, lr=.01, b1=.9, b2=.999, eps=1e-8, k=2, alpha=.3):
    m = v = t = 0
    slow = x
    while True:
        g = yield x
        t += 1
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g * g
        x -= lr * (m / (1 - b1 ** t)) / (sqrt(v / (1 - b2 ** t)) + eps)
        if t % k == 0:
            slow += alpha * (x - slow)
            x = slow


def prodigy(start=START, b1=.9, b2=.999, eps=1e-8, d0=1e-6, decay=.01):  # no bias correction
    """All elements together, on the sizes of the gradients: with signs that change the estimate never grows."""
    x, m, v, s = list(start), [0] * 3, [0] * 3, [0] * 3
    d = largest = d0
    numerator, b3 = 0.0, sqrt(b2)
    for g in [[abs(g) for g in row] for row in GRADIENTS]:
        rate = d
        numerator = b3 * numerator + (d / d0) * rate * sum(g[i] * (start[i] - x[i]) for i in range(3))
        for i in range(3):
            m[i] = b1 * m[i] + d * (1 - b1) * g[i]
            v[i] = b2 * v[i] + d * d * (1 - b2) * g[i] ** 2
            s[i] = b3 * s[i] + (d / d0) * rate * g[i]
        estimate = numerator / sum(map(abs, s))
        if d == d0:
            d = max(d, estimate)
        largest = max(largest, estimate)
        d = min(largest, float("inf"))
        for i in range(3):
            x[i] -= decay * rate * x[i]
            x[i] -= rate * m[i] / (sqrt(v[i]) + d * eps)
    return d, x


if __name__ == "__main__":
    for rule in (adabelief, yogi, adan, ftrl, schedule_free_sgd, sophia, lookahead):
        print(rule.__name__, ", ".join(f"{x:.12f}" for x in element_wise(rule)))
    print("ftrl from zero", ", ".join(f"{x:.12f}" for x in element_wise(ftrl, (0.0, 0.0, 0.0))))
    print("ftrl from small", ", ".join(f"{x:.12f}" for x in element_wise(ftrl, (0.01, -0.02, 0.03))))
    d, x = prodigy()
    print(f"prodigy {d:.12e}", ", ".join(f"{x:.15f}" for x in x))
