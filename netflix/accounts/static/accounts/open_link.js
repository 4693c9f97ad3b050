"use strict";
// Takes the token from behind the # of the address, which browsers send to no server, and out of the browser's history.
{
  const form = document.getElementById("open-link");
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) {
    form.elements.token.value = token;
    window.history.replaceState(null, "", window.location.pathname);
    form.submit();
  }
}
