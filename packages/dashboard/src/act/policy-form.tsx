// What is changed most of a record, as fields above its text. They are a view of the text and nothing besides: what has
// no field is changed there.

import type { JSX } from "preact";

import { Destinations } from "./destinations.tsx";
import { Amount, Choice, type FormProps, Lines, type Option, Words, namesIn } from "./form-fields.tsx";
import { fieldAt } from "./record-fields.ts";

const ON_OFF: readonly Option[] = [
  [true, "sent to https"],
  [false, "taken"],
];
const HASHED_HEADER = ["hash", "header"];
const HASHED_COOKIE = ["hash", "cookie"];
const BALANCE: readonly Option[] = [
  ["round-robin", "round-robin"],
  ["least-connections", "least-connections"],
  ["power-of-two", "power-of-two"],
  [{ hash: "client-address" }, "hash of the client's address"],
  [{ hash: { header: "" } }, "hash of a header", HASHED_HEADER],
  [{ hash: { cookie: "" } }, "hash of a cookie", HASHED_COOKIE],
];
const AFFINITY: readonly Option[] = [
  [{ mode: "none" }, "none"],
  [{ mode: "router-cookie" }, "router-cookie"],
  [{ mode: "app-cookie", cookies: [] }, "app-cookie", ["cookies"]],
];
const CLIENT_CERTIFICATE: readonly Option[] = [
  ["optional", "may be shown"],
  ["required", "must be shown"],
];
const IDENTITY: readonly Option[] = [
  ["address", "its address"],
  ["servername", "the server name"],
  ["instance-id", "its id"],
];

// What must be there stays while it is empty: the preview says what is wrong.
const asTyped = (text: string): string => text;

/** The fields of a policy; with those of a route's destinations where the record is a route's. */
export function PolicyForm({ record, change, isRoute }: FormProps & { isRoute: boolean }): JSX.Element {
  const part = { record, change, unset: isRoute ? "as the settings say" : "as built in" };
  return (
    <div class="stack">
      {isRoute && <Destinations record={record} change={change} />}
      <div class="fields">
        <Choice {...part} name="Balance" at={["balance"]} options={BALANCE} />
        {[HASHED_HEADER, HASHED_COOKIE]
          .map((hashed) => ["balance", ...hashed])
          .filter((at) => fieldAt(record, at) !== undefined)
          .map((at) => (
            <Words {...part} key={at.at(-1)} name={`Name of the ${at.at(-1)}`} at={at} read={asTyped} />
          ))}
        <Choice {...part} name="Affinity" at={["affinity"]} options={AFFINITY} />
        {fieldAt(record, ["affinity", "cookies"]) !== undefined && (
          <Words {...part} name="The app's session cookies" at={["affinity", "cookies"]} read={namesIn} />
        )}
        <Choice {...part} name="Requests without TLS" at={["https", "redirect"]} options={ON_OFF} />
        <Choice
          {...part}
          name="A client's certificate"
          at={["https", "clientCertificate"]}
          options={CLIENT_CERTIFICATE}
        />
        <Amount {...part} name="Attempts" at={["retries", "attempts"]} />
        <Amount {...part} name="Answer within, ms" at={["timeouts", "answerHeadMs"]} />
        <Amount {...part} name="All within, ms" at={["timeouts", "exchangeMs"]} />
        <Amount {...part} name="Largest body, bytes" at={["limits", "maxBodyBytes"]} />
      </div>
      <InstanceTls {...part} />
    </div>
  );
}

function InstanceTls(part: FormProps & { readonly unset: string }): JSX.Element {
  return (
    <fieldset class="part">
      <legend>Instances with TLS</legend>
      <div class="fields">
        <Choice
          {...part}
          name="Their certificate is for"
          at={["instanceTls", "identity"]}
          options={IDENTITY}
        />
        <Words {...part} name="Server name" at={["instanceTls", "servername"]} />
        <Words {...part} name="Certificate shown to them" at={["instanceTls", "clientCertificate"]} />
      </div>
      <Lines {...part} name="Their authorities, in PEM" at={["instanceTls", "ca"]} />
    </fieldset>
  );
}
