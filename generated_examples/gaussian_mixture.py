import numpy as np


def log_likelihood_grad(logits, means, log_scales, data):
    """Gradient of log_likelihood with respect to logits, means, log_scales (reverse mode)."""
    # primal
    v1 = np.exp(logits)
    v2 = np.sum(v1)
    v3 = data[:, None, :] - means
    v4 = np.exp(-log_scales)
    z = v3 * v4
    v5 = -0.5 * np.sum(z ** 2, axis=2) - np.sum(log_scales, axis=1)
    log_density = v5 - 0.5 * data.shape[1] * np.log(2 * np.pi)
    joint = logits - np.log(v2) + log_density
    top = np.max(joint, axis=1, keepdims=True)
    v6 = np.exp(joint - top)
    v7 = np.sum(v6, axis=1)
    # adjoint
    # return np.sum(top[:, 0] + np.log(np.sum(np.exp(joint - top), axis=1)))
    v8 = np.expand_dims(1.0 / v7, 1) * v6
    top_bar = -np.sum(v8, axis=1, keepdims=True)
    top_bar[:, 0] += 1.0
    attained = joint == top  # top = np.max(joint, axis=1, keepdims=True)
    joint_bar = v8 + attained * (top_bar / np.sum(attained, axis=1, keepdims=True))
    log_weights_bar = np.sum(joint_bar, axis=0)  # joint = log_weights + log_density
    z_bar = np.expand_dims(joint_bar * -0.5, 2) * (2 * z)
    v9 = np.expand_dims(-log_weights_bar, 1)  # z = (data[:, None, :] - means) * np.exp(-log_scales)
    log_scales_bar = v9 - np.sum(z_bar * v3, axis=0) * v4
    means_bar = -np.sum(z_bar * v4, axis=0)
    # log_weights = logits - np.log(np.sum(np.exp(logits)))
    logits_bar = log_weights_bar - np.sum(log_weights_bar) / v2 * v1
    return logits_bar, means_bar, log_scales_bar
