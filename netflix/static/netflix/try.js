"use strict";

// Swagger UI has a dark theme. The button for it is in a header of its own, which this page does not show.
const isDark = matchMedia("(prefers-color-scheme: dark)");
const applyTheme = () => document.documentElement.classList.toggle("dark-mode", isDark.matches);
isDark.addEventListener("change", applyTheme);
applyTheme();
