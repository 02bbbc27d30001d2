// One-letter keys for the panel around this widget, sent to Python in the order they are pressed.
// They do not act while one types in a field, and what acts here never reaches JupyterLab.
// In the panel's HTML an element with data-key="x" is a mouse's way to press x.

const TYPING = "textarea, select, [contenteditable=true], " +
  "input:not([type=checkbox]):not([type=radio]):not([type=button])";
const PATIENCE = 300; // milliseconds until the panel shows that it is busy

function keyOf(event, known) {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (known.includes(key)) return key;
  // Where digits need the shift key, as on French keyboards, the bare key means the digit.
  const digit = event.shiftKey ? null : /^Digit(\d)$/.exec(event.code)?.[1];
  return known.includes(digit) ? digit : null;
}

function ownsKey(target, key) {
  const owner = target.closest?.("[data-owns]");
  const slides = key.startsWith("Arrow") && target.closest?.(".noUi-handle");
  return Boolean(slides || owner?.dataset.owns.split(" ").includes(key));
}

function listen(panel, model) {
  const waiting = new Set(), down = new Set();

  const busy = () => {
    panel.classList.toggle("busy", waiting.size > 0);
    panel.setAttribute("aria-busy", String(waiting.size > 0));
  };
  const send = (key) => {
    const id = `${performance.now()} ${Math.random()}`;
    waiting.add(id);
    setTimeout(() => waiting.has(id) && busy(), PATIENCE);
    // What was on show when the key was pressed: no question is answered before it was seen.
    model.send({ key, id, seen: model.get("revision") });
  };
  const handled = (message) => {
    if (waiting.delete(message.handled)) busy();
  };
  const mute = (event) => event.stopImmediatePropagation();
  const back = () => panel.focus({ preventScroll: true });

  const take = (event) => {
    event.preventDefault();
    event.stopImmediatePropagation();
    down.add(event.key);
  };
  // A key that acted here when it went down means nothing more when it comes up.
  const release = (event) => down.delete(event.key) && event.stopImmediatePropagation();

  // Keys of a field: Enter takes what was typed (and may press a key), Escape leaves the field.
  const inField = (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.isComposing;
    if (!plain || (event.key !== "Enter" && event.key !== "Escape")) return;
    const fields = Object.entries(model.get("fields"));
    const [name, field] = fields.find(([, one]) => event.target.closest(one.at)) ?? [];
    if (!field) return;
    take(event);
    // The text goes by the way of the keys, so that no key overtakes it; not by its own as well.
    panel.addEventListener("change", mute, true);
    back();
    panel.removeEventListener("change", mute, true);
    model.send({ field: name, text: event.target.value });
    if (event.key === "Enter" && field.enter) send(field.enter);
  };
  const press = (event) => {
    if (event.target.matches?.(TYPING)) return inField(event);
    const fields = model.get("fields"), known = model.get("known");
    const key = keyOf(event, [...known, ...Object.keys(fields)]);
    if (key === null || ownsKey(event.target, key)) return;
    if (key === "Escape" && !panel.querySelector(".closes")) return; // nothing to close: leave
    take(event);
    const box = panel.querySelector(".zoomed .box");
    const [x, y] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1],
      ArrowDown: [0, 1] }[key] ?? [0, 0];
    if (box && (x || y)) return box.scrollBy(80 * x, 80 * y);
    if (fields[key]) return panel.querySelector(fields[key].at)?.focus();
    // A key held down repeats; steps may, decisions may not.
    if (!event.repeat || key.startsWith("Arrow")) send(key);
  };
  const click = (event) => {
    const key = event.target.closest?.("[data-key]")?.dataset.key;
    if (!key) return;
    send(key);
    back(); // the element may be drawn anew
  };
  // A button that was pressed and is gone or disabled now would leave the focus nowhere.
  let inside = false;
  const notice = (event) => (inside = panel.contains(event.target));
  const redrawn = () => setTimeout(() => {
    panel.querySelector(".noUi-handle")?.setAttribute("aria-label", "Which of the suspects");
    if (inside && document.activeElement === document.body) back();
  }, 50);
  panel.tabIndex = 0;
  panel.setAttribute("role", "group");
  panel.setAttribute("aria-label", model.get("label"));
  panel.querySelector(".status")?.setAttribute("aria-live", "polite");
  panel.addEventListener("keydown", press, true);
  panel.addEventListener("keyup", release, true);
  panel.addEventListener("click", click);
  for (const name of ["focusin", "pointerdown"]) document.addEventListener(name, notice, true);
  model.on("msg:custom", handled);
  model.on("change:revision", redrawn);
  redrawn();
  return () => {
    panel.removeEventListener("keydown", press, true);
    panel.removeEventListener("keyup", release, true);
    panel.removeEventListener("click", click);
    for (const name of ["focusin", "pointerdown"]) document.removeEventListener(name, notice, true);
    model.off("msg:custom", handled);
    model.off("change:revision", redrawn);
  };
}

function render({ model, el }) {
  let stop = () => {};
  // The element is attached to its panel only after this function has returned.
  let waiting = requestAnimationFrame(function look() {
    const panel = el.closest(".workbook");
    if (panel) stop = listen(panel, model);
    else waiting = requestAnimationFrame(look);
  });
  return () => {
    cancelAnimationFrame(waiting);
    stop();
  };
}

export default { render };
