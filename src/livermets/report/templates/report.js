"use strict";
// Sorting, filtering, paging and saving the lesion table; the rows come from the CSV that the download link carries.
(function () {
  function parse(text) {
    const rows = []; let row = [], cell = "", quoted = false;
    for (let i = 0; i < text.length; i++) {
      const c = text[i];
      if (quoted) {
        if (c === '"' && text[i + 1] === '"') { cell += '"'; i++; }
        else if (c === '"') quoted = false;
        else cell += c;
      } else if (c === '"') quoted = true;
      else if (c === ",") { row.push(cell); cell = ""; }
      else if (c === "\n") { row.push(cell); rows.push(row); row = []; cell = ""; }
      else cell += c;
    }
    return rows;
  }
  function decode(uri) {
    const binary = atob(uri.slice(uri.indexOf(",") + 1));
    return new TextDecoder().decode(Uint8Array.from(binary, (c) => c.charCodeAt(0)));
  }
  function quote(value) { return /[",\n]/.test(value) ? '"' + value.replaceAll('"', '""') + '"' : value; }
  function compare(a, b, numeric) {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    return numeric ? Number(a) - Number(b) : a.localeCompare(b, "en", { numeric: true });
  }

  function start(box) {
    const source = decode(box.querySelector("a.download").getAttribute("href"));
    const [names, ...all] = parse(source);
    let perPage = Number(box.dataset.rows);
    const form = box.querySelector("form"), body = box.querySelector("tbody"), status = box.querySelector(".status");
    const heads = [...box.querySelectorAll("thead th")];
    const numeric = heads.map((th) => th.classList.contains("num"));
    const haystack = new Map(all.map((row) => [row, row.join(" ").toLowerCase()]));
    let shown = all, page = 0, sorted = { index: -1, down: false };

    function draw() {
      const pages = Math.max(1, Math.ceil(shown.length / perPage));
      page = Math.min(Math.max(page, 0), pages - 1);
      const from = page * perPage, rows = shown.slice(from, from + perPage);
      body.replaceChildren(...rows.map((row) => {
        const tr = document.createElement("tr");
        row.forEach((value, i) => {
          const td = document.createElement("td");
          td.textContent = value === "" ? "n/a" : value;
          if (numeric[i]) td.className = "num";
          tr.append(td);
        });
        return tr;
      }));
      const found = shown.length.toLocaleString("en"), total = all.length.toLocaleString("en");
      status.textContent = found + " of " + total + " lesions" +
        (shown.length > perPage ? ", rows " + (from + 1) + " to " + (from + rows.length) + " shown." : ".");
      box.querySelector(".where").textContent = "Page " + (page + 1) + " of " + pages;
      box.querySelector(".back").disabled = page === 0;
      box.querySelector(".next").disabled = page >= pages - 1;
    }
    function select() {
      const wanted = [...form.querySelectorAll("select")].filter((s) => s.value).map((s) => [names.indexOf(s.name), s.value]);
      const words = form.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      shown = all.filter((row) => wanted.every(([i, v]) => row[i] === v) && words.every((w) => haystack.get(row).includes(w)));
      if (sorted.index >= 0) order();
      page = 0;
      draw();
    }
    function order() {
      const i = sorted.index, sign = sorted.down ? -1 : 1;
      shown = [...shown].sort((a, b) => a[i] === "" || b[i] === "" ? compare(a[i], b[i], numeric[i]) : sign * compare(a[i], b[i], numeric[i]));
    }
    heads.forEach((th, i) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = th.textContent;
      th.replaceChildren(button);
      button.addEventListener("click", () => {
        sorted = { index: i, down: sorted.index === i && !sorted.down };
        heads.forEach((h) => h.removeAttribute("aria-sort"));
        th.setAttribute("aria-sort", sorted.down ? "descending" : "ascending");
        order(); page = 0; draw();
      });
    });
    form.addEventListener("input", select);
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("reset", () => setTimeout(select));
    box.querySelector(".back").addEventListener("click", () => { page--; draw(); });
    box.querySelector(".next").addEventListener("click", () => { page++; draw(); });
    box.querySelector(".save").addEventListener("click", () => {
      const text = [names, ...shown].map((row) => row.map(quote).join(",")).join("\n") + "\n";
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
      link.download = "lesions_shown.csv";
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
    });
    // On paper there are no pages to turn: up to a few hundred lesions are printed whole.
    const screenRows = perPage, mostPrinted = Number(box.dataset.printed);
    window.addEventListener("beforeprint", () => { perPage = Math.max(screenRows, Math.min(shown.length, mostPrinted)); draw(); });
    window.addEventListener("afterprint", () => { perPage = screenRows; draw(); });
    draw();
  }
  document.querySelectorAll(".lesions").forEach(start);

  // A link into a closed part opens it; printing opens everything; small screens start with the contents closed.
  function reveal() {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
  }
  window.addEventListener("hashchange", reveal);
  window.addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((d) => { d.open = true; }));
  if (window.matchMedia("(max-width: 60rem)").matches) document.querySelector(".contents details").open = false;
  reveal();
})();
