"""A kit that checks and times a GPU on a bare machine: `smwm benchmark --gpu`."""
