// The page of a ticket: choosing a macro puts its text where the cursor is, and who else has the page open is shown.
// Without JavaScript neither is there. Files that the server would not read are not sent: the reply would be lost.
"use strict";

const STAYS_EVERY = 15_000; // milliseconds

function offerMacros() {
  const macros = document.getElementById("macros");
  if (macros === null) {
    return;
  }
  const box = document.getElementById(macros.dataset.fills);
  macros.closest("[hidden]").hidden = false;
  macros.addEventListener("change", () => {
    box.setRangeText(macros.value, box.selectionStart, box.selectionEnd, "end");
    macros.value = "";
    box.focus();
  });
}

function showWhoElseIsHere() {
  const place = document.getElementById("presence");
  const token = document.querySelector("[name=csrfmiddlewaretoken]");
  if (place === null || token === null) {
    return;
  }
  const send = (body) =>
    fetch(place.dataset.address, { method: "POST", headers: { "X-CSRFToken": token.value }, body, keepalive: true });
  const stay = async () => {
    try {
      place.textContent = (await (await send(new URLSearchParams())).json()).text;
    } catch {
      place.textContent = ""; // the server is away, or the agent has logged out
    }
  };
  stay();
  setInterval(stay, STAYS_EVERY);
  addEventListener("pagehide", () => send(new URLSearchParams({ leave: "1" })));
  addEventListener("pageshow", (event) => event.persisted && stay());
}

function keepLargeFiles() {
  const input = document.querySelector("input[type=file][data-most-bytes]");
  if (input === null) {
    return;
  }
  const check = () => {
    const most = Number(input.dataset.mostBytes);
    const large = [...input.files].find((file) => file.size > most);
    input.setCustomValidity(large ? `“${large.name}” is too large: a file may have at most ${most >> 20} MB.` : "");
    return input.reportValidity();
  };
  input.addEventListener("change", check);
  input.form.addEventListener("submit", (event) => check() || event.preventDefault());
}

document.addEventListener("DOMContentLoaded", () => {
  offerMacros();
  keepLargeFiles();
  showWhoElseIsHere();
});
