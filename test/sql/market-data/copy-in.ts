import type pg from 'pg'

type Copying = Pick<pg.Connection, 'query'> & { sendCopyFromChunk(chunk: Buffer): void; endCopyFrom(): void }

/** Sends text to a `COPY ... FROM STDIN`; rejects with the error of the server. */
export function copyIn(client: pg.Client, statement: string, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let failure: Error | undefined
    const query = {
      submit: (connection: pg.Connection) => connection.query(statement),
      handleCopyInResponse: (connection: Copying) => {
        connection.sendCopyFromChunk(Buffer.from(text))
        connection.endCopyFrom()
      },
      handleCommandComplete: () => {},
      handleError: (error: Error) => {
        failure = error
        reject(error)
      },
      handleReadyForQuery: () => failure ?? resolve(),
    }
    client.query(query)
  })
}
