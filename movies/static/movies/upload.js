"use strict";
// Sends a file in pieces that are no larger than any other request, so that it may be much larger than one of them.
{
  const form = document.getElementById("upload");
  const sent = document.getElementById("sent");
  const trouble = document.getElementById("trouble");
  const tries = 3;

  const say = (text) => {
    trouble.textContent = text;
    trouble.className = text && "errornote";
  };

  const ask = async (url, fields) => {
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

  const askAgain = async (url, fields) => {
    for (let left = tries; ; left -= 1) {
      try {
        return await ask(url, fields);
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
    say("");
    sent.hidden = false;
    try {
      const source = form.elements.source.value;
      const urls = await ask(form.dataset.begin, { file_name: file.name, size: file.size, source });
      for (let number = 0; number < pieces; number += 1) {
        await askAgain(urls.piece, { number, content: file.slice(number * size, (number + 1) * size) });
        sent.value = (number + 1) / pieces;
      }
      await askAgain(urls.complete, { pieces });
      window.location = urls.change;
    } catch (error) {
      say(error.message);
      button.disabled = false;
    }
  });
}
