// Plain JavaScript, so that an old Node gets as far as this line and not to a syntax error.
const major = Number(process.versions.node.split('.')[0]);
if (major < 26) {
  console.error(
    `arenascope needs Node 26 or newer and found ${process.versions.node}: run it through npm in the repository ` +
      '(npm ci && npm start), which brings its own Node.',
  );
  process.exit(2);
}
