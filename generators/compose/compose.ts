import type { Generator } from '../generator.ts'
import { composeFile } from './file.ts'
import { scripts } from './scripts.ts'

export const compose: Generator = {
  name: 'compose',
  summary: 'Docker Compose file of servers, poolers and applications, with the images it builds',
  generate(fleet) {
    // The containers of a fleet that has no poolers or TLS are those of another target.
    if (fleet.target.name !== 'compose') return []
    const { text, images } = composeFile(fleet)
    return [
      { path: 'docker-compose.separated-databases.yml', kind: 'compose', mode: 0o644, content: text },
      ...images.map(({ artifact }) => artifact),
      ...scripts,
    ]
  },
}
