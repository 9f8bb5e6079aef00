"""What the product can carry, measured beside a bare baseline in the same run."""
