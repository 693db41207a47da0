/** Does work on all items, at most so many at once. Results in the order of the items; the first failure is thrown after all ended. */
export async function sideBySide<Item, Result>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: PromiseSettledResult<Result>[] = []
  let next = 0
  const worker = async () => {
    while (next < items.length) {
      const index = next++
      results[index] = await Promise.resolve(work(items[index]!)).then(
        (value): PromiseSettledResult<Result> => ({ status: 'fulfilled', value }),
        (reason): PromiseSettledResult<Result> => ({ status: 'rejected', reason }),
      )
    }
  }
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker))
  return results.map((result) => {
    if (result.status === 'rejected') throw result.reason
    return result.value
  })
}
