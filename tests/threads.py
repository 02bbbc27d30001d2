"""A fixture for the tests that train or run networks."""

import pytest
import torch


@pytest.fixture(autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)  # the other tests run beside these
    yield
    torch.set_num_threads(before)
