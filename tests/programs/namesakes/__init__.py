"""Two modules with helpers of one name."""
