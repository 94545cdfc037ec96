// An OpenID Connect provider for the tests: oidc-provider, which is certified, with people from a
// file that is read again at every login. Usage: node provider.mjs settings.json
import { readFileSync } from "node:fs";
import { Provider } from "oidc-provider";

const settings = JSON.parse(readFileSync(process.argv[2], "utf8"));
const people = () => JSON.parse(readFileSync(settings.people, "utf8"));

const provider = new Provider(settings.issuer, {
  clients: settings.clients,
  claims: {
    openid: ["sub"],
    profile: ["preferred_username", "name"],
    email: ["email", "email_verified"],
    groups: ["groups", "eduperson_scoped_affiliation"],
  },
  scopes: ["openid", "profile", "email", "groups"],
  features: { devInteractions: { enabled: true }, rpInitiatedLogout: { enabled: true } },
  pkce: { required: () => true },
  findAccount: (_context, id) => {
    const found = people()[id];
    return found && { accountId: found.sub ?? id, claims: () => ({ sub: id, ...found }) };
  },
  cookies: { keys: ["only for tests"] },
});
provider.on("server_error", (_context, error) => console.error(error));
provider.listen(settings.port, "127.0.0.1", () => console.log("ready"));
