// The tables of a comparison: totals, memory, operators.

import type { Comparison, MemoryRow, TimeRow } from '../../engine/report/compare.ts';
import type { RunReport, TimeStatistics } from '../../engine/report/types/run.ts';
import { sideText } from '../format/side-text.ts';
import { formatBytes, formatInteger, formatMs, formatNs, formatRatio, signed } from '../format/units.ts';
import { useActions } from '../hooks/app-context.ts';
import { useHighlight } from '../hooks/use-highlight.ts';
import type { KeptRun } from '../state/app-state.ts';
import { compileText } from '../state/derived/describe-run.ts';
import type { Column } from '../tables/column.ts';
import { DataTable } from '../tables/data-table.tsx';
import { FiguresHead } from '../tables/figures-head.tsx';
import { NamedCell } from '../tables/named-cell.tsx';
import { familyOf } from '../theme/families.ts';
import { MiddleText } from '../widgets/middle-text.tsx';
import styles from './compare.module.css';

interface Line {
  readonly name: string;
  readonly hint?: string;
  readonly a: string;
  readonly b: string;
  readonly delta?: string;
  readonly ratio?: string;
  readonly noise?: boolean;
  /** b is smaller, larger */
  readonly better?: boolean;
}

/** Time and memory of both runs, in one table so that its columns line up. */
export function TotalsTable(props: {
  readonly comparison: Comparison;
  readonly a: KeptRun;
  readonly b: KeptRun;
}) {
  const { comparison, a, b } = props;
  const sections = [
    { title: 'Time', lines: timeLines(comparison, a.report, b.report) },
    { title: 'Memory', lines: memoryLines(comparison) },
  ];
  return (
    <table className={styles.table} aria-label="Totals">
      <FiguresHead corner="Quantity" sides={['A', 'B', 'B − A', 'B / A']} />
      {sections.map(section => (
        <tbody key={section.title}>
          <tr>
            <th scope="rowgroup" colSpan={5} className={styles.section}>
              {section.title}
            </th>
          </tr>
          {section.lines.map(line => (
            <tr key={line.name} data-noise={line.noise || undefined}>
              <th scope="row" title={line.hint}>
                {line.name}
              </th>
              <td>{line.a}</td>
              <td>{line.b}</td>
              <td>{line.delta ?? ''}</td>
              <td data-better={line.noise ? undefined : line.better}>{line.ratio ?? ''}</td>
            </tr>
          ))}
        </tbody>
      ))}
    </table>
  );
}

const COMPILE_HINT = 'Kept: compiled earlier, and taken from disk (File, Clear compiled programs)';

function timeLines({ total }: Comparison, a: RunReport, b: RunReport): readonly Line[] {
  const interval = ({ lowNs, highNs }: TimeStatistics): string => `${formatNs(lowNs)} – ${formatNs(highNs)}`;
  return [
    {
      name: 'Median',
      a: formatNs(a.total.medianNs),
      b: formatNs(b.total.medianNs),
      delta: signed(total.deltaNs, formatNs),
      ratio: formatRatio(total.ratio),
      noise: total.overlapping,
      ...betterOf(total.ratio),
    },
    { name: '95 % interval', a: interval(a.total), b: interval(b.total) },
    { name: 'Fastest', a: formatNs(a.total.minNs), b: formatNs(b.total.minNs) },
    { name: 'Compile', hint: COMPILE_HINT, a: compileText(a), b: compileText(b) },
    { name: 'First run', a: formatMs(a.firstRunMs), b: formatMs(b.firstRunMs) },
    { name: 'Steps', a: formatInteger(a.steps.length), b: formatInteger(b.steps.length) },
  ];
}

/** A ratio that reads as 1.00 is neither better nor worse. */
const betterOf = (ratio: number | undefined): Pick<Line, 'better'> =>
  ratio === undefined || Math.round(ratio * 100) === 100 ? {} : { better: ratio < 1 };

const MEMORY_NAMES: Readonly<Record<MemoryRow['key'], string>> = {
  arenaBytes: 'Arena peak',
  lowerBoundBytes: 'Lower bound',
  unplannedBytes: 'Unplanned sum',
  weightsBytes: 'Packed weights',
  touchedBytes: 'Touched',
};

const memoryLines = ({ memory }: Comparison): readonly Line[] =>
  memory
    .filter(row => row.a !== undefined || row.b !== undefined)
    .map(row => ({
      name: MEMORY_NAMES[row.key],
      a: row.a === undefined ? '–' : formatBytes(row.a),
      b: row.b === undefined ? '–' : formatBytes(row.b),
      ...(row.deltaBytes !== undefined && {
        delta: signed(row.deltaBytes, formatBytes),
        ratio: formatRatio(row.ratio),
        noise: row.deltaBytes === 0,
        ...betterOf(row.ratio),
      }),
    }));

export function OperatorTable({ comparison }: { readonly comparison: Comparison }) {
  const actions = useActions();
  const highlight = useHighlight();
  return (
    <DataTable
      title={`Operators: ${formatInteger(comparison.operators.length)}`}
      label="Operators compared"
      rows={comparison.operators}
      columns={OPERATOR_COLUMNS}
      rowKey={row => row.key}
      isMarked={row => row.nodes.some(node => highlight.nodes.has(node))}
      isFaint={row => row.overlapping}
      onSelect={row => {
        const [node] = row.nodes;
        if (node !== undefined) actions.select({ kind: 'node', id: node });
      }}
    />
  );
}

const OPERATOR_COLUMNS: readonly Column<TimeRow>[] = [
  {
    id: 'op',
    title: 'Operator',
    min: 176,
    grow: 2,
    marked: true,
    value: row => row.title,
    render: row => <NamedCell family={familyOf(row.op)} name={row.title} />,
  },
  {
    id: 'name',
    title: 'Name',
    min: 104,
    grow: 2,
    mono: true,
    value: row => row.name,
    render: (row, room) => <MiddleText text={row.name} room={room} mono />,
  },
  {
    id: 'a',
    title: 'A',
    min: 144,
    align: 'right',
    value: row => row.a?.medianNs,
    text: row => sideText(row.a),
    render: row => sideText(row.a),
  },
  {
    id: 'b',
    title: 'B',
    min: 144,
    align: 'right',
    value: row => row.b?.medianNs,
    text: row => sideText(row.b),
    render: row => sideText(row.b),
  },
  {
    id: 'delta',
    title: 'B − A',
    min: 76,
    align: 'right',
    value: row => row.deltaNs,
    render: row => signed(row.deltaNs, formatNs),
  },
  {
    id: 'ratio',
    title: 'B / A',
    hint: 'Grey rows: the intervals of the medians meet, so the difference may be noise',
    min: 76,
    align: 'right',
    value: row => row.ratio,
    render: row => formatRatio(row.ratio),
  },
];
