"""Our training step, data path and planner beside a plain reference."""
