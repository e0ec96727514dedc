"""What the rules call: a run's files, its tables and figures, records, screen and signals."""
