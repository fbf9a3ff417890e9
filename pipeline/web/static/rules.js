// Narrows a long list of choices as somebody types, and names a new rule after the one person that is chosen.
for (const field of document.querySelectorAll("[data-filter]")) {
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const choice of document.getElementById(field.dataset.filter).children) {
      const isChosen = choice.querySelector("input")?.checked;
      choice.hidden = !isChosen && !choice.textContent.toLowerCase().includes(wanted);
    }
  });
}

const form = document.querySelector(".rule-form");
const name = form?.elements.namedItem("name");
if (name && form.action.endsWith("/add")) {
  let own = name.value; // what this script wrote; what somebody typed stays
  form.addEventListener("change", (event) => {
    if (!["people", "kind"].includes(event.target.name) || name.value !== own) return;
    const people = [...form.querySelectorAll("input[name=people]:checked")].map((box) => box.value);
    const kind = form.querySelector("input[name=kind]:checked")?.closest("label").querySelector("strong").textContent;
    own = (people.length && people.length < 4 ? people.join(", ") : kind || "").slice(0, 64);
    name.value = own;
  });
}
