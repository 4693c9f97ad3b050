// A client of the public API, and of nothing else. No framework and no build step: this file also shows how the API is
// used. Whatever comes from the API becomes text or an attribute of an element, never markup.

const API = new URL(document.body.dataset.api, location.href);
const $ = (selector, within = document) => within.querySelector(selector);
const [main, input, list] = ["main", "#search", "#suggestions"].map((selector) => $(selector));
// --- Calling the API
/** Why a request failed, in a sentence for people; `errors` are those of single fields. */
const problem = (message, errors = []) => Object.assign(new Error(message), { errors });
const isAbort = (error) => error.name === "AbortError";
const address = (path, values) => `${path}?${new URLSearchParams(Object.entries(values).filter(([, value]) => value))}`;
// Kept over a reload, for this tab alone, until it is closed: localStorage would leave the login on a shared computer,
// and a cookie would be sent by itself. A script of this origin could read it; the policy of the page allows only ours.
const login = {
  get token() { return sessionStorage.getItem("token"); },
  begin(token) { sessionStorage.setItem("token", token); this.changed(); },
  end() { sessionStorage.removeItem("token"); this.changed(); },
  changed() {
    shown.clear(); // pages depend on the viewer
    $("#sign-in").hidden = Boolean(this.token);
    $("#mine").hidden = $("#sign-out").hidden = !this.token;
  },
};

/** The response's data. Raises a problem; a GET ends with an AbortError when another page is opened. */
async function api(path, { method = "GET", body, key, signal = method === "GET" ? leaving.signal : null } = {}) {
  const headers = { Accept: "application/json" };
  if (body) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  if (login.token) headers.Authorization = `Bearer ${login.token}`;
  // Without cookies: who is logged in to the admin in this browser is nobody here.
  const options = { method, headers, signal, body: body && JSON.stringify(body), credentials: "omit" };
  const response = await fetch(new URL(path, API), options).catch((error) => {
    throw isAbort(error) ? error : problem("The service cannot be reached. Check your connection, then try again.");
  });
  const data = await response.json().catch((error) => { if (isAbort(error)) throw error; }) ?? {}; // a 204, for example
  if (response.ok) return data;
  if (response.status === 401 && headers.Authorization) {
    login.end();
    if (method === "GET") return api(path, { signal }); // as anybody may read it
    throw problem("Your login has ended. Sign in again.");
  }
  throw problem(data.detail ?? `The service has a problem (${response.status}). Try again in a moment.`, data.errors);
}

// --- Elements
/** An element. Functions among the attributes are listeners, `--names` are values for the style sheet. */
function h(tag, attributes = {}, ...children) {
  const isDrawn = ["svg", "path", "circle"].includes(tag);
  const made = isDrawn ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (name.startsWith("--")) made.style.setProperty(name, value);
    else if (![undefined, null, false].includes(value)) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter(Boolean)); // texts become text nodes
  return made;
}
const times = (number, make) => Array.from({ length: number }, (_, position) => make(position));
const button = (label, click) => h("button", { type: "button", click }, label);
const title = (text) => h("h1", { tabindex: "-1" }, text);
const links = (label, kind, all) => h("nav", { class: kind, "aria-label": label }, h("ul", {}, all.map(
  ([text, href, isCurrent]) => h("li", {}, h("a", { href, "aria-current": isCurrent && "page" }, text)))));
const message = (text, ...more) => h("div", { class: "message" }, h("p", {}, text), more);
const trouble = (error, again) => h("div", { class: "message", role: "alert" },
  h("p", {}, error.errors ? error.message : `This page has a fault: ${error.message}`), button("Try again", again));
const skeleton = (kind) => h("ul", { class: `${kind} skeleton`, "aria-hidden": "true" },
  times(12, () => h("li", {}, h("span", { class: "poster" }))));

function say(text, kind = "news") {
  $("#status").replaceChildren(h("p", { class: kind }, text));
  clearTimeout(say.timer);
  say.timer = setTimeout(() => $("#status").replaceChildren(), 8000);
}
const sayProblem = (error) => isAbort(error) || say(error.message, "problem");

