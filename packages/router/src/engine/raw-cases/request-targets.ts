// Request targets: RFC 9112 section 3.2. What is read is what the instance must get.

import { type RequestCase, lines, reads, refuses } from "./raw-case.ts";

const to = (target: string, method = "GET", host = "a.example"): string =>
  lines(`${method} ${target} HTTP/1.1`, `Host: ${host}`, "");

const untouched = [
  "/",
  "/a/b/c",
  "/a?b=c&d=e",
  "/?a?b",
  "//a//b",
  "/a/../b",
  "/a/./b",
  "/../../etc/passwd",
  "/a%2fb",
  "/a%2Fb%00",
  "/%2e%2e/a",
  "/%",
  "/%zz",
  "/a;b=c",
  "/a,b",
  "/a:b@c",
  "/~a!$&'()*+",
  "/a|b",
  "/a?b={c}",
  '/a?b="c"',
  "/a?b=<c>",
  "/a?b=^`",
  "/a?b=[c]",
  "/a\\b",
  "/http://b.example/",
  "/?http://b.example/",
  "/*",
];

const forms: readonly RequestCase[] = [
  reads("absolute-form", to("http://a.example/b?c"), ["GET /b?c"]),
  reads("absolute-form without a path", to("http://a.example"), ["GET /"]),
  reads("absolute-form with a query and no path", to("http://a.example?b"), ["GET /?b"]),
  reads("absolute-form in upper case", to("HTTP://A.EXAMPLE/b"), ["GET /b"]),
  reads("absolute-form with a port", to("http://a.example:80/b"), ["GET /b"]),
  reads("* for OPTIONS", to("*", "OPTIONS"), ["OPTIONS *"]),
  reads("absolute-form for OPTIONS without a path", to("http://a.example", "OPTIONS"), ["OPTIONS *"]),
  refuses("* for GET", to("*")),
  refuses("authority-form for GET", to("a.example:80")),
  refuses("a name", to("a.example")),
  refuses("a relative path", to("a/b")),
  refuses("a query", to("?a")),
  refuses("a dot", to(".")),
  refuses("a backslash", to("\\a")),
  refuses("an escaped slash", to("%2fa")),
  refuses("absolute-form without a host", to("http:///a")),
  refuses("absolute-form without slashes", to("http:a.example/")),
  refuses("absolute-form of another scheme", to("ftp://a.example/")),
  refuses("absolute-form of javascript", to("javascript:alert(1)")),
  refuses("absolute-form with user information", to("http://u:p@a.example/")),
  refuses("absolute-form with a bad port", to("http://a.example:b/")),
  refuses("absolute-form with an open bracket", to("http://[::1/")),
  refuses("a fragment", to("/a#b")),
  refuses("a fragment behind a query", to("/a?b#c")),
  refuses("a fragment alone", to("#a")),
  refuses("a space", to("/a b")),
  refuses("a tab", to("/a\tb")),
  refuses("a NUL", to("/a\0b")),
  refuses("a DEL", to("/a\x7fb")),
  refuses("a control character", to("/a\x01b")),
  refuses("a high byte", to("/a\xe4b")),
  refuses("UTF-8", to("/\xc3\xa4")),
  refuses("a CR", to("/a\rb")),
  refuses("an LF", to("/a\nb")),
];

/** Request targets. */
export const requestTargets: readonly RequestCase[] = [
  ...untouched.map((target) => reads(`the target ${target}`, to(target), [`GET ${target}`])),
  ...forms,
];
