"""The bundled backbone: a small network pretrained on rendered images, and its weights.

Nothing is downloaded. `studies/backbone` renders the images and trains the network.
"""

from helpers.backbone.network import SmallResNet
from helpers.backbone.weights import BackboneError, card, facts, load_backbone, sources

__all__ = ["BackboneError", "SmallResNet", "card", "facts", "load_backbone", "sources"]
