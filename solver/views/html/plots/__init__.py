"""The plots of pages."""
