// Reloads the queue every 15 seconds, with the same filters, unless the agent is using the page.
"use strict";

const RELOAD_INTERVAL = 15_000; // milliseconds

function isInUse() {
  const isChosen = document.querySelector("input.action-select:checked, #action-toggle:checked, select[name=action] option:checked:not([value=''])");
  const search = document.querySelector("#searchbar");
  const isTyping = search && search.value !== search.defaultValue;
  const isOpen = document.querySelector("details[open]");
  return document.hidden || Boolean(isChosen || isTyping || isOpen);
}

setInterval(() => { if (!isInUse()) window.location.reload(); }, RELOAD_INTERVAL);
