"""What the tests of faults share: people at work, and what must be true after every fault."""
