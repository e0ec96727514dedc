"""Settings, and the configuration files of the workflow."""
