"""Small programs from real trades, as their authors write them."""

import math

import numpy as np

from tests.programs import program


@program(np.array([0.8, 1.2, 0.7, 1.1, 0.9]), analytic=True)
def rosenbrock(x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)


@program(np.array([0.5, -0.8, 1.2]))
def rastrigin_and_ackley(x):
    n = len(x)
    rastrigin = 10 * n + sum(xi**2 - 10 * np.cos(2 * np.pi * xi) for xi in x)
    s1, s2 = np.sqrt(np.sum(x**2) / n), np.sum(np.cos(2 * np.pi * x)) / n
    ackley = -20 * np.exp(-0.2 * s1) - np.exp(s2) + 20 + np.e
    return rastrigin + ackley


@program(1e5, 0.02, 4000.0)
@program(1e3, 0.02, 900.0, name="friction_laminar")
def friction_factor(re, roughness, transition):
    """Darcy friction factor: laminar, or Haaland's formula refined by Colebrook iterations."""
    if re < transition / 2:
        return 64.0 / re
    f = (-1.8 * math.log10((roughness / 3.7) ** 1.11 + 6.9 / re)) ** -2
    for _ in range(25):
        previous = f
        f = (-2.0 * math.log10(roughness / 3.7 + 2.51 / (re * math.sqrt(f)))) ** -2
        if abs(f - previous) < 1e-15 * f:
            break
    return f


@program(350.0, 2.5, 0.04)
def van_der_waals_compressibility(temperature, a, b):
    pressure, gas = 30.0, 0.08314
    volume = gas * temperature / pressure
    for _ in range(60):
        value = (pressure + a / volume**2) * (volume - b) - gas * temperature
        slope = pressure - a / volume**2 + 2 * a * b / volume**3
        volume -= value / slope
    return pressure * volume / (gas * temperature)


@program(100.0, 105.0, 0.2, 0.05)
def black_scholes(spot, strike, sigma, rate):
    tau = 0.75
    d1 = (math.log(spot / strike) + (rate + sigma**2 / 2) * tau) / (sigma * math.sqrt(tau))
    d2 = d1 - sigma * math.sqrt(tau)

    def cdf(z):
        return 0.5 * (1.0 + math.erf(z / math.sqrt(2.0)))

    return spot * cdf(d1) - strike * math.exp(-rate * tau) * cdf(d2)


@program(100.0, 0.2, 8)
def binomial_tree_american_put(spot, sigma, steps):
    strike, rate, dt = 103.0, 0.05, 1.0 / 8
    up = math.exp(sigma * math.sqrt(dt))
    down = 1.0 / up
    p = (math.exp(rate * dt) - down) / (up - down)
    value = np.empty(steps + 1)
    for j in range(steps + 1):
        value[j] = max(strike - spot * up**j * down ** (steps - j), 0.0)
    for n in range(steps - 1, -1, -1):
        for j in range(n + 1):
            held = math.exp(-rate * dt) * (p * value[j + 1] + (1 - p) * value[j])
            value[j] = max(held, strike - spot * up**j * down ** (n - j))
    return value[0]


@program(np.array([1.0, 0.5]), 0.1)
def lotka_volterra(y, h):
    def rhs(state):
        prey, predator = state
        return np.array([prey * (1.1 - 0.4 * predator), predator * (0.1 * prey - 0.4)])

    for _ in range(5):
        k1 = rhs(y)
        k2 = rhs(y + 0.5 * h * k1)
        y = y + h * k2
    return y


@program(0.7, 0.25, 1.3)
def kepler(eccentric_guess, eccentricity, mean_anomaly):
    e = eccentric_guess
    while abs(e - eccentricity * math.sin(e) - mean_anomaly) > 1e-13:
        e -= (e - eccentricity * math.sin(e) - mean_anomaly) / (1.0 - eccentricity * math.cos(e))
    return 2 * math.atan2(math.sqrt(1 + eccentricity) * math.sin(e / 2), math.sqrt(1 - eccentricity) * math.cos(e / 2))


@program(np.array([0.2, 0.5, 0.3]), np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3], [0.2, 0.3, 0.5]]), np.array([0, 2, 1, 1]))
def hidden_markov_forward(start, transition, observed):
    emission = np.array([[0.5, 0.3, 0.2], [0.1, 0.6, 0.3], [0.3, 0.3, 0.4]])
    alpha = start * emission[:, observed[0]]
    loglik = 0.0
    for o in observed[1:]:
        scale = alpha.sum()
        loglik += np.log(scale)
        alpha = (alpha / scale) @ transition * emission[:, o]
    return loglik + np.log(alpha.sum())


@program(np.array([0.4, 0.3, -0.2]), np.array([1.0, 0.2, -0.5, 0.8, 0.1, 0.4]))
def autoregressive_likelihood(phi, series):
    sse = 0.0
    for t in range(2, len(series)):
        e = series[t] - phi[0] - phi[1] * series[t - 1] - phi[2] * series[t - 2]
        sse += e**2
    n = len(series) - 2
    return 0.5 * n * np.log(sse / n)


@program(np.array([0.1, 0.2, 0.75]), np.array([0.5, -0.3, 0.8, -0.1]))
def garch_likelihood(theta, returns):
    omega, alpha, beta = theta
    variance = np.var(returns)
    total = 0.0
    for r in returns:
        total += 0.5 * (np.log(variance) + r * r / variance)
        variance = omega + alpha * r**2 + beta * variance
    return total


