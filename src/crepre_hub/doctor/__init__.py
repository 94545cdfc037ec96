"""What is wrong with a lab: small checks that find, name a remedy, and never repair."""
