// What electron-builder makes of the bundled parts: what goes in, what the system is told of it, and what Electron is
// forbidden for good. Everything of ours is bundled before, so nothing of node_modules is packed.

import type { Configuration } from 'electron-builder';
import type { PackageParts } from './bundles.ts';

/** `parts` are folders relative to the repository, `electron` the version of Electron. */
export function builderConfig(parts: PackageParts, output: string, electron: string): Configuration {
  return {
    appId: 'org.arenascope.app',
    productName: 'Arenascope',
    directories: { app: parts.app, output },
    electronVersion: electron,
    files: ['**/*', '!**/node_modules/**'],
    extraResources: [{ from: parts.engine, to: 'engine' }],
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
      target: ['AppImage', 'deb'],
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
    win: { target: ['nsis'] },
    nsis: { oneClick: false, perMachine: false, allowToChangeInstallationDirectory: true },
  };
}
