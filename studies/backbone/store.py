"""Store trained weights as the bundled backbone: 16 bits, with what must travel with them.

python -m studies.backbone.store FOLDER
"""

import argparse
import hashlib
import json
import re
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from helpers.backbone import weights
from studies.backbone.pretrain import LARGER
from studies.backbone.views import MEAN, STD


def store(trained: Path) -> str:
    """Write ``helpers/backbone/bundled.safetensors`` and its hash; return the hash."""
    tensors = {
        name: tensor.to(torch.float16).contiguous() if tensor.is_floating_point() else tensor
        for name, tensor in load_file(trained).items()
    }
    known = json.dumps({"mean": MEAN, "std": STD, "size": LARGER})
    save_file(tensors, weights.FILE, metadata={"facts": known})
    found = hashlib.sha256(weights.FILE.read_bytes()).hexdigest()
    module = Path(weights.__file__)
    module.write_text(re.sub(r'SHA256 = ".*"', f'SHA256 = "{found}"', module.read_text()))
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="the folder that pretrain.py wrote into")
    print(store(parser.parse_args().folder / "backbone.safetensors"))
