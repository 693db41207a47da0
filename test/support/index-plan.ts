import type pg from 'pg'

type PlanNode = { readonly 'Index Name'?: string; readonly Plans?: readonly PlanNode[] }

/** Names of the indexes in the plan of a query, without schema; an index of a chunk counts as that of its hypertable. */
export async function usedIndexes(client: pg.Client, query: string, parameters: readonly unknown[] = []): Promise<string[]> {
  const { rows } = await client.query(`EXPLAIN (FORMAT JSON) ${query}`, [...parameters])
  const found: string[] = []
  const walk = ({ Plans = [], ...node }: PlanNode): void => {
    if (node['Index Name']) found.push(node['Index Name'].replace(/^_hyper_\d+_\d+_chunk_/, ''))
    Plans.forEach(walk)
  }
  walk(rows[0]['QUERY PLAN'][0].Plan)
  return [...new Set(found)].sort()
}

/** Every index of a service's schemas but those of primary keys, without schema. */
export async function indexesOf(client: pg.Client, schemas: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT index.relname AS name
     FROM pg_index JOIN pg_class AS index ON index.oid = indexrelid
     WHERE NOT indisprimary AND index.relnamespace::regnamespace::text = ANY ($1)
       -- Those of partitions follow the partitioned one.
       AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhrelid = indexrelid)
     ORDER BY 1`,
    [schemas],
  )
  return rows.map(({ name }) => name)
}
