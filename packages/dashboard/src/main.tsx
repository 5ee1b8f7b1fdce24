import { render } from "preact";

import { ConfirmProvider } from "./act/confirming.tsx";
import { KnownProvider } from "./live/known.tsx";
import { Live } from "./live/live.ts";
import { catchLinks } from "./shell/location.ts";
import { Page } from "./shell/page.tsx";

const place = document.querySelector("#page");
catchLinks();
if (place !== null)
  render(
    <KnownProvider live={new Live()}>
      <ConfirmProvider>
        <Page />
      </ConfirmProvider>
    </KnownProvider>,
    place,
  );
