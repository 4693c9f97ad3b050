// The page of a ticket: inserts a chosen macro at the cursor, shows which other agents have the page open, and refuses
// to send files that are too large, because the server would refuse the whole request and the reply would be lost.
// Without JavaScript the page shows neither macros nor other agents.
"use strict";

const REPORT_INTERVAL = 15_000; // milliseconds

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

function showOtherAgents() {
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
      place.textContent = ""; // the server cannot be reached, or the agent has logged out
    }
  };
  stay();
  setInterval(stay, REPORT_INTERVAL);
  addEventListener("pagehide", () => send(new URLSearchParams({ leave: "1" })));
  addEventListener("pageshow", (event) => event.persisted && stay());
}

function refuseLargeFiles() {
  const input = document.querySelector("input[type=file][data-max-bytes]");
  if (input === null) {
    return;
  }
  const check = () => {
    const maxBytes = Number(input.dataset.maxBytes);
    const large = [...input.files].find((file) => file.size > maxBytes);
    input.setCustomValidity(large ? `“${large.name}” is too large: a file may have at most ${maxBytes >> 20} MB.` : "");
    return input.reportValidity();
  };
  input.addEventListener("change", check);
  input.form.addEventListener("submit", (event) => check() || event.preventDefault());
}

document.addEventListener("DOMContentLoaded", () => {
  offerMacros();
  refuseLargeFiles();
  showOtherAgents();
});