@program(np.array([[0.5, -0.3], [0.8, 0.1]]), np.array([0.1, -0.2]), np.array([0.7, 0.4]))
def two_layer_network(w, b, v):
    inputs = np.array([[0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    targets = np.array([1.0, 1.0, 0.0])
    hidden = np.tanh(inputs @ w + b)
    output = 1.0 / (1.0 + np.exp(-hidden @ v))
    return -np.mean(targets * np.log(output) + (1 - targets) * np.log(1 - output)) + 0.01 * np.sum(w**2)


@program(np.array([[0.2, -0.1, 0.3], [0.5, 0.4, -0.6], [0.1, 0.8, 0.2]]))
def convolution_by_loops(image):
    kernel = np.array([[0.0, 1.0], [-1.0, 2.0]])
    n, m = image.shape
    out = np.zeros((n - 1, m - 1))
    for i in range(n - 1):
        for j in range(m - 1):
            for p in range(2):
                for q in range(2):
                    out[i, j] += kernel[p, q] * image[i + p, j + q]
            if out[i, j] < 0:
                out[i, j] = 0.1 * out[i, j]
    return np.sum(out**2)


@program(np.array([0.0, 0.4, 1.1, 1.7]), 0.9)
def cubic_interpolation(y, at):
    knots = np.array([0.0, 0.5, 1.0, 1.5])
    total = 0.0
    for i in range(4):
        basis = 1.0
        for j in range(4):
            if i == j:
                continue
            basis *= (at - knots[j]) / (knots[i] - knots[j])
        total += y[i] * basis
    return total


@program(np.array([1.0, 2.0, 4.0, 3.0]), 0.8)
def table_lookup(values, x):
    grid = [0.0, 0.5, 1.0, 1.5]
    if x <= grid[0]:
        return values[0]
    for k in range(len(grid) - 1):
        if grid[k] <= x < grid[k + 1]:
            t = (x - grid[k]) / (grid[k + 1] - grid[k])
            return (1 - t) * values[k] + t * values[k + 1]
    return values[-1]


@program(np.array([0.3, -0.2, 0.5]))
def rotation_from_a_vector(w):
    theta = np.linalg.norm(w)
    k = w / theta
    cross = np.array([[0, -k[2], k[1]], [k[2], 0, -k[0]], [-k[1], k[0], 0]])
    rotation = np.eye(3) + np.sin(theta) * cross + (1 - np.cos(theta)) * (cross @ cross)
    return rotation @ np.array([1.0, 2.0, 3.0])


@program(np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]), np.array([1.0, 2.0, 3.0]))
def conjugate_gradients(a, b):
    x = np.zeros_like(b)
    r = b - a @ x
    p = r.copy()
    rs = r @ r
    for _ in range(2):
        ap = a @ p
        alpha = rs / (p @ ap)
        x += alpha * p
        r -= alpha * ap
        new = r @ r
        p = r + new / rs * p
        rs = new
    return x


@program(np.array([[2.0, 1.0], [1.0, 3.0]]))
def power_iteration(a):
    v = np.ones(2)
    for _ in range(12):
        v = a @ v
        v /= np.sqrt(v @ v)
    return v @ a @ v


@program(np.array([0.9, 1.4, 2.1, 0.3]))
def simpson_quadrature(c):
    def f(t):
        return c[0] * math.exp(-c[1] * t) * math.cos(c[2] * t) + c[3] * t

    a, b, n = 0.0, 1.0, 6
    h = (b - a) / n
    total = f(a) + f(b)
    for i in range(1, n):
        total += (4 if i % 2 else 2) * f(a + i * h)
    return total * h / 3


@program(np.array([1.0, -0.5, 0.25]), 0.3)
def horner_and_its_slope(c, x):
    p = dp = 0.0
    for ci in c[::-1]:
        dp = dp * x + p
        p = p * x + ci
    return p, dp


@program(np.array([0.1, 0.5, 0.9, 0.4]))
def edit_like_recursion(cost):
    n = len(cost)
    d = np.zeros((n + 1, n + 1))
    for i in range(1, n + 1):
        d[i, 0] = d[i - 1, 0] + cost[i - 1]
        d[0, i] = d[0, i - 1] + 0.7
    for i in range(1, n + 1):
        for j in range(1, n + 1):
            change = (cost[i - 1] - cost[j - 1] * 0.9) ** 2
            d[i, j] = min(d[i - 1, j] + cost[i - 1], d[i, j - 1] + 0.7, d[i - 1, j - 1] + change)
    return d[n, n]


@program(np.array([2.0, 3.0, 1.5]))
def quicksort_like_median(x):
    values = [x[0], x[1], x[2]]
    for i in range(1, 3):
        j = i
        while j > 0 and values[j - 1] > values[j]:
            values[j - 1], values[j] = values[j], values[j - 1]
            j -= 1
    return values[1] ** 2 * values[0]


@program(np.array([0.5, 0.2]), 6)
def chebyshev_recurrence(x, n):
    t = np.zeros((n, len(x)))
    t[0] = 1.0
    t[1] = x
    for k in range(2, n):
        t[k] = 2 * x * t[k - 1] - t[k - 2]
    return np.sum(t, axis=1) @ np.arange(n)


@program(0.2, 0.9, 40)
def projectile_with_drag(drag, angle, steps):
    x = y = 0.0
    vx, vy = 10.0 * math.cos(angle), 10.0 * math.sin(angle)
    dt = 0.05
    for _ in range(steps):
        speed = math.hypot(vx, vy)
        vx -= dt * drag * speed * vx
        vy -= dt * (9.81 + drag * speed * vy)
        x_new, y_new = x + dt * vx, y + dt * vy
        if y_new < 0:
            x = x + (x_new - x) * y / (y - y_new)
            break
        x, y = x_new, y_new
    return x
