"""Training world models: objectives, loop, restart points."""
