// What moves on an exported page: players over the videos that the page holds, and the cursor of the
// figure under them.
import { players } from "./player.js";

const clips = JSON.parse(document.getElementById("clips").textContent);

for (const section of document.querySelectorAll(".clip")) {
  const clip = clips[Number(section.dataset.clip)];
  const cursor = section.querySelector(".cursor");
  const { node } = players(clip.videos, (frame) => moveCursor(cursor, frame));
  section.querySelector(".player").replaceChildren(node);
}

function moveCursor(cursor, frame) {
  if (!cursor) return;
  const { from, to, first, last } = cursor.dataset;
  const x = Number(from) + (Number(to) - Number(from)) * frame / Math.max(Number(last) - Number(first), 1);
  cursor.setAttribute("x1", x);
  cursor.setAttribute("x2", x);
  cursor.setAttribute("visibility", "visible");
}
