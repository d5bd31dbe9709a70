"""prims"""
