"""The mapper for the MAERI accelerator."""

__version__ = "0.1.0"
