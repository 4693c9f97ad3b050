// Shows the queue anew every quarter of a minute, with the same filters, unless somebody is at work in it.
"use strict";

const EVERY = 15_000; // milliseconds

function isAtWork() {
  const isChosen = document.querySelector("input.action-select:checked, #action-toggle:checked, select[name=action] option:checked:not([value=''])");
  const search = document.querySelector("#searchbar");
  const isTyping = search && search.value !== search.defaultValue;
  const isOpen = document.querySelector("details[open]");
  return document.hidden || Boolean(isChosen || isTyping || isOpen);
}

setInterval(() => { if (!isAtWork()) window.location.reload(); }, EVERY);
