// Shows what the server has to tell as JupyterLab's own notifications.
//
// JupyterLab loads extensions as module federation containers; this is one by hand, so that
// nothing has to be built. Source: https://webpack.js.org/concepts/module-federation/

"use strict";

(() => {
  const SOON_MS = 2000; // while the server says that there will be more
  const LATER_MS = 15000;
  const NO_ANSWER = { notices: null, more: false };
  const HERE = document.currentScript.src; // …/lab/extensions/crepre-seat/static/notices.js

  async function ask() {
    const token = document.cookie.match(/\b_xsrf=([^;]*)/);
    const headers = token ? { "X-XSRFToken": token[1] } : {};
    const url = new URL("../../../../crepre/notices", HERE);
    try {
      const answer = await fetch(url, { credentials: "same-origin", headers });
      return answer.ok ? await answer.json() : NO_ANSWER;
    } catch {
      return NO_ANSWER; // the server is away; JupyterLab says so itself
    }
  }

  // What is not told any more, such as an announcement that was taken back, goes away.
  async function forget(app, told, notices) {
    if (!notices) return;
    const now = new Set(notices.map((notice) => notice.text));
    for (const [text, id] of told) {
      if (now.has(text)) continue;
      told.delete(text);
      await app.commands.execute("apputils:dismiss-notification", { id });
    }
  }

  async function follow(app) {
    const told = new Map(); // text to the notification's id
    for (;;) {
      // A window that nobody looks at asks nothing, as JupyterLab's own questions stop then.
      const said = document.hidden ? NO_ANSWER : await ask();
      for (const notice of said.notices || []) {
        if (told.has(notice.text)) continue;
        const id = await app.commands.execute("apputils:notify", {
          message: notice.text,
          type: notice.kind,
          options: { autoClose: notice.kind === "success" ? 10000 : false },
        });
        told.set(notice.text, id);
      }
      await forget(app, told, said.notices);
      await new Promise((resolve) => setTimeout(resolve, said.more ? SOON_MS : LATER_MS));
    }
  }

  const plugin = {
    id: "crepre-seat:notices",
    description: "Shows a student what their server has to tell.",
    autoStart: true,
    activate: (app) => {
      app.restored
        .then(() => follow(app))
        .catch((problem) => console.warn("crepre-seat:", problem));
    },
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["crepre-seat"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
