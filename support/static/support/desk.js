// The page of a ticket: choosing a macro puts its text where the cursor is. Without JavaScript the choice is not shown.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
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
});
