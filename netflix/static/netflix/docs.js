"use strict";

const page = document.querySelector("#docs");
const guides = JSON.parse(document.querySelector("#guides").textContent);
const font = 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';
const monospace = 'ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace';

const isDark = matchMedia("(prefers-color-scheme: dark)");
const fonts = { fontFamily: font, headings: { fontFamily: font, fontWeight: "600" }, code: { fontFamily: monospace } };
const common = {
  spacing: { sectionVertical: 24 },
  colors: { primary: { main: "#b3122a" } },
  typography: fonts,
  sidebar: { width: "290px" },
  rightPanel: { backgroundColor: "#1f2430" },
};
// Redoc computes shades of these: they have to be colours, not variables of a style sheet.
const dark = {
  ...common,
  colors: {
    primary: { main: "#ff8b98" },
    text: { primary: "#e6e6ea", secondary: "#a9a9b6" },
    border: { dark: "#3a3a44", light: "#2c2c34" },
    error: { main: "#ff8f8f" },
    success: { main: "#6ee7a4" },
    gray: { 50: "#1f1f26", 100: "#2c2c34" },
    responses: {
      success: { color: "#6ee7a4", backgroundColor: "#14301f", tabTextColor: "#6ee7a4" },
      error: { color: "#ff9d9d", backgroundColor: "#38171b", tabTextColor: "#ff9d9d" },
      redirect: { color: "#ffd479", backgroundColor: "#33290f", tabTextColor: "#ffd479" },
      info: { color: "#87ceeb", backgroundColor: "#14293a", tabTextColor: "#87ceeb" },
    },
  },
  schema: { nestedBackground: "#1c1c22", linesColor: "#5a5a68", typeNameColor: "#b8b8c4", typeTitleColor: "#b8b8c4",
    requireLabelColor: "#ff9d9d", arrow: { color: "#a9a9b6" } },
  typography: {
    ...fonts,
    code: { ...fonts.code, color: "#ffb3bb", backgroundColor: "#26262e" },
    links: { color: "#ff9aa5", visited: "#ff9aa5", hover: "#ffc2c8" },
  },
  sidebar: { ...common.sidebar, backgroundColor: "#1a1a20", textColor: "#d6d6de" },
  rightPanel: { backgroundColor: "#0d0f14" },
};
const options = {
  scrollYOffset: ".docs-header",
  expandResponses: "200,201",
  jsonSampleExpandLevel: 4,
  hideDownloadButton: true, // the header links to the schema
  theme: isDark.matches ? dark : common,
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
  rules.insertRule(`:is(${sections}) { background: var(--page); }`);
  rules.insertRule(`:is(${sections}) > div, :is(${sections}) > div > div { width: min(100%, 62rem); }`);
}

function withGuides(schema) {
  const names = (tags) => tags.map((tag) => tag.name);
  const groups = [{ name: "Guides", tags: names(guides) }, { name: "Calls", tags: names(schema.tags) }];
  return { ...schema, tags: [...guides, ...schema.tags], "x-tagGroups": groups };
}

async function show() {
  const response = await fetch(page.dataset.schema, { headers: { Accept: "application/vnd.oai.openapi+json" } });
  if (!response.ok) throw new Error(`The schema was answered with ${response.status}.`);
  Redoc.init(withGuides(await response.json()), options, page);
}

isDark.addEventListener("change", () => location.reload()); // Redoc knows one theme from its start on
withoutPicturesOfOthers();
widenGuides();
show().catch((error) => {
  page.innerHTML = '<p class="docs-note"></p>';
  page.firstChild.textContent = `The documentation could not be loaded. ${error.message} Reload the page.`;
});
