// The story of an exchange. Its steps, and the file that each is told in:
//
//   1 read the head       read-head.ts            -> bad-request, loop-detected
//   2 match the route     table/table.ts          -> unknown-route, body-too-large
//   3 pick an instance    table/pick.ts           -> no-instances, instances-saturated
//   4 connect             attempts.ts, the engine -> connect-*: may-retry.ts, then 3 again
//   5 forward             forwarded-fields.ts     -> answer-*: may-retry.ts, then 3 again
//   6 relay the answer    answer-fields.ts        -> cut
//   7 log and count       exchange-summary.ts
//
// The first three happen here, in one turn and under one table; running-exchange.ts is the rest of its
// life. What leads out at the side is a row of failures.ts, and failure-answer.ts writes it.

import type { RouteEntry } from "../table/route-entry.ts";
import type { Table } from "../table/table.ts";
import { chosenOpaqueId } from "./affinity-choice.ts";
import type { Client, Exchanges, RequestHead } from "./exchange.ts";
import { hashKeyOf } from "./hash-key.ts";
import { isMisdirected } from "./misdirected.ts";
import { readHead } from "./read-head.ts";
import { RetryBudget } from "./retry-budget.ts";
import { type ExchangeDeps, RunningExchange } from "./running-exchange.ts";
import type { IsTrusted } from "./trusted-peers.ts";
import { grantUpgrade } from "./upgrade.ts";

/** What {@link createExchanges} needs. */
export interface ExchangesSettings extends ExchangeDeps {
  readonly table: () => Table;
  /** Whose X-Forwarded- fields and X-Request-Id count; see {@link trustPeers}. */
  readonly isTrusted: IsTrusted;
  /** How many share the replica's requests, this one included. Default 1. */
  readonly workers?: number | undefined;
}

/** The request path of one worker: engines get their exchanges here. */
export function createExchanges(settings: ExchangesSettings): Exchanges {
  // A route's own, so that an app that fails as a whole uses up nobody else's retries.
  const budgets = new WeakMap<RouteEntry, RetryBudget>();
  const budgetOf = (route: RouteEntry): RetryBudget => {
    let budget = budgets.get(route);
    if (budget === undefined) {
      budget = new RetryBudget(settings.clock(), settings.workers);
      budgets.set(route, budget);
    }
    return budget;
  };

  return {
    open(head, client) {
      const exchange = new RunningExchange(settings, client, head);
      try {
        return decide(exchange, head, client);
      } catch (error) {
        return exchange.fail("internal", error instanceof Error ? error.stack : String(error));
      }
    },
    refuse: (failure, client, detail) => new RunningExchange(settings, client).fail(failure, detail),
  };

  function decide(exchange: RunningExchange, head: RequestHead, client: Client): RunningExchange {
    const reader = { isTrusted: settings.isTrusted(client), pseudonym: settings.pseudonym };
    const read = readHead(head, client, reader);
    if ("failure" in read) return exchange.fail(read.failure, read.detail);
    const { fields } = read;
    const { host } = read.host;
    exchange.read(read, grantUpgrade(head, fields.upgrade));

    const table = settings.table();
    const asked = { host, now: exchange.startedAt };
    if (isMisdirected(table.certificates, client, asked)) return exchange.fail("misdirected");
    const route = table.match(host, read.path);
    if (route === undefined) return exchange.fail("unknown-route", table.hint(host));

    const policy = table.policy(route);
    const hashKey = hashKeyOf(policy, head, { client, said: fields.said, cookie: fields.cookie });
    const opaqueId = chosenOpaqueId(table, route, policy, fields.cookie);
    const failure = exchange.matched({ table, route, policy, budget: budgetOf(route), hashKey, opaqueId });
    return failure === undefined ? exchange : exchange.fail(failure);
  }
}
