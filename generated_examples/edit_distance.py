import math
import numpy as np


def distance_grad(x, y, gap):
    """Gradient of distance with respect to x, y, gap (reverse mode)."""
    # primal
    n = len(x)
    m = len(y)
    table = []
    for _ in range(n + 1):
        table.append([0.0] * (m + 1))
    for i in range(1, n + 1):
        table[i][0] = i * gap
    for j in range(1, m + 1):
        table[0][j] = j * gap
    x_tape = []
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            v1 = math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2)
            change = table[i - 1][j - 1] + v1 - 1.0
            x1 = table[i - 1][j] + gap
            x2 = table[i][j - 1] + gap
            x_tape.append(x2)
            table[i][j] = min(change, x1, x2)
    # adjoint
    table_bar = [([0.0] * len(row)) for row in table]  # return table[n][m]
    table_bar[n][m] += 1.0
    x_bar = np.zeros_like(x)
    y_bar = np.zeros_like(y)
    gap_bar = 0.0
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            x1 = x_tape.pop()
            # table[i][j] = min(change, table[i - 1][j] + gap, table[i][j - 1] + gap)
            v2 = table_bar[i][j]
            table_bar[i][j] = 0.0
            # change = table[i - 1][j - 1] + math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2) - 1.0
            v3 = x[i - 1] - y[j - 1]
            v4 = math.sqrt(1.0 + v3 ** 2)
            change = table[i - 1][j - 1] + v4 - 1.0
            # table[i][j] = min(change, table[i - 1][j] + gap, table[i][j - 1] + gap)
            x2 = table[i - 1][j] + gap
            v5 = min(change, x2, x1)
            v6 = 1.0 if change == v5 else 0.0
            v7 = 1.0 if x2 == v5 else 0.0
            v8 = 1.0 if x1 == v5 else 0.0
            ties = v6 + v7 + v8
            if not ties > 0.0:
                ties = 1.0
            change_bar = v2 * (v6 / ties)
            x_bar1 = v2 * (v7 / ties)
            x_bar2 = v2 * (v8 / ties)
            table_bar[i][j - 1] += x_bar2
            gap_bar = gap_bar + x_bar2 + x_bar1
            table_bar[i - 1][j] += x_bar1
            # change = table[i - 1][j - 1] + math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2) - 1.0
            v9 = change_bar * (0.5 / v4) * (2 * v3)
            y_bar[j - 1] -= v9
            x_bar[i - 1] += v9
            table_bar[i - 1][j - 1] += change_bar
    for j in range(m, 0, -1):
        v10 = table_bar[0][j]  # table[0][j] = j * gap
        table_bar[0][j] = 0.0
        gap_bar += v10 * j
    for i in range(n, 0, -1):
        v11 = table_bar[i][0]  # table[i][0] = i * gap
        table_bar[i][0] = 0.0
        gap_bar += v11 * i
    return x_bar, y_bar, gap_bar
