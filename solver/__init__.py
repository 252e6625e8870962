"""The mapper for the MAERI accelerator."""
