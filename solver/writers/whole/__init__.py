"""The files of a layer that is made of parts: a list of them, and a folder for each different one."""
