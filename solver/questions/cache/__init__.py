"""Answers of earlier runs, kept in a file in the user's cache folder, and checked before they are used."""
