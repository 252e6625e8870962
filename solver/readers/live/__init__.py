"""Models that people have in memory: their own library tells the shapes."""
