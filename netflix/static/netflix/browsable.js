// Sends the forms of the browsable API: HTML forms know only GET and POST, and no JSON.
"use strict";

const token = document.querySelector("meta[name=csrf-token]").content;

// The parameters that have a value; one that takes several, once for each.
function queryOf(form) {
  const query = new URLSearchParams();
  for (const [name, text] of new FormData(form)) {
    const isList = form.elements[name].dataset?.type === "lines";
    for (const value of isList ? text.split("\n") : [text]) if (value.trim()) query.append(name, value.trim());
  }
  return query;
}

// The values of a form as the members of a JSON object. Of a PATCH only what was changed: it marks facts as edited.
function membersOf(form) {
  const members = {};
  for (const input of form.elements) {
    if (!input.name) continue;
    if (form.dataset.method === "PATCH" && !isChanged(input)) continue;
    const value = valueOf(input);
    if (value !== undefined) members[input.name] = value;
  }
  return members;
}

function isChanged(input) {
  if (input.type === "checkbox") return input.checked !== input.defaultChecked;
  if (input.options) return [...input.options].some((option) => option.selected !== option.defaultSelected);
  return input.value !== input.defaultValue;
}

// An empty text is left out of new objects; in changes it clears the value.
function valueOf(input) {
  const kind = input.dataset.type, text = input.value;
  if (kind === "boolean") return input.checked;
  if (kind === "lines") return text.split("\n").map((line) => line.trim()).filter(Boolean);
  if (text === "") return input.form.dataset.method === "PATCH" ? (kind ? null : "") : undefined;
  if (kind === "number") return Number(text);
  if (kind === "time") return new Date(text).toISOString();
  return text;
}

async function send(form) {
  const { method } = form.dataset, headers = { Accept: "application/json", "X-CSRFToken": token };
  let { body } = form.dataset; // of a button that sends one
  if (form.classList.contains("fields")) {
    body = "json" in form.dataset ? form.elements.json.value : JSON.stringify(membersOf(form));
  }
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(form.action, { method, headers, body });
  const text = await response.text();
  return { response, data: text ? JSON.parse(text) : null };
}

function showErrors(form, problem) {
  const general = [];
  for (const { field, detail } of problem.errors ?? []) {
    const input = form.elements[field.split(".")[0]];
    if (input?.closest) after(input.closest("p"), detail);
    else general.push(field ? `${field}: ${detail}` : detail);
  }
  if (general.length || !problem.errors?.length) after(form.lastElementChild, general.join(" ") || problem.detail);
  form.querySelector(".error").previousElementSibling?.closest("p")?.querySelector("input, select, textarea")?.focus();
}

function after(element, text) {
  const note = document.createElement("span");
  note.className = "error";
  note.setAttribute("role", "alert");
  note.textContent = text;
  element.append(note);
}

function showAnswer({ status, statusText }, data) {
  const answer = document.querySelector(".answer");
  answer.querySelector(".status").textContent = `${status} ${statusText}`;
  answer.querySelector("pre").textContent = data === null ? "" : JSON.stringify(data, null, 2);
  answer.focus();
  answer.scrollIntoView({ block: "start" });
}

// After a change the page shows the new state; a POST that makes something leads to it.
function goOn(form, response, data) {
  const { method } = form.dataset, location = response.headers.get("Location");
  if (method === "POST" && location) window.location = location;
  else if (method === "DELETE" && "confirm" in form.dataset) window.location = parentPage();
  else if (method === "POST" || !("readable" in document.body.dataset)) showAnswer(response, data);
  else window.location.reload();
}

function parentPage() {
  const links = document.querySelectorAll(".breadcrumbs a");
  return links.length ? links[links.length - 1].href : "/api/v1/";
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if ("filters" in form.dataset) {
    event.preventDefault();
    window.location.search = queryOf(form);
  }
  if (!form.dataset.method) return;
  event.preventDefault();
  if (form.dataset.confirm && !window.confirm(form.dataset.confirm)) return;
  form.querySelectorAll(".error").forEach((note) => note.remove());
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const { response, data } = await send(form);
    if (response.ok) goOn(form, response, data);
    else showErrors(form, data);
  } catch (error) {
    after(form.lastElementChild, `The request could not be sent: ${error.message}`);
  } finally {
    button.disabled = false;
  }
});
