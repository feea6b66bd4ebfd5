"use strict";
for (const film of document.querySelectorAll(".film")) {
  const frames = [...film.querySelectorAll("img")];
  const range = film.querySelector("input");
  const button = film.querySelector("button");
  const said = film.querySelector("output");
  let playing = null;

  const show = (place) => {
    frames.forEach((frame, other) => { frame.hidden = other !== place; });
    range.value = place;
    said.textContent = frames[place].alt;
  };
  const stop = () => {
    clearInterval(playing);
    playing = null;
    button.textContent = "Play";
  };
  const play = () => {
    if (Number(range.value) === frames.length - 1) show(0);
    button.textContent = "Stop";
    playing = setInterval(() => {
      if (Number(range.value) < frames.length - 1) show(Number(range.value) + 1);
      else stop();
    }, 120);
  };

  range.addEventListener("input", () => { stop(); show(Number(range.value)); });
  button.addEventListener("click", () => (playing ? stop() : play()));
  film.querySelector(".controls").hidden = frames.length < 2;
}
// Paper cannot be clicked.
addEventListener("beforeprint", () => {
  for (const part of document.querySelectorAll("details")) part.open = true;
});
