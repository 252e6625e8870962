"""A schedule of buffer tiles as files: schedule.json, its form, and the folder around it."""
