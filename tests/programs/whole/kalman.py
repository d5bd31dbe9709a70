"""A Kalman filter for a tracked vehicle, and the likelihood of its measurements."""

import numpy as np


def negative_log_likelihood(log_noise, initial, measurements, dt=0.5):
    """Of position measurements under a constant-velocity model.

    ``log_noise`` holds the logarithms of the process and the measurement variance, ``initial`` the first state.
    """
    f = np.array([[1.0, dt], [0.0, 1.0]])
    h = np.array([[1.0, 0.0]])
    q = np.exp(log_noise[0]) * np.array([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]])
    r = np.exp(log_noise[1])
    x = initial
    p = np.eye(2)
    total = 0.0
    for z in measurements:
        x = f @ x
        p = f @ p @ f.T + q
        innovation = z - (h @ x)[0]
        s = (h @ p @ h.T)[0, 0] + r
        gain = (p @ h.T)[:, 0] / s
        x = x + gain * innovation
        p = p - np.outer(gain, gain) * s
        total += 0.5 * (np.log(2 * np.pi * s) + innovation**2 / s)
    return total
