"""The likelihood of a mixture of Gaussians with diagonal covariance."""

import numpy as np


def log_likelihood(logits, means, log_scales, data):
    """Of ``data`` (points, dimensions) under components ``means`` (components, dimensions)."""
    log_weights = logits - np.log(np.sum(np.exp(logits)))
    z = (data[:, None, :] - means) * np.exp(-log_scales)
    log_density = -0.5 * np.sum(z**2, axis=2) - np.sum(log_scales, axis=1) - 0.5 * data.shape[1] * np.log(2 * np.pi)
    joint = log_weights + log_density
    top = np.max(joint, axis=1, keepdims=True)
    return np.sum(top[:, 0] + np.log(np.sum(np.exp(joint - top), axis=1)))
