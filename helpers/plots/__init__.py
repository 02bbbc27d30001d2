"""Every figure of the workbook: takes a dataset or table, draws on the Axes given, returns it."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "style": ["alt", "palette", "use_style"],
        "samples": ["anatomy", "class_sheet", "contact_sheet", "pairs"],
        "overview": ["class_counts", "issues", "sizes", "workflow"],
        "networks": ["feature_maps", "label_issues", "probes"],
        "groups": ["draw_proposals"],
        "features": ["by_class", "class_colours", "dataset_map", "separability"],
        "results": ["detectors", "measurement", "scores", "sweep"],
        "training": ["convolution", "learning_curves", "rate_curves", "rate_finder"],
        "augment": ["effects", "kept", "policies", "recalls"],
        "transfer": ["backbones", "label_curve", "pretraining", "questions"],
    },
)
