// A table of any length: its rows are in the document only while they are in sight.

import type { ComponentChildren, JSX } from "preact";
import { useMemo, useRef } from "preact/hooks";

import { counted, grouped } from "../format/numbers.ts";
import { useKnown } from "../live/known.tsx";
import { changeQuery, useLocation } from "../shell/location.ts";
import { FilterField } from "./filter-field.tsx";
import { type Findable, type Orderable, ordered, passes } from "./rows.ts";
import { useCursor } from "./use-cursor.ts";
import { useSight } from "./use-sight.ts";

/** One column. `keep` says how narrow a page still shows it: 1 always, 2 a tablet, 3 a desk. */
export interface Column<Row> {
  readonly id: string;
  readonly title: string;
  readonly hint?: string;
  readonly isNumber?: boolean;
  /** Takes what room there is; what does not fit is cut. */
  readonly isWide?: boolean | "third";
  readonly keep?: 1 | 2 | 3;
  readonly order?: (row: Row) => Orderable;
  readonly cell: (row: Row) => ComponentChildren;
}

export interface DataTableProps<Row> {
  /** What the table is called. */
  readonly name: string;
  readonly rows: readonly Row[];
  readonly columns: readonly Column<Row>[];
  readonly keyOf: (row: Row) => string;
  readonly find: (row: Row) => Findable;
  /** The order when the address says none: a column's id, `-` before it for descending. */
  readonly order: string;
  /** What to do when there is nothing at all. */
  readonly empty: ComponentChildren;
  /** Stands beside the filter. */
  readonly children?: ComponentChildren;
  /** What a filter may ask for by name. */
  readonly facts?: string;
}

const ROW_PX = 32;

/** The table with its filter; filter and order are kept in the address. */
export function DataTable<Row>(props: DataTableProps<Row>): JSX.Element {
  const { name, rows, columns, keyOf, find, empty, children, facts } = props;
  const { query } = useLocation();
  const { isWhole } = useKnown();
  const filter = query.get("filter") ?? "";
  const order = query.get("sort") ?? props.order;
  const shown = useMemo(
    () => arrange(rows, { columns, find, filter, order }),
    [rows, columns, find, filter, order],
  );
  const body = useRef<HTMLTableSectionElement>(null);
  const { from, to } = useSight(body, shown.length, ROW_PX);
  useCursor(body, { count: shown.length, rowHeight: ROW_PX });
  return (
    <section class="table-section">
      <div class="table-bar">
        <FilterField value={filter} name={name} facts={facts} />
        <output class="quiet">
          {filter === "" ? "" : `${grouped(shown.length)} of `}
          {counted(rows.length, name)}
        </output>
        {children}
      </div>
      {rows.length === 0 ? (
        <div class="empty">{isWhole ? empty : <p>One moment</p>}</div>
      ) : (
        <table class="data" aria-label={name} aria-rowcount={shown.length + 1}>
          <Head columns={columns} order={order} />
          <tbody ref={body}>
            <Spacer rows={from} columns={columns.length} />
            {shown.slice(from, to).map((row, at) => (
              <tr key={keyOf(row)} aria-rowindex={from + at + 2} data-row={from + at}>
                {columns.map((column) => (
                  <td key={column.id} class={classOf(column)}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
            <Spacer rows={shown.length - to} columns={columns.length} />
          </tbody>
        </table>
      )}
      {rows.length > 0 && shown.length === 0 && (
        <div class="empty">
          <p>Nothing passes the filter.</p>
          <button type="button" onClick={() => changeQuery({ filter: undefined })}>
            Clear the filter
          </button>
        </div>
      )}
    </section>
  );
}

function Head<Row>({ columns, order }: { columns: readonly Column<Row>[]; order: string }): JSX.Element {
  const by = order.replace(/^-/, "");
  const isDescending = order.startsWith("-");
  return (
    <thead>
      <tr aria-rowindex={1}>
        {columns.map((column) => {
          const isBy = column.id === by;
          const sort = isBy ? (isDescending ? "descending" : "ascending") : undefined;
          // Numbers are looked at from the largest.
          const next = isBy ? !isDescending : column.isNumber === true;
          return (
            <th key={column.id} scope="col" class={classOf(column)} aria-sort={sort} title={column.hint}>
              {column.order === undefined ? (
                column.title
              ) : (
                <button
                  type="button"
                  class="sort"
                  onClick={() => changeQuery({ sort: (next ? "-" : "") + column.id })}
                >
                  {column.title}
                </button>
              )}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function Spacer({ rows, columns }: { rows: number; columns: number }): JSX.Element | null {
  if (rows <= 0) return null;
  return (
    <tr class="spacer" aria-hidden="true">
      <td colSpan={columns} style={{ height: `${rows * ROW_PX}px` }} />
    </tr>
  );
}

function arrange<Row>(
  rows: readonly Row[],
  by: Pick<DataTableProps<Row>, "columns" | "find"> & { filter: string; order: string },
): readonly Row[] {
  const passing = by.filter === "" ? rows : rows.filter((row) => passes(by.find(row), by.filter));
  const column = by.columns.find(({ id }) => id === by.order.replace(/^-/, ""));
  if (column?.order === undefined) return passing;
  return ordered(passing, column.order, by.order.startsWith("-"));
}

function classOf({
  isNumber = false,
  isWide = false,
  keep = 1,
}: Pick<Column<never>, "isNumber" | "isWide" | "keep">): string {
  return `keep-${keep}${isNumber ? " number" : ""}${isWide === "third" ? " third" : isWide ? " wide" : ""}`;
}
