// Shows pictures of cameras that a node makes only when somebody looks: the first may take a second.
const TRIES = 12;
const WAIT_MS = 700;

async function show(image) {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const answer = await fetch(image.dataset.picture).catch(() => null);
    if (answer?.ok) {
      image.src = URL.createObjectURL(await answer.blob());
      image.hidden = false;
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
  }
}

for (const image of document.querySelectorAll("img[data-picture]")) show(image);
