// The search page: loads the shards that a question needs, as scripts, for a page opened from disk can fetch nothing.
"use strict";
(() => {
  const SHOWN = 30;
  const root = document.documentElement;
  const ask = document.getElementById("q");
  const found = document.getElementById("found");
  const results = document.getElementById("results");
  const further = document.getElementById("further");
  const shards = new Map();
  const blocks = new Map();
  const loading = new Map();
  let asked = 0;
  let hits = [];
  let shown = 0;
  let wanted = [];

  self.shard = (segment, number, lines) => {
    const words = lines ? lines.split("\n") : [];
    shards.set(`${segment}/${number}`, words);
  };
  self.block = (page, rows) => blocks.set(page, rows);

  function load(path) {
    if (!loading.has(path)) {
      loading.set(path, new Promise((resolve, reject) => {
        const script = document.createElement("script");
        script.src = path;
        script.onload = () => { script.remove(); resolve(); };
        script.onerror = () => { loading.delete(path); reject(new Error(path)); };
        document.head.append(script);
      }));
    }
    return loading.get(path);
  }

  const folded = (text) => text.toLowerCase().replaceAll("ё", "е");
  const words = (text) => [...new Set((folded(text).match(/[\p{L}\p{N}]+/gu) || []).map((word) => [...word].slice(0, 40).join("")))];
  const shardOf = (word, count) => {
    const [first, second] = [...word];
    return (first.codePointAt(0) * 31 + (second ? second.codePointAt(0) : 0)) % count;
  };

  // The items of a segment in which a word begins so. A word of one letter is looked for as it is.
  async function items([segment, count], word) {
    const number = shardOf(word, count);
    const key = `${segment}/${number}`;
    await load(`search/w/${segment}/${String(number).padStart(2, "0")}.js`);
    const lines = shards.get(key);
    const set = new Set();
    const whole = [...word].length < 2;
    for (let at = first(lines, word); at < lines.length && lines[at].startsWith(word); at++) {
      const [said, ...deltas] = lines[at].split(" ");
      if (whole && said !== word) continue;
      let item = 0;
      for (const delta of deltas) set.add((item += parseInt(delta, 36)));
    }
    return set;
  }

  // Shards are sorted by code points; JavaScript compares by halves of them, which differs beyond the first plane only.
  function first(lines, word) {
    let low = 0;
    let high = lines.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (lines[middle] < word) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  async function search(question) {
    const mine = ++asked;
    wanted = words(question);
    hits = [];
    shown = 0;
    if (!wanted.length || [...wanted.join("")].length < 2) {
      results.replaceChildren();
      further.hidden = true;
      found.textContent = question.trim() ? archiveWord("Write at least two letters.") : "";
      return;
    }
    found.textContent = archiveWord("Searching…");
    const segments = [...SEGMENTS].reverse();
    const several = await Promise.all(segments.map(async (segment) => {
      const sets = await Promise.all(wanted.map((word) => items(segment, word)));
      sets.sort((a, b) => a.size - b.size);
      const both = [...sets[0]].filter((item) => sets.every((set) => set.has(item)));
      return both.sort((a, b) => b - a).map((item) => [segment[2][Math.floor(item / PAGE)], item % PAGE]);
    }));
    if (mine !== asked) return;
    hits = several.flat();
    results.replaceChildren();
    say();
    await more();
  }

  function say() {
    found.textContent = hits.length ? archiveCounted("found", hits.length) : archiveWord("Nothing found.");
  }

  async function more() {
    const mine = asked;
    const some = hits.slice(shown, shown + SHOWN);
    await Promise.all([...new Set(some.map(([page]) => page))].map((page) => load(`search/p/${page}.js`)));
    if (mine !== asked) return;
    shown += some.length;
    results.append(...some.map(([page, place]) => line(page, blocks.get(page)[place])));
    further.hidden = shown >= hits.length;
  }

  function line(page, [anchor, moment, text]) {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = `${page}.html#${anchor}`;
    const time = document.createElement("time");
    time.dateTime = `${moment}:00Z`;
    time.textContent = archiveDate(moment);
    const said = document.createElement("span");
    said.dir = "auto";
    said.lang = "";
    said.append(...marked(text));
    link.append(time, " ", said);
    item.append(link);
    return item;
  }

  // The text around the first hit, with every hit marked. Small letters may be more than one letter long in some
  // languages; then the places no longer agree, and nothing is marked.
  function marked(text) {
    const low = folded(text);
    const same = low.length === text.length;
    const places = [];
    if (same) {
      for (const match of low.matchAll(/[\p{L}\p{N}]+/gu)) {
        const word = wanted.find((one) => (one.length < 2 ? match[0] === one : match[0].startsWith(one)));
        if (word) places.push([match.index, match.index + word.length]);
      }
    }
    const begin = places.length && places[0][0] > 120 ? text.lastIndexOf(" ", places[0][0] - 60) + 1 : 0;
    const end = Math.min(text.length, begin + 280);
    const out = [begin ? "…" : ""];
    let at = begin;
    for (const [from, to] of places) {
      if (from < at || to > end) continue;
      const mark = document.createElement("mark");
      mark.textContent = text.slice(from, to);
      out.push(text.slice(at, from), mark);
      at = to;
    }
    out.push(text.slice(at, end), end < text.length ? "…" : "");
    return out;
  }

  let waiting;
  ask.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => search(ask.value), 120);
  });
  document.getElementById("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    clearTimeout(waiting);
    search(ask.value);
    history.replaceState(null, "", `?q=${encodeURIComponent(ask.value)}`);
  });
  further.addEventListener("click", more);
  document.addEventListener("spoken", () => {
    if (hits.length) say();
    for (const time of results.querySelectorAll("time")) time.textContent = archiveDate(time.dateTime.slice(0, 16));
  });

  ask.value = new URLSearchParams(location.search).get("q") || "";
  if (ask.value) search(ask.value);
  root.dataset.ready = "";
})();
