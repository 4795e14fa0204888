// Name and version of this program, as reports and files carry them.

import packageJson from '../../package.json' with { type: 'json' };

export const VERSION: string = packageJson.version;
export const GENERATOR = { name: 'arenascope', version: VERSION } as const;
