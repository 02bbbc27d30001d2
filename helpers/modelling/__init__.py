"""What a report says of what can be learned: split, shortcuts, baselines, evaluation, errors."""
