import { describe, expect, it } from "vitest";

import { welcome } from "./welcome.ts";

const addresses = { port: 8080, adminPort: 9080, etcd: "http://127.0.0.1:2379", isEtcdOurs: true };

describe("welcome", () => {
  it("says what to try, with the ports that were really taken", () => {
    const text = welcome({ ...addresses, port: 8081, etcd: "http://127.0.0.1:2380" }, undefined).join("\n");
    expect(text).toContain("curl http://localhost:8081/hello");
    expect(text).toContain("export WAYLEAVE_ETCD=http://127.0.0.1:2380");
    expect(text).toContain("http://127.0.0.1:9080/dashboard/");
    expect(text).toContain("Ctrl-C ends all of it.");
  });

  it("needs no setting where etcd is at its usual port, and names the keys", () => {
    const text = welcome(addresses, [["k", "kill one"]]).join("\n");
    expect(text).not.toContain("WAYLEAVE_ETCD");
    expect(text).toContain("Keys: k kill one");
  });
});
