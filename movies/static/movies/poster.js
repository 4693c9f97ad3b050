"use strict";
// Shows the poster as it will be: the chosen file, else the typed URL, else what is stored. A file that the server
// would not read is not sent: the form would be lost.
{
  const urlInput = document.getElementById("id_poster");
  const file = document.getElementById("id_poster_file");
  const picture = file.closest(".poster").querySelector("img");
  const stored = picture.getAttribute("src");
  const typed = urlInput.value;
  const remove = document.getElementById("poster_file-clear_id");

  const wanted = () => {
    if (file.files.length) {
      return URL.createObjectURL(file.files[0]);
    }
    if (urlInput.value !== typed) {
      return /^https:\/\/\S+$/.test(urlInput.value) ? urlInput.value : null;
    }
    return remove?.checked ? null : stored;
  };

  const show = () => {
    const url = wanted();
    URL.revokeObjectURL(picture.src);
    picture.hidden = !url;
    if (url) {
      picture.src = url;
    }
  };

  const check = () => {
    const isTooLarge = file.files.length > 0 && file.files[0].size > Number(file.dataset.maxBytes);
    file.setCustomValidity(isTooLarge ? file.dataset.tooLarge : "");
    return file.reportValidity();
  };

  file.addEventListener("change", check);
  file.form.addEventListener("submit", (event) => check() || event.preventDefault());

  picture.style.backgroundColor = picture.dataset.color; // until it is loaded
  picture.addEventListener("error", () => (picture.hidden = true)); // no picture of a kind that the browser knows
  [urlInput, file, remove].forEach((field) => field?.addEventListener("change", show));
}
