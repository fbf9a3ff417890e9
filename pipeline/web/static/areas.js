// Draws zones, masks and the region of a camera over its picture, with mouse, touch and keyboard.
const SVG = "http://www.w3.org/2000/svg";
const STEP = 0.005;
const FAR = 0.05;
const LEAST_POINTS = 3;
const root = document.getElementById("areas");
const canvas = document.getElementById("canvas");
const list = document.getElementById("list");
const saved = document.getElementById("saved");
const { width, height } = canvas.viewBox.baseVal;
const given = JSON.parse(root.dataset.areas);

const areas = [
  ...Object.entries(given.zones).map(([name, points]) => ({ kind: "zone", name, points })),
  ...given.masks.map((points) => ({ kind: "mask", name: "", points })),
  ...(given.roi.length ? [{ kind: "region", name: "", points: given.roi }] : []),
];
let chosen = areas.length ? 0 : -1;
let point = -1;
let isChanged = false;

const clamp = (value) => Math.round(Math.min(Math.max(value, 0), 1) * 10000) / 10000;
const title = (area) => (area.kind === "zone" ? `Zone ${area.name}` : area.kind === "mask" ? "Mask" : "Region");

function changed() {
  isChanged = true;
  saved.textContent = "Not saved yet.";
  saved.dataset.state = "";
}

function shape(tag, attributes) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

function draw() {
  canvas.replaceChildren();
  const radius = Math.max(width, height) / 90;
  areas.forEach((area, number) => {
    const points = area.points.map(([x, y]) => `${x * width},${y * height}`).join(" ");
    const drawn = shape("polygon", { points, "data-kind": area.kind, class: number === chosen ? "chosen" : "" });
    drawn.addEventListener("pointerdown", (event) => {
      if (number === chosen) return;
      event.stopPropagation();
      choose(number);
    });
    canvas.append(drawn);
  });
  if (chosen < 0) return;
  areas[chosen].points.forEach(([x, y], index) => canvas.append(handle(x, y, index, radius)));
}

function handle(x, y, index, radius) {
  const label = `Point ${index + 1} of ${title(areas[chosen])}: ${Math.round(100 * x)} %, ${Math.round(100 * y)} %`;
  const dot = shape("circle", { cx: x * width, cy: y * height, r: radius, tabindex: 0, role: "button", "aria-label": label });
  if (index === point) dot.setAttribute("class", "chosen");
  dot.addEventListener("focus", () => select(index));
  dot.addEventListener("keydown", (event) => key(event, index));
  dot.addEventListener("pointerdown", (event) => drag(event, index));
  return dot;
}

function select(index) {
  point = index;
  [...canvas.querySelectorAll("circle")].forEach((dot, at) => dot.classList.toggle("chosen", at === index));
  const place = areas[chosen]?.points[index];
  document.getElementById("where").textContent = place
    ? `Point ${index + 1}: ${Math.round(100 * place[0])} %, ${Math.round(100 * place[1])} %`
    : "";
}

function focusPoint(index) {
  draw();
  const dots = canvas.querySelectorAll("circle");
  dots[Math.min(Math.max(index, 0), dots.length - 1)]?.focus();
}

function move(index, x, y) {
  areas[chosen].points[index] = [clamp(x), clamp(y)];
  changed();
}

function key(event, index) {
  const far = event.shiftKey ? FAR : STEP;
  const steps = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] };
  const [x, y] = areas[chosen].points[index];
  if (steps[event.key]) move(index, x + steps[event.key][0], y + steps[event.key][1]);
  else if (event.key === "Delete" || event.key === "Backspace") return event.preventDefault(), removePoint(index);
  else if (event.key === "Insert") return event.preventDefault(), addAfter(index);
  else return;
  event.preventDefault();
  focusPoint(index);
}

function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
}

function drag(event, index) {
  event.stopPropagation();
  event.preventDefault();
  focusPoint(index);
  const follow = (moved) => {
    move(index, ...place(moved));
    draw();
  };
  const end = () => {
    removeEventListener("pointermove", follow);
    focusPoint(index);
  };
  addEventListener("pointermove", follow);
  addEventListener("pointerup", end, { once: true });
}

function addAfter(index) {
  const { points } = areas[chosen];
  const from = points[index];
  const to = points[(index + 1) % points.length];
  points.splice(index + 1, 0, [clamp((from[0] + to[0]) / 2), clamp((from[1] + to[1]) / 2)]);
  changed();
  focusPoint(index + 1);
}

