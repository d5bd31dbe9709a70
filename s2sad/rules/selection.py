"""Derivatives of the helper that keeps a cotangent out of what was not selected."""

from s2sad.prims.runtime import masked_product
from s2sad.rules.book import bilinear


@bilinear(masked_product)
def masked_product_(ans_bar, g, x):
    return masked_product(ans_bar, x), masked_product(ans_bar, g)
