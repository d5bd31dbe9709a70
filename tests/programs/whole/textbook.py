"""The two functions that textbooks of automatic differentiation begin with, and three small loops."""

import math

import numpy as np


def f(x1, x2):
    return x1 * x2 + np.exp(x1 * x2) - np.sin(x2)


def griewank(x1, x2):
    return math.log(x1) + x1 * x2 - math.sin(x2)


def last(a, x):
    y = np.zeros(len(x))
    for i in range(1, len(x)):
        y[i] = np.tanh(a * y[i - 1] + x[i])
    return y[-1]


def diffuse(u, steps):
    u = u.copy()
    for t in range(steps):
        u[1:-1, 1:-1] = 0.2 * (u[1:-1, 1:-1] + u[2:, 1:-1] + u[:-2, 1:-1] + u[1:-1, 2:] + u[1:-1, :-2])
    return np.sum(u)
