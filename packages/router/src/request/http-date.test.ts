import { expect, it } from "vitest";

import { httpDate } from "./http-date.ts";

it("a Date field is in the one format that RFC 9110 lets be sent", () => {
  expect(httpDate(784_111_777_000)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  expect(httpDate(784_111_777_999)).toBe("Sun, 06 Nov 1994 08:49:37 GMT");
  expect(httpDate(784_111_778_000)).toBe("Sun, 06 Nov 1994 08:49:38 GMT");
});
