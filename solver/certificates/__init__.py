"""The checker of certificates: one file that runs by itself, and shares no line with the rest."""
