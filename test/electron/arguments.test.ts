// Which model a start of the desktop app names.

import path from 'node:path';
import { expect, test } from 'vitest';
import { modelOf } from '../../electron/arguments.ts';

const app = path.resolve('/opt/arenascope');
const folder = path.resolve('/home/someone');

test.each([
  [['electron', app], undefined],
  [['electron', app, 'net.onnx'], { kind: 'path', path: path.join(folder, 'net.onnx') }],
  [['electron', app, '--flag', 'sample:resnet-50'], { kind: 'sample', name: 'resnet-50' }],
  [['arenascope', '/models/a.onnx'], { kind: 'path', path: path.resolve('/models/a.onnx') }],
  [['arenascope', '--no-sandbox'], undefined],
])('%j → %j', (argv, source) => expect(modelOf(argv, folder, app)).toEqual(source));
