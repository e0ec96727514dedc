"""What embeddings and results say: spectra, probes, intervals, claims and their verdicts."""
