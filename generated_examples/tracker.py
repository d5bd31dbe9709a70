import numpy as np


def adjugate(a):
    """det(a) * inv(a), which exists where a is singular as well."""
    try:
        return np.linalg.det(a)[..., None, None] * np.linalg.inv(a)
    except np.linalg.LinAlgError:
        u, s, vh = np.linalg.svd(a)
        others = np.where(np.eye(s.shape[-1], dtype=bool), 1.0, s[..., None, :])
        turned = u * np.prod(others, axis=-1)[..., None, :]
        sign = np.linalg.det(u) * np.linalg.det(vh)
        return sign[..., None, None] * np.conj(np.swapaxes(turned @ vh, -1, -2))


def log_likelihood_grad(drift, noise, measurements):
    """Gradient of log_likelihood with respect to drift, noise (reverse mode)."""
    # primal
    motion = np.array([[1.0, 0.1], [0.0, 1.0]])
    sensor = np.array([[1.0, 0.0]])
    v1 = np.eye(2)
    v2 = drift * v1
    v3 = np.eye(1)
    v4 = noise * v3
    mean = np.zeros(2)
    covariance = np.eye(2)
    sum_tape = []
    surprise_tape = []
    spread_tape = []
    product_tape = []
    inv_tape = []
    gain_tape = []
    product_tape1 = []
    solve_tape = []
    det_tape = []
    for v7 in range(len(measurements)):
        v5 = motion @ mean
        v6 = motion @ covariance @ motion.T + v2
        sum_tape.append(v6)
        surprise = measurements[v7] - sensor @ v5
        surprise_tape.append(surprise)
        v8 = sensor.T
        spread = sensor @ v6 @ v8 + v4
        spread_tape.append(spread)
        v9 = v6 @ v8
        product_tape.append(v9)
        v10 = np.linalg.inv(spread)
        inv_tape.append(v10)
        gain = v9 @ v10
        gain_tape.append(gain)
        mean = v5 + gain @ surprise
        v11 = gain @ sensor
        product_tape1.append(v11)
        covariance = v6 - v11 @ v6
        solve_tape.append(np.linalg.solve(spread, surprise))
        det_tape.append(np.linalg.det(spread))
    # adjoint
    mean_bar = np.zeros_like(mean)
    covariance_bar = np.zeros_like(covariance)
    v12 = np.zeros_like(v2)
    v13 = np.zeros_like(v4)
    log_likelihood_bar = 1.0
    for _ in range(len(measurements) - 1, -1, -1):
        v14 = det_tape.pop()
        spread = spread_tape.pop()
        v15 = solve_tape.pop()
        surprise = surprise_tape.pop()
        v16 = sum_tape.pop()
        v17 = product_tape1.pop()
        gain = gain_tape.pop()
        v18 = inv_tape.pop()
        v19 = product_tape.pop()
        # self.log_likelihood -= 0.5 * (misfit + np.log(np.linalg.det(spread)))
        v20 = log_likelihood_bar * -0.5
        spread_bar = v20 / v14 * adjugate(spread).T
        # misfit = surprise @ np.linalg.solve(spread, surprise)
        b_bar = np.linalg.solve(spread.T, v20 * surprise)
        # self.covariance = self.covariance - gain @ self.sensor @ self.covariance
        v21 = -covariance_bar
        v22 = sensor.T
        # self.mean = self.mean + gain @ surprise
        gain_bar = v21 @ v16.T @ v22 + np.outer(mean_bar, surprise)
        surprise_bar = v20 * v15 + b_bar + gain.T @ mean_bar
        v23 = v18.T  # gain = self.covariance @ self.sensor.T @ np.linalg.inv(spread)
        v24 = -v23 @ (v19.T @ gain_bar) @ v23
        spread_bar = spread_bar - np.outer(b_bar, v15) + v24
        v25 = covariance_bar + v17.T @ v21 + gain_bar @ v23 @ sensor
        v13 += spread_bar  # spread = self.sensor @ self.covariance @ self.sensor.T + self.noise
        v26 = v25 + v22 @ (spread_bar @ sensor)
        v12 += v26  # self.covariance = self.motion @ self.covariance @ self.motion.T + self.drift
        v27 = motion.T
        covariance_bar = v27 @ (v26 @ motion)
        mean_bar = v27 @ (mean_bar + v22 @ -surprise_bar)  # self.mean = self.motion @ self.mean
    # tracker = Tracker(motion, sensor, drift * np.eye(2), noise * np.eye(1))
    noise_bar = np.sum(v13 * v3)
    drift_bar = np.sum(v12 * v1)
    return drift_bar, noise_bar
