// The cameras, kept as the server tells them. Texts go into the page as text, never as markup.
const SVG = "http://www.w3.org/2000/svg";
const NEWS = 20;
const PICTURE_MS = 150; // at least between two pictures of a camera
const PICTURE_MS_EACH = 60; // more for each camera, so that a wall of them stays within the server's limit of requests
const LOOK_MS = 5000; // the server stops asking for pictures after twice this time
const SILENT_MS = 5000; // the server beats once a second
const MARKS = { named: "●", candidate: "◐", ambiguous: "◆", unknown: "○" };
const HINTS = {
  connecting: "Connecting …",
  stalled: "No new frame",
  reconnecting: "Connection lost, connecting again …",
  ended: "Ended",
  failed: "Failed",
};
const cameras = document.getElementById("cameras");
const link = document.getElementById("link");
const silent = document.getElementById("silent");
const nameless = document.getElementById("nameless");
const clocks = document.getElementById("clocks");
const news = document.getElementById("news");
const panel = document.getElementById("panel");
const cards = new Map();
let lastHeard = 0;


const part = (card, name) => card.querySelector(`[data-part=${name}]`);
const faceName = (face) => face.person ?? "Unknown";
const describe = (face) => `${faceName(face)}, ${face.state}, ${Math.round(face.px)} pixels`;
const faceUrl = (camera, face) =>
  `/live/faces/${encodeURIComponent(camera.node)}/${encodeURIComponent(camera.name)}/${face.track}`;

