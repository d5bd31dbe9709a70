def tangent_grad(x, tolerance=1e-14):
    """Gradient of tangent with respect to x (reverse mode)."""
    # primal
    v1 = 1.0 + x * 0.0
    d = 1.0 / v1
    c1 = 1.0 + x / 1e-30
    v2 = c1 * d
    value = 1e-30 * v2
    v3 = abs(v2 - 1.0) < tolerance
    value_tape = []
    c_tape = []
    d_tape = []
    sum_tape = []
    if not v3:
        k = 3.0
        d1 = d
        c = c1
        trips = 0
        while True:
            d_tape.append(d1)
            c_tape.append(c)
            value_tape.append(value)
            numerator = -(x * x)
            v4 = k + numerator * d1
            sum_tape.append(v4)
            d1 = 1.0 / v4
            c = k + numerator / c
            v5 = c * d1
            value *= v5
            v6 = abs(v5 - 1.0) < tolerance
            if not v6:
                k += 2.0
            trips += 1
            if v6:
                break
    # adjoint
    if v3:
        value_bar = 1.0
        d_bar = 0.0
        c_bar = 0.0
        value_bar1 = 0.0
        x_bar = 0.0
    else:
        d_bar = 0.0
        c_bar = 0.0
        value_bar1 = 0.0
        value_bar = 1.0
        x_bar = 0.0
        value_bar2 = 0.0
        for _ in range(trips - 1, -1, -1):
            v7 = sum_tape.pop()
            value = value_tape.pop()
            c2 = c_tape.pop()
            d1 = d_tape.pop()
            d2 = 1.0 / v7  # d = 1.0 / (denominator + numerator * d)
            v8 = c * d2  # value *= c * d
            if abs(v8 - 1.0) < tolerance:
                value_bar += value_bar1
            else:
                value_bar2 += value_bar
                value_bar = value_bar1
            value_bar1 = value_bar * v8  # value *= c * d
            v9 = value_bar * value
            c_bar1 = c_bar + v9 * d2
            v10 = -x  # yield -x * x, k
            numerator = v10 * x
            c_bar = -(c_bar1 * (numerator / c2 / c2))  # c = denominator + numerator / c
            v11 = -((d_bar + v9 * c) * (d2 / v7))  # d = 1.0 / (denominator + numerator * d)
            numerator_bar = c_bar1 / c2 + v11 * d1
            d_bar = v11 * numerator
            x_bar += numerator_bar * v10  # yield -x * x, k
            x_bar -= numerator_bar * x
            value_bar = 0.0
            c = c2
        value_bar += value_bar2
    if v3:
        value_bar1 += value_bar
    v12 = value_bar1 * 1e-30  # value *= c * d
    v13 = (d_bar + v12 * c1) * (d / v1) * 0.0  # d = 1.0 / (denominator + numerator * d)
    x_bar = x_bar + (c_bar + v12 * d) / 1e-30 - v13
    return x_bar,
