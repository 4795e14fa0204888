// The files that exports write; exports/export-file.ts makes them.

/** What can be saved of a plan and its runs. */
export type ExportKind =
  | 'plan'
  | 'csv'
  | 'csv-offsets'
  | 'trace'
  | 'report'
  | 'netron'
  | 'model-explorer'
  | 'ort-profile'
  | 'offline-plan'
  | 'offline-plan-c';
