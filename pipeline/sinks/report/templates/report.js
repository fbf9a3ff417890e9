"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const list = document.getElementById("tracks");
  const form = document.getElementById("filters");
  const cards = list ? [...list.children] : [];

  function refresh() {
    const states = new Set(new FormData(form).getAll("state"));
    const person = form.person.value, camera = form.camera.value;
    let shown = 0;
    for (const card of cards) {
      const data = card.dataset;
      card.hidden = !(states.has(data.state) && (!person || data.person === person) && (!camera || data.camera === camera));
      shown += !card.hidden;
    }
    document.getElementById("count").textContent = shown + " of " + cards.length;
    document.getElementById("nothing").hidden = shown > 0;
  }

  function reorder() {
    const key = form.sort.value, sign = key === "first" ? 1 : -1;
    const order = cards.map((card, index) => [card, index]);
    if (key !== "first") order.sort((a, b) => sign * (a[0].dataset[key] - b[0].dataset[key]) || a[1] - b[1]);
    list.append(...order.map((pair) => pair[0]));
  }

  if (form) {
    form.addEventListener("input", (event) => { if (event.target.name === "sort") reorder(); refresh(); });
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(() => { reorder(); refresh(); }));
    refresh();
  }

  for (const link of document.querySelectorAll("a[data-person]")) {
    link.addEventListener("click", () => { form.reset(); setTimeout(() => { form.person.value = link.dataset.person; refresh(); }, 10); });
  }

  const tip = document.getElementById("tip");
  function show(bar) {
    const card = document.getElementById("t-" + bar.dataset.track);
    const picture = card && card.querySelector("img");
    tip.replaceChildren();
    if (picture) tip.append(picture.cloneNode());
    const text = document.createElement("p");
    text.textContent = bar.getAttribute("aria-label");
    tip.append(text);
    tip.hidden = false;
    const box = bar.getBoundingClientRect();
    const x = Math.min(Math.max(8, box.left), innerWidth - tip.offsetWidth - 8);
    const above = box.top - tip.offsetHeight - 8;
    tip.style.left = x + scrollX + "px";
    tip.style.top = (above > 0 ? above : box.bottom + 8) + scrollY + "px";
  }
  function hide() { tip.hidden = true; }
  for (const bar of document.querySelectorAll(".bar")) {
    bar.removeAttribute("title");
    bar.addEventListener("mouseenter", () => show(bar));
    bar.addEventListener("focus", () => show(bar));
    bar.addEventListener("mouseleave", hide);
    bar.addEventListener("blur", hide);
    bar.addEventListener("click", () => {
      const card = document.getElementById("t-" + bar.dataset.track);
      if (card && card.hidden) { form.reset(); }
      hide();
    });
  }
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
})();
