// Loads the chunks of the bundle, dist/*.js. Node 20 keeps no compiled code between runs, and a small command takes longer to compile than
// to run: the build leaves what V8 made of the chunks in dist/code-cache-<version>. V8 passes over what it cannot use.
// https://nodejs.org/docs/latest-v20.x/api/vm.html#scriptcreatecacheddata
'use strict'
const { readFileSync } = require('node:fs')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { setFlagsFromString } = require('node:v8')
const { Script } = require('node:vm')

// Only for the V8 of Node 20, on which they were measured. 1,000 services: a tenth less time, since fewer functions are optimised so early
// that it has to be undone. 10,000: a quarter less memory.
if (process.versions.v8.startsWith('11.3.')) {
  setFlagsFromString('--interrupt-budget=300000')
  setFlagsFromString('--interrupt-budget-factor-for-feedback-allocation=20')
  setFlagsFromString('--heap-growing-percent=200')
}

/** By name of the chunk: what it exports, and its script. */
const modules = new Map()
const scripts = new Map()
const cache = readCache(join(__dirname, `code-cache-${process.versions.v8}`))

/** The exports of a chunk, which runs when it is first asked for. */
function load(name) {
  const loaded = modules.get(name)
  if (loaded) return loaded.exports
  const module = { exports: {} }
  modules.set(name, module)
  const filename = join(__dirname, name)
  // The bundle is ASCII. A cache fits any source of the same length: chunks have the hash of their content in their name.
  const source = `(function (exports, require, module, __filename, importMetaUrl) {${readFileSync(filename, 'latin1')}\n})`
  const script = new Script(source, { filename, cachedData: cache.get(name) })
  scripts.set(name, script)
  script.runInThisContext()(module.exports, requireFromChunk, module, filename, pathToFileURL(filename).href)
  return module.exports
}

const requireFromChunk = (name) => (name.startsWith('./') ? load(name.slice(2)) : require(name))

/** One file: the length of an index, the index as JSON (name of a chunk to where its data begin and end), the data. */
function readCache(path) {
  try {
    const file = readFileSync(path)
    const start = 4 + file.readUInt32LE(0)
    const index = JSON.parse(file.latin1Slice(4, start))
    return new Map(index.map(([name, from, to]) => [name, file.subarray(start + from, start + to)]))
  } catch {
    return new Map()
  }
}

/** What V8 has compiled until now, in the form that `readCache` reads. */
function codeCache() {
  const data = [...scripts].map(([name, script]) => [name, script.createCachedData()])
  let end = 0
  const index = data.map(([name, { length }]) => [name, end, (end += length)])
  const json = Buffer.from(JSON.stringify(index))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, ...data.map(([, bytes]) => bytes)])
}

module.exports = { load, codeCache }
