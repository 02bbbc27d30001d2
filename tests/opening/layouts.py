"""Layouts of folders, and what a careful reader says of them."""

from itertools import product as every

from helpers.opening.layout import read_layout

CD = ("cat", "dog")


def read(*folders, **asked):
    """{folder: (label, split)} for one image in each folder, and the whole layout."""
    layout = read_layout([f"{folder}/1.jpg" if folder else "1.jpg" for folder in folders], asked)
    return {f: (layout.labels[f], layout.splits[f]) for f in layout.labels}, layout


def both(pattern, splits=("train", "test"), classes=("cat", "dog")):
    """{folder: (class, split)} for each class in each split; `pattern` has {s} and {c}."""
    return {pattern.format(s=s, c=c): (c, usual(s)) for s in splits for c in classes}


def usual(word):
    words = {"tr": "train", "va": "valid", "de": "valid", "te": "test", "ho": "test"}
    return words[word.lower().lstrip("0123456789_")[:2]]


def same(*names):
    """Each folder as a class of its own name."""
    return {name: (name, None) for name in names}


def product(pattern, **values):
    """`pattern` filled in with each combination of the values."""
    return [
        pattern.format(**dict(zip(values, row, strict=True))) for row in every(*values.values())
    ]
