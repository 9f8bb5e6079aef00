// The agent's desk: lives by a WebSocket that sends the whole desk at every change.
// A page that was lost comes back to the same call; the call itself never depends on the page.
"use strict";

document.addEventListener("DOMContentLoaded", () => {
  const RETRY_MS = 1000;
  const LAST_MS = 10000;
  const SIGNED_OUT = 4401;
  const box = document.getElementById("desk");
  const caseBox = document.getElementById("desk-case");
  const said = document.getElementById("desk-said");
  const words = new Map();
  document.querySelectorAll("#desk-words dt").forEach((term) => {
    words.set(term.textContent, term.nextElementSibling.textContent);
  });
  const word = (code) => words.get(code) || code;
  let desk = null;
  let shown = null; // the call whose case is on the page, and whether it has ended
  let retry = RETRY_MS;

  function live(state) {
    const mark = document.getElementById("live");
    mark.dataset.state = state;
    mark.querySelector(".text").textContent =
      state === "on" ? document.body.dataset.live : document.body.dataset.lost;
  }

  function tell(id, text) {
    const place = document.getElementById(id);
    place.hidden = !text;
    place.textContent = text || "";
  }

  function show(next) {
    desk = next;
    let line = desk.calling ? box.dataset.calling : word(desk.state);
    if (desk.reason && !desk.calling) line += `: ${word(desk.reason)}`;
    if (desk.wish) line += ` (${box.dataset.then}: ${word(desk.wish)})`;
    const place = document.getElementById("desk-state");
    if (desk.preview && !desk.call) line = box.dataset.preview;
    if (place.textContent !== line) place.textContent = line;
    box.dataset.state = desk.preview ? "preview" : desk.state;
    tick();
    tell("desk-told", desk.told);
    document.querySelectorAll("[data-in]").forEach((part) => {
      const states = part.dataset.in.split(" ");
      const here = states.includes(desk.state) || (desk.preview && states.includes("preview"));
      part.hidden = desk.calling || !here;
    });
    const call = desk.call || {};
    press("hold", call.held);
    press("mute", call.muted);
    press("recording", call.unrecorded);
    showConsultation(desk.call);
    showCase(desk.call || desk.preview);
  }

  // Whom the agent consults, or who has asked them into a call; asked for anew with each call.
  const consult = document.getElementById("desk-consult");
  const whom = document.getElementById("consult-whom");
  const confirmed = document.getElementById("consult-confirmed");
  let consulting = null; // the call that the choice of colleagues belongs to

  function showConsultation(call) {
    const parts = consult.querySelectorAll("[data-consult]");
    consult.hidden = !call || (call.ended && !call.passed_on);
    if (consult.hidden) {
      consulting = null;
      parts.forEach((part) => {
        part.hidden = true;
      });
      return;
    }
    const with_ = call.consultation;
    let line = call.asked_by ? `${call.asked_by} ${consult.dataset.asks}: ${call.note}` : "";
    if (with_) line = `${with_.guest}: ${word(with_.stage)}`;
    if (call.passed_on) line = consult.dataset.on;
    document.getElementById("consult-line").textContent = line;
    const own = !call.guest && !call.passed_on;
    const here = [own ? (with_ ? with_.stage : "none") : call.guest ? "guest" : ""];
    if (own && with_ && with_.outside && with_.stage === "apart") here.push("outside");
    parts.forEach((part) => {
      part.hidden = !part.dataset.consult.split(" ").some((stage) => here.includes(stage));
    });
    if (!with_) confirmed.checked = false;
    if (call.passed_on) box.querySelector('[data-act="ready"]').hidden = false;
    if (own && !with_ && consulting !== call.call_id) {
      consulting = call.call_id;
      offer();
    }
  }

  async function offer() {
    const answer = await fetch("/api/v1/desk/consult");
    if (!answer.ok) return;
    const found = await answer.json();
    const names = found.colleagues.map((one) => new Option(`${one.name} (${word(one.state)})`, one.name));
    const numbers = found.numbers.map((number) => new Option(number, number));
    numbers.forEach((option) => {
      option.dataset.outside = "on";
    });
    const before = whom.value;
    whom.replaceChildren(...names, ...numbers);
    if ([...whom.options].some((option) => option.value === before)) whom.value = before;
  }
  consult.addEventListener("pointerenter", offer);
  whom.addEventListener("keydown", (event) => {
    if (event.key === "Enter") acts.consult();
  });

  function press(name, on) {
    box.querySelector(`[data-act="${name}"]`).setAttribute("aria-pressed", on ? "true" : "false");
  }

  async function showCase(call) {
    const id = call ? call.call_id || `preview ${call.case_id}` : null;
    if (id === shown) return;
    shown = id;
    if (id === null) {
      caseBox.replaceChildren();
      return;
    }
    const answer = await fetch("/desk/case");
    if (!answer.ok || shown !== id) return;
    caseBox.innerHTML = answer.status === 204 ? "" : await answer.text();
    said.replaceChildren();
    htmx.process(caseBox);
    caseBox.focus();
  }

  async function ask(path, body) {
    tell("desk-problem", "");
    const answer = await fetch(`/api/v1/desk/${path}`, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-CSRF-Token": box.dataset.csrf },
      body: JSON.stringify(body || {}),
    });
    const document_ = await answer.json();
    if (answer.ok) show(document_);
    else tell("desk-problem", document_.detail || document_.title);
  }

  const acts = {
    "log-in": () => ask("log-in", { campaigns: [] }),
    ready: () => ask("ready"),
    break: () => ask("break", { reason: document.getElementById("desk-break").value }),
    "log-out": () => ask("log-out"),
    dial: () => ask("preview", { act: "dial" }),
    skip: () => ask("preview", { act: "skip" }),
    "hang-up": () => ask("call/hang-up"),
    hold: () => ask("call/hold", { on: !desk.call.held }),
    mute: () => ask("call/mute", { on: !desk.call.muted }),
    recording: () => ask("call/recording", { on: desk.call.unrecorded }),
    consult: () => {
      const chosen = whom.selectedOptions[0];
      if (!chosen) return;
      const note = document.getElementById("consult-note");
      const kind = chosen.dataset.outside ? "number" : "colleague";
      ask("consult", { [kind]: chosen.value, note: note.value });
      note.value = "";
    },
    together: () => ask("consult/together", { confirmed: confirmed.checked }),
    "hand-over": () => ask("consult/hand-over", { confirmed: confirmed.checked }),
    back: () => ask("consult/back"),
  };

  document.querySelectorAll("[data-act]").forEach((button) => {
    button.addEventListener("click", () => acts[button.dataset.act]());
  });

  const keys = document.getElementById("desk-keys");
  keys.addEventListener("input", () => {
    const digits = keys.value.replace(/[^0-9*#]/g, "");
    keys.value = "";
    if (digits) ask("call/keys", { digits });
  });

  const ref = document.getElementById("desk-ref");
  ref.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !ref.value.trim()) return;
    ask("dial", { case_ref: ref.value.trim() });
    ref.value = "";
    ref.blur();
  });

  // How long the agent has been so, or how long is left of a preview, by the server's clock.
  let ahead = 0;
  function tick() {
    const place = document.getElementById("desk-clock");
    if (!desk || desk.state === "offline") {
      place.textContent = "";
      return;
    }
    const now = Date.now() + ahead;
    const preview = desk.preview;
    const until = preview && preview.until;
    const ms = until ? Date.parse(until) - now : now - Date.parse((preview || desk).since);
    const s = Math.max(0, Math.floor(ms / 1000));
    const two = (n) => String(n).padStart(2, "0");
    const hours = Math.floor(s / 3600);
    const rest = `${hours ? two(Math.floor(s / 60) % 60) : Math.floor(s / 60)}:${two(s % 60)}`;
    place.textContent = hours ? `${hours}:${rest}` : rest;
  }
  setInterval(tick, 500);

  document.addEventListener("keydown", (event) => {
    const form = document.getElementById("disposition");
    if (event.key === "Enter" && event.ctrlKey && form) {
      form.requestSubmit();
      return;
    }
    const writing = event.target.closest("input:not([type=radio], [type=checkbox]), textarea, select");
    if (writing && event.key === "Escape") event.target.blur();
    if (writing || event.ctrlKey || event.altKey || event.metaKey) return;
    const field = [...document.querySelectorAll("[data-focus]")].find(
      (one) => one.dataset.focus === event.key && one.offsetParent !== null,
    );
    if (field) {
      event.preventDefault();
      field.focus();
      return;
    }
    const button = [...document.querySelectorAll("[data-key]")].find(
      (one) => one.dataset.key === event.key && !one.hidden,
    );
    if (button) {
      event.preventDefault();
      button.click();
    } else if (form && /^[0-9]$/.test(event.key)) {
      const codes = form.querySelectorAll("input[name=code]");
      const code = codes[(Number(event.key) + 9) % 10];
      if (code) {
        code.checked = true;
        code.focus();
      }
    }
  });

  function connect() {
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = new WebSocket(`${scheme}://${location.host}/api/v1/desk/live`);
    socket.onopen = () => {
      retry = RETRY_MS;
      live("on");
    };
    socket.onmessage = (message) => {
      const next = JSON.parse(message.data);
      ahead = Date.parse(next.now) - Date.now();
      show(next);
    };
    socket.onclose = (event) => {
      live("lost");
      if (event.code === SIGNED_OUT) {
        location.reload();
        return;
      }
      setTimeout(connect, retry);
      retry = Math.min(2 * retry, LAST_MS);
    };
  }

  connect();
});
