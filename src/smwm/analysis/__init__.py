"""What the embeddings and the results say: spectra, intervals."""