/** A section that shows a skeleton, then what `load` gives, or the problem. */
function later(load) {
  const place = h("section", {}, skeleton("shelf"));
  const attempt = () => load().then((children) => place.replaceChildren(...children),
    (error) => isAbort(error) || place.replaceChildren(trouble(error, attempt)));
  attempt();
  return place;
}

// --- Posters
/** Numbers below a limit that follow from a text: a film looks the same everywhere and always. */
function dice(text) {
  let state = 2166136261;
  for (const letter of text) state = Math.imul(state ^ letter.codePointAt(0), 16777619);
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), state | 1);
    return ((mixed ^ (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ (mixed >>> 14)) >>> 0) % limit;
  };
}
const TONES = ["light", "middle", "dark"];
const disc = (tone, cx, cy, r) => h("circle", { class: tone, cx, cy, r });
const shape = (tone, d) => h("path", { class: tone, d });
// What a poster without a picture may show, on 200 by 300: hills, rings, beams of a projector, a city, the sea, paper.
const PICTURES = [
  (roll) => [disc("light", 50 + roll(100), 90 + roll(50), 28 + roll(34)), ...times(3, (n) => shape(n ? "dark" : "middle",
    `M0 ${175 + n * 40}Q${30 + roll(60)} ${110 + n * 45 + roll(30)} 100 ${175 + n * 40}T200 ${165 + n * 40}V300H0Z`))],
  (roll) => times(7, (n) => disc(TONES[n % 3], 100, 110 + n * roll(7), 168 - n * 26)),
  (roll) => [...times(6, (n) => shape(TONES[n % 2], `M190 40L-20 ${n * 66 - 60}v${18 + roll(34)}Z`)),
    disc("dark", 190, 40, 26)],
  (roll) => [disc("light", 30 + roll(140), 60 + roll(40), 16 + roll(20)), ...times(18, (n) => shape(n > 8 ? "dark" : "middle",
    `M${(n % 9) * 25 - 10} 300V${(n > 8 ? 190 : 110) + roll(90)}h${18 + roll(8)}V300Z`))],
  (roll) => [disc("light", 100, 90 + roll(50), 44 + roll(24)), ...times(6, (n) => shape(n % 2 ? "dark" : "middle",
    `M0 ${140 + n * 28}q25-${8 + roll(18)} 50 0t50 0 50 0 50 0V300H0Z`))],
  (roll) => times(9, (n) => shape(TONES[n % 3],
    `M${roll(200)} ${n * 36 - 30}L${roll(2) * 260 - 30} ${n * 40 + 40 + roll(40)}L${roll(200)} ${n * 44 + 90}Z`)),
];
/** The drawing of a film, from its title and year. */
function drawing(movie) {
  const roll = dice(`${movie.title} ${movie.year}`);
  const [turn, apart, face, picture] = [300, 120, 3, PICTURES.length].map(roll), hue = 130 + turn; // none of mud
  const words = movie.title.split(/\s/).map((word) => word.length);
  const letter = 145 / Math.max(8, ...words, Math.sqrt(movie.title.length) * 2.2);
  const look = { "--hue": hue, "--other": hue + 40 + apart, "--letter": letter };
  return h("span", { class: `drawing face-${face}`, "aria-hidden": "true", ...look },
    h("svg", { viewBox: "0 0 200 300", preserveAspectRatio: "xMidYMid slice" }, PICTURES[picture](roll)),
    h("b", {}, movie.title), h("i", {}, movie.year));
}
const CARD = { include: "poster_small,poster_color" }; // what a card needs besides a film's usual members
/** What `poster` names, above the drawing, which stays if that cannot be loaded. Of our own the colour comes first. */
function poster({ poster: src, poster_small: small, poster_color: color, ...movie }) {
  const more = { srcset: small && `${small} 342w, ${src} 780w`, sizes: "(max-width: 45rem) 40vw, 12rem", "--color": color };
  const image = { src, ...more, alt: "", loading: "lazy", error: (event) => event.target.remove() };
  return h("span", { class: "poster" }, drawing(movie), src && h("img", image));
}

