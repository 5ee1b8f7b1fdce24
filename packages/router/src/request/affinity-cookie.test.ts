import { describe, expect, it } from "vitest";

import { cookieValues, hasCookie, scopeOfCookie, writeAffinityCookie } from "./affinity-cookie.ts";

describe("cookies of a request", () => {
  it("are found by their whole name, as often as they are there", () => {
    const cookie = "__WL_ID=a; X__WL_ID=no; theme=dark;__WL_ID = b ; __WL_ID; __wl_id=no";
    expect(cookieValues(cookie, "__WL_ID")).toEqual(["a", "b"]);
    expect(cookieValues("a=b=c", "a")).toEqual(["b=c"]);
    expect(cookieValues(undefined, "a")).toEqual([]);
    expect(hasCookie("SID=1", ["JSESSIONID", "SID"])).toBe(true);
    expect(hasCookie("SID2=1", ["JSESSIONID", "SID"])).toBe(false);
  });
});

describe("the affinity cookie", () => {
  it("follows the scope of the app's own", () => {
    const fields = [
      ["Content-Type", "text/html"],
      ["Set-Cookie", "theme=dark; Path=/t"],
      ["set-cookie", "JSESSIONID=x=y; path=/app ; secure; Expires=Wed, 21 Oct 2015 07:28:00 GMT; SameSite=None; Max-Age=60"], // prettier-ignore
      ["Set-Cookie", "JSESSIONID=later; Path=/later"],
    ].flat();
    const scope = scopeOfCookie(fields, ["SID", "JSESSIONID"]);
    expect(scope).toBeDefined();
    expect(writeAffinityCookie("token", scope ?? { isSecure: false })).toBe(
      "__WL_ID=token; Path=/app; Max-Age=60; Expires=Wed, 21 Oct 2015 07:28:00 GMT; SameSite=None; Secure; HttpOnly",
    );
  });

  it("is not called for by other cookies", () => {
    const others = ["JSESSIONID2=1", "x=JSESSIONID", "JSESSIONID", "=JSESSIONID"];
    const fields = others.flatMap((value) => ["Set-Cookie", value]);
    expect(scopeOfCookie(fields, ["JSESSIONID"])).toBeUndefined();
    expect(scopeOfCookie(["X-Set-Cookie", "JSESSIONID=1"], ["JSESSIONID"])).toBeUndefined();
  });

  it("is not readable by scripts, and ends with the browser when nothing else is said", () => {
    expect(writeAffinityCookie("token", { isSecure: false, path: "/" })).toBe(
      "__WL_ID=token; Path=/; HttpOnly",
    );
  });
});
