"""The command line: argument parsing only. One file per command, loaded when the command is called."""
