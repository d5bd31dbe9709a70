import math


def molar_volume_grad(p, a, b, tolerance=1e-12):
    """Gradient of molar_volume with respect to p, a, b (reverse mode)."""
    # primal
    low = b + 0.001
    difference_tape = []
    volume_tape = []
    high_tape = []
    low_tape = []
    quotient_tape = []
    not_tape = []
    high = 100.0
    volume = 1.0
    trips = 0
    for _ in range(200):
        volume_tape.append(volume)
        v1 = volume - b
        difference_tape.append(v1)
        residual = 1.0 / v1 - a / volume ** 2 - p
        v2 = abs(residual) < tolerance
        if not v2:
            if residual > 0.0:
                low = volume
            else:
                high = volume
            low_tape.append(low)
            high_tape.append(high)
            slope = 2.0 * a / volume ** 3 - 1.0 / v1 ** 2
            if slope == 0.0:
                volume = math.sqrt(low * high)
            else:
                v3 = residual / slope
                quotient_tape.append(v3)
                volume -= v3
            v4 = low < volume and volume < high
            v5 = not v4
            not_tape.append(v5)
            if v5:
                volume = 0.5 * (low + high)
        trips += 1
        if v2:
            break
    # adjoint
    high_bar = 0.0
    low_bar = 0.0
    volume_bar = 1.0
    b_bar = 0.0
    a_bar = 0.0
    p_bar = 0.0
    for _ in range(trips - 1, -1, -1):
        v6 = difference_tape.pop()
        volume = volume_tape.pop()
        v7 = 1.0 / v6  # return 1.0 / (volume - b) - a / volume**2
        v8 = volume ** 2
        v9 = a / v8
        residual = v7 - v9 - p  # residual = pressure(volume, a, b) - p
        if abs(residual) < tolerance:
            residual_bar = 0.0
            v10 = 0.0
        else:
            v11 = not_tape.pop()
            high = high_tape.pop()
            low = low_tape.pop()
            if v11:
                v12 = volume_bar * 0.5  # volume = 0.5 * (low + high)
                low_bar += v12
                high_bar += v12
                volume_bar = 0.0
            v13 = volume ** 3  # slope = 2.0 * a / volume**3 - 1.0 / (volume - b) ** 2
            v14 = 2.0 * a / v13
            v15 = v6 ** 2
            v16 = 1.0 / v15
            slope = v14 - v16
            if slope == 0.0:
                v17 = volume_bar * (0.5 / math.sqrt(low * high))  # volume = math.sqrt(low * high)
                low_bar += v17 * high
                high_bar += v17 * low
                residual_bar = 0.0
                slope_bar = 0.0
                volume_bar = 0.0
            else:
                v18 = quotient_tape.pop()
                v19 = -volume_bar  # volume = volume - residual / slope
                residual_bar = v19 / slope
                slope_bar = -(v19 * (v18 / slope))
            # slope = 2.0 * a / volume**3 - 1.0 / (volume - b) ** 2
            v10 = slope_bar * (v16 / v15) * (2 * v6)
            volume_bar += slope_bar * (v14 / v13) * (-3 * v8)
            a_bar += slope_bar / v13 * 2.0
            if residual > 0.0:
                volume_bar += low_bar
                low_bar = 0.0
            else:
                volume_bar += high_bar
                high_bar = 0.0
        v20 = -residual_bar  # residual = pressure(volume, a, b) - p
        p_bar -= residual_bar
        a_bar += v20 / v8  # return 1.0 / (volume - b) - a / volume**2
        volume_bar += v20 * (v9 / v8) * (-2 * volume)
        v21 = v10 - residual_bar * (v7 / v6)
        volume_bar += v21
        b_bar -= v21
    b_bar += low_bar  # low, high = b + 1e-3, 100.0
    return p_bar, a_bar, b_bar
