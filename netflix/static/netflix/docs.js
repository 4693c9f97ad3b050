"use strict";

// Redoc's footer loads a picture from another server. Our Content-Security-Policy refuses it, with an error in the
// console each time.
const setAttribute = HTMLImageElement.prototype.setAttribute;
HTMLImageElement.prototype.setAttribute = function (name, value) {
  if (name !== "src" || !String(value).startsWith("https://cdn.redoc.ly/")) setAttribute.call(this, name, value);
};

const page = document.querySelector("#docs");
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const monospace = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace';

const options = {
  scrollYOffset: ".docs-header",
  expandResponses: "200,201",
  jsonSampleExpandLevel: 4,
  schemaExpansionLevel: 1,
  pathInMiddlePanel: false,
  hideDownloadButton: true, // the header links to the schema
  theme: {
    colors: { primary: { main: "#b3122a" } },
    typography: { fontFamily: font, headings: { fontFamily: font, fontWeight: "600" }, code: { fontFamily: monospace } },
    sidebar: { width: "290px" },
    rightPanel: { backgroundColor: "#1f2430" },
  },
};

async function show() {
  const answer = await fetch(page.dataset.schema, { headers: { Accept: "application/vnd.oai.openapi+json" } });
  if (!answer.ok) throw new Error(`The schema is answered with ${answer.status}.`);
  Redoc.init(await answer.json(), options, page);
}

show().catch((error) => {
  page.innerHTML = '<p class="docs-note"></p>';
  page.firstChild.textContent = `The documentation could not be loaded. ${error.message} Reload the page.`;
});