// --- Films
const rating = (movie) => movie.imdb_rating && `★ ${movie.imdb_rating}`;
const runtime = (minutes) => minutes && `${minutes > 59 ? `${Math.floor(minutes / 60)} h ` : ""}${minutes % 60} min`;
const brief = (movie) => [movie.year, rating(movie), movie.likes > 0 && `♥ ${movie.likes}`].filter(Boolean).join(" · ");
const card = (movie) => h("li", {}, h("a", { class: "card", href: `#/film/${movie.id}` }, poster(movie),
  h("strong", {}, movie.title), h("small", {}, brief(movie))));
const shelf = (text, movies, { href, kind = "" } = {}) => [
  h("h2", {}, href ? h("a", { href }, text) : text), h("ul", { class: `shelf ${kind}` }, movies.map(card))];
/** The head of a film's page. */
function stage(movie, ...more) {
  const facts = [movie.year, movie.certificate, runtime(movie.runtime_minutes), rating(movie), ...movie.genres];
  return h("section", { class: "stage" }, drawing(movie), poster(movie), h("div", {}, title(movie.title),
    h("ul", { class: "facts" }, facts.filter(Boolean).map((fact) => h("li", {}, fact))),
    h("p", { class: "story" }, movie.description), more));
}
/** A page of films, and a button for the next one. */
function grid(page, nothing) {
  if (!page.results.length) return [message(nothing, h("a", { href: "#/browse" }, "See all films"))];
  const films = h("ul", { class: "grid" }, page.results.map(card));
  const more = button("Show more", async () => {
    try {
      page = await api(page.next);
      const added = page.results.map(card);
      films.append(...added);
      $("a", added[0]).focus({ preventScroll: true });
      more.hidden = !page.next;
    } catch (error) { sayProblem(error); }
  });
  more.hidden = !page.next;
  return [films, more];
}

// --- Pages: each gives its elements
const ORDERS = { likes: "Most liked", trending: "Trending", rating: "Best rated" };
const genreLinks = (genres, by, chosen) => links("Genres", "chips", [{ name: "" }, ...genres].map(
  ({ name }) => [name || "All genres", address("#/browse", { genre: name, by }), name === chosen]));
const rankingShelf = (text, values, kind) => later(async () => {
  const { results } = await api(address("ranking/", { page_size: kind ? 10 : 20, ...values, ...CARD }));
  const movies = results.filter((movie) => values.by === "rating" || movie.likes); // without likes all are equal
  return movies.length ? shelf(text, movies, { href: address("#/browse", values), kind }) : [];
});
async function homePage() {
  const [top] = (await api("ranking/?by=trending&page_size=1")).results, genres = (await api("genres/")).results;
  if (!top) return [title("No films yet"), message("The catalogue is empty. Staff can import films in the admin.")];
  const largest = genres.toSorted((one, other) => other.movies - one.movies).slice(0, 6);
  return [stage(await api(`movies/${top.id}/`), h("a", { class: "strong", href: `#/film/${top.id}` }, "See the film")),
    genreLinks(genres), rankingShelf("Top 10", { by: "likes" }, "ranked"),
    rankingShelf("Trending this week", { by: "trending" }), rankingShelf("Best rated", { by: "rating" }),
    ...largest.map(({ name }) => rankingShelf(name, { genre: name, by: "rating" }))];
}

async function browsePage({ genre = "", by = "likes" }) {
  const [page, genres] = await Promise.all([api(address("ranking/", { genre, by, page_size: 36, ...CARD })), api("genres/")]);
  const orders = Object.entries(ORDERS).map(([to, text]) => [text, address("#/browse", { genre, by: to }), to === by]);
  return [h("header", { class: "heading" }, title(genre || "All films"), links("Order", "tabs", orders)),
    genreLinks(genres.results, by, genre), ...grid(page, "There are no films here yet.")];
}

