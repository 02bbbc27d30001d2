// A map of points: wheel or + and - zoom, dragging moves it or draws a lasso, hovering or arrow keys
// show a picture. Python knows the images and keeps the selection; this only draws and points.

const FAR = 18; // pixels from which a point is not meant
const GROUND = "#ffffff";

function floats(view) {
  return new Float32Array(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

function inside(x, y, ring) {
  let found = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[xi, yi], [xj, yj]] = [ring[i], ring[j]];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) found = !found;
  }
  return found;
}

function render({ model, el }) {
  const frame = document.createElement("div");
  const canvas = document.createElement("canvas");
  const shown = document.createElement("div");
  frame.className = "map";
  shown.className = "hover";
  shown.setAttribute("role", "status");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  frame.append(canvas, shown);
  el.append(frame);

  let points, codes, colours, chosen, view, ring, drag, waiting, size, at = -1, count = 0;

  // Places on the map are 0 to 1 on both sides; view: what lies in the middle, and the zoom.
  const scale = (side) => side * 0.92 * view.zoom;
  const toX = (x) => (x - view.x) * scale(size.wide) + size.wide / 2;
  const toY = (y) => (view.y - y) * scale(size.high) + size.high / 2;
  const fromX = (x) => (x - size.wide / 2) / scale(size.wide) + view.x;
  const fromY = (y) => view.y - (y - size.high / 2) / scale(size.high);

  function read() {
    points = floats(model.get("points"));
    const bytes = model.get("codes");
    codes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    colours = model.get("colours");
    chosen = new Set(model.get("chosen"));
    canvas.setAttribute("aria-label", model.get("label"));
  }

  function fit() {
    const ratio = devicePixelRatio || 1;
    size = { wide: frame.clientWidth || 600, high: Math.min(frame.clientWidth || 600, 520) };
    Object.assign(canvas, { width: size.wide * ratio, height: size.high * ratio });
    canvas.style.height = `${size.high}px`;
    canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    draw();
  }

  function later() {
    waiting ||= requestAnimationFrame(() => ((waiting = 0), draw()));
  }

  function draw() {
    const pen = canvas.getContext("2d");
    pen.fillStyle = GROUND;
    pen.fillRect(0, 0, size.wide, size.high);
    const total = points.length / 2;
    const radius = Math.max(2, Math.min(7, 130 / Math.sqrt(total))) * Math.min(2, view.zoom ** 0.4);
    for (let n = 0; n < total; n++) {
      const [x, y] = [toX(points[2 * n]), toY(points[2 * n + 1])];
      if (x < -9 || y < -9 || x > size.wide + 9 || y > size.high + 9) continue;
      pen.beginPath();
      pen.arc(x, y, chosen.has(n) ? radius + 1.5 : radius, 0, 7);
      pen.fillStyle = colours[codes[n]];
      pen.globalAlpha = chosen.size && !chosen.has(n) ? 0.35 : 0.85;
      pen.fill();
      if (chosen.has(n) || n === at) {
        pen.globalAlpha = 1;
        pen.lineWidth = n === at ? 3 : 1.5;
        pen.strokeStyle = "#16191c";
        pen.stroke();
      }
    }
    pen.globalAlpha = 1;
    if (!ring) return;
    pen.beginPath();
    ring.forEach(([x, y], n) => (n ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = "rgba(47, 111, 208, 0.12)";
    pen.fill();
    pen.lineWidth = 2;
    pen.strokeStyle = "#2f6fd0";
    pen.stroke();
  }

  function nearest(x, y, allowed = () => true, most = FAR) {
    let found = -1, least = most * most;
    for (let n = 0; n < points.length / 2; n++) {
      const [dx, dy] = [toX(points[2 * n]) - x, toY(points[2 * n + 1]) - y];
      const off = dx * dx + dy * dy;
      if (off < least && allowed(dx, dy)) [found, least] = [n, off];
    }
    return found;
  }

  function point(number) {
    if (number === at) return;
    at = number;
    shown.style.display = "none";
    model.set("hovered", at);
    model.save_changes();
    later();
  }

  function showPicture() {
    const [number, html] = model.get("picture");
    if (number !== at || at < 0) return;
    shown.innerHTML = html;
    shown.style.display = "block";
    const [x, y] = [toX(points[2 * at]), toY(points[2 * at + 1])];
    shown.style.left = `${Math.max(0, Math.min(x + 14, size.wide - shown.offsetWidth - 4))}px`;
    const below = y + 14 + shown.offsetHeight < size.high;
    shown.style.top = `${Math.max(0, below ? y + 14 : y - 14 - shown.offsetHeight)}px`;
  }

  function tell(numbers, how) {
    model.set("pressed", [numbers, how, (count += 1)]);
    model.save_changes();
  }

  function zoom(by, x = size.wide / 2, y = size.high / 2) {
    const [heldX, heldY] = [fromX(x), fromY(y)];
    view.zoom = Math.min(60, Math.max(0.6, view.zoom * by));
    view.x += heldX - fromX(x);
    view.y += heldY - fromY(y);
    later();
  }

  function down(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    canvas.setPointerCapture(event.pointerId);
    drag = { x, y, from: { ...view }, moved: false };
    if (model.get("lasso") || event.shiftKey) ring = [[x, y]];
  }

  function move(event) {
    const [x, y] = [event.offsetX, event.offsetY];
    if (!drag) return point(nearest(x, y));
    drag.moved ||= Math.hypot(x - drag.x, y - drag.y) > 4;
    if (ring) ring.push([x, y]);
    else {
      view.x = drag.from.x - (x - drag.x) / scale(size.wide);
      view.y = drag.from.y + (y - drag.y) / scale(size.high);
    }
    later();
  }

  function up(event) {
    if (!drag) return;
    const add = event.ctrlKey || event.metaKey;
    if (!drag.moved) {
      const number = nearest(event.offsetX, event.offsetY);
      if (number >= 0) tell([number], "toggle");
    } else if (ring) {
      const found = [];
      for (let n = 0; n < points.length / 2; n++) {
        if (inside(toX(points[2 * n]), toY(points[2 * n + 1]), ring)) found.push(n);
      }
      tell(found, add ? "add" : "only");
    }
    drag = ring = undefined;
    later();
  }

  const WAYS = {
    ArrowRight: (dx, dy) => dx > Math.abs(dy), ArrowLeft: (dx, dy) => -dx > Math.abs(dy),
    ArrowDown: (dx, dy) => dy > Math.abs(dx), ArrowUp: (dx, dy) => -dy > Math.abs(dx),
  };

  function key(event) {
    if (event.key === "+" || event.key === "=") zoom(1.4);
    else if (event.key === "-") zoom(1 / 1.4);
    else if (event.key in WAYS) {
      const start = at < 0 ? [size.wide / 2, size.high / 2] : [toX(points[2 * at]), toY(points[2 * at + 1])];
      const next = nearest(...start, at < 0 ? undefined : WAYS[event.key], 1e6);
      if (next >= 0) point(next);
    } else if ((event.key === "Enter" || event.key === " ") && at >= 0) tell([at], "toggle");
    else return;
    event.preventDefault();
  }

  function start() {
    view = { x: 0.5, y: 0.5, zoom: 1 };
    at = -1;
    shown.style.display = "none";
    read();
    fit();
  }

  const change = () => (read(), later());
  const wheel = (event) => {
    event.preventDefault();
    zoom(Math.exp(-event.deltaY / 400), event.offsetX, event.offsetY);
  };
  for (const [name, act] of Object.entries({
    pointerdown: down, pointermove: move, pointerup: up, keydown: key, wheel,
    pointerleave: () => drag || point(-1),
  })) canvas.addEventListener(name, act, { passive: false });
  for (const name of ["codes", "colours", "chosen", "label"]) model.on(`change:${name}`, change);
  model.on("change:points", start);
  model.on("change:picture", showPicture);
  model.on("change:home", start);
  start();
  const watching = new ResizeObserver(fit);
  watching.observe(frame);
  return () => watching.disconnect();
}

export default { render };
