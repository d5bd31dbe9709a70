import math
import numpy as np


def share(x, y):
    """How much of the greater of two numbers x is: all, nothing, or half where they tie."""
    return 1.0 if x > y else 0.5 if x == y else 0.0


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
    sum_tape = []
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            v1 = math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2)
            change = table[i - 1][j - 1] + v1 - 1.0
            v2 = table[i][j - 1] + gap
            sum_tape.append(v2)
            table[i][j] = min(min(change, table[i - 1][j] + gap), v2)
    # adjoint
    table_bar = [([0.0] * len(row)) for row in table]  # return table[n][m]
    table_bar[n][m] += 1.0
    x_bar = np.zeros_like(x)
    y_bar = np.zeros_like(y)
    gap_bar = 0.0
    for i in range(n, 0, -1):
        for j in range(m, 0, -1):
            v3 = sum_tape.pop()
            # table[i][j] = min(change, table[i - 1][j] + gap, table[i][j - 1] + gap)
            v4 = table_bar[i][j]
            table_bar[i][j] = 0.0
            # change = table[i - 1][j - 1] + math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2) - 1.0
            v5 = x[i - 1] - y[j - 1]
            v6 = math.sqrt(1.0 + v5 ** 2)
            change = table[i - 1][j - 1] + v6 - 1.0
            # table[i][j] = min(change, table[i - 1][j] + gap, table[i][j - 1] + gap)
            v7 = table[i - 1][j] + gap
            v8 = min(change, v7)
            v9 = v4 * share(v3, v8)
            v10 = v4 * share(v8, v3)
            change_bar = v9 * share(v7, change)
            v11 = v9 * share(change, v7)
            table_bar[i][j - 1] += v10
            gap_bar = gap_bar + v10 + v11
            table_bar[i - 1][j] += v11
            # change = table[i - 1][j - 1] + math.sqrt(1.0 + (x[i - 1] - y[j - 1]) ** 2) - 1.0
            v12 = change_bar * (0.5 / v6) * (2 * v5)
            y_bar[j - 1] -= v12
            x_bar[i - 1] += v12
            table_bar[i - 1][j - 1] += change_bar
    for j in range(m, 0, -1):
        v13 = table_bar[0][j]  # table[0][j] = j * gap
        table_bar[0][j] = 0.0
        gap_bar += v13 * j
    for i in range(n, 0, -1):
        v14 = table_bar[i][0]  # table[i][0] = i * gap
        table_bar[i][0] = 0.0
        gap_bar += v14 * i
    return x_bar, y_bar, gap_bar
