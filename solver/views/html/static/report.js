"use strict";
// The page's own script: theme, plots, sorting and searching of tables, drawings, downloads. It connects to nothing.
(() => {
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];

  // Theme: the reader's setting of the system, until the reader chooses here.
  const system = matchMedia("(prefers-color-scheme: dark)");
  let chosen = null;
  const theme = () => chosen ?? (system.matches ? "dark" : "light");
  const dark = JSON.parse(byId("colours").textContent);
  const light = Object.fromEntries(Object.entries(dark).map(([one, other]) => [other, one]));

  function recolour(document_, swap) {
    const swapped = (value) => swap[value] ?? null;
    for (const model of document_.all_models) {
      if (model.type === "ColumnDataSource" && model.data.colour) {
        const colour = [...model.data.colour].map((each) => swapped(each) ?? each);
        model.data = { ...model.data, colour };
        continue;
      }
      const changes = {};
      for (const property of model) {
        const name = property.attr;
        if (!name.endsWith("_color")) continue;
        const value = property.get_value();
        const plain = value !== null && typeof value === "object" ? value.value : value;
        if (typeof plain !== "string" || swapped(plain) === null) continue;
        changes[name] = typeof value === "object" ? { ...value, value: swapped(plain) } : swapped(plain);
      }
      if (Object.keys(changes).length) model.setv(changes);
    }
  }

  function applyTheme() {
    root.dataset.theme = theme();
    const button = byId("theme");
    if (button) button.textContent = theme() === "dark" ? "Light" : "Dark";
    for (const style of drawnStyles) setDrawingTheme(style);
    if (!window.Bokeh) return;
    for (const document_ of Bokeh.documents) {
      const now = painted.get(document_) ?? "light";
      if (now === theme()) continue;
      painted.set(document_, theme());
      recolour(document_, theme() === "dark" ? dark : light);
    }
  }
  const painted = new WeakMap();
  const drawnStyles = [];
  root.dataset.theme = theme();

  // Compressed data in the page.
  async function unpacked(id) {
    const packed = Uint8Array.from(atob(byId(id).textContent), (character) => character.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }

  // Plots: drawn at once, those in a closed section when it is opened.
  async function embed(place) {
    if (place.dataset.state) return;
    place.dataset.state = "drawing";
    const item = JSON.parse(byId(place.dataset.item).textContent);
    if (theme() === "dark") swapItem(item, dark);
    const before = new Set(Bokeh.documents);
    await Bokeh.embed.embed_item(item, place.id);
    for (const document_ of Bokeh.documents) {
      if (!before.has(document_) && !painted.has(document_)) painted.set(document_, theme());
    }
    place.dataset.state = "drawn";
  }
  // A plot that is not drawn yet gets its colours before it is: it never shows the others.
  function swapItem(node, swap) {
    for (const key of Object.keys(node)) {
      const value = node[key];
      if (typeof value === "string") {
        if (value in swap) node[key] = swap[value];
      } else if (value !== null && typeof value === "object") swapItem(value, swap);
    }
  }

  // Drawings of the array: in a shadow tree, so that their styles stay theirs.
  async function draw(place) {
    if (place.dataset.state) return;
    place.dataset.state = "drawing";
    const text = new TextDecoder().decode(await unpacked(place.dataset.item));
    const sheets = [...new DOMParser().parseFromString(`<sheets>${text}</sheets>`, "text/xml").documentElement.children];
    const wide = sheets[0].viewBox.baseVal.width;
    const least = Math.round(Math.max(0.6 * wide, Math.min(0.9 * wide, 640)));
    const size = document.createElement("style");
    // On paper each fits a sheet of A4, the first one with its heading and note.
    size.textContent = `svg { display: block; width: 100%; height: auto; }
      @media screen { svg { min-width: ${least}px; max-width: ${Math.round(1.4 * wide)}px; margin: 0 auto; } }
      @media print { svg { max-height: 215mm; break-inside: avoid; } }`;
    place.attachShadow({ mode: "open" }).append(...sheets.map((each) => document.importNode(each, true)), size);
    for (const style of all("svg style", place.shadowRoot)) {
      drawnStyles.push({ style, text: style.textContent });
      setDrawingTheme(drawnStyles.at(-1));
    }
    place.dataset.state = "drawn"; performance.mark(place.id);
  }
  function setDrawingTheme({ style, text }) {
    style.textContent = text.replace("(prefers-color-scheme: dark)", root.dataset.theme === "dark" ? "all" : "not all");
  }

  const visible = (element) => !element.closest("details:not([open])");
  const places = (from) => all(".plot[data-item], .drawing[data-item]", from).filter(visible);
  async function show(from = document) {
    for (const place of places(from)) await (place.matches(".plot") ? embed(place) : draw(place));
  }
  function openTo(hash) {
    const target = hash ? byId(hash.slice(1)) : null;
    const details = target?.closest("details");
    if (details) details.open = true;
    target?.scrollIntoView();
  }

  // Tables.
  const value = (row, column) => {
    const cell = row.cells[column];
    return "key" in cell.dataset ? Number(cell.dataset.key) : cell.textContent.trim();
  };
  function sortBy(button) {
    const head = button.closest("th");
    const table = head.closest("table");
    const descending = head.getAttribute("aria-sort") === "ascending";
    for (const other of all("th[aria-sort]", table)) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", descending ? "descending" : "ascending");
    const body = table.tBodies[0];
    const sortable = [...body.rows].filter((row) => !row.classList.contains("total"));
    const column = head.cellIndex;
    const order = (a, b) => {
      const [one, other] = [value(a, column), value(b, column)];
      const missing = (each) => (each === "–" || each === "" ? 1 : 0);
      if (missing(one) || missing(other)) return missing(one) - missing(other);
      const by = typeof one === "number" && typeof other === "number"
        ? one - other : String(one).localeCompare(String(other), "en", { numeric: true });
      return descending ? -by : by;
    };
    const rest = [...body.rows].filter((row) => row.classList.contains("total"));
    body.append(...sortable.sort(order), ...rest);
  }
  function filter(input) {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const table = byId(input.dataset.table);
    let shown = 0;
    for (const row of table.tBodies[0].rows) {
      if (row.classList.contains("total")) continue;
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      shown += row.hidden ? 0 : 1;
    }
    byId(`${input.id}-count`).textContent = `${shown.toLocaleString("en")} rows`;
  }

  async function download(button) {
    const blob = new Blob([await unpacked(button.dataset.item)], { type: "application/octet-stream" });
    const link = Object.assign(document.createElement("a"), {
      href: URL.createObjectURL(blob), download: button.dataset.name,
    });
    document.body.append(link);
    link.click();
    link.remove();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }
  async function copy(button) {
    const text = button.parentElement.querySelector("pre").textContent;
    try {
      await navigator.clipboard.writeText(text);
    } catch {  // pages from a file may not use the clipboard directly
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1600);
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.id === "theme") {
      chosen = theme() === "dark" ? "light" : "dark";
      applyTheme();
    } else if (button?.matches("th button")) sortBy(button);
    else if (button?.matches(".file")) download(button);
    else if (button?.matches(".copyable button")) copy(button);
    const link = event.target.closest("a[href^='#']");
    if (link) openTo(link.getAttribute("href"));
  });
  document.addEventListener("input", (event) => {
    if (event.target.matches("input[type=search]")) filter(event.target);
  });
  document.addEventListener("toggle", (event) => { if (event.target.open) show(event.target); }, true);
  system.addEventListener("change", applyTheme);
  // Paper is white, and nothing can be opened on it. Bokeh paints its canvases too late for the printer, so every plot is
  // drawn once more, as an SVG as wide as a sheet of A4 within its margins, or as half of it where small ones are in rows.
  const PAPER = 700;
  const HALF = 336;
  const hex = (parts) => `#${parts.map((each) => Number(each).toString(16).padStart(2, "0")).join("")}`;
  const lit = (dark_) => light[dark_] ?? dark_.replace(/(\d+), *(\d+), *(\d+)/, (found, ...parts) => {
    const other = light[hex(parts.slice(0, 3))];
    return other ? [1, 3, 5].map((place) => parseInt(other.slice(place, place + 2), 16)).join(",") : found;
  });
  const sheets = [];
  function onPaper(view, place) {
    place.style.width = `${place.closest(".tiles") ? HALF : PAPER}px`;
    view.after_resize();
    view.repaint();
    const sheet = Object.assign(document.createElement("div"), { className: "sheet" });
    const layer = view.export("svg", false);
    if (painted.get(view.model.document) === "dark") {
      for (const drawn of all("[fill], [stroke]", layer.canvas)) {
        for (const name of ["fill", "stroke"]) {
          if (drawn.hasAttribute(name)) drawn.setAttribute(name, lit(drawn.getAttribute(name)));
        }
      }
    }
    sheet.append(layer.el);
    place.after(sheet);
    place.classList.add("left-out");
    sheets.push({ place, sheet });
  }
  addEventListener("beforeprint", () => {
    root.dataset.theme = "light";
    for (const style of drawnStyles) setDrawingTheme(style);
    for (const each of all("details")) each.open = true;
    if (!window.Bokeh) return;
    for (const view of Bokeh.index.roots) {
      const place = view.el.closest(".plot");
      if (place) onPaper(view, place);
    }
  });
  addEventListener("afterprint", () => {
    for (const { place, sheet } of sheets.splice(0)) {
      sheet.remove();
      place.classList.remove("left-out");
      place.style.width = "";
    }
    applyTheme();
  });

  const frame = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
  async function start() {
    applyTheme();
    if (window.Bokeh) Bokeh.set_log_level("warn");
    if (location.hash) openTo(location.hash);
    // What the reader sees first is drawn first; the rest follows, a plot at a time, so that nothing hangs.
    const seen = (place) => place.getBoundingClientRect().top < innerHeight;
    for (const place of places(document).filter(seen)) await (place.matches(".plot") ? embed(place) : draw(place));
    await frame();
    root.dataset.ready = String(Math.round(performance.now()));
    for (const place of places(document)) {
      await (place.matches(".plot") ? embed(place) : draw(place));
      await new Promise((resolve) => { setTimeout(resolve); });
    }
    await frame();
    root.dataset.drawn = String(Math.round(performance.now()));
    // Those of closed sections too, but for the painting: they are there when the page is printed.
    for (const place of all(".plot[data-item], .drawing[data-item]")) {
      await (place.matches(".plot") ? embed(place) : draw(place));
      await new Promise((resolve) => { setTimeout(resolve); });
    }
    root.dataset.whole = String(Math.round(performance.now()));
  }
  start();
})();
