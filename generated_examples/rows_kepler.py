import numpy as np


def kepler_vmap(mean, eccentricity):
    """kepler for every row of mean, eccentricity."""
    if np.any(eccentricity >= 1.0):
        raise ValueError('the orbit is not closed')
    anomaly = mean + eccentricity * np.sin(mean)
    step = np.ones(len(mean))
    active = abs(step) > 1e-12
    while np.any(active):
        v1 = anomaly[active]
        v2 = eccentricity[active]
        v3 = v1 - v2 * np.sin(v1) - mean[active]
        step1 = v3 / (1.0 - v2 * np.cos(v1))
        anomaly[active] = v1 - step1
        step[active] = step1
        active = abs(step) > 1e-12
    return anomaly
