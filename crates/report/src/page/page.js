// The report's script: linked highlights and tooltips, brushes, sorting, copying. The page reads well without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.classList.add("scripted");
  const all = (selector, from = document) => [...from.querySelectorAll(selector)];
  const tip = document.getElementById("tip");
  const table = document.getElementById("trials-table");

  // A chart's title would pop up over our own tooltip: it becomes a label, which screen readers read as well.
  for (const svg of all("svg.chart[role=img]")) {
    const title = svg.querySelector("title");
    if (title) {
      svg.setAttribute("aria-label", title.textContent);
      title.remove();
    }
  }

  // Everything that belongs to a trial, by its number.
  const members = new Map();
  for (const element of all("[data-t]")) {
    const trial = element.dataset.t;
    if (!members.has(trial)) members.set(trial, []);
    members.get(trial).push(element);
  }

  // Highlighting one trial everywhere.
  let current = null;
  function highlight(trial) {
    if (trial === current) return;
    for (const element of members.get(current) || []) element.classList.remove("on");
    for (const element of members.get(trial) || []) {
      element.classList.add("on");
      // Lines lie over others only when they come last, but never over words; rows stay where they are.
      if (element instanceof SVGPolylineElement) {
        const lines = all("polyline", element.parentNode);
        lines[lines.length - 1].after(element);
      }
    }
    current = trial;
  }

  // The tooltip is read from the trial's row in the table.
  const headings = table ? all("thead th", table).map((th) => th.textContent) : [];
  function describe(trial) {
    const row = table && table.querySelector(`tbody tr[data-t="${trial}"]`);
    const title = document.createElement("b");
    title.textContent = `Trial ${trial}`;
    if (!row) return [title];
    const cells = [...row.cells].map((cell) => cell.textContent);
    const pruned = cells[1] === "pruned";
    title.textContent += ` · ${pruned ? "stopped early" : cells[1]}`;
    if (cells[2]) title.textContent += pruned ? `, last ${cells[2]}` : ` · ${cells[2]}`;
    const list = document.createElement("dl");
    for (let i = 3; i < cells.length; i++) {
      if (!cells[i]) continue;
      const name = list.appendChild(document.createElement("dt"));
      const value = list.appendChild(document.createElement("dd"));
      name.textContent = headings[i];
      value.textContent = cells[i];
    }
    return [title, list];
  }
  function show(trial, x, y) {
    if (tip.dataset.of !== trial) {
      tip.replaceChildren(...describe(trial));
      tip.dataset.of = trial;
    }
    tip.hidden = false;
    const { width, height } = tip.getBoundingClientRect();
    const left = x + 18 + width > innerWidth ? x - 18 - width : x + 18;
    const top = Math.min(y + 14, innerHeight - height - 8);
    tip.style.left = `${Math.max(left, 8)}px`;
    tip.style.top = `${Math.max(top, 8)}px`;
  }
  function hide() {
    tip.hidden = true;
    highlight(null);
  }

  // The nearest mark or line of a chart; shapes are read once.
  const shapes = new WeakMap();
  function shapesOf(svg) {
    if (!shapes.has(svg)) {
      shapes.set(svg, all("[data-t]", svg).map((element) => {
        if (element instanceof SVGPolylineElement) {
          const points = element.getAttribute("points").split(" ").map((pair) => pair.split(",").map(Number));
          return { element, points };
        }
        const box = element.getBBox();
        return { element, points: [[box.x + box.width / 2, box.y + box.height / 2]] };
      }));
    }
    return shapes.get(svg);
  }
  function toSegment([x, y], [ax, ay], [bx, by]) {
    const [dx, dy] = [bx - ax, by - ay];
    const length = dx * dx + dy * dy;
    const t = length ? Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / length)) : 0;
    return Math.hypot(x - ax - t * dx, y - ay - t * dy);
  }
  function nearest(svg, event) {
    const matrix = svg.getScreenCTM();
    if (!matrix) return null;
    const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
    let [best, distance] = [null, 22 / matrix.a];
    for (const { element, points } of shapesOf(svg)) {
      if (element.classList.contains("off")) continue;
      for (let i = 0; i < points.length; i++) {
        const d = toSegment([x, y], points[i], points[Math.min(i + 1, points.length - 1)]);
        if (d < distance) [best, distance] = [element.dataset.t, d];
      }
    }
    return best;
  }
  let dragging = null;
  for (const svg of all("svg.chart")) {
    if (!svg.querySelector("[data-t]")) continue;
    const follow = (event) => {
      if (dragging) return;
      const trial = nearest(svg, event);
      highlight(trial);
      if (trial === null) tip.hidden = true;
      else show(trial, event.clientX, event.clientY);
    };
    svg.addEventListener("pointermove", follow);
    svg.addEventListener("pointerdown", follow);
    svg.addEventListener("pointerleave", hide);
  }
  if (table) {
    table.addEventListener("pointerover", (event) => {
      const row = event.target.closest("tr[data-t]");
      highlight(row ? row.dataset.t : null);
    });
    table.addEventListener("pointerleave", hide);
  }

  // Brushes: an interval on an axis keeps the trials whose line passes through it.
  for (const svg of all("svg.parallel")) {
    const view = svg.viewBox.baseVal;
    const upright = view.width > view.height;
    const kept = new Map();
    const place = (event) => {
      const point = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      return upright ? point.y : point.x;
    };
    const apply = () => {
      let [count, total] = [0, 0];
      for (const { element, points } of shapesOf(svg)) {
        const inside = [...kept].every(([axis, [low, high]]) => {
          const at = points[axis][upright ? 1 : 0];
          return low <= at && at <= high;
        });
        total += 1;
        count += inside;
        for (const member of members.get(element.dataset.t)) member.classList.toggle("off", !inside);
      }
      const output = document.getElementById("kept");
      if (output) output.textContent = kept.size ? `${count} of ${total} trials kept.` : "";
    };
    const draw = (brush, low, high) => {
      brush.picked ||= brush.parentNode.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
      brush.picked.setAttribute("class", "picked");
      for (const name of ["x", "y", "width", "height"]) brush.picked.setAttribute(name, brush.getAttribute(name));
      brush.picked.setAttribute(upright ? "y" : "x", low);
      brush.picked.setAttribute(upright ? "height" : "width", high - low);
    };
    const release = (brush) => {
      kept.delete(Number(brush.dataset.axis));
      if (brush.picked) brush.picked.remove();
      brush.picked = null;
      apply();
    };
    for (const brush of all(".brush", svg)) {
      brush.addEventListener("pointerdown", (event) => {
        dragging = { brush, from: place(event) };
        brush.setPointerCapture(event.pointerId);
        hide();
        event.preventDefault();
      });
      brush.addEventListener("pointermove", (event) => {
        if (!dragging || dragging.brush !== brush) return;
        const [low, high] = [dragging.from, place(event)].sort((a, b) => a - b);
        if (high - low < 4) return;
        draw(brush, low, high);
        kept.set(Number(brush.dataset.axis), [low, high]);
        apply();
      });
      brush.addEventListener("pointerup", (event) => {
        if (dragging && Math.abs(place(event) - dragging.from) < 4) release(brush);
        dragging = null;
      });
      brush.addEventListener("pointercancel", () => { dragging = null; });
    }
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") all(".brush", svg).forEach(release);
    });
  }

  // Sorting: numbers as numbers, empty cells last, a second click turns the order round.
  if (table) {
    const heads = all("thead th", table);
    const body = table.tBodies[0];
    heads.forEach((head, column) => head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const key = (row) => row.cells[column].textContent.trim();
      const compare = (a, b) => {
        if (a === "" || b === "") return (a === "") - (b === "");
        const [x, y] = [Number(a), Number(b)];
        const order = Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b) : x - y;
        return down ? -order : order;
      };
      body.append(...[...body.rows].sort((a, b) => compare(key(a), key(b))));
    }));
  }

  // Copying; where the clipboard is closed, the text is selected instead.
  for (const button of all(".copy")) {
    button.addEventListener("click", async () => {
      const text = button.previousElementSibling;
      try {
        await navigator.clipboard.writeText(text.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(text);
        button.textContent = "Selected";
      }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  }
})();
