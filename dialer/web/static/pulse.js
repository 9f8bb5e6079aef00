// The chart of the last hour, with the same figures as a table.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const box = document.getElementById("pulse");
  if (!box) return;
  const names = box.dataset.series.split("|");
  const HEIGHT = 120;
  const CALM_MS = 5000;
  const STEPS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];
  let chart = null;
  let data = null;
  let readAt = 0;
  let timer = 0;

  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  function draw() {
    if (!data) return;
    if (chart) chart.destroy();
    const axis = {
      stroke: colour("--muted"),
      font: "11px system-ui, sans-serif",
      grid: { stroke: colour("--line"), width: 1 },
      ticks: { show: false },
    };
    const line = (label, name, more) => ({
      label,
      stroke: colour(name),
      width: 1.5,
      points: { show: false },
      ...more,
    });
    const bars = uPlot.paths.bars({ size: [0.65, 9] });
    const bar = (label, name) => line(label, name, { width: 0, fill: colour(name), paths: bars });
    chart = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { show: false },
        padding: [6, 18, 0, 0],
        scales: { y: { range: (_, low, high) => [0, Math.max(4, high * 1.1)] } },
        axes: [
          { ...axis, grid: { show: false }, values: "{HH}:{mm}", space: 70, size: 26 },
          { ...axis, size: 34, space: 32, incrs: STEPS },
        ],
        // The tallest bar of the pile is drawn first, the others over it.
        series: [
          {},
          bar(names[2], "--s-email"),
          bar(names[1], "--s-sms"),
          bar(names[0], "--s-call"),
          line(names[3], "--s-refused", { dash: [4, 3] }),
        ],
      },
      piled(),
      box,
    );
  }

  function piled() {
    const [at, call, sms, email, refused] = data;
    const texts = sms.map((count, i) => count + call[i]);
    return [at, email.map((count, i) => count + texts[i]), texts, call, refused];
  }

  function row(kind, cells) {
    const tr = document.createElement("tr");
    cells.forEach((text, index) => {
      const cell = document.createElement(kind === "th" || index === 0 ? "th" : "td");
      cell.scope = kind === "th" ? "col" : "row";
      if (index > 0) cell.className = "n";
      cell.textContent = text;
      tr.append(cell);
    });
    return tr;
  }

  function tabulate() {
    const table = document.getElementById("pulse-table");
    const time = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
    table.tHead.replaceChildren(row("th", [box.dataset.time, ...names]));
    const rows = data[0].map((at, i) =>
      row("td", [time.format(at * 1000), ...data.slice(1).map((column) => column[i])]),
    );
    table.tBodies[0].replaceChildren(...rows.reverse());
  }

  async function read() {
    readAt = Date.now();
    const answer = await fetch(box.dataset.url, { headers: { Accept: "application/json" } });
    if (!answer.ok) return;
    data = await answer.json();
    if (chart) chart.setData(piled());
    else draw();
    tabulate();
  }

  function readCalmly() {
    clearTimeout(timer);
    timer = setTimeout(read, Math.max(0, readAt + CALM_MS - Date.now()));
  }

  for (const topic of ["attempt", "refusal"]) {
    document.body.addEventListener(`feed-${topic}`, readCalmly);
  }
  new ResizeObserver(() => chart?.setSize({ width: box.clientWidth, height: HEIGHT })).observe(box);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  setInterval(readCalmly, 60000);
  read();
});
