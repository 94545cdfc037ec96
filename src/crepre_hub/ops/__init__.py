"""What is done to a machine from outside the hub: images built, environments installed."""
