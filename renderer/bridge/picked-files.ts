// From what the user dropped or picked to a flat list of files with their paths, and the model among them.

import type { PickedFile } from './bridge.ts';

const MODEL_NAME = /\.(onnx|ort|pb)$/i;

/** The model among picked files: the only .onnx, else the one nearest to the top, else the only file. */
export function findEntry(files: readonly PickedFile[]): PickedFile | undefined {
  const depth = (path: string): number => path.split('/').length;
  const models = files
    .filter(({ path }) => MODEL_NAME.test(path))
    .toSorted(
      (a, b) =>
        Number(!/\.onnx$/i.test(a.path)) - Number(!/\.onnx$/i.test(b.path)) || depth(a.path) - depth(b.path),
    );
  return models[0] ?? (files.length === 1 ? files[0] : undefined);
}

/**
 * The models to open: every .onnx that was picked by itself, and of folders the one nearest to the top.
 * `leftOut`: other .onnx files, which parts of a folder of models are.
 */
export function findModels(files: readonly PickedFile[]): {
  readonly models: readonly PickedFile[];
  readonly leftOut: readonly PickedFile[];
} {
  const all = files.filter(({ path }) => /\.onnx$/i.test(path));
  const alone = all.filter(({ path }) => !path.includes('/'));
  const entry = findEntry(files);
  const models = alone.length > 0 ? alone : entry ? [entry] : [];
  return { models, leftOut: all.filter(file => !models.includes(file)) };
}

/** Files of an <input>, with folders when it has `webkitdirectory`. */
export function filesOfInput(list: FileList): readonly PickedFile[] {
  return [...list].map(file => ({ file, path: file.webkitRelativePath || file.name }));
}

/** Files and folders of a drop. Must be called in the drop event itself: its items are gone afterwards. */
export async function filesOfDrop(transfer: DataTransfer): Promise<readonly PickedFile[]> {
  const entries = [...transfer.items].map(item => item.webkitGetAsEntry()).filter(entry => entry !== null);
  if (entries.length === 0) return [...transfer.files].map(file => ({ file, path: file.name }));
  const found: PickedFile[] = [];
  while (entries.length > 0) {
    const entry = entries.pop();
    if (entry?.isFile) {
      found.push({
        file: await fileOf(entry as FileSystemFileEntry),
        path: entry.fullPath.replace(/^\//, ''),
      });
    } else if (entry?.isDirectory) {
      entries.push(...(await childrenOf(entry as FileSystemDirectoryEntry)));
    }
  }
  return found;
}

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

/** A reader hands out a folder in portions; an empty one is the end. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const portion = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (portion.length === 0) return children;
    children.push(...portion);
  }
}
