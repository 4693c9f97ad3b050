"use strict";
// Sends a file in pieces that are no larger than any other request, so that it may be much larger than one of them.
{
  const form = document.getElementById("upload");
  const sent = document.getElementById("sent");
  const trouble = document.getElementById("trouble");
  const TRIES = 3;

  const showError = (text) => {
    trouble.textContent = text;
    trouble.className = text && "errornote";
  };

  const post = async (url, fields) => {
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    Object.entries(fields).forEach(([name, value]) => body.set(name, value));
    const response = await fetch(url, { method: "POST", body });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) {
      throw new Error(answer.error || `The server answered ${response.status}. Try again.`);
    }
    return answer;
  };

  const postWithRetries = async (url, fields) => {
    for (let left = TRIES; ; left -= 1) {
      try {
        return await post(url, fields);
      } catch (error) {
        if (left === 1) {
          throw error;
        }
      }
    }
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    const file = form.elements.file.files[0];
    const size = Number(form.dataset.pieceBytes);
    const pieces = Math.max(Math.ceil(file.size / size), 1);
    button.disabled = true;
    showError("");
    sent.hidden = false;
    try {
      const source = form.elements.source.value;
      const urls = await post(form.dataset.begin, { file_name: file.name, size: file.size, source });
      for (let number = 0; number < pieces; number += 1) {
        await postWithRetries(urls.piece, { number, content: file.slice(number * size, (number + 1) * size) });
        sent.value = (number + 1) / pieces;
      }
      await postWithRetries(urls.complete, { pieces });
      window.location = urls.change;
    } catch (error) {
      showError(error.message);
      button.disabled = false;
    }
  });
}
