// docs/changes.md: what pgfleet says of a change, from the words that it says it with.
import { destroyMeaning } from '../../src/plan/changes/destroy-rules.ts'
import { impacts } from '../../src/plan/changes/impact.ts'
import { impactWords } from '../../src/report/markdown/words.ts'

export const changesDoc = (): string => `# What a change means

\`pgfleet diff\` compares two resolved fleets, not their text; \`pgfleet review\` says the same in a pull request ([ci.md](ci.md)). An edit
without meaning (\`1GB\` for \`1024MB\`, the order of keys, a comment, an anchor) is no change. Generated from src/plan/changes by
\`npm run docs\`.

## Classes

Each change has one, from the catalogues of the very versions in use: the context of a setting in \`pg_settings\`, \`changeable\` in
\`SHOW CONFIG\` of PgBouncer, the definition of a container as Compose hashes it. \`test/docker/impact.test.ts\` holds them against real
servers.

| class | what it does |
|---|---|
${impacts.map((impact) => `| ${impactWords[impact].mark} ${impact} | ${impactWords[impact].meaning} |`).join('\n')}

A change is flagged as **security**, too, when a role gains a privilege or comes to another server, TLS or authentication is relaxed, less
is audited or recorded, new SQL grants or goes past privileges (GRANT, policies, SECURITY DEFINER), an application joins a network or comes
from another repository, a regulation is no longer named, or a container is built from another folder.

## Losses

A change that destroys is refused (commit status, \`--fail-on destroy\`) until the same services.yaml permits it:

\`\`\`yaml
allow:
  - rule: schema-removed
    target: trading/schema/analytics # as pgfleet diff names it
    reason: moved to the warehouse in June
    expires: 2027-01-31
\`\`\`

Once it is merged the entry permits nothing any more: a review calls it stale, and after its day \`pgfleet validate\` warns.

| rule | what is lost |
|---|---|
${Object.entries(destroyMeaning)
  .map(([rule, meaning]) => `| ${rule} | ${meaning} |`)
  .join('\n')}

New SQL that drops a schema or an extension falls under their rules; what else it takes away (DROP TABLE, TRUNCATE, DROP COLUMN) is named in
the advice of its migration, with file and line. Statements inside functions are not looked into.

## Names of what changes

\`trading\` (the service), \`trading/memory\`, \`trading/setting/work_mem\`, \`trading/pool/size\`, \`trading/schema/audit\`,
\`trading/role/NAME\`, \`trading/privilege/NAME\`, \`trading/extension/NAME\`, \`trading/retention/SCHEMA.TABLE\`,
\`trading/timeseries/SCHEMA.TABLE\`, \`trading/job/NAME\`, \`trading/sql/FILE\`, \`trading/database/NAME\`, \`role/NAME\`, \`application/NAME\`,
\`backup/daily\`, \`host/memory\`, \`network/base\`. A service that only got another key is \`old+new\`, in the order of the alphabet (\`old+new:DATABASE\` where two have swapped theirs). They are
the same in both directions. A service keeps its data under another key when it keeps its \`database\` and its \`volume\`.

## Why a line is as it is

\`pgfleet why out/infrastructure/postgres/trading/postgresql.conf:12\` shows the places of services.yaml that cause a generated line.
`
