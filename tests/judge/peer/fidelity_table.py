"""The table of docs/TUNING.md from the JSON lines that `fidelity` and `optuna_fidelity.py` print.

    python fidelity_table.py FILE ...

For each way: the loss after 5, 10, 20 and 40 whole trainings over the median of `gp/none` after 40 (geometric mean), and in
how many searches it is within one standard error of the mean of `gp/none` by 10, 20 and 40. A search without a whole
training counts three times the median.
"""

import collections
import json
import math
import statistics
import sys

WHOLE = 54
REFERENCE = "gp/none"


def reached(best, trainings):
    values = [value for spent, value in best if spent <= trainings * WHOLE]
    return values[-1] if values else None


def main():
    cells = collections.defaultdict(dict)
    for file in sys.argv[1:]:
        for line in open(file):
            search = json.loads(line)
            cells[search["data"], search["way"]][search["seed"]] = search["best"]
    ends = {
        data: [reached(best, 40) for best in searches.values()]
        for (data, way), searches in cells.items()
        if way == REFERENCE
    }
    median = {data: statistics.median(end) for data, end in ends.items()}
    target = {data: statistics.mean(end) + statistics.stdev(end) / math.sqrt(len(end)) for data, end in ends.items()}
    for way in sorted({way for _, way in cells}):
        if not all((data, way) in cells for data in ends):
            continue
        searches = [(data, best) for data in ends for best in cells[data, way].values()]
        ratios = [
            math.exp(statistics.mean(math.log((reached(best, n) or 3 * median[data]) / median[data]) for data, best in searches))
            for n in (5, 10, 20, 40)
        ]
        within = [sum((reached(best, n) or math.inf) <= target[data] for data, best in searches) for n in (10, 20, 40)]
        print(f"{way:28}", *(f"{ratio:.2f}" for ratio in ratios), f"  within {within} of {len(searches)}")


if __name__ == "__main__":
    main()
