import { render } from "preact";

import { Live } from "./live/live.ts";
import { LiveContext } from "./live/use-known.ts";
import { catchLinks } from "./shell/location.ts";
import { Page } from "./shell/page.tsx";

const place = document.querySelector("#page");
catchLinks();
if (place !== null)
  render(
    <LiveContext.Provider value={new Live()}>
      <Page />
    </LiveContext.Provider>,
    place,
  );
