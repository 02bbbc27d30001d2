"""The slider of learning rates in a real browser."""

from tests.notebooks.making import code, write

CELL = """
import pandas as pd
from helpers.widgets import explore_rates

ends = {1e-4: 2.2, 1e-2: 1.5, 1.0: 4.0}
rows = [(rate, 0, epoch, 2.3 + (end - 2.3) * epoch, 0.4) for rate, end in ends.items()
        for epoch in range(2)]
explore_rates(pd.DataFrame(rows, columns=["rate", "seed", "epoch", "valid_loss", "accuracy"]))
"""


def test_moving_the_slider_redraws_the_curves_and_says_how_that_rate_did(lab):
    write(lab.folder / "50_rates.ipynb", code(CELL))
    page = lab.open("50_rates.ipynb")
    assert lab.run_all(page) == []
    before = page.locator(".workbook img").first.get_attribute("src")
    page.locator(".workbook .widget-slider .noUi-handle").first.press("ArrowRight")
    page.wait_for_function(
        """before => {
            const shown = document.querySelector(".workbook img");
            return shown && shown.src !== before && shown.complete && shown.naturalWidth > 0;
        }""",
        arg=before,
    )
    # Picture and words come in messages of their own; the words last.
    page.locator(".workbook", has_text="validation loss 1.50").first.wait_for()
    assert "No other rate" in page.locator(".workbook").first.inner_text()
