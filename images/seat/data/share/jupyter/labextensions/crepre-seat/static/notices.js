// Shows what the server has to tell as JupyterLab's own notifications.
//
// JupyterLab loads extensions as module federation containers; this is one by hand, so that
// nothing has to be built. Source: https://webpack.js.org/concepts/module-federation/

"use strict";

(() => {
  const EVERY_MS = 2000;
  const HERE = document.currentScript.src; // …/lab/extensions/crepre-seat/static/notices.js

  async function follow(app) {
    const url = new URL("../../../../crepre/notices", HERE);
    const told = new Set();
    let more = true;
    while (more) {
      const token = document.cookie.match(/\b_xsrf=([^;]*)/);
      const headers = token ? { "X-XSRFToken": token[1] } : {};
      const answer = await fetch(url, { credentials: "same-origin", headers });
      if (!answer.ok) return;
      const said = await answer.json();
      for (const notice of said.notices) {
        if (told.has(notice.text)) continue;
        told.add(notice.text);
        const options = { autoClose: notice.kind === "success" ? 10000 : false };
        await app.commands.execute("apputils:notify", {
          message: notice.text,
          type: notice.kind,
          options,
        });
      }
      more = said.more;
      if (more) await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
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
