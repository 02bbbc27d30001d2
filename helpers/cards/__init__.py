"""Cards of a dataset and of a model in Hugging Face's format, filled in with what was measured.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__, submod_attrs={"filling": ["dataset_card", "model_card"]}
)
