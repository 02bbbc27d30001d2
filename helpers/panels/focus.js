// What a panel needs beyond ipywidgets, for those who use it by keyboard or listen to it.
// Keys pressed in it stay in it: JupyterLab listens for its one-letter commands on the document, so
// a key that bubbles up from a button or picture would act on the cell: d d deletes it.

let count = 0;

function isSave(event) {
  return (event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s";
}

function nameSliders(panel) {
  for (const slider of panel.querySelectorAll(".widget-slider")) {
    const [label, readout] = [".widget-label", ".widget-readout"].map((one) =>
      slider.querySelector(one),
    );
    if (readout) readout.id ||= `readout-${(count += 1)}`; // the place alone is a bare number
    const handles = slider.querySelectorAll(".noUi-handle");
    handles.forEach((handle, place) => {
      if (handle.hasAttribute("aria-label")) return;
      const side = handles.length > 1 ? [" from", " to"][place] : "";
      handle.setAttribute("aria-label", (label?.textContent.trim() || "Page") + side);
      if (readout) handle.setAttribute("aria-describedby", readout.id);
    });
  }
}

function nameToggles(panel) {
  for (const group of panel.querySelectorAll(".widget-toggle-buttons:not([role])")) {
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", group.querySelector("label")?.textContent || "choice");
  }
  for (const one of panel.querySelectorAll(".widget-toggle-button")) {
    const pressed = String(one.classList.contains("mod-active"));
    if (one.getAttribute("aria-pressed") !== pressed) one.setAttribute("aria-pressed", pressed);
  }
}

// What scrolls can be scrolled by keyboard; what does not is no stop on the way.
function reachWhatScrolls(panel) {
  for (const box of panel.querySelectorAll(".details")) {
    const scrolls = box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
    if (scrolls === box.hasAttribute("tabindex")) continue;
    const facts = { tabindex: "0", role: "region", "aria-label": "Details" };
    for (const [name, value] of Object.entries(facts)) {
      if (scrolls) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  }
}

function keepNamed(panel) {
  let asked = 0;
  const look = () => {
    asked = 0;
    nameSliders(panel);
    nameToggles(panel);
    reachWhatScrolls(panel);
  };
  const later = () => (asked ||= requestAnimationFrame(look));
  const changed = new MutationObserver(later);
  const resized = new ResizeObserver(later); // also when it is shown, if it was made out of sight
  const watched = { attributes: true, attributeFilter: ["class"], childList: true };
  changed.observe(panel, { ...watched, subtree: true });
  resized.observe(panel);
  later();
  return () => {
    cancelAnimationFrame(asked);
    changed.disconnect();
    resized.disconnect();
  };
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
  let stop = () => {};
  // The element is attached to its panel only after this function has returned.
  let waiting = requestAnimationFrame(function look() {
    const panel = el.closest(".workbook");
    if (!panel) return void (waiting = requestAnimationFrame(look));
    keepKeys(panel);
    stop = keepNamed(panel);
  });
  return () => {
    cancelAnimationFrame(waiting);
    stop();
  };
}

export default { render };
