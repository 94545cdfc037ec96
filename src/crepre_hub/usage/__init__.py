"""How long servers ran. Pure."""
