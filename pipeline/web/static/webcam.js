// Photographs from this device's camera go into the form's own field of files, so that they are checked and sent like others.
const box = document.getElementById("webcam");
const photos = document.getElementById("photo");
const QUALITY = 0.95;
let stream = null;
let count = 0;

const part = (name) => box.querySelector(`[data-part=${name}]`);
const say = (text) => {
  part("say").textContent = text;
};

function show(isOn) {
  part("open").hidden = isOn;
  for (const name of ["take", "close", "video"]) part(name).hidden = !isOn;
}

async function open() {
  try {
    stream = await navigator.mediaDevices.getUserMedia({ video: { width: { ideal: 1280 }, facingMode: "user" } });
  } catch (error) {
    say(`The camera cannot be used: ${error.message}.`);
    return;
  }
  part("video").srcObject = stream;
  await part("video").play();
  show(true);
  say("Look at the camera, with the face alone and large in the picture.");
  part("take").focus();
}

function close() {
  for (const track of stream?.getTracks() ?? []) track.stop();
  stream = null;
  show(false);
}

async function take() {
  const video = part("video");
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d").drawImage(video, 0, 0);
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
  count += 1;
  const file = new File([blob], `webcam-${count}.jpg`, { type: "image/jpeg" });
  const files = new DataTransfer();
  for (const before of photos.files) files.items.add(before);
  files.items.add(file);
  photos.files = files.files;
  addPreview(file);
  say(`${photos.files.length} photographs will be sent.`);
}

function addPreview(file) {
  const item = document.createElement("li");
  const image = document.createElement("img");
  image.src = URL.createObjectURL(file);
  image.alt = file.name;
  image.addEventListener("load", () => URL.revokeObjectURL(image.src));
  item.append(image);
  part("taken").append(item);
}

if (box) {
  if (navigator.mediaDevices?.getUserMedia) {
    part("open").addEventListener("click", open);
    part("take").addEventListener("click", take);
    part("close").addEventListener("click", close);
    addEventListener("pagehide", close);
  } else {
    part("open").disabled = true;
    say("Browsers give a camera only to pages of this machine (127.0.0.1) or over https.");
  }
}
