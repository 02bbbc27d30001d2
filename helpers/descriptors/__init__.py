"""Hand-made descriptors of colour, texture and form, for one image or for a whole dataset."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "colour": ["colour_histogram", "colour_moments", "dominant_colours"],
        "texture": ["grey_cooccurrence", "local_binary_patterns"],
        "form": ["find_foreground", "oriented_gradients", "region_shape"],
        "controls": ["auc_within", "hold_equal", "most_surprising_pair"],
        "pictures": ["find_foregrounds", "score_descriptor"],
        "probing": ["name_parts", "probe_parts"],
        "table": ["describe", "hardest_pair", "separability"],
    },
)