function cardOf(camera) {
  let card = cards.get(camera.key);
  if (!card) {
    card = document.getElementById("camera-card").content.firstElementChild.cloneNode(true);
    card.dataset.key = camera.key;
    part(card, "name").textContent = camera.name;
    part(card, "boxes").setAttribute("aria-label", `Faces on ${camera.name}`);
    part(card, "faces").setAttribute("aria-label", `Faces in view on ${camera.name}`);
    const after = [...cards.keys()].filter((key) => key > camera.key).sort()[0];
    cameras.insertBefore(card, after ? cards.get(after) : null);
    cards.set(camera.key, card);
    watcher.observe(card);
  }
  return card;
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function showCamera(camera) {
  const card = cardOf(camera);
  card.dataset.state = camera.state;
  setText(part(card, "state"), camera.state);
  setText(part(card, "hint"), camera.state === "live" ? "" : camera.reason || HINTS[camera.state] || "");
  setText(part(card, "fps"), camera.fps === null ? "–" : camera.fps.toFixed(1));
  setText(part(card, "age"), camera.age === null ? "–" : camera.age.toFixed(1));
  setText(part(card, "dropped"), String(camera.dropped));
  setText(part(card, "count"), String(camera.faces.length));
  setText(part(card, "clock"), camera.clock ? camera.clock[0].toUpperCase() + camera.clock.slice(1) + "." : "");
  showPicture(card, camera);
  showBoxes(part(card, "boxes"), camera);
  showFaces(part(card, "faces"), camera);
}

// A browser fetches the next picture when it has shown the last one, and none of a camera that is not on the screen.
const onScreen = new WeakSet();
const watcher = new IntersectionObserver((entries) => {
  for (const entry of entries) {
    if (entry.isIntersecting) onScreen.add(entry.target);
    else onScreen.delete(entry.target);
  }
});
const busy = new WeakSet();

async function showPicture(card, camera) {
  if (camera.picture === null || card.dataset.picture === String(camera.picture)) return;
  if (busy.has(card) || document.hidden || !onScreen.has(card)) return;
  busy.add(card);
  const pause = new Promise((done) => setTimeout(done, Math.max(PICTURE_MS, cards.size * PICTURE_MS_EACH)));
  try {
    const answer = await fetch(`/live/pictures/${encodeURIComponent(camera.node)}/${encodeURIComponent(camera.name)}`);
    if (answer.ok) await paint(part(card, "image"), await answer.blob());
    card.dataset.picture = String(camera.picture);
  } catch {
    // The next picture is tried.
  }
  await pause;
  busy.delete(card);
}

async function paint(image, jpeg) {
  const address = URL.createObjectURL(jpeg);
  const before = image.src;
  image.src = address;
  await image.decode();
  image.hidden = false;
  if (before) URL.revokeObjectURL(before);
}

// Elements stay the same while their face does, so that focus and clicks are not lost.
function keep(parent, camera, make, update) {
  const old = new Map([...parent.children].map((child) => [child.dataset.track, child]));
  for (const face of camera.faces) {
    const key = String(face.track);
    const node = old.get(key) ?? parent.appendChild(make(face));
    node.dataset.track = key;
    node.dataset.state = face.state;
    update(node, face);
    old.delete(key);
  }
  for (const node of old.values()) node.remove();
}

function showBoxes(svg, camera) {
  const width = camera.width || 16;
  const height = camera.height || 9;
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  const unit = Math.max(width, height) / 640;
  keep(
    svg,
    camera,
    (face) => {
      const group = document.createElementNS(SVG, "g");
      group.append(document.createElementNS(SVG, "rect"), document.createElementNS(SVG, "text"));
      group.addEventListener("click", () => open(faceUrl(camera, face)));
      return group;
    },
    (group, face) => {
      const [rect, text] = group.children;
      const [left, top, right, bottom] = face.box;
      const place = { x: left, y: top, width: Math.max(right - left, 0), height: Math.max(bottom - top, 0), rx: 2 * unit };
      for (const [name, value] of Object.entries(place)) rect.setAttribute(name, value);
      rect.setAttribute("stroke-width", 2 * unit);
      text.setAttribute("x", left);
      text.setAttribute("y", top > 20 * unit ? top - 5 * unit : bottom + 16 * unit);
      text.setAttribute("font-size", 15 * unit);
      text.setAttribute("stroke-width", 3 * unit);
      setText(text, face.person ?? "");
    },
  );
}

function showFaces(list, camera) {
  keep(
    list,
    camera,
    (face) => {
      const item = document.createElement("li");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "face";
      const mark = document.createElement("span");
      mark.className = "mark";
      mark.setAttribute("aria-hidden", "true");
      button.append(mark, document.createElement("bdi"));
      button.addEventListener("click", () => open(faceUrl(camera, face)));
      item.append(button);
      return item;
    },
    (item, face) => {
      const button = item.firstElementChild;
      button.setAttribute("aria-label", describe(face));
      button.firstElementChild.dataset.state = face.state;
      setText(button.firstElementChild, MARKS[face.state] ?? "○");
      setText(button.lastElementChild, faceName(face));
    },
  );
}

async function open(url) {
  const answer = await fetch(url);
  // The server made this part and escaped what is in it.
  document.getElementById("panel-body").innerHTML = await answer.text();
  window.htmx?.process(panel);
  if (!panel.open) panel.showModal();
}

panel.addEventListener("click", (event) => {
  if (event.target === panel) panel.close();
});

function showNews(items) {
  for (const item of items) {
    const line = document.createElement("li");
    const time = document.createElement("time");
    time.dateTime = item.time;
    time.textContent = item.clock; // of the site, which may be in another zone than this browser
    const text = document.createElement("strong");
    text.dir = "auto";
    text.textContent = item.text;
    const camera = document.createElement("span");
    camera.className = "muted";
    camera.dir = "auto";
    camera.textContent = item.camera;
    line.append(time, " ", text, " ", camera);
    news.prepend(line);
  }
  while (news.children.length > NEWS) news.lastElementChild.remove();
  if (items.length) document.getElementById("no-news").hidden = true;
}

function showNodes(nodes) {
  const quiet = nodes.filter((node) => node.silent !== null);
  silent.hidden = !quiet.length;
  setText(silent, quiet.map((node) => `${node.name} has been silent for ${Math.round(node.silent)} s.`).join(" "));
  const unnaming = nodes.filter((node) => node.nameless !== null);
  nameless.hidden = !unnaming.length;
  setText(nameless, unnaming.map((node) => `${node.name} ${node.nameless}.`).join(" "));
  const wrong = nodes.filter((node) => node.clock !== null);
  clocks.hidden = !wrong.length;
  setText(clocks, wrong.map((node) => `${node.name} ${node.clock}.`).join(" "));
  if (!nodes.length) say("connecting", "Waiting for a node …");
  else if (quiet.length) say("silent", "Node silent");
  else if (unnaming.length) say("nameless", "Nobody is named"); // read out once: the line with seconds is not
  else say("live", "Live");
  document.body.classList.toggle("is-silent", quiet.length > 0);
}

function say(state, text) {
  link.dataset.state = state;
  setText(link, text);
}

function take(message) {
  lastHeard = performance.now();
  if (message.type === "state") {
    const there = new Set(message.cameras.map((camera) => camera.key));
    remove([...cards.keys()].filter((key) => !there.has(key)));
  }
  remove(message.gone ?? []);
  for (const camera of message.cameras ?? []) showCamera(camera);
  if (message.nodes) showNodes(message.nodes);
  showNews(message.news ?? []);
  document.getElementById("no-cameras").hidden = cards.size > 0;
}

function remove(keys) {
  for (const key of keys) {
    cards.get(key)?.remove();
    cards.delete(key);
  }
}

for (const card of cameras.children) {
  cards.set(card.dataset.key, card);
  watcher.observe(card);
}
const source = new EventSource("/live/events");
source.addEventListener("message", (event) => take(JSON.parse(event.data)));
source.addEventListener("error", () => say("lost", "Connection to the page lost, trying again …"));
const look = () => document.hidden || fetch("/live/look").catch(() => {}); // nodes make pictures for those who look
document.addEventListener("visibilitychange", look);
setInterval(look, LOOK_MS);
setInterval(() => {
  if (lastHeard && performance.now() - lastHeard > SILENT_MS) say("lost", "Connection to the page lost, trying again …");
}, 1000);
