"""Edit distance of two spectra with soft costs, in plain Python lists."""

import math


def distance(x, y, gap):
    """The cost of the cheapest way to turn ``x`` into ``y``: insertions and deletions cost ``gap``."""
    n, m = len(x), len(y)
    table = [[0.0] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        table[i][0] = i * gap
    for j in range(1, m + 1):
        table[0][j] = j * gap
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            change = table[i - 1][j - 1] + math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2) - 1.0
            table[i][j] = min(change, table[i - 1][j] + gap, table[i][j - 1] + gap)
    return table[n][m]
