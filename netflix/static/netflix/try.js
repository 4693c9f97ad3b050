"use strict";

// Swagger UI turns its dark theme on in a header of its own, which this page does not have.
const isDark = matchMedia("(prefers-color-scheme: dark)");
const applyTheme = () => document.documentElement.classList.toggle("dark-mode", isDark.matches);
isDark.addEventListener("change", applyTheme);
applyTheme();
