"""What the machine itself says: its GPUs, and who uses them."""
