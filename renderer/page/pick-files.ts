// Asks the user for files or a folder through the system's file dialog.

import type { PickedFile } from '../bridge/bridge.ts';
import { filesOfInput } from '../bridge/picked-files.ts';

/** Empty when the dialog was closed. Must be called from a user's action: browsers ask for that. */
export function pickFiles(kind: 'files' | 'folder'): Promise<readonly PickedFile[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = kind === 'folder';
  return new Promise(resolve => {
    input.onchange = () => resolve(filesOfInput(input.files ?? new DataTransfer().files));
    input.oncancel = () => resolve([]);
    input.click();
  });
}
