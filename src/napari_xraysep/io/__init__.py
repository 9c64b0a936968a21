"""Files in, results out."""
