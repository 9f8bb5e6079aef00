// The console's own script: live events, the reader's time zone, small comforts. No data is kept.
"use strict";

(() => {
  const CALM_MS = 1000; // a part of a page is read again at most this often

  function rememberZone() {
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    const cookie = `ringfence_zone=${zone}`;
    if (zone && !document.cookie.split("; ").includes(cookie)) {
      const secure = location.protocol === "https:" ? "; secure" : "";
      document.cookie = `${cookie}; path=/; max-age=31536000; samesite=lax${secure}`;
    }
  }

  // Tells the page of a topic at once, then gathers what follows for CALM_MS.
  function calmly(topic) {
    let waiting = false;
    let again = false;
    const tell = () => {
      document.body.dispatchEvent(new CustomEvent(`feed-${topic}`));
      waiting = true;
      setTimeout(() => {
        waiting = false;
        if (again) {
          again = false;
          tell();
        }
      }, CALM_MS);
    };
    return () => {
      if (waiting) again = true;
      else tell();
    };
  }

  function show(state) {
    const live = document.getElementById("live");
    if (!live || live.dataset.state === state) return;
    live.dataset.state = state;
    live.querySelector(".text").textContent =
      state === "on" ? document.body.dataset.live : document.body.dataset.lost;
  }

  function follow(topics) {
    const tellers = new Map(topics.map((topic) => [topic, calmly(topic)]));
    const all = () => tellers.forEach((tell) => tell());
    const source = new EventSource(`/events?topics=${topics.join(",")}`);
    let opened = false;
    source.onopen = () => {
      show("on");
      // Figures may have changed between the page and the stream, or while it was away.
      if (opened) all();
      opened = true;
    };
    source.onerror = () => {
      show("lost");
      // The server said no (logged out): the browser won't try again, so the page asks anew.
      if (source.readyState === EventSource.CLOSED) setTimeout(() => location.reload(), 5000);
    };
    tellers.forEach((tell, topic) => source.addEventListener(topic, tell));
    source.addEventListener("feed.gap", all);
    addEventListener("pagehide", () => source.close());
  }

  function submitOnChange(form) {
    form.addEventListener("change", () => form.requestSubmit());
  }

  rememberZone();
  document.addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("form[data-submit-on-change]").forEach(submitOnChange);
    const topics = (document.body.dataset.topics || "").split(",").filter(Boolean);
    if (topics.length) follow(topics);
  });
})();
