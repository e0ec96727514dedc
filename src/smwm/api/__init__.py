"""What `import smwm` offers: trained models, and the stages as functions."""
