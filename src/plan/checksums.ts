// Checksums of what was generated last, kept in the output: they tell a stale file from one that was edited by hand.
import { type Artifact, header } from '../artifact.ts'
import { sha256 } from '../sha256.ts'

/** In the format of sha256sum: `sha256sum --check .pgfleet.sha256` reads it. */
export const checksumsFile = '.pgfleet.sha256'

export const checksumsText = (artifacts: readonly Artifact[]): string =>
  `# ${header}\n${artifacts.map(({ path, content }) => `${sha256(content)}  ${path}\n`).join('')}`

/** Hex SHA-256 by path; lines that are none are passed over, so that a broken file only costs the knowledge of hand edits. */
export const parseChecksums = (text: string): Map<string, string> =>
  new Map([...text.matchAll(/^([0-9a-f]{64}) {2}(.+)$/gm)].map(([, sum = '', path = '']) => [path, sum]))
