"""Every figure of the workbook: takes a dataset or table, draws on the Axes given, returns it."""

from importlib import import_module

_HOMES = {
    "style": ("alt", "palette", "use_style"),
    "samples": ("anatomy", "class_sheet", "contact_sheet", "pairs"),
    "overview": ("class_counts", "issues", "sizes", "workflow"),
    "networks": ("feature_maps", "label_issues", "probes"),
    "groups": ("draw_proposals",),
    "features": ("by_class", "class_colours", "dataset_map", "separability"),
    "results": ("detectors", "measurement", "scores", "sweep"),
    "training": ("convolution", "learning_curves", "rate_curves", "rate_finder"),
    "transfer": ("backbones", "label_curve", "pretraining", "questions"),
}
__all__ = [name for names in _HOMES.values() for name in names]


def __getattr__(name: str):
    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"helpers.plots.{module}"), name)
    raise AttributeError(f"module 'helpers.plots' has no attribute {name!r}")
