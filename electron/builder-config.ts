// What electron-builder makes of the bundled parts: what goes in, what the system is told of it, and what Electron is
// forbidden for good. Everything of ours is bundled before, so nothing of node_modules is packed.

import type { Configuration } from 'electron-builder';
import { APP_ID } from './app-id.ts';
import type { PackageParts } from './bundles.ts';

/**
 * `parts` are folders relative to the repository, `electron` the version of Electron, `homepage` that of the project,
 * without which no .deb can be made.
 */
export function builderConfig(
  parts: PackageParts,
  output: string,
  electron: string,
  homepage?: string,
): Configuration {
  return {
    appId: APP_ID,
    productName: 'Arenascope',
    directories: { app: parts.app, output },
    electronVersion: electron,
    files: ['**/*', '!**/node_modules/**'],
    extraResources: [{ from: parts.engine, to: 'engine' }],
    icon: 'renderer/icon.svg',
    ...(homepage !== undefined && { extraMetadata: { homepage } }),
    asar: true,
    // Nothing native is in the archive, and nothing is published from here.
    npmRebuild: false,
    publish: null,
    // Set into Electron's binary after packing and before signing: no start as Node, no options or inspector from
    // outside, nothing but the archive whose hash was recorded, no rights for file: pages.
    electronFuses: {
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableCookieEncryption: true,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      grantFileProtocolExtraPrivileges: false,
    },
    fileAssociations: [
      {
        ext: 'onnx',
        name: 'ONNX model',
        description: 'ONNX model',
        role: 'Viewer',
        mimeType: 'application/x-onnx',
      },
    ],
    linux: {
      target: homepage === undefined ? ['AppImage'] : ['AppImage', 'deb'],
      category: 'Development',
      executableName: 'arenascope',
      maintainer: 'Arenascope',
      synopsis: 'where the memory and time of a neural network go',
    },
    mac: {
      target: ['dmg', 'zip'],
      category: 'public.app-category.developer-tools',
      hardenedRuntime: true,
      // It is signed by those who built it; signing it again would change its hash.
      signIgnore: ['/engine/node$'],
    },
    // Node is signed by its makers here too.
    win: { target: ['nsis'], signExts: ['!node.exe'] },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  };
}
