// Keys pressed in a panel stay in it. JupyterLab listens for its one-letter commands on the
// document, so a key that bubbles up from a button or picture would act on the cell: d d deletes it.

function isSave(event) {
  return (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
}

function keepKeys(panel) {
  // A click on a picture, which takes no focus of its own, focuses the panel and not the cell.
  panel.tabIndex = -1;
  const take = () => {
    if (!panel.contains(document.activeElement)) panel.focus({ preventScroll: true });
  };
  const stay = (event) => {
    if (!isSave(event)) event.stopPropagation();
    if (event.key === "Escape") panel.closest(".jp-Cell")?.focus(); // the way out by keyboard
  };
  panel.addEventListener("click", take);
  panel.addEventListener("keydown", stay);
  panel.addEventListener("keyup", stay);
}

function render({ el }) {
  // The element is attached to its panel only after this function has returned.
  let waiting = requestAnimationFrame(function look() {
    const panel = el.closest(".workbook");
    if (panel) keepKeys(panel);
    else waiting = requestAnimationFrame(look);
  });
  return () => cancelAnimationFrame(waiting);
}

export default { render };
