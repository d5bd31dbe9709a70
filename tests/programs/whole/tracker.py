"""A Kalman filter as a class that keeps its state, and the likelihood of what it was shown."""

import numpy as np


class Tracker:
    """A state that moves linearly, seen through a linear map, both with Gaussian noise."""

    def __init__(self, motion, sensor, drift, noise):
        self.motion, self.sensor = motion, sensor
        self.drift, self.noise = drift, noise
        self.mean = np.zeros(len(motion))
        self.covariance = np.eye(len(motion))
        self.log_likelihood = 0.0

    def predict(self):
        self.mean = self.motion @ self.mean
        self.covariance = self.motion @ self.covariance @ self.motion.T + self.drift

    def update(self, seen):
        surprise = seen - self.sensor @ self.mean
        spread = self.sensor @ self.covariance @ self.sensor.T + self.noise
        gain = self.covariance @ self.sensor.T @ np.linalg.inv(spread)
        self.mean = self.mean + gain @ surprise
        self.covariance = self.covariance - gain @ self.sensor @ self.covariance
        misfit = surprise @ np.linalg.solve(spread, surprise)
        self.log_likelihood -= 0.5 * (misfit + np.log(np.linalg.det(spread)))


def log_likelihood(drift, noise, measurements):
    """Of the positions of something that keeps its velocity but for a drift."""
    motion = np.array([[1.0, 0.1], [0.0, 1.0]])
    sensor = np.array([[1.0, 0.0]])
    tracker = Tracker(motion, sensor, drift * np.eye(2), noise * np.eye(1))
    for seen in measurements:
        tracker.predict()
        tracker.update(seen)
    return tracker.log_likelihood
