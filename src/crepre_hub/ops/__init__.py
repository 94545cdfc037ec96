"""What a lab needs around the hub: programs, images, processes."""
