"use strict";

const page = document.querySelector("#docs");
const guides = JSON.parse(document.querySelector("#guides").textContent);
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const monospace = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace';

const theme = {
  spacing: { sectionVertical: 24 },
  colors: { primary: { main: "#b3122a" } },
  typography: { fontFamily: font, headings: { fontFamily: font, fontWeight: "600" }, code: { fontFamily: monospace } },
  sidebar: { width: "290px" },
  rightPanel: { backgroundColor: "#1f2430" },
};
const options = {
  scrollYOffset: ".docs-header",
  expandResponses: "200,201",
  jsonSampleExpandLevel: 4,
  hideDownloadButton: true, // the header links to the schema
  theme,
};

// Redoc's footer has a picture from another server, which our Content-Security-Policy refuses with an error in the
// console. React sets the address in one of these two ways.
function withoutPicturesOfOthers() {
  const image = HTMLImageElement.prototype;
  const { set: setSource, ...source } = Object.getOwnPropertyDescriptor(image, "src");
  const { setAttribute } = Element.prototype;
  const isOurs = (address) => new URL(address, location.href).origin === location.origin || /^data:/.test(address);
  Object.defineProperty(image, "src", { ...source, set(address) { if (isOurs(address)) setSource.call(this, address); } });
  image.setAttribute = function (name, value) {
    if (name !== "src" || isOurs(value)) setAttribute.call(this, name, value);
  };
}

// Guides have no samples beside them: they may use the whole width.
function widenGuides() {
  const sections = guides.map((guide) => `[data-section-id^="tag/${guide.name}"]`).join();
  const rules = document.styleSheets[0];
  rules.insertRule(`:is(${sections}) { background: #fff; }`);
  rules.insertRule(`:is(${sections}) > div, :is(${sections}) > div > div { width: min(100%, 62rem); }`);
}

function withGuides(schema) {
  const names = (tags) => tags.map((tag) => tag.name);
  const groups = [{ name: "Guides", tags: names(guides) }, { name: "Calls", tags: names(schema.tags) }];
  return { ...schema, tags: [...guides, ...schema.tags], "x-tagGroups": groups };
}

async function show() {
  const answer = await fetch(page.dataset.schema, { headers: { Accept: "application/vnd.oai.openapi+json" } });
  if (!answer.ok) throw new Error(`The schema was answered with ${answer.status}.`);
  Redoc.init(withGuides(await answer.json()), options, page);
}

withoutPicturesOfOthers();
widenGuides();
show().catch((error) => {
  page.innerHTML = '<p class="docs-note"></p>';
  page.firstChild.textContent = `The documentation could not be loaded. ${error.message} Reload the page.`;
});
