"""What every question gets: data that say what was found and how far it is proved."""
