import numpy as np


def negative_log_likelihood_grad(log_noise, initial, measurements, dt=0.5):
    """Gradient of negative_log_likelihood with respect to log_noise, initial (reverse mode)."""
    # primal
    f = np.array([[1.0, dt], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    v1 = np.exp(log_noise[0])
    v2 = dt ** 2 / 2
    v3 = np.array([[dt ** 3 / 3, v2], [v2, dt]])
    q = v1 * v3
    r = np.exp(log_noise[1])
    p = np.eye(2)
    innovation_tape = []
    s_tape = []
    gain_tape = []
    outer_tape = []
    product_tape = []
    product_tape1 = []
    x = initial
    for v5 in range(len(measurements)):
        x = f @ x
        p = f @ p @ f.T + q
        v4 = h @ x
        product_tape1.append(v4)
        innovation = measurements[v5] - v4[0]
        innovation_tape.append(innovation)
        v6 = h.T
        v7 = h @ p @ v6
        product_tape.append(v7)
        s = v7[0, 0] + r
        s_tape.append(s)
        gain = (p @ v6)[:, 0] / s
        gain_tape.append(gain)
        x = x + gain * innovation
        v8 = np.outer(gain, gain)
        outer_tape.append(v8)
        p = p - v8 * s
    # adjoint
    p_bar = np.zeros_like(p)
    x_bar = np.zeros_like(x)
    q_bar = np.zeros_like(q)
    total_bar = 1.0
    r_bar = 0.0
    for _ in range(len(measurements) - 1, -1, -1):
        s = s_tape.pop()
        innovation = innovation_tape.pop()
        v9 = outer_tape.pop()
        gain = gain_tape.pop()
        v10 = product_tape.pop()
        v11 = product_tape1.pop()
        v12 = total_bar * 0.5  # total += 0.5 * (np.log(2 * np.pi * s) + innovation**2 / s)
        innovation_bar = v12 / s * (2 * innovation)
        v13 = 2 * np.pi
        s_bar = v12 / (v13 * s) * v13 - v12 * (innovation ** 2 / s / s)
        v14 = -p_bar  # p = p - np.outer(gain, gain) * s
        v15 = v14 * s
        gain_bar = v15 @ gain + gain @ v15
        gain_bar = gain_bar + x_bar * innovation  # x = x + gain * innovation
        # gain = (p @ h.T)[:, 0] / s
        s_bar = s_bar + np.sum(v14 * v9) - np.sum(gain_bar * (gain / s))
        v16 = h.T  # s = (h @ p @ h.T)[0, 0] + r
        v17 = np.zeros_like(v16)  # gain = (p @ h.T)[:, 0] / s
        v17[:, 0] = gain_bar / s
        p_bar += v17 @ h
        r_bar += s_bar  # s = (h @ p @ h.T)[0, 0] + r
        v18 = np.zeros_like(v10)
        v18[0, 0] = s_bar
        p_bar += v16 @ (v18 @ h)
        v19 = np.zeros_like(v11)  # innovation = z - (h @ x)[0]
        v19[0] = -(innovation_bar + np.sum(x_bar * gain))
        x_bar += v16 @ v19
        q_bar += p_bar  # p = f @ p @ f.T + q
        v20 = f.T
        p_bar = v20 @ (p_bar @ f)
        x_bar = v20 @ x_bar  # x = f @ x
    log_noise_bar = np.zeros_like(log_noise)  # r = np.exp(log_noise[1])
    log_noise_bar[1] = r_bar * r
    # q = np.exp(log_noise[0]) * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    log_noise_bar[0] = np.sum(q_bar * v3) * v1
    return log_noise_bar, x_bar
