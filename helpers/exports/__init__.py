"""What leaves the workbook: a Croissant description, and the model as ONNX with a program.

The cleaned table and its images are written by `helpers.datasets.exporting.export`.

Names load their module on first use.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "croissant": ["write_croissant"],
        "models": ["check_export", "export_model", "ModelExportError"],
    },
)
