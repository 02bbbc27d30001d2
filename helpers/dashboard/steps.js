// The steps of the page as a list of buttons. A click opens a step at once, also while Python is
// busy; aria-current says which is open, and words, not colours alone, what state each is in.

const WORDS = { busy: "busy", done: "ready", failed: "failed" };

// Roles for those who listen to the page; panels see to their own controls.
function name(page) {
  page.querySelector(".top")?.setAttribute("role", "banner");
  page.querySelector(".open")?.setAttribute("role", "main");
  const heading = page.querySelector(".top h1");
  if (heading && document.body.dataset.voila) document.title = `${heading.innerText} · dashboard`;
  for (const box of page.querySelectorAll(":is(.scroll, .plot, .wide > .widget-html-content):not([tabindex])")) {
    box.tabIndex = 0; // what scrolls can be scrolled by keyboard
  }
}

function keepNamed(el) {
  let observer, waiting;
  const look = () => {
    const page = el.closest(".dashboard");
    if (!page) return void (waiting = requestAnimationFrame(look));
    let asked = 0;
    const later = () => (asked ||= requestAnimationFrame(() => ((asked = 0), name(page))));
    observer = new MutationObserver(later);
    const watched = { attributes: true, attributeFilter: ["class"], childList: true };
    observer.observe(page, { ...watched, subtree: true });
    name(page);
  };
  look();
  return () => (cancelAnimationFrame(waiting), observer?.disconnect());
}

function render({ model, el }) {
  const stopNaming = keepNamed(el);
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Steps");
  const list = document.createElement("ol");
  nav.append(list);
  el.append(nav);

  function choose(number, focus) {
    const count = model.get("names").length;
    model.set("selected", (number + count) % count);
    model.save_changes();
    if (focus) list.children[model.get("selected")].firstChild.focus();
  }

  function press(event, number) {
    const moves = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const count = model.get("names").length;
    const next = (number + moves[event.key] + count) % count;
    list.children[next].firstChild.focus(); // Enter or Space opens it
  }

  function draw() {
    const names = model.get("names");
    if (list.children.length !== names.length) {
      list.replaceChildren(
        ...names.map((name, number) => {
          const item = document.createElement("li");
          const button = document.createElement("button");
          button.type = "button";
          button.append(document.createElement("span"), document.createElement("small"));
          button.firstChild.textContent = name;
          button.addEventListener("click", () => choose(number, false));
          button.addEventListener("keydown", (event) => press(event, number));
          item.append(button);
          return item;
        }),
      );
    }
    const [states, selected] = [model.get("states"), model.get("selected")];
    [...list.children].forEach((item, number) => {
      const button = item.firstChild;
      const open = number === selected;
      button.toggleAttribute("data-open", open);
      if (open) button.setAttribute("aria-current", "step");
      else button.removeAttribute("aria-current");
      button.dataset.state = states[number] || "";
      button.lastChild.textContent = WORDS[states[number]] || "";
    });
    const open = list.children[selected];
    // On a narrow screen the list is one line that scrolls.
    if (open && list.scrollWidth > list.clientWidth) list.scrollLeft = open.offsetLeft - 40;
  }

  for (const name of ["names", "states", "selected"]) model.on(`change:${name}`, draw);
  const resized = new ResizeObserver(draw);
  resized.observe(nav);
  draw();
  return () => {
    stopNaming();
    resized.disconnect();
    for (const name of ["names", "states", "selected"]) model.off(`change:${name}`, draw);
  };
}

export default { render };
