// Shows what the server has to tell as JupyterLab's own notifications.
//
// JupyterLab loads extensions as module federation containers; this is one by hand, so that
// nothing has to be built. Source: https://webpack.js.org/concepts/module-federation/

"use strict";

(() => {
  const SOON_MS = 2000; // while the server says that there will be more
  const LATER_MS = 15000;
  const NO_ANSWER = { notices: null, more: false };
  const NOT_RENEWED = { text: "Your server does not answer just now. Try again in a minute.", kind: "warning" };
  const RENEW = "crepre-seat:renew";
  const HERE = document.currentScript.src; // …/lab/extensions/crepre-seat/static/notices.js

  async function call(name, method, otherwise) {
    const token = document.cookie.match(/\b_xsrf=([^;]*)/);
    const headers = token ? { "X-XSRFToken": token[1] } : {};
    const url = new URL("../../../../crepre/" + name, HERE);
    try {
      const answer = await fetch(url, { method, credentials: "same-origin", headers });
      return answer.ok ? await answer.json() : otherwise;
    } catch {
      return otherwise; // the server is away; JupyterLab says so itself
    }
  }

  function notify(app, notice) {
    const renew = { label: "Renew my time", commandId: RENEW, displayType: "accent" };
    return app.commands.execute("apputils:notify", {
      message: notice.text,
      type: notice.kind,
      options: {
        autoClose: notice.kind === "success" ? 10000 : false,
        actions: notice.renew ? [renew] : [],
      },
    });
  }

  // Just before the server is stopped, what is open is saved.
  let saving = null;
  function saveIn(app, seconds) {
    clearTimeout(saving);
    saving = null;
    if (typeof seconds !== "number") return;
    saving = setTimeout(() => app.commands.execute("docmanager:save-all"), 1000 * seconds);
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
      const said = document.hidden ? NO_ANSWER : await call("notices", "GET", NO_ANSWER);
      if (said.notices) saveIn(app, said.save_in);
      for (const notice of said.notices || []) {
        if (!told.has(notice.text)) told.set(notice.text, await notify(app, notice));
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
      app.commands.addCommand(RENEW, {
        label: "Renew my time on the GPU",
        execute: async () => notify(app, await call("renew", "POST", NOT_RENEWED)),
      });
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
