// Clicks and keys on a page of pictures: a click opens one, a box in its corner selects it.
// Python draws the pictures and keeps the selection; this only says what was pressed, and marks.

function render({ model, el }) {
  let box, watching, waiting, last = 0, count = 0;

  const figures = () => [...box.querySelectorAll("figure")];

  function tell(number, how) {
    model.set("pressed", [number, how, (count += 1)]);
    model.save_changes();
  }

  function press(event) {
    const figure = event.target.closest("figure");
    if (!figure || !box.contains(figure)) return;
    const number = figures().indexOf(figure);
    const ticked = event.target.closest(".tick") || event.ctrlKey || event.metaKey;
    tell(number, event.shiftKey ? "through" : ticked ? "toggle" : "open");
    if (!event.target.closest(".tick")) move(number);
    event.preventDefault();
  }

  function move(number) {
    const all = figures();
    if (!all.length) return;
    last = Math.min(Math.max(number, 0), all.length - 1);
    all.forEach((figure, place) => (figure.querySelector("img, .unreadable").tabIndex =
      place === last ? 0 : -1));
    if (box.contains(document.activeElement) || number >= 0) {
      all[last].querySelector("img, .unreadable").focus({ preventScroll: false });
    }
  }

  function key(event) {
    const at = figures().indexOf(event.target.closest("figure"));
    if (at < 0 || event.target.closest(".tick")) return;
    const across = getComputedStyle(box).gridTemplateColumns.split(" ").length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across };
    if (event.key in steps) move(at + steps[event.key]);
    else if (event.key === "Enter") tell(at, event.shiftKey ? "through" : "open");
    else if (event.key === " ") tell(at, "toggle");
    else return;
    event.preventDefault();
  }

  function mark() {
    const [chosen, open] = [model.get("chosen"), model.get("opened")];
    figures().forEach((figure, number) => {
      const image = figure.querySelector("img, .unreadable");
      if (!figure.querySelector(".tick")) {
        const tick = document.createElement("button");
        tick.type = "button";
        tick.className = "tick";
        figure.append(tick);
        image.tabIndex = number === last ? 0 : -1;
        image.setAttribute("role", "button");
        const label = figure.querySelector("figcaption")?.innerText.replace(/\s+/g, " ").trim();
        image.setAttribute("aria-label", `Open ${label || figure.title}`);
        tick.setAttribute("aria-label", `Select ${label || figure.title}`);
      }
      const picked = chosen.includes(number);
      figure.classList.toggle("chosen", picked);
      figure.classList.toggle("opened", number === open);
      figure.querySelector(".tick").setAttribute("aria-pressed", String(picked));
    });
  }

  function attach() {
    box = el.closest(".workbook")?.querySelector(".page .widget-html-content");
    if (!box) return void (waiting = requestAnimationFrame(attach));
    box.addEventListener("click", press);
    box.addEventListener("keydown", key);
    watching = new MutationObserver(() => ((last = 0), mark()));
    watching.observe(box, { childList: true });
    mark();
  }

  model.on("change:chosen", mark);
  model.on("change:opened", mark);
  attach();
  return () => {
    cancelAnimationFrame(waiting);
    watching?.disconnect();
    box?.removeEventListener("click", press);
    box?.removeEventListener("keydown", key);
    model.off("change:chosen", mark);
    model.off("change:opened", mark);
  };
}

export default { render };
