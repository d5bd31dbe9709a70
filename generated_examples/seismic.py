import numpy as np


def mismatch_grad(speed, source, observed, receiver):
    """Gradient of mismatch with respect to speed, source (reverse mode)."""
    # primal
    before = np.zeros_like(speed)
    now = np.zeros_like(speed)
    after = np.zeros_like(speed)
    record = np.zeros(len(observed))
    curvature_tape = []
    for t in range(len(observed)):
        for i in range(1, len(speed) - 1):
            v1 = 2.0 * now[i]
            curvature = now[i - 1] - v1 + now[i + 1]
            curvature_tape.append(curvature)
            v2 = v1 - before[i] + (0.4 * speed[i]) ** 2 * curvature
            after[i] = v2
        after[1] += source[t]
        record[t] = after[receiver]
        after, before, now = before, now, after
    v3 = record - observed
    # adjoint
    record_bar = 0.5 * (2 * v3)  # return 0.5 * np.sum((record - observed) ** 2)
    after_bar = np.zeros_like(speed)
    before_bar = np.zeros_like(speed)
    now_bar = np.zeros_like(speed)
    speed_bar = np.zeros_like(speed)
    source_bar = np.zeros_like(source)
    for t in range(len(observed) - 1, -1, -1):
        now_bar[receiver] += record_bar[t]  # record[t] = now[receiver]
        source_bar[t] += now_bar[1]  # after[1] += source[t]
        record_bar[t] = 0.0  # record[t] = now[receiver]
        after_bar, now_bar, before_bar = now_bar, before_bar, after_bar
        for i in range(len(speed) - 2, 0, -1):
            curvature = curvature_tape.pop()
            # after[i] = 2.0 * now[i] - before[i] + (dt * speed[i]) ** 2 * curvature
            v4 = after_bar[i]
            v5 = 0.4 * speed[i]
            curvature_bar = v4 * v5 ** 2
            speed_bar[i] += v4 * curvature * (2 * v5) * 0.4
            before_bar[i] -= v4
            now_bar[i + 1] += curvature_bar  # curvature = now[i - 1] - 2.0 * now[i] + now[i + 1]
            now_bar[i] += (v4 - curvature_bar) * 2.0
            now_bar[i - 1] += curvature_bar
            # after[i] = 2.0 * now[i] - before[i] + (dt * speed[i]) ** 2 * curvature
            after_bar[i] = 0.0
    return speed_bar, source_bar
