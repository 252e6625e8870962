"""When everything of a run happens, on every kind of array."""
