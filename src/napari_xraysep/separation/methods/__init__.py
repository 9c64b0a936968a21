"""The separation methods, one package each."""