async function searchPage({ q = "" }) {
  const page = await api(address("movies/", { q, page_size: 36, ...CARD })), meant = page.did_you_mean;
  const hint = meant && h("p", { class: "meant" }, `Nothing matches “${q}”. Did you mean `,
    h("a", { href: address("#/search", { q: meant }) }, meant), "?");
  return [title(`Films for “${q}”`), hint, ...grid(page, `Nothing matches “${q}”. Try a title, a name or a year.`)];
}

const personPage = async ({ name = "" }) => [title(name), ...grid(await api(
  address("movies/", { person: name, ordering: "-year", page_size: 36, ...CARD })), "There are no films of this person.")];

async function minePage() {
  if (!login.token) return [title("My films"), message("Sign in to see your lists.", button("Sign in", signIn))];
  const films = (text, path, nothing) => later(async () => {
    const { results } = await api(address(path, { page_size: 100, ...CARD }));
    return results.length ? shelf(text, results.map((row) => row.movie)) : [h("h2", {}, text), message(nothing)];
  });
  const ticket = ({ subject, status, number }) =>
    h("li", {}, h("strong", {}, subject), h("span", {}, status.replaceAll("_", " ")), h("small", {}, number));
  const tickets = later(async () => {
    const { results } = await api("tickets/");
    return [h("h2", {}, "Technical support"), results.length ? h("ul", { class: "tickets" }, results.map(ticket))
      : message("You have asked nothing yet.", button("Ask a question", () => askSupport()))];
  });
  return [title("My films"), films("Reminders", "reminders/", "Choose “Remind me” on a film, and it is kept here."),
    films("Liked", "likes/", "You like no film yet."), films("Watched", "watched/", "You have watched nothing yet."),
    tickets];
}

async function moviePage({ id }) {
  const movie = await api(`movies/${id}/`), [genre] = movie.genres;
  const initials = (name) => name.split(" ").map(([letter]) => letter).slice(0, 2).join("");
  const person = (role) => (name) => h("li", {}, h("a", { href: address("#/person", { name }) },
    h("span", { class: "avatar", "aria-hidden": "true", "--hue": 130 + dice(name)(300) }, initials(name)),
    name, role && h("small", {}, role)));
  const people = [...movie.directors.map(person("director")), ...movie.actors.map(person(""))];
  return [stage(movie, actions(movie)),
    people.length > 0 && h("section", {}, h("h2", {}, "People"), h("ul", { class: "people" }, people)),
    genre && rankingShelf(`More ${genre}`, { genre, by: "rating" })];
}
/** What somebody with a login can do with a film. */
function actions(movie) {
  const liked = h("small"), toggles = [
    ["♥", "Like", "liked", `movies/${movie.id}/like/`, "You like this film."],
    ["◷", "Remind me", "reminder", `reminders/${movie.id}/`, "You will find it in “My films”."],
    ["✓", "Watched", "watched", `watched/${movie.id}/`, "Noted as watched."],
  ].map(([sign, text, member, path, done]) => {
    const toggle = button([h("span", { "aria-hidden": "true" }, sign), text], async () => {
      const isOn = movie[member]; // unknown before the login; to say it twice changes nothing
      if (!(await signedIn()) || (!isOn && member === "reminder" && !(await askWhen(path)))) return;
      try {
        if (isOn || member !== "reminder") await api(path, { method: isOn ? "DELETE" : "PUT" });
        Object.assign(movie, await api(`movies/${movie.id}/`)); // all of it: to watch a film ends its reminder
        say(isOn ? `“${text}” was removed.` : done);
        shown.clear();
        refresh();
      } catch (error) { sayProblem(error); }
    });
    return [toggle, member];
  });
  const refresh = () => {
    for (const [toggle, member] of toggles) toggle.setAttribute("aria-pressed", Boolean(movie[member]));
    liked.textContent = movie.likes === 1 ? "1 like" : `${movie.likes} likes`;
  };
  refresh();
  const report = button("Report a problem", () => askSupport(movie));
  return h("div", { class: "actions" }, toggles.map(([toggle]) => toggle), report, liked);
}

