(() => {
  "use strict";
  const root = document.documentElement, all = (what, where = document) => [...where.querySelectorAll(what)];
  const make = (tag, set, text) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(set)) made.setAttribute(name, value);
    made.textContent = text || "";
    return made;
  };
  const theme = document.getElementById("theme");
  theme.hidden = false;
  theme.addEventListener("click", () => {
    const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
    root.dataset.theme = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  });

  // Columns of the table of trade-offs sort on a click on their heading.
  for (const table of all("table.sortable")) {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, column) => {
      if (!head.hasAttribute("data-key")) return;
      const button = make("button", { type: "button" });
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") !== "ascending";
        heads.forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => (row.cells[column] && row.cells[column].dataset.sort) || "";
        const rows = [...table.tBodies[0].rows].sort((a, b) => {
          const x = key(a), y = key(b);
          if (!x || !y) return (x ? 0 : 1) - (y ? 0 : 1);
          const order = column ? x - y : x.localeCompare(y);
          return up ? order : -order;
        });
        table.tBodies[0].append(...rows);
      });
    });
  }

  // The contents narrow to the sections for one reader; so does what is printed.
  const choices = all("[data-reader]"), only = document.querySelector(".only");
  const choose = (reader) => {
    choices.forEach((b) => b.setAttribute("aria-pressed", String(b.dataset.reader === reader)));
    for (const part of all("section[data-readers]")) {
      part.hidden = Boolean(reader) && !part.dataset.readers.split(" ").includes(reader);
      const link = document.querySelector(`.contents a[href="#${part.id}"]`);
      if (link) link.parentElement.hidden = part.hidden;
    }
    only.hidden = !reader;
  };
  choices.forEach((b) => b.addEventListener("click", () => choose(b.dataset.reader)));
  if (choices.length) {
    choices[0].parentElement.hidden = false;
    document.getElementById("print").addEventListener("click", () => print());
    addEventListener("hashchange", () => {
      const target = document.getElementById(location.hash.slice(1));
      if (!target || !target.closest("section[hidden]")) return;
      choose("");
      target.scrollIntoView();
    });
  }

  // Marks of the charts tell their numbers under the pointer and under the keyboard's focus.
  const tip = make("div", { id: "tip", "aria-hidden": "true" });
  const hint = make("p", { id: "marks-hint" }, document.body.dataset.marks);
  tip.hidden = hint.hidden = true;
  document.body.append(tip, hint);
  const hide = () => { tip.hidden = true; };
  const tell = (mark, x, y) => {
    tip.textContent = mark.getAttribute("aria-label");
    tip.hidden = false;
    tip.style.left = Math.max(8, Math.min(x + 12, root.clientWidth - tip.offsetWidth - 8)) + "px";
    tip.style.top = y + 14 + "px";
  };
  addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
  const STEPS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  for (const chart of all(".chart")) {
    const marks = all("[aria-label]", chart);
    if (!marks.length) continue;
    const shown = () => marks.filter((mark) => !mark.hasAttribute("data-off"));
    chart.rove = (to) => marks.forEach((mark) => mark.setAttribute("tabindex", mark === (to || shown()[0]) ? 0 : -1));
    chart.setAttribute("role", "group");
    chart.setAttribute("aria-labelledby", chart.querySelector("title").id);
    chart.setAttribute("aria-describedby", hint.id);
    all("text", chart).forEach((text) => text.setAttribute("aria-hidden", "true"));
    for (const mark of marks) {
      mark.setAttribute("role", "img");
      mark.addEventListener("pointerenter", (event) => tell(mark, event.pageX, event.pageY));
      mark.addEventListener("pointerleave", hide);
      mark.addEventListener("blur", hide);
      mark.addEventListener("focus", () => {
        const box = mark.getBoundingClientRect();
        tell(mark, box.right + scrollX - 8, box.bottom + scrollY - 8);
      });
      mark.addEventListener("keydown", (event) => {
        const step = STEPS[event.key], here = shown();
        if (!step) return;
        event.preventDefault();
        const next = here[(here.indexOf(mark) + step + here.length) % here.length];
        chart.rove(next);
        next.focus();
      });
    }
    chart.rove();
  }

  // An arm of a chart can be taken out, to see the others better; paper shows what the screen does.
  const names = new Map(all("tr[data-arm]").map((row) => [row.dataset.arm, row.cells[0].dataset.sort]));
  for (const figure of all("figure")) {
    const keys = [...names.keys()].filter((key) => figure.querySelector(`[data-arm="${key}"]`));
    if (keys.length < 2) continue;
    const legend = make("div", { class: "legend", role: "group", "aria-label": document.body.dataset.arms });
    for (const key of keys) {
      const button = make("button", { type: "button", "aria-pressed": "true" }, names.get(key));
      button.addEventListener("click", () => {
        const on = button.getAttribute("aria-pressed") !== "true";
        button.setAttribute("aria-pressed", String(on));
        all(`[data-arm="${key}"]`, figure).forEach((part) => part.toggleAttribute("data-off", !on));
        all(".chart", figure).forEach((chart) => chart.rove && chart.rove());
      });
      legend.append(button);
    }
    figure.append(legend);
  }

  // Paper has no folds.
  let opened = [];
  addEventListener("beforeprint", () => {
    opened = all("details:not([open], .text)");
    opened.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => opened.forEach((part) => { part.open = false; }));
})();