function removePoint(index) {
  if (chosen < 0 || index < 0) return;
  if (areas[chosen].points.length <= LEAST_POINTS) {
    document.getElementById("where").textContent = "An area needs three points. Remove the area instead.";
    return;
  }
  areas[chosen].points.splice(index, 1);
  changed();
  focusPoint(Math.max(index - 1, 0));
}

// The click becomes a corner of the side that is nearest to it.
canvas.addEventListener("pointerdown", (event) => {
  if (chosen < 0) return;
  const [x, y] = place(event);
  const { points } = areas[chosen];
  const costs = points.map((from, at) => {
    const to = points[(at + 1) % points.length];
    const direct = Math.hypot(to[0] - from[0], to[1] - from[1]);
    return Math.hypot(x - from[0], y - from[1]) + Math.hypot(x - to[0], y - to[1]) - direct;
  });
  const at = costs.indexOf(Math.min(...costs)) + 1;
  points.splice(at, 0, [clamp(x), clamp(y)]);
  changed();
  event.preventDefault();
  focusPoint(at);
});

function choose(number) {
  chosen = number;
  select(-1);
  showList();
  draw();
}

function showList() {
  list.replaceChildren(...areas.map(row));
  document.getElementById("none").hidden = areas.length > 0;
  document.getElementById("add-roi").disabled = areas.some((area) => area.kind === "region");
}

function row(area, number) {
  const item = document.createElement("li");
  item.dataset.kind = area.kind;
  const pick = document.createElement("button");
  pick.type = "button";
  pick.textContent = title(area);
  pick.setAttribute("aria-pressed", String(number === chosen));
  pick.addEventListener("click", () => choose(number));
  const away = document.createElement("button");
  away.type = "button";
  away.className = "quiet";
  away.textContent = "Remove";
  away.setAttribute("aria-label", `Remove ${title(area)}`);
  away.addEventListener("click", () => {
    areas.splice(number, 1);
    changed();
    choose(Math.min(chosen, areas.length - 1));
  });
  item.append(pick);
  if (area.kind === "zone") item.append(nameField(area, pick, away));
  item.append(away);
  return item;
}

function nameField(area, pick, away) {
  const field = document.createElement("input");
  field.value = area.name;
  field.maxLength = 64;
  field.setAttribute("aria-label", "Name of the zone");
  field.addEventListener("input", () => {
    area.name = field.value;
    pick.textContent = title(area);
    away.setAttribute("aria-label", `Remove ${title(area)}`);
    changed();
  });
  return field;
}

function add(kind) {
  const names = new Set(areas.map((area) => area.name));
  let count = 1;
  while (names.has(`zone ${count}`)) count += 1;
  const points = [[0.35, 0.35], [0.65, 0.35], [0.65, 0.65], [0.35, 0.65]];
  areas.push({ kind, name: kind === "zone" ? `zone ${count}` : "", points });
  changed();
  choose(areas.length - 1);
  focusPoint(0);
}

function content() {
  const zones = areas.filter((area) => area.kind === "zone");
  if (new Set(zones.map((area) => area.name.trim())).size < zones.length) throw new Error("Two zones have one name.");
  if (zones.some((area) => !area.name.trim())) throw new Error("A zone needs a name.");
  return {
    digest: root.dataset.digest,
    zones: Object.fromEntries(zones.map((area) => [area.name.trim(), area.points])),
    masks: areas.filter((area) => area.kind === "mask").map((area) => area.points),
    roi: areas.find((area) => area.kind === "region")?.points ?? [],
  };
}

async function send() {
  const token = document.querySelector("meta[name=csrf]").content;
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": token };
  const answer = await fetch(location.pathname, { method: "POST", headers, body: JSON.stringify(content()) });
  const found = await answer.json().catch(() => ({ error: "The page refused this. Load it again." }));
  if (!answer.ok) throw new Error(found.error ?? "It was not saved.");
  root.dataset.digest = found.digest;
}

async function save() {
  try {
    await send();
    isChanged = false;
    saved.textContent = "Saved. The node takes it up within seconds.";
    saved.dataset.state = "good";
  } catch (error) {
    saved.textContent = error.message;
    saved.dataset.state = "bad";
  }
}

document.getElementById("add-zone").addEventListener("click", () => add("zone"));
document.getElementById("add-mask").addEventListener("click", () => add("mask"));
document.getElementById("add-roi").addEventListener("click", () => add("region"));
document.getElementById("add-point").addEventListener("click", () => chosen >= 0 && addAfter(Math.max(point, 0)));
document.getElementById("remove-point").addEventListener("click", () => removePoint(point));
document.getElementById("save").addEventListener("click", save);
addEventListener("beforeunload", (event) => isChanged && event.preventDefault());
showList();
draw();
