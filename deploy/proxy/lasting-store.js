"use strict";

// The proxy's table of routes, kept in a file as well as in memory.
//
// Without it a proxy that restarts while the hub is down knows no server until the hub is back.
// The interface is that of configurable-http-proxy's MemoryStore, which does the work.

const fs = require("fs");
const path = require("path");
const proxyHome = path.dirname(path.dirname(require.resolve(process.argv[1])));
const { MemoryStore } = require(path.join(proxyHome, "lib", "store.js"));

require("./cut-answers.js"); // the store is the one place where the proxy loads code of ours

const FILE = process.env.CREPRE_ROUTES;

class LastingStore extends MemoryStore {
  constructor(options) {
    super(options);
    for (const [route, data] of Object.entries(readRoutes())) {
      super.add(route, { ...data, last_activity: new Date(data.last_activity) });
    }
  }

  async add(route, data) {
    const result = await super.add(route, data);
    await this.save();
    return result;
  }

  async remove(route) {
    const result = await super.remove(route);
    await this.save();
    return result;
  }

  async save() {
    const routes = await this.getAll();
    // Renamed into place, so that a proxy killed while it writes leaves the last whole file.
    fs.writeFileSync(FILE + ".new", JSON.stringify(routes), { mode: 0o600 });
    fs.renameSync(FILE + ".new", FILE);
  }
}

function readRoutes() {
  try {
    return JSON.parse(fs.readFileSync(FILE, "utf8"));
  } catch (error) {
    if (error.code !== "ENOENT") console.error("The routes in " + FILE + " are not used: " + error.message);
    return {};
  }
}

module.exports = LastingStore;
