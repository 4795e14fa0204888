// Before all tests: the pages are built once, so that servers started side by side do not build into one folder.

import { builtRenderer } from '../../engine/host/shell/renderer-build.ts';

export default async function setup(): Promise<void> {
  await builtRenderer();
}
