"""What people and programs read: certificates, tables and JSON."""
