// Thumbnails to choose from: a click chooses, shift-click a range; arrows move, Space chooses,
// shift with an arrow chooses on the way, Enter opens. Pictures are asked for when they come in
// sight, a few at a time, so that a thousand cases open at once. What is chosen is told by messages
// of its own: unlike a change of the state they are never held back, and so never overtaken by a key.

const OWNS = ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Home", "End", " ", "Enter"];
const BATCH = 16;

function makeCell(one) {
  const cell = document.createElement("div");
  const picture = document.createElement("div");
  const told = document.createElement("div");
  cell.className = "cell";
  picture.className = "thumb";
  told.className = "told";
  told.textContent = one.short;
  cell.append(picture, told);
  cell.id = `case-${one.number}-${Math.random()}`;
  cell.setAttribute("role", "option");
  cell.title = one.told;
  return cell;
}

function paint(cell, picture) {
  const place = cell.querySelector(".thumb");
  if (picture === undefined || place.childElementCount) return;
  if (typeof picture === "string") {
    place.classList.add("unreadable");
    place.append(Object.assign(document.createElement("span"), { textContent: picture }));
    return;
  }
  place.append(Object.assign(document.createElement("img"), { src: picture.url, alt: "" }));
}

function render({ model, el }) {
  const pictures = new Map(); // by number of the case: {url}, or why there is none
  const wanted = new Set();
  let cells = [], places = new Map(), anchor = 0, at = model.get("at"), asked = false;
  let chosen = new Set(model.get("selected"));
  el.classList.add("suspect-grid");
  el.tabIndex = 0;
  el.dataset.owns = OWNS.join(" ");
  for (const [name, value] of Object.entries({ role: "listbox", "aria-multiselectable": "true",
    "aria-label": "Suspects" })) el.setAttribute(name, value);

  const numberAt = (place) => model.get("cells")[place].number;
  const ask = () => {
    if (asked || !wanted.size) return;
    const numbers = [...wanted].slice(0, BATCH);
    numbers.forEach((number) => wanted.delete(number));
    asked = true;
    model.send({ want: numbers });
  };
  const sight = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const number = numberAt(cells.indexOf(target));
      if (isIntersecting && !pictures.has(number)) wanted.add(number);
      else if (!isIntersecting) wanted.delete(number); // scrolled past before its turn
    }
    ask();
  }, { root: el, rootMargin: "200px" });

  const mark = () => {
    const marks = model.get("marks");
    cells.forEach((cell, place) => {
      const one = model.get("cells")[place], what = marks[place] ?? "";
      const isChosen = chosen.has(one.number);
      if (cell.dataset.state === `${isChosen} ${what}`) return;
      cell.dataset.state = `${isChosen} ${what}`;
      cell.dataset.mark = what.split(" ")[0];
      cell.setAttribute("aria-selected", String(isChosen));
      cell.setAttribute("aria-label", `${one.told}, ${what || "no decision yet"}`);
      cell.querySelector(".told").textContent = what || one.short;
    });
  };
  const moveTo = (place, scroll = true) => {
    const to = Math.max(0, Math.min(place, cells.length - 1));
    cells[places.get(at)]?.classList.remove("at");
    at = numberAt(to);
    cells[to].classList.add("at");
    if (scroll) cells[to].scrollIntoView({ block: "nearest" });
    el.setAttribute("aria-activedescendant", cells[to].id);
    return to;
  };
  const build = () => {
    sight.disconnect();
    wanted.clear();
    cells = model.get("cells").map(makeCell);
    places = new Map(model.get("cells").map((one, place) => [one.number, place]));
    el.replaceChildren(...cells);
    cells.forEach((cell, place) => {
      paint(cell, pictures.get(numberAt(place)));
      sight.observe(cell);
    });
    mark();
    if (!cells.length) return;
    anchor = places.get(model.get("at")) ?? 0;
    moveTo(anchor, el.offsetParent !== null);
  };
  const choose = (numbers, on) => {
    numbers.forEach((number) => (on ? chosen.add(number) : chosen.delete(number)));
    model.set("selected", [...chosen]); // not saved: so that Python's next word is a change
    model.send({ selected: [...chosen] });
    mark();
  };
  const range = (from, to) => {
    const [first, last] = from < to ? [from, to] : [to, from];
    return model.get("cells").slice(first, last + 1).map((one) => one.number);
  };
  const toggle = (place) => {
    anchor = place;
    choose([numberAt(place)], !chosen.has(numberAt(place)));
  };
  const click = (event) => {
    const place = cells.indexOf(event.target.closest(".cell"));
    if (place < 0) return;
    el.focus({ preventScroll: true });
    if (event.shiftKey) choose(range(anchor, place), true);
    else toggle(place);
    moveTo(place, false);
  };
  const open = () => model.send({ open: at });
  const press = (event) => {
    if (!OWNS.includes(event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!cells.length) return;
    event.preventDefault();
    if (event.key === "Enter") return open();
    const now = places.get(at) ?? 0;
    if (event.key === " ") return toggle(now);
    const columns = getComputedStyle(el).gridTemplateColumns.split(" ").length;
    const to = moveTo({ ArrowLeft: now - 1, ArrowRight: now + 1, ArrowUp: now - columns,
      ArrowDown: now + columns, Home: 0, End: cells.length - 1 }[event.key]);
    if (event.shiftKey) choose(range(anchor, to), true);
    else anchor = to;
  };
  const receive = (message, buffers) => {
    if (!message.have) return;
    asked = false;
    message.have.forEach((number, n) => {
      pictures.set(number, { url: URL.createObjectURL(new Blob([buffers[n]])) });
    });
    Object.entries(message.broken).forEach(([n, why]) => pictures.set(Number(n), why));
    [...message.have, ...Object.keys(message.broken).map(Number)].forEach((number) => {
      if (places.has(number)) paint(cells[places.get(number)], pictures.get(number));
    });
    ask();
  };
  const told = () => {
    chosen = new Set(model.get("selected"));
    mark();
  };
  el.addEventListener("click", click);
  el.addEventListener("dblclick", open);
  el.addEventListener("keydown", press);
  model.on("change:cells", build);
  model.on("change:marks", mark);
  model.on("change:selected", told);
  model.on("msg:custom", receive);
  build();
  return () => {
    sight.disconnect();
    model.off("change:cells", build);
    model.off("change:marks", mark);
    model.off("change:selected", told);
    model.off("msg:custom", receive);
    pictures.forEach((one) => one.url && URL.revokeObjectURL(one.url));
  };
}

export default { render };
