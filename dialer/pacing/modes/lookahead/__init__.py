"""The parts of the predictive mode: what will be answered, who will be free, what that risks."""
