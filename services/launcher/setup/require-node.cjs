'use strict'

// Loaded before every program of package.json: where npm may not run install
// scripts it skips `pretest` and `prestart` too, and an old Node then fails at
// the first TypeScript file with an error that names neither cause nor cure.
if (Number.parseInt(process.versions.node, 10) < 26) {
  process.stderr.write(
    `Node 26 is needed and this is ${process.version}; ` +
      'run "npm ci --ignore-scripts=false" once and start again.\n',
  )
  process.exit(1)
}
