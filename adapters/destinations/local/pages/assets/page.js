// What every page does: speaks the reader's language, changes its look, opens what is hidden.
"use strict";
(() => {
  const root = document.documentElement;
  const keep = (name, value) => {
    try { localStorage.setItem(`archive-${name}`, value); } catch { /* a reader who keeps nothing */ }
  };

  const said = (element, name, english) => {
    const kept = `data-english-${name}`;
    if (!element.hasAttribute(kept)) element.setAttribute(kept, english);
    return element.getAttribute(kept);
  };

  function speak() {
    const language = root.lang;
    const words = WORDS[language] || {};
    for (const element of document.querySelectorAll("[data-t]")) {
      const english = said(element, "text", element.textContent);
      if (element.dataset.n !== undefined) {
        element.textContent = counted(language, element.dataset.t, Number(element.dataset.n), english);
      } else {
        element.textContent = words[english] || english;
      }
    }
    for (const [mark, attribute] of [["data-t-label", "aria-label"], ["data-t-placeholder", "placeholder"], ["data-t-alt", "alt"]]) {
      for (const element of document.querySelectorAll(`[${mark}]`)) {
        const english = said(element, attribute, element.getAttribute(attribute));
        element.setAttribute(attribute, words[english] || english);
      }
    }
    for (const element of document.querySelectorAll("b[data-n]:not([data-t])")) {
      element.textContent = Number(element.dataset.n).toLocaleString(language);
    }
    for (const element of document.querySelectorAll("time")) moment(element, language);
    document.getElementById("language").textContent = language === "ru" ? "English" : "Русский";
    document.dispatchEvent(new Event("spoken"));
  }

  function counted(language, name, number, english) {
    const forms = COUNTED[language] && COUNTED[language][name];
    if (!forms) return english;
    return `${number.toLocaleString(language)} ${forms[new Intl.PluralRules(language).select(number)] || forms.other}`;
  }

  const forms = new Map();
  function formed(language, name) {
    const key = `${language} ${name}`;
    if (!forms.has(key)) {
      const options = {
        month: { month: "long", year: "numeric" },
        short: { month: "short" },
        day: { weekday: "long", day: "numeric", month: "long", year: "numeric" },
        date: { day: "numeric", month: "short", year: "numeric" },
      }[name];
      forms.set(key, new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, { timeZone: "UTC", ...options }));
    }
    return forms.get(key);
  }

  function moment(element, language) {
    const value = element.dateTime;
    const english = said(element, "text", element.textContent);
    if (/^\d{4}-\d\d$/.test(value)) {
      const name = element.closest(".year") ? "short" : "month";
      element.textContent = formed(language, name).format(new Date(`${value}-01T00:00:00Z`));
    } else if (/^\d{4}-\d\d-\d\d$/.test(value)) {
      element.textContent = formed(language, "day").format(new Date(`${value}T00:00:00Z`));
    } else if (english.length >= 10) {
      const date = formed(language, "date").format(new Date(`${value.slice(0, 10)}T00:00:00Z`));
      element.textContent = english.length > 10 ? `${date}, ${value.slice(11, 16)}` : date;
    }
  }
  self.archiveDate = (value) => formed(root.lang, "date").format(new Date(`${value}:00Z`));
  self.archiveCounted = (name, number) => counted(root.lang, name, number, `${number} ${name}`);
  self.archiveWord = (english) => (WORDS[root.lang] || {})[english] || english;

  const language = document.getElementById("language");
  language.hidden = false;
  language.addEventListener("click", () => {
    root.lang = root.lang === "ru" ? "en" : "ru";
    keep("language", root.lang);
    speak();
  });

  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const dark = getComputedStyle(root).colorScheme.includes("dark");
    root.dataset.theme = dark ? "light" : "dark";
    keep("theme", root.dataset.theme);
  });

  document.addEventListener("click", (event) => {
    const spoiler = event.target.closest(".spoiler");
    if (spoiler) spoiler.classList.toggle("open");
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && event.target.classList.contains("spoiler")) event.target.classList.toggle("open");
    if (event.key === "/" && !/^(INPUT|TEXTAREA|AUDIO|VIDEO)$/.test(event.target.tagName)) {
      const ask = document.querySelector("input[type=search]");
      event.preventDefault();
      if (ask) ask.focus();
      else location.href = `${document.body.dataset.root}search.html`;
    }
  });

  speak();
})();
