"""Trajectories: collection, the HDF5 format, window sampling."""
