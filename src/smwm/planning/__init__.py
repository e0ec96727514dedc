"""Planning in latent space and its evaluation."""
