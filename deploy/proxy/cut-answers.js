"use strict";

// Ends an answer whose server ended in the middle of it.
//
// configurable-http-proxy 5.3 pipes answers on, and a pipe does not pass on that its source broke:
// the browser would wait for the rest for ever, say for the progress of a start after the hub was
// killed, or for a download. Source: http-proxy-3, passes/web-incoming.js, "proxyRes.pipe(res)".

const { subscribe } = require("diagnostics_channel");

subscribe("http.server.request.start", ({ response }) => {
  response.on("pipe", (source) => {
    source.once("close", () => {
      if (source.complete === false) response.destroy();
    });
  });
});
