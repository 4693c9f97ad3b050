"use strict";
// The box that select2 makes has the role of a text field, but no name: screen readers need one. jQuery calls this after
// the function with which Django starts select2.
django.jQuery(() => {
  document.querySelectorAll(".select2-selection__rendered").forEach((box) => box.setAttribute("aria-label", "Chosen"));
});