// --- Dialogs
/** Opens a dialog whose form `send` sends. Gives, when it is closed, whether the form was sent. */
function ask(id, send) {
  const dialog = $(`#${id}`), form = $("form", dialog);
  let isSending = false;
  form.onsubmit = async (event) => {
    event.preventDefault(); // the API takes JSON
    if (isSending) return;
    isSending = true;
    showErrors(form);
    try {
      await send(Object.fromEntries(new FormData(form)));
      form.reset();
      dialog.close("sent");
    } catch (error) { showErrors(form, error); }
    isSending = false;
  };
  $(".cancel", dialog).onclick = () => dialog.close("");
  showErrors(form);
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => { dialog.onclose = () => resolve(dialog.returnValue === "sent"); });
}
/** The API's errors beside the fields that they are about, others below. */
function showErrors(form, { message: all, errors = [] } = problem("")) {
  for (const old of form.querySelectorAll("label .error")) old.remove();
  for (const field of form.elements) field.removeAttribute("aria-invalid");
  const others = errors.filter(({ field, detail }) => {
    const at = form.elements.namedItem(field);
    at?.before(h("span", { class: "error" }, detail));
    at?.setAttribute("aria-invalid", "true");
    return !at;
  });
  $("p.error", form).textContent = others.map(({ detail }) => detail).join(" ") || (errors.length ? "" : all);
  $("[aria-invalid]", form)?.focus();
}
/** Whether somebody is logged in, who is asked to if not. */
function signedIn() {
  if (login.token) return true;
  chooseFields();
  return ask("account", async ({ username, password, email }) => {
    if (email) await api("auth/register/", { method: "POST", body: { username, email, password } });
    login.begin((await api("auth/login/", { method: "POST", body: { username, password } })).token);
    say(`Welcome, ${username}.`);
  });
}
/** Only who signs up gives an e-mail address. */
function chooseFields() {
  const { email, password, "sign-up": isNew } = $("#account form").elements;
  email.disabled = email.parentElement.hidden = !isNew.checked;
  password.autocomplete = isNew.checked ? "new-password" : "current-password";
}

const signIn = async () => (await signedIn()) && render();
const signOut = () => api("auth/logout/", { method: "POST" }).catch(sayProblem).then(() => login.end()).then(render);
const askWhen = (path) => ask("remind", ({ remind_at: at, note }) =>
  api(path, { method: "PUT", body: { note, remind_at: at ? new Date(at).toISOString() : null } }));

async function askSupport(movie) {
  if (!(await signedIn())) return;
  $("#ticket .about").textContent = movie ? `About “${movie.title}”` : "";
  const keys = {}; // the same question is stored once, however often it is sent
  await ask("ticket", async (fields) => {
    const body = { ...fields, movie: movie?.id };
    const key = keys[JSON.stringify(body)] ??= crypto.getRandomValues(new Uint32Array(4)).join("-");
    const { number } = await api("tickets/", { method: "POST", body, key });
    say(`Sent. Your ticket is ${number}; “My films” shows what becomes of it.`);
  });
}

// --- Search box: https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
let typing = new AbortController();
function choose(option) {
  for (const each of list.children) each.setAttribute("aria-selected", each === option);
  input.setAttribute("aria-activedescendant", option?.id ?? "");
  option?.scrollIntoView({ block: "nearest" });
}

function open(isOpen) {
  list.parentElement.hidden = !isOpen;
  input.setAttribute("aria-expanded", isOpen);
  choose(null);
}

