def cost_grad(proportional, integral, derivative, steps):
    """Gradient of cost with respect to proportional, integral, derivative (reverse mode)."""
    # primal
    error_tape = []
    sum_tape = []
    not_tape = []
    slope_tape = []
    sum_tape1 = []
    total = 0.0
    v1 = False
    x = 0.0
    v = 0.0
    for _ in range(steps):
        error = 1.0 - x
        error_tape.append(error)
        total += error * 0.05
        sum_tape.append(total)
        v2 = not v1
        not_tape.append(v2)
        if v2:
            slope = 0.0
        else:
            slope = (error - previous) / 0.05
        slope_tape.append(slope)
        v3 = proportional * error + integral * total + derivative * slope
        v += 0.05 * (v3 - 0.5 * v)
        sum_tape1.append(v)
        x += 0.05 * v
        v1 = True
        previous = error
    # adjoint
    total_bar = 1.0
    total_bar1 = 0.0
    previous_bar = 0.0
    x_bar = 0.0
    v_bar = 0.0
    proportional_bar = 0.0
    integral_bar = 0.0
    derivative_bar = 0.0
    for _ in range(steps - 1, -1, -1):
        v4 = sum_tape1.pop()
        error = error_tape.pop()
        slope = slope_tape.pop()
        v5 = sum_tape.pop()
        v6 = not_tape.pop()
        error_bar = previous_bar + total_bar * (2 * error)  # total += error**2 + 0.1 * cart.energy
        v7 = v_bar + 0.05 * total_bar * (2 * v4) + x_bar * 0.05  # self.x += dt * self.v
        v8 = v7 * 0.05  # self.v += dt * (force - self.friction * self.v)
        v_bar = v7 - v8 * 0.5
        derivative_bar += v8 * slope  # return p * error + i * self.total + d * slope
        slope_bar = v8 * derivative
        integral_bar += v8 * v5
        total_bar1 += v8 * integral
        proportional_bar += v8 * error
        error_bar += v8 * proportional
        if v6:
            previous_bar = 0.0
        else:
            # slope = 0.0 if self.previous is None else (error - self.previous) / dt
            v9 = slope_bar * 20.0
            previous_bar = -v9
            error_bar += v9
        x_bar -= error_bar + total_bar1 * 0.05  # error = 1.0 - cart.x
    return proportional_bar, integral_bar, derivative_bar
