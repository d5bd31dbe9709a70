import numpy as np


def final_position_grad(x0, damping, stiffness, cubic, steps=200, dt=0.05):
    """Gradient of final_position with respect to x0, damping, stiffness, cubic (reverse mode)."""
    # primal
    x_tape = []
    v_tape = []
    k2x_tape = []
    k3x_tape = []
    k4x_tape = []
    v = 0.0
    x = x0
    for n in range(steps):
        v_tape.append(v)
        x_tape.append(x)
        t = n * dt
        v1 = 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x
        k1v = v1 - cubic * x ** 3
        v2 = 0.5 * dt
        k2x = v + v2 * k1v
        k2x_tape.append(k2x)
        v3 = x + v2 * v
        v4 = 0.3 * np.cos(1.2 * (t + v2))
        k2v = v4 - damping * k2x - stiffness * v3 - cubic * v3 ** 3
        k3x = v + v2 * k2v
        k3x_tape.append(k3x)
        v5 = x + v2 * k2x
        k3v = v4 - damping * k3x - stiffness * v5 - cubic * v5 ** 3
        k4x = v + dt * k3v
        k4x_tape.append(k4x)
        v6 = x + dt * k3x
        v7 = 0.3 * np.cos(1.2 * (t + dt)) - damping * k4x - stiffness * v6
        v8 = dt / 6
        x += v8 * (v + 2 * k2x + 2 * k3x + k4x)
        v += v8 * (k1v + 2 * k2v + 2 * k3v + (v7 - cubic * v6 ** 3))
    # adjoint
    v_bar = 0.0
    x_bar = 1.0
    damping_bar = 0.0
    stiffness_bar = 0.0
    cubic_bar = 0.0
    for _ in range(steps - 1, -1, -1):
        x = x_tape.pop()
        k3x = k3x_tape.pop()
        k4x = k4x_tape.pop()
        k2x = k2x_tape.pop()
        v = v_tape.pop()
        v9 = dt / 6  # x = x + dt / 6 * (k1x + 2 * k2x + 2 * k3x + k4x)
        v10 = v_bar * v9  # v = v + dt / 6 * (k1v + 2 * k2v + 2 * k3v + k4v)
        k3v_bar = v10 * 2
        v11 = x_bar * v9  # x = x + dt / 6 * (k1x + 2 * k2x + 2 * k3x + k4x)
        k3x_bar = v11 * 2
        v12 = -v10  # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        # k4v = acceleration(t + dt, x + dt * k3x, v + dt * k3v, damping, stiffness, cubic)
        v13 = x + dt * k3x
        # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        cubic_bar += v12 * v13 ** 3
        stiffness_bar += v12 * v13
        v14 = v12 * cubic * (3 * v13 ** 2) + v12 * stiffness
        damping_bar += v12 * k4x
        k4x_bar = v11 + v12 * damping
        v15 = -(k3v_bar + k4x_bar * dt)
        v16 = 0.5 * dt  # k2x = v + 0.5 * dt * k1v
        v17 = x + v16 * k2x
        # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        cubic_bar += v15 * v17 ** 3
        stiffness_bar += v15 * v17
        v18 = v15 * cubic * (3 * v17 ** 2) + v15 * stiffness
        damping_bar += v15 * k3x
        k3x_bar1 = k3x_bar + v14 * dt + v15 * damping
        v_bar = v_bar + v11 + k4x_bar + k3x_bar1  # k3x = v + 0.5 * dt * k2v
        # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        v19 = -(k3v_bar + k3x_bar1 * v16)
        v20 = x + v16 * v
        # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        cubic_bar += v19 * v20 ** 3
        stiffness_bar += v19 * v20
        v21 = v19 * cubic * (3 * v20 ** 2) + v19 * stiffness
        k2x_bar = k3x_bar + v18 * v16 + v19 * damping
        v_bar = v_bar + v21 * v16 + k2x_bar  # k2x = v + 0.5 * dt * k1v
        # return 0.3 * np.cos(1.2 * t) - damping * v - stiffness * x - cubic * x**3
        v22 = -(v10 + k2x_bar * v16)
        cubic_bar += v22 * x ** 3
        x_bar = x_bar + v14 + v18 + v21 + v22 * cubic * (3 * x ** 2)
        stiffness_bar += v22 * x
        x_bar += v22 * stiffness
        damping_bar = damping_bar + v19 * k2x + v22 * v
        v_bar += v22 * damping
    return x_bar, damping_bar, stiffness_bar, cubic_bar
