def cubic_root_grad(a, b, steps=8):
    """Gradient of cubic_root with respect to a, b (reverse mode)."""
    # primal
    y_tape = []
    y = 1.0
    for _ in range(steps):
        y_tape.append(y)
        y -= (y ** 3 + a * y - b) / (a + 3 * y ** 2)
    # adjoint
    y_bar = 1.0
    a_bar = 0.0
    b_bar = 0.0
    for _ in range(steps - 1, -1, -1):
        y = y_tape.pop()
        v1 = -y_bar  # y = y - f(y) / slope(y)
        v2 = 3 * y ** 2  # y**3
        y_bar1 = a + v2
        v3 = v1 / y_bar1  # y = y - f(y) / slope(y)
        y_dot = -(v1 * ((y ** 3 + a * y - b) / y_bar1 / y_bar1))
        b_bar -= v3  # y**3 + a * y - b
        a_bar = a_bar + y_dot + v3 * y
        y_bar = y_bar + y_dot * 3 * (2 * y) + v3 * a
        y_bar += v3 * v2
    return a_bar, b_bar