async function suggest() {
  typing.abort();
  const { signal } = (typing = new AbortController());
  if (!input.value) return open(false);
  try {
    const { results, did_you_mean: meant } = await api(address("movies/suggest/", { q: input.value }), { signal });
    list.previousElementSibling.textContent = meant ? `Did you mean “${meant}”?` : `${results.length} suggestions`;
    list.replaceChildren(...results.map(({ kind, text, year, link }, n) => h("li", {
      id: `suggestion-${n}`, role: "option", pointerdown: (event) => event.preventDefault(),
      "data-href": kind === "title" ? `#/film/${link.match(/(\d+)\/$/)[1]}` : address("#/person", { name: text }),
    }, text, h("small", {}, kind === "title" ? year : "person"))));
    open(results.length > 0);
  } catch (error) { if (!isAbort(error)) open(false); } // the search itself tells of problems
}

function search(option) {
  const q = input.value.trim();
  typing.abort();
  if (option || q) location.hash = option ? option.dataset.href : address("#/search", { q });
  open(false);
}

function onKey(event) {
  const options = [...list.children], step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  const at = options.findIndex((option) => option.ariaSelected === "true");
  if (event.key === "Escape" && !list.parentElement.hidden) open(false);
  else if (step && options.length) {
    open(true);
    choose(options.at(at < 0 && step < 0 ? -1 : (at + step) % options.length));
  } else return;
  event.preventDefault();
}

// --- From page to page: the address stands behind the #, as the server has one page
const PAGES = new Map(Object.entries({ browse: browsePage, search: searchPage, person: personPage, mine: minePage,
  film: moviePage }));
const shown = new Map(); // what the entries of the history showed, by number: the way back is at once
let leaving = new AbortController(), entry = history.state?.entry ?? 0, isFirst = true;
async function render() {
  leaving.abort();
  const { signal } = (leaving = new AbortController()), focus = document.activeElement;
  const [path, values] = location.hash.slice(2).split("?"), [name, id] = path.split("/");
  main.replaceChildren(h("p", { class: "unseen", role: "status" }, "Loading"), skeleton("grid"));
  const wanted = { ...Object.fromEntries(new URLSearchParams(values)), id: id && encodeURIComponent(id) };
  const children = await (PAGES.get(name) ?? homePage)(wanted).catch(
    (error) => [title("That did not work"), trouble(error, render)]);
  if (signal.aborted) return;
  main.replaceChildren(...children.filter(Boolean));
  document.title = `${name ? `${$("h1").textContent} · ` : ""}Netflix backend`;
  scrollTo(0, 0);
  if (!isFirst && [focus, document.body].includes(document.activeElement)) $("h1").focus({ preventScroll: true });
  isFirst = false; // whoever has just opened the page, or is typing by now, keeps their place
}

function onAddress() {
  const { title, activeElement: focus } = document;
  shown.set(entry, { children: [...main.childNodes], title, top: scrollY, focus });
  if ($(".skeleton", main)) shown.delete(entry); // what has yet to load is given up
  const before = history.state ? shown.get(history.state.entry) : null;
  if (!history.state) history.replaceState({ entry: entry + 1 }, "");
  entry = history.state.entry;
  if (!before) return render();
  leaving.abort();
  main.replaceChildren(...before.children);
  document.title = before.title;
  scrollTo(0, before.top);
  before.focus.focus({ preventScroll: true });
}

const instead = (act) => (event) => { event.preventDefault(); act(event); };
addEventListener("hashchange", onAddress);
Object.assign(input, { oninput: suggest, onkeydown: onKey, onblur: () => open(false) });
input.form.onsubmit = instead(() => search($("[aria-selected=true]", list)));
list.onclick = (event) => search(event.target.closest("li"));
$(".skip").onclick = instead(() => main.focus());
$("[name=sign-up]").onchange = chooseFields;
$("#help").onclick = () => askSupport();
$("#sign-in").onclick = signIn;
$("#sign-out").onclick = signOut;
history.scrollRestoration = "manual"; // a page that has yet to load cannot be scrolled
history.replaceState({ entry }, "");
login.changed();
render();
