// Before anything is painted: the look and the language that the reader chose, else the browser's.
"use strict";
(() => {
  const root = document.documentElement;
  const kept = (name) => {
    try { return localStorage.getItem(`archive-${name}`); } catch { return null; }
  };
  const theme = kept("theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const language = kept("language") || navigator.language || "en";
  root.lang = language.toLowerCase().startsWith("ru") ? "ru" : "en";
})();
