"""A table beside the images: its encoding, the column that names the files, labels, splits."""
