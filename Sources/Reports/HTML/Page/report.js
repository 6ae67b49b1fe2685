"use strict";
// The page's script: draws the findings, the timeline and the space from the JSON in the page. Every text goes into the document as text, never as
// markup; nothing is fetched.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const outcomes = ["error", "failed", "passed", "skipped"];
  const outcomeNames = ["errors", "failed", "passed", "skipped"];
  const signs = ["!", "✗", "✓", "-"];
  const pageSize = 100;
  const byId = (id) => document.getElementById(id);

  // An element with a class, and texts or other elements in it.
  function make(name, className, ...content) {
    const element = document.createElement(name);
    if (className) element.className = className;
    for (const part of content) element.append(part);
    return element;
  }
  const isolated = (text) => make("bdi", "", text);

  // As `docker` prints sizes: four significant digits and a decimal unit.
  function size(bytes) {
    const units = ["B", "kB", "MB", "GB", "TB", "PB", "EB"];
    let value = bytes, unit = 0;
    while (value >= 1000 && unit < units.length - 1) { value /= 1000; unit += 1; }
    if (unit === 0) return bytes + "B";
    return String(Number(value.toFixed(value >= 100 ? 1 : value >= 10 ? 2 : 3))) + units[unit];
  }
  const counted = (number, noun) => number.toLocaleString("en") + " " + noun + (number === 1 ? "" : "s");
  const pad = (number) => String(number).padStart(2, "0");
  function moment(seconds) {
    const date = new Date(seconds * 1000);
    return date.getUTCFullYear() + "-" + pad(date.getUTCMonth() + 1) + "-" + pad(date.getUTCDate()) + " " + clock(seconds);
  }
  function clock(seconds) {
    const date = new Date(seconds * 1000);
    return pad(date.getUTCHours()) + ":" + pad(date.getUTCMinutes()) + ":" + pad(date.getUTCSeconds());
  }
  function span(seconds) {
    for (const [unit, length] of [["d", 86400], ["h", 3600], ["m", 60]]) if (seconds >= length * 2) return Math.round(seconds / length) + " " + unit;
    return Math.round(seconds) + " s";
  }

  // Light and dark.

  const theme = byId("theme");
  const themes = ["auto", "light", "dark"];
  function setTheme(name) {
    if (name === "auto") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
    byId("theme-name").textContent = name;
  }
  let chosen = "auto";
  // A page that was opened as a file may have no memory.
  try { chosen = localStorage.getItem("hook-theme") || "auto"; } catch { chosen = "auto"; }
  if (!themes.includes(chosen)) chosen = "auto";
  setTheme(chosen);
  theme.hidden = false;
  theme.addEventListener("click", () => {
    chosen = themes[(themes.indexOf(chosen) + 1) % themes.length];
    setTheme(chosen);
    try { localStorage.setItem("hook-theme", chosen); } catch { return; }
  });

  for (const bar of document.querySelectorAll("[data-share]")) bar.style.width = bar.dataset.share + "%";

  // Findings.

  const findings = data.findings;
  const filter = { words: [], outcome: -1, rule: "", type: -1, stage: -1 };
  const sorting = { key: "", descending: false };
  const opened = new Set();
  let shown = [];
  let page = 0;
  const haystacks = new Array(findings.length);
  function haystack(index) {
    if (haystacks[index] === undefined) {
      const [, , type, subject, message, , details, remedy] = findings[index];
      haystacks[index] = [subject, data.types[type], message, remedy, ...details].join("\n").toLowerCase();
    }
    return haystacks[index];
  }
  function matches(index, without) {
    const [stage, outcome, type] = findings[index];
    if (without !== "outcome" && filter.outcome >= 0 && outcome !== filter.outcome) return false;
    if (filter.stage >= 0 && stage !== filter.stage) return false;
    if (filter.rule && data.stages[stage][2] !== filter.rule) return false;
    if (without !== "type" && filter.type >= 0 && type !== filter.type) return false;
    return filter.words.every((word) => haystack(index).includes(word));
  }

  const search = byId("search"), rule = byId("rule"), type = byId("type"), stageFilter = byId("stage-filter"), clear = byId("clear");
  const list = byId("list"), rows = byId("rows"), status = byId("count");

  function option(select, value, text) {
    const element = make("option", "", text);
    element.value = value;
    select.append(element);
  }
  function fillRules() {
    option(rule, "", "All rules");
    for (const name of new Set(data.stages.map((stage) => stage[2]))) option(rule, name, name);
    rule.hidden = rule.options.length < 3;
  }
  // The kinds that the other filters leave, with their counts.
  function fillTypes() {
    const counts = new Map();
    for (let index = 0; index < findings.length; index += 1) {
      if (matches(index, "type")) counts.set(findings[index][2], (counts.get(findings[index][2]) || 0) + 1);
    }
    if (filter.type >= 0 && !counts.has(filter.type)) counts.set(filter.type, 0);
    type.replaceChildren();
    option(type, "-1", "All causes and types");
    for (const [place, count] of [...counts].sort((a, b) => b[1] - a[1])) option(type, String(place), data.types[place] + " (" + count + ")");
    type.value = String(filter.type);
  }
  function fillOutcomes() {
    const counts = [0, 0, 0, 0];
    for (let index = 0; index < findings.length; index += 1) if (matches(index, "outcome")) counts[findings[index][1]] += 1;
    const group = byId("outcomes");
    const buttons = [[-1, "all", counts.reduce((sum, count) => sum + count, 0)]];
    outcomeNames.forEach((name, place) => { if (findings.some((finding) => finding[1] === place)) buttons.push([place, name, counts[place]]); });
    if (group.children.length !== buttons.length) {
      group.replaceChildren(...buttons.map(([place, name]) => {
        const button = make("button", "", name, make("b", ""));
        button.type = "button";
        button.addEventListener("click", () => { filter.outcome = place; refresh(); });
        return button;
      }));
    }
    buttons.forEach(([place, , count], position) => {
      const button = group.children[position];
      button.setAttribute("aria-pressed", String(filter.outcome === place));
      button.lastChild.textContent = count.toLocaleString("en");
    });
  }

  function refresh() {
    page = 0;
    shown = [];
    for (let index = 0; index < findings.length; index += 1) if (matches(index)) shown.push(index);
    if (sorting.key) {
      const place = sorting.key === "bytes" ? 5 : 3, sign = sorting.descending ? -1 : 1;
      const compare = sorting.key === "bytes" ? (a, b) => a - b : (a, b) => (a < b ? -1 : a > b ? 1 : 0);
      shown.sort((a, b) => sign * compare(findings[a][place], findings[b][place]) || a - b);
    }
    fillOutcomes();
    fillTypes();
    const isFiltered = filter.words.length > 0 || filter.outcome >= 0 || filter.rule !== "" || filter.type >= 0 || filter.stage >= 0;
    clear.hidden = !isFiltered;
    stageFilter.hidden = filter.stage < 0;
    if (filter.stage >= 0) {
      stageFilter.textContent = "stage " + data.stages[filter.stage][0] + " ×";
      stageFilter.setAttribute("aria-label", "Show all stages again, not only " + data.stages[filter.stage][1]);
    }
    status.textContent = isFiltered ? shown.length.toLocaleString("en") + " of " + counted(findings.length, "finding") : counted(findings.length, "finding");
    drawRows();
  }

  // A text with what is searched for marked.
  function marked(text) {
    if (filter.words.length === 0) return isolated(text);
    const element = isolated(""), lower = text.toLowerCase();
    // Letters whose small form has another length would move the places.
    if (lower.length !== text.length) return isolated(text);
    let from = 0;
    while (from < text.length) {
      let at = -1, length = 0;
      for (const word of filter.words) {
        const found = lower.indexOf(word, from);
        if (found >= 0 && (at < 0 || found < at)) { at = found; length = word.length; }
      }
      if (at < 0) break;
      element.append(text.slice(from, at), make("mark", "", text.slice(at, at + length)));
      from = at + length;
    }
    element.append(text.slice(from));
    return element;
  }

  function drawRows(all) {
    const from = all ? 0 : page * pageSize;
    const to = all ? Math.min(shown.length, 1000) : Math.min(shown.length, from + pageSize);
    const parts = [];
    for (const index of shown.slice(from, to)) parts.push(...row(index));
    rows.replaceChildren(...parts);
    list.hidden = shown.length === 0;
    byId("empty").hidden = shown.length > 0 || findings.length === 0;
    const pages = Math.ceil(shown.length / pageSize);
    byId("pager").hidden = pages < 2;
    byId("previous").disabled = page === 0;
    byId("next").disabled = page >= pages - 1;
    byId("page").textContent = (from + 1).toLocaleString("en") + " to " + to.toLocaleString("en") + " of " + shown.length.toLocaleString("en");
  }

  function row(index) {
    const [, outcome, kind, subject, message, bytes] = findings[index];
    const element = make("tr", "row row-" + outcomes[outcome]);
    const sign = make("td", "sign o-" + outcomes[outcome], signs[outcome]);
    sign.title = outcomes[outcome];
    sign.append(make("span", "hide", outcomes[outcome]));
    const button = make("button", "subject", subject === "" ? "(no subject)" : marked(subject));
    button.type = "button";
    button.dataset.index = index;
    button.setAttribute("aria-expanded", String(opened.has(index)));
    const text = make("div", "clamp", marked(message));
    element.append(
      sign, make("td", "kind", marked(data.types[kind])), make("td", "subject-cell", button),
      make("td", "number", bytes < 0 ? "" : size(bytes)), make("td", "message", text));
    if (!opened.has(index)) return [element];
    element.classList.add("open");
    return [element, detail(index)];
  }

  function detail(index) {
    const [stage, , , , , , details, remedy, left] = findings[index];
    const box = make("div", "evidence");
    const facts = make("dl", "");
    for (const [name, value] of [["stage", data.stages[stage][0] + " " + data.stages[stage][1]], ["rule", data.stages[stage][2]]]) {
      facts.append(make("div", "", make("dt", "", name), make("dd", "", isolated(value))));
    }
    box.append(facts);
    if (details.length > 0 || left > 0) {
      const lines = make("ul", "");
      for (const line of details) lines.append(make("li", "", marked(line)));
      if (left > 0) lines.append(make("li", "", counted(left, "more line") + " in the JSON report"));
      box.append(lines);
    }
    if (remedy) {
      const copy = make("button", "", "Copy");
      copy.type = "button";
      copy.addEventListener("click", () => {
        const done = () => { copy.textContent = "Copied"; };
        const byHand = () => { getSelection().selectAllChildren(copy.previousSibling); };
        if (navigator.clipboard) navigator.clipboard.writeText(remedy).then(done, byHand); else byHand();
      });
      box.append(make("div", "remedy", make("code", "", remedy), copy));
    }
    const cell = make("td", "", box);
    cell.colSpan = 5;
    return make("tr", "detail", cell);
  }

  function toggle(index, button) {
    const element = button.closest("tr");
    if (opened.delete(index)) {
      element.classList.remove("open");
      element.nextElementSibling.remove();
    } else {
      opened.add(index);
      element.classList.add("open");
      element.after(detail(index));
    }
    button.setAttribute("aria-expanded", String(opened.has(index)));
  }
  rows.addEventListener("click", (event) => {
    const line = event.target.closest("tr.row");
    if (!line || !getSelection().isCollapsed) return;
    const button = line.querySelector(".subject");
    toggle(Number(button.dataset.index), button);
  });

  function turn(pages) {
    page += pages;
    drawRows();
    byId("findings").scrollIntoView();
    const first = rows.querySelector(".subject");
    if (first) first.focus({ preventScroll: true });
  }
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  search.addEventListener("input", () => {
    filter.words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    refresh();
  });
  rule.addEventListener("change", () => { filter.rule = rule.value; refresh(); });
  type.addEventListener("change", () => { filter.type = Number(type.value); refresh(); });
  stageFilter.addEventListener("click", () => { filter.stage = -1; refresh(); search.focus(); });
  function clearAll() {
    filter.words = [];
    filter.outcome = filter.type = filter.stage = -1;
    filter.rule = "";
    search.value = rule.value = "";
    refresh();
  }
  clear.addEventListener("click", () => { clearAll(); search.focus(); });
  for (const header of list.querySelectorAll("[data-sort]")) {
    header.firstElementChild.addEventListener("click", () => {
      const key = header.dataset.sort, first = key === "bytes";
      if (sorting.key !== key) { sorting.key = key; sorting.descending = first; }
      else if (sorting.descending === first) sorting.descending = !first;
      else sorting.key = "";
      for (const other of list.querySelectorAll("[data-sort]")) other.removeAttribute("aria-sort");
      if (sorting.key) header.setAttribute("aria-sort", sorting.descending ? "descending" : "ascending");
      refresh();
    });
  }
  data.stages.forEach((stage, place) => {
    const name = document.querySelector(".stage-name[data-stage='" + stage[0] + "']");
    if (!name || !findings.some((finding) => finding[0] === place)) return;
    const show = () => { filter.stage = filter.stage === place ? -1 : place; refresh(); byId("findings").scrollIntoView(); };
    name.setAttribute("role", "button");
    name.tabIndex = 0;
    name.title = "Show this stage's findings";
    name.addEventListener("click", show);
    name.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") { event.preventDefault(); show(); } });
  });

  // The keyboard.

  function move(step) {
    const buttons = [...rows.querySelectorAll(".subject")];
    if (buttons.length === 0) return;
    const at = buttons.indexOf(document.activeElement);
    if (at < 0) { buttons[0].focus(); return; }
    if (at + step < 0) { search.focus(); return; }
    const next = buttons[Math.min(buttons.length - 1, at + step)];
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const isTyping = event.target.matches("input, select, textarea");
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      search.focus();
      search.select();
    } else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && (event.target === search || event.target.matches(".subject"))) {
      event.preventDefault();
      move(event.key === "ArrowDown" ? 1 : -1);
    } else if (event.key === "Escape") {
      const button = event.target.closest ? event.target.closest(".subject, .detail") : null;
      const own = button && button.matches(".detail") ? button.previousElementSibling.querySelector(".subject") : button;
      if (own && own.getAttribute("aria-expanded") === "true") { toggle(Number(own.dataset.index), own); own.focus(); }
      else if (search.value !== "" || !clear.hidden) clearAll();
      else if (document.activeElement) document.activeElement.blur();
    }
  });

  // On paper there is no page to turn, and what failed shows its evidence.
  let before = null;
  addEventListener("beforeprint", () => {
    before = new Set(opened);
    for (const index of shown.slice(0, 1000)) if (findings[index][1] < 2) opened.add(index);
    drawRows(true);
  });
  addEventListener("afterprint", () => {
    if (!before) return;
    opened.clear();
    for (const index of before) opened.add(index);
    before = null;
    drawRows();
  });

  if (data.omitted > 0) {
    byId("omitted").textContent = counted(data.omitted, "more finding") + " did not find room on this page; the JSON report has them all.";
    byId("omitted").hidden = false;
  }
  if (findings.length === 0) status.textContent = "no stage found anything";
  else {
    fillRules();
    byId("controls").hidden = false;
    // What failed is what people came for.
    refresh();
  }

  function reveal(name) {
    byId(name).hidden = false;
    document.querySelector("[data-for='" + name + "']").hidden = false;
  }

  // Tags.

  function drawTags() {
    const tags = data.tags;
    if (tags.length === 0 && data.ledger === "") return;
    reveal("tags");
    if (data.ledger !== "") { byId("tags-note").textContent = data.ledger; }
    else {
      byId("tags-note").textContent = counted(tags.length, "tag") + " and the images that each has named"
        + (data.otherTags > 0 ? "; the ledger knows " + data.otherTags.toLocaleString("en") + " more" : "");
    }
    if (tags.length === 0) { byId("by-time").parentNode.hidden = true; return; }
    let first = Infinity, last = -Infinity;
    for (const [, generations] of tags) for (const [, from, to] of generations) { first = Math.min(first, from); last = Math.max(last, to); }
    const range = Math.max(1, last - first), end = last + range * 0.05;
    const scales = {
      time: (time) => 100 * (time - first) / (end - first),
    };
    let scale = "time";
    const timeline = byId("timeline");

    function pieces(generations, track) {
      generations.forEach(([image, from, to], place) => {
        const next = generations[place + 1];
        let left, width, gap = 0;
        if (scale === "time") {
          left = scales.time(from);
          // The newest look of all is the present.
          const until = !next && to === last ? end : to;
          width = scales.time(until) - left;
          gap = (next ? scales.time(next[1]) : scales.time(until)) - left;
        } else {
          width = 100 / Math.max(generations.length, longest);
          left = place * width;
        }
        const add = (className, at, size) => {
          const piece = make("span", "piece c" + image % 8 + className);
          piece.style.left = at + "%";
          piece.style.width = "max(3px, " + size + "%)";
          piece.title = data.images[image] + "  " + moment(from) + " to " + moment(to);
          track.append(piece);
        };
        if (gap > width) add(" gap", left, gap);
        add(next ? "" : " now", left, width);
      });
    }
    const longest = Math.max(...tags.map((tag) => tag[1].length));

    function generationTable(generations) {
      const body = make("tbody", "");
      [...generations].reverse().forEach(([image, from, to, firstBuild, lastBuild, sightings], place) => {
        const swatch = make("span", "swatch c" + image % 8);
        const newer = place === 0 ? null : generations[generations.length - place];
        body.append(make("tr", "",
          make("td", "mono", swatch, data.images[image]),
          make("td", "", moment(from)), make("td", "", moment(to)),
          make("td", "", counted(sightings, "time")),
          make("td", "", isolated(data.builds[firstBuild])),
          make("td", "", newer ? moment(newer[1]) + ", " + data.builds[newer[3]] : "")));
      });
      const head = make("tr", "");
      for (const name of ["Image", "First seen", "Last seen", "Seen", "First seen by", "Another image seen"]) {
        const cell = make("th", "", name);
        cell.scope = "col";
        head.append(cell);
      }
      const box = make("div", "generations");
      box.append(make("div", "scroll", make("table", "", make("thead", "", head), body)));
      return box;
    }

    function axis() {
      const element = make("div", "track-row axis");
      const track = make("span", "track");
      if (scale === "time") {
        const isShort = range < 2 * 86400;
        const steps = Math.min(4, range);
        for (let step = 0; step <= steps; step += 1) {
          const time = first + Math.round(range * step / steps);
          const tick = make("span", "tick" + (step === 0 ? " first" : step === steps ? " last" : ""), step === 0 ? moment(time).slice(0, isShort ? 19 : 16) : isShort ? clock(time) : moment(time).slice(5, 16));
          tick.style.left = scales.time(time) + "%";
          track.append(tick);
        }
      } else {
        track.append(make("span", "tick first", "oldest"));
        const newest = make("span", "tick last", "newest");
        newest.style.left = "100%";
        track.append(newest);
      }
      element.append(make("span", ""), track, make("span", ""));
      return element;
    }

    const open = new Set();
    function draw() {
      const parts = [];
      tags.forEach(([name, generations], place) => {
        const button = make("button", "track-row");
        button.type = "button";
        button.setAttribute("aria-expanded", String(open.has(place)));
        const label = make("span", "track-name", isolated(name));
        label.title = name;
        const track = make("span", "track");
        track.setAttribute("aria-hidden", "true");
        pieces(generations, track);
        const images = new Set(generations.map((generation) => generation[0])).size;
        button.append(label, track, make("span", "track-count", counted(images, "image")));
        button.addEventListener("click", () => {
          if (open.delete(place)) button.nextElementSibling.remove(); else { open.add(place); button.after(generationTable(generations)); }
          button.setAttribute("aria-expanded", String(open.has(place)));
        });
        parts.push(button);
        if (open.has(place)) parts.push(generationTable(generations));
      });
      timeline.replaceChildren(...parts, axis());
      byId("by-time").setAttribute("aria-pressed", String(scale === "time"));
      byId("by-order").setAttribute("aria-pressed", String(scale === "order"));
    }
    byId("by-time").addEventListener("click", () => { scale = "time"; draw(); });
    byId("by-order").addEventListener("click", () => { scale = "order"; draw(); });
    draw();
  }

  // Space.

  // Squarified treemap (Bruls, Huizing, van Wijk): rows along the shorter side, as long as that makes the worst tile squarer.
  function treemap(items, width, height) {
    const total = items.reduce((sum, item) => sum + item.bytes, 0);
    const scale = total > 0 ? width * height / total : 0;
    const out = [];
    let [x, y, w, h] = [0, 0, width, height];
    let row = [], area = 0;
    const worst = (list, sum, side) => {
      const areas = list.map((item) => item.bytes * scale);
      return Math.max(side * side * Math.max(...areas) / (sum * sum), sum * sum / (side * side * Math.min(...areas)));
    };
    const place = () => {
      if (row.length === 0) return;
      const isTall = w >= h, side = isTall ? h : w, thickness = area / side;
      let at = isTall ? y : x;
      for (const item of row) {
        const length = item.bytes * scale / thickness;
        out.push(isTall ? { item, x, y: at, w: thickness, h: length } : { item, x: at, y, w: length, h: thickness });
        at += length;
      }
      if (isTall) { x += thickness; w -= thickness; } else { y += thickness; h -= thickness; }
      row = [];
      area = 0;
    };
    for (const item of items) {
      const own = item.bytes * scale, side = Math.min(w, h);
      if (row.length > 0 && worst([...row, item], area + own, side) > worst(row, area, side)) place();
      row.push(item);
      area += own;
    }
    place();
    return out;
  }

  function legendEntry(kind, text) { return make("span", "", make("span", "swatch k-" + kind), text); }

  function barTable(caption, entries) {
    const most = Math.max(1, ...entries.map((entry) => entry.bytes));
    const body = make("tbody", "");
    for (const entry of entries) {
      const bar = make("span", "");
      bar.style.width = Math.max(0.5, 100 * entry.bytes / most) + "%";
      body.append(make("tr", "",
        make("td", "what", isolated(entry.name)), make("td", "kind", entry.kind || ""), make("td", "number", size(entry.bytes)), make("td", "bar", bar)));
    }
    return make("div", "", make("h3", "", caption), make("div", "scroll", make("table", "bars", body)));
  }

  function drawStorage(storage) {
    const box = make("div", "");
    const gone = storage.isInTrash ? "moved to the trash" : "given back", would = "would be " + gone;
    // By a dry run's plan all else is what would stay.
    const plan = storage.reclaimable, [all, ofShared, ofUnreferenced, ofUploads, ofOthers] = plan || [0, 0, 0, 0, 0];
    const nobody = plan ? "named by nothing that would stay" : "named by nothing";
    const title = make("h3", "", "Registry storage ", make("span", "mono", isolated(storage.root)));
    box.append(title);
    const stack = make("div", "stack");
    const kinds = [
      ["kept", storage.kept - storage.shared, "used by one repository"], ["shared", storage.shared, "shared by several"],
      ["unreferenced", storage.unreferenced, nobody], ["reclaimed", storage.reclaimed, gone + " by this run"],
      ["reclaimable", all, would],
    ].filter((kind) => kind[1] > 0);
    const legend = make("div", "legend");
    for (const [kind, bytes, text] of kinds) {
      const part = make("span", "k-" + kind);
      part.style.flex = String(bytes) + " 0 0";
      part.title = size(bytes) + " " + text;
      stack.append(part);
      legend.append(legendEntry(kind, size(bytes) + " " + text));
    }
    const now = storage.kept + storage.unreferenced;
    // What lies in the trash is on the disk still, and what was given back were uploads too.
    const before = storage.isInTrash ? "" : size(now + storage.reclaimed) + " with the ";
    const sum = plan ? size(now) + " of blobs would stay, " + size(all) + " " + would
      : size(now) + " of blobs now" + (storage.reclaimed > 0 ? ", " + before + size(storage.reclaimed) + " " + gone + " by this run" : "");
    box.append(make("p", "aside", sum), stack, legend);
    stack.setAttribute("role", "img");
    stack.setAttribute("aria-label", sum);
    const items = [];
    const add = (name, bytes, reclaimable, kind, text) => {
      if (bytes + reclaimable > 0) items.push({ name, bytes: bytes + reclaimable, reclaimable, kind, text });
    };
    for (const [name, bytes, reclaimable] of storage.repositories) add(name, bytes, reclaimable, "kept", "used by this repository alone");
    add(counted(storage.others, "more repositor").replace(/repositors?$/, storage.others === 1 ? "repository" : "repositories"), storage.otherBytes, ofOthers, "others", "");
    add("shared by several", storage.shared, ofShared, "shared", "");
    add("named by nothing", storage.unreferenced, ofUnreferenced, "unreferenced", "");
    add("uploads that have not ended", 0, ofUploads, "others", "");
    add(gone, storage.reclaimed, 0, "reclaimed", "");
    items.sort((a, b) => b.bytes - a.bytes);
    const map = make("div", items.length < 4 ? "treemap few" : "treemap"), ratio = (items.length < 4 ? 96 : 300) / 1136;
    const words = (item) => item.name + ": " + size(item.bytes) + (item.text ? ", " + item.text : "")
      + (item.reclaimable > 0 ? ", " + (item.reclaimable === item.bytes ? "all" : size(item.reclaimable)) + " " + would : "");
    map.setAttribute("role", "img");
    map.setAttribute("aria-label", "Areas by bytes: " + items.slice(0, 12).map(words).join("; "));
    for (const tile of treemap(items.slice(0, 400), 100, 100 * ratio)) {
      const element = make("div", "tile k-" + tile.item.kind);
      element.style.left = tile.x + "%";
      element.style.width = tile.w + "%";
      element.style.top = tile.y / ratio + "%";
      element.style.height = tile.h / ratio + "%";
      element.title = words(tile.item);
      if (tile.item.reclaimable > 0) {
        // A part of the area, along its longer side.
        const part = make("span", "part k-reclaimable"), share = 100 * tile.item.reclaimable / tile.item.bytes + "%";
        part.style.width = tile.w > tile.h ? share : "100%";
        part.style.height = tile.w > tile.h ? "100%" : share;
        element.append(part);
      }
      if (tile.w > 6 && tile.h > 3) element.append(make("b", "", isolated(tile.item.name)), make("span", "", size(tile.item.bytes)));
      map.append(element);
    }
    const block = make("div", "", map);
    const freed = (bytes) => (bytes > 0 ? size(bytes) + " of it" : "");
    const largest = storage.repositories.slice(0, 10).map(([name, bytes, reclaimable]) => ({ name, bytes: bytes + reclaimable, kind: freed(reclaimable) }));
    const tables = [barTable("Largest repositories, by what only they use" + (plan ? ", and what of it " + would : ""), largest)];
    const tags = storage.tags.slice(0, 10).map(([name, bytes]) => ({ name, bytes }));
    if (tags.length > 0) tables.push(barTable("Largest tags" + (plan ? " that would stay" : "") + ", by all that they reach, shared or not", tags));
    return [box, block, tables];
  }

  function drawSpace() {
    const body = byId("space-body");
    const parts = [], tables = [];
    for (const storage of data.storage) {
      const [box, block, more] = drawStorage(storage);
      parts.push(box, block);
      tables.push(...more);
    }
    const stages = data.stages.filter((stage) => stage[3] > 0 || stage[4] > 0)
      .map((stage) => ({ name: stage[0] + " " + stage[1], bytes: stage[3] > 0 ? stage[3] : stage[4], kind: stage[3] > 0 ? "given back" : "planned" }));
    if (stages.length > 0) tables.unshift(barTable("By stage", stages));
    // Sums over stages, such as what a collection found in all, are no single thing.
    const sums = new Set(["collected", "planned", "deleted", "checked", "applied"]);
    const largest = findings.filter((finding) => finding[5] > 0 && !sums.has(data.types[finding[2]]))
      .map((finding) => ({ name: finding[3], bytes: finding[5], kind: data.types[finding[2]] }))
      .sort((a, b) => b.bytes - a.bytes);
    const seen = new Set();
    const distinct = largest.filter((entry) => !seen.has(entry.name) && seen.add(entry.name));
    if (distinct.length > 0) tables.push(barTable("Largest things found", distinct.slice(0, 10)));
    if (parts.length === 0 && tables.length === 0) return;
    reveal("space");
    body.append(...parts, make("div", "columns", ...tables));
  }

  drawTags();
  drawSpace();
})();
